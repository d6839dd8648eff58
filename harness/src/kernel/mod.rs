//! What one controlled execution consists of: tasks, operations, gates, clocks, and the one decision the engine
//! makes over and over, which task goes on. No engine is named here, and nothing is run.
//!
//! | file | what it holds |
//! |---|---|
//! | `op` | operations as lists of accesses, their classes, what commutes, gates |
//! | `task`, `object`, `objects`, `numbering` | tasks and objects, and their numbers |
//! | `staff` | which of shuttle's tasks run ours |
//! | `state` | the kernel of one execution, and its beginning |
//! | `decide`, `steps` | which task goes on, and what its step does |
//! | `diary` | what an execution has chosen, for whoever comes after the process |
//! | `log` | what happened, and how it ended |
//! | `strategy` | whom the engine asks where there is something to choose |
//! | `happens_before`, `vector_clock` | who knows what, and the races it shows |
//! | `memory`, `psc` | which stores a load may see under Rust's memory model |
//! | `declared` | the orderings that a program declares, and others in their stead |
//! | `order`, `gates` | parts of a search |
//! | `yields` | what a yield is |
//! | `sharing` | who can tell that a writer waits |
//! | `fairness` | what becomes of an unfair schedule |
//! | `rounds`, `limits` | when an execution is given up |
//! | `progress` | what a watchdog sees |
//! | `report`, `standing`, `arrows` | words for people: names and what is waited for, how things stand, what comes after what |
//! | `failure_kind` | how a program fails |
//! | `wakeup` | what a waker wakes |

mod arrows;
mod copies;
mod decide;
mod declared;
mod diary;
mod failure_kind;
mod fairness;
mod gates;
mod happens_before;
mod keys;
mod learning;
mod limits;
mod log;
mod memory;
mod names;
mod numbering;
mod object;
mod objects;
mod op;
mod order;
mod outside;
mod place;
mod places;
mod progress;
mod psc;
mod question;
mod report;
mod rounds;
mod sharing;
mod staff;
mod standing;
mod state;
mod steps;
mod strategy;
mod task;
mod vector_clock;
mod wakeup;
mod yields;

pub(crate) use decide::goes_round_and_round;
pub(crate) use declared::{Declared, Place, Role, Seen, Uses};
pub(crate) use diary::{Diary, Note, Told};
pub use failure_kind::FailureKind;
pub(crate) use happens_before::{CellAccess, DataRace, Sync};
pub use limits::{MemoryModel, ScheduleLimits};
pub(crate) use log::{Blocked, DroppedInUse, End, Entry, Signal, Step};
pub(crate) use memory::{Reads, StoreName, Through, Unordered, Way, Ways};
pub(crate) use numbering::{Facts, Numbering};
pub(crate) use op::{Access, Accesses, Class, Extra, Gate, ObjectId, Op, TaskId, UNBOUNDED, independent};
pub(crate) use order::{Came, Order};
pub(crate) use outside::{is_outside, outside};
pub(crate) use place::Owner;
pub(crate) use progress::Progress;
pub(crate) use question::Question;
pub(crate) use staff::Job;
pub(crate) use state::{Clock, Decision, Kernel};
pub(crate) use strategy::{Choice, Pick, Strategy};
pub(crate) use task::{Candidate, Flag, PanicReport, Pending, Stuck, Task, Waiting};
pub(crate) use vector_clock::{Clock as Past, includes, join};
pub(crate) use wakeup::Wakeup;
pub(crate) use yields::Yield;
