//! The threads of a scope of the engine that runs.

use std::any::Any;
use std::io;

use super::join::Join;
use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Body, RawScope};

any_of! {
    /// The threads of a scope.
    Scope = native::Scope, controlled::Scope, loom::Scope
}

impl RawScope for Scope {
    type Join = Join;

    fn new() -> Self {
        make!(Scope, RawScope::new())
    }

    fn spawn(&self, name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Join> {
        Ok(map_each!(self, Scope(raw) => Join(raw.spawn(name, stack_size, body)?)))
    }

    fn raises(payload: &(dyn Any + Send)) -> bool {
        match current() {
            Engine::Native => native::Scope::raises(payload),
            Engine::Controlled => controlled::Scope::raises(payload),
            #[cfg(feature = "loom")]
            Engine::Loom => loom::Scope::raises(payload),
        }
    }

    fn wait(&self) {
        each!(self, Scope(raw) => raw.wait());
    }
}
