//! [`yield_now`].

use std::future::poll_fn;
use std::task::Poll;

use crate::engine::any;

/// Lets other tasks go first. A loop that yields without seeing anything change waits until another
/// task changes something it has read, as with [`thread::yield_now`](crate::thread::yield_now).
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        any::yield_from(cx);
        Poll::Pending
    })
    .await;
}
