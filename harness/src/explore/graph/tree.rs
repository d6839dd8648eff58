//! The tree of all executions, as far as it has been seen: which graph is run next, and what becomes of those that it has found.

use super::descents::Descents;
use super::execution::Item;
use super::frontier::{Frontier, Lots, Next, Open, branches, largest};

#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) frontier: Frontier,
    pub(super) order: Next,
    lots: Option<Lots>,
    descents: Option<Descents>,
    /// The graph that runs, without its events: how many there were, its depth, and whether it is alone.
    runs: Option<(usize, Open)>,
    /// With [`Next::Largest`], what has been run.
    run: Vec<Open>,
}

impl Tree {
    pub(super) fn new(mut frontier: Frontier, order: Next) -> Self {
        let (mut lots, mut descents) = (None, None);
        match order {
            Next::Random { seed } => lots = Some(Lots::new(seed)),
            Next::Descents { seed, executions } if !frontier.is_empty() => {
                let mut down = Descents::new(seed, executions, std::mem::take(&mut frontier.open));
                frontier.open.push(down.begin());
                descents = Some(down);
            }
            Next::Last | Next::Largest { .. } | Next::Descents { .. } => {}
        }
        Tree {
            frontier,
            order,
            lots,
            descents,
            runs: None,
            run: Vec::new(),
        }
    }

    /// The next graph. There is one.
    pub(super) fn next(&mut self) -> Item {
        let open = &mut self.frontier.open;
        let at = match (&self.order, &mut self.lots) {
            (Next::Random { .. }, Some(lots)) => lots.next(open),
            (Next::Largest { .. }, _) => largest(open),
            _ => open.len() - 1,
        };
        // The order of the others is part of what is the same every time.
        let mut next = open.remove(at);
        if let Next::Largest { .. } = self.order {
            self.run.push(Open {
                alone: true,
                ..next.clone()
            });
        }
        let item = std::mem::take(&mut next.item);
        self.runs = Some((item.graph.nodes.len(), next));
        item
    }

    /// An execution is over, which had so many events, and these graphs are below it.
    pub(super) fn add(&mut self, found: Vec<Item>, events: usize) {
        let Some((begun, run)) = self.runs.take().filter(|(_, run)| !run.alone) else {
            return;
        };
        let (found, itself) = branches(run.depth, begun, events, found);
        match &mut self.descents {
            Some(descents) => self.frontier.open.extend(descents.after(run.depth, found, itself)),
            None => self.frontier.open.extend(found),
        }
    }

    /// Whether there is nothing more to be run in this order.
    pub(super) fn is_over(&self) -> bool {
        match self.order {
            Next::Largest { enough } => self.frontier.is_empty() || self.frontier.len() >= enough,
            _ => self.frontier.is_empty(),
        }
    }

    pub(super) fn estimate(&self) -> Option<f64> {
        self.descents.as_ref().map(Descents::estimate)
    }

    pub(super) fn into_frontier(mut self) -> Frontier {
        self.run.append(&mut self.frontier.open);
        Frontier {
            open: self.run,
            ..self.frontier
        }
    }
}
