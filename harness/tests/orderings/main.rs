//! Orderings that could be weaker, or have to be stronger, and what fails otherwise: exact tables.

mod every_combination;
mod programs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use selvedge::orderings::{Place, Step, Tried};
use selvedge::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use selvedge::{Check, FailureKind, MemoryModel, Orderings, Strategy};

fn check() -> Check {
    Check::new("orderings")
}

fn of(program: fn()) -> Orderings {
    check().weakest_orderings(program)
}

/// Compares the table with this text, which is indented as the source is.
#[track_caller]
fn assert_told(orderings: &Orderings, expected: &str) {
    let lines = expected.trim().lines();
    let expected: Vec<&str> = lines
        .map(|line| line.strip_prefix("        ").unwrap_or(line))
        .collect();
    let told = orderings.to_string();
    assert_eq!(told.trim(), expected.join("\n"), "\n{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
}

#[track_caller]
fn why(tried: &Tried) -> &str {
    match tried {
        Tried::Undecided(why) => why,
        _ => panic!("it was decided: {tried:?}"),
    }
}

/// What is one step weaker, with all others together.
fn steps(orderings: &Orderings) -> impl Iterator<Item = (&Place, &Step)> {
    let steps = |place: &'_ Place| place.together.clone().map_or(0, |weakest| weakest.weaker.len());
    let all = orderings.places.iter().filter(move |place| steps(place) > 0);
    all.flat_map(|place| {
        place
            .together
            .iter()
            .flat_map(move |weakest| weakest.weaker.iter().map(move |step| (place, step)))
    })
}

#[test]
fn a_message_needs_a_release_and_an_acquire() {
    assert_told(
        &of(programs::message),
        r#"
        orderings: verified, all 2 interleavings; 4 of 4 orderings can be weaker, all
          together (14 searches)
         tests/orderings/programs.rs:53:18  store  SeqCst -> Relaxed
         tests/orderings/programs.rs:54:19  store  SeqCst -> Release
         tests/orderings/programs.rs:57:22  load   SeqCst -> Acquire
         tests/orderings/programs.rs:58:33  load   SeqCst -> Relaxed
         one step weaker:
         tests/orderings/programs.rs:54:19 store Relaxed: panic: main panicked:
           assertion `left == right` failed: ready, and the data are not there; left: 0;
           right: 7; nothing orders step 1, which stored `data`, before step 5, which
           did not see it; `ready` could: step 2 stores it Relaxed, which publishes
           nothing
         tests/orderings/programs.rs:57:22 load Relaxed: panic: main panicked: assertion
           `left == right` failed: ready, and the data are not there; left: 0; right: 7;
           nothing orders step 1, which stored `data`, before step 5, which did not see
           it; `ready` could: step 4 loads it Relaxed, which learns nothing
        "#,
    );
}

#[test]
fn plain_data_need_the_same_of_a_message() {
    assert_told(
        &of(programs::message_of_plain_data),
        r#"
        orderings: verified, all 2 interleavings; 2 of 2 orderings can be weaker, all
          together (8 searches)
         tests/orderings/programs.rs:70:19  store  SeqCst -> Release
         tests/orderings/programs.rs:73:22  load   SeqCst -> Acquire
         one step weaker:
         tests/orderings/programs.rs:70:19 store Relaxed: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:73:22 load Relaxed: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn store_buffering_needs_everything_sequentially_consistent() {
    assert_told(
        &of(programs::store_buffering),
        r#"
        orderings: verified, all 3 interleavings; no ordering can be weaker (9 searches)
         tests/orderings/programs.rs:85:17  store  SeqCst
         tests/orderings/programs.rs:86:17  load   SeqCst
         tests/orderings/programs.rs:88:14  store  SeqCst
         tests/orderings/programs.rs:89:25  load   SeqCst
         one step weaker:
         tests/orderings/programs.rs:85:17 store Release: panic: main panicked: neither
           has seen the other; nothing orders step 1, which stored `y`, before step 4,
           which did not see it
         tests/orderings/programs.rs:86:17 load Acquire: panic: main panicked: neither
           has seen the other; nothing orders step 1, which stored `y`, before step 4,
           which did not see it
         tests/orderings/programs.rs:88:14 store Release: panic: main panicked: neither
           has seen the other; nothing orders step 1, which stored `y`, before step 4,
           which did not see it
         tests/orderings/programs.rs:89:25 load Acquire: panic: main panicked: neither
           has seen the other; nothing orders step 1, which stored `y`, before step 4,
           which did not see it
        "#,
    );
}

#[test]
fn store_buffering_needs_fences_that_are_sequentially_consistent() {
    assert_told(
        &of(programs::store_buffering_with_fences),
        r#"
        orderings: verified, all 3 execution graphs; no ordering can be weaker (9
          searches)
         tests/orderings/programs.rs:98:17   store  Relaxed
         tests/orderings/programs.rs:99:9    fence  SeqCst
         tests/orderings/programs.rs:100:17  load   Relaxed
         tests/orderings/programs.rs:102:14  store  Relaxed
         tests/orderings/programs.rs:103:5   fence  SeqCst
         tests/orderings/programs.rs:104:25  load   Relaxed
         one step weaker:
         tests/orderings/programs.rs:99:9 fence AcqRel: panic: main panicked: neither
           has seen the other; nothing orders step 1, which stored `y`, before step 4,
           which did not see it
         tests/orderings/programs.rs:103:5 fence AcqRel: panic: main panicked: neither
           has seen the other; nothing orders step 1, which stored `y`, before step 4,
           which did not see it
        "#,
    );
}

#[test]
fn a_fence_that_orders_nothing_can_be_left_out() {
    assert_told(
        &of(programs::message_with_fences),
        r#"
        orderings: verified, all 2 execution graphs; 3 of 5 orderings can be weaker, all
          together (12 searches)
         tests/orderings/programs.rs:114:13  fence  SeqCst -> Release
         tests/orderings/programs.rs:115:19  store  Relaxed
         tests/orderings/programs.rs:116:13  fence  SeqCst -> none
         tests/orderings/programs.rs:119:22  load   Relaxed
         tests/orderings/programs.rs:120:17  fence  SeqCst -> Acquire
         one step weaker:
         tests/orderings/programs.rs:114:13 fence none: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:120:17 fence none: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn who_fails_to_exchange_has_an_ordering_of_its_own() {
    assert_told(
        &of(programs::claim),
        r#"
        orderings: verified, all 4 interleavings; 3 of 3 orderings can be weaker, all
          together (10 searches)
         tests/orderings/programs.rs:130:21  compare_exchange,  SeqCst -> Acquire
                                             failure
         tests/orderings/programs.rs:130:21  compare_exchange,  SeqCst -> Relaxed
                                             success
         tests/orderings/programs.rs:133:23  store              SeqCst -> Release
         one step weaker:
         tests/orderings/programs.rs:130:21 compare_exchange, failure Relaxed: data
           race: main writes `data` at tests/orderings/programs.rs:29 and thread-1 reads
           it at tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:133:23 store Relaxed: data race: main writes `data`
           at tests/orderings/programs.rs:29 and thread-1 reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn a_lock_that_is_tried_acquires_where_it_succeeds() {
    assert_told(
        &of(programs::try_lock),
        r#"
        orderings: verified, all 4 interleavings; 3 of 3 orderings can be weaker, all
          together (12 searches)
         tests/orderings/programs.rs:145:19  compare_exchange_weak,   SeqCst -> Relaxed
                                             failure
         tests/orderings/programs.rs:145:19  compare_exchange_weak,   SeqCst -> Acquire
                                             success
         tests/orderings/programs.rs:147:20  store                    SeqCst -> Release
         one step weaker:
         tests/orderings/programs.rs:145:19 compare_exchange_weak, success Relaxed: data
           race: main writes `data` at tests/orderings/programs.rs:29 and thread-1 reads
           it at tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:147:20 store Relaxed: data race: main writes `data`
           at tests/orderings/programs.rs:29 and thread-1 reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn a_spin_lock_acquires_and_releases() {
    assert_told(
        &of(programs::spin_lock),
        r#"
        orderings: verified, all 4 interleavings; 2 of 2 orderings can be weaker, all
          together (9 searches)
         tests/orderings/programs.rs:156:22  swap   SeqCst -> Acquire
         tests/orderings/programs.rs:160:16  store  SeqCst -> Release
         one step weaker:
         tests/orderings/programs.rs:156:22 swap Relaxed: data race: main writes `data`
           at tests/orderings/programs.rs:29 and thread-1 reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:160:16 store Relaxed: data race: main writes `data`
           at tests/orderings/programs.rs:29 and thread-1 reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

/// Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", MSPC 2012, has the same, with fences.
#[test]
fn a_seqlock_needs_ordered_words_on_both_sides() {
    assert_told(
        &of(programs::seqlock),
        r#"
        orderings: verified, all 14 interleavings; 8 of 8 orderings can be weaker, all
          together (34 searches)
         tests/orderings/programs.rs:171:21  store  SeqCst -> Relaxed
         tests/orderings/programs.rs:172:17  store  SeqCst -> Release
         tests/orderings/programs.rs:173:17  store  SeqCst -> Release
         tests/orderings/programs.rs:174:21  store  SeqCst -> Release
         tests/orderings/programs.rs:177:34  load   SeqCst -> Acquire
         tests/orderings/programs.rs:178:40  load   SeqCst -> Acquire
         tests/orderings/programs.rs:178:58  load   SeqCst -> Acquire
         tests/orderings/programs.rs:179:52  load   SeqCst -> Relaxed
         one step weaker:
         tests/orderings/programs.rs:172:17 store Relaxed: panic: main panicked:
           assertion `left == right` failed: torn; left: 1; right: 0; nothing orders
           step 2, which stored `version`, before step 6, which did not see it; `one`
           could: step 3 stores it Relaxed, which publishes nothing
         tests/orderings/programs.rs:173:17 store Relaxed: panic: main panicked:
           assertion `left == right` failed: torn; left: 0; right: 1; nothing orders
           step 6, which stored `version`, before step 9, which did not see it
         tests/orderings/programs.rs:174:21 store Relaxed: panic: main panicked:
           assertion `left == right` failed: torn; left: 1; right: 0; nothing orders
           step 3, which stored `two`, before step 8, which did not see it; `version`
           could: step 4 stores it Relaxed, which publishes nothing
         tests/orderings/programs.rs:177:34 load Relaxed: panic: main panicked:
           assertion `left == right` failed: torn; left: 1; right: 0; nothing orders
           step 3, which stored `two`, before step 8, which did not see it; `version`
           could: step 6 loads it Relaxed, which learns nothing
         tests/orderings/programs.rs:178:40 load Relaxed: panic: main panicked:
           assertion `left == right` failed: torn; left: 1; right: 0; nothing orders
           step 2, which stored `version`, before step 6, which did not see it; `one`
           could: step 4 loads it Relaxed, which learns nothing
         tests/orderings/programs.rs:178:58 load Relaxed: panic: main panicked:
           assertion `left == right` failed: torn; left: 0; right: 1; nothing orders
           step 6, which stored `version`, before step 9, which did not see it
        "#,
    );
}

#[test]
fn what_can_be_weaker_alone_may_not_be_together() {
    assert_told(
        &of(programs::two_flags),
        r#"
        orderings: verified, all 3 execution graphs; 2 of 4 orderings can be weaker, all
          together (9 searches)
         tests/orderings/programs.rs:192:17  store  Release -> Relaxed
         tests/orderings/programs.rs:193:17  store  Release
         tests/orderings/programs.rs:196:20  load   Acquire -> Relaxed
         tests/orderings/programs.rs:196:46  load   Acquire
         weaker alone, but not together with the others:
         tests/orderings/programs.rs:193:17 store Release -> Relaxed
         tests/orderings/programs.rs:196:46 load Acquire -> Relaxed
         one step weaker:
         tests/orderings/programs.rs:193:17 store Relaxed: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:196:46 load Relaxed: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn acquire_and_release_are_each_found_where_either_will_do() {
    assert_told(
        &of(programs::one_or_the_other),
        r#"
        orderings: verified, all 6 execution graphs; 2 of 7 orderings can be weaker, all
          together (10 searches)
         tests/orderings/programs.rs:211:13  store      Relaxed
         tests/orderings/programs.rs:212:15  store      Release -> Relaxed
         tests/orderings/programs.rs:216:13  store      Relaxed
         tests/orderings/programs.rs:217:15  fetch_add  SeqCst -> Release
         tests/orderings/programs.rs:217:48  load       Relaxed
         tests/orderings/programs.rs:219:47  load       Acquire
         tests/orderings/programs.rs:219:73  load       Relaxed
         weaker alone, but not together with the others:
         tests/orderings/programs.rs:219:47 load Acquire -> Relaxed
         alone, with all others as declared:
         tests/orderings/programs.rs:217:15 fetch_add SeqCst -> Acquire or Release
         one step weaker:
         tests/orderings/programs.rs:217:15 fetch_add Relaxed: panic: main panicked:
           both are stale; nothing orders step 4, which stored `two`, before step 9,
           which did not see it; `count` could: step 5 stores it Relaxed, which
           publishes nothing
         tests/orderings/programs.rs:219:47 load Relaxed: panic: main panicked: both are
           stale; nothing orders step 4, which stored `two`, before step 9, which did
           not see it; `count` could: step 8 loads it Relaxed, which learns nothing
        "#,
    );
}

#[test]
fn fetch_update_has_two_orderings() {
    assert_told(
        &of(programs::updates),
        r#"
        orderings: verified, all 4 interleavings; 2 of 2 orderings can be weaker, all
          together (9 searches)
         tests/orderings/programs.rs:329:26  fetch_update, fetch  SeqCst -> Relaxed
         tests/orderings/programs.rs:329:26  fetch_update, set    SeqCst -> AcqRel
         weaker alone, but not together with the others:
         tests/orderings/programs.rs:329:26 fetch_update, set SeqCst -> Release
         one step weaker:
         tests/orderings/programs.rs:329:26 fetch_update, set Acquire: data race:
           thread-1 writes `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:329:26 fetch_update, set Release: data race:
           thread-1 writes `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn one_stronger_ordering_is_enough_for_a_deaf_message() {
    assert_told(
        &of(programs::deaf_message),
        r#"
        orderings: fails, data race; one stronger ordering is enough (4 searches)
         tests/orderings/programs.rs:234:22  load  Relaxed -> Acquire
         as declared:
         data race: thread-1 writes `data` at tests/orderings/programs.rs:29 and main
           reads it at tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn a_relaxed_message_needs_two_stronger_orderings() {
    assert_told(
        &of(programs::relaxed_message),
        r#"
        orderings: fails, panic; no single stronger ordering is enough, and these
          together are (17 searches)
         tests/orderings/programs.rs:247:19  store  Relaxed -> Release
         tests/orderings/programs.rs:250:22  load   Relaxed -> Acquire
         as declared:
         panic: main panicked: assertion `left == right` failed: ready, and the data are
           not there; left: 0; right: 7; nothing orders step 1, which stored `data`,
           before step 5, which did not see it; `ready` could: step 2 stores it Relaxed,
           which publishes nothing, and step 4 loads it Relaxed, which learns nothing
         one step weaker:
         tests/orderings/programs.rs:247:19 store Relaxed: panic: main panicked:
           assertion `left == right` failed: ready, and the data are not there; left: 0;
           right: 7; nothing orders step 1, which stored `data`, before step 5, which
           did not see it; `ready` could: step 2 stores it Relaxed, which publishes
           nothing
         tests/orderings/programs.rs:250:22 load Relaxed: panic: main panicked:
           assertion `left == right` failed: ready, and the data are not there; left: 0;
           right: 7; nothing orders step 1, which stored `data`, before step 5, which
           did not see it; `ready` could: step 4 loads it Relaxed, which learns nothing
        "#,
    );
}

#[test]
fn so_does_a_relaxed_message_of_plain_data() {
    assert_told(
        &of(programs::relaxed_message_of_plain_data),
        r#"
        orderings: fails, data race; no single stronger ordering is enough, and these
          together are (9 searches)
         tests/orderings/programs.rs:263:19  store  Relaxed -> Release
         tests/orderings/programs.rs:266:22  load   Relaxed -> Acquire
         as declared:
         data race: thread-1 writes `data` at tests/orderings/programs.rs:29 and main
           reads it at tests/orderings/programs.rs:24: no synchronization orders the two
         one step weaker:
         tests/orderings/programs.rs:263:19 store Relaxed: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
         tests/orderings/programs.rs:266:22 load Relaxed: data race: thread-1 writes
           `data` at tests/orderings/programs.rs:29 and main reads it at
           tests/orderings/programs.rs:24: no synchronization orders the two
        "#,
    );
}

#[test]
fn no_ordering_helps_where_interleavings_fail() {
    assert_told(
        &of(programs::lost_increment),
        r#"
        orderings: fails, panic; with everything SeqCst it fails, too, so with any
          orderings (2 searches)
         as declared:
         panic: main panicked: assertion `left == right` failed: an increment was lost;
           left: 1; right: 2
        "#,
    );
}

#[test]
fn an_ordering_that_is_not_always_the_same_is_left_alone() {
    assert_told(
        &of(programs::ordering_from_a_variable),
        r#"
        orderings: verified, all 3 execution graphs; no ordering is known to be too
          strong, and 1 of 1 are not decided (1 search)
         tests/orderings/programs.rs:286:15  fetch_add  SeqCst, Relaxed
         not always the same, so not looked into:
         tests/orderings/programs.rs:286:15 fetch_add SeqCst, Relaxed
        "#,
    );
}

#[test]
fn places_that_only_weaker_orderings_lead_to_are_looked_into() {
    assert_told(
        &of(programs::looks_further_if_stale),
        r#"
        orderings: verified, all 2 execution graphs; 3 of 6 orderings can be weaker, all
          together (5 searches)
         tests/orderings/programs.rs:306:18  store  Relaxed
         tests/orderings/programs.rs:307:18  store  Relaxed
         tests/orderings/programs.rs:308:19  store  Release -> Relaxed
         tests/orderings/programs.rs:311:22  load   Acquire -> Relaxed
         tests/orderings/programs.rs:311:49  load   Relaxed
         tests/orderings/programs.rs:312:22  load   SeqCst -> Relaxed
         not reached with the orderings that are declared:
         tests/orderings/programs.rs:312:22 load SeqCst
        "#,
    );
}

#[test]
fn nothing_is_weaker_than_relaxed() {
    assert_told(
        &of(programs::counts),
        r#"
        orderings: verified, all 2 execution graphs; no ordering can be weaker (1
          search)
         tests/orderings/programs.rs:321:15  fetch_add  Relaxed
        "#,
    );
}

/// As it is written, and with each of its orderings as weak as one step below the weakest.
#[test]
fn what_fails_one_step_weaker_fails_once_that_is_written() {
    let found = of(programs::message);
    let failing: Vec<(&Place, &Step)> = steps(&found).collect();
    assert_eq!(failing.len(), 2);
    let written = [
        programs::message_with(Relaxed, Acquire),
        programs::message_with(Release, Relaxed),
    ];
    for ((place, step), program) in failing.into_iter().zip(written) {
        let failure = step.tried.failure().expect("it fails");
        assert_eq!(
            (failure.kind, step.ordering),
            (FailureKind::Panic, Some(Relaxed)),
            "{place:?}"
        );
        let again = check()
            .strategy(Strategy::Replay(failure.schedule.clone()))
            .run(program);
        let again = again.failure.expect("it fails again");
        assert_eq!(again.trace.timeline(), failure.trace.timeline());
        assert_eq!(again.message, failure.message);
    }
    let report = check()
        .strategy(Strategy::Exhaustive)
        .memory_model(MemoryModel::Rust)
        .run(programs::message_with(Release, Acquire));
    report.assert_verified();
}

#[test]
fn the_same_is_found_twice_and_whatever_the_strategy() {
    for program in [programs::seqlock, programs::two_flags, programs::relaxed_message] {
        let json = |orderings: Orderings| serde_json::to_string(&orderings).unwrap();
        let first = json(of(program));
        assert_eq!(json(of(program)), first);
        let other = check()
            .strategy(Strategy::Random)
            .memory_model(MemoryModel::SequentiallyConsistent)
            .keep_going(true)
            .workers(2);
        assert_eq!(json(other.weakest_orderings(program)), first);
    }
}

#[test]
fn a_search_that_is_not_complete_decides_nothing() {
    let found = check().max_executions(1).weakest_orderings(programs::message);
    assert_told(
        &found,
        "orderings: not decided: the first 1 interleaving: the search is not complete",
    );
    assert!(found.places.is_empty() && found.together.is_none());
    // Enough for what holds, and not for what fails.
    let found = check().max_executions(2).weakest_orderings(programs::message);
    assert_told(
        &found,
        r#"
        orderings: verified, all 2 interleavings; 4 of 4 orderings can be weaker, all
          together, and 2 are not decided (14 searches)
         tests/orderings/programs.rs:53:18  store  SeqCst -> Relaxed
         tests/orderings/programs.rs:54:19  store  SeqCst -> Release
         tests/orderings/programs.rs:57:22  load   SeqCst -> Acquire
         tests/orderings/programs.rs:58:33  load   SeqCst -> Relaxed
         one step weaker:
         tests/orderings/programs.rs:54:19 store Relaxed: not decided: the first 2
           execution graphs: the search is not complete
         tests/orderings/programs.rs:57:22 load Relaxed: not decided: the first 2
           execution graphs: the search is not complete
        "#,
    );
}

/// All that holds is what is as it was: with fewer executions than there are with weaker orderings.
#[test]
fn nothing_is_weakened_that_was_not_explored_to_the_end() {
    let whole = of(programs::stores_in_any_order);
    assert!(steps(&whole).next().is_none(), "{whole}");
    let found = check()
        .max_executions(2)
        .weakest_orderings(programs::stores_in_any_order);
    assert!(found.as_declared.is_verified(), "{found}");
    assert!(found.together.as_ref().is_some_and(Tried::is_verified), "{found}");
    assert_eq!(steps(&found).count(), 2, "{found}");
    for (_, step) in steps(&found) {
        assert!(why(&step.tried).ends_with("the search is not complete"), "{found}");
    }
}

#[test]
fn stronger_orderings_that_are_not_explored_to_the_end_are_not_enough() {
    let within = |executions| {
        check()
            .max_executions(executions)
            .weakest_orderings(programs::fails_early_if_relaxed)
    };
    let found = (1..20).map(within).find(|found| found.as_declared.failure().is_some());
    let found = found.expect("a race is found soon");
    let failure = found.as_declared.failure().expect("a race");
    assert_eq!(failure.kind, FailureKind::DataRace, "{found}");
    why(found.all_seq_cst.as_ref().expect("it was tried"));
    for place in &found.places {
        assert!(place.alone.is_empty() && place.together.is_none(), "{found}");
    }
    assert!(found.places.iter().any(|place| !place.undecided.is_empty()), "{found}");
    let heading = "no stronger orderings were found with which it holds; with everything SeqCst it is not decided";
    assert!(found.to_string().replace("\n  ", " ").contains(heading), "{found}");
    // With more it is one of them.
    let found = of(programs::fails_early_if_relaxed);
    let alone: Vec<&str> = found
        .places
        .iter()
        .filter(|place| !place.alone.is_empty())
        .map(|place| &*place.operation)
        .collect();
    assert_eq!(alone, ["load"], "{found}");
}

#[test]
fn what_the_search_cannot_follow_is_not_decided() {
    let found = of(programs::marks_a_step);
    assert!(found.as_declared.is_verified(), "{found}");
    let all: Vec<_> = steps(&found).collect();
    assert_eq!(all.len(), 2, "{found}");
    for (place, step) in all {
        assert!(why(&step.tried).contains("cannot follow"), "{found}");
        assert_eq!(place.together.as_ref().unwrap().ordering, Some(SeqCst));
        assert_eq!(place.alone[0].ordering, Some(SeqCst));
    }
    let heading = "no ordering is known to be too strong, and 2 of 2 are not decided";
    assert!(found.to_string().replace("\n  ", " ").contains(heading), "{found}");
}

#[test]
fn what_is_asked_for_parts_of_a_search_is_not_decided() {
    let bounded = check().preemption_bound(3).weakest_orderings(programs::message);
    assert!(
        why(&bounded.as_declared).starts_with("a bound on preemptions"),
        "{bounded}"
    );
    let divided = check().shard(1, 2).weakest_orderings(programs::message);
    assert!(why(&divided.as_declared).contains("one of several shards"), "{divided}");
    assert_eq!((bounded.searches, divided.searches), (0, 0));
    let stop = Arc::new(AtomicBool::new(true));
    let cancelled = check().cancel_flag(stop).weakest_orderings(programs::message);
    assert_eq!(why(&cancelled.as_declared), "cancelled");
}

/// The flag is set by the first search that runs a weaker ordering.
#[test]
fn cancelling_in_the_middle_leaves_the_rest_open() {
    let (stop, runs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let found = check().cancel_flag(Arc::clone(&stop)).weakest_orderings(move || {
        programs::message();
        if runs.fetch_add(1, SeqCst) == 4 {
            stop.store(true, SeqCst);
        }
    });
    assert!(found.as_declared.is_verified(), "{found}");
    assert!(steps(&found).count() > 0, "{found}");
    assert!(
        steps(&found).all(|(_, step)| why(&step.tried) == "cancelled"),
        "{found}"
    );
    assert!(found.searches < 5, "{found}");
}

#[test]
fn a_program_without_atomics_declares_nothing() {
    let found = check().weakest_orderings(|| ());
    assert_told(
        &found,
        "orderings: verified, all 1 interleaving; it declares no ordering (1 search)",
    );
    assert!(found.places.is_empty());
}

#[test]
fn what_the_facade_does_itself_is_no_place() {
    let found = of(programs::locks_channels_and_owners);
    assert!(found.as_declared.is_verified(), "{found}");
    assert!(found.places.is_empty(), "{found}");
}

#[test]
fn json_has_names_and_verdicts() {
    let json = serde_json::to_value(of(programs::message_with_fences)).unwrap();
    assert_eq!(json["as_declared"]["verdict"], "Verified");
    assert_eq!(json["together"]["verdict"], "Verified");
    assert_eq!(json["searches"], 12);
    let fences: Vec<&serde_json::Value> = json["places"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|place| place["operation"] == "fence")
        .collect();
    assert_eq!(fences[0]["declared"], serde_json::json!(["SeqCst"]));
    assert_eq!(
        fences[1]["together"],
        serde_json::json!({ "ordering": "none", "weaker": [] })
    );
    let step = &fences[0]["together"]["weaker"][0];
    assert_eq!(
        (&step["ordering"], &step["verdict"]),
        (&"none".into(), &"Failed".into())
    );
    assert_eq!(step["failure_kind"], "DataRace");
    assert!(
        step["message"].as_str().unwrap().contains("no synchronization"),
        "{step}"
    );
    assert!(step["timeline"].as_str().unwrap().contains("ready ➜ 1"), "{step}");
}
