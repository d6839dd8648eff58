//! The reader-writer lock of `parking_lot`: a reader that becomes the writer, attempts that end in time, and who can tell that
//! somebody waits.

use selvedge::parking_lot::{RwLock, RwLockReadGuard, RwLockUpgradableReadGuard as Upgradable, RwLockWriteGuard};
use selvedge::sync::mpsc;
use selvedge::time::{Duration, Instant};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, thread};

const SECOND: Duration = Duration::from_secs(1);

/// Plain enumeration and the reduction, which have to agree, and the search of execution graphs.
fn both<R: std::fmt::Debug + 'static>(program: impl Fn() -> R + Send + Sync + Copy + 'static) -> Report {
    let run = |strategy, model| {
        let check = Check::new("upgrade").strategy(strategy).memory_model(model);
        check.keep_going(true).cause(false).run(program)
    };
    let plain = run(Strategy::Dfs, MemoryModel::SequentiallyConsistent);
    let reduced = run(Strategy::Exhaustive, MemoryModel::SequentiallyConsistent);
    let graphs = run(Strategy::Graphs, MemoryModel::Rust);
    for other in [&reduced, &graphs].into_iter().filter(|report| follows(report)) {
        assert_eq!(plain.verdict, other.verdict, "{plain}\n{other}");
        assert_eq!(outcomes(&plain), outcomes(other), "{plain}\n{other}");
        let kind = |report: &Report| report.failure.as_ref().map(|failure| failure.kind);
        assert_eq!(kind(&plain), kind(other), "{plain}\n{other}");
    }
    reduced
}

/// Whether a search can be used at all: that of execution graphs knows no attempts that end in time, and says so.
fn follows(report: &Report) -> bool {
    !report.to_string().contains("an attempt to lock ends in time")
}

fn outcomes(report: &Report) -> Vec<&str> {
    report.outcomes.keys().map(String::as_str).collect()
}

/// Verified, with these outcomes.
#[track_caller]
fn shows<R: std::fmt::Debug + 'static>(program: impl Fn() -> R + Send + Sync + Copy + 'static, expected: &[&str]) {
    let report = both(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), expected);
}

#[track_caller]
fn deadlocks(program: impl Fn() + Send + Sync + Copy + 'static) {
    let report = both(program);
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::Deadlock));
}

static LOCK: RwLock<u32> = RwLock::new(0);

#[test]
fn a_check_and_what_follows_from_it_are_one_under_an_upgrade() {
    let program = |add: fn()| {
        let other = thread::spawn(add);
        add();
        other.join().unwrap();
        *LOCK.read()
    };
    // What has been read may be old when it is written.
    let naive = move || {
        program(|| {
            let seen = *LOCK.read();
            *LOCK.write() = seen + 1;
        })
    };
    shows(naive, &["1", "2"]);
    let fixed = move || {
        program(|| {
            let guard = LOCK.upgradable_read();
            let seen = *guard;
            *Upgradable::upgrade(guard) = seen + 1;
        })
    };
    shows(fixed, &["2"]);
    let inside = move || program(|| LOCK.upgradable_read().with_upgraded(|count| *count += 1));
    shows(inside, &["2"]);
}

#[test]
fn who_may_upgrade_reads_with_others_and_keeps_out_whoever_writes_or_may_upgrade() {
    let program = || {
        let guard = LOCK.upgradable_read();
        let other = thread::spawn(|| {
            let tries = (
                LOCK.try_read().is_some(),
                LOCK.try_upgradable_read().is_some(),
                LOCK.try_write().is_some(),
                LOCK.is_locked(),
                LOCK.is_locked_exclusive(),
            );
            (tries, *LOCK.read())
        });
        let seen = other.join().unwrap();
        drop(guard);
        (seen, LOCK.is_locked())
    };
    shows(program, &["(((true, false, false, true, false), 0), false)"]);
}

#[test]
fn two_who_upgrade_never_wait_for_each_other() {
    let program = || {
        let upgrade = || {
            let mut guard = Upgradable::upgrade(LOCK.upgradable_read());
            *guard += 1;
            let guard = RwLockWriteGuard::downgrade_to_upgradable(guard);
            *Upgradable::upgrade(guard) += 1;
        };
        let others = [(); 2].map(|()| thread::spawn(upgrade));
        upgrade();
        others.into_iter().for_each(|other| other.join().unwrap());
        *LOCK.read()
    };
    shows(program, &["6"]);
}

#[test]
fn nobody_writes_between_a_write_and_what_it_becomes() {
    let program = || {
        let other = thread::spawn(|| *LOCK.write() += 10);
        let mut write = LOCK.write();
        *write += 1;
        let first = *write;
        let upgradable = RwLockWriteGuard::downgrade_to_upgradable(write);
        let second = *upgradable;
        let read = Upgradable::downgrade(upgradable);
        let third = *read;
        drop(read);
        other.join().unwrap();
        (first == second, first == third)
    };
    shows(program, &["(true, true)"]);
}

#[test]
fn who_reads_again_beside_an_upgrade_that_waits_may_wait_for_ever() {
    for timed in [false, true] {
        let upgrades = move || {
            let other = thread::spawn(move || {
                let guard = LOCK.upgradable_read();
                match timed {
                    false => *Upgradable::upgrade(guard) += 1,
                    true => drop(Upgradable::try_upgrade_for(guard, SECOND)),
                }
            });
            let outer = LOCK.read();
            let inner = LOCK.read();
            drop((outer, inner));
            other.join().unwrap();
        };
        match timed {
            false => deadlocks(upgrades),
            true => shows(upgrades, &["()"]),
        }
    }
    // And beside a writer, as with the lock of std.
    deadlocks(|| {
        let other = thread::spawn(|| *LOCK.write() += 1);
        let outer = LOCK.read();
        drop((LOCK.read(), outer));
        other.join().unwrap();
    });
    // Who may upgrade and reads as well keeps the writer from beginning to wait for readers.
    shows(
        || {
            let other = thread::spawn(|| *LOCK.write() += 1);
            let outer = LOCK.upgradable_read();
            drop((LOCK.read(), outer));
            other.join().unwrap();
        },
        &["()"],
    );
    // But its own share is one that it waits for.
    deadlocks(|| {
        let read = LOCK.read();
        drop(Upgradable::upgrade(LOCK.upgradable_read()));
        drop(read);
    });
}

#[test]
fn a_reader_that_waits_for_who_may_upgrade_waits_for_the_writer_between_them() {
    deadlocks(|| {
        let writer = thread::spawn(|| *LOCK.write() += 1);
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || sender.send(*LOCK.upgradable_read()).unwrap());
        let guard = LOCK.read();
        receiver.recv().unwrap();
        drop(guard);
        other.join().unwrap();
        writer.join().unwrap();
    });
    // Without a writer nobody is between them.
    shows(
        || {
            let (sender, receiver) = mpsc::channel();
            let other = thread::spawn(move || sender.send(*LOCK.upgradable_read()).unwrap());
            let guard = LOCK.read();
            receiver.recv().unwrap();
            drop(guard);
            other.join().unwrap();
        },
        &["()"],
    );
}

#[test]
fn an_attempt_to_upgrade_fails_beside_a_reader_and_gives_the_guard_back() {
    let program = || {
        let other = thread::spawn(|| *LOCK.read());
        let guard = LOCK.upgradable_read();
        let (free, guard) = match Upgradable::try_upgrade(guard) {
            Ok(mut guard) => {
                *guard += 1;
                (true, RwLockWriteGuard::downgrade_to_upgradable(guard))
            }
            Err(guard) => (false, guard),
        };
        // It has the lock in any case.
        let busy = LOCK.try_upgradable_read().is_none();
        drop(guard);
        (free, busy, other.join().unwrap())
    };
    shows(program, &["(false, true, 0)", "(true, true, 0)", "(true, true, 1)"]);
}

#[test]
fn timed_attempts_are_in_vain_if_the_lock_is_held_for_longer() {
    let program = || {
        let read = LOCK.read();
        let other = thread::spawn(|| {
            let write = LOCK.try_write_for(SECOND).is_some();
            let mut guard = LOCK
                .try_upgradable_read_until(Instant::now() + SECOND)
                .expect("nobody has it");
            let inside = guard.try_with_upgraded_for(SECOND, |count| *count += 1);
            let upgrade = Upgradable::try_upgrade_for(guard, SECOND).is_ok();
            // All of them have left the lock as it was.
            let shared = (LOCK.try_read_for(SECOND).is_some(), LOCK.is_locked_exclusive());
            (write, inside, upgrade, shared, LOCK.try_upgradable_read().is_some())
        });
        let seen = other.join().unwrap();
        drop(read);
        (seen, LOCK.try_write_until(Instant::now() + SECOND).is_some())
    };
    shows(program, &["((false, None, false, (true, false), true), true)"]);
    let program = || {
        let write = LOCK.write();
        let other = thread::spawn(|| {
            (
                LOCK.try_read_for(SECOND).is_some(),
                LOCK.try_upgradable_read_for(SECOND).is_some(),
                LOCK.try_write_for(SECOND).is_some(),
            )
        });
        let seen = other.join().unwrap();
        drop(write);
        seen
    };
    shows(program, &["(false, false, false)"]);
}

#[test]
fn a_timed_writer_keeps_readers_out_until_its_time_is_over() {
    let program = || {
        let outer = LOCK.read();
        let other = thread::spawn(|| LOCK.try_write_for(SECOND).map(|mut value| *value += 1).is_some());
        let before = Instant::now();
        let inner = LOCK.read();
        let waited = before.elapsed() == SECOND;
        drop((outer, inner));
        (waited, other.join().unwrap(), *LOCK.read())
    };
    shows(program, &["(false, true, 1)", "(true, false, 0)"]);
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let check = Check::new("early").strategy(strategy).keep_going(true).early_timers(1);
        let report = check.run(program);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(
            outcomes(&report),
            [
                "(false, false, 0)",
                "(false, true, 1)",
                "(true, false, 0)",
                "(true, true, 1)"
            ]
        );
    }
}

#[test]
fn who_asks_sees_a_writer_that_waits_for_readers() {
    let program = || {
        let read = LOCK.read();
        let other = thread::spawn(|| *LOCK.write() += 1);
        let seen = (
            LOCK.is_locked(),
            LOCK.is_locked_exclusive(),
            LOCK.try_upgradable_read().is_some(),
        );
        drop(read);
        other.join().unwrap();
        seen
    };
    shows(
        program,
        &["(true, false, false)", "(true, false, true)", "(true, true, false)"],
    );
    // Behind one that may upgrade it waits for its turn, and nobody sees it.
    let program = || {
        let guard = LOCK.upgradable_read();
        let other = thread::spawn(|| *LOCK.write() += 1);
        let seen = (LOCK.is_locked_exclusive(), LOCK.try_read().is_some());
        drop(guard);
        other.join().unwrap();
        seen
    };
    shows(program, &["(false, true)"]);
}

#[test]
fn parts_of_values_and_locks_of_guards() {
    let program = || {
        let pair = RwLock::new((0, 1));
        let part = RwLockWriteGuard::try_map(pair.write(), |pair| Some(&mut pair.0));
        *part.expect("there is a first") += 1;
        let whole = RwLockWriteGuard::try_map(pair.write(), |_| None::<&mut u32>).expect_err("there is none");
        assert!(std::ptr::eq(RwLockWriteGuard::rwlock(&whole), &pair));
        drop(whole);
        let part = RwLockReadGuard::try_map(pair.read(), |pair| Some(&pair.1));
        let second = *part.expect("there is a second");
        let whole = RwLockReadGuard::try_map(pair.read(), |_| None::<&u32>).expect_err("there is none");
        RwLockReadGuard::unlock_fair(whole);
        let mut guard = pair.upgradable_read();
        let first = guard.try_with_upgraded(|pair| {
            pair.0 += 1;
            pair.0
        });
        let write = Upgradable::unlocked(&mut guard, || pair.try_write().is_some());
        Upgradable::unlock_fair(guard);
        (first, second, write, pair.is_locked())
    };
    shows(program, &["(Some(2), 1, true, false)"]);
}

#[test]
fn a_panic_of_the_writer_that_a_reader_has_become_leaves_the_reader() {
    let program = || {
        let mut guard = LOCK.upgradable_read();
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            guard.with_upgraded(|_| panic!("inside"));
        }));
        let seen = (LOCK.try_read().is_some(), LOCK.try_upgradable_read().is_some());
        drop(guard);
        (panics.is_err(), seen, LOCK.try_write().is_some())
    };
    shows(program, &["(true, (true, false), true)"]);
}

#[test]
fn the_same_names_outside_of_a_check() {
    let lock = RwLock::new(1);
    let read = lock.read();
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(lock.try_write_for(Duration::from_millis(2)).is_none());
            let guard = lock.try_upgradable_read_for(Duration::ZERO).expect("nobody writes");
            let guard = Upgradable::try_upgrade_for(guard, Duration::from_millis(2)).expect_err("somebody reads");
            assert!(lock.is_locked() && !lock.is_locked_exclusive());
            drop(Upgradable::downgrade(guard));
        });
    });
    drop(read);
    assert!(!lock.is_locked());
    let mut write = lock.write();
    *write += 1;
    let guard = RwLockWriteGuard::downgrade_to_upgradable(write);
    assert!(lock.try_read().is_some() && lock.try_upgradable_read().is_none());
    *Upgradable::upgrade(guard) += 1;
    assert_eq!(lock.into_inner(), 3);
}
