//! The code of a variant, cut out of the scenario's own source, so that it is what runs.
//!
//! Comments in the source mark what a reader should see:
//!
//! ```text
//! // code                          from here on, for every variant
//! // code: fetch-add, exchange-*   from here on, for these; a `*` stands for any part of a name
//! // end                           ends what the last of them began; also behind the last line of it
//! || count(Add), // code: fetch-add
//!                                  this line, for these
//! ```
//!
//! Marks may be nested: an arm of a `match` inside a program that several variants share is shown for its own
//! variant, and for the others it is `// ..`.

use std::panic::Location;

use crate::source::Source;
use crate::{Scenario, Variant};

/// Code without marks.
#[derive(Clone, Debug)]
pub(crate) struct BuiltOn {
    names: &'static [&'static str],
    source: Source,
    items: &'static [&'static str],
}

/// A mark, a line between two, or a line with a mark of its own. What ends may end behind a line.
enum Line<'a> {
    Begin(Vec<&'a str>),
    End(Option<&'a str>),
    Text(&'a str),
    Marked(&'a str, Vec<&'a str>),
}

impl<'a> Line<'a> {
    fn of(text: &'a str) -> Self {
        match text.trim() {
            "// code" => Line::Begin(vec!["*"]),
            "// end" => Line::End(None),
            line if line.ends_with(" // end") => Line::End(text.trim_end().strip_suffix(" // end")),
            mark => match mark.split_once("// code: ") {
                Some(("", names)) => Line::Begin(names.split(',').map(str::trim).collect()),
                Some((_, names)) => {
                    let end = text.find("// code: ").unwrap_or(text.len());
                    Line::Marked(text[..end].trim_end(), names.split(',').map(str::trim).collect())
                }
                None => Line::Text(text),
            },
        }
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => name == pattern,
    }
}

impl Scenario {
    /// The source file that calls this, with marks in it: `include_str!("mod.rs")`. See the module `code` for the marks.
    #[track_caller]
    pub fn code(mut self, source: &'static str) -> Self {
        self.sources.push(Source::of(Location::caller(), source));
        self
    }

    /// Another one in the same folder: `"queue.rs", include_str!("queue.rs")`.
    #[track_caller]
    pub fn code_beside(mut self, file: &'static str, source: &'static str) -> Self {
        self.sources.push(Source::beside(Location::caller(), file, source));
        self
    }

    /// Code of another crate that variants are built on, which has no marks: in the variants whose names fit `names` (`mutex-*`),
    /// each item of `source`, a path and its text, whose first line begins with one of `items`. An item begins without blanks
    /// before it.
    pub fn built_on(
        mut self,
        names: &'static [&'static str],
        (path, text): (&'static str, &'static str),
        items: &'static [&'static str],
    ) -> Self {
        let source = Source::named(path, text);
        self.built_on.push(BuiltOn { names, source, items });
        self
    }

    /// The files whose lines traces name.
    pub(crate) fn all_sources(&self) -> impl Iterator<Item = Source> {
        let others = self.built_on.iter().map(|built_on| built_on.source);
        self.sources.iter().copied().chain(others)
    }

    /// The code of a variant, excerpt by excerpt, in the order of the files, and then what it is built on; empty if nothing
    /// is marked.
    pub fn code_of(&self, variant: &Variant) -> String {
        let own = self
            .sources
            .iter()
            .flat_map(|source| excerpts(source.text, variant.name));
        let others = self
            .built_on
            .iter()
            .filter(|built_on| built_on.names.iter().any(|name| fits(name, variant.name)))
            .flat_map(|built_on| {
                built_on
                    .items
                    .iter()
                    .filter_map(|start| item(built_on.source.text, start))
            });
        own.chain(others).collect::<Vec<_>>().join("\n")
    }

    /// What is wrong with the marks, in words.
    pub fn wrong_marks(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for source in &self.sources {
            let mut open = 0_usize;
            for (number, line) in source.text.lines().enumerate() {
                let place = format!("{}: line {}: {}", self.name, number + 1, line.trim());
                match Line::of(line) {
                    Line::Begin(names) | Line::Marked(_, names) => {
                        open += usize::from(line.trim_start().starts_with("//"));
                        for name in names {
                            if !self.variants.iter().any(|v| fits(name, v.name)) {
                                wrong.push(format!("{place}: no variant is called {name}"));
                            }
                        }
                    }
                    Line::End(_) if open == 0 => wrong.push(format!("{place}: ends nothing")),
                    Line::End(_) => open -= 1,
                    Line::Text(_) => {}
                }
            }
            if open > 0 {
                wrong.push(format!("{}: {open} marks without an end", self.name));
            }
        }
        for built_on in &self.built_on {
            for start in built_on.items {
                if item(built_on.source.text, start).is_none() {
                    wrong.push(format!("{}: no item begins with {start}", self.name));
                }
            }
            for name in built_on.names {
                if !self.variants.iter().any(|v| fits(name, v.name)) {
                    wrong.push(format!("{}: no variant is called {name}", self.name));
                }
            }
        }
        for variant in &self.variants {
            if self.code_of(variant).trim().is_empty() {
                wrong.push(format!("{}/{} has no code to show", self.name, variant.name));
            }
        }
        wrong
    }
}

/// The item of a formatted file whose first line begins with `start`.
fn item(source: &str, start: &str) -> Option<String> {
    let mut lines = source.lines().skip_while(|line| !line.starts_with(start));
    let first = lines.next()?;
    let mut item = format!("{first}\n");
    if first.ends_with([';', '}']) {
        return Some(item);
    }
    for line in lines {
        item.push_str(line);
        item.push('\n');
        if line.starts_with('}') {
            return Some(item);
        }
    }
    None
}

/// The excerpts of one file that `variant` has.
fn excerpts(source: &str, variant: &str) -> Vec<String> {
    let mut excerpts = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    // For each open mark, whether its text is the variant's.
    let mut open: Vec<bool> = Vec::new();
    for line in source.lines() {
        match Line::of(line) {
            Line::Begin(names) => {
                let is_shown = names.iter().any(|name| fits(name, variant));
                let is_inside = open.iter().all(|shown| *shown) && !open.is_empty();
                let skips = format!("{}// ..", &line[..line.len() - line.trim_start().len()]);
                if is_inside && !is_shown && lines.last() != Some(&skips) {
                    lines.push(skips);
                }
                open.push(is_shown);
            }
            Line::End(text) => {
                if let Some(text) = text
                    && open.iter().all(|shown| *shown)
                {
                    lines.push(text.to_owned());
                }
                open.pop();
                if open.is_empty() && !lines.is_empty() {
                    excerpts.push(dedented(&std::mem::take(&mut lines)));
                }
            }
            Line::Marked(text, names) if names.iter().any(|name| fits(name, variant)) => {
                if open.is_empty() {
                    excerpts.push(dedented(&[text.to_owned()]));
                } else if open.iter().all(|shown| *shown) {
                    lines.push(text.to_owned());
                }
            }
            Line::Marked(..) => {}
            Line::Text(text) if !open.is_empty() && open.iter().all(|shown| *shown) => lines.push(text.to_owned()),
            Line::Text(_) => {}
        }
    }
    excerpts
}

/// The lines without the blanks that all of them begin with, nor the comma after an argument.
fn dedented(lines: &[String]) -> String {
    let indent = |line: &String| line.len() - line.trim_start().len();
    let common = lines
        .iter()
        .filter(|l| !l.trim().is_empty())
        .map(indent)
        .min()
        .unwrap_or(0);
    let text: String = lines
        .iter()
        .map(|line| format!("{}\n", line.get(common..).unwrap_or_default().trim_end()))
        .collect();
    format!("{}\n", text.trim_end().trim_end_matches(','))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Variant, fails};
    use selvedge::FailureKind;

    const SOURCE: &str = "\
fn scenario() {
    || count(How::Load), // code: by-load
}

// code
fn count(how: How) {
    match how {
        // code: by-load
        How::Load => load(),
        // end
        // code: by-*, other
        How::Add => add(),
        // end
        // code: other
        How::Other => {} // end
    }
}
// end
fn load() {}
";

    fn scenario(source: &'static str) -> Scenario {
        let naive = |name| Variant::naive(name, "", fails(FailureKind::Panic), || ());
        Scenario::new("s", "", "F")
            .variant(naive("by-load"))
            .variant(naive("other"))
            .code(source)
    }

    #[test]
    fn a_variant_has_its_own_arms_of_a_shared_program() {
        let scenario = scenario(SOURCE);
        assert_eq!(scenario.wrong_marks(), Vec::<String>::new());
        let [load, other] = [0, 1].map(|n| scenario.code_of(&scenario.variants[n]));
        assert_eq!(
            load,
            "|| count(How::Load)\n\nfn count(how: How) {\n    match how {\n        How::Load => load(),\n        \
             How::Add => add(),\n        // ..\n    }\n}\n"
        );
        assert_eq!(
            other,
            "fn count(how: How) {\n    match how {\n        // ..\n        How::Add => add(),\n        \
             How::Other => {}\n    }\n}\n"
        );
    }

    #[test]
    fn code_of_another_crate_is_shown_by_item() {
        let scenario = scenario(SOURCE)
            .built_on(
                &["by-*"],
                ("a.rs", "struct A;\n\nimpl A {\n    fn f() {}\n}\n\nfn g() {}\n"),
                &["impl A", "struct A"],
            )
            .built_on(&["nobody"], ("b.rs", ""), &["fn h"]);
        let [load, other] = [0, 1].map(|n| scenario.code_of(&scenario.variants[n]));
        assert!(
            load.ends_with("}\n\nimpl A {\n    fn f() {}\n}\n\nstruct A;\n"),
            "{load}"
        );
        assert!(!other.contains("impl A"), "{other}");
        assert_eq!(
            scenario.wrong_marks(),
            ["s: no item begins with fn h", "s: no variant is called nobody"]
        );
    }

    #[test]
    fn marks_that_do_not_fit_are_named() {
        let wrong = scenario("// code: gone\n// end\n// end\n// code: by-load\nx\n").wrong_marks();
        let words = ["gone", "ends nothing", "without an end", "s/by-load", "s/other"];
        assert_eq!(wrong.len(), words.len(), "{wrong:?}");
        for word in words {
            assert!(wrong.iter().any(|w| w.contains(word)), "{word}: {wrong:?}");
        }
    }
}
