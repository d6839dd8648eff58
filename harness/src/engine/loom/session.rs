//! What one pass of loom counts, and what is known about the iteration that runs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::words::without_machine_paths;
use crate::engine::panics;
use crate::kernel::{FailureKind, Progress};
use crate::trace::{self, Recorder, Trace, panic_row};

thread_local! {
    pub(super) static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
    pub(super) static TRACING: Cell<bool> = const { Cell::new(false) };
}

/// What one pass counts, and the iteration that runs.
pub(crate) struct Session {
    pub(crate) limits: Limits,
    pub(crate) progress: Arc<Progress>,
    pub(crate) executions: u64,
    pub(crate) failing: u64,
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) found: Option<Found>,
    pub(crate) interrupted: bool,
    /// It is done once more, see [`begin_again`].
    pub(super) begins_again: bool,
    pub(crate) unsupported: Option<String>,
    /// An access to an atomic was sequentially consistent, which loom knows nothing of.
    pub(crate) seq_cst: bool,
    pub(crate) iteration: Option<Iteration>,
}

/// When a pass ends before loom does.
pub(crate) struct Limits {
    pub(crate) executions: Option<u64>,
    pub(crate) until: Option<Instant>,
    pub(crate) keep_going: bool,
    pub(crate) max_branches: usize,
    pub(crate) cancel: Arc<AtomicBool>,
    /// Shows the executions of the search to whoever asked for it.
    pub(crate) shown: Option<Arc<AtomicU64>>,
}

/// The first failing iteration of a pass.
pub(crate) struct Found {
    pub(crate) interleaving: u64,
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) trace: Trace,
}

/// What is known about the iteration that runs.
#[derive(Default)]
pub(crate) struct Iteration {
    /// The names threads were given, by loom's numbers.
    pub(crate) threads: Vec<Option<String>>,
    /// Panics nobody has joined: the thread and the message, in the order they happened.
    pub(crate) panics: Vec<(usize, String)>,
    /// Threads whose panic their scope raises again.
    pub(crate) scoped: Vec<usize>,
    /// Threads somebody has joined.
    pub(crate) joined: Vec<usize>,
    pub(crate) outcome: Option<String>,
    pub(crate) labels: u32,
    /// What each thread is about to wait for.
    pub(crate) waiting: BTreeMap<usize, String>,
    pub(crate) recorder: Recorder,
    pub(crate) last: usize,
}

impl Iteration {
    pub(super) fn task_name(&self, task: usize) -> String {
        match self.threads.get(task) {
            Some(Some(name)) => {
                let twins = self.threads[..task].iter().filter(|n| n.as_ref() == Some(name)).count();
                let name = trace::name(name);
                if twins == 0 {
                    name.into_owned()
                } else {
                    format!("{name}#{}", twins + 1)
                }
            }
            _ => format!("thread-{task}"),
        }
    }

    /// The rows so far, and what each thread waits for if nobody can go on.
    pub(super) fn take_trace(&mut self, kind: FailureKind) -> Trace {
        let mut recorder = std::mem::take(&mut self.recorder);
        if kind == FailureKind::Deadlock {
            for (&task, what) in &self.waiting {
                recorder.event(task, format!("waits for {what}"), None);
            }
        }
        let names = (0..self.threads.len()).map(|task| self.task_name(task)).collect();
        recorder.into_trace(names)
    }

    /// What became of an iteration; `raised` is a panic that ended loom's search.
    pub(super) fn judge(&self, raised: Option<&str>, max_branches: usize) -> Option<(FailureKind, String)> {
        let own = raised.map(|message| self.loom_words(message, max_branches));
        match (self.panics.first(), own) {
            (Some(_), Some((kind @ FailureKind::Nondeterminism, words))) => Some((kind, words)),
            (Some((task, message)), own) => {
                let mut message = format!("{} panicked: {message}", self.task_name(*task));
                if let Some((FailureKind::Deadlock, words)) = own {
                    message.push_str(&format!("\nthen nobody could go on: {words}"));
                }
                Some((FailureKind::Panic, message))
            }
            (None, own) => own,
        }
    }

    /// What to say when loom has failed itself: a panic of its own that is not one of those by which it tells a failure of
    /// the program.
    fn broke(&self, raised: &str) -> Option<String> {
        let unknown = matches!(self.loom_words(raised, 0), (FailureKind::Panic, _));
        (unknown && self.panics.is_empty()).then(|| {
            let raised = without_machine_paths(raised.trim());
            format!(
                "loom has failed itself, so it cannot run this program ({raised}): use another strategy, \
                 Strategy::Exhaustive say"
            )
        })
    }

    /// loom tells failures by panics; their texts are all there is to tell them apart.
    pub(super) fn loom_words(&self, message: &str, max_branches: usize) -> (FailureKind, String) {
        if message.starts_with("deadlock") {
            let waits: Vec<String> = self
                .waiting
                .iter()
                .map(|(&task, what)| format!("{} waits for {what}", self.task_name(task)))
                .collect();
            let words = if waits.is_empty() {
                "every thread waits".to_owned()
            } else {
                waits.join("; ")
            };
            return (FailureKind::Deadlock, words);
        }
        if message.contains("Causality violation")
            || message.starts_with("currently reading from cell")
            || message.starts_with("currently writing to cell")
        {
            return (FailureKind::DataRace, without_machine_paths(message.trim()));
        }
        if message.starts_with("Model exceeded maximum number of branches") {
            let words = format!(
                "not finished after {max_branches} branches of loom: a loop that waits without yielding, or a program \
                 that long; raise Check::max_steps then"
            );
            return (FailureKind::StepLimit, words);
        }
        if message.contains("Is the model fully deterministic?") {
            let words = "the same choices led to other operations: the program does not depend on the schedule alone";
            return (FailureKind::Nondeterminism, words.to_owned());
        }
        (FailureKind::Panic, without_machine_paths(message.trim()))
    }
}

impl Session {
    /// Books the iteration that has ended.
    pub(super) fn finish(&mut self, raised: Option<&str>) {
        let Some(mut iteration) = self.iteration.take() else {
            return;
        };
        let interleaving = self.executions;
        if let Some(words) = raised.and_then(|raised| iteration.broke(raised)) {
            self.unsupported.get_or_insert(words);
            return;
        }
        match iteration.judge(raised, self.limits.max_branches) {
            None => {
                *self
                    .outcomes
                    .entry(iteration.outcome.take().unwrap_or_default())
                    .or_default() += 1
            }
            Some((kind, message)) => {
                let message = iteration.recorder.numbered(message);
                self.failing += 1;
                if self.found.is_none() {
                    let trace = iteration.take_trace(kind);
                    self.found = Some(Found {
                        interleaving,
                        kind,
                        message,
                        trace,
                    });
                }
            }
        }
    }

    /// Whether the search ends here, before another iteration.
    pub(super) fn stops(&mut self) -> bool {
        if self.limits.cancel.load(Ordering::Relaxed) {
            self.interrupted = true;
        }
        self.interrupted
            || self.unsupported.is_some()
            || (self.found.is_some() && !self.limits.keep_going)
            || self.limits.executions.is_some_and(|most| self.executions >= most)
            || self.limits.until.is_some_and(|until| Instant::now() >= until)
    }

    pub(super) fn begin(&mut self) {
        self.executions += 1;
        self.progress.step();
        if let Some(shown) = &self.limits.shown {
            shown.store(self.executions, Ordering::Relaxed);
        }
        self.iteration = Some(Iteration {
            threads: vec![Some("main".to_owned())],
            ..Iteration::default()
        });
    }
}

pub(crate) fn with_session<R>(f: impl FnOnce(&mut Session) -> R) -> Option<R> {
    SESSION.with_borrow_mut(|session| session.as_mut().map(f))
}

pub(crate) fn with_iteration<R>(f: impl FnOnce(&mut Iteration) -> R) -> Option<R> {
    with_session(|session| session.iteration.as_mut().map(f)).flatten()
}

/// How the iteration that runs has failed, when loom itself has given it up, and its rows.
pub(crate) fn story() -> Option<(FailureKind, String, Trace)> {
    let raised = panics::take_loom_message()?;
    with_session(|s| {
        let max_branches = s.limits.max_branches;
        let iteration = s.iteration.as_mut()?;
        let (kind, message) = iteration.judge(Some(&raised), max_branches)?;
        let message = iteration.recorder.numbered(message);
        Some((kind, message, iteration.take_trace(kind)))
    })
    .flatten()
}

/// loom's own limit, with the main thread.
pub(super) const MAX_THREADS: usize = loom::MAX_THREADS;

/// Raised to end an iteration that loom itself has given up.
pub(super) struct Broken;

/// Whether a trace is being recorded. What destructors do after loom has given up is no part of it.
pub(crate) fn tracing() -> bool {
    TRACING.get() && !panics::loom_is_broken()
}

/// loom's number of the running thread.
pub(crate) fn current_task() -> usize {
    // After the thread's locals are gone loom cannot say; nobody else has run since it last could.
    let asked = catch_unwind(|| format!("{:?}", loom::thread::current().id())).ok();
    let number = asked.and_then(|text| text.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok());
    with_iteration(|i| {
        i.last = number.unwrap_or(i.last);
        i.last
    })
    .unwrap_or_default()
}

/// Remembers what the running thread is about to wait for, for the story of a deadlock.
pub(crate) fn waits(what: impl FnOnce(&Iteration) -> String) {
    let me = current_task();
    with_iteration(|i| {
        let what = what(i);
        i.waiting.insert(me, what);
    });
}

/// Ends a program that uses what loom does not have.
///
/// # Panics
/// Always; the run reports the text as an error.
pub(crate) fn unsupported(what: &str) -> ! {
    let message = format!("loom has no {what}: use another strategy, Strategy::Exhaustive say");
    with_session(|session| session.unsupported.get_or_insert_with(|| message.clone()).len());
    panic!("{message}")
}

/// The search knows by now what it should have begun with: it is done once more.
///
/// # Panics
/// Always.
pub(super) fn begin_again() -> ! {
    let message = "the search begins again";
    with_session(|session| {
        session.begins_again = true;
        session.unsupported.get_or_insert_with(|| message.to_owned());
    });
    panic!("{message}")
}

/// An access to an atomic has this ordering.
pub(super) fn note_ordering(ordering: Ordering) {
    if ordering == Ordering::SeqCst {
        with_session(|session| session.seq_cst = true);
    }
}

pub(crate) fn note_panic(task: usize, message: String) {
    let tracing = tracing();
    with_iteration(|i| {
        if tracing {
            let first = i.panics.is_empty();
            i.recorder.event(task, panic_row(&message, first), None);
        }
        if !i.scoped.contains(&task) && !i.joined.contains(&task) {
            i.panics.push((task, message));
        }
    });
}
