//! The frame of every page. Styles and scripts are files beside the pages, and a policy in each page forbids all else.

use maud::{DOCTYPE, Markup, html};

const STYLE: &str = include_str!("book.css");
const SCRIPT: &str = include_str!("book.js");

/// Nothing from anywhere but the folder of the book: `file:` is that folder for who opens a page without a server.
const POLICY: &str = "default-src 'none'; style-src 'self' file:; script-src 'self' file:; img-src data:; \
                      base-uri 'none'; form-action 'none'";

const PLACES: [(&str, &str); 7] = [
    ("index.html", "Contents"),
    ("symptoms.html", "Symptoms"),
    ("failures.html", "Failures"),
    ("primitives.html", "Primitives"),
    ("sources.html", "Sources"),
    ("glossary.html", "Glossary"),
    ("teaching.html", "Teaching"),
];

/// The files that all pages share.
pub(super) fn files() -> Vec<(String, String)> {
    vec![
        ("timeline.css".to_owned(), crate::page::STYLE.to_owned()),
        ("timeline.js".to_owned(), crate::page::SCRIPT.to_owned()),
        ("book.css".to_owned(), STYLE.to_owned()),
        ("book.js".to_owned(), SCRIPT.to_owned()),
        ("play.css".to_owned(), crate::page::PLAY_STYLE.to_owned()),
        ("play.js".to_owned(), crate::page::PLAY.to_owned()),
    ]
}

/// A page.
pub(super) fn page(title: &str, body: &Markup) -> String {
    framed(title, body, false)
}

/// A page on which a program is played.
pub(super) fn playing(title: &str, body: &Markup) -> String {
    framed(title, body, true)
}

fn framed(title: &str, body: &Markup, plays: bool) -> String {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (title) " · Selvedge" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="timeline.css";
                link rel="stylesheet" href="book.css";
                @if plays { link rel="stylesheet" href="play.css"; }
                script src="search.js" defer {}
                script src="book.js" defer {}
                script src="timeline.js" defer {}
                @if plays { script src="play.js" defer {} }
            }
            body {
                a.skip href="#main" { "To the text" }
                header {
                    a.home href="index.html" { "Selvedge" }
                    nav aria-label="Parts of the book" {
                        @for (href, name) in PLACES { a href=(href) { (name) } " " }
                    }
                    div.search role="search" hidden {
                        label for="search" { "Search" }
                        " " input id="search" type="search" autocomplete="off" aria-controls="results" placeholder="press /";
                        ol id="results" {}
                    }
                }
                main id="main" tabindex="-1" { (body) }
                footer { p { "Made by " code { "selvedge book" } ". Every timeline is what a program of the catalog did." } }
            }
        }
    };
    let mut text = whole.into_string();
    text.push('\n');
    text
}

/// A heading of Markdown without marks.
pub(super) fn plain(text: &str) -> String {
    text.replace('`', "")
}

/// A heading of Markdown, its code as code.
pub(super) fn inline(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
