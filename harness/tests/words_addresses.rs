//! Addresses are others each time; a trace says which are the same.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use selvedge::sync::atomic::AtomicPtr;
use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Strategy, note, thread};

/// A program that tells addresses in every way there is, of memory that lies elsewhere each time.
fn program() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    // Memory is taken before, more each time, so that what follows lies elsewhere.
    let elsewhere: Vec<Box<[u64; 100]>> = (0..RUNS.fetch_add(1, Relaxed) * 3)
        .map(|_| Box::new([0; 100]))
        .collect();
    std::mem::forget(elsewhere);
    let (first, second) = (
        Box::into_raw(Box::new([1_u64; 100])),
        Box::into_raw(Box::new([2_u64; 100])),
    );
    let head = Arc::new(AtomicPtr::new(first).named("head"));
    let last = Mutex::new((std::ptr::null::<u64>(), 7)).named("last");
    last.lock().unwrap().0 = second.cast_const().cast();
    let theirs = Arc::clone(&head);
    let second_address = second.addr();
    let other = thread::spawn(move || theirs.store(std::ptr::without_provenance_mut(second_address), SeqCst));
    let seen = head.load(SeqCst);
    other.join().unwrap();
    note!("saw {seen:p}, flags 0x1f");
    let changed = head.load(SeqCst);
    // SAFETY: nobody has freed them, and nobody else does.
    unsafe {
        drop(Box::from_raw(first));
        drop(Box::from_raw(second));
    }
    assert!(changed == first, "{changed:?} is not {first:?}");
}

#[test]
fn traces_and_messages_number_addresses_instead_of_telling_them() {
    for strategy in [Strategy::Exhaustive, Strategy::Loom] {
        let told = || {
            let report = Check::new("addresses").strategy(strategy.clone()).run(program);
            report.failure.expect("the pointer is changed")
        };
        let (once, again) = (told(), told());
        let text = once.to_string();
        assert_eq!(text, again.to_string());
        assert_eq!(once.schedule.fingerprint, again.schedule.fingerprint);
        assert!(!text.contains("0x7") && !text.contains("0x5"), "{text}");
        assert!(strategy == Strategy::Loom || text.contains("flags 0x1f"), "{text}");
        // The same address has the same number.
        let number = |text: &str| text[text.find("ptr-").unwrap()..].chars().take(5).collect::<String>();
        let row = |begin: &str| {
            once.trace
                .rows
                .iter()
                .find(|row| row.text.starts_with(begin))
                .unwrap()
                .text
                .clone()
        };
        let stored = number(&row("head = "));
        assert!(once.message.contains(&format!("{stored} is not")), "{text}");
        assert!(!once.message.contains(&format!("is not {stored}")), "{text}");
    }
}

#[test]
fn an_outcome_is_the_same_wherever_memory_lies() {
    let report = Check::new("outcome").strategy(Strategy::Exhaustive).run(|| {
        let there = Box::new([0_u64; 10]);
        let shared = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        *shared.lock().unwrap() += 1;
        other.join().unwrap();
        &raw const *there
    });
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["ptr-1"]);
}
