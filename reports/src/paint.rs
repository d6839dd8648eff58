//! Colours of what people read on a terminal. Text comes out of here with the codes in it; whoever prints it takes
//! them out where they are not wanted.

use anstyle::{AnsiColor, Style};

/// Headings and names.
pub const STRONG: Style = Style::new().bold();
/// What is beside the point: times, switches, frames.
pub const FAINT: Style = Style::new().dimmed();
/// As expected.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Not as expected, or a failure.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Not run.
pub const SKIPPED: Style = AnsiColor::Yellow.on_default();
/// Code.
pub const CODE: Style = AnsiColor::Cyan.on_default();

/// What tasks do, in the order they were spawned; then from the start. Red and yellow stand for something else.
pub const TASKS: [Style; 4] = [
    Style::new(),
    AnsiColor::Cyan.on_default(),
    AnsiColor::Magenta.on_default(),
    AnsiColor::Blue.on_default(),
];

/// The text in a style.
pub fn paint(style: Style, text: &str) -> String {
    if text.is_empty() || style.is_plain() {
        return text.to_owned();
    }
    format!("{style}{text}{style:#}")
}

/// The text in lines of at most `width` columns, broken at blanks only; the first one begins with `first`, the
/// others with `rest`. A word that is longer than a line stays whole.
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options)
        .into_iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_broken_at_their_hyphens_and_colours_take_no_room() {
        let name = paint(CODE, "lost-increment/load-then-store");
        let lines = wrap(&format!("see {name} again"), 36, "- ", "  ");
        assert_eq!(lines, [format!("- see {name}"), "  again".to_owned()]);
    }
}
