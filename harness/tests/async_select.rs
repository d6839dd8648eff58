//! `select!`, `join!` and `try_join!`: the syntax and the answers of tokio's, and every order of the branches.

use std::cell::RefCell;
use std::future::{pending, poll_fn, ready};
use std::rc::Rc;
use std::task::Poll;

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::time::{Duration, sleep};
use selvedge::tokio::sync::{Notify, mpsc, oneshot};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future};

fn explore<R: std::fmt::Debug, F: Future<Output = R> + 'static>(program: fn() -> F) -> Report {
    let check = Check::new("select").strategy(Strategy::Exhaustive);
    check.run(move || future::block_on(program()))
}

/// What is seen, which is what plain enumeration sees.
#[track_caller]
fn outcomes<R: std::fmt::Debug, F: Future<Output = R> + 'static>(program: fn() -> F) -> Vec<String> {
    let seen = |strategy| {
        let check = Check::new("select").strategy(strategy);
        let report = check.run(move || future::block_on(program()));
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        report.outcomes.into_keys().collect::<Vec<_>>()
    };
    let exhaustive = seen(Strategy::Exhaustive);
    assert_eq!(exhaustive, seen(Strategy::Dfs));
    exhaustive
}

/// Ready at the second poll.
async fn later<T>(value: T) -> T {
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        context.waker().wake_by_ref();
        if polls > 1 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    value
}

/// Says when it is dropped.
struct Says(&'static str, Rc<RefCell<Vec<&'static str>>>);

impl Drop for Says {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

/// Every form of `select!` that has one answer, with the macro of either crate.
macro_rules! forms {
    ($name:ident, $select:path) => {
        mod $name {
            use super::*;
            use $select as select;

            fn first_even(n: u32) -> Option<u32> {
                n.is_multiple_of(2).then_some(n)
            }

            async fn question() -> Result<u32, &'static str> {
                let n = select! {
                    n = ready(Err::<u32, _>("none")) => n?,
                };
                Ok(n + 1)
            }

            async fn question_in_the_future(ends: Result<u32, &'static str>) -> Result<u32, &'static str> {
                let n = select! {
                    n = ready(ends?) => n,
                };
                Ok(n)
            }

            async fn returns() -> u32 {
                loop {
                    select! {
                        _ = ready(()) => return 1,
                    }
                }
            }

            async fn drains() -> Vec<u32> {
                let (sender, mut receiver) = mpsc::unbounded_channel();
                (0..3).for_each(|n| sender.send(n).unwrap());
                drop(sender);
                let mut seen = Vec::new();
                loop {
                    select! {
                        Some(n) = receiver.recv() => seen.push(n),
                        else => break,
                    }
                }
                seen
            }

            async fn skips() -> Vec<u32> {
                let mut seen = Vec::new();
                for n in 0..5 {
                    select! {
                        biased;
                        Some(even) = ready(first_even(n)) => {
                            if even == 2 {
                                continue;
                            }
                            seen.push(even)
                        }
                        _ = ready(()) => {
                            if n == 3 {
                                break;
                            }
                            seen.push(10 + n);
                        }
                    }
                }
                seen
            }

            async fn borrows() -> (String, u32) {
                let mut text = "a".to_owned();
                let mut count = 0;
                let mut adds = std::pin::pin!(async {
                    later(()).await;
                    7
                });
                let n = loop {
                    select! {
                        biased;
                        n = &mut adds => break n,
                        _ = async { count += 1 } => text.push('b'),
                    }
                };
                (text, n + count)
            }

            async fn losers() -> Vec<&'static str> {
                let said = Rc::new(RefCell::new(Vec::new()));
                let says = |text| Says(text, Rc::clone(&said));
                let hold = async |says: Says| {
                    pending::<()>().await;
                    drop(says);
                };
                let (a, b, c, d) = (says("a"), says("b"), says("c"), says("d"));
                select! {
                    _ = hold(a) => (),
                    biased = later(b) => {
                        // The others are gone before this.
                        said.borrow_mut().push("handler");
                        drop(biased);
                    }
                    _ = hold(c), if true => (),
                    _ = hold(d), if false => (),
                }
                Rc::into_inner(said).unwrap().into_inner()
            }

            async fn refutable() -> Vec<u32> {
                let mut seen = Vec::new();
                seen.push(select! { Ok(n) | Err(n) = ready(Ok::<u32, u32>(1)) => n });
                seen.push(select! { Some(mut n) = ready(Some(1)) => { n += 1; n } });
                seen.push(select! { (ref a, b @ 1..=3) = ready((String::from("abc"), 3)) => a.len() as u32 + b - 3 });
                seen.push(select! { Some(_) = ready(None::<u32>) => 0, else => 4 });
                seen.push(select! { None = ready(Some(Box::new(5))) => 0, n = later(5) => n });
                seen.push(select! { [first, .., last] = ready([1, 2, 5]) => first + last, });
                seen.push(select! { &n = ready(&7) => n });
                seen.push(select! { () = ready(()), if false => 0, n = async { 8 } => n, });
                seen.push(select! { biased; _ = ready(()), if !seen.is_empty() => 9, _ = ready(()) => 0 });
                seen.push(select! { n = ready(10) => { n } _ = pending::<()>() => { 0 } });
                seen.push(select! { n = ready(11) => { n }, _ = pending::<()>() => 0, else => { 0 } });
                seen.push(select! { else => 12 });
                seen
            }

            /// What the branches give need not be `Send`; what they await must.
            fn may_move<F: Future + Send>(future: F) -> F {
                future
            }

            async fn sends() -> u32 {
                may_move(async {
                    let n = select! {
                        n = poll_fn(|_| Poll::Ready(Rc::new(1))) => *n,
                        _ = pending::<()>() => 0,
                    };
                    later(n).await
                })
                .await
            }

            async fn many() -> u32 {
                select! {
                    _ = pending::<()>() => 0, _ = pending::<()>() => 1, _ = pending::<()>() => 2, _ = pending::<()>() => 3,
                    _ = pending::<()>() => 4, _ = pending::<()>() => 5, _ = pending::<()>() => 6, _ = pending::<()>() => 7,
                    _ = pending::<()>() => 8, _ = pending::<()>() => 9, _ = pending::<()>() => 10, _ = pending::<()>() => 11,
                    _ = pending::<()>() => 12, _ = pending::<()>() => 13, _ = pending::<()>() => 14, _ = ready(()) => 15,
                }
            }

            /// Conditions come first, then all futures, whether they are polled or not.
            async fn evaluates() -> String {
                let order = RefCell::new(String::new());
                let tried = |text, value: bool| {
                    order.borrow_mut().push_str(text);
                    value
                };
                let made = |text| {
                    order.borrow_mut().push_str(text);
                    ready(())
                };
                select! {
                    biased;
                    _ = made("a"), if tried("1", false) => (),
                    _ = made("b"), if tried("2", true) => order.borrow_mut().push('B'),
                    _ = made("c") => (),
                }
                order.into_inner()
            }

            async fn nothing_left() {
                select! {
                    Some(()) = ready(None) => (),
                    _ = ready(()), if false => (),
                }
            }

            pub(super) async fn answers() -> Vec<String> {
                let mut answers = vec![
                    format!("{:?} {:?}", question().await, question_in_the_future(Err("early")).await),
                    format!("{:?} {}", question_in_the_future(Ok(3)).await, returns().await),
                    format!("{:?} {:?}", drains().await, skips().await),
                    format!("{:?} {:?}", borrows().await, losers().await),
                    format!("{:?} {} {}", refutable().await, sends().await, many().await),
                    evaluates().await,
                ];
                let mut nothing_left = Box::pin(nothing_left());
                let panicked = poll_fn(|context| {
                    let poll = || nothing_left.as_mut().poll(context).is_ready();
                    Poll::Ready(std::panic::catch_unwind(std::panic::AssertUnwindSafe(poll)))
                });
                let payload = panicked.await.expect_err("no branch is left");
                answers.push(payload.downcast_ref::<&str>().copied().unwrap_or_default().to_owned());
                answers
            }
        }
    };
}

forms!(tokios, tokio::select);
forms!(ours, selvedge::tokio::select);

/// The same of `join!` and `try_join!`.
macro_rules! joins {
    ($name:ident, $join:path, $try_join:path) => {
        mod $name {
            use super::*;
            use $join as join;
            use $try_join as try_join;

            /// Which of three futures was polled when, over three polls.
            async fn order() -> String {
                let order = RefCell::new(String::new());
                let polled = |name: char, mut polls: u32| {
                    let order = &order;
                    poll_fn(move |context| {
                        order.borrow_mut().push(name);
                        context.waker().wake_by_ref();
                        polls -= 1;
                        if polls == 0 {
                            Poll::Ready(name)
                        } else {
                            Poll::Pending
                        }
                    })
                };
                let all = join!(polled('a', 3), polled('b', 1), polled('c', 4));
                assert_eq!(all, ('a', 'b', 'c'));
                order.into_inner()
            }

            async fn fails() -> (Result<(u32, u32, ()), &'static str>, Vec<&'static str>) {
                let said = Rc::new(RefCell::new(Vec::new()));
                let says = Says("dropped", Rc::clone(&said));
                let joined = try_join!(
                    async { Ok::<_, &str>(1) },
                    async {
                        later(()).await;
                        Err::<u32, _>("no")
                    },
                    async {
                        let _says = says;
                        pending::<Result<(), &str>>().await
                    },
                );
                let said = said.borrow().clone();
                (joined, said)
            }

            /// A future that is done is gone, while the others are waited for.
            async fn goes() -> usize {
                struct Holds(Rc<()>);
                impl Future for Holds {
                    type Output = ();
                    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
                        assert_eq!(Rc::strong_count(&self.0), 2);
                        Poll::Ready(())
                    }
                }
                let held = Rc::new(());
                let holds = Holds(Rc::clone(&held));
                let ((), owners) = join!(holds, async {
                    later(()).await;
                    Rc::strong_count(&held)
                });
                owners
            }

            async fn question() -> Result<u32, &'static str> {
                let (a, b) = try_join!(ready(Ok::<_, &str>(1)), later(Ok(2)))?;
                try_join!(ready(Err::<(), _>("first")), ready(Err::<(), _>("second")))?;
                Ok(a + b)
            }

            pub(super) async fn answers() -> Vec<String> {
                let nothing: Result<(), ()> = try_join!();
                let () = join!();
                let mut text = String::from("a");
                let one = join!(async { text.push('b') },);
                let moved = join!(
                    text.chars().map(ready).next().unwrap(),
                    later(Rc::new(3)),
                    async { 4 }
                );
                vec![
                    format!("{:?} {:?} {:?}", order().await, fails().await, goes().await),
                    format!("{:?} {nothing:?} {one:?} {moved:?} {text}", question().await),
                ]
            }
        }
    };
}

joins!(tokios_joins, tokio::join, tokio::try_join);
joins!(our_joins, selvedge::tokio::join, selvedge::tokio::try_join);

#[test]
fn every_form_gives_what_tokios_gives() {
    let expected = future::block_on(tokios::answers());
    assert_eq!(future::block_on(ours::answers()), expected);
    let report = explore(|| async { ours::answers().await.join("\n") });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let all: Vec<_> = report.outcomes.into_keys().collect();
    assert_eq!(all, [format!("{:?}", expected.join("\n"))]);
    assert!(expected.last().unwrap().contains("no else branch"), "{expected:?}");
}

#[test]
fn every_join_gives_what_tokios_gives() {
    let expected = future::block_on(tokios_joins::answers());
    assert_eq!(future::block_on(our_joins::answers()), expected);
    let report = explore(|| async { our_joins::answers().await.join("\n") });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.executions, 1);
    assert_eq!(
        report.outcomes.into_keys().collect::<Vec<_>>(),
        [format!("{:?}", expected.join("\n"))]
    );
}

#[test]
fn each_branch_that_is_ready_may_be_the_one() {
    let three = || async {
        selvedge::tokio::select! {
            n = ready(1) => n,
            _ = ready(()), if false => 0,
            n = ready(2) => n,
            n = ready(3) => n,
        }
    };
    assert_eq!(outcomes(three), ["1", "2", "3"]);
    assert_eq!(explore(three).executions, 3, "a disabled branch is not chosen");
    let first = || async {
        selvedge::tokio::select! {
            biased;
            _ = ready(()), if false => 0,
            n = ready(1) => n,
            n = ready(2) => n,
        }
    };
    assert_eq!(outcomes(first), ["1"]);
    assert_eq!(explore(first).executions, 1);
}

#[test]
fn a_branch_that_does_not_fit_leaves_it_to_those_behind_it_and_before_it() {
    // From the second on, the third comes before the first.
    assert_eq!(
        outcomes(|| async {
            selvedge::tokio::select! {
                n = ready(1) => n,
                Some(n) = ready(None) => n,
                n = ready(3) => n,
            }
        }),
        ["1", "3"]
    );
    assert_eq!(
        outcomes(|| async {
            selvedge::tokio::select! {
                Some(n) = ready(None) => n,
                n = ready(2) => n,
            }
        }),
        ["2"]
    );
}

#[test]
fn a_message_and_the_end_of_its_sender_are_seen_in_either_order() {
    let program = |biased: bool| async move {
        let (values, mut value) = mpsc::unbounded_channel();
        let (stop, mut stopped) = oneshot::channel::<()>();
        values.send(7).unwrap();
        stop.send(()).unwrap();
        let mut seen = Vec::new();
        loop {
            if biased {
                selvedge::tokio::select! {
                    biased;
                    Some(n) = value.recv() => seen.push(n),
                    _ = &mut stopped => return seen,
                }
            } else {
                selvedge::tokio::select! {
                    Some(n) = value.recv() => seen.push(n),
                    _ = &mut stopped => return seen,
                }
            }
        }
    };
    let check = |biased| {
        let check = Check::new("select").strategy(Strategy::Exhaustive);
        let report = check.run(move || future::block_on(program(biased)));
        report.outcomes.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(check(false), ["[7]", "[]"]);
    assert_eq!(check(true), ["[7]"]);
}

/// A `recv` in a `select!` keeps its message when it loses; a future that takes it out before it waits again does not.
#[test]
fn what_a_loser_had_taken_is_lost() {
    async fn two(receiver: &mut mpsc::UnboundedReceiver<u32>) -> (u32, u32) {
        let first = receiver.recv().await.unwrap();
        (first, receiver.recv().await.unwrap())
    }
    let lost = outcomes(|| async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let stop = Arc::new(Notify::new());
        let stopper = Arc::clone(&stop);
        sender.send(1).unwrap();
        let other = future::spawn(async move {
            stopper.notify_one();
            sender.send(2).unwrap();
        });
        let both = selvedge::tokio::select! {
            both = two(&mut receiver) => Some(both),
            () = stop.notified() => None,
        };
        other.await.unwrap();
        let left = receiver.len();
        (both, left)
    });
    assert!(lost.contains(&"(None, 1)".to_owned()), "one message is lost: {lost:?}");
    assert!(
        lost.contains(&"(None, 2)".to_owned()) && lost.contains(&"(Some((1, 2)), 0)".to_owned()),
        "{lost:?}"
    );
}

#[test]
fn a_timer_and_a_message_race() {
    let seen = outcomes(|| async {
        let (sender, receiver) = oneshot::channel();
        future::spawn(async move {
            sleep(Duration::from_secs(1)).await;
            let _ = sender.send(1);
        });
        selvedge::tokio::select! {
            n = receiver => n.ok(),
            () = sleep(Duration::from_secs(1)) => None,
        }
    });
    assert_eq!(seen, ["None", "Some(1)"]);
}

#[test]
fn a_wake_up_that_a_select_has_missed_is_told_as_lost() {
    let report = explore(|| async {
        let ready = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&ready);
        // It sets what the other looks at, and wakes nobody.
        let other = future::spawn(async move { theirs.store(1, SeqCst) });
        selvedge::tokio::select! {
            () = poll_fn(|_| if ready.load(SeqCst) == 1 { Poll::Ready(()) } else { Poll::Pending }) => (),
            () = pending() => (),
        }
        other.await.unwrap();
    });
    let failure = report.failure.expect("nobody wakes it");
    assert_eq!(failure.kind, FailureKind::LostWakeup, "{failure}");
}

#[test]
fn the_failure_of_one_order_replays() {
    let program = || {
        future::block_on(async {
            selvedge::tokio::select! {
                _ = ready(()) => (),
                _ = later(()) => (),
                _ = ready(()) => panic!("the third was first"),
            }
        });
    };
    for strategy in [Strategy::Auto, Strategy::Random, Strategy::Pos] {
        let failure = Check::new("select").strategy(strategy).run(program).failure;
        let failure = failure.expect("the third may be first");
        let again = Check::new("select").strategy(Strategy::Replay(failure.schedule));
        assert_eq!(again.run(program).verdict, Verdict::Failed);
    }
}

/// Many of tokio's own, so that two executions do not draw the same.
async fn draws() -> u64 {
    let mut drawn = 0;
    for _ in 0..32 {
        drawn = drawn * 2 + tokio::select! { n = ready(0) => n, n = ready(1) => n };
    }
    drawn
}

#[test]
fn what_tokios_own_select_draws_is_reported_by_its_name() {
    // Nothing but the outcome shows it.
    for strategy in [Strategy::Exhaustive, Strategy::Auto, Strategy::Dfs] {
        let report = Check::new("draws").strategy(strategy).run(|| future::block_on(draws()));
        let failure = report.failure.expect("it is not the same twice");
        assert_eq!(failure.kind, FailureKind::Nondeterminism);
        assert!(
            failure.message.contains("select!") && failure.message.contains("`biased;`"),
            "{failure}"
        );
        assert!(failure.message.contains("selvedge::tokio::select!"), "{failure}");
    }
    // The steps depend on it.
    let report = explore(|| async {
        let notify = Arc::new(Notify::new());
        let theirs = Arc::clone(&notify);
        let other = future::spawn(async move { theirs.notify_one() });
        for bit in 0..32 {
            if draws().await >> bit & 1 == 1 {
                notify.notify_waiters();
            }
        }
        notify.notified().await;
        other.await.unwrap();
    });
    let failure = report.failure.expect("it is not the same twice");
    assert_eq!(failure.kind, FailureKind::Nondeterminism);
    assert!(failure.message.contains("select!"), "{failure}");
}

#[test]
fn what_draws_nothing_is_the_same_every_time() {
    let biased = || async {
        let mut drawn = 0;
        for _ in 0..32 {
            drawn = drawn * 2 + tokio::select! { biased; n = ready(0) => n, n = ready(1) => n };
        }
        drawn
    };
    assert_eq!(outcomes(biased), ["0"]);
}
