//! Waiting for an atomic to change, with the names of the crate `atomic-wait`: what a futex is on Linux, `WaitOnAddress` on Windows.
//!
//! ```
//! use selvedge::atomic_wait::{wait, wake_one};
//! use selvedge::sync::atomic::{AtomicU32, Ordering::{Acquire, Release}};
//! use selvedge::thread;
//!
//! static READY: AtomicU32 = AtomicU32::new(0);
//!
//! selvedge::check(|| {
//!     let other = thread::spawn(|| {
//!         READY.store(1, Release);
//!         wake_one(&READY);
//!     });
//!     while READY.load(Acquire) == 0 {
//!         wait(&READY, 0);
//!     }
//!     other.join().unwrap();
//! });
//! ```
//!
//! Who waits is on a list, and one lock keeps that and the look at the value together, as a lock of the operating system does: whoever
//! changes the value and then wakes is not missed. That is all that holds in general. So a call is two or three steps, and calls for
//! different atomics do not commute; and whoever calls `wait` after somebody has called `wake_one` or `wake_all` comes after all that this
//! one has done before, which no documentation promises: a data race that only this prevents is not found.
//!
//! Not under loom, which has no statics.

use crate::engine::any;
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::nonpoison::{Condvar, Mutex};

/// Tasks that may wait at the same time.
const MOST: usize = 64;

/// Those who wait.
struct Waiting {
    /// The address of the atomic, and the place in `woken`.
    waiters: Mutex<Vec<(usize, usize)>>,
    woken: [Condvar; MOST],
}

impl Waiting {
    const fn new() -> Self {
        Waiting {
            waiters: Mutex::new(Vec::new()),
            woken: [const { Condvar::new() }; MOST],
        }
    }

    /// Those of the execution, or of all real threads: what has been used there is no constant any more.
    fn here() -> &'static Self {
        static IN_A_CHECK: Waiting = Waiting::new();
        static ON_REAL_THREADS: Waiting = Waiting::new();
        match any::is_native() {
            true => &ON_REAL_THREADS,
            false => &IN_A_CHECK,
        }
    }
}

/// Waits to be woken if the value is `value`. May return without a reason, as often as
/// [`Check::spurious_wakeups`](crate::Check::spurious_wakeups) says.
///
/// # Panics
/// When 64 tasks wait already.
#[track_caller]
pub fn wait(atomic: &AtomicU32, value: u32) {
    let waiting = Waiting::here();
    let mut waiters = waiting.waiters.lock();
    // Ordering: Relaxed; whoever calls it says what it needs where it looks itself.
    if atomic.load(Relaxed) != value {
        return;
    }
    let is_free = |place: &usize| waiters.iter().all(|(_, taken)| taken != place);
    let place = (0..MOST)
        .find(is_free)
        .expect("no more than 64 tasks wait at the same time");
    waiters.push((std::ptr::from_ref(atomic).addr(), place));
    waiting.woken[place].wait(&mut waiters);
    waiters.retain(|(_, taken)| *taken != place);
}

/// Wakes one of those that wait for this atomic, which need not exist any more. Which of several, is open.
#[track_caller]
pub fn wake_one(atomic: *const AtomicU32) {
    let waiting = Waiting::here();
    let mut waiters = waiting.waiters.lock();
    let of_it: Vec<usize> = (0..waiters.len())
        .filter(|&at| waiters[at].0 == atomic.addr())
        .collect();
    if !of_it.is_empty() {
        let which = match of_it.len() {
            1 => 0,
            several => crate::choose(several),
        };
        let (_, place) = waiters.remove(of_it[which]);
        waiting.woken[place].notify_one();
    }
}

/// Wakes all that wait for this atomic, which need not exist any more.
#[track_caller]
pub fn wake_all(atomic: *const AtomicU32) {
    let waiting = Waiting::here();
    let mut waiters = waiting.waiters.lock();
    waiters.retain(|(address, place)| {
        let waits = *address == atomic.addr();
        if waits {
            waiting.woken[*place].notify_one();
        }
        !waits
    });
}
