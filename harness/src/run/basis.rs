//! What a verdict rests on, in words.

use super::counts::Counts;
use super::strategy::Strategy as Requested;
use crate::explore::portfolio;

pub(super) fn within_bound(bound: usize) -> String {
    format!(" with at most {bound} preemption{}", if bound == 1 { "" } else { "s" })
}

/// What a failure needs at least. `stale`: how many of its operations do not see the latest store, where that is possible.
pub(super) fn fewest(preemptions: usize, stale: Option<usize>) -> String {
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    if let Some(stale) = stale {
        let with = match preemptions {
            0 => "without a preemption".to_owned(),
            n => format!("with {n} preemption{}", plural(n)),
        };
        return match stale {
            0 => format!("fails {with}, and no load has to be stale"),
            n => format!("fails {with} and {n} stale operation{}", plural(n)),
        };
    }
    match preemptions {
        0 => "fails without a preemption".to_owned(),
        1 => "fails with 1 preemption; none fails with 0".to_owned(),
        n => format!("fails with {n} preemptions; none fails with fewer"),
    }
}

/// How far a search went, in words. `before`: what others have counted. `what`: what an execution is, one that is not blocked.
pub(super) fn basis(
    requested: &Requested,
    bound: Option<usize>,
    complete: bool,
    counts: &Counts,
    before: &Counts,
    what: &str,
) -> String {
    let here = counts.executions - before.executions;
    let graphs = here - (counts.blocked - before.blocked);
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let within = bound.map(within_bound).unwrap_or_default();
    if complete {
        return format!("all {graphs} {what}{}{within}", plural(graphs));
    }
    match requested {
        Requested::Graphs => format!(
            "a sample of {graphs} execution graph{}, each of them once",
            plural(graphs)
        ),
        Requested::Exhaustive if what != "interleaving" => {
            format!(
                "the first {graphs} {what}{}: the search is not complete",
                plural(graphs)
            )
        }
        Requested::Exhaustive | Requested::Dfs => {
            format!(
                "the first {here} interleaving{}{within}: the search is not complete",
                plural(here)
            )
        }
        Requested::Portfolio => format!(
            "a sample of {here} interleaving{} (portfolio: {})",
            plural(here),
            portfolio::shares(here)
        ),
        other => format!("a sample of {here} interleaving{} ({})", plural(here), other.name()),
    }
}

/// What is said of executions that were cut.
pub(super) fn cut(counts: &Counts) -> String {
    if counts.cut == 0 {
        return String::new();
    }
    let plural = if counts.cut == 1 { "" } else { "s" };
    let why = match &counts.unfair {
        Some(why) => format!("{why}, and says neither selvedge::hint::spin_loop nor selvedge::thread::yield_now"),
        None => "raise Check::max_steps if the program is that long".to_owned(),
    };
    format!(
        "; {} execution{plural} cut, because an unfair schedule kept a task waiting that would have ended it: {why}",
        counts.cut
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What others have counted as blocked is not taken off what this strategy has run.
    #[test]
    fn a_part_is_told_without_what_others_have_counted() {
        let before = Counts {
            executions: 8,
            blocked: 5,
            ..Counts::default()
        };
        let after = Counts {
            executions: 11,
            blocked: 6,
            ..Counts::default()
        };
        let told = basis(&Requested::Dfs, Some(1), true, &after, &before, "interleaving");
        assert_eq!(told, "all 2 interleavings with at most 1 preemption");
    }
}
