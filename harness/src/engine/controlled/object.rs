//! An object of the running execution, as whoever made it holds it.

use std::ops::Deref;
use std::panic::Location;

use super::context::{ask, try_with_kernel, unwinds, with_kernel};
use super::switch::unwind;
use crate::engine::current::{FOREIGN, strays};
use crate::kernel::{End, Kernel, ObjectId};
use crate::raw::Origin;

/// The object that a value of the program is, and that ends with it.
pub(crate) struct Living(Handle);

impl Living {
    /// Registers an object that lies where it can be used, or that the current task makes.
    pub(crate) fn new(kind: &'static str, origin: Origin) -> Self {
        Living(Handle::of_origin(kind, origin))
    }
}

impl Deref for Living {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.0
    }
}

/// Unsafe code may end the life of a value that another task is about to use. The execution ends before that reads what is left.
impl Drop for Living {
    fn drop(&mut self) {
        let ends = self.if_running(|k, id| match k.dropped_in_use(id) {
            Some(dropped) => {
                k.end(End::Dropped(dropped));
                true
            }
            None => false,
        });
        if ends == Some(true) && !unwinds() {
            unwind();
        }
    }
}

/// An object as a facade type holds it under the controlled engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handle {
    id: ObjectId,
    epoch: u64,
    /// Every task that uses it has to say so.
    by_past: bool,
}

impl Handle {
    /// Registers an object of the running execution. `kind` is its type, for people: `Mutex`.
    #[track_caller]
    pub(crate) fn new(kind: &'static str) -> Self {
        let location = Location::caller();
        with_kernel(|k| Handle {
            id: k.create(kind, location),
            epoch: k.epoch,
            by_past: false,
        })
    }

    /// Registers an object that lies where it can be used, or that the current task makes.
    pub(crate) fn of_origin(kind: &'static str, origin: Origin) -> Self {
        with_kernel(|k| {
            let (id, by_past) = match origin.address {
                Some(address) => k.find(kind, origin.location, address),
                None => (k.create(kind, origin.location), false),
            };
            let epoch = k.epoch;
            Handle { id, epoch, by_past }
        })
    }

    /// [`new`](Self::new) for an object that has one owner, and that nobody may ever look at.
    #[track_caller]
    pub(super) fn owned(kind: &'static str) -> Self {
        let location = Location::caller();
        with_kernel(|k| {
            let id = k.create_unnoticed(kind, location);
            k.object_mut(id).owners = 1;
            Handle {
                id,
                epoch: k.epoch,
                by_past: false,
            }
        })
    }

    /// The number of its execution.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The object of the running execution with this number.
    pub(super) fn of(id: ObjectId) -> Self {
        with_kernel(|k| Handle {
            id,
            epoch: k.epoch,
            by_past: false,
        })
    }

    /// The object, while its execution has tasks.
    pub(super) fn running(&self) -> Option<ObjectId> {
        try_with_kernel(|k| k.epoch == self.epoch && !k.tasks.is_empty())
            .unwrap_or(false)
            .then_some(self.id)
    }

    /// What `f` makes of the object, while its execution has tasks.
    pub(super) fn if_running<R>(&self, f: impl FnOnce(&mut Kernel, ObjectId) -> R) -> Option<R> {
        try_with_kernel(|k| (k.epoch == self.epoch && !k.tasks.is_empty()).then(|| f(k, self.id))).flatten()
    }

    /// Panics when another execution runs than the one that created it.
    #[track_caller]
    pub(super) fn assert_not_foreign(&self) {
        let foreign = try_with_kernel(|k| k.epoch != self.epoch).unwrap_or(false);
        assert!(!foreign || std::thread::panicking(), "{FOREIGN}");
    }

    /// The object that everybody who uses this name shares.
    #[track_caller]
    pub(crate) fn shared(name: &str) -> Self {
        with_kernel(|k| Handle {
            id: k.shared(name),
            epoch: k.epoch,
            by_past: false,
        })
    }

    /// The object, if the execution that created it is the one that runs.
    pub(crate) fn live(&self) -> Option<ObjectId> {
        try_with_kernel(|k| k.epoch == self.epoch)
            .unwrap_or(false)
            .then_some(self.id)
    }

    /// The object.
    ///
    /// # Panics
    /// When it was created by another execution: its state would leak from one into the next.
    #[track_caller]
    pub(crate) fn id(&self) -> ObjectId {
        assert_live(self.epoch);
        if self.by_past {
            self.is_used();
        }
        self.id
    }

    /// The current task uses it, and may know it by another number than the one that it has.
    fn is_used(&self) {
        with_kernel(|k| {
            if let Some(other) = k.uses(self.id)
                && !ask(|strategy| strategy.renumber(other, self.id))
            {
                k.learns = true;
            }
        });
    }

    /// The name that it was given, while a trace is recorded.
    pub(crate) fn name(&self) -> Option<String> {
        let id = self.live()?;
        with_kernel(|k| k.object(id).name.clone())
    }

    pub(crate) fn set_name(&self, name: &str) {
        if let Some(id) = self.live() {
            with_kernel(|k| {
                if k.recorder.is_some() {
                    k.object_mut(id).name = Some(name.to_owned());
                }
            });
        }
    }
}

/// Panics when what belongs to an execution is used outside of it.
#[track_caller]
pub(super) fn assert_live(epoch: u64) {
    match try_with_kernel(|k| k.epoch == epoch) {
        Some(true) => {}
        Some(false) => panic!("{FOREIGN}"),
        None => strays(epoch),
    }
}
