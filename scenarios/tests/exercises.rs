//! The exercises of the book, compiled as a reader compiles them: each fails as it is given, and its solution holds.

#![expect(unreachable_pub, reason = "to a reader they are the public part of a crate")]

use std::collections::BTreeSet;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use selvedge::{Check, Strategy, Verdict};
use selvedge_scenarios::catalog::Level;

#[path = "../classics/src/condvar_if/exercise.rs"]
mod condvar_if_exercise;
#[path = "../classics/src/condvar_if/solution.rs"]
mod condvar_if_solution;
#[path = "../classics/src/lock_order/exercise.rs"]
mod lock_order_exercise;
#[path = "../classics/src/lock_order/solution.rs"]
mod lock_order_solution;
#[path = "../classics/src/lost_increment/exercise.rs"]
mod lost_increment_exercise;
#[path = "../classics/src/lost_increment/solution.rs"]
mod lost_increment_solution;
#[path = "../completion/src/lost_wakeup/exercise.rs"]
mod lost_wakeup_exercise;
#[path = "../completion/src/lost_wakeup/solution.rs"]
mod lost_wakeup_solution;
#[path = "../classics/src/message_passing/exercise.rs"]
mod message_passing_exercise;
#[path = "../classics/src/message_passing/solution.rs"]
mod message_passing_solution;
#[path = "../field/src/stale_waker/exercise.rs"]
mod stale_waker_exercise;
#[path = "../field/src/stale_waker/solution.rs"]
mod stale_waker_solution;

/// The scenario, the exercise, and its solution.
type Pair = (&'static str, fn(), fn());

const PAIRS: [Pair; 6] = [
    (
        "lost-increment",
        lost_increment_exercise::both_increments_count,
        lost_increment_solution::both_increments_count,
    ),
    (
        "lock-order",
        lock_order_exercise::both_transfers_are_made,
        lock_order_solution::both_transfers_are_made,
    ),
    (
        "condvar-if",
        condvar_if_exercise::each_consumer_gets_an_item,
        condvar_if_solution::each_consumer_gets_an_item,
    ),
    (
        "lost-wakeup",
        lost_wakeup_exercise::the_client_goes_on,
        lost_wakeup_solution::the_client_goes_on,
    ),
    (
        "message-passing",
        message_passing_exercise::who_sees_the_flag_sees_the_data,
        message_passing_solution::who_sees_the_flag_sees_the_data,
    ),
    (
        "stale-waker",
        stale_waker_exercise::the_message_arrives,
        stale_waker_solution::the_message_arrives,
    ),
];

fn fails_and_is_repaired(given: fn(), solution: fn()) -> Result<(), Failed> {
    let run = |program: fn()| Check::new("exercise").strategy(Strategy::Exhaustive).run(program);
    let (given, solution) = (run(given), run(solution));
    if given.verdict != Verdict::Failed {
        return Err(format!("the exercise does not fail:\n{given}").into());
    }
    if solution.verdict != Verdict::Verified {
        return Err(format!("the solution does not hold:\n{solution}").into());
    }
    Ok(())
}

/// Nothing is missing above, and each level has one.
fn all_are_tried() -> Result<(), Failed> {
    let catalog = selvedge_scenarios::catalog();
    let with: Vec<_> = catalog.iter().filter(|s| s.exercise.is_some()).collect();
    let names: BTreeSet<&str> = with.iter().map(|s| s.name).collect();
    let tried: BTreeSet<&str> = PAIRS.iter().map(|(name, ..)| *name).collect();
    if names != tried {
        return Err(format!("the catalog has {names:?}, tried are {tried:?}").into());
    }
    match Level::ALL
        .iter()
        .find(|level| with.iter().all(|s| s.level != Some(**level)))
    {
        Some(level) => Err(format!("no exercise for {level:?}").into()),
        None => Ok(()),
    }
}

fn main() -> ExitCode {
    let mut trials: Vec<Trial> = PAIRS
        .iter()
        .map(|(name, given, solution)| Trial::test(*name, || fails_and_is_repaired(*given, *solution)))
        .collect();
    trials.push(Trial::test("all_are_tried", all_are_tried));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
