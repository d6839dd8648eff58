//! `selvedge play`: whoever sits at the terminal is the scheduler, and picks who goes next.
//!
//! A line of input is a pick or a question. It may as well come from a file, so lines that nobody has typed are printed.

use std::io::{self, BufRead, IsTerminal};

use anyhow::{Context as _, Result, bail};
use selvedge::Strategy;
use selvedge::play::{Choice, Future, Play, Position};
use selvedge::states::End;
use selvedge::trace::Trace;
use selvedge_reports::paint::{BAD, FAINT, GOOD, STRONG, paint, wrap};
use selvedge_reports::{columns, painted_trace};

use super::args::PlayArgs;
use super::{Outcome, output, plan};
use crate::catalog::{Kind, Scenario, Variant};

/// Executions after which the search for a failure is given up.
const EXECUTIONS: u64 = 20_000;

const HELP: &str = "a number or a task: it goes next; u: undo; ?: can it still fail; f: show how; q: quit";

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    Pick(usize),
    Undo,
    CanFail,
    ShowFailure,
    Quit,
}

pub(crate) fn play(args: &PlayArgs) -> Result<Outcome> {
    let catalog = crate::catalog();
    let (scenario, variant) = named(&catalog, args)?;
    if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
        bail!("{}/{} cannot be played here: {reason}", scenario.name, variant.name);
    }
    let mut play = variant.play(variant.check(scenario.name, &Strategy::Exhaustive))?;
    let heading = format!("{} / {} ({})", scenario.name, variant.name, variant.word());
    let aim = match variant.kind {
        Kind::Fixed => "You are the scheduler. Try to make it fail. A load sees the latest store.",
        _ => "You are the scheduler. Make it fail. A load sees the latest store.",
    };
    tell(&format!(
        "{}\n{}{}\n",
        paint(STRONG, &heading),
        paragraph(aim),
        faint(HELP)
    ))?;
    let typed = io::stdin().is_terminal();
    let mut shows = true;
    let mut lines = io::stdin().lock().lines();
    loop {
        if shows {
            tell(&position(variant, play.here()))?;
        }
        output::print("> ")?;
        let Some(line) = lines.next() else {
            output::print("\n")?;
            return Ok(Outcome::AsExpected);
        };
        let line = line.context("cannot read standard input")?;
        if !typed {
            output::print(&format!("{line}\n"))?;
        }
        shows = false;
        match read(&line, play.here()) {
            Ok(Line::Pick(choice)) => {
                play.pick(choice)?;
                shows = true;
            }
            Ok(Line::Undo) if play.picks() == 0 => tell(&paragraph("This is the start."))?,
            Ok(Line::Undo) => {
                play.undo()?;
                shows = true;
            }
            Ok(Line::CanFail) => tell(&paragraph(&can_fail(variant, &mut play)?))?,
            Ok(Line::ShowFailure) => tell(&failure(variant, &mut play)?)?,
            Ok(Line::Quit) => return Ok(Outcome::AsExpected),
            Err(why) => tell(&paragraph(&why))?,
        }
    }
}

/// The variant that was asked for; of a scenario, the first one that fails.
fn named<'a>(catalog: &'a [Scenario], args: &PlayArgs) -> Result<(&'a Scenario, &'a Variant)> {
    let (name, variant) = match args.name.split_once('/') {
        Some((scenario, variant)) => (scenario, Some(variant)),
        None => (args.name.as_str(), None),
    };
    let found = catalog.iter().find(|s| s.name == name).and_then(|scenario| {
        let naive = || scenario.variants.iter().find(|v| v.kind == Kind::Naive);
        let variant = match variant {
            Some(variant) => scenario.variants.iter().find(|v| v.name == variant),
            None => naive().or(scenario.variants.first()),
        };
        Some((scenario, variant?))
    });
    match found {
        Some(found) => Ok(found),
        None => bail!("{}", plan::unknown(catalog, &args.name)),
    }
}

/// What a line says, or why it says nothing.
fn read(line: &str, here: &Position) -> Result<Line, String> {
    match line.trim() {
        "u" | "undo" => return Ok(Line::Undo),
        "?" => return Ok(Line::CanFail),
        "f" => return Ok(Line::ShowFailure),
        "q" | "quit" => return Ok(Line::Quit),
        "" => return Err(HELP.to_owned()),
        _ => {}
    }
    let word = line.trim();
    if here.choices.is_empty() {
        return Err(format!(
            "Nobody can go on, so `{word}` cannot be picked. u: undo; q: quit"
        ));
    }
    if let Ok(number) = word.parse::<usize>() {
        let count = here.choices.len();
        return match number.checked_sub(1).filter(|&at| at < count) {
            Some(at) => Ok(Line::Pick(at)),
            None => Err(format!("There is no {number}: pick one of 1 to {count}.")),
        };
    }
    let names = |(_, choice): &(usize, &Choice)| here.trace.tasks.get(choice.task).is_some_and(|name| name == word);
    let meant: Vec<usize> = here
        .choices
        .iter()
        .enumerate()
        .filter(names)
        .map(|(at, _)| at)
        .collect();
    match (meant[..].first(), meant.len()) {
        (Some(&at), 1) => Ok(Line::Pick(at)),
        (Some(_), _) => Err(format!("{word} can go several ways: pick one by its number.")),
        (None, _) if here.trace.tasks.iter().any(|name| name == word) => {
            Err(format!("{word} cannot go on now. {HELP}"))
        }
        (None, _) => Err(format!("`{word}` is no task and no command. {HELP}")),
    }
}

fn position(variant: &Variant, here: &Position) -> String {
    let mut trace = here.trace.clone();
    let Some(end) = &here.end else {
        let rows: Vec<Vec<String>> = (here.choices.iter().enumerate())
            .map(|(at, choice)| {
                let task = here.trace.tasks.get(choice.task).cloned().unwrap_or_default();
                let text = choice.text.lines().next().unwrap_or_default();
                vec![(at + 1).to_string(), task, variant.says(text)]
            })
            .collect();
        let picks = columns(&rows, &[0], output::width());
        return format!("{}{}\n{picks}", timeline(&trace), paint(STRONG, "Who goes next?"));
    };
    let told = match end {
        End::Failed { kind, message, .. } => {
            let (words, message) = variant.told(&mut trace, *kind, message);
            how("It failed", words, &message)
        }
        End::Passed { outcome } => paint(GOOD, &format!("It passed. Outcome: {outcome}")) + "\n",
        _ => String::new(),
    };
    format!("{}{told}{}\n", timeline(&trace), faint("u: undo; q: quit"))
}

fn can_fail(variant: &Variant, play: &mut Play) -> Result<String> {
    Ok(match play.future(EXECUTIONS)? {
        Future::Fails {
            picks,
            mut trace,
            kind,
            message,
            ..
        } => {
            let (words, _) = variant.told(&mut trace, kind, &message);
            match picks.len() {
                0 => format!("It has failed: {words}."),
                1 => format!("Yes: a failure ({words}) is one pick away. f shows which."),
                n => format!("Yes: a failure ({words}) is {n} picks away, or fewer. f shows which."),
            }
        }
        Future::Passes { states: 1 } => "No: it has passed.".to_owned(),
        Future::Passes { states } => {
            format!("No: all {states} states from here on have been looked at, and none fails.")
        }
        Future::Unknown { executions } => {
            format!("Perhaps: none of {executions} executions from here on fails, and there are more.")
        }
        _ => String::new(),
    })
}

fn failure(variant: &Variant, play: &mut Play) -> Result<String> {
    match play.future(EXECUTIONS)? {
        Future::Fails {
            picks,
            mut trace,
            kind,
            message,
            ..
        } => {
            let (words, message) = variant.told(&mut trace, kind, &message);
            let numbers: Vec<String> = picks.iter().map(|pick| (pick + 1).to_string()).collect();
            let mut text = timeline(&trace);
            text.push_str(&how("So it fails", words, &message));
            if !numbers.is_empty() {
                text.push_str(&paragraph(&format!("The picks from here: {}", numbers.join(" "))));
            }
            Ok(text)
        }
        _ => can_fail(variant, play).map(|text| paragraph(&text)),
    }
}

/// How it fails: a word for it, unless the message begins with that, and the message.
fn how(begin: &str, words: &str, message: &str) -> String {
    let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
    match first.starts_with(words) {
        true => format!("{}\n{}", paint(BAD, &format!("{begin}: {first}")), paragraph(rest)),
        false => format!("{}\n{}", paint(BAD, &format!("{begin}: {words}")), paragraph(message)),
    }
}

fn timeline(trace: &Trace) -> String {
    if trace.rows.is_empty() {
        return "\n".to_owned();
    }
    format!("\n{}\n", painted_trace(trace, output::width()))
}

fn faint(text: &str) -> String {
    let lines = wrap(text, output::width(), "", "");
    let lines: Vec<String> = lines.iter().map(|line| paint(FAINT, line)).collect();
    lines.join("\n")
}

fn paragraph(text: &str) -> String {
    let lines = text.lines().flat_map(|line| wrap(line, output::width(), "", ""));
    lines.map(|line| line + "\n").collect()
}

fn tell(text: &str) -> Result<()> {
    output::print(text)
}
