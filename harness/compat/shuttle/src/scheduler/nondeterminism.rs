//! [`UncontrolledNondeterminismCheckScheduler`].

use super::{Schedule, Scheduler, Task, TaskId};

/// What an execution was asked.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// Which of these tasks goes on, with who yields.
    Task(Vec<TaskId>, bool),
    /// A random number.
    Number,
}

/// What it was answered.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Task(Option<TaskId>),
    Number(u64),
}

/// Has each schedule of another scheduler run twice, and compares what there was to choose.
#[derive(Debug)]
pub struct UncontrolledNondeterminismCheckScheduler<S: Scheduler> {
    scheduler: S,
    recorded: Vec<(Asked, Answer)>,
    /// The step of the second execution, if it is that one.
    second: Option<usize>,
}

impl<S: Scheduler> UncontrolledNondeterminismCheckScheduler<S> {
    /// The schedules of this one.
    pub fn new(scheduler: S) -> Self {
        UncontrolledNondeterminismCheckScheduler {
            scheduler,
            recorded: Vec::new(),
            second: None,
        }
    }

    fn ask(&mut self, asked: Asked, answer: impl FnOnce(&mut S) -> Answer) -> Answer {
        let Some(at) = self.second else {
            let answer = answer(&mut self.scheduler);
            self.recorded.push((asked, answer));
            return answer;
        };
        self.second = Some(at + 1);
        match self.recorded.get(at) {
            Some((before, answer)) if *before == asked => *answer,
            Some((before, _)) => panic!(
                "possible nondeterminism: under the same schedule, at step {}, it was {before:?} before and is {asked:?} \
                 now",
                at + 1
            ),
            None => panic!(
                "possible nondeterminism: under the same schedule, the execution goes on after {at} steps, where it \
                 ended before"
            ),
        }
    }
}

impl<S: Scheduler> Scheduler for UncontrolledNondeterminismCheckScheduler<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        match self.second {
            None if !self.recorded.is_empty() => {
                self.second = Some(0);
                return Some(Schedule::new(0));
            }
            Some(at) => assert!(
                at == self.recorded.len(),
                "possible nondeterminism: under the same schedule, the execution ended after {at} steps, and before \
                 after {}",
                self.recorded.len()
            ),
            None => {}
        }
        self.second = None;
        self.recorded.clear();
        self.scheduler.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        let asked = Asked::Task(runnable.iter().map(|task| task.id()).collect(), is_yielding);
        match self.ask(asked, |scheduler| {
            Answer::Task(scheduler.next_task(runnable, current, is_yielding))
        }) {
            Answer::Task(task) => task,
            Answer::Number(_) => unreachable!("what is asked is what is answered"),
        }
    }

    fn next_u64(&mut self) -> u64 {
        match self.ask(Asked::Number, |scheduler| Answer::Number(scheduler.next_u64())) {
            Answer::Number(number) => number,
            Answer::Task(_) => unreachable!("what is asked is what is answered"),
        }
    }

    /// Both executions do not count: they would be of other steps.
    fn __again(&mut self) -> bool {
        self.second = None;
        self.recorded.clear();
        self.scheduler.__again()
    }
}
