//! The programs, each for any queue. All of them end when every waiter got its permit.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use selvedge::sync::Arc;
use selvedge::{future, note, thread};
use selvedge_primitives::waiter_queue::{Permits, WaiterQueue};

// code
/// A queue that tasks can share.
pub(super) trait Queue: WaiterQueue<Slot: Send> + Send + Sync + 'static {}
impl<Q: WaiterQueue<Slot: Send> + Send + Sync + 'static> Queue for Q {}

/// A task of that name.
pub(super) fn start(name: &str, body: impl Future<Output = ()> + Send + 'static) -> future::JoinHandle<()> {
    future::Builder::new().name(name).spawn(body)
}
// end

// code: unfenced, single-registers-threads, intrusive-registers-threads, intrusive-gives-up-threads
/// A thread of that name that runs a future.
pub(super) fn start_thread(name: &str, body: impl Future<Output = ()> + Send + 'static) -> thread::JoinHandle<()> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder
        .spawn(move || future::block_on(body))
        .expect("a thread can start")
}
// end

// code: no-removal, keeps-the-wake-up, *-gives-up, *-gives-up-threads, single-gives-up-sampled
/// Polls once and gives up.
pub(super) async fn try_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let output = poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await;
    if output.is_none() {
        note!("gives up");
    }
    output
}

/// Waits once, gives up, and gives back what it got.
async fn be_impatient<Q: Queue>(permits: Arc<Permits<Q>>) {
    if try_once(permits.take()).await.is_some() {
        permits.give();
    }
}
// end

fn join(tasks: impl IntoIterator<Item = future::JoinHandle<()>>) {
    future::block_on(async {
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
}

// code: check-then-push, mutex-registers, lock-free-registers, intrusive-registers, single-registers
/// One waits, one gives.
pub(super) fn one_waiter<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let waiter = {
        let permits = Arc::clone(&permits);
        start("waiter", async move { permits.take().await })
    };
    let giver = {
        let permits = Arc::clone(&permits);
        start("giver", async move { permits.give() })
    };
    join([waiter, giver]);
    assert_eq!(permits.available(), 0);
}
// end

// code: unfenced, single-registers-threads, intrusive-registers-threads
/// The same with threads.
pub(super) fn one_waiting_thread<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let waiter = {
        let permits = Arc::clone(&permits);
        start_thread("waiter", async move { permits.take().await })
    };
    permits.give();
    waiter.join().expect("the waiter does not panic");
    assert_eq!(permits.available(), 0);
}
// end

// code: stale-waker, mutex-two-waiters, lock-free-two-waiters, intrusive-two-waiters
/// Two wait, and one gives twice.
pub(super) fn two_waiters<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let waiters = ["first", "second"].map(|name| {
        let permits = Arc::clone(&permits);
        start(name, async move { permits.take().await })
    });
    let giver = {
        let permits = Arc::clone(&permits);
        start("giver", async move {
            permits.give();
            permits.give();
        })
    };
    join(waiters.into_iter().chain([giver]));
    assert_eq!(permits.available(), 0);
}
// end

// code: no-removal, keeps-the-wake-up, *-gives-up, single-gives-up-sampled
/// One gives up, one waits, one gives.
pub(super) fn one_gives_up<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let impatient = start("impatient", be_impatient(Arc::clone(&permits)));
    let patient = {
        let permits = Arc::clone(&permits);
        start("patient", async move { permits.take().await })
    };
    let giver = {
        let permits = Arc::clone(&permits);
        start("giver", async move { permits.give() })
    };
    join([impatient, patient, giver]);
    assert_eq!(permits.available(), 0);
}
// end

// code: intrusive-gives-up-threads
/// The same with threads; the main thread gives.
pub(super) fn one_thread_gives_up<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let impatient = start_thread("impatient", be_impatient(Arc::clone(&permits)));
    let patient = {
        let permits = Arc::clone(&permits);
        start_thread("patient", async move { permits.take().await })
    };
    permits.give();
    impatient.join().expect("the impatient one does not panic");
    patient.join().expect("the patient one does not panic");
    assert_eq!(permits.available(), 0);
}
// end

// code: keeps-the-wake-up-aborted, mutex-aborted, lock-free-aborted, intrusive-aborted
/// One is aborted, one waits, and the main task gives, then aborts.
pub(super) fn one_is_aborted<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let aborted = {
        let permits = Arc::clone(&permits);
        start("aborted", async move {
            permits.take().await;
            permits.give();
        })
    };
    let patient = {
        let permits = Arc::clone(&permits);
        start("patient", async move { permits.take().await })
    };
    permits.give();
    aborted.abort();
    future::block_on(async {
        // It may have been faster.
        let _ = aborted.await;
        patient.await.expect("the patient one does not panic");
    });
    assert_eq!(permits.available(), 0);
}
// end

// code: anonymous-single, single-leaves-and-comes, single-first-leaves, single-comes-back
/// A waiter that stands in the queue already, before anything runs beside it.
fn queued<Q: Queue>(permits: &Arc<Permits<Q>>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let permits = Arc::clone(permits);
    let mut taking = Box::pin(async move { permits.take().await });
    let first_poll = taking.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(first_poll.is_pending(), "there is no permit yet");
    taking
}
// end

// code: single-leaves-and-comes
/// One is in the queue and leaves while a second one comes.
pub(super) fn one_leaves_and_one_comes<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let first = queued(&permits);
    let leaver = start("leaver", async move { drop(first) });
    let second = {
        let permits = Arc::clone(&permits);
        start("second", async move { permits.take().await })
    };
    future::block_on(async {
        leaver.await.expect("the leaver does not panic");
        permits.give();
        second.await.expect("the second one does not panic");
    });
}
// end

// code: single-first-leaves
/// Two are in the queue. The first leaves while a permit is given.
pub(super) fn the_first_leaves<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let first = queued(&permits);
    let second = queued(&permits);
    let leaver = start("leaver", async move { drop(first) });
    let second = start("second", second);
    permits.give();
    join([leaver, second]);
}
// end

// code: anonymous-single, single-comes-back
/// Two are in the queue and both are woken, for one permit. The first leaves while the second takes the
/// permit and comes back for another, which is then given.
pub(super) fn the_second_comes_back<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let first = queued(&permits);
    let second = queued(&permits);
    permits.give_many(1);
    let leaver = start("leaver", async move { drop(first) });
    let second = {
        let permits = Arc::clone(&permits);
        start("second", async move {
            second.await;
            permits.take().await;
        })
    };
    future::block_on(async {
        leaver.await.expect("the leaver does not panic");
        permits.give();
        second.await.expect("the second one does not panic");
    });
}
// end

/// Three tasks share one permit.
pub(super) fn three_share_one<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(1));
    join(["first", "second", "third"].map(|name| {
        let permits = Arc::clone(&permits);
        start(name, async move {
            permits.take().await;
            permits.give();
        })
    }));
}
