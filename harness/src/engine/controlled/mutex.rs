//! A lock under the controlled engine: an object whose gate admits one holder.
//!
//! While it is held, all that others can do is wait, so giving it back needs no scheduling point of its own.

use super::clock;
use super::context::{name_of, show_value, tracing, with_kernel};
use super::object::{Handle, Living};
use super::perform::{perform, perform_release};
use crate::kernel::{Class, Op, Sync};
use crate::raw::{Origin, RawHeld, RawMutex, Value};

/// A lock without a value.
pub(crate) struct Mutex(Living);

/// A held lock.
#[derive(Clone, Copy)]
pub(crate) struct Held(pub(super) Handle);

impl RawMutex for Mutex {
    type Held<'a> = Held;
    /// Nanoseconds of the virtual clock.
    type Deadline = u64;

    fn new(origin: Origin) -> Self {
        Mutex(Living::new("Mutex", origin))
    }

    fn set_name(&mut self, name: &str) {
        self.0.set_name(name);
    }

    fn show(&self, value: impl Value) {
        show(*self.0, value);
    }

    fn lock(&self) -> Held {
        let id = self.0.id();
        perform(Op::new("lock", id, Class::Acquire), |step| {
            step.tell(|| format!("lock {}", name_of(id)));
        });
        Held(*self.0)
    }

    fn try_lock(&self) -> Option<Held> {
        let id = self.0.id();
        let locked = perform(Op::new("try_lock", id, Class::TryAcquire), |step| {
            let free = with_kernel(|k| k.object(id).gate.admits(Class::Acquire));
            if !free {
                step.refine(0, Class::TryFail);
            }
            let end = if free { "locked" } else { "busy" };
            step.tell(|| format!("try_lock {} ➜ {end}", name_of(id)));
            free
        });
        locked.then_some(Held(*self.0))
    }

    /// It looks at the lock as `try_lock` does, if its time is over.
    fn lock_until(&self, deadline: u64) -> Option<Held> {
        let id = self.0.id();
        let deadline = clock::arm("try_lock", |_| deadline);
        let op = Op::new("try_lock", id, Class::Acquire).and(id, Class::TryFail);
        let locked = perform(op.until(Some(deadline)), |step| {
            let free = with_kernel(|k| k.object(id).gate.admits(Class::Acquire));
            if !free {
                step.refine(0, Class::TryFail);
            }
            let end = if free { "locked" } else { "timed out" };
            step.tell(|| format!("try_lock {} ➜ {end}", name_of(id)));
            free
        });
        locked.then_some(Held(*self.0))
    }

    fn is_locked(&self) -> bool {
        let id = self.0.id();
        perform(Op::new("is_locked", id, Class::TryFail), |step| {
            let locked = with_kernel(|k| !k.object(id).gate.admits(Class::Acquire));
            step.sync(Sync::None);
            step.tell(|| format!("{}.is_locked() ➜ {locked}", name_of(id)));
            locked
        })
    }

    fn poison(&self, forgets: bool) {
        poison(*self.0, forgets);
    }
}

impl RawHeld for Held {
    fn unlock(self, value: impl Value) {
        if let Some(id) = self.0.live() {
            perform_release(Op::new("unlock", id, Class::Release), |step| {
                step.tell(|| format!("unlock {}", name_of(id)));
                show(self.0, value);
            });
        }
    }
}

/// A look at the poison of a lock: like an attempt to take it that fails, it sees who has given it back. To forget the
/// poison is a change, too. Neither orders memory.
#[track_caller]
pub(super) fn poison(object: Handle, forgets: bool) {
    let id = object.id();
    let op = match forgets {
        true => Op::new("clear_poison", id, Class::TryFail).and(id, Class::Write),
        false => Op::new("is_poisoned", id, Class::TryFail),
    };
    let verb = op.verb;
    perform(op, |step| {
        step.sync(Sync::None);
        step.tell(|| format!("{}.{verb}()", name_of(id)));
    });
}

/// Shows the value that an object protects, if a trace is recorded.
pub(super) fn show(object: Handle, value: impl Value) {
    if tracing()
        && let Some(id) = object.live()
        && let Some(value) = value()
    {
        show_value(id, value);
    }
}
