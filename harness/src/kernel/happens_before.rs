//! Happens-before over the orderings the program *declares*, to find data races on
//! [`UnsafeCell`](crate::cell::UnsafeCell).
//!
//! The controlled engine runs one task at a time, so every load sees the last store. Whether the
//! program was entitled to that is another question: a relaxed flag publishes nothing. Each task and
//! each object carries a vector clock; release operations publish the task's clock, acquire operations
//! join it, relaxed ones do neither. Two accesses to a cell, one of them a write, race when neither is
//! in the other's past. Whether they race depends only on the order of the synchronizing operations
//! before them, so cell accesses need no scheduling point of their own.
//!
//! After Flanagan and Freund, "FastTrack: Efficient and Precise Dynamic Race Detection", PLDI 2009.
//! Release sequences follow C++20: a read-modify-write continues one, a plain store ends it.
//!
//! **Where this differs from what commutes** ([`Class::commutes`]). What commutes is explored in one order, so a clock that
//! ordered it would hide the race of the other order: there is no such pair. The other way round there are many: the order
//! can be seen, and memory may not be relied on. `tests/clocks.rs` has a racy program over each.
//!
//! | earlier, later | commute | ordered here | why |
//! |---|---|---|---|
//! | `ShareRelease`; `ShareAcquire`, `TryShare` | yes | no | readers are there at the same time; what they release is kept apart, for the next writer |
//! | `Wake`; `Wake` | yes | no | both release, and the one `Park` acquires what either did |
//! | `Leave`; `Keep`, `Leave` | yes | no | an owner that goes releases, but only the last one acquires, see [`forget`](HappensBefore::forget) |
//! | `Weakly`; `Upgrade`, `Count` | yes | no | two counts with a clock each |
//! | `Arm`, `Disarm`; `Read` of the clock | yes | no | time orders nothing |
//! | a fence; a fence | yes, it is no step | no | fences synchronize through what is written after the one and read before the other, whatever their ordering |
//! | `Push`, `Acquire`, `Queue`, ..; a try that fails | no | no | who cannot have it learns that somebody else has, and nothing more |
//! | `Push`; `Push`, and `Pop`; `Pop` or `Push` | no | no | senders order nothing among themselves, and room is no message |
//! | `Close`; `Push` | no | no | a message that is refused says nothing of what the receiver did |
//! | `Push` of one, `Pop` of another message | no | yes | a queue has one clock; in the order where the `Push` comes later the race shows |
//! | `Wake`; `ParkTimeout`, `StaleWake` | no | no | no token has been taken |
//! | `Write`; `Changed` | no | no | the look that follows acquires, if it says so |
//! | `Wake` of an exit; `Read` of a thread's | no | no | std's `is_finished` is a relaxed load; `join` acquires |
//! | `Write`, `Read` of an atomic | no, if one writes | as declared | that is what orderings are for |
//! | `Tick`; whatever waited for it | no | no | as above: time orders nothing |

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::atomic::Ordering;

use super::memory::{AtomicAccess, Memory, Reads, StoreName, Unordered, View, Way, Ways};
use super::op::{Access, Class, ObjectId};
use super::vector_clock::{Clock, acquires, join, releases};
use crate::trace::Visible;

/// Where the clock of a count is kept. The weak count of an object synchronizes apart from its strong one, so it has a
/// number from the other end.
fn count(object: ObjectId, weak: bool) -> ObjectId {
    if weak { ObjectId(u32::MAX - object.0) } else { object }
}

/// How an operation synchronizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sync {
    /// As its class says: acquiring a lock, receiving, being woken acquire; their counterparts release.
    ByClass,
    Load(Ordering),
    Store(Ordering),
    ReadModifyWrite(Ordering),
    /// Nothing: the operation is bookkeeping.
    None,
}

/// One access to a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CellAccess {
    pub(crate) task: usize,
    pub(crate) write: bool,
    pub(crate) location: &'static Location<'static>,
    /// The event of the trace after which it happened.
    pub(crate) event: usize,
}

/// Two accesses with no happens-before between them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DataRace {
    pub(crate) object: ObjectId,
    pub(crate) first: CellAccess,
    pub(crate) second: CellAccess,
}

#[derive(Debug, Default)]
struct TaskClocks {
    now: Clock,
    /// What relaxed loads have read, for a later acquire fence.
    fence_acquire: Clock,
    /// The clock at the last release fence, for later relaxed stores.
    fence_release: Clock,
}

#[derive(Debug, Default)]
struct Cell {
    write: Option<(u32, CellAccess)>,
    reads: Vec<(u32, CellAccess)>,
}

#[derive(Debug, Default)]
pub(crate) struct HappensBefore {
    on: bool,
    tasks: Vec<TaskClocks>,
    objects: BTreeMap<ObjectId, Clock>,
    /// What shared holders of a lock have published, for its next exclusive holder: it orders nothing among them.
    shares: BTreeMap<ObjectId, Clock>,
    cells: BTreeMap<ObjectId, Cell>,
    /// What loads may see, where that is not always the last store.
    memory: Option<Memory>,
    /// The row of the trace that is being written, if one is recorded.
    row: usize,
}

impl HappensBefore {
    /// `weak`: loads may see other stores than the last one.
    pub(crate) fn reset(&mut self, on: bool, weak: bool) {
        self.on = on || weak;
        self.memory = weak.then(Memory::default);
        self.row = 0;
        self.tasks.clear();
        self.objects.clear();
        self.shares.clear();
        self.cells.clear();
    }

    pub(crate) fn add_task(&mut self, task: usize, parent: usize) {
        if !self.on {
            return;
        }
        let mut clocks = TaskClocks::default();
        if task != parent {
            self.separate(parent);
            clocks.now = self.tasks[parent].now.clone();
            self.tick(parent);
        }
        clocks.now.resize(clocks.now.len().max(task + 1), 0);
        clocks.now[task] += 1;
        self.tasks.push(clocks);
    }

    fn tick(&mut self, task: usize) {
        self.tasks[task].now[task] += 1;
    }

    /// What is about to be published is known to come after what the task has done to its atomics.
    fn separate(&mut self, task: usize) {
        if self.memory.is_some() {
            self.tick(task);
        }
    }

    pub(crate) fn join(&mut self, task: usize, target: usize) {
        if self.on {
            self.separate(target);
            let clock = self.tasks[target].now.clone();
            join(&mut self.tasks[task].now, &clock);
        }
    }

    /// Everything so far happens before everything after: the clock moved because all tasks waited.
    /// Only the schedule orders them, the program does not, so nothing is published here. But whatever has been stored is seen.
    pub(crate) fn barrier(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.settles();
        }
    }

    pub(crate) fn step(&mut self, task: usize, accesses: &[Access], sync: Sync) {
        if !self.on || sync == Sync::None {
            return;
        }
        for access in accesses {
            // Its operations say themselves what they do.
            if sync != Sync::ByClass && self.memory.as_ref().is_some_and(|m| m.has(access.object)) {
                continue;
            }
            match sync {
                Sync::ByClass => self.by_class(task, *access),
                Sync::Load(ordering) => self.load(task, access.object, ordering),
                Sync::Store(ordering) => self.store(task, access.object, ordering, false),
                Sync::ReadModifyWrite(ordering) => {
                    self.load(task, access.object, ordering);
                    self.store(task, access.object, ordering, true);
                }
                Sync::None => {}
            }
        }
    }

    fn by_class(&mut self, task: usize, access: Access) {
        use Class::*;
        match access.class {
            Acquire | TryAcquire => {
                if let Some(shares) = self.shares.get(&access.object) {
                    join(&mut self.tasks[task].now, shares);
                }
            }
            ShareRelease => {
                self.separate(task);
                let clock = self.shares.entry(access.object).or_default();
                join(clock, &self.tasks[task].now);
                self.tick(task);
            }
            _ => {}
        }
        let (acquires, releases) = match access.class {
            Acquire | TryAcquire | ShareAcquire | TryShare | Park | Pop | TryPop | PopClosed | Read => (true, false),
            Release | Wake | Push { .. } | Close => (false, true),
            ShareRelease => (false, false),
            Write | Rewrite => (true, true),
            TryFail
            | TryShareFail
            | PopFail
            | Changed
            | Pass
            | Queue
            | ParkTimeout
            | StaleWake
            | Arm
            | Disarm
            | Tick { .. } => (false, false),
            // Said apart, because there are two counts: [`owner_goes`](Self::owner_goes).
            Keep | Leave | LeaveLast | Upgrade | Weakly | Count => (false, false),
        };
        if acquires {
            self.load(task, access.object, Ordering::Acquire);
        }
        if releases {
            self.store(task, access.object, Ordering::Release, true);
        }
    }

    fn load(&mut self, task: usize, object: ObjectId, ordering: Ordering) {
        let Some(clock) = self.objects.get(&object) else { return };
        let clocks = &mut self.tasks[task];
        if acquires(ordering) {
            join(&mut clocks.now, clock);
        } else {
            join(&mut clocks.fence_acquire, clock);
        }
    }

    fn store(&mut self, task: usize, object: ObjectId, ordering: Ordering, continues: bool) {
        let releases = releases(ordering);
        self.separate(task);
        let clocks = &self.tasks[task];
        let published = if releases {
            clocks.now.clone()
        } else {
            clocks.fence_release.clone()
        };
        let clock = self.objects.entry(object).or_default();
        if !continues {
            clock.clear();
        }
        join(clock, &published);
        if releases {
            self.tick(task);
        }
    }

    /// An owner of what an `Arc` holds is gone, or a weak one: a read-modify-write that releases.
    pub(crate) fn owner_goes(&mut self, task: usize, object: ObjectId, weak: bool) {
        if self.on {
            self.store(task, count(object, weak), Ordering::Release, true);
        }
    }

    /// A task has seen the count of owners: a load.
    pub(crate) fn sees_owners(&mut self, task: usize, object: ObjectId, weak: bool, ordering: Ordering) {
        if self.on {
            self.load(task, count(object, weak), ordering);
        }
    }

    /// What a task knows, to [forget](Self::forget) what it learns.
    pub(crate) fn known(&self, task: usize) -> Clock {
        self.tasks.get(task).map(|t| t.now.clone()).unwrap_or_default()
    }

    /// A task knows of others what it `knew` before.
    pub(crate) fn forget(&mut self, task: usize, mut knew: Clock) {
        if let Some(clocks) = self.tasks.get_mut(task)
            && let Some(own) = knew.get_mut(task)
        {
            *own = clocks.now[task];
            clocks.now = knew;
        }
    }

    pub(crate) fn fence(&mut self, task: usize, ordering: Ordering) {
        if !self.on {
            return;
        }
        self.separate(task);
        let clocks = &mut self.tasks[task];
        let before = clocks.now.clone();
        if acquires(ordering) {
            let read = std::mem::take(&mut clocks.fence_acquire);
            join(&mut clocks.now, &read);
        }
        if releases(ordering) {
            clocks.fence_release = clocks.now.clone();
        }
        if self.memory.is_some() {
            let (memory, view) = self.view(task);
            memory.fence(ordering, before, &view);
        }
        if releases(ordering) {
            self.tick(task);
        }
    }

    /// Whether loads may see other stores than the last one.
    pub(crate) fn is_weak(&self) -> bool {
        self.memory.is_some()
    }

    /// The atomics, and what a task knows.
    fn view(&mut self, task: usize) -> (&mut Memory, View<'_>) {
        let memory = self
            .memory
            .as_mut()
            .expect("loads may see other stores than the last one");
        let clocks = &mut self.tasks[task];
        let view = View {
            task,
            row: self.row,
            time: clocks.now[task],
            now: &mut clocks.now,
            fence_acquire: &mut clocks.fence_acquire,
            fence_release: &clocks.fence_release,
        };
        (memory, view)
    }

    /// An atomic begins with a value.
    pub(crate) fn begins(&mut self, task: usize, object: ObjectId) {
        if self.memory.is_some() {
            self.tick(task);
            let (memory, view) = self.view(task);
            memory.begins(object, &view);
        }
    }

    /// An atomic has begun with a value before everybody knew it: nobody can know an earlier one.
    pub(crate) fn began(&mut self, object: ObjectId) {
        if let Some(memory) = &mut self.memory {
            memory.began(object);
        }
    }

    /// The ways in which a load or a read-modify-write may go on, see [`Memory::sources`].
    pub(crate) fn sources(&self, task: usize, object: ObjectId, reads: impl Fn(usize) -> Reads) -> Ways {
        let memory = self
            .memory
            .as_ref()
            .expect("loads may see other stores than the last one");
        memory.sources(object, task, &self.tasks[task].now, reads)
    }

    /// The ways in which a store may go on, see [`Memory::places`].
    pub(crate) fn places(&self, task: usize, object: ObjectId, ordering: Ordering) -> Ways {
        let memory = self
            .memory
            .as_ref()
            .expect("loads may see other stores than the last one");
        memory.places(object, task, &self.tasks[task].now, ordering)
    }

    /// A load or a read-modify-write goes on in this way. Gives the number of the store that it reads.
    pub(crate) fn reads(&mut self, task: usize, object: ObjectId, way: Way) -> usize {
        self.tick(task);
        let (memory, mut view) = self.view(task);
        let nth = memory.reads(object, way, &mut view);
        // What it does next it has not published.
        self.tick(task);
        nth
    }

    /// A store goes on in this way.
    pub(crate) fn stores(&mut self, task: usize, object: ObjectId, way: Way, ordering: Ordering) {
        self.tick(task);
        let (memory, view) = self.view(task);
        memory.stores(object, way, ordering, &view);
        self.tick(task);
    }

    /// The number of the last store, where loads may see others.
    pub(crate) fn latest(&self, object: ObjectId) -> Option<usize> {
        self.memory.as_ref().map(|memory| memory.latest(object))
    }

    /// See [`Memory::repeats`].
    pub(crate) fn repeats(&mut self, object: ObjectId, before: usize) {
        if let Some(memory) = &mut self.memory {
            memory.repeats(object, before);
        }
    }

    /// See [`Memory::origin`].
    pub(crate) fn origin(&self, object: ObjectId, nth: usize) -> usize {
        self.memory.as_ref().map_or(nth, |memory| memory.origin(object, nth))
    }

    /// What a load of a task may see of an atomic.
    pub(super) fn visible(&self, task: usize, object: ObjectId) -> Option<Visible> {
        let memory = self.memory.as_ref().filter(|memory| memory.has(object))?;
        let seen = |ordering| {
            let ways = memory.sources(object, task, &self.tasks[task].now, |_| Reads::Only(ordering));
            ways.open.iter().rev().map(|way| way.store).collect()
        };
        Some(Visible {
            relaxed: seen(Ordering::Relaxed),
            seq_cst: seen(Ordering::SeqCst),
        })
    }

    /// See [`Memory::store_name`].
    pub(crate) fn store_name(&self, object: ObjectId, nth: usize) -> Option<StoreName> {
        Some(self.memory.as_ref()?.store_name(object, nth))
    }

    /// What the last stale operation has not seen, see [`Memory::unordered`].
    pub(crate) fn unordered(&self) -> Option<Unordered> {
        self.memory.as_ref()?.unordered()
    }

    /// The row of the trace that is being written.
    pub(crate) fn set_row(&mut self, row: usize) {
        self.row = row;
    }

    /// The row of the trace that made the last store, if one is recorded.
    pub(crate) fn latest_row(&self, object: ObjectId) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.latest_row(object))
    }

    /// Whether this way is not the one with the last store.
    pub(crate) fn is_stale(&self, object: ObjectId, way: Way) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.is_stale(object, way))
    }

    /// Whether its operations say themselves what they do to memory.
    pub(crate) fn is_atomic(&self, object: ObjectId) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.has(object))
    }

    /// What has been done to each atomic, if loads may see other stores than the last one.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = (ObjectId, AtomicAccess)> {
        self.memory.iter().flat_map(Memory::accesses)
    }

    /// What distinguishes this execution from others, see [`Memory::graph`].
    #[cfg(test)]
    pub(crate) fn graph(&self) -> String {
        self.memory.as_ref().map(Memory::graph).unwrap_or_default()
    }

    /// The ways in which the wait for a later store than this one may go on, see [`Memory::later`].
    pub(crate) fn later(&self, task: usize, object: ObjectId, than: usize) -> Ways {
        let memory = self
            .memory
            .as_ref()
            .expect("loads may see other stores than the last one");
        memory.later(object, task, &self.tasks[task].now, than)
    }

    /// A task has waited for a store, see [`Memory::awaits`].
    pub(crate) fn awaits(&mut self, task: usize, object: ObjectId, way: Way) {
        self.tick(task);
        let (memory, view) = self.view(task);
        memory.awaits(object, way, &view);
    }

    /// The number that the next store of an atomic has.
    pub(crate) fn next_store(&self, object: ObjectId) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.next(object))
    }

    /// Records an access to a cell; `Some` when it races with an earlier one.
    pub(crate) fn cell(&mut self, object: ObjectId, access: CellAccess) -> Option<DataRace> {
        if !self.on {
            return None;
        }
        let now = &self.tasks[access.task].now;
        let seen = |(at, earlier): &(u32, CellAccess)| now.get(earlier.task).is_some_and(|known| known >= at);
        let cell = self.cells.entry(object).or_default();
        let conflict = cell
            .write
            .iter()
            .chain(cell.reads.iter().filter(|_| access.write))
            .find(|earlier| earlier.1.task != access.task && !seen(earlier))
            .map(|&(_, first)| DataRace {
                object,
                first,
                second: access,
            });
        let stamp = (now[access.task], access);
        if access.write {
            cell.write = Some(stamp);
            cell.reads.clear();
        } else {
            cell.reads.retain(|(_, r)| r.task != access.task);
            cell.reads.push(stamp);
        }
        conflict
    }
}
