//! Caches and maps: a value is made once, and whoever gives up making it leaves that to the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use published_crates::check;
use selvedge::future::{cancelable, yield_now};

#[test]
fn moka_makes_a_value_once() {
    check("moka: two want the same value", || async {
        let (cache, made) = (moka::future::Cache::new(10), Arc::new(AtomicU32::new(0)));
        let (theirs, made_there) = (cache.clone(), Arc::clone(&made));
        let make = |made: Arc<AtomicU32>| async move {
            yield_now().await;
            made.fetch_add(1, SeqCst) + 1
        };
        let task = tokio::spawn(async move { theirs.get_with("key", make(made_there)).await });
        assert_eq!(cache.get_with("key", make(Arc::clone(&made))).await, 1);
        assert_eq!(task.await.unwrap(), 1);
    });
}

#[test]
fn moka_leaves_a_value_to_the_next_when_one_gives_up() {
    check("moka: whoever makes the value gives up", || async {
        let cache = moka::future::Cache::new(10);
        let theirs = cache.clone();
        let make = || async {
            yield_now().await;
            7
        };
        let task = tokio::spawn(async move { cancelable(theirs.get_with("key", make())).await });
        assert_eq!(cache.get_with("key", make()).await, 7);
        task.await.unwrap();
    });
}

#[test]
fn quick_cache_makes_a_value_once() {
    check("quick_cache: two want the same value", || async {
        let (cache, made) = (
            Arc::new(quick_cache::sync::Cache::<u32, u32>::new(10)),
            Arc::new(AtomicU32::new(0)),
        );
        let (theirs, made_there) = (Arc::clone(&cache), Arc::clone(&made));
        let make = |made: Arc<AtomicU32>| async move {
            yield_now().await;
            Ok::<_, ()>(made.fetch_add(1, SeqCst) + 1)
        };
        let task = tokio::spawn(async move { theirs.get_or_insert_async(&1, make(made_there)).await.unwrap() });
        assert_eq!(cache.get_or_insert_async(&1, make(Arc::clone(&made))).await, Ok(1));
        assert_eq!(task.await.unwrap(), 1);
    });
}

#[test]
fn quick_cache_leaves_a_value_to_the_next_when_one_gives_up() {
    check("quick_cache: whoever makes the value gives up", || async {
        let cache = Arc::new(quick_cache::sync::Cache::<u32, u32>::new(10));
        let (theirs, third) = (Arc::clone(&cache), Arc::clone(&cache));
        let make = || async {
            yield_now().await;
            Ok::<_, ()>(7)
        };
        let gives_up = tokio::spawn(async move { cancelable(theirs.get_or_insert_async(&1, make())).await.is_some() });
        let stays = tokio::spawn(async move { third.get_or_insert_async(&1, make()).await });
        assert_eq!(cache.get_or_insert_async(&1, make()).await, Ok(7));
        assert_eq!(stays.await.unwrap(), Ok(7));
        gives_up.await.unwrap();
    });
}

#[test]
fn dashmap_counts_both() {
    check("dashmap: two count in one entry", || async {
        let map = Arc::new(dashmap::DashMap::<u32, u32>::new());
        let theirs = Arc::clone(&map);
        let task = tokio::spawn(async move {
            *theirs.entry(1).or_insert(0) += 1;
            yield_now().await;
            *theirs.entry(1).or_insert(0) += 1;
        });
        *map.entry(1).or_insert(0) += 1;
        yield_now().await;
        task.await.unwrap();
        assert_eq!(*map.get(&1).unwrap(), 3);
    });
}

#[test]
fn arc_swap_shows_one_value_or_the_other() {
    check("arc-swap: a value is replaced while others hold it", || async {
        let value = Arc::new(arc_swap::ArcSwap::from_pointee((1, 1)));
        let theirs = Arc::clone(&value);
        let task = tokio::spawn(async move {
            let held = theirs.load();
            yield_now().await;
            assert_eq!(held.0, held.1);
            theirs.rcu(|old| (old.0 + 1, old.1 + 1));
        });
        value.store(Arc::new((2, 2)));
        yield_now().await;
        task.await.unwrap();
        let last = value.load();
        assert!(matches!(**last, (2, 2) | (3, 3)));
    });
}
