//! A process that uses loom by itself, too: what its generators raise to end a thread is nobody's business.

use std::process::{Command, Output};

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Check, Strategy, Verdict, thread};

const CHILD: &str = "SELVEDGE_HOOKS_CHILD";

fn check() {
    for strategy in [Strategy::Exhaustive, Strategy::Loom, Strategy::Stress] {
        let report = Check::new("hooks").strategy(strategy).max_executions(5).run(|| {
            let flag = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&flag);
            let thread = thread::spawn(move || theirs.store(1, SeqCst));
            flag.load(SeqCst);
            thread.join().unwrap();
        });
        assert_ne!(report.verdict, Verdict::Failed, "{report}");
    }
    // An abort gives the hook away and takes it back.
    let report = Check::new("hooks/aborts").run(|| {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("second");
            }
        }
        let _bomb = Bomb;
        panic!("first");
    });
    assert_eq!(report.verdict, Verdict::Failed);
}

/// Its generators stay suspended at the end of most iterations, and are cancelled by a panic.
fn model() {
    loom::model(|| {
        let flag = loom::sync::Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let theirs = loom::sync::Arc::clone(&flag);
        let thread = loom::thread::spawn(move || theirs.store(1, std::sync::atomic::Ordering::SeqCst));
        flag.load(std::sync::atomic::Ordering::SeqCst);
        thread.join().unwrap();
    });
}

#[test]
fn child() {
    let Ok(order) = std::env::var(CHILD) else { return };
    for what in order.split(' ') {
        match what {
            "check" => check(),
            "model" => model(),
            _ => panic!("really: {what}"),
        }
    }
}

fn run(order: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, order)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap()
}

#[test]
fn nothing_is_printed_in_whatever_order_they_come() {
    for order in [
        "model",
        "check model",
        "model check",
        "model check model",
        "check check model",
    ] {
        let output = run(order);
        assert!(output.status.success(), "{order}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{order}");
    }
}

#[test]
fn real_panics_are_printed_as_before() {
    for order in ["fails", "check fails", "check model fails", "model check fails"] {
        let output = run(order);
        assert!(!output.status.success(), "{order}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.matches("really: fails").count(), 1, "{order}: {said}");
    }
}
