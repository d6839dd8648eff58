//! `check-then-act`: every variant is what the catalog says, and the lesson says what the runs say.

use crate::lesson::{assert_expectations, assert_lesson, assert_traces, scenario};

#[test]
fn every_variant_meets_its_expectation_under_every_strategy_it_lists() {
    assert_expectations(&scenario("check-then-act"));
}

#[test]
fn the_traces_of_what_fails_tell_the_story() {
    assert_traces(&scenario("check-then-act"));
}

#[test]
fn the_lesson_quotes_the_real_traces_and_the_real_numbers() {
    assert_lesson(
        &scenario("check-then-act"),
        &[
            "whole-record-back",
            "async-lock-for-tasks-only",
            "slow-work-inside-lock",
        ],
    );
}
