//! A page for each way to fail: what the word means, how it is told, and what it is not.

use maud::{Markup, html};
use selvedge::Failure;

use super::{Book, Chapter, Found, code, layout, program, slug, timeline};

/// What is said of a kind of failure.
struct Kind {
    /// The words of the field.
    words: &'static str,
    /// In a sentence.
    is: &'static str,
    /// By what Selvedge knows it.
    told: &'static str,
    /// What it is taken for.
    not: &'static str,
    /// Where to look first.
    look: &'static str,
}

const KINDS: [Kind; 9] = [
    Kind {
        words: "forbidden outcome",
        is: "The program comes to its end and returns what it must not. Nothing panics and nothing hangs: the answer is wrong.",
        told: "Each chapter says what its programs may return. An execution that returns something else, or something that is \
               graded forbidden, has failed.",
        not: "Not a panic: nobody wrote an assertion that could have stopped it. In a service it shows days later, in a total \
              that does not add up. Nor is every surprising outcome forbidden: some are correct, and are graded interesting.",
        look: "Find the value that was wrong, and the last step that wrote it. What did that step compute it from, and when was \
               that read?",
    },
    Kind {
        words: "panic",
        is: "A task panicked and nobody took the panic, or the main task did: an assertion, an unwrap of what is not there, an \
             index that was right a moment ago.",
        told: "The panic ends the task. If another task joins it and deals with the error, that is no failure; if nobody does, or \
               the main task ends so, it is one.",
        not: "Where the program is never wrong about its own state, no schedule panics. So a panic under one schedule only is a \
              race condition that was lucky enough to have an assertion behind it.",
        look: "Which fact did the panicking step rely on? Go up the timeline to where it was established, and see who came between.",
    },
    Kind {
        words: "deadlock",
        is: "Tasks are left, and none of them can ever go on: each waits for something that only another one of them could do.",
        told: "No task has a step that it could take, no timer is pending, and somebody has not finished. The report names what \
               each waits for, and the circle if they wait for each other.",
        not: "A lost wakeup also ends with a task that sleeps; there the signal was sent, and too early. In a deadlock nobody has \
              sent it, and nobody can. In a livelock the tasks do go on, and get nowhere.",
        look: "Write down who holds what and who waits for what. A circle of locks is broken by one order for all of them; \
               a waiter without anybody who could wake it, by somebody who must.",
    },
    Kind {
        words: "lost wakeup",
        is: "A task sleeps until it is woken, and its wake-up has been sent already: between its look at the condition and its \
             going to sleep, when nobody would hear it.",
        told: "Nobody can go on, as in a deadlock. Then either the signal for which the task waits was sent before it registered, \
               or the task would find its condition true if it were polled once more. Both prove that waking was all that was missing.",
        not: "In a deadlock another wake-up would help nobody: what the task waits for has not happened. Here it has, and one more \
              wake-up, or a second look, would do.",
        look: "Find the look (the condition is read) and the registration (from here on a signal reaches the task). They must \
               be one step for whoever signals: under one lock, or register first and look afterwards.",
    },
    Kind {
        words: "data race",
        is: "Two accesses to the same plain memory, at least one of them a write, and nothing says that one happens before the \
             other. Rust calls that undefined behaviour, whatever the values are.",
        told: "Every lock, join, channel and release store that an acquire load reads from puts an order between tasks. Two accesses \
               to an UnsafeCell that no chain of these orders are a data race, even if they were far apart this time.",
        not: "A race condition is something else: an outcome that depends on the schedule. A program full of atomics has no data \
              race and can have any race condition; both exist without the other.",
        look: "Which step was meant to publish the data, and which one to see it? One of the two is relaxed, or they are not about \
               the same atomic.",
    },
    Kind {
        words: "livelock",
        is: "Tasks run, and nobody gets anywhere: they poll, spin or tick for ever, and what would let them go on does not come.",
        told: "The same round repeats, with no task having changed anything that another could see. Virtual time may pass, as a \
               timer ticks on.",
        not: "In a deadlock nothing runs, and no CPU is used. In a livelock one core is busy. A loop that another task will end \
              is none: that is a schedule that keeps it waiting, and is cut.",
        look: "What does the loop wait for, and who would change it? Often that task waits itself, behind what the loop holds.",
    },
    Kind {
        words: "step limit",
        is: "One execution took more steps than the check allows.",
        told: "By counting. It says nothing of the program but that it is long, or endless in a way that changes all the time.",
        not: "Not a proof of a livelock: there the same round repeats, and here something may still be counting towards its end.",
        look: "Is the loop meant to end? Then make the program smaller, or the limit larger. Otherwise let it count less.",
    },
    Kind {
        words: "leak",
        is: "The program has ended, and a value behind an Arc is still alive: its owners own each other, or one was forgotten.",
        told: "Only a check that asks for it tells leaks: at the end of each execution every Arc that the program has made must have been \
               given back.",
        not: "No memory is used wrongly, and nothing hangs here. But a guard or a waker that is never dropped never lets go, and \
              what waits for that is a deadlock elsewhere.",
        look: "Who owns it? A task that keeps its own handle, or a waker that holds the task that holds the waker, is a circle: one of \
               the links has to be Weak.",
    },
    Kind {
        words: "nondeterminism",
        is: "The same schedule led to different steps. The program depends on something that Selvedge does not decide: the time \
             of day, a random number, the address of an object, a static that keeps the last execution's value.",
        told: "Every failing schedule is run once more before it is told. If it goes another way there, that is the finding: the first \
               step that differs is named.",
        not: "Not a race. A race is repeated exactly by its schedule.",
        look: "Take time and randomness from selvedge, make everything anew inside the checked closure, and iterate over ordered maps.",
    },
];

/// The page of a kind.
pub(super) fn href(words: &str) -> String {
    format!("failure-{}.html", slug(words))
}

pub(super) fn pages(book: &Book) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = KINDS.iter().map(|kind| (href(kind.words), page(book, kind))).collect();
    let body = html! {
        h1 { "Ways to fail" }
        p.lead { "Nine different things. Three of them look the same from outside: the program stands still." }
        dl.kinds { @for kind in &KINDS {
            dt id=(slug(kind.words)) { a href=(href(kind.words)) { (kind.words) } }
            dd { (kind.is) }
        } }
        h2 id="standstill" { "It stands still. Which one is it?" }
        ol {
            li { "A core is busy: " a href=(href("livelock")) { "livelock" } "." }
            li { "Nothing runs, and one more wake-up would help: " a href=(href("lost wakeup")) { "lost wakeup" } "." }
            li { "Nothing runs, and it would not: " a href=(href("deadlock")) { "deadlock" } "." }
        }
    };
    files.push(("failures.html".to_owned(), layout::page("Ways to fail", &body)));
    files
}

/// Words and a sentence for each kind.
pub(super) fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().map(|kind| (kind.words, kind.is))
}

fn failures(chapter: &Chapter) -> impl Iterator<Item = (&super::Program, &Failure)> {
    chapter.programs.iter().filter_map(|program| match &program.found {
        Found::Fails(failure) => Some((program, &**failure)),
        _ => None,
    })
}

fn page(book: &Book, kind: &Kind) -> String {
    let all: Vec<(&Chapter, &super::Program, &Failure)> = book
        .chapters
        .iter()
        .flat_map(|chapter| failures(chapter).map(move |(program, failure)| (chapter, program, failure)))
        .filter(|(_, _, failure)| failure.words() == kind.words)
        .collect();
    let specimen = book.specimens.iter().find(|s| s.failure.words() == kind.words);
    let mut chapters: Vec<&Chapter> = all.iter().map(|(chapter, ..)| *chapter).collect();
    chapters.dedup_by_key(|chapter| &chapter.name);
    let body = html! {
        p.crumbs { a href="failures.html" { "Ways to fail" } }
        h1 { (capital(kind.words)) }
        p.lead { (kind.is) }
        h2 { "How it is told" }
        p { (kind.told) }
        h2 { "What it is not" }
        p { (kind.not) }
        h2 { "Where to look first" }
        p { (kind.look) }
        h2 { "One of them" }
        @match (all.first(), specimen) {
            (Some((chapter, program, failure)), _) => (example(chapter, program, failure)),
            (None, Some(specimen)) => {
                (code::block(&specimen.code, "The program"))
                (timeline::failing(&specimen.failure, &format!("An execution that ends as {}", kind.words), &timeline::Lines::new()))
            }
            (None, None) => p { "No program of this book fails so." },
        }
        @if chapters.len() > 1 {
            h2 { "Chapters in which programs fail so" }
            ul.chapters { @for chapter in chapters {
                li { a href=(chapter.href()) { (layout::inline(chapter.heading())) }
                     span.about-it { (layout::inline(&chapter.title)) } }
            } }
        }
    };
    layout::page(&capital(kind.words), &body)
}

fn example(chapter: &Chapter, program: &super::Program, failure: &Failure) -> Markup {
    html! {
        p {
            a href=(program::href(chapter, &program.name)) { code { (chapter.name) "/" (program.name) } }
            ": " (program.summary) "."
        }
        (timeline::failing(failure, &format!("How {} fails", program.name), &chapter.lines))
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
mod tests {
    use selvedge::FailureKind;

    use super::*;

    #[test]
    fn every_kind_of_failure_has_a_page() {
        let kinds = [
            FailureKind::Panic,
            FailureKind::Deadlock,
            FailureKind::LostWakeup,
            FailureKind::DataRace,
            FailureKind::Livelock,
            FailureKind::StepLimit,
            FailureKind::Leak,
            FailureKind::Nondeterminism,
        ];
        for kind in kinds {
            assert!(KINDS.iter().any(|k| k.words == kind.words()), "{kind:?}");
        }
    }
}
