//! Which rows are one line of a timeline: a lock that is taken and given back at once, with or without a step in between.
//!
//! Nobody comes in between, so nobody waits for it there, and what the three rows say fits into one.

use std::ops::Range;

use super::{Row, RowKind, Trace};

/// A line of a timeline: one row of its trace, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// Its rows, as indices into [`Trace::rows`].
    pub rows: Range<usize>,
    /// What sort of row it is.
    pub kind: RowKind,
    /// The task it belongs to, as an index into [`Trace::tasks`].
    pub task: usize,
    /// The numbers of its first and its last step; switches and the clock have none.
    pub steps: Option<(usize, usize)>,
    /// What the task did: `lock and unlock queue`, `jobs = 1, under state`.
    pub text: String,
    /// Values that are new after it: an index into [`Trace::objects`] and the value.
    pub values: Vec<(usize, String)>,
    /// Where in the source its first row is.
    pub location: Option<String>,
}

impl Line {
    /// How its steps are numbered: `4`, `4–6`, or nothing.
    pub fn numbers(&self) -> String {
        match self.steps {
            None => String::new(),
            Some((first, last)) if first == last => first.to_string(),
            Some((first, last)) => format!("{first}–{last}"),
        }
    }
}

/// The verbs that take a lock, and what is said of a step under it.
const VERBS: [(&str, &str); 3] = [
    ("lock", ""),
    ("read-lock", "read-locked "),
    ("write-lock", "write-locked "),
];

/// The verb and the name of the lock that a row takes.
fn locks(row: &Row) -> Option<(&'static str, &'static str, &str)> {
    let (verb, name) = row.text.split_once(' ')?;
    let (verb, under) = *VERBS.iter().find(|(taken, _)| *taken == verb)?;
    happens(row).then_some((verb, under, name))
}

/// Whether the row is something that its task did. Giving back a lock is often part of the step before.
fn happens(row: &Row) -> bool {
    matches!(row.kind, RowKind::Step | RowKind::Event)
}

fn gives_back(row: &Row, task: usize, verb: &str, name: &str) -> bool {
    let given = match verb {
        "lock" => "unlock",
        "read-lock" => "read-unlock",
        _ => "write-unlock",
    };
    happens(row) && row.task == task && row.text.split_once(' ') == Some((given, name))
}

impl Trace {
    /// The lines of its timeline.
    pub fn lines(&self) -> Vec<Line> {
        self.lines_of(|at| self.fold(at))
    }

    /// A line for every row.
    pub(super) fn unfolded(&self) -> Vec<Line> {
        self.lines_of(|_| None)
    }

    fn lines_of(&self, fold: impl Fn(usize) -> Option<(usize, String)>) -> Vec<Line> {
        let mut lines = Vec::new();
        let (mut at, mut number) = (0, 0);
        while let Some(first) = self.rows.get(at) {
            let (length, text) = fold(at).unwrap_or_else(|| (1, first.text.clone()));
            let rows = &self.rows[at..at + length];
            let mut values: Vec<(usize, String)> = Vec::new();
            for (object, value) in rows.iter().flat_map(|row| &row.values) {
                values.retain(|(other, _)| other != object);
                values.push((*object, value.clone()));
            }
            let steps = rows.iter().filter(|row| row.numbered()).count();
            lines.push(Line {
                rows: at..at + length,
                kind: first.kind,
                task: first.task,
                steps: (steps > 0).then_some((number + 1, number + steps)),
                text,
                values,
                location: first.location.clone(),
            });
            number += steps;
            at += length;
        }
        lines
    }

    /// What the line of a row says was done, without the lock, and its numbers if it has more than one.
    pub(crate) fn done_at(&self, row: usize) -> (String, Option<(usize, usize)>) {
        let lines = self.lines();
        let line = lines.into_iter().find(|line| line.rows.contains(&row));
        match line {
            Some(line) if line.rows.len() == 3 => (self.rows[line.rows.start + 1].text.clone(), line.steps),
            Some(line) if line.rows.len() > 1 => (line.text, line.steps),
            _ => (self.rows[row].text.clone(), None),
        }
    }

    /// How many rows from this one on are one line, and what it says.
    fn fold(&self, at: usize) -> Option<(usize, String)> {
        let (verb, under, name) = locks(&self.rows[at])?;
        let task = self.rows[at].task;
        let next = self.rows.get(at + 1)?;
        if gives_back(next, task, verb, name) {
            return Some((2, format!("{verb} and unlock {name}")));
        }
        let last = self.rows.get(at + 2)?;
        let is_step = happens(next) && next.task == task && next.numbered();
        let is_short = locks(next).is_none() && !next.text.contains('\n') && !next.text.starts_with("panics");
        (is_step && is_short && gives_back(last, task, verb, name))
            .then(|| (3, format!("{}, under {under}{name}", next.text)))
    }
}

#[cfg(test)]
mod tests {
    use crate::trace::{Row, RowKind, Trace};

    fn row(task: usize, text: &str) -> Row {
        Row {
            kind: match text {
                "preempted" => RowKind::Preempted,
                "noted" => RowKind::Event,
                _ => RowKind::Step,
            },
            task,
            text: text.to_owned(),
            values: Vec::new(),
            location: None,
            standing: None,
            after: Vec::new(),
        }
    }

    fn told(rows: &[(usize, &str)]) -> Vec<String> {
        let trace = Trace {
            tasks: vec!["main".to_owned(), "other".to_owned()],
            objects: vec!["queue".to_owned(), "jobs".to_owned()],
            rows: rows.iter().map(|(task, text)| row(*task, text)).collect(),
        };
        let lines = trace.lines();
        lines.iter().map(|l| format!("{} {}", l.numbers(), l.text)).collect()
    }

    #[test]
    fn what_one_task_does_at_once_is_one_line() {
        assert_eq!(
            told(&[
                (0, "lock queue"),
                (0, "unlock queue"),
                (0, "load x"),
                (1, "read-lock a map"),
                (1, "noted"),
                (1, "read-unlock a map"),
                (0, "exit"),
            ]),
            [
                "1–2 lock and unlock queue",
                "3 load x",
                "4–6 noted, under read-locked a map",
                "7 exit"
            ]
        );
    }

    #[test]
    fn where_somebody_comes_between_or_there_is_more_to_tell_every_row_is_a_line() {
        for rows in [
            &[(0, "lock queue"), (1, "load x"), (0, "unlock queue")][..],
            &[(0, "lock queue"), (0, "preempted"), (0, "unlock queue")],
            &[(0, "lock queue"), (0, "load x"), (1, "load x"), (0, "unlock queue")],
            &[(0, "lock queue"), (0, "load x"), (0, "store x"), (0, "unlock queue")],
            &[(0, "lock queue"), (0, "panics: no"), (0, "unlock queue")],
            &[(0, "lock queue"), (0, "unlock jobs")],
            &[(0, "write-lock queue"), (0, "read-unlock queue")],
            &[(0, "lock queue"), (0, "load x")],
            &[(0, "lock queue")],
        ] {
            assert_eq!(told(rows).len(), rows.len(), "{rows:?}");
        }
        // The inner one is.
        let nested = told(&[(0, "lock a"), (0, "lock b"), (0, "unlock b"), (0, "unlock a")]);
        assert_eq!(nested, ["1 lock a", "2–3 lock and unlock b", "4 unlock a"]);
    }

    #[test]
    fn a_row_is_told_by_what_is_done_under_its_lock() {
        let rows = ["lock queue", "push", "unlock queue", "lock jobs", "unlock jobs", "exit"];
        let trace = Trace {
            tasks: vec!["main".to_owned()],
            objects: Vec::new(),
            rows: rows.map(|text| row(0, text)).to_vec(),
        };
        for (at, told, steps) in [
            (0, "push", Some((1, 3))),
            (2, "push", Some((1, 3))),
            (4, "lock and unlock jobs", Some((4, 5))),
            (5, "exit", None),
        ] {
            assert_eq!(trace.done_at(at), (told.to_owned(), steps));
        }
    }

    #[test]
    fn the_last_value_of_an_object_is_that_of_the_line() {
        let mut rows = ["lock queue", "push", "unlock queue"].map(|text| row(0, text));
        rows[0].values = vec![(0, "held".to_owned())];
        rows[1].values = vec![(1, "1".to_owned())];
        rows[2].values = vec![(0, "[1]".to_owned())];
        let trace = Trace {
            tasks: vec!["main".to_owned()],
            objects: vec!["queue".to_owned(), "jobs".to_owned()],
            rows: rows.to_vec(),
        };
        let values = &trace.lines()[0].values;
        assert_eq!(*values, [(1, "1".to_owned()), (0, "[1]".to_owned())]);
    }
}
