//! The table of `selvedge run`.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::document::{Document, Found};

/// A line per row: what was expected, what was found, how many executions it took. Rows that are not as
/// expected carry a mark and are explained below the table.
pub fn table(document: &Document) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "",
        "scenario",
        "variant",
        "strategy",
        "expected",
        "found",
        "executions",
        "",
        "time",
    ]);
    let mut previous = (String::new(), String::new());
    for row in &document.rows {
        let mark = match (row.as_expected, row.verdict) {
            (true, _) => "✓",
            (false, Found::Skipped) => "–",
            (false, _) => "✗",
        };
        // Each name once, so that the groups show.
        let scenario = if previous.0 == row.scenario {
            ""
        } else {
            row.scenario.as_str()
        };
        let variant = if scenario.is_empty() && previous.1 == row.variant {
            ""
        } else {
            row.variant.as_str()
        };
        let (executions, time) = match row.verdict {
            Found::Skipped => (String::new(), String::new()),
            // Of one width, so that the rest of the table is the same whatever the machine.
            _ => (row.executions.to_string(), format!("{:>7} ms", row.elapsed_ms)),
        };
        table.add_row([
            mark,
            scenario,
            variant,
            &row.strategy,
            &row.expected_words(),
            &row.found_words(),
            &executions,
            &row.extent(),
            &time,
        ]);
        previous = (row.scenario.clone(), row.variant.clone());
    }
    for column in [6, 8] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if document.rows.iter().any(|r| !r.as_expected) {
        text.push('\n');
    }
    for row in document.rows.iter().filter(|r| !r.as_expected) {
        let why = match &row.reason {
            Some(reason) => reason.clone(),
            None if row.failure_kind.is_some() => {
                format!("expected {}, found {}", row.expected_words(), row.found_words())
            }
            None => format!(
                "expected {}, found {} ({})",
                row.expected_words(),
                row.found_words(),
                row.basis
            ),
        };
        let mark = if row.verdict == Found::Skipped { "–" } else { "✗" };
        text.push_str(&format!(
            "\n {mark} {}/{} under {}: {why}\n",
            row.scenario, row.variant, row.strategy
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::document::{Document, tests::rows};

    #[test]
    fn a_row_names_what_was_expected_and_what_was_found() {
        insta::assert_snapshot!(super::table(&Document::new(rows())));
    }
}
