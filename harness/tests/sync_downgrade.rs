//! A writer that goes on as a reader: others may read with it, and nobody writes in between.

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, RwLock, RwLockWriteGuard};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

/// Plain enumeration and the reduction, which have to agree.
fn both<R: std::fmt::Debug + 'static>(program: impl Fn() -> R + Send + Sync + Copy + 'static) -> Report {
    let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("downgrade").strategy(strategy).keep_going(true).run(program));
    assert_eq!(
        plain.outcomes.keys().collect::<Vec<_>>(),
        reduced.outcomes.keys().collect::<Vec<_>>(),
        "{plain}\n{reduced}"
    );
    assert_eq!(plain.verdict, reduced.verdict, "{plain}\n{reduced}");
    reduced
}

/// Writes, and reads what it wrote.
fn writes(lock: &RwLock<u32>, own: u32, downgrades: bool) -> bool {
    let mut write = lock.write().unwrap();
    *write = own;
    let read = match downgrades {
        true => RwLockWriteGuard::downgrade(write),
        false => {
            drop(write);
            lock.read().unwrap()
        }
    };
    *read == own
}

fn two_writers(downgrades: bool) -> bool {
    let lock = Arc::new(RwLock::new(0).named("lock").showing(u32::to_string));
    let theirs = Arc::clone(&lock);
    let other = thread::spawn(move || writes(&theirs, 1, downgrades));
    let mine = writes(&lock, 2, downgrades);
    mine & other.join().unwrap()
}

#[test]
fn nobody_writes_between_a_write_and_the_read_it_becomes() {
    let report = both(|| two_writers(true));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["true"]);
    assert_eq!(report.executions, 2, "{report}");
}

#[test]
fn who_unlocks_to_read_may_read_what_another_one_wrote() {
    let report = Check::new("unlock-then-read")
        .strategy(Strategy::Exhaustive)
        .run(|| assert!(two_writers(false)));
    assert_eq!(report.failure.expect("a writer in between").kind, FailureKind::Panic);
}

/// What a task does with the lock; the numbers of its operations are its program.
fn act(lock: &RwLock<u32>, count: &AtomicU32, what: u32) -> u32 {
    match what {
        0 => {
            let mut write = lock.write().unwrap();
            *write = *write * 2 + 1;
            let read = RwLockWriteGuard::downgrade(write);
            let seen = count.fetch_add(1, SeqCst);
            *read * 10 + seen
        }
        1 => {
            let read = lock.read().unwrap();
            let seen = count.load(SeqCst);
            *read * 10 + seen
        }
        2 => {
            let mut write = lock.write().unwrap();
            *write *= 3;
            *write * 10 + count.fetch_add(1, SeqCst)
        }
        3 => match lock.try_read() {
            Ok(read) => *read,
            Err(_) => 1000,
        },
        4 => match lock.try_write() {
            Ok(mut write) => {
                *write += 5;
                let read = RwLockWriteGuard::downgrade(write);
                *read
            }
            Err(_) => 2000,
        },
        5 => {
            // Reads while it reads.
            let write = lock.write().unwrap();
            let read = RwLockWriteGuard::downgrade(write);
            let again = lock.read().unwrap();
            *read + *again
        }
        6 => {
            // Waits for others while it reads what it wrote.
            let write = lock.write().unwrap();
            let read = RwLockWriteGuard::downgrade(write);
            while count.load(SeqCst) == 0 {
                thread::yield_now();
            }
            *read
        }
        7 => {
            let seen = count.fetch_add(1, SeqCst);
            match lock.try_read() {
                Ok(read) => *read * 10 + seen,
                Err(_) => 3000,
            }
        }
        _ => count.fetch_add(1, SeqCst),
    }
}

fn program(acts: [u32; 3]) -> Vec<u32> {
    let (lock, count) = (Arc::new(RwLock::new(1)), Arc::new(AtomicU32::new(0)));
    let threads = [acts[1], acts[2]].map(|what| {
        let (lock, count) = (Arc::clone(&lock), Arc::clone(&count));
        thread::spawn(move || act(&lock, &count, what))
    });
    let mut seen = vec![act(&lock, &count, acts[0])];
    seen.extend(threads.map(|thread| thread.join().unwrap()));
    let last = *lock.read().unwrap();
    seen.push(last);
    seen
}

fn agrees_for(first: u32) {
    for second in 0..9 {
        for third in second..9 {
            let _ = both(move || program([first, second, third]));
        }
    }
}

#[test]
fn the_reduction_agrees_with_plain_enumeration_about_downgrades() {
    agrees_for(0);
}

#[test]
fn the_reduction_agrees_with_plain_enumeration_about_downgrades_of_attempts() {
    agrees_for(4);
}

#[test]
fn the_reduction_agrees_with_plain_enumeration_about_who_reads_again() {
    agrees_for(5);
}

#[test]
fn the_reduction_agrees_with_plain_enumeration_about_who_waits_while_it_reads() {
    agrees_for(6);
}

#[test]
fn who_reads_again_beside_a_writer_may_wait_for_ever() {
    let report = both(|| program([5, 2, 8]));
    assert_eq!(
        report.failure.expect("the writer keeps it out").kind,
        FailureKind::Deadlock
    );
    // As a reader that was one from the beginning.
    let report = Check::new("once")
        .strategy(Strategy::Exhaustive)
        .run(|| program([0, 2, 8]));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}
