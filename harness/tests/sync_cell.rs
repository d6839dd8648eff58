//! Data races are found from the declared orderings, whichever access comes first; what is ordered is
//! not reported.

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::{AtomicBool, Ordering, fence};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

struct Slot {
    data: UnsafeCell<u32>,
    ready: AtomicBool,
    lock: Mutex<()>,
}

// SAFETY: whether the accesses are ordered is what these tests are about; the harness runs one task at
// a time, so even a race it reports is none on the machine.
unsafe impl Sync for Slot {}

impl Slot {
    fn new() -> Arc<Self> {
        Arc::new(Slot {
            data: UnsafeCell::new(0).named("data"),
            ready: AtomicBool::new(false).named("ready"),
            lock: Mutex::new(()).named("lock"),
        })
    }

    fn write(&self, value: u32) {
        // SAFETY: as said at the impl of Sync.
        self.data.with_mut(|data| unsafe { *data = value });
    }

    fn read(&self) -> u32 {
        // SAFETY: as said at the impl of Sync.
        self.data.with(|data| unsafe { *data })
    }
}

fn run(program: impl Fn() -> u32 + Send + Sync + Clone + 'static) -> [Report; 2] {
    [Strategy::Dfs, Strategy::Exhaustive].map(|strategy| {
        Check::new("cell/race")
            .strategy(strategy)
            .keep_going(true)
            .run(program.clone())
    })
}

fn assert_race(reports: [Report; 2]) {
    for report in reports {
        let failure = report.failure.expect("a race is found");
        assert_eq!(failure.kind, FailureKind::DataRace, "{failure}");
        assert!(failure.message.contains("`data`"), "{failure}");
    }
}

fn assert_clean(reports: [Report; 2]) {
    for report in reports {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
    }
}

fn message_passing(store: Ordering, load: Ordering) -> u32 {
    let slot = Slot::new();
    let other = Arc::clone(&slot);
    let sender = thread::spawn(move || {
        other.write(42);
        other.ready.store(true, store);
    });
    let seen = if slot.ready.load(load) { slot.read() } else { 0 };
    sender.join().unwrap();
    seen
}

#[test]
fn a_relaxed_flag_publishes_nothing() {
    assert_race(run(|| message_passing(Ordering::Relaxed, Ordering::Relaxed)));
    assert_race(run(|| message_passing(Ordering::Release, Ordering::Relaxed)));
    assert_race(run(|| message_passing(Ordering::Relaxed, Ordering::Acquire)));
}

#[test]
fn release_and_acquire_publish() {
    let reports = run(|| message_passing(Ordering::Release, Ordering::Acquire));
    for report in &reports {
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["0", "42"]);
    }
    assert_clean(reports);
}

fn fenced(release: bool, acquire: bool) -> u32 {
    let slot = Slot::new();
    let other = Arc::clone(&slot);
    let sender = thread::spawn(move || {
        other.write(42);
        if release {
            fence(Ordering::Release);
        }
        other.ready.store(true, Ordering::Relaxed);
    });
    let mut seen = 0;
    if slot.ready.load(Ordering::Relaxed) {
        if acquire {
            fence(Ordering::Acquire);
        }
        seen = slot.read();
    }
    sender.join().unwrap();
    seen
}

#[test]
fn a_pair_of_fences_publishes_and_half_a_pair_does_not() {
    assert_clean(run(|| fenced(true, true)));
    assert_race(run(|| fenced(true, false)));
    assert_race(run(|| fenced(false, true)));
}

#[test]
fn what_a_mutex_protects_does_not_race() {
    assert_clean(run(|| {
        let slot = Slot::new();
        let other = Arc::clone(&slot);
        let task = thread::spawn(move || {
            let _guard = other.lock.lock().unwrap();
            other.write(other.read() + 1);
        });
        {
            let _guard = slot.lock.lock().unwrap();
            slot.write(slot.read() + 1);
        }
        task.join().unwrap();
        slot.read()
    }));
}

#[test]
fn two_readers_do_not_race_and_two_writers_do() {
    fn pair(f: fn(&Slot)) -> u32 {
        let slot = Slot::new();
        let other = Arc::clone(&slot);
        let task = thread::spawn(move || f(&other));
        f(&slot);
        task.join().unwrap();
        0
    }
    assert_clean(run(|| pair(|slot| assert_eq!(slot.read(), 0))));
    assert_race(run(|| pair(|slot| slot.write(1))));
}

#[test]
fn spawn_and_join_order_accesses() {
    assert_clean(run(|| {
        let slot = Slot::new();
        slot.write(1);
        let other = Arc::clone(&slot);
        thread::spawn(move || other.write(2)).join().unwrap();
        slot.read()
    }));
}

/// An access that goes on while others run: the flag is set by who is still inside the closure.
#[test]
fn an_access_lasts_until_its_closure_returns() {
    assert_race(run(|| {
        let slot = Slot::new();
        let other = Arc::clone(&slot);
        let task = thread::spawn(move || other.data.with_mut(|_| other.ready.store(true, Ordering::Release)));
        if slot.ready.load(Ordering::Acquire) {
            slot.read();
        }
        task.join().unwrap();
        0
    }));
}

#[test]
fn a_race_is_told_with_both_accesses() {
    let [_, report] = run(|| message_passing(Ordering::Relaxed, Ordering::Relaxed));
    let text = report.failure.unwrap().to_string();
    assert!(text.contains("writes data") && text.contains("reads data"), "{text}");
    assert!(text.contains("sync_cell.rs:"), "{text}");
}

#[test]
fn outside_a_check_it_is_the_real_cell() {
    let slot = Slot::new();
    slot.write(7);
    assert_eq!(slot.read(), 7);
    assert_eq!(UnsafeCell::from(3).into_inner(), 3);
}
