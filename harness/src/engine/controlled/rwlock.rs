//! A reader-writer lock under the controlled engine: an object whose gate counts shares.
//!
//! | operation | class | enabled |
//! |---|---|---|
//! | `read` | `ShareAcquire` | when no writer holds it or has asked for it |
//! | `write` | `Queue`, where it can be told, then `Acquire` | when nobody holds it |
//! | `try_read`, `try_write` | `TryShare`, `TryAcquire`, or `TryShareFail`, `TryFail` when they find it busy | always |
//! | unlock | `ShareRelease`, `Release` | always |
//! | `downgrade` | `Release` and `TryShare` in one step | always |
//!
//! A downgrade needs no scheduling point, like an unlock: until it happens, all that others can do is wait. It never waits itself,
//! not for a writer that has asked either, so its share is a `TryShare`: of a `ShareAcquire`, the reduction would ask whether the gate
//! admits it, which is closed until the `Release` of the same step.
//!
//! No side has priority: std promises none, so every order in which waiting readers and writers get
//! their turn is explored. It does not promise either that a reader gets in while a writer waits, and with the locks of
//! most platforms none does, so who reads again while it reads may wait for ever, and so may who waits for somebody that
//! wants to read. That a writer begins to wait is a step of its own, which is explored in every order with what readers do.
//! A reader that comes later than that has to wait until the writer has had its turn; one that is let in is explored as one
//! that came earlier.
//!
//! Seldom can anybody tell, see `kernel/sharing.rs`: mostly a reader that was made to wait is like one that came late. So a
//! writer takes two steps only where it matters: the search learns it, and starts again with it known.

use super::context::{name_of, with_kernel};
use super::mutex::{poison, show};
use super::object::{Handle, Living};
use super::perform::{perform, perform_part, perform_release};
use crate::kernel::{Class, Op};
use crate::raw::{Origin, RawDowngrade, RawHeld, RawRwLock, Value};

/// A reader-writer lock without a value.
pub(crate) struct RwLock(Living);

/// A share of the lock.
pub(crate) struct ReadHeld(Handle);

/// The whole lock.
pub(crate) struct WriteHeld(Handle);

impl RawRwLock for RwLock {
    type Read<'a> = ReadHeld;
    type Write<'a> = WriteHeld;

    fn new(origin: Origin) -> Self {
        RwLock(Living::new("RwLock", origin))
    }

    fn set_name(&mut self, name: &str) {
        self.0.set_name(name);
    }

    fn show(&self, value: impl Value) {
        show(*self.0, value);
    }

    fn read(&self) -> ReadHeld {
        let id = self.0.id();
        with_kernel(|k| k.will_share(id, false));
        perform(Op::new("read", id, Class::ShareAcquire), |step| {
            step.tell(|| format!("read-lock {}", name_of(id)));
        });
        ReadHeld(*self.0)
    }

    fn try_read(&self) -> Option<ReadHeld> {
        let free = self.try_lock("try_read", Class::TryShare, Class::ShareAcquire);
        free.then_some(ReadHeld(*self.0))
    }

    fn write(&self) -> WriteHeld {
        let id = self.0.id();
        if with_kernel(|k| k.will_write(id)) {
            perform_part(Op::new("ask to write", id, Class::Queue), |step| {
                step.tell(|| format!("asks to write-lock {}", name_of(id)));
            });
        }
        perform(Op::new("write", id, Class::Acquire), |step| {
            step.tell(|| format!("write-lock {}", name_of(id)));
        });
        WriteHeld(*self.0)
    }

    fn try_write(&self) -> Option<WriteHeld> {
        let free = self.try_lock("try_write", Class::TryAcquire, Class::Acquire);
        free.then_some(WriteHeld(*self.0))
    }

    fn poison(&self, forgets: bool) {
        poison(*self.0, forgets);
    }
}

impl RwLock {
    /// Takes the lock if an operation of the class `waiting` could.
    #[track_caller]
    fn try_lock(&self, verb: &'static str, class: Class, waiting: Class) -> bool {
        let id = self.0.id();
        let fails = match class {
            Class::TryShare => {
                with_kernel(|k| k.will_share(id, true));
                Class::TryShareFail
            }
            _ => Class::TryFail,
        };
        perform(Op::new(verb, id, class), |step| {
            let free = with_kernel(|k| k.object(id).gate.admits(waiting));
            if !free {
                step.refine(0, fails);
            }
            let end = if free { "locked" } else { "busy" };
            step.tell(|| format!("{verb} {} ➜ {end}", name_of(id)));
            free
        })
    }
}

impl RawHeld for ReadHeld {
    fn unlock(self, _: impl Value) {
        if let Some(id) = self.0.live() {
            perform_release(Op::new("read-unlock", id, Class::ShareRelease), |step| {
                step.tell(|| format!("read-unlock {}", name_of(id)));
            });
        }
    }
}

impl RawHeld for WriteHeld {
    fn unlock(self, value: impl Value) {
        if let Some(id) = self.0.live() {
            perform_release(Op::new("write-unlock", id, Class::Release), |step| {
                step.tell(|| format!("write-unlock {}", name_of(id)));
                if step.tracing
                    && let Some(value) = value()
                {
                    step.show(id, || value);
                }
            });
        }
    }
}

impl RawDowngrade for WriteHeld {
    type To = ReadHeld;

    fn downgrade(self, value: impl Value) -> ReadHeld {
        if let Some(id) = self.0.live() {
            with_kernel(|k| k.will_share(id, false));
            let op = Op::new("downgrade", id, Class::Release).and(id, Class::TryShare);
            perform_release(op, |step| {
                step.tell(|| format!("downgrade {}", name_of(id)));
                if step.tracing
                    && let Some(value) = value()
                {
                    step.show(id, || value);
                }
            });
        }
        ReadHeld(self.0)
    }
}
