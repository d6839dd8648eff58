//! The timeline: a column for every task, a row for every step, and a column for every named object
//! whose value changes.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{RowKind, Trace};

impl Trace {
    /// The timeline as plain text.
    pub fn timeline(&self) -> String {
        self.render(false)
    }

    /// The timeline with the source location of every row, relative to its crate.
    pub fn detailed(&self) -> String {
        self.render(true)
    }

    /// How often a task was switched away from although it could have gone on.
    pub fn preemptions(&self) -> usize {
        self.rows.iter().filter(|r| r.kind == RowKind::Preempted).count()
    }

    /// The tasks that have a column: those with a row, in order of spawning.
    pub fn columns(&self) -> Vec<usize> {
        (0..self.tasks.len())
            .filter(|&t| {
                self.rows.iter().any(|r| r.task == t && r.kind != RowKind::Clock && !r.text.is_empty())
            })
            .collect()
    }

    fn render(&self, locations: bool) -> String {
        let tasks = self.columns();
        let mut header = vec!["step".to_owned()];
        header.extend(tasks.iter().map(|&t| self.tasks[t].clone()));
        header.extend(self.objects.iter().cloned());
        if locations {
            header.push("where".to_owned());
        }
        let mut table = vec![header];
        let mut number = 0;
        for row in &self.rows {
            let mut cells = vec![String::new(); table[0].len()];
            if row.numbered() {
                number += 1;
                cells[0] = number.to_string();
            }
            let column = tasks.iter().position(|&t| t == row.task).map_or(1, |at| at + 1);
            cells[column] = match row.kind {
                RowKind::Preempted => format!("── {} ──", row.text),
                RowKind::Clock => format!("── clock: {} ──", row.text),
                _ => row.text.clone(),
            };
            for (object, value) in &row.values {
                cells[1 + tasks.len() + object].clone_from(value);
            }
            if locations && let (Some(location), Some(cell)) = (&row.location, cells.last_mut()) {
                cell.clone_from(location);
            }
            table.push(cells);
        }
        layout(&table)
    }
}

/// Aligns cells in columns, numbers to the right, and leaves no blanks at the ends of lines.
fn layout(table: &[Vec<String>]) -> String {
    let columns = table.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|c| table.iter().map(|row| row[c].lines().map(UnicodeWidthStr::width).max().unwrap_or(0)).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in table {
        // A cell of several lines (a value printed with `{:#?}`, say) keeps them, in its column.
        let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
        for line in 0..height {
            let mut text = String::new();
            for (column, cell) in row.iter().enumerate() {
                let cell = cell.lines().nth(line).unwrap_or("");
                let pad = " ".repeat(widths[column] - cell.width());
                let _ = if column == 0 { write!(text, " {pad}{cell}") } else { write!(text, "  {cell}{pad}") };
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
    }
    out
}
