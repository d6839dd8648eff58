//! How things stand between two rows of a trace, in words, and what comes after what; looked at only while one is recorded.

use std::time::Duration;

use super::object::Object;
use super::op::{Access, ObjectId, Op};
use super::state::Kernel;
use super::task::Pending;
use crate::trace::Standing;

/// Rows and tasks of an execution that is not too large to be looked at row by row: what every task does next is noted for every row.
const ROWS: usize = 1_000;
const TASKS: usize = 64;

impl Kernel {
    /// Notes how things stand after the last row.
    pub(crate) fn note_how_things_stand(&mut self) {
        if self.recorder.as_ref().is_none_or(|recorder| recorder.is_empty()) || self.ending.is_some() {
            return;
        }
        if let Some(recorder) = &mut self.recorder
            && (self.tasks.len() > TASKS || recorder.len() > ROWS)
        {
            recorder.stands_no_more();
            return;
        }
        let mut now = Standing::default();
        for index in (0..self.tasks.len()).filter(|&index| !self.is_clock(index)) {
            let (next, waits_for) = self.what_next(index);
            let task = &self.tasks[index];
            let ended = matches!(task.pending, Pending::Exited) || task.panic.is_some();
            now.task(index, next, waits_for, ended);
        }
        for (id, object) in (0..).zip(&self.objects) {
            let Some(object) = object else { continue };
            let id = ObjectId(id);
            let state = state_of(object);
            let waiters = match object.kind {
                "waker" | "park token" | "ticket" | "exit" | "order" => Vec::new(),
                _ => self.waiters_of(id),
            };
            if state.is_some() || !waiters.is_empty() {
                let holders = object.holders.to_vec();
                now.object(self.object_name(id), state.unwrap_or_default(), holders, waiters);
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.stands(now);
        }
    }

    /// The last row of `task` has done this, too.
    pub(super) fn draw_arrows(&mut self, task: usize, accesses: &[Access]) {
        if let Some(recorder) = &mut self.recorder
            && self.ending.is_none()
            && let Some(at) = recorder.last_row_of(task)
        {
            let after = self.arrows.row(task, at, accesses);
            recorder.comes_after(at, &after);
        }
    }

    /// All that `from` has done is before what `to` does from now on.
    pub(super) fn draw_order(&mut self, from: usize, to: usize) {
        if let Some(recorder) = &self.recorder
            && let Some(at) = recorder.last_row_of(from)
        {
            self.arrows.orders(from, to, at);
        }
    }

    /// What a task does next, and what it waits for if it cannot.
    pub(crate) fn what_next(&self, index: usize) -> (String, Option<String>) {
        let waits_for = self.stuck(index).map(|stuck| stuck.waits_for);
        match &self.tasks[index].pending {
            Pending::Start => ("starts".to_owned(), None),
            Pending::Running | Pending::Exited => (String::new(), None),
            Pending::Op(op) => (self.next_words(op), waits_for),
            Pending::Join { target } => (format!("joins {}", self.task_name(*target)), waits_for),
            Pending::Sleep { deadline } => {
                let until = format!("the clock to reach {:?}", Duration::from_nanos(*deadline));
                ("sleeps".to_owned(), Some(until))
            }
        }
    }

    fn next_words(&self, op: &Op) -> String {
        match op.accesses.first().map(|a| (a.object, self.object(a.object).kind)) {
            Some((_, "waker")) if op.verb == "park" => "goes on".to_owned(),
            Some((_, "waker" | "park token" | "ticket" | "foreign code")) | None => op.verb.to_owned(),
            Some((object, _)) => format!("{}.{}()", self.object_name(object), op.verb),
        }
    }

    /// Those whose next operation the object does not admit, and those that have registered with it.
    fn waiters_of(&self, object: ObjectId) -> Vec<usize> {
        let keeps = |a: &Access| a.object == object && a.class.blocks() && !self.object(object).gate.admits(a.class);
        let waits = |index: &usize| {
            let task = &self.tasks[*index];
            let blocked = task.announced().is_some_and(|op| op.accesses.iter().any(keeps));
            let registered = task.waits_on.is_some_and(|waiting| waiting.object == object);
            blocked || registered && self.stuck(*index).is_some()
        };
        (0..self.tasks.len()).filter(waits).collect()
    }
}

/// Nothing, if it is at rest.
fn state_of(object: &Object) -> Option<String> {
    match object.kind {
        "waker" | "park token" | "ticket" => object.gate.token().then(|| "set".to_owned()),
        "channel" => {
            let (length, closed) = object.gate.queue();
            let messages = match length {
                0 => "empty".to_owned(),
                1 => "1 message".to_owned(),
                n => format!("{n} messages"),
            };
            (length > 0 || closed).then(|| messages + if closed { ", closed" } else { "" })
        }
        _ if object.gate.is_held() => Some("held".to_owned()),
        _ if object.gate.is_shared() => Some("shared".to_owned()),
        _ => None,
    }
}
