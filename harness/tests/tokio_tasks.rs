//! `selvedge::tokio::{task, runtime}`: sets of tasks, local tasks, task locals and what blocks, explored.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::rc::Rc;
use std::time::Duration;

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::tokio;
use selvedge::tokio::runtime::{Builder, Handle, Runtime};
use selvedge::tokio::sync::{Notify, oneshot};
use selvedge::tokio::task::{self, JoinSet, LocalSet};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, opaque};

fn explore<R: std::fmt::Debug + 'static>(name: &str, program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new(name)
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .run(program)
}

fn explore_future<F, R>(name: &str, f: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: std::fmt::Debug + 'static,
{
    explore(name, move || future::block_on(f()))
}

#[track_caller]
fn outcomes(report: Report) -> Vec<String> {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    report.outcomes.into_keys().collect()
}

#[track_caller]
fn fails(report: Report) -> FailureKind {
    report.failure.unwrap_or_else(|| panic!("an interleaving fails")).kind
}

#[test]
fn a_set_is_joined_in_every_order_of_finishing() {
    let report = explore_future("join-set/orders", || async {
        let mut set: JoinSet<u32> = (0..3).map(|i| async move { i }).collect();
        let mut joined = Vec::new();
        while let Some(value) = set.join_next().await {
            joined.push(value.unwrap());
        }
        joined
    });
    assert_eq!(outcomes(report).len(), 6);
}

#[test]
fn a_set_is_joined_in_the_order_of_finishing_that_others_have_seen() {
    let report = explore_future("join-set/order-seen", || async {
        let first = Arc::new(AtomicU32::new(0));
        let mut set = JoinSet::new();
        let (send, receive) = oneshot::channel();
        set.spawn(async move {
            receive.await.unwrap();
            'b'
        });
        let theirs = first.clone();
        let a = future::spawn(async move { theirs.store(1, SeqCst) });
        a.await.unwrap();
        set.spawn(async { 'a' });
        // 'b' cannot finish before it is told, and that is after 'a'.
        let one = set.join_next().await.unwrap().unwrap();
        send.send(()).unwrap();
        let other = set.join_next().await.unwrap().unwrap();
        (one, other, set.join_next().await.is_none(), first.load(SeqCst))
    });
    assert_eq!(outcomes(report), ["('a', 'b', true, 1)"]);
}

#[test]
fn a_program_that_takes_the_first_to_finish_for_the_first_started_is_caught() {
    let report = explore_future("join-set/naive", || async {
        let mut set = JoinSet::new();
        for i in 0..2 {
            set.spawn(async move { i });
        }
        assert_eq!(set.join_next().await.unwrap().unwrap(), 0, "the first that was started");
    });
    assert_eq!(fails(report), FailureKind::Panic);
}

#[test]
fn join_all_collects_every_value() {
    let report = explore_future("join-set/all", || async {
        let set: JoinSet<u32> = (0..3).map(|i| async move { i }).collect();
        set.join_all().await.into_iter().collect::<BTreeSet<_>>()
    });
    assert_eq!(outcomes(report), ["{0, 1, 2}"]);
}

#[test]
fn try_join_next_sees_both_answers() {
    let report = explore_future("join-set/try", || async {
        let mut set = JoinSet::new();
        let id = set.spawn(async { 7 }).id();
        match set.try_join_next_with_id() {
            Some(joined) => joined.unwrap() == (id, 7),
            None => set.join_next().await.unwrap().unwrap() != 7,
        }
    });
    assert_eq!(outcomes(report), ["false", "true"]);
}

#[test]
fn a_task_of_a_set_that_panics_is_told_apart_from_one_that_was_aborted() {
    let report = explore_future("join-set/failures", || async {
        let mut set = JoinSet::new();
        let panics = set.spawn(async { std::panic::resume_unwind(Box::new("boom")) }).id();
        let aborted = set.spawn(pending::<()>());
        let first = set.join_next().await.unwrap().unwrap_err();
        aborted.abort();
        let second = set.join_next().await.unwrap().unwrap_err();
        assert!(first.id() == panics && second.id() == aborted.id());
        assert!(second.is_cancelled() && second.try_into_panic().is_err());
        *first.try_into_panic().unwrap().downcast::<&str>().unwrap()
    });
    assert_eq!(outcomes(report), [r#""boom""#]);
}

#[test]
fn a_set_that_is_dropped_aborts_its_tasks_and_one_that_is_detached_does_not() {
    async fn program(detached: bool) -> bool {
        let (send, receive) = oneshot::channel::<()>();
        let go = Arc::new(Notify::new());
        let theirs = go.clone();
        let mut set = JoinSet::new();
        set.spawn(async move {
            theirs.notified().await;
            let _ = send.send(());
        });
        if detached {
            set.detach_all();
        }
        drop(set);
        go.notify_one();
        receive.await.is_ok()
    }
    let dropped = explore_future("join-set/dropped", || program(false));
    // It may be too late: the task is polled already, and finds the permit.
    assert_eq!(outcomes(dropped), ["false", "true"]);
    let detached = explore_future("join-set/detached", || program(true));
    assert_eq!(outcomes(detached), ["true"]);
}

#[test]
fn a_set_shuts_down_before_it_goes_on() {
    let report = explore_future("join-set/shutdown", || async {
        struct Ends(Arc<AtomicU32>);
        impl Drop for Ends {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
            }
        }
        let ended = Arc::new(AtomicU32::new(0));
        let mut set = JoinSet::new();
        for _ in 0..2 {
            let ends = Ends(ended.clone());
            set.spawn(async move {
                let _ends = ends;
                pending::<()>().await;
            });
        }
        set.shutdown().await;
        (ended.load(SeqCst), set.len())
    });
    assert_eq!(outcomes(report), ["(2, 0)"]);
}

#[test]
fn joining_beside_a_timer_loses_no_task() {
    let report = explore_future("join-set/select", || async {
        let mut set = JoinSet::new();
        let go = Arc::new(Notify::new());
        let theirs = go.clone();
        set.spawn(async move { theirs.notified().await });
        let tick = future::spawn(async {});
        tokio::select! {
            biased;
            joined = set.join_next() => joined.unwrap().unwrap(),
            _ = tick => {}
        }
        go.notify_one();
        while let Some(joined) = set.join_next().await {
            joined.unwrap();
        }
        set.is_empty()
    });
    assert_eq!(outcomes(report), ["true"]);
}

#[test]
fn what_blocks_runs_beside_futures_and_may_wait_for_them() {
    let report = explore_future("blocking/spawn", || async {
        let (send, receive) = oneshot::channel();
        let blocking = task::spawn_blocking(move || future::block_on(receive).unwrap() + 1);
        let other = task::spawn(async move { send.send(1).unwrap() });
        other.await.unwrap();
        blocking.await.unwrap()
    });
    assert_eq!(outcomes(report), ["2"]);
}

#[test]
fn two_that_block_race_as_threads_do() {
    let report = explore_future("blocking/race", || async {
        let counter = Arc::new(AtomicU32::new(0));
        let add = |counter: Arc<AtomicU32>| move || counter.store(counter.load(SeqCst) + 1, SeqCst);
        let (a, b) = (
            task::spawn_blocking(add(counter.clone())),
            task::spawn_blocking(add(counter.clone())),
        );
        a.await.unwrap();
        b.await.unwrap();
        counter.load(SeqCst)
    });
    assert_eq!(outcomes(report), ["1", "2"]);
}

#[test]
fn what_blocks_is_aborted_only_before_it_begins() {
    let report = explore_future("blocking/abort", || async {
        let started = Arc::new(AtomicU32::new(0));
        let theirs = started.clone();
        let (send, receive) = oneshot::channel();
        let blocking = task::spawn_blocking(move || {
            theirs.store(1, SeqCst);
            // Where it waits, it is woken by nothing but this.
            future::block_on(receive).unwrap()
        });
        blocking.abort();
        let _ = send.send(7);
        let result = blocking.await;
        (result.map_err(|e| e.is_cancelled()), started.load(SeqCst))
    });
    assert_eq!(outcomes(report), ["(Err(true), 0)", "(Ok(7), 1)"]);
}

#[test]
fn block_in_place_may_wait_and_keeps_the_wake_up_of_the_outer_future() {
    selvedge::thread_local! {
        static DEPTH: Cell<u32> = Cell::new(0);
    }
    let report = explore_future("blocking/in-place", || async {
        let (send, receive) = oneshot::channel();
        let (outer_send, outer) = oneshot::channel();
        let other = task::spawn(async move {
            outer_send.send(1).unwrap();
            send.send(2).unwrap();
        });
        let task = task::spawn(async move {
            let mut outer = Box::pin(outer);
            let id = task::id();
            let polled = std::future::poll_fn(|cx| {
                // Registered, and woken while the inner one waits, perhaps.
                std::task::Poll::Ready(outer.as_mut().poll(cx))
            })
            .await;
            DEPTH.with(|depth| depth.set(3));
            let inner = task::block_in_place(|| {
                future::block_on(async {
                    let value = receive.await.unwrap();
                    value + DEPTH.with(|depth| depth.replace(4))
                })
            });
            assert_eq!((DEPTH.with(Cell::get), task::id()), (4, id));
            let outer = match polled {
                std::task::Poll::Ready(value) => value,
                std::task::Poll::Pending => outer.await,
            };
            (outer.unwrap(), inner)
        });
        other.await.unwrap();
        task.await.unwrap()
    });
    assert_eq!(outcomes(report), ["(1, 5)"]);
}

#[test]
fn tasks_have_ids_and_the_main_future_has_none() {
    let report = explore_future("tasks/id", || async {
        let task = task::spawn(async { task::id() });
        let (id, abort) = (task.id(), task.abort_handle().id());
        let other = task::spawn(async {}).id();
        let inside = task.await.unwrap();
        (id == inside && abort == id && other != id, task::try_id().is_none())
    });
    assert_eq!(outcomes(report), ["(true, true)"]);
}

#[test]
fn a_runtime_runs_futures_and_its_handle_does_elsewhere() {
    let report = explore("runtime/threads", || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("worker")
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let counter = Arc::new(Mutex::new(0));
        let theirs = counter.clone();
        let thread = selvedge::thread::spawn(move || {
            handle.block_on(async move {
                let task = Handle::current().spawn(async move { *theirs.lock().unwrap() += 1 });
                task.await.unwrap();
            });
        });
        let mine = counter.clone();
        runtime.block_on(async move {
            tokio::spawn(async move { *mine.lock().unwrap() += 1 }).await.unwrap();
            tokio::time::sleep(Duration::from_secs(1000)).await;
        });
        thread.join().unwrap();
        runtime.shutdown_background();
        *counter.lock().unwrap()
    });
    assert_eq!(outcomes(report), ["2"]);
}

#[test]
fn a_lost_update_between_tasks_of_a_runtime_is_found() {
    let report = explore("runtime/lost-update", || {
        Runtime::new().unwrap().block_on(async {
            let counter = Arc::new(AtomicU32::new(0));
            let add = |counter: Arc<AtomicU32>| async move {
                let seen = counter.load(SeqCst);
                counter.store(seen + 1, SeqCst);
            };
            let tasks = [tokio::spawn(add(counter.clone())), tokio::spawn(add(counter.clone()))];
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(counter.load(SeqCst), 2, "an update is lost");
        });
    });
    assert_eq!(fails(report), FailureKind::Panic);
}

#[test]
fn a_task_local_stays_with_its_future_whoever_runs_between() {
    tokio::task_local! {
        static NAME: u32;
    }
    let report = explore_future("task-local", || async {
        let shared = Arc::new(AtomicU32::new(0));
        let sees = |shared: Arc<AtomicU32>| async move {
            let before = NAME.get();
            shared.fetch_add(1, SeqCst);
            task::yield_now().await;
            shared.fetch_add(1, SeqCst);
            before == NAME.get()
        };
        let a = task::spawn(NAME.scope(1, sees(shared.clone())));
        let b = task::spawn(NAME.scope(2, sees(shared)));
        let inner = NAME.sync_scope(3, || NAME.with(|name| *name));
        (a.await.unwrap(), b.await.unwrap(), inner, NAME.try_get().is_err())
    });
    assert_eq!(outcomes(report), ["(true, true, 3, true)"]);
}

#[test]
fn local_tasks_are_not_interrupted_by_each_other_between_awaits() {
    let report = explore("local/exclusive", || {
        let set = LocalSet::new();
        future::block_on(set.run_until(async {
            let counter = Rc::new(RefCell::new(0));
            let outside = Arc::new(AtomicU32::new(0));
            let add = |counter: Rc<RefCell<u32>>, outside: Arc<AtomicU32>| async move {
                // Held over an operation that others may come before, but not over an await.
                let mut counter = counter.borrow_mut();
                outside.fetch_add(1, SeqCst);
                *counter += 1;
            };
            let a = task::spawn_local(add(counter.clone(), outside.clone()));
            let b = task::spawn_local(add(counter.clone(), outside));
            a.await.unwrap();
            b.await.unwrap();
            *counter.borrow()
        }))
    });
    assert_eq!(outcomes(report), ["2"]);
}

#[test]
fn local_tasks_are_interrupted_by_each_other_where_they_await() {
    let report = explore("local/await", || {
        let set = LocalSet::new();
        future::block_on(set.run_until(async {
            let counter = Rc::new(Cell::new(0));
            let add = |counter: Rc<Cell<u32>>| async move {
                let seen = counter.get();
                task::yield_now().await;
                counter.set(seen + 1);
            };
            let (a, b) = (
                task::spawn_local(add(counter.clone())),
                task::spawn_local(add(counter.clone())),
            );
            a.await.unwrap();
            b.await.unwrap();
            counter.get()
        }))
    });
    assert_eq!(outcomes(report), ["1", "2"]);
}

#[test]
fn other_threads_come_between_the_operations_of_a_local_task() {
    let report = explore("local/threads", || {
        let counter = Arc::new(AtomicU32::new(0));
        let theirs = counter.clone();
        let thread = selvedge::thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mine = counter.clone();
        LocalSet::new().block_on(&runtime, async move {
            task::spawn_local(async move { mine.store(mine.load(SeqCst) + 1, SeqCst) })
                .await
                .unwrap();
        });
        thread.join().unwrap();
        counter.load(SeqCst)
    });
    assert_eq!(outcomes(report), ["1", "2"]);
}

#[test]
fn a_local_task_waits_for_somebody_to_drive_its_set() {
    let stuck = explore("local/not-driven", || {
        let set = LocalSet::new();
        let task = set.spawn_local(async { 1 });
        future::block_on(task).unwrap()
    });
    assert_eq!(fails(stuck), FailureKind::Deadlock);
    let driven = explore("local/driven", || {
        let set = LocalSet::new();
        let done = Rc::new(Cell::new(0));
        for _ in 0..2 {
            let done = done.clone();
            set.spawn_local(async move {
                task::yield_now().await;
                done.set(done.get() + 1);
            });
        }
        future::block_on(set);
        done.get()
    });
    assert_eq!(outcomes(driven), ["2"]);
}

#[test]
fn a_set_that_is_dropped_drops_the_futures_of_its_tasks() {
    struct Ends(Rc<Cell<u32>>);
    impl Drop for Ends {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let report = explore("local/dropped", || {
        let set = LocalSet::new();
        let ended = Rc::new(Cell::new(0));
        let handles: Vec<_> = (0..2)
            .map(|_| {
                let ends = Ends(ended.clone());
                set.spawn_local(async move {
                    let _ends = ends;
                    pending::<()>().await;
                })
            })
            .collect();
        future::block_on(set.run_until(task::yield_now()));
        drop(set);
        let dropped = ended.get();
        let cancelled = handles
            .into_iter()
            .all(|handle| future::block_on(handle).unwrap_err().is_cancelled());
        (dropped, cancelled)
    });
    assert_eq!(outcomes(report), ["(2, true)"]);
}

#[test]
fn a_local_task_that_panics_lets_the_others_go_on() {
    let report = explore("local/panic", || {
        let set = LocalSet::new();
        future::block_on(set.run_until(async {
            let panics = task::spawn_local(async { std::panic::resume_unwind(Box::new(1)) });
            let other = task::spawn_local(async { 2 });
            let failed: Result<(), _> = panics.await;
            (failed.unwrap_err().is_panic(), other.await.unwrap())
        }))
    });
    assert_eq!(outcomes(report), ["(true, 2)"]);
}

#[test]
fn an_aborted_local_task_is_dropped_while_nobody_else_of_its_set_is_polled() {
    let report = explore("local/abort", || {
        let set = LocalSet::new();
        future::block_on(set.run_until(async {
            let shared = Rc::new(RefCell::new(0));
            struct Ends(Rc<RefCell<u32>>);
            impl Drop for Ends {
                fn drop(&mut self) {
                    *self.0.borrow_mut() += 1;
                }
            }
            let ends = Ends(shared.clone());
            let aborted = task::spawn_local(async move {
                let _ends = ends;
                pending::<()>().await;
            });
            let theirs = shared.clone();
            let other = task::spawn_local(async move {
                let held = theirs.borrow_mut();
                opaque("outside", || ());
                drop(held);
            });
            aborted.abort();
            assert!(aborted.await.unwrap_err().is_cancelled());
            other.await.unwrap();
            *shared.borrow()
        }))
    });
    assert_eq!(outcomes(report), ["1"]);
}

#[test]
fn a_set_of_local_tasks_is_joined_too() {
    let report = explore("local/join-set", || {
        let local = LocalSet::new();
        future::block_on(local.run_until(async {
            let mut set = JoinSet::new();
            let kept = Rc::new(5);
            set.spawn_local(async move { *kept });
            set.spawn_local_on(async { 6 }, &LocalSet::new());
            set.spawn_blocking(|| 7);
            let mut joined = BTreeSet::new();
            for _ in 0..3 {
                joined.insert(set.join_next().await.unwrap().ok());
            }
            joined
        }))
    });
    assert_eq!(outcomes(report), ["{None, Some(5), Some(7)}"]);
}
