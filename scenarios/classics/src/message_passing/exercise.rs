//! Exercise: a flag announces data.
//!
//! Repair `send` and `receive`, so that who sees the flag sees the data under every schedule, also where memory is weak. A lock
//! would do; two words are enough. Leave the rest as it is.

use selvedge::cell::UnsafeCell;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::thread;

struct Mailbox {
    is_full: AtomicBool,
    data: UnsafeCell<u32>,
}

// SAFETY: `data` is written before `is_full` is set, and read after it was seen set. That this puts them in an order is the
// exercise.
unsafe impl Sync for Mailbox {}

impl Mailbox {
    fn send(&self, value: u32) {
        // SAFETY: nobody reads before the flag is set.
        self.data.with_mut(|data| unsafe { *data = value });
        self.is_full.store(true, Ordering::Relaxed);
    }

    fn receive(&self) -> Option<u32> {
        if !self.is_full.load(Ordering::Relaxed) {
            return None;
        }
        // SAFETY: the flag is set, so the value has been written.
        Some(self.data.with(|data| unsafe { *data }))
    }
}

pub fn who_sees_the_flag_sees_the_data() {
    let mailbox = Arc::new(Mailbox {
        is_full: AtomicBool::new(false).named("is_full"),
        data: UnsafeCell::new(0).named("data"),
    });
    let other = Arc::clone(&mailbox);
    let send = move || other.send(42);
    let sender = thread::Builder::new().name("sender").spawn(send).unwrap();
    let received = mailbox.receive();
    sender.join().unwrap();
    assert!(matches!(received, None | Some(42)));
}

#[test]
fn exercise() {
    selvedge::check(who_sees_the_flag_sees_the_data);
}
