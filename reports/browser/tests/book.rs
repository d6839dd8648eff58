//! The book of the whole catalog, as `selvedge book` writes it: no dead link, valid HTML, no page too large, the same
//! twice; and what the command refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use scraper::{Html, Selector};
use selvedge_reports::book::LARGEST_PAGE;

/// An empty place for a test.
fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn book(out: &Path) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(root)
        .args(["run", "--quiet", "--", "book", "--out"])
        .arg(out);
    command
        .env("SELVEDGE_POSTGRES", "host=127.0.0.1 port=1 user=nobody")
        .env("SELVEDGE_REDIS", "redis://127.0.0.1:1/");
    command.output().unwrap()
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read_to_string(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// Made once for all tests; and the last line of what the command said.
static BOOK: LazyLock<(BTreeMap<String, String>, String)> = LazyLock::new(|| {
    let folder = place("whole");
    let output = book(&folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (files(&folder), String::from_utf8(output.stdout).unwrap())
});

fn pages() -> impl Iterator<Item = (&'static str, Html)> {
    let pages = BOOK.0.iter().filter(|(name, _)| name.ends_with(".html"));
    pages.map(|(name, text)| (name.as_str(), Html::parse_document(text)))
}

fn all(page: &Html, selector: &str, attribute: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    let elements = page.select(&selector).filter_map(|e| e.value().attr(attribute));
    elements.map(str::to_owned).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let ids: BTreeMap<&str, BTreeSet<String>> = pages()
        .map(|(name, page)| (name, all(&page, "[id]", "id").into_iter().collect()))
        .collect();
    let (mut dead, mut followed) = (Vec::new(), 0);
    for (name, page) in pages() {
        let mut links = all(&page, "[href]", "href");
        links.extend(all(&page, "[src]", "src"));
        for label in ["aria-labelledby", "aria-controls", "for"] {
            let named = all(&page, &format!("[{label}]"), label);
            links.extend(named.iter().map(|id| format!("#{id}")));
        }
        for link in links {
            // Where a pattern comes from; nobody follows these here.
            if link.starts_with("https://") || link == "data:," {
                continue;
            }
            followed += 1;
            let (file, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let file = if file.is_empty() { name } else { file };
            let is_there = BOOK.0.contains_key(file);
            if !is_there || (!fragment.is_empty() && !ids.get(file).is_some_and(|ids| ids.contains(fragment))) {
                dead.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(followed > 2_000, "{followed}");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn what_the_search_finds_is_there() {
    let text = BOOK.0["search.js"].split_once("INDEX = ").unwrap().1;
    let entries: Vec<(String, String, String, String)> =
        serde_json::from_str(text.trim_end().trim_end_matches(';')).unwrap();
    let ids: BTreeMap<&str, BTreeSet<String>> = pages()
        .map(|(name, page)| (name, all(&page, "[id]", "id").into_iter().collect()))
        .collect();
    assert!(entries.len() > 250);
    for (title, href, ..) in entries {
        let (file, fragment) = href.split_once('#').unwrap_or((&href, ""));
        let ids = ids.get(file).unwrap_or_else(|| panic!("{title}: {href}"));
        assert!(fragment.is_empty() || ids.contains(fragment), "{title}: {href}");
    }
}

#[test]
fn pages_are_valid_and_ask_for_nothing_from_outside() {
    for (name, page) in pages() {
        assert!(page.errors.is_empty(), "{name}: {:?}", page.errors);
        let ids = all(&page, "[id]", "id");
        let once: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), once.len(), "{name} has an id twice");
        for loaded in ["script[src]", "img[src]", "iframe", "object", "embed"] {
            for source in all(&page, loaded, "src") {
                assert!(
                    ["search.js", "book.js", "timeline.js", "play.js"].contains(&source.as_str()),
                    "{name}: {source}"
                );
            }
        }
        assert_eq!(all(&page, "[style], [onclick]", "style").len(), 0, "{name}");
        let headings = Selector::parse("h1").unwrap();
        assert_eq!(page.select(&headings).count(), 1, "{name}");
    }
}

#[test]
fn no_page_is_too_large_and_the_command_says_how_many_there_are() {
    let mut count = 0;
    for (name, text) in &BOOK.0 {
        assert!(
            text.len() <= LARGEST_PAGE || name.contains("-play-"),
            "{name}: {} bytes",
            text.len()
        );
        count += usize::from(name.ends_with(".html"));
    }
    assert!(BOOK.1.starts_with(&format!("{count} pages, ")), "{}", BOOK.1);
}

#[test]
fn every_program_is_asked_about_before_it_is_told() {
    let question = Selector::parse("fieldset.guess").unwrap();
    let answer = Selector::parse("details.answer").unwrap();
    let mut asked = 0;
    for scenario in selvedge_scenarios::catalog() {
        for variant in &scenario.variants {
            let id = format!("id=\"v-{}\"", variant.name);
            let of_scenario = |name: &str| {
                let rest = name
                    .strip_prefix(scenario.name)
                    .and_then(|rest| rest.strip_suffix(".html"));
                rest.is_some_and(|rest| rest.is_empty() || rest[1..].bytes().all(|b| b.is_ascii_digit()))
            };
            let on = BOOK
                .0
                .iter()
                .filter(|(name, text)| of_scenario(name) && text.contains(&id));
            assert_eq!(on.count(), 1, "{}/{}", scenario.name, variant.name);
        }
    }
    for (name, page) in pages() {
        let (questions, answers) = (page.select(&question).count(), page.select(&answer).count());
        assert_eq!(questions, answers, "{name}");
        assert!(page.select(&answer).all(|a| a.value().attr("open").is_none()), "{name}");
        asked += questions;
    }
    assert!(asked > 200, "{asked}");
}

#[test]
fn the_same_twice_and_an_older_book_is_replaced() {
    let folder = place("twice");
    std::fs::write(
        folder.join("book.list"),
        "files of a book that `selvedge book` has written\nold.html\n",
    )
    .unwrap();
    std::fs::write(folder.join("old.html"), "").unwrap();
    std::fs::write(folder.join("mine.txt"), "mine").unwrap();
    let output = book(&folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut second = files(&folder);
    assert_eq!(second.remove("mine.txt").as_deref(), Some("mine"));
    assert!(!second.contains_key("old.html"));
    let differ: Vec<&String> = BOOK
        .0
        .iter()
        .filter(|(k, v)| second.get(*k) != Some(v))
        .map(|(k, _)| k)
        .collect();
    assert_eq!((differ, second.len()), (vec![], BOOK.0.len()));
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = place("foreign");
    std::fs::write(folder.join("thesis.txt"), "years").unwrap();
    refused(&folder, "is not empty and holds no book");
    assert_eq!(files(&folder).len(), 1);

    let folder = place("way-out");
    std::fs::write(
        folder.join("book.list"),
        "files of a book that `selvedge book` has written\n../foreign/thesis.txt\n",
    )
    .unwrap();
    refused(&folder, "is no name of a page");

    let file = place("file").join("file");
    std::fs::write(&file, "").unwrap();
    refused(&file, "cannot make the folder");
}

fn refused(folder: &Path, because: &str) {
    let output = book(folder);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains(because), "{told}");
}
