//! Tags: what a variant can be found by, without anybody having to write them down.

use crate::{Expected, Variant};

/// The tags there are.
pub const TAGS: [&str; 12] = [
    "naive",
    "documented",
    "fixed",
    "control",
    "panic",
    "deadlock",
    "lost-wakeup",
    "data-race",
    "livelock",
    "step-limit",
    "nondeterminism",
    "server",
];

impl Variant {
    /// What it can be found by: its kind, how it fails (`lost-wakeup`), and whether it needs a server.
    pub fn tags(&self) -> Vec<&'static str> {
        let mut tags = vec![self.kind.name()];
        if self.control {
            tags.push("control");
        }
        if let Expected::Fails(kind) | Expected::MayFail(kind) = self.expected {
            tags.extend(TAGS.iter().find(|tag| tag.replace('-', " ") == kind.words()));
        }
        if self.skipped.is_some() {
            tags.push("server");
        }
        tags
    }
}
