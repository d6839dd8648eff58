//! The engines a program can run on, and the one function every visible operation goes through.
//!
//! Facade types ask [`current`] at construction which engine runs on this OS thread and keep the
//! matching inner type. Everything under the controlled engine then calls [`perform`]: announce the
//! operation, let the scheduler pick a task, run the operation without anybody in between.

pub(crate) mod clock;
pub(crate) mod controlled;
pub(crate) mod happens_before;
pub(crate) mod kernel;
pub(crate) mod loom;
pub(crate) mod native;
pub(crate) mod op;
pub(crate) mod panics;
pub(crate) mod wakes;

use std::cell::{Cell, RefCell};
use std::panic::Location;

pub(crate) use happens_before::Sync;
use kernel::Kernel;
use op::{Access, Accesses, Class, ObjectId, Op};

/// Which engine runs on this OS thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    Native,
    Controlled,
    Loom,
}

thread_local! {
    static ENGINE: Cell<Engine> = const { Cell::new(Engine::Native) };
    static KERNEL: RefCell<Option<Box<Kernel>>> = const { RefCell::new(None) };
}

/// Which engine runs on this OS thread.
pub(crate) fn current() -> Engine {
    ENGINE.get()
}

/// Makes `engine` the engine of this OS thread until the guard is dropped.
pub(crate) fn enter_engine(engine: Engine) -> impl Drop {
    struct Restore(Engine);
    impl Drop for Restore {
        fn drop(&mut self) {
            ENGINE.set(self.0);
        }
    }
    Restore(ENGINE.replace(engine))
}

/// Access to the kernel of the controlled execution on this OS thread. `f` must not call user code.
pub(crate) fn with_kernel<R>(f: impl FnOnce(&mut Kernel) -> R) -> R {
    KERNEL.with_borrow_mut(|k| f(k.as_mut().expect("a controlled execution is running")))
}

/// Whether a controlled execution's kernel can be reached: not after the run, and not from code that
/// the kernel itself calls.
pub(crate) fn try_with_kernel<R>(f: impl FnOnce(&mut Kernel) -> R) -> Option<R> {
    KERNEL
        .try_with(|cell| cell.try_borrow_mut().ok().and_then(|mut k| k.as_mut().map(|k| f(k))))
        .ok()
        .flatten()
}

pub(crate) fn install_kernel(kernel: Option<Box<Kernel>>) -> Option<Box<Kernel>> {
    KERNEL.replace(kernel)
}

/// An object as a facade type holds it under the controlled engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handle {
    id: ObjectId,
    epoch: u64,
}

impl Handle {
    /// Registers an object of the running execution. `kind` is its type, for people: `Mutex`.
    #[track_caller]
    pub(crate) fn new(kind: &'static str) -> Self {
        let location = Location::caller();
        with_kernel(|k| Handle {
            id: k.create(kind, location),
            epoch: k.epoch,
        })
    }

    /// The object, if the execution that created it is the one that runs.
    pub(crate) fn live(&self) -> Option<ObjectId> {
        try_with_kernel(|k| k.epoch == self.epoch)
            .unwrap_or(false)
            .then_some(self.id)
    }

    /// The object.
    ///
    /// # Panics
    /// When it was created by another execution: its state would leak from one into the next.
    #[track_caller]
    pub(crate) fn id(&self) -> ObjectId {
        if with_kernel(|k| k.epoch == self.epoch) {
            return self.id;
        }
        panic!("{FOREIGN}")
    }

    pub(crate) fn set_name(&self, name: &str) {
        if let Some(id) = self.live() {
            with_kernel(|k| {
                if k.recorder.is_some() {
                    k.object_mut(id).name = Some(name.to_owned());
                }
            });
        }
    }
}

/// What to tell the owner of an object that outlived its execution.
pub(crate) const FOREIGN: &str = "this object was created outside the execution that uses it: create it inside the \
     checked closure, so that every execution starts afresh";

/// Panics when a native object is used by a controlled execution: it could block for real.
#[track_caller]
pub(crate) fn assert_native() {
    assert!(current() == Engine::Native, "{FOREIGN}");
}

/// Raised to unwind the unfinished tasks when an execution ends. Never seen by a panic hook.
pub(crate) struct EndOfExecution;

/// What an effect can tell the kernel about the operation it carries out.
pub(crate) struct Step {
    accesses: Accesses,
    sync: Sync,
    value: u64,
    /// The kernel compares rounds of timers or of spinning, so values count.
    digests: bool,
    text: Option<String>,
    /// A trace is being recorded: only then are texts worth making.
    pub(crate) tracing: bool,
    /// The operation runs because its deadline has passed.
    pub(crate) timed_out: bool,
    /// The execution is over and nobody is left to make this operation possible. The effect gives
    /// whatever lets a destructor go on.
    pub(crate) forced: bool,
}

impl Step {
    /// Says what the `nth` announced access turned out to be.
    pub(crate) fn refine(&mut self, nth: usize, class: Class) {
        self.accesses[nth].class = class;
    }

    /// Takes back the `nth` announced access: it did not happen.
    pub(crate) fn forget(&mut self, nth: usize) {
        self.accesses.remove(nth);
    }

    /// Adds an access that was not announced.
    pub(crate) fn add(&mut self, object: ObjectId, class: Class) {
        self.accesses.push(Access { object, class });
    }

    /// How the operation synchronizes; without it, as its classes say.
    pub(crate) fn sync(&mut self, sync: Sync) {
        self.sync = sync;
    }

    /// A digest of the value read or written: equal rounds of a loop are told by it.
    pub(crate) fn value(&mut self, value: impl FnOnce() -> u64) {
        if self.digests {
            self.value = value();
        }
    }

    /// The row of the trace: `status ➜ Pending`. Without it, the verb and the object's name.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.tracing {
            self.text = Some(text());
        }
    }

    /// The value of a named object after this step.
    pub(crate) fn show(&mut self, object: ObjectId, value: impl FnOnce() -> String) {
        if self.tracing {
            show_value(object, value());
        }
    }
}

/// Shows the value of an object in its own column from here on, if the object has a name. What destructors
/// do to it when the execution is over is not part of the story.
pub(crate) fn show_value(object: ObjectId, value: String) {
    with_kernel(|k| {
        if k.ending.is_none()
            && let Some(name) = k.object(object).name.clone()
            && let Some(recorder) = &mut k.recorder
        {
            recorder.value(object, || name, value);
        }
    });
}

/// Whether a trace is being recorded.
pub(crate) fn tracing() -> bool {
    current() == Engine::Controlled && try_with_kernel(|k| k.recorder.is_some()).unwrap_or(false)
}

/// The name of an object, for a text of the trace.
pub(crate) fn name_of(object: ObjectId) -> String {
    with_kernel(|k| k.object_name(object))
}

/// How an announced operation may go on.
enum Entry {
    /// Chosen by the strategy: a step of its own.
    Step {
        tracing: bool,
        digests: bool,
        timed_out: bool,
    },
    /// Part of the step that runs: inside an effect, or while the task unwinds.
    Join { nested: bool, forced: bool },
    /// A release that nobody can tell from one that came with the step before it.
    Quiet { tracing: bool },
    /// The execution is over, and the task may look once more at what it was waiting for.
    Look,
}

/// Announces `op`, waits until the scheduler picks this task, and runs `effect` with no other task in
/// between. The whole engine stands on this function.
///
/// Inside an effect (a waker called by an opaque operation, say), and while the task unwinds, there is
/// no scheduling point: the accesses join the step that is running.
pub(crate) fn perform<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    let result = run(op, Kind::Plain, effect);
    controlled::go_on("code of other crates");
    result
}

/// [`perform`] for an operation that the caller has not finished when this returns.
pub(crate) fn perform_part<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    run(op, Kind::Plain, effect)
}

/// [`perform`] for code that is not ours: `effect` may touch more than `op` announces, and whatever it
/// wakes becomes part of the step.
pub(crate) fn perform_opaque<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    let result = run(op, Kind::Opaque, effect);
    controlled::go_on("code of other crates");
    result
}

/// [`perform`] for giving a lock back.
///
/// While a lock is held, all that others can do with it is wait. So a release commutes with everything
/// that can run between it and the step before, and needs no scheduling point, unless somebody looks
/// at locks without waiting (`try_lock`): the first who does starts the search again with that known.
pub(crate) fn perform_release<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    let result = run(op, Kind::Release, effect);
    controlled::go_on("code of other crates");
    result
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Opaque,
    Release,
}

fn run<R>(mut op: Op, kind: Kind, effect: impl FnOnce(&mut Step) -> R) -> R {
    if op.deadline.is_some() {
        with_kernel(|k| k.watch_clock(&mut op));
    }
    let timed = op.deadline.is_some();
    let verb = op.verb;
    let location = op.location;
    let mut step = Step {
        accesses: Accesses::from_slice(&op.accesses),
        sync: Sync::ByClass,
        value: 0,
        digests: false,
        text: None,
        tracing: false,
        timed_out: false,
        forced: false,
    };
    match announce(op, kind) {
        Entry::Step {
            tracing,
            digests,
            timed_out,
        } => {
            step.tracing = tracing;
            step.digests = digests;
            step.timed_out = timed_out;
            // Leaves the effect when it panics, too: an opaque callee may.
            struct Leave;
            impl Drop for Leave {
                fn drop(&mut self) {
                    with_kernel(Kernel::break_step);
                }
            }
            let leave = Leave;
            let result = effect(&mut step);
            std::mem::forget(leave);
            with_kernel(|k| {
                k.nested -= 1;
                if timed {
                    k.watched_clock(&mut step.accesses);
                }
                if tracing {
                    finish_row(k, verb, location, &mut step);
                }
                let accesses = std::mem::take(&mut step.accesses);
                k.finish_step(accesses, step.value, kind == Kind::Opaque, step.sync);
            });
            result
        }
        Entry::Join { nested, forced } => {
            step.forced = forced;
            let result = effect(&mut step);
            with_kernel(|k| {
                if timed {
                    k.watched_clock(&mut step.accesses);
                }
                if nested {
                    k.nest(&step.accesses);
                } else {
                    k.join_step(&step.accesses, step.sync);
                }
            });
            result
        }
        Entry::Quiet { tracing } => {
            step.tracing = tracing;
            let result = effect(&mut step);
            with_kernel(|k| {
                if tracing {
                    finish_row(k, verb, location, &mut step);
                }
                k.join_step(&step.accesses, step.sync);
            });
            result
        }
        Entry::Look => {
            step.forced = true;
            effect(&mut step)
        }
    }
}

/// Completes the row of the trace that the operation opened.
fn finish_row(k: &mut Kernel, verb: &str, location: &'static Location<'static>, step: &mut Step) {
    let text = step.text.take().unwrap_or_else(|| match step.accesses.first() {
        Some(a) => format!("{}.{verb}()", k.object_name(a.object)),
        None => verb.to_owned(),
    });
    if let Some(recorder) = &mut k.recorder {
        recorder.finish_step(text, location);
    }
}

fn announce(op: Op, kind: Kind) -> Entry {
    let unwinding = std::thread::panicking();
    wakes::pay();
    enum Next {
        Join { nested: bool },
        Quiet { tracing: bool },
        Blocked,
        Unwind,
        Endless,
        Switch,
    }
    let next = with_kernel(|k| {
        k.contacts += 1;
        if k.nested > 0 {
            return if k.admits_now(&op) {
                Next::Join { nested: true }
            } else {
                Next::Blocked
            };
        }
        if k.ending.is_some() && !unwinding {
            return Next::Unwind;
        }
        if k.ending.is_some() && !k.may_still_operate() {
            return Next::Endless;
        }
        if !k.numbering.tests_locks && op.accesses.iter().any(|a| a.class.tests_a_lock()) {
            k.numbering.tests_locks = true;
            k.end(kernel::End::Restart);
            if !unwinding {
                return Next::Unwind;
            }
        }
        if unwinding && k.admits_now(&op) {
            return Next::Join { nested: false };
        }
        if kind == Kind::Release && !unwinding && k.releases_quietly() {
            let me = k.current;
            let tracing = match &mut k.recorder {
                Some(recorder) => {
                    recorder.begin_event(me);
                    true
                }
                None => false,
            };
            return Next::Quiet { tracing };
        }
        let me = k.current;
        let mut op = op;
        k.gate(&mut op);
        k.tasks[me].pending = kernel::Pending::Op(op);
        if let Some(mut recorder) = k.recorder.take() {
            if k.ending.is_none() && !k.is_clock(me) {
                k.show_waiting(me, &mut recorder);
            }
            k.recorder = Some(recorder);
        }
        Next::Switch
    });
    match next {
        Next::Join { nested } => return Entry::Join { nested, forced: false },
        Next::Quiet { tracing } => return Entry::Quiet { tracing },
        Next::Blocked => {
            if with_kernel(|k| k.ending.is_some()) {
                if unwinding {
                    return Entry::Join {
                        nested: true,
                        forced: true,
                    };
                }
                controlled::unwind();
            }
            panic!(
                "a blocking operation was called where the task cannot wait: inside an opaque operation, a waker, or \
                 a destructor run by one"
            )
        }
        Next::Unwind => controlled::unwind(),
        // It unwinds already, so this ends the run.
        Next::Endless => panic!("it waits for something that nobody will do any more"),
        Next::Switch => {}
    }
    if unwinding {
        // shuttle suspends a task that switches while it panics, and decides afterwards.
        controlled::switch();
    } else {
        controlled::give_way();
    }
    enum After {
        Step(Entry),
        Ended { admitted: bool },
        Look,
    }
    let after = with_kernel(|k| {
        if k.ending.is_none() {
            k.nested += 1;
            return After::Step(Entry::Step {
                tracing: k.recorder.is_some(),
                digests: k.compares_rounds(),
                timed_out: k.timed_out(),
            });
        }
        if k.repolling == Some(k.current) {
            return After::Look;
        }
        let me = k.current;
        match std::mem::replace(&mut k.tasks[me].pending, kernel::Pending::Running) {
            kernel::Pending::Op(op) => After::Ended {
                admitted: k.admits_now(&op),
            },
            _ => After::Ended { admitted: true },
        }
    });
    match after {
        After::Step(entry) => entry,
        After::Look => Entry::Look,
        After::Ended { admitted } if unwinding => Entry::Join {
            nested: false,
            forced: !admitted,
        },
        After::Ended { .. } => controlled::unwind(),
    }
}
