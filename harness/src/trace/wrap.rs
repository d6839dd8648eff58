//! A sentence in lines that fit.

/// The line in lines of so many columns less one, at least 20, broken at blanks alone; those that follow are indented by two more.
pub(crate) fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let text = line.trim_start();
    let indent = " ".repeat(line.len() - text.len());
    let rest = format!("{indent}  ");
    let options = textwrap::Options::new(columns.saturating_sub(1).max(20))
        .initial_indent(&indent)
        .subsequent_indent(&rest)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options);
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}
