//! The timeline: a column for every task, a row for every step, and a column for every named object
//! whose value changes.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{RowKind, Trace};

/// Rows of the longest timeline that is printed whole; of a longer one, so many from either end.
const LONGEST: usize = 200;
const HEAD: usize = 30;
const TAIL: usize = 60;

impl Trace {
    /// The timeline as plain text; the middle of a very long one is left out.
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
                self.rows
                    .iter()
                    .any(|r| r.task == t && r.kind != RowKind::Clock && !r.text.is_empty())
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
        for (index, row) in self.rows.iter().enumerate() {
            if self.rows.len() > LONGEST && (HEAD..self.rows.len() - TAIL).contains(&index) {
                number += usize::from(row.numbered());
                if index == HEAD {
                    let mut cells = vec![String::new(); table[0].len()];
                    cells[1] = format!("… {} rows", self.rows.len() - HEAD - TAIL);
                    table.push(cells);
                }
                continue;
            }
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
        .map(|c| {
            table
                .iter()
                .map(|row| row[c].lines().map(UnicodeWidthStr::width).max().unwrap_or(0))
                .max()
                .unwrap_or(0)
        })
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
                let _ = if column == 0 {
                    write!(text, " {pad}{cell}")
                } else {
                    write!(text, "  {cell}{pad}")
                };
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::trace::{Row, RowKind, Trace};

    fn trace(rows: usize) -> Trace {
        let row = |n| Row {
            kind: RowKind::Step,
            task: 0,
            text: format!("step {n}"),
            values: Vec::new(),
            location: None,
        };
        Trace {
            tasks: vec!["main".to_owned()],
            objects: Vec::new(),
            rows: (1..=rows).map(row).collect(),
        }
    }

    #[test]
    fn a_long_timeline_keeps_its_ends_and_its_numbers() {
        assert_eq!(trace(200).timeline().lines().count(), 201);
        let long = trace(10_000).timeline();
        assert_eq!(long.lines().count(), 1 + 30 + 1 + 60);
        assert!(long.contains("… 9910 rows"), "{long}");
        assert!(long.ends_with("10000  step 10000\n"), "{long}");
    }
}
