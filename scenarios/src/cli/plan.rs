//! From arguments to runs: which variants were meant, and under which strategies.

use anyhow::{Result, anyhow, bail};
use globset::{GlobBuilder, GlobMatcher};
use selvedge::Strategy;

use super::args::{Engine, RunArgs, Selection};
use super::in_order::cores;
use crate::catalog::{Expected, Scenario, Variant, engine_of, explores_all};

/// One variant under one strategy.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) variant: &'a Variant,
    pub(crate) strategy: Strategy,
    pub(crate) expected: Expected,
    /// Whether the catalog itself lists the strategy, as opposed to the command line.
    pub(crate) listed: bool,
}

/// What a filter means.
enum Filter {
    Section(String),
    Scenario(String),
    Variant(String),
    /// A pattern of scenarios, or of variants if there is a `/` in it.
    Pattern(GlobMatcher, bool),
    Part(String),
}

impl Filter {
    fn of(catalog: &[Scenario], text: &str) -> Result<Self> {
        let mut letters = text.chars();
        if let (Some(letter), None) = (letters.next(), letters.next())
            && letter.is_ascii_alphabetic()
        {
            return Ok(Filter::Section(text.to_ascii_uppercase()));
        }
        if catalog.iter().any(|s| s.name == text) {
            return Ok(Filter::Scenario(text.to_owned()));
        }
        if catalog.iter().any(|s| s.variants.iter().any(|v| full(s, v) == text)) {
            return Ok(Filter::Variant(text.to_owned()));
        }
        if text.contains(['*', '?', '[', '{']) {
            let glob = GlobBuilder::new(text)
                .literal_separator(true)
                .build()
                .map_err(|error| anyhow!("{error}; put the pattern in quotes, as in 'lost-*/condvar-*'"))?;
            return Ok(Filter::Pattern(glob.compile_matcher(), text.contains('/')));
        }
        Ok(Filter::Part(text.to_owned()))
    }

    fn selects(&self, scenario: &Scenario, variant: &Variant) -> bool {
        match self {
            Filter::Section(letter) => scenario.section == letter,
            Filter::Scenario(name) => scenario.name == name,
            Filter::Variant(name) => full(scenario, variant) == *name,
            Filter::Pattern(glob, true) => glob.is_match(full(scenario, variant)),
            Filter::Pattern(glob, false) => glob.is_match(scenario.name),
            Filter::Part(part) => !part.is_empty() && full(scenario, variant).contains(part),
        }
    }
}

fn full(scenario: &Scenario, variant: &Variant) -> String {
    format!("{}/{}", scenario.name, variant.name)
}

/// The variants that were asked for, in the order of the catalog.
pub(crate) fn select<'a>(catalog: &'a [Scenario], selection: &Selection) -> Result<Vec<(&'a Scenario, &'a Variant)>> {
    let all = || catalog.iter().flat_map(|s| s.variants.iter().map(move |v| (s, v)));
    let mut filters = Vec::new();
    for text in &selection.filter {
        let filter = Filter::of(catalog, text)?;
        if !all().any(|(s, v)| filter.selects(s, v)) {
            bail!("{}", unknown(catalog, text));
        }
        filters.push(filter);
    }
    let tagged = |v: &Variant| selection.tag.iter().all(|tag| v.tags().contains(&tag.as_str()));
    let selected: Vec<_> = all()
        .filter(|(s, v)| filters.is_empty() || filters.iter().any(|f| f.selects(s, v)))
        .filter(|(_, v)| tagged(v))
        .collect();
    if selected.is_empty() {
        bail!(
            "no variant that was named is tagged {}; `selvedge list --tag {}` shows those that are",
            selection.tag.join(" and "),
            selection.tag[0]
        );
    }
    Ok(selected)
}

/// The runs that were asked for.
pub(crate) fn plan<'a>(catalog: &'a [Scenario], args: &RunArgs) -> Result<Vec<Job<'a>>> {
    if let (Some(strategy), Some(engine)) = (&args.strategy, args.engine)
        && engine_of(strategy) != engine.name()
    {
        bail!(
            "strategy {} runs on the {} engine, not on {}; leave out --engine",
            strategy.name(),
            engine_of(strategy),
            engine.name()
        );
    }
    let mut jobs = Vec::new();
    let mut whole = 0;
    for (scenario, variant) in select(catalog, &args.selection)? {
        for strategy in strategies(variant, args) {
            let expected = match variant.expected_under(&strategy) {
                // The catalog promises what its own samples find.
                Expected::Fails(kind) if args.seed.is_some() && !explores_all(&strategy) => Expected::MayFail(kind),
                expected => expected,
            };
            let listed = variant.runs.iter().any(|r| r.strategy == strategy);
            // What cannot be divided is dealt out whole.
            if let Some((index, of)) = args.shard
                && !is_divisible(variant, &strategy)
            {
                whole += 1;
                if whole % of != index % of {
                    continue;
                }
            }
            jobs.push(Job {
                scenario,
                variant,
                strategy,
                expected,
                listed,
            });
        }
    }
    if (args.save_state.is_some() || args.resume.is_some())
        && !matches!(&jobs[..], [job] if job.strategy == Strategy::Exhaustive)
    {
        bail!(
            "one search is saved or resumed at a time: name one variant and give --strategy exhaustive, as in \
             selvedge run lost-increment/fetch-add --strategy exhaustive"
        );
    }
    Ok(jobs)
}

/// How many variants are run at the same time.
pub(crate) fn at_once(args: &RunArgs) -> usize {
    let each = usize::from(args.workers);
    args.jobs.map_or_else(|| cores().div_ceil(each), usize::from)
}

/// Whether the shards of a run explore a part each.
pub(crate) fn is_divisible(variant: &Variant, strategy: &Strategy) -> bool {
    match strategy {
        Strategy::Exhaustive => variant.limits.preemption_bound.is_none(),
        Strategy::Auto | Strategy::Dfs | Strategy::Loom | Strategy::Stress | Strategy::Replay(_) => false,
        _ => true,
    }
}

fn strategies(variant: &Variant, args: &RunArgs) -> Vec<Strategy> {
    if let Some(strategy) = &args.strategy {
        return vec![strategy.clone()];
    }
    let listed = variant.runs.iter().map(|r| r.strategy.clone());
    let Some(engine) = args.engine else {
        return listed.collect();
    };
    let on_engine: Vec<Strategy> = listed.filter(|s| engine_of(s) == engine.name()).collect();
    if !on_engine.is_empty() {
        return on_engine;
    }
    vec![match engine {
        Engine::Controlled => Strategy::Exhaustive,
        Engine::Loom => Strategy::Loom,
        Engine::Native => Strategy::Stress,
    }]
}

/// What to say about a name that nothing in the catalog has.
pub(crate) fn unknown(catalog: &[Scenario], name: &str) -> String {
    let scenarios = catalog.iter().map(|s| s.name.to_owned());
    let variants = catalog
        .iter()
        .flat_map(|s| s.variants.iter().map(|v| format!("{}/{}", s.name, v.name)));
    let bare = catalog
        .iter()
        .flat_map(|s| s.variants.iter().map(|v| (v.name, format!("{}/{}", s.name, v.name))));
    let mut near: Vec<(f64, String)> = scenarios
        .chain(variants)
        .map(|full| (strsim::jaro_winkler(name, &full), full))
        .chain(bare.map(|(variant, full)| (strsim::jaro_winkler(name, variant), full)))
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut names: Vec<String> = Vec::new();
    for (_, full) in near {
        if !names.contains(&full) && names.len() < 3 {
            names.push(full);
        }
    }
    if name.contains(['*', '?', '[', '{']) {
        return format!("no scenario or variant is like `{name}`; `selvedge list` shows them all");
    }
    match names.as_slice() {
        [] => format!("no scenario or variant is called `{name}`; `selvedge list` shows them all"),
        names => format!(
            "no scenario or variant is called `{name}`; did you mean {}? `selvedge list` shows them all",
            names.join(" or ")
        ),
    }
}
