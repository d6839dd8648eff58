//! A table of text, and how it is folded where it is too wide.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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

/// Cells in columns, with a header.
#[derive(Clone, Debug)]
pub(super) struct Table {
    columns: Vec<Column>,
    /// The header first.
    rows: Vec<Vec<String>>,
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

    pub(super) fn column(&mut self, column: Column, name: &str) {
        self.columns.push(column);
        self.rows[0].push(name.to_owned());
    }

    /// A new row, of empty cells.
    pub(super) fn row(&mut self) -> &mut Vec<String> {
        self.rows.push(vec![String::new(); self.columns.len()]);
        self.rows.last_mut().expect("it was just pushed")
    }

    /// The table as text, folded if it is wider than so many columns.
    pub(super) fn within(self, columns: usize) -> String {
        if self.width() <= columns {
            return self.layout();
        }
        let table = self.without_what_is_visible();
        let folded = table.clone().folded(columns);
        let folded = folded.or_else(|_| table.listed().folded(columns));
        let table = folded.unwrap_or_else(|narrow| narrow);
        let mut left_out = Vec::new();
        if !table.left_out.is_empty() {
            left_out.push(format!("the values of {}", table.left_out.join(", ")));
        }
        if table.shows_less {
            left_out.push("what is still visible".to_owned());
        }
        let mut text = table.layout();
        if !left_out.is_empty() {
            let _ = writeln!(
                text,
                " (left out to fit {columns} columns: {})",
                left_out.join(", and ")
            );
        }
        text
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
        header
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

    /// Cuts long cells short, those of the widest columns first. False, and everything as it was, when columns would
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
            for (cell, &width) in row.iter_mut().zip(&widths) {
                if cell.lines().any(|line| line.width() > width) {
                    let lines: Vec<String> = cell.lines().map(|line| cut(line, width)).collect();
                    *cell = lines.join("\n");
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
                _ if at == 0 => cells.extend(["task".to_owned(), "what".to_owned()]),
                Some(task) => {
                    // A mark between two rows belongs to nobody.
                    let marks = row[task].starts_with("── clock") || row[task].starts_with('…');
                    let who = if marks {
                        String::new()
                    } else {
                        self.rows[0][task].clone()
                    };
                    cells.extend([who, row[task].clone()]);
                }
                None => cells.extend([String::new(), String::new()]),
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
        let width = |cell: &String| cell.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
        (0..self.columns.len())
            .map(|c| self.rows.iter().map(|row| width(&row[c])).max().unwrap_or(0))
            .collect()
    }

    /// Aligns cells in columns, numbers to the right, and leaves no blanks at the ends of lines.
    pub(super) fn layout(&self) -> String {
        let widths = self.widths();
        let mut out = String::new();
        for row in &self.rows {
            // A cell of several lines (a value printed with `{:#?}`, say) keeps them, in its column.
            let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
            for line in 0..height {
                let mut text = String::new();
                for (column, cell) in row.iter().enumerate() {
                    let cell = cell.lines().nth(line).unwrap_or("");
                    let pad = " ".repeat(widths[column] - cell.width());
                    let _ = match self.columns[column] {
                        Column::Step => write!(text, " {pad}{cell}"),
                        _ => write!(text, "  {cell}{pad}"),
                    };
                }
                out.push_str(text.trim_end());
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

    fn table(tasks: usize, objects: &[(&str, usize)], rows: usize, text: &str) -> Table {
        let mut table = Table::new();
        table.column(Column::Step, "step");
        for task in 0..tasks {
            table.column(Column::Task, &format!("task-{task}"));
        }
        for (name, _) in objects {
            table.column(Column::Object, name);
        }
        for at in 1..=rows {
            let row = table.row();
            row[0] = at.to_string();
            row[1 + at % tasks] = text.to_owned();
            for (object, (_, changes)) in objects.iter().enumerate() {
                if at == *changes {
                    row[1 + tasks + object] = "its value".to_owned();
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
        let whole = table.layout();
        assert_eq!(table.clone().within(widest(&whole)), whole);
        assert_eq!(table.within(1_000), whole);
    }

    #[test]
    fn objects_that_do_not_change_near_the_end_go_first_and_are_named() {
        let table = table(3, &[("early", 1), ("middle", 10), ("late", 30)], 30, "lock queue");
        let width = widest(&table.layout());
        let text = table.clone().within(width - 1);
        assert!(text.ends_with(&format!(
            "(left out to fit {} columns: the values of `early`)\n",
            width - 1
        )));
        assert!(
            text.contains("middle") && text.contains("late") && !text.contains('…'),
            "{text}"
        );
        let text = table.within(width - 12);
        assert!(text.contains("the values of `early`, `middle`)"), "{text}");
        assert!(text.lines().next().unwrap().contains("late"), "{text}");
    }

    #[test]
    fn long_cells_are_cut_in_columns_of_the_screen_and_not_in_letters() {
        // Letters that are two columns wide, and one of no width.
        for text in [
            "値が変わりました、もう一度確かめます",
            "e\u{301}e\u{301} a rather long text for a cell",
        ] {
            for width in [60, 61, 62, 63] {
                let table = table(2, &[("late", 30)], 30, text);
                let text = table.within(width);
                assert!(widest(&text) <= width, "{text}");
                assert!(text.contains('…') && text.contains("late"), "{text}");
            }
        }
    }

    #[test]
    fn many_tasks_share_a_column_and_every_row_says_whose_it_is() {
        let table = table(12, &[("late", 30)], 30, "compare_exchange head ➜ Err(3)");
        let text = table.within(80);
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
            let text = table.clone().within(width);
            assert_eq!(text.lines().filter(|line| line.contains("comp")).count(), 30, "{text}");
            assert!(width < 60 || widest(&text) <= width, "{width}\n{text}");
        }
    }
}
