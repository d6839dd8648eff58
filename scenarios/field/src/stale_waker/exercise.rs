//! Exercise: a message for a receiver that is polled by two tasks, one after the other.
//!
//! Repair `receive`, so that the message arrives under every schedule. Leave the rest as it is.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Poll, Waker};

use selvedge::future;
use selvedge::sync::{Arc, Mutex};

#[derive(Default)]
struct Channel {
    message: Option<u32>,
    receiver: Option<Waker>,
}

fn receive(channel: Arc<Mutex<Channel>>) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(poll_fn(move |cx| {
        let mut channel = channel.lock().unwrap();
        if let Some(message) = channel.message.take() {
            return Poll::Ready(message);
        }
        if channel.receiver.is_none() {
            channel.receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }))
}

fn send(channel: &Mutex<Channel>, message: u32) {
    let receiver = {
        let mut channel = channel.lock().unwrap();
        channel.message = Some(message);
        channel.receiver.take()
    };
    if let Some(receiver) = receiver {
        receiver.wake();
    }
}

pub fn the_message_arrives() {
    let channel = Arc::new(Mutex::new(Channel::default()).named("channel"));
    let mut message = receive(Arc::clone(&channel));
    let first = future::Builder::new().name("first").spawn(async move {
        // Looks once, and gives the future away.
        match poll_fn(|cx| Poll::Ready(message.as_mut().poll(cx))).await {
            Poll::Ready(message) => Ok(message),
            Poll::Pending => Err(message),
        }
    });
    let second = future::Builder::new().name("second").spawn(async move {
        match first.await.unwrap() {
            Ok(message) => message,
            Err(message) => message.await,
        }
    });
    let sender = future::Builder::new()
        .name("sender")
        .spawn(async move { send(&channel, 7) });
    let received = future::block_on(async {
        sender.await.unwrap();
        second.await.unwrap()
    });
    assert_eq!(received, 7);
}

#[test]
fn exercise() {
    selvedge::check(the_message_arrives);
}
