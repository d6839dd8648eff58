//! Pools of connections: one for two who want it.

use std::convert::Infallible;
use std::time::Duration;

use published_crates::check;
use selvedge::future::cancelable;

struct Connections;

impl bb8::ManageConnection for Connections {
    type Connection = u32;
    type Error = Infallible;

    async fn connect(&self) -> Result<u32, Infallible> {
        Ok(7)
    }

    async fn is_valid(&self, _: &mut u32) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut u32) -> bool {
        false
    }
}

async fn one_of_bb8(timeout: u64) -> bb8::Pool<Connections> {
    let timeout = Duration::from_secs(timeout);
    bb8::Pool::builder()
        .max_size(1)
        .connection_timeout(timeout)
        .build(Connections)
        .await
        .unwrap()
}

#[test]
fn bb8_has_one_connection_for_two() {
    check("bb8: one connection for two", || async {
        let pool = one_of_bb8(5).await;
        let other = pool.clone();
        let task = tokio::spawn(async move { *other.get().await.unwrap() });
        assert_eq!(*pool.get().await.unwrap(), 7);
        assert_eq!(task.await.unwrap(), 7);
        assert_eq!(pool.state().connections, 1);
    });
}

#[test]
fn bb8_gives_a_connection_to_the_next_when_one_gives_up() {
    check("bb8: whoever waits gives up", || async {
        let pool = one_of_bb8(5).await;
        let held = pool.get().await.unwrap();
        let (first, second) = (pool.clone(), pool.clone());
        let gives_up = tokio::spawn(async move { cancelable(first.get()).await.is_some() });
        let stays = tokio::spawn(async move { *second.get().await.unwrap() });
        drop(held);
        gives_up.await.unwrap();
        assert_eq!(stays.await.unwrap(), 7);
    });
}

#[test]
fn bb8_keeps_a_connection_that_comes_back_late() {
    check("bb8: a connection comes back when the time is over", || async {
        let pool = one_of_bb8(1).await;
        let held = pool.get().await.unwrap();
        let other = pool.clone();
        let late = tokio::spawn(async move { other.get().await.map(|connection| *connection).ok() });
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(held);
        late.await.unwrap();
        assert_eq!(*pool.get().await.unwrap(), 7);
    });
}

struct Objects;

impl deadpool::managed::Manager for Objects {
    type Type = u32;
    type Error = Infallible;

    async fn create(&self) -> Result<u32, Infallible> {
        Ok(7)
    }

    async fn recycle(
        &self,
        _: &mut u32,
        _: &deadpool::managed::Metrics,
    ) -> deadpool::managed::RecycleResult<Infallible> {
        Ok(())
    }
}

fn one_of_deadpool() -> deadpool::managed::Pool<Objects> {
    deadpool::managed::Pool::builder(Objects)
        .max_size(1)
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .unwrap()
}

#[test]
fn deadpool_has_one_object_for_two() {
    check("deadpool: one object for two", || async {
        let pool = one_of_deadpool();
        let other = pool.clone();
        let task = tokio::spawn(async move { **other.get().await.as_ref().unwrap() });
        assert_eq!(**pool.get().await.as_ref().unwrap(), 7);
        assert_eq!(task.await.unwrap(), 7);
        assert_eq!(pool.status().size, 1);
    });
}

#[test]
fn deadpool_gives_an_object_to_the_next_when_one_gives_up() {
    check("deadpool: whoever waits gives up", || async {
        let pool = one_of_deadpool();
        let held = pool.get().await.unwrap();
        let (first, second) = (pool.clone(), pool.clone());
        let gives_up = tokio::spawn(async move { cancelable(first.get()).await.is_some() });
        let stays = tokio::spawn(async move { **second.get().await.as_ref().unwrap() });
        drop(held);
        gives_up.await.unwrap();
        assert_eq!(stays.await.unwrap(), 7);
        assert!(pool.status().size <= 1);
    });
}

#[test]
fn deadpool_wakes_all_when_it_is_closed() {
    check("deadpool: closed while two wait", || async {
        let pool = one_of_deadpool();
        let held = pool.get().await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.get().await.is_ok() })
            })
            .collect();
        pool.close();
        drop(held);
        for task in waiting {
            task.await.unwrap();
        }
    });
}

#[test]
fn deadpool_may_be_resized_while_one_waits() {
    check("deadpool: resized while one waits", || async {
        let pool = one_of_deadpool();
        let held = pool.get().await.unwrap();
        let other = pool.clone();
        let waits = tokio::spawn(async move { other.get().await.is_ok() });
        pool.resize(2);
        assert!(waits.await.unwrap());
        drop(held);
    });
}
