//! The OS thread of a run, which can be left behind.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::counts::Counts;
use super::died;
use super::error::Error;
use super::explain::explain;
use super::options::Options;
use super::report::Report;
use super::schedule::ScheduleStep;
use super::share::finder;
use super::strategy::Strategy as Requested;
use super::tally::{Tally, failure};
use crate::engine::controlled::try_with_kernel;
use crate::engine::overflow;
use crate::engine::panics::Abort;
use crate::explore::steps_of;
use crate::kernel::{End, Entry, FailureKind, Kernel, Numbering, PanicReport, Progress, Told};
use crate::trace::Trace;

/// What comes back from the OS thread of a run.
enum Message {
    Done(Box<Report>),
    /// A panic that would have aborted the process; the thread never ends.
    Aborts(Box<Broken>),
    /// Selvedge has a fault; the thread never ends.
    Fault(String),
}

/// An execution that ended with its OS thread, as far as it came.
struct Broken {
    kind: FailureKind,
    message: String,
    trace: Trace,
    steps: Vec<ScheduleStep>,
    course: Option<Course>,
}

impl Broken {
    fn new(kind: FailureKind, message: String) -> Self {
        Broken {
            kind,
            message,
            trace: Trace::default(),
            steps: Vec::new(),
            course: None,
        }
    }
}

/// The way an execution took until it broke.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) log: Vec<Entry>,
    pub(crate) numbering: Numbering,
}

/// What is known of an execution that was left behind.
pub(crate) enum Left {
    /// It has broken its OS thread.
    Broke(Course),
    /// It has left the engine and does not come back.
    Stalled(Told),
}

/// Runs `job` on an OS thread of its own, so that a program that never comes back, or that would abort
/// the process, can be left behind. `progress` says whether the program runs, and whether it reaches the engine. With the report
/// comes what is known of an execution that was left behind, if there was one.
pub(crate) fn apart(
    check: &Options,
    progress: Arc<Progress>,
    engine: &'static str,
    job: impl FnOnce() -> Report + Send + 'static,
) -> (Report, Option<Left>) {
    let started = Instant::now();
    let (send, receive) = channel();
    // Named like the caller, because tests print under their thread's name.
    let name = std::thread::current().name().unwrap_or("selvedge").to_owned();
    let worker = std::thread::Builder::new().name(name).spawn(move || {
        let tell = send.clone();
        overflow::watch(Arc::new(move |abort| {
            let _ = tell.send(match abort.is_fault() {
                true => Message::Fault(abort.message),
                false => Message::Aborts(Box::new(broken(&abort))),
            });
        }));
        let _ = send.send(Message::Done(Box::new(job())));
    });
    if let Err(error) = worker {
        let message = format!("cannot start a thread for the run: {error}");
        return (
            Tally::default().report(check, started, Some(Error::Unsupported { message })),
            None,
        );
    }
    let stall_timeout = check.stall_timeout;
    let (mut last, mut since) = (0, Instant::now());
    loop {
        match receive.recv_timeout(stall_timeout.min(Duration::from_millis(200))) {
            Ok(Message::Done(mut report)) => {
                report.elapsed = started.elapsed();
                return (*report, None);
            }
            Ok(Message::Aborts(mut broken)) => {
                let left = broken.course.take().map(Left::Broke);
                return (given_up(check, engine, started, *broken), left);
            }
            Ok(Message::Fault(message)) => {
                let what = format!("Selvedge itself panicked: {message}; this is a fault of Selvedge");
                return (fault(check, started, &what), None);
            }
            Err(RecvTimeoutError::Disconnected) => {
                let what = "the run ended without a result: an oracle that was asked panicked, or Selvedge has a fault";
                return (fault(check, started, what), None);
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = progress.decisions();
                // What the harness does between two executions may take its time.
                if now != last || !progress.is_inside() {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() >= stall_timeout {
                    if engine == "loom" && matches!(check.strategy, Requested::Replay(_)) {
                        // loom spins for ever on a path that names a thread which has ended.
                        let message = "loom cannot follow its path through this program".to_owned();
                        let error = Some(Error::Diverged { message });
                        return (Tally::default().report(check, started, error), None);
                    }
                    let message = format!(
                        "a task ran for {stall_timeout:?} without reaching a scheduling point: an endless loop without \
                         an operation of selvedge::*, or a call that blocks for real; its OS thread is left behind"
                    );
                    let broken = Broken::new(FailureKind::StepLimit, message);
                    let left = died::running(check).map(Left::Stalled);
                    return (given_up(check, engine, started, broken), left);
                }
            }
        }
    }
}

/// The report of a run that something else than the program has ended.
fn fault(check: &Options, started: Instant, what: &str) -> Report {
    died::give_up(check);
    let message = format!("{what}, and says nothing about the program");
    Tally::default().report(check, started, Some(Error::Unsupported { message }))
}

/// The failure behind a panic that aborts: of the execution that was ending, if one was.
fn broken(abort: &Abort) -> Broken {
    let controlled = try_with_kernel(|k| {
        if let Some(first) = abort.first() {
            k.panics.push(PanicReport {
                task: k.current,
                message: first.to_owned(),
            });
        }
        let ending = match k.ending {
            Some(End::Complete | End::Unfair | End::MainPanicked) | None => None,
            _ => explain(k),
        };
        let (kind, message) = match ending {
            Some(ending) if abort.first().is_some() => ending,
            ending => told(ending, &k.task_name(k.current), abort),
        };
        let mut broken = Broken::new(kind, message);
        if k.recorder.is_some() {
            show(k, abort, &mut broken);
        }
        broken.course = Some(Course {
            log: k.log.clone(),
            numbering: k.numbering.clone(),
        });
        broken
    });
    controlled.unwrap_or_else(|| {
        let (ending, trace) = match story_of_loom() {
            Some((kind, message, trace)) => (Some((kind, message)), trace),
            None => (None, Trace::default()),
        };
        let (kind, message) = told(ending, "a task", abort);
        let mut broken = Broken::new(kind, message);
        broken.trace = trace;
        broken
    })
}

/// What came before, and that it aborts then.
fn told(ending: Option<(FailureKind, String)>, task: &str, abort: &Abort) -> (FailureKind, String) {
    let story = abort.story(task);
    match (ending, &abort.before) {
        (Some((kind, message)), _) => (kind, format!("{message}\nthen {story}")),
        (None, Some(before)) => (FailureKind::Panic, format!("{task} panicked: {before}\nthen {story}")),
        (None, None) => (FailureKind::Panic, story),
    }
}

/// The timeline and the choices, as far as they came.
fn show(k: &mut Kernel, abort: &Abort, broken: &mut Broken) {
    broken.steps = steps_of(k);
    let names = (0..k.tasks.len()).map(|i| k.task_name(i)).collect();
    if let Some(mut recorder) = k.recorder.take() {
        recorder.event(k.current, abort.row(), None);
        broken.message = recorder.numbered(std::mem::take(&mut broken.message));
        broken.trace = recorder.into_trace(names);
    }
}

/// The program has left the engine and does not come back.
fn given_up(check: &Options, engine: &'static str, started: Instant, broken: Broken) -> Report {
    died::give_up(check);
    // loom's iterations are counted when they begin, executions of the controlled engine when they end.
    let counted = check.progress.load(Ordering::Relaxed);
    let executions = if engine == "loom" { counted.max(1) } else { counted + 1 };
    let mut check = check.clone();
    let finder = (check.strategy == Requested::Portfolio).then(|| finder(check.seed, executions));
    if let Some((finder, seed)) = &finder {
        (check.strategy, check.seed) = (finder.clone(), *seed);
    }
    let Broken {
        kind,
        message,
        trace,
        steps,
        ..
    } = broken;
    let mut failure = failure(&check, kind, message, trace, executions);
    failure.schedule.engine = engine.to_owned();
    failure.schedule.unfinished = steps.is_empty() && engine == "controlled";
    failure.schedule.steps = steps;
    if let Requested::Replay(schedule) = &check.strategy
        && !failure.trace.rows.is_empty()
    {
        failure.schedule = schedule.clone();
    }
    let mut tally = Tally {
        counts: Counts {
            executions,
            failing: 1,
            ..Counts::default()
        },
        failure: Some(failure),
        ..Tally::default()
    };
    tally.basis = "the run was given up".to_owned();
    if let Some((finder, _)) = finder {
        tally.basis.push_str(&format!("; found by {}", finder.name()));
    }
    tally.report(&check, started, None)
}

/// How the iteration that runs has failed, when loom itself has given it up.
#[cfg(feature = "loom")]
use crate::engine::loom::story as story_of_loom;

#[cfg(not(feature = "loom"))]
fn story_of_loom() -> Option<(FailureKind, String, Trace)> {
    None
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ops::ControlFlow;
    use std::panic::catch_unwind;
    use std::rc::Rc;

    use super::*;
    use crate::engine::controlled::{Session, explore};
    use crate::engine::current::Program;
    use crate::kernel::{Choice, Pick, ScheduleLimits, Strategy, TaskId};
    use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};

    /// Runs a job that takes longer than a program may do nothing.
    fn slow(inside: bool) -> Report {
        let mut check = crate::Check::new("slow")
            .stall_timeout(Duration::from_millis(20))
            .options;
        check.max_executions = Some(1);
        let progress = Arc::new(Progress::default());
        let (theirs, options) = (Arc::clone(&progress), check.clone());
        let (report, _) = apart(&check, progress, "controlled", move || {
            if inside {
                theirs.enter();
            }
            std::thread::sleep(Duration::from_millis(500));
            let tally = Tally {
                basis: "it came back".to_owned(),
                ..Tally::default()
            };
            tally.report(&options, Instant::now(), None)
        });
        report
    }

    /// Breaks at a place that it is asked for.
    struct Faulty(&'static str);

    impl Faulty {
        fn at(&self, place: &str) {
            assert!(self.0 != place, "broken on purpose");
        }
    }

    impl Strategy for Faulty {
        fn begin(&mut self) -> bool {
            self.at("begin");
            true
        }

        fn choose(&mut self, choice: &Choice<'_>) -> Pick {
            self.at("choose");
            Pick::Task(choice.enabled[0].index)
        }

        fn arm(&mut self, _: &Kernel, _: TaskId, _: u32) -> Result<u32, String> {
            self.at("arm");
            Ok(0)
        }

        fn end(&mut self, _: &Kernel) {
            self.at("end");
        }
    }

    /// A program that catches its panics is not asked whose they are.
    fn program() {
        static STEPS: AtomicU32 = AtomicU32::new(0);
        let steps = || STEPS.fetch_add(crate::choose(2) as u32, SeqCst);
        let other = crate::thread::spawn(move || catch_unwind(steps));
        let _ = catch_unwind(steps);
        let _ = other.join();
    }

    #[test]
    fn a_fault_of_selvedge_is_no_failure_of_the_program() {
        for place in ["begin", "choose", "arm", "end"] {
            let check = crate::Check::new("fault").options;
            let options = check.clone();
            let (report, left) = apart(&check, Arc::default(), "controlled", move || {
                let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Faulty(place)));
                let mut session = Session {
                    limits: ScheduleLimits {
                        max_steps: 200,
                        ..ScheduleLimits::default()
                    },
                    ..Session::default()
                };
                let program: Program = Arc::new(|| {
                    program();
                    String::new()
                });
                explore(
                    &program,
                    &mut session,
                    &strategy,
                    false,
                    &mut |kernel| match kernel.ending {
                        Some(End::Restart) => ControlFlow::Continue(()),
                        _ => ControlFlow::Break(()),
                    },
                );
                Tally::default().report(&options, Instant::now(), None)
            });
            assert!(left.is_none() && report.failure.is_none(), "{place}: {report}");
            let error = report.error.unwrap_or_else(|| panic!("{place}")).to_string();
            let told = ["Selvedge itself panicked", "broken on purpose", "src/run/apart.rs:"];
            assert!(told.iter().all(|part| error.contains(part)), "{place}: {error}");
        }
    }

    #[test]
    fn only_the_program_is_told_to_have_stalled() {
        assert_eq!(slow(false).basis, "it came back");
        let failure = slow(true).failure.expect("it is given up");
        assert!(
            failure.message.contains("without reaching a scheduling point"),
            "{failure}"
        );
    }
}
