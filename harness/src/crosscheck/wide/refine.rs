//! What real threads show is among what the controlled engine has.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::time::Duration;

use proptest::prelude::*;

use super::judge::all;
use super::program::{Home, Op, Pass, Program, size};
use super::{ours, theirs};

/// Deadlines that pass too soon on real threads, at most: more than a generated body has.
const EARLY_TIMERS: u32 = 4;

/// Rounds after which a loop gives up, and waits that take a token: as many as a body of the generator can have.
const ROUNDS: u32 = 2;

/// What the program shows on real threads, in so many runs; nothing where one does not come to its end.
fn on_real_threads(program: &Program, run: fn(&Program) -> String, times: usize) -> Option<BTreeSet<String>> {
    let (send, receive) = channel();
    let program = program.clone();
    std::thread::spawn(move || {
        for _ in 0..times {
            // A thread of its own, so that no token is left from the run before.
            let seen = std::thread::scope(|s| s.spawn(|| run(&program)).join());
            if send.send(seen.unwrap_or_else(|_| "a panic".to_owned())).is_err() {
                return;
            }
        }
    });
    let mut seen = BTreeSet::new();
    for _ in 0..times {
        seen.insert(receive.recv_timeout(Duration::from_secs(30)).ok()?);
    }
    Some(seen)
}

/// Whether a task tries again a few times, and then goes on.
fn may_give_up(body: &[Op]) -> bool {
    let children = |op: &Op| op.children().into_iter().any(may_give_up);
    body.iter().any(|op| matches!(op, Op::TrySpin(_)) || children(op))
}

/// Whether a thread parks, and something in the program waits by parking: the token may be taken there.
fn may_lose_a_token(body: &[Op]) -> bool {
    fn any(body: &[Op], of: &dyn Fn(&Op) -> bool) -> bool {
        let children = |op: &Op| op.children().into_iter().any(|body| any(body, of));
        body.iter().any(|op| of(op) || children(op))
    }
    let waits = |op: &Op| match op {
        Op::Receive | Op::ReceiveTimeout(_) | Op::Send(_) | Op::Scope(_) => true,
        Op::Pass(op) => !matches!(
            op,
            Pass::TrySend(_) | Pass::TryReceive | Pass::DropSender | Pass::DropReceiver
        ),
        _ => false,
    };
    any(body, &|op| matches!(op, Op::Park)) && any(body, &waits)
}

/// The program on real threads, with the types of std and tokio and with ours. One that can fail is not run: it may
/// hang there.
pub(super) fn refine(program: &Program, times: usize) -> Result<(), TestCaseError> {
    // A busy machine may let a deadline pass before another thread has done anything.
    let mut timed = program.clone();
    if size(&program.main) > 1 {
        timed.limits.early_timers = EARLY_TIMERS;
    }
    // And a loop may give up, and a wait take a token.
    if may_give_up(&program.main) || may_lose_a_token(&program.main) {
        timed.limits.spurious_wakeups = ROUNDS;
    }
    let Some(controlled) = all(&timed).filter(|seen| seen.failures.is_empty()) else {
        return Err(TestCaseError::reject("too many schedules, or one that fails"));
    };
    // There a static keeps what the last run has left in it.
    let program = &Program {
        home: Home::Heap,
        ..program.clone()
    };
    for (whose, run) in [
        ("std and tokio", theirs::interpreter::run as fn(&Program) -> String),
        ("ours", ours::interpreter::run),
    ] {
        let real = on_real_threads(program, run, times);
        prop_assert!(real.is_some(), "{whose}: a run does not end");
        let strange: Vec<_> = real
            .iter()
            .flatten()
            .filter(|o| !controlled.outcomes.contains(*o))
            .collect();
        prop_assert!(
            strange.is_empty(),
            "{whose}: {strange:?}, not among {:?}",
            controlled.outcomes
        );
    }
    Ok(())
}
