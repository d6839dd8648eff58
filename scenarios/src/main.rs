//! The command line of Selvedge: `selvedge --help`.
//!
//! What it does is in `selvedge_scenarios::cli`; this is only the door.

use std::process::ExitCode;

fn main() -> ExitCode {
    selvedge_scenarios::cli::main()
}
