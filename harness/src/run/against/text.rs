//! What is said of it under the timeline.

use std::fmt;

use super::found::{Forbids, Stop, Tried};
use crate::kernel::FailureKind;
use crate::trace::cut;

/// Columns of what a step does, at most.
const WIDTH: usize = 40;

impl Tried {
    /// How the text begins.
    pub(crate) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("repaired by {name}:"),
            None => "repaired:".to_owned(),
        }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tried { has, steps, .. } = self;
        write!(f, "{} ", self.label())?;
        match &self.stops {
            Some(stop) => write!(f, "{stop}")?,
            None if *has == 0 => write!(f, "it has none of the {steps} operations")?,
            None if has == steps => write!(f, "all {steps} operations can come in this order")?,
            None => write!(
                f,
                "only {has} of the {steps} operations are there, and can come in this order"
            )?,
        }
        match self.fails {
            None if self.stops.is_none() && *has > 0 && self.instead_of == FailureKind::DataRace => {
                write!(f, "; something there orders the two that race here")
            }
            None if self.stops.is_none() && *has > 0 => write!(f, "; it passes, so the order does no harm there"),
            None => write!(f, "; it passes"),
            Some(kind) => write!(f, "; it fails, too: {}", kind.words()),
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stop {
            task, text, step, why, ..
        } = self;
        let text = cut(text.lines().next().unwrap_or_default(), WIDTH);
        let at = |step: &Option<usize>| step.map(|step| format!(" ({step})")).unwrap_or_default();
        match why {
            Forbids::Waits { next, waits_for } => {
                write!(f, "{task} cannot do `{text}`{} there: it ", at(step))?;
                match next.as_str() {
                    "" => {}
                    "wake-up" => write!(f, "sleeps, and ")?,
                    next => write!(f, "has to do `{next}`, and ")?,
                }
                write!(f, "waits for {waits_for}")
            }
            Forbids::OneStep { verb, with, between } => write!(
                f,
                "{task}'s `{text}`{} is one step with{}, `{verb}`, and{} cannot come between",
                at(step),
                at(with),
                at(between)
            ),
            Forbids::Earlier { before, between } => write!(
                f,
                "{task} has to do `{text}`{} before{}, and so before{}",
                at(step),
                at(before),
                at(between)
            ),
            Forbids::Ends => write!(f, "{task} goes another way, and ends without `{text}`{}", at(step)),
            Forbids::Sees => write!(
                f,
                "{task}'s `{text}`{} cannot see that: a later store is ordered before it",
                at(step)
            ),
        }
    }
}
