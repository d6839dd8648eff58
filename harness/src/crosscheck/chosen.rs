//! Programs that random ones seldom come upon, explored with the reduction and without it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::threads::{compare, limits};
use crate::engine::current::Program;
use crate::future::{block_on, spawn, yield_now};
use crate::schedule::ScheduleLimits;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Arc as Counted, RwLock, mpsc};
use crate::time::{sleep, timeout};
use crate::tokio::sync::mpsc::channel;
use crate::tokio::sync::oneshot;
use crate::{hint, thread};

const MS: Duration = Duration::from_millis(1);

#[track_caller]
fn agree<R: Debug>(program: impl Fn() -> R + Send + Sync + 'static) {
    agree_within(&limits(), program);
}

#[track_caller]
fn agree_within<R: Debug>(limits: &ScheduleLimits, program: impl Fn() -> R + Send + Sync + 'static) {
    let program: Program = Arc::new(move || format!("{:?}", program()));
    if let Err(why) = compare(&program, limits) {
        panic!("{why}");
    }
}

/// Two timers of one instant, and who waits for the one waits for the other task, too.
#[test]
fn a_timeout_and_the_answer_at_the_same_instant() {
    agree(|| {
        block_on(async {
            let (sender, receiver) = oneshot::channel();
            let worker = spawn(async move {
                sleep(MS).await;
                sleep(MS).await;
                sender.send(())
            });
            let result = timeout(2 * MS, receiver).await;
            let sent = worker.await.unwrap();
            (result.is_ok(), sent.is_ok())
        })
    });
}

/// A spinning task that is let through once more may find what another one, let through with it, has written.
#[test]
fn spinners_that_are_let_through_together() {
    agree(|| {
        let flags = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let spin = |mine: usize| {
            let flags = Arc::clone(&flags);
            thread::spawn(move || {
                let mut tries = 0;
                while flags[1 - mine].load(SeqCst) == 0 && tries < 1 {
                    hint::spin_loop();
                    tries += 1;
                }
                flags[mine].store(1, SeqCst);
                tries
            })
        };
        let (one, other) = (spin(0), spin(1));
        (one.join().unwrap(), other.join().unwrap())
    });
}

#[test]
fn senders_and_a_receiver_that_goes() {
    agree(|| {
        let (sender, receiver) = mpsc::channel();
        let threads: Vec<_> = (0..2)
            .map(|i| {
                let sender = sender.clone();
                thread::spawn(move || sender.send(i).is_ok())
            })
            .collect();
        drop(sender);
        drop(receiver);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// A scope whose threads are done already still comes after them.
#[test]
fn a_scope_whose_threads_are_done() {
    agree(|| {
        let (value, lock) = (AtomicU32::new(0), RwLock::new(0));
        let after = AtomicU32::new(0);
        let mut seen = (0, false);
        thread::scope(|outer| {
            outer.spawn(|| {
                after.load(SeqCst);
                drop(lock.write().unwrap());
            });
            thread::scope(|s| {
                s.spawn(|| seen.0 = value.load(SeqCst));
                s.spawn(|| seen.1 = lock.try_read().is_ok());
            });
            after.store(1, SeqCst);
        });
        seen
    });
}

#[test]
fn an_empty_task_that_is_aborted() {
    agree(|| {
        let task = spawn(async {});
        task.abort();
        block_on(task).is_ok()
    });
}

#[test]
fn a_channel_whose_ends_are_dropped() {
    agree(|| {
        let (sender, receiver) = mpsc::channel();
        let another = sender.clone();
        let one = thread::spawn(move || sender.send(1).is_ok());
        let other = thread::spawn(move || another.send(2).is_ok());
        drop(receiver);
        (one.join().unwrap(), other.join().unwrap())
    });
}

/// Two exchanges of which one fails, and so only reads, and a task that spins until one has succeeded.
#[test]
fn an_exchange_that_fails_beside_one_that_spins() {
    for spins in [false, true] {
        agree(move || {
            let value = Arc::new(AtomicU32::new(0));
            let (one, other, last) = (Arc::clone(&value), Arc::clone(&value), Arc::clone(&value));
            let one = thread::spawn(move || one.compare_exchange(0, 5, SeqCst, SeqCst).is_ok());
            let other = thread::spawn(move || {
                while other.load(SeqCst) == 0 && spins {
                    hint::spin_loop();
                }
            });
            let last = thread::spawn(move || {
                let exchanged = last.compare_exchange(0, 5, SeqCst, SeqCst).is_ok();
                (exchanged, last.fetch_add(1, SeqCst))
            });
            (one.join().unwrap(), other.join().unwrap(), last.join().unwrap())
        });
    }
}

/// Wakes commute, so neither of them is a change for the other, although one of the two spins afterwards.
#[test]
fn a_wake_is_no_change_for_who_woke_before_spinning() {
    agree(|| {
        let value = Arc::new(AtomicU32::new(0));
        let main = thread::current();
        let lock = Arc::new(RwLock::new(0));
        let (other, theirs, read) = (main.clone(), Arc::clone(&value), Arc::clone(&lock));
        let spinner = thread::spawn(move || {
            other.unpark();
            let mut tries = 0;
            while theirs.load(SeqCst) == 0 && tries < 2 {
                drop(read.read().unwrap());
                hint::spin_loop();
                tries += 1;
            }
            tries
        });
        let reader = thread::spawn(move || {
            let seen = *lock.read().unwrap();
            main.unpark();
            value.store(1, SeqCst);
            seen
        });
        (spinner.join().unwrap(), reader.join().unwrap())
    });
}

/// A timer that fires early wakes who waits for a message, too, and is given another waker for its second poll.
#[test]
fn an_early_timeout_and_a_message() {
    for fresh_wakers in [false, true] {
        let limits = ScheduleLimits {
            early_timers: 1,
            fresh_wakers,
            ..limits()
        };
        agree_within(&limits, || {
            let (sender, mut receiver) = channel(1);
            let value = Arc::new(AtomicU32::new(0));
            let receiving = spawn(async move {
                let received = timeout(MS, receiver.recv()).await.is_ok();
                yield_now().await;
                received
            });
            let sending = spawn(async move { sender.try_send(2).is_ok() });
            (
                block_on(receiving).unwrap(),
                block_on(sending).unwrap(),
                value.load(SeqCst),
            )
        });
    }
}

/// A lock that is taken by a write: what the own loop writes is no change, what comes between two of its accesses is one.
#[test]
fn spin_locks_of_every_kind() {
    type Take = fn(&AtomicU32) -> bool;
    let takes: [Take; 4] = [
        |lock| lock.swap(1, SeqCst) == 0,
        |lock| lock.fetch_or(1, SeqCst) == 0,
        |lock| lock.load(SeqCst) == 0 && lock.swap(1, SeqCst) == 0,
        |lock| lock.load(SeqCst) == 0 && lock.compare_exchange(0, 1, SeqCst, SeqCst).is_ok(),
    ];
    for take in takes {
        agree(move || {
            let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let section = move |shared: &(AtomicU32, AtomicU32)| {
                let mut tries = 0;
                while !take(&shared.0) {
                    tries += 1;
                    if tries > 2 {
                        return 7;
                    }
                    hint::spin_loop();
                }
                let before = shared.1.fetch_add(1, SeqCst);
                shared.0.store(0, SeqCst);
                before
            };
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || section(&theirs));
            let mine = section(&shared);
            (mine, other.join().unwrap())
        });
    }
}

/// The same with a counter of the loop's own beside the lock.
#[test]
fn a_spinning_loop_that_counts_its_rounds() {
    agree(|| {
        let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let spinner = thread::spawn(move || {
            while theirs.0.load(SeqCst) == 0 && theirs.1.fetch_add(1, SeqCst) < 2 {
                hint::spin_loop();
            }
            theirs.0.load(SeqCst)
        });
        shared.0.store(0, SeqCst);
        let rounds = shared.1.load(SeqCst);
        shared.0.store(1, SeqCst);
        (rounds, spinner.join().unwrap())
    });
}

/// Clones commute, so that somebody else becomes an owner is no change for who has just become one and spins.
#[test]
fn a_clone_is_no_change_for_who_cloned_before_spinning() {
    agree(|| {
        let flag = Arc::new(AtomicU32::new(0));
        let value = Counted::new(7);
        let (theirs, owned) = (Arc::clone(&flag), value.clone());
        let spinner = thread::spawn(move || {
            let mut owners = Vec::new();
            while theirs.load(SeqCst) == 0 && owners.len() < 2 {
                owners.push(owned.clone());
                hint::spin_loop();
            }
            owners.len()
        });
        let kept = value.clone();
        flag.store(1, SeqCst);
        let tries = spinner.join().unwrap();
        (tries, Counted::strong_count(&kept))
    });
}

/// The same with nothing else that could change.
#[test]
fn a_second_wake_is_no_change_for_who_gave_the_first() {
    agree(|| {
        let main = thread::current();
        let (other, flag, done) = (main.clone(), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let seen = Arc::clone(&done);
        // Spawned first, so that its wake comes first in the first execution.
        let waker = thread::spawn(move || main.unpark());
        let spinner = thread::spawn(move || {
            other.unpark();
            let mut tries = 0;
            while flag.load(SeqCst) == 0 && tries < 1 {
                tries += 1;
                hint::spin_loop();
            }
            (tries, seen.load(SeqCst))
        });
        waker.join().unwrap();
        done.store(1, SeqCst);
        spinner.join().unwrap()
    });
}
