//! Exercise: two threads increment one counter.
//!
//! Repair `increment`, so that both increments count under every schedule. Leave the rest as it is.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::thread;

fn increment(counter: &AtomicU32) {
    let value = counter.load(Ordering::SeqCst);
    counter.store(value + 1, Ordering::SeqCst);
}

pub fn both_increments_count() {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let threads = ["first", "second"].map(|name| {
        let counter = Arc::clone(&counter);
        let increments = move || increment(&counter);
        thread::Builder::new().name(name).spawn(increments).unwrap()
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(counter.load(Ordering::SeqCst), 2);
}

#[test]
fn exercise() {
    selvedge::check(both_increments_count);
}
