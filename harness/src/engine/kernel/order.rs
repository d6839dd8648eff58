//! A part of a search: the executions in which given tasks come to given objects in a given order.
//!
//! Take two tasks and an object, and say that the first access of the one to the object comes before the
//! first access of the other. If those two accesses do not commute, this is a property of the Mazurkiewicz
//! trace, not of the schedule: it holds in every schedule of a trace or in none. So k such questions divide
//! the traces into 2^k parts, and no trace is in two of them.
//!
//! To explore one part, the second of the two tasks waits in front of its access until the first has made its
//! own. The wait is a gate like any other, a queue with one item that the first task puts there and the
//! second takes, so the reduction knows about it, and it adds no order that the two accesses do not have
//! anyway. An execution that is stuck because of such a gate belongs to another part, and so does one in
//! which only the wrong one of the two tasks comes. Where neither comes, one of the two parts is chosen.
//!
//! Accesses that cannot be held back (made inside of an opaque operation, or while a task unwinds) and
//! accesses that commute after all make a question useless. The search is then divided anew without that
//! object.

use serde::{Deserialize, Serialize};

use super::{End, Entry, Kernel, Pending};
use crate::engine::op::{Access, Accesses, Class, ObjectId, Op, TaskId, UNBOUNDED};

/// The first access of `first` to `object` comes before that of `second`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) object: ObjectId,
    pub(crate) first: TaskId,
    pub(crate) second: TaskId,
    /// Executions in which neither comes belong to this part.
    pub(crate) neither: bool,
    /// A number that no object of the program has.
    pub(crate) gate: ObjectId,
}

/// How the two tasks of an [`Order`] have come to its object, if they have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Came {
    first: Option<Class>,
    second: Option<Class>,
}

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
            if !op.accesses.iter().any(|a| a.object == order.object) {
                continue;
            }
            let class = if me == order.first && came.first.is_none() {
                Class::Push { capacity: UNBOUNDED }
            } else if me == order.second && came.second.is_none() {
                Class::Pop
            } else {
                continue;
            };
            op.accesses.push(Access {
                object: order.gate,
                class,
            });
        }
    }

    pub(super) fn is_gate(&self, access: &Access) -> bool {
        self.orders.iter().any(|o| o.gate == access.object)
    }

    /// Books the gates of the step that has just made these accesses.
    pub(super) fn pass_gates(&mut self, accesses: &mut Accesses) {
        if self.orders.is_empty() {
            return;
        }
        let Some(Entry::Step(step)) = self.last_step.map(|at| &self.log[at]) else {
            return;
        };
        let gates: Accesses = step.announced.iter().copied().filter(|a| self.is_gate(a)).collect();
        self.come(accesses, &gates);
        for access in gates {
            self.object_mut(access.object).gate.apply(access.class);
            accesses.push(access);
        }
    }

    /// Notes which tasks have come. `gates` are those that they have passed on the way.
    pub(super) fn come(&mut self, accesses: &[Access], gates: &[Access]) {
        if self.orders.is_empty() || self.ending.is_some() || self.drain.is_some() {
            return;
        }
        let me = self.tasks[self.current].id;
        let mut useless = None;
        for (order, came) in self.orders.iter().zip(&mut self.came) {
            let passed = gates.iter().any(|g| g.object == order.gate);
            let class = accesses.iter().find(|a| a.object == order.object).map(|a| a.class);
            let slot = if me == order.first {
                &mut came.first
            } else if me == order.second {
                &mut came.second
            } else {
                continue;
            };
            if slot.is_some() {
                continue;
            }
            *slot = class;
            let commute = came.first.zip(came.second).is_some_and(|(a, b)| a.commutes(b));
            // Came without being held back, or was held back and did not come.
            if passed != class.is_some() || commute {
                useless = Some(order.object);
            }
        }
        if let Some(object) = useless {
            self.numbering.indivisible.insert(object);
            self.end(End::Restart);
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

    /// Whether the execution belongs to another part, now that it is over.
    pub(super) fn is_elsewhere(&self) -> bool {
        let missed = |came: &Came| came.first.is_none() && came.second.is_none();
        self.orders
            .iter()
            .zip(&self.came)
            .any(|(order, came)| !order.neither && missed(came))
    }
}
