//! A strategy from outside: whoever implements [`Oracle`] says who goes on, as a scheduler of shuttle's does.
//!
//! What has been seen of a program, nobody knows: such a search is never complete. An oracle knows tasks by their numbers and nothing
//! else, and it is not made anew where a search begins again, as strategies of this crate are. So it is told that an execution does
//! not count ([`Oracle::again`]), and gives another one in its place.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::kernel::{Choice, Kernel, Pick, Strategy, TaskId, outside};

/// Chooses schedules in place of a strategy of this crate; for [`Strategy::Oracle`](crate::Strategy::Oracle).
///
/// Tasks are known by their numbers: 0 is the main one, and others follow in the order in which they were started. It is
/// asked at each step, also where one task alone can go on, and must not panic.
///
/// ```
/// use selvedge::oracle::{Oracle, Shared};
/// use selvedge::sync::{Arc, Mutex};
/// use selvedge::{Check, Strategy, thread};
///
/// /// The youngest task that can goes first, once.
/// struct Youngest(u32);
///
/// impl Oracle for Youngest {
///     fn begin(&mut self) -> bool {
///         self.0 += 1;
///         self.0 == 1
///     }
///
///     fn choose(&mut self, tasks: &[usize], _last: Option<usize>, _yields: bool) -> Option<usize> {
///         tasks.last().copied()
///     }
///
///     fn arm(&mut self, arms: u32) -> u32 {
///         arms - 1
///     }
///
///     fn again(&mut self) {
///         self.0 -= 1;
///     }
/// }
///
/// let report = Check::new("youngest").strategy(Strategy::Oracle(Shared::new(Youngest(0)))).run(|| {
///     let order = Arc::new(Mutex::new(Vec::new()));
///     let threads = [1, 2].map(|n| {
///         let order = Arc::clone(&order);
///         thread::spawn(move || order.lock().unwrap().push(n))
///     });
///     threads.map(|thread| thread.join().unwrap());
///     let order = order.lock().unwrap().clone();
///     (order, selvedge::choose(3))
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["([2, 1], 2)"]);
/// assert_eq!(report.executions, 1);
/// ```
pub trait Oracle: Send {
    /// Prepares the next execution. False when there is none.
    fn begin(&mut self) -> bool;

    /// Which one of these tasks takes the next step; they are in order, and there is at least one. Nothing, or another number:
    /// the execution is given up.
    ///
    /// `last` has taken the step before, or is the task that asks to be passed over if it `yields`. At the first step there is none.
    fn choose(&mut self, tasks: &[usize], last: Option<usize>, yields: bool) -> Option<usize>;

    /// Which one of so many branches of the program itself is taken; of a number that is too large, what is left after division.
    fn arm(&mut self, arms: u32) -> u32;

    /// The execution that is over does not count: it has taught what the steps of the program are. The next one takes its place.
    fn again(&mut self);
}

/// An [`Oracle`], for one search after the other.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<dyn Oracle>>);

impl Shared {
    /// Shares an oracle.
    pub fn new(oracle: impl Oracle + 'static) -> Self {
        Shared(Arc::new(Mutex::new(oracle)))
    }

    fn lock(&self) -> MutexGuard<'_, dyn Oracle + 'static> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Shared {}

/// An oracle as a strategy.
pub(crate) struct FromOutside {
    oracle: Shared,
    /// The tasks that can go on, for the oracle.
    tasks: Vec<usize>,
}

impl FromOutside {
    pub(crate) fn new(oracle: Shared) -> Self {
        FromOutside {
            oracle,
            tasks: Vec::new(),
        }
    }
}

impl Strategy for FromOutside {
    fn begin(&mut self) -> bool {
        outside(|| self.oracle.lock().begin())
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        self.tasks.clear();
        self.tasks.extend(choice.enabled.iter().map(|c| c.index));
        self.tasks.sort_unstable();
        let yields = choice.yielding.last();
        let last = yields.copied().or(choice.kernel.stepper);
        let picked = outside(|| self.oracle.lock().choose(&self.tasks, last, yields.is_some()));
        match picked.filter(|picked| self.tasks.binary_search(picked).is_ok()) {
            Some(index) => Pick::Task(index),
            None => Pick::Redundant,
        }
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        Ok(outside(|| self.oracle.lock().arm(arms)) % arms)
    }

    fn end(&mut self, _kernel: &Kernel) {}

    fn restart(&mut self) {
        outside(|| self.oracle.lock().again());
    }
}
