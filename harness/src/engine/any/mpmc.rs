//! A channel with many ends of both kinds, of the engine that runs. loom has none.

use super::deadline::Deadline;
use super::instant::Instant;
use crate::engine::current::{Engine, FOREIGN, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Manner, Patience, RawEnd, RawInlet, RawMpmc, RawOutlet, Refusal, Times, Token};

/// A channel.
pub(crate) enum Mpmc {}

/// The sending end of a channel.
pub(crate) enum Outlet<T> {
    Native(native::Outlet<T>),
    Controlled(controlled::Outlet<T>),
}

/// The receiving end of a channel.
pub(crate) enum Inlet<T> {
    Native(native::Inlet<T>),
    Controlled(controlled::Inlet<T>),
}

#[cfg(feature = "loom")]
const CHANNELS: &str = "channel with more than one receiver";

impl<T> RawMpmc<T> for Mpmc {
    type Outlet = Outlet<T>;
    type Inlet = Inlet<T>;
    type Instant = Instant;

    fn open(bound: Option<usize>) -> (Outlet<T>, Inlet<T>) {
        match current() {
            Engine::Native => {
                let (outlet, inlet) = native::Mpmc::open(bound);
                (Outlet::Native(outlet), Inlet::Native(inlet))
            }
            Engine::Controlled => {
                let (outlet, inlet) = controlled::Mpmc::open(bound);
                (Outlet::Controlled(outlet), Inlet::Controlled(inlet))
            }
            #[cfg(feature = "loom")]
            Engine::Loom => loom::unsupported(CHANNELS),
        }
    }

    fn clockwork(times: Times<Instant>, message: impl Fn(Instant) -> T + Send + Sync + 'static) -> Inlet<T> {
        let Times { first, every } = times;
        match current() {
            Engine::Native => {
                let first = first.map(|first| match first {
                    Instant::Native(first) => first,
                    Instant::Controlled(_) => panic!("{FOREIGN}"),
                });
                let message = move |due| message(Instant::Native(due));
                Inlet::Native(native::Mpmc::clockwork(Times { first, every }, message))
            }
            Engine::Controlled => {
                let first = first.map(|first| match first {
                    Instant::Controlled(first) => first,
                    Instant::Native(_) => panic!("{FOREIGN}"),
                });
                let message = move |due| message(Instant::Controlled(due));
                Inlet::Controlled(controlled::Mpmc::clockwork(Times { first, every }, message))
            }
            #[cfg(feature = "loom")]
            Engine::Loom => loom::unsupported(CHANNELS),
        }
    }
}

/// The same expression for the end of each engine.
macro_rules! each_end {
    ($object:expr, $any:ident($inner:ident) => $body:expr) => {
        match $object {
            $any::Native($inner) => $body,
            $any::Controlled($inner) => $body,
        }
    };
}

macro_rules! end {
    ($end:ident) => {
        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                match self {
                    $end::Native(raw) => $end::Native(raw.clone()),
                    $end::Controlled(raw) => $end::Controlled(raw.clone()),
                }
            }
        }

        impl<T> RawEnd for $end<T> {
            fn set_name(&self, name: &str) {
                each_end!(self, $end(raw) => raw.set_name(name));
            }

            fn len(&self, verb: &'static str) -> usize {
                each_end!(self, $end(raw) => raw.len(verb))
            }

            fn bound(&self) -> Option<usize> {
                each_end!(self, $end(raw) => raw.bound())
            }

            fn is_of_same(&self, other: &Self) -> bool {
                match (self, other) {
                    ($end::Native(one), $end::Native(other)) => one.is_of_same(other),
                    ($end::Controlled(one), $end::Controlled(other)) => one.is_of_same(other),
                    _ => false,
                }
            }
        }
    };
}

end!(Outlet);
end!(Inlet);

impl<T> RawOutlet<T> for Outlet<T> {
    type Deadline = Deadline;

    fn send(&self, message: T, patience: Patience<Deadline>) -> Result<(), (T, Refusal)> {
        each_end!(self, Outlet(raw) => raw.send(message, patience.into()))
    }

    fn send_selected(&self, token: Token, message: T) -> Result<(), T> {
        each_end!(self, Outlet(raw) => raw.send_selected(token, message))
    }
}

impl<T> RawInlet<T> for Inlet<T> {
    type Deadline = Deadline;

    fn recv(&self, patience: Patience<Deadline>) -> Result<T, Refusal> {
        each_end!(self, Inlet(raw) => raw.recv(patience.into()))
    }

    fn recv_selected(&self, token: Token) -> Option<T> {
        each_end!(self, Inlet(raw) => raw.recv_selected(token))
    }
}

/// One of the operations that a `select` has to choose from.
#[derive(Clone, Copy)]
pub(crate) enum Port<'a> {
    Native(&'a dyn native::Port),
    Controlled(&'a dyn controlled::Port),
}

impl<'a, T> From<&'a Outlet<T>> for Port<'a> {
    fn from(outlet: &'a Outlet<T>) -> Self {
        match outlet {
            Outlet::Native(raw) => Port::Native(raw),
            Outlet::Controlled(raw) => Port::Controlled(raw),
        }
    }
}

impl<'a, T> From<&'a Inlet<T>> for Port<'a> {
    fn from(inlet: &'a Inlet<T>) -> Self {
        match inlet {
            Inlet::Native(raw) => Port::Native(raw),
            Inlet::Controlled(raw) => Port::Controlled(raw),
        }
    }
}

/// Does one of several operations as soon as one is ready. Nothing, if that was not possible in the time that it waits.
///
/// # Panics
/// When they belong to another execution, and under loom.
#[track_caller]
pub(crate) fn select(ports: &[Port<'_>], patience: Patience<Deadline>, manner: Manner) -> Option<(usize, Token)> {
    match current() {
        Engine::Native => {
            let own = |port| match port {
                Port::Native(port) => port,
                Port::Controlled(_) => panic!("{FOREIGN}"),
            };
            native::select(
                &ports.iter().copied().map(own).collect::<Vec<_>>(),
                patience.into(),
                manner,
            )
        }
        Engine::Controlled => {
            let own = |port| match port {
                Port::Controlled(port) => port,
                Port::Native(_) => panic!("{FOREIGN}"),
            };
            controlled::select(
                &ports.iter().copied().map(own).collect::<Vec<_>>(),
                patience.into(),
                manner,
                None,
            )
        }
        #[cfg(feature = "loom")]
        Engine::Loom => loom::unsupported(CHANNELS),
    }
}
