//! Uniform random walk over interleavings, of all steps (`Urw`) or of the steps on one object (`Surw`):
//! Zhao, Wolff, Mathur and Roychoudhury, "Selectively Uniform Concurrency Testing", ASPLOS 2025.
//!
//! The task that takes the next *interesting* step is drawn with a probability proportional to the
//! number of interesting steps it has left, those of the tasks it has yet to spawn included. With exact
//! counts, every order of the interesting steps is equally likely. A drawn task that spawns another before
//! it gets to its step shares its luck: one of the two is drawn, by the same counts. Until the drawn task gets to its
//! step, other tasks that are about to take an interesting one wait, and the rest run at random. The
//! first execution, a plain random walk, supplies the counts.
//!
//! `Urw` finds every step interesting. `Surw` picks an object for each execution among those that
//! several tasks touch and somebody changes: most bugs are about the order of a few steps on one.
//!
//! shuttle's own scheduler of this name counts scheduling points of tasks that are runnable from the
//! moment they are spawned. Here a task may first become enabled after one that was spawned later, so
//! the algorithm stands on our table of tasks instead.

use std::collections::BTreeMap;

use rand::{Rng, RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::kernel::{Candidate, Choice, Class, Entry, Kernel, ObjectId, Pick, Strategy, TaskId};

/// Steps of each task.
type Counts = BTreeMap<TaskId, u64>;

/// What the first execution has shown.
#[derive(Debug, Default)]
struct Profile {
    all: Counts,
    /// Objects on which the order of steps can matter.
    shared: Vec<(ObjectId, Counts)>,
    /// Parents and children, in the order of spawning.
    spawns: Vec<(TaskId, TaskId)>,
}

#[derive(Debug)]
pub(crate) struct Uniform {
    seed: u64,
    rng: Pcg64Mcg,
    /// Only steps on one object are interesting.
    selective: bool,
    profile: Option<Profile>,
    /// The object of this execution; every step is interesting without one.
    focus: Option<ObjectId>,
    /// Interesting steps of a task and of its descendants.
    totals: Counts,
    left: Counts,
    /// The task that is to take the next interesting step.
    drawn: Option<TaskId>,
    /// How much of the log has been read for spawns.
    read: usize,
}

impl Uniform {
    pub(crate) fn new(seed: u64, selective: bool) -> Self {
        Uniform {
            seed,
            rng: Pcg64Mcg::seed_from_u64(seed),
            selective,
            profile: None,
            focus: None,
            totals: Counts::new(),
            left: Counts::new(),
            drawn: None,
            read: 0,
        }
    }

    fn total(&self, task: TaskId) -> u64 {
        self.totals.get(&task).copied().unwrap_or(1)
    }

    /// Moves the steps of tasks that have been spawned since the last look from their parents to them.
    fn follow_spawns(&mut self, log: &[Entry]) {
        for entry in &log[self.read..] {
            if let Entry::Spawn { parent, child } = entry {
                let moved = self.total(*child);
                let of_parent = self.left.entry(*parent).or_insert(0);
                let stays = of_parent.saturating_sub(moved);
                *of_parent = stays;
                self.left.insert(*child, moved);
                // A parent was drawn for all of its descendants.
                if self.drawn == Some(*parent) && moved > 0 && self.rng.gen_range(0..stays + moved) >= stays {
                    self.drawn = Some(*child);
                }
            }
        }
        self.read = log.len();
    }

    fn draw(&mut self, enabled: &[Candidate]) -> TaskId {
        // A task without a step left by the counts, which are an estimate, still gets a chance.
        let weight = |c: &Candidate| self.left.get(&c.task).copied().unwrap_or(1).max(1);
        let mut ticket = self.rng.gen_range(0..enabled.iter().map(weight).sum());
        for candidate in enabled {
            let weight = weight(candidate);
            if ticket < weight {
                return candidate.task;
            }
            ticket -= weight;
        }
        unreachable!("the ticket is less than the sum of the weights")
    }
}

impl Strategy for Uniform {
    fn begin(&mut self) -> bool {
        self.read = 0;
        self.drawn = None;
        if let Some(profile) = &self.profile {
            let mut counts = &profile.all;
            if self.selective && !profile.shared.is_empty() {
                let (object, steps) = &profile.shared[self.rng.gen_range(0..profile.shared.len())];
                self.focus = Some(*object);
                counts = steps;
            }
            self.totals.clone_from(counts);
            // Children are spawned after their parents, so going back adds grandchildren first.
            for (parent, child) in profile.spawns.iter().rev() {
                let moved = self.totals.get(child).copied().unwrap_or(0);
                *self.totals.entry(*parent).or_default() += moved;
            }
        }
        self.left.clear();
        self.left.insert(TaskId(0), self.total(TaskId(0)));
        true
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        self.follow_spawns(&choice.kernel.log);
        let focus = self.focus;
        let interesting = |c: &Candidate| {
            focus.is_none_or(|o| choice.kernel.pending_op(c.index).accesses.iter().any(|a| a.object == o))
        };
        let drawn = self.drawn.filter(|t| choice.enabled.iter().any(|c| c.task == *t));
        let drawn = drawn.unwrap_or_else(|| self.draw(choice.enabled));
        self.drawn = Some(drawn);
        let free: Vec<&Candidate> = choice
            .enabled
            .iter()
            .filter(|c| c.task == drawn || !interesting(c))
            .collect();
        let chosen = free[self.rng.gen_range(0..free.len())];
        if interesting(chosen) {
            self.drawn = None;
            let left = self.left.entry(chosen.task).or_insert(1);
            *left = left.saturating_sub(1);
        }
        Pick::Task(chosen.index)
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        Ok((self.rng.next_u64() % u64::from(arms)) as u32)
    }

    fn end(&mut self, kernel: &Kernel) {
        if self.profile.is_some() {
            return;
        }
        let mut profile = Profile::default();
        let mut objects: BTreeMap<ObjectId, (Counts, bool)> = BTreeMap::new();
        for entry in &kernel.log {
            match entry {
                Entry::Step(step) => {
                    *profile.all.entry(step.task).or_default() += 1;
                    // What was announced: it is what the choice can see.
                    for access in &step.announced {
                        let (counts, changes) = objects.entry(access.object).or_default();
                        *counts.entry(step.task).or_default() += 1;
                        *changes |= access.class != Class::Read;
                    }
                }
                Entry::Spawn { parent, child } => profile.spawns.push((*parent, *child)),
                _ => {}
            }
        }
        let matters = |(_, (counts, changes)): &(ObjectId, (Counts, bool))| *changes && counts.len() > 1;
        profile.shared = objects
            .into_iter()
            .filter(matters)
            .map(|(object, (counts, _))| (object, counts))
            .collect();
        self.profile = Some(profile);
    }

    fn restart(&mut self) {
        *self = Uniform::new(self.seed, self.selective);
    }
}
