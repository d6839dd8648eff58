//! Calls of other crates under one name are told apart.

use selvedge::{Check, Strategy, future, opaque, opaque_call};

fn rows(program: impl Fn() + Send + Sync + 'static) -> Vec<String> {
    let report = Check::new("rows").strategy(Strategy::Exhaustive).run(program);
    let trace = report.failure.expect("it panics to show its rows").trace;
    trace.rows.into_iter().map(|row| row.text).collect()
}

#[test]
fn a_verb_is_in_the_row_and_in_the_schedule() {
    let program = || {
        future::block_on(async {
            let (sender, receiver) = async_channel::bounded(1);
            let theirs = receiver.clone();
            let task = future::spawn(async move { future::opaque("channel", theirs.recv()).verb("recv").await });
            future::opaque("channel", sender.send(1)).verb("send").await.unwrap();
            assert_eq!(task.await.unwrap(), Ok(1));
            opaque_call("channel", "close", || receiver.close());
            panic!("to see the rows");
        });
    };
    let rows = rows(program);
    for row in ["channel.send() ➜ ready", "channel.recv() ➜ ready", "channel.close()"] {
        assert!(rows.iter().any(|told| told == row), "{row}: {rows:?}");
    }
    let report = Check::new("rows").strategy(Strategy::Exhaustive).run(program);
    let schedule = report.failure.unwrap().schedule;
    let steps: Vec<String> = schedule.steps.iter().map(ToString::to_string).collect();
    for step in ["task-1 recv(channel)", "main send(channel)", "main close(channel)"] {
        assert!(steps.iter().any(|told| told == step), "{step}: {steps:?}");
    }
    let again = Check::new("rows").strategy(Strategy::Replay(schedule)).run(program);
    assert!(again.error.is_none() && again.failure.is_some(), "{again}");
}

#[test]
fn without_a_verb_the_type_of_a_future_tells() {
    let rows = rows(|| {
        future::block_on(async {
            let (sender, receiver) = async_channel::bounded(1);
            future::opaque("channel", sender.send(1)).await.unwrap();
            future::opaque("channel", receiver.recv()).await.unwrap();
            // These have no name that says anything.
            future::opaque("channel", async {}).await;
            future::opaque("channel", Box::pin(async {})).await;
            opaque("channel", || sender.close());
            panic!("to see the rows");
        });
    });
    for row in ["channel: Send ➜ ready", "channel: Recv ➜ ready", "channel"] {
        assert!(rows.iter().any(|told| told == row), "{row}: {rows:?}");
    }
    assert_eq!(
        rows.iter().filter(|row| *row == "channel ➜ ready").count(),
        2,
        "{rows:?}"
    );
}

#[test]
fn a_verb_makes_calls_no_more_independent_than_they_are() {
    let explored = |verbs: [&'static str; 2]| {
        let report = Check::new("calls").strategy(Strategy::Exhaustive).run(move || {
            let other = selvedge::thread::spawn(move || opaque_call("state", verbs[0], || ()));
            opaque_call("state", verbs[1], || ());
            other.join().unwrap();
        });
        report.executions
    };
    assert_eq!(explored(["read", "read"]), 2);
    assert_eq!(explored(["read", "write"]), 2);
}
