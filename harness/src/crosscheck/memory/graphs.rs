//! The execution graphs of a program as the kernel knows them: every order of steps and every way of each, but no graph twice.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use super::program::{Program, Token, Value};
use crate::engine::controlled::{Session, explore};
use crate::engine::current::Program as Body;
use crate::kernel::{Choice, End, Entry, Kernel, MemoryModel, ObjectId, Pick, ScheduleLimits, Strategy, TaskId};
use crate::sync::atomic::{AtomicU32, fence};
use crate::sync::{Mutex, MutexGuard};
use crate::thread;

/// What a program does under a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Graphs {
    /// Graphs in which no assumption was wrong and all threads came to their end.
    pub(super) full: usize,
    pub(super) deadlocks: usize,
    /// What the threads have found, one list after the other.
    pub(super) outcomes: BTreeSet<Vec<Vec<u32>>>,
}

struct Objects {
    atomics: BTreeMap<char, AtomicU32>,
    mutexes: BTreeMap<char, Mutex<()>>,
}

/// Runs a thread. Gives what it has found, or nothing if an assumption was wrong.
fn run<'a>(
    tokens: &[Token],
    objects: &'a Objects,
    guards: &mut BTreeMap<char, MutexGuard<'a, ()>>,
    found: &mut Vec<u32>,
) -> Option<()> {
    for token in tokens {
        let last = found.last().copied().unwrap_or(0);
        match token {
            Token::Load(at, ordering) => found.push(objects.atomics[at].load(*ordering)),
            Token::Store(at, value, ordering) => {
                let value = match value {
                    Value::Number(value) => *value,
                    Value::Found(more) => last + more,
                };
                objects.atomics[at].store(value, *ordering);
            }
            Token::Add(at, by, ordering) => found.push(objects.atomics[at].fetch_add(*by, *ordering)),
            Token::Swap(at, to, ordering) => found.push(objects.atomics[at].swap(*to, *ordering)),
            Token::Exchange {
                at,
                from,
                to,
                success,
                failure,
            } => {
                let result = objects.atomics[at].compare_exchange(*from, *to, *success, *failure);
                found.push(result.unwrap_or_else(|found| found));
            }
            Token::Fence(ordering) => fence(*ordering),
            Token::Lock(at) => {
                guards.insert(*at, objects.mutexes[at].lock().unwrap());
            }
            Token::Unlock(at) => drop(guards.remove(at)),
            Token::Assume { is, value } => {
                if (last == *value) != *is {
                    return None;
                }
            }
            Token::If { is, value, then } => {
                if (last == *value) == *is {
                    run(then, objects, guards, found)?;
                }
            }
        }
    }
    Some(())
}

/// Runs the program with the types of this crate. Gives what was found, or nothing if an assumption was wrong.
pub(super) fn execute(program: &Program) -> Option<Vec<Vec<u32>>> {
    let (atomics, mutexes) = program.names();
    let objects = Arc::new(Objects {
        atomics: atomics.into_iter().map(|name| (name, AtomicU32::new(0))).collect(),
        mutexes: mutexes.into_iter().map(|name| (name, Mutex::new(()))).collect(),
    });
    let threads: Vec<_> = program
        .0
        .iter()
        .map(|tokens| {
            let (tokens, objects) = (tokens.clone(), Arc::clone(&objects));
            thread::spawn(move || {
                let mut found = Vec::new();
                run(&tokens, &objects, &mut BTreeMap::new(), &mut found).map(|()| found)
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// Depth first, and back at once from what has been seen.
#[derive(Default)]
struct Enumerate {
    /// The option taken at each choice, and how many there are.
    levels: Vec<(u32, u32)>,
    depth: usize,
    seen: BTreeSet<String>,
    done: bool,
}

impl Enumerate {
    fn take(&mut self, options: u32) -> u32 {
        if self.depth == self.levels.len() {
            self.levels.push((0, options));
        }
        let (taken, of) = self.levels[self.depth];
        assert_eq!(of, options, "the program is the same every time");
        self.depth += 1;
        taken
    }
}

/// What has happened, but for the order of what commutes.
fn state(kernel: &Kernel) -> String {
    let mut others: BTreeMap<ObjectId, Vec<String>> = BTreeMap::new();
    for entry in &kernel.log {
        if let Entry::Step(step) = entry {
            for access in &step.accesses {
                others
                    .entry(access.object)
                    .or_default()
                    .push(format!("{} {:?}", step.task.0, access.class));
            }
        }
    }
    others.retain(|object, _| !kernel.happens_before.is_atomic(*object));
    format!("{}\n{others:?}", kernel.happens_before.graph())
}

impl Strategy for Enumerate {
    fn begin(&mut self) -> bool {
        self.depth = 0;
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        if self.depth == self.levels.len() && !self.seen.insert(state(choice.kernel)) {
            return Pick::Redundant;
        }
        let at = self.take(choice.enabled.len() as u32);
        Pick::Task(choice.enabled[at as usize].index)
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        Ok(self.take(arms))
    }

    fn end(&mut self, _kernel: &Kernel) {
        while let Some((taken, of)) = self.levels.last_mut() {
            *taken += 1;
            if taken < of {
                return;
            }
            self.levels.pop();
        }
        self.done = true;
    }

    fn restart(&mut self) {
        *self = Enumerate::default();
    }
}

/// All graphs of the program under Rust's memory model.
pub(super) fn graphs_of(program: &Program) -> Graphs {
    let found: Arc<std::sync::Mutex<Option<Vec<Vec<u32>>>>> = Arc::default();
    let body: Body = {
        let (program, found) = (program.clone(), Arc::clone(&found));
        Arc::new(move || {
            *found.lock().unwrap() = execute(&program);
            String::new()
        })
    };
    let mut session = Session {
        limits: ScheduleLimits {
            max_steps: 10_000,
            horizon: 100,
            memory_model: MemoryModel::Rust,
            ..ScheduleLimits::default()
        },
        ..Session::default()
    };
    // Also where all orderings are `SeqCst`.
    session.numbering.facts.orders_weakly = true;
    session.numbering.facts.tests_locks = true;
    let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Enumerate::default()));
    let (mut all, mut deadlocks) = (BTreeMap::new(), BTreeSet::new());
    explore(&body, &mut session, &strategy, false, &mut |kernel| {
        let outcome = found.lock().unwrap().take();
        match &kernel.ending {
            Some(End::Complete) => {
                all.insert(state(kernel), outcome);
            }
            Some(End::Deadlock) => {
                deadlocks.insert(state(kernel));
            }
            Some(End::Redundant) => {}
            Some(End::Restart) => {
                all.clear();
                deadlocks.clear();
            }
            other => panic!("{other:?}"),
        }
        ControlFlow::Continue(())
    });
    Graphs {
        full: all.values().flatten().count(),
        deadlocks: deadlocks.len(),
        outcomes: all.into_values().flatten().collect(),
    }
}
