//! A running thread of the engine that runs.

use std::io;

use super::thread::Thread;
use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Body, Payload, RawJoin};

any_of! {
    /// A running thread.
    Join = native::Join, controlled::Join, loom::Join
}

impl RawJoin for Join {
    type Thread = Thread;

    fn spawn(name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Self> {
        Ok(match current() {
            Engine::Native => Join::Native(RawJoin::spawn(name, stack_size, body)?),
            Engine::Controlled => Join::Controlled(RawJoin::spawn(name, stack_size, body)?),
            #[cfg(feature = "loom")]
            Engine::Loom => Join::Loom(RawJoin::spawn(name, stack_size, body)?),
        })
    }

    fn thread(&self) -> Thread {
        map_each!(self, Join(raw) => Thread(raw.thread()))
    }

    fn join(self) -> Result<(), Payload> {
        each!(self, Join(raw) => raw.join())
    }

    fn is_finished(&self) -> bool {
        each!(self, Join(raw) => raw.is_finished())
    }
}
