//! Goes along given picks, and notes where the rows of each begin; past the last one, it stops and says what can be picked.

use super::states::Move;
use crate::kernel::{Choice, Kernel, Pick, Strategy, TaskId};

#[derive(Debug)]
pub(crate) struct Walk {
    moves: Vec<Move>,
    at: usize,
    /// How many rows there were at each decision.
    pub(crate) rows: Vec<usize>,
    /// What can be picked after the last one; nothing, if the execution ends there.
    pub(crate) next: Vec<Move>,
    /// The pick that was not possible, by its place.
    pub(crate) impossible: Option<usize>,
    done: bool,
}

impl Walk {
    pub(crate) fn along(moves: Vec<Move>) -> Self {
        Walk {
            moves,
            at: 0,
            rows: Vec::new(),
            next: Vec::new(),
            impossible: None,
            done: false,
        }
    }

    /// How many picks have been taken.
    pub(crate) fn taken(&self) -> usize {
        self.at
    }

    /// The pick that comes next; nothing, if the walk is over.
    fn step(&mut self, kernel: &Kernel, can: impl FnOnce() -> Vec<Move>) -> Option<Move> {
        self.rows
            .push(kernel.recorder.as_ref().map_or(0, |recorder| recorder.len()));
        let can = can();
        let Some(&next) = self.moves.get(self.at) else {
            self.next = can;
            return None;
        };
        if !can.contains(&next) {
            self.impossible = Some(self.at);
            return None;
        }
        self.at += 1;
        Some(next)
    }
}

impl Strategy for Walk {
    fn begin(&mut self) -> bool {
        self.at = 0;
        self.rows.clear();
        self.next.clear();
        self.impossible = None;
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let can = || choice.enabled.iter().map(|c| Move::Task(c.task)).collect();
        let next = self.step(choice.kernel, can);
        let index = |task: TaskId| choice.enabled.iter().find(|c| c.task == task).map(|c| c.index);
        match next {
            Some(Move::Task(task)) => index(task).map_or_else(|| Pick::Diverged(String::new()), Pick::Task),
            _ => Pick::Diverged(String::new()),
        }
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        match self.step(kernel, || (0..arms).map(|arm| Move::Arm(task, arm)).collect()) {
            Some(Move::Arm(_, arm)) => Ok(arm),
            _ => Err(String::new()),
        }
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.done = true;
    }
}
