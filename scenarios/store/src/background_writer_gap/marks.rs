//! When an operation counts as completed.

use selvedge::sync::mpsc::Sender;
use selvedge::{choose, note};

use super::parts::{Id, Job, Mark, Marks, OPERATION, RESULT, Store, run};

// code: mark-*, crash-*
/// What the reader got: the text, or the news that the operation failed.
pub(super) type Answer = Result<String, &'static str>;
// end

// code: mark-missing
/// Nobody sets the mark.
pub(super) fn missing() -> Answer {
    run(&Store::new(), put_and_queue, write_then_evict, wait_and_read)
}
// end

// code: mark-before-store
/// Completed first, stored then.
pub(super) fn before_store() -> Answer {
    run(
        &Store::new(),
        |store, queue| {
            store.marks.set(OPERATION, Mark::Completed);
            // Here a waiter wakes up and finds nothing.
            put_and_queue(store, queue);
        },
        write_then_evict,
        wait_and_read,
    )
}
// end

// code: mark-skipped-by-error
/// Stored, then marked; but an error in between leaves through `?`.
pub(super) fn skipped_by_an_error() -> Answer {
    run(
        &Store::new(),
        |store, queue| {
            let _ = store_and_mark(store, queue);
        },
        write_then_evict,
        wait_and_read,
    )
}

fn store_and_mark(store: &Store, queue: &Sender<Job>) -> Result<(), &'static str> {
    put_and_queue(store, queue);
    bookkeeping()?;
    store.marks.set(OPERATION, Mark::Completed);
    Ok(())
}
// end

// code: mark-owed-by-guard
/// A guard owes the mark: it says completed when told so, and failed when it is dropped before.
pub(super) fn owed_by_a_guard() -> Answer {
    run(
        &Store::new(),
        |store, queue| {
            let _ = store_and_mark_guarded(store, queue);
        },
        write_then_evict,
        wait_and_read,
    )
}

fn store_and_mark_guarded(store: &Store, queue: &Sender<Job>) -> Result<(), &'static str> {
    let owed = OwedMark::new(&store.marks, OPERATION);
    put_and_queue(store, queue);
    bookkeeping()?;
    owed.completed();
    Ok(())
}
// end

// code: mark-owed-by-guard, crash-unguarded, crash-copy-left, crash-guarded
/// Says completed when told so, and failed when it is dropped before.
pub(super) struct OwedMark<'a> {
    marks: &'a Marks,
    id: Id,
    mark: Mark,
}

impl<'a> OwedMark<'a> {
    pub(super) fn new(marks: &'a Marks, id: Id) -> Self {
        OwedMark {
            marks,
            id,
            mark: Mark::Failed,
        }
    }

    pub(super) fn completed(mut self) {
        self.mark = Mark::Completed;
    }
}

impl Drop for OwedMark<'_> {
    fn drop(&mut self) {
        self.marks.set(self.id, self.mark);
    }
}
// end

// code: mark-skipped-by-error, mark-owed-by-guard
/// Something that can fail after the store and before the mark. Both ends are explored.
fn bookkeeping() -> Result<(), &'static str> {
    if choose(2) == 0 {
        return Ok(());
    }
    note!("an error: the executor gives up");
    Err("the executor gave up")
}
// end

// code: mark-missing, mark-before-store, mark-skipped-by-error, mark-owed-by-guard
fn put_and_queue(store: &Store, queue: &Sender<Job>) {
    store.memory.put(OPERATION, RESULT);
    queue.send((OPERATION, RESULT)).expect("the writer is there");
}
// end

// code: mark-*, crash-*
pub(super) fn write_then_evict(store: &Store, (id, data): Job) {
    store.database.upsert(id, &data);
    store.memory.evict_version(id, data.version);
}

pub(super) fn wait_and_read(store: &Store) -> Answer {
    if store.marks.wait(OPERATION) == Mark::Failed {
        return Err("operation failed");
    }
    let found = store.memory.get(OPERATION);
    let found = found.or_else(|| store.database.select(OPERATION));
    Ok(found.expect("operation completed but result not found"))
}
// end
