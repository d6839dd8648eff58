//! What [`#[selvedge::test]`](macro@test) becomes.

use std::fmt::Debug;

/// Makes a test of a function: its body is checked under every schedule that matters.
///
/// For `fn` and `async fn` without arguments. The body runs once for each execution, so it creates everything it uses. It returns
/// nothing, or a `Result<(), E>` whose `Err` makes the execution fail. If one fails, the test panics with its timeline, the file
/// that its schedule is in, and the line that runs it again:
///
/// ```text
/// tests / increments: FAILED, panic (interleaving 2, 1 preemption)
///  ..
///  replay: SELVEDGE_REPLAY=target/selvedge/counter.counter/tests.increments.json cargo test --lib tests::increments -- --exact
/// ```
///
/// ```
/// use selvedge::sync::Arc;
/// use selvedge::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use selvedge::{future, thread};
///
/// #[selvedge::test]
/// fn no_increment_is_lost() {
///     let counter = Arc::new(AtomicU32::new(0));
///     let theirs = Arc::clone(&counter);
///     let thread = thread::spawn(move || theirs.fetch_add(1, Relaxed));
///     counter.fetch_add(1, Relaxed);
///     thread.join().unwrap();
///     assert_eq!(counter.load(Relaxed), 2);
/// }
///
/// #[selvedge::test(strategy = "pct:3", executions = 500, time = "10s", adversary(spurious_polls = 1))]
/// async fn a_task_is_done() -> Result<(), future::JoinError> {
///     future::spawn(async { future::yield_now().await }).await
/// }
/// ```
///
/// Other attributes stand before or behind it: `#[should_panic]`, `#[ignore]`, `#[cfg(..)]`. The check is called after the module and
/// the function, as the test is.
///
/// # Options
///
/// Each is a method of [`Check`], whose documentation says more.
///
/// | option | method |
/// |---|---|
/// | `strategy = "exhaustive"`, or a `Strategy` | `strategy`; by name: auto, exhaustive, random, pct\[:DEPTH\], shuttle-pct\[:DEPTH\], urw, pos, surw, portfolio, graphs, dfs, loom, stress |
/// | `executions = 1_000` | `max_executions` |
/// | `time = "30s"`, or a number of seconds, or a `Duration` | `max_time` |
/// | `steps = 1_000` | `max_steps` |
/// | `preemptions = 2` | `preemption_bound` |
/// | `memory = "rust"` or `"sc"`, or a `MemoryModel` | `memory_model` |
/// | `seed = 7` | `seed` |
/// | `horizon = 10` | `horizon` |
/// | `leaks = true` | `leaks` |
/// | `workers = 4` | `workers` |
/// | `adversary(spurious_wakeups = 1, spurious_polls = 1, early_timers = 1, fresh_wakers = true)` | the methods of these names; any of them |
/// | `name = "scenario/variant"` | the name in place of the test's own |
/// | `crate = my_sync::selvedge` | where the crate `selvedge` is, if it is not `::selvedge` |
///
/// Values are expressions, and those in quotation marks words. What cannot be is an error at the option:
///
/// ```compile_fail
/// #[selvedge::test(strategy = "exhausting")]
/// fn test() {}
/// ```
///
/// The variables `SELVEDGE_STRATEGY`, `SELVEDGE_EXECUTIONS`, `SELVEDGE_TIME` and `SELVEDGE_SEED` come before the options, for a run
/// at night that looks further; and `SELVEDGE_REPLAY` runs one recorded schedule.
pub use selvedge_macros::test;

use crate::check::Check;
use crate::run::recorded::Test;

/// What a test is called.
#[doc(hidden)]
#[derive(Debug)]
pub struct Called {
    /// `module_path!()`: the crate, and the modules below it.
    pub module: &'static str,
    /// The function.
    pub function: &'static str,
    /// The name of the check, if it is not that of the test.
    pub name: Option<String>,
}

impl Called {
    /// The name that cargo has for the test: without the crate.
    fn in_its_crate(&self) -> String {
        match self.module.split_once("::") {
            Some((_, modules)) => format!("{modules}::{}", self.function),
            None => self.function.to_owned(),
        }
    }
}

/// What a test may return.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a test returns nothing, or a `Result<(), E>` whose error is `Debug`",
    label = "this is what the test returns"
)]
pub trait Passes {
    /// Panics if it is a failure.
    fn pass(self);
}

impl Passes for () {
    fn pass(self) {}
}

impl<E: Debug> Passes for Result<(), E> {
    #[track_caller]
    fn pass(self) {
        if let Err(error) = self {
            panic!("the test returned Err({error:?})");
        }
    }
}

/// Runs a test.
///
/// # Panics
/// With the rendered failure, if an interleaving fails.
#[doc(hidden)]
#[track_caller]
pub fn checked<R: Passes>(
    called: Called,
    configure: impl FnOnce(Check) -> Check,
    program: impl Fn() -> R + Send + Sync + 'static,
) {
    let test = called.in_its_crate();
    let name = called.name.unwrap_or_else(|| test.replace("::", "/"));
    let mut check = configure(Check::new(name)).with_environment();
    (check.options.test, check.options.aloud) = (Some(Test::of(test)), true);
    check.run(move || program().pass()).assert_ok_aloud();
}
