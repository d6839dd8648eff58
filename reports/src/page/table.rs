//! The markup of a timeline: buttons, a table with a lane for each task, and a place for what is true at the step.

use maud::{Markup, PreEscaped, html};
use selvedge::trace::{Row, RowKind};

use super::data;
use super::lines::{Line, lines, numbers};
use super::{Side, Timeline};

/// A side as it is laid out.
struct Columns<'a> {
    side: Side<'a>,
    /// The tasks that have a lane.
    tasks: Vec<usize>,
    numbers: Vec<Option<usize>>,
    where_: bool,
    /// Another one stands beside it.
    paired: bool,
}

impl Columns<'_> {
    fn count(&self) -> usize {
        1 + self.tasks.len() + self.side.trace.objects.len() + usize::from(self.where_)
    }
}

pub(super) fn markup(timeline: &Timeline<'_>) -> Markup {
    let lines = lines(timeline);
    let one = timeline.sides[1].is_none();
    let columns = |side: Side<'_>| {
        let where_ = one && side.trace.rows.iter().any(|row| row.location.is_some());
        (side.trace.columns(), numbers(side.trace), where_)
    };
    let columns: Vec<Columns<'_>> = timeline
        .sides()
        .map(|side| {
            let (tasks, numbers, where_) = columns(side);
            Columns {
                side,
                tasks,
                numbers,
                where_,
                paired: !one,
            }
        })
        .collect();
    html! {
        section.timeline.pair[!one] aria-label=(timeline.label) {
            (controls(&columns))
            div.split {
                div.scroll tabindex="0" role="region" aria-label={ "Steps of " (timeline.label) } {
                    table {
                        (head(&columns))
                        tbody { @for (at, line) in lines.iter().enumerate() { (row(timeline, &columns, at, line)) } }
                    }
                }
                div.panel hidden {}
            }
            script type="application/json" { (PreEscaped(data::json(timeline, &lines))) }
        }
    }
}

/// Hidden until there is a script behind them.
fn controls(columns: &[Columns<'_>]) -> Markup {
    let button = |does: &str, key: &str, sign: &str| {
        html! { button type="button" data-does=(does) aria-keyshortcuts=(key) title={ (does) " (" (key) ")" } {
            span aria-hidden="true" { (sign) } span.unseen { (does) }
        } }
    };
    html! {
        div.bar {
        div.controls role="group" aria-label="Steps" hidden {
            (button("first", "Home", "|◀"))
            (button("back", "ArrowLeft", "◀"))
            (button("forward", "ArrowRight", "▶"))
            (button("last", "End", "▶|"))
            button type="button" data-does="play" aria-keyshortcuts="Space" title="play (Space)" { "play" }
            button type="button" data-does="arrows" aria-pressed="false" title="what each step comes after" { "arrows" }
            @if columns.len() > 1 {
                span.sides role="group" aria-label="Shown" {
                    @for (at, side) in columns.iter().enumerate() {
                        button type="button" data-does="side" data-side=(at) aria-pressed="true" { (side.side.heading) }
                    }
                }
            }
            button type="button" data-does="whole" title="fill the screen (f); there + and - change the letters" aria-keyshortcuts="f" { "full screen" }
            span.at {}
        }
        p.said role="status" aria-live="polite" hidden {}
        }
    }
}

fn head(columns: &[Columns<'_>]) -> Markup {
    let tall = columns.iter().any(|c| !c.side.heading.is_empty());
    html! {
        thead {
            @if tall {
                tr.headings {
                    @for (at, c) in columns.iter().enumerate() {
                        th.{ "side-" (at) }[c.paired] scope="colgroup" colspan=(c.count()) { (c.side.heading) }
                    }
                }
            }
            tr {
                @for (at, c) in columns.iter().enumerate() {
                    th.step.{ "side-" (at) }[c.paired] scope="col" { "step" }
                    @for &task in &c.tasks {
                        th.lane.{ "t" (task % 6) }.{ "side-" (at) }[c.paired].victim[c.side.victim == Some(task)] scope="col" {
                            (c.side.trace.tasks[task])
                        }
                    }
                    @for (n, object) in c.side.trace.objects.iter().enumerate() {
                        th.value.first[n == 0].{ "side-" (at) }[c.paired] scope="col" { (object) }
                    }
                    @if c.where_ { th.where.{ "side-" (at) }[c.paired] scope="col" { "where" } }
                }
            }
        }
    }
}

fn row(timeline: &Timeline<'_>, columns: &[Columns<'_>], at: usize, line: &Line) -> Markup {
    html! {
        tr class=[line.parts.then_some("parts")] data-line=(at) {
            @for (n, c) in columns.iter().enumerate() { (cells(timeline, n, c, line.rows[n])) }
        }
    }
}

fn cells(timeline: &Timeline<'_>, n: usize, c: &Columns<'_>, at: Option<usize>) -> Markup {
    let row = at.and_then(|at| c.side.trace.rows.get(at));
    let number = at.and_then(|at| c.numbers.get(at).copied().flatten());
    let marked = at.is_some_and(|at| c.side.marked.contains(&at));
    let place = row.and_then(|row| row.location.as_deref());
    let value = |object: usize| row.and_then(|row| row.values.iter().find(|(of, _)| *of == object));
    let is_clock = row.is_some_and(|row| row.kind == RowKind::Clock);
    html! {
        @match number {
            Some(number) => th.step.{ "side-" (n) }[c.paired].marked[marked] scope="row" { (number) },
            None => td.step.{ "side-" (n) }[c.paired].marked[marked] {}
        }
        @if let Some(row) = row.filter(|_| is_clock && !c.tasks.is_empty()) {
            td.clock.did.{ "side-" (n) }[c.paired] colspan=(c.tasks.len()) { "clock: " (row.text) }
        } @else {
            @for &task in &c.tasks { (lane(n, c, task, row, marked)) }
        }
        @for object in 0..c.side.trace.objects.len() {
            @match value(object) {
                Some((_, value)) => td.value.changed.{ "side-" (n) }[c.paired].first[object == 0] { (value) },
                // Most of a table are these, and most of these need no word.
                None if c.paired || object == 0 => td.{ "side-" (n) }[c.paired].first[object == 0] {},
                None => td {}
            }
        }
        @if c.where_ {
            td.where.{ "side-" (n) }[c.paired] {
                @if let Some(place) = place {
                    (place)
                    @if let Some(line) = timeline.source.and_then(|source| source(place)) { code { (line.trim()) } }
                }
            }
        }
    }
}

/// What a task does in a row, in its lane; nothing, if the row is not its own.
fn lane(n: usize, c: &Columns<'_>, task: usize, row: Option<&Row>, marked: bool) -> Markup {
    let mine = row.filter(|row| row.task == task && !row.text.is_empty());
    let kind = mine.map(|row| word(row.kind));
    html! {
        td.lane.{ "t" (task % 6) }.{ "side-" (n) }[c.paired].did[mine.is_some()].marked[marked && mine.is_some()]
            .victim[c.side.victim == Some(task)].(kind.unwrap_or_default())[kind.is_some()] {
            @if let Some(row) = mine {
                (row.text)
                @if marked { span.unseen { " (decides)" } }
            }
        }
    }
}

fn word(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Preempted => "preempted",
        RowKind::Clock => "clock",
        RowKind::Waits => "waits",
        RowKind::Event => "event",
        _ => "does",
    }
}
