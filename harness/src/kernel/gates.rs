//! The gates that keep an execution in its part of a search, see [`Order`](super::order::Order).

use super::log::Entry;
use super::op::{Access, Accesses, Class, ObjectId, Op, TaskId, UNBOUNDED};
use super::order::Came;
use super::state::Kernel;
use super::task::Pending;

impl Kernel {
    pub(super) fn install_gates(&mut self) {
        self.came.clear();
        self.came.resize(self.orders.len(), Came::default());
        for at in 0..self.orders.len() {
            let gate = self.orders[at].gate;
            self.install(gate.0, "order", std::panic::Location::caller(), 0);
        }
    }

    /// Adds to an operation what it puts into gates, or takes out of them.
    pub(crate) fn gate(&self, op: &mut Op) {
        if self.drain.is_some() {
            return;
        }
        let me = self.tasks[self.current].id;
        for (order, came) in self.orders.iter().zip(&self.came) {
            let class = if me == order.first && came.first.is_none() {
                Class::Push { capacity: UNBOUNDED }
            } else if me == order.second && came.second.is_none() {
                Class::Pop
            } else {
                continue;
            };
            let is_target = |object: ObjectId| match self.places.past_of(self.current, object) {
                Some(past) => order.pasts.contains(&past),
                None => object == order.object,
            };
            if !op.accesses.iter().any(|a| is_target(a.object)) {
                continue;
            }
            op.accesses.push(Access {
                object: order.gate,
                class,
            });
        }
    }

    /// The past with which a task has come to an object, if that is known by pasts.
    pub(crate) fn past_of(&self, task: TaskId, object: ObjectId) -> Option<u64> {
        let index = self.tasks.iter().position(|t| t.id == task)?;
        self.places.past_of(index, object)
    }

    pub(super) fn is_gate(&self, access: &Access) -> bool {
        self.orders.iter().any(|o| o.gate == access.object)
    }

    /// Books the gates of the step that has just run, and that a task has come.
    pub(super) fn pass_gates(&mut self, accesses: &mut Accesses) {
        if self.orders.is_empty() {
            return;
        }
        let Some((at, Entry::Step(step))) = self.last_step.map(|at| (at, &self.log[at])) else {
            return;
        };
        let gates: Accesses = step.announced.iter().copied().filter(|a| self.is_gate(a)).collect();
        for gate in gates {
            for (order, came) in self.orders.iter().zip(&mut self.came) {
                if order.gate == gate.object {
                    let slot = match gate.class {
                        Class::Pop => &mut came.second,
                        _ => &mut came.first,
                    };
                    *slot = Some(at);
                }
            }
            self.object_mut(gate.object).gate.apply(gate.class);
            accesses.push(gate);
        }
    }

    /// Whether a task waits for nothing but a gate.
    pub(super) fn waits_for_gate(&self) -> bool {
        !self.orders.is_empty()
            && self.tasks.iter().any(|task| {
                let Pending::Op(op) = &task.pending else {
                    return false;
                };
                let mut ungated = op.clone();
                ungated.accesses.retain(|a| !self.is_gate(a));
                ungated.accesses.len() < op.accesses.len() && self.admitted(task, &ungated).is_some()
            })
    }

    /// Opens the gates, after the execution has turned out to belong to another part.
    pub(super) fn ungate(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let orders = &self.orders;
        for task in &mut self.tasks {
            if let Pending::Op(op) = &mut task.pending {
                op.accesses.retain(|a| orders.iter().all(|o| o.gate != a.object));
            }
        }
    }
}
