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

pub use found::{End, Pick, State, States};

use super::aside::aside;
use super::error::Error;
use super::options::Options;
use crate::engine::current::Program;
use graph::Graph;

/// Finds and tells all states of the program.
pub(crate) fn states(check: Options, program: Program) -> Result<States, Error> {
    aside(check, program, |common| {
        common.see_the_latest();
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
