//! The ways in which an operation can go on where it stands: whom a signal wakes.

use super::Graphs;
use super::execution::{Does, Item, Last, Node};
use crate::kernel::Kernel;

impl Graphs {
    /// An operation that is new could have gone another way where it is.
    pub(super) fn other_ways(&mut self, node: &Node, stamp: usize) {
        let (Does::Sync { at, from, .. }, Some(arms)) = (node.does, self.asked.take()) else {
            return;
        };
        for arm in (1..arms).rev() {
            let arm = Some(arm);
            let graph = self.instead(node, Does::Sync { at, from, arm }, Some(stamp));
            let last = Some(Last {
                stamp,
                after: from,
                revisits: true,
            });
            self.stack.push(Item { graph, last });
        }
    }

    /// The way in which the operation goes on that runs, and whose step is not over.
    pub(super) fn way_of_step(&mut self, kernel: &Kernel, arms: u32) -> Result<u32, String> {
        let step = kernel.log.len() - 1;
        if self.read > step {
            self.give_up("a branch inside of what a task drops as it panics");
            return Ok(0);
        }
        self.read_until(kernel, step);
        let Some(stamp) = self.running else {
            self.asked = Some(arms);
            return Ok(0);
        };
        match self.graph.nodes[stamp].does {
            Does::Sync { arm: Some(arm), .. } => Ok(arm),
            Does::Sync { at, from, arm: None } => {
                // Nothing in the graph depends on what it does, because that is not settled.
                for arm in (0..arms).rev() {
                    self.graph.nodes[stamp].does = Does::Sync {
                        at,
                        from,
                        arm: Some(arm),
                    };
                    if arm > 0 {
                        self.stack.push(Item {
                            graph: self.graph.clone(),
                            last: self.last,
                        });
                    }
                }
                Ok(0)
            }
            _ => Err("an operation with several ways was something else before".to_owned()),
        }
    }
}
