//! The command line: what was asked (`args`), what that means for this catalog (`plan`), and a file per
//! command.
//!
//! Exit codes: 0 when everything is as expected, 1 when it is not, 2 for bad usage or bad input.

mod args;
mod book;
mod completions;
mod in_order;
mod list;
mod merge;
mod orderings;
mod output;
mod plan;
mod play;
mod replay;
mod run;
mod show;
mod store;
mod verdict;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// How a command that could do its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Exit code 0.
    AsExpected,
    /// Exit code 1.
    NotAsExpected,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // Prints usage errors itself and exits with 2.
    let args = Args::parse();
    args.color.write_global();
    let outcome = match args.command {
        Command::List(args) => list::list(&args),
        Command::Run(args) if args.orderings => orderings::orderings(&args),
        Command::Run(args) => run::run(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Show(args) => show::show(&args),
        Command::Play(args) => play::play(&args),
        Command::Book(args) => book::book(&args),
        Command::Merge(args) => merge::merge(&args),
        Command::Completions(args) => completions::completions(&args),
    };
    match outcome {
        Ok(Outcome::AsExpected) => ExitCode::SUCCESS,
        Ok(Outcome::NotAsExpected) => ExitCode::from(1),
        Err(error) if output::reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(2)
        }
    }
}
