//! The programs, each for any queue. All of them end when every waiter got its permit.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use selvedge::sync::Arc;
use selvedge::{future, note, thread};
use selvedge_primitives::waiter_queue::{Permits, WaiterQueue};

/// A queue that tasks can share.
pub(super) trait Queue: WaiterQueue<Slot: Send> + Send + Sync + 'static {}
impl<Q: WaiterQueue<Slot: Send> + Send + Sync + 'static> Queue for Q {}

/// A task of that name.
pub(super) fn start(name: &str, body: impl Future<Output = ()> + Send + 'static) -> future::JoinHandle<()> {
    future::Builder::new().name(name).spawn(body)
}

/// A thread of that name that runs a future.
pub(super) fn start_thread(name: &str, body: impl Future<Output = ()> + Send + 'static) -> thread::JoinHandle<()> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder
        .spawn(move || future::block_on(body))
        .expect("a thread can start")
}

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

fn join(tasks: impl IntoIterator<Item = future::JoinHandle<()>>) {
    future::block_on(async {
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
}

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

/// One gives up, another takes two permits, and the giver wakes everybody, then one.
pub(super) fn a_neighbour_comes_back<Q: Queue>() {
    let permits = Arc::new(Permits::<Q>::new(0));
    let impatient = start("impatient", be_impatient(Arc::clone(&permits)));
    let patient = {
        let permits = Arc::clone(&permits);
        start("patient", async move {
            permits.take().await;
            permits.take().await;
        })
    };
    let giver = {
        let permits = Arc::clone(&permits);
        start("giver", async move {
            permits.give_many(1);
            permits.give();
        })
    };
    join([impatient, patient, giver]);
    assert_eq!(permits.available(), 0);
}
