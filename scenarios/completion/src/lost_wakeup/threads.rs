//! The same mistake with threads: a condition variable remembers as little as a notify does.

use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::sync::{Arc, Condvar, Mutex, mpsc};
use selvedge::thread;

// code: condvar-check-outside-lock, condvar-store-outside-lock, condvar-under-lock, check-then-park, channel
fn spawn<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    thread::Builder::new()
        .name(name)
        .spawn(body)
        .expect("a thread can start")
}

fn join<T>(thread: thread::JoinHandle<T>) -> T {
    thread.join().expect("no thread of the program panics")
}
// end

// code: condvar-check-outside-lock, condvar-store-outside-lock
/// A flag beside the lock, and a condition variable.
struct Job {
    done: AtomicBool,
    lock: Mutex<()>,
    completed: Condvar,
}

impl Job {
    fn new() -> Arc<Self> {
        Arc::new(Job {
            done: AtomicBool::new(false).named("done"),
            lock: Mutex::new(()).named("mutex"),
            completed: Condvar::new().named("completion"),
        })
    }

    fn is_done(&self) -> bool {
        // Ordering: SeqCst, so that nobody can blame a stale value; a wake-up alone orders nothing.
        self.done.load(Ordering::SeqCst)
    }

    /// Does not take the lock that the waiter holds while it looks.
    fn finish(&self) {
        // Ordering: SeqCst, as in `is_done`.
        self.done.store(true, Ordering::SeqCst);
        self.completed.notify_all();
    }
}
// end

// code: condvar-check-outside-lock
/// Looks outside the lock, then locks and waits.
pub(super) fn condvar_check_outside_lock() {
    let job = Job::new();
    let waiter = spawn("waiter", {
        let job = job.clone();
        move || {
            while !job.is_done() {
                let guard = job.lock.lock().expect("nobody panics");
                drop(job.completed.wait(guard).expect("nobody panics"));
            }
        }
    });
    let worker = spawn("worker", move || job.finish());
    join(waiter);
    join(worker);
}
// end

// code: condvar-store-outside-lock
/// The waiter looks under the lock as the books say; the worker stores without it, because the flag is atomic.
pub(super) fn condvar_store_outside_lock() {
    let job = Job::new();
    let waiter = spawn("waiter", {
        let job = job.clone();
        move || {
            let mut guard = job.lock.lock().expect("nobody panics");
            while !job.is_done() {
                guard = job.completed.wait(guard).expect("nobody panics");
            }
        }
    });
    let worker = spawn("worker", move || job.finish());
    join(waiter);
    join(worker);
}
// end

// code: condvar-under-lock
/// Condition and lock belong together: both sides take the lock, the waiter loops.
pub(super) fn condvar_under_lock() {
    let job = Arc::new((
        Mutex::new(false)
            .named("job")
            .showing(|done| if *done { "done".to_owned() } else { "running".to_owned() }),
        Condvar::new().named("completion"),
    ));
    let waiter = spawn("waiter", {
        let job = job.clone();
        move || {
            let mut done = job.0.lock().expect("nobody panics");
            while !*done {
                done = job.1.wait(done).expect("nobody panics");
            }
        }
    });
    let worker = spawn("worker", move || {
        *job.0.lock().expect("nobody panics") = true;
        job.1.notify_all();
    });
    join(waiter);
    join(worker);
}
// end

// code: check-then-park
/// Looks, then parks: `unpark` before `park` leaves a token, so nothing is lost.
pub(super) fn check_then_park() {
    parked_waiter(|done, waiter| {
        // Ordering: Release; pairs with the waiter's load.
        done.store(true, Ordering::Release);
        waiter.unpark();
    });
}
// end

/// The token comes first, and says nothing yet.
pub(super) fn unpark_before_store() {
    parked_waiter(|done, waiter| {
        waiter.unpark();
        // Ordering: Release, as above.
        done.store(true, Ordering::Release);
    });
}

// code: check-then-park
fn parked_waiter(finish: fn(&AtomicBool, &thread::Thread)) {
    let done = Arc::new(AtomicBool::new(false).named("done"));
    let waiter = spawn("waiter", {
        let done = done.clone();
        move || {
            // Ordering: Acquire; pairs with the worker's store.
            while !done.load(Ordering::Acquire) {
                thread::park();
            }
        }
    });
    let parked = waiter.thread().clone();
    let worker = spawn("worker", move || finish(&done, &parked));
    join(waiter);
    join(worker);
}
// end

// code: channel
/// A channel keeps what it is told until somebody asks.
pub(super) fn channel() -> &'static str {
    let (completed, completion) = mpsc::channel();
    let waiter = spawn("waiter", move || {
        completion.recv().expect("the worker sends before it goes")
    });
    let worker = spawn("worker", move || {
        completed.send("Complete").expect("the waiter is there")
    });
    let seen = join(waiter);
    join(worker);
    seen
}
// end
