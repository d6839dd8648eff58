//! Every public name of `std::sync`, `std::sync::atomic`, `std::sync::mpsc`, `std::thread` and `std::hint` that is stable: the same
//! body is compiled against std and against this crate, so what it names is in both, with signatures that agree. What std alone has
//! is this:
//!
//! | name | why it is not here |
//! |---|---|
//! | `as_ptr` and `from_ptr` of atomics | an access through a pointer could not be seen |
//! | `into_inner` of atomics and cells as a `const fn` | the value may be with an engine |
//! | `Arc<T>` becomes `Arc<dyn Trait>` unasked | the trait that says so is not stable; `Arc::coerce` does it |
//! | `Debug` of locks and cells shows the value | a look would be an operation of the program |
//! | names that are not stable: `mpmc`, `ReentrantLock`, `MappedMutexGuard`, .. | they may still change; `sync::nonpoison` is here, with a test of its own |
//!
//! And `thread::Builder::name` takes whatever becomes a `String`, so it takes one, too.

#![expect(deprecated, reason = "deprecated names are names")]
#![expect(clippy::incompatible_msrv, reason = "the newest names are tried with the newest std")]

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// A program that both have to compile, in a module for each.
macro_rules! both {
    ($($body:tt)*) => {
        mod of_std {
            use std::{hint, sync, thread};
            use super::common::*;
            $($body)*
        }
        mod of_selvedge {
            use selvedge::{hint, sync, thread};
            use super::common::*;
            $($body)*
        }
    };
}

mod common {
    pub(crate) use std::cell::Cell;
    pub(crate) use std::fmt::{Debug, Display, Pointer};
    pub(crate) use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
    pub(crate) use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
    pub(crate) use std::time::Duration;

    pub(crate) const TICK: Duration = Duration::from_millis(1);

    pub(crate) fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    pub(crate) fn sends<T: Send>() {}
    pub(crate) fn shares<T: Sync>() {}
    pub(crate) fn has<T: Debug + Default>() {}
    pub(crate) fn panics(f: impl FnOnce()) -> bool {
        catch_unwind(AssertUnwindSafe(f)).is_err()
    }
}

both! {
    macro_rules! integer {
        ($seen:ident: $($name:ident $value:ty),+) => {$(
            let mut a = sync::atomic::$name::new(5);
            a.store(6, Release);
            $seen.push(a.load(Acquire) as i64);
            $seen.push(a.swap(7, AcqRel) as i64);
            $seen.push(a.compare_exchange(7, 8, AcqRel, Acquire).unwrap() as i64);
            $seen.push(a.compare_exchange(7, 9, Release, Relaxed).unwrap_err() as i64);
            $seen.push(a.compare_exchange_weak(1, 9, SeqCst, SeqCst).unwrap_err() as i64);
            $seen.push(a.compare_and_swap(8, 9, AcqRel) as i64);
            for fetch in [
                sync::atomic::$name::fetch_add, sync::atomic::$name::fetch_sub, sync::atomic::$name::fetch_and,
                sync::atomic::$name::fetch_nand, sync::atomic::$name::fetch_or, sync::atomic::$name::fetch_xor,
                sync::atomic::$name::fetch_max, sync::atomic::$name::fetch_min,
            ] {
                $seen.push(fetch(&a, 3, Relaxed) as i64);
            }
            let wrap = |n: $value| n.wrapping_add(1);
            $seen.push(a.fetch_update(SeqCst, Relaxed, |n| Some(wrap(n))).unwrap() as i64);
            $seen.push(a.try_update(SeqCst, Relaxed, |_| None).unwrap_err() as i64);
            $seen.push(a.update(AcqRel, Acquire, wrap) as i64);
            *a.get_mut() = 3;
            $seen.push(a.load(SeqCst) as i64);
            *a.get_mut() += 1;
            $seen.push(a.into_inner() as i64);
            $seen.push(sync::atomic::$name::from(2).into_inner() as i64);
            unwind_safe::<sync::atomic::$name>();
            has::<sync::atomic::$name>();
        )+};
    }

    pub(super) fn atomics() -> Vec<i64> {
        let mut seen = Vec::new();
        integer! { seen:
            AtomicI8 i8, AtomicI16 i16, AtomicI32 i32, AtomicI64 i64, AtomicIsize isize,
            AtomicU8 u8, AtomicU16 u16, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize
        }
        seen
    }

    pub(super) fn flags() -> Vec<bool> {
        let mut a = sync::atomic::AtomicBool::new(true);
        let mut seen = vec![
            a.fetch_not(SeqCst),
            a.fetch_and(true, SeqCst),
            a.fetch_nand(true, SeqCst),
            a.fetch_or(true, SeqCst),
            a.fetch_xor(true, SeqCst),
            a.swap(true, SeqCst),
            a.compare_exchange(true, false, SeqCst, SeqCst).unwrap(),
            a.compare_and_swap(false, true, SeqCst),
            a.update(SeqCst, SeqCst, |b| !b),
            a.try_update(SeqCst, SeqCst, |_| None).is_err(),
            a.fetch_update(SeqCst, SeqCst, Some).unwrap(),
        ];
        *a.get_mut() ^= true;
        seen.push(a.load(SeqCst));
        seen.push(sync::atomic::AtomicBool::from(true).into_inner());
        seen.push(sync::atomic::AtomicBool::default().into_inner());
        unwind_safe::<sync::atomic::AtomicBool>();
        sync::atomic::fence(SeqCst);
        sync::atomic::compiler_fence(SeqCst);
        sync::atomic::spin_loop_hint();
        seen.push(panics(|| sync::atomic::fence(hint::black_box(Relaxed))));
        seen.push(panics(|| sync::atomic::compiler_fence(hint::black_box(Relaxed))));
        seen
    }

    pub(super) fn pointers() -> Vec<isize> {
        let mut values = [0_u32; 8];
        let base: *mut u32 = &raw mut values[0];
        let from_base = |pointer: *mut u32| pointer.addr().wrapping_sub(base.addr()) as isize;
        let mut a = sync::atomic::AtomicPtr::new(base);
        let mut seen = vec![
            from_base(a.fetch_ptr_add(2, SeqCst)),
            from_base(a.fetch_ptr_sub(1, SeqCst)),
            from_base(a.fetch_byte_add(8, SeqCst)),
            from_base(a.fetch_byte_sub(4, SeqCst)),
            from_base(a.fetch_or(1, SeqCst)),
            from_base(a.fetch_xor(1, SeqCst)),
            from_base(a.fetch_and(!1, SeqCst)),
            from_base(a.load(SeqCst)),
            from_base(a.swap(base, SeqCst)),
            from_base(a.compare_exchange(base, base, SeqCst, SeqCst).unwrap()),
            from_base(a.compare_and_swap(base, base, SeqCst)),
            from_base(a.update(SeqCst, SeqCst, |p| p)),
            from_base(a.try_update(SeqCst, SeqCst, |_| None).unwrap_err()),
            from_base(a.fetch_update(SeqCst, SeqCst, Some).unwrap()),
        ];
        a.store(base, SeqCst);
        *a.get_mut() = base.wrapping_add(1);
        fn prints<T: Pointer + Debug + Default + From<*mut u32>>(_: &T) {}
        prints(&a);
        unwind_safe::<sync::atomic::AtomicPtr<u32>>();
        sends::<sync::atomic::AtomicPtr<u32>>();
        shares::<sync::atomic::AtomicPtr<u32>>();
        seen.push(from_base(a.into_inner()));
        seen.push(sync::atomic::AtomicPtr::<u8>::default().into_inner().is_null() as isize);
        seen
    }

    static ONCE: sync::Once = sync::Once::new();
    static LOCK: sync::OnceLock<u32> = sync::OnceLock::new();
    static LAZY: sync::LazyLock<Vec<u32>> = sync::LazyLock::new(|| vec![1, 2]);
    static BARRIER: sync::Barrier = sync::Barrier::new(1);
    static MUTEX: sync::Mutex<Vec<u32>> = sync::Mutex::new(Vec::new());
    static RWLOCK: sync::RwLock<u32> = sync::RwLock::new(1);
    static CONDVAR: sync::Condvar = sync::Condvar::new();

    pub(super) fn once() -> Vec<bool> {
        ONCE.call_once(|| ());
        ONCE.wait();
        ONCE.wait_force();
        let mut seen = vec![ONCE.is_completed()];
        let once = sync::ONCE_INIT;
        seen.push(panics(|| once.call_once(|| panic!("inside"))));
        seen.push(panics(|| once.call_once(|| ())));
        seen.push(panics(|| once.wait()));
        once.call_once_force(|state: &sync::OnceState| seen.push(state.is_poisoned()));
        once.wait();
        seen.push(once.is_completed());
        unwind_safe::<sync::Once>();
        fn prints<T: Debug>() {}
        prints::<sync::Once>();
        prints::<sync::OnceState>();
        seen
    }

    pub(super) fn once_lock() -> Vec<Option<u32>> {
        let mut seen = vec![LOCK.get().copied(), Some(*LOCK.get_or_init(|| 1)), Some(*LOCK.wait()), LOCK.set(2).err()];
        let mut cell = sync::OnceLock::from(3);
        seen.push(cell.clone().into_inner());
        seen.push((cell == cell.clone()).then_some(1));
        seen.push((cell == sync::OnceLock::new()).then_some(1));
        *cell.get_mut().unwrap() += 1;
        seen.push(cell.take());
        seen.push(cell.into_inner());
        has::<sync::OnceLock<Cell<u8>>>();
        fn compares<T: Clone + Eq>() {}
        compares::<sync::OnceLock<String>>();
        shares::<sync::OnceLock<u32>>();
        sends::<sync::OnceLock<Cell<u8>>>();
        unwind_safe::<sync::OnceLock<u32>>();
        seen
    }

    pub(super) fn lazy_lock() -> Vec<Option<u32>> {
        let mut seen = vec![
            sync::LazyLock::get(&LAZY).map(|_| 0),
            Some(LAZY.iter().sum()),
            Some(sync::LazyLock::force(&LAZY).iter().sum()),
            sync::LazyLock::get(&LAZY).map(|_| 0),
        ];
        let mut lazy = sync::LazyLock::new(|| 3);
        seen.push(sync::LazyLock::get_mut(&mut lazy).copied());
        *sync::LazyLock::force_mut(&mut lazy) += 1;
        seen.push(sync::LazyLock::get(&lazy).copied());
        *lazy += 1;
        seen.push(sync::LazyLock::get_mut(&mut lazy).copied());
        seen.push(Some(*lazy));
        let mut lazy: sync::LazyLock<u32> = sync::LazyLock::new(|| panic!("inside"));
        for _ in 0..2 {
            seen.push(panics(|| { sync::LazyLock::force(&lazy); }).then_some(0));
        }
        seen.push(panics(|| { sync::LazyLock::force_mut(&mut lazy); }).then_some(0));
        seen.push(Some(*sync::LazyLock::<u32>::default()));
        has::<sync::LazyLock<u32>>();
        shares::<sync::LazyLock<u32, Cell<fn() -> u32>>>();
        unwind_safe::<sync::LazyLock<u32>>();
        seen
    }

    pub(super) fn locks() -> Vec<u32> {
        MUTEX.lock().unwrap().push(1);
        let mut seen = vec![MUTEX.try_lock().unwrap().len() as u32, *RWLOCK.read().unwrap(), *RWLOCK.try_read().unwrap()];
        let mut write = RWLOCK.write().unwrap();
        *write += 1;
        seen.push(RWLOCK.try_read().is_err().into());
        let read: sync::RwLockReadGuard<'_, u32> = sync::RwLockWriteGuard::downgrade(write);
        seen.push(*read + *RWLOCK.read().unwrap());
        seen.push(RWLOCK.try_write().is_err().into());
        drop(read);
        seen.push(RWLOCK.try_write().is_ok().into());
        let (sized, slice) = (sync::Mutex::new([1, 2]), sync::RwLock::new([1, 2]));
        let (sized, slice): (&sync::Mutex<[u32]>, &sync::RwLock<[u32]>) = (&sized, &slice);
        seen.push(sized.lock().unwrap().iter().sum::<u32>() + slice.read().unwrap().iter().sum::<u32>());
        let object: Box<sync::Mutex<dyn FnMut() -> u32 + Send>> = Box::new(sync::Mutex::new(|| 7));
        seen.push((*object.lock().unwrap())());
        let (mut mutex, mut rwlock) = (sync::Mutex::from(1), sync::RwLock::from(1));
        *mutex.get_mut().unwrap() += *rwlock.get_mut().unwrap();
        mutex.clear_poison();
        rwlock.clear_poison();
        seen.push(u32::from(mutex.is_poisoned()) + u32::from(rwlock.is_poisoned()));
        seen.push(mutex.into_inner().unwrap() + rwlock.into_inner().unwrap());
        has::<sync::Mutex<u32>>();
        has::<sync::RwLock<u32>>();
        fn prints<T: Debug + Display>() {}
        prints::<sync::MutexGuard<'_, u32>>();
        prints::<sync::RwLockReadGuard<'_, u32>>();
        prints::<sync::RwLockWriteGuard<'_, u32>>();
        shares::<sync::MutexGuard<'_, u32>>();
        shares::<sync::RwLockReadGuard<'_, u32>>();
        shares::<sync::RwLockWriteGuard<'_, u32>>();
        shares::<sync::Mutex<Cell<u8>>>();
        unwind_safe::<sync::Mutex<Cell<u8>>>();
        unwind_safe::<sync::RwLock<Cell<u8>>>();

        let (guard, result): (_, sync::WaitTimeoutResult) = CONDVAR.wait_timeout(MUTEX.lock().unwrap(), TICK).unwrap();
        seen.push(result.timed_out().into());
        let (guard, notified) = CONDVAR.wait_timeout_ms(guard, 1).unwrap();
        seen.push(notified.into());
        let (guard, result) = CONDVAR.wait_timeout_while(guard, TICK, |_| false).unwrap();
        seen.push(result.timed_out().into());
        drop(CONDVAR.wait_while(guard, |_| false).unwrap());
        CONDVAR.notify_one();
        CONDVAR.notify_all();
        let _ = sync::Condvar::wait::<u32>;
        has::<sync::Condvar>();
        unwind_safe::<sync::Condvar>();
        seen.push(BARRIER.wait().is_leader().into());
        unwind_safe::<sync::Barrier>();
        fn debugs<T: Debug>() {}
        debugs::<sync::Barrier>();
        debugs::<sync::BarrierWaitResult>();
        let _: sync::LockResult<u32> = Err(sync::PoisonError::new(1));
        let _: sync::TryLockResult<u32> = Err(sync::TryLockError::WouldBlock);
        seen
    }

    pub(super) fn channels() -> Vec<i32> {
        use sync::mpsc::{self, Receiver, Sender, SyncSender};
        let (sender, receiver) = mpsc::channel();
        sender.clone().send(1).unwrap();
        let mut seen = vec![receiver.recv().unwrap()];
        seen.push(matches!(receiver.try_recv(), Err(mpsc::TryRecvError::Empty)).into());
        seen.push(matches!(receiver.recv_timeout(TICK), Err(mpsc::RecvTimeoutError::Timeout)).into());
        sender.send(2).unwrap();
        seen.extend(receiver.try_iter());
        let _: mpsc::TryIter<'_, i32> = receiver.try_iter();
        drop(sender);
        let iter: mpsc::Iter<'_, i32> = receiver.iter();
        seen.extend(iter);
        for message in &receiver {
            seen.push(message);
        }
        let into: mpsc::IntoIter<i32> = receiver.into_iter();
        seen.extend(into);
        let (sender, receiver): (SyncSender<i32>, _) = mpsc::sync_channel(1);
        sender.send(3).unwrap();
        seen.push(matches!(sender.clone().try_send(4), Err(mpsc::TrySendError::Full(4))).into());
        drop(receiver);
        seen.push(matches!(sender.send(5), Err(mpsc::SendError(5))).into());
        sends::<Sender<Cell<u8>>>();
        shares::<Sender<Cell<u8>>>();
        shares::<SyncSender<Cell<u8>>>();
        sends::<Receiver<Cell<u8>>>();
        unwind_safe::<Sender<Cell<u8>>>();
        unwind_safe::<SyncSender<Cell<u8>>>();
        unwind_safe::<Receiver<Cell<u8>>>();
        fn debugs<T: Debug>() {}
        debugs::<Sender<Cell<u8>>>();
        debugs::<SyncSender<Cell<u8>>>();
        debugs::<Receiver<Cell<u8>>>();
        debugs::<mpsc::RecvError>();
        seen
    }

    pub(super) fn threads() -> Vec<String> {
        let handle: thread::JoinHandle<i32> = thread::spawn(|| 1);
        let _: thread::ThreadId = handle.thread().id();
        handle.thread().unpark();
        let result: thread::Result<i32> = handle.join();
        let mut seen = vec![result.unwrap().to_string()];
        let builder = thread::Builder::new().name("named".to_owned()).stack_size(1 << 20);
        let named = builder.spawn(|| thread::current().name().map(str::to_owned)).unwrap();
        let _ = named.is_finished();
        seen.extend(named.join().unwrap());
        let borrowed = String::from("borrowed");
        // SAFETY: the thread is joined while the string lives.
        let unchecked = unsafe { thread::Builder::new().spawn_unchecked(|| borrowed.len()) };
        seen.push(unchecked.unwrap().join().unwrap().to_string());
        let length = thread::scope(|scope: &thread::Scope<'_, '_>| {
            let scoped: thread::ScopedJoinHandle<'_, usize> = scope.spawn(|| borrowed.len());
            scoped.thread().unpark();
            let _ = scoped.is_finished();
            let other = thread::Builder::new().spawn_scoped(scope, || 1).unwrap();
            scoped.join().unwrap() + other.join().unwrap()
        });
        seen.push(length.to_string());
        thread::current().unpark();
        thread::park();
        thread::park_timeout(TICK);
        thread::park_timeout_ms(1);
        thread::sleep(TICK);
        thread::sleep_ms(1);
        thread::yield_now();
        seen.push(thread::panicking().to_string());
        seen.push((thread::available_parallelism().unwrap().get() > 0).to_string());
        fn tells<T: Copy + Eq + std::hash::Hash + Debug>() {}
        tells::<thread::ThreadId>();
        unwind_safe::<thread::Thread>();
        seen
    }

    pub(super) fn hints() -> i32 {
        hint::spin_loop();
        hint::cold_path();
        // SAFETY: it is true.
        unsafe { hint::assert_unchecked(true) };
        let _ = hint::unreachable_unchecked as unsafe fn() -> !;
        hint::black_box(1) + hint::select_unpredictable(true, 2, 3)
    }

    pub(super) fn counted() -> usize {
        use sync::{Arc, Weak};
        let arc: Arc<u32> = Arc::new(1);
        let weak: Weak<u32> = Arc::downgrade(&arc);
        // SAFETY: the pointer is of the clone, which is given away.
        let _: Arc<u32> = unsafe { Arc::from_raw(Arc::into_raw(Arc::clone(&arc))) };
        Arc::strong_count(&arc) + Arc::weak_count(&arc) + weak.upgrade().is_some() as usize
    }
}

/// The same result as std's, in every execution of a check and then outside of one: a static that real threads have used is theirs.
fn agrees<R: PartialEq + Debug + Send + Sync + 'static>(of_selvedge: fn() -> R, of_std: fn() -> R) {
    let expected = Arc::new(of_std());
    let theirs = Arc::clone(&expected);
    let report = selvedge::Check::new("names").run(move || assert_eq!(of_selvedge(), *theirs));
    report.assert_ok();
    assert_eq!(of_selvedge(), *expected);
}

#[test]
fn what_both_have_does_the_same() {
    agrees(of_selvedge::atomics, of_std::atomics);
    agrees(of_selvedge::flags, of_std::flags);
    agrees(of_selvedge::pointers, of_std::pointers);
    agrees(of_selvedge::once, of_std::once);
    agrees(of_selvedge::once_lock, of_std::once_lock);
    agrees(of_selvedge::lazy_lock, of_std::lazy_lock);
    agrees(of_selvedge::locks, of_std::locks);
    agrees(of_selvedge::channels, of_std::channels);
    agrees(of_selvedge::threads, of_std::threads);
    agrees(of_selvedge::hints, of_std::hints);
    agrees(of_selvedge::counted, of_std::counted);
}

/// Locks when it is dropped.
struct Locks(selvedge::sync::Arc<selvedge::sync::Mutex<()>>);

impl Drop for Locks {
    fn drop(&mut self) {
        assert!(selvedge::thread::panicking());
        drop(self.0.lock());
    }
}

#[test]
fn a_task_is_not_said_to_panic_because_another_one_does() {
    use selvedge::sync::Mutex;
    use selvedge::{Check, thread};
    let report = Check::new("panicking").run(|| {
        let mutex = selvedge::sync::Arc::new(Mutex::new(()));
        let held = mutex.lock();
        let locks = Locks(selvedge::sync::Arc::clone(&mutex));
        let other = thread::spawn(move || {
            let _locks = locks;
            panic!("inside");
        });
        // Until then the other one has come to its destructor.
        thread::sleep(Duration::from_secs(1));
        assert!(!thread::panicking());
        drop(held);
        assert!(other.join().is_err());
    });
    report.assert_ok();
}
