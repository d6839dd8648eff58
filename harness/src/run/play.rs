//! A program that is played live: somebody picks who goes next, and the program is run again from its start along these picks.
//!
//! Nothing is kept of a program but the picks, so an undo costs what a pick does. What a pick would do is found by taking it. Whether
//! a failure is still possible is answered by the search for [`states`](super::states) after the picks so far.

use super::aside::aside;
use super::error::Error;
use super::options::Options;
use super::share::Common;
use super::states::found::End;
use super::states::graph::Graph;
use super::states::told::{self, Told};
use crate::engine::current::Program;
use crate::explore::states::Move;
use crate::kernel::{FailureKind, Numbering};
use crate::trace::Trace;

/// A program that is played: see [`Check::play`](crate::Check::play).
pub struct Play {
    check: Options,
    program: Program,
    /// What is known about the program.
    numbering: Numbering,
    taken: Vec<Move>,
    next: Vec<Move>,
    here: Position,
}

/// Where a program stands after some picks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// What has happened, and what tasks wait for that cannot go on.
    pub trace: Trace,
    /// What can be picked; nothing at an end.
    pub choices: Vec<Choice>,
    /// How the execution has ended, if it has.
    pub end: Option<End>,
}

/// One thing that can be picked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// Who does it, as an index into [`Trace::tasks`].
    pub task: usize,
    /// The arm, if the task is in the middle of a [`choose`](crate::choose).
    pub arm: Option<u32>,
    /// What it is, in the words of the timeline, its result included: `counter ➜ 0`.
    pub text: String,
}

/// Whether a failure is still possible.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Future {
    /// It is, and this is one.
    Fails {
        /// What to pick, one after the other: indices into the [choices](Position::choices) at each time.
        picks: Vec<usize>,
        /// The whole execution.
        trace: Trace,
        /// How many of its rows have happened already.
        rows: usize,
        /// What sort of failure it is.
        kind: FailureKind,
        /// What happens, in a sentence or two.
        message: String,
    },
    /// It is not: all states that can still come have been looked at.
    Passes {
        /// How many these are, with the one at which it stands.
        states: usize,
    },
    /// None has been found, and not all states have been looked at.
    Unknown {
        /// Executions that have been run.
        executions: u64,
    },
}

impl Play {
    /// At the start of the program.
    pub(crate) fn new(check: Options, program: Program) -> Result<Self, Error> {
        let mut play = Play {
            check,
            program,
            numbering: Numbering::default(),
            taken: Vec::new(),
            next: Vec::new(),
            here: Position {
                trace: Trace::default(),
                choices: Vec::new(),
                end: None,
            },
        };
        // The steps of a program depend on what it turns out to use, and are to stay the same from pick to pick.
        play.with(|common| Graph::of(common, Vec::new(), LOOK_AHEAD, false).map(drop))?;
        play.go_to(Vec::new())?;
        Ok(play)
    }

    /// Where the program stands.
    pub fn here(&self) -> &Position {
        &self.here
    }

    /// How many picks have been taken.
    pub fn picks(&self) -> usize {
        self.taken.len()
    }

    /// Picks one of the [choices](Position::choices).
    ///
    /// # Errors
    /// If there is no such choice, or the program does not do the same as before.
    pub fn pick(&mut self, choice: usize) -> Result<&Position, Error> {
        let Some(&next) = self.next.get(choice) else {
            let message = format!("there are {} choices here, and no choice {choice}", self.next.len());
            return Err(Error::Unsupported { message });
        };
        let mut moves = self.taken.clone();
        moves.push(next);
        self.go_to(moves)
    }

    /// Takes the last pick back. At the start there is none, and nothing happens.
    ///
    /// # Errors
    /// If the program does not do the same as before.
    pub fn undo(&mut self) -> Result<&Position, Error> {
        let mut moves = self.taken.clone();
        moves.pop();
        self.go_to(moves)
    }

    /// Whether a failure is still possible, as far as can be told from so many executions.
    ///
    /// # Errors
    /// If the program does not do the same as before.
    pub fn future(&mut self, executions: u64) -> Result<Future, Error> {
        let (prefix, rows) = (self.taken.clone(), self.here.trace.rows.len());
        self.with(move |common| {
            common.check.max_executions = Some(executions);
            let graph = Graph::of(common, prefix.clone(), common.check.max_states, true)?;
            let nodes = &graph.states.nodes;
            let Some(failing) = nodes.iter().position(|node| node.fails == Some(true)) else {
                return Ok(if graph.whole && !graph.states.is_full() {
                    Future::Passes { states: nodes.len() }
                } else {
                    Future::Unknown {
                        executions: graph.executions,
                    }
                });
            };
            let way = graph.states.way_to(failing);
            let picks = way.iter().map(|&(_, edge)| edge).collect();
            let moves = way.iter().map(|&(state, edge)| nodes[state].edges[edge].does);
            let told = told::run(common, prefix.into_iter().chain(moves).collect())?;
            match told.end {
                Some(End::Failed { kind, message, .. }) => Ok(Future::Fails {
                    picks,
                    rows: told
                        .walk
                        .rows
                        .get(told.walk.taken() - way.len())
                        .copied()
                        .unwrap_or(rows),
                    trace: told.trace,
                    kind,
                    message,
                }),
                _ => Err(Error::Diverged {
                    message: "an execution did not fail as it did before under the same picks".to_owned(),
                }),
            }
        })
    }

    fn go_to(&mut self, moves: Vec<Move>) -> Result<&Position, Error> {
        let taken = moves.clone();
        let (next, here) = self.with(move |common| position(common, moves))?;
        (self.taken, self.next, self.here) = (taken, next, here);
        Ok(&self.here)
    }

    /// Does something on an OS thread of its own, and keeps what it learns about the program.
    fn with<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Common) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let numbering = self.numbering.clone();
        let (done, numbering) = aside(self.check.clone(), self.program.clone(), move |common| {
            common.see_the_latest();
            common.numbering = numbering;
            let done = job(common)?;
            Ok((done, std::mem::take(&mut common.numbering)))
        })?;
        self.numbering = numbering;
        Ok(done)
    }
}

/// States that are looked at before the first pick.
const LOOK_AHEAD: usize = 1_000;

fn position(common: &mut Common, moves: Vec<Move>) -> Result<(Vec<Move>, Position), Error> {
    let depth = moves.len();
    let told = along(common, moves.clone())?;
    let next = told.walk.next.clone();
    let mut choices = Vec::new();
    for &does in &next {
        let (id, arm) = match does {
            Move::Task(task) => (task, None),
            Move::Arm(task, arm) => (task, Some(arm)),
        };
        let task = told.tasks.iter().position(|known| *known == id).unwrap_or(0);
        let mut moves = moves.clone();
        moves.push(does);
        let after = along(common, moves)?;
        let from = after.walk.rows.get(depth).copied().unwrap_or(0);
        let text = told::text(after.trace.rows.get(from..).unwrap_or_default(), task, arm);
        choices.push(Choice { task, arm, text });
    }
    let here = Position {
        trace: told.trace,
        choices,
        end: told.end,
    };
    Ok((next, here))
}

/// Runs the program along picks that have been possible.
fn along(common: &mut Common, moves: Vec<Move>) -> Result<Told, Error> {
    let count = moves.len();
    let told = told::run(common, moves)?;
    if told.walk.taken() < count {
        let message = "the program turned out to have other steps than it seemed to have: begin again".to_owned();
        return Err(Error::Diverged { message });
    }
    Ok(told)
}

impl std::fmt::Debug for Play {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Play").field("here", &self.here).finish_non_exhaustive()
    }
}
