//! Names of objects that nobody has named, as they stand in a text: `Mutex@lib.rs:24`, which is its type and where it was made.

use std::fmt;

/// Such a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unnamed<'a> {
    kind: &'a str,
    pub(super) file: &'a str,
    line: &'a str,
}

impl Unnamed<'_> {
    /// Without the file: `Mutex:24`.
    pub(super) fn short(&self) -> String {
        format!("{}:{}", self.kind, self.line)
    }
}

impl fmt::Display for Unnamed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}", self.kind, self.file, self.line)
    }
}

/// Those that stand in a text, in order.
pub(super) fn all(text: &str) -> impl Iterator<Item = Unnamed<'_>> {
    text.match_indices('@').filter_map(|(at, _)| {
        let in_kind = |c: char| c.is_alphanumeric() || c == '_';
        let before = &text[..at];
        let kind = &before[before.trim_end_matches(in_kind).len()..];
        let (file, after) = text[at + 1..].split_once(':')?;
        let in_file = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let line = &after[..after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len()];
        let fits = !kind.is_empty() && file.ends_with(".rs") && file.chars().all(in_file) && !line.is_empty();
        fits.then_some(Unnamed { kind, file, line })
    })
}

/// The text with the names of this file shortened.
pub(super) fn without_file(text: &str, file: &str) -> String {
    let mut short = text.to_owned();
    for name in all(text).filter(|name| name.file == file) {
        short = short.replace(&name.to_string(), &name.short());
    }
    short
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn names_are_found_wherever_they_stand_and_nothing_else_is_one() {
        let text = "lock Mutex@lib.rs:24#2, mail me@home, `A@b.rs`, @lib.rs:1, Condvar@a-b.rs:7 ➜ nobody waits";
        let found: Vec<_> = all(text).map(|name| (name.to_string(), name.short())).collect();
        let expected = [("Mutex@lib.rs:24", "Mutex:24"), ("Condvar@a-b.rs:7", "Condvar:7")];
        assert_eq!(found, expected.map(|(name, short)| (name.to_owned(), short.to_owned())));
    }
}
