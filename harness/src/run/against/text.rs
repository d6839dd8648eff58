//! What is said of it under the timeline.

use std::fmt;

use super::found::{Forbids, Stop, Tried};
use crate::kernel::FailureKind;
use crate::trace::cut;

/// Columns of what a step does, at most.
const WIDTH: usize = 40;

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "repaired: ")?;
        match &self.stops {
            Some(stop) => write!(f, "{stop}")?,
            None if self.has == 0 => write!(f, "has none of the {} steps", self.steps)?,
            None if self.has == self.steps => write!(f, "can take all {} steps in this order", self.steps)?,
            None => write!(
                f,
                "can take the {} of {} steps that it has in this order",
                self.has, self.steps
            )?,
        }
        match self.fails {
            None if self.stops.is_none() && self.has > 0 && self.instead_of == FailureKind::DataRace => {
                write!(f, ", and something orders there what races here")
            }
            None => write!(f, ", and passes"),
            Some(kind) => write!(f, ", and fails, too: {}", kind.words()),
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
                write!(
                    f,
                    "{task} cannot do `{text}`{} here: it has to do `{next}`, and waits for {waits_for}",
                    at(step)
                )
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
