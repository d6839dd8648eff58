//! A table of text, and how it is folded where it is too wide.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::parts::{Paint, Part};
use super::unnamed;
use super::wrap::wrapped;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Column {
    /// The number of the row.
    Step,
    /// What one task does.
    Task,
    /// Whose row it is, where the tasks have no columns of their own.
    Who,
    /// The value of an object.
    Object,
    /// What may be seen of objects besides their value.
    Visible,
    /// Where in the source.
    Location,
}

/// The last rows of a table, which tell how it ended: an object that changes there keeps its column.
const NEAR: usize = 12;

impl Column {
    /// How narrow it may become before objects lose their columns.
    fn generous(self) -> usize {
        match self {
            Column::Task => 40,
            _ => usize::MAX,
        }
    }

    /// How narrow it may become at all; `shared`: one column is for all tasks.
    fn narrow(self, shared: bool) -> usize {
        match self {
            Column::Task if shared => 32,
            Column::Task | Column::Who => 18,
            Column::Object => 10,
            Column::Step | Column::Location | Column::Visible => usize::MAX,
        }
    }
}

/// The text of a row in a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    part: Part,
}

impl Cell {
    pub(super) fn new(part: Part, text: impl Into<String>) -> Self {
        let text = text.into();
        Cell { text, part }
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn width(&self) -> usize {
        self.text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
    }
}

/// Cells in columns, with a header.
#[derive(Clone, Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    /// The header first.
    rows: Vec<Vec<Cell>>,
    /// The objects that have lost their columns.
    left_out: Vec<String>,
    /// Whether what is visible has lost its column.
    shows_less: bool,
}

impl Table {
    pub(super) fn new() -> Self {
        Table {
            columns: Vec::new(),
            rows: vec![Vec::new()],
            left_out: Vec::new(),
            shows_less: false,
        }
    }

    pub(super) fn column(&mut self, column: Column, name: Cell) {
        self.columns.push(column);
        self.rows[0].push(name);
    }

    /// A new row, of empty cells.
    pub(super) fn row(&mut self) -> &mut Vec<Cell> {
        self.rows.push(vec![Cell::default(); self.columns.len()]);
        self.rows.last_mut().expect("it was just pushed")
    }

    /// The table as text, folded if it is wider than so many columns.
    pub(super) fn within(self, columns: usize, paint: Paint<'_>) -> String {
        if self.width() <= columns {
            return self.layout(paint);
        }
        let (table, legend) = self.without_files();
        let fits = table.width() <= columns;
        let table = if fits { table } else { table.shortened(columns) };
        let mut notes = table.notes(columns);
        notes.extend(legend);
        let mut text = table.layout(paint);
        for line in notes.iter().flat_map(|note| wrapped(note, columns)) {
            let _ = writeln!(text, " {line}");
        }
        text
    }

    /// With all that may go left out, until it fits.
    fn shortened(self, columns: usize) -> Self {
        let table = self.without_what_is_visible();
        match table.clone().folded(columns) {
            Ok(folded) if !folded.is_ragged() => folded,
            ragged => match table.listed().folded(columns) {
                Ok(listed) => listed,
                Err(narrow) => ragged.unwrap_or(narrow),
            },
        }
    }

    /// What is left out, to be said below.
    fn notes(&self, columns: usize) -> Vec<String> {
        let mut left_out = Vec::new();
        if !self.left_out.is_empty() {
            left_out.push(format!("the values of {}", self.left_out.join(", ")));
        }
        if self.shows_less {
            left_out.push("what is still visible".to_owned());
        }
        match left_out.is_empty() {
            true => Vec::new(),
            false => vec![format!(
                "(left out to fit {columns} columns: {})",
                left_out.join(", and ")
            )],
        }
    }

    /// With the names of objects that nobody has named shortened, if they are all of one file, and what is to be said of that. Names
    /// that somebody has given stay as they are: they are what a reader thinks in.
    fn without_files(mut self) -> (Self, Option<String>) {
        let Some((file, legend)) = self.one_file() else {
            return (self, None);
        };
        for cell in self.rows.iter_mut().flatten() {
            cell.text = unnamed::without_file(&cell.text, &file);
        }
        (self, Some(legend))
    }

    /// The file of all objects that nobody has named, and what is said where it is left out.
    fn one_file(&self) -> Option<(String, String)> {
        let texts = self.rows.iter().flatten().map(|cell| cell.text.as_str());
        let mut names = texts.flat_map(unnamed::all);
        let first = names.next()?;
        let legend = format!("(names without their file: {} is {first})", first.short());
        names
            .all(|name| name.file == first.file)
            .then(|| (first.file.to_owned(), legend))
    }

    /// Whether so many cells were broken that a column for each task is no help.
    fn is_ragged(&self) -> bool {
        let broken = |row: &&Vec<Cell>| {
            let cells = row.iter().zip(&self.columns);
            let mut tasks = cells.filter(|(_, column)| **column == Column::Task);
            tasks.any(|(cell, _)| cell.text.contains('\n'))
        };
        self.rows.iter().filter(broken).count() * RAGGED > self.rows.len()
    }

    fn without_what_is_visible(mut self) -> Self {
        if let Some(column) = self.columns.iter().position(|c| *c == Column::Visible) {
            self.shows_less = true;
            self.remove(column);
        }
        self
    }

    /// Leaves out a column, and gives its header.
    fn remove(&mut self, column: usize) -> String {
        self.columns.remove(column);
        let mut cells = self.rows.iter_mut().map(|row| row.remove(column));
        let header = cells.next().unwrap_or_default();
        cells.for_each(drop);
        header.text
    }

    /// Folded to fit; as narrow as it gets if it does not.
    fn folded(mut self, columns: usize) -> Result<Self, Self> {
        // First only what is very long is cut, so that few objects have to go.
        while !self.cut_short(columns, Column::generous) {
            if !self.drop_object(NEAR) {
                break;
            }
        }
        let shared = self.columns.contains(&Column::Who);
        while !self.cut_short(columns, |column| column.narrow(shared)) {
            if !self.drop_object(0) {
                return Err(self);
            }
        }
        Ok(self)
    }

    /// Leaves out the object whose last change is furthest from the end, if it is not among the last so many rows.
    fn drop_object(&mut self, near: usize) -> bool {
        let objects = (0..self.columns.len()).filter(|&c| self.columns[c] == Column::Object);
        let changed = |c: usize| self.rows.iter().rposition(|row| !row[c].is_empty()).unwrap_or(0);
        let Some((last, column)) = objects.map(|c| (changed(c), c)).min() else {
            return false;
        };
        if last + near >= self.rows.len() {
            return false;
        }
        let name = self.remove(column);
        self.left_out.push(format!("`{name}`"));
        true
    }

    /// Breaks what tasks do into lines and cuts other long cells short, those of the widest columns first. False, and everything as it was, when columns would
    /// become narrower than they may.
    fn cut_short(&mut self, columns: usize, may_be: impl Fn(Column) -> usize) -> bool {
        let mut widths = self.widths();
        let narrow: Vec<usize> = (self.columns.iter().zip(&widths))
            .map(|(&column, &width)| width.min(may_be(column)))
            .collect();
        if total(&narrow) > columns {
            return false;
        }
        while total(&widths) > columns {
            let can = (0..widths.len()).filter(|&c| widths[c] > narrow[c]);
            let widest = can.max_by_key(|&c| (widths[c], c)).expect("they fit if all are narrow");
            widths[widest] -= 1;
        }
        for row in &mut self.rows {
            for ((cell, &width), column) in row.iter_mut().zip(&widths).zip(&self.columns) {
                if cell.width() > width {
                    cell.text = match column {
                        Column::Task => broken(&cell.text, width),
                        _ => cell
                            .text
                            .lines()
                            .map(|line| cut(line, width))
                            .collect::<Vec<_>>()
                            .join("\n"),
                    };
                }
            }
        }
        true
    }

    /// The same rows with one column for all tasks, and one that names them.
    fn listed(&self) -> Self {
        let first = self.columns.iter().position(|c| *c == Column::Task).unwrap_or(1);
        let tasks = self.columns.iter().filter(|c| **c == Column::Task).count();
        let mut listed = Table {
            shows_less: self.shows_less,
            ..Table::new()
        };
        listed.columns.extend(&self.columns[..first]);
        listed.columns.extend([Column::Who, Column::Task]);
        listed.columns.extend(&self.columns[first + tasks..]);
        listed.rows.clear();
        for (at, row) in self.rows.iter().enumerate() {
            let mut cells = row[..first].to_vec();
            let task = (first..first + tasks).find(|&c| !row[c].is_empty());
            match task {
                _ if at == 0 => cells.extend(["task", "what"].map(|name| Cell::new(Part::Plain, name))),
                Some(task) => {
                    // A mark between two rows belongs to nobody.
                    let marks = row[task].text.starts_with("── clock") || row[task].text.starts_with('…');
                    let who = if marks {
                        Cell::default()
                    } else {
                        self.rows[0][task].clone()
                    };
                    cells.extend([who, row[task].clone()]);
                }
                None => cells.extend([Cell::default(), Cell::default()]),
            }
            cells.extend_from_slice(&row[first + tasks..]);
            listed.rows.push(cells);
        }
        listed
    }

    fn width(&self) -> usize {
        total(&self.widths())
    }

    fn widths(&self) -> Vec<usize> {
        (0..self.columns.len())
            .map(|c| self.rows.iter().map(|row| row[c].width()).max().unwrap_or(0))
            .collect()
    }

    /// Aligns cells in columns, numbers to the right, and leaves no blanks at the ends of lines.
    pub(super) fn layout(&self, paint: Paint<'_>) -> String {
        let widths = self.widths();
        let mut out = String::new();
        for row in &self.rows {
            // A cell of several lines (a value printed with `{:#?}`, say) keeps them, in its column.
            let height = row
                .iter()
                .map(|cell| cell.text.lines().count())
                .max()
                .unwrap_or(0)
                .max(1);
            for line in 0..height {
                let mut blanks = 0;
                for (column, cell) in row.iter().enumerate() {
                    let text = cell.text.lines().nth(line).unwrap_or_default().trim_end();
                    let pad = widths[column] - text.width();
                    let (before, after) = match self.columns[column] {
                        Column::Step => (1 + pad, 0),
                        _ => (2, pad),
                    };
                    blanks += before;
                    if !text.is_empty() {
                        out.extend(std::iter::repeat_n(' ', blanks));
                        out.push_str(&paint(cell.part, text));
                        blanks = 0;
                    }
                    blanks += after;
                }
                out.push('\n');
            }
        }
        out
    }
}

/// How wide a table of such columns is.
fn total(widths: &[usize]) -> usize {
    // One blank before the first, two before the others.
    widths.iter().map(|width| width + 2).sum::<usize>().saturating_sub(1)
}

/// One of so many rows may be broken before there is one column for all tasks.
const RAGGED: usize = 5;

/// Lines of a cell that was broken, at most.
const LINES: usize = 4;

/// The text in lines of at most so many columns, broken at blanks if there are any; the lines after the first are indented.
fn broken(text: &str, width: usize) -> String {
    let options = textwrap::Options::new(width).subsequent_indent("  ");
    let lines = text.lines().flat_map(|line| textwrap::wrap(line, &options));
    let mut lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    if lines.len() > LINES {
        let rest = lines.split_off(LINES - 1).join(" ");
        lines.push(cut(&rest, width));
    }
    lines.join("\n")
}

/// The beginning of a text, in at most so many columns, with a mark where it is cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let mut short: String = text
        .chars()
        .take_while(|c| {
            let wide = c.width().unwrap_or(0);
            let fits = wide <= left;
            left = left.saturating_sub(wide);
            fits
        })
        .collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::parts::plain;

    fn table(tasks: usize, objects: &[(&str, usize)], rows: usize, text: &str) -> Table {
        let mut table = Table::new();
        let cell = |text: &str| Cell::new(Part::Plain, text);
        table.column(Column::Step, cell("step"));
        for task in 0..tasks {
            table.column(Column::Task, cell(&format!("task-{task}")));
        }
        for (name, _) in objects {
            table.column(Column::Object, cell(name));
        }
        for at in 1..=rows {
            let row = table.row();
            row[0] = cell(&at.to_string());
            row[1 + at % tasks] = cell(text);
            for (object, (_, changes)) in objects.iter().enumerate() {
                if at == *changes {
                    row[1 + tasks + object] = cell("its value");
                }
            }
        }
        table
    }

    fn widest(text: &str) -> usize {
        text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
    }

    #[test]
    fn a_table_that_fits_is_not_touched() {
        let table = table(3, &[("early", 1), ("late", 30)], 30, "lock queue");
        let whole = table.layout(&plain);
        assert_eq!(table.clone().within(widest(&whole), &plain), whole);
        assert_eq!(table.within(1_000, &plain), whole);
    }

    #[test]
    fn objects_that_do_not_change_near_the_end_go_first_and_are_named() {
        let table = table(3, &[("early", 1), ("middle", 10), ("late", 30)], 30, "lock queue");
        let width = widest(&table.layout(&plain));
        let text = table.clone().within(width - 1, &plain);
        assert!(text.ends_with(&format!(
            "(left out to fit {} columns: the values of `early`)\n",
            width - 1
        )));
        assert!(
            text.contains("middle") && text.contains("late") && !text.contains('…'),
            "{text}"
        );
        let text = table.within(width - 12, &plain);
        assert!(text.contains("the values of `early`, `middle`)"), "{text}");
        assert!(text.lines().next().unwrap().contains("late"), "{text}");
    }

    #[test]
    fn long_values_are_cut_in_columns_of_the_screen_and_not_in_letters() {
        // Letters that are two columns wide, and one of no width.
        for text in [
            "値が変わりました、もう一度確かめます",
            "e\u{301}e\u{301} a rather long text for a cell",
        ] {
            for width in [48, 49, 50, 51] {
                let mut table = table(2, &[("late", 30)], 30, "lock queue");
                table.rows[30][3] = Cell::new(Part::Plain, text);
                let text = table.within(width, &plain);
                assert!(widest(&text) <= width, "{text}");
                assert!(text.contains('…') && text.contains("late"), "{text}");
            }
        }
    }

    #[test]
    fn names_that_nobody_gave_lose_their_file_first() {
        let mut table = table(2, &[("late", 30)], 30, "lock Mutex@lib.rs:24");
        let width = widest(&table.layout(&plain));
        let text = table.clone().within(width - 10, &plain);
        assert!(
            text.contains("  lock Mutex:24  ") || text.contains("  lock Mutex:24\n"),
            "{text}"
        );
        assert!(text.contains("late") && !text.contains("left out"), "{text}");
        assert!(
            text.replace("\n  ", "")
                .ends_with(" (names without their file: Mutex:24 is Mutex@lib.rs:24)\n"),
            "{text}"
        );
        // Of two files, none.
        table.rows[7][1] = Cell::new(Part::Task(0), "lock Mutex@main.rs:24");
        let text = table.within(width - 10, &plain);
        assert!(
            text.contains("Mutex@main.rs:24") && !text.contains("without their file"),
            "{text}"
        );
    }

    #[test]
    fn what_tasks_do_is_broken_and_stays_whole() {
        let long = "compare_exchange head: from 3 to 4 ➜ Err(3)";
        let mut table = table(2, &[], 30, "lock queue");
        table.rows[7][1] = Cell::new(Part::Task(0), long);
        let text = table.clone().within(56, &plain);
        assert!(widest(&text) <= 56 && !text.contains('…'), "{text}");
        let words: Vec<_> = text.split_whitespace().collect();
        assert!(long.split_whitespace().all(|word| words.contains(&word)), "{text}");
        // Where that would be the rule, there is one column for all tasks.
        for row in &mut table.rows[1..] {
            row[1] = Cell::new(Part::Task(0), long);
        }
        let text = table.within(56, &plain);
        assert!(
            text.lines().next().unwrap_or_default().contains("task    what"),
            "{text}"
        );
    }

    #[test]
    fn many_tasks_share_a_column_and_every_row_says_whose_it_is() {
        let table = table(12, &[("late", 30)], 30, "compare_exchange head ➜ Err(3)");
        let text = table.within(80, &plain);
        assert!(widest(&text) <= 80, "{text}");
        let mut lines = text.lines();
        let header: Vec<_> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(header, ["step", "task", "what", "late"]);
        assert!(
            lines
                .next()
                .unwrap()
                .starts_with("    1  task-1   compare_exchange head ➜ Err(3)")
        );
        assert_eq!(text.lines().count(), 31);
    }

    #[test]
    fn nothing_is_too_narrow() {
        let table = table(12, &[("late", 30)], 30, "compare_exchange head ➜ Err(3)");
        for width in 0..200 {
            let text = table.clone().within(width, &plain);
            assert_eq!(text.lines().filter(|line| line.contains("comp")).count(), 30, "{text}");
            assert!(width < 60 || widest(&text) <= width, "{width}\n{text}");
        }
    }
}
