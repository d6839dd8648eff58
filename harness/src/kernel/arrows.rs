//! Which rows of a trace come after which rows of other tasks, and would not have to come after them otherwise: because of an
//! object that both touch, because the one spawned the other, or because it waited for its end.
//!
//! Only the nearest are kept: what comes after a row comes after all that this comes after.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::op::{Access, Class, ObjectId};

/// What has been drawn so far.
#[derive(Debug, Default)]
pub(super) struct Arrows {
    /// For each task, how many rows of each task come before its next one.
    known: Vec<Vec<usize>>,
    /// What the next row of each task comes after, whatever it does.
    owed: Vec<Vec<Row>>,
    touched: BTreeMap<ObjectId, Vec<(Class, Row)>>,
}

/// A row, and what comes before it.
#[derive(Clone, Debug)]
struct Row {
    task: usize,
    at: usize,
    known: Rc<Vec<usize>>,
}

fn slot<T: Default>(list: &mut Vec<T>, at: usize) -> &mut T {
    if list.len() <= at {
        list.resize_with(at + 1, T::default);
    }
    &mut list[at]
}

impl Arrows {
    /// The row that `from` has come to is before all that `to` does from now on.
    pub(super) fn orders(&mut self, from: usize, to: usize, at: usize) {
        let known = Rc::new(slot(&mut self.known, from).clone());
        slot(&mut self.owed, to).push(Row { task: from, at, known });
    }

    /// A row of `task` has done this. Gives the rows that it comes after.
    pub(super) fn row(&mut self, task: usize, at: usize, accesses: &[Access]) -> Vec<usize> {
        let mut earlier = std::mem::take(slot(&mut self.owed, task));
        for access in accesses {
            let touched = self.touched.get(&access.object).into_iter().flatten();
            let conflicts = touched.filter(|(class, row)| row.task != task && !class.commutes(access.class));
            earlier.extend(conflicts.map(|(_, row)| row.clone()));
        }
        earlier.sort_by_key(|row| std::cmp::Reverse(row.at));
        let known = slot(&mut self.known, task);
        let mut after = Vec::new();
        for row in earlier {
            if *slot(known, row.task) <= row.at {
                after.push(row.at);
                for (task, rows) in row.known.iter().enumerate() {
                    let slot = slot(known, task);
                    *slot = (*slot).max(*rows);
                }
                *slot(known, row.task) = row.at + 1;
            }
        }
        *slot(known, task) = at + 1;
        let known = Rc::new(known.clone());
        for access in accesses {
            let touched = self.touched.entry(access.object).or_default();
            // What conflicts with this one, conflicts with those that it comes after.
            touched.retain(|(class, row)| !(access.class.covers(*class) || row.task == task && *class == access.class));
            let known = Rc::clone(&known);
            touched.push((access.class, Row { task, at, known }));
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(object: u32, class: Class) -> [Access; 1] {
        let object = ObjectId(object);
        [Access { object, class }]
    }

    #[test]
    fn an_arrow_is_drawn_from_the_nearest_row_and_from_no_earlier_one() {
        let mut arrows = Arrows::default();
        assert_eq!(arrows.row(0, 0, &access(1, Class::Write)), [0; 0]);
        assert_eq!(arrows.row(1, 1, &access(1, Class::Read)), [0]);
        assert_eq!(arrows.row(1, 2, &access(1, Class::Read)), [0; 0], "known already");
        assert_eq!(arrows.row(1, 3, &access(2, Class::Write)), [0; 0]);
        assert_eq!(arrows.row(2, 4, &access(2, Class::Write)), [3]);
        assert_eq!(
            arrows.row(2, 5, &access(1, Class::Read)),
            [0; 0],
            "row 0 is before row 3"
        );
        assert_eq!(
            arrows.row(0, 6, &access(1, Class::Write)),
            [5],
            "and the reads of the others before row 5"
        );
    }

    #[test]
    fn who_was_spawned_comes_after_who_spawned_it_and_a_join_after_the_end() {
        let mut arrows = Arrows::default();
        arrows.row(0, 0, &access(1, Class::Write));
        arrows.orders(0, 1, 0);
        assert_eq!(arrows.row(1, 1, &access(2, Class::Write)), [0]);
        arrows.orders(1, 0, 1);
        assert_eq!(arrows.row(0, 2, &access(3, Class::Write)), [1]);
        assert_eq!(arrows.row(0, 3, &access(2, Class::Write)), [0; 0]);
    }
}
