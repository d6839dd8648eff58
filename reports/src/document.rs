//! The document that `selvedge run --format json` prints: a version and a row per variant and strategy.

use std::collections::BTreeMap;

use selvedge::cause::Cause;
use selvedge::{FailureKind, MemoryModel, Verdict};
use serde::{Deserialize, Serialize};

/// The version of the document. It changes when a field changes its meaning or goes away, not when one
/// is added.
pub const VERSION: u32 = 1;

/// What a failure is called where the program has returned what it must not, and nobody wrote a panic.
pub(crate) const FORBIDDEN: &str = "forbidden outcome";

/// What a run of the catalog found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// [`VERSION`].
    pub version: u32,
    /// Whether the run was stopped before its end; the rows are those it came to.
    pub interrupted: bool,
    /// Which part of the run this is, if it is not the whole.
    #[serde(default)]
    pub shard: Option<Shard>,
    /// One for each variant and strategy, in the order of the catalog.
    pub rows: Vec<Row>,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which one, counting from 1.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}

/// A variant under one strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The section of the catalog: `F`.
    #[serde(default)]
    pub section: String,
    /// The scenario.
    pub scenario: String,
    /// The variant.
    pub variant: String,
    /// `naive`, `documented` or `fixed`.
    pub kind: String,
    /// The strategy.
    pub strategy: String,
    /// `controlled`, `loom` or `native`.
    pub engine: String,
    /// `Verified`, `Passed`, or the kind of failure that must be found, such as `LostWakeup`.
    pub expected: String,
    /// What was found.
    pub verdict: Found,
    /// How it failed, if it did.
    pub failure_kind: Option<FailureKind>,
    /// What the program returned, if that is forbidden and so made it fail. The kind is then `Panic`, although the
    /// program has none.
    #[serde(default)]
    pub forbidden_outcome: Option<String>,
    /// Whether what was found is what was expected. False for a skipped row.
    pub as_expected: bool,
    /// Executions started.
    pub executions: u64,
    /// Executions given up as redundant, among them.
    pub blocked_executions: u64,
    /// Whether every interleaving was explored.
    pub complete: bool,
    /// The bound on preemptions within which it was complete, if there was one.
    pub preemption_bound: Option<usize>,
    /// What loads could see: `rust` only if that was asked for, and some ordering was weaker than `SeqCst`.
    #[serde(default)]
    pub memory_model: MemoryModel,
    /// How far the search went, in words.
    pub basis: String,
    /// What the program returned, and in how many interleavings.
    pub outcomes: BTreeMap<String, u64>,
    /// About how many executions an exhaustive search takes in all, where that was estimated.
    #[serde(default)]
    pub estimated_executions: Option<u64>,
    /// In a shard, whether this row's part of the search was explored completely; nothing if the row is whole.
    #[serde(default)]
    pub part_complete: Option<bool>,
    /// How the search was divided, in a digest: the parts of one search agree in it.
    #[serde(default)]
    pub part_division: Option<String>,
    /// Wall-clock milliseconds. The only field that differs between two runs.
    pub elapsed_ms: u64,
    /// The file of the failing schedule.
    pub schedule: Option<String>,
    /// Why it failed: which orders of operations decide. For the first failure of a variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The interleaving as text, if it failed and was not expected to fail so.
    #[serde(default)]
    pub timeline: Option<String>,
    /// Why it was skipped, or could not be run.
    pub reason: Option<String>,
}

/// The verdict of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// Every interleaving was explored and none fails.
    Verified,
    /// No explored interleaving fails.
    Passed,
    /// An interleaving fails.
    Failed,
    /// It was not run: see [`Row::reason`].
    Skipped,
}

impl From<Verdict> for Found {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Verified => Found::Verified,
            Verdict::Passed => Found::Passed,
            Verdict::Failed => Found::Failed,
        }
    }
}

impl Document {
    /// A document of these rows.
    pub fn new(rows: Vec<Row>) -> Self {
        Document {
            version: VERSION,
            interrupted: false,
            shard: None,
            rows,
        }
    }

    /// Rows as expected, not as expected, and skipped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let skipped = self.rows.iter().filter(|r| r.verdict == Found::Skipped).count();
        let good = self.rows.iter().filter(|r| r.as_expected).count();
        (good, self.rows.len() - good - skipped, skipped)
    }

    /// `12 as expected, 0 not as expected, 1 skipped`.
    pub fn summary(&self) -> String {
        let (good, bad, skipped) = self.counts();
        format!("{good} as expected, {bad} not as expected, {skipped} skipped")
    }

    /// The document as indented JSON with a line break at the end.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("strings, numbers and string keys are JSON");
        text.push('\n');
        text
    }
}

impl Row {
    /// What was expected, in the words of the field: `lost wakeup`.
    pub fn expected_words(&self) -> String {
        let each = self.expected.split('|').map(|name| match name {
            "Panic" if self.forbidden_outcome.is_some() => FORBIDDEN.to_owned(),
            name => words(name),
        });
        each.collect::<Vec<_>>().join(" or ")
    }

    /// What was found, in the words of the field.
    pub fn found_words(&self) -> String {
        match (self.verdict, self.failure_kind) {
            (Found::Verified, _) => "verified".to_owned(),
            (Found::Passed, _) => "passed".to_owned(),
            (Found::Skipped, _) => "skipped".to_owned(),
            (Found::Failed, Some(_)) if self.forbidden_outcome.is_some() => FORBIDDEN.to_owned(),
            (Found::Failed, Some(kind)) => kind.to_string(),
            (Found::Failed, None) => "not run".to_owned(),
        }
    }

    /// How far the search went, in a word or two.
    pub fn extent(&self) -> String {
        match self.verdict {
            Found::Skipped => String::new(),
            _ if self.complete => match self.preemption_bound {
                Some(bound) => format!("to {bound} preemptions"),
                None => "complete".to_owned(),
            },
            Found::Failed => "first failure".to_owned(),
            _ => "not complete".to_owned(),
        }
    }
}

/// `LostWakeup` as `lost wakeup`.
fn words(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn rows() -> Vec<Row> {
        let caught = Row {
            section: "A".to_owned(),
            scenario: "lost-wakeup".to_owned(),
            variant: "check-then-create".to_owned(),
            kind: "naive".to_owned(),
            strategy: "exhaustive".to_owned(),
            engine: "controlled".to_owned(),
            expected: "LostWakeup".to_owned(),
            verdict: Found::Failed,
            failure_kind: Some(FailureKind::LostWakeup),
            forbidden_outcome: None,
            as_expected: true,
            executions: 2,
            blocked_executions: 0,
            complete: false,
            preemption_bound: None,
            memory_model: MemoryModel::SequentiallyConsistent,
            basis: "stopped at the first failure".to_owned(),
            outcomes: BTreeMap::new(),
            estimated_executions: None,
            part_complete: None,
            part_division: None,
            elapsed_ms: 3,
            schedule: Some("target/selvedge/lost-wakeup.check-then-create.json".to_owned()),
            cause: None,
            timeline: None,
            reason: None,
        };
        let verified = Row {
            variant: "create-then-check".to_owned(),
            kind: "fixed".to_owned(),
            expected: "Verified".to_owned(),
            verdict: Found::Verified,
            failure_kind: None,
            executions: 4,
            complete: true,
            basis: "all 4 interleavings".to_owned(),
            schedule: None,
            ..caught.clone()
        };
        let missed = Row {
            strategy: "random".to_owned(),
            verdict: Found::Passed,
            failure_kind: None,
            as_expected: false,
            executions: 1000,
            basis: "1000 sampled schedules".to_owned(),
            schedule: None,
            ..caught.clone()
        };
        let skipped = Row {
            scenario: "lost-wakeup-redis".to_owned(),
            verdict: Found::Skipped,
            failure_kind: None,
            as_expected: false,
            executions: 0,
            basis: String::new(),
            schedule: None,
            reason: Some("no Redis server <at> 127.0.0.1:6379".to_owned()),
            ..caught.clone()
        };
        vec![caught, missed, verified, skipped]
    }

    #[test]
    fn json_uses_rust_names_and_null_for_no_failure() {
        let value: serde_json::Value = serde_json::from_str(&Document::new(rows()).json()).unwrap();
        assert_eq!(value["version"], 1);
        assert_eq!(value["rows"][0]["failure_kind"], "LostWakeup");
        assert_eq!(value["rows"][0]["verdict"], "Failed");
        assert_eq!(value["rows"][2]["failure_kind"], serde_json::Value::Null);
        assert_eq!(value["rows"][3]["verdict"], "Skipped");
    }

    #[test]
    fn json_reads_back_as_it_was() {
        let document = Document::new(rows());
        assert_eq!(serde_json::from_str::<Document>(&document.json()).unwrap(), document);
    }

    #[test]
    fn the_summary_counts_each_row_once() {
        assert_eq!(
            Document::new(rows()).summary(),
            "2 as expected, 1 not as expected, 1 skipped"
        );
    }
}
