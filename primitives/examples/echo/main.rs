//! The primitives in a program on two runtimes: an echo server on compio and the same one on tokio.
//!
//! `cargo run -p selvedge-primitives --example echo`; `cargo test` runs it, too, with each of the waiter queues.
//!
//! compio's tasks stay on their thread, and an operation is handed its buffer and gives it back when it has completed. A thread with
//! tasks of its own is what both runtimes can be, so the server is threads of this kind, and all that they share are the primitives:
//! a wake-up often comes from another thread, and goes through the driver that a runtime sleeps in.
//!
//! | the server's | is | its waiters |
//! |---|---|---|
//! | slots: how many are served at once | [`Semaphore`](selvedge_primitives::semaphore::Semaphore) | one for each connection, some of which hang up while they wait |
//! | journal of what was said | [`Permits`](selvedge_primitives::waiter_queue::Permits) | one on each thread, for entries of all threads |
//! | stop | [`Notify`](selvedge_primitives::notify::versioned::Notify) | two on each thread |
//!
//! compio is used by its driver that polls: containers often forbid io_uring.

mod clients;
mod runtimes;
mod server;

use std::io;

use runtimes::{Compio, Tokio};
use selvedge_primitives::waiter_queue::intrusive;

// A program talks to its user.
#[expect(clippy::print_stdout)]
fn main() -> io::Result<()> {
    for (name, seen) in [
        ("compio", clients::run::<Compio, intrusive::Queue>()?),
        ("tokio", clients::run::<Tokio, intrusive::Queue>()?),
    ] {
        println!(
            "{name}: {} of {} messages came back, at most {} clients were served at once, {} of {} slots are free",
            seen.journal.len(),
            clients::messages().count(),
            seen.most_at_once,
            seen.free,
            server::SLOTS
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use selvedge_primitives::waiter_queue;

    use crate::clients;
    use crate::runtimes::{Compio, Runtime, Tokio};
    use crate::server::{Queue, SLOTS};

    /// Far more than a loaded machine needs: a server that forgets to wake somebody would never end.
    const PATIENCE: Duration = Duration::from_secs(60);

    fn every_message_comes_back_once_and_no_slot_is_used_twice<R: Runtime, Q: Queue>() {
        let (done, seen) = mpsc::channel();
        let server =
            thread::spawn(move || done.send(clients::run::<R, Q>().expect("the network of this machine works")));
        let seen = match seen.recv_timeout(PATIENCE) {
            Ok(seen) => seen,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("the server has not ended in {PATIENCE:?}: somebody waits whom nobody wakes")
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => std::panic::resume_unwind(server.join().unwrap_err()),
        };
        assert_eq!(seen.most_at_once, SLOTS, "clients were served at once");
        assert_eq!(seen.free, SLOTS, "slots are free in the end");
        assert_eq!(seen.journal, clients::messages().collect::<Vec<_>>());
    }

    macro_rules! on_each_runtime {
        ($($queue:ident)+) => { $(
            mod $queue {
                use super::*;

                #[test]
                fn serves_on_compio() {
                    every_message_comes_back_once_and_no_slot_is_used_twice::<Compio, waiter_queue::$queue::Queue>();
                }

                #[test]
                fn serves_on_tokio() {
                    every_message_comes_back_once_and_no_slot_is_used_twice::<Tokio, waiter_queue::$queue::Queue>();
                }
            }
        )+ };
    }

    on_each_runtime!(mutex single lock_free intrusive);
}
