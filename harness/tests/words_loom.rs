//! What loom cannot do is said, and is never told as a fault of the program.

use selvedge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicBool, AtomicU32};
use selvedge::sync::{Arc, Mutex, RwLock};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, thread};

fn run(strategy: Strategy, program: impl Fn() + Send + Sync + 'static) -> Report {
    Check::new("loom").strategy(strategy).run(program)
}

#[test]
fn an_assertion_inside_loom_is_an_error_and_no_failure() {
    let twice_unparked = || {
        let main = thread::current();
        let threads = [main.clone(), main].map(|main| thread::spawn(move || main.unpark()));
        thread::park();
        for thread in threads {
            thread.join().unwrap();
        }
    };
    let twice_read = || {
        let lock = RwLock::new(0);
        let (one, other) = (lock.read().unwrap(), lock.read().unwrap());
        assert_eq!(*one, *other);
    };
    for report in [run(Strategy::Loom, twice_unparked), run(Strategy::Loom, twice_read)] {
        assert!(report.failure.is_none(), "{report}");
        let error = report.error.expect("loom fails").to_string();
        assert!(
            error.starts_with("loom has failed itself, so it cannot run this program ("),
            "{error}"
        );
        assert!(error.contains("Strategy::Exhaustive"), "{error}");
    }
    run(Strategy::Exhaustive, twice_unparked).assert_verified();
    run(Strategy::Exhaustive, twice_read).assert_verified();
    // What the program raises is the program's.
    let report = run(Strategy::Loom, || panic!("assertion failed: state.notified"));
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::Panic));
    let report = run(Strategy::Loom, || {
        let (first, second) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (one, other) = (Arc::clone(&first), Arc::clone(&second));
        let thread = thread::spawn(move || {
            let _second = other.lock();
            drop(one.lock());
        });
        let _first = first.lock();
        drop(second.lock());
        thread.join().unwrap();
    });
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::Deadlock));
}

/// Two threads that each raise a flag and look at the other one.
fn both(store: Ordering, load: Ordering, fails: bool) -> impl Fn() {
    move || {
        let flags = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
        let theirs = Arc::clone(&flags);
        let other = thread::spawn(move || {
            theirs[0].store(true, store);
            theirs[1].load(load)
        });
        flags[1].store(true, store);
        let mine = flags[0].load(load);
        let theirs = other.join().unwrap();
        assert!(!fails || mine || theirs, "both inside");
    }
}

const TAKES: &str = "loom takes SeqCst accesses for AcqRel";

#[test]
fn loom_says_that_it_takes_sequentially_consistent_accesses_for_weaker_ones() {
    let failed = run(Strategy::Loom, both(SeqCst, SeqCst, true));
    let failure = failed.failure.expect("loom allows both to miss");
    assert!(failure.message.contains(TAKES), "{failure}");
    let again = run(Strategy::Replay(failure.schedule), both(SeqCst, SeqCst, true));
    assert!(again.failure.expect("it comes back").message.contains(TAKES));
    let passed = run(Strategy::Loom, both(SeqCst, SeqCst, false));
    assert!(
        passed.verdict == Verdict::Verified && passed.basis.contains(TAKES),
        "{passed}"
    );
    // Weaker ones are what loom knows.
    let failed = run(Strategy::Loom, both(Release, Acquire, true));
    assert!(!failed.failure.expect("both may miss").message.contains(TAKES));
    let passed = run(Strategy::Loom, both(Release, Acquire, false));
    assert!(!passed.basis.contains(TAKES), "{passed}");
    for operation in [0, 1, 2, 3] {
        let report = run(Strategy::Loom, move || {
            let number = AtomicU32::new(0);
            match operation {
                0 => number.swap(1, SeqCst),
                1 => number.fetch_add(1, SeqCst),
                2 => number.compare_exchange(0, 1, SeqCst, Relaxed).unwrap(),
                _ => number.compare_exchange(1, 2, AcqRel, SeqCst).unwrap_err(),
            };
        });
        assert!(report.basis.contains(TAKES), "{operation}: {report}");
    }
}

fn consistent(strategy: Strategy, program: impl Fn() + Send + Sync + 'static) -> Report {
    let check = Check::new("consistent").strategy(strategy);
    check.memory_model(MemoryModel::SequentiallyConsistent).run(program)
}

const RACES_ONLY: &str = "orderings weaker than SeqCst were checked for data races only";

#[test]
fn a_pass_under_sequential_consistency_says_what_it_has_not_explored() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Pos, Strategy::Auto] {
        let weak = consistent(strategy.clone(), both(Release, Acquire, false));
        assert!(
            weak.basis.contains(RACES_ONLY) && weak.to_string().contains(RACES_ONLY),
            "{weak}"
        );
        let strong = consistent(strategy.clone(), both(SeqCst, SeqCst, false));
        assert!(!strong.basis.contains(RACES_ONLY), "{strong}");
        let failed = consistent(strategy, move || {
            both(Relaxed, Relaxed, false)();
            panic!("a failure is one under every model");
        });
        assert!(!failed.basis.contains(RACES_ONLY), "{failed}");
    }
    // One task alone sees what it wrote.
    let alone = consistent(Strategy::Exhaustive, || AtomicU32::new(0).store(1, Relaxed));
    assert!(!alone.basis.contains(RACES_ONLY), "{alone}");
    // Many samples are taken in shares.
    let shares = Check::new("shares").strategy(Strategy::Random).max_executions(3_000);
    let shares = shares.memory_model(MemoryModel::SequentiallyConsistent);
    assert!(shares.run(both(Release, Acquire, false)).basis.contains(RACES_ONLY));
}

#[test]
fn a_thread_of_loom_knows_its_name_and_has_the_stack_it_asked_for() {
    run(Strategy::Loom, || {
        let thread = thread::Builder::new().name("foobar").stack_size(4 << 20);
        let thread = thread.spawn(|| {
            std::hint::black_box(&mut [0_u8; 2 << 20]);
            thread::current().name().map(str::to_owned)
        });
        assert_eq!(thread.unwrap().join().unwrap().as_deref(), Some("foobar"));
        let plain = thread::spawn(|| {
            std::hint::black_box(&mut [0_u8; 512 << 10]);
            thread::current().name().map(str::to_owned)
        });
        assert_eq!(plain.join().unwrap(), None);
        thread::scope(|scope| {
            let scoped = thread::Builder::new().name("inside");
            let scoped = scoped.spawn_scoped(scope, || thread::current().name().map(str::to_owned));
            assert_eq!(scoped.unwrap().join().unwrap().as_deref(), Some("inside"));
        });
    })
    .assert_ok();
}
