//! One check from start to end: how a search is planned, spread, saved and resumed, and how what it found is made
//! smaller, told and written to a file.
//!
//! | file | what it holds |
//! |---|---|
//! | `options`, `strategy`, `environment`, `times`, `nearest` | what a check is asked to do, also from outside, and what was meant by a misspelled word |
//! | `start`, `apart`, `aside` | which engine does it, on an OS thread that can be left behind |
//! | `search`, `trees`, `within`, `graphs`, `share` | strategies in turn, the exhaustive searches, what one OS thread explores |
//! | `orderings` | searches with other orderings than the program declares |
//! | `divide`, `state` | parts of a search, and a search that was stopped |
//! | `shrink`, `tell`, `explain` | a failure made smaller, run again, and put into words |
//! | `cause` | why it fails: the orders that decide |
//! | `against` | its order tried on the repaired program |
//! | `again`, `beside` | it is run once more; two executions beside each other |
//! | `states`, `play` | the graph of its states, and the program live, for who wants to pick who goes next |
//! | `died`, `stalled` | runs that ended with their process, and those that do not come back |
//! | `loom`, `stress` | runs of the other engines |
//! | `counts`, `tally`, `basis` | what was counted, and what the verdict rests on |
//! | `report`, `failure`, `schedule`, `recorded`, `replayed`, `passed`, `target`, `error`, `files` | what the caller gets |

mod again;
pub mod against;
mod apart;
mod aside;
mod asleep;
mod basis;
mod beside;
pub mod cause;
mod counts;
mod died;
mod divide;
pub(crate) mod environment;
pub mod error;
mod explain;
mod failure;
mod files;
mod graphs;
#[cfg(feature = "loom")]
mod loom;
mod nearest;
mod options;
pub mod orderings;
mod passed;
pub mod play;
pub(crate) mod recorded;
mod replayed;
mod report;
pub mod schedule;
mod screen;
mod search;
mod share;
mod shrink;
mod stalled;
mod start;
pub mod state;
pub mod states;
mod strategy;
mod stress;
mod tally;
mod target;
mod tell;
pub(crate) mod times;
mod trees;
mod within;

#[cfg(test)]
pub(crate) use explain::explain;
pub use failure::Failure;
pub(crate) use options::{Against, Options};
pub(crate) use orderings::weakest;
pub use replayed::Replayed;
pub use report::{Report, Shard, Verdict};
#[cfg(test)]
pub(crate) use shrink::preemptions;
pub(crate) use start::run;
pub(crate) use states::states;
pub use strategy::Strategy;
