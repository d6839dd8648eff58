//! Every operation of a trace has the place in the program that asked for it.

use std::time::Duration;

use selvedge::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use selvedge::{Check, Strategy, thread};

fn program() {
    let mutex = Mutex::new(0);
    let lock = RwLock::new(0);
    drop(lock.read());
    drop(lock.write());
    drop(lock.try_read());
    drop(lock.try_write());

    let once = Once::new();
    once.call_once(|| ());
    once.call_once_force(|_| ());
    once.is_completed();
    let cell = OnceLock::new();
    cell.get();
    cell.get_or_init(|| 1);
    cell.set(2).unwrap_err();

    Barrier::new(1).wait();
    let barrier = Arc::new(Barrier::new(2));
    let other = Arc::clone(&barrier);
    let task = thread::spawn(move || other.wait().is_leader());
    barrier.wait();
    task.join().unwrap();

    let (sender, receiver) = mpsc::sync_channel(2);
    sender.send(1).unwrap();
    sender.try_send(2).unwrap();
    receiver.recv().unwrap();
    receiver.try_recv().unwrap();
    receiver.recv_timeout(Duration::from_secs(1)).unwrap_err();
    let (sender, receiver) = mpsc::sync_channel(0);
    let task = thread::spawn(move || sender.send(1));
    for message in receiver {
        assert_eq!(message, 1);
    }
    task.join().unwrap().unwrap();

    let condvar = Condvar::new();
    let guard = mutex.lock().unwrap();
    let (guard, _) = condvar.wait_timeout(guard, Duration::from_secs(1)).unwrap();
    drop(guard);
    drop(mutex.try_lock());
    condvar.notify_one();
    condvar.notify_all();
    panic!("the end");
}

#[test]
fn operations_are_where_the_program_asks_for_them() {
    let report = Check::new("locations").strategy(Strategy::Exhaustive).run(program);
    let trace = report.failure.expect("the program panics").trace;
    let elsewhere: Vec<String> = trace
        .rows
        .iter()
        .filter_map(|row| {
            let location = row.location.as_deref()?;
            (!location.starts_with("tests/sync_locations.rs:")).then(|| format!("{} at {location}", row.text))
        })
        .collect();
    // What a destructor does has no caller.
    let ends = ["unlock", "drop ", "call_once ➜ done", "get_or_init ➜ done"];
    let wrong: Vec<_> = elsewhere
        .iter()
        .filter(|row| !ends.iter().any(|end| row.contains(end)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
