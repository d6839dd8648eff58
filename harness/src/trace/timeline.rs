//! The timeline: a column for every task, a row for every step, and a column for every named object
//! whose value changes.

use super::folding::Line;
use super::parts::{Paint, Part, plain};
use super::table::{Cell, Column, Table};
use super::visible::COLUMN;
use super::{RowKind, Trace};

/// Columns of a timeline that is not for a terminal.
const WIDTH: usize = 160;

/// Rows of the longest timeline that is printed whole; of a longer one, so many from either end.
const LONGEST: usize = 200;
const HEAD: usize = 30;
const TAIL: usize = 60;

impl Trace {
    /// The timeline as plain text. A lock that is taken and given back at once has one line, with what is done under it; the
    /// middle of a very long one is left out, and one wider than 160 columns is folded as in
    /// [`timeline_within`](Self::timeline_within).
    pub fn timeline(&self) -> String {
        self.timeline_within(WIDTH)
    }

    /// The timeline in so many columns. Where it would be wider, objects that nobody has named are called by their type and line
    /// alone, if they are of one file; then what is still visible of older stores is left out, then objects that do not change near
    /// its end lose their columns, then long cells are broken or cut short, and where there is no room for a column for each task, one
    /// names the task of each row. What is shortened or left out is said below.
    pub fn timeline_within(&self, columns: usize) -> String {
        self.painted_within(columns, &plain)
    }

    /// [`timeline_within`](Self::timeline_within) with each part printed as `paint` says, which must not make it wider: codes of a
    /// terminal's colours take no room.
    pub fn painted_within(&self, columns: usize, paint: Paint<'_>) -> String {
        self.table(&self.lines(), false).within(columns, paint)
    }

    /// A row for every step, with its source location, relative to its crate.
    pub fn detailed(&self) -> String {
        self.detailed_within(WIDTH)
    }

    /// [`detailed`](Self::detailed) in so many columns.
    pub fn detailed_within(&self, columns: usize) -> String {
        self.table(&self.unfolded(), true).within(columns, &plain)
    }

    /// The timeline as wide and as long as it is: what it says does not depend on how it is shown.
    pub(crate) fn whole(&self) -> String {
        self.table(&self.unfolded(), false).layout(&plain)
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

    fn table(&self, lines: &[Line], locations: bool) -> Table {
        let tasks = self.columns();
        let mut table = Table::new();
        table.column(Column::Step, Cell::new(Part::Plain, "step"));
        for &task in &tasks {
            table.column(Column::Task, Cell::new(Part::Task(task), &self.tasks[task]));
        }
        for object in &self.objects {
            let column = match object == COLUMN {
                true => Column::Visible,
                false => Column::Object,
            };
            table.column(column, Cell::new(Part::Plain, object));
        }
        if locations {
            table.column(Column::Location, Cell::new(Part::Plain, "where"));
        }
        for (index, line) in lines.iter().enumerate() {
            if lines.len() > LONGEST && (HEAD..lines.len() - TAIL).contains(&index) {
                if index == HEAD {
                    table.row()[1] = Cell::new(Part::Plain, format!("… {} rows", lines.len() - HEAD - TAIL));
                }
                continue;
            }
            let cells = table.row();
            if let Some((first, last)) = line.steps {
                cells[0] = Cell::new(Part::Steps(first, last), line.numbers());
            }
            let column = tasks.iter().position(|&t| t == line.task).map_or(1, |at| at + 1);
            cells[column] = match line.kind {
                RowKind::Preempted => Cell::new(Part::Switch, format!("── {} ──", line.text)),
                RowKind::Clock => Cell::new(Part::Switch, format!("── clock: {} ──", line.text)),
                _ => Cell::new(Part::Task(line.task), &line.text),
            };
            for (object, value) in &line.values {
                cells[1 + tasks.len() + object] = Cell::new(Part::Plain, value);
            }
            if locations && let (Some(location), Some(cell)) = (&line.location, cells.last_mut()) {
                *cell = Cell::new(Part::Plain, location);
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
