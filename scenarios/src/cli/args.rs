//! The arguments as they were typed. What they mean for this catalog is in `plan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum};
use selvedge::check::read_time;
use selvedge::{MemoryModel, Strategy};

use crate::catalog::TAGS;

/// Runs race patterns under every schedule that matters, shows the interleaving that breaks them, and
/// replays it.
#[derive(Debug, Parser)]
#[command(
    name = "selvedge",
    version,
    after_help = "Examples:\n  selvedge run\n  selvedge run lost-increment/load-then-store\n  selvedge replay latest\n\n\
                  Exit codes:\n  0  everything as expected (a naive variant that is caught is as expected)\n  \
                  1  not as expected\n  2  bad usage or bad input"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) color: colorchoice_clap::Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the scenarios and their variants.
    List(ListArgs),
    /// Run variants and compare what is found with what is expected.
    // Boxed, because it is much larger than the others.
    Run(Box<RunArgs>),
    /// Run a saved schedule again and show its interleaving.
    Replay(ReplayArgs),
    /// Print the lesson of a scenario, or a variant with its interleaving.
    Show(ShowArgs),
    /// Play a variant: pick who goes next, step by step, and make it fail.
    Play(PlayArgs),
    /// Write the whole catalog as a static site.
    Book(BookArgs),
    /// Join the JSON documents of all shards of a run into one.
    Merge(MergeArgs),
    /// Print what a shell needs to complete commands and names.
    Completions(CompletionsArgs),
}

/// Which part of the catalog.
#[derive(Debug, clap::Args)]
pub(crate) struct Selection {
    /// Sections (`F`), scenarios (`lost-increment`), variants (`lost-increment/fetch-add`), patterns
    /// (`lost-*/condvar-*`) or parts of such names. All, if none is given.
    pub(crate) filter: Vec<String>,
    /// Only variants with this tag: what kind they are, how they fail, or that they need a server. With several, those
    /// that have all.
    #[arg(long, value_name = "TAG", value_parser = PossibleValuesParser::new(TAGS))]
    pub(crate) tag: Vec<String>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  selvedge list\n  selvedge list A 'lost-*'\n  selvedge list --tag data-race\n  \
                  selvedge list --format json"
)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub(crate) format: TextFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    Text,
    Json,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  selvedge run\n  selvedge run F 'lost-*/condvar-*'\n  \
                  selvedge run lost-increment --strategy random --max-executions 500\n  \
                  selvedge run lost-wakeup --html --out pages\n  \
                  selvedge run --format junit > junit.xml\n  \
                  selvedge run --shard 1/4 --format json > 1.json\n  \
                  selvedge run lost-increment/fetch-add --strategy exhaustive --max-time 1h --save-state search.json\n  \
                  selvedge run message-passing/release-acquire --orderings")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Use this strategy instead of those the catalog lists: auto, exhaustive, random, pct[:DEPTH],
    /// shuttle-pct[:DEPTH], urw, pos, surw, portfolio, graphs, dfs, loom or stress.
    #[arg(long, value_name = "S", value_parser = strategy)]
    pub(crate) strategy: Option<Strategy>,
    /// Use only this engine.
    #[arg(long, value_name = "E", value_enum)]
    pub(crate) engine: Option<Engine>,
    /// What loads may see: the last store, or whatever Rust's memory model lets them see. For the controlled engine.
    #[arg(long, value_name = "M", value_enum, default_value_t = Memory::Rust)]
    pub(crate) memory: Memory,
    /// Find which orderings of each variant could be weaker under Rust's memory model, alone and together, or would have to be
    /// stronger if it fails, and what fails one step weaker. With --verbose, its interleavings. The limits below are for each search.
    #[arg(long, conflicts_with_all = ["strategy", "engine", "memory", "seed", "out", "shard", "estimate", "save_state", "resume", "html", "svg",
          "markdown"])]
    pub(crate) orderings: bool,
    /// Stop each search after this many executions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_executions: Option<u64>,
    /// Stop each search after this time: 500ms, 30s, 2m.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    pub(crate) max_time: Option<Duration>,
    /// The seed of the strategies that sample, instead of the catalog's. What the catalog finds with its own seed may then
    /// be missed.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = RunFormat::Text)]
    pub(crate) format: RunFormat,
    /// Print a line for every variant and strategy, however many there are.
    #[arg(long, short, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Print only what is not as expected.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Where failing schedules are saved [default: target/selvedge].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Draw the first failure of each variant as a page, beside its schedule.
    #[arg(long)]
    pub(crate) html: bool,
    /// Draw it as an SVG picture.
    #[arg(long)]
    pub(crate) svg: bool,
    /// Write it as Markdown.
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Variants that are run at the same time [default: as many as there are cores]. What is printed is the same with any number.
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// OS threads for each long search. What is found is the same with any number.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) workers: u16,
    /// Run only this part of the work: 2/4 is the second of four. `selvedge merge` joins the JSON of all.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub(crate) shard: Option<(u32, u32)>,
    /// Estimate first how many executions an exhaustive search will take.
    #[arg(long)]
    pub(crate) estimate: bool,
    /// Where the exhaustive search of one variant is saved if it is stopped before its end.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_state: Option<PathBuf>,
    /// Go on with a search that was saved.
    #[arg(long, value_name = "FILE")]
    pub(crate) resume: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Memory {
    /// Rust's memory model: relaxed loads may see older stores.
    Rust,
    /// Sequential consistency: a load sees the last store.
    Sc,
}

impl From<Memory> for MemoryModel {
    fn from(memory: Memory) -> Self {
        match memory {
            Memory::Rust => MemoryModel::Rust,
            Memory::Sc => MemoryModel::SequentiallyConsistent,
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  selvedge book --out book\n\nThe pages need no network and no server: open book/index.html."
)]
pub(crate) struct BookArgs {
    /// The folder to write it into: a new one, an empty one, or that of an older book.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  selvedge merge 1.json 2.json 3.json 4.json > all.json")]
pub(crate) struct MergeArgs {
    /// The documents that `selvedge run --shard I/N --format json` printed, one for each shard, in any order.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How to print the whole.
    #[arg(long, value_enum, default_value_t = RunFormat::Json)]
    pub(crate) format: RunFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFormat {
    Text,
    Json,
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// Every interleaving, sequentially consistent.
    Controlled,
    /// C11 effects.
    Loom,
    /// Real threads.
    Native,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Controlled => "controlled",
            Engine::Loom => "loom",
            Engine::Native => "native",
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  selvedge replay latest\n  selvedge replay target/selvedge/lost-increment.load-then-store.json\n  \
                  selvedge replay latest --format json"
)]
pub(crate) struct ReplayArgs {
    /// A schedule file, or `latest` for the one saved last.
    pub(crate) file: PathBuf,
    /// Where `latest` looks [default: target/selvedge].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// How to print what happened.
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub(crate) format: TextFormat,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  selvedge completions bash > ~/.local/share/bash-completion/completions/selvedge")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  selvedge show lost-increment\n  selvedge show lost-increment/load-then-store\n  \
                  selvedge show lost-increment/load-then-store --format svg > trace.svg"
)]
pub(crate) struct ShowArgs {
    /// A scenario, or a variant as `scenario/variant`.
    pub(crate) name: String,
    /// How to print it; html and svg draw the failing interleaving of one variant.
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub(crate) format: ShowFormat,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  selvedge play lost-increment\n  selvedge play lost-increment/fetch-add\n  \
                  printf '1\\n2\\n?\\n' | selvedge play lost-increment"
)]
pub(crate) struct PlayArgs {
    /// A scenario, or a variant as `scenario/variant`. Of a scenario it is the first variant that fails.
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    Text,
    Md,
    Html,
    Svg,
}

fn strategy(text: &str) -> Result<Strategy, String> {
    match text {
        "replay" => Err("a schedule is replayed with `selvedge replay FILE`".to_owned()),
        _ => text.parse::<Strategy>().map_err(|error| error.to_string()),
    }
}

fn shard(text: &str) -> Result<(u32, u32), String> {
    let numbers = text.split_once('/').map(|(index, of)| (index.parse(), of.parse()));
    match numbers {
        Some((Ok(index), Ok(of))) if 1 <= index && index <= of => Ok((index, of)),
        _ => Err("give the number of the shard and how many there are, as in 1/4 for the first of four".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_help_has_an_example() {
        let mut command = Args::command();
        command.clone().debug_assert();
        assert!(command.render_help().to_string().contains("Examples:"));
        for sub in command.get_subcommands_mut().filter(|c| c.get_name() != "help") {
            assert!(sub.render_help().to_string().contains("Example"), "{}", sub.get_name());
        }
    }

    #[test]
    fn shards_count_from_one() {
        assert_eq!(shard("1/4"), Ok((1, 4)));
        assert_eq!(shard("4/4"), Ok((4, 4)));
        for wrong in ["0/4", "5/4", "1", "1/", "/4", "a/b", "-1/4", "1/0"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strategies_are_known_by_the_names_they_print() {
        for name in [
            "auto",
            "exhaustive",
            "random",
            "pct",
            "shuttle-pct",
            "urw",
            "pos",
            "surw",
            "portfolio",
            "graphs",
            "dfs",
            "loom",
            "stress",
        ] {
            assert_eq!(strategy(name).unwrap().name(), name);
        }
        assert_eq!(strategy("pct:5"), Ok(Strategy::Pct { depth: 5 }));
        for wrong in [
            "pct:10001",
            "pct:99999999999",
            "shuttle-pct:99999999999",
            "pct:99999999999999999999",
        ] {
            assert!(strategy(wrong).is_err(), "{wrong}");
        }
        assert!(strategy("pct:0").is_err() && strategy("dfs:2").is_err() && strategy("best").is_err());
    }
}
