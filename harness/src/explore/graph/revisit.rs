//! Backward revisits: a change that has just been added may be what an earlier operation reads.

use super::execution::{Does, From, Graph, Item, Last, Node};
use crate::kernel::Past;

/// All graphs in which an earlier operation reads the change `w`, which is the last event of the graph and not in the order of
/// changes yet.
pub(super) fn revisits(graph: &Graph, w: usize, stack: &mut Vec<Item>) {
    let node = &graph.nodes[w];
    let at = node.does.at().expect("it changes something");
    let past = &node.past;
    let reads_it = |stamp: &usize| {
        let other = &graph.nodes[*stamp];
        *stamp != w && other.does.at() == Some(at) && other.does.from().is_some() && !other.is_in(past)
    };
    for r in (0..graph.nodes.len()).rev().filter(reads_it) {
        let deleted = |stamp: usize| stamp > r && stamp != w && !graph.nodes[stamp].is_in(past);
        let mut goes = (r + 1..graph.nodes.len()).filter(|stamp| deleted(*stamp));
        if !is_maximal(graph, r, w, past) || !goes.all(|stamp| is_maximal(graph, stamp, w, past)) {
            continue;
        }
        let (mut cut, stamps) = graph.cut(|stamp| !deleted(stamp));
        let (r, w) = (stamps[r].expect("it stays"), stamps[w].expect("it stays"));
        cut.blocked.remove(&r);
        cut.forget(r);
        let from = Some(w);
        let past = cut.nodes[w].past.clone();
        let revisited = &mut cut.nodes[r];
        revisited.does = match revisited.does {
            // There it may have other ways.
            Does::Sync { at, .. } => Does::Sync { at, from, arm: None },
            _ => Does::Load { at, from },
        };
        revisited.past = revisited.past_with(Some(&past));
        let known = revisited.known;
        for after in places(&cut, w, known) {
            let mut graph = cut.clone();
            graph.insert(at, after, w);
            if graph.is_atomic(at) {
                let last = Some(Last {
                    stamp: r,
                    after: None,
                    revisits: true,
                });
                stack.push(Item { graph, last });
            }
        }
    }
}

/// What `w` may come right after, for somebody to read it who knows this change.
fn places(graph: &Graph, w: usize, known: From) -> Vec<From> {
    let node = &graph.nodes[w];
    let at = node.does.at().expect("it changes something");
    if let Some(from) = node.does.from() {
        // It is behind what it has read, and whoever reads it must not know anything later.
        let follows = graph.place(at, from) >= graph.place(at, known);
        return if follows { vec![from] } else { Vec::new() };
    }
    let first = graph.place(at, node.known).max(graph.place(at, known));
    let changes = graph.changes(at);
    (first..=changes.len())
        .rev()
        .map(|place| place.checked_sub(1).map(|place| changes[place]))
        .collect()
}

/// Whether an event is as it would be if it had been added last, with what is older and what is in the past of `w`.
fn is_maximal(graph: &Graph, stamp: usize, w: usize, past: &Past) -> bool {
    let earlier = |other: usize| other <= stamp || graph.nodes[other].is_in(past);
    let does = &graph.nodes[stamp].does;
    let read =
        |(other, node): (usize, &Node)| other != stamp && node.does.from() == Some(Some(stamp)) && earlier(other);
    // So what it reads from is no later than it, or that is read by something earlier, and not maximal.
    if graph.nodes.iter().enumerate().any(read) {
        return false;
    }
    let (at, from) = match *does {
        Does::Choice { arm } | Does::Sync { arm: Some(arm), .. } if arm > 0 => return false,
        Does::Choice { .. } => return true,
        Does::Nothing => return true,
        Does::Store { at } => (at, Some(stamp)),
        Does::Load { at, from } | Does::Update { at, from } | Does::Sync { at, from, .. } => (at, from),
    };
    let later = &graph.changes(at)[graph.place(at, from)..];
    !later
        .iter()
        .any(|other| *other != stamp && *other != w && earlier(*other))
}
