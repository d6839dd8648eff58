//! Outside a check the facade is the real thing: the same bodies, compiled against std and against
//! selvedge, give the same results.

macro_rules! parity {
    ($($name:ident: $body:item)*) => {
        mod on_std {
            use std::{sync, sync::mpsc, thread};
            use super::common::*;
            $($body)*
        }
        mod on_selvedge {
            use selvedge::{sync, sync::mpsc, thread};
            use super::common::*;
            $($body)*
        }
        $(
            #[test]
            fn $name() {
                assert_eq!(on_selvedge::$name(), on_std::$name());
            }
        )*
    };
}

mod common {
    pub(crate) use std::panic::{AssertUnwindSafe, catch_unwind};
    pub(crate) use std::time::Duration;

    /// Runs what panics without a word on stderr being the point of the test.
    pub(crate) fn panics(f: impl FnOnce()) -> bool {
        catch_unwind(AssertUnwindSafe(f)).is_err()
    }
}

parity! {
    a_poisoned_mutex_and_what_repairs_it:
    pub(super) fn a_poisoned_mutex_and_what_repairs_it() -> Vec<bool> {
        let mut mutex = sync::Mutex::new(1);
        let mut seen = vec![mutex.is_poisoned()];
        seen.push(panics(|| {
            let _guard = mutex.lock().unwrap();
            panic!("inside");
        }));
        seen.push(mutex.is_poisoned());
        seen.push(mutex.lock().is_err());
        seen.push(mutex.get_mut().is_err());
        seen.push(matches!(mutex.try_lock(), Err(sync::TryLockError::Poisoned(_))));
        mutex.clear_poison();
        seen.push(mutex.lock().is_ok());
        seen.push(mutex.into_inner().is_ok());
        seen
    }

    reader_writer_lock:
    pub(super) fn reader_writer_lock() -> (Vec<bool>, i32) {
        let mut lock = sync::RwLock::new(1);
        let mut seen = Vec::new();
        {
            let _reader = lock.read().unwrap();
            seen.extend([lock.try_read().is_ok(), lock.try_write().is_err()]);
        }
        {
            let mut writer = lock.write().unwrap();
            *writer += 1;
            seen.extend([lock.try_read().is_err(), lock.try_write().is_err()]);
        }
        seen.push(panics(|| {
            let _guard = lock.read().unwrap();
            panic!("a reader");
        }));
        seen.push(lock.is_poisoned());
        seen.push(panics(|| {
            let _guard = lock.write().unwrap();
            panic!("a writer");
        }));
        seen.push(lock.is_poisoned());
        seen.push(lock.read().is_err());
        seen.push(lock.write().is_err());
        seen.push(lock.get_mut().is_err());
        lock.clear_poison();
        seen.push(lock.try_write().is_ok());
        (seen, lock.into_inner().unwrap())
    }

    condition_variable:
    pub(super) fn condition_variable() -> (u32, bool, bool) {
        let shared = sync::Arc::new((sync::Mutex::new(0), sync::Condvar::new()));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let shared = sync::Arc::clone(&shared);
                thread::spawn(move || {
                    let guard = shared.1.wait_while(shared.0.lock().unwrap(), |n| *n == 0).unwrap();
                    *guard
                })
            })
            .collect();
        *shared.0.lock().unwrap() = 2;
        shared.1.notify_all();
        shared.1.notify_one();
        let sum = tasks.into_iter().map(|task| task.join().unwrap()).sum();
        let guard = shared.0.lock().unwrap();
        let (guard, result) = shared.1.wait_timeout_while(guard, Duration::from_millis(1), |n| *n == 2).unwrap();
        let late = result.timed_out();
        let (_guard, result) = shared.1.wait_timeout_while(guard, Duration::from_secs(60), |n| *n != 2).unwrap();
        (sum, late, result.timed_out())
    }

    barrier:
    pub(super) fn barrier() -> usize {
        let barrier = sync::Arc::new(sync::Barrier::new(3));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let barrier = sync::Arc::clone(&barrier);
                thread::spawn(move || (0..4).filter(|_| barrier.wait().is_leader()).count())
            })
            .collect();
        tasks.into_iter().map(|task| task.join().unwrap()).sum()
    }

    once:
    pub(super) fn once() -> (Vec<bool>, u32) {
        let once = sync::Once::new();
        let mut runs = 0;
        let mut seen = vec![once.is_completed()];
        seen.push(panics(|| once.call_once(|| panic!("half done"))));
        seen.push(panics(|| once.call_once(|| runs += 1)));
        once.call_once_force(|state| {
            seen.push(state.is_poisoned());
            runs += 1;
        });
        once.call_once(|| runs += 1);
        once.call_once_force(|_| runs += 1);
        seen.push(once.is_completed());
        (seen, runs)
    }

    once_lock:
    pub(super) fn once_lock() -> Vec<Option<u32>> {
        let mut cell = sync::OnceLock::new();
        let mut seen = vec![cell.get().copied(), cell.get_mut().copied()];
        seen.push(panics(|| assert_eq!(cell.get_or_init(|| panic!("no value")), &0)).then_some(0));
        seen.extend([cell.get().copied(), cell.set(1).err(), cell.set(2).err()]);
        seen.push(Some(*cell.get_or_init(|| 3)));
        seen.extend([cell.get_mut().copied(), cell.take(), cell.get().copied()]);
        seen.extend([Some(*cell.get_or_init(|| 4)), cell.into_inner()]);
        seen
    }

    unbounded_channel:
    pub(super) fn unbounded_channel() -> (Vec<u32>, Vec<String>) {
        let (sender, receiver) = mpsc::channel();
        let other = sender.clone();
        let task = thread::spawn(move || (1..=3).for_each(|n| other.send(n).unwrap()));
        task.join().unwrap();
        let mut got = vec![receiver.recv().unwrap()];
        got.extend(receiver.try_iter());
        let mut told = vec![
            format!("{:?}", receiver.try_recv()),
            format!("{:?}", receiver.recv_timeout(Duration::from_millis(1))),
        ];
        sender.send(4).unwrap();
        drop(sender);
        got.extend(receiver.iter());
        told.push(format!("{:?}", receiver.recv()));
        told.push(format!("{:?}", receiver.try_recv()));
        told.push(format!("{:?}", receiver.recv_timeout(Duration::from_millis(1))));
        let (sender, receiver) = mpsc::channel();
        drop(receiver);
        told.push(format!("{:?}", sender.send(5)));
        (got, told)
    }

    bounded_channel:
    pub(super) fn bounded_channel() -> (Vec<u32>, Vec<String>) {
        let (sender, receiver) = mpsc::sync_channel(1);
        let mut told = vec![format!("{:?}", sender.try_send(1)), format!("{:?}", sender.try_send(2))];
        let task = thread::spawn(move || {
            sender.send(3).unwrap();
            sender.send(4).unwrap();
        });
        let got = receiver.into_iter().collect();
        task.join().unwrap();
        let (sender, receiver) = mpsc::sync_channel(1);
        drop(receiver);
        told.extend([format!("{:?}", sender.try_send(5)), format!("{:?}", sender.send(6))]);
        (got, told)
    }

    hand_over:
    pub(super) fn hand_over() -> (Vec<u32>, Vec<String>) {
        let (sender, receiver) = mpsc::sync_channel(0);
        let mut told = vec![format!("{:?}", sender.try_send(1)), format!("{:?}", receiver.try_recv())];
        let task = thread::spawn(move || (2..=4).for_each(|n| sender.send(n).unwrap()));
        let got = receiver.iter().collect();
        task.join().unwrap();
        let (sender, receiver) = mpsc::sync_channel(0);
        let task = thread::spawn(move || sender.send(5));
        drop(receiver);
        told.push(format!("{:?}", task.join().unwrap()));
        (got, told)
    }
}
