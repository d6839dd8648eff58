//! A receiver that is dropped waits until its sender has changed the state, and has just changed it itself.

use std::cell;
use std::task::Waker;

use selvedge::cell::UnsafeCell;
use selvedge::hint::spin_loop;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU8, Ordering};
use selvedge::{FailureKind, Strategy, note};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "own-store",
        "A receiver is dropped while its sender takes the waker",
        "G",
    )
    .source("oneshot 0.2.1, `AsyncReceiver::drop`; its own test `poll_then_drop_receiver_during_send`")
    .level(Level::Depths)
    .needs(["oneshot-closed"])
    .symptoms([Symptom::UsedAfterFree])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .variant(
        Variant::naive(
            "swap-then-wait",
            "swap the state; if the sender was busy, wait until the state is another one",
            fails(FailureKind::DataRace),
            || drop_while_sending(Leave::SwapThenWait), // code: swap-then-wait
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw, Strategy::Loom]),
    )
    .variant(held(
        "wait-then-swap",
        "wait while the sender is busy, then swap",
        || drop_while_sending(Leave::WaitThenSwap), // code: wait-then-swap
    ))
    .variant(held(
        "only-if-empty",
        "replace the state only where nobody is busy, in one step",
        || drop_while_sending(Leave::OnlyIfEmpty), // code: only-if-empty
    ))
}

fn held(name: &'static str, summary: &'static str, program: fn() -> Result<(), u32>) -> Variant {
    Variant::fixed(name, summary, program)
        .also_on([Strategy::Random, Strategy::Loom])
        .outcome(
            "Ok(())",
            Grade::Acceptable,
            "sent in time; the receiver frees the channel and the message in it",
        )
        .outcome("Err(7)", Grade::Acceptable, "sent too late; the sender has it back")
        .broken_by(
            "swaps first",
            || drop_while_sending(Leave::SwapThenWait),
            FailureKind::DataRace,
        )
}

// code
#[derive(Clone, Copy)]
enum Leave {
    SwapThenWait,
    WaitThenSwap,
    OnlyIfEmpty,
}

// The states. The sender adds 1, which makes `SENT` of `EMPTY`, and `WAKING` of `POLLED`.

/// One end has gone, and the other one frees the channel.
const GONE: u8 = 2;
/// Nobody waits, and nothing has been sent.
const EMPTY: u8 = 3;
/// The message is in the channel, and the sender has gone.
const SENT: u8 = EMPTY + 1;
/// The receiver has been polled, and its waker is in the channel.
const POLLED: u8 = 0;
/// The sender is taking the waker, and stores `SENT` next. Until then the receiver must leave the channel alone.
const WAKING: u8 = POLLED + 1;

struct Channel {
    state: AtomicU8,
    message: UnsafeCell<Option<u32>>,
    waker: UnsafeCell<Option<Waker>>,
}

/// The memory that the channel lies in, and both ends point to; `None` once it has been freed.
struct Memory(cell::UnsafeCell<Option<Channel>>);

// SAFETY: the end that comes second frees the channel, when the first one does not use it any more. The naive variant
// breaks this rule, which is what it is there to show; both run under a checker that sees it.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    fn channel(&self) -> &Channel {
        // SAFETY: this end has not gone yet.
        unsafe { (*self.0.get()).as_ref() }.expect("it is not freed as long as this end uses it")
    }

    /// What the channel held.
    fn free(&self) -> Option<u32> {
        note!("frees the channel");
        // SAFETY: the other end has gone.
        let channel = unsafe { (*self.0.get()).take() }.expect("nobody has freed it");
        drop(channel.state);
        // SAFETY: as above. Writing stands for freeing.
        channel.waker.with_mut(|waker| unsafe { *waker = None });
        // SAFETY: as above.
        channel.message.with_mut(|message| unsafe { (*message).take() })
    }

    /// The message, if nobody will receive it.
    fn send(&self, value: u32) -> Result<(), u32> {
        let channel = self.channel();
        // SAFETY: the receiver looks at it in the state `SENT` alone, which is still to come.
        channel.message.with_mut(|message| unsafe { *message = Some(value) });
        // Ordering: AcqRel; Release publishes the message, Acquire sees the waker, or that the receiver has gone.
        match channel.state.fetch_add(1, Ordering::AcqRel) {
            EMPTY => Ok(()),
            POLLED => {
                // SAFETY: the state is `WAKING`, which leaves the waker to the sender.
                let waker = channel.waker.with_mut(|waker| unsafe { (*waker).take() });
                // Ordering: Release; whoever sees it frees the channel.
                channel.state.swap(SENT, Ordering::Release);
                waker.expect("who is receiving has left one").wake();
                Ok(())
            }
            GONE => Err(self.free().expect("it has just been written")),
            state => unreachable!("nobody sends in state {state}"),
        }
    }

    /// Drops a receiver that was polled, and has nothing yet.
    fn leave(&self, leave: Leave) {
        let Channel { state, waker, .. } = self.channel();
        // Ordering: Relaxed; the waker is the receiver's own.
        if state.load(Ordering::Relaxed) == POLLED
            && state
                .compare_exchange(POLLED, EMPTY, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            // SAFETY: the sender takes it in the state `POLLED` alone.
            waker.with_mut(|waker| unsafe { *waker = None });
        }
        // Ordering: AcqRel; Acquire sees what the sender has done, Release that this end does no more.
        let before = match leave {
            // code: swap-then-wait
            Leave::SwapThenWait => {
                let before = state.swap(GONE, Ordering::AcqRel);
                if before == WAKING {
                    // The sender stores another state when it has the waker.
                    while state.load(Ordering::Acquire) == WAKING {
                        spin_loop();
                    }
                }
                before
            }
            // end
            // code: wait-then-swap
            Leave::WaitThenSwap => {
                // Ordering: Relaxed; the swap acquires.
                while state.load(Ordering::Relaxed) == WAKING {
                    spin_loop();
                }
                state.swap(GONE, Ordering::AcqRel)
            }
            // end
            // code: only-if-empty
            Leave::OnlyIfEmpty => loop {
                match state.compare_exchange(EMPTY, GONE, Ordering::AcqRel, Ordering::Acquire) {
                    Err(WAKING) => spin_loop(),
                    Ok(before) | Err(before) => break before,
                }
            },
            // end
        };
        // `EMPTY`: the sender is still to come, and frees the channel.
        if before != EMPTY {
            self.free();
        }
    }
}

/// What the sender has back.
fn drop_while_sending(leave: Leave) -> Result<(), u32> {
    // The receiver has been polled once.
    let memory = Arc::new(Memory(cell::UnsafeCell::new(Some(Channel {
        state: AtomicU8::new(POLLED).named("state").showing(show),
        message: UnsafeCell::new(None).named("message"),
        waker: UnsafeCell::new(Some(Waker::noop().clone())).named("waker"),
    }))));
    let theirs = Arc::clone(&memory);
    let sender = thread("sender", move || theirs.send(7));
    // And is dropped now, as in a `select!` that another branch has won.
    memory.leave(leave);
    join(sender)
}
// end

fn show(state: u8) -> String {
    ["polled", "waking", "gone", "empty", "sent"][usize::from(state)].to_owned()
}
