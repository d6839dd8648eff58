//! Which orders of events a failure comes with, and no passing execution has.

use std::collections::{BTreeMap, BTreeSet};

use super::cover::{Bits, smallest};
use super::survey::{Seen, Survey};
use super::told::Told;
use crate::explore::events::{Does, EventName, Events, Sort};
use crate::explore::imposed::Rule;

/// Constraints of one way of failing, at most.
const MOST: usize = 4;

/// Ways of failing that are told, at most.
const WAYS: usize = 4;

/// Looks at a constraint of an execution, at most: the more executions, the fewer constraints are considered.
const LOOKS: usize = 20_000_000;

/// What may be said of an execution.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Atom {
    /// The one event happens, and the other one later or never.
    Before(EventName, EventName),
    /// A `choose` takes this arm.
    Arm(EventName, u32),
}

impl Atom {
    pub(super) fn holds(self, events: &Events) -> bool {
        match self {
            Atom::Before(first, then) => events.comes_before(first, then),
            Atom::Arm(choose, arm) => events
                .get(choose)
                .is_some_and(|e| matches!(e.does, Does::Chooses { arm: taken, .. } if taken == arm)),
        }
    }

    /// What makes it hold, or the opposite.
    pub(super) fn rule(self, holds: bool) -> Rule {
        match (self, holds) {
            (Atom::Before(first, then), true) => Rule::Holds {
                late: then,
                until: first,
            },
            (Atom::Before(first, then), false) => Rule::Holds {
                late: first,
                until: then,
            },
            (Atom::Arm(event, arm), takes) => Rule::Chooses { event, arm, takes },
        }
    }
}

/// One way of failing: an execution in which all of these hold fails.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) atoms: Vec<Atom>,
    /// Failing executions in which they hold.
    pub(super) failing: u64,
}

impl Way {
    pub(super) fn holds(&self, events: &Events) -> bool {
        self.atoms.iter().all(|atom| atom.holds(events))
    }
}

/// The ways of failing, that of the told execution first, and the failing executions that none of them accounts for. No way, if what
/// fails cannot be told by so few constraints from what passes.
pub(super) fn ways(survey: &Survey, told: &Told) -> (Vec<Way>, u64) {
    let events = Known::of(survey);
    let failing: Vec<&Seen> = survey.executions.iter().filter(|seen| seen.fails).collect();
    // The execution itself, as this search has seen it.
    if survey.executions.len() == failing.len() {
        return (Vec::new(), failing.len() as u64);
    }
    let Some(own) = failing.iter().min_by_key(|seen| told.events.distance(&seen.events)) else {
        return (Vec::new(), 0);
    };
    let mut ways = Vec::new();
    let mut left: Vec<&Seen> = failing.clone();
    // One set for all of them, if there is one.
    let atoms: Vec<Atom> = (events.atoms(&own.events, told, survey.executions.len()).into_iter())
        .filter(|atom| failing.iter().all(|seen| atom.holds(&seen.events)))
        .collect();
    if let Some(way) = best(survey, atoms, told, &failing) {
        return (vec![way], 0);
    }
    let mut next = Some(*own);
    while let Some(seen) = next {
        let atoms = events.atoms(&seen.events, told, survey.executions.len());
        let Some(way) = best(survey, atoms, told, &left) else {
            break;
        };
        left.retain(|seen| !way.holds(&seen.events));
        ways.push(way);
        next = left.first().copied().filter(|_| ways.len() < WAYS);
    }
    for way in &mut ways {
        way.failing = failing.iter().filter(|seen| way.holds(&seen.events)).count() as u64;
    }
    (ways, left.len() as u64)
}

/// The smallest set of these that holds in no passing execution; of several, the one that holds in most of the failing ones, is
/// about what happens, is decided first, so that it is what failed and not what came of it, and is read most easily.
fn best(survey: &Survey, atoms: Vec<Atom>, told: &Told, failing: &[&Seen]) -> Option<Way> {
    let passing = survey.executions.iter().filter(|seen| !seen.fails);
    let excluded: BTreeSet<Bits> = passing
        .map(|seen| Bits::of((0..atoms.len()).filter(|&at| !atoms[at].holds(&seen.events))))
        .collect();
    let found = smallest(excluded, MOST);
    let way = |found: &Vec<usize>| {
        let atoms: Vec<Atom> = found.iter().map(|&at| atoms[at]).collect();
        let way = Way { atoms, failing: 0 };
        let failing = failing.iter().filter(|seen| way.holds(&seen.events)).count() as u64;
        Way { failing, ..way }
    };
    let hard = |way: &Way| -> u32 { way.atoms.iter().map(|&atom| hard_to_read(atom, told)).sum() };
    // A pair that never comes the other way round says no more than that the first one happens.
    let mut turns: BTreeMap<Atom, bool> = BTreeMap::new();
    let mut is_an_order = |atom: Atom| {
        let Atom::Before(first, then) = atom else { return true };
        *turns.entry(atom).or_insert_with(|| {
            let mut executions = survey.executions.iter();
            executions.any(|seen| seen.events.get(first).is_some() && seen.events.comes_before(then, first))
        })
    };
    found.iter().map(way).min_by_key(|way| {
        let happens = way.atoms.iter().filter(|&&atom| !is_an_order(atom)).count();
        let absent = way.atoms.iter().filter(|&&atom| is_absent(atom, told)).count();
        let decided = way.atoms.iter().map(|&atom| decided(atom, told)).max();
        let failing = std::cmp::Reverse(way.failing);
        (failing, happens, absent, decided, hard(way), way.atoms.clone())
    })
}

/// Whether it is about what does not happen.
fn is_absent(atom: Atom, told: &Told) -> bool {
    matches!(atom, Atom::Before(_, then) if told.events.get(then).is_none())
}

/// The row of the timeline with which it is decided.
fn decided(atom: Atom, told: &Told) -> Option<usize> {
    let row = |name: EventName| told.events.get(name).and_then(|event| event.row);
    match atom {
        Atom::Arm(event, _) => row(event),
        Atom::Before(first, then) => row(first).max(row(then)),
    }
}

/// How much a constraint asks of a reader: events that are in the timeline and near each other are seen at once.
fn hard_to_read(atom: Atom, told: &Told) -> u32 {
    let row = |name: EventName| told.events.get(name).and_then(|event| event.row);
    match atom {
        Atom::Arm(..) => 0,
        Atom::Before(first, then) => {
            let apart = match (row(first), row(then)) {
                (Some(first), Some(then)) => first.abs_diff(then) as u32,
                (Some(_), None) | (None, Some(_)) => 100,
                (None, None) => 1_000,
            };
            let releases = [first, then].iter().filter(|name| name.sort == Sort::Release).count() as u32;
            10 + apart.min(1_000) + 50 * releases
        }
    }
}

/// All events that some execution has, by their objects, and all that each of them does.
struct Known(BTreeMap<EventName, BTreeSet<Does>>);

impl Known {
    fn of(survey: &Survey) -> Self {
        let mut known: BTreeMap<EventName, BTreeSet<Does>> = BTreeMap::new();
        for event in survey.executions.iter().flat_map(|seen| seen.events.iter()) {
            known.entry(event.name).or_default().insert(event.does);
        }
        Known(known)
    }

    /// What can be said of an execution, the most easily read first.
    fn atoms(&self, events: &Events, told: &Told, executions: usize) -> Vec<Atom> {
        let mut atoms = Vec::new();
        for event in events.iter() {
            if let Does::Chooses { arm, .. } = event.does {
                atoms.push(Atom::Arm(event.name, arm));
                continue;
            }
            let object = event.name.object;
            let from = EventName {
                task: crate::kernel::TaskId(0),
                sort: Sort::Operation,
                nth: 0,
                ..event.name
            };
            let others = self.0.range(from..).take_while(|(other, _)| other.object == object);
            let does = &self.0[&event.name];
            atoms.extend(
                others
                    .filter(|(other, _)| other.task != event.name.task)
                    .filter(|(_, theirs)| does.iter().any(|a| theirs.iter().any(|b| a.conflicts(*b))))
                    .map(|(other, _)| Atom::Before(event.name, *other))
                    .filter(|atom| atom.holds(events)),
            );
        }
        atoms.sort_by_key(|&atom| (hard_to_read(atom, told), atom));
        atoms.truncate((LOOKS / executions.max(1)).max(64));
        atoms
    }
}
