//! What lies in files: saved searches and schedules that were changed, and where schedules are saved.

use std::path::{Path, PathBuf};

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Check, Error, Schedule, SearchState, Strategy, Verdict, choose, thread};

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("selvedge-files-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Increments in two steps each, so that one is lost; one of them depends on a choice of the program.
fn increments() {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let theirs = Arc::clone(&counter);
    let thread = thread::spawn(move || {
        let seen = theirs.load(SeqCst);
        theirs.store(seen + 1, SeqCst);
    });
    let by = choose(2) as u32;
    let seen = counter.load(SeqCst);
    counter.store(seen + by, SeqCst);
    thread.join().unwrap();
    assert_eq!(counter.load(SeqCst), 1 + by, "an increment is lost");
}

fn passes(turns: u32) -> impl Fn() -> u32 + Send + Sync + 'static {
    move || {
        let counter = Arc::new(AtomicU32::new(0).named("counter"));
        let theirs = Arc::clone(&counter);
        let thread = thread::spawn(move || (0..turns).for_each(|_| theirs.store(1, SeqCst)));
        (0..turns).for_each(|_| counter.store(2, SeqCst));
        thread.join().unwrap();
        counter.load(SeqCst)
    }
}

#[test]
fn a_saved_search_with_any_bit_flipped_is_refused() {
    let folder = Folder::new("bits");
    let check = || Check::new("files/bits").strategy(Strategy::Exhaustive);
    let file = folder.file("search.json");
    let report = check().max_executions(3).run(passes(2));
    report.state.expect("there is more to search").save(&file).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            std::fs::write(&file, &changed).unwrap();
            match SearchState::load(&file) {
                Err(Error::State { why, .. }) => assert!(!why.is_empty()),
                Err(Error::Read { .. }) => assert!(std::str::from_utf8(&changed).is_err()),
                other => panic!("byte {at}, bit {bit}: {other:?}"),
            }
        }
    }
    for cut in 0..bytes.len() {
        std::fs::write(&file, &bytes[..cut]).unwrap();
        SearchState::load(&file).unwrap_err();
    }
    std::fs::write(&file, &bytes).unwrap();
    let rest = check().resume(SearchState::load(&file).unwrap()).run(passes(2));
    let whole = check().run(passes(2));
    assert_eq!((rest.verdict, rest.executions), (Verdict::Verified, whole.executions));
}

/// Saves the schedule, changes the file as JSON, and runs it.
fn replay_changed(schedule: &Schedule, change: impl FnOnce(&mut serde_json::Value)) -> selvedge::Report {
    let folder = Folder::new(&format!("{}-cut", schedule.engine));
    let file = folder.file("schedule.json");
    schedule.save(&file).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    change(&mut json);
    std::fs::write(&file, json.to_string()).unwrap();
    let strategy = Strategy::Replay(Schedule::load(&file).unwrap());
    Check::new(schedule.name()).strategy(strategy).run(increments)
}

#[test]
fn a_schedule_cut_to_its_first_steps_is_refused_at_each() {
    let check = Check::new("files/cut").strategy(Strategy::Exhaustive).run(increments);
    let schedule = check.failure.expect("an increment is lost").schedule;
    assert!(schedule.steps.len() > 4, "{schedule:?}");
    assert!(replay_changed(&schedule, |_| ()).failure.is_some());
    for length in 0..schedule.steps.len() {
        let report = replay_changed(&schedule, |json| {
            json["steps"].as_array_mut().unwrap().truncate(length);
        });
        let Some(Error::Diverged { message }) = &report.error else {
            panic!("{length} steps: {report}");
        };
        assert!(
            message.contains("cut short") || message.contains("diverged"),
            "{message}"
        );
        assert!(report.failure.is_none() && report.verdict == Verdict::Failed);
    }
}

#[test]
fn a_schedule_of_an_endless_loop_is_replayed_although_nobody_knows_its_steps() {
    let endless = || {
        let flag = AtomicU32::new(0);
        flag.store(1, SeqCst);
        loop {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    let check = || Check::new("files/endless").stall_timeout(std::time::Duration::from_millis(300));
    let failure = check().run(endless).failure.expect("it never comes back");
    let folder = Folder::new("endless");
    let file = failure.save(&folder.0).unwrap();
    let again = check()
        .strategy(Strategy::Replay(Schedule::load(file).unwrap()))
        .run(endless);
    assert_eq!(again.failure.expect("nor now").kind, failure.kind);
}

fn two_increments() {
    let counter = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&counter);
    let thread = thread::spawn(move || {
        let seen = theirs.load(SeqCst);
        theirs.store(seen + 1, SeqCst);
    });
    let seen = counter.load(SeqCst);
    counter.store(seen + 1, SeqCst);
    thread.join().unwrap();
    assert_eq!(counter.load(SeqCst), 2, "an increment is lost");
}

#[test]
fn a_schedule_of_loom_that_was_changed_is_refused() {
    let comes_late = || {
        let flag = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&flag);
        let thread = thread::spawn(move || theirs.store(1, SeqCst));
        assert_eq!(flag.load(SeqCst), 0, "the store comes late");
        thread.join().unwrap();
    };
    let report = Check::new("files/loom").strategy(Strategy::Loom).run(comes_late);
    let schedule = report.failure.expect("it may come early").schedule;
    assert!(schedule.interleaving > 1, "the first iteration has no path");
    let replay = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed: serde_json::Value = serde_json::to_value(&schedule).unwrap();
        change(&mut changed);
        let strategy = Strategy::Replay(serde_json::from_value(changed).unwrap());
        Check::new("files/loom").strategy(strategy).run(comes_late)
    };
    let same = replay(&|_| ());
    assert!(same.failure.is_some(), "{same}");
    let cut = replay(&|json| {
        let branches = json["loom"]["branches"]["entries"].as_array_mut().expect("loom's path");
        branches.truncate(branches.len() / 2);
    });
    assert!(cut.failure.is_none(), "{cut}");
    assert!(cut.to_string().contains("cut short"), "{cut}");
    // What it would take is more than a machine has.
    for steps in [u64::from(u32::MAX), 10_000_001] {
        let large = replay(&|json| json["limits"]["max_steps"] = steps.into());
        assert!(matches!(large.error, Some(Error::Unsupported { .. })), "{large}");
        assert!(large.to_string().contains("max_steps"), "{large}");
    }
}

#[test]
fn more_than_a_machine_has_is_refused_before_it_is_asked_for() {
    let loom = Check::new("files/large").strategy(Strategy::Loom).max_steps(usize::MAX);
    let report = loom.run(two_increments);
    assert!(report.to_string().contains("max_steps"), "{report}");
    for strategy in [
        Strategy::Pct { depth: 99_999_999_999 },
        Strategy::ShuttlePct { depth: 99_999_999_999 },
        Strategy::Pct { depth: 10_001 },
    ] {
        let report = Check::new("files/large").strategy(strategy).run(two_increments);
        assert!(matches!(report.error, Some(Error::Unsupported { .. })), "{report}");
        assert!(report.to_string().contains("depth"), "{report}");
        assert_eq!(report.executions, 0);
    }
}

/// Searched for a while by each strategy, the arms of a large choice cost no more than those of a small one.
#[test]
fn a_large_choice_is_counted_and_not_listed() {
    for strategy in [
        Strategy::Exhaustive,
        Strategy::Dfs,
        Strategy::Random,
        Strategy::Pos,
        Strategy::Portfolio,
    ] {
        let took = |arms: usize| {
            let started = std::time::Instant::now();
            let check = Check::new("files/choose")
                .strategy(strategy.clone())
                .max_executions(3_000);
            let report = check.run(move || {
                let flag = Arc::new(AtomicU32::new(0));
                let theirs = Arc::clone(&flag);
                let thread = thread::spawn(move || theirs.load(SeqCst));
                let arm = choose(arms);
                thread.join().unwrap();
                assert!(arm < arms);
            });
            assert!(report.failure.is_none() && report.error.is_none(), "{report}");
            assert_eq!(report.executions, 3_000);
            started.elapsed()
        };
        let small = took(5_000);
        let large = took(1_000_000);
        assert!(large < small * 10, "{strategy:?}: {large:?} and {small:?}");
    }
}

#[test]
fn a_choice_that_no_search_could_end_is_refused_with_its_number() {
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        let report = Check::new("files/choose")
            .strategy(strategy)
            .run(|| choose(u32::MAX as usize));
        assert!(report.to_string().contains("choose(4294967295)"), "{report}");
    }
}

const CHILD: &str = "SELVEDGE_FILES_CHILD";

/// What the tests below run in a process of their own.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_some() {
        Check::new("files/saved").run(increments).assert_ok();
    }
}

fn saved_by(binary: &Path, package: &str, target: Option<&Path>) -> PathBuf {
    let mut command = std::process::Command::new(binary);
    command.args(["--exact", "child", "--nocapture"]).env(CHILD, "1");
    command.env("CARGO_PKG_NAME", package);
    match target {
        Some(folder) => command.env("CARGO_TARGET_DIR", folder),
        None => command.env_remove("CARGO_TARGET_DIR"),
    };
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, path) = text
        .split_once("SELVEDGE_REPLAY=")
        .unwrap_or_else(|| panic!("{output:?}"));
    let (path, _) = path.split_once(" cargo test").unwrap();
    // The tests of cargo run in the folder of their package.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    assert!(path.is_file(), "{path:?}");
    path.canonicalize().unwrap()
}

#[test]
fn schedules_lie_in_the_target_folder_one_folder_for_each_test_binary() {
    let me = std::env::current_exe().unwrap();
    let asked = Folder::new("target");
    let asked = asked.0.canonicalize().unwrap();
    let here = saved_by(&me, "selvedge", None);
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
    assert!(!here.starts_with(package), "{here:?}");
    // Cargo says where it is, whoever made the folder.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    assert!(here.starts_with(target.canonicalize().unwrap()), "{here:?}");

    let there = saved_by(&me, "selvedge", Some(&asked));
    assert_eq!(there, asked.join("selvedge/selvedge.files/files.saved.json"));
    // A binary of another package, and another one of this.
    let other = asked.join("other-0123456789abcdef");
    std::fs::copy(&me, &other).unwrap();
    assert_eq!(
        saved_by(&me, "mine", Some(&asked)),
        asked.join("selvedge/mine.files/files.saved.json")
    );
    assert_eq!(
        saved_by(&other, "selvedge", Some(&asked)),
        asked.join("selvedge/selvedge.other/files.saved.json")
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_through_or_refused_and_never_replaced() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = Folder::new("nodes");
    let report = Check::new("files/nodes").run(increments);
    let schedule = report.failure.expect("an increment is lost").schedule;
    let kind = |path: &Path| std::fs::symlink_metadata(path).unwrap().file_type();

    // A link to a file, one that leads nowhere yet, and a chain of them.
    std::fs::create_dir(folder.file("below")).unwrap();
    std::fs::write(folder.file("below/real.json"), "old").unwrap();
    for (link, to) in [
        ("link", "below/real.json"),
        ("dangling", "below/new.json"),
        ("chain", "dangling"),
    ] {
        symlink(to, folder.file(link)).unwrap();
        schedule.save(folder.file(link)).unwrap();
        assert!(kind(&folder.file(link)).is_symlink(), "{link}");
        assert_eq!(Schedule::load(folder.file(link)).unwrap(), schedule);
    }
    assert_eq!(Schedule::load(folder.file("below/new.json")).unwrap(), schedule);
    symlink("circle", folder.file("circle")).unwrap();
    schedule.save(folder.file("circle")).unwrap_err();

    symlink("/dev/null", folder.file("null")).unwrap();
    schedule.save(folder.file("null")).unwrap();
    assert!(kind(Path::new("/dev/null")).is_char_device() && kind(&folder.file("null")).is_symlink());

    let made = std::process::Command::new("mkfifo")
        .arg(folder.file("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let error = schedule.save(folder.file("pipe")).unwrap_err().to_string();
    assert!(error.contains("pipe"), "{error}");
    assert!(kind(&folder.file("pipe")).is_fifo());
    let left: Vec<_> = std::fs::read_dir(&folder.0)
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 7, "{left:?}");
}
