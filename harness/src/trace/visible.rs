//! What tasks may still see of atomics, where that is not the latest store alone.
//!
//! It is noted after every row, and told of those only who look later: that somebody may see an old value matters to nobody
//! if he never does.

use std::collections::BTreeMap;

use super::rows::Row;

/// The column of its own that this has.
pub(super) const COLUMN: &str = "still visible";

/// The stores that a load may see, by their numbers, as they follow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visible {
    pub(crate) relaxed: Vec<usize>,
    pub(crate) seq_cst: Vec<usize>,
}

/// A task and an object.
type Look = (usize, u32);

/// What was noted in one execution.
#[derive(Debug, Default)]
pub(super) struct Views {
    /// What each store has left, by its object and its number.
    stored: BTreeMap<(u32, usize), String>,
    /// What may be seen from a row on, where that is new.
    seen: BTreeMap<Look, Vec<(usize, Visible)>>,
    /// The rows that look, and whether they are sequentially consistent.
    looks: BTreeMap<Look, Vec<(usize, bool)>>,
}

impl Views {
    pub(super) fn stored(&mut self, object: u32, nth: usize, text: String) {
        self.stored.insert((object, nth), text);
    }

    pub(super) fn looks(&mut self, task: usize, object: u32, row: usize, seq_cst: bool) {
        self.looks.entry((task, object)).or_default().push((row, seq_cst));
    }

    pub(super) fn sees(&mut self, task: usize, object: u32, row: usize, visible: Visible) {
        let seen = self.seen.entry((task, object)).or_default();
        if seen.last().is_none_or(|(_, last)| *last != visible) {
            seen.push((row, visible));
        }
    }

    /// Adds the column, if it says anything. `objects` are those with a column, and their names.
    pub(super) fn tell(&self, rows: &mut [Row], tasks: &[String], objects: &[u32], names: &mut Vec<String>) {
        let mut cells: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (&(task, object), seen) in &self.seen {
            let Some(name) = objects.iter().position(|o| *o == object).map(|at| &names[at]) else {
                continue;
            };
            let looks = self.looks.get(&(task, object)).map_or(&[][..], Vec::as_slice);
            let mut told: &[usize] = &[];
            for (row, visible) in seen {
                let Some((_, seq_cst)) = looks.iter().find(|(look, _)| look > row) else {
                    break;
                };
                let stores = if *seq_cst { &visible.seq_cst } else { &visible.relaxed };
                if *stores != told && (stores.len() > 1 || told.len() > 1) {
                    let values = stores.iter().filter_map(|nth| self.stored.get(&(object, *nth)));
                    let values: Vec<&str> = values.map(String::as_str).collect();
                    let text = format!("{}: {name} {}", tasks[task], values.join(" or "));
                    cells.entry(*row).or_default().push(text);
                }
                told = stores;
            }
        }
        // What comes after the end of what is told has lost its rows.
        cells.retain(|row, _| *row < rows.len());
        if cells.is_empty() {
            return;
        }
        names.push(COLUMN.to_owned());
        for (row, cell) in cells {
            rows[row].values.push((names.len() - 1, cell.join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Views, Visible};

    #[test]
    fn what_has_lost_its_row_is_not_told() {
        let mut views = Views::default();
        views.stored(0, 0, "old".to_owned());
        views.stored(0, 1, "new".to_owned());
        let both = Visible {
            relaxed: vec![0, 1],
            seq_cst: vec![0, 1],
        };
        views.sees(0, 0, 3, both);
        views.looks(0, 0, 4, false);
        let mut names = vec!["flag".to_owned()];
        views.tell(&mut [], &["main".to_owned()], &[0], &mut names);
        assert_eq!(names, ["flag"]);
    }
}
