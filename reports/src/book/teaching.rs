//! For who teaches.

use maud::html;

use super::{Book, layout};

pub(super) fn pages(book: &Book) -> Vec<(String, String)> {
    let exercises: Vec<_> = book.chapters.iter().filter(|c| c.exercise.is_some()).collect();
    let body = html! {
        h1 { "For teachers" }
        p.lead { "How to use this book in a course: on the wall, in a room with machines, and at home." }
        h2 id="wall" { "On the wall" }
        p {
            "Every timeline has a button " em { "full screen" } " (or press f): large letters, and one step after the other by the arrow "
            "keys or a remote control, as slides; + and - change the letters. "
            "Show the code first and let the room vote on the question below it; the answer stays closed until somebody has "
            "chosen. Then go through the steps and ask at each switch: what does this task know now, and is it still true?"
        }
        p { "Printed, a chapter is a work sheet: the questions whose answers are closed, and the others with their timelines. The lesson, which gives "
            "the answers away, begins on a new sheet, so that it can be handed out later." }
        h2 id="room" { "In a room with machines" }
        p { "An exercise is a file with a test that fails. It needs Rust, and a folder:" }
        pre.code tabindex="0" { code {
            "cargo new --lib exercise\ncd exercise\ncargo add selvedge --path ../selvedge/harness\n"
            "# put the file of the exercise in src/lib.rs\ncargo test\n"
        } }
        p {
            "The test fails with the timeline of an interleaving. It passes when every interleaving holds, which is a proof: "
            "there is nothing to grade by hand. Exercises in this book:"
        }
        ul.chapters { @for chapter in exercises {
            li { a href=(format!("{}#exercise", chapter.href())) { (layout::inline(chapter.heading())) }
                 span.about-it { "level " (chapter.level + 1) } }
        } }
        h2 id="weeks" { "Three meetings, or twelve" }
        ol { @for (at, level) in book.levels.iter().enumerate() {
            li {
                strong { (level.title) } ". " (level.aim) " Chapters: "
                @for (n, chapter) in book.chapters.iter().filter(|c| c.level == at).enumerate() {
                    @if n > 0 { ", " }
                    a href=(chapter.href()) { (layout::inline(chapter.heading())) }
                }
                "."
            }
        } }
        p {
            "For three meetings take the first chapters of each level. For a course of twelve take three or four chapters a week; "
            "each says what has to be read before. The long chapters at the end of a level are projects: a group takes the programs that "
            "the lesson does not tell, predicts them, and explains one to the others."
        }
        h2 id="ask" { "What to ask" }
        ul {
            li { "Instead of a guess: be the scheduler. Most programs have a page on which a reader picks who goes next; whoever makes \
                  one fail has found the bug, and whoever cannot has a reason to believe that it holds." }
            li { "Before the answer: which two steps must not be torn apart? Who could come between them?" }
            li { "After it: what is the smallest change that repairs it, and which other interleaving does that change forbid?" }
            li { "A program that holds: what would break it? The answers name a line that was undone, and how it failed then." }
            li { "How many interleavings are there, and why not more? Which steps do not care about each other's order?" }
        }
        h2 id="misconceptions" { "What people believe at first" }
        ul {
            li { "\u{201c}It ran a million times.\u{201d} The failing window of many programs here is a few nanoseconds wide." }
            li { "\u{201c}Atomics make it atomic.\u{201d} Each operation, not two of them." }
            li { "\u{201c}SeqCst repairs it.\u{201d} It orders operations, and joins none." }
            li { "\u{201c}A spurious wake-up is harmless.\u{201d} It is, and the real one may have been spent on it." }
            li { "\u{201c}It is a deadlock.\u{201d} " a href="failures.html#standstill" { "Three things look like one." } }
        }
    };
    vec![("teaching.html".to_owned(), layout::page("For teachers", &body))]
}
