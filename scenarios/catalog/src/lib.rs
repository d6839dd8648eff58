//! The shape of the catalog: scenarios, their variants, and what is expected of each under each strategy.
//!
//! Expectations are data. `selvedge run`, `selvedge list` and the tests all read the same [`Run`]s, so
//! a variant whose behaviour changes shows up in each of them.
//!
//! A scenario is a folder `scenarios/<section>/src/<name>/` with a `mod.rs` that has one `pub fn scenario()`, and a
//! `lesson.md` beside it:
//!
//! ```
//! use selvedge::sync::atomic::{AtomicU32, Ordering};
//! use selvedge::{FailureKind, Strategy, sync::Arc, thread};
//! use selvedge_catalog::{Scenario, Variant, fails, verified};
//!
//! fn load_then_store() -> u32 { /* .. */ 2 }
//! fn fetch_add() -> u32 { /* .. */ 2 }
//!
//! pub fn scenario() -> Scenario {
//!     Scenario::new("lost-increment", "Two threads increment one counter", "F")
//!         .source("Herlihy and Shavit, The Art of Multiprocessor Programming, section 1.1")
//!         .lesson("# Lost increment ..") // include_str!("lesson.md")
//!         .variant(
//!             Variant::naive("load-then-store", "load, add one, store", fails(FailureKind::Panic), load_then_store)
//!                 .on(Strategy::Random, fails(FailureKind::Panic))
//!         )
//!         .variant(
//!             Variant::fixed("fetch-add", "one read-modify-write", fetch_add)
//!                 .on(Strategy::Loom, verified())
//!         )
//! }
//! # assert_eq!(scenario().variants.len(), 2);
//! ```

use selvedge::{Check, Report, Strategy};
use similar::TextDiff;

mod code;
pub mod course;
mod expected;
mod grade;
pub mod line;
mod mutation;
mod primitives;
mod program;
mod source;
mod strategy;
mod tags;
pub mod tasks;
mod variant;

pub use course::{Exercise, Level, Symptom};
pub use expected::{Expected, fails, passed, verified};
pub use grade::{Column, Grade, Graded, Row, Table};
pub use mutation::Mutation;
pub use strategy::{Limits, Run, engine_of, explores_all};
pub use tags::TAGS;
pub use variant::{Kind, Variant};

/// One race pattern: what goes wrong, why, and what repairs it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What the command line knows it by: `lost-wakeup`.
    pub name: &'static str,
    /// One line for `selvedge list`.
    pub title: &'static str,
    /// The part of the catalog it belongs to: `A` to `G`, see [`section_title`].
    pub section: &'static str,
    /// The lesson, in Markdown.
    pub lesson: &'static str,
    /// Where the pattern comes from.
    pub source: &'static str,
    /// The broken and the repaired programs, in the order a reader should meet them.
    pub variants: Vec<Variant>,
    /// How far a reader has to be.
    pub level: Option<Level>,
    /// The scenarios to know before, by name.
    pub needs: Vec<&'static str>,
    /// What somebody sees who has the bug.
    pub symptoms: Vec<Symptom>,
    /// A program to repair.
    pub exercise: Option<Exercise>,
    /// What the outcomes mean, in every variant.
    pub outcomes: Vec<Graded>,
    /// The source files with marks in them.
    sources: Vec<source::Source>,
    /// What other crates have that the variants are built on.
    built_on: Vec<code::BuiltOn>,
}

impl Scenario {
    /// A scenario without variants yet.
    pub fn new(name: &'static str, title: &'static str, section: &'static str) -> Self {
        Scenario {
            name,
            title,
            section,
            lesson: "",
            source: "",
            variants: Vec::new(),
            level: None,
            needs: Vec::new(),
            symptoms: Vec::new(),
            exercise: None,
            outcomes: Vec::new(),
            sources: Vec::new(),
            built_on: Vec::new(),
        }
    }

    /// Where the pattern comes from.
    pub fn source(mut self, citation: &'static str) -> Self {
        self.source = citation;
        self
    }

    /// The lesson: `include_str!("lesson.md")`.
    pub fn lesson(mut self, markdown: &'static str) -> Self {
        self.lesson = markdown;
        self
    }

    /// Says what an outcome means, in every variant that does not say so itself. `outcome` is what the program
    /// returns, as `Debug` prints it, or the words of a failure (`deadlock`).
    ///
    /// ```
    /// use selvedge_catalog::{Grade, Scenario};
    ///
    /// Scenario::new("lost-increment", "Two threads increment one counter", "F")
    ///     .outcome("1", Grade::Forbidden, "an increment is lost")
    ///     .outcome("2", Grade::Acceptable, "both increments count");
    /// ```
    pub fn outcome(mut self, outcome: &'static str, grade: Grade, reason: &'static str) -> Self {
        let graded = Graded { outcome, grade, reason };
        self.outcomes.push(graded);
        for variant in &mut self.variants {
            variant.grade(graded);
        }
        self
    }

    /// Adds a variant.
    pub fn variant(mut self, mut variant: Variant) -> Self {
        for graded in &self.outcomes {
            variant.grade(*graded);
        }
        self.variants.push(variant);
        self
    }

    /// The check of a variant under `strategy`, with its limits. A failure is tried on the [repaired](Self::repaired) variant, too.
    pub fn check(&self, variant: &Variant, strategy: &Strategy) -> Check {
        let check = variant.check(self.name, strategy);
        match self.repaired(variant) {
            Some(repaired) => repaired.tried_by(check),
            None => check,
        }
    }

    /// Runs a variant under its [check](Self::check). A failure names the variant that it was tried on.
    pub fn run(&self, variant: &Variant, check: Check) -> Report {
        let mut report = variant.run(check);
        let tried = report.failure.as_mut().and_then(|failure| failure.tried.as_mut());
        if let (Some(tried), Some(repaired)) = (tried, self.repaired(variant)) {
            tried.name = Some(repaired.name.to_owned());
        }
        report
    }

    /// What repairs a variant that is not a fixed one: of the fixed ones that can be run wherever it can, the one whose code is
    /// most like it.
    pub fn repaired(&self, variant: &Variant) -> Option<&Variant> {
        if variant.kind == Kind::Fixed {
            return None;
        }
        let runs = |other: &&Variant| other.skipped.is_none() || variant.skipped.is_some();
        let fixed = |other: &&Variant| other.kind == Kind::Fixed && !other.control;
        let code = self.code_of(variant);
        // Of several the one whose name begins most alike, which is the same program's on the same backend, then the first.
        let alike = |other: &Variant| {
            let by_code = TextDiff::from_lines(&code, &self.code_of(other)).ratio();
            let names = other.name.bytes().zip(variant.name.bytes());
            (by_code, names.take_while(|(one, other)| one == other).count())
        };
        let fixed = self.variants.iter().rev().filter(runs).filter(fixed);
        let judged = fixed.map(|other| (alike(other), other));
        let most = judged.max_by(|((one, begins), _), ((other, other_begins), _)| {
            one.total_cmp(other).then_with(|| begins.cmp(other_begins))
        });
        most.map(|(_, repaired)| repaired)
    }
}

/// What a section of the catalog is about.
pub fn section_title(section: &str) -> &'static str {
    match section {
        "A" => "Waiting for completion",
        "B" => "Signalling with Notify",
        "C" => "Waiter queues",
        "D" => "Write-behind store",
        "E" => "Job registry",
        "F" => "Classics",
        "G" => "From the field",
        _ => "Others",
    }
}
