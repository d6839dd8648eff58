//! How a timeline is read, with one of them.

use maud::html;

use super::timeline::Lines;
use super::{Book, code, layout, timeline};

/// The page.
pub(super) const FILE: &str = "reading.html";

/// What stands in a timeline, and what it means.
const SIGNS: [(&str, &str); 14] = [
    (
        "a column with a coloured edge",
        "A task. What it does stands in its own column, one step in a row, in the order in which the steps came.",
    ),
    (
        "flag ➜ 1",
        "It read 1 from flag. What stands before the arrow was done, what stands behind it came back.",
    ),
    ("flag = 1", "It stored 1 in flag."),
    (
        "lock m, then unlock m",
        "It took the mutex m, and gave it back. If somebody else has it, the row says who, and the task waits.",
    ),
    (
        "preempted",
        "Another task goes on, although this one could have gone on. These are the places to look at: here the schedule has chosen.",
    ),
    (
        "wakes t, sleeps, exit",
        "t may go on; this task waits until it is woken; this task has ended.",
    ),
    (
        "the columns on the right",
        "The values of what the program has named, in the rows in which they change.",
    ),
    ("where", "The line of the source that takes the step."),
    (
        "the last lines",
        "What has gone wrong, and for whoever waits, what each waits for.",
    ),
    (
        "cause, and ◆",
        "Why this schedule fails and others do not: the order of the steps with ◆ decides. The numbers say how sure that is: in how many failing \
         executions the order was so, in how many passing ones, and what came of executions in which it was forced or prevented: forced, every execution \
         has to fail, and prevented none may.",
    ),
    (
        "x's second load ready",
        "A step that is not in this timeline, but in other executions: the second time that x loads ready. A number alone, (5), is a step of this one.",
    ),
    (
        "repaired",
        "The same order tried on a repaired program: the first step that cannot come there, and what forbids it.",
    ),
    (
        "still visible; stale",
        "Under Rust's memory model a load may see an older value until something orders the newer store before it. The column says what each task \
         may still see, and a load that has seen an older value says so.",
    ),
    (
        "interleavings, execution graphs",
        "What a search has looked at: orders of steps that differ in something that matters, and where loads may see older values, which load has \
         seen which store. loom is another checker that has looked at the same program, and counts in its own way.",
    ),
];

pub(super) fn pages(book: &Book) -> Vec<(String, String)> {
    let body = html! {
        h1 { "How to read a timeline" }
        p.lead { "A timeline is one execution, step by step, from top to bottom. It is what happened, not a sketch." }
        dl.glossary { @for (sign, meaning) in SIGNS { dt { (sign) } dd { (meaning) } } }
        h2 { "Going through it" }
        p {
            "The buttons or the arrow keys go step by step. Beside the table then stands what is true at this step: what each task does next or waits "
            "for, who has which lock, and every value. " em { "arrows" } " shows what each step comes after. "
            em { "full screen" } " (or f) is for a room: there + and - change the letters, and Escape leaves."
        }
        p {
            "Below a failure the passing execution that is most like it can be unfolded. Both stand side by side; a double line shows from where on they "
            "go different ways."
        }
        @if let Some(sample) = &book.sample {
            h2 { "One to try it on" }
            (code::block(&sample.code, "The program"))
            (timeline::failing(&sample.failure, "Two buyers and one seat", &Lines::new()))
            (timeline::beside(&sample.failure, "Two buyers, failing and passing", &Lines::new()))
        }
    };
    vec![(FILE.to_owned(), layout::page("How to read a timeline", &body))]
}
