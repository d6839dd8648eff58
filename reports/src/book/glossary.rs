//! The words of the book, one for each thing, and links to them from where they are used first.

use std::collections::BTreeSet;

use maud::html;

use super::{layout, slug};
use crate::grid::escape;

/// A word, what else it is called, and what it means.
const TERMS: [(&str, &[&str], &str); 53] = [
    (
        "acquire",
        &["Acquire"],
        "The ordering of a load that is to see what was written before the release store whose value it reads.",
    ),
    (
        "ABA",
        &[],
        "A value is A, becomes B and is A again. Whoever compares it with A does not notice what happened in between.",
    ),
    (
        "atomic",
        &["atomics", "atomicity"],
        "In one step, for everybody else: others see the state before it or after it, never one in between. An atomic (AtomicU32 and its kin) is a value whose single operations are so. Two of them in a row are not.",
    ),
    (
        "atomicity violation",
        &[],
        "Two steps that belong together, and somebody came between them.",
    ),
    (
        "await",
        &["awaits", "awaited"],
        "To wait inside a future. Whatever is alive at an await, such as a guard, stays alive for as long as it takes.",
    ),
    (
        "barrier",
        &[],
        "A place where tasks wait for each other until all have come.",
    ),
    (
        "cancellation",
        &["cancelled"],
        "A future that is dropped before it is finished. It stops at the await where it was, and only its destructors run.",
    ),
    (
        "compare and exchange",
        &["compare_exchange"],
        "Store a new value if the old one is still what it was: a look and an act in one step.",
    ),
    (
        "condition variable",
        &["condition variables"],
        "Where threads wait until somebody says that a condition may have changed. It remembers nothing: a notification that nobody waits for is gone. It is used with a mutex, which makes the look at the condition and the going to sleep one step.",
    ),
    ("context switch", &[], "From here on another task runs."),
    (
        "data race",
        &["data races"],
        "Two accesses to the same plain memory, one of them a write, that nothing orders. Undefined behaviour.",
    ),
    ("deadlock", &["deadlocks"], "Tasks are left, and none can ever go on."),
    (
        "enabled",
        &[],
        "A task is enabled if its next operation can be carried out now: a lock while the mutex is free, a join when the other has ended.",
    ),
    (
        "execution",
        &["executions"],
        "One run of the program under one schedule, from its beginning to its end.",
    ),
    (
        "execution graph",
        &["execution graphs"],
        "What is the same in all executions that differ only in the order of independent steps: which load read which store. Under weak memory a search counts these.",
    ),
    ("executor", &[], "What polls futures: a runtime such as tokio."),
    (
        "fence",
        &["fences"],
        "An ordering without a value. A SeqCst fence between a store and a load keeps the load from looking earlier than the store is seen.",
    ),
    (
        "forbidden outcome",
        &["forbidden outcomes"],
        "A program came to its end and returned what it must not. Nothing panicked.",
    ),
    (
        "future",
        &["futures"],
        "A computation that can wait. It does nothing until somebody polls it.",
    ),
    (
        "guard",
        &["guards"],
        "The value that a lock call returns. The lock is given back when it is dropped.",
    ),
    (
        "happens-before",
        &["happens before"],
        "The order that a program can rely on: within a task as it is written, and between tasks through locks, joins, channels, and release stores that acquire loads read.",
    ),
    (
        "interleaving",
        &["interleavings"],
        "The resulting order of the visible steps of all tasks. Two that differ only in the order of independent steps count as one.",
    ),
    (
        "intrusive list",
        &["intrusive"],
        "A linked list whose nodes lie inside the things that are listed, here in the waiting futures themselves, so that to register takes no memory from the heap. A future that is dropped must take its node out first.",
    ),
    (
        "linearization point",
        &[],
        "The one step of an operation at which it takes effect for everybody else.",
    ),
    ("livelock", &["livelocks"], "Tasks run and nobody gets anywhere."),
    (
        "lock order",
        &[],
        "One order in which everybody takes locks. Where all keep to it, no circle of waiting can close.",
    ),
    (
        "lost wakeup",
        &["lost wakeups"],
        "A task sleeps, and its wake-up was sent before it could hear it.",
    ),
    (
        "memory order",
        &["memory ordering", "ordering", "orderings"],
        "What an atomic operation promises about other memory: Relaxed nothing, Release and Acquire that what was written before is seen after, SeqCst one order of all such operations for everybody.",
    ),
    (
        "modification order",
        &[],
        "The order of all stores to one atomic, the same for every task.",
    ),
    (
        "mutex",
        &["mutexes"],
        "A lock that one task holds at a time. What two tasks do under it, one does after the other.",
    ),
    (
        "notification",
        &["notifications"],
        "A signal to whoever waits. Some kinds are kept for one who comes later (a permit, a token), others are gone if nobody waits.",
    ),
    (
        "order violation",
        &[],
        "Two steps that must come one after the other, and came the other way round.",
    ),
    ("outcome", &["outcomes"], "What a program returned in one execution."),
    (
        "permit",
        &["permits"],
        "The right to go on, as a thing that can be kept: of a semaphore, or the single one that notify_one leaves when nobody waits.",
    ),
    (
        "poll",
        &["polled", "polls"],
        "To ask a future to go on. It answers Ready, or Pending, and in that case has kept a waker.",
    ),
    (
        "preemption",
        &["preempted", "preemptions"],
        "A context switch while the task could have gone on.",
    ),
    (
        "race condition",
        &["race conditions"],
        "The outcome depends on the schedule, and not every outcome is right.",
    ),
    (
        "read-modify-write",
        &[],
        "One operation that reads a value and writes a new one, with no room in between, such as fetch_add.",
    ),
    (
        "relaxed",
        &["Relaxed"],
        "The ordering that promises nothing about other memory. The single operation is atomic all the same.",
    ),
    (
        "release",
        &["Release"],
        "The ordering of a store that publishes: who reads its value with an acquire load sees all that was written before it.",
    ),
    (
        "schedule",
        &["schedules"],
        "The choices that make an execution: at each scheduling point, which task goes next.",
    ),
    (
        "scheduling point",
        &["scheduling points"],
        "A place where another task may come: before each visible operation.",
    ),
    (
        "semaphore",
        &["semaphores"],
        "A number of permits. Who takes one when there is none waits until one comes back.",
    ),
    (
        "SeqCst",
        &["sequentially consistent"],
        "The strongest ordering. All SeqCst operations have one order that every task agrees on.",
    ),
    (
        "spurious wake-up",
        &["spurious wakeup", "spuriously"],
        "Woken without a reason. Allowed for condition variables and futures, so whoever is woken looks again.",
    ),
    (
        "stale read",
        &["stale value", "stale values", "stale"],
        "A load that returns an older store than the last one. Allowed under weak memory unless something orders the newer store before the load.",
    ),
    (
        "synchronizes-with",
        &[],
        "What a release store does with the acquire load that reads it: all before the one happens before all after the other.",
    ),
    ("task", &["tasks"], "A thread or a future, as the scheduler sees it."),
    (
        "token",
        &[],
        "What unpark leaves behind for a park that comes later. There is at most one.",
    ),
    ("trace", &["traces"], "The recorded steps of one execution."),
    (
        "waker",
        &["wakers"],
        "What a pending future leaves behind so that it is polled again when it matters. Only the last one that it was given counts.",
    ),
    (
        "weak memory",
        &[],
        "Processors and compilers let a task see the stores of another one late, or in another order, unless an ordering forbids it.",
    ),
    (
        "wake-up",
        &["wake-ups", "wakeup"],
        "What makes a sleeping task enabled again.",
    ),
];

pub(super) fn pages() -> Vec<(String, String)> {
    let body = html! {
        h1 { "Glossary" }
        p.lead { "One word for each thing, the one the field uses." }
        dl.glossary { @for (term, _, meaning) in &TERMS {
            dt id=(slug(term)) { (term) }
            dd { (meaning) }
        } }
    };
    vec![("glossary.html".to_owned(), layout::page("Glossary", &body))]
}

/// The words and what they mean.
pub(super) fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    TERMS.iter().map(|(term, _, meaning)| (*term, *meaning))
}

/// The text, escaped, with a link at each term that is not known yet; it is known from here on.
pub(super) fn linked(text: &str, known: &mut BTreeSet<&'static str>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, length, term)) = next_term(rest, known) {
        known.insert(term);
        out.push_str(&escape(&rest[..at]));
        out.push_str(&format!(
            "<a class=\"term\" href=\"glossary.html#{}\">{}</a>",
            slug(term),
            escape(&rest[at..at + length])
        ));
        rest = &rest[at + length..];
    }
    out.push_str(&escape(rest));
    out
}

/// Where the first unknown term begins, how long it is, and which one it is. Of two that begin there, the longer one.
fn next_term(text: &str, known: &BTreeSet<&'static str>) -> Option<(usize, usize, &'static str)> {
    let mut best: Option<(usize, usize, &'static str)> = None;
    for (term, forms, _) in TERMS.iter().filter(|(term, ..)| !known.contains(term)) {
        for form in std::iter::once(term).chain(*forms) {
            let Some(at) = find_word(text, form) else { continue };
            let better = best.is_none_or(|(first, length, _)| at < first || (at == first && form.len() > length));
            if better {
                best = Some((at, form.len(), *term));
            }
        }
    }
    best
}

/// Where the words stand in the text, as whole words.
fn find_word(text: &str, words: &str) -> Option<usize> {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(words).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back().is_some_and(is_letter);
        let after = text[at + words.len()..].chars().next().is_some_and(is_letter);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_linked_once_and_only_as_a_whole_word() {
        let mut known = BTreeSet::new();
        let html = linked("tasking a task & a data race, a task", &mut known);
        let link = |id: &str, word: &str| format!("<a class=\"term\" href=\"glossary.html#{id}\">{word}</a>");
        let expected = format!(
            "tasking a {} &amp; a {}, a task",
            link("task", "task"),
            link("data-race", "data race")
        );
        assert_eq!(html, expected);
        assert_eq!(linked("task", &mut known), "task");
    }

    #[test]
    fn no_two_terms_share_a_word_or_a_place() {
        let mut words: Vec<&str> = TERMS
            .iter()
            .flat_map(|(term, forms, _)| std::iter::once(term).chain(*forms))
            .copied()
            .collect();
        words.sort_unstable();
        let count = words.len();
        words.dedup();
        assert_eq!(words.len(), count);
        let mut places: Vec<String> = TERMS.iter().map(|(term, ..)| slug(term)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), TERMS.len());
    }
}
