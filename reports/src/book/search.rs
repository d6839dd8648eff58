//! What the search box looks in: a script that is data, because a page that was opened from a disk may not read a file.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Book, Chapter, glossary, kinds, layout, program, slug};

pub(super) fn files(book: &Book) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut entry = |title: &str, href: &str, about: &str, words: &str| {
        entries.push(json!([title, href, about, words]));
    };
    for chapter in &book.chapters {
        let heading = layout::plain(chapter.heading());
        entry(
            &heading,
            &chapter.href(),
            &layout::plain(&chapter.title),
            &words(chapter),
        );
        for program in &chapter.programs {
            let href = program::href(chapter, &program.name);
            // What it does is part of the answer.
            entry(&format!("{}/{}", chapter.name, program.name), &href, "program", "");
        }
    }
    for (term, meaning) in glossary::entries() {
        entry(term, &format!("glossary.html#{}", slug(term)), meaning, "");
    }
    for (term, meaning) in kinds::entries() {
        entry(&format!("{term} (failure)"), &kinds::href(term), meaning, "");
    }
    // No markup in any file, whoever reads it.
    let index = serde_json::Value::Array(entries).to_string().replace('<', "\\u003c");
    vec![(
        "search.js".to_owned(),
        format!("\"use strict\";\nconst INDEX = {index};\n"),
    )]
}

/// The words of a chapter that somebody may look for, each once.
fn words(chapter: &Chapter) -> String {
    let mut text = chapter.lesson.clone();
    for more in chapter.symptoms.iter().chain(&chapter.primitives) {
        text.push(' ');
        text.push_str(more);
    }
    text.push(' ');
    text.push_str(&chapter.source);
    let lower = text.to_lowercase();
    let words: BTreeSet<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|w| w.len() > 2 && !w.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    words.into_iter().collect::<Vec<_>>().join(" ")
}
