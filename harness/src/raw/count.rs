//! Who owns what an `Arc` holds: the counts are std's own, and an engine knows when they are changed and looked at.
//!
//! | who | what changes | who can tell |
//! |---|---|---|
//! | an owner comes or goes | the strong count | whoever looks at it; and if the last one to go runs a destructor that does something, everybody |
//! | a `Weak` comes or goes | the weak count | whoever looks at that |
//!
//! Every method is given what std does as a closure, and calls it once. An engine that watches nothing does no more.

/// Which of the two counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Strong,
    Weak,
}

/// What looking at the counts came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Touch {
    /// The strong count was read.
    Count,
    /// Both were.
    Counts,
    /// Both were, and the caller was found to be alone: it may touch the value.
    Alone,
    /// There is one more owner, because there was one.
    Upgraded,
    /// The caller was the only owner, and there is none any more.
    Taken,
    /// The caller was not the only owner, and is none any more.
    Left,
}

/// The counts of one value.
pub(crate) trait RawCount: Copy {
    /// One owner.
    #[track_caller]
    fn new() -> Self;

    /// Its name in traces.
    fn set_name(&self, _name: &str) {}

    /// What is counted lies here, and is so many bytes long.
    fn holds(&self, _address: usize, _length: usize) {}

    /// From here on, [`recall`](Self::recall) finds it by this address.
    fn remember(&self, _address: usize) {}

    /// The counts of what is at this address.
    fn recall(address: usize) -> Option<Self>;

    /// One more.
    #[track_caller]
    fn comes<R>(&self, _side: Side, add: impl FnOnce() -> R) -> R {
        add()
    }

    /// One owner fewer. If it `is_last`, `drop` runs the destructor of the value, which may do anything.
    #[track_caller]
    fn goes(&self, _is_last: impl Fn() -> bool, drop: impl FnOnce()) {
        drop();
    }

    /// An owner goes where nobody sees it: what it does from here on is not watched.
    fn leaves(&self) {}

    /// One `Weak` fewer.
    #[track_caller]
    fn weak_goes(&self, drop: impl FnOnce()) {
        drop();
    }

    /// Looks at the counts, and may do something about it: `most` is all that it may come to. `told` is what was seen,
    /// for a trace.
    #[track_caller]
    fn look<R>(
        &self,
        _verb: &'static str,
        _most: Touch,
        look: impl FnOnce() -> (R, Touch),
        _told: impl FnOnce(&R) -> String,
    ) -> R {
        look().0
    }
}
