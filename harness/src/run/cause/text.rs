//! The cause in words.

use std::fmt;

use super::found::{Cause, Constraint, Operation, Shape, Way};
use crate::trace::cut;

/// Columns of what an operation does, at most.
const WIDTH: usize = 48;

/// How lines after the first are indented.
const INDENT: &str = "       ";

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cause {
            ways,
            failing,
            passing,
            others,
            complete,
            ..
        } = self;
        if ways.is_empty() {
            return match (passing, complete) {
                (0, true) => write!(
                    f,
                    "cause: fails in every order, {failing} of {failing}: no order of its steps avoids it"
                ),
                (0, false) => write!(f, "cause: fails in all {failing} interleavings seen"),
                _ => write!(
                    f,
                    "cause: no few orders of its operations tell the {failing} failing interleavings from the {passing} passing ones"
                ),
            };
        }
        write!(f, "cause: ")?;
        let exact = self.is_exact();
        match (ways.len(), exact) {
            (1, true) => write!(f, "fails exactly when")?,
            (1, false) => write!(f, "fails whenever")?,
            (number, true) => write!(f, "fails exactly in one of these {number} ways: when")?,
            (number, false) => write!(f, "fails in {number} ways: whenever")?,
        }
        for (at, way) in ways.iter().enumerate() {
            if at > 0 {
                write!(f, "\n{INDENT}or when (in other interleavings than this one)")?;
            }
            self.way(way, f)?;
        }
        let seen = if *complete { "" } else { " seen" };
        write!(f, "\n{INDENT}")?;
        match (others, failing) {
            (0, 1) => write!(f, "the one failing interleaving{seen}")?,
            (0, _) => write!(f, "all {failing} failing interleavings{seen}")?,
            _ => write!(f, "{} of {failing} failing interleavings{seen}", failing - others)?,
        }
        match passing {
            1 => write!(f, ", not the passing one")?,
            _ => write!(f, ", none of {passing} passing ones")?,
        }
        if self.imposed > 0 {
            write!(
                f,
                "; forced in random executions, {} of {} fail",
                self.imposed, self.imposed
            )?;
        }
        if self.opposed > 0 {
            write!(f, "; prevented, {} of {}", self.opposed_failing, self.opposed)?;
        }
        Ok(())
    }
}

impl Cause {
    /// Whether the program fails exactly when one of the ways holds: all of its executions have been looked at.
    pub fn is_exact(&self) -> bool {
        self.complete && self.others == 0 && !self.ways.is_empty()
    }

    fn way(&self, way: &Way, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = way.constraints.len().saturating_sub(1);
        let between = way.between();
        if let Some((first, inner, then)) = between {
            write!(
                f,
                "\n{INDENT}{} comes between {} and {}",
                of_task(inner),
                of_task(first),
                then
            )?;
        } else {
            for (at, constraint) in way.constraints.iter().enumerate() {
                match constraint {
                    // The timeline has the store above the load.
                    Constraint::Before { first, then }
                        if way.shape == Shape::StaleRead && then.step.is_some() && first.step > then.step =>
                    {
                        write!(f, "\n{INDENT}{} misses {}", of_task(first), of_task(then))?;
                    }
                    _ => write!(f, "\n{INDENT}{constraint}")?,
                }
                if at < last {
                    write!(f, ", and")?;
                }
            }
        }
        write!(f, ": {}", way.shape.words())?;
        if self.ways.len() > 1 {
            write!(f, " ({} of {})", way.failing, self.failing)?;
        }
        Ok(())
    }
}

impl Way {
    /// The operation that comes between two others, if that is all that is said.
    fn between(&self) -> Option<(&Operation, &Operation, &Operation)> {
        let pair = |at: usize| match self.constraints.get(at)? {
            Constraint::Before { first, then } => Some((first, then)),
            Constraint::Arm { .. } => None,
        };
        let (one, other) = (pair(0)?, pair(1)?);
        if self.constraints.len() != 2 {
            return None;
        }
        [(one, other), (other, one)]
            .into_iter()
            .find_map(|((first, inner), (again, then))| {
                let fits = inner == again && first.task == then.task && then.step.is_some();
                fits.then_some((first, inner, then))
            })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::Before { first, then } => {
                write!(f, "{} comes before {}", of_task(first), of_task(then))?;
                match (first.step, then.step) {
                    (Some(_), None) => write!(f, ", which is still to come"),
                    _ => Ok(()),
                }
            }
            Constraint::Arm { choose, .. } => {
                write!(f, "{} takes {choose}", cut(&choose.task, WIDTH))?;
                match (choose.step, choose.alike) {
                    (Some(_), _) | (None, 0 | 1) => Ok(()),
                    (None, alike) => write!(f, " the {} time", ordinal(alike)),
                }
            }
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.text.lines().next().unwrap_or_default();
        write!(f, "`{}`", cut(line, WIDTH))?;
        if let Some((first, last)) = self.line {
            return write!(f, " ({first}–{last})");
        }
        match self.step {
            Some(step) => write!(f, " ({step})"),
            None => Ok(()),
        }
    }
}

/// `worker's second {operation}` where the timeline has no row of it.
fn of_task(operation: &Operation) -> String {
    let which = match (operation.step, operation.alike) {
        (Some(_), _) | (None, 0 | 1) => String::new(),
        (None, alike) => format!("{} ", ordinal(alike)),
    };
    format!("{}'s {which}{operation}", cut(&operation.task, WIDTH))
}

fn ordinal(nth: u32) -> String {
    let words = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    ];
    let word = (nth as usize).checked_sub(1).and_then(|at| words.get(at));
    if let Some(word) = word {
        return (*word).to_owned();
    }
    let ending = match (nth % 10, nth % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{nth}{ending}")
}

#[cfg(test)]
mod tests {
    use super::ordinal;

    #[test]
    fn ordinals_are_words_and_then_numbers() {
        let all: Vec<String> = [1, 2, 10, 11, 12, 13, 21, 22, 23, 24, 101, 111, 113]
            .map(ordinal)
            .into();
        let words = "first second tenth 11th 12th 13th 21st 22nd 23rd 24th 101st 111th 113th";
        assert_eq!(all.join(" "), words);
    }
}
