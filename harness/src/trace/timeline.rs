//! The timeline: a column for every task, a row for every step, and a column for every named object
//! whose value changes.

use super::table::{Column, Table};
use super::visible::COLUMN;
use super::{RowKind, Trace};

/// Columns of a timeline that is not for a terminal.
const WIDTH: usize = 160;

/// Rows of the longest timeline that is printed whole; of a longer one, so many from either end.
const LONGEST: usize = 200;
const HEAD: usize = 30;
const TAIL: usize = 60;

impl Trace {
    /// The timeline as plain text; the middle of a very long one is left out, and one wider than 160 columns is folded as
    /// in [`timeline_within`](Self::timeline_within).
    pub fn timeline(&self) -> String {
        self.timeline_within(WIDTH)
    }

    /// The timeline in so many columns. Where it would be wider, what is still visible of older stores is left out, then
    /// objects that do not change near its end lose their columns, which is said below, then long cells are cut short, and
    /// where there is no room for a column for each task, one names the task of each row.
    pub fn timeline_within(&self, columns: usize) -> String {
        self.table(false).within(columns)
    }

    /// The timeline with the source location of every row, relative to its crate.
    pub fn detailed(&self) -> String {
        self.detailed_within(WIDTH)
    }

    /// [`detailed`](Self::detailed) in so many columns, as in [`timeline_within`](Self::timeline_within).
    pub fn detailed_within(&self, columns: usize) -> String {
        self.table(true).within(columns)
    }

    /// The timeline as wide as it is: what it says does not depend on where it is shown.
    pub(crate) fn whole(&self) -> String {
        self.table(false).layout()
    }

    /// How often a task was switched away from although it could have gone on.
    pub fn preemptions(&self) -> usize {
        self.rows.iter().filter(|r| r.kind == RowKind::Preempted).count()
    }

    /// The number that a row has in the timeline, or the last one before it if it has none; 0 where none has.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn number(&self, row: usize) -> usize {
        self.rows[..=row].iter().filter(|row| row.numbered()).count()
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

    fn table(&self, locations: bool) -> Table {
        let tasks = self.columns();
        let mut table = Table::new();
        table.column(Column::Step, "step");
        for &task in &tasks {
            table.column(Column::Task, &self.tasks[task]);
        }
        for object in &self.objects {
            let column = match object == COLUMN {
                true => Column::Visible,
                false => Column::Object,
            };
            table.column(column, object);
        }
        if locations {
            table.column(Column::Location, "where");
        }
        let mut number = 0;
        for (index, row) in self.rows.iter().enumerate() {
            if self.rows.len() > LONGEST && (HEAD..self.rows.len() - TAIL).contains(&index) {
                number += usize::from(row.numbered());
                if index == HEAD {
                    table.row()[1] = format!("… {} rows", self.rows.len() - HEAD - TAIL);
                }
                continue;
            }
            let cells = table.row();
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
        }
        table
    }
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
            standing: None,
            after: Vec::new(),
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
