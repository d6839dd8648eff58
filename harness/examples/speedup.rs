//! What a second worker brings on a search of some length: `cargo run --release -p selvedge --example speedup`.

#![expect(clippy::print_stdout, reason = "it prints what it measures")]

use std::sync::Arc;
use std::time::Duration;

use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::{Check, Strategy, thread};

fn lastzero(n: usize) {
    let array: Arc<Vec<AtomicUsize>> = Arc::new((0..=n).map(|_| AtomicUsize::new(0)).collect());
    let mut threads: Vec<_> = (1..=n)
        .map(|i| {
            let array = Arc::clone(&array);
            thread::spawn(move || array[i].store(array[i - 1].load(SeqCst) + 1, SeqCst))
        })
        .collect();
    let array = Arc::clone(&array);
    threads.push(thread::spawn(move || {
        let mut i = n;
        while array[i].load(SeqCst) != 0 {
            i -= 1;
        }
    }));
    for thread in threads {
        thread.join().unwrap();
    }
}

fn run(name: &str, check: &Check, program: impl Fn() + Copy + Send + Sync + 'static) {
    let seconds = |workers| -> (u64, Duration) {
        let report = check.clone().workers(workers).run(program);
        (report.executions, report.elapsed)
    };
    let (executions, one) = seconds(1);
    let (same, two) = seconds(2);
    assert_eq!(executions, same);
    println!(
        "{name}: {executions} executions, {:.1} s with one worker, {:.1} s with two: {:.2} times faster",
        one.as_secs_f64(),
        two.as_secs_f64(),
        one.as_secs_f64() / two.as_secs_f64()
    );
}

fn main() {
    let exhaustive = Check::new("speedup").strategy(Strategy::Exhaustive);
    run("lastzero(16), exhaustive", &exhaustive, || lastzero(16));
    let random = Check::new("speedup").strategy(Strategy::Random).max_executions(200_000);
    run("lastzero(16), random", &random, || lastzero(16));
}
