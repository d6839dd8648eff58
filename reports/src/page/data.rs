//! What the script knows of a timeline, as JSON in the page.

use std::collections::BTreeSet;

use selvedge::trace::{Row, RowKind, Standing};
use serde::Serialize;

use super::lines::{Line, numbers};
use super::{Side, Timeline};

#[derive(Serialize)]
struct Data<'a> {
    sides: Vec<SideData<'a>>,
    /// Each line of the source once: where it is, and what stands there.
    places: Vec<(&'a str, Option<String>)>,
    /// For each line the row of each side, and whether a reader stops there.
    lines: Vec<([Option<usize>; 2], bool)>,
}

#[derive(Serialize)]
struct SideData<'a> {
    heading: &'a str,
    tasks: &'a [String],
    objects: &'a [String],
    rows: Vec<RowData<'a>>,
}

#[derive(Serialize)]
struct RowData<'a> {
    kind: RowKind,
    task: usize,
    number: Option<usize>,
    text: &'a str,
    values: &'a [(usize, String)],
    /// An index into the places.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'a Standing>,
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    after: &'a [usize],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    marked: bool,
}

pub(super) fn json(timeline: &Timeline<'_>, lines: &[Line]) -> String {
    let rows = timeline.sides().flat_map(|side| &side.trace.rows);
    let places: BTreeSet<&str> = rows.filter_map(|row| row.location.as_deref()).collect();
    let data = Data {
        sides: timeline.sides().map(|side| of(side, &places)).collect(),
        places: (places.iter())
            .map(|place| (*place, timeline.source.and_then(|source| source(place))))
            .collect(),
        lines: lines.iter().map(|line| (line.rows, line.stops)).collect(),
    };
    for_a_page(&data)
}

/// Data as JSON that does not end the element it stands in.
pub(super) fn for_a_page(data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).unwrap_or_default();
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn of<'a>(side: Side<'a>, places: &BTreeSet<&str>) -> SideData<'a> {
    let rows = side.trace.rows.iter().zip(numbers(side.trace)).enumerate();
    let row = |(at, (row, number)): (usize, (&'a Row, _))| RowData {
        kind: row.kind,
        task: row.task,
        number,
        text: &row.text,
        values: &row.values,
        place: row
            .location
            .as_deref()
            .and_then(|place| places.iter().position(|p| *p == place)),
        standing: row.standing.as_deref(),
        after: &row.after,
        marked: side.marked.contains(&at),
    };
    SideData {
        heading: side.heading,
        tasks: &side.trace.tasks,
        objects: &side.trace.objects,
        rows: rows.map(row).collect(),
    }
}
