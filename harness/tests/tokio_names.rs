//! The public names of `tokio::{sync, task, time, runtime}`, and the macros beside them: one body that uses all that are
//! here, compiled against tokio and against `selvedge::tokio`, so that the signatures agree; and a list of those that are
//! not here, with the reasons.

#![allow(dead_code, reason = "that it compiles is the test")]

use std::collections::BTreeMap;

/// What tokio 1.54 has in these modules without `tokio_unstable`, and this crate has not.
const NOT_HERE: [(&str, &str); 10] = [
    (
        "net, io, fs, process, signal",
        "the world outside: nothing that could be explored",
    ),
    (
        "runtime::Runtime::metrics, Handle::metrics, RuntimeMetrics",
        "numbers of a scheduler that is not tokio's",
    ),
    (
        "runtime::Builder::max_io_events_per_tick",
        "whether there is a driver for input and output is known to tokio alone",
    ),
    ("runtime::Handle::id, runtime::Id", "there is one runtime"),
    ("runtime::Handle::dump", "only on some platforms"),
    (
        "task::Builder, JoinSet::build_task",
        "unstable; `selvedge::future::Builder` names tasks",
    ),
    ("task::join_set", "holds the unstable builder, and JoinSet again"),
    ("task::LocalSet::id", "there is one runtime"),
    ("time::error::Error", "no timer of this crate is ever refused"),
    (
        "time::Instant without From",
        "std's own methods that tokio's has through Deref",
    ),
];

macro_rules! names {
    ($module:ident, $tokio:path) => {
        mod $module {
            use std::future::ready;
            use std::pin::{Pin, pin};
            use std::sync::Arc;
            use std::task::{Context, Poll};
            use std::time::Duration;

            use $tokio as tokio;

            const SECOND: Duration = Duration::from_secs(1);

            fn is_send_and_sync<T: Send + Sync>() {}
            fn is_send<T: Send>(value: T) -> T {
                value
            }

            fn auto_traits() {
                use tokio::sync::*;
                is_send_and_sync::<Mutex<u8>>();
                is_send_and_sync::<RwLock<u8>>();
                is_send_and_sync::<MutexGuard<'static, u8>>();
                is_send_and_sync::<MappedMutexGuard<'static, u8>>();
                is_send_and_sync::<OwnedMutexGuard<u8>>();
                is_send_and_sync::<OwnedMappedMutexGuard<u8, u8>>();
                is_send_and_sync::<RwLockReadGuard<'static, u8>>();
                is_send_and_sync::<RwLockWriteGuard<'static, u8>>();
                is_send_and_sync::<RwLockMappedWriteGuard<'static, u8>>();
                is_send_and_sync::<OwnedRwLockReadGuard<u8>>();
                is_send_and_sync::<OwnedRwLockWriteGuard<u8>>();
                is_send_and_sync::<OwnedRwLockMappedWriteGuard<u8>>();
                is_send_and_sync::<Notify>();
                is_send_and_sync::<Semaphore>();
                is_send_and_sync::<Barrier>();
                is_send_and_sync::<OnceCell<u8>>();
                is_send_and_sync::<SetOnce<u8>>();
                is_send_and_sync::<mpsc::Sender<u8>>();
                is_send_and_sync::<mpsc::Receiver<u8>>();
                is_send_and_sync::<mpsc::OwnedPermit<u8>>();
                is_send_and_sync::<mpsc::WeakSender<u8>>();
                is_send_and_sync::<broadcast::Sender<u8>>();
                is_send_and_sync::<broadcast::Receiver<u8>>();
                is_send_and_sync::<watch::Sender<u8>>();
                is_send_and_sync::<watch::Receiver<u8>>();
                is_send_and_sync::<oneshot::Sender<u8>>();
                is_send_and_sync::<oneshot::Receiver<u8>>();
                is_send_and_sync::<tokio::task::JoinHandle<u8>>();
                is_send_and_sync::<tokio::task::JoinError>();
                is_send_and_sync::<tokio::task::AbortHandle>();
                is_send_and_sync::<tokio::task::JoinSet<u8>>();
                is_send_and_sync::<tokio::runtime::Runtime>();
                is_send_and_sync::<tokio::runtime::Handle>();
                is_send_and_sync::<tokio::time::Sleep>();
                is_send_and_sync::<tokio::time::Interval>();
                is_send_and_sync::<tokio::time::Timeout<std::future::Ready<u8>>>();
            }

            fn futures_are_send() {
                let mutex = Arc::new(tokio::sync::Mutex::new(1));
                drop(is_send(mutex.lock()));
                drop(is_send(mutex.clone().lock_owned()));
                let lock = Arc::new(tokio::sync::RwLock::new(1));
                drop(is_send(lock.read()));
                drop(is_send(lock.write()));
                drop(is_send(lock.clone().read_owned()));
                drop(is_send(lock.clone().write_owned()));
                let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
                drop(is_send(sender.send(1)));
                drop(is_send(sender.send_timeout(1, SECOND)));
                drop(is_send(sender.reserve()));
                drop(is_send(sender.reserve_many(1)));
                drop(is_send(sender.reserve_owned()));
                drop(is_send(receiver.recv()));
                let mut set = tokio::task::JoinSet::<u8>::new();
                drop(is_send(set.join_next()));
                drop(is_send(set.shutdown()));
                drop(is_send(set.join_all()));
            }

            async fn mutexes() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                use tokio::sync::{
                    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard, TryLockError,
                };
                let unsized_value: Arc<Mutex<dyn Send>> = Arc::new(Mutex::new(1));
                let _: MutexGuard<'_, dyn Send> = unsized_value.lock().await;
                let _: OwnedMutexGuard<dyn Send> = unsized_value.clone().lock_owned().await;
                let mut mutex: Mutex<(u8, u8)> = Mutex::from((1, 2));
                *mutex.get_mut() = (3, 4);
                let part: MappedMutexGuard<'_, u8> = MutexGuard::map(mutex.lock().await, |pair| &mut pair.0);
                let part = MappedMutexGuard::map(part, |part| part);
                let mut part = MappedMutexGuard::try_map(part, |part| Some(part)).map_err(|_| "none")?;
                *part += 1;
                drop(part);
                let whole = mutex.try_lock()?;
                let whole = MutexGuard::try_map(whole, |_| None::<&mut u8>)
                    .err()
                    .ok_or("none")?;
                let _: &Mutex<(u8, u8)> = MutexGuard::mutex(&whole);
                println!("{whole:?}");
                drop(whole);
                let _ = mutex.into_inner();
                let shared: Arc<Mutex<[u8; 2]>> = Arc::default();
                let owned: OwnedMutexGuard<[u8; 2]> = shared.clone().lock_owned().await;
                let busy: Result<OwnedMutexGuard<[u8; 2]>, TryLockError> = shared.clone().try_lock_owned();
                let _ = busy.is_err();
                let _ = OwnedMutexGuard::mutex(&owned);
                let part: OwnedMappedMutexGuard<[u8; 2], u8> = OwnedMutexGuard::map(owned, |value| &mut value[0]);
                let part = OwnedMappedMutexGuard::try_map(part, |part| Some(part)).map_err(|_| "none")?;
                let part = OwnedMappedMutexGuard::map(part, |part| part);
                println!("{part} {part:?}");
                Ok(())
            }

            fn statics() {
                use tokio::sync::*;
                static MUTEX: Mutex<Vec<u8>> = Mutex::const_new(Vec::new());
                static LOCK: RwLock<u8> = RwLock::const_new(1);
                static LIMITED: RwLock<u8> = RwLock::const_with_max_readers(1, 2);
                static SEMAPHORE: Semaphore = Semaphore::const_new(1);
                static NOTIFY: Notify = Notify::const_new();
                static CELL: OnceCell<u8> = OnceCell::const_new();
                static MADE: OnceCell<u8> = OnceCell::const_new_with(1);
                static ONCE: SetOnce<u8> = SetOnce::const_new();
                static SET: SetOnce<u8> = SetOnce::const_new_with(1);
                let _ = (
                    &MUTEX, &LOCK, &LIMITED, &SEMAPHORE, &NOTIFY, &CELL, &MADE, &ONCE, &SET,
                );
            }

            fn blocking_locks() {
                let mutex = Arc::new(tokio::sync::Mutex::new(1));
                drop(mutex.blocking_lock());
                drop(mutex.clone().blocking_lock_owned());
                let lock = tokio::sync::RwLock::new(1);
                drop(lock.blocking_read());
                drop(lock.blocking_write());
            }

            async fn rwlocks() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                use tokio::sync::*;
                let unsized_value: Arc<RwLock<[u8]>> = Arc::new(RwLock::new([1, 2]));
                let _: RwLockReadGuard<'_, [u8]> = unsized_value.read().await;
                let limited = RwLock::with_max_readers((1, 2), 2);
                let part: RwLockReadGuard<'_, u8> = RwLockReadGuard::map(limited.try_read()?, |pair| &pair.0);
                let part = RwLockReadGuard::try_map(part, |part| Some(part)).map_err(|_| "none")?;
                println!("{part} {part:?}");
                drop(part);
                let write: RwLockWriteGuard<'_, (u8, u8)> = limited.write().await;
                let read: RwLockReadGuard<'_, (u8, u8)> = write.downgrade();
                drop(read);
                let write = limited.try_write()?;
                let part: RwLockReadGuard<'_, u8> = RwLockWriteGuard::downgrade_map(write, |pair| &pair.1);
                drop(part);
                let write = limited.try_write()?;
                let part = RwLockWriteGuard::try_downgrade_map(write, |pair| Some(&pair.1)).map_err(|_| "none")?;
                drop(part);
                let part: RwLockMappedWriteGuard<'_, u8> =
                    RwLockWriteGuard::map(limited.write().await, |pair| &mut pair.0);
                let part = RwLockMappedWriteGuard::map(part, |part| part);
                let part = RwLockMappedWriteGuard::try_map(part, |part| Some(part)).map_err(|_| "none")?;
                drop(part);
                let _ = RwLockWriteGuard::into_mapped(limited.write().await);
                let _ = RwLockWriteGuard::try_map(limited.write().await, |pair| Some(&mut pair.0)).is_ok();

                let lock: Arc<RwLock<[u8; 2]>> = Arc::default();
                let read: OwnedRwLockReadGuard<[u8; 2]> = lock.clone().read_owned().await;
                let _ = OwnedRwLockReadGuard::rwlock(&read);
                let part: OwnedRwLockReadGuard<[u8; 2], u8> = OwnedRwLockReadGuard::map(read, |value| &value[0]);
                let _ = OwnedRwLockReadGuard::try_map(part, |part| Some(part)).is_ok();
                let _ = lock.clone().try_read_owned()?;
                let write: OwnedRwLockWriteGuard<[u8; 2]> = lock.clone().write_owned().await;
                let _ = OwnedRwLockWriteGuard::rwlock(&write);
                let part: OwnedRwLockMappedWriteGuard<[u8; 2], u8> = OwnedRwLockWriteGuard::map(write, |v| &mut v[0]);
                let part = OwnedRwLockMappedWriteGuard::map(part, |part| part);
                let _ = OwnedRwLockMappedWriteGuard::rwlock(&part);
                let _ = OwnedRwLockMappedWriteGuard::try_map(part, |part| Some(part)).is_ok();
                let _ = OwnedRwLockWriteGuard::into_mapped(lock.clone().try_write_owned()?);
                let _ = OwnedRwLockWriteGuard::downgrade(lock.clone().try_write_owned()?);
                let _ = OwnedRwLockWriteGuard::downgrade_map(lock.clone().try_write_owned()?, |v| &v[0]);
                let _ =
                    OwnedRwLockWriteGuard::try_downgrade_map(lock.clone().try_write_owned()?, |v| Some(&v[0])).is_ok();
                let _ = OwnedRwLockWriteGuard::try_map(lock.clone().try_write_owned()?, |v| Some(&mut v[0])).is_ok();
                let mut alone = RwLock::from(1);
                *alone.get_mut() = 2;
                let _ = alone.into_inner();
                Ok(())
            }

            async fn semaphores() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError};
                let semaphore = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS.min(4)));
                let mut permit: SemaphorePermit<'_> = semaphore.acquire_many(2).await?;
                let split: Option<SemaphorePermit<'_>> = permit.split(1);
                permit.merge(split.ok_or("fewer")?);
                let _: usize = permit.num_permits();
                permit.forget();
                let mut owned: OwnedSemaphorePermit = semaphore.clone().acquire_many_owned(2).await?;
                let split: Option<OwnedSemaphorePermit> = owned.split(1);
                owned.merge(split.ok_or("fewer")?);
                let _ = (owned.num_permits(), owned.semaphore());
                owned.forget();
                semaphore.add_permits(4);
                let _: usize = semaphore.forget_permits(1);
                let _: usize = semaphore.available_permits();
                let _: Result<SemaphorePermit<'_>, AcquireError> = semaphore.acquire().await;
                let _: Result<SemaphorePermit<'_>, TryAcquireError> = semaphore.try_acquire();
                let _ = semaphore.try_acquire_many(2)?;
                let _ = semaphore.clone().acquire_owned().await?;
                let _ = semaphore.clone().try_acquire_owned()?;
                let _ = semaphore.clone().try_acquire_many_owned(1)?;
                semaphore.close();
                let _: bool = semaphore.is_closed();
                Ok(())
            }

            async fn notify_and_once() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                use tokio::sync::futures::{Notified, OwnedNotified};
                use tokio::sync::{Barrier, BarrierWaitResult, Notify, OnceCell, SetError, SetOnce, SetOnceError};
                let notify = Arc::new(Notify::new());
                notify.notify_one();
                notify.notify_last();
                notify.notify_waiters();
                let mut notified: Pin<&mut Notified<'_>> = pin!(notify.notified());
                let _: bool = notified.as_mut().enable();
                notified.await;
                let mut owned: Pin<&mut OwnedNotified> = pin!(notify.clone().notified_owned());
                let _: bool = owned.as_mut().enable();
                let result: BarrierWaitResult = Barrier::new(1).wait().await;
                let _: bool = result.is_leader();
                let mut cell: OnceCell<u8> = OnceCell::new_with(None);
                let _: &u8 = cell.get_or_init(|| async { 1 }).await;
                let _: Result<&u8, ()> = cell.get_or_try_init(|| async { Err(()) }).await;
                let _: Result<(), SetError<u8>> = cell.set(2);
                let _ = (cell.initialized(), cell.get(), cell.clone() == OnceCell::from(1));
                let _: Option<&mut u8> = cell.get_mut();
                let _: Option<u8> = cell.take();
                let _: Option<u8> = cell.into_inner();
                let once: SetOnce<u8> = SetOnce::new_with(None);
                let _: Result<(), SetOnceError<u8>> = once.set(1);
                let _: &u8 = once.wait().await;
                let _ = (once.initialized(), once.get(), once.clone() == SetOnce::from(1));
                let _: Option<u8> = once.into_inner();
                let _ = SetOnce::<u8>::default();
                Ok(())
            }

            async fn mpsc() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                use tokio::sync::mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
                use tokio::sync::mpsc::{self, OwnedPermit, Permit, PermitIterator, Receiver, Sender, WeakSender};
                let (sender, mut receiver): (Sender<u8>, Receiver<u8>) = mpsc::channel(4);
                let _: Result<(), SendError<u8>> = sender.send(1).await;
                let _: Result<(), TrySendError<u8>> = sender.try_send(1);
                let _: Result<(), SendTimeoutError<u8>> = sender.send_timeout(1, SECOND).await;
                let permit: Permit<'_, u8> = sender.reserve().await?;
                permit.send(1);
                let _ = sender.try_reserve().is_ok();
                let mut permits: PermitIterator<'_, u8> = sender.reserve_many(1).await?;
                let _: usize = permits.len();
                let _: Option<Permit<'_, u8>> = permits.next();
                drop(permits);
                let _ = sender.try_reserve_many(1).is_ok();
                let permit: OwnedPermit<u8> = sender.clone().reserve_owned().await?;
                let _ = (
                    permit.same_channel(&permit),
                    permit.same_channel_as_sender(&sender),
                );
                let again: Sender<u8> = permit.release();
                let refused: Result<OwnedPermit<u8>, TrySendError<Sender<u8>>> = again.try_reserve_owned();
                let _: Sender<u8> = refused.map_err(|_| "full")?.send(1);
                let _: (bool, bool) = (sender.is_closed(), sender.same_channel(&sender));
                let _: (usize, usize) = (sender.capacity(), sender.max_capacity());
                let _: (usize, usize) = (sender.strong_count(), sender.weak_count());
                let weak: WeakSender<u8> = sender.downgrade();
                let _: Option<Sender<u8>> = weak.clone().upgrade();
                let _: (usize, usize) = (weak.strong_count(), weak.weak_count());
                let mut buffer = Vec::new();
                let _: Option<u8> = receiver.recv().await;
                let _: usize = receiver.recv_many(&mut buffer, 2).await;
                let _: Result<u8, TryRecvError> = receiver.try_recv();
                let _: (usize, usize) = (receiver.capacity(), receiver.max_capacity());
                let _: (usize, usize) = (receiver.sender_strong_count(), receiver.sender_weak_count());
                let _: (usize, bool, bool) = (receiver.len(), receiver.is_empty(), receiver.is_closed());
                let cx = &mut Context::from_waker(std::task::Waker::noop());
                let _: Poll<Option<u8>> = receiver.poll_recv(cx);
                let _: Poll<usize> = receiver.poll_recv_many(cx, &mut buffer, 2);
                receiver.close();
                sender.closed().await;
                Ok(())
            }

            async fn unbounded() {
                use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender, WeakUnboundedSender};
                let (sender, mut receiver): (UnboundedSender<u8>, UnboundedReceiver<u8>) = mpsc::unbounded_channel();
                let _ = sender.clone().send(1).is_ok();
                let _: (bool, bool) = (sender.is_closed(), sender.same_channel(&sender));
                let _: (usize, usize) = (sender.strong_count(), sender.weak_count());
                let weak: WeakUnboundedSender<u8> = sender.downgrade();
                let _: Option<UnboundedSender<u8>> = weak.clone().upgrade();
                let _: (usize, usize) = (weak.strong_count(), weak.weak_count());
                let mut buffer = Vec::new();
                let _: Option<u8> = receiver.recv().await;
                let _ = receiver.try_recv();
                let _: (usize, usize) = (receiver.sender_strong_count(), receiver.sender_weak_count());
                let _: (usize, bool, bool) = (receiver.len(), receiver.is_empty(), receiver.is_closed());
                let cx = &mut Context::from_waker(std::task::Waker::noop());
                let _: Poll<Option<u8>> = receiver.poll_recv(cx);
                let _: Poll<usize> = receiver.poll_recv_many(cx, &mut buffer, 2);
                receiver.close();
                let _: usize = receiver.recv_many(&mut buffer, 2).await;
                sender.closed().await;
            }

            fn blocking_channels() {
                let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
                let _ = sender.blocking_send(1).is_ok();
                let _: Option<u8> = receiver.blocking_recv();
                let _: usize = receiver.blocking_recv_many(&mut Vec::new(), 1);
                let (_, mut receiver) = tokio::sync::mpsc::unbounded_channel::<u8>();
                let _: Option<u8> = receiver.blocking_recv();
                let _: usize = receiver.blocking_recv_many(&mut Vec::new(), 1);
                let (_, receiver) = tokio::sync::oneshot::channel::<u8>();
                let _ = receiver.blocking_recv().is_ok();
                let (_, mut receiver) = tokio::sync::broadcast::channel::<u8>(1);
                let _ = receiver.blocking_recv().is_ok();
            }

            async fn broadcast() {
                use tokio::sync::broadcast::error::{RecvError, SendError, TryRecvError};
                use tokio::sync::broadcast::{self, Receiver, Sender, WeakSender};
                let (sender, mut receiver): (Sender<u8>, Receiver<u8>) = broadcast::channel(2);
                let _: Result<usize, SendError<u8>> = sender.clone().send(1);
                let _: Receiver<u8> = sender.subscribe();
                let weak: WeakSender<u8> = sender.downgrade();
                let _: Option<Sender<u8>> = weak.clone().upgrade();
                let _: (usize, usize) = (weak.strong_count(), weak.weak_count());
                let _: (usize, usize) = (sender.strong_count(), sender.weak_count());
                let _: (usize, bool, usize) = (sender.len(), sender.is_empty(), sender.receiver_count());
                let _: bool = sender.same_channel(&Sender::new(1));
                let _: Result<u8, RecvError> = receiver.recv().await;
                let _: Result<u8, TryRecvError> = receiver.try_recv();
                let _: Receiver<u8> = receiver.resubscribe();
                let _: (usize, bool, bool) = (receiver.len(), receiver.is_empty(), receiver.is_closed());
                let _: (usize, usize) = (receiver.sender_strong_count(), receiver.sender_weak_count());
                let _: bool = receiver.same_channel(&receiver);
                drop(receiver);
                sender.closed().await;
            }

            async fn watch() {
                use tokio::sync::watch::error::{RecvError, SendError};
                use tokio::sync::watch::{self, Receiver, Ref, Sender};
                let (sender, mut receiver): (Sender<u8>, Receiver<u8>) = watch::channel(1);
                let _: Result<(), SendError<u8>> = sender.clone().send(1);
                sender.send_modify(|value| *value += 1);
                let _: bool = sender.send_if_modified(|_| false);
                let _: u8 = sender.send_replace(2);
                let _: Ref<'_, u8> = sender.borrow();
                let _: Receiver<u8> = sender.subscribe();
                let _: (usize, usize, bool) = (sender.sender_count(), sender.receiver_count(), sender.is_closed());
                let _: bool = sender.same_channel(&Sender::default()) || sender.same_channel(&Sender::new(1));
                let _: bool = receiver.borrow().has_changed();
                let _ = *receiver.borrow_and_update();
                let _: Result<bool, RecvError> = receiver.has_changed();
                receiver.mark_changed();
                receiver.mark_unchanged();
                let _: bool = receiver.clone().same_channel(&receiver);
                let _: Result<Ref<'_, u8>, RecvError> = receiver.wait_for(|_| true).await;
                let _: Result<(), RecvError> = receiver.changed().await;
                drop(receiver);
                sender.closed().await;
            }

            async fn oneshot() {
                use tokio::sync::oneshot::error::{RecvError, TryRecvError};
                use tokio::sync::oneshot::{self, Receiver, Sender};
                let (mut sender, mut receiver): (Sender<u8>, Receiver<u8>) = oneshot::channel();
                let cx = &mut Context::from_waker(std::task::Waker::noop());
                let _: Poll<()> = sender.poll_closed(cx);
                let _: bool = sender.is_closed();
                let _: (bool, bool) = (receiver.is_terminated(), receiver.is_empty());
                let _: Result<u8, TryRecvError> = receiver.try_recv();
                let _: Result<(), u8> = sender.send(1);
                receiver.close();
                let _: Result<u8, RecvError> = receiver.await;
                let (mut sender, receiver) = oneshot::channel::<u8>();
                drop(receiver);
                sender.closed().await;
            }

            async fn tasks() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                use tokio::task::{self, AbortHandle, Id, JoinError, JoinHandle, JoinSet};
                let handle: JoinHandle<u8> = tokio::spawn(async { 1 });
                let id: Id = handle.id();
                let abort: AbortHandle = handle.abort_handle();
                abort.clone().abort();
                handle.abort();
                let _: (bool, bool, Id) = (handle.is_finished(), abort.is_finished(), abort.id());
                let result: Result<u8, JoinError> = handle.await;
                if let Err(error) = result {
                    let _: (bool, bool, bool) = (error.is_cancelled(), error.is_panic(), error.id() == id);
                    let _: Result<Box<dyn std::any::Any + Send>, JoinError> = error.try_into_panic();
                }
                let _: std::io::Error = task::spawn(std::future::pending::<()>())
                    .await
                    .unwrap_err()
                    .into();
                let _: u8 = task::spawn_blocking(|| 1).await?;
                let _: u8 = task::block_in_place(|| 1);
                task::yield_now().await;
                task::consume_budget().await;
                let _: u8 = task::unconstrained(async { 1 }).await;
                let _: bool = task::coop::has_budget_remaining();
                let _: u8 = task::coop::cooperative(async { 1 }).await;
                let _: Option<Id> = task::try_id();
                println!("{} {id:?}", task::id());
                let mut set: JoinSet<u8> = [ready(1)].into_iter().collect();
                let _: AbortHandle = set.spawn(async { 1 });
                let _: AbortHandle = set.spawn_on(async { 1 }, &tokio::runtime::Handle::current());
                let _: AbortHandle = set.spawn_blocking(|| 1);
                let _: AbortHandle = set.spawn_blocking_on(|| 1, &tokio::runtime::Handle::current());
                let _: (usize, bool) = (set.len(), set.is_empty());
                let _: Option<Result<u8, JoinError>> = set.join_next().await;
                let _: Option<Result<(Id, u8), JoinError>> = set.join_next_with_id().await;
                let _: Option<Result<u8, JoinError>> = set.try_join_next();
                let _: Option<Result<(Id, u8), JoinError>> = set.try_join_next_with_id();
                let cx = &mut Context::from_waker(std::task::Waker::noop());
                let _: Poll<Option<Result<u8, JoinError>>> = set.poll_join_next(cx);
                let _: Poll<Option<Result<(Id, u8), JoinError>>> = set.poll_join_next_with_id(cx);
                set.extend([ready(2)]);
                set.abort_all();
                set.detach_all();
                set.shutdown().await;
                let _: Vec<u8> = set.join_all().await;
                let _ = JoinSet::<u8>::default();
                Ok(())
            }

            fn local_tasks(runtime: &tokio::runtime::Runtime) {
                use tokio::task::{JoinSet, LocalEnterGuard, LocalSet, spawn_local};
                let set = LocalSet::new();
                let shared = std::rc::Rc::new(1);
                let theirs = shared.clone();
                let handle = set.spawn_local(async move { *theirs });
                let _: u8 = set.block_on(runtime, async { handle.await.unwrap() });
                let guard: LocalEnterGuard = set.enter();
                drop(spawn_local(async move { *shared }));
                drop(guard);
                let mut tasks = JoinSet::new();
                tasks.spawn_local_on(async {}, &set);
                runtime.block_on(set.run_until(async {
                    tasks.spawn_local(async {});
                }));
                runtime.block_on(set);
                drop(LocalSet::default());
            }

            tokio::task_local! {
                /// Attributes and visibility are kept.
                pub(super) static NUMBER: u32;
                static OTHER: String
            }

            async fn task_locals() {
                use tokio::task::LocalKey;
                use tokio::task::futures::TaskLocalFuture;
                let key: &LocalKey<u32> = &NUMBER;
                println!("{key:?}");
                let mut scope: Pin<Box<TaskLocalFuture<u32, _>>> = Box::pin(NUMBER.scope(1, async { NUMBER.get() }));
                let _: u32 = scope.as_mut().await;
                let _: Option<u32> = scope.as_mut().take_value();
                let _: u32 = NUMBER.sync_scope(2, || NUMBER.with(|number| *number));
                let _: Option<u32> = NUMBER.try_with(|number| *number).ok();
                let _: Option<String> = OTHER.try_get().ok();
            }

            fn runtimes() -> std::io::Result<()> {
                use tokio::runtime::{Builder, EnterGuard, Handle, Runtime, RuntimeFlavor, TryCurrentError};
                let _ = Builder::new_current_thread().enable_time().build()?;
                let runtime: Runtime = Builder::new_multi_thread()
                    .enable_all()
                    .worker_threads(1)
                    .max_blocking_threads(1)
                    .thread_name("worker")
                    .thread_name_fn(|| "worker".to_owned())
                    .thread_stack_size(1 << 20)
                    .thread_keep_alive(SECOND)
                    .global_queue_interval(31)
                    .event_interval(61)
                    .on_thread_start(|| ())
                    .on_thread_stop(|| ())
                    .on_thread_park(|| ())
                    .on_thread_unpark(|| ())
                    .build()?;
                let handle: &Handle = runtime.handle();
                let _: RuntimeFlavor = handle.runtime_flavor();
                let _: Result<Handle, TryCurrentError> = Handle::try_current();
                let guard: EnterGuard<'_> = handle.enter();
                let _ = Handle::current();
                drop(guard);
                drop(runtime.enter());
                let _: u8 = runtime.block_on(runtime.spawn(async { 1 })).unwrap();
                let _: u8 = runtime.block_on(runtime.spawn_blocking(|| 1)).unwrap();
                let _: u8 = handle.block_on(handle.spawn(async { 1 })).unwrap();
                let _: u8 = handle.block_on(handle.spawn_blocking(|| 1)).unwrap();
                runtime.shutdown_timeout(SECOND);
                Runtime::new()?.shutdown_background();
                Ok(())
            }

            fn runtime_of_one_thread() -> std::io::Result<()> {
                use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
                let runtime: LocalRuntime = Builder::new_current_thread().build_local(LocalOptions::default())?;
                let task = runtime.spawn_local(async { std::rc::Rc::new(1) });
                let _: std::rc::Rc<u8> = runtime.block_on(task).unwrap();
                let nested = runtime.block_on(async { tokio::task::spawn_local(async { 2 }).await.unwrap() });
                assert_eq!(nested, 2);
                let _: u8 = runtime.block_on(runtime.spawn_blocking(|| 1)).unwrap();
                let _: &tokio::runtime::Handle = runtime.handle();
                drop(runtime.enter());
                runtime.shutdown_timeout(SECOND);
                LocalRuntime::new()?.shutdown_background();
                Ok(())
            }

            async fn time() {
                use tokio::time::error::Elapsed;
                use tokio::time::{self, Duration, Instant, Interval, MissedTickBehavior, Sleep, Timeout};
                let now: Instant = Instant::now();
                let mut sleep: Pin<Box<Sleep>> = Box::pin(time::sleep(Duration::ZERO));
                let _: (Instant, bool) = (sleep.deadline(), sleep.is_elapsed());
                sleep.as_mut().reset(now);
                sleep.await;
                time::sleep_until(now).await;
                let mut timeout: Timeout<_> = time::timeout(SECOND, ready(1));
                println!("{:?}", timeout.get_ref());
                *timeout.get_mut() = ready(2);
                drop(timeout.into_inner());
                let result: Result<u8, Elapsed> = time::timeout_at(now + SECOND, ready(1)).await;
                let _: Result<u8, std::io::Error> = result.map_err(Into::into);
                let mut interval: Interval = time::interval(SECOND);
                interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
                let _: MissedTickBehavior = interval.missed_tick_behavior();
                let _: Duration = interval.period();
                let _: Instant = interval.tick().await;
                let cx = &mut Context::from_waker(std::task::Waker::noop());
                let _: Poll<Instant> = interval.poll_tick(cx);
                interval.reset();
                interval.reset_immediately();
                interval.reset_after(SECOND);
                interval.reset_at(now);
                let _ = time::interval_at(std::time::Instant::now().into(), SECOND);
                let std: std::time::Instant = now.into();
                let _: (Instant, std::time::Instant) = (Instant::from_std(std), now.into_std());
                let _: Duration =
                    now.elapsed() + now.duration_since(now) + now.saturating_duration_since(now) + (now - now);
                let _: Option<Duration> = now.checked_duration_since(now);
                let _: (Option<Instant>, Option<Instant>) = (now.checked_add(SECOND), now.checked_sub(SECOND));
                let mut later = now + SECOND - SECOND;
                later += SECOND;
                later -= SECOND;
                println!("{later:?} {}", later < now);
            }

            async fn macros() {
                let pinned = async { 1 };
                tokio::pin!(pinned);
                let _: u8 = pinned.await;
                let _: u8 = tokio::select! {
                    biased;
                    value = async { 1 } => value,
                    else => 2,
                };
                let _: (u8, u8) = tokio::join!(async { 1 }, async { 2 });
                let _: Result<(u8, u8), ()> = tokio::try_join!(async { Ok(1) }, async { Ok(2) });
            }

            /// What a program gives that calls all of them, on real threads.
            pub(super) fn runs() -> (u32, bool) {
                runtimes().unwrap();
                runtime_of_one_thread().unwrap();
                blocking_locks();
                let runtime = tokio::runtime::Runtime::new().unwrap();
                let done = runtime.block_on(async {
                    mutexes().await.unwrap();
                    rwlocks().await.unwrap();
                    notify_and_once().await.unwrap();
                    unbounded().await;
                    oneshot().await;
                    watch_ends();
                    task_locals().await;
                    macros().await;
                    NUMBER.scope(7, async { NUMBER.get() }).await
                });
                local_tasks(&runtime);
                (done, auto_traits_hold())
            }

            fn watch_ends() {
                let (sender, receiver) = tokio::sync::watch::channel(1);
                let two = sender.clone();
                assert_eq!(two.sender_count(), 2);
                drop((sender, two));
                assert!(receiver.has_changed().is_err());
            }

            fn auto_traits_hold() -> bool {
                auto_traits();
                true
            }
        }
    };
}

names!(real, ::tokio);
names!(ours, ::selvedge::tokio);

#[test]
fn a_program_that_calls_most_of_them_does_the_same() {
    assert_eq!(real::runs(), (7, true));
    assert_eq!(ours::runs(), real::runs());
}

#[test]
fn what_is_not_here_has_a_reason() {
    let reasons: BTreeMap<_, _> = NOT_HERE.into_iter().collect();
    assert_eq!(reasons.len(), NOT_HERE.len(), "no name is listed twice");
    assert!(reasons.values().all(|reason| !reason.is_empty()));
}

/// Names of this crate's own, beside tokio's.
mod beside {
    use selvedge::sync::Arc;
    use selvedge::tokio::sync::{Mutex, Notify, RwLock, Semaphore};
    use selvedge::{future, time};

    selvedge::thread_local! {
        static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
        static LIST: std::cell::RefCell<Vec<u32>> = std::cell::RefCell::new(Vec::new());
    }

    fn thread_locals() -> (u32, Vec<u32>) {
        COUNT.set(COUNT.get() + 1);
        LIST.with_borrow_mut(|list| list.push(COUNT.replace(5)));
        let _: usize = LIST.with_borrow(Vec::len);
        LIST.set(LIST.replace(Vec::new()));
        (COUNT.take(), LIST.take())
    }

    async fn owners_of_this_crate() {
        let _ = Arc::new(Mutex::new(1)).lock_owned().await;
        let _ = Arc::new(Mutex::new(1)).try_lock_owned();
        let _ = Arc::new(RwLock::new(1)).read_owned().await;
        let _ = Arc::new(RwLock::new(1)).write_owned().await;
        let _ = Arc::new(Semaphore::new(1)).acquire_owned().await;
        Arc::new(Notify::new()).notified_owned().await;
        let _ = future::spawn(async {}).id();
        let _ = future::spawn_blocking(|| 1).await;
        let _ = time::interval_at(std::time::Instant::now().into(), std::time::Duration::from_secs(1));
    }
}
