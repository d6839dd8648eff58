//! Ten million executions, about half of them cut short by a deadlock, and the memory they leave behind.
//!
//! `cargo run --release -p selvedge --example memory`

#[path = "../benches/programs/process.rs"]
mod process;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Strategy, thread};

const EXECUTIONS: u64 = 10_000_000;

fn philosophers() {
    let left = Arc::new(Mutex::new(vec![0_u8; 64]));
    let right = Arc::new(Mutex::new(vec![0_u8; 64]));
    let (l, r) = (Arc::clone(&left), Arc::clone(&right));
    let other = thread::spawn(move || {
        let mut r = r.lock().unwrap();
        l.lock().unwrap()[0] += 1;
        r[0] += 1;
    });
    {
        let mut l = left.lock().unwrap();
        right.lock().unwrap()[0] += 1;
        l[0] += 1;
    }
    other.join().unwrap();
}

#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn main() {
    let progress = std::sync::Arc::new(AtomicU64::new(0));
    let watched = std::sync::Arc::clone(&progress);
    std::thread::spawn(move || {
        for mark in [10_000, 100_000, 1_000_000, 2_000_000, 5_000_000] {
            while watched.load(Ordering::Relaxed) < mark {
                std::thread::sleep(Duration::from_millis(1));
            }
            println!("after {mark:>9} executions: {:>6} KiB", process::kib("VmRSS"));
        }
    });
    let report = Check::new("memory")
        .strategy(Strategy::Random)
        .max_executions(EXECUTIONS)
        .keep_going(true)
        .progress_counter(progress)
        .run(philosophers);
    println!(
        "after {:>9} executions: {:>6} KiB",
        report.executions,
        process::kib("VmRSS")
    );
    println!("{} of them deadlocked, {:?}", report.failing_executions, report.elapsed);
}
