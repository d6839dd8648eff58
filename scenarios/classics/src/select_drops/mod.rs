//! `select!` drops the futures that lose: what they have taken so far is gone with them.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use selvedge::tokio::sync::{mpsc, oneshot};
use selvedge::{FailureKind, future};

use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks::task};

const LOOM: &str = "not under loom, which knows nothing of tokio's types";

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("select-drops", "A select drops a future that is half done", "F")
        .source("tokio::select!, section Cancellation safety")
        .level(Level::Depths)
        .needs(["graceful-shutdown"])
        .symptoms([Symptom::MessageLost])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("Some(\"header body\")", Grade::Acceptable, "the frame arrived")
        .outcome(
            "None",
            Grade::Forbidden,
            "the frame is lost: its header went down with a dropped future",
        )
        .variant(
            Variant::naive(
                "new-future-each-round",
                "each round of the loop reads a frame with a new future",
                fails(FailureKind::Panic),
                || serve(Reading::EachRound), // code: new-future-each-round
            )
            .note(LOOM),
        )
        .variant(
            Variant::fixed(
                "one-future-for-all-rounds",
                "the future is pinned before the loop",
                || serve(Reading::PinnedOnce), // code: one-future-for-all-rounds
            )
            .note(LOOM)
            .broken_by(
                "made anew in each round",
                || serve(Reading::EachRound),
                FailureKind::Panic,
            ),
        )
        .variant(
            Variant::fixed(
                "parts-outside-the-future",
                "what has been read is kept in the reader",
                || serve(Reading::PartsKept), // code: parts-outside-the-future
            )
            .note(LOOM)
            .broken_by(
                "parts kept in the future",
                || serve(Reading::EachRound),
                FailureKind::Panic,
            ),
        )
}

// code
#[derive(Clone, Copy)]
enum Reading {
    EachRound,
    PinnedOnce,
    PartsKept,
}

/// A frame is two parts, which arrive one by one.
struct Reader {
    parts: mpsc::Receiver<&'static str>,
    /// The header of the frame that is being read, where a dropped future cannot take it along.
    header: Option<&'static str>,
}

impl Reader {
    /// Loses the header if it is dropped between the two parts.
    async fn frame(&mut self) -> Option<String> {
        let header = self.parts.recv().await?;
        selvedge::note!("takes {header:?} for a header");
        let body = self.parts.recv().await?;
        Some(format!("{header} {body}"))
    }

    /// May be dropped at any await.
    async fn frame_in_parts(&mut self) -> Option<String> {
        if self.header.is_none() {
            self.header = Some(self.parts.recv().await?);
        }
        let body = self.parts.recv().await?;
        self.header.take().map(|header| format!("{header} {body}"))
    }
}

/// Reads one frame, and minds a request to reload in between.
fn serve(reading: Reading) -> Option<String> {
    let (send, parts) = mpsc::channel(2);
    let (reload, mut reloads) = oneshot::channel();
    let reload = reload.named("reload");
    let sender = task("sender", async move {
        for part in ["header", "body"] {
            let _ = send.send(part).await;
        }
    });
    let operator = task("operator", async move {
        let _ = reload.send(());
    });
    let server = task("server", async move {
        let mut reader = Reader {
            parts: parts.named("parts"),
            header: None,
        };
        match reading {
            // code: new-future-each-round
            Reading::EachRound => {
                let arm = or_else(pin!(reader.frame()), &mut reloads).await;
                match arm {
                    Some(frame) => frame,
                    None => reader.frame().await,
                }
            }
            // end
            // code: parts-outside-the-future
            Reading::PartsKept => {
                let arm = or_else(pin!(reader.frame_in_parts()), &mut reloads).await;
                match arm {
                    Some(frame) => frame,
                    None => reader.frame_in_parts().await,
                }
            }
            // end
            // code: one-future-for-all-rounds
            Reading::PinnedOnce => {
                let mut frame = pin!(reader.frame());
                match or_else(frame.as_mut(), &mut reloads).await {
                    Some(frame) => frame,
                    None => frame.await,
                }
            } // end
        }
    });
    future::block_on(async {
        sender.await.expect("the sender does not panic");
        operator.await.expect("the operator does not panic");
        server.await.expect("the server does not panic")
    })
}

/// What `biased` select does with two arms: the first that is ready wins; `None` if it is the second.
async fn or_else<F: Future>(mut first: Pin<&mut F>, second: &mut oneshot::Receiver<()>) -> Option<F::Output> {
    poll_fn(|cx| {
        if let Poll::Ready(output) = first.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        Pin::new(&mut *second).poll(cx).map(|_| {
            selvedge::note!("reload wins the select");
            None
        })
    })
    .await
}
// end
