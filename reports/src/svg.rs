//! A failure as an SVG picture: a lane per task, time going down, values at the right.

use std::fmt::Write as _;

use selvedge::Failure;
use selvedge::trace::RowKind;
use unicode_width::UnicodeWidthStr;

use crate::grid::{Grid, Line, escape, title};

/// Pixels: the height of a row, the width of a monospace letter at 13 px, the margin, and the room between
/// columns.
const ROW: usize = 26;
const LETTER: usize = 8;
const MARGIN: usize = 16;
const GAP: usize = 28;

/// A picture may stand on a light or a dark page: it brings its own ground.
const STYLE: &str = "
text { font: 13px ui-monospace, 'DejaVu Sans Mono', monospace; fill: #1c2024; }
.back { fill: #ffffff; } .faint, .preempted { fill: #60666d; } .preempted { font-style: italic; }
.head, .waits { font-weight: bold; } .bad { fill: #b3261e; } .lane { stroke: #d8dce0; stroke-width: 2; }
.box { fill: #eef3fc; stroke: #2f6fdb; } .box.t1 { fill: #fcf0e8; stroke: #c2571a; } .box.t2 { fill: #e9f6ef; stroke: #2a8a57; }
.box.t3 { fill: #f3ecfa; stroke: #8a4fc7; } .box.t4 { fill: #faf5e4; stroke: #b8860b; } .box.t5 { fill: #fcecf3; stroke: #c23b78; }
.cut { stroke: #60666d; stroke-dasharray: 4 4; }
@media (prefers-color-scheme: dark) {
text { fill: #e6e8ea; } .back { fill: #16191d; } .faint, .preempted { fill: #9aa1a8; } .bad { fill: #ff8a80; } .lane { stroke: #343a41; }
.box { fill: #1b2740; } .box.t1 { fill: #38220f; } .box.t2 { fill: #12301f; } .box.t3 { fill: #2b1b3c; } .box.t4 { fill: #352a09; } .box.t5 { fill: #3a1526; }
}
";

/// The picture.
pub fn svg(failure: &Failure) -> String {
    let grid = Grid::of(&failure.trace);
    let lefts = columns(&grid);
    let title = title(failure);
    let message: Vec<&str> = failure.message.lines().collect();
    let widest = message
        .iter()
        .copied()
        .chain([title.as_str()])
        .map(width)
        .max()
        .unwrap_or(0);
    let full = lefts.last().copied().unwrap_or(0).max(widest + 2 * MARGIN);
    let top = MARGIN + 2 * ROW;
    let bottom = top + grid.lines.len() * ROW;
    let height = bottom + (message.len() + 1) * ROW;

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{full}\" height=\"{height}\" \
         viewBox=\"0 0 {full} {height}\" role=\"img\">\n<title>{0}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{full}\" height=\"{height}\" rx=\"8\"/>\n",
        escape(&title)
    );
    text(&mut out, MARGIN, MARGIN + ROW / 2, "head bad", &title);
    for (column, name) in grid.tasks.iter().chain(&grid.objects).enumerate() {
        text(&mut out, lefts[column], MARGIN + ROW + ROW / 2, "head", name);
    }
    for left in &lefts[..grid.tasks.len()] {
        let x = left - 6;
        let _ = writeln!(
            out,
            "<line class=\"lane\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\"/>"
        );
    }
    for (at, line) in grid.lines.iter().enumerate() {
        draw(&mut out, &grid, line, &lefts, top + at * ROW);
    }
    for (at, line) in message.iter().enumerate() {
        text(&mut out, MARGIN, bottom + at * ROW + ROW, "bad", line);
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, grid: &Grid, line: &Line, lefts: &[usize], y: usize) {
    let baseline = y + ROW / 2 + 5;
    if !line.numbers.is_empty() {
        let x = MARGIN + gutter(grid) - width(&line.numbers);
        text(out, x, baseline, "faint", &line.numbers);
    }
    let x = lefts.get(line.task).copied().unwrap_or(MARGIN);
    match line.kind {
        _ if line.text.is_empty() => {}
        RowKind::Preempted | RowKind::Clock => {
            let words = if line.kind == RowKind::Clock {
                format!("clock: {}", line.text)
            } else {
                line.text.clone()
            };
            let (x2, middle) = (lefts.last().copied().unwrap_or(x) - MARGIN, y + ROW / 2);
            let x1 = x + width(&words) + 8;
            text(out, x, baseline, "preempted", &words);
            let _ = writeln!(
                out,
                "<line class=\"cut\" x1=\"{x1}\" y1=\"{middle}\" x2=\"{x2}\" y2=\"{middle}\"/>"
            );
        }
        kind => {
            let class = if kind == RowKind::Waits { "waits" } else { "" };
            let _ = writeln!(
                out,
                "<rect class=\"box t{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>",
                line.task % 6,
                x - 6,
                y + 2,
                width(&flat(&line.text)) + 12,
                ROW - 4
            );
            text(out, x, baseline, class, &flat(&line.text));
        }
    }
    for (object, value) in line.values.iter().enumerate() {
        if let Some(value) = value {
            text(out, lefts[grid.tasks.len() + object], baseline, "", &flat(value));
        }
    }
}

/// How wide the numbers are.
fn gutter(grid: &Grid) -> usize {
    let widths = grid.lines.iter().map(|line| width(&line.numbers));
    widths.max().unwrap_or(0).max(3 * LETTER)
}

/// The left edge of each column, and behind them the right edge of the picture.
fn columns(grid: &Grid) -> Vec<usize> {
    let mut left = MARGIN + gutter(grid) + GAP;
    let mut lefts = vec![left];
    for task in 0..grid.tasks.len() {
        let own = grid
            .lines
            .iter()
            .filter(|l| l.task == task && l.kind != RowKind::Clock)
            .map(|l| width(&flat(&l.text)));
        left += own.chain([width(&grid.tasks[task])]).max().unwrap_or(0) + GAP;
        lefts.push(left);
    }
    for object in 0..grid.objects.len() {
        let own = grid
            .lines
            .iter()
            .filter_map(|l| l.values[object].as_deref())
            .map(|v| width(&flat(v)));
        left += own.chain([width(&grid.objects[object])]).max().unwrap_or(0) + GAP;
        lefts.push(left);
    }
    lefts
}

/// A value of several lines on one.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn width(text: &str) -> usize {
    text.width() * LETTER
}

fn text(out: &mut String, x: usize, y: usize, class: &str, words: &str) {
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
        escape(words)
    );
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_picture_holds_every_step_escaped() {
        let failure = crate::grid::tests::failure();
        let picture = super::svg(&failure);
        for line in failure.trace.lines().iter().filter(|line| !line.text.is_empty()) {
            assert!(picture.contains(&crate::grid::escape(&line.text)), "{}", line.text);
        }
        assert!(!picture.contains("<naive>"));
        assert_eq!(picture.matches("<text").count(), picture.matches("</text>").count());
    }
}
