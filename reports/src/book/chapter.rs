//! The pages of a scenario.

use maud::{Markup, html};

use super::lesson::Writer;
use super::{Book, Chapter, exercise, game, layout, program, slug, story};

pub(super) fn pages(book: &Book, at: usize) -> Vec<(String, String)> {
    let chapter = &book.chapters[at];
    let pages = program::pages(chapter);
    let mut number = 1;
    let mut files = Vec::new();
    for (page, programs) in pages.iter().enumerate() {
        let questions = html! {
            @for (n, program) in programs.iter().enumerate() {
                (program::article(chapter, &chapter.programs[*program], number + n))
            }
        };
        let asked = program::file(chapter, page);
        for (n, program) in programs.iter().enumerate() {
            files.extend(game::page(chapter, &chapter.programs[*program], number + n, &asked));
        }
        number += programs.len();
        let body = match page {
            0 => first(book, at, pages.len(), &questions),
            _ => further(chapter, page, pages.len(), &questions),
        };
        let heading = match page {
            0 => chapter.heading().to_owned(),
            n => format!("{}, page {}", chapter.heading(), n + 1),
        };
        files.push((asked, layout::page(&layout::plain(&heading), &body)));
    }
    files
}

fn first(book: &Book, at: usize, pages: usize, questions: &Markup) -> Markup {
    let chapter = &book.chapters[at];
    let level = &book.levels[chapter.level];
    let (told, rest) = story::split(&chapter.lesson);
    let mut writer = Writer::new(book, chapter);
    let story = writer.html(&told);
    let lesson = writer.html(&rest);
    html! {
        p.crumbs {
            a href=(format!("index.html#{}", slug(&level.title))) { "Level " (chapter.level + 1) ": " (level.title) }
            " · chapter " (at + 1) " of " (book.chapters.len())
        }
        h1 { (layout::inline(chapter.heading())) }
        @if !chapter.needs.is_empty() {
            p.needs { "Read before: " (links(book, &chapter.needs)) "." }
        }
        section.story aria-label="What the programs are for" { (story) }
        (program::contract(chapter))
        section aria-labelledby="programs" {
            h2 id="programs" { "Predict before you look" }
            p {
                "Each program runs under every schedule that matters. Say first what you expect; the answer then shows what "
                "was found. Comments appear with it. "
                a href="#lesson" { "The lesson" } " comes after the questions, and gives the answers away."
            }
            (questions)
            (pager(chapter, 0, pages))
        }
        section.lesson aria-labelledby="lesson" {
            h2 id="lesson" { "The lesson" }
            (lesson)
        }
        (exercise::section(chapter))
        section.about aria-labelledby="about" {
            h2 id="about" { "Where it comes from" }
            p { (chapter.source) "." }
            @if !chapter.symptoms.is_empty() {
                p { "What one sees: "
                    @for (n, symptom) in chapter.symptoms.iter().enumerate() {
                        @if n > 0 { "; " }
                        a href=(format!("symptoms.html#{}", slug(symptom))) { (symptom) }
                    } "."
                }
            }
            @if !chapter.primitives.is_empty() {
                p { "Built on: "
                    @for (n, name) in chapter.primitives.iter().enumerate() {
                        @if n > 0 { "; " }
                        a href=(format!("primitives.html#{}", slug(name))) { (name) }
                    } "."
                }
            }
        }
        (next(book, at))
    }
}

fn further(chapter: &Chapter, page: usize, pages: usize, questions: &Markup) -> Markup {
    html! {
        p.crumbs { a href=(chapter.href()) { (layout::inline(chapter.heading())) } }
        h1 { (layout::inline(chapter.heading())) ": more programs" }
        p {
            "What they are for is told on "
            a href=(chapter.href()) { "the first page" }
            "; each is a question as there."
        }
        h2 { "Predict before you look" }
        (questions)
        (pager(chapter, page, pages))
    }
}

fn pager(chapter: &Chapter, page: usize, pages: usize) -> Markup {
    if pages < 2 {
        return html! {};
    }
    html! {
        nav.pager aria-label="Programs of this chapter" {
            "Programs of this chapter: "
            @for n in 0..pages {
                @if n == page { span aria-current="page" { (n + 1) } }
                @else { a href=(program::file(chapter, n)) aria-label=(format!("Page {}", n + 1)) { (n + 1) } }
                " "
            }
        }
    }
}

fn next(book: &Book, at: usize) -> Markup {
    let chapter = &book.chapters[at];
    let rests_on_it: Vec<String> = book
        .chapters
        .iter()
        .filter(|c| c.needs.contains(&chapter.name))
        .map(|c| c.name.clone())
        .collect();
    html! {
        nav.next aria-label="Chapters before and after" {
            @if let Some(before) = at.checked_sub(1).and_then(|at| book.chapters.get(at)) {
                a rel="prev" href=(before.href()) { "← " (layout::inline(before.heading())) }
            }
            @if let Some(after) = book.chapters.get(at + 1) {
                a rel="next" href=(after.href()) { (layout::inline(after.heading())) " →" }
            }
        }
        @if !rests_on_it.is_empty() {
            p.leads { "This leads to: " (links(book, &rests_on_it)) "." }
        }
    }
}

fn links(book: &Book, names: &[String]) -> Markup {
    let chapters: Vec<&Chapter> = names.iter().filter_map(|name| book.chapter(name)).collect();
    html! {
        @for (n, chapter) in chapters.iter().enumerate() {
            @if n > 0 { ", " }
            a href=(chapter.href()) { (layout::inline(chapter.heading())) }
        }
    }
}
