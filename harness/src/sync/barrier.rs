//! [`Barrier`], as in `std::sync`.
//!
//! Under the controlled engine an arrival is one step. The last arrival hands a ticket to all the
//! others in that same step and starts the next generation; the others wait for their tickets. loom has
//! no barrier, so there it is a count and a generation behind loom's mutex and condition variable.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::engine::{self, Engine, Handle, with_kernel};
use crate::kernel::Flag;
use crate::kernel::{Class, Op};

/// Lets `n` tasks wait for each other, again and again.
///
/// ```
/// use selvedge::sync::{Arc, Barrier};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let barrier = Arc::new(Barrier::new(2));
///     let other = Arc::clone(&barrier);
///     let task = thread::spawn(move || other.wait().is_leader());
///     let here = barrier.wait().is_leader();
///     assert_ne!(here, task.join().unwrap());
/// });
/// ```
pub struct Barrier {
    inner: Inner,
}

enum Inner {
    Native(std::sync::Barrier),
    Controlled {
        object: Handle,
        n: usize,
        /// The tasks of this generation that have arrived. One task runs at a time, so the lock is never
        /// waited for.
        arrived: Mutex<Vec<usize>>,
    },
    Loom {
        n: usize,
        state: loom::sync::Mutex<Generation>,
        opened: loom::sync::Condvar,
    },
}

#[derive(Default)]
struct Generation {
    number: usize,
    arrived: usize,
}

/// What [`Barrier::wait`] returns; exactly one task of a generation is its leader.
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this task is the leader of its generation: under the controlled engine, who came last.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// A barrier for `n` tasks. With 0 or 1 nobody ever waits.
    #[track_caller]
    pub fn new(n: usize) -> Self {
        let inner = match engine::current() {
            Engine::Native => Inner::Native(std::sync::Barrier::new(n)),
            Engine::Controlled => Inner::Controlled {
                object: Handle::new("Barrier"),
                n,
                arrived: Mutex::new(Vec::new()),
            },
            Engine::Loom => Inner::Loom {
                n,
                state: loom::sync::Mutex::new(Generation::default()),
                opened: loom::sync::Condvar::new(),
            },
        };
        Barrier { inner }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        if let Inner::Controlled { object, .. } = &self.inner {
            object.set_name(name);
        }
        self
    }

    /// Waits until `n` tasks have arrived.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        match &self.inner {
            Inner::Native(barrier) => {
                engine::assert_native();
                BarrierWaitResult(barrier.wait().is_leader())
            }
            Inner::Controlled { object, n, arrived } => BarrierWaitResult(wait_controlled(*object, *n, arrived)),
            Inner::Loom { n, state, opened } => {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                state.arrived += 1;
                if state.arrived >= *n {
                    state.arrived = 0;
                    state.number += 1;
                    opened.notify_all();
                    return BarrierWaitResult(true);
                }
                let mine = state.number;
                while state.number == mine {
                    state = opened.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                BarrierWaitResult(false)
            }
        }
    }
}

#[track_caller]
fn wait_controlled(object: Handle, n: usize, arrived: &Mutex<Vec<usize>>) -> bool {
    let id = object.id();
    let (me, ticket) = with_kernel(|k| (k.current, k.flag(k.current, Flag::Ticket)));
    let last = engine::perform_part(Op::new("wait", id, Class::Write), |step| {
        let mut arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let count = arrived.len() + 1;
        let last = count >= n;
        if last {
            for task in arrived.drain(..) {
                step.add(with_kernel(|k| k.flag(task, Flag::Ticket)), Class::Wake);
            }
        } else {
            arrived.push(me);
        }
        step.tell(|| format!("{} ➜ {count} of {n}", engine::name_of(id)));
        last
    });
    if !last {
        engine::perform(Op::new("pass", ticket, Class::Park), |step| {
            step.tell(|| format!("passes {}", engine::name_of(id)));
        });
    }
    last
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult")
            .field("is_leader", &self.is_leader())
            .finish()
    }
}
