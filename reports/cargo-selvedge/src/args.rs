//! The arguments as they were typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// cargo calls this program with its name as the first argument.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub(crate) enum Cargo {
    Selvedge(Args),
}

/// Lists the failures that tests with Selvedge have saved, runs them again, and draws them.
#[derive(Debug, clap::Args)]
#[command(
    version,
    after_help = "Examples:\n  cargo selvedge list\n  cargo selvedge replay\n  cargo selvedge svg tests::passes --out failure.svg\n\n\
                  Exit codes:\n  0  the failure is the recorded one\n  1  it is not\n  2  bad usage or bad input"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) color: colorchoice_clap::Color,
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ProjectArgs {
    /// The Cargo.toml of the crate or workspace [default: the nearest one].
    #[arg(long, value_name = "PATH", global = true)]
    pub(crate) manifest_path: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the saved failures, the newest first, and which have passed since.
    List(ListArgs),
    /// Run a saved failure again and print its timeline.
    Replay(ReplayArgs),
    /// Print a saved failure with the lines of the source, or as Markdown.
    Show(ShowArgs),
    /// Draw a saved failure as an HTML page.
    Html(DrawArgs),
    /// Draw a saved failure as an SVG picture.
    Svg(DrawArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cargo selvedge list\n  cargo selvedge list --format json")]
pub(crate) struct ListArgs {
    /// How to print it.
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub(crate) format: TextFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextFormat {
    Text,
    Json,
}

/// Which failure, and how its test is built.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// A test (`tests::passes`), a check (`tests/passes`), a part of such a name, a schedule file, or `latest` for the failure that was
    /// saved last, of those that have not passed since.
    #[arg(default_value = "latest")]
    pub(crate) name: String,
    /// Handed to `cargo test`: --release, --features ..
    #[arg(last = true, value_name = "CARGO OPTIONS")]
    pub(crate) cargo: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo selvedge replay\n  cargo selvedge replay tests::passes\n  cargo selvedge replay latest -- --release"
)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How to print what happened.
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub(crate) format: TextFormat,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cargo selvedge show\n  cargo selvedge show tests::passes --format md")]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    pub(crate) format: ShowFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    Text,
    Md,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo selvedge svg tests::passes --out failure.svg")]
pub(crate) struct DrawArgs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The file to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn every_help_has_an_example() {
        let mut command = Cargo::command();
        command.clone().debug_assert();
        let selvedge = command.find_subcommand_mut("selvedge").unwrap();
        assert!(selvedge.render_help().to_string().contains("Examples:"));
        for sub in selvedge.get_subcommands_mut().filter(|c| c.get_name() != "help") {
            assert!(sub.render_help().to_string().contains("Example"), "{}", sub.get_name());
        }
    }

    #[test]
    fn the_newest_failure_is_meant_where_none_is_named() {
        let Cargo::Selvedge(args) = Cargo::parse_from(["cargo", "selvedge", "replay", "--", "--release"]);
        let Command::Replay(replay) = args.command else {
            panic!("{args:?}");
        };
        assert_eq!((replay.which.name.as_str(), replay.which.cargo.len()), ("latest", 1));
    }
}
