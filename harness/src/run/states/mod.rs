//! The graph of the states of a program, for somebody who wants to pick for himself who goes next.
//!
//! First the program is explored without names and values, state by state. Then it is run along the graph until every pick has
//! been taken once more, with rows.
//!
//! | file | what it holds |
//! |---|---|
//! | `found` | what the caller gets |
//! | `graph` | which states there are, and what leads where |
//! | `told` | the words for them |

pub(crate) mod found;
pub(super) mod graph;
pub(super) mod told;

use std::sync::{Arc, Mutex, PoisonError};

pub use found::{End, Pick, State, States};

use super::apart::apart;
use super::error::Error;
use super::options::Options;
use super::share::Common;
use super::tally::Tally;
use crate::engine::current::Program;
use crate::kernel::{MemoryModel, Progress};
use graph::Graph;

/// Finds and tells all states of the program.
pub(crate) fn states(check: Options, program: Program) -> Result<States, Error> {
    on_its_own(check, program, |common| {
        let graph = Graph::of(common, Vec::new(), common.check.max_states, false)?;
        if graph.states.is_full() {
            return Err(Error::TooManyStates {
                most: common.check.max_states,
            });
        }
        if !graph.whole {
            let message = format!(
                "the search for states was stopped after {} executions",
                graph.executions
            );
            return Err(Error::Unsupported { message });
        }
        told::tell(common, graph)
    })
}

/// Does something with a program on an OS thread of its own, which can be left behind. Loads see the latest store.
pub(super) fn on_its_own<T: Send + 'static>(
    mut check: Options,
    program: Program,
    job: impl FnOnce(&mut Common) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    if let Some(refused) = check.refused.take() {
        return Err(refused.into());
    }
    check.memory_model = MemoryModel::SequentiallyConsistent;
    let result = Arc::new(Mutex::new(None));
    let (theirs, asked) = (Arc::clone(&result), check.clone());
    let decisions = Arc::new(Progress::default());
    let (report, _) = apart(&asked, Arc::clone(&decisions), "controlled", move || {
        let mut common = Common::new(check, program, decisions);
        *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(job(&mut common));
        Tally::default().report(&common.check, common.started, None)
    });
    let done = result.lock().unwrap_or_else(PoisonError::into_inner).take();
    done.unwrap_or_else(|| {
        let why = report.failure.map(|failure| failure.message);
        let message = why.or(report.error.map(|error| error.to_string())).unwrap_or_default();
        Err(Error::Unsupported { message })
    })
}
