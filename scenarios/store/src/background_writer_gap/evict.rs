//! What the writer takes out of memory after it has written a row.

use selvedge::sync::mpsc::Sender;

use super::parts::{Job, Mark, OPERATION, RESULT, REVISED, Store, run};

// code: evict-by-key
/// Two results for one operation; the flush of the first takes the second out of memory.
pub(super) fn by_key() -> String {
    two_results(|store, (id, data)| {
        store.database.upsert(id, &data);
        store.memory.evict(id);
    })
}
// end

// code: evict-by-version
/// The flush of a version takes out that version only.
pub(super) fn by_version() -> String {
    two_results(|store, (id, data)| {
        store.database.upsert(id, &data);
        store.memory.evict_version(id, data.version);
    })
}
// end

// code: evict-by-key, evict-by-version
/// The second result is in memory before it is announced, so a reader must see it or the row of it.
fn two_results(writer: fn(&Store, Job)) -> String {
    let store = Store::new();
    let read = run(
        &store,
        |store, queue| {
            for data in [RESULT, REVISED] {
                store.memory.put(OPERATION, data.clone());
                queue.send((OPERATION, data)).expect("the writer is there");
            }
            store.marks.set(OPERATION, Mark::Completed);
        },
        writer,
        read_the_revised_one,
    );
    store.memory.assert_empty();
    read
}

fn read_the_revised_one(store: &Store) -> String {
    store.marks.wait(OPERATION);
    let found = store.memory.get(OPERATION);
    let found = found.or_else(|| store.database.select(OPERATION));
    let found = found.expect("operation completed but result not found");
    assert!(found == "v2", "{found} was read after v2 was completed");
    found
}
// end

// code: evict-inserted-only
/// A row that was there already is nothing to clean up after, or so it seems.
pub(super) fn only_what_was_inserted() {
    same_result_twice(|store, (id, data)| {
        if store.database.insert_or_ignore(id, &data) {
            store.memory.evict(id);
        }
    });
}
// end

// code: evict-whatever-is-stored
/// The row is there, whoever put it there: the copy has to go.
pub(super) fn whatever_is_stored() {
    same_result_twice(|store, (id, data)| {
        store.database.insert_or_ignore(id, &data);
        store.memory.evict(id);
    });
}
// end

// code: evict-inserted-only, evict-whatever-is-stored
/// The same result is stored twice, as by two executors that computed the same thing.
fn same_result_twice(writer: fn(&Store, Job)) {
    let store = Store::new();
    let store_twice = |store: &Store, queue: &Sender<Job>| {
        for _ in 0..2 {
            store.memory.put(OPERATION, RESULT);
            queue.send((OPERATION, RESULT)).expect("the writer is there");
        }
        store.marks.set(OPERATION, Mark::Completed);
    };
    run(&store, store_twice, writer, |store| {
        store.marks.wait(OPERATION);
        let found = store.memory.get(OPERATION);
        let found = found.or_else(|| store.database.select(OPERATION));
        assert!(found.is_some(), "operation completed but result not found");
    });
    store.memory.assert_empty();
}
// end
