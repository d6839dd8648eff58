//! Lock-free structures under Rust's memory model: with the orderings of their papers every execution graph holds, and each
//! ordering that is weakened is missed.

use selvedge as engine;
use selvedge::FailureKind::{DataRace, Panic};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict};

use std::fmt::Debug;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

#[expect(dead_code, reason = "what only the example explores")]
#[path = "../benches/programs/lock_free/mod.rs"]
mod lock_free;
#[path = "../examples/weak_memory/primitives.rs"]
mod primitives;

use selvedge_primitives::waiter_queue;

use lock_free::{chase_lev, counted, last_zero, locks, michael_scott, seq_lock, treiber};

fn exhaustive<R: Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("lock-free")
        .memory_model(MemoryModel::Rust)
        .strategy(Strategy::Exhaustive)
        .run(program)
}

/// All execution graphs hold, there are so many, and each is run once. Gives their outcomes.
#[track_caller]
fn holds<R: Debug>(graphs: u64, program: impl Fn() -> R + Send + Sync + 'static) -> Vec<String> {
    let report = exhaustive(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!((report.executions, report.blocked_executions), (graphs, 0), "{report}");
    report.outcomes.into_keys().collect()
}

/// The same, where executions may turn out to be another one's twin, because an operation on a lock was put off.
#[track_caller]
fn holds_with_locks<R: Debug>(graphs: u64, program: impl Fn() -> R + Send + Sync + 'static) {
    let report = exhaustive(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.executions - report.blocked_executions, graphs, "{report}");
}

#[track_caller]
fn fails<R: Debug>(kind: FailureKind, program: impl Fn() -> R + Send + Sync + 'static) {
    let report = exhaustive(program);
    assert_eq!(
        report.failure.as_ref().map(|failure| failure.kind),
        Some(kind),
        "{report}"
    );
}

#[test]
fn a_sequence_lock_needs_its_fences() {
    use seq_lock::{Orders, RIGHT, program};
    holds(11, || program(1, 1, RIGHT));
    holds(121, || program(1, 2, RIGHT));
    holds(144, || program(2, 1, RIGHT));
    holds(3_768, || program(2, 2, RIGHT));
    holds(1_331, || program(1, 3, RIGHT));
    fails(Panic, || program(1, 1, Orders { reader: false, ..RIGHT }));
    fails(Panic, || program(1, 1, Orders { writer: false, ..RIGHT }));
    fails(Panic, || program(1, 1, Orders { end: Relaxed, ..RIGHT }));
    fails(Panic, || {
        program(
            2,
            1,
            Orders {
                begin: Relaxed,
                ..RIGHT
            },
        )
    });
}

#[test]
fn a_stack_of_treiber_needs_a_tag_a_release_and_an_acquire() {
    use treiber::{Orders, RIGHT, contend, program};
    holds(46, || program(2, RIGHT));
    // Which node has two owners in the end.
    assert_eq!(holds(40, || contend(RIGHT)), ["[]"]);
    let untagged = Orders { tagged: false, ..RIGHT };
    assert_eq!(holds(40, move || contend(untagged)), ["[2]", "[]"]);
    fails(DataRace, || program(2, Orders { push: Relaxed, ..RIGHT }));
    fails(DataRace, || program(2, Orders { look: Relaxed, ..RIGHT }));
}

#[test]
#[ignore = "takes ten seconds"]
fn three_threads_on_a_stack_of_treiber() {
    holds(76_338, || treiber::program(3, treiber::RIGHT));
}

#[test]
fn a_queue_of_michael_and_scott_publishes_its_nodes_twice() {
    use michael_scott::{Orders, RIGHT, program};
    holds(4, || program(1, 1, RIGHT));
    holds(96, || program(2, 1, RIGHT));
    holds(29, || program(1, 2, RIGHT));
    holds(2_416, || program(2, 2, RIGHT));
    fails(DataRace, || {
        program(
            1,
            1,
            Orders {
                append: Relaxed,
                ..RIGHT
            },
        )
    });
    fails(Panic, || program(2, 1, Orders { tail: Relaxed, ..RIGHT }));
}

#[test]
fn a_deque_of_chase_and_lev_needs_both_fences() {
    use chase_lev::{Orders, RIGHT, program};
    holds(18, || program(1, 1, RIGHT));
    holds(90, || program(1, 2, RIGHT));
    holds(348, || program(2, 1, RIGHT));
    fails(DataRace, || program(1, 2, Orders { owner: AcqRel, ..RIGHT }));
    fails(DataRace, || program(1, 2, Orders { thief: AcqRel, ..RIGHT }));
    fails(Panic, || {
        program(
            1,
            1,
            Orders {
                publish: false,
                ..RIGHT
            },
        )
    });
}

#[test]
fn a_count_of_owners_releases_and_the_last_one_acquires() {
    use counted::{Orders, RIGHT, program, with_arc};
    holds(4, || program(1, RIGHT));
    holds(224, || program(2, RIGHT));
    // Nobody asks who was the last, so nothing is to be ordered.
    holds(1, || with_arc(2));
    fails(DataRace, || program(1, Orders { drop: Relaxed, ..RIGHT }));
    fails(DataRace, || program(1, Orders { fence: false, ..RIGHT }));
}

#[test]
fn a_spin_lock_acquires_and_releases() {
    use locks::{Orders, RIGHT, spin_lock};
    holds(6, || spin_lock(2, RIGHT));
    holds(378, || spin_lock(3, RIGHT));
    fails(DataRace, || spin_lock(2, Orders { lock: Relaxed, ..RIGHT }));
    fails(DataRace, || {
        spin_lock(
            2,
            Orders {
                unlock: Relaxed,
                ..RIGHT
            },
        )
    });
}

#[test]
fn a_last_zero_is_found_in_as_many_graphs_as_there_are_interleavings() {
    for (n, graphs) in [(2, 5), (3, 12), (4, 28), (7, 320)] {
        holds(graphs, move || last_zero::program(n));
    }
}

#[test]
fn the_primitives_hold_in_every_execution_graph() {
    use primitives::{close_a_ring, give_up, notify, through_a_ring, wait};
    use waiter_queue::{intrusive, lock_free, mutex};
    holds_with_locks(4, || wait::<mutex::Queue>(1));
    holds_with_locks(1_064, || wait::<mutex::Queue>(2));
    holds_with_locks(4, || wait::<intrusive::Queue>(1));
    holds_with_locks(1_064, || wait::<intrusive::Queue>(2));
    holds_with_locks(5, || wait::<lock_free::Queue>(1));
    holds_with_locks(2_742, || wait::<lock_free::Queue>(2));
    holds_with_locks(1_586, give_up::<lock_free::Queue>);
    holds_with_locks(5, || notify(1));
    holds_with_locks(32, || notify(2));
    holds(6, || through_a_ring(2, 1));
    holds(256, || through_a_ring(4, 2));
    holds(2, close_a_ring);
}
