//! An initialization under the controlled engine: *running* is a held lock.
//!
//! To call is to acquire it, so of two callers either may be the one that runs. A call that finds the work
//! done takes the lock in shared mode and releases it in the same step, so such calls commute.
//!
//! To wait is to look, and if the work is not done, to join the waiters in the same step; then to wait for a ticket. Who waits
//! changes nothing that another one who waits could see, so they commute; the call that finishes hands out the tickets in the step
//! in which it finishes, so that none is missed. After a call that panicked, waiters look again: another call may have come first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};

use super::context::{name_of, with_kernel};
use super::object::Living;
use super::perform::{perform, perform_part};
use crate::engine::once_state::OnceState;
use crate::kernel::{Class, Flag, Op, Sync};
use crate::raw::{OnceWords, Origin, RawOnce};

/// An initialization without a value.
pub(crate) struct Once {
    object: Living,
    /// One task runs at a time, so this lock is never waited for.
    state: StdMutex<OnceState>,
    /// Like `state`.
    waiters: StdMutex<Vec<Waiter>>,
}

/// A task that waits until a call has completed.
struct Waiter {
    task: usize,
    /// It goes on waiting after a call that panicked.
    force: bool,
    /// Whether the call that has woken it has completed.
    // Ordering: Relaxed everywhere; all tasks of an execution run on one OS thread.
    done: Arc<AtomicBool>,
}

impl RawOnce for Once {
    fn new(kind: &'static str, origin: Origin) -> Self {
        Once {
            object: Living::new(kind, origin),
            state: StdMutex::new(OnceState::New),
            waiters: StdMutex::new(Vec::new()),
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

    fn wait(&self, words: OnceWords, force: bool) {
        while !self.waits_once(words, force) {}
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

    /// Waits until a call is over, unless one has completed. False if that one panicked.
    #[track_caller]
    fn waits_once(&self, words: OnceWords, force: bool) -> bool {
        let id = self.object.id();
        let (me, ticket) = with_kernel(|k| (k.current, k.flag(k.current, Flag::Ticket)));
        let done = Arc::new(AtomicBool::new(false));
        let found = perform_part(Op::new(words.wait, id, Class::Read), |step| {
            let found = *self.peek();
            let outcome = match found {
                OnceState::Done => "done already",
                OnceState::Poisoned if !force => "poisoned",
                _ => {
                    self.all_waiters().push(Waiter {
                        task: me,
                        force,
                        done: Arc::clone(&done),
                    });
                    "waits"
                }
            };
            step.value(|| u64::from(found == OnceState::Done));
            step.tell(|| format!("{}.{}() ➜ {outcome}", name_of(id), words.wait));
            found
        });
        if found.ends_wait(force) {
            return true;
        }
        let forced = perform(Op::new("go on", ticket, Class::Park), |step| {
            step.tell(|| format!("has waited for {}", name_of(id)));
            step.forced
        });
        forced || done.load(Ordering::Relaxed)
    }

    fn all_waiters(&self) -> StdMutexGuard<'_, Vec<Waiter>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
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
        perform(Op::new(self.words.finish, id, Class::Release).wakes(), |step| {
            *self.once.peek() = self.end;
            let done = self.end == OnceState::Done;
            for waiter in self.once.all_waiters().extract_if(.., |waiter| done || !waiter.force) {
                waiter.done.store(done, Ordering::Relaxed);
                step.add(with_kernel(|k| k.flag(waiter.task, Flag::Ticket)), Class::Wake);
            }
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
