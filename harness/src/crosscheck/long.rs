//! Long executions: what the analysis of one looks at grows as it does, and not faster; and the time that it takes is not
//! the program's.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use crate::engine::controlled::{Session, explore};
use crate::engine::current::Program;
use crate::explore::WORK;
use crate::explore::exhaustive::Exhaustive;
use crate::kernel::{Choice, End, Kernel, Numbering, Pick, Progress, ScheduleLimits, Strategy, TaskId};
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Mutex, RwLock, mpsc};
use crate::thread;

/// Two threads do `each` so many times, the second one in the opposite order of objects if there is one, and the main
/// task does `last`.
fn program(times: u32, one: fn(&World), other: fn(&World), last: fn(&World)) -> Program {
    Arc::new(move || {
        let world = Arc::new(World::new());
        let threads = [one, other].map(|each| {
            let world = Arc::clone(&world);
            thread::spawn(move || (0..times).for_each(|_| each(&world)))
        });
        last(&world);
        for thread in threads {
            thread.join().unwrap();
        }
        String::new()
    })
}

struct World {
    one: AtomicU32,
    other: AtomicU32,
    lock: Mutex<u32>,
    shared: RwLock<u32>,
    main: thread::Thread,
    sender: mpsc::Sender<u32>,
    receiver: Mutex<mpsc::Receiver<u32>>,
    /// Each of these waits for the other, message by message.
    slot: (mpsc::SyncSender<u32>, Mutex<mpsc::Receiver<u32>>),
}

impl World {
    fn new() -> Self {
        let (sender, receiver) = mpsc::channel();
        let (put, take) = mpsc::sync_channel(1);
        World {
            one: AtomicU32::new(0),
            other: AtomicU32::new(0),
            lock: Mutex::new(0),
            shared: RwLock::new(0),
            main: thread::current(),
            sender,
            receiver: Mutex::new(receiver),
            slot: (put, Mutex::new(take)),
        }
    }
}

fn session() -> Session {
    Session {
        limits: ScheduleLimits {
            max_steps: 1_000_000,
            ..ScheduleLimits::default()
        },
        numbering: Numbering::default(),
        orders: Vec::new(),
        progress: Arc::default(),
        diary: None,
        declared: None,
    }
}

/// The steps of the first execution, and what its analysis has looked at.
fn first(program: &Program) -> (usize, usize) {
    let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Exhaustive::new()));
    let mut steps = 0;
    WORK.set(0);
    explore(program, &mut session(), &strategy, false, &mut |kernel| {
        if kernel.ending == Some(End::Restart) {
            WORK.set(0);
            return ControlFlow::Continue(());
        }
        steps = kernel.steps;
        ControlFlow::Break(())
    });
    (steps, WORK.get())
}

#[test]
fn the_analysis_of_an_execution_grows_as_the_execution_does() {
    type Each = fn(&World);
    let load: Each = |w| _ = w.one.load(SeqCst);
    let store: Each = |w| w.one.store(1, SeqCst);
    let lock: Each = |w| *w.lock.lock().unwrap() += 1;
    let try_lock: Each = |w| drop(w.lock.try_lock());
    let read: Each = |w| drop(w.shared.read());
    let write: Each = |w| *w.shared.write().unwrap() += 1;
    let wake: Each = |w| w.main.unpark();
    let send: Each = |w| w.sender.send(1).unwrap();
    let receive: Each = |w| _ = w.receiver.lock().unwrap().recv().unwrap();
    let put: Each = |w| w.slot.0.send(1).unwrap();
    let take: Each = |w| _ = w.slot.1.lock().unwrap().recv().unwrap();
    let nothing: Each = |_| {};
    let both: Each = |w| {
        w.one.load(SeqCst);
        w.other.fetch_add(1, SeqCst);
        drop(w.lock.lock());
    };
    for (what, one, other, last) in [
        ("reads", load, nothing, nothing),
        ("reads of two", load, load, nothing),
        ("reads and a write", load, load, store),
        ("reads and writes", load, store, load),
        ("writes", store, store, store),
        ("locks", lock, lock, lock),
        ("locks and tries", lock, try_lock, try_lock),
        ("read locks", read, read, nothing),
        ("read locks and a write lock", read, read, write),
        ("read locks and write locks", read, write, write),
        ("wakes", wake, wake, |_| thread::park()),
        ("messages", send, receive, nothing),
        ("messages one by one", put, take, nothing),
        ("several objects", both, both, both),
    ] {
        let (short, little) = first(&program(250, one, other, last));
        let (long, much) = first(&program(1_000, one, other, last));
        assert!(long > 3 * short, "{what}: {short} and {long} steps");
        assert!(
            much <= 5 * little + 50,
            "{what}: {little} for {short} steps, {much} for {long}"
        );
    }
}

/// Looks whose time it is, whenever it is asked.
struct Watches {
    progress: Arc<Progress>,
    executions: u32,
}

impl Strategy for Watches {
    fn begin(&mut self) -> bool {
        assert!(!self.progress.is_inside(), "the next execution is prepared");
        self.executions < 3
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        assert!(self.progress.is_inside(), "the program runs");
        Pick::Task(choice.enabled[0].index)
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, _arms: u32) -> Result<u32, String> {
        Ok(0)
    }

    fn end(&mut self, _kernel: &Kernel) {
        assert!(!self.progress.is_inside(), "an execution is analysed");
        self.executions += 1;
    }
}

#[test]
fn the_time_between_two_executions_is_not_the_programs() {
    let mut session = session();
    let progress = Arc::clone(&session.progress);
    let strategy = Rc::new(RefCell::new(Watches {
        progress: Arc::clone(&progress),
        executions: 0,
    }));
    let inside = Arc::clone(&progress);
    let program: Program = Arc::new(move || {
        assert!(inside.is_inside());
        let lock = Arc::new(Mutex::new(0).named("lock"));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        *lock.lock().unwrap() += 1;
        other.join().unwrap();
        String::new()
    });
    let shared: Rc<RefCell<dyn Strategy>> = strategy.clone();
    explore(&program, &mut session, &shared, false, &mut |kernel| {
        assert!(!progress.is_inside(), "an execution is counted");
        assert_eq!(kernel.ending, Some(End::Complete));
        assert!(kernel.tasks.iter().all(|t| t.panic.is_none()));
        ControlFlow::Continue(())
    });
    assert_eq!(strategy.borrow().executions, 3);
    assert!(!progress.is_inside());
}
