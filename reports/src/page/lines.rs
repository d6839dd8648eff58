//! The lines of a timeline from top to bottom: a row of one trace, or of both.

use selvedge::trace::{Row, RowKind, Trace};

use super::{Side, Timeline};

/// One line: for each side the row that stands there.
pub(super) struct Line {
    pub(super) rows: [Option<usize>; 2],
    /// A reader stops here.
    pub(super) stops: bool,
    /// From here on the two go different ways.
    pub(super) parts: bool,
}

pub(super) fn lines(timeline: &Timeline<'_>) -> Vec<Line> {
    let sides: Vec<Side<'_>> = timeline.sides().collect();
    let stops = |rows: [Option<usize>; 2]| {
        let row = |at: usize| {
            sides
                .get(at)
                .zip(rows[at])
                .and_then(|(side, row)| side.trace.rows.get(row))
        };
        [row(0), row(1)].into_iter().flatten().any(is_stop)
    };
    let line = |rows, parts| Line {
        rows,
        stops: stops(rows),
        parts,
    };
    match sides.len() {
        1 => (0..sides[0].trace.rows.len())
            .map(|row| line([Some(row), None], false))
            .collect(),
        _ => {
            let aligned = timeline.aligned.iter().enumerate();
            aligned
                .map(|(at, &(first, second))| line([first, second], timeline.parts_at == Some(at)))
                .collect()
        }
    }
}

/// Switches are passed over; the values before anything has happened are where it begins.
fn is_stop(row: &Row) -> bool {
    row.kind != RowKind::Preempted
}

/// The number of each row, as the plain timeline counts them.
pub(super) fn numbers(trace: &Trace) -> Vec<Option<usize>> {
    let mut number = 0;
    let count = |row: &Row| {
        row.numbered().then(|| {
            number += 1;
            number
        })
    };
    trace.rows.iter().map(count).collect()
}
