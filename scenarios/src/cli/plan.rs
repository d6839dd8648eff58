//! From arguments to runs: which variants were meant, and under which strategies.

use anyhow::{Result, bail};
use selvedge::Strategy;

use super::args::{Engine, RunArgs};
use crate::catalog::{Expected, Scenario, Variant, engine_of};

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

/// The variants that `filters` select, in the order of the catalog; all of them without a filter.
///
/// A filter that is the name of a scenario or a variant means exactly that; any other one selects the
/// variants whose full name contains it.
pub(crate) fn select<'a>(catalog: &'a [Scenario], filters: &[String]) -> Result<Vec<(&'a Scenario, &'a Variant)>> {
    let all = || catalog.iter().flat_map(|s| s.variants.iter().map(move |v| (s, v)));
    let full = |s: &Scenario, v: &Variant| format!("{}/{}", s.name, v.name);
    let exact = |filter: &str, s: &Scenario, v: &Variant| s.name == filter || full(s, v) == filter;
    let part = |filter: &str, s: &Scenario, v: &Variant| !filter.is_empty() && full(s, v).contains(filter);
    // Each filter, and whether it is a name.
    let mut meant: Vec<(&str, bool)> = Vec::new();
    for filter in filters {
        let is_name = all().any(|(s, v)| exact(filter, s, v));
        if !is_name && !all().any(|(s, v)| part(filter, s, v)) {
            bail!("{}", unknown(catalog, filter));
        }
        meant.push((filter, is_name));
    }
    let selected = |s: &Scenario, v: &Variant| {
        meant.is_empty()
            || meant
                .iter()
                .any(|&(f, is_name)| if is_name { exact(f, s, v) } else { part(f, s, v) })
    };
    Ok(all().filter(|(s, v)| selected(s, v)).collect())
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
    for (scenario, variant) in select(catalog, &args.filter)? {
        for strategy in strategies(variant, args) {
            let expected = variant.expected_under(&strategy);
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
    match names.as_slice() {
        [] => format!("no scenario or variant is called `{name}`; `selvedge list` shows them all"),
        names => format!(
            "no scenario or variant is called `{name}`; did you mean {}? `selvedge list` shows them all",
            names.join(" or ")
        ),
    }
}
