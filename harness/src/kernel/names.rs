//! What tasks are called, and by what a program tells them apart: by who spawned them, and as the how-manieth. That is a matter
//! of the program alone, as the order in which tasks come to be spawned is not, in an execution or in a search.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::place::mix;
use super::state::Kernel;
use crate::trace;

/// Whose child a task is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kin {
    /// Who spawned it, by its index.
    parent: usize,
    /// How many tasks that has spawned, this one included.
    nth: u32,
    /// What a program knows it by: 0 is the main task, 1 the first that it spawns, and so on; the others have large numbers.
    pub(crate) number: u64,
}

impl Kin {
    /// That of the task which the one with this index spawns when it has spawned so many.
    pub(super) fn child(self, index: usize, before: u32) -> Kin {
        let nth = before + 1;
        let number = match self.number {
            0 => u64::from(nth),
            number => mix(number, nth.into()) | 1 << 63,
        };
        Kin {
            parent: index,
            nth,
            number,
        }
    }
}

/// The names of the tasks of an execution, as far as somebody has asked for them.
#[derive(Default)]
pub(super) struct Names(RefCell<Given>);

#[derive(Default)]
struct Given {
    tasks: Vec<String>,
    /// How many tasks would be called like this.
    namesakes: BTreeMap<String, u32>,
}

impl Names {
    pub(super) fn clear(&mut self) {
        *self.0.get_mut() = Given::default();
    }
}

impl Given {
    fn give(&mut self, own: String) {
        let taken = self.namesakes.entry(own.clone()).or_insert(0);
        *taken += 1;
        let mut name = (*taken, own.clone());
        while name.0 > 1 {
            let other = format!("{own}#{}", name.0);
            if !self.namesakes.contains_key(&other) {
                self.namesakes.insert(other.clone(), 1);
                self.namesakes.insert(own, name.0);
                name.1 = other;
                break;
            }
            name.0 += 1;
        }
        self.tasks.push(name.1);
    }
}

impl Kernel {
    /// The name a person knows a task by: its own, or `thread-2` for the second that `main` spawns, `thread-2.1` for the first
    /// that this spawns, and `server.1` for the first that a task called `server` spawns. No two tasks have the same.
    pub(crate) fn task_name(&self, index: usize) -> String {
        if index >= self.tasks.len() {
            // What an execution leaves behind may still be asked who uses it.
            return "a task that has ended".to_owned();
        }
        let mut given = self.names.0.borrow_mut();
        for index in given.tasks.len()..=index {
            let own = self.own_name(index, &given.tasks);
            given.give(own);
        }
        given.tasks[index].clone()
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
}
