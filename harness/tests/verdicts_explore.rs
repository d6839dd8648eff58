//! Programs on which an exhaustive search must see each interleaving, and each once, however it is limited, divided, spread
//! or taken up again.

use std::collections::BTreeSet;

use selvedge::future::{block_on, spawn};
use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, RwLock, mpsc};
use selvedge::time::{Duration, sleep, timeout};
use selvedge::tokio::sync::oneshot;
use selvedge::{Check, Report, Strategy, Verdict, thread};

const MS: Duration = Duration::from_millis(1);

fn exhaustive(name: &str) -> Check {
    Check::new(name).strategy(Strategy::Exhaustive).keep_going(true)
}

fn outcomes(report: &Report) -> BTreeSet<&str> {
    report.outcomes.keys().map(String::as_str).collect()
}

/// The same search, whole, over workers, in shards, and in pieces that are limited and resumed: `traces` executions.
#[track_caller]
fn in_every_way<R: std::fmt::Debug>(traces: u64, program: impl Fn() -> R + Clone + Send + Sync + 'static) -> Report {
    let whole = exhaustive("whole").run(program.clone());
    assert_eq!(whole.verdict, Verdict::Verified, "{whole}");
    assert_eq!((whole.executions, whole.blocked_executions), (traces, 0));
    let check = |report: &Report, how: &str| {
        assert_eq!(report.executions, traces, "{how}");
        assert_eq!(report.outcomes, whole.outcomes, "{how}");
    };
    check(&exhaustive("workers").workers(2).run(program.clone()), "two workers");
    check(
        &exhaustive("shard").shard(1, 1).run(program.clone()),
        "one shard of one",
    );
    let shards: Vec<Report> = (1..=2)
        .map(|i| exhaustive("shards").shard(i, 2).run(program.clone()))
        .collect();
    assert_eq!(shards.iter().map(|s| s.executions).sum::<u64>(), traces, "two shards");
    let roomy = exhaustive("limited").max_executions(traces.next_power_of_two() * 64);
    check(&roomy.run(program.clone()), "a limit that is not reached");
    let piece = traces / 3 + 1;
    let mut report = exhaustive("pieces").max_executions(piece).run(program.clone());
    for so_far in 2..10 {
        let Some(state) = report.state.take().filter(|_| !report.complete) else {
            break;
        };
        report = exhaustive("pieces")
            .max_executions(piece * so_far)
            .resume(*state)
            .run(program.clone());
    }
    assert!(report.complete);
    check(&report, "in pieces");
    whole
}

async fn answered_at_the_deadline() -> &'static str {
    let (sender, receiver) = oneshot::channel();
    let worker = spawn(async move {
        sleep(5 * MS).await;
        sleep(5 * MS).await;
        let _ = sender.send(());
    });
    let answer = timeout(10 * MS, receiver).await;
    worker.await.unwrap();
    if answer.is_ok() { "ok" } else { "late" }
}

/// Who waits for a timer and for an answer may be polled only after the answer has come, although its timer is the first one.
#[test]
fn an_answer_at_the_instant_of_the_deadline_is_in_time_or_late() {
    let program = || block_on(answered_at_the_deadline());
    let report = in_every_way(12, program);
    assert_eq!(outcomes(&report), BTreeSet::from(["\"late\"", "\"ok\""]));
    let plain = Check::new("plain").strategy(Strategy::Dfs).run(program);
    assert_eq!(outcomes(&plain), outcomes(&report));
    let auto = Check::new("auto").run(program);
    assert_eq!((auto.verdict, outcomes(&auto)), (Verdict::Verified, outcomes(&report)));
}

/// The abort depends on threads of a scope, which are done when the scope ends or are waited for.
#[test]
fn a_task_is_aborted_before_its_first_poll_after_a_scope() {
    let program = || {
        let (value, lock) = (Arc::new(AtomicUsize::new(0)), Arc::new(RwLock::new(0)));
        let (theirs, held) = (Arc::clone(&value), Arc::clone(&lock));
        let writer = spawn(async move {
            let thread = thread::spawn(move || {
                drop(held.write().unwrap());
                theirs.store(1, SeqCst);
            });
            thread.join().unwrap();
        });
        let abort = writer.abort_handle();
        let other = spawn(async move {
            let mut seen = (0, false);
            thread::scope(|s| {
                s.spawn(|| seen.0 = value.load(SeqCst));
                s.spawn(|| seen.1 = lock.try_read().is_ok());
            });
            abort.abort();
            seen
        });
        (block_on(writer).is_ok(), block_on(other).unwrap())
    };
    let report = in_every_way(28, program);
    let random = Check::new("random").strategy(Strategy::Random).max_executions(1_000);
    let random = random.keep_going(true).run(program);
    assert!(report.outcomes.keys().any(|outcome| outcome.starts_with("(false")));
    assert!(outcomes(&random).is_subset(&outcomes(&report)));
}

/// Which sender is the last one, and closes the channel, depends on the order in which they go.
#[test]
fn senders_that_go_while_the_receiver_does() {
    for (n, traces) in [(2, 30), (3, 408)] {
        let _ = in_every_way(traces, move || {
            let (sender, receiver) = mpsc::channel();
            let threads: Vec<_> = (0..n)
                .map(|i| {
                    let sender = sender.clone();
                    thread::spawn(move || sender.send(i).is_ok())
                })
                .collect();
            drop(sender);
            drop(receiver);
            threads.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>()
        });
    }
}

#[test]
fn an_empty_task_that_is_aborted_has_as_many_executions_as_traces() {
    let _ = in_every_way(4, || {
        let task = spawn(async {});
        task.abort();
        block_on(task).is_ok()
    });
}

/// What a task drops that panics at once is dropped when it comes to that: after others have looked, or before.
#[test]
fn a_task_that_panics_at_once_is_not_over_at_once() {
    type Wait = fn();
    let nothing: Wait = || ();
    let sleeps: Wait = || thread::sleep(MS);
    let waits: [(Wait, Wait); 4] = [
        (nothing, nothing),
        (|| thread::spawn(|| ()).join().unwrap(), nothing),
        (sleeps, sleeps),
        (|| _ = selvedge::choose(2), nothing),
    ];
    for (wait, others_wait) in waits {
        for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
            let report = Check::new("panics-at-once")
                .strategy(strategy)
                .keep_going(true)
                .run(move || {
                    let (sender, receiver) = mpsc::channel::<u32>();
                    let thread = thread::spawn(move || {
                        let _dropped = sender;
                        wait();
                        panic!("at once");
                    });
                    let looks = thread::spawn(move || {
                        others_wait();
                        receiver.try_recv().unwrap_err()
                    });
                    assert!(thread.join().is_err());
                    looks.join().unwrap()
                });
            let outcomes: Vec<_> = report.outcomes.keys().map(String::as_str).collect();
            assert_eq!(outcomes, ["Disconnected", "Empty"], "{report}");
        }
    }
}
