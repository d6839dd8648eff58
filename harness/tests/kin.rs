//! What tasks are called and known by does not depend on the order in which an execution spawns them, or in which a search
//! has met them first.

use std::collections::BTreeSet;
use std::sync::Mutex;

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Check, Strategy, future, thread};

fn check(strategy: Strategy) -> Check {
    Check::new("kin").cause(false).keep_going(false).strategy(strategy)
}

/// Two tasks that each spawn one; and a failure that needs the later of them to spawn first.
fn nested() {
    let turn = Arc::new(AtomicU32::new(0).named("turn"));
    let spawners: Vec<_> = (1..=2)
        .map(|mine| {
            let turn = Arc::clone(&turn);
            thread::spawn(move || {
                let before = turn.swap(mine, SeqCst);
                let inner = thread::spawn(move || turn.swap(mine, SeqCst));
                inner.join().unwrap();
                before
            })
        })
        .collect();
    let before: Vec<u32> = spawners.into_iter().map(|spawner| spawner.join().unwrap()).collect();
    assert_eq!(before[0], 0, "the second one has spawned first");
}

#[test]
fn a_failure_replays_that_spawns_in_another_order_than_the_search_has_seen() {
    for strategy in [
        Strategy::Exhaustive,
        Strategy::Dfs,
        Strategy::Random,
        Strategy::Pos,
        Strategy::Surw,
        Strategy::Pct { depth: 3 },
    ] {
        let found = check(strategy.clone()).run(nested);
        let failure = found.failure.expect("an interleaving fails");
        let replayed = check(Strategy::Replay(failure.schedule.clone())).run(nested);
        assert!(replayed.error.is_none(), "{strategy:?}: {replayed}");
        let again = replayed.failure.expect("it fails again");
        assert_eq!(again.detailed(), failure.detailed(), "{strategy:?}");
        assert_eq!(again.message, failure.message, "{strategy:?}");
    }
}

#[test]
fn a_task_is_called_by_who_has_spawned_it() {
    let program = || {
        thread::spawn(|| ()).join().unwrap();
        let named = thread::Builder::new().name("server".to_owned()).spawn(|| {
            let namesake = thread::Builder::new().name("server.1".to_owned()).spawn(|| ()).unwrap();
            let inner = thread::spawn(|| ());
            namesake.join().unwrap();
            inner.join().unwrap();
        });
        let outer = thread::spawn(|| {
            let task = future::spawn(async {
                future::spawn(async {});
            });
            thread::spawn(|| ()).join().unwrap();
            future::block_on(task).unwrap();
        });
        let twins = [(); 3].map(|()| thread::Builder::new().name("thread-1".to_owned()).spawn(|| ()));
        named.unwrap().join().unwrap();
        outer.join().unwrap();
        for twin in twins {
            twin.unwrap().join().unwrap();
        }
        panic!("here they are");
    };
    let failure = check(Strategy::Dfs).run(program).failure.expect("it panics");
    let names: BTreeSet<&str> = failure.trace.tasks.iter().map(String::as_str).collect();
    let expected = [
        "main",
        "thread-1",
        "server",
        "server.1",
        "server.2",
        "thread-3",
        "task-3.1",
        "task-3.1.1",
        "thread-3.2",
        "thread-1#2",
        "thread-1#3",
        "thread-1#4",
    ];
    assert_eq!(names, BTreeSet::from(expected));
}

/// What a program can print of its tasks, with two that are spawned in either order.
fn known_by() -> String {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let gate = Arc::new(AtomicU32::new(0));
    let spawners: Vec<_> = (0..2)
        .map(|at| {
            let (seen, gate) = (Arc::clone(&seen), Arc::clone(&gate));
            thread::spawn(move || {
                gate.fetch_add(1, SeqCst);
                let theirs = Arc::clone(&seen);
                let inner = thread::spawn(move || {
                    let me = thread::current();
                    theirs.lock().unwrap().insert(format!("{at}: {me:?} {:?}", me.id()));
                });
                let theirs = Arc::clone(&seen);
                let task = future::spawn(async move {
                    theirs.lock().unwrap().insert(format!("{at}: {} {0:?}", future::id()));
                });
                inner.join().unwrap();
                future::block_on(task).unwrap();
            })
        })
        .collect();
    for spawner in spawners {
        spawner.join().unwrap();
    }
    let main = thread::current();
    let all: Vec<String> = seen.lock().unwrap().iter().cloned().collect();
    format!("{main:?} {}", all.join(", "))
}

#[test]
fn a_program_tells_its_tasks_by_the_same_in_every_execution() {
    let mut all = BTreeSet::new();
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random, Strategy::Pos] {
        for seed in 0..3 {
            let check = check(strategy.clone()).seed(seed).max_executions(500);
            let report = check.run(known_by);
            assert!(report.failure.is_none() && report.executions > 100, "{report}");
            all.extend(report.outcomes.into_keys());
        }
    }
    assert_eq!(all.len(), 1, "{all:#?}");
}
