//! Graphs as they stand in a file: as short as can be, because there are many of them. What an event has in its past is mostly
//! what the one before it had, and what it has read from.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::execution::{Does, From, Graph, Item, Last, Node};
use crate::kernel::{Accesses, ObjectId, Past, TaskId};

/// Task, number in it, what it does, its past before and with it where these are not as usual, and the rest.
#[derive(Serialize, Deserialize)]
struct Event(u32, u32, Deed, Option<Past>, Option<Past>, From, Accesses);

#[derive(Serialize, Deserialize)]
enum Deed {
    C(u32),
    N,
    L(u32, From),
    S(u32),
    U(u32, From),
    Y(u32, From),
    /// As `Y`, with the way that it has gone.
    W(u32, From, u32),
}

#[derive(Serialize, Deserialize)]
struct Saved {
    events: Vec<Event>,
    order: Vec<(u32, Vec<usize>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocked: Vec<usize>,
    /// The stamp of what is new, what it comes after, and whether others may read it.
    last: Option<(usize, From, bool)>,
}

pub(super) fn serialize<S: Serializer>(item: &Item, serializer: S) -> Result<S::Ok, S::Error> {
    let graph = &item.graph;
    let event = |node: &Node| {
        let usual = graph.nodes.iter().find(|n| is_before(n, node.task, node.serial()));
        let before = (usual.map(|usual| &usual.past) != Some(&node.before)).then(|| node.before.clone());
        let from = node.does.from().flatten().map(|from| &graph.nodes[from].past);
        let past = (node.past_with(from) != node.past).then(|| node.past.clone());
        let deed = match node.does {
            Does::Choice { arm } => Deed::C(arm),
            Does::Nothing => Deed::N,
            Does::Load { at, from } => Deed::L(at.0, from),
            Does::Store { at } => Deed::S(at.0),
            Does::Update { at, from } => Deed::U(at.0, from),
            Does::Sync { at, from, arm: None } => Deed::Y(at.0, from),
            Does::Sync {
                at,
                from,
                arm: Some(arm),
            } => Deed::W(at.0, from, arm),
        };
        Event(
            node.task.0,
            node.serial(),
            deed,
            before,
            past,
            node.known,
            node.touches.clone(),
        )
    };
    Saved {
        events: graph.nodes.iter().map(event).collect(),
        order: graph
            .order
            .iter()
            .map(|(at, changes)| (at.0, changes.clone()))
            .collect(),
        blocked: graph.blocked.iter().copied().collect(),
        last: item.last.map(|last| (last.stamp, last.after, last.revisits)),
    }
    .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Item, D::Error> {
    let saved = Saved::deserialize(deserializer)?;
    let number = saved.events.len();
    let last = saved
        .last
        .map(|(stamp, after, revisits)| Last { stamp, after, revisits });
    let stamps = (saved.order.iter().flat_map(|(_, changes)| changes))
        .chain(&saved.blocked)
        .chain(
            last.iter()
                .flat_map(|last| [Some(&last.stamp), last.after.as_ref()])
                .flatten(),
        )
        .copied();
    if stamps.max().is_some_and(|most| most >= number) {
        return Err(D::Error::custom("an execution graph has fewer events than it names"));
    }
    Ok(Item {
        graph: Graph {
            nodes: nodes(saved.events).ok_or_else(|| D::Error::custom("an execution graph has a circle"))?,
            order: saved
                .order
                .into_iter()
                .map(|(at, changes)| (ObjectId(at), changes))
                .collect(),
            blocked: saved.blocked.into_iter().collect(),
        },
        last,
    })
}

/// Whether a node is right before the one of this number in its task.
fn is_before(node: &Node, task: TaskId, serial: u32) -> bool {
    node.task == task && node.serial() + 1 == serial
}

/// The events with their pasts, each after those that its own depends on.
fn nodes(events: Vec<Event>) -> Option<Vec<Node>> {
    let mut nodes: Vec<Option<Node>> = events.iter().map(|_| None).collect();
    let mut left: Vec<(usize, Event)> = events.into_iter().enumerate().collect();
    while !left.is_empty() {
        let before = left.len();
        for (stamp, event) in std::mem::take(&mut left) {
            match node(&event, &nodes) {
                Some(node) => nodes[stamp] = Some(node),
                None => left.push((stamp, event)),
            }
        }
        if left.len() == before {
            return None;
        }
    }
    nodes.into_iter().collect()
}

/// An event with its past, if that of what it depends on is known.
fn node(event: &Event, nodes: &[Option<Node>]) -> Option<Node> {
    let &Event(task, serial, ref deed, ref before, ref past, known, ref touches) = event;
    let does = match *deed {
        Deed::C(arm) => Does::Choice { arm },
        Deed::N => Does::Nothing,
        Deed::L(at, from) => Does::Load { at: ObjectId(at), from },
        Deed::S(at) => Does::Store { at: ObjectId(at) },
        Deed::U(at, from) => Does::Update { at: ObjectId(at), from },
        Deed::Y(at, from) => Does::Sync {
            at: ObjectId(at),
            from,
            arm: None,
        },
        Deed::W(at, from, arm) => Does::Sync {
            at: ObjectId(at),
            from,
            arm: Some(arm),
        },
    };
    let task = TaskId(task);
    let before = match before {
        Some(before) => before.clone(),
        None => nodes
            .iter()
            .flatten()
            .find(|n| is_before(n, task, serial))?
            .past
            .clone(),
    };
    let mut node = Node::after(task, before, does, known);
    node.touches.clone_from(touches);
    node.past = match (past, does.from().flatten()) {
        (Some(past), _) => past.clone(),
        (None, Some(from)) => node.past_with(Some(&nodes.get(from)?.as_ref()?.past)),
        (None, None) => node.past_with(None),
    };
    Some(node)
}
