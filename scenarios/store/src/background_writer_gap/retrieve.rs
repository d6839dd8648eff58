//! Where `retrieve` looks, and in which order.

use selvedge::sync::mpsc::Sender;

use super::parts::{Job, Mark, OPERATION, RESULT, Store, run};

// code: queue-only
/// `store` only queues; `retrieve` only asks the database.
pub(super) fn queue_only() -> String {
    run(
        &Store::new(),
        |store, queue| {
            queue.send((OPERATION, RESULT)).expect("the writer is there");
            store.marks.set(OPERATION, Mark::Completed);
        },
        |store, (id, data)| store.database.upsert(id, &data),
        |store| {
            store.marks.wait(OPERATION);
            let found = store.database.select(OPERATION);
            found.expect("operation completed but result not found")
        },
    )
}
// end

// code: database-then-memory
/// The repair that was published: a copy in memory until the row is written, and `retrieve` looks in
/// both places, the database first.
pub(super) fn database_then_memory() -> String {
    let store = Store::new();
    let found = run(&store, put_queue_mark, write_then_evict, |store| {
        store.marks.wait(OPERATION);
        let found = store.database.select(OPERATION);
        // Here the writer can insert the row and evict the copy.
        let found = found.or_else(|| store.memory.get(OPERATION));
        found.expect("operation completed but result not found")
    });
    store.memory.assert_empty();
    found
}
// end

// code: memory-then-database
/// Memory first: what is not in memory any more is in the database already.
pub(super) fn memory_then_database() -> String {
    let store = Store::new();
    let found = run(&store, put_queue_mark, write_then_evict, |store| {
        store.marks.wait(OPERATION);
        let found = store.memory.get(OPERATION);
        let found = found.or_else(|| store.database.select(OPERATION));
        found.expect("operation completed but result not found")
    });
    store.memory.assert_empty();
    found
}
// end

// code: queue-before-memory
/// Memory is read first, but the copy is made after the job is queued.
pub(super) fn queue_before_memory() -> String {
    let store = Store::new();
    let found = run(
        &store,
        |store, queue| {
            queue.send((OPERATION, RESULT)).expect("the writer is there");
            // Here the writer can insert the row and evict a copy that is not there yet.
            store.memory.put(OPERATION, RESULT);
            store.marks.set(OPERATION, Mark::Completed);
        },
        write_then_evict,
        |store| {
            store.marks.wait(OPERATION);
            let found = store.memory.get(OPERATION);
            let found = found.or_else(|| store.database.select(OPERATION));
            found.expect("operation completed but result not found")
        },
    );
    store.memory.assert_empty();
    found
}
// end

// code: database-then-memory, memory-then-database
fn put_queue_mark(store: &Store, queue: &Sender<Job>) {
    store.memory.put(OPERATION, RESULT);
    queue.send((OPERATION, RESULT)).expect("the writer is there");
    store.marks.set(OPERATION, Mark::Completed);
}
// end

// code: database-then-memory, memory-then-database, queue-before-memory
fn write_then_evict(store: &Store, (id, data): Job) {
    store.database.upsert(id, &data);
    store.memory.evict_version(id, data.version);
}
// end
