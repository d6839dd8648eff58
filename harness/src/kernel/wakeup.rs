//! The wake-up of an async task, as its waker knows it.

/// Wakes one task of one execution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wakeup {
    pub(crate) task: usize,
    pub(crate) epoch: u64,
    /// With [`fresh_wakers`](crate::Check::fresh_wakers), the number of the poll it was made for.
    pub(crate) poll: u64,
}
