//! Every row is where the program asks for it: at the line of the operation, in whatever file that is, and never inside of
//! this crate.

use std::time::Duration;

use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, fence};
use selvedge::tokio::sync::{self, Notify};
use selvedge::trace::{RowKind, Trace};
use selvedge::{Check, Strategy, future, hint, thread, time};

fn trace(strategy: Strategy, program: impl Fn() + Send + Sync + 'static) -> Trace {
    let check = Check::new("where").strategy(strategy).early_timers(1).cause(false);
    let report = check.run(program);
    report.failure.expect("the program panics").trace
}

/// The rows that are nowhere, outside of these lines of this file, or where an object is made.
fn elsewhere(trace: &Trace, lines: std::ops::Range<usize>) -> Vec<String> {
    let source: Vec<&str> = include_str!("words_where.rs").lines().collect();
    let here = |location: &str| {
        let line: usize = location.strip_prefix("tests/words_where.rs:")?.parse().ok()?;
        let makes = ["::new(", "channel("]
            .iter()
            .any(|made| source[line - 1].contains(made));
        Some(lines.contains(&line) && (!makes || source[line - 1].contains(".wait()")))
    };
    let rows = trace
        .rows
        .iter()
        .filter(|row| !row.text.is_empty() && row.kind != RowKind::Clock);
    // The clock and the end of a task are nowhere, and the panic is in the test.
    let rows = rows.filter(|row| {
        !["exit", "aborted", "panics: ", "moves to "]
            .iter()
            .any(|text| row.text.starts_with(text))
    });
    let rows = rows.filter(|row| row.location.as_deref().is_none_or(|l| here(l) != Some(true)));
    rows.map(|row| format!("{:?} {} at {:?}", row.kind, row.text, row.location))
        .collect()
}

const BEGIN: usize = line!() as usize;

async fn tokio_types() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notified().await;
    notify.notify_waiters();
    let mutex = sync::Mutex::new(0);
    *mutex.lock().await += 1;
    drop(mutex.try_lock());
    let lock = sync::RwLock::new(0);
    drop(lock.read().await);
    drop(lock.write().await);
    drop(lock.try_read());
    let permits = sync::Semaphore::new(2);
    drop(permits.acquire().await);
    drop(permits.try_acquire());
    permits.add_permits(1);
    let (sender, mut receiver) = sync::mpsc::channel(1);
    sender.send(1).await.unwrap();
    receiver.recv().await.unwrap();
    drop(sender.reserve().await);
    sender.try_send(1).unwrap();
    receiver.try_recv().unwrap();
    drop(sender);
    drop(receiver);
    let (sender, mut receiver) = sync::mpsc::unbounded_channel();
    sender.send(1).unwrap();
    receiver.recv().await.unwrap();
    receiver.close();
    drop(sender);
    drop(receiver);
    let (sender, receiver) = sync::oneshot::channel();
    sender.send(1).unwrap();
    receiver.await.unwrap();
    let (sender, mut receiver) = sync::watch::channel(0);
    sender.send(1).unwrap();
    receiver.changed().await.unwrap();
    assert_eq!(*receiver.borrow_and_update(), 1);
    drop(sender);
    receiver.changed().await.unwrap_err();
    drop(receiver);
    let (sender, mut receiver) = sync::broadcast::channel(2);
    sender.send(1).unwrap();
    receiver.recv().await.unwrap();
    drop(sender);
    receiver.recv().await.unwrap_err();
    drop(receiver);
    let cell = sync::OnceCell::new();
    cell.get_or_init(|| async { 1 }).await;
    cell.set(2).unwrap_err();
    sync::Barrier::new(1).wait().await;
}

async fn times() {
    time::sleep(Duration::from_millis(1)).await;
    let timer = time::sleep(Duration::from_millis(100));
    let mut timer = std::pin::pin!(timer);
    assert!(futures::poll!(timer.as_mut()).is_pending());
    timer.as_mut().reset(time::Instant::now() + Duration::from_millis(1));
    timer.await;
    let mut ticks = time::interval(Duration::from_millis(1));
    ticks.tick().await;
    ticks.tick().await;
    time::timeout(Duration::from_millis(1), std::future::pending::<()>())
        .await
        .unwrap_err();
    time::sleep_until(time::Instant::now()).await;
}

fn threads() {
    let flag = selvedge::sync::Arc::new(AtomicBool::new(false));
    let theirs = selvedge::sync::Arc::clone(&flag);
    let other = thread::spawn(move || {
        thread::park();
        theirs.store(true, SeqCst);
        theirs.compare_exchange(true, false, SeqCst, SeqCst).unwrap();
        theirs.fetch_or(true, SeqCst);
    });
    other.thread().unpark();
    while !flag.load(SeqCst) {
        hint::spin_loop();
    }
    while !flag.load(SeqCst) {
        thread::yield_now();
    }
    other.join().unwrap();
    fence(SeqCst);
    let number = AtomicUsize::new(0);
    number.fetch_add(1, SeqCst);
    number.fetch_update(SeqCst, SeqCst, |n| Some(n + 1)).unwrap();
    number.swap(1, SeqCst);
    thread::sleep(Duration::from_millis(1));
    thread::park_timeout(Duration::from_millis(1));
    thread::scope(|scope| {
        scope.spawn(|| number.load(SeqCst));
    });
    selvedge::choose(2);
    selvedge::note!("noted");
    selvedge::opaque("elsewhere", || ());
}

async fn tasks() {
    let count = selvedge::sync::Arc::new(AtomicU32::new(0));
    let theirs = selvedge::sync::Arc::clone(&count);
    let task = future::spawn(async move {
        future::yield_now().await;
        theirs.fetch_add(1, SeqCst);
        future::opaque("elsewhere", async {}).await;
        std::future::pending::<()>().await;
    });
    while count.load(SeqCst) == 0 {
        future::yield_now().await;
    }
    future::cancelable(std::future::ready(())).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
}

const END: usize = line!() as usize;

#[test]
fn what_the_types_of_tokio_do_is_where_the_program_asks_for_it() {
    let found = trace(Strategy::Exhaustive, || {
        future::block_on(async {
            tokio_types().await;
            panic!("to see the rows");
        })
    });
    let wrong = elsewhere(&found, BEGIN..END);
    assert!(found.rows.len() > 50 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_timers_do_is_where_the_program_asks_for_it() {
    let found = trace(Strategy::Exhaustive, || {
        future::block_on(async {
            times().await;
            panic!("to see the rows");
        })
    });
    let reset = found
        .rows
        .iter()
        .find(|row| row.text.starts_with("sleep is reset"))
        .unwrap();
    let reset = reset
        .location
        .as_deref()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .parse::<usize>()
        .unwrap();
    let source: Vec<&str> = include_str!("words_where.rs").lines().collect();
    assert!(source[reset - 1].contains(".reset("), "{reset}");
    let wrong = elsewhere(&found, BEGIN..END);
    assert!(found.rows.len() > 5 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_threads_and_tasks_do_is_where_the_program_asks_for_it() {
    for strategy in [Strategy::Exhaustive, Strategy::Pos, Strategy::Dfs] {
        let found = trace(strategy, || {
            threads();
            future::block_on(tasks());
            panic!("to see the rows");
        });
        let wrong = elsewhere(&found, BEGIN..END);
        assert!(found.rows.len() > 15 && wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn a_panic_is_where_it_was_raised() {
    let found = trace(Strategy::Exhaustive, || {
        let other = thread::spawn(|| panic!("first"));
        other.join().unwrap();
    });
    let at = |text: &str| {
        let row = found.rows.iter().find(|row| row.text.starts_with(text)).unwrap();
        row.location.clone().unwrap()
    };
    let source: Vec<&str> = include_str!("words_where.rs").lines().collect();
    let line = |place: String| source[place.rsplit(':').next().unwrap().parse::<usize>().unwrap() - 1];
    assert!(line(at("panics: first")).contains("panic!(\"first\")"));
    assert!(line(at("panics: called")).contains("other.join().unwrap()"));
}

#[test]
fn a_future_that_may_be_given_up_says_so() {
    let report = Check::new("given up").strategy(Strategy::Exhaustive).run(|| {
        let given_up = future::block_on(async { future::cancelable(future::yield_now()).await.is_none() });
        assert!(!given_up, "it was given up");
    });
    let failure = report.failure.expect("one branch gives it up");
    let row = failure
        .trace
        .rows
        .iter()
        .find(|row| row.text == "may be given up: yes")
        .unwrap();
    assert!(row.location.as_deref().unwrap().starts_with("tests/words_where.rs:"));
    assert!(!failure.to_string().contains("choose("), "{failure}");
}
