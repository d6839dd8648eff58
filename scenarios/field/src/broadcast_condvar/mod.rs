//! The last reader notifies a condition variable without the mutex that its waiter looks under.

use selvedge::sync::atomic::{AtomicUsize, Ordering};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "broadcast-condvar",
        "The last reader of a slot notifies the sender",
        "G",
    )
    .source("tokio-rs/tokio, issue 2135")
    .level(Level::Waiting)
    .needs(["condvar-if"])
    .symptoms([Symptom::HangsUnderLoad])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("()", Grade::Acceptable, "the sender has its slot")
    .outcome("lost wakeup", Grade::Forbidden, "the sender sleeps beside a free slot")
    .variant(
        Variant::naive(
            "notify-without-lock",
            "the last reader decrements and notifies, and takes no lock",
            fails(FailureKind::LostWakeup),
            || send_while_read(Notify::WithoutLock), // code: notify-without-lock
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "notify-under-lock",
            "the last reader takes the lock before it notifies",
            || send_while_read(Notify::UnderLock), // code: notify-under-lock
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Loom])
        .broken_by(
            "no lock",
            || send_while_read(Notify::WithoutLock),
            FailureKind::LostWakeup,
        ),
    )
}

// code
#[derive(Clone, Copy)]
enum Notify {
    WithoutLock,
    UnderLock,
}

struct Slot {
    /// Readers that have yet to read the value.
    readers: AtomicUsize,
    lock: Mutex<()>,
    free: Condvar,
}

impl Slot {
    fn read(&self, notify: Notify) {
        // Ordering: SeqCst, so that nobody can blame a stale value: what is missing is the lock.
        if self.readers.fetch_sub(1, Ordering::SeqCst) == 1 {
            match notify {
                Notify::WithoutLock => self.free.notify_one(),
                // code: notify-under-lock
                Notify::UnderLock => {
                    let _guard = self.lock.lock().expect("nobody panics");
                    self.free.notify_one();
                } // end
            }
        }
    }

    fn wait_until_free(&self) {
        let mut guard = self.lock.lock().expect("nobody panics");
        // Ordering: SeqCst, as above.
        while self.readers.load(Ordering::SeqCst) > 0 {
            guard = self.free.wait(guard).expect("nobody panics");
        }
    }
}

fn send_while_read(notify: Notify) {
    let slot = Arc::new(Slot {
        readers: AtomicUsize::new(2).named("readers"),
        lock: Mutex::new(()).named("mutex"),
        free: Condvar::new().named("free"),
    });
    let readers = ["first", "second"].map(|name| {
        let slot = Arc::clone(&slot);
        thread(name, move || slot.read(notify))
    });
    slot.wait_until_free();
    readers.into_iter().for_each(join);
}
// end
