//! `cargo selvedge`: the failures that the tests of a crate have saved, listed, run again and drawn.
//!
//! | file | what it holds |
//! |---|---|
//! | `args` | the arguments as they were typed |
//! | `project` | what cargo says of the crate: its packages, its target folder |
//! | `saved` | the schedules in that folder, and the one that a name means |
//! | `rerun` | the test run again by cargo, and what came of it |
//! | `list`, `replay`, `draw` | the commands |
//! | `output` | standard output and standard error |
//!
//! A schedule says which choices an execution makes, not what it does: only the test itself can tell that. So every command but
//! `list` has cargo run the test, with variables of the environment that make it a replay (`selvedge::Replayed` is the answer).
//!
//! Exit codes: 0 when the failure is the recorded one, 1 when it is not, 2 for bad usage or bad input.

mod args;
mod draw;
mod list;
mod output;
mod project;
mod replay;
mod rerun;
mod saved;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cargo, Command};

/// How a command that could do its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Exit code 0.
    AsExpected,
    /// Exit code 1.
    NotAsExpected,
}

fn main() -> ExitCode {
    // Prints usage errors itself and exits with 2.
    let Cargo::Selvedge(args) = Cargo::parse();
    args.color.write_global();
    let outcome = match &args.command {
        Command::List(command) => list::list(&args.project, command),
        Command::Replay(command) => replay::replay(&args.project, command),
        Command::Show(command) => draw::show(&args.project, command),
        Command::Html(command) => draw::html(&args.project, command),
        Command::Svg(command) => draw::svg(&args.project, command),
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
