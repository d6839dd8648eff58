//! What is weaker than what.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::kernel::Role;

/// The orderings that there are for this, none before one that is weaker.
fn all(role: Role) -> &'static [Ordering] {
    match role {
        Role::Load => &[Relaxed, Acquire, SeqCst],
        Role::Store => &[Relaxed, Release, SeqCst],
        Role::Update | Role::Fence => &[Relaxed, Acquire, Release, AcqRel, SeqCst],
    }
}

/// Whether one promises less than the other.
pub(super) fn is_weaker(one: Ordering, other: Ordering) -> bool {
    match other {
        SeqCst => one != SeqCst,
        AcqRel => !matches!(one, AcqRel | SeqCst),
        Acquire | Release => one == Relaxed,
        _ => false,
    }
}

/// What promises less, the weakest first.
pub(super) fn weaker(role: Role, than: Ordering) -> impl Iterator<Item = Ordering> {
    all(role).iter().copied().filter(move |one| is_weaker(*one, than))
}

/// What promises more, the weakest first.
pub(super) fn stronger(role: Role, than: Ordering) -> impl Iterator<Item = Ordering> {
    all(role).iter().copied().filter(move |one| is_weaker(than, *one))
}

/// What is one step weaker.
pub(super) fn next_weaker(role: Role, than: Ordering) -> impl Iterator<Item = Ordering> {
    weaker(role, than).filter(move |one| !weaker(role, than).any(|other| is_weaker(*one, other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_one_or_two_orderings_down() {
        let next = |role, than| next_weaker(role, than).collect::<Vec<_>>();
        assert_eq!(next(Role::Load, SeqCst), [Acquire]);
        assert_eq!(next(Role::Load, Acquire), [Relaxed]);
        assert_eq!(next(Role::Load, Relaxed), []);
        assert_eq!(next(Role::Store, SeqCst), [Release]);
        assert_eq!(next(Role::Store, Release), [Relaxed]);
        for role in [Role::Update, Role::Fence] {
            assert_eq!(next(role, SeqCst), [AcqRel]);
            assert_eq!(next(role, AcqRel), [Acquire, Release]);
            assert_eq!(next(role, Acquire), [Relaxed]);
            assert_eq!(next(role, Release), [Relaxed]);
            assert_eq!(next(role, Relaxed), []);
        }
    }

    #[test]
    fn acquire_and_release_promise_different_things() {
        assert!(!is_weaker(Acquire, Release) && !is_weaker(Release, Acquire));
        assert_eq!(stronger(Role::Update, Acquire).collect::<Vec<_>>(), [AcqRel, SeqCst]);
        assert_eq!(
            stronger(Role::Update, Relaxed).collect::<Vec<_>>(),
            [Acquire, Release, AcqRel, SeqCst]
        );
        assert_eq!(weaker(Role::Store, SeqCst).collect::<Vec<_>>(), [Relaxed, Release]);
    }
}
