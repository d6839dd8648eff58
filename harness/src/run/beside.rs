//! Two executions beside each other.

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::trace::{RowKind, Trace};

/// The rows that are the same, in order, beside each other.
pub(super) fn aligned(one: &Trace, other: &Trace) -> Vec<(Option<usize>, Option<usize>)> {
    fn keys(trace: &Trace) -> Vec<(RowKind, Option<&String>, &str)> {
        let rows = trace.rows.iter();
        rows.map(|row| (row.kind, trace.tasks.get(row.task), row.text.as_str()))
            .collect()
    }
    let changes = capture_diff_slices(Algorithm::Myers, &keys(one), &keys(other));
    let pairs = changes.into_iter().flat_map(|change| {
        let (left, right) = (change.old_range(), change.new_range());
        match change.tag() {
            DiffTag::Equal => left.zip(right).map(|(a, b)| (Some(a), Some(b))).collect::<Vec<_>>(),
            _ => {
                let ours = left.map(|a| (Some(a), None));
                ours.chain(right.map(|b| (None, Some(b)))).collect()
            }
        }
    });
    pairs.collect()
}

/// The place of the first rows that are not the same.
pub(super) fn parts_at(aligned: &[(Option<usize>, Option<usize>)]) -> Option<usize> {
    aligned.iter().position(|pair| !matches!(pair, (Some(_), Some(_))))
}
