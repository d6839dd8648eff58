//! [`yield_now`].

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::task::Poll;

use crate::engine::any;

/// Lets other tasks go first: a step that others may come between. A loop that yields without seeing anything change waits
/// until another task changes something it has read, as with [`thread::yield_now`](crate::thread::yield_now).
#[track_caller]
pub fn yield_now() -> impl Future<Output = ()> + Send {
    let location = Location::caller();
    let mut yielded = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        any::yield_from(cx, location);
        Poll::Pending
    })
}
