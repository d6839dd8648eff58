//! `selvedge::tokio::sync`: what its types have beyond locking and sending, explored.

use std::future::Future;
use std::sync::Arc as StdArc;
use std::task::Poll;
use std::time::Duration;

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::tokio::sync::{
    Mutex, MutexGuard, Notify, OnceCell, OwnedMutexGuard, OwnedRwLockWriteGuard, RwLock, RwLockReadGuard,
    RwLockWriteGuard, Semaphore, SetOnce, broadcast, mpsc, oneshot, watch,
};
use selvedge::tokio::task;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, time};

fn run<F, R>(name: &str, strategy: Strategy, f: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: std::fmt::Debug + 'static,
{
    Check::new(name)
        .strategy(strategy)
        .keep_going(true)
        .run(move || future::block_on(f()))
}

fn explore<F, R>(name: &str, f: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: std::fmt::Debug + 'static,
{
    let report = run(name, Strategy::Exhaustive, f);
    // What the reduction leaves out is equivalent to what it runs: no outcome is missed.
    if report.failure.is_none() {
        let all = run(name, Strategy::Dfs, f);
        assert_eq!(
            report.outcomes.keys().collect::<Vec<_>>(),
            all.outcomes.keys().collect::<Vec<_>>(),
            "{name}"
        );
    }
    report
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
fn a_guard_of_a_part_keeps_the_lock() {
    let report = explore("mutex/mapped", || async {
        let mutex = Arc::new(Mutex::new((0, 0)));
        let theirs = mutex.clone();
        let task = task::spawn(async move {
            let mut part = OwnedMutexGuard::map(theirs.lock_owned().await, |pair| &mut pair.1);
            let seen = *part;
            task::yield_now().await;
            *part = seen + 1;
        });
        {
            let mut part = MutexGuard::map(mutex.lock().await, |pair| &mut pair.1);
            let seen = *part;
            task::yield_now().await;
            *part = seen + 1;
        }
        task.await.unwrap();
        mutex.lock().await.1
    });
    assert_eq!(outcomes(report), ["2"]);
}

#[test]
fn an_unsized_value_is_locked_like_others() {
    let report = explore("mutex/unsized", || async {
        let mutex: StdArc<Mutex<[u32]>> = StdArc::new(Mutex::new([0, 0]));
        let theirs = mutex.clone();
        let task = task::spawn(async move { theirs.lock_owned().await[0] += 1 });
        mutex.lock().await[0] += 1;
        task.await.unwrap();
        mutex.lock().await[0]
    });
    assert_eq!(outcomes(report), ["2"]);
}

#[test]
fn a_writer_that_becomes_a_reader_lets_no_writer_between_and_one_that_gives_up_the_lock_does() {
    async fn program(gives_up: bool) -> u32 {
        let lock = Arc::new(RwLock::new(0));
        let theirs = lock.clone();
        let task = task::spawn(async move { *theirs.write().await += 10 });
        let mut write = lock.clone().write_owned().await;
        *write += 1;
        let mine = *write;
        let seen = match gives_up {
            false => *OwnedRwLockWriteGuard::downgrade(write),
            true => {
                drop(write);
                *lock.read().await
            }
        };
        task.await.unwrap();
        seen - mine
    }
    assert_eq!(outcomes(explore("rwlock/downgrade", || program(false))), ["0"]);
    assert_eq!(outcomes(explore("rwlock/released", || program(true))), ["0", "10"]);
}

#[test]
fn a_downgraded_part_lets_other_readers_in() {
    let report = explore("rwlock/downgrade-map", || async {
        let lock = RwLock::new((1, 2));
        let part = RwLockWriteGuard::downgrade_map(lock.write().await, |pair| &pair.1);
        let other = RwLockReadGuard::map(lock.try_read().unwrap(), |pair| &pair.0);
        let both = *part + *other;
        (both, lock.try_write().is_err())
    });
    assert_eq!(outcomes(report), ["(3, true)"]);
}

#[test]
fn where_there_is_room_for_one_reader_it_matters_who_comes_first() {
    let report = explore("rwlock/max-readers", || async {
        let lock = Arc::new(RwLock::with_max_readers((), 1));
        let theirs = lock.clone();
        let task = task::spawn(async move { theirs.try_read().map(std::mem::forget).is_ok() });
        let mine = lock.try_read().map(std::mem::forget).is_ok();
        (mine, task.await.unwrap())
    });
    assert_eq!(outcomes(report), ["(false, true)", "(true, false)"]);
}

#[test]
fn permits_that_were_split_come_back_one_by_one() {
    let report = explore("semaphore/split", || async {
        let semaphore = Arc::new(Semaphore::new(2));
        let mut both = semaphore.clone().try_acquire_many_owned(2).unwrap();
        let one = both.split(1).unwrap();
        let task = task::spawn(async move { drop(one) });
        let seen = semaphore.available_permits();
        task.await.unwrap();
        let mut again = semaphore.try_acquire().unwrap();
        drop(both);
        again.merge(semaphore.try_acquire().unwrap());
        (seen, again.num_permits(), semaphore.available_permits())
    });
    assert_eq!(outcomes(report), ["(0, 2, 0)", "(1, 2, 0)"]);
}

#[test]
fn room_that_is_kept_is_kept_from_others() {
    let report = explore("mpsc/reserve-owned", || async {
        let (sender, mut receiver) = mpsc::channel(1);
        let permit = sender.clone().reserve_owned().await.unwrap();
        let task = task::spawn(async move { sender.try_send('b').is_ok() });
        permit.send('a');
        let first = receiver.recv().await;
        let sent = task.await.unwrap();
        (first, sent, receiver.recv().await)
    });
    assert_eq!(
        outcomes(report),
        ["(Some('a'), false, None)", "(Some('a'), true, Some('b'))"]
    );
}

#[test]
fn a_permit_that_is_dropped_ends_its_sender_too() {
    let report = explore("mpsc/owned-permit-dropped", || async {
        let (sender, mut receiver) = mpsc::channel::<()>(1);
        let permit = sender.reserve_owned().await.unwrap();
        let task = task::spawn(async move { drop(permit) });
        let last = receiver.recv().await;
        task.await.unwrap();
        last
    });
    assert_eq!(outcomes(report), ["None"]);
}

#[test]
fn a_reservation_that_is_never_polled_ends_its_sender() {
    let report = explore("mpsc/reserve-unpolled", || async {
        let (sender, mut receiver) = mpsc::channel::<()>(1);
        let reservation = sender.reserve_owned();
        let task = task::spawn(async move { drop(reservation) });
        let last = receiver.recv().await;
        task.await.unwrap();
        last
    });
    assert_eq!(outcomes(report), ["None"]);
}

#[test]
fn permits_of_an_iterator_that_are_left_come_back() {
    let report = explore("mpsc/reserve-many", || async {
        let (sender, mut receiver) = mpsc::channel(2);
        let theirs = sender.clone();
        let task = task::spawn(async move {
            let mut permits = theirs.reserve_many(2).await.unwrap();
            permits.next().unwrap().send(1);
        });
        let room = sender.capacity();
        task.await.unwrap();
        (room, sender.capacity(), receiver.recv().await)
    });
    assert_eq!(
        outcomes(report),
        ["(0, 1, Some(1))", "(1, 1, Some(1))", "(2, 1, Some(1))"]
    );
}

#[test]
fn a_send_with_a_limit_gives_up_only_if_nobody_makes_room() {
    let full = explore("mpsc/send-timeout", || async {
        let (sender, mut receiver) = mpsc::channel(1);
        sender.send(1).await.unwrap();
        let late = sender.send_timeout(2, Duration::from_secs(1)).await.is_err();
        let task = task::spawn(async move { (receiver.recv().await, receiver) });
        let sent = sender.send_timeout(3, Duration::from_secs(1)).await.is_ok();
        (late, task.await.unwrap().0, sent)
    });
    assert_eq!(outcomes(full), ["(true, Some(1), true)"]);
}

#[test]
fn the_number_of_senders_is_what_it_is_at_that_moment() {
    let report = explore("mpsc/strong-count", || async {
        let (sender, receiver) = mpsc::channel::<()>(1);
        let theirs = sender.clone();
        let task = task::spawn(async move {
            let third = theirs.clone();
            drop(theirs);
            third
        });
        let seen = receiver.sender_strong_count();
        drop(task.await.unwrap());
        (seen, sender.strong_count())
    });
    assert_eq!(outcomes(report), ["(2, 1)", "(3, 1)"]);
}

#[test]
fn a_weak_sender_finds_a_strong_one_or_none() {
    let report = explore("mpsc/upgrade", || async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let weak = sender.downgrade();
        let task = task::spawn(async move { drop(sender) });
        let sent = weak.upgrade().is_some_and(|sender| sender.send(1).is_ok());
        task.await.unwrap();
        let received = receiver.recv().await;
        (sent, received)
    });
    assert_eq!(outcomes(report), ["(false, None)", "(true, Some(1))"]);
}

#[test]
fn a_program_that_counts_on_its_weak_sender_is_caught() {
    let report = explore("mpsc/upgrade-naive", || async {
        let (sender, _receiver) = mpsc::channel::<()>(1);
        let weak = sender.downgrade();
        let task = task::spawn(async move { drop(sender) });
        assert!(weak.upgrade().is_some(), "somebody sends still");
        task.await.unwrap();
    });
    assert_eq!(fails(report), FailureKind::Panic);
}

#[test]
fn a_broadcast_is_closed_when_the_last_receiver_is_gone() {
    let report = explore("broadcast/closed", || async {
        let (sender, receiver) = broadcast::channel::<u32>(1);
        let weak = sender.downgrade();
        let task = task::spawn(async move { drop(receiver) });
        sender.closed().await;
        task.await.unwrap();
        let receiver = sender.subscribe();
        let count = (weak.strong_count(), receiver.sender_weak_count());
        drop(sender);
        (count, receiver.is_closed(), weak.upgrade().is_none())
    });
    assert_eq!(outcomes(report), ["((1, 1), true, true)"]);
}

#[test]
fn a_watch_counts_its_senders() {
    let report = explore("watch/sender-count", || async {
        let (sender, receiver) = watch::channel(0);
        let theirs = sender.clone();
        let task = task::spawn(async move { drop(theirs) });
        let seen = sender.sender_count();
        task.await.unwrap();
        drop(sender);
        (seen, receiver.is_closed())
    });
    assert_eq!(outcomes(report), ["(1, true)", "(2, true)"]);
}

#[test]
fn a_oneshot_says_whether_it_is_empty_and_whether_it_is_over() {
    let report = explore("oneshot/empty", || async {
        let (sender, mut receiver) = oneshot::channel();
        let task = task::spawn(async move { sender.send(1).unwrap() });
        let empty = receiver.is_empty();
        let value = (&mut receiver).await.unwrap();
        task.await.unwrap();
        (empty, value, receiver.is_terminated())
    });
    assert_eq!(outcomes(report), ["(false, 1, true)", "(true, 1, true)"]);
}

#[test]
fn a_poll_for_the_end_of_a_receiver_is_woken_by_it() {
    let report = explore("oneshot/poll-closed", || async {
        let (mut sender, receiver) = oneshot::channel::<()>();
        let task = task::spawn(async move { drop(receiver) });
        let mut polls = 0;
        std::future::poll_fn(|cx| {
            polls += 1;
            sender.poll_closed(cx)
        })
        .await;
        task.await.unwrap();
        polls
    });
    assert_eq!(outcomes(report), ["1", "2"]);
}

#[test]
fn whoever_waits_for_a_value_that_is_set_once_gets_it() {
    let report = explore("set-once/wait", || async {
        let once = Arc::new(SetOnce::new());
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let once = once.clone();
                task::spawn(async move { *once.wait().await })
            })
            .collect();
        let theirs = once.clone();
        let setter = task::spawn(async move { theirs.set(1).is_ok() });
        let mine = once.set(2).is_ok();
        let theirs = setter.await.unwrap();
        let mut seen = Vec::new();
        for task in tasks {
            seen.push(task.await.unwrap());
        }
        (mine, theirs, seen)
    });
    assert_eq!(outcomes(report), ["(false, true, [1, 1])", "(true, false, [2, 2])"]);
}

#[test]
fn a_program_that_looks_before_the_value_is_set_is_caught_and_one_that_waits_is_right() {
    async fn program(waits: bool) -> u32 {
        let once = Arc::new(SetOnce::new());
        let theirs = once.clone();
        let task = task::spawn(async move { theirs.set(1).unwrap() });
        let value = match waits {
            true => *once.wait().await,
            false => *once.get().expect("it has been set"),
        };
        task.await.unwrap();
        value
    }
    assert_eq!(fails(explore("set-once/looks", || program(false))), FailureKind::Panic);
    assert_eq!(outcomes(explore("set-once/waits", || program(true))), ["1"]);
}

#[test]
fn a_cell_that_was_emptied_is_filled_again() {
    let report = explore("once-cell/take", || async {
        let mut cell = OnceCell::from(1);
        let taken = cell.take();
        let copy = cell.clone();
        let again = *cell.get_or_init(|| async { 2 }).await;
        (taken, copy.get().copied(), again, cell == copy)
    });
    assert_eq!(outcomes(report), ["(Some(1), None, 2, false)"]);
}

#[test]
fn an_owned_notified_waits_as_a_borrowed_one_does() {
    let report = explore("notify/owned", || async {
        let notify = Arc::new(Notify::new());
        let counter = Arc::new(AtomicU32::new(0));
        let created = notify.clone().notified_owned();
        let (theirs, counts) = (notify.clone(), counter.clone());
        let task = task::spawn(async move {
            counts.fetch_add(1, SeqCst);
            theirs.notify_waiters();
        });
        created.await;
        let seen = counter.load(SeqCst);
        task.await.unwrap();
        seen
    });
    assert_eq!(outcomes(report), ["1"]);
}

#[test]
fn an_owned_notified_that_is_created_too_late_waits_for_ever() {
    let report = explore("notify/owned-late", || async {
        let notify = StdArc::new(Notify::new());
        let theirs = notify.clone();
        let task = task::spawn(async move { theirs.notify_waiters() });
        notify.notified_owned().await;
        task.await.unwrap();
    });
    assert!(matches!(fails(report), FailureKind::LostWakeup | FailureKind::Deadlock));
}

#[test]
fn an_owned_notified_that_is_dropped_passes_its_permit_on() {
    let report = explore("notify/owned-dropped", || async {
        let notify = Arc::new(Notify::new());
        let mut first = Box::pin(notify.clone().notified_owned());
        let pending = std::future::poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_pending())).await;
        notify.notify_one();
        let task = task::spawn(async move { drop(first) });
        notify.notified().await;
        task.await.unwrap();
        pending
    });
    assert_eq!(outcomes(report), ["true"]);
}

#[test]
fn instants_of_std_stand_for_virtual_ones() {
    let report = explore("time/std", || async {
        let start = time::Instant::now();
        time::sleep(Duration::from_millis(1500)).await;
        let real: time::Instant = std::time::Instant::now().into();
        let later = time::Instant::from_std(start.into_std() + Duration::from_secs(2));
        let ahead: time::Instant = (std::time::Instant::now() + Duration::from_secs(3)).into();
        (real - start, later - start, ahead - start)
    });
    assert_eq!(outcomes(report), ["(1.5s, 2s, 4.5s)"]);
}

#[test]
fn time_is_always_paused_and_moves_when_it_is_told_to() {
    let report = explore("time/advance", || async {
        time::pause();
        let start = time::Instant::now();
        let other = task::spawn(async move {
            time::sleep(Duration::from_secs(1)).await;
            start.elapsed()
        });
        time::advance(Duration::from_secs(2)).await;
        time::resume();
        (other.await.unwrap(), start.elapsed())
    });
    assert_eq!(outcomes(report), ["(1s, 2s)"]);
}

/// Sends to two channels, from two tasks, and says what came first to whoever keeps a list of its own of whom to poll. What
/// that is has not been told to the search, so it takes many executions, and plain enumeration far more.
async fn first_of_two<F: Future<Output = char>>(wait: [F; 2], send: [impl FnOnce() + Send + 'static; 2]) -> String {
    use futures::StreamExt;
    let mut waiting: futures::stream::FuturesUnordered<F> = wait.into_iter().collect();
    let tasks = send.map(|send| task::spawn(async move { send() }));
    let mut order = String::new();
    while let Some(name) = waiting.next().await {
        order.push(name);
    }
    for task in tasks {
        task.await.unwrap();
    }
    order
}

#[test]
fn whoever_keeps_a_list_of_receivers_sees_them_in_either_order() {
    let report = run("list/oneshot", Strategy::Exhaustive, || async {
        let ((a, ra), (b, rb)) = (oneshot::channel(), oneshot::channel());
        let send = |sender: oneshot::Sender<char>, name| move || sender.send(name).unwrap();
        let wait = |receiver: oneshot::Receiver<char>| async move { receiver.await.unwrap() };
        first_of_two([wait(ra), wait(rb)], [send(a, 'a'), send(b, 'b')]).await
    });
    assert_eq!(outcomes(report), [r#""ab""#, r#""ba""#]);
}

#[test]
fn whoever_keeps_a_list_of_notified_sees_them_in_either_order() {
    let report = run("list/notify", Strategy::Exhaustive, || async {
        let (a, b) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let send = |notify: Arc<Notify>| move || notify.notify_one();
        let wait = |notify: Arc<Notify>, name| async move {
            notify.notified().await;
            name
        };
        let waiting = [wait(a.clone(), 'a'), wait(b.clone(), 'b')];
        first_of_two(waiting, [send(a), send(b)]).await
    });
    assert_eq!(outcomes(report), [r#""ab""#, r#""ba""#]);
}
