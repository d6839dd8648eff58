//! Searches of one program with other orderings than it declares.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::found::Tried;
use crate::engine::current::Program;
use crate::kernel::{Declared, FailureKind, MemoryModel, Place, Seen};
use crate::run::options::Options;
use crate::run::report::{Report, Verdict};
use crate::run::start::run;
use crate::run::strategy::Strategy;

/// Orderings that count in place of the declared ones.
pub(super) type Instead = BTreeMap<Place, Ordering>;

/// Searches of one program, and what they have come to.
pub(super) struct Trials {
    options: Options,
    program: Program,
    declared: Declared,
    done: Vec<(Instead, Tried)>,
    pub(super) searches: u64,
    pub(super) executions: u64,
}

impl Trials {
    pub(super) fn new(mut options: Options, program: Program) -> Self {
        options.strategy = Strategy::Exhaustive;
        options.memory_model = MemoryModel::Rust;
        options.keep_going = false;
        Trials {
            options,
            program,
            declared: Declared::default(),
            done: Vec::new(),
            searches: 0,
            executions: 0,
        }
    }

    /// The places that were met so far, and what is declared there.
    pub(super) fn seen(&self) -> Seen {
        self.declared.seen()
    }

    /// Searches the program as it is. Says how far that went, besides.
    pub(super) fn as_declared(&mut self) -> (Tried, String) {
        let report = self.search(self.declared.with(Instead::new(), false));
        let basis = report.basis.clone();
        let tried = tried(report);
        self.done.push((Instead::new(), tried.clone()));
        (tried, basis)
    }

    /// Searches the program with everything taken for `SeqCst`, whatever places there are.
    pub(super) fn all_seq_cst(&mut self) -> Tried {
        let report = self.search(self.declared.with(Instead::new(), true));
        tried(report)
    }

    /// Searches the program with these orderings, once.
    pub(super) fn with(&mut self, instead: &Instead) -> Tried {
        if let Some((_, tried)) = self.done.iter().find(|(known, _)| known == instead) {
            return tried.clone();
        }
        if self.options.cancel.load(Ordering::Relaxed) {
            return Tried::Undecided("cancelled".to_owned());
        }
        let report = self.search(self.declared.with(instead.clone(), false));
        let tried = tried(report);
        self.done.push((instead.clone(), tried.clone()));
        tried
    }

    fn search(&mut self, declared: Declared) -> Report {
        let mut options = self.options.clone();
        options.declared = Some(declared);
        let report = run(options, self.program.clone());
        self.searches += 1;
        self.executions += report.executions;
        report
    }
}

/// What a search proves. One that is not complete proves nothing, and neither does a program that is not the same every time.
fn tried(report: Report) -> Tried {
    if let Some(error) = report.error {
        return Tried::Undecided(error.to_string());
    }
    match report.failure {
        Some(failure) if failure.kind == FailureKind::Nondeterminism => Tried::Undecided(failure.message),
        Some(failure) => Tried::Failed(Box::new(failure)),
        None if report.preemption_bound.is_some() => Tried::Undecided(report.basis),
        None if report.verdict == Verdict::Verified && report.complete => Tried::Verified,
        None if report.interrupted => Tried::Undecided("cancelled".to_owned()),
        None => Tried::Undecided(report.basis),
    }
}
