//! A condition variable of the engine that runs.

use super::deadline::Deadline;
use super::late::Late;
use super::mutex::Held;
use crate::engine::current::FOREIGN;
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Origin, RawCondvar, Value};

any_of! {
    /// A condition variable.
    Condvar = native::Condvar, controlled::Condvar, loom::Condvar
}

impl Late for Condvar {
    type Seed = ();

    fn make((): &(), origin: Origin) -> Self {
        RawCondvar::new(origin)
    }
}

impl RawCondvar for Condvar {
    type Held<'a> = Held<'a>;
    type Deadline = Deadline;

    fn new(origin: Origin) -> Self {
        make!(Condvar, RawCondvar::new(origin))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Condvar(raw) => raw.set_name(name));
    }

    fn wait<'a>(&self, held: Self::Held<'a>, deadline: Option<Deadline>, value: impl Value) -> (Self::Held<'a>, bool) {
        match (self, held) {
            (Condvar::Native(raw), Held::Native(held)) => {
                let left = deadline.map(|d| d.left());
                let (held, late) = raw.wait(held, left, value);
                (Held::Native(held), late)
            }
            (Condvar::Controlled(raw), Held::Controlled(held)) => {
                let until = deadline.and_then(|d| match d {
                    Deadline::Real(..) => None,
                    Deadline::Virtual(until) => Some(until),
                });
                let (held, late) = raw.wait(held, until, value);
                (Held::Controlled(held), late)
            }
            #[cfg(feature = "loom")]
            (Condvar::Loom(raw), Held::Loom(held)) => {
                let (held, late) = raw.wait(held, None, value);
                (Held::Loom(held), late)
            }
            _ => panic!("{FOREIGN}"),
        }
    }

    fn notify_one(&self) {
        each!(self, Condvar(raw) => raw.notify_one());
    }

    fn notify_all(&self) {
        each!(self, Condvar(raw) => raw.notify_all());
    }
}
