//! Lock-free structures, each short and with the orderings that its paper proves right, on the types of any engine: whoever
//! includes this module says which one, as `engine` beside it.
//!
//! | | what is hard in it | source |
//! |---|---|---|
//! | [`seq_lock`] | the reader finds out afterwards whether it was alone | Boehm, MSPC 2012 |
//! | [`treiber`] | a head that has come back; a release sequence made of exchanges | Treiber, IBM RJ 5118, 1986 |
//! | [`michael_scott`] | two ends, and a tail that others move on | Michael and Scott, PODC 1996 |
//! | [`chase_lev`] | one fence between a store and a load decides who has the last job | Lê, Pop, Cohen and Zappa Nardelli, PPoPP 2013 |
//! | [`counted`] | the last owner must have seen what all others did | `std::sync::Arc` |
//! | [`locks`] | what is written under a lock comes before the next section | |
//! | [`last_zero`] | nothing; it is there for its many threads | Abdulla et al., JACM 2017 |
//!
//! Nodes are numbers and live in arrays, so an execution is the same wherever its memory is. Values are no atomics: if the
//! structure hands one over without ordering, that is a data race. Each structure takes its orderings as a value, `RIGHT` where
//! they are right, so that a test can weaken one.

pub(crate) mod chase_lev;
pub(crate) mod counted;
pub(crate) mod last_zero;
pub(crate) mod locks;
pub(crate) mod michael_scott;
pub(crate) mod seq_lock;
pub(crate) mod treiber;

use super::engine;

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use engine::sync::Arc;
use engine::thread;

/// Whether main only waits for the threads. Otherwise it is the last of them.
pub(crate) static MAIN_WAITS: AtomicBool = AtomicBool::new(false);

/// Runs `body` on that many threads, numbered from 0. Gives what they return.
fn on_threads<T: Send + Sync + 'static, R: Send + 'static>(
    shared: &Arc<T>,
    threads: usize,
    body: impl Fn(&T, usize) -> R + Copy + Send + Sync + 'static,
) -> Vec<R> {
    // Ordering: Relaxed; it is set between the searches.
    let last = (!MAIN_WAITS.load(Relaxed)).then(|| threads - 1);
    let others: Vec<_> = (0..last.unwrap_or(threads))
        .map(|n| {
            let shared = Arc::clone(shared);
            thread::spawn(move || body(&shared, n))
        })
        .collect();
    let last = last.map(|n| body(shared, n));
    let others = others.into_iter().map(|thread| thread.join().unwrap());
    others.chain(last).collect()
}
