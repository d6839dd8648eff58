//! [`Check`], what it is asked to do, and [`Report`], what it found.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use crate::engine::current::Program;
pub use crate::kernel::{FailureKind, MemoryModel};
use crate::run::environment;
use crate::run::error::Error;
use crate::run::orderings::Orderings;
use crate::run::play::Play;
use crate::run::recorded::Test;
use crate::run::state::SearchState;
use crate::run::states::States;
pub use crate::run::times::read as read_time;
use crate::run::{Against, Options};
pub use crate::run::{Failure, Replayed, Report, Shard, Strategy, Verdict};
use crate::trace::without_addresses;

/// Runs a program under many schedules and reports what it found.
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering};
/// use selvedge::{Check, Strategy, Verdict, sync::Arc, thread};
///
/// let report = Check::new("counter").strategy(Strategy::Exhaustive).run(|| {
///     let counter = Arc::new(AtomicU32::new(0));
///     let other = Arc::clone(&counter);
///     let thread = thread::spawn(move || other.fetch_add(1, Ordering::Relaxed));
///     counter.fetch_add(1, Ordering::Relaxed);
///     thread.join().unwrap();
///     counter.load(Ordering::Relaxed)
/// });
/// assert_eq!(report.verdict, Verdict::Verified);
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a check does nothing until it is run"]
pub struct Check {
    pub(crate) options: Options,
}

/// Runs `f` under the default strategy, or as the [environment](Check::with_environment) says.
///
/// The check is called as the test is that it stands in. [`#[selvedge::test]`](macro@crate::test) is the shorter way to write a test
/// that does nothing else.
///
/// # Panics
/// With the rendered failure, if an interleaving fails.
#[track_caller]
pub fn check<F, R>(f: F)
where
    F: Fn() -> R + Send + Sync + 'static,
    R: fmt::Debug,
{
    // A test's thread is named after the test. Where tests run on the main thread, the closure is.
    let test = Test::current().unwrap_or_else(|| Test::of(place_of::<F>().to_owned()));
    let mut check = Check::new(test.name.replace("::", "/")).with_environment();
    (check.options.test, check.options.aloud) = (Some(test), true);
    check.run(f).assert_ok_aloud();
}

/// The function that a closure stands in, without the crate.
fn place_of<F>() -> &'static str {
    let path = std::any::type_name::<F>();
    let path = path.split_once("::").map_or(path, |(_, path)| path);
    path.split("::{{closure}}").next().unwrap_or(path)
}

/// Runs `f` and gives its outcome as text.
fn program_of<F, R>(f: F) -> Program
where
    F: Fn() -> R + Send + Sync + 'static,
    R: fmt::Debug,
{
    Arc::new(move || without_addresses(format!("{:?}", f())))
}

impl Check {
    /// A check with the default strategy and limits. A `/` in the name separates scenario and variant.
    pub fn new(name: impl Into<String>) -> Self {
        Check {
            options: Options::new(name.into()),
        }
    }

    /// How schedules are chosen. Default: [`Strategy::Auto`].
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.options.strategy = strategy;
        self
    }

    /// At most this many executions. Default: no limit for `Exhaustive`, `Dfs` and `Loom`; 1,000 for the
    /// randomized strategies and `Stress`. `Auto` has 20,000 for the exhaustive search, and 250 for the portfolio, which
    /// has its turn once the search turns out to have more than some hundreds; if it is not complete, 2,000 for the
    /// schedules with no preemption, then with one, and so on; and 2,000 randomized ones. A tenth of a limit goes to each
    /// of the last two and to the portfolio (250 at most), the rest to the exhaustive search.
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.options.max_executions = Some(executions);
        self
    }

    /// Stop after this much wall-clock time, at the end of an execution. Default: no limit. What is
    /// explored then depends on the machine, so prefer [`max_executions`](Self::max_executions) in tests.
    pub fn max_time(mut self, time: Duration) -> Self {
        self.options.max_time = Some(time);
        self
    }

    /// Steps one execution may take before it fails with [`FailureKind::StepLimit`]. Default: 10,000. An execution that got there
    /// because its schedule kept a task waiting goes on with all tasks taking turns, for as many steps again, and does not fail if it
    /// ends: see [`Report::cut_executions`].
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.options.max_steps = steps;
        self
    }

    /// The most states that [`states`](Self::states) looks at. Default: 20,000.
    pub fn max_states(mut self, states: usize) -> Self {
        self.options.max_states = states;
        self
    }

    /// Explore only interleavings with at most this many preemptions: switches away from a task that
    /// could have gone on. Default: no bound. Applies to `Auto`, `Exhaustive`, `Dfs` and `Loom`.
    ///
    /// The reduction stays: `Exhaustive` explores every trace and counts the failures that can be had with so few preemptions, so it
    /// never takes more executions than without a bound. Where there turn out to be more than some 20,000 traces, it enumerates the
    /// schedules within the bound, as `Dfs` does. Loads see the latest store.
    pub fn preemption_bound(mut self, bound: usize) -> Self {
        self.options.preemption_bound = Some(bound);
        self
    }

    /// The seed of randomized strategies. Default: 0. The same seed gives the same schedules.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Whether to go on after a failure and count all that fail. Default: false.
    pub fn keep_going(mut self, keep_going: bool) -> Self {
        self.options.keep_going = keep_going;
        self
    }

    /// Identical rounds, of timers that fire or of tasks that spin, after which it is a livelock.
    /// Default: 100. Raise it for a program that ticks that often while something waits; that somebody awaits the end of a task
    /// does not count.
    pub fn horizon(mut self, rounds: u32) -> Self {
        self.options.horizon = rounds;
        self
    }

    /// What a platform may do without a reason, how often for each task in one execution: wake a waiter of a condition
    /// variable, let `park` return without a token, let `compare_exchange_weak` fail although the values are equal, let a loop
    /// that spins or yields go round although nobody has changed what it looks at, let a wait of std's take the token of
    /// [`park`](crate::thread::park). Code that waits in a loop does not mind the first four. Default: 0.
    ///
    /// The last is for threads that park: std's channels wait by parking, too, and so does the end of a scope, and an `unpark` that
    /// comes before or during such a wait is gone with it.
    ///
    /// A loop that gives up after some rounds, to park, say, needs as many to give up while another task could still go on:
    ///
    /// ```
    /// use selvedge::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}};
    /// use selvedge::{Check, Verdict, hint, thread};
    ///
    /// // It spins twice and then parks, but tells nobody that it does.
    /// fn wait(ready: &AtomicBool) {
    ///     for _ in 0..2 {
    ///         if ready.load(SeqCst) {
    ///             return;
    ///         }
    ///         hint::spin_loop();
    ///     }
    ///     thread::park();
    /// }
    ///
    /// let run = |rounds| {
    ///     Check::new("spin, then park").spurious_wakeups(rounds).run(|| {
    ///         let ready = Arc::new(AtomicBool::new(false));
    ///         let theirs = Arc::clone(&ready);
    ///         let other = thread::spawn(move || theirs.store(true, SeqCst));
    ///         wait(&ready);
    ///         other.join().unwrap();
    ///     })
    /// };
    /// assert_eq!(run(0).verdict, Verdict::Verified);
    /// assert_eq!(run(2).verdict, Verdict::Failed);
    /// ```
    pub fn spurious_wakeups(mut self, wakeups: u32) -> Self {
        self.options.spurious_wakeups = wakeups;
        self
    }

    /// Polls that each async task may have in one execution without having been woken. Executors and
    /// combinators do poll like that, and a future that takes a poll for a wake-up is wrong. Default: 0.
    pub fn spurious_polls(mut self, polls: u32) -> Self {
        self.options.spurious_polls = polls;
        self
    }

    /// How often the clock may move although tasks could go on, in one execution: the first moves may come at any
    /// time, later ones when nothing else can happen. Timers still fire in the order of their deadlines. Default: 0,
    /// so work takes no time, and a timeout ends only what would never have ended without it.
    ///
    /// Looking at the clock and starting or dropping a timer become steps, so there are more interleavings.
    pub fn early_timers(mut self, moves: u32) -> Self {
        self.options.early_timers = moves;
        self
    }

    /// Gives every poll a waker of its own and lets only the last one wake the task, which is all that
    /// [`poll`](std::future::Future::poll) promises: a future that keeps the waker of its first poll sleeps for ever.
    /// Default: false.
    pub fn fresh_wakers(mut self, fresh: bool) -> Self {
        self.options.fresh_wakers = fresh;
        self
    }

    /// Takes a yield that belongs to no loop for nothing, in place of a step that others may come between. All that tasks share is then
    /// taken to be of Selvedge: what lies in objects of std or in files, and is only looked at beside a yield, is seen in one order.
    /// Execution graphs can follow such a program, and there are fewer interleavings. Default: false.
    pub fn unmarked_yields(mut self, unmarked: bool) -> Self {
        self.options.unmarked_yields = unmarked;
        self
    }

    /// Lets the environment say what the check is asked to do, in front of what was said before: `SELVEDGE_STRATEGY` (by
    /// [name](Strategy::name)), `SELVEDGE_EXECUTIONS`, `SELVEDGE_TIME` (`30s`) and `SELVEDGE_SEED`, so that a run at night looks
    /// further than one of every change.
    ///
    /// [`check()`] and [`#[selvedge::test]`](macro@crate::test) do this. Other checks mean the same everywhere, so that a test may count
    /// what it finds. With a variable that cannot be understood, the report has an error that names it. `SELVEDGE_REPLAY`, the file
    /// of a schedule, needs no asking: it is for the check whose name the schedule has, and runs that execution in place of a search.
    pub fn with_environment(mut self) -> Self {
        environment::apply(&mut self.options);
        self
    }

    /// Whether the [cause](crate::cause) of a failure is looked for, and the passing execution that is most like it: the program is then
    /// explored once more, in up to 20,000 executions of up to 1,000 operations on objects, fewer if they are long, and for at most
    /// [`max_time`](Self::max_time), once more. Default: true, for what the controlled engine finds in a search; a
    /// [`Strategy::Replay`] does not look for it, but where somebody draws what comes of it, with `cargo selvedge show`.
    pub fn cause(mut self, cause: bool) -> Self {
        self.options.cause = cause;
        self
    }

    /// Another program, the repaired one mostly, on which the order of operations of a failure is tried: [`Failure::tried`] says how far it
    /// can be followed there, and what forbids its next step. Operations are the same if task, operation and object have the same
    /// names, and it is the same time that the task does it, as long as it does not do that later instead; which ones the other program
    /// has is seen in 100 of its executions, at random.
    /// A failure of more than 1,000 operations is not tried. Default: none.
    ///
    /// ```
    /// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use selvedge::{Check, sync::Arc, thread};
    ///
    /// fn increment(repaired: bool) {
    ///     let counter = Arc::new(AtomicU32::new(0).named("counter"));
    ///     let add = move |counter: &AtomicU32| match repaired {
    ///         true => drop(counter.fetch_add(1, SeqCst)),
    ///         false => counter.store(counter.load(SeqCst) + 1, SeqCst),
    ///     };
    ///     let other = Arc::clone(&counter);
    ///     let thread = thread::spawn(move || add(&other));
    ///     add(&counter);
    ///     thread.join().unwrap();
    ///     assert_eq!(counter.load(SeqCst), 2);
    /// }
    ///
    /// let report = Check::new("counter").against(|| increment(true)).run(|| increment(false));
    /// let tried = report.failure.unwrap().tried.unwrap();
    /// assert!(tried.to_string().contains("cannot come between; it passes"));
    /// ```
    pub fn against<F, R>(mut self, other: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: fmt::Debug,
    {
        self.options.against = Some(Against(program_of(other)));
        self
    }

    /// What a load may see. Default: [`MemoryModel::Rust`].
    ///
    /// Under it a load may see any store that Rust's memory model lets it see, and a store may go in front
    /// of others of its atomic. As long as all orderings are `SeqCst` the two are one, and the sequentially consistent search
    /// answers; [`Report::memory_model`] says which was at work. Otherwise [`Strategy::Exhaustive`] runs every consistent execution
    /// graph once (Kokologiannakis et al., "Truly Stateless, Optimal Dynamic Partial Order Reduction", POPL 2022), the
    /// randomized strategies take a load's store at random, and [`Strategy::Auto`] does the one and then the other.
    /// [`Strategy::Graphs`] takes some of the graphs at random, and none twice.
    ///
    /// Where an ordering is weaker, the exhaustive search cannot follow timers that fire early, yields outside of a loop, and futures
    /// of other crates without a name: then it ends with an error, and [`Strategy::Auto`] with the sequentially consistent
    /// interleavings and a sample. A bound on preemptions means sequentially
    /// consistent interleavings. What std does not promise to order, a `try_lock` that fails or a `yield_now`, orders nothing under
    /// this model.
    ///
    /// Under [`MemoryModel::SequentiallyConsistent`] a load sees the last store, and what weaker orderings allow is checked for data
    /// races only. loom and [`Strategy::Stress`] have models of their own, and pay no heed to this.
    ///
    /// ```
    /// use selvedge::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use selvedge::sync::Arc;
    /// use selvedge::{Check, thread};
    ///
    /// let report = Check::new("message").run(|| {
    ///     let (data, ready) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    ///     let sender = thread::spawn({
    ///         let (data, ready) = (Arc::clone(&data), Arc::clone(&ready));
    ///         move || {
    ///             data.store(true, Relaxed);
    ///             ready.store(true, Relaxed);
    ///         }
    ///     });
    ///     if ready.load(Relaxed) {
    ///         assert!(data.load(Relaxed), "it is ready, and the data are not there");
    ///     }
    ///     sender.join().unwrap();
    /// });
    /// assert!(report.failure.is_some());
    /// ```
    pub fn memory_model(mut self, model: MemoryModel) -> Self {
        self.options.memory_model = model;
        self
    }

    /// Whether an execution fails that leaves an [`Arc`](crate::sync::Arc) of this crate alive when all its tasks are gone:
    /// a cycle of owners, a `forget`, or one that was put into a static. The failure is a [`FailureKind::Leak`]. Default:
    /// false. Only the controlled engine sees it; with `Loom` and `Stress` the report has an error.
    ///
    /// ```
    /// use selvedge::sync::{Arc, OnceLock};
    /// use selvedge::{Check, FailureKind};
    ///
    /// struct Node(OnceLock<Arc<Node>>);
    ///
    /// let report = Check::new("ring").leaks(true).run(|| {
    ///     let node = Arc::new(Node(OnceLock::new()));
    ///     let _ = node.0.set(Arc::clone(&node));
    /// });
    /// assert_eq!(report.failure.unwrap().kind, FailureKind::Leak);
    /// ```
    pub fn leaks(mut self, leaks: bool) -> Self {
        self.options.leaks = leaks;
        self
    }

    /// Wall-clock time after which a task that reaches no scheduling point (an endless loop without
    /// an operation of the facade) is given up. Default: 20 seconds. Its OS thread cannot be stopped.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.options.stall_timeout = timeout;
        self
    }

    /// Ends the search at the next execution once the flag is set. What was found is reported.
    pub fn cancel_flag(mut self, flag: Arc<AtomicBool>) -> Self {
        self.options.cancel = flag;
        self
    }

    /// Counts executions while the search runs, for a progress display.
    pub fn progress_counter(mut self, counter: Arc<AtomicU64>) -> Self {
        self.options.progress = counter;
        self
    }

    /// OS threads that search at the same time, with `Exhaustive` and the randomized strategies but `Graphs`. Default: 1.
    ///
    /// The number does not change what is found, nor what is counted. A search that is over soon (20,000
    /// executions, or 1,000 randomized ones) has one worker anyway. The program then runs several times at
    /// the same time, so it must not use anything outside of itself: a global, a table of a database.
    ///
    /// An exhaustive search is divided by who comes first to an object. Objects without a name that lie on the heap (in a `Vec`, say)
    /// are left out of that: where it is they that are fought for, [name](crate::sync) them.
    pub fn workers(mut self, workers: usize) -> Self {
        self.options.workers = workers.max(1);
        self
    }

    /// Searches only shard `index` of `of`, counting from 1: a part of the tree of schedules, or of the
    /// samples. All shards together are the whole search, and none is in two of them. A shard alone
    /// verifies nothing: [`Report::shard`] says whether it is complete.
    ///
    /// A search of execution graphs is divided after a look ahead, which is the same in all shards. What one of them learns about
    /// the program only later (that two objects are used together, or that somebody looks at a lock), the others may not know. Then
    /// they are no parts of one search, and their [divisions](Shard::division) differ.
    ///
    /// For `Exhaustive` without a preemption bound and the randomized strategies; with others, or with an
    /// index that is not in `1..=of`, the report has an error.
    pub fn shard(mut self, index: u32, of: u32) -> Self {
        self.options.shard = Some((index, of));
        self
    }

    /// Goes on with an exhaustive search that was stopped: see [`Report::state`]. Executions and outcomes
    /// are those of both runs. The program must be the same, and so must the memory model.
    pub fn resume(mut self, state: SearchState) -> Self {
        self.options.resume = Some(Box::new(state));
        self
    }

    /// Estimates first how many executions an exhaustive search will take, from the first 1,000, or from as many along random
    /// ways down its tree if it is one of execution graphs. Default: only once it turns out to be long. See
    /// [`Report::estimated_executions`].
    pub fn estimate(mut self, estimate: bool) -> Self {
        self.options.estimate = estimate;
        self
    }

    /// Holds the estimated number of executions while the search runs, or 0, for a progress display.
    pub fn estimate_counter(mut self, counter: Arc<AtomicU64>) -> Self {
        self.options.estimate_counter = counter;
        self
    }

    /// Runs `f` under many schedules. Never panics because of `f`.
    ///
    /// `f` is called once for each execution and must start afresh each time: create every object
    /// inside it. It may be called from any thread; several checks may run at once.
    ///
    /// If the variable `SELVEDGE_REPLAY` names the file of a schedule of this check, that one execution is run.
    pub fn run<F, R>(mut self, f: F) -> Report
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: fmt::Debug,
    {
        self.options.test = self.options.test.or_else(Test::current);
        let replay = environment::replay(&mut self.options);
        let program = program_of(f);
        let options = self.options.clone();
        let mut report = self.run_program(Arc::clone(&program));
        match replay {
            Some(replay) => replay.end(&mut report, options, program),
            None => report.note_if_passed(),
        }
        report
    }

    /// Searches `f` again and again with other orderings than it declares: if it is verified, which of them could be weaker; if it fails,
    /// which would have to be stronger.
    ///
    /// An ordering is one at a place of the program, by line and column: of an operation of an atomic, of a
    /// [`fence`](crate::sync::atomic::fence), which may also be left out, or one of the two of a compare-and-exchange. What the types of
    /// this crate do themselves is no place of the program. A place with an ordering that is not always the same is told and left alone.
    ///
    /// * A program that holds: the weakest orderings of each place, all others as they are, and of all places together; and
    ///   for each place the execution that fails one step weaker. Together no place can be weaker, but
    ///   other orderings, that are as little to be weakened, may do as well: places are weakened in the order of the source.
    /// * A program that fails: the weakest among the stronger orderings of each place with which it holds, all others as they are; if there
    ///   are none, stronger orderings of several places. If it fails with everything `SeqCst`, it does with any orderings.
    ///
    /// [`orderings`](crate::orderings) says how they are found. What makes an execution fail is what it always is: a panic, a data race, a
    /// deadlock. An outcome that nothing forbids is allowed, and an ordering that nothing in `f` relies on can be weaker, also where
    /// another user of the same type does rely on it. Loads that read from the future, which [`MemoryModel::Rust`] leaves out, are
    /// left out here, too.
    ///
    /// Each answer is that of the exhaustive search under [`MemoryModel::Rust`], whatever strategy and memory model the check has been
    /// given, with the limits of this check for *each* search. A search that does not come to its end, or that cannot follow the program,
    /// says nothing of an ordering: it is told as not decided. A search takes what [`run`](Self::run) takes; there is one with the
    /// program as it is, two with everything `SeqCst` if that fails, and for each load or store at most 5, for each fence or
    /// read-modify-write at most 10, where all places are known from the start. Places that come up in a later search add theirs, and
    /// have those of all places together done once more.
    ///
    /// Bad input is a result, too: a check with [`preemption_bound`](Self::preemption_bound), [`shard`](Self::shard) or
    /// [`resume`](Self::resume) decides nothing, and says why. Never panics because of `f`.
    ///
    /// ```
    /// use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
    /// use selvedge::sync::Arc;
    /// use selvedge::{Check, thread};
    ///
    /// let orderings = Check::new("message").weakest_orderings(|| {
    ///     let (data, ready) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    ///     let sender = thread::spawn({
    ///         let (data, ready) = (Arc::clone(&data), Arc::clone(&ready));
    ///         move || {
    ///             data.store(7, SeqCst);
    ///             ready.store(true, SeqCst);
    ///         }
    ///     });
    ///     if ready.load(SeqCst) {
    ///         assert_eq!(data.load(SeqCst), 7);
    ///     }
    ///     sender.join().unwrap();
    /// });
    /// assert!(orderings.as_declared.is_verified());
    /// let weakest = |place: &selvedge::orderings::Place| place.together.as_ref().unwrap().ordering;
    /// let all: Vec<_> = orderings.places.iter().map(|place| format!("{} {:?}", place.operation, weakest(place).unwrap())).collect();
    /// assert_eq!(all, ["store Relaxed", "store Release", "load Acquire", "load Relaxed"]);
    /// ```
    pub fn weakest_orderings<F, R>(self, f: F) -> Orderings
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: fmt::Debug,
    {
        crate::run::weakest(self.options, program_of(f))
    }

    /// The graph of the states of `f`: at each of them who can go next, what that would do, and the state it leads to.
    ///
    /// A load sees the latest store, whatever memory model the check has been given. What has come about by two orders of the
    /// same steps is one state if the orders differ only in steps that commute, so a program has many fewer states than
    /// interleavings. The same program gives the same graph every time.
    ///
    /// # Errors
    /// [`Error::TooManyStates`] if there are more than [`max_states`](Self::max_states); others, if the program cannot be
    /// followed, or [`max_executions`](Self::max_executions) or [`max_time`](Self::max_time) are over before the search is.
    ///
    /// ```
    /// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use selvedge::sync::Arc;
    /// use selvedge::{Check, thread};
    ///
    /// let states = Check::new("counter").states(|| {
    ///     let counter = Arc::new(AtomicU32::new(0).named("counter"));
    ///     let other = Arc::clone(&counter);
    ///     let thread = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    ///     counter.store(counter.load(SeqCst) + 1, SeqCst);
    ///     thread.join().unwrap();
    ///     assert_eq!(counter.load(SeqCst), 2);
    /// })?;
    /// let picks: Vec<&str> = states.states[0].picks.iter().map(|pick| pick.text.as_str()).collect();
    /// assert_eq!(picks, ["counter ➜ 0", "counter ➜ 0"]);
    /// // Each of the two that could have come first, and an increment is lost.
    /// assert!(states.failing_from(0).is_some());
    /// # Ok::<(), selvedge::Error>(())
    /// ```
    pub fn states<F, R>(self, f: F) -> Result<States, Error>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: fmt::Debug,
    {
        crate::run::states(self.options, program_of(f))
    }

    /// Plays `f` live: whoever calls picks who goes next, one step after the other.
    ///
    /// `f` is run again from its start for each pick. A load sees the latest store, whatever memory model the check has been given.
    ///
    /// # Errors
    /// If the program cannot be followed.
    ///
    /// ```
    /// use selvedge::sync::{Arc, Mutex};
    /// use selvedge::{Check, play::Future, thread};
    ///
    /// let mut play = Check::new("order").play(|| {
    ///     let order = Arc::new(Mutex::new(Vec::new()).named("order"));
    ///     let other = Arc::clone(&order);
    ///     let thread = thread::spawn(move || other.lock().unwrap().push(2));
    ///     order.lock().unwrap().push(1);
    ///     thread.join().unwrap();
    ///     assert_eq!(*order.lock().unwrap(), [1, 2]);
    /// })?;
    /// assert_eq!(play.here().choices.len(), 2);
    /// assert!(matches!(play.future(1_000)?, Future::Fails { .. }));
    /// play.pick(0)?;
    /// assert!(matches!(play.future(1_000)?, Future::Passes { .. }), "the first one is in its place");
    /// # Ok::<(), selvedge::Error>(())
    /// ```
    pub fn play<F, R>(self, f: F) -> Result<Play, Error>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: fmt::Debug,
    {
        Play::new(self.options, program_of(f))
    }

    /// [`run`](Self::run) of a program that tells its outcome itself.
    pub(crate) fn run_program(self, program: Program) -> Report {
        crate::run::run(self.options, program)
    }
}
