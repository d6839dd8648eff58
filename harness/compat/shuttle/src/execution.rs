//! What an execution has besides the objects of the harness: the numbers, names and labels of its tasks, and random numbers.
//!
//! All tasks of an execution run on one thread of the operating system, and so does whoever schedules them, so this is a thread
//! local of std. Tasks are numbered as they are spawned, which is how the harness numbers them, too.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem::{self, ManuallyDrop};
use std::panic::Location;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::current::{AnyTag, ChildLabelFn, Labels, TaskId, TaskName};

/// Where random numbers come from.
#[derive(Clone, Copy, Debug)]
pub enum Random {
    /// The schedule: they are chosen as tasks are.
    Schedule,
    /// The same ones in each execution.
    Fixed,
    /// Nowhere.
    Refused,
}

/// What random numbers that are the same in each execution begin with.
const FIXED: u64 = 0x5e1_fed6e;

struct Execution {
    tasks: Vec<Task>,
    labels: BTreeMap<TaskId, Labels>,
    tags: BTreeMap<TaskId, AnyTag>,
    random: Random,
    fixed: Pcg64Mcg,
    /// Steps are to be counted anew.
    counts_anew: bool,
    /// Which execution of this process it is, counting from 1.
    number: u64,
    /// Objects without a name, by who has made them where.
    made: BTreeMap<(TaskId, String), u32>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Task {
    pub(crate) name: Option<String>,
    pub(crate) parent: Option<TaskId>,
}

/// The number of the next execution.
static NUMBER: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// That of the last execution stays: what its labels do in destructors needs a thread.
    static EXECUTION: ManuallyDrop<RefCell<Option<Execution>>> = const { ManuallyDrop::new(RefCell::new(None)) };
}

selvedge::thread_local! {
    /// The number of the task.
    static ME: Cell<usize> = Cell::new(0);
    /// Whether `park` has returned without a token.
    static WOKE: Cell<bool> = Cell::new(false);
    /// Polls that the task is in.
    static POLLS: Cell<u32> = Cell::new(0);
}

/// Runs the main task of an execution.
pub(crate) fn run(random: Random, main: impl FnOnce()) {
    let mut labels = Labels::new();
    labels.insert(TaskName::from("main-thread"));
    let execution = Execution {
        tasks: vec![Task::default()],
        labels: BTreeMap::from([(TaskId::from(0), labels)]),
        tags: BTreeMap::new(),
        random,
        fixed: Pcg64Mcg::seed_from_u64(FIXED),
        counts_anew: false,
        // Ordering: Relaxed; the number stands for itself.
        number: NUMBER.fetch_add(1, Ordering::Relaxed),
        made: BTreeMap::new(),
    };
    // Labels may do anything in their destructors.
    let before = EXECUTION.with(|current| current.replace(Some(execution)));
    drop(before);
    main();
}

fn with<R>(f: impl FnOnce(&mut Execution) -> R) -> R {
    try_with(f).expect("no execution of a check runs here: are you using shuttle outside of a shuttle test?")
}

fn try_with<R>(f: impl FnOnce(&mut Execution) -> R) -> Option<R> {
    let found = EXECUTION.try_with(|execution| execution.try_borrow_mut().ok()?.as_mut().map(f));
    found.ok().flatten()
}

/// A number for a task that is about to be spawned.
pub(crate) fn spawn(name: Option<String>) -> TaskId {
    let Some(parent) = try_me() else {
        return TaskId::from(0);
    };
    let named = name.as_deref().map(TaskName::from);
    let (id, mut labels) = with(|execution| {
        let id = TaskId::from(execution.tasks.len());
        execution.tasks.push(Task {
            name,
            parent: Some(parent),
        });
        if let Some(tag) = execution.tags.get(&parent).cloned() {
            execution.tags.insert(id, tag);
        }
        (id, execution.labels.get(&parent).cloned().unwrap_or_default())
    });
    if let Some(name) = named {
        labels.insert(name);
    }
    if let Some(ChildLabelFn(change)) = labels.get().cloned() {
        change(id, &mut labels);
    }
    let before = with(|execution| execution.labels.insert(id, labels));
    drop(before);
    id
}

/// The task that runs has this number.
pub(crate) fn begin(id: TaskId) {
    ME.with(|me| me.set(id.into()));
}

/// The task that runs, in an execution.
pub(crate) fn try_me() -> Option<TaskId> {
    try_with(|_| ())?;
    ME.try_with(|me| TaskId::from(me.get())).ok()
}

/// The task that runs.
///
/// # Panics
/// Outside of an execution; so for all that follow.
pub(crate) fn me() -> TaskId {
    with(|_| ());
    TaskId::from(ME.with(Cell::get))
}

/// What a task is called, and who has spawned it.
pub(crate) fn task(id: TaskId) -> Task {
    try_with(|execution| execution.tasks.get(usize::from(id)).cloned())
        .flatten()
        .unwrap_or_default()
}

/// The labels of a task. `f` must not use shuttle.
pub(crate) fn with_labels<R>(id: TaskId, f: impl FnOnce(&mut Labels) -> R) -> R {
    // Labels may do anything in their destructors, so nobody may hold the execution then.
    let mut labels = with(|execution| mem::take(execution.labels.entry(id).or_default()));
    let result = f(&mut labels);
    drop(with(|execution| execution.labels.insert(id, labels)));
    result
}

/// A label of a task, if there is an execution.
pub(crate) fn label<T: Clone + 'static>(id: TaskId) -> Option<T> {
    try_with(|execution| execution.labels.get(&id).and_then(|labels| labels.get().cloned())).flatten()
}

pub(crate) fn tag(id: TaskId) -> Option<AnyTag> {
    with(|execution| execution.tags.get(&id).cloned())
}

pub(crate) fn set_tag(id: TaskId, tag: AnyTag) -> Option<AnyTag> {
    with(|execution| execution.tags.insert(id, tag))
}

/// Steps are to be counted anew.
pub(crate) fn count_anew() {
    with(|execution| execution.counts_anew = true);
}

/// Whether steps are to be counted anew, which is then done.
pub(crate) fn counts_anew() -> bool {
    try_with(|execution| mem::take(&mut execution.counts_anew)).unwrap_or(false)
}

/// Which execution of this process it is, counting from 1; 0 outside of one.
pub(crate) fn number() -> u64 {
    try_with(|execution| execution.number).unwrap_or(0)
}

/// A name for an object of this kind that is made at this place: the same one in each execution.
pub(crate) fn name(kind: &str, place: &Location<'_>) -> String {
    let file = Path::new(place.file()).file_name().unwrap_or_default();
    let name = format!("{kind}@{}:{}", file.to_string_lossy(), place.line());
    let Some(me) = try_me() else { return name };
    let nth = try_with(|execution| {
        let made = execution.made.entry((me, name.clone())).or_default();
        *made += 1;
        *made
    });
    match (usize::from(me), nth) {
        (0, None | Some(1)) => name,
        (task, nth) => format!("{name} {task}.{}", nth.unwrap_or(1)),
    }
}

/// Bits that one choice gives, and those of a number.
pub(crate) const BITS: u32 = 20;
pub(crate) const ALL: u32 = u64::BITS;

/// A random number.
pub(crate) fn next_u64() -> u64 {
    match with(|execution| execution.random) {
        Random::Schedule => {
            let mut number = 0;
            for at in (0..ALL).step_by(BITS as usize) {
                number |= (selvedge::choose(1 << BITS.min(ALL - at)) as u64) << at;
            }
            number
        }
        Random::Fixed => with(|execution| execution.fixed.next_u64()),
        Random::Refused => panic!(
            "requested random data from DFS scheduler with allow_random_data = false: it would have to try all 2^64 \
             numbers; choose among few with selvedge::choose, or allow the same ones in each execution"
        ),
    }
}

/// Whether the task is woken from `park` without a token, which happens once.
pub(crate) fn wakes_for_no_reason() -> bool {
    if try_with(|_| ()).is_none() || WOKE.with(Cell::get) {
        return false;
    }
    let wakes = selvedge::choose(2) == 1;
    WOKE.with(|woke| woke.set(wakes));
    wakes
}

/// Whether the task is in a poll of a future, where it must not wait as a thread does.
pub(crate) fn is_polling() -> bool {
    POLLS.try_with(Cell::get).unwrap_or(0) > 0
}

/// A poll, while it lasts.
pub(crate) struct Polling;

impl Polling {
    pub(crate) fn begin() -> Polling {
        let _ = POLLS.try_with(|polls| polls.set(polls.get() + 1));
        Polling
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        let _ = POLLS.try_with(|polls| polls.set(polls.get() - 1));
    }
}
