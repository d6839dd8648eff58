//! How far an initialization has come, for engines that keep the account themselves.

/// How far an initialization has come; see [`RawOnce`](crate::raw::RawOnce) for what each state means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OnceState {
    New,
    Running,
    Poisoned,
    Done,
}

impl OnceState {
    /// Whether a call that finds this state is the one that runs.
    ///
    /// # Panics
    /// When an earlier call panicked, without `force`.
    #[track_caller]
    pub(super) fn lets_run(self, force: bool) -> bool {
        assert!(
            self != OnceState::Poisoned || force,
            "the Once is poisoned: an earlier call panicked"
        );
        self.may_run(force)
    }

    /// Whether who waits for a call that completes has found one.
    ///
    /// # Panics
    /// When an earlier call panicked, without `force`.
    #[track_caller]
    pub(super) fn ends_wait(self, force: bool) -> bool {
        assert!(
            self != OnceState::Poisoned || force,
            "the Once is poisoned: an earlier call panicked"
        );
        self == OnceState::Done
    }

    /// Whether a call may run now.
    pub(super) fn may_run(self, force: bool) -> bool {
        self == OnceState::New || self == OnceState::Poisoned && force
    }
}
