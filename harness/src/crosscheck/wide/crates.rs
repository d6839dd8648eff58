//! Locks of parking_lot and a channel of crossbeam, of the module around it, `api`.

use super::super::program::{Lot, NOTHING, Op, Pass, milliseconds};
use super::api::crossbeam::channel::{
    Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError,
};
use super::api::crossbeam::channel::{bounded, select, unbounded};
use super::api::parking_lot::{Condvar, Mutex, RwLock, RwLockUpgradableReadGuard, RwLockWriteGuard};

/// A lock that somebody has.
const TAKEN: u32 = 51;
const DISCONNECTED: u32 = 91;
const EMPTY: u32 = 92;

pub(super) struct Lots {
    mutex: Mutex<u32>,
    lock: RwLock<u32>,
    condvar: Condvar,
}

impl Lots {
    pub(super) const fn new() -> Self {
        Lots {
            mutex: Mutex::new(0),
            lock: RwLock::new(0),
            condvar: Condvar::new(),
        }
    }

    /// `act`: what is done while a lock is held.
    pub(super) fn act(&self, op: &Lot, act: &mut dyn FnMut(&Op)) -> u32 {
        match op {
            Lot::Lock => {
                let mut value = self.mutex.lock();
                *value += 1;
                *value
            }
            Lot::TryLock => self.mutex.try_lock().map_or(TAKEN, |value| *value),
            Lot::LockFor(ms) => self.mutex.try_lock_for(milliseconds(*ms)).map_or(TAKEN, |mut value| {
                *value += 1;
                *value
            }),
            Lot::IsLocked => u32::from(self.mutex.is_locked()),
            Lot::Holding(inner) => {
                let mut value = self.mutex.lock();
                inner.iter().for_each(act);
                *value += 10;
                *value
            }
            Lot::Read => *self.lock.read(),
            Lot::TryRead => self.lock.try_read().map_or(TAKEN, |value| *value),
            Lot::Reading(inner) => {
                let value = self.lock.read();
                inner.iter().for_each(act);
                *value
            }
            Lot::Write => {
                *self.lock.write() += 1;
                0
            }
            Lot::TryWrite => self.lock.try_write().map_or(TAKEN, |mut value| {
                *value += 2;
                0
            }),
            Lot::Upgrade => {
                let value = self.lock.upgradable_read();
                let before = *value;
                let mut value = RwLockUpgradableReadGuard::upgrade(value);
                *value += 1;
                *value - before
            }
            Lot::TryUpgrade => match RwLockUpgradableReadGuard::try_upgrade(self.lock.upgradable_read()) {
                Ok(mut value) => {
                    *value += 1;
                    *value
                }
                Err(value) => TAKEN + *value,
            },
            Lot::Downgrade(inner) => {
                let mut value = self.lock.write();
                *value += 1;
                let value = RwLockWriteGuard::downgrade(value);
                inner.iter().for_each(act);
                *value
            }
            Lot::Wait => {
                let mut value = self.mutex.lock();
                self.condvar.wait(&mut value);
                *value
            }
            Lot::WaitFor(ms) => {
                let mut value = self.mutex.lock();
                let waited = self.condvar.wait_for(&mut value, milliseconds(*ms));
                *value + 30 * u32::from(waited.timed_out())
            }
            Lot::NotifyOne => {
                self.condvar.notify_one();
                0
            }
            Lot::NotifyAll => {
                self.condvar.notify_all();
                0
            }
        }
    }
}

/// The ends that a task has.
#[derive(Default)]
pub(super) struct Passing {
    pub(super) sender: Option<Sender<u32>>,
    pub(super) receiver: Option<Receiver<u32>>,
}

impl Passing {
    /// Both ends of a channel that holds so many messages, or any number.
    pub(super) fn new(bound: Option<usize>) -> Self {
        let (sender, receiver) = bound.map_or_else(unbounded, bounded);
        Passing {
            sender: Some(sender),
            receiver: Some(receiver),
        }
    }

    pub(super) fn act(&mut self, op: &Pass) -> u32 {
        match *op {
            Pass::Send(value) => (self.sender.as_ref()).map_or(NOTHING, |sender| u32::from(sender.send(value).is_ok())),
            Pass::TrySend(value) => match self.sender.as_ref().map(|sender| sender.try_send(value)) {
                Some(Ok(())) => 1,
                Some(Err(TrySendError::Full(_))) => 2,
                Some(Err(TrySendError::Disconnected(_))) => 0,
                None => NOTHING,
            },
            Pass::SendWithin(ms, value) => {
                let sent = (self.sender.as_ref()).map(|sender| sender.send_timeout(value, milliseconds(ms)));
                match sent {
                    Some(Ok(())) => 1,
                    Some(Err(SendTimeoutError::Timeout(_))) => 2,
                    Some(Err(SendTimeoutError::Disconnected(_))) => 0,
                    None => NOTHING,
                }
            }
            Pass::DropSender => {
                self.sender = None;
                0
            }
            Pass::Receive => {
                (self.receiver.as_ref()).map_or(NOTHING, |receiver| receiver.recv().unwrap_or(DISCONNECTED))
            }
            Pass::TryReceive => match self.receiver.as_ref().map(Receiver::try_recv) {
                Some(Ok(value)) => value,
                Some(Err(TryRecvError::Empty)) => EMPTY,
                Some(Err(TryRecvError::Disconnected)) => DISCONNECTED,
                None => NOTHING,
            },
            Pass::ReceiveWithin(ms) => {
                let received = (self.receiver.as_ref()).map(|receiver| receiver.recv_timeout(milliseconds(ms)));
                match received {
                    Some(Ok(value)) => value,
                    Some(Err(RecvTimeoutError::Timeout)) => EMPTY,
                    Some(Err(RecvTimeoutError::Disconnected)) => DISCONNECTED,
                    None => NOTHING,
                }
            }
            Pass::DropReceiver => {
                self.receiver = None;
                0
            }
            Pass::Select(value) => match (&self.sender, &self.receiver) {
                (Some(sender), Some(receiver)) => select! {
                    send(sender, value) -> sent => 40 + u32::from(sent.is_ok()),
                    recv(receiver) -> received => received.unwrap_or(DISCONNECTED),
                },
                (None, Some(receiver)) => select! {
                    recv(receiver) -> received => received.unwrap_or(DISCONNECTED),
                },
                _ => NOTHING,
            },
        }
    }
}
