//! The events of an execution by names that are the same in every execution, and in which order each object has seen them.
//!
//! An event is what a task does to an object, and is known by task, object, and the how-manieth of that task on that object it is.
//! Two events of different tasks on one object conflict if they cannot be swapped. Which of the two comes first is the same in
//! all executions of a trace; the orders of all conflicting events *are* the trace.
//!
//! Where a load may see another store than the latest, the order of an atomic is not that of the steps: a store comes before a
//! load that sees it, or a store after it in the modification order; a load that misses a store comes before that.

use std::collections::BTreeMap;

use crate::kernel::{Access, Class, Entry, Kernel, ObjectId, Question, Step, TaskId};

/// What sort of event it is. Releases are counted for themselves: not every search has them as steps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Sort {
    Operation,
    Release,
}

impl Sort {
    /// None for what is no event of the program: what a yield marks.
    pub(super) fn of(class: Class) -> Option<Sort> {
        match class {
            Class::Pass => None,
            Class::Release | Class::ShareRelease => Some(Sort::Release),
            _ => Some(Sort::Operation),
        }
    }
}

/// The accesses of a step that are events: of each object the first.
pub(super) fn events_of(step: &Step) -> impl Iterator<Item = (Access, Sort)> {
    step.accesses.iter().enumerate().filter_map(|(nth, access)| {
        let again = step.accesses[..nth].iter().any(|a| a.object == access.object);
        Some((*access, Sort::of(access.class).filter(|_| !again)?))
    })
}

/// Which event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct EventName {
    /// None for a `choose`.
    pub(crate) object: Option<ObjectId>,
    pub(crate) task: TaskId,
    pub(crate) sort: Sort,
    /// Counting from 1.
    pub(crate) nth: u32,
}

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Does {
    Accesses(Class),
    /// Of an atomic, where loads may see other stores than the latest.
    Loads,
    Stores,
    /// It takes this arm of so many.
    Chooses {
        question: Question,
        arm: u32,
        of: u32,
    },
}

impl Does {
    /// Whether two such events of different tasks on one object can be told in their order.
    pub(crate) fn conflicts(self, other: Does) -> bool {
        match (self, other) {
            (Does::Accesses(one), Does::Accesses(other)) => !one.commutes(other),
            (Does::Loads | Does::Stores, Does::Stores) | (Does::Stores, Does::Loads) => true,
            _ => false,
        }
    }
}

/// One event of an execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) name: EventName,
    pub(crate) does: Does,
    /// Where it stands among the events of its object.
    rank: u32,
    /// What it is called: `lock`.
    pub(crate) verb: &'static str,
    /// The place of its row in the trace, if one is recorded.
    pub(crate) row: Option<usize>,
}

/// The events of an execution, by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(Vec<Event>);

impl Events {
    pub(crate) fn of(kernel: &Kernel) -> Self {
        let mut counts = BTreeMap::new();
        let mut next = |object, task, sort| {
            let count: &mut u32 = counts.entry((object, task, sort)).or_default();
            *count += 1;
            EventName {
                object,
                task,
                sort,
                nth: *count,
            }
        };
        let recorder = kernel.recorder.as_ref();
        let mut events = Vec::new();
        for (at, entry) in kernel.log.iter().enumerate() {
            let row = recorder.and_then(|recorder| recorder.row_of(at));
            let rank = at as u32;
            match entry {
                Entry::Choice {
                    task,
                    arm,
                    arms,
                    asked: Some(question),
                    ..
                } => events.push(Event {
                    name: next(None, *task, Sort::Operation),
                    does: Does::Chooses {
                        question: *question,
                        arm: *arm,
                        of: *arms,
                    },
                    rank,
                    verb: question.about(),
                    row,
                }),
                Entry::Step(step) => {
                    let ours = |(access, _): &(Access, Sort)| !kernel.happens_before.is_atomic(access.object);
                    for (access, sort) in events_of(step).filter(ours) {
                        events.push(Event {
                            name: next(Some(access.object), step.task, sort),
                            does: Does::Accesses(access.class),
                            rank,
                            verb: step.verb,
                            row,
                        });
                    }
                }
                _ => {}
            }
        }
        for (object, access) in kernel.happens_before.accesses() {
            let (does, verb) = match access.stores {
                true => (Does::Stores, "store"),
                false => (Does::Loads, "load"),
            };
            events.push(Event {
                name: next(Some(object), kernel.tasks[access.task].id, Sort::Operation),
                does,
                rank: 2 * access.place as u32 + u32::from(!access.stores),
                verb,
                row: recorder.and_then(|recorder| recorder.row_numbered(access.row)),
            });
        }
        events.sort_by_key(|event| event.name);
        Events(events)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.iter()
    }

    pub(crate) fn get(&self, name: EventName) -> Option<&Event> {
        let at = self.0.binary_search_by_key(&name, |event| event.name).ok()?;
        Some(&self.0[at])
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the one has happened, and the other one not before it: it comes later, or never.
    pub(crate) fn comes_before(&self, first: EventName, then: EventName) -> bool {
        match (self.get(first), self.get(then)) {
            (Some(_), None) => true,
            (Some(first), Some(then)) => first.does.conflicts(then.does) && first.rank < then.rank,
            _ => false,
        }
    }

    /// The pairs of conflicting events that stand in one order here and in the other one there, as they are here.
    pub(crate) fn reversed<'a>(&'a self, other: &'a Events) -> impl Iterator<Item = (EventName, EventName)> + 'a {
        let pairs = self.0.iter().enumerate().flat_map(move |(at, one)| {
            let same_object = |two: &&Event| one.name.object.is_some() && two.name.object == one.name.object;
            let others = self.0[at + 1..].iter().take_while(same_object);
            others
                .filter(|two| two.name.task != one.name.task)
                .map(|two| (one.name, two.name))
        });
        pairs.filter_map(move |(one, two)| {
            let (here, there) = (self.order(one, two)?, other.order(one, two)?);
            let pair = if here { (one, two) } else { (two, one) };
            (here != there).then_some(pair)
        })
    }

    /// How many pairs are [reversed](Self::reversed), and how many events one of the two has and the other has not.
    pub(crate) fn distance(&self, other: &Events) -> (usize, usize) {
        let lacks = |these: &Events, those: &Events| {
            let differs = |event: &&Event| match (event.does, those.get(event.name).map(|e| e.does)) {
                (_, None) => true,
                (Does::Chooses { arm: one, .. }, Some(Does::Chooses { arm: other, .. })) => one != other,
                _ => false,
            };
            these.iter().filter(differs).count()
        };
        (self.reversed(other).count(), lacks(self, other) + lacks(other, self))
    }

    /// Whether the first of two conflicting events comes before the other one, if both happen.
    fn order(&self, one: EventName, other: EventName) -> Option<bool> {
        let (one, other) = (self.get(one)?, self.get(other)?);
        one.does.conflicts(other.does).then_some(one.rank < other.rank)
    }
}
