//! hyper-util's pools of connections: the one of its client, one that keeps connections for the next user, and one whose connection all
//! users share.
//!
//! They wake others while they hold a lock of std's, which a stopped task would keep. So each call is one operation, and the pool is what
//! all of them touch.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::channel::oneshot;
use hyper_util::client::legacy::pool::{Config, Pool, Poolable, Reservation, Ver};
use hyper_util::client::pool::cache;
use hyper_util::client::pool::singleton::Singleton;
use hyper_util::rt::TokioTimer;
use published_crates::{check, look};
use selvedge::FailureKind;
use selvedge::future::{cancelable, opaque};
use tower::{Service, ServiceExt};

const POOL: &str = "pool";

/// What is connected to, and when: the test has the other ends.
#[derive(Clone)]
struct Connector(Arc<Mutex<VecDeque<oneshot::Receiver<Connection>>>>);

type Connecting = Pin<Box<dyn Future<Output = Result<Connection, oneshot::Canceled>> + Send>>;

/// A connector for so many connections, and what completes each of them.
fn connector<const N: usize>() -> (Connector, [oneshot::Sender<Connection>; N]) {
    let mut attempts = VecDeque::new();
    let senders = std::array::from_fn(|_| {
        let (sender, receiver) = oneshot::channel();
        attempts.push_back(receiver);
        sender
    });
    (Connector(Arc::new(Mutex::new(attempts))), senders)
}

impl Connector {
    /// How many attempts nobody has begun.
    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Service<()> for Connector {
    type Response = Connection;
    type Error = oneshot::Canceled;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), oneshot::Canceled>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Connecting {
        let attempt = self.0.lock().unwrap().pop_front();
        Box::pin(opaque(POOL, attempt.expect("nobody connects so often")))
    }
}

/// A connection with a number, which may die.
#[derive(Clone, Debug)]
struct Connection {
    number: u32,
    open: Arc<AtomicBool>,
}

impl Connection {
    fn new(number: u32) -> Self {
        Connection {
            number,
            open: Arc::new(AtomicBool::new(true)),
        }
    }
}

impl Service<()> for Connection {
    type Response = u32;
    type Error = &'static str;
    type Future = std::future::Ready<Result<u32, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(self.open.load(SeqCst).then_some(()).ok_or("the connection is dead"))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        std::future::ready(Ok(self.number))
    }
}

impl Poolable for Connection {
    fn is_open(&self) -> bool {
        self.open.load(SeqCst)
    }

    fn reserve(self) -> Reservation<Self> {
        Reservation::Unique(self)
    }

    fn can_share(&self) -> bool {
        false
    }
}

/// What goes on in the background, for the test to wait for.
#[derive(Clone, Default)]
struct Background(Arc<Mutex<Vec<tokio::task::JoinHandle<()>>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Background {
    fn execute(&self, future: F) {
        let task = tokio::spawn(opaque(POOL, future));
        self.0.lock().unwrap().push(task);
    }
}

fn complete(attempt: oneshot::Sender<Connection>, connection: Connection) {
    // Whoever has asked for it may have gone.
    let _ = selvedge::opaque(POOL, || attempt.send(connection));
}

/// How many connections the pool keeps. Its type has no name.
macro_rules! idle {
    ($pool:ident) => {
        selvedge::opaque(POOL, || {
            let mut idle = 0;
            $pool.retain(|_| {
                idle += 1;
                true
            });
            idle
        })
    };
}

const HOST: &str = "host";

/// The pool of the client, in which nothing expires.
fn pool() -> Pool<Connection, &'static str> {
    let config = Config {
        idle_timeout: None,
        max_idle_per_host: 8,
    };
    Pool::new(config, Background::default(), None::<TokioTimer>)
}

/// Brings a new connection into the pool; dropped, it is kept for the next.
fn insert(pool: &Pool<Connection, &'static str>, connection: Connection) {
    selvedge::opaque(POOL, || {
        let connecting = pool.connecting(&HOST, Ver::Auto).expect("connections are not shared");
        drop(pool.pooled(connecting, connection));
    });
}

#[test]
fn the_pool_of_the_client_gives_a_connection_to_who_waits() {
    check("hyper-util: a connection comes back to the client", || async {
        let pool = pool();
        let users: Vec<_> = (0..2)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move {
                    let connection = opaque(POOL, pool.checkout(HOST)).await.expect("none is closed");
                    let number = connection.number;
                    selvedge::opaque(POOL, || drop(connection));
                    number
                })
            })
            .collect();
        insert(&pool, Connection::new(1));
        for user in users {
            assert_eq!(user.await.unwrap(), 1);
        }
    });
}

#[test]
fn the_pool_of_the_client_hands_out_no_dead_connection_while_there_is_another() {
    check("hyper-util: a connection dies on its way", || async {
        let pool = pool();
        let (dies, users) = (Connection::new(1), pool.clone());
        let user = tokio::spawn(async move {
            // As the client does, which takes another one if the first was closed on its way.
            loop {
                let taken = users
                    .checkout(HOST)
                    .map(|taken| taken.map(|connection| connection.is_open()));
                if let Ok(open) = opaque(POOL, taken).await {
                    break open;
                }
            }
        });
        let open = Arc::clone(&dies.open);
        let end = tokio::spawn(async move { selvedge::opaque(POOL, || open.store(false, SeqCst)) });
        insert(&pool, dies);
        insert(&pool, Connection::new(2));
        assert!(user.await.unwrap());
        end.await.unwrap();
    });
}

/// A connection is sent to the first who waits. If that one gives up before it has taken it, the connection is dropped with the channel,
/// and neither kept nor sent to the next. In the client, whoever waits makes a connection of its own as well, so nobody waits for ever; but
/// the connection is closed.
#[test]
fn the_pool_of_the_client_loses_a_connection_when_its_user_gives_up() {
    let report = look("hyper-util: whoever waits in the client gives up", || async {
        let pool = pool();
        let users = pool.clone();
        let user = tokio::spawn(async move {
            let connection = cancelable(opaque(POOL, users.checkout(HOST))).await;
            selvedge::opaque(POOL, || drop(connection));
        });
        insert(&pool, Connection::new(1));
        user.await.unwrap();
        let kept = selvedge::opaque(POOL, || pool.checkout(HOST).now_or_never());
        assert!(matches!(kept, Some(Ok(_))), "the connection is lost");
    });
    let failure = report.failure.expect("it is mended by now");
    assert!(failure.message.contains("the connection is lost"), "{failure}");
}

#[test]
fn a_cache_keeps_the_connection_that_lost_the_race() {
    check("hyper-util: a connection comes back while another is made", || async {
        let (connector, [first, second]) = connector();
        let background = Background::default();
        let mut pool = cache::builder().executor(background.clone()).build(connector.clone());
        complete(first, Connection::new(1));
        let held = opaque(POOL, pool.clone().oneshot(())).await.unwrap();
        let other = pool.clone();
        let user = tokio::spawn(async move {
            let connection = opaque(POOL, other.oneshot(())).await.unwrap();
            selvedge::opaque(POOL, || drop(connection));
        });
        let connects = tokio::spawn(async move { complete(second, Connection::new(2)) });
        selvedge::opaque(POOL, || drop(held));
        user.await.unwrap();
        connects.await.unwrap();
        let tasks = std::mem::take(&mut *background.0.lock().unwrap());
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(idle!(pool), 2 - connector.left());
    });
}

#[test]
fn a_cache_gives_a_connection_to_the_next_when_one_gives_up() {
    check("hyper-util: whoever waits for a connection gives up", || async {
        let (connector, [first, second, third]) = connector();
        let mut pool = cache::builder().build(connector);
        complete(first, Connection::new(1));
        let held = opaque(POOL, pool.clone().oneshot(())).await.unwrap();
        let (first_user, second_user) = (pool.clone(), pool.clone());
        let gives_up = tokio::spawn(async move {
            let connection = cancelable(opaque(POOL, first_user.oneshot(()))).await;
            selvedge::opaque(POOL, || drop(connection));
        });
        let stays = tokio::spawn(async move {
            let connection = opaque(POOL, second_user.oneshot(())).await.unwrap();
            assert_eq!(connection.inner().number, 1);
            selvedge::opaque(POOL, || drop(connection));
        });
        selvedge::opaque(POOL, || drop(held));
        stays.await.unwrap();
        gives_up.await.unwrap();
        assert_eq!(idle!(pool), 1);
        drop((second, third));
    });
}

#[test]
fn a_cache_keeps_a_connection_when_an_attempt_fails() {
    check("hyper-util: a connection comes back while an attempt fails", || async {
        let (connector, [first, second]) = connector();
        let mut pool = cache::builder().build(connector);
        complete(first, Connection::new(1));
        let held = opaque(POOL, pool.clone().oneshot(())).await.unwrap();
        let mut other = pool.clone();
        let user = tokio::spawn(async move {
            opaque(POOL, other.ready()).await.unwrap();
            // A poll looks for a connection that has come back, and then at the attempt: something may happen in between.
            let connection = selvedge::opaque(POOL, || other.call(())).await;
            selvedge::opaque(POOL, || drop(connection));
        });
        let fails = tokio::spawn(async move { selvedge::opaque(POOL, || drop(second)) });
        selvedge::opaque(POOL, || drop(held));
        user.await.unwrap();
        fails.await.unwrap();
        assert_eq!(idle!(pool), 1);
    });
}

#[test]
fn a_singleton_is_made_by_the_next_when_one_gives_up() {
    check("hyper-util: whoever makes the shared connection gives up", || async {
        let (connector, [first, second]) = connector();
        let pool = Singleton::new(connector);
        let (others, theirs) = (pool.clone(), pool.clone());
        let gives_up = tokio::spawn(async move { cancelable(opaque(POOL, others.oneshot(()))).await.is_some() });
        let stays = tokio::spawn(async move { opaque(POOL, theirs.oneshot(())).await.is_ok() });
        let connects = tokio::spawn(async move {
            complete(first, Connection::new(1));
            complete(second, Connection::new(2));
        });
        assert!(stays.await.unwrap());
        gives_up.await.unwrap();
        connects.await.unwrap();
        assert!(!selvedge::opaque(POOL, || pool.is_empty()));
    });
}

/// Whoever finds that the shared connection is dead empties the pool, also if another user has found so before and the next connection is
/// being made already. What that user waits for is gone, and so is its waker.
#[test]
fn a_singleton_forgets_who_waits_when_two_find_a_connection_dead() {
    let report = look("hyper-util: two find the shared connection dead", || async {
        let (connector, [first, second, third]) = connector();
        let pool = Singleton::new(connector);
        let dies = Connection::new(1);
        complete(first, dies.clone());
        let mut mine = opaque(POOL, pool.clone().oneshot(())).await.unwrap();
        let mut theirs = opaque(POOL, pool.clone().oneshot(())).await.unwrap();
        dies.open.store(false, SeqCst);
        let other = pool.clone();
        let user = tokio::spawn(async move {
            assert!(opaque(POOL, ServiceExt::<()>::ready(&mut theirs)).await.is_err());
            assert!(opaque(POOL, other.oneshot(())).await.is_ok());
        });
        let connects = tokio::spawn(async move {
            complete(second, Connection::new(2));
            complete(third, Connection::new(3));
        });
        assert!(opaque(POOL, ServiceExt::<()>::ready(&mut mine)).await.is_err());
        assert!(opaque(POOL, pool.oneshot(())).await.is_ok());
        user.await.unwrap();
        connects.await.unwrap();
    });
    let failure = report.failure.expect("it is mended by now");
    assert_eq!(failure.kind, FailureKind::LostWakeup, "{failure}");
}
