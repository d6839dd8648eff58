//! [`opaque`]: a future of another crate.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::any;
use crate::kernel::Class;

/// A future of a crate that knows nothing about this one: each poll of it is one operation on an object of
/// that name, and so is dropping it. The counterpart for calls is [`opaque`](crate::opaque); give the same
/// name to all that touches the same state, because operations under different names count as
/// independent.
///
/// Futures of other crates may also be awaited as they are. When the search notices one, it counts every
/// step of the program as touching their state, which takes more executions, and it sees only what
/// happens between two polls of the *task*: calls that do not wait are not told apart. It notices nothing
/// if such a future never waits in the first execution and is awaited in a task that does other things,
/// too. So name them where the answer matters.
///
/// Operations under one name are tried in every order; those under different names are taken to have nothing to do with each other.
/// So give one name to all that is done with one object: a name for `send` and one for `recv` would hide what the two do to each other.
///
/// # Panics
/// When the future blocks on something of this crate: it cannot wait, because no other task can run.
///
/// ```
/// use selvedge::{Check, Strategy, future};
///
/// let report = Check::new("oneshot").strategy(Strategy::Exhaustive).run(|| {
///     // Any channel of any crate; this one is tokio's own, not the facade's.
///     let (sender, receiver) = tokio::sync::oneshot::channel();
///     let receiver = future::spawn(future::opaque("channel", receiver));
///     selvedge::opaque("channel", || sender.send(7)).unwrap();
///     future::block_on(receiver).unwrap()
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["Ok(7)"]);
/// assert_eq!(report.executions, 2);
/// report.assert_ok();
/// ```
#[track_caller]
pub fn opaque<F: Future>(name: &str, future: F) -> Opaque<F> {
    Opaque {
        name: name.into(),
        verb: None,
        location: Location::caller(),
        future: Some(Box::pin(future)),
    }
}

/// The future that [`opaque`] returns.
#[must_use = "futures do nothing unless polled"]
pub struct Opaque<F> {
    name: Box<str>,
    verb: Option<&'static str>,
    location: &'static Location<'static>,
    /// Gone once it is done.
    future: Option<Pin<Box<F>>>,
}

impl<F> Opaque<F> {
    /// Says what the future does: `future::opaque("channel", receiver.recv()).verb("recv")` has the rows
    /// `channel.recv() ➜ pending` and `channel.recv() ➜ ready`. Without it, they have the name of the future's type.
    pub fn verb(mut self, verb: &'static str) -> Self {
        self.verb = Some(verb);
        self
    }
}

/// The call, in a row of the trace.
fn told<F>(name: &str, verb: Option<&str>) -> String {
    match (verb, type_of::<F>()) {
        (Some(verb), _) => format!("{name}.{verb}()"),
        (None, Some(kind)) => format!("{name}: {kind}"),
        (None, None) => name.to_owned(),
    }
}

/// The name of a future's type, without its path and parameters, if it has one that says anything.
fn type_of<F>() -> Option<&'static str> {
    let whole = std::any::type_name::<F>();
    let plain = whole.split_once('<').map_or(whole, |(plain, _)| plain);
    let last = plain.rsplit("::").next().unwrap_or(plain);
    let anonymous = last.is_empty() || last.contains(['{', '&', '(', ' ', '*']);
    (!anonymous && !matches!(last, "Pin" | "Box" | "Opaque")).then_some(last)
}

impl<F: Future> Future for Opaque<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        any::polled_with(cx);
        let slot = &mut this.future;
        let mut poll = || {
            let future = slot.as_mut().expect("a future is not polled after it is done");
            let polled = future.as_mut().poll(cx);
            if polled.is_ready() {
                *slot = None;
            }
            polled
        };
        let Some(object) = any::Opaque::shared(&this.name) else {
            return poll();
        };
        let verb = this.verb.unwrap_or("poll");
        any::step_on(&[(object, Class::Write)], verb, this.location, |step| {
            let polled = poll();
            if let Some(step) = step {
                let end = if polled.is_ready() { "ready" } else { "pending" };
                step.tell(|| format!("{} ➜ {end}", told::<F>(&this.name, this.verb)));
            }
            polled
        })
    }
}

impl<F> Drop for Opaque<F> {
    fn drop(&mut self) {
        let Some(future) = self.future.take() else { return };
        let Some(object) = any::Opaque::shared_if_running(&self.name) else {
            return drop(future);
        };
        any::step_on(&[(object, Class::Write)], "drop", self.location, |step| {
            drop(future);
            if let Some(step) = step {
                step.tell(|| format!("drop {}", told::<F>(&self.name, self.verb)));
            }
        });
    }
}

impl<F> fmt::Debug for Opaque<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opaque")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
