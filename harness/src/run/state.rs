//! What is left of an exhaustive search that was stopped, and a file for it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::error::Error;
use super::files::write;
use super::schedule::fingerprint;
use crate::explore::exhaustive::Exhaustive;
use crate::explore::graph::Frontier;
use crate::kernel::{MemoryModel, Numbering, Order, ScheduleLimits};

/// The version of the file.
const VERSION: u32 = 5;

/// How far an exhaustive search has come, to go on from there: see [`Check::resume`](crate::Check::resume).
///
/// It holds the schedule that comes next and the branches that are still to be followed, or the execution graphs that are to be
/// run next, so it grows with the length of an execution, not with their number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SearchState {
    version: u32,
    #[serde(flatten)]
    settings: Settings,
    pub(crate) numbering: Numbering,
    /// A digest of all parts into which the tree has been divided, those of other shards among them.
    pub(crate) division: Option<String>,
    /// It is a search of execution graphs, not of interleavings.
    pub(crate) of_graphs: bool,
    pub(crate) parts: Vec<Part>,
}

/// What a search was asked for, as far as its schedules and its end depend on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The check it belongs to.
    pub(crate) name: String,
    /// The limits of the search, which decide what its schedules are.
    pub(crate) limits: ScheduleLimits,
    pub(crate) keep_going: bool,
    pub(crate) shard: Option<(u32, u32)>,
}

/// A part of the tree, and what has been counted in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Which part it is.
    pub(crate) orders: Vec<Order>,
    /// What is left of it; nothing if it has been explored.
    pub(crate) tree: Option<Exhaustive>,
    /// The same of a search of execution graphs.
    #[serde(default)]
    pub(crate) graphs: Option<Frontier>,
    /// The numbers that it has given, if other parts may have given others.
    #[serde(default)]
    pub(crate) numbering: Option<Numbering>,
    executions: u64,
    blocked: u64,
    failing: u64,
    #[serde(default)]
    cut: u64,
    #[serde(default)]
    unfair: Option<String>,
    outcomes: BTreeMap<String, u64>,
    complete: bool,
}

impl Part {
    pub(crate) fn new(orders: Vec<Order>) -> Self {
        Part {
            orders,
            tree: Some(Exhaustive::new()),
            ..Part::default()
        }
    }

    /// A part of a search of execution graphs.
    pub(crate) fn of_graphs(graphs: Frontier) -> Self {
        Part {
            complete: graphs.is_all_known(),
            graphs: Some(graphs).filter(|graphs| !graphs.is_empty()),
            ..Part::default()
        }
    }

    /// A part whose rest is in others, which know whether anything is missing.
    pub(crate) fn handed_over(self) -> Self {
        Part {
            complete: true,
            graphs: None,
            numbering: None,
            ..self
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.tree.is_some() || self.graphs.is_some()
    }

    /// Adds what has been found since, and what is left now.
    pub(crate) fn advance(&mut self, counts: &Counts, tree: Option<Exhaustive>, numbering: Option<Numbering>) {
        self.add(counts);
        self.tree = tree.filter(|t| !t.is_done());
        self.numbering = numbering.filter(|_| self.tree.is_some());
    }

    /// The same of a search of execution graphs.
    pub(crate) fn advance_graphs(&mut self, counts: &Counts, left: Frontier, numbering: Numbering) {
        self.add(counts);
        self.graphs = Some(left).filter(|left| !left.is_empty());
        self.numbering = self.graphs.is_some().then_some(numbering);
    }

    fn add(&mut self, counts: &Counts) {
        self.executions += counts.executions;
        self.blocked += counts.blocked;
        self.failing += counts.failing;
        self.cut += counts.cut;
        if self.unfair.is_none() {
            self.unfair.clone_from(&counts.unfair);
        }
        for (outcome, n) in &counts.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += n;
        }
        self.complete = counts.complete;
    }

    /// What has been counted.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            executions: self.executions,
            blocked: self.blocked,
            failing: self.failing,
            cut: self.cut,
            unfair: self.unfair.clone(),
            outcomes: self.outcomes.clone(),
            complete: self.complete,
            ..Counts::default()
        }
    }
}

impl SearchState {
    pub(crate) fn new(settings: Settings, numbering: Numbering, division: Option<String>, parts: Vec<Part>) -> Self {
        SearchState {
            version: VERSION,
            settings,
            numbering,
            division,
            of_graphs: false,
            parts,
        }
    }

    /// A search of execution graphs.
    pub(crate) fn of_graphs(
        settings: Settings,
        numbering: Numbering,
        division: Option<String>,
        parts: Vec<Frontier>,
    ) -> Self {
        let parts = parts.into_iter().map(Part::of_graphs).collect();
        SearchState {
            of_graphs: true,
            ..SearchState::new(settings, numbering, division, parts)
        }
    }

    /// Begins every part anew, now that more is known about the program. They are the same parts: other shards may
    /// never learn it.
    pub(crate) fn begin_anew(&mut self, numbering: Numbering) {
        self.numbering = numbering;
        for part in &mut self.parts {
            *part = Part::new(std::mem::take(&mut part.orders));
        }
    }

    /// Why the check cannot go on from here, if it cannot.
    pub(crate) fn misfit(&self, fresh: &Settings) -> Option<String> {
        if self.settings.name != fresh.name {
            return Some(format!(
                "the saved search is one of {}, not of {}",
                self.settings.name, fresh.name
            ));
        }
        let (before, now) = (self.settings.limits.memory_model, fresh.limits.memory_model);
        if before != now {
            let name = |model| match model {
                MemoryModel::Rust => "MemoryModel::Rust",
                MemoryModel::SequentiallyConsistent => "MemoryModel::SequentiallyConsistent",
            };
            return Some(format!(
                "the saved search is one under {}, not under {}; give the same, or search from the start",
                name(before),
                name(now)
            ));
        }
        (self.settings != *fresh).then(|| {
            "the saved search had other settings (limits of an execution, keep_going or shard); \
             give the same ones, or search from the start"
                .to_owned()
        })
    }

    /// About how many executions there will be, what has been explored among them.
    pub(crate) fn estimate(&self) -> u64 {
        let whole = |part: &Part| part.tree.as_ref().map_or(part.executions, Exhaustive::estimate);
        self.parts.iter().map(whole).sum()
    }

    /// The check it belongs to.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Executions so far.
    pub fn executions(&self) -> u64 {
        self.parts.iter().map(|p| p.executions).sum()
    }

    /// Writes the state to a file. It is in place only once it is complete.
    ///
    /// # Errors
    /// [`Error::Write`] when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        write(path.as_ref(), || serde_json::to_string(self).map(sealed))
    }

    /// Reads a state.
    ///
    /// # Errors
    /// [`Error::Read`] when the file cannot be read, [`Error::State`] when it holds no saved search of this
    /// version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        let wrong = |why: String| Error::State {
            path: path.to_owned(),
            why,
        };
        // The version first: a newer one may look different.
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let damaged = |e: serde_json::Error| wrong(format!("damaged, cut short or something else ({e})"));
        let version: Version = serde_json::from_str(&text).map_err(damaged)?;
        if version.version != VERSION {
            return Err(wrong(format!(
                "format version {}, and this build reads version {VERSION}",
                version.version
            )));
        }
        if !is_sealed(&text) {
            let why = "its digest is not that of its content, so it was changed, damaged or cut short";
            return Err(wrong(why.to_owned()));
        }
        serde_json::from_str(&text).map_err(damaged)
    }
}

/// What stands between the content and its digest, which is the last member of the object.
const SEAL: &str = ",\"digest\":\"";

/// Adds the digest of all that stands before it, because a search that goes on from anything else may come to another
/// verdict.
fn sealed(json: String) -> String {
    let content = json.strip_suffix('}').unwrap_or(&json);
    format!("{content}{SEAL}{}\"}}", fingerprint(content))
}

/// Whether the text is as it was written, to the last bit.
fn is_sealed(text: &str) -> bool {
    let content = text.rsplit_once(SEAL).map_or("", |(content, _)| content);
    text == format!("{content}{SEAL}{}\"}}\n", fingerprint(content))
}
