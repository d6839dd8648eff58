//! Channels of other crates: no message is lost, and nobody waits for one that never comes.

use published_crates::{check, look};
use selvedge::Report;
use selvedge::future::{cancelable, opaque};

/// Those whose receiver takes a message along when it gives up after its sender has chosen it: what is dropped with the future is a
/// value that the sender was told had arrived.
const LOSES: [&str; 1] = ["kanal"];

/// What a check came to in which no message may be lost.
fn judge(name: &str, report: Report) {
    if LOSES.contains(&name) {
        let failure = report.failure.expect("it is mended by now");
        assert!(failure.message.contains("the message"), "{failure}");
    } else {
        report.assert_ok();
    }
}

macro_rules! channel {
    ($krate:ident, $make:expr, $send:ident, $recv:ident) => {
        mod $krate {
            use super::*;

            #[test]
            fn every_message_arrives_and_then_the_end() {
                check(
                    concat!(stringify!($krate), ": two senders, then the end"),
                    || async {
                        let (sender, receiver) = $make(1);
                        let tasks: Vec<_> = (0..2)
                            .map(|n| {
                                let sender = sender.clone();
                                tokio::spawn(async move { opaque("channel", sender.$send(n)).await.is_ok() })
                            })
                            .collect();
                        drop(sender);
                        let mut received = Vec::new();
                        while let Ok(n) = opaque("channel", receiver.$recv()).await {
                            received.push(n);
                        }
                        received.sort_unstable();
                        assert_eq!(received, [0, 1]);
                        for task in tasks {
                            assert!(task.await.unwrap());
                        }
                    },
                );
            }

            #[test]
            fn who_gives_up_takes_no_message_along() {
                let report = look(concat!(stringify!($krate), ": a receiver gives up"), || async {
                    let (sender, receiver) = $make(1);
                    let task = tokio::spawn(async move { opaque("channel", sender.$send(7)).await.is_ok() });
                    let first = match cancelable(opaque("channel", receiver.$recv())).await {
                        Some(received) => received,
                        None => opaque("channel", receiver.$recv()).await,
                    };
                    assert_eq!(first.ok(), Some(7), "the message is lost");
                    assert!(task.await.unwrap());
                });
                judge(stringify!($krate), report);
            }

            #[test]
            fn one_of_two_receivers_gives_up() {
                let report = look(
                    concat!(stringify!($krate), ": one of two receivers gives up"),
                    || async {
                        let (sender, receiver) = $make(1);
                        let other = receiver.clone();
                        let gives_up = tokio::spawn(async move {
                            cancelable(opaque("channel", other.$recv()))
                                .await
                                .and_then(|n| n.ok())
                        });
                        let stays = tokio::spawn(async move { opaque("channel", receiver.$recv()).await.ok() });
                        opaque("channel", sender.$send(1)).await.unwrap();
                        drop(sender);
                        let first = gives_up.await.unwrap();
                        if first.is_none() {
                            assert_eq!(stays.await.unwrap(), Some(1), "nobody has the message");
                        }
                    },
                );
                judge(stringify!($krate), report);
            }

            #[test]
            fn what_has_been_sent_arrives() {
                check(concat!(stringify!($krate), ": a sender gives up"), || async {
                    let (sender, receiver) = $make(1);
                    opaque("channel", sender.$send(0)).await.unwrap();
                    let (first, second) = (sender.clone(), sender);
                    let gives_up =
                        tokio::spawn(async move { cancelable(opaque("channel", first.$send(1))).await.is_some() });
                    let stays = tokio::spawn(async move { opaque("channel", second.$send(2)).await.is_ok() });
                    let mut received = Vec::new();
                    while let Ok(n) = opaque("channel", receiver.$recv()).await {
                        received.push(n);
                    }
                    assert!(stays.await.unwrap());
                    let sent = gives_up.await.unwrap();
                    assert!(received.contains(&2), "{received:?}");
                    assert!(received.contains(&1) || !sent, "{received:?}");
                });
            }
        }
    };
}

channel!(async_channel, ::async_channel::bounded::<u32>, send, recv);
channel!(flume, ::flume::bounded::<u32>, send_async, recv_async);
channel!(kanal, ::kanal::bounded_async::<u32>, send, recv);
