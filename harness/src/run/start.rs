//! Which engine runs what a check asks for.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use super::apart::apart;
use super::error::Error;
use super::loom;
use super::options::Options;
use super::report::Report;
use super::search::Search;
use super::strategy::Strategy as Requested;
use super::stress;
use super::tally::Tally;
use crate::engine::current::Program;

/// Runs the program as the options say.
pub(crate) fn run(check: Options, program: Program) -> Report {
    match &check.strategy {
        Requested::Loom => return loom::run(check, program),
        Requested::Stress => return stress::run(check, program),
        Requested::Replay(schedule) if schedule.engine == "loom" => return loom::run(check, program),
        Requested::Replay(schedule) if schedule.engine != "controlled" => {
            let message = format!(
                "a schedule of the engine {:?} cannot be replayed: nobody controlled it; find the failure with \
                 Strategy::Exhaustive or Strategy::Loom",
                schedule.engine
            );
            return Tally::default().report(&check, Instant::now(), Some(Error::Unsupported { message }));
        }
        _ => {}
    }
    let decisions = Arc::new(AtomicU64::new(0));
    apart(&check.clone(), Arc::clone(&decisions), "controlled", move || {
        Search::new(check, program, decisions).run()
    })
}
