//! One panic hook for the whole process, so that a run prints nothing but what we print.
//!
//! A panic of the program under test is a finding. The hook keeps its message for the report instead
//! of printing it, on OS threads that run such a program; everywhere else the hook that was installed
//! before goes on as before. shuttle-engine and loom's generators install hooks of their own on their
//! first execution, once; so we let them do that first, with nothing at stake, and then put ours in
//! place. That of the generators is asked still, where the process uses loom by itself.
//!
//! Some panics abort the process: in a destructor while its task unwinds, in a function that cannot unwind, and where
//! std finds that a precondition of unsafe code does not hold. The hook is the last code that runs before. So there the
//! hook tells the run ([`on_abort`]) and keeps the OS thread for ever: the run is given up, and the process lives.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::rc::Rc;
use std::sync::{Arc, Once, OnceLock};

use crate::trace::{is_own, relative};
use shuttle_engine::Config;
use shuttle_engine::runtime::execution::Execution;
use shuttle_engine::runtime::thread::continuation::{CONTINUATION_POOL, ContinuationPool};
use shuttle_engine::scheduler::{Schedule, Scheduler, Task, TaskId};

/// A panic that std answers by aborting.
#[derive(Clone, Debug)]
pub(crate) struct Abort {
    why: Why,
    pub(crate) message: String,
    /// The panic of the same task that it was unwinding from, if that was one.
    pub(crate) before: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Why {
    InDestructor,
    InNoUnwind,
    OfItself,
    /// It is no panic: the stack is full.
    Overflow,
    /// It is no panic: a destructor waits for what nobody will do, and has to be left.
    Waits,
    /// It is no panic of the program: Selvedge has a fault.
    Fault,
}

impl Abort {
    /// What happened, in words.
    pub(crate) fn story(&self, task: &str) -> String {
        let message = &self.message;
        match self.why {
            Why::InDestructor => {
                format!("a destructor panicked while its task was unwinding, which aborts a process: {message}")
            }
            Why::InNoUnwind => {
                format!("{task} panicked in a function that cannot unwind, which aborts a process: {message}")
            }
            Why::OfItself => format!("{task} panicked, which aborts a process: {message}"),
            Why::Fault => format!("Selvedge itself panicked: {message}"),
            Why::Overflow => {
                format!(
                    "stack overflow in {task}; raise Builder::stack_size of the thread that does this (the main task \
                     has {} MiB, other tasks have {} unless they ask for more)",
                    MAIN_STACK >> 20,
                    STACK >> 20
                )
            }
            Why::Waits => {
                format!(
                    "{task} panicked: {message}\nthen one of its destructors waits for what nobody will do any more"
                )
            }
        }
    }

    /// Whether it is a fault of Selvedge, which says nothing about the program.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self.why, Why::Fault)
    }

    /// A stack is full.
    pub(crate) fn overflow() -> Self {
        Abort {
            why: Why::Overflow,
            message: String::new(),
            before: None,
        }
    }

    /// What the timeline says of it.
    pub(crate) fn row(&self) -> String {
        match self.why {
            Why::Overflow => "overflows its stack".to_owned(),
            _ => format!("panics: {}", self.message.lines().next().unwrap_or_default()),
        }
    }

    /// The panic that would be told, had not one of the destructors it runs come to wait for ever.
    pub(crate) fn first(&self) -> Option<&str> {
        matches!(self.why, Why::Waits).then_some(self.message.as_str())
    }
}

/// Bytes of stack of a task, as `std` gives its threads. Pages are touched only when used.
pub(crate) const STACK: usize = 2 << 20;

/// Bytes of stack of the main task, which is also that of the driver: analysing a long execution recurses.
pub(crate) const MAIN_STACK: usize = 16 << 20;

/// Told when the process would abort.
pub(crate) type OnAbort = Arc<dyn Fn(Abort) + Send + Sync>;

/// Panics inside loom's runtime, after its search has broken, that one OS thread may catch.
const BROKEN_LOOM_PANICS: u32 = 100;

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
    /// Which of the tasks that share this OS thread runs.
    static TASK: Cell<fn() -> usize> = const { Cell::new(|| 0) };
    /// Whether the code that runs is that of the engine, and not of the program.
    static INSIDE: Cell<fn() -> bool> = const { Cell::new(|| false) };
    /// A destructor waits for ever.
    static WAITS: Cell<bool> = const { Cell::new(false) };
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
    static ON_ABORT: RefCell<Option<OnAbort>> = const { RefCell::new(None) };
    static IN_LOOM: RefCell<Option<String>> = const { RefCell::new(None) };
    static IN_LOOM_COUNT: Cell<u32> = const { Cell::new(0) };
}

/// Keeps the messages of panics on this OS thread from being printed until the guard is dropped.
pub(crate) fn capture() -> impl Drop {
    install();
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            CAPTURING.set(self.0);
        }
    }
    Restore(CAPTURING.replace(true))
}

/// A panic that nobody has asked for yet.
struct Kept {
    /// Which of the tasks that share this OS thread it was.
    task: usize,
    message: String,
    /// Where in the source.
    place: Option<String>,
}

/// Panics that are kept. Those that the program catches itself are never asked for.
const MOST_KEPT: usize = 8;

/// Several tasks share this OS thread: which one runs, and whether it runs the code of the engine and not its own.
pub(crate) fn ask_for_task(task: fn() -> usize, inside: fn() -> bool) {
    TASK.set(task);
    INSIDE.set(inside);
}

/// The current task is about to be unwound while it unwinds from a panic, which aborts: a destructor of it waits, and
/// nobody is left to do anything.
pub(crate) fn waits_for_ever() {
    WAITS.set(true);
}

/// The message of the last panic of this task on this OS thread.
pub(crate) fn take_message() -> Option<String> {
    take_panic().map(|(message, _)| message)
}

/// [`take_message`], and where in the source it was raised.
pub(crate) fn take_panic() -> Option<(String, Option<String>)> {
    let me = TASK.get()();
    WAITS.set(false);
    KEPT.with_borrow_mut(|kept| {
        let last = kept.iter().rposition(|k| k.task == me)?;
        let Kept { message, place, .. } = kept.swap_remove(last);
        kept.retain(|k| k.task != me);
        Some((message, place))
    })
}

/// The text of a panic's payload.
pub(crate) fn message_of(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic whose payload is not a string").to_owned()
}

/// Calls `handler` instead of letting the process abort because of a panic on this OS thread. The
/// thread never goes on after that. [`overflow::watch`](super::overflow::watch) does it too, and more.
pub(crate) fn on_abort(handler: OnAbort) {
    install();
    ON_ABORT.set(Some(handler));
}

/// The handler of this OS thread, for another one that works for the same run.
pub(crate) fn abort_handler() -> Option<OnAbort> {
    ON_ABORT.with_borrow(Clone::clone)
}

/// The first panic that loom's runtime raised on this OS thread since the last call: a deadlock, a
/// data race, a limit. What the program makes of the panic does not matter, loom cannot go on.
#[cfg(feature = "loom")]
pub(crate) fn take_loom_message() -> Option<String> {
    IN_LOOM_COUNT.set(0);
    IN_LOOM.take()
}

/// Whether loom's runtime has raised a panic on this OS thread.
#[cfg(feature = "loom")]
pub(crate) fn loom_is_broken() -> bool {
    IN_LOOM_COUNT.get() > 0
}

fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let _ = ORIGINAL.set(std::panic::take_hook());
        let mut config = Config::new();
        config.failure_persistence = shuttle_engine::FailurePersistence::None;
        CONTINUATION_POOL.set(&ContinuationPool::new(), || {
            Execution::new(Rc::new(RefCell::new(First)), Schedule::new(0)).run(
                &config,
                || (),
                std::panic::Location::caller(),
            );
        });
        drop(std::panic::take_hook());
        std::panic::set_hook(Box::new(original));
        #[cfg(feature = "loom")]
        super::loom::first_execution();
        // That of the generators, if they have not been here before, in front of the original one.
        let _ = OUTSIDE.set(std::panic::take_hook());
        std::panic::set_hook(Box::new(hook));
    });
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// The hook that was installed before ours.
static ORIGINAL: OnceLock<Hook> = OnceLock::new();

/// What is asked outside of our runs. The generators end threads of loom by panics that only their hook knows to be none,
/// and a process may use loom by itself, too.
static OUTSIDE: OnceLock<Hook> = OnceLock::new();

fn original(info: &PanicHookInfo<'_>) {
    if let Some(original) = ORIGINAL.get() {
        original(info);
    }
}

fn hook(info: &PanicHookInfo<'_>) {
    if CAPTURING.get() {
        keep(info);
    } else if let Some(outside) = OUTSIDE.get() {
        outside(info);
    }
}

fn keep(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("a panic whose payload is not a string").to_owned();
    let broken = in_loom(info);
    if broken {
        IN_LOOM_COUNT.set(IN_LOOM_COUNT.get() + 1);
        IN_LOOM.with_borrow_mut(|first| {
            first.get_or_insert_with(|| message.clone());
        });
    }
    if aborts(info, &message) || IN_LOOM_COUNT.get() > BROKEN_LOOM_PANICS {
        give_up(&message);
    }
    if INSIDE.get()()
        && let Some(tell) = ON_ABORT.take()
    {
        let place = info.location().map(relative).unwrap_or_default();
        tell(Abort {
            why: Why::Fault,
            message: format!("{message} ({place})"),
            before: None,
        });
        leave::leave_hook()
    }
    let task = TASK.get()();
    KEPT.with_borrow_mut(|kept| {
        if kept.len() == MOST_KEPT {
            kept.remove(0);
        }
        let place = info.location().filter(|at| !is_own(at)).map(relative);
        kept.push(Kept { task, message, place });
    });
}

const IN_DESTRUCTOR: &str = "panic in a destructor during cleanup";
const IN_NO_UNWIND: &str = "panic in a function that cannot unwind";
const UNSAFE: &str = "unsafe precondition(s) violated";

/// Whether std aborts after this panic. It knows, and stable Rust has no method that asks; what it prints of itself for
/// people says it, too.
fn aborts(info: &PanicHookInfo<'_>, message: &str) -> bool {
    matches!(message, IN_DESTRUCTOR | IN_NO_UNWIND)
        || message.starts_with(UNSAFE)
        || format!("{info:?}").contains("can_unwind: false")
}

/// Whether a panic comes from the inside of loom.
fn in_loom(info: &PanicHookInfo<'_>) -> bool {
    info.location().is_some_and(|at| {
        let file = at.file().replace('\\', "/");
        file.contains("loom") && file.contains("/src/rt/")
    })
}

/// Tells the run, if there is one that listens, and never returns then.
fn give_up(message: &str) {
    if let Some(tell) = ON_ABORT.take() {
        let me = TASK.get()();
        let mut kept = KEPT.take();
        kept.retain(|k| k.task == me);
        let mut kept = kept.into_iter().rev().map(|k| k.message);
        // Where std says only that it aborts, the last message before is what was raised there.
        let abort = match message {
            IN_NO_UNWIND => Abort {
                why: Why::InNoUnwind,
                message: kept.next().unwrap_or_default(),
                before: None,
            },
            _ if message.starts_with(UNSAFE) || (message != IN_DESTRUCTOR && IN_LOOM_COUNT.get() == 0) => Abort {
                why: Why::OfItself,
                message: message.to_owned(),
                before: None,
            },
            _ if WAITS.get() => Abort {
                why: Why::Waits,
                message: kept.next().unwrap_or_default(),
                before: None,
            },
            _ => Abort {
                why: Why::InDestructor,
                message: kept.next().unwrap_or_default(),
                before: kept.next(),
            },
        };
        tell(abort);
        leave::leave_hook()
    }
}

/// Never goes back from a panic hook, and yet leaves it.
///
/// std runs the hook under a read lock, and whoever changes the hook waits for it: libtest does at the
/// end of a test run. So the frames of the hook have to go before the thread stays for ever. A forced
/// unwinding drops them one by one, and stops as soon as another thread could change the hook.
#[cfg(all(unix, not(target_arch = "arm")))]
mod leave {
    use std::ffi::{c_int, c_void};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    /// `_Unwind_Exception` of the Itanium C++ ABI, with room to spare for what the unwinder keeps.
    #[repr(C, align(16))]
    struct Exception {
        class: u64,
        cleanup: Option<extern "C" fn(c_int, *mut Exception)>,
        private: [usize; 6],
    }

    type Stop = extern "C-unwind" fn(c_int, c_int, u64, *mut Exception, *mut c_void, *mut c_void) -> c_int;

    unsafe extern "C-unwind" {
        fn _Unwind_ForcedUnwind(exception: *mut Exception, stop: Stop, argument: *mut c_void) -> c_int;
    }

    /// How long each frame waits for the hook to be free.
    const PATIENCE: Duration = Duration::from_millis(50);

    pub(super) fn leave_hook() -> ! {
        let free: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let prober = std::thread::Builder::new().spawn(|| {
            // Ours in place of ours: at no time is there another.
            std::panic::set_hook(Box::new(super::hook));
            // Ordering: Release; pairs with the Acquire in `stop`.
            free.store(true, Ordering::Release);
        });
        if prober.is_ok() {
            let exception = Box::leak(Box::new(Exception {
                class: 0,
                cleanup: None,
                private: [0; 6],
            }));
            let argument = std::ptr::from_ref(free).cast_mut().cast();
            // SAFETY: the exception lives for ever and has the layout of the ABI; `stop` never lets the
            // unwinding leave std's own frames, which are all compiled to be unwound.
            unsafe { _Unwind_ForcedUnwind(exception, stop, argument) };
        }
        stay()
    }

    /// Asked before each frame is unwound: stays here for ever once the hook is free.
    extern "C-unwind" fn stop(
        _version: c_int,
        _actions: c_int,
        _class: u64,
        _exception: *mut Exception,
        _context: *mut c_void,
        argument: *mut c_void,
    ) -> c_int {
        // SAFETY: `leave_hook` passes a leaked `AtomicBool`.
        let free: &AtomicBool = unsafe { &*argument.cast() };
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            // Ordering: Acquire; pairs with the Release of the prober.
            if free.load(Ordering::Acquire) {
                stay();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        0
    }

    fn stay() -> ! {
        loop {
            std::thread::park();
        }
    }
}

/// As above, where the unwinder cannot be asked: whoever changes the hook afterwards waits for ever.
#[cfg(not(all(unix, not(target_arch = "arm"))))]
mod leave {
    pub(super) fn leave_hook() -> ! {
        loop {
            std::thread::park();
        }
    }
}

/// Runs the first task there is.
struct First;

impl Scheduler for First {
    fn new_execution(&mut self) -> Option<Schedule> {
        None
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        runnable.first().map(|task| task.id())
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}
