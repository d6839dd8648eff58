//! Names and texts that command a terminal, or fill it: none of them leaves the program as it is.

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Report, Strategy, future, note, opaque, thread};

/// Clears the screen, sets a title, rings, goes back, forges a line, and turns the direction of writing.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;title\u{7}a\rb\nreplay: rm\u{9b}31m\u{202e}c\u{8}";

fn program(name: &'static str) -> impl Fn() + Send + Sync + 'static {
    move || {
        let counter = Arc::new(AtomicU32::new(0).named(name));
        let lock = Arc::new(Mutex::new(0).named(name));
        let (theirs, their_lock) = (Arc::clone(&counter), Arc::clone(&lock));
        let worker = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                *their_lock.lock().unwrap() += 1;
                let seen = theirs.load(SeqCst);
                theirs.store(seen + 1, SeqCst);
                assert_eq!(thread::current().name(), Some(name), "the program sees its own name");
            })
            .unwrap();
        let seen = counter.load(SeqCst);
        counter.store(seen + 1, SeqCst);
        drop(lock.lock());
        worker.join().unwrap();
        assert_eq!(counter.load(SeqCst), 2, "an increment is lost");
    }
}

/// As above with what only the controlled engine has.
fn tasks(name: &'static str) -> impl Fn() + Send + Sync + 'static {
    move || {
        note!("{name}");
        opaque(name, || ());
        let first = Arc::new(Mutex::new(()).named(name));
        let second = Arc::new(Mutex::new(()));
        let (a, b) = (Arc::clone(&first), Arc::clone(&second));
        future::block_on(async move {
            let task = future::Builder::new().name(name).spawn(async move {
                let _second = b.lock();
                let _first = a.lock();
            });
            {
                let _first = first.lock();
                let _second = second.lock();
            }
            task.await.unwrap();
        });
    }
}

/// Everything a person is shown, or a report is made of.
fn shown(report: Report) -> Vec<String> {
    let mut all = vec![report.to_string()];
    let failure = report.failure.expect("an interleaving fails");
    all.extend([failure.to_string(), failure.detailed(), failure.message.clone()]);
    all.extend(failure.trace.tasks.iter().chain(&failure.trace.objects).cloned());
    for row in failure.trace.rows {
        all.push(row.text);
        all.extend(row.values.into_iter().map(|(_, value)| value));
    }
    all
}

fn fails(name: &str, strategy: Strategy, program: impl Fn() + Send + Sync + 'static) -> Report {
    let report = Check::new(name).cause(false).strategy(strategy).run(program);
    assert!(report.failure.is_some(), "{report}");
    report
}

#[test]
fn no_name_commands_a_terminal() {
    let runs = [
        fails(HOSTILE, Strategy::Exhaustive, program(HOSTILE)),
        fails(HOSTILE, Strategy::Loom, program(HOSTILE)),
        fails(HOSTILE, Strategy::Exhaustive, tasks(HOSTILE)),
    ];
    for report in runs {
        for text in shown(report) {
            let leads_astray = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(leads_astray), "{text:?}");
        }
    }
    // No name begins a line of its own.
    for strategy in [Strategy::Exhaustive, Strategy::Loom] {
        let text = fails(HOSTILE, strategy, program(HOSTILE)).to_string();
        assert!(
            !text.lines().any(|line| line.trim_start().starts_with("replay: rm")),
            "{text}"
        );
        assert!(text.contains("\\nreplay: rm"), "{text}");
    }
}

#[test]
fn no_name_fills_a_screen() {
    let long: &'static str = Box::leak("wool".repeat(2_500).into_boxed_str());
    let runs = [
        fails(long, Strategy::Exhaustive, program(long)),
        fails(long, Strategy::Loom, program(long)),
        fails(long, Strategy::Exhaustive, tasks(long)),
    ];
    for report in runs {
        for text in shown(report) {
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(widest < 3_000 && text.len() < 60_000, "{widest}: {text}");
        }
    }
}

/// What is cut off still tells them apart: in the timeline, and in a schedule.
#[test]
fn long_names_that_differ_at_their_end_stay_different() {
    let name = |end: char| "wool".repeat(2_500) + &end.to_string();
    let racers = move || {
        let winner = Arc::new(AtomicU32::new(0));
        let racer = |n: u32, end: char| {
            let winner = Arc::clone(&winner);
            let builder = thread::Builder::new().name(name(end));
            builder.spawn(move || winner.store(n, SeqCst)).unwrap()
        };
        let racers = [racer(1, 'a'), racer(2, 'b')];
        racers.into_iter().for_each(|r| r.join().unwrap());
        assert_ne!(winner.load(SeqCst), 1, "the first comes last");
    };
    let failure = fails("names/racers", Strategy::Exhaustive, racers).failure.unwrap();
    let [_, first, second] = &failure.trace.tasks[..] else {
        panic!("{:?}", failure.trace.tasks);
    };
    assert_ne!(first, second);
    let folder = std::env::temp_dir().join(format!("selvedge-names-{}", std::process::id()));
    let mut named = failure.clone();
    named.name = name('c');
    let (one, other) = (named.save(&folder).unwrap(), failure.save(&folder).unwrap());
    named.name = name('d');
    assert_ne!(named.save(&folder).unwrap(), one);
    assert_ne!(one, other);
    let schedule = selvedge::Schedule::load(other).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let again = fails("names/racers", Strategy::Replay(schedule), racers);
    assert_eq!(again.failure.unwrap().to_string(), failure.to_string());
    assert_eq!(again.basis, "one recorded schedule");
}
