//! A barrier under the controlled engine: an arrival is one step.
//!
//! The last arrival hands a ticket to all the others in that same step and starts the next generation; the
//! others wait for their tickets. It is the leader, too.

use std::sync::{Mutex as StdMutex, PoisonError};

use super::context::{name_of, with_kernel};
use super::object::Living;
use super::perform::{perform, perform_part};
use crate::kernel::{Class, Flag, Op};
use crate::raw::{Origin, RawBarrier};

/// A barrier.
pub(crate) struct Barrier {
    object: Living,
    n: usize,
    /// The tasks of this generation that have arrived. One task runs at a time, so the lock is never
    /// waited for.
    arrived: StdMutex<Vec<usize>>,
}

impl RawBarrier for Barrier {
    fn new(n: usize, origin: Origin) -> Self {
        Barrier {
            object: Living::new("Barrier", origin),
            n,
            arrived: StdMutex::new(Vec::new()),
        }
    }

    fn set_name(&mut self, name: &str) {
        self.object.set_name(name);
    }

    fn wait(&self) -> bool {
        let n = self.n;
        let id = self.object.id();
        let (me, ticket) = with_kernel(|k| (k.current, k.flag(k.current, Flag::Ticket)));
        let last = perform_part(Op::new("wait", id, Class::Write).wakes(), |step| {
            let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
            let count = arrived.len() + 1;
            let last = count >= n;
            if last {
                for task in arrived.drain(..) {
                    step.add(with_kernel(|k| k.flag(task, Flag::Ticket)), Class::Wake);
                }
            } else {
                arrived.push(me);
            }
            step.tell(|| format!("{} ➜ {count} of {n}", name_of(id)));
            last
        });
        if !last {
            perform(Op::new("pass", ticket, Class::Park), |step| {
                step.tell(|| format!("passes {}", name_of(id)));
            });
        }
        last
    }
}
