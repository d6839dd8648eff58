//! What constraints are called.

use super::found::{Constraint, Operation};
use super::survey::Survey;
use super::told::Told;
use super::ways::Atom;
use crate::explore::events::{Does, Event, EventName, Sort};
use crate::trace::Trace;

/// Where names and rows are looked up.
pub(super) struct Names<'a> {
    pub(super) survey: &'a Survey,
    pub(super) told: &'a Told,
    pub(super) failing: &'a Trace,
}

impl Names<'_> {
    /// `here`: it holds in the failure itself, so what its rows say fits.
    pub(super) fn constraint(&self, atom: Atom, here: bool) -> Constraint {
        let operation = |name| match here {
            true => self.operation(name),
            false => self.anywhere(name),
        };
        match atom {
            Atom::Before(first, then) => Constraint::Before {
                first: operation(first),
                then: operation(then),
            },
            Atom::Arm(choose, arm) => Constraint::Arm {
                choose: self.answered(operation(choose), choose, arm),
                arm,
            },
        }
    }

    /// A branch without a row says what the arm means.
    fn answered(&self, mut operation: Operation, name: EventName, arm: u32) -> Operation {
        if operation.step.is_some() {
            return operation;
        }
        let all = self.survey.executions.iter().map(|seen| &seen.events);
        let mut events = all.chain([&self.told.events]).filter_map(|events| events.get(name));
        let answer = events.find_map(|event| match event.does {
            Does::Chooses {
                question,
                arm: taken,
                of,
            } if taken == arm => Some(question.answer(arm, of)),
            _ => None,
        });
        if let Some(answer) = answer {
            operation.text = answer;
        }
        operation
    }

    /// As the timeline of the failure tells it.
    pub(super) fn operation(&self, name: EventName) -> Operation {
        let row = self.told.events.get(name).and_then(|event| event.row);
        let mut operation = self.anywhere(name);
        if let Some(row) = row.filter(|&row| row < self.failing.rows.len()) {
            let (text, line) = self.failing.done_at(row);
            if !text.is_empty() {
                operation.text = text;
            }
            operation.line = line;
            operation.step = Some(self.failing.number(row));
            operation.row = Some(row);
        }
        operation
    }

    /// As any execution has it.
    fn anywhere(&self, name: EventName) -> Operation {
        let object = name.object.and_then(|object| self.survey.objects.get(&object));
        let object = object.cloned().unwrap_or_default();
        let all = self.survey.executions.iter().map(|seen| &seen.events);
        let found = all
            .chain([&self.told.events])
            .find_map(|events| Some((events, events.get(name)?)));
        let verb = found.map_or("", |(_, event)| event.verb);
        let alike = |event: &&Event| {
            let same = EventName {
                nth: name.nth,
                ..event.name
            } == name;
            same && event.verb == verb && event.name.nth <= name.nth
        };
        Operation {
            task: self.survey.tasks.get(&name.task).cloned().unwrap_or_default(),
            text: format!("{verb} {object}").trim().to_owned(),
            object,
            nth: name.nth,
            alike: found.map_or(1, |(events, _)| events.iter().filter(alike).count() as u32),
            releases: name.sort == Sort::Release,
            step: None,
            line: None,
            row: None,
        }
    }
}
