//! The catalog as a book: a static site whose pages need no network.
//!
//! [`site`] is a function from a [`Book`], which is data, to the text of each file. All files lie in one folder, so that a
//! link is the name of a file. The order of a chapter is the order of thought: what the program is for, what it may
//! return, its code, a question, and only then the verdict with its timeline, and after them the lesson.

mod chapter;
mod code;
mod contents;
mod exercise;
mod game;
mod glossary;
mod indexes;
mod kinds;
mod layout;
mod lesson;
mod program;
mod reading;
mod search;
mod story;
mod teaching;
mod timeline;

use std::collections::BTreeMap;

use selvedge::trace::Trace;
use selvedge::{Failure, States};

/// The bytes that no page exceeds but those on which a program is played.
pub const LARGEST_PAGE: usize = 500 * 1024;

/// Everything that the book tells.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// From the first to the last.
    pub levels: Vec<Level>,
    /// In the order in which they are read.
    pub chapters: Vec<Chapter>,
    /// What programs of the catalog do not fail of, and others may.
    pub specimens: Vec<Specimen>,
    /// For who has never read a timeline: a program of no chapter, so that no answer is given away.
    pub sample: Option<Specimen>,
}

/// A part of the book.
#[derive(Clone, Debug)]
pub struct Level {
    /// What it is called.
    pub title: String,
    /// What a reader learns there.
    pub aim: String,
}

/// A scenario.
#[derive(Clone, Debug, Default)]
pub struct Chapter {
    /// The name on the command line, and of the page.
    pub name: String,
    /// One line for the contents.
    pub title: String,
    /// An index into [`Book::levels`].
    pub level: usize,
    /// The names of the chapters to read before.
    pub needs: Vec<String>,
    /// The lesson, in Markdown.
    pub lesson: String,
    /// Where the pattern comes from.
    pub source: String,
    /// What somebody sees who has the bug.
    pub symptoms: Vec<String>,
    /// What the programs are built on.
    pub primitives: Vec<String>,
    /// What every program of the scenario may return.
    pub outcomes: Vec<Graded>,
    /// What stands on the lines of the source that timelines name: `src/lost_increment/mod.rs:31`.
    pub lines: BTreeMap<String, String>,
    /// The variants, in the order of the catalog.
    pub programs: Vec<Program>,
    /// A program to repair.
    pub exercise: Option<Exercise>,
}

/// What an outcome means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graded {
    /// As `Debug` prints it, or the words of a failure.
    pub outcome: String,
    /// `acceptable`, `interesting` or `forbidden`.
    pub grade: String,
    /// Why.
    pub reason: String,
}

/// A variant.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The name of the variant.
    pub name: String,
    /// `naive`, `documented`, `fixed` or `control`.
    pub word: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// What a reader would ask.
    pub note: Option<String>,
    /// What a reader sees of the source.
    pub code: String,
    /// What was found.
    pub found: Found,
    /// What a reader plays, if the program is small enough.
    pub game: Option<Game>,
    /// How often each outcome occurs.
    pub table: Option<Table>,
    /// What undoes its repair, and how it then fails.
    pub broken_by: Vec<(String, String)>,
}

/// A program to be played.
#[derive(Clone, Debug)]
pub struct Game {
    /// Its states.
    pub states: States,
    /// Whether its orderings let loads see older stores, too, which nobody can pick.
    pub weaker: bool,
}

/// What became of a program.
#[derive(Clone, Debug, Default)]
pub enum Found {
    /// It fails, and here is how.
    Fails(Box<Failure>),
    /// No execution fails.
    Holds {
        /// Whether every interleaving was looked at.
        all: bool,
        /// How far the search went, in words.
        basis: String,
        /// An execution of it.
        example: Option<Trace>,
    },
    /// It could not be run, for this reason.
    #[default]
    NotRun,
}

/// The outcomes of a program with their counts.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// A strategy each: its name, how many executions, and whether these are all.
    pub columns: Vec<(String, u64, bool)>,
    /// An outcome each: what it is, how often, and what it means.
    pub rows: Vec<(String, Vec<u64>, Option<Graded>)>,
}

/// A program to repair: two whole files.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// As it is given.
    pub given: String,
    /// One way to repair it.
    pub solution: String,
}

/// A failure for the page of its kind, where no chapter has one.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// The program.
    pub code: String,
    /// How it fails.
    pub failure: Failure,
}

/// The files of the book, by name.
pub fn site(book: &Book) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for at in 0..book.chapters.len() {
        files.extend(chapter::pages(book, at));
        files.extend(exercise::files(&book.chapters[at]));
    }
    files.extend(contents::pages(book));
    files.extend(indexes::pages(book));
    files.extend(kinds::pages(book));
    files.extend(glossary::pages());
    files.extend(reading::pages(book));
    files.extend(teaching::pages(book));
    files.extend(search::files(book));
    files.extend(layout::files());
    files
}

impl Book {
    fn chapter(&self, name: &str) -> Option<&Chapter> {
        self.chapters.iter().find(|c| c.name == name)
    }
}

impl Chapter {
    /// The page.
    fn href(&self) -> String {
        format!("{}.html", self.name)
    }

    /// The heading of the lesson, or else the title.
    fn heading(&self) -> &str {
        let first = self.lesson.lines().next().unwrap_or_default();
        first.strip_prefix("# ").unwrap_or(&self.title)
    }

    fn program(&self, name: &str) -> Option<&Program> {
        self.programs.iter().find(|p| p.name == name)
    }
}

impl Program {
    /// `holds`, or how it fails, in the words of a question.
    fn answer(&self) -> Option<&'static str> {
        match &self.found {
            Found::Fails(failure) => Some(failure.words()),
            Found::Holds { .. } => Some("holds"),
            Found::NotRun => None,
        }
    }
}

/// A name for an attribute `id`: lower-case words with `-` between them.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for letter in text.to_lowercase().chars() {
        if letter.is_alphanumeric() {
            out.push(letter);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::tests::failure;

    /// Two chapters, the second one after the first, and names that must be escaped.
    pub(super) fn book() -> Book {
        let naive = Program {
            name: "naive".to_owned(),
            word: "naive".to_owned(),
            summary: "load, then <b>store".to_owned(),
            code: "fn f() {} // why\n".to_owned(),
            found: Found::Fails(Box::new(failure())),
            table: Some(Table {
                columns: vec![("exhaustive".to_owned(), 4, true)],
                rows: vec![("\"<1>\"".to_owned(), vec![2], None)],
            }),
            ..Program::default()
        };
        let first = Chapter {
            name: "first".to_owned(),
            title: "The <first>".to_owned(),
            lesson: "# First\n\nTold.\n\n**The mistake.** Here.\n".to_owned(),
            source: "Somebody: A book; another: B".to_owned(),
            symptoms: vec!["hangs".to_owned()],
            primitives: vec!["Mutex".to_owned()],
            programs: vec![naive],
            ..Chapter::default()
        };
        let next = Chapter {
            name: "next".to_owned(),
            lesson: "# Next\n".to_owned(),
            needs: vec!["first".to_owned()],
            exercise: Some(Exercise {
                given: "fn a() {}\n".to_owned(),
                solution: "fn b() {}\n".to_owned(),
            }),
            ..Chapter::default()
        };
        Book {
            levels: vec![Level {
                title: "One".to_owned(),
                aim: "All of it.".to_owned(),
            }],
            chapters: vec![first, next],
            specimens: Vec::new(),
            sample: None,
        }
    }

    #[test]
    fn a_chapter_asks_before_it_tells() {
        let files = site(&book());
        let page = &files["first.html"];
        let places = ["Told.", "data-answer", "It fails: panic", "The mistake.", "Somebody"];
        let found: Vec<usize> = places.iter().map(|text| page.find(text).expect(text)).collect();
        assert!(found.is_sorted(), "{found:?}");
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_nothing_of_a_program_is_markup() {
        for (name, text) in site(&book()) {
            assert!(
                !text.contains("<naive>") && !text.contains("<first>") && !text.contains("<b>"),
                "{name}"
            );
            if name.ends_with(".html") {
                assert!(text.contains("default-src 'none'"), "{name}");
                assert!(
                    !text.contains("src=\"http") && !text.contains("<style") && !text.contains(" style="),
                    "{name}"
                );
            }
        }
    }
}
