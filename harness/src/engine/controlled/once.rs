//! An initialization under the controlled engine: *running* is a held lock.
//!
//! To call is to acquire it, so of two callers either may be the one that runs. A call that finds the work
//! done takes the lock in shared mode and releases it in the same step, so such calls commute.

use std::sync::atomic::Ordering;
use std::sync::{Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};

use super::context::name_of;
use super::object::Handle;
use super::perform::perform;
use crate::engine::once_state::OnceState;
use crate::kernel::{Class, Op, Sync};
use crate::raw::{OnceWords, Origin, RawOnce};

/// An initialization without a value.
pub(crate) struct Once {
    object: Handle,
    /// One task runs at a time, so this lock is never waited for.
    state: StdMutex<OnceState>,
}

impl RawOnce for Once {
    fn new(kind: &'static str, origin: Origin) -> Self {
        Once {
            object: Handle::from(kind, origin),
            state: StdMutex::new(OnceState::New),
        }
    }

    fn set_name(&mut self, name: &str) {
        self.object.set_name(name);
    }

    fn call(&self, words: OnceWords, force: bool, f: impl FnOnce(bool)) {
        let before = self.begin(words, force);
        if before.lets_run(force) {
            let mut running = Running {
                once: self,
                words,
                end: OnceState::Poisoned,
            };
            f(before == OnceState::Poisoned);
            running.end = OnceState::Done;
        }
    }

    fn look(&self, words: OnceWords) -> bool {
        let id = self.object.id();
        perform(Op::new(words.look, id, Class::Read), |step| {
            let done = *self.peek() == OnceState::Done;
            step.value(|| u64::from(done));
            step.tell(|| format!("{}.{}() ➜ {done}", name_of(id), words.look));
            done
        })
    }

    fn reset(&mut self) {
        *self.peek() = OnceState::New;
    }
}

impl Once {
    /// Acquires the right to run, or finds out that there is nothing to run. Returns the state it found.
    #[track_caller]
    fn begin(&self, words: OnceWords, force: bool) -> OnceState {
        let id = self.object.id();
        perform(Op::new(words.call, id, Class::Acquire), |step| {
            let mut state = self.peek();
            // Forced: who runs is not going to finish, so a destructor that needs the result makes its own.
            let before = if step.forced && *state == OnceState::Running {
                OnceState::New
            } else {
                *state
            };
            let runs = before.may_run(force);
            if runs {
                *state = OnceState::Running;
            } else {
                step.refine(0, Class::ShareAcquire);
                step.add(id, Class::ShareRelease);
                step.sync(Sync::Load(Ordering::Acquire));
            }
            step.tell(|| {
                let outcome = match before {
                    _ if runs => "runs",
                    OnceState::Poisoned => "poisoned",
                    _ => "done already",
                };
                format!("{}.{} ➜ {outcome}", name_of(id), words.call)
            });
            before
        })
    }

    fn peek(&self) -> StdMutexGuard<'_, OnceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is running; dropping it, by a panic too, lets the others go on.
struct Running<'a> {
    once: &'a Once,
    words: OnceWords,
    end: OnceState,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let Some(id) = self.once.object.live() else { return };
        perform(Op::new(self.words.finish, id, Class::Release), |step| {
            *self.once.peek() = self.end;
            step.tell(|| {
                let outcome = if self.end == OnceState::Done {
                    "done"
                } else {
                    "poisoned"
                };
                format!("{}.{} ➜ {outcome}", name_of(id), self.words.call)
            });
        });
    }
}
