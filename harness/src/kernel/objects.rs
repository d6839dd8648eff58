//! The objects of an execution: registered when they are made, known by the same number in every execution.

use std::panic::Location;

use super::log::DroppedInUse;
use super::numbering::Numbering;
use super::object::{Object, Sharing};
use super::op::{Class, Gate, ObjectId, Op};
use super::state::Kernel;
use super::task::{Flag, Pending};

impl Kernel {
    /// Registers an object the current task creates.
    pub(crate) fn create(&mut self, kind: &'static str, location: &'static Location<'static>) -> ObjectId {
        self.contacts += 1;
        self.create_unnoticed(kind, location)
    }

    /// [`create`](Self::create) for an object that nobody may ever look at: its creation touches nothing.
    pub(crate) fn create_unnoticed(&mut self, kind: &'static str, location: &'static Location<'static>) -> ObjectId {
        let task = &mut self.tasks[self.current];
        let (owner, nth) = (task.id, task.created);
        task.created += 1;
        let numbering = &mut self.numbering;
        let id = Numbering::entry(&mut numbering.task_objects, &mut numbering.objects, owner.0, nth);
        if self.objects.len() <= id as usize {
            self.objects.resize_with(id as usize + 1, || None);
        }
        self.registered += 1;
        self.objects[id as usize] = Some(Object {
            kind,
            location,
            name: None,
            gate: Gate::default(),
            holders: smallvec::SmallVec::new(),
            creator: self.current,
            shared: false,
            sharing: Sharing::default(),
            nth: self.registered,
            owners: 0,
            memory: None,
        });
        ObjectId(id)
    }

    /// What has an owner, and no task is left that could drop it. Nothing where nobody has asked.
    pub(crate) fn leaked(&self) -> impl Iterator<Item = ObjectId> + '_ {
        let objects = match self.limits.leaks {
            true => &self.objects[..],
            false => &[],
        };
        let owned = |object: &Option<Object>| object.as_ref().is_some_and(|o| o.owners > 0);
        let ids = (0..).zip(objects).filter(move |(_, object)| owned(object));
        ids.map(|(id, _)| ObjectId(id))
    }

    /// How much the current task has done that others could notice, or that numbers what it does later.
    pub(crate) fn deeds(&self) -> (u64, u32) {
        (self.contacts, self.tasks[self.current].created)
    }

    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        self.objects[id.0 as usize]
            .as_ref()
            .expect("an object is registered before it is used")
    }

    pub(crate) fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        self.objects[id.0 as usize]
            .as_mut()
            .expect("an object is registered before it is used")
    }

    /// A wake-up token of a task, created when somebody first asks for it.
    #[track_caller]
    pub(crate) fn flag(&mut self, task: usize, flag: Flag) -> ObjectId {
        if let Some(id) = self.tasks[task].flags[flag as usize] {
            return id;
        }
        let owner = self.tasks[task].id.0 as usize;
        let numbering = &mut self.numbering;
        if numbering.flags.len() <= owner {
            numbering.flags.resize(owner + 1, [None; 4]);
        }
        let number = *numbering.flags[owner][flag as usize].get_or_insert_with(|| {
            numbering.objects += 1;
            numbering.objects - 1
        });
        let kind = match flag {
            Flag::Wake => "waker",
            Flag::Park => "park token",
            Flag::Ticket => "ticket",
            Flag::Exit => "exit",
        };
        self.install(number, kind, Location::caller(), task);
        self.tasks[task].flags[flag as usize] = Some(ObjectId(number));
        ObjectId(number)
    }

    /// The object that everybody who uses this name shares, created when somebody first asks for it.
    #[track_caller]
    pub(crate) fn shared(&mut self, name: &str) -> ObjectId {
        let numbering = &mut self.numbering;
        let number = match numbering.shared.get(name) {
            Some(&number) => number,
            None => {
                numbering.objects += 1;
                numbering.shared.insert(name.to_owned(), numbering.objects - 1);
                numbering.objects - 1
            }
        };
        if self.objects.get(number as usize).is_none_or(Option::is_none) {
            self.install(number, "foreign code", Location::caller(), self.current);
            if self.recorder.is_some() {
                self.object_mut(ObjectId(number)).name = Some(name.to_owned());
            }
        }
        ObjectId(number)
    }

    pub(super) fn install(
        &mut self,
        number: u32,
        kind: &'static str,
        location: &'static Location<'static>,
        creator: usize,
    ) {
        let slot = number as usize;
        if self.objects.len() <= slot {
            self.objects.resize_with(slot + 1, || None);
        }
        self.registered += 1;
        self.objects[slot] = Some(Object {
            kind,
            location,
            name: None,
            gate: Gate::default(),
            holders: smallvec::SmallVec::new(),
            creator,
            shared: false,
            sharing: Sharing::default(),
            nth: self.registered,
            owners: 0,
            memory: None,
        });
    }

    /// The pending visible operation of a candidate.
    pub(crate) fn pending_op(&self, index: usize) -> &Op {
        match &self.tasks[index].pending {
            Pending::Op(op) => op,
            other => unreachable!("a candidate has a pending operation, not {other:?}"),
        }
    }

    /// The operation that a task has announced, if it waits with one.
    pub(crate) fn announced_op(&self, index: usize) -> Option<&Op> {
        match &self.tasks[index].pending {
            Pending::Op(op) => Some(op),
            _ => None,
        }
    }

    /// The operation that another task has announced on this object, which the current one drops.
    pub(crate) fn dropped_in_use(&self, object: ObjectId) -> Option<DroppedInUse> {
        // Who goes round a loop watches all that it has touched there, or one of it, but need not come back to more than it has
        // looked at last.
        let uses = |user: usize, op: &Op| match op.accesses.first() {
            Some(first) if first.class == Class::Changed => {
                (self.tasks[user].spin.last.last()).is_some_and(|touched| touched.object == object)
            }
            _ => op.accesses.iter().any(|access| access.object == object),
        };
        let using = |user: usize| match &self.tasks[user].pending {
            Pending::Op(op) if uses(user, op) => Some(DroppedInUse {
                object,
                by: self.current,
                user,
                verb: op.verb,
                location: op.location,
            }),
            _ => None,
        };
        let others = (0..self.tasks.len()).filter(|&task| task != self.current);
        self.ending
            .is_none()
            .then(|| others.into_iter().find_map(using))
            .flatten()
    }
}
