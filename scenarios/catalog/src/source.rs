//! The source files of a scenario, compiled in, so that a line that a trace names can be shown where no file is.

use std::panic::Location;

use crate::Scenario;

/// A file and its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// The folder as the compiler names it, with a `/` at its end.
    folder: &'static str,
    /// The name in it.
    file: &'static str,
    pub(crate) text: &'static str,
}

impl Source {
    /// The file that calls.
    pub(crate) fn of(caller: &'static Location<'static>, text: &'static str) -> Self {
        Source::named(caller.file(), text)
    }

    /// A file beside the one that calls.
    pub(crate) fn beside(caller: &'static Location<'static>, file: &'static str, text: &'static str) -> Self {
        let folder = Source::named(caller.file(), text).folder;
        Source { folder, file, text }
    }

    pub(crate) fn named(path: &'static str, text: &'static str) -> Self {
        let (folder, file) = path.split_at(path.rfind(['/', '\\']).map_or(0, |at| at + 1));
        Source { folder, file, text }
    }

    /// Whether a trace means this file by `src/queue/mod.rs`, which is the end of its path.
    fn is(&self, named: &str) -> bool {
        let path = format!("/{}{}", self.folder, self.file).replace('\\', "/");
        path.ends_with(&format!("/{named}"))
    }
}

impl Scenario {
    /// The line of the source that a trace names as `src/lost_increment/mod.rs:31`, without the marks of [`code`](Self::code) and the
    /// blanks before it.
    pub fn line(&self, place: &str) -> Option<&'static str> {
        let (file, number) = place.rsplit_once(':')?;
        let source = self.all_sources().find(|source| source.is(file))?;
        let line = source.text.lines().nth(number.parse::<usize>().ok()?.checked_sub(1)?)?;
        let line = line.split("// code: ").next().unwrap_or(line);
        let line = line.trim();
        Some(line.strip_suffix("// end").unwrap_or(line).trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Variant, fails};
    use selvedge::FailureKind;

    #[test]
    fn a_line_is_found_by_the_place_that_a_trace_names() {
        let scenario = Scenario::new("s", "", "F")
            .variant(Variant::naive("n", "", fails(FailureKind::Panic), || ()))
            .code("one\n    two(), // code: n\n    three // end\n")
            .code_beside("other.rs", "four\n")
            .built_on(&["n"], ("primitives/src/queue.rs", "five\n"), &[]);
        let lines = ["src/source.rs:2", "src/source.rs:3", "src/other.rs:1", "src/queue.rs:1"]
            .map(|place| scenario.line(place));
        assert_eq!(lines, [Some("two(),"), Some("three"), Some("four"), Some("five")]);
        for nowhere in [
            "src/source.rs:4",
            "src/source.rs:0",
            "rc/source.rs:1",
            "source.rs",
            "src/mod.rs:1",
        ] {
            assert_eq!(scenario.line(nowhere), None, "{nowhere}");
        }
    }
}
