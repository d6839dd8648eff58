//! An executor that dies between any two of its steps.

use selvedge::sync::mpsc::Sender;
use selvedge::{choose, note};

use super::marks::{Answer, OwedMark, wait_and_read, write_then_evict};
use super::parts::{Job, Mark, OPERATION, RESULT, Store, run};

// code: crash-unguarded, crash-copy-left, crash-guarded
/// What is still owed when the executor dies.
pub(super) enum Owes {
    Nothing,
    TheMark,
    /// And that the copy in memory goes, if nobody has been told to write it.
    MarkAndCopy,
}

/// The executor dies anywhere, or nowhere: each is explored. In the end memory is empty.
pub(super) fn between_any_two_steps(owes: Owes) -> Answer {
    let store = Store::new();
    let executor: fn(&Store, &Sender<Job>) = match owes {
        Owes::Nothing => |store, queue| {
            let _ = bare(store, queue);
        },
        Owes::TheMark => |store, queue| {
            let _ = with_mark(store, queue);
        },
        Owes::MarkAndCopy => |store, queue| {
            let _ = with_mark_and_copy(store, queue);
        },
    };
    let answer = run(&store, executor, write_then_evict, wait_and_read);
    assert!(
        store.memory.is_empty(),
        "the memory grows: a copy is left that nobody will write"
    );
    answer
}

/// A point where the executor may die. Its destructors run, as those of a task that is aborted or panics.
fn may_die() -> Result<(), &'static str> {
    if choose(2) == 0 {
        return Ok(());
    }
    note!("dies");
    Err("the executor died")
}

fn bare(store: &Store, queue: &Sender<Job>) -> Result<(), &'static str> {
    may_die()?;
    store.memory.put(OPERATION, RESULT);
    may_die()?;
    queue.send((OPERATION, RESULT)).expect("the writer is there");
    may_die()?;
    store.marks.set(OPERATION, Mark::Completed);
    may_die()
}

fn with_mark(store: &Store, queue: &Sender<Job>) -> Result<(), &'static str> {
    let mark = OwedMark::new(&store.marks, OPERATION);
    may_die()?;
    store.memory.put(OPERATION, RESULT);
    may_die()?;
    queue.send((OPERATION, RESULT)).expect("the writer is there");
    may_die()?;
    mark.completed();
    may_die()
}

fn with_mark_and_copy(store: &Store, queue: &Sender<Job>) -> Result<(), &'static str> {
    let mark = OwedMark::new(&store.marks, OPERATION);
    may_die()?;
    store.memory.put(OPERATION, RESULT);
    let copy = OwedEviction(store);
    may_die()?;
    queue.send((OPERATION, RESULT)).expect("the writer is there");
    // From here the writer owes it.
    std::mem::forget(copy);
    may_die()?;
    mark.completed();
    may_die()
}

/// A copy in memory that nobody has been told to write.
struct OwedEviction<'a>(&'a Store);

impl Drop for OwedEviction<'_> {
    fn drop(&mut self) {
        self.0.memory.evict_version(OPERATION, RESULT.version);
    }
}
// end
