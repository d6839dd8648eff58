//! The server, for any runtime and any waiter queue.
//!
//! Whoever connects is told that it stands in line, later that it is its turn, and then hears what it says.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::net;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

use selvedge_primitives::notify::versioned::Notify;
use selvedge_primitives::semaphore::Semaphore;
use selvedge_primitives::waiter_queue::{Permits, WaiterQueue};

use crate::runtimes::Runtime;

/// How many connections are served at the same time, on all threads together.
pub(crate) const SLOTS: usize = 3;

/// What is said has as many bytes, on either side.
pub(crate) type Message = [u8; 4];
pub(crate) const IN_LINE: Message = *b"line";
pub(crate) const YOUR_TURN: Message = *b"turn";

/// A queue that threads share.
pub(crate) trait Queue: WaiterQueue<Slot: Send> + Send + Sync + 'static {}

impl<Q: WaiterQueue<Slot: Send> + Send + Sync + 'static> Queue for Q {}

/// What the threads of the server share.
pub(crate) struct Server<Q> {
    pub(crate) slots: Semaphore,
    pub(crate) stop: Stop,
    journal: Journal<Q>,
    /// How many are served now.
    // Ordering of both counts: Relaxed. Whoever goes down gives its slot back afterwards, and whoever goes up has taken one before, so
    // the semaphore has them in order; the maximum is read when the threads have been joined.
    serving: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl<Q: Queue> Server<Q> {
    pub(crate) fn new() -> Self {
        Server {
            slots: Semaphore::new(SLOTS),
            stop: Stop::default(),
            journal: Journal {
                entries: Mutex::default(),
                filled: Permits::new(0),
            },
            serving: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        }
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::Relaxed)
    }
}

/// A thread of the server, until it is told to stop. What the journal on this thread takes goes to `kept`.
pub(crate) fn thread<R: Runtime, Q: Queue>(
    server: &Arc<Server<Q>>,
    listener: net::TcpListener,
    kept: mpsc::Sender<Message>,
) -> io::Result<()> {
    R::block_on(async {
        let listener = R::listener(listener)?;
        let keeper = R::spawn(keep(Arc::clone(server), kept));
        let mut connections = Vec::new();
        let mut stop = pin!(server.stop.requested());
        while let First::Right(stream) = first(stop.as_mut(), R::accept(&listener)).await {
            connections.push(R::spawn(connection::<R, Q>(Arc::clone(server), stream?)));
        }
        for connection in connections {
            connection.await;
        }
        keeper.await;
        Ok(())
    })?
}

async fn keep<Q: Queue>(server: Arc<Server<Q>>, kept: mpsc::Sender<Message>) {
    let mut stop = pin!(server.stop.requested());
    while let First::Right(entry) = first(stop.as_mut(), server.journal.take()).await {
        kept.send(entry).expect("somebody reads the journal");
    }
}

async fn connection<R: Runtime, Q: Queue>(server: Arc<Server<Q>>, stream: R::Stream) {
    // Whoever hangs up, in line or later, has heard enough.
    let _ = wait_and_serve::<R, Q>(&server, &stream).await;
}

async fn wait_and_serve<R: Runtime, Q: Queue>(server: &Server<Q>, stream: &R::Stream) -> io::Result<()> {
    R::write(stream, IN_LINE.to_vec()).await?;
    // Nobody speaks before its turn: what ends this read meanwhile is that somebody has left, and the request for a slot is dropped,
    // whether it has been granted or not. The read is not: a completed one may hold the first message.
    let mut heard = pin!(R::read(stream, size_of::<Message>()));
    let First::Right(slot) = first(heard.as_mut(), server.slots.acquire(1)).await else {
        return Ok(());
    };
    let serving = server.serving.fetch_add(1, Ordering::Relaxed) + 1;
    server.most_at_once.fetch_max(serving, Ordering::Relaxed);
    let served = serve::<R, Q>(server, stream, heard).await;
    server.serving.fetch_sub(1, Ordering::Relaxed);
    drop(slot);
    served
}

async fn serve<R: Runtime, Q: Queue>(
    server: &Server<Q>,
    stream: &R::Stream,
    first_message: impl Future<Output = io::Result<Vec<u8>>>,
) -> io::Result<()> {
    R::write(stream, YOUR_TURN.to_vec()).await?;
    let mut message = first_message.await?;
    loop {
        server
            .journal
            .put(message[..].try_into().expect("as many bytes were read"));
        R::write(stream, message).await?;
        message = R::read(stream, size_of::<Message>()).await?;
    }
}

/// What was said, handed over to whoever takes it first. A permit stands for an entry.
struct Journal<Q> {
    entries: Mutex<VecDeque<Message>>,
    filled: Permits<Q>,
}

impl<Q: Queue> Journal<Q> {
    fn put(&self, entry: Message) {
        self.entries.lock().expect("nobody panics here").push_back(entry);
        self.filled.give();
    }

    async fn take(&self) -> Message {
        self.filled.take().await;
        let entry = self.entries.lock().expect("nobody panics here").pop_front();
        entry.expect("a permit stands for an entry")
    }
}

/// That the server is to stop.
#[derive(Default)]
pub(crate) struct Stop {
    requested: AtomicBool,
    notify: Notify,
}

impl Stop {
    pub(crate) fn request(&self) {
        // Ordering: Relaxed, here and below; who captures the version that `notify_waiters` raises sees this store, and who captured
        // the one before is woken.
        self.requested.store(true, Ordering::Relaxed);
        self.notify.notify_waiters();
    }

    async fn requested(&self) {
        let notified = self.notify.notified();
        if !self.requested.load(Ordering::Relaxed) {
            notified.await;
        }
    }
}

enum First<L, R> {
    Left(L),
    Right(R),
}

/// Whichever is ready first, and the left one of two that are. The right one is dropped if it is not.
async fn first<L, R>(left: impl Future<Output = L> + Unpin, right: impl Future<Output = R>) -> First<L, R> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|cx| {
        if let Poll::Ready(left) = left.as_mut().poll(cx) {
            return Poll::Ready(First::Left(left));
        }
        right.as_mut().poll(cx).map(First::Right)
    })
    .await
}
