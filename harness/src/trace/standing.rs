//! How things stand after a row: what each task does next and what keeps it from it, and who has which lock, queue or token.
//!
//! A row says what has changed, so the rows up to it together say all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What has changed with a row in what tasks are about to do, and in locks, queues and tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Standing {
    /// The tasks that are about to do something else than before, in the order they were spawned.
    pub tasks: Vec<TaskStanding>,
    /// The objects that have changed hands or content, by name.
    pub objects: Vec<ObjectStanding>,
}

/// What a task is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskStanding {
    /// The task, as an index into [`Trace::tasks`](super::Trace::tasks).
    pub task: usize,
    /// Its next operation: `queue.lock()`. Empty while it runs on to it, and when it has ended.
    pub next: String,
    /// What it waits for, if it cannot go on: ``"`queue`, held by worker"``.
    pub waits_for: Option<String>,
    /// It has returned or panicked.
    pub ended: bool,
}

/// Who has a lock, what is in a queue, whether a token is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ObjectStanding {
    /// The name of the object.
    pub object: String,
    /// In words: `held`, `shared`, `free`, `2 messages`, `set`. Empty, if all there is to say is who waits.
    pub state: String,
    /// The tasks that hold it, as indices into [`Trace::tasks`](super::Trace::tasks).
    pub holders: Vec<usize>,
    /// The tasks that wait for it, or have registered with it to be woken.
    pub waiters: Vec<usize>,
}

impl Standing {
    pub(crate) fn task(&mut self, task: usize, next: String, waits_for: Option<String>, ended: bool) {
        self.tasks.push(TaskStanding {
            task,
            next,
            waits_for,
            ended,
        });
    }

    pub(crate) fn object(&mut self, object: String, state: String, holders: Vec<usize>, waiters: Vec<usize>) {
        self.objects.push(ObjectStanding {
            object,
            state,
            holders,
            waiters,
        });
    }

    /// What a row tells: each of these texts.
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let tasks = self
            .tasks
            .iter_mut()
            .flat_map(|t| [Some(&mut t.next), t.waits_for.as_mut()]);
        tasks.flatten().chain(self.objects.iter_mut().map(|o| &mut o.object))
    }
}

impl ObjectStanding {
    /// The same object when nobody has it or waits for it and nothing is in it.
    fn at_rest(mut self) -> Self {
        self.holders.clear();
        self.waiters.clear();
        let rest = match self.state.as_str() {
            "held" | "shared" | "free" => "free",
            "set" | "not set" => "not set",
            state if state.contains("message") => "empty",
            _ => "",
        };
        self.state = rest.to_owned();
        self
    }
}

/// How things stood after each row, as it was noted.
#[derive(Debug, Default)]
pub(super) struct Standings {
    tasks: BTreeMap<usize, TaskStanding>,
    objects: BTreeMap<String, ObjectStanding>,
    /// What was noted last, and after which row.
    last: Option<(usize, Standing)>,
    changes: Vec<(usize, Standing)>,
}

impl Standings {
    /// So everything stands after this row; what was noted of the same row before counts no more. Objects that are left out
    /// are at rest.
    pub(super) fn note(&mut self, row: usize, now: Standing) {
        if self.last.as_ref().is_some_and(|(last, _)| *last != row) {
            self.settle();
        }
        self.last = Some((row, now));
    }

    fn settle(&mut self) {
        let Some((row, mut now)) = self.last.take() else { return };
        now.tasks.retain(|task| self.tasks.get(&task.task) != Some(task));
        for task in &now.tasks {
            self.tasks.insert(task.task, task.clone());
        }
        let named = |name: &String| now.objects.iter().any(|o| o.object == *name);
        let left: Vec<ObjectStanding> = self.objects.values().filter(|o| !named(&o.object)).cloned().collect();
        now.objects.extend(left.into_iter().map(ObjectStanding::at_rest));
        now.objects
            .retain(|object| self.objects.get(&object.object) != Some(object));
        now.objects.sort_by(|a, b| a.object.cmp(&b.object));
        for object in &now.objects {
            self.objects.insert(object.object.clone(), object.clone());
        }
        if now != Standing::default() {
            self.changes.push((row, now));
        }
    }

    /// What has changed with each row, its texts as `told`.
    pub(super) fn changes(mut self, mut told: impl FnMut(String) -> String) -> Vec<(usize, Standing)> {
        self.settle();
        for (_, change) in &mut self.changes {
            for text in change.texts() {
                *text = told(std::mem::take(text));
            }
        }
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, Standings};

    fn held(by: usize) -> Standing {
        let mut now = Standing::default();
        now.task(0, "m.lock()".to_owned(), None, false);
        now.object("m".to_owned(), "held".to_owned(), vec![by], Vec::new());
        now
    }

    #[test]
    fn a_row_says_what_has_changed_and_nothing_else() {
        let mut standings = Standings::default();
        standings.note(0, held(0));
        standings.note(1, held(1));
        standings.note(1, held(0));
        standings.note(2, held(1));
        let mut free = held(1);
        free.objects.clear();
        standings.note(3, free);
        let changes = standings.changes(|text| text);
        let rows: Vec<usize> = changes.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows, [0, 2, 3], "what was noted of row 1 first does not count");
        assert!(changes[1].1.tasks.is_empty());
        assert_eq!(changes[1].1.objects[0].holders, [1]);
        assert_eq!(changes[2].1.objects[0].state, "free");
    }

    #[test]
    fn a_row_of_an_older_version_is_read_and_one_that_has_nothing_more_to_say_is_written_like_it() {
        let old = r#"{"kind":"step","task":0,"text":"lock m","values":[],"location":null}"#;
        let row: crate::trace::Row = serde_json::from_str(old).expect("it is a row");
        assert!(row.standing.is_none() && row.after.is_empty());
        assert_eq!(serde_json::to_string(&row).expect("it can be written"), old);
    }
}
