//! A running thread of std.

use std::io;
use std::thread::{Builder, JoinHandle};

use super::execution::{inherit, joined};
use super::thread::Thread;
use crate::raw::{Body, Payload, RawJoin};

/// std's handle.
pub(crate) struct Join(JoinHandle<()>);

impl RawJoin for Join {
    type Thread = Thread;

    fn spawn(name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Self> {
        let mut builder = Builder::new();
        if let Some(name) = name {
            builder = builder.name(name);
        }
        if let Some(size) = stack_size {
            builder = builder.stack_size(size);
        }
        builder.spawn(inherit(body)).map(Join)
    }

    fn thread(&self) -> Thread {
        Thread(self.0.thread().clone())
    }

    fn join(self) -> Result<(), Payload> {
        let id = self.0.thread().id();
        self.0.join().inspect_err(|_| joined(id))
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}
