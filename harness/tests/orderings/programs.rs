//! Programs whose orderings are looked at. What is found names their lines, so whoever moves one has to move the expected
//! places, too, in `main.rs` beside this
//! file.

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicBool, AtomicUsize, fence};
use selvedge::sync::{Arc, Mutex, OnceLock, mpsc};
use selvedge::{hint, thread};

/// Data that are no atomic.
pub(crate) struct Data(UnsafeCell<u32>);

// SAFETY: all accesses are announced to the engine, which lets one task run at a time and tells races.
unsafe impl Sync for Data {}

impl Data {
    pub(crate) fn new() -> Self {
        Data(UnsafeCell::new(0).named("data"))
    }

    pub(crate) fn read(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|data| unsafe { *data })
    }

    pub(crate) fn write(&self, value: u32) {
        // SAFETY: as above.
        self.0.with_mut(|data| unsafe { *data = value });
    }
}

fn number(name: &str) -> AtomicUsize {
    AtomicUsize::new(0).named(name)
}

/// Runs the first in a thread of its own, beside the second.
fn both<T: Send + Sync + 'static>(shared: T, one: fn(&T), other: fn(&T)) {
    let shared = Arc::new(shared);
    let thread = thread::spawn({
        let shared = Arc::clone(&shared);
        move || one(&shared)
    });
    other(&shared);
    thread.join().unwrap();
}

/// A message: the second word says that the first one is there.
pub(crate) fn message() {
    both(
        (number("data"), number("ready")),
        |(data, ready)| {
            data.store(7, SeqCst);
            ready.store(1, SeqCst);
        },
        |(data, ready)| {
            if ready.load(SeqCst) == 1 {
                assert_eq!(data.load(SeqCst), 7, "ready, and the data are not there");
            }
        },
    );
}

/// The same with data that are no atomic.
pub(crate) fn message_of_plain_data() {
    both(
        (Data::new(), number("ready")),
        |(data, ready)| {
            data.write(7);
            ready.store(1, SeqCst);
        },
        |(data, ready)| {
            if ready.load(SeqCst) == 1 {
                data.read();
            }
        },
    );
}

/// Each announces itself and looks for the other.
pub(crate) fn store_buffering() {
    let shared = Arc::new((number("x"), number("y")));
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        other.0.store(1, SeqCst);
        other.1.load(SeqCst)
    });
    shared.1.store(1, SeqCst);
    let seen = shared.0.load(SeqCst);
    assert!(thread.join().unwrap() + seen > 0, "neither has seen the other");
}

/// The same with fences.
pub(crate) fn store_buffering_with_fences() {
    let shared = Arc::new((number("x"), number("y")));
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        other.0.store(1, Relaxed);
        fence(SeqCst);
        other.1.load(Relaxed)
    });
    shared.1.store(1, Relaxed);
    fence(SeqCst);
    let seen = shared.0.load(Relaxed);
    assert!(thread.join().unwrap() + seen > 0, "neither has seen the other");
}

/// A message with a fence on each side, and one that nobody needs.
pub(crate) fn message_with_fences() {
    both(
        (Data::new(), number("ready")),
        |(data, ready)| {
            data.write(7);
            fence(SeqCst);
            ready.store(1, Relaxed);
            fence(SeqCst);
        },
        |(data, ready)| {
            if ready.load(Relaxed) == 1 {
                fence(SeqCst);
                data.read();
            }
        },
    );
}

/// Whoever does not get it reads what the one who did has left.
pub(crate) fn claim() {
    fn claim((data, state): &(Data, AtomicUsize)) {
        match state.compare_exchange(0, 1, SeqCst, SeqCst) {
            Ok(_) => {
                data.write(7);
                state.store(2, SeqCst);
            }
            Err(2) => drop(data.read()),
            Err(_) => {}
        }
    }
    both((Data::new(), number("state")), claim, claim);
}

/// A lock that is tried once.
pub(crate) fn try_lock() {
    fn add((data, locked): &(Data, AtomicBool)) {
        if locked.compare_exchange_weak(false, true, SeqCst, SeqCst).is_ok() {
            data.write(data.read() + 1);
            locked.store(false, SeqCst);
        }
    }
    both((Data::new(), AtomicBool::new(false).named("locked")), add, add);
}

/// A lock that is waited for.
pub(crate) fn spin_lock() {
    fn add((data, locked): &(Data, AtomicBool)) {
        while locked.swap(true, SeqCst) {
            hint::spin_loop();
        }
        data.write(data.read() + 1);
        locked.store(false, SeqCst);
    }
    both((Data::new(), AtomicBool::new(false).named("locked")), add, add);
}

/// Two words that are read without a lock, between two looks at their version.
pub(crate) fn seqlock() {
    let version = number("version");
    both(
        (version, number("one"), number("two")),
        |(version, one, two)| {
            version.store(1, SeqCst);
            one.store(1, SeqCst);
            two.store(1, SeqCst);
            version.store(2, SeqCst);
        },
        |(version, one, two)| {
            let before = version.load(SeqCst);
            let (first, second) = (one.load(SeqCst), two.load(SeqCst));
            if before.is_multiple_of(2) && version.load(SeqCst) == before {
                assert_eq!(first, second, "torn");
            }
        },
    );
}

/// Two flags for the same data: one of them would be enough.
pub(crate) fn two_flags() {
    both(
        (Data::new(), number("one"), number("two")),
        |(data, one, two)| {
            data.write(7);
            one.store(1, Release);
            two.store(1, Release);
        },
        |(data, one, two)| {
            if one.load(Acquire) == 1 && two.load(Acquire) == 1 {
                data.read();
            }
        },
    );
}

/// One of two must not be stale: the one is learned by the exchange, the other published by it.
pub(crate) fn one_or_the_other() {
    let shared = Arc::new((number("one"), number("two"), number("count")));
    let spawn = |task: fn(&(AtomicUsize, AtomicUsize, AtomicUsize)) -> bool| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || task(&shared))
    };
    let first = spawn(|(one, _, count)| {
        one.store(1, Relaxed);
        count.store(1, Release);
        true
    });
    let second = spawn(|(one, two, count)| {
        two.store(1, Relaxed);
        count.fetch_add(1, SeqCst) != 1 || one.load(Relaxed) == 1
    });
    let third = spawn(|(_, two, count)| count.load(Acquire) != 2 || two.load(Relaxed) == 1);
    let (second, third) = (second.join().unwrap(), third.join().unwrap());
    first.join().unwrap();
    assert!(second || third, "both are stale");
}

/// A message whose load learns nothing.
pub(crate) fn deaf_message() {
    both(
        (Data::new(), number("ready")),
        |(data, ready)| {
            data.write(7);
            ready.store(1, Release);
        },
        |(data, ready)| {
            if ready.load(Relaxed) == 1 {
                data.read();
            }
        },
    );
}

/// A message that neither publishes nor learns.
pub(crate) fn relaxed_message() {
    both(
        (number("data"), number("ready")),
        |(data, ready)| {
            data.store(7, Relaxed);
            ready.store(1, Relaxed);
        },
        |(data, ready)| {
            if ready.load(Relaxed) == 1 {
                assert_eq!(data.load(Relaxed), 7, "ready, and the data are not there");
            }
        },
    );
}

/// The same with data that are no atomic.
pub(crate) fn relaxed_message_of_plain_data() {
    both(
        (Data::new(), number("ready")),
        |(data, ready)| {
            data.write(7);
            ready.store(1, Relaxed);
        },
        |(data, ready)| {
            if ready.load(Relaxed) == 1 {
                data.read();
            }
        },
    );
}

/// Both add one, and one is lost with any orderings.
pub(crate) fn lost_increment() {
    let shared = Arc::new(number("counter"));
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || other.store(other.load(Relaxed) + 1, Relaxed));
    shared.store(shared.load(Relaxed) + 1, Relaxed);
    thread.join().unwrap();
    assert_eq!(shared.load(Relaxed), 2, "an increment was lost");
}

/// Two counters, one function for both, with an ordering each.
pub(crate) fn ordering_from_a_variable() {
    fn add(count: &AtomicUsize, ordering: Ordering) -> usize {
        count.fetch_add(1, ordering)
    }
    both(
        (number("one"), number("two")),
        |(one, two)| {
            add(one, Relaxed);
            add(two, SeqCst);
        },
        |(one, two)| {
            add(two, SeqCst);
            add(one, Relaxed);
        },
    );
}

/// Looks at another word where the first one is stale, which no execution sees as it is.
pub(crate) fn looks_further_if_stale() {
    both(
        (number("data"), number("ready"), number("more")),
        |(data, ready, more)| {
            more.store(1, Relaxed);
            data.store(7, Relaxed);
            ready.store(1, Release);
        },
        |(data, ready, more)| {
            if ready.load(Acquire) == 1 && data.load(Relaxed) != 7 {
                more.load(SeqCst);
            }
        },
    );
}

/// Nothing can be weaker.
pub(crate) fn counts() {
    fn add(count: &AtomicUsize) {
        count.fetch_add(1, Relaxed);
    }
    both(number("count"), add, add);
}

/// `fetch_update` loads and exchanges.
pub(crate) fn updates() {
    fn add((data, count): &(Data, AtomicUsize)) {
        let last = count.fetch_update(SeqCst, SeqCst, |count| (count < 2).then_some(count + 1));
        if last == Ok(1) {
            data.read();
        }
    }
    both(
        (Data::new(), number("count")),
        |shared| {
            shared.0.write(7);
            add(shared);
        },
        add,
    );
}

/// [`message`] with these orderings of the second word, and the weakest ones of the first.
pub(crate) fn message_with(stores: Ordering, loads: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared = Arc::new((number("data"), number("ready")));
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.store(7, Relaxed);
                shared.1.store(1, stores);
            }
        });
        if shared.1.load(loads) == 1 {
            assert_eq!(shared.0.load(Relaxed), 7, "ready, and the data are not there");
        }
        thread.join().unwrap();
    }
}

/// There are more executions with weaker orderings, and all hold.
pub(crate) fn stores_in_any_order() {
    both(
        (number("one"), number("two")),
        |(one, two)| {
            one.store(1, Relaxed);
            two.store(1, Release);
        },
        |(one, two)| {
            if two.load(Acquire) == 1 {
                one.load(Relaxed);
            }
        },
    );
}

/// The one waits for a while, and for nothing.
pub(crate) fn marks_a_step() {
    both(
        number("ready"),
        |ready| ready.store(1, SeqCst),
        |ready| {
            // No round of a loop, so it marks a step that the kernel cannot see, which can be followed as
            // long as everything is sequentially consistent.
            thread::yield_now();
            ready.load(SeqCst);
        },
    );
}

/// Nothing here has an ordering that the program declares.
pub(crate) fn locks_channels_and_owners() {
    let (send, receive) = mpsc::channel();
    let shared = Arc::new((Mutex::new(0), OnceLock::new()));
    let other = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        *other.0.lock().unwrap() += other.1.get_or_init(|| 1);
        send.send(Arc::strong_count(&other)).unwrap();
    });
    *shared.0.lock().unwrap() += shared.1.get_or_init(|| 1);
    receive.recv().unwrap();
    thread.join().unwrap();
}

/// [`deaf_message`], and a third thread that makes more executions of it.
pub(crate) fn fails_early_if_relaxed() {
    let shared = Arc::new((Data::new(), number("ready"), number("other")));
    let spawn = |task: fn(&(Data, AtomicUsize, AtomicUsize))| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || task(&shared))
    };
    let writer = spawn(|(data, ready, _)| {
        data.write(7);
        ready.store(1, Release);
    });
    let other = spawn(|(_, _, other)| other.store(1, Relaxed));
    if shared.1.load(Relaxed) == 1 {
        shared.0.read();
    }
    shared.2.load(Relaxed);
    writer.join().unwrap();
    other.join().unwrap();
}
