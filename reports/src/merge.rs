//! One document from those of all shards of a run.

use std::collections::BTreeMap;

use selvedge::MemoryModel;

use crate::document::{Document, Found, Row, Shard};

/// Joins the documents of all shards, each with the name that messages call it by.
///
/// # Errors
/// In words, when they are not all the shards of one run: one is missing or there twice, or they searched
/// different rows.
pub fn merge(documents: Vec<(String, Document)>) -> Result<Document, String> {
    let mut shards: BTreeMap<u32, (String, Document)> = BTreeMap::new();
    let mut number = None;
    for (name, document) in documents {
        let Some(Shard { index, of }) = document.shard else {
            return Err(format!(
                "{name} is no shard of a run; shards are made with `run --shard 1/4`"
            ));
        };
        if *number.get_or_insert(of) != of {
            return Err(format!(
                "{name} is one of {of} shards, and those before it are of {}; join shards of one run",
                number.unwrap_or(of)
            ));
        }
        if let Some((other, _)) = shards.get(&index) {
            return Err(format!(
                "{other} and {name} are both shard {index} of {of}; give each one once"
            ));
        }
        shards.insert(index, (name, document));
    }
    let of = number.unwrap_or(0);
    let missing: Vec<String> = (1..=of)
        .filter(|i| !shards.contains_key(i))
        .map(|i| format!("{i}/{of}"))
        .collect();
    if !missing.is_empty() {
        return Err(format!(
            "shard {} is missing; run it with the same arguments",
            missing.join(", ")
        ));
    }
    let interrupted = shards.values().any(|(_, d)| d.interrupted);
    let mut whole: Vec<Row> = Vec::new();
    let mut parts: Vec<Vec<Row>> = Vec::new();
    // The order of the first document that has a row; rows that are not divided are in one document only.
    for (name, document) in shards.into_values() {
        let mut at = 0;
        for row in document.rows {
            let divided = row.part_complete.is_some();
            match whole.iter().position(|other| same(other, &row)) {
                Some(found) if divided && parts[found].iter().all(|p| p.part_complete.is_some()) => {
                    if parts[found][0].expected != row.expected {
                        return Err(format!(
                            "{name} expects something else of {}; it is of another build",
                            title(&row)
                        ));
                    }
                    let divisions = (&parts[found][0].part_division, &row.part_division);
                    if let (Some(one), Some(other)) = divisions
                        && one != other
                    {
                        return Err(format!(
                            "{name} has divided {} in another way; run all shards with the same build and arguments, and if \
                             they were, search it undivided: one of them has learnt more about the program than another",
                            title(&row)
                        ));
                    }
                    parts[found].push(row);
                    at = found + 1;
                }
                // Skipped for the same reason everywhere.
                Some(found) if row.verdict == Found::Skipped && parts[found][0].verdict == Found::Skipped => {
                    at = found + 1;
                }
                Some(_) => {
                    return Err(format!(
                        "{} is in {name} and in another shard; they are of different runs",
                        title(&row)
                    ));
                }
                None => {
                    whole.insert(at, row.clone());
                    parts.insert(at, vec![row]);
                    at += 1;
                }
            }
        }
    }
    let mut rows = Vec::new();
    for parts in parts {
        let divided = parts[0].part_complete.is_some();
        if divided && parts.len() != of as usize && !interrupted {
            return Err(format!(
                "{} is in {} of {of} shards; they searched different things",
                title(&parts[0]),
                parts.len()
            ));
        }
        rows.push(if divided { join(parts, of) } else { parts[0].clone() });
    }
    let mut document = Document::new(rows);
    document.interrupted = interrupted;
    Ok(document)
}

fn same(a: &Row, b: &Row) -> bool {
    (&a.scenario, &a.variant, &a.strategy) == (&b.scenario, &b.variant, &b.strategy)
}

fn title(row: &Row) -> String {
    format!("{}/{} under {}", row.scenario, row.variant, row.strategy)
}

/// The row of the whole search, from those of all its parts.
fn join(parts: Vec<Row>, of: u32) -> Row {
    // A program may fail in more than one way, and whoever runs it whole sees one of them. The expected one comes
    // first.
    let expected = |p: &&Row| {
        p.failure_kind
            .is_some_and(|kind| p.expected.split('|').any(|e| e == format!("{kind:?}")))
    };
    let any = || parts.iter().find(|p| p.failure_kind.is_some());
    let failed = parts.iter().find(expected).or_else(any);
    let mut row = failed.unwrap_or(&parts[0]).clone();
    row.executions = parts.iter().map(|p| p.executions).sum();
    row.blocked_executions = parts.iter().map(|p| p.blocked_executions).sum();
    row.elapsed_ms = parts.iter().map(|p| p.elapsed_ms).sum();
    row.complete = parts.len() == of as usize && parts.iter().all(|p| p.part_complete == Some(true));
    (row.part_complete, row.part_division) = (None, None);
    row.outcomes = BTreeMap::new();
    for (outcome, n) in parts.iter().flat_map(|p| &p.outcomes) {
        *row.outcomes.entry(outcome.clone()).or_default() += n;
    }
    let wrong = parts.iter().find_map(|p| p.reason.clone());
    row.verdict = match (row.failure_kind.is_some() || wrong.is_some(), row.complete) {
        (true, _) => Found::Failed,
        (false, true) => Found::Verified,
        (false, false) => Found::Passed,
    };
    if row.failure_kind.is_none() {
        let of_graphs =
            row.memory_model == MemoryModel::Rust && ["exhaustive", "graphs"].contains(&row.strategy.as_str());
        let (n, what) = match of_graphs {
            true => (row.executions - row.blocked_executions, "execution graphs"),
            false => (row.executions, "interleavings"),
        };
        let all = if row.complete { "all " } else { "" };
        row.basis = format!("{all}{n} {what}, in {of} shards");
    }
    let found = match row.failure_kind {
        Some(kind) => format!("{kind:?}"),
        None => "Passed".to_owned(),
    };
    row.as_expected = wrong.is_none()
        && match row.expected.as_str() {
            "Verified" => row.verdict == Found::Verified,
            expected => expected.split('|').any(|e| e == found),
        };
    row.reason = wrong;
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::rows;

    fn shard(index: u32, of: u32, executions: u64, complete: bool) -> Document {
        let mut row = rows()[2].clone();
        row.verdict = Found::Passed;
        row.complete = false;
        row.part_complete = Some(complete);
        row.part_division = Some("by two".to_owned());
        row.executions = executions;
        row.outcomes.insert("()".to_owned(), executions);
        let mut document = Document::new(vec![row]);
        document.shard = Some(Shard { index, of });
        document
    }

    fn join(documents: Vec<Document>) -> Result<Document, String> {
        merge(
            documents
                .into_iter()
                .enumerate()
                .map(|(i, d)| (format!("{}.json", i + 1), d))
                .collect(),
        )
    }

    #[test]
    fn complete_parts_make_a_verified_whole() {
        let whole = join(vec![shard(2, 2, 3, true), shard(1, 2, 1, true)]).unwrap();
        let row = &whole.rows[0];
        assert_eq!(
            (row.verdict, row.complete, row.as_expected),
            (Found::Verified, true, true)
        );
        assert_eq!((row.executions, row.outcomes["()"]), (4, 4));
        assert_eq!(whole.shard, None);
    }

    #[test]
    fn an_incomplete_part_verifies_nothing() {
        let whole = join(vec![shard(1, 2, 1, true), shard(2, 2, 3, false)]).unwrap();
        let row = &whole.rows[0];
        assert_eq!(
            (row.verdict, row.complete, row.as_expected),
            (Found::Passed, false, false)
        );
    }

    #[test]
    fn a_failure_in_one_part_is_one_of_the_whole() {
        let mut failing = shard(2, 2, 3, false);
        failing.rows[0].verdict = Found::Failed;
        failing.rows[0].failure_kind = Some(selvedge::FailureKind::LostWakeup);
        let whole = join(vec![shard(1, 2, 1, true), failing.clone()]).unwrap();
        assert_eq!(
            (whole.rows[0].verdict, whole.rows[0].as_expected),
            (Found::Failed, false)
        );
        let mut naive = vec![shard(1, 2, 1, true), failing];
        for document in &mut naive {
            document.rows[0].expected = "LostWakeup".to_owned();
        }
        assert!(join(naive).unwrap().rows[0].as_expected);
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let one = || shard(1, 2, 1, true);
        let refused = |documents, words: &str| {
            let why = join(documents).unwrap_err();
            assert!(why.contains(words), "{why}");
        };
        refused(vec![one()], "shard 2/2 is missing");
        refused(vec![one(), one()], "both shard 1 of 2");
        refused(vec![one(), shard(2, 3, 1, true)], "shards of one run");
        refused(vec![Document::new(rows())], "no shard");
        let mut other = shard(2, 2, 1, true);
        other.rows[0].variant = "another".to_owned();
        refused(vec![one(), other], "different things");
        let mut divided = shard(2, 2, 1, true);
        divided.rows[0].part_division = Some("by three".to_owned());
        refused(vec![one(), divided], "in another way");
        let mut whole = shard(2, 2, 1, true);
        whole.rows[0].part_complete = None;
        refused(vec![one(), whole], "different runs");
    }
}
