//! Words of a program on their way to a terminal, a page or a file: nobody may command it by them, or fill it.

use std::borrow::Cow;

/// The longest name that is shown whole, in characters.
const LONGEST_NAME: usize = 80;

/// The longest text of a row, in characters.
const LONGEST_TEXT: usize = 2_000;

/// Whether a terminal or a reader is led astray by the character: controls, line and paragraph ends, and what turns the
/// direction of writing.
fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text with what misleads in the notation of Rust; lines stay lines if `lines` says so.
fn plain(text: &str, lines: bool) -> Cow<'_, str> {
    let kept = |c: char| lines && c == '\n';
    if !text.contains(|c| misleads(c) && !kept(c)) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if misleads(c) && !kept(c) {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// The name of a task, an object or a check, in one line of bounded length. Names that differ still do.
pub(crate) fn name(full: &str) -> Cow<'_, str> {
    let name = plain(full, false);
    let Some((end, _)) = name.char_indices().nth(LONGEST_NAME) else {
        return name;
    };
    // FNV-1a.
    let digest = full
        .bytes()
        .fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    Cow::Owned(format!("{}…{digest:08x}", &name[..end]))
}

/// The text of a row, or a value: lines stay, and of very many characters the first.
pub(crate) fn text(text: String) -> String {
    let mut text = match plain(&text, true) {
        Cow::Borrowed(_) => text,
        Cow::Owned(plain) => plain,
    };
    if text.len() > LONGEST_TEXT
        && let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT)
    {
        let left = text[end..].chars().count();
        text.truncate(end);
        text.push_str(&format!("… {left} more characters"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{name, text};

    #[test]
    fn what_commands_a_terminal_is_written_out() {
        assert_eq!(
            name("\u{1b}[31mred\r\n\tbell\u{7}\u{202e}"),
            "\\u{1b}[31mred\\r\\n\\tbell\\u{7}\\u{202e}"
        );
        assert_eq!(text("two\nlines\u{9b}2J".to_owned()), "two\nlines\\u{9b}2J");
        assert_eq!(name("größe 漢字 🧵"), "größe 漢字 🧵");
    }

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let long = |end: &str| name(&("x".repeat(10_000) + end)).into_owned();
        assert_ne!(long("a"), long("b"));
        assert_eq!(long("a").chars().count(), 89);
        assert_eq!(
            text("y".repeat(5_000)).chars().count(),
            2_000 + "… 3000 more characters".chars().count()
        );
    }
}
