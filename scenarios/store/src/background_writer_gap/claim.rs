//! Who computes: executors deduplicate by claiming an operation.

use std::collections::BTreeSet;

use selvedge::note;
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::sync::{Arc, Mutex};

use super::parts::{Id, Mark, OPERATION, RESULT, Store, start};

// code: claim-check-then-insert, claim-insert-decides
/// The operations somebody computes already.
struct Claims(Mutex<BTreeSet<Id>>);

impl Claims {
    fn is_claimed(&self, id: Id) -> bool {
        let claims = self.0.lock().expect("no holder panics");
        let claimed = claims.contains(&id);
        note!("is operation {id} claimed? {}", if claimed { "yes" } else { "no" });
        claimed
    }

    /// Claims the operation; false when somebody else has.
    fn insert(&self, id: Id) -> bool {
        let mut claims = self.0.lock().expect("no holder panics");
        let first = claims.insert(id);
        note!("claim operation {id} ➜ {}", if first { "mine" } else { "taken" });
        first
    }
}
// end

// code: claim-check-then-insert
/// Look, then claim.
pub(super) fn check_then_insert() -> u32 {
    two_executors(|claims| {
        if claims.is_claimed(OPERATION) {
            return false;
        }
        // Here the other executor looks, too.
        claims.insert(OPERATION);
        true
    })
}
// end

// code: claim-insert-decides
/// Claiming is one step, and its answer says who won.
pub(super) fn insert_decides() -> u32 {
    two_executors(|claims| claims.insert(OPERATION))
}
// end

// code: claim-check-then-insert, claim-insert-decides
/// Two executors want the result of one operation. Who claims it computes and stores, the other waits.
fn two_executors(claim: fn(&Claims) -> bool) -> u32 {
    let store = Store::new();
    let claims = Arc::new(Claims(
        Mutex::new(BTreeSet::new())
            .showing(|claims| format!("{claims:?}"))
            .named("claims"),
    ));
    let computed = Arc::new(AtomicU32::new(0).named("computed"));
    let executors = ["first", "second"].map(|name| {
        let (claims, computed) = (Arc::clone(&claims), Arc::clone(&computed));
        start(name, &store, move |store| {
            if claim(&claims) {
                // Ordering: Relaxed; a count, read after both have been joined.
                computed.fetch_add(1, Ordering::Relaxed);
                store.database.upsert(OPERATION, &RESULT);
                store.marks.set(OPERATION, Mark::Completed);
            } else {
                store.marks.wait(OPERATION);
            }
            let found = store.database.select(OPERATION);
            found.expect("operation completed but result not found");
        })
    });
    for executor in executors {
        executor.join().expect("an executor finds the result");
    }
    // Ordering: Relaxed; both have been joined.
    let times = computed.load(Ordering::Relaxed);
    assert!(times == 1, "one operation was computed {times} times");
    times
}
// end
