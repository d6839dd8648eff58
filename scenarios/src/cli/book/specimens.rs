//! Small programs for the kinds of failure that no scenario is about, and one to learn reading on.

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Report, thread};
use selvedge_reports::book::Specimen;

pub(super) fn specimens() -> Vec<Specimen> {
    vec![
        specimen(
            "let counter = Arc::new(AtomicU32::new(0).named(\"counter\"));\n\
             loop {\n    counter.fetch_add(1, SeqCst);\n}\n\n\
             // checked with .max_steps(8)\n",
            Check::new("specimen/counts-for-ever").max_steps(8).run(counts_for_ever),
        ),
        specimen(
            "struct Node {\n    itself: Mutex<Option<Arc<Node>>>,\n}\n\n\
             let node = Arc::new(Node { itself: Mutex::new(None).named(\"itself\") });\n\
             *node.itself.lock().unwrap() = Some(Arc::clone(&node));\n\n\
             // checked with .leaks(true)\n",
            Check::new("specimen/owns-itself").leaks(true).run(owns_itself),
        ),
        specimen(
            "static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);\n\n\
             let flag = Arc::new(AtomicU32::new(0).named(\"flag\"));\n\
             if CALLS.fetch_add(1, Relaxed) == 0 {    // of std: not begun afresh\n    panic!(\"the first call of all\");\n}\n\
             flag.store(1, SeqCst);\n",
            nondeterminism(),
        ),
    ]
}

/// The program on which a reader learns to read.
pub(super) fn sample() -> Specimen {
    specimen(
        "let taken = Arc::new(AtomicBool::new(false).named(\"taken\"));\n\
         let sold = Arc::new(AtomicU32::new(0).named(\"sold\"));\n\n\
         // each of two buyers\n\
         if !taken.load(SeqCst) {\n    taken.store(true, SeqCst);\n    sold.fetch_add(1, SeqCst);\n}\n\n\
         // when both have ended\n\
         assert!(sold.load(SeqCst) == 1, \"the seat is sold twice\");\n",
        Check::new("sample/seat").run(two_buyers),
    )
}

fn specimen(code: &str, report: Report) -> Specimen {
    let mut failure = report.failure.expect("it is here because it fails");
    // Lines of this file are not those of the program that is shown.
    let nearest = failure.nearest.as_mut().map(|nearest| &mut nearest.trace);
    for trace in [&mut failure.trace].into_iter().chain(nearest) {
        trace.rows.iter_mut().for_each(|row| row.location = None);
    }
    Specimen {
        code: code.to_owned(),
        failure,
    }
}

fn two_buyers() {
    let taken = Arc::new(AtomicBool::new(false).named("taken"));
    let sold = Arc::new(AtomicU32::new(0).named("sold"));
    let buyers = ["anna", "ben"].map(|name| {
        let (taken, sold) = (Arc::clone(&taken), Arc::clone(&sold));
        let buyer = thread::Builder::new().name(name).spawn(move || {
            // Ordering: SeqCst; what matters here is the order of the steps alone.
            if !taken.load(Ordering::SeqCst) {
                taken.store(true, Ordering::SeqCst);
                sold.fetch_add(1, Ordering::SeqCst);
            }
        });
        buyer.expect("a task can be started")
    });
    for buyer in buyers {
        buyer.join().expect("a buyer does not panic");
    }
    assert!(sold.load(Ordering::SeqCst) == 1, "the seat is sold twice");
}

fn counts_for_ever() {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    loop {
        counter.fetch_add(1, Ordering::SeqCst);
    }
}

struct Node {
    itself: Mutex<Option<Arc<Node>>>,
}

fn owns_itself() {
    let node = Arc::new(Node {
        itself: Mutex::new(None).named("itself"),
    });
    *node.itself.lock().expect("nobody panics under it") = Some(Arc::clone(&node));
}

fn nondeterminism() -> Report {
    // One for each call, so that the book is the same however often it is made.
    let calls = std::sync::atomic::AtomicU32::new(0);
    Check::new("specimen/first-call").run(move || {
        let flag = Arc::new(AtomicU32::new(0).named("flag"));
        let other = Arc::clone(&flag);
        let reader = thread::spawn(move || other.load(Ordering::SeqCst));
        // Ordering: Relaxed; tasks of a check run one at a time.
        if calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            panic!("the first call of all");
        }
        flag.store(1, Ordering::SeqCst);
        reader.join().expect("the reader does not panic")
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_fails_as_its_kind_says() {
        let words: Vec<&str> = super::specimens().iter().map(|s| s.failure.words()).collect();
        assert_eq!(words, ["step limit", "leak", "nondeterminism"]);
        let sample = super::sample().failure;
        assert!(sample.cause.is_some() && sample.nearest.is_some());
    }
}
