//! Follows the log of an execution of this run, to tell a failure or to see whether it repeats.

use crate::kernel::{Choice, Entry, Kernel, Pick, Strategy, TaskId};

#[derive(Debug)]
enum Move {
    Task(TaskId),
    Arm(u32),
}

/// One execution along a log; past its end, the current task goes on.
#[derive(Debug)]
pub(crate) struct Follow {
    moves: Vec<Move>,
    at: usize,
    done: bool,
    /// Ends the execution where the log ends.
    stops: bool,
}

impl Follow {
    /// An execution along a log that ends where the log ends.
    pub(crate) fn up_to_the_end_of(log: &[Entry]) -> Self {
        Follow {
            stops: true,
            ..Follow::new(log)
        }
    }

    pub(crate) fn new(log: &[Entry]) -> Self {
        let moves = log
            .iter()
            .filter_map(|entry| match entry {
                Entry::Step(step) => Some(Move::Task(step.task)),
                Entry::Choice { arm, .. } => Some(Move::Arm(*arm)),
                _ => None,
            })
            .collect();
        Follow {
            moves,
            at: 0,
            done: false,
            stops: false,
        }
    }
}

impl Strategy for Follow {
    fn begin(&mut self) -> bool {
        self.at = 0;
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let next = self.moves.get(self.at);
        self.at += 1;
        match next {
            None if self.stops => Pick::Diverged(String::new()),
            None => Pick::Task(choice.current().unwrap_or(&choice.enabled[0]).index),
            Some(Move::Task(task)) => match choice.enabled.iter().find(|c| c.task == *task) {
                Some(candidate) => Pick::Task(candidate.index),
                None => Pick::Diverged(match choice.kernel.tasks.iter().position(|t| t.id == *task) {
                    Some(index) => format!("{} could go on before and cannot now", choice.kernel.task_name(index)),
                    None => "a task went on before that has not been spawned now".to_owned(),
                }),
            },
            Some(Move::Arm(_)) => Pick::Diverged("the program called choose() before and does not now".to_owned()),
        }
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        let next = self.moves.get(self.at);
        self.at += 1;
        match next {
            None if self.stops => Err(String::new()),
            None => Ok(0),
            Some(Move::Arm(arm)) if *arm < arms => Ok(*arm),
            _ => Err(format!("the program calls choose({arms}) now and did not before")),
        }
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.done = true;
    }
}
