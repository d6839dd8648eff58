//! Markdown for a terminal: paragraphs wrapped at words, tables in columns, code set off, and no marks left over.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::paint::{CODE, FAINT, STRONG, paint, wrap};

/// The blanks on both sides of a cell.
const PADDING: usize = 2;

/// The text, for a terminal of `width` columns, with colours in it. Code stays as it is, however wide.
pub fn lesson(markdown: &str, width: usize) -> String {
    let mut page = Page {
        width,
        out: String::new(),
        text: String::new(),
        margin: Vec::new(),
        lists: Vec::new(),
        code: None,
        table: None,
        plain: false,
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(markdown, options) {
        page.event(event);
    }
    page.out
}

struct Page {
    width: usize,
    out: String,
    /// The block that is being read.
    text: String,
    /// What the next line begins with, and those after it; one for each list or quotation around.
    margin: Vec<(String, String)>,
    /// The number of the next item, or nothing for bullets; one for each list around.
    lists: Vec<Option<u64>>,
    /// The language of the block of code that is being read.
    code: Option<String>,
    table: Option<Cells>,
    /// No colours: a table measures its cells itself.
    plain: bool,
}

#[derive(Default)]
struct Cells {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(code) if self.plain => self.text.push_str(&code),
            Event::Code(code) => self.text.push_str(&paint(CODE, &code)),
            Event::SoftBreak => self.text.push(' '),
            Event::HardBreak => self.text.push('\n'),
            Event::Rule => {
                self.gap();
                self.line(&paint(FAINT, &"─".repeat(self.width)));
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text.push_str(&text),
            // Not enabled.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::CodeBlock(kind) => {
                self.block();
                self.code = Some(match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                });
            }
            Tag::List(first) => {
                self.block();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                };
                let rest = " ".repeat(mark.chars().count());
                self.margin.push((mark, rest));
            }
            Tag::BlockQuote(_) => self.margin.push(("│ ".to_owned(), "│ ".to_owned())),
            Tag::Emphasis if !self.plain => self.text.push_str("\u{1b}[3m"),
            Tag::Strong if !self.plain => self.text.push_str("\u{1b}[1m"),
            Tag::Table(alignments) => {
                self.plain = true;
                self.table = Some(Cells {
                    alignments,
                    rows: Vec::new(),
                });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.block(),
            TagEnd::Heading(level) => {
                let text = std::mem::take(&mut self.text);
                let rule = match level {
                    HeadingLevel::H1 => "═",
                    _ => "─",
                };
                self.gap();
                self.line(&paint(STRONG, &text));
                self.line(&paint(
                    FAINT,
                    &rule.repeat(textwrap::core::display_width(&text).min(self.width)),
                ));
            }
            TagEnd::CodeBlock => {
                let (text, language) = (std::mem::take(&mut self.text), self.code.take());
                self.gap();
                for line in text.lines() {
                    let line = match language.as_deref() {
                        Some("text") => line.to_owned(),
                        _ => paint(CODE, line),
                    };
                    self.line(&format!("  {line}"));
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => {
                self.block();
                self.margin.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.margin.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong if !self.plain => self.text.push_str("\u{1b}[0m"),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.text);
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                self.plain = false;
                if let Some(table) = self.table.take() {
                    self.gap();
                    let is_right = |column: &usize| table.alignments[*column] == Alignment::Right;
                    let right: Vec<usize> = (0..table.alignments.len()).filter(is_right).collect();
                    self.out.push_str(&columns(&table.rows, &right, self.width));
                }
            }
            _ => {}
        }
    }

    /// Ends a paragraph or an item.
    fn block(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        // The items of a list follow each other without a gap.
        let is_item = self.margin.last().is_some_and(|(first, rest)| first != rest);
        if self.lists.is_empty() || !is_item {
            self.gap();
        }
        for part in text.lines() {
            let (first, rest) = self.indents();
            for line in wrap(part, self.width, &first, &rest) {
                self.out.push_str(&line);
                self.out.push('\n');
            }
        }
    }

    /// The margins of a line and of those after it. A mark is used once.
    fn indents(&mut self) -> (String, String) {
        let first = self.margin.iter().map(|(first, _)| &**first).collect();
        for (first, rest) in &mut self.margin {
            first.clone_from(rest);
        }
        (first, self.margin.iter().map(|(_, rest)| &**rest).collect())
    }

    fn line(&mut self, text: &str) {
        let (first, _) = self.indents();
        self.out.push_str(format!("{first}{text}").trim_end());
        self.out.push('\n');
    }

    fn gap(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }
}

/// Rows in aligned columns, the first row a heading; the columns in `right` are aligned to the right. Cells are wrapped at
/// words if the whole is too wide, and colours must not be in them.
pub fn columns(rows: &[Vec<String>], right: &[usize], width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for row in rows {
        table.add_row(row);
    }
    // A column is as wide as its longest word, so that no word is broken as long as all of them have room.
    let longest = |number: usize| {
        let words = rows
            .iter()
            .filter_map(|row| row.get(number))
            .flat_map(|cell| cell.split(' '));
        words.map(textwrap::core::display_width).max().unwrap_or(0) + PADDING
    };
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    if (0..count).map(longest).sum::<usize>() <= width {
        for number in 0..count {
            if let (Some(column), Ok(longest)) = (table.column_mut(number), u16::try_from(longest(number))) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(longest)));
            }
        }
    }
    for number in right {
        if let Some(column) = table.column_mut(*number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = String::new();
    for (number, line) in table.lines().enumerate() {
        let line = line.trim_end();
        match number {
            0 => out.push_str(&paint(STRONG, line)),
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    const TEXT: &str = "\
# A *lesson*

Two threads add **one** to `counter`, and this line is long enough to be broken somewhere, at a blank and nowhere else.

* the first item, which is also longer than what fits on one line of this narrow terminal
* the second
  1. nested

```rust
let value = counter.load(SeqCst);
```

| variant | interleavings | |
| --- | --: | --- |
| `load-then-store` | 4 | half of its interleavings lose an increment, and a cell as long as this one is wrapped |
| `fetch-add` | 2 | all of them end at 2 |

> quoted
";

    fn plain(width: usize) -> String {
        let mut out = lesson(TEXT, width);
        for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[3m", "\u{1b}[36m"] {
            out = out.replace(code, "");
        }
        out
    }

    #[test]
    fn a_lesson_is_set_for_the_terminal() {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(plain(60));
        });
    }

    #[test]
    fn a_long_text_beside_it_breaks_no_word_of_a_column() {
        let name = "evict-whatever-is-stored-and-then-some";
        let rows = [[
            name,
            "fixed",
            "verified",
            &"once the row is there, whoever inserted it ".repeat(9),
        ]];
        let text = columns(&rows.map(|row| row.map(str::to_owned).to_vec()), &[], 80);
        assert!(text.contains(name), "{text}");
        assert!(
            text.lines().count() > 5 && text.lines().skip(1).all(|line| line.width() <= 80),
            "{text}"
        );
    }

    #[test]
    fn no_line_is_too_wide_and_no_mark_is_left() {
        for width in [40, 60, 80, 120] {
            let text = plain(width);
            for line in text.lines() {
                assert!(line.width() <= width, "{width}: {line}");
            }
            for mark in ["**", "```", "`", "| ", "# "] {
                assert!(!text.contains(mark), "{mark} in {text}");
            }
        }
    }
}
