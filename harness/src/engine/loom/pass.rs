//! The loom engine: the C11 effects that a sequentially consistent engine cannot show.
//!
//! loom searches on its own: it calls a closure once for each iteration and panics when one fails. A
//! [`pass`] is one such search on the current OS thread; what happens between two calls of the closure
//! is counted in a thread-local [`Session`], which the facade's loom arms reach through the functions
//! here. A failing iteration is found again by its number:
//!
//! 1. the search counts iterations, and the Nth fails;
//! 2. a second pass stores loom's path of choices when it reaches iteration N;
//! 3. a third pass starts from that path, so it fails at once, and records a trace.
//!
//! The path is what a schedule file embeds, so a replay is the third pass alone.
//!
//! loom has at most 5 threads, the main thread included, no `choose`, no virtual time. It goes on after
//! a panic of the program, and never after one of its own (a deadlock, a data race): there a search that
//! counts failures ends.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use loom::model::Builder;
use tracing::subscriber::NoSubscriber;

use super::early;
use super::session::{
    Broken, Limits, MAX_THREADS, SESSION, Session, TRACING, note_panic, with_iteration, with_session,
};
use crate::engine::current::Program;
use crate::engine::panics;
use crate::kernel::Progress;

/// Raised to end a search between two iterations.
pub(crate) struct Stop;

/// What a pass is asked for.
pub(crate) struct Order {
    pub(crate) executions: Option<u64>,
    pub(crate) max_time: Option<Duration>,
    pub(crate) keep_going: bool,
    /// Where to start from, or where to store the path of the iteration with this number.
    pub(crate) path: Option<(PathBuf, Option<u64>)>,
    pub(crate) tell: bool,
    pub(crate) max_branches: usize,
    pub(crate) preemption_bound: Option<usize>,
    pub(crate) cancel: Arc<AtomicBool>,
    /// Shows the executions to whoever asked for the search.
    pub(crate) shown: Option<Arc<AtomicU64>>,
}

/// What a pass found.
pub(crate) struct Pass {
    pub(crate) session: Session,
    pub(crate) complete: bool,
    /// loom did not get as far as an iteration.
    pub(crate) refused: Option<String>,
}

/// One search of loom on this OS thread.
pub(crate) fn pass(program: &Program, progress: &Arc<Progress>, order: Order) -> Pass {
    early::forget();
    if matches!(order.path, Some((_, None))) {
        // Who follows a path cannot begin again in the middle of it. What its beginning needs, others mostly need, too.
        let others = Order {
            executions: Some(OTHERS),
            path: None,
            tell: false,
            shown: None,
            keep_going: true,
            cancel: Arc::clone(&order.cancel),
            ..order
        };
        while once(program, progress, &others).session.begins_again {}
        early::is_enough();
        return once(program, progress, &order);
    }
    let before = order.path.as_ref().map(|(path, _)| (path, std::fs::read(path)));
    loop {
        let pass = once(program, progress, &order);
        if !pass.session.begins_again {
            return pass;
        }
        // It may have stored where it was by then, and would go on from there.
        match &before {
            Some((path, Ok(bytes))) => drop(std::fs::write(path, bytes)),
            Some((path, Err(_))) => drop(std::fs::remove_file(path)),
            None => {}
        }
    }
}

/// Iterations that are run to see which atomics they need.
const OTHERS: u64 = 100;

fn once(program: &Program, progress: &Arc<Progress>, order: &Order) -> Pass {
    let limits = Limits {
        executions: order.executions,
        until: order.max_time.map(|t| Instant::now() + t),
        keep_going: order.keep_going,
        max_branches: order.max_branches,
        cancel: Arc::clone(&order.cancel),
        shown: order.shown.clone().filter(|_| !order.tell),
    };
    // What loom does between two iterations cannot be told from what the program does.
    progress.enter();
    SESSION.set(Some(Session {
        limits,
        progress: Arc::clone(progress),
        executions: 0,
        failing: 0,
        outcomes: BTreeMap::new(),
        found: None,
        interrupted: false,
        unsupported: None,
        begins_again: false,
        seq_cst: false,
        iteration: None,
    }));
    TRACING.set(order.tell);
    panics::take_loom_message();
    let program = Arc::clone(program);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut builder = Builder::new();
        builder.max_threads = MAX_THREADS;
        builder.max_branches = order.max_branches;
        // Iterations are counted here, and ended from the inside; see `Stop`.
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.preemption_bound = order.preemption_bound;
        builder.checkpoint_file = None;
        builder.checkpoint_interval = usize::MAX;
        builder.log = false;
        builder.location = order.tell;
        if let Some((path, store_at)) = &order.path {
            builder.checkpoint_file = Some(path.clone());
            builder.checkpoint_interval = store_at.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        }
        tracing::subscriber::with_default(NoSubscriber::new(), || builder.check(move || iterate(&program)));
    }));
    TRACING.set(false);
    let mut session = SESSION.take().expect("a pass has a session until it ends");
    progress.leave();
    let of_loom = panics::take_loom_message();
    let mut refused = None;
    let complete = result.is_ok();
    match result {
        Ok(()) => session.finish(None),
        Err(payload) if payload.is::<Stop>() => {}
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            let message = of_loom
                .or(text)
                .unwrap_or_else(|| "a panic whose payload is not a string".to_owned());
            if session.executions == 0 {
                refused = Some(message);
            } else {
                session.finish(Some(&message));
            }
        }
    }
    Pass {
        session,
        complete,
        refused,
    }
}

/// One call of loom's closure.
pub(crate) fn iterate(program: &Program) {
    let stops = with_session(|session| {
        session.finish(None);
        let stops = session.stops();
        if !stops {
            session.begin();
        }
        stops
    });
    if stops != Some(false) {
        resume_unwind(Box::new(Stop));
    }
    let result = {
        let _early = early::begin();
        catch_unwind(AssertUnwindSafe(|| program()))
    };
    if panics::loom_is_broken() {
        resume_unwind(Box::new(Broken));
    }
    match result {
        Ok(outcome) => {
            with_iteration(|i| i.outcome = Some(outcome));
        }
        Err(payload) => {
            let message = panics::take_message().unwrap_or_default();
            note_panic(0, message);
            drop(payload);
        }
    }
}

/// Lets loom's generators install what they install once per process, while nothing is at stake.
pub(crate) fn first_execution() {
    let _ = catch_unwind(|| {
        tracing::subscriber::with_default(NoSubscriber::new(), || Builder::new().check(|| ()));
    });
}
