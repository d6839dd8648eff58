//! Section B besides `backpressure-retry`: the traces tell the story, and the lessons say what the runs say.

use crate::lesson::{assert_expectations, assert_lesson, assert_traces, scenario};

#[test]
fn span_collector() {
    let scenario = scenario("span-collector");
    assert_expectations(&scenario);
    assert_traces(&scenario);
    assert_lesson(&scenario, &["published-stop", "handle-dropped"]);
}

#[test]
fn graceful_shutdown() {
    let scenario = scenario("graceful-shutdown");
    assert_expectations(&scenario);
    assert_traces(&scenario);
    assert_lesson(&scenario, &["notified-in-select", "pinned-in-task"]);
}

#[test]
fn state_change() {
    let scenario = scenario("state-change");
    assert_expectations(&scenario);
    assert_traces(&scenario);
    assert_lesson(&scenario, &["check-then-wait", "exactly-ready"]);
}

#[test]
fn batch_flush() {
    let scenario = scenario("batch-flush");
    assert_expectations(&scenario);
    assert_traces(&scenario);
    assert_lesson(&scenario, &["notify-waiters"]);
}

#[test]
fn connection_pool() {
    let scenario = scenario("connection-pool");
    assert_expectations(&scenario);
    assert_traces(&scenario);
    assert_lesson(&scenario, &["pop-then-notified", "created-before-pop"]);
}
