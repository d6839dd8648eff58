//! A timeline is no wider than what it is read on.

use selvedge::sync::atomic::AtomicU32;
use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::sync::{Arc, Mutex};
use selvedge::trace::Part;
use selvedge::{Check, Failure, Strategy, future, thread};

fn failure(program: impl Fn() + Send + Sync + 'static) -> Failure {
    let report = Check::new("a name that has many words, so that a heading of it is wider than a terminal/width")
        .strategy(Strategy::Exhaustive)
        .run(program);
    report.failure.expect("the program fails")
}

/// A column of text is as wide as a terminal shows it: these letters are all of one column.
fn widest(timeline: &str) -> usize {
    timeline.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// Tasks that each count in an object of their own and in one for all.
fn counters(tasks: u32) -> impl Fn() {
    move || {
        let all = Arc::new(AtomicU32::new(0).named("all"));
        let tasks: Vec<_> = (0..tasks)
            .map(|number| {
                let all = Arc::clone(&all);
                let task = thread::Builder::new().name(format!("counter-{number}"));
                let task = task.spawn(move || {
                    let own = AtomicU32::new(0).named(&format!("counted_by_{number}"));
                    own.store(all.load(SeqCst) + 1, SeqCst);
                    all.store(own.load(SeqCst), SeqCst);
                });
                task.unwrap()
            })
            .collect();
        let n = tasks.len() as u32;
        for task in tasks {
            task.join().unwrap();
        }
        assert_eq!(all.load(SeqCst), n, "all have counted");
    }
}

#[test]
fn a_timeline_fits_its_terminal_and_says_what_it_leaves_out() {
    for tasks in [2, 3, 6] {
        let failure = failure(counters(tasks));
        for columns in [80, 100, 120, 160] {
            let timeline = failure.trace.timeline_within(columns);
            assert!(widest(&timeline) <= columns, "{columns}:\n{timeline}");
            let detailed = failure.detailed_within(columns);
            assert!(columns == 160 || widest(&detailed) <= columns, "{columns}:\n{detailed}");
            assert!(detailed.contains("words_width.rs:"), "{detailed}");
            // Every step is there.
            let steps = failure.trace.rows.iter().filter(|row| row.numbered()).count();
            assert!(timeline.contains(&format!("\n {steps:>4}  ")), "{timeline}");
            // An object has its column or is named below.
            for object in &failure.trace.objects {
                let short = &object[..3];
                let header = timeline.lines().next().unwrap();
                assert!(
                    header.contains(short) || timeline.contains(&format!("`{object}`")),
                    "{timeline}"
                );
            }
        }
        // What does not go to a terminal is the same everywhere.
        assert_eq!(failure.trace.timeline(), failure.trace.timeline_within(160));
        assert_eq!(failure.within(160), failure.to_string());
    }
}

#[test]
fn the_panic_of_a_join_does_not_widen_the_timeline() {
    let words = "the first of two panics is told in so many words that whoever tells it again needs a lot of room";
    for asynchronous in [false, true] {
        let failure = failure(move || {
            let shared = Arc::new(Mutex::new(()).named("m"));
            let theirs = Arc::clone(&shared);
            let fails = move || {
                drop(theirs.lock().unwrap());
                panic!("{words}");
            };
            if asynchronous {
                future::block_on(async { future::spawn(async move { fails() }).await.unwrap() });
            } else {
                thread::spawn(fails).join().unwrap();
            }
        });
        assert!(failure.message.contains(words), "{failure}");
        let mut panics = failure.trace.rows.iter().filter(|row| row.text.starts_with("panics: "));
        assert!(panics.next().unwrap().text.ends_with(words));
        let second = panics.next().unwrap();
        assert!(second.text.chars().count() <= 50, "{}", second.text);
        assert!(
            second.text.contains("called `Result::unwrap()` on an"),
            "{}",
            second.text
        );
        // The first takes the room it needs, and is all that does.
        assert!(widest(&failure.trace.timeline()) <= 160, "{failure}");
    }
}

/// Whatever the check is called.
#[test]
fn what_sort_of_failure_it_is_has_its_colour_in_the_heading_alone() {
    let report = Check::new("panic/FAILED, panic").run(|| panic!("panic"));
    let failure = report.failure.expect("the program fails");
    let paint = |part: Part, text: &str| match part {
        Part::Words => format!("<{text}>"),
        _ => text.to_owned(),
    };
    for columns in [40, 160] {
        let text = failure.painted_within(columns, &paint);
        let heading = text.split("\n\n").next().unwrap().replace("\n  ", " ");
        assert!(
            heading.starts_with("panic / FAILED, panic: FAILED, <panic> ("),
            "{text}"
        );
        assert_eq!(text.matches('<').count(), 1, "{text}");
    }
}
