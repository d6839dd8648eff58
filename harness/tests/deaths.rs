//! Programs that would kill their process: each is a verdict with its story, or leaves its schedule behind.

use std::hint::black_box;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use selvedge::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Report, Schedule, Strategy, Verdict, choose, future, thread};

/// Needs some hundred bytes of stack a turn, and in the last frames what `leaf` needs.
fn recurse(turns: u64, leaf: fn()) -> u64 {
    let frame = black_box([turns; 64]);
    if turns == 0 {
        return 0;
    }
    leaf();
    1 + recurse(turns - 1, leaf) + (frame[(turns % 64) as usize] & 1)
}

const FOR_EVER: u64 = 10_000_000;

fn check(strategy: &Strategy) -> Check {
    Check::new("deaths/overflow").strategy(strategy.clone())
}

const CONTROLLED: [Strategy; 4] = [Strategy::Exhaustive, Strategy::Dfs, Strategy::Pos, Strategy::Auto];

#[track_caller]
fn overflows_in(task: &str, report: &Report) {
    let failure = report.failure.as_ref().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind, FailureKind::Panic, "{report}");
    let words = format!("stack overflow in {task}; raise Builder::stack_size");
    assert!(failure.message.starts_with(&words), "{report}");
}

/// A worker whose stack is full in one of the interleavings only.
fn recurses_if_second(leaf: fn()) -> impl Fn() + Send + Sync + 'static {
    move || {
        let turn = Arc::new(AtomicU32::new(0).named("turn"));
        let theirs = Arc::clone(&turn);
        let worker = thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || {
                if theirs.fetch_add(1, SeqCst) == 1 {
                    recurse(FOR_EVER, leaf);
                }
            })
            .unwrap();
        turn.fetch_add(1, SeqCst);
        worker.join().unwrap();
    }
}

#[test]
fn a_full_stack_is_a_failure_with_its_timeline_and_replays() {
    for strategy in &CONTROLLED {
        let report = check(strategy).run(recurses_if_second(|| ()));
        overflows_in("worker", &report);
        let failure = report.failure.unwrap();
        let timeline = failure.to_string();
        for row in ["turn.fetch_add(1) ➜ 0", "turn.fetch_add(1) ➜ 1", "overflows its stack"] {
            assert!(timeline.contains(row), "{timeline}");
        }
        let again = check(&Strategy::Replay(failure.schedule)).run(recurses_if_second(|| ()));
        overflows_in("worker", &again);
        assert!(again.error.is_none(), "{again}");
    }
}

#[test]
fn the_main_task_and_async_tasks_have_stacks_too() {
    for strategy in &CONTROLLED {
        overflows_in("main", &check(strategy).run(|| recurse(FOR_EVER, || ())));
        let report = check(strategy).run(|| {
            future::block_on(async {
                let task = future::Builder::new()
                    .name("fetcher")
                    .spawn(async { recurse(FOR_EVER, || ()) });
                task.await.unwrap()
            })
        });
        overflows_in("fetcher", &report);
    }
}

/// The last frames belong to the allocator, or to the facade and so to the kernel.
#[test]
fn whoever_needs_the_last_bytes_the_run_is_told() {
    fn allocates() {
        drop(black_box(vec![1_u8; 3000]));
    }
    fn locks() {
        let lock = Mutex::new(0);
        *lock.lock().unwrap() += 1;
    }
    for leaf in [allocates, locks] {
        let report = check(&Strategy::Exhaustive)
            .max_steps(usize::MAX)
            .run(recurses_if_second(leaf));
        assert!(report.to_string().contains("stack overflow in"), "{report}");
    }
}

#[test]
fn with_real_threads_and_loom_it_is_the_same() {
    for strategy in [Strategy::Stress, Strategy::Loom] {
        let report = check(&strategy).max_executions(50).run(|| {
            thread::spawn(|| recurse(FOR_EVER, || ())).join().unwrap();
        });
        assert!(report.to_string().contains("stack overflow in a t"), "{report}");
    }
}

/// The next check, and the next test, do not notice.
#[test]
fn many_full_stacks_one_after_the_other_and_at_once() {
    let runs: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..3 {
                    overflows_in("worker", &check(&Strategy::Exhaustive).run(recurses_if_second(|| ())));
                }
            })
        })
        .collect();
    runs.into_iter().for_each(|run| run.join().unwrap());
    let report = check(&Strategy::Exhaustive).workers(2).run(|| {
        let worker = thread::spawn(|| recurse(1_000, || ()));
        assert!(worker.join().unwrap() >= 1_000);
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// 8 MiB in one frame after the other, of a thread that has asked for it, whichever thread of the program that is.
#[test]
fn a_thread_has_the_stack_that_it_asks_for() {
    for strategy in &CONTROLLED {
        let report = check(strategy).max_executions(2_000).run(|| {
            let turn = Arc::new(AtomicU32::new(0));
            let spawns = |turn: &Arc<AtomicU32>| {
                let turn = Arc::clone(turn);
                thread::spawn(move || {
                    let first = turn.fetch_add(1, SeqCst) == 0;
                    // Who comes first needs more than usual.
                    let (size, turns) = if first { (12 << 20, 10_000) } else { (64 << 10, 10) };
                    let deep = thread::Builder::new()
                        .stack_size(size)
                        .spawn(move || recurse(turns, || ()));
                    assert!(deep.unwrap().join().unwrap() >= turns);
                })
            };
            let threads = [spawns(&turn), spawns(&turn)];
            threads.into_iter().for_each(|t| t.join().unwrap());
        });
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    }
}

const CHILD: &str = "SELVEDGE_DEATHS_CHILD";

/// Ends the process in the interleavings in which the worker comes second and the program takes arm 2.
fn dies(how: String) -> impl Fn() + Send + Sync + 'static {
    move || {
        let turn = Arc::new(AtomicU32::new(0).named("turn"));
        let theirs = Arc::clone(&turn);
        let arm = choose(3);
        let how = how.clone();
        let worker = thread::spawn(move || {
            if theirs.fetch_add(1, SeqCst) == 1 && arm == 2 {
                end_process(teach(&how));
            }
        });
        turn.fetch_add(1, SeqCst);
        worker.join().unwrap();
    }
}

/// Does what the search has seen in no execution before, so that it makes a step of what was none; then something with many
/// such steps. Gives the rest of the words.
fn teach(how: &str) -> &str {
    let Some((lesson, how)) = how.split_once('+') else {
        return how;
    };
    let lock = Arc::new(Mutex::new(0));
    match lesson {
        "tries" => drop(lock.try_lock()),
        "asks" => {
            let thread = thread::spawn(|| ());
            while !thread.is_finished() {
                thread::yield_now();
            }
        }
        "counts" => assert_eq!(Arc::strong_count(&lock), 1),
        "yields" => thread::yield_now(),
        "relaxes" => drop(AtomicU32::new(0).fetch_add(1, Relaxed)),
        "aborts" => future::block_on(async {
            let task = future::spawn(std::future::pending::<()>());
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }),
        "looks-back" => future::block_on(async {
            let task = future::spawn(async {});
            let handle = task.abort_handle();
            task.await.unwrap();
            // What the search throws away is an execution of the program, too.
            if !handle.is_finished() {
                std::process::abort();
            }
        }),
        "selects" => future::block_on(async {
            // Its waker is not the task's own, so exits have to be steps.
            let (one, two) = (future::spawn(async {}), future::spawn(async {}));
            _ = futures::future::join(one, two).await;
        }),
        _ => panic!("{lesson} is no lesson"),
    }
    let threads = [0, 1].map(|_| {
        let lock = Arc::clone(&lock);
        thread::spawn(move || {
            *lock.lock().unwrap() += 1;
            *lock.lock().unwrap() += 1;
        })
    });
    threads.into_iter().for_each(|t| t.join().unwrap());
    how
}

fn end_process(how: &str) {
    match how {
        "exit" => std::process::exit(7),
        "abort" => std::process::abort(),
        "kill" => {
            let me = std::process::id().to_string();
            let _ = Command::new("kill").args(["-s", "KILL", &me]).status();
            std::thread::sleep(Duration::from_secs(60));
        }
        "stall" => std::thread::sleep(Duration::from_millis(1_500)),
        "overflow" => drop(recurse(FOR_EVER, || ())),
        _ => {}
    }
}

/// What the tests below run in processes of their own: a check that may never end, or the replay of a file.
#[test]
fn child() {
    let Ok(how) = std::env::var(CHILD) else { return };
    let (how, file) = how.split_once(' ').unwrap_or((&how, ""));
    let mut check = Check::new("deaths/child")
        .strategy(Strategy::Exhaustive)
        .stall_timeout(Duration::from_millis(500));
    if !file.is_empty() {
        check = check.strategy(Strategy::Replay(Schedule::load(file).unwrap()));
    }
    #[expect(clippy::print_stdout, reason = "whoever started it reads the report")]
    {
        println!("{}", check.run(dies(how.to_owned())));
    }
}

/// A target folder of its own, so that nobody else finds what is left there.
struct Target(PathBuf);

impl Target {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("selvedge-deaths-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Target(folder)
    }

    fn run(&self, how: &str) -> Output {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, how)
            .env("CARGO_PKG_NAME", "selvedge")
            .env("CARGO_TARGET_DIR", &self.0)
            .output()
            .unwrap()
    }

    fn schedules(&self) -> PathBuf {
        self.0.join("selvedge/selvedge.deaths")
    }

    fn left_behind(&self) -> usize {
        std::fs::read_dir(self.schedules().join("running")).map_or(0, Iterator::count)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn whoever_ends_the_process_leaves_the_schedule_behind() {
    for how in ["exit", "abort", "kill"] {
        let target = Target::new(how);
        let output = target.run(how);
        assert!(!output.status.success(), "{how}: {output:?}");
        assert_eq!(
            (target.left_behind(), text(&output.stdout).contains("deaths")),
            (1, false),
            "{how}"
        );

        // The next run says so before anything else happens, although it ends in the same way.
        let next = target.run(how);
        let said = text(&next.stderr);
        assert!(
            said.contains("the last run of deaths/child ended with its process, in execution"),
            "{said}"
        );
        let file = target.schedules().join("deaths.child.died.json");
        assert!(said.contains(&file.display().to_string()), "{said}");
        let schedule = Schedule::load(&file).unwrap();
        assert!(schedule.failure.message.contains("the process ended"), "{schedule:?}");

        // Replayed, it ends there again; the program that does not, is told about.
        let replay = |how: &str| target.run(&format!("{how} {}", file.display()));
        let again = replay(how);
        assert_eq!(
            (again.status.code(), text(&again.stdout).contains("one recorded")),
            (output.status.code(), false)
        );
        let repaired = replay("nothing");
        assert!(repaired.status.success(), "{repaired:?}");
        let report = text(&repaired.stdout);
        assert!(
            report.contains("Passed, one recorded schedule; the run before this one ended"),
            "{report}"
        );
        // Said once.
        let silent = replay("nothing");
        assert_eq!(text(&silent.stderr), "");
        assert!(!text(&silent.stdout).contains("ended with its process"));
        assert_eq!(target.left_behind(), 0);
    }
}

/// The execution in which the search learns something about the program has a schedule like any other.
#[test]
fn a_process_that_ends_while_the_search_learns_leaves_the_schedule_behind() {
    let lessons = [
        "tries",
        "asks",
        "counts",
        "yields",
        "relaxes",
        "aborts",
        "looks-back",
        "selects",
    ];
    for lesson in lessons {
        let target = Target::new(lesson);
        let how = format!("{lesson}+exit");
        assert_eq!(target.run(&how).status.code(), Some(7), "{lesson}");
        target.run("nothing");
        let file = target.schedules().join("deaths.child.died.json");
        let replay = |how: &str| target.run(&format!("{how} {}", file.display()));
        let again = replay(&how);
        assert_eq!(again.status.code(), Some(7), "{lesson}: {again:?}");
        let repaired = replay(&format!("{lesson}+nothing"));
        let report = text(&repaired.stdout);
        assert!(report.contains("Passed, one recorded schedule"), "{lesson}: {report}");
    }
}

#[test]
fn a_process_that_ends_by_itself_leaves_nothing_behind() {
    for how in ["nothing", "stall", "overflow"] {
        let target = Target::new(how);
        for _ in 0..2 {
            let output = target.run(how);
            assert!(output.status.success(), "{output:?}");
            assert!(
                text(&output.stdout).contains("deaths / child: FAILED") == (how != "nothing"),
                "{output:?}"
            );
            assert_eq!(
                (text(&output.stderr), target.left_behind()),
                (String::new(), 0),
                "{how}"
            );
        }
    }
}

#[test]
fn other_processes_that_run_are_left_alone() {
    let target = Target::new("alive");
    // Where another process has its file, locked.
    let running = target.schedules().join("running");
    std::fs::create_dir_all(&running).unwrap();
    let file = std::fs::File::create(running.join("1")).unwrap();
    file.lock().unwrap();
    assert!(target.run("nothing").status.success());
    assert_eq!(target.left_behind(), 1);
    // Damaged, and nobody is there.
    std::fs::write(running.join("1"), [7; 10_000]).unwrap();
    drop(file);
    let output = target.run("nothing");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(target.left_behind(), 0);
}

/// A full stack of code that has nothing to do with a check is what it was: the end of the process, with std's words.
#[test]
fn the_stacks_of_others_are_left_to_std() {
    const OTHERS: &str = "SELVEDGE_DEATHS_OTHERS";
    if std::env::var_os(OTHERS).is_some() {
        let report = Check::new("deaths/before").run(|| ());
        assert_eq!(report.verdict, Verdict::Verified);
        let other = std::thread::Builder::new().name("other".to_owned());
        let _ = other.spawn(|| recurse(FOR_EVER, || ())).unwrap().join();
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_stacks_of_others_are_left_to_std", "--nocapture"])
        .env(OTHERS, "1")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(
        said.contains("has overflowed its stack") && !said.contains("selvedge"),
        "{said}"
    );
}
