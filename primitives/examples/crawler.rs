//! The primitives in a program, on tokio's real threads: a crawler that fetches at most four pages at a time and
//! gives up on slow ones.
//!
//! `cargo run -p selvedge-primitives --example crawler`; nothing of the checker is compiled in.

// A program talks to its user.
#![expect(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use selvedge_primitives::semaphore::Semaphore;

#[tokio::main]
async fn main() {
    let slots = Arc::new(Semaphore::new(4));
    let fetched = Arc::new(AtomicUsize::new(0));
    let pages: Vec<_> = (0..100)
        .map(|page| {
            let slots = Arc::clone(&slots);
            let fetched = Arc::clone(&fetched);
            tokio::spawn(async move {
                let fetch = async {
                    let _slot = slots.acquire(1).await;
                    tokio::time::sleep(Duration::from_millis(1 + page % 7)).await;
                    // Ordering: Relaxed; it counts, and is read after every task has been joined.
                    fetched.fetch_add(1, Ordering::Relaxed);
                };
                // Dropped here at whatever it waits for: the line, the slot it was granted, or the page.
                let _ = tokio::time::timeout(Duration::from_millis(40), fetch).await;
            })
        })
        .collect();
    for page in pages {
        page.await.expect("no task panics");
    }
    // Ordering: Relaxed; as above.
    let fetched = fetched.load(Ordering::Relaxed);
    println!(
        "{fetched} pages fetched, {} given up, {} of 4 slots free",
        100 - fetched,
        slots.available()
    );
    assert_eq!(slots.available(), 4, "a slot is lost");
}
