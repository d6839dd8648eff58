//! Words for people: what tasks and objects are called, and what a blocked task waits for.

use super::log::{Signal, Woke};
use super::op::{Class, ObjectId, Op};
use super::state::Kernel;
use super::task::{Flag, Pending, Stuck, Waiting};
use crate::trace::{self, Recorder};

impl Kernel {
    /// Whether a task waits for one of its wakers.
    pub(super) fn sleeps(&self, index: usize) -> bool {
        let task = &self.tasks[index];
        matches!(&task.pending, Pending::Op(op) if matches!(op.accesses.first(), Some(a)
            if a.class == Class::Park && task.flags[Flag::Wake as usize] == Some(a.object)))
    }

    /// The token that a task waits for, of its wakers or of `park`.
    fn token_awaited(&self, index: usize) -> Option<ObjectId> {
        let Pending::Op(op) = &self.tasks[index].pending else {
            return None;
        };
        let access = op.accesses.first()?;
        let kind = self.object(access.object).kind;
        (access.class == Class::Park && matches!(kind, "waker" | "park token")).then_some(access.object)
    }

    pub(super) fn stuck(&self, index: usize) -> Option<Stuck> {
        let task = &self.tasks[index];
        let (waits_for, on) = match &task.pending {
            Pending::Op(op) if self.admitted(task, op).is_none() => {
                let holder = op.accesses.iter().find_map(|a| {
                    let object = self.object(a.object);
                    (a.class.blocks() && !object.gate.admits(a.class)).then(|| object.holders.first().copied())
                });
                let waits_for = match task.waits_on {
                    // The token of its waker says nothing; the object it registered with does.
                    Some(waiting) if self.sleeps(index) => {
                        format!("`{}` to wake it", self.object_name(waiting.object))
                    }
                    _ => self.describe_wait(op),
                };
                (waits_for, self.queued_writer(op).or(holder.flatten()))
            }
            Pending::Join { target } => (format!("{} to exit", self.task_name(*target)), Some(*target)),
            _ => return None,
        };
        Some(Stuck {
            task: index,
            waits_for,
            on,
            registered: task.waits_on,
            token: self.token_awaited(index),
        })
    }

    /// Notes what tasks may see of the atomics that are shown, after what has happened until now.
    pub(super) fn note_what_is_visible(&mut self) {
        let Some(recorder) = &mut self.recorder else { return };
        if !self.happens_before.is_weak() || recorder.events() == 0 {
            return;
        }
        for object in recorder.shown().to_vec() {
            for index in 0..self.tasks.len() {
                if let Some(visible) = self.happens_before.visible(index, ObjectId(object)) {
                    recorder.sees(index, object, visible);
                }
            }
        }
    }

    /// The current task has registered with `object` to be woken by its signal.
    pub(crate) fn registered(&mut self, object: ObjectId) {
        let since = self.recorder.as_ref().map_or(0, Recorder::events);
        let me = self.current;
        self.tasks[me].waits_on = Some(Waiting {
            object,
            since,
            step: self.last_step,
        });
    }

    /// The current task has been woken by a signal of `object`, or waits for it no more. What was sent before is
    /// behind it: it looks again now.
    pub(crate) fn unregistered(&mut self, object: ObjectId) {
        let now = self.recorder.as_ref().map_or(0, Recorder::events);
        let task = &mut self.tasks[self.current];
        if task.waits_on.is_some_and(|waiting| waiting.object == object) {
            task.waits_on = None;
        }
        if now > 0 {
            task.heard.insert(object, now);
        }
    }

    /// A signal of `object` found nobody to wake.
    pub(crate) fn wasted_signal(&mut self, object: ObjectId) {
        self.signal(object, Woke::Nobody);
    }

    /// A signal of `object` has woken one of its waiters.
    pub(crate) fn signalled(&mut self, object: ObjectId) {
        self.signal(object, Woke::One);
    }

    /// A signal for all waiters of `object` has woken so many. Who registers later has missed it all the same.
    pub(crate) fn broadcast(&mut self, object: ObjectId, woken: usize) {
        self.signal(object, if woken > 0 { Woke::All } else { Woke::Nobody });
    }

    /// What an operation stores from here on is told by the row that is being written.
    pub(crate) fn notes_row(&mut self) {
        if let Some(recorder) = &self.recorder {
            self.happens_before.set_row(recorder.events());
        }
    }

    fn signal(&mut self, object: ObjectId, woke: Woke) {
        if let Some(recorder) = &self.recorder {
            self.signals.push(Signal {
                object,
                at: recorder.events(),
                step: self.last_step,
                by: self.current,
                woke,
            });
        }
    }

    /// The last signal that this waiter has missed because it was sent before it registered. Of those that woke others
    /// only one of another task that it has not looked behind since: it existed, and has not been woken by another one.
    pub(crate) fn missed_by(&self, task: usize, waiting: Waiting) -> Option<Signal> {
        let me = task;
        let task = &self.tasks[task];
        let looked = task
            .heard
            .get(&waiting.object)
            .map_or(task.born, |&at| at.max(task.born));
        let sent = self.signals.iter().rev().copied();
        let mut sent = sent.filter(|s| s.object == waiting.object && s.at < waiting.since);
        sent.find(|s| match s.woke {
            Woke::Nobody => true,
            Woke::All => s.by != me && s.at > looked,
            Woke::One => false,
        })
    }

    /// The last signal that was sent while this waiter waited, and woke another one.
    pub(crate) fn passed_over(&self, waiting: Waiting) -> Option<Signal> {
        let sent = self.signals.iter().rev().copied();
        let mut sent = sent.filter(|s| s.object == waiting.object && s.at > waiting.since);
        sent.find(|s| s.woke == Woke::One)
    }

    /// Adds the row that says what a blocked task waits for, once for each wait.
    pub(crate) fn show_waiting(&mut self, index: usize, recorder: &mut Recorder) {
        let task = &self.tasks[index];
        let Pending::Op(op) = &task.pending else { return };
        if task.shows_waiting || self.admitted(task, op).is_some() {
            return;
        }
        let text = match op.accesses.first().map(|a| self.object(a.object).kind) {
            Some("waker") => "sleeps".to_owned(),
            _ => format!("waits for {}", self.describe_wait(op)),
        };
        recorder.waits(index, text, op.location);
        self.tasks[index].shows_waiting = true;
    }

    /// What a blocked operation waits for, in words.
    pub(crate) fn describe_wait(&self, op: &Op) -> String {
        let blocked = op
            .accesses
            .iter()
            .find(|a| a.class == Class::Changed || (a.class.blocks() && !self.object(a.object).gate.admits(a.class)));
        let Some(access) = blocked else {
            return format!("its turn to {}", op.verb);
        };
        let object = self.object(access.object);
        let name = self.object_name(access.object);
        match access.class {
            Class::Acquire | Class::ShareAcquire => match (self.queued_writer(op), object.holders.first()) {
                (Some(writer), _) => format!("`{name}`, which {} waits to write", self.task_name(writer)),
                (None, Some(&holder)) => format!("`{name}`, held by {}", self.task_name(holder)),
                (None, None) => format!("`{name}`"),
            },
            Class::Park => match object.kind {
                "park token" => "unpark".to_owned(),
                "waker" => "somebody to wake it".to_owned(),
                _ => "a notification".to_owned(),
            },
            Class::Pop => format!("a message in `{name}`"),
            Class::Push { .. } => format!("room in `{name}`"),
            Class::Changed => format!("a change of `{name}`"),
            _ => format!("`{name}`"),
        }
    }

    /// The name a person knows a task by: its own, or `thread-2` for the second that `main` spawns, `thread-2.1` for the first
    /// that this spawns, and `server.1` for the first that a task called `server` spawns. No two tasks have the same.
    pub(crate) fn task_name(&self, index: usize) -> String {
        if index >= self.tasks.len() {
            // What an execution leaves behind may still be asked who uses it.
            return "a task that has ended".to_owned();
        }
        self.names.of(index, |index, before| self.own_name(index, before))
    }

    /// What a task would be called if there were no other one; the tasks before it are called as they are.
    fn own_name(&self, index: usize, before: &[String]) -> String {
        let task = &self.tasks[index];
        if let Some(name) = &task.name {
            return trace::name(name).into_owned();
        }
        if index == 0 {
            return "main".to_owned();
        }
        let mut path = task.kin.nth.to_string();
        let mut parent = task.kin.parent;
        while parent != 0 && self.tasks[parent].name.is_none() {
            path = format!("{}.{path}", self.tasks[parent].kin.nth);
            parent = self.tasks[parent].kin.parent;
        }
        match parent {
            0 => format!("{}-{path}", if task.is_async { "task" } else { "thread" }),
            named => format!("{}.{path}", before[named]),
        }
    }

    /// The name a person knows an object by: its own, or its type and where it was created.
    pub(crate) fn object_name(&self, id: ObjectId) -> String {
        let object = self.object(id);
        if let Some(name) = &object.name {
            return trace::name(name).into_owned();
        }
        if matches!(object.kind, "waker" | "park token" | "ticket" | "exit") {
            return format!("{} of {}", object.kind, self.task_name(object.creator));
        }
        let file = object.location.file().rsplit(['/', '\\']).next().unwrap_or_default();
        let own = format!("{}@{file}:{}", object.kind, object.location.line());
        let earlier = self.objects.iter().flatten().filter(|o| o.nth < object.nth);
        let twins = earlier
            .filter(|o| o.name.is_none() && o.kind == object.kind && o.location == object.location)
            .count();
        if twins == 0 {
            own
        } else {
            format!("{own}#{}", twins + 1)
        }
    }
}
