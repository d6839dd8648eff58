//! A failure as a Markdown table, for lessons and pull requests.

use std::fmt::Write as _;

use selvedge::Failure;
use selvedge::trace::RowKind;

use crate::grid::{Grid, title};

/// A heading, a table with a column per task and per named object, and what happened in words.
pub fn markdown(failure: &Failure) -> String {
    let grid = Grid::of(&failure.trace);
    let mut out = format!("### {}\n\n", cell(&title(failure)));
    let mut row = |cells: &[String]| {
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    };
    let mut header = vec!["step".to_owned()];
    header.extend(grid.tasks.iter().chain(&grid.objects).map(|name| cell(name)));
    row(&header);
    let mut rule = vec!["---:".to_owned()];
    rule.extend(vec!["---".to_owned(); header.len() - 1]);
    row(&rule);
    for line in &grid.lines {
        let mut cells = vec![String::new(); header.len()];
        cells[0].clone_from(&line.numbers);
        if let Some(slot) = cells.get_mut(1 + line.task).filter(|_| !line.text.is_empty()) {
            *slot = match line.kind {
                RowKind::Preempted => format!("*{}*", cell(&line.text)),
                RowKind::Clock => format!("*clock: {}*", cell(&line.text)),
                RowKind::Waits => format!("**{}**", cell(&line.text)),
                _ => cell(&line.text),
            };
        }
        for (object, value) in line.values.iter().enumerate() {
            if let Some(value) = value {
                cells[1 + grid.tasks.len() + object] = cell(value);
            }
        }
        row(&cells);
    }
    out.push('\n');
    for line in failure.message.lines() {
        let _ = writeln!(out, "{}  ", cell(line));
    }
    out
}

/// Text that stays within a table cell and means itself.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_lost_increment_is_a_table() {
        insta::assert_snapshot!(super::markdown(&crate::grid::tests::failure()));
    }

    #[test]
    fn a_pipe_in_a_text_does_not_open_a_column() {
        assert_eq!(super::cell("a|b\nc"), "a\\|b<br>c");
    }
}
