//! What the book says: the catalog, and what its programs do here and now.

use std::collections::BTreeMap;

use anyhow::Result;
use indicatif::ProgressBar;
use selvedge::{MemoryModel, Strategy};
use selvedge_reports::book::{Book, Chapter, Exercise, Found, Game, Graded, Level, Program, Table};

use super::super::in_order::{cores, in_order};
use super::super::verdict::{Verdict, outcomes_of};
use super::specimens;
use crate::catalog::{self, Mutation, Scenario, Variant, course};

/// The book, and the variants that did not do what is expected of them.
pub(super) fn book(catalog: &[Scenario], bar: &ProgressBar) -> Result<(Book, Vec<String>)> {
    let course = course::course(catalog);
    let variants: Vec<(&Scenario, &Variant)> = course
        .iter()
        .flat_map(|scenario| scenario.variants.iter().map(|variant| (*scenario, variant)))
        .collect();
    let (mut programs, mut unexpected) = (Vec::new(), Vec::new());
    let run = |(scenario, variant): &(&Scenario, &Variant)| {
        let name = format!("{}/{}", scenario.name, variant.name);
        bar.set_message(name.clone());
        let verdict = Verdict::of(scenario, variant);
        let unexpected = (!verdict.met()).then_some(name);
        let program = program(scenario, variant, verdict);
        bar.inc(1);
        (program, unexpected)
    };
    in_order(cores(), &variants, run, |(program, name)| {
        programs.push(program);
        unexpected.extend(name);
        Ok(())
    })?;
    let mut programs = programs.into_iter();
    let chapters = course
        .into_iter()
        .map(|scenario| chapter(scenario, programs.by_ref().take(scenario.variants.len()).collect()))
        .collect();
    let levels = catalog::Level::ALL.map(|level| Level {
        title: level.title().to_owned(),
        aim: level.aim().to_owned(),
    });
    let book = Book {
        levels: levels.to_vec(),
        chapters,
        specimens: specimens::specimens(),
        sample: Some(specimens::sample()),
    };
    Ok((book, unexpected))
}

fn chapter(scenario: &Scenario, programs: Vec<Program>) -> Chapter {
    let strings = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let level = |level| catalog::Level::ALL.iter().position(|l| *l == level);
    Chapter {
        name: scenario.name.to_owned(),
        title: scenario.title.to_owned(),
        level: scenario.level.and_then(level).unwrap_or(catalog::Level::ALL.len() - 1),
        needs: strings(&scenario.needs),
        lesson: scenario.lesson.to_owned(),
        source: scenario.source.to_owned(),
        symptoms: scenario.symptoms.iter().map(|s| s.words().to_owned()).collect(),
        primitives: strings(&scenario.primitives()),
        outcomes: scenario.outcomes.iter().map(graded).collect(),
        lines: lines(scenario, &programs),
        programs,
        exercise: scenario.exercise.map(|exercise| Exercise {
            given: exercise.given.to_owned(),
            solution: exercise.solution.to_owned(),
        }),
    }
}

/// The lines of the source that the timelines name.
fn lines(scenario: &Scenario, programs: &[Program]) -> BTreeMap<String, String> {
    let traces = programs.iter().flat_map(|program| match &program.found {
        Found::Fails(failure) => {
            let nearest = failure.nearest.iter().map(|nearest| &nearest.trace);
            [&failure.trace].into_iter().chain(nearest).collect()
        }
        Found::Holds { example, .. } => example.iter().collect(),
        Found::NotRun => Vec::new(),
    });
    let places = traces.flat_map(|trace| trace.rows.iter().filter_map(|row| row.location.as_deref()));
    places
        .filter_map(|place| Some((place.to_owned(), scenario.line(place)?.to_owned())))
        .collect()
}

fn program(scenario: &Scenario, variant: &Variant, verdict: Verdict<'_>) -> Program {
    let table = outcomes_of(scenario, variant).map(|table| table_of(&table));
    Program {
        name: variant.name.to_owned(),
        word: variant.word().to_owned(),
        summary: variant.summary.to_owned(),
        note: variant.note.map(str::to_owned),
        code: scenario.code_of(variant),
        game: game(scenario, variant, &verdict),
        found: found(scenario, variant, verdict),
        table,
        broken_by: variant
            .mutations
            .iter()
            .map(|m| (m.name.to_owned(), words(scenario, variant, m).to_owned()))
            .collect(),
    }
}

/// The most states of a program that has a page to be played on.
const STATES: usize = 2_000;

fn game(scenario: &Scenario, variant: &Variant, verdict: &Verdict<'_>) -> Option<Game> {
    let Verdict::Ran(_, report) = verdict else {
        return None;
    };
    let check = variant.check(scenario.name, &Strategy::Exhaustive).max_states(STATES);
    let states = variant.states(check).ok()?;
    let weaker = report.memory_model == MemoryModel::Rust;
    Some(Game { states, weaker })
}

/// How a mutation fails here and now; as it should, where the variant cannot be run.
fn words(scenario: &Scenario, variant: &Variant, mutation: &Mutation) -> &'static str {
    let skipped = variant.skipped.and_then(|reason| reason()).is_some();
    let failure = (!skipped).then(|| variant.run_mutation(scenario.name, mutation).failure);
    failure
        .flatten()
        .map_or(mutation.fails.words(), |failure| failure.words())
}

fn found(scenario: &Scenario, variant: &Variant, verdict: Verdict<'_>) -> Found {
    let Verdict::Ran(_, report) = verdict else {
        return Found::NotRun;
    };
    match report.failure {
        Some(failure) => Found::Fails(Box::new(failure)),
        None if report.error.is_some() => Found::NotRun,
        None => Found::Holds {
            all: report.complete,
            basis: report.basis,
            example: variant.passing(scenario.name),
        },
    }
}

fn graded(graded: &catalog::Graded) -> Graded {
    Graded {
        outcome: graded.outcome.to_owned(),
        grade: graded.grade.name().to_owned(),
        reason: graded.reason.to_owned(),
    }
}

fn table_of(table: &catalog::Table) -> Table {
    let columns = table.columns.iter();
    let rows = table.rows.iter();
    Table {
        columns: columns.map(|c| (c.strategy.to_owned(), c.total, c.complete)).collect(),
        rows: rows
            .map(|r| (r.outcome.clone(), r.counts.clone(), r.graded.as_ref().map(graded)))
            .collect(),
    }
}
