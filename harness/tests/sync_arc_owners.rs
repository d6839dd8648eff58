//! What owners of a value are for: channels and cells whose last end cleans up, wakers, guards that own their lock, and
//! owners that are never given back.

use std::future::poll_fn;
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Wake, Waker};

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::*};
use selvedge::sync::{Arc, Mutex, OnceLock, Weak};
use selvedge::tokio::sync as tokio;
use selvedge::{Check, Error, FailureKind, Report, Strategy, Verdict, future, thread};

fn exhaust<R: std::fmt::Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("owners").strategy(Strategy::Exhaustive).run(program)
}

#[track_caller]
fn verified(program: impl Fn() + Send + Sync + 'static) -> u64 {
    let report = exhaust(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    report.executions
}

/// It fails like this under every strategy that finds it in a few hundred schedules, and again when replayed.
#[track_caller]
fn fails(kind: FailureKind, program: impl Fn() + Clone + Send + Sync + 'static) {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random, Strategy::Pos] {
        let report = Check::new("owners").strategy(strategy.clone()).run(program.clone());
        let failure = report.failure.unwrap_or_else(|| panic!("{strategy:?} misses it"));
        assert_eq!(failure.kind, kind, "{strategy:?}: {failure}");
        let again = Strategy::Replay(failure.schedule);
        let again = Check::new("owners").strategy(again).run(program.clone());
        assert_eq!(again.failure.expect("it fails again").kind, kind);
    }
}

/// A channel for one value, whose ends are the owners of it.
struct Oneshot {
    state: AtomicUsize,
    value: UnsafeCell<Option<Tally>>,
}

const FULL: usize = 1;
const CLOSED: usize = 2;

// SAFETY: the value is the sender's until it is FULL, then whose `fetch_or` has seen that, then the destructor's.
unsafe impl Sync for Oneshot {}

/// Counts how often it is dropped.
struct Tally(Arc<AtomicU32>);

impl Drop for Tally {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Oneshot {
    fn channel() -> (Sender, Receiver) {
        let shared = Arc::new(Oneshot {
            state: AtomicUsize::new(0),
            value: UnsafeCell::new(None),
        });
        (Sender(Arc::clone(&shared)), Receiver(shared))
    }
}

impl Drop for Oneshot {
    fn drop(&mut self) {
        // SAFETY: nobody else is left.
        self.value.with_mut(|value| drop(unsafe { (*value).take() }));
    }
}

struct Sender(Arc<Oneshot>);
struct Receiver(Arc<Oneshot>);

impl Sender {
    fn send(self, tally: Tally) {
        // SAFETY: it is not FULL yet.
        self.0.value.with_mut(|value| unsafe { *value = Some(tally) });
        self.0.state.fetch_or(FULL, Release);
    }
}

impl Receiver {
    fn take(self) -> Option<Tally> {
        match self.0.state.load(Acquire) {
            // SAFETY: it is FULL, and there is no other receiver.
            FULL => self.0.value.with_mut(|value| unsafe { (*value).take() }),
            _ => None,
        }
    }

    /// Tells by the number of owners that the sender is gone, which orders nothing.
    fn take_if_alone(self) -> Option<Tally> {
        match Arc::strong_count(&self.0) {
            // SAFETY: the test is about whether this is true.
            1 => self.0.value.with_mut(|value| unsafe { (*value).take() }),
            _ => None,
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.state.fetch_or(CLOSED, Relaxed);
    }
}

fn oneshot(take: fn(Receiver) -> Option<Tally>) {
    let drops = Arc::new(AtomicU32::new(0));
    let (sender, receiver) = Oneshot::channel();
    let tally = Tally(Arc::clone(&drops));
    let other = thread::spawn(move || sender.send(tally));
    drop(take(receiver));
    other.join().unwrap();
    assert_eq!(drops.load(Relaxed), 1);
}

#[test]
fn what_a_oneshot_holds_is_dropped_once_by_whoever_is_last() {
    verified(|| oneshot(Receiver::take));
    fails(FailureKind::DataRace, || oneshot(Receiver::take_if_alone));
}

/// Values for one reader; the last sender closes it.
struct Chan {
    slots: [UnsafeCell<u32>; 2],
    written: [AtomicBool; 2],
    senders: AtomicUsize,
    closed: AtomicBool,
}

// SAFETY: a slot belongs to its sender until it is `written`, and to the reader after that.
unsafe impl Sync for Chan {}

struct Tx {
    chan: Arc<Chan>,
    slot: usize,
    /// How the last one finds out.
    closes: fn(&Chan) -> bool,
}

impl Drop for Tx {
    fn drop(&mut self) {
        self.chan.slots[self.slot].with_mut(|slot| {
            // SAFETY: it is not `written` yet.
            unsafe { *slot = 7 }
        });
        self.chan.written[self.slot].store(true, Release);
        if (self.closes)(&self.chan) {
            self.chan.closed.store(true, Release);
        }
    }
}

fn channel(closes: fn(&Chan) -> bool) {
    let chan = Arc::new(Chan {
        slots: [UnsafeCell::new(0), UnsafeCell::new(0)],
        written: [AtomicBool::new(false), AtomicBool::new(false)],
        senders: AtomicUsize::new(2),
        closed: AtomicBool::new(false),
    });
    let senders: Vec<_> = (0..2)
        .map(|slot| {
            let chan = Arc::clone(&chan);
            let tx = Tx { chan, slot, closes };
            thread::spawn(move || drop(tx))
        })
        .collect();
    for sender in senders {
        sender.join().unwrap();
    }
    let chan = Arc::into_inner(chan).expect("the senders are gone");
    assert!(chan.closed.load(Relaxed), "nobody has closed it");
}

#[test]
fn the_last_sender_closes_the_channel_if_it_leaves_and_looks_at_once() {
    verified(|| channel(|chan| chan.senders.fetch_sub(1, AcqRel) == 1));
    fails(FailureKind::Panic, || {
        channel(|chan| {
            let last = chan.senders.load(Acquire) == 1;
            chan.senders.fetch_sub(1, AcqRel);
            last
        });
    });
}

/// A pool that the last of its handles shuts down.
struct Handle {
    pool: Option<Arc<()>>,
    shut: Arc<AtomicBool>,
    is_last: fn(Arc<()>) -> bool,
}

impl Drop for Handle {
    fn drop(&mut self) {
        let pool = self.pool.take().expect("it goes once");
        if (self.is_last)(pool) {
            self.shut.store(true, SeqCst);
        }
    }
}

fn pool(is_last: fn(Arc<()>) -> bool) {
    let shut = Arc::new(AtomicBool::new(false));
    let pool = Arc::new(());
    let handle = |pool| Handle {
        pool: Some(pool),
        shut: Arc::clone(&shut),
        is_last,
    };
    let (one, other) = (handle(Arc::clone(&pool)), handle(pool));
    let thread = thread::spawn(move || drop(one));
    drop(other);
    thread.join().unwrap();
    assert!(shut.load(SeqCst), "nobody has shut it down");
}

#[test]
fn only_into_inner_tells_the_last_handle_that_it_is_the_last() {
    verified(|| pool(|pool| Arc::into_inner(pool).is_some()));
    fails(FailureKind::Panic, || pool(|pool| Arc::try_unwrap(pool).is_ok()));
    fails(FailureKind::Panic, || pool(|pool| Arc::strong_count(&pool) == 1));
}

/// A cell that is set once, and drops what came too late.
#[test]
fn of_two_values_for_a_cell_each_is_dropped_once() {
    let executions = verified(|| {
        let drops = Arc::new(AtomicU32::new(0));
        let cell = Arc::new(OnceLock::new());
        let (theirs, tally) = (Arc::clone(&cell), Tally(Arc::clone(&drops)));
        let other = thread::spawn(move || theirs.set(tally).is_ok());
        let here = cell.set(Tally(Arc::clone(&drops))).is_ok();
        assert!(here ^ other.join().unwrap());
        assert_eq!(drops.load(Relaxed), 1);
        drop(cell);
        assert_eq!(drops.load(Relaxed), 2);
    });
    assert!(executions >= 2);
}

/// Wakes by a flag, and counts what is left of it.
struct Alarm {
    rang: AtomicBool,
    gone: Arc<AtomicU32>,
}

impl Wake for Alarm {
    fn wake(self: StdArc<Self>) {
        self.rang.store(true, SeqCst);
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.gone.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_waker_is_an_owner_of_what_it_wakes() {
    let program = || {
        let gone = Arc::new(AtomicU32::new(0));
        let alarm = Arc::new(Alarm {
            rang: AtomicBool::new(false),
            gone: Arc::clone(&gone),
        });
        let waker = Waker::from(Arc::clone(&alarm));
        let again: Waker = alarm.clone().into();
        assert!(waker.will_wake(&again));
        again.wake_by_ref();
        assert!(alarm.rang.swap(false, SeqCst));
        again.wake();
        assert!(alarm.rang.load(SeqCst));
        assert_eq!(Arc::strong_count(&alarm), 2);
        let theirs = waker.clone();
        assert_eq!(Arc::strong_count(&alarm), 3);
        let other = thread::spawn(move || theirs.wake());
        drop((alarm, waker));
        other.join().unwrap();
        assert_eq!(gone.load(SeqCst), 1);
    };
    program();
    let report = Check::new("owners")
        .strategy(Strategy::Exhaustive)
        .leaks(true)
        .run(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// The destructor of what a waker owns reads what the task wrote that dropped the waker.
#[test]
fn the_last_waker_acquires_what_the_others_released() {
    struct Log(UnsafeCell<u32>);
    // SAFETY: one thread writes, and the destructor comes after it.
    unsafe impl Sync for Log {}
    impl Wake for Log {
        fn wake(self: StdArc<Self>) {}
    }
    impl Drop for Log {
        fn drop(&mut self) {
            // SAFETY: nobody else is left.
            self.0.with_mut(|log| unsafe { *log += 1 });
        }
    }
    verified(|| {
        let log = Arc::new(Log(UnsafeCell::new(0)));
        let waker = Waker::from(Arc::clone(&log));
        let gone = Arc::new(AtomicBool::new(false));
        let goes = Arc::clone(&gone);
        let writer = thread::spawn(move || {
            // SAFETY: as said above.
            log.0.with_mut(|log| unsafe { *log = 1 });
            drop(log);
            goes.store(true, Relaxed);
        });
        // It orders nothing, and so either may be the last.
        let _probably = gone.load(Relaxed);
        drop(waker);
        writer.join().unwrap();
    });
}

#[test]
fn a_future_polled_by_hand_wakes_through_the_facades_arc() {
    verified(|| {
        let alarm = Arc::new(Alarm {
            rang: AtomicBool::new(false),
            gone: Arc::default(),
        });
        let waker = Waker::from(Arc::clone(&alarm));
        let mut polls = 0;
        let mut twice = std::pin::pin!(poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
        }));
        let mut cx = Context::from_waker(&waker);
        assert!(twice.as_mut().poll(&mut cx).is_pending());
        assert!(alarm.rang.swap(false, SeqCst));
        assert!(twice.as_mut().poll(&mut cx).is_ready());
    });
}

#[test]
fn guards_that_own_their_lock_come_from_either_arc() {
    let program = || {
        future::block_on(async {
            let semaphore = Arc::new(tokio::Semaphore::new(2));
            let permit = Arc::clone(&semaphore).acquire_owned().await.unwrap();
            let other = semaphore.clone().try_acquire_owned().unwrap();
            assert!(semaphore.clone().try_acquire_many_owned(1).is_err());
            assert!(Arc::ptr_eq(permit.semaphore(), &semaphore));
            assert_eq!(Arc::strong_count(&semaphore), 3);
            drop((permit, other));
            assert_eq!(semaphore.clone().acquire_many_owned(2).await.unwrap().num_permits(), 2);
            assert!(Arc::into_inner(semaphore).is_some());

            let lock = Arc::new(tokio::Mutex::new(1));
            *Arc::clone(&lock).lock_owned().await += 1;
            let guard = lock.clone().try_lock_owned().unwrap();
            assert!(lock.clone().try_lock_owned().is_err() && Arc::strong_count(&lock) == 2);
            drop(guard);
            assert_eq!(Arc::into_inner(lock).unwrap().into_inner(), 2);

            let lock = Arc::new(tokio::RwLock::new(1));
            let reader = lock.clone().read_owned().await;
            assert!(lock.clone().try_read_owned().is_ok() && lock.clone().try_write_owned().is_err());
            drop(reader);
            *lock.clone().write_owned().await += 1;
            assert_eq!(Arc::into_inner(lock).unwrap().into_inner(), 2);

            // std's, which other crates insist on.
            let semaphore = StdArc::new(tokio::Semaphore::new(1));
            let permit = semaphore.clone().acquire_owned().await.unwrap();
            assert!(semaphore.clone().try_acquire_owned().is_err());
            drop(permit);
            let lock = StdArc::new(tokio::Mutex::new(1));
            *lock.clone().lock_owned().await += 1;
            assert!(StdArc::into_inner(lock).is_some());
        });
    };
    program();
    verified(program);
}

#[test]
fn a_permit_that_goes_last_frees_the_semaphore_where_it_goes() {
    let report = exhaust(|| {
        let semaphore = Arc::new(tokio::Semaphore::new(1));
        let alive = Arc::downgrade(&semaphore);
        let task = future::spawn(async move {
            let _permit = semaphore.acquire_owned().await.unwrap();
        });
        let seen = alive.upgrade().is_some();
        future::block_on(task).unwrap();
        assert!(alive.upgrade().is_none());
        seen
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["false", "true"]);
}

struct Node {
    next: OnceLock<Arc<Node>>,
    back: Mutex<Weak<Node>>,
}

fn node() -> Arc<Node> {
    Arc::new(Node {
        next: OnceLock::new(),
        back: Mutex::new(Weak::new()),
    })
}

#[track_caller]
fn leaks(program: impl Fn() + Clone + Send + Sync + 'static, words: &[&str]) {
    let check = || Check::new("leaks").strategy(Strategy::Exhaustive).leaks(true);
    let failure = check().run(program.clone()).failure.expect("something is left");
    assert_eq!(failure.kind, FailureKind::Leak, "{failure}");
    for words in words {
        assert!(failure.message.contains(words), "{failure}");
    }
    // The schedule knows that it was asked for.
    let again = Check::new("leaks").strategy(Strategy::Replay(failure.schedule));
    assert_eq!(
        again.run(program.clone()).failure.expect("it is left again").kind,
        FailureKind::Leak
    );
    // Nobody asks, nobody is told.
    verified(program);
}

#[track_caller]
fn leaks_nothing(program: impl Fn() + Send + Sync + 'static) {
    let check = Check::new("leaks").strategy(Strategy::Exhaustive).leaks(true);
    let report = check.run(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_ring_of_owners_is_a_leak_and_one_closed_by_a_weak_is_none() {
    leaks(
        || {
            let (a, b) = (Arc::named(node(), "first"), node());
            let _ = a.next.set(Arc::clone(&b));
            let _ = b.next.set(a);
        },
        &["`first`", "sync_arc_owners.rs:", "has 1 owner left"],
    );
    leaks_nothing(|| {
        let (a, b) = (node(), node());
        *b.back.lock().unwrap() = Arc::downgrade(&a);
        let _ = a.next.set(b);
    });
}

#[test]
fn what_is_forgotten_is_a_leak_and_what_is_given_back_is_none() {
    leaks(
        || std::mem::forget(Arc::new(1)),
        &["Arc@sync_arc_owners.rs:", "has 1 owner left"],
    );
    leaks(
        || {
            let arc = Arc::new(1);
            std::mem::forget([arc.clone(), arc]);
        },
        &["has 2 owners left"],
    );
    leaks(
        || (0..5).for_each(|n| std::mem::forget(Arc::new(n))),
        &["and so have 2 more"],
    );
    leaks_nothing(|| {
        let raw = Arc::into_raw(Arc::new(1));
        // SAFETY: the pointer is of `into_raw`.
        drop(unsafe { Arc::from_raw(raw) });
        // What std's knows of is nobody's business here.
        std::mem::forget(Arc::into_std(Arc::new(1)));
        let mut moved = Arc::new(1);
        let weak = Arc::downgrade(&moved);
        *Arc::make_mut(&mut moved) += 1;
        assert!(weak.upgrade().is_none() && Arc::try_unwrap(moved) == Ok(2));
        let kept = Arc::new(1);
        let upgraded = Arc::downgrade(&kept).upgrade().unwrap();
        assert!(Arc::into_inner(kept).is_none() && Arc::into_inner(upgraded).is_some());
        let cyclic = std::panic::catch_unwind(|| {
            Arc::new_cyclic(|_: &Weak<u32>| if true { panic!("there is no value") } else { 1 });
        });
        assert!(cyclic.is_err());
    });
}

#[test]
fn a_leak_of_one_interleaving_is_found() {
    leaks(
        || {
            let slot = Arc::new(Mutex::new(None::<Arc<u32>>));
            let full = Arc::new(AtomicBool::new(false));
            let (theirs, flag) = (Arc::clone(&slot), Arc::clone(&full));
            let giver = thread::spawn(move || {
                *theirs.lock().unwrap() = Some(Arc::new(7));
                flag.store(true, SeqCst);
            });
            if full.load(SeqCst) {
                std::mem::forget(slot.lock().unwrap().take());
            }
            giver.join().unwrap();
        },
        &["has 1 owner left"],
    );
}

#[test]
fn what_tasks_hold_that_are_never_finished_is_no_leak() {
    leaks_nothing(|| {
        let held = Arc::new(7);
        drop(future::spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        }));
    });
}

#[test]
fn where_owners_are_not_watched_leaks_cannot_be_asked_for() {
    for strategy in [Strategy::Loom, Strategy::Stress] {
        let report = Check::new("leaks").strategy(strategy).leaks(true).run(|| ());
        assert!(matches!(report.error, Some(Error::Unsupported { .. })), "{report}");
        assert_ne!(report.verdict, Verdict::Verified);
    }
}
