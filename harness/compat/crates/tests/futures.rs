//! Futures that hold futures, and what is waited for in time.

use std::time::Duration;

use futures::StreamExt;
use futures::future::FutureExt;
use futures::stream::FuturesUnordered;
use published_crates::{check, look};
use selvedge::FailureKind;
use selvedge::future::{cancelable, yield_now};
use tokio::sync::oneshot;
use tower::{Service, ServiceExt};

/// One task polls the future within; another one, woken meanwhile, finds it being polled and leaves its waker for the next time. If the
/// first one then gives up, although it has been woken, there is no next time.
#[test]
fn shared_forgets_who_waits_when_the_one_that_polls_gives_up() {
    let report = look("futures: Shared, two wait and one gives up", || async {
        let (sender, receiver) = oneshot::channel();
        let shared = async { receiver.await.unwrap() }.boxed().shared();
        let (first, second) = (shared.clone(), shared);
        let gives_up = tokio::spawn(async move { cancelable(first).await });
        let stays = tokio::spawn(second);
        let sends = tokio::spawn(async move { sender.send(7).unwrap() });
        assert_eq!(stays.await.unwrap(), 7);
        gives_up.await.unwrap();
        sends.await.unwrap();
    });
    let failure = report.failure.expect("it is mended by now");
    assert_eq!(failure.kind, FailureKind::LostWakeup, "{failure}");
}

#[test]
fn shared_wakes_all() {
    check("futures: Shared, two wait and both stay", || async {
        let (sender, receiver) = oneshot::channel();
        let shared = async { receiver.await.unwrap() }.boxed().shared();
        let tasks = [tokio::spawn(shared.clone()), tokio::spawn(shared)];
        sender.send(7).unwrap();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 7);
        }
    });
}

#[test]
fn a_set_of_futures_gives_all() {
    check("futures: FuturesUnordered, woken from two tasks", || async {
        let mut set = FuturesUnordered::new();
        let mut tasks = Vec::new();
        for n in 0..2 {
            let (sender, receiver) = oneshot::channel();
            set.push(receiver.map(Result::unwrap));
            tasks.push(tokio::spawn(async move { sender.send(n).unwrap() }));
        }
        let mut received = Vec::new();
        while let Some(n) = set.next().await {
            received.push(n);
        }
        received.sort_unstable();
        assert_eq!(received, [0, 1]);
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn a_queue_of_delays_gives_what_is_due() {
    check("tokio-util: DelayQueue, one is put off and one is removed", || async {
        let mut queue = tokio_util::time::DelayQueue::new();
        let first = queue.insert("first", Duration::from_secs(1));
        let second = queue.insert("second", Duration::from_secs(2));
        queue.insert("third", Duration::from_secs(2));
        queue.reset(&first, Duration::from_secs(3));
        let other = tokio::spawn(async { tokio::time::sleep(Duration::from_secs(2)).await });
        queue.remove(&second);
        assert_eq!(queue.next().await.map(|due| due.into_inner()), Some("third"));
        assert_eq!(queue.next().await.map(|due| due.into_inner()), Some("first"));
        assert!(queue.next().await.is_none());
        other.await.unwrap();
    });
}

#[test]
fn a_limit_lets_one_in_at_a_time() {
    check("tower: a limit of one call, and one of two gives up", || async {
        let service = tower::service_fn(|n: u32| async move {
            yield_now().await;
            Ok::<_, ()>(2 * n)
        });
        let limited = tower::limit::ConcurrencyLimit::new(service, 1);
        let (first, second) = (limited.clone(), limited);
        let gives_up = tokio::spawn(async move { cancelable(first.oneshot(1)).await });
        let stays = tokio::spawn(second.oneshot(2));
        assert_eq!(stays.await.unwrap(), Ok(4));
        gives_up.await.unwrap();
    });
}

#[test]
fn a_buffer_answers_all() {
    check("tower: a buffer of one, used by two", || async {
        let service = tower::service_fn(|n: u32| async move { Ok::<_, tower::BoxError>(2 * n) });
        let (mut buffer, worker) = tower::buffer::Buffer::pair(service, 1);
        let works = tokio::spawn(worker);
        let mut other = buffer.clone();
        let task = tokio::spawn(async move { other.ready().await.unwrap().call(1).await.unwrap() });
        assert_eq!(buffer.ready().await.unwrap().call(2).await.unwrap(), 4);
        assert_eq!(task.await.unwrap(), 2);
        drop(buffer);
        works.await.unwrap();
    });
}
