//! Three ways in: by what one sees, by what the code is built on, by where the pattern comes from.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{Book, Chapter, layout, slug};

pub(super) fn pages(book: &Book) -> Vec<(String, String)> {
    let symptoms = grouped(book, |c| c.symptoms.clone());
    let primitives = grouped(book, |c| c.primitives.clone());
    let sources = grouped(book, |c| c.source.split("; ").map(origin).collect());
    vec![
        index(
            "symptoms.html",
            "What do you see?",
            "A symptom is not a cause, and most have several. Each chapter begins with a program that may look like yours.",
            &symptoms,
        ),
        index(
            "primitives.html",
            "What is it built on?",
            "Read off the code of the programs: a chapter stands under everything its programs call.",
            &primitives,
        ),
        index(
            "sources.html",
            "Where does it come from?",
            "Textbooks, documentation, write-ups, and issues of projects that shipped the bug.",
            &sources,
        ),
    ]
}

/// `Mara Bos: Rust Atomics and Locks, 2023, chapter 3` is from Mara Bos.
fn origin(source: &str) -> String {
    let end = source.find([',', ':']).map_or(source.len(), |at| {
        // `std::sync::Arc` is one name.
        match source[at..].starts_with("::") {
            true => source[at..].find([',', ' ']).map_or(source.len(), |more| at + more),
            false => at,
        }
    });
    let mut letters = source[..end].trim().chars();
    let first = letters.next().map(|c| match source.contains("::") {
        true => c.to_string(),
        false => c.to_uppercase().to_string(),
    });
    first.unwrap_or_default() + letters.as_str()
}

fn grouped(book: &Book, keys: impl Fn(&Chapter) -> Vec<String>) -> BTreeMap<String, Vec<&Chapter>> {
    let mut groups: BTreeMap<String, Vec<&Chapter>> = BTreeMap::new();
    for chapter in &book.chapters {
        for key in keys(chapter) {
            groups.entry(key).or_default().push(chapter);
        }
    }
    groups
}

fn index(file: &str, title: &str, lead: &str, groups: &BTreeMap<String, Vec<&Chapter>>) -> (String, String) {
    let entry = |chapter: &Chapter| -> Markup {
        html! {
            a href=(chapter.href()) { (layout::inline(chapter.heading())) }
            span.about-it { "level " (chapter.level + 1) ": " (layout::inline(&chapter.title)) }
        }
    };
    let body = html! {
        h1 { (title) }
        p.lead { (lead) }
        @for (key, chapters) in groups {
            section aria-labelledby=(slug(key)) {
                h2 id=(slug(key)) { (key) }
                ul.chapters { @for chapter in chapters { li { (entry(chapter)) } } }
            }
        }
    };
    (file.to_owned(), layout::page(title, &body))
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn a_source_is_who_or_what_comes_before_the_title() {
        assert_eq!(origin("Mara Bos: Rust Atomics and Locks, 2023"), "Mara Bos");
        assert_eq!(origin("tokio-rs/tokio, issue 1"), "Tokio-rs/tokio");
        assert_eq!(
            origin("std::sync::RwLock::write, section Panics"),
            "std::sync::RwLock::write"
        );
        assert_eq!(origin("a write-up on x"), "A write-up on x");
    }
}
