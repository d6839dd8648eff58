//! The first page: three levels, and what is read after what.

use maud::html;

use super::{Book, Found, layout, reading, slug};

pub(super) fn pages(book: &Book) -> Vec<(String, String)> {
    let all = || book.chapters.iter().flat_map(|c| &c.programs);
    let sampled = all()
        .filter(|p| matches!(p.found, Found::Holds { all: false, .. }))
        .count();
    let body = html! {
        h1 { "What can go wrong between two threads" }
        p.lead {
            (book.chapters.len()) " patterns, " (all().count()) " programs. Each was run under every schedule that matters: what is "
            "said to fail has failed, step by step as its timeline shows, and what is said to hold was tried to the end"
            @if sampled > 0 { ", but for " (sampled) " that could only be sampled and say so" }
            "."
        }
        p {
            "Begin with the first chapter if you are new to this. If you have a bug, begin with "
            a href="symptoms.html" { "what you see" } ". Before each verdict there is a question: answer it first, it is what "
            "one learns from. Words are explained in the " a href="glossary.html" { "glossary" } ", the signs in a timeline on a "
            a href=(reading::FILE) { "page of their own" } "."
        }
        @for (at, level) in book.levels.iter().enumerate() {
            section aria-labelledby=(slug(&level.title)) {
                h2 id=(slug(&level.title)) { "Level " (at + 1) ": " (level.title) }
                p { (level.aim) }
                ol.chapters {
                    @for (number, chapter) in book.chapters.iter().enumerate().filter(|(_, c)| c.level == at) {
                        li value=(number + 1) {
                            a href=(chapter.href()) { (layout::inline(chapter.heading())) }
                            @if chapter.exercise.is_some() { " " span.badge { "exercise" } }
                            span.about-it { (layout::inline(&chapter.title)) }
                        }
                    }
                }
            }
        }
    };
    vec![("index.html".to_owned(), layout::page("The book of races", &body))]
}
