//! What `selvedge run` prints for people while it runs: as much as fits on a screen, in the width of the terminal.
//!
//! Rows come in one by one and belong to groups: a variant, a scenario or a section, whichever lets the whole fit. A group
//! is one line, printed when its last row is there. What is not as expected is printed in full whatever the group, and why
//! something was skipped is said once, at the end.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::document::{Document, Found, Row};
use crate::paint::{BAD, FAINT, GOOD, SKIPPED, STRONG, paint, wrap};

/// Lines that fit on a small screen beside the summary.
const SCREEN: usize = 20;
/// The column of times, with the gap before it.
const TIME: usize = 10;

/// A blank at which no line is broken.
const TIE: char = '\u{a0}';

/// How much is printed of what is as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    Exceptions,
    /// A line for each section of the catalog.
    Sections,
    /// A line for each scenario.
    Scenarios,
    /// A line for each variant.
    Variants,
    /// A line for each variant and strategy.
    Rows,
}

/// A row that is to come.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// The section of the catalog: `F`.
    pub section: &'a str,
    /// What the section is about.
    pub section_title: &'a str,
    /// The scenario.
    pub scenario: &'a str,
    /// Its title.
    pub title: &'a str,
    /// The variant.
    pub variant: &'a str,
}

impl Detail {
    /// The most of it that fits on a screen. Whoever asks for one scenario gets its variants.
    pub fn fitting(planned: &[Planned<'_>]) -> Detail {
        let count = |key: &dyn Fn(&Planned<'_>) -> String| {
            let mut keys: Vec<String> = planned.iter().map(key).collect();
            keys.dedup();
            keys.len()
        };
        let sections = count(&|p| p.section.to_owned());
        let scenarios = count(&|p| p.scenario.to_owned());
        let variants = count(&|p| format!("{}/{}", p.scenario, p.variant));
        if scenarios <= 1 || scenarios + variants <= SCREEN {
            Detail::Variants
        } else if sections + scenarios <= SCREEN {
            Detail::Scenarios
        } else {
            Detail::Sections
        }
    }
}

/// Prints rows as they come. Every method returns the text that is now to be printed, with colours in it.
#[derive(Debug)]
pub struct Listing {
    width: usize,
    detail: Detail,
    /// Headings by section or scenario.
    titles: BTreeMap<String, String>,
    /// Rows of each group that are still to come.
    left: BTreeMap<String, usize>,
    /// The width of the column of names.
    names: usize,
    /// The rows of the group that is not printed yet.
    open: Vec<Row>,
    /// The headings printed last: of a section or a scenario, and in [`Detail::Rows`] of a variant.
    headings: (String, String),
}

impl Listing {
    /// A listing of these rows, for a terminal of `width` columns.
    pub fn new(width: usize, detail: Detail, planned: &[Planned<'_>]) -> Self {
        let mut titles = BTreeMap::new();
        let mut left: BTreeMap<String, usize> = BTreeMap::new();
        let mut names = 0;
        for p in planned {
            titles.insert(p.section.to_owned(), p.section_title.to_owned());
            titles.insert(p.scenario.to_owned(), p.title.to_owned());
            *left.entry(key(detail, p.section, p.scenario, p.variant)).or_default() += 1;
            let name = match detail {
                Detail::Sections => p.section_title,
                Detail::Scenarios => p.scenario,
                _ => p.variant,
            };
            names = names.max(name.width());
        }
        Listing {
            width,
            detail,
            titles,
            left,
            names,
            open: Vec::new(),
            headings: (String::new(), String::new()),
        }
    }

    /// A row has come.
    pub fn row(&mut self, row: &Row) -> String {
        if matches!(self.detail, Detail::Rows | Detail::Exceptions) {
            self.open.push(row.clone());
            return self.close();
        }
        self.open.push(row.clone());
        let left = self
            .left
            .get_mut(&key(self.detail, &row.section, &row.scenario, &row.variant));
        let last = left.is_none_or(|left| {
            *left = left.saturating_sub(1);
            *left == 0
        });
        if last { self.close() } else { String::new() }
    }

    /// No more rows will come: the rest, and the summary of all of them.
    pub fn end(&mut self, document: &Document) -> String {
        let mut out = self.close();
        let (_, bad, _) = document.counts();
        if self.detail == Detail::Exceptions && bad == 0 {
            return out;
        }
        let style = if bad == 0 { GOOD } else { BAD };
        push(&mut out, "");
        push(&mut out, &paint(style, &document.summary()));
        for (reason, count) in reasons(document) {
            let text = format!("{count} skipped: {reason}");
            for line in wrap(&text, self.width, "", "  ") {
                push(&mut out, &line);
            }
        }
        out
    }

    /// Prints the open group.
    fn close(&mut self) -> String {
        let rows = std::mem::take(&mut self.open);
        let mut out = String::new();
        let Some(first) = rows.first() else { return out };
        match self.detail {
            Detail::Exceptions => {}
            Detail::Sections => self.counted(&mut out, &rows, &first.section, &self.titles[&first.section]),
            Detail::Scenarios => {
                let title = self.titles.get(&first.section).map_or("", String::as_str);
                let heading = format!("{}  {title}", first.section);
                self.heading(&mut out, &heading, "");
                self.counted(&mut out, &rows, "", &first.scenario);
            }
            Detail::Variants => {
                self.scenario(&mut out, first);
                self.variant(&mut out, &rows);
            }
            Detail::Rows => {
                self.scenario(&mut out, first);
                let variant = format!("{}/{}", first.scenario, first.variant);
                if self.headings.1 != variant {
                    push(&mut out, &format!("  {} ({})", first.variant, first.kind));
                    self.headings.1 = variant;
                }
                self.strategy(&mut out, first);
            }
        }
        for row in rows.iter().filter(|row| is_wrong(row)) {
            self.wrong(&mut out, row);
        }
        out
    }

    /// The name of a scenario, once, and what it is about.
    fn scenario(&mut self, out: &mut String, row: &Row) {
        let title = self.titles.get(&row.scenario).map_or("", String::as_str);
        self.heading(out, &row.scenario.clone(), &format!(": {title}"));
    }

    fn heading(&mut self, out: &mut String, strong: &str, rest: &str) {
        if self.headings.0 == strong {
            return;
        }
        if !self.headings.0.is_empty() {
            out.push('\n');
        }
        let text = format!("{}{}", paint(STRONG, strong), rest.trim_end_matches(": "));
        for line in wrap(&text, self.width, "", "  ") {
            push(out, &line);
        }
        self.headings.0 = strong.to_owned();
    }

    /// A line of numbers for a section or a scenario.
    fn counted(&self, out: &mut String, rows: &[Row], letter: &str, name: &str) {
        let (good, bad, skipped) = Document::new(rows.to_vec()).counts();
        let mut text = format!("{} as expected", plural(good, "run"));
        if bad > 0 {
            text.push_str(&paint(BAD, &format!(", {bad} not")));
        }
        if skipped > 0 {
            text.push_str(&format!(", {skipped} skipped"));
        }
        let letter = if letter.is_empty() { "" } else { &format!("{letter}  ") };
        let name = format!("{letter}{}", pad(name, self.names));
        self.line(out, &format!("{} {name}  ", mark(rows)), &text, time(rows));
    }

    /// A line for a variant: each conclusion once, with the strategies that came to it.
    fn variant(&self, out: &mut String, rows: &[Row]) {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for row in rows {
            let words = match row.extent() {
                extent if row.verdict == Found::Passed && extent.starts_with("to ") => {
                    format!("{} {extent}", row.found_words())
                }
                _ if row.part_complete.is_some() && row.verdict == Found::Passed => "passed in this part".to_owned(),
                _ => row.found_words(),
            };
            let strategy = match row.verdict {
                Found::Skipped => row.strategy.clone(),
                // They stay together on one line.
                _ => format!("{}{TIE}{}", row.strategy, row.executions),
            };
            match found.iter_mut().find(|(w, _)| *w == words) {
                Some((_, strategies)) => strategies.push(strategy),
                None => found.push((words, vec![strategy])),
            }
        }
        let start = format!("  {} {}  ", mark(rows), pad(&rows[0].variant, self.names));
        let mut time = time(rows);
        let mut start = &*start;
        let blank = " ".repeat(self.names + 6);
        for (words, strategies) in found {
            self.line(out, start, &format!("{words}: {}", strategies.join(", ")), time.take());
            start = &blank;
        }
    }

    /// A line for a strategy.
    fn strategy(&self, out: &mut String, row: &Row) {
        let start = format!("    {} ", mark(std::slice::from_ref(row)));
        if row.verdict == Found::Skipped {
            push(out, &format!("{start}{:11}  skipped", row.strategy));
            return;
        }
        let text = format!(
            "{:11}  {:17}  {:>9}  {}",
            row.strategy,
            row.found_words(),
            row.executions,
            row.extent()
        );
        self.line(out, &start, &text, Some(row.elapsed_ms));
    }

    /// A text that is wrapped behind `start`, and the time at the right end of its first line.
    fn line(&self, out: &mut String, start: &str, text: &str, time: Option<u64>) {
        let indent = textwrap::core::display_width(start);
        let room = self.width.saturating_sub(indent + TIME).max(20);
        let lines = wrap(text, room, "", "");
        for (number, line) in lines.iter().enumerate() {
            let line = &line.replace(TIE, " ");
            if number > 0 {
                push(out, &format!("{}{line}", " ".repeat(indent)));
                continue;
            }
            let gap = room.saturating_sub(textwrap::core::display_width(line));
            let time = time.map(|ms| {
                let time = format!("{:>width$}", duration(ms), width = gap + TIME);
                paint(FAINT, &time)
            });
            push(out, &format!("{start}{line}{}", time.unwrap_or_default()));
        }
    }

    /// A row that is not as expected, in full.
    fn wrong(&self, out: &mut String, row: &Row) {
        let name = format!("{}/{}", row.scenario, row.variant);
        let why = match (&row.reason, row.failure_kind) {
            (Some(reason), _) => reason.clone(),
            (None, Some(_)) => format!("expected {}, found {}", row.expected_words(), row.found_words()),
            (None, None) => format!(
                "expected {}, found {} ({})",
                row.expected_words(),
                row.found_words(),
                row.basis
            ),
        };
        let text = format!("{} under {}: {why}", paint(BAD, &name), row.strategy);
        // A row or variant of its own has its mark already.
        let mark = match self.detail {
            Detail::Variants | Detail::Rows => " ".to_owned(),
            _ => paint(BAD, "✗"),
        };
        for line in wrap(&text, self.width, &format!("    {mark} "), "      ") {
            push(out, &line);
        }
        if let Some(schedule) = &row.schedule {
            push(out, &format!("      selvedge replay {schedule}"));
        }
    }
}

fn key(detail: Detail, section: &str, scenario: &str, variant: &str) -> String {
    match detail {
        Detail::Sections => section.to_owned(),
        Detail::Scenarios => scenario.to_owned(),
        _ => format!("{scenario}/{variant}"),
    }
}

/// Each reason for skipping once, in the order in which they came up, with its number of rows.
fn reasons(document: &Document) -> Vec<(&str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for row in document.rows.iter().filter(|r| r.verdict == Found::Skipped) {
        let reason = row.reason.as_deref().unwrap_or("no reason given");
        match reasons.iter_mut().find(|(r, _)| *r == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    reasons
}

fn is_wrong(row: &Row) -> bool {
    !row.as_expected && row.verdict != Found::Skipped
}

/// The worst of the rows, in a sign.
fn mark(rows: &[Row]) -> String {
    if rows.iter().any(is_wrong) {
        paint(BAD, "✗")
    } else if rows.iter().any(|row| row.as_expected) {
        paint(GOOD, "✓")
    } else {
        paint(SKIPPED, "–")
    }
}

/// The time of rows of which at least one was run.
fn time(rows: &[Row]) -> Option<u64> {
    rows.iter()
        .any(|row| row.verdict != Found::Skipped)
        .then(|| rows.iter().map(|row| row.elapsed_ms).sum())
}

/// At most seven columns wide.
fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..600_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} min", ms / 60_000),
    }
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::rows;

    fn planned(rows: &[Row]) -> Vec<Planned<'_>> {
        rows.iter()
            .map(|row| Planned {
                section: &row.section,
                section_title: "Waiting for completion",
                scenario: &row.scenario,
                title: "Waiting for a task to complete",
                variant: &row.variant,
            })
            .collect()
    }

    /// What is printed for each row, and at the end; without colours.
    fn printed(width: usize, detail: Detail, rows: &[Row]) -> Vec<String> {
        let mut listing = Listing::new(width, detail, &planned(rows));
        let mut printed: Vec<String> = rows.iter().map(|row| listing.row(row)).collect();
        printed.push(listing.end(&Document::new(rows.to_vec())));
        let plain = |text: String| {
            let mut out = String::new();
            let mut code = false;
            for letter in text.chars() {
                match letter {
                    '\u{1b}' => code = true,
                    'm' if code => code = false,
                    _ if code => {}
                    letter => out.push(letter),
                }
            }
            out
        };
        printed.into_iter().map(plain).collect()
    }

    #[test]
    fn every_detail_names_what_is_not_as_expected_and_says_once_why_something_was_skipped() {
        for detail in [
            Detail::Exceptions,
            Detail::Sections,
            Detail::Scenarios,
            Detail::Variants,
            Detail::Rows,
        ] {
            let mut rows = rows();
            rows.push(rows[3].clone());
            let text = printed(80, detail, &rows).concat();
            assert_eq!(
                text.matches(" lost-wakeup/check-then-create under random:").count(),
                1,
                "{text}"
            );
            assert_eq!(text.matches("no Redis server").count(), 1, "{text}");
            assert!(
                text.contains("2 skipped: no Redis server <at> 127.0.0.1:6379\n"),
                "{text}"
            );
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(format!("{detail:?}").to_lowercase(), text);
            });
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_word_is_broken() {
        let mut rows = rows();
        for strategy in [
            "random",
            "pct",
            "shuttle-pct",
            "urw",
            "pos",
            "surw",
            "portfolio",
            "graphs",
            "loom",
        ] {
            let mut row = rows[2].clone();
            strategy.clone_into(&mut row.strategy);
            rows.insert(3, row);
        }
        rows[0].failure_kind = Some(selvedge::FailureKind::Panic);
        rows[0].forbidden_outcome = Some("1".to_owned());
        rows[0].expected = "Panic".to_owned();
        for detail in [Detail::Sections, Detail::Scenarios, Detail::Variants, Detail::Rows] {
            for width in [80, 100, 120] {
                let text = printed(width, detail, &rows).concat();
                for line in text.lines() {
                    assert!(line.width() <= width, "{width}: {line}");
                }
                let words = ["shuttle-pct", "portfolio", "forbidden", "check-then-create"];
                let shown = matches!(detail, Detail::Variants | Detail::Rows);
                assert!(!shown || words.iter().all(|word| text.contains(word)), "{text}");
            }
        }
    }

    #[test]
    fn a_group_is_printed_with_its_last_row() {
        let came = printed(80, Detail::Variants, &rows());
        assert_eq!(came[0], "");
        assert!(came[1].contains("check-then-create") && came[2].contains("create-then-check"));
        let came = printed(80, Detail::Rows, &rows());
        assert!(came[0].contains("exhaustive"), "{came:?}");
        let came = printed(80, Detail::Scenarios, &rows());
        assert!(came[1].is_empty() && came[2].contains("lost-wakeup"), "{came:?}");
    }

    #[test]
    fn quiet_is_silent_when_everything_is_as_expected() {
        let mut rows = rows();
        rows.remove(1);
        assert_eq!(printed(80, Detail::Exceptions, &rows).concat(), "");
    }

    #[test]
    fn as_much_is_printed_as_fits_on_a_screen() {
        let name = |n: usize| format!("{n}");
        let names: Vec<String> = (0..300).map(name).collect();
        let plan = |scenarios: usize, variants: usize| -> Vec<Planned<'_>> {
            let of = |scenario: usize| names.iter().take(variants).map(move |variant| (scenario, variant));
            (0..scenarios)
                .flat_map(of)
                .map(|(scenario, variant)| Planned {
                    section: "A",
                    section_title: "",
                    scenario: &names[scenario],
                    title: "",
                    variant,
                })
                .collect()
        };
        assert_eq!(Detail::fitting(&plan(1, 40)), Detail::Variants);
        assert_eq!(Detail::fitting(&plan(4, 4)), Detail::Variants);
        assert_eq!(Detail::fitting(&plan(4, 5)), Detail::Scenarios);
        assert_eq!(Detail::fitting(&plan(40, 1)), Detail::Sections);
    }
}
