//! A failure as one HTML page that needs nothing else: no scripts, no fonts, no network.

use std::fmt::Write as _;

use selvedge::Failure;
use selvedge::trace::RowKind;

use crate::grid::{Grid, escape, title};

/// Colours follow the reader's light or dark preference. The tasks' hues differ in lightness too, and a
/// column says whose step it is in any case, so colour carries nothing alone.
const STYLE: &str = "
:root { color-scheme: light dark; --back: #fff; --text: #1c2024; --faint: #60666d; --line: #d8dce0; --value: #fff4d6; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --back: #16191d; --text: #e6e8ea; --faint: #9aa1a8; --line: #343a41; --value: #3b3320; --bad: #ff8a80; } }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; } h1 .kind { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font: 13px/1.5 ui-monospace, monospace; }
th, td { padding: .25rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); white-space: pre-wrap; }
th { position: sticky; top: 0; background: var(--back); }
td.step, td.where { color: var(--faint); } td.step { text-align: right; }
td.t0 { border-left: 4px solid #2f6fdb; } td.t1 { border-left: 4px solid #c2571a; } td.t2 { border-left: 4px solid #2a8a57; }
td.t3 { border-left: 4px solid #8a4fc7; } td.t4 { border-left: 4px solid #b8860b; } td.t5 { border-left: 4px solid #c23b78; }
td.changed { background: var(--value); }
tr.preempted td, tr.clock td { color: var(--faint); font-style: italic; }
tr.waits td { font-weight: 600; }
p.message { color: var(--bad); white-space: pre-wrap; } code { font: 13px ui-monospace, monospace; }
";

/// The page.
pub fn html(failure: &Failure) -> String {
    let grid = Grid::of(&failure.trace);
    let title = title(failure);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{0}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{1}: <span class=\"kind\">{2}</span></h1>\n<div class=\"scroll\"><table>\n<thead><tr><th>step</th>",
        escape(&title),
        escape(&failure.name.replacen('/', " / ", 1)),
        crate::words(failure),
    );
    for name in grid.tasks.iter().chain(&grid.objects) {
        let _ = write!(out, "<th>{}</th>", escape(name));
    }
    out.push_str("<th>where</th></tr></thead>\n<tbody>\n");
    for line in &grid.lines {
        let class = match line.kind {
            RowKind::Preempted => "preempted",
            RowKind::Clock => "clock",
            RowKind::Waits => "waits",
            _ => "step",
        };
        let number = line.number.map(|n| n.to_string()).unwrap_or_default();
        let _ = write!(out, "<tr class=\"{class}\"><td class=\"step\">{number}</td>");
        for task in 0..grid.tasks.len() {
            if task == line.task && !line.text.is_empty() {
                let clock = if line.kind == RowKind::Clock { "clock: " } else { "" };
                let _ = write!(out, "<td class=\"t{}\">{clock}{}</td>", task % 6, escape(&line.text));
            } else {
                out.push_str("<td></td>");
            }
        }
        for value in &line.values {
            let _ = match value {
                Some(value) => write!(out, "<td class=\"changed\">{}</td>", escape(value)),
                None => write!(out, "<td></td>"),
            };
        }
        let _ = writeln!(
            out,
            "<td class=\"where\">{}</td></tr>",
            escape(line.location.as_deref().unwrap_or(""))
        );
    }
    let _ = write!(
        out,
        "</tbody>\n</table></div>\n<p class=\"message\">{}</p>\n",
        escape(failure.message.trim_end())
    );
    if let Some(replay) = &failure.replay {
        let _ = writeln!(out, "<p>Replay: <code>{}</code></p>", escape(replay));
    }
    out.push_str("</body>\n</html>\n");
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_page_holds_every_step_escaped_and_loads_nothing() {
        let failure = crate::grid::tests::failure();
        let page = super::html(&failure);
        assert!(page.contains("&lt;naive&gt;") && !page.contains("<naive>"), "{page}");
        for row in failure.trace.rows.iter().filter(|r| !r.text.is_empty()) {
            assert!(page.contains(&crate::grid::escape(&row.text)), "{}", row.text);
        }
        assert!(!page.contains("http") && !page.contains("<script"), "{page}");
        assert_eq!(page.matches("<tr").count(), page.matches("</tr>").count());
    }
}
