//! What tasks are called, and by what a program tells them apart: by who spawned them, and as the how-manieth. That is a matter
//! of the program alone, as the order in which tasks come to be spawned is not, in an execution or in a search.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::place::mix;

/// Whose child a task is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kin {
    /// Who spawned it, by its index.
    pub(super) parent: usize,
    /// How many tasks that has spawned, this one included.
    pub(super) nth: u32,
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
    /// The names that are taken, and how many tasks would be called like this.
    namesakes: BTreeMap<String, u32>,
}

impl Names {
    pub(super) fn clear(&mut self) {
        *self.0.get_mut() = Given::default();
    }

    /// That of the task with this index. `own` says what a task would be called if there were no other one, and is told what those
    /// before it are called.
    pub(super) fn of(&self, index: usize, own: impl Fn(usize, &[String]) -> String) -> String {
        let mut given = self.0.borrow_mut();
        for index in given.tasks.len()..=index {
            let own = own(index, &given.tasks);
            given.give(own);
        }
        given.tasks[index].clone()
    }
}

impl Given {
    fn give(&mut self, own: String) {
        let mut name = own.clone();
        while self.namesakes.contains_key(&name) {
            let alike = self.namesakes.entry(own.clone()).or_default();
            *alike += 1;
            name = format!("{own}#{alike}");
        }
        self.namesakes.insert(name.clone(), 1);
        self.tasks.push(name);
    }
}
