//! [`Once`], as in `std::sync`.
//!
//! | state | `call_once` | `call_once_force` | `is_completed` |
//! |---|---|---|---|
//! | new | runs, then *done* or *poisoned* | the same | false |
//! | running | waits | waits | false |
//! | poisoned | panics | runs, then *done* or *poisoned* | false |
//! | done | returns | returns | true |
//!
//! Under the controlled engine *running* is a held lock: to call is to acquire it, so of two callers
//! either may be the one that runs. A call that finds the work done takes the lock in shared mode and
//! releases it in the same step, so such calls commute. loom has no `Once`, so there the states stand
//! behind loom's mutex and condition variable.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::engine::{self, Engine, Handle, Sync};
use crate::kernel::{Class, Op};

/// Runs an initialization once, however many tasks ask for it.
///
/// ```
/// use selvedge::sync::{Arc, Once};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let once = Arc::new(Once::new());
///     let other = Arc::clone(&once);
///     let task = thread::spawn(move || other.call_once(|| ()));
///     once.call_once(|| ());
///     assert!(once.is_completed());
///     task.join().unwrap();
/// });
/// ```
pub struct Once {
    inner: Inner,
}

enum Inner {
    Native(std::sync::Once),
    Controlled {
        object: Handle,
        /// One task runs at a time, so this lock is never waited for.
        state: Mutex<State>,
    },
    Loom {
        state: loom::sync::Mutex<State>,
        changed: loom::sync::Condvar,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    New,
    Running,
    Poisoned,
    Done,
}

/// What [`Once::call_once_force`] tells its closure.
#[derive(Debug)]
pub struct OnceState {
    poisoned: bool,
}

impl OnceState {
    /// Whether an earlier call panicked.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

/// The words of a trace, which differ between a `Once` and a `OnceLock`.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) call: &'static str,
    pub(super) finish: &'static str,
    pub(super) look: &'static str,
}

const WORDS: Words = Words {
    call: "call_once",
    finish: "finish",
    look: "is_completed",
};

impl Once {
    /// An initialization that has not run.
    #[track_caller]
    pub fn new() -> Self {
        Once::of_kind("Once")
    }

    #[track_caller]
    pub(super) fn of_kind(kind: &'static str) -> Self {
        let inner = match engine::current() {
            Engine::Native => Inner::Native(std::sync::Once::new()),
            Engine::Controlled => Inner::Controlled {
                object: Handle::new(kind),
                state: Mutex::new(State::New),
            },
            Engine::Loom => Inner::Loom {
                state: loom::sync::Mutex::new(State::New),
                changed: loom::sync::Condvar::new(),
            },
        };
        Once { inner }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        if let Inner::Controlled { object, .. } = &self.inner {
            object.set_name(name);
        }
        self
    }

    /// Runs `f` if no call has, and waits for a call that is running.
    ///
    /// # Panics
    /// When an earlier call panicked.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        self.call(WORDS, false, |_| f());
    }

    /// [`call_once`](Self::call_once) that runs `f` after a call that panicked, too.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        self.call(WORDS, true, f);
    }

    /// Whether a call has completed.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        self.look(WORDS)
    }

    #[track_caller]
    pub(super) fn look(&self, words: Words) -> bool {
        match &self.inner {
            Inner::Native(once) => once.is_completed(),
            Inner::Controlled { object, state } => {
                let id = object.id();
                engine::perform(Op::new(words.look, id, Class::Read), |step| {
                    let done = *peek(state) == State::Done;
                    step.value(|| u64::from(done));
                    step.tell(|| format!("{}.{}() ➜ {done}", engine::name_of(id), words.look));
                    done
                })
            }
            Inner::Loom { state, .. } => *loom_lock(state) == State::Done,
        }
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        match &mut self.inner {
            Inner::Native(once) => *once = std::sync::Once::new(),
            Inner::Controlled { state, .. } => *peek(state) = State::New,
            Inner::Loom { state, .. } => *loom_lock(state) = State::New,
        }
    }

    #[track_caller]
    pub(super) fn call(&self, words: Words, force: bool, f: impl FnOnce(&OnceState)) {
        let before = match &self.inner {
            Inner::Native(once) => {
                engine::assert_native();
                if force {
                    once.call_once_force(|state| {
                        f(&OnceState {
                            poisoned: state.is_poisoned(),
                        })
                    });
                } else {
                    once.call_once(|| f(&OnceState { poisoned: false }));
                }
                return;
            }
            Inner::Controlled { object, state } => begin_controlled(*object, state, words, force),
            Inner::Loom { state, changed } => {
                let mut state = loom_lock(state);
                while *state == State::Running {
                    state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                let before = *state;
                if may_run(before, force) {
                    *state = State::Running;
                }
                before
            }
        };
        assert!(
            before != State::Poisoned || force,
            "the Once is poisoned: an earlier call panicked"
        );
        if may_run(before, force) {
            let mut running = Running {
                once: self,
                words,
                end: State::Poisoned,
            };
            f(&OnceState {
                poisoned: before == State::Poisoned,
            });
            running.end = State::Done;
        }
    }
}

fn may_run(state: State, force: bool) -> bool {
    state == State::New || state == State::Poisoned && force
}

/// Acquires the right to run, or finds out that there is nothing to run. Returns the state it found.
#[track_caller]
fn begin_controlled(object: Handle, state: &Mutex<State>, words: Words, force: bool) -> State {
    let id = object.id();
    engine::perform(Op::new(words.call, id, Class::Acquire), |step| {
        let mut state = peek(state);
        // Forced: who runs is not going to finish, so a destructor that needs the result makes its own.
        let before = if step.forced && *state == State::Running {
            State::New
        } else {
            *state
        };
        let runs = may_run(before, force);
        if runs {
            *state = State::Running;
        } else {
            step.refine(0, Class::ShareAcquire);
            step.add(id, Class::ShareRelease);
            step.sync(Sync::Load(std::sync::atomic::Ordering::Acquire));
        }
        step.tell(|| {
            let outcome = match before {
                _ if runs => "runs",
                State::Poisoned => "poisoned",
                _ => "done already",
            };
            format!("{}.{} ➜ {outcome}", engine::name_of(id), words.call)
        });
        before
    })
}

/// A call that is running; dropping it, by a panic too, lets the others go on.
struct Running<'a> {
    once: &'a Once,
    words: Words,
    end: State,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        match &self.once.inner {
            Inner::Native(_) => {}
            Inner::Controlled { object, state } => {
                let Some(id) = object.live() else { return };
                engine::perform(Op::new(self.words.finish, id, Class::Release), |step| {
                    *peek(state) = self.end;
                    step.tell(|| {
                        let outcome = if self.end == State::Done { "done" } else { "poisoned" };
                        format!("{}.{} ➜ {outcome}", engine::name_of(id), self.words.call)
                    });
                });
            }
            Inner::Loom { state, changed } => {
                // A panic under loom ends the run: its objects cannot be used any more.
                if !std::thread::panicking() {
                    *loom_lock(state) = self.end;
                    changed.notify_all();
                }
            }
        }
    }
}

fn peek(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn loom_lock(state: &loom::sync::Mutex<State>) -> loom::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
