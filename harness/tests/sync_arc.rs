//! `Arc` and `Weak`: what depends on who owns a value is explored, and what does not costs nothing.

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Mutex, Weak, mpsc};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn search(strategy: Strategy, program: impl Fn() -> String + Send + Sync + 'static) -> Report {
    Check::new("arc").strategy(strategy).keep_going(true).run(program)
}

/// What the exhaustive search sees, which is what plain enumeration sees.
#[track_caller]
fn outcomes<R: std::fmt::Debug>(program: impl Fn() -> R + Clone + Send + Sync + 'static) -> (Vec<String>, u64) {
    let see = |strategy| {
        let program = program.clone();
        let report = search(strategy, move || format!("{:?}", program()));
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        let seen: Vec<String> = report.outcomes.keys().map(|o| o.trim_matches('"').to_owned()).collect();
        (seen, report.executions)
    };
    let (exhaustive, executions) = see(Strategy::Exhaustive);
    let (enumerated, more) = see(Strategy::Dfs);
    assert_eq!(exhaustive, enumerated);
    assert!(executions <= more);
    (exhaustive, executions)
}

fn exhaust<R: std::fmt::Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("arc").strategy(Strategy::Exhaustive).run(program)
}

/// It fails like this, and again when the schedule is followed.
#[track_caller]
fn fails(kind: FailureKind, program: impl Fn() + Clone + Send + Sync + 'static) {
    let report = exhaust(program.clone());
    assert_eq!(report.verdict, Verdict::Failed, "{report}");
    let failure = report.failure.expect("it failed");
    assert_eq!(failure.kind, kind);
    let again = Check::new("arc")
        .strategy(Strategy::Replay(failure.schedule))
        .run(program);
    assert_eq!(again.verdict, Verdict::Failed, "{again}");
    assert_eq!(again.failure.expect("it failed").kind, kind);
}

#[track_caller]
fn verified(program: impl Fn() + Send + Sync + 'static) -> u64 {
    let report = exhaust(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert!(report.complete);
    report.executions
}

/// Cleans up when it is the last one, and finds that out in one of two ways.
struct Handle {
    cleaned: Arc<AtomicBool>,
    token: Option<Arc<()>>,
    counts: bool,
}

impl Drop for Handle {
    fn drop(&mut self) {
        let token = self.token.take().expect("it is dropped once");
        let last = match self.counts {
            true => Arc::strong_count(&token) == 1,
            false => Arc::into_inner(token).is_some(),
        };
        if last {
            self.cleaned.store(true, SeqCst);
        }
    }
}

fn last_one_out(counts: bool) {
    let cleaned = Arc::new(AtomicBool::new(false));
    let token = Arc::new(());
    let handle = |token| Handle {
        cleaned: Arc::clone(&cleaned),
        token: Some(token),
        counts,
    };
    let (a, b) = (handle(Arc::clone(&token)), handle(token));
    let other = thread::spawn(move || drop(a));
    drop(b);
    other.join().unwrap();
    assert!(cleaned.load(SeqCst), "the last one out did not clean up");
}

#[test]
fn two_owners_who_count_before_they_go_both_see_the_other() {
    fails(FailureKind::Panic, || last_one_out(true));
}

#[test]
fn of_two_who_take_the_value_out_one_gets_it() {
    verified(|| last_one_out(false));
}

struct Slot {
    full: AtomicBool,
    slot: UnsafeCell<u32>,
}

// SAFETY: the tests are about who may touch the cell when; the checker says so if two do at once.
unsafe impl Sync for Slot {}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: nobody else has it any more.
        self.slot.with_mut(|slot| unsafe { *slot = 0 });
    }
}

fn last_drop() {
    let slot = Arc::new(Slot {
        full: AtomicBool::new(false),
        slot: UnsafeCell::new(0),
    });
    let theirs = Arc::clone(&slot);
    let sender = thread::spawn(move || {
        // SAFETY: nobody reads it before it is full, and the destructor comes after this.
        theirs.slot.with_mut(|slot| unsafe { *slot = 7 });
        theirs.full.store(true, Relaxed);
    });
    let _probably = slot.full.load(Relaxed);
    drop(slot);
    sender.join().unwrap();
}

#[test]
fn the_last_drop_has_the_value_to_itself() {
    verified(last_drop);
}

/// A destructor writes to a cell that it shares with one of the owners.
fn destructor_writes(after: bool) {
    struct Writes(Arc<Slot>);
    impl Drop for Writes {
        fn drop(&mut self) {
            // SAFETY: the checker says when it is not alone.
            self.0.slot.with_mut(|slot| unsafe { *slot += 1 });
        }
    }
    let slot = Arc::new(Slot {
        full: AtomicBool::new(false),
        slot: UnsafeCell::new(0),
    });
    let first = Arc::new(Writes(Arc::clone(&slot)));
    let second = Arc::clone(&first);
    let other = thread::spawn(move || drop(second));
    // SAFETY: as above.
    let read = || slot.slot.with(|slot| unsafe { *slot });
    if after {
        drop(first);
        read();
    } else {
        read();
        drop(first);
    }
    other.join().unwrap();
}

#[test]
fn whoever_is_not_the_last_is_not_ordered_after_the_destructor() {
    verified(|| destructor_writes(false));
    fails(FailureKind::DataRace, || destructor_writes(true));
}

#[test]
fn a_count_is_one_number_in_one_order_and_another_in_the_other() {
    let (seen, executions) = outcomes(|| {
        let a = Arc::new(0);
        let b = Arc::clone(&a);
        let other = thread::spawn(move || drop(b));
        let alone = Arc::strong_count(&a) == 1;
        other.join().unwrap();
        alone
    });
    assert_eq!((seen, executions), (vec!["false".to_owned(), "true".to_owned()], 2));
}

#[test]
fn who_waits_until_it_is_alone_waits_for_the_others() {
    verified(|| {
        let state = Arc::new(());
        let theirs = Arc::clone(&state);
        let worker = thread::spawn(move || drop(theirs));
        while Arc::strong_count(&state) > 1 {
            thread::yield_now();
        }
        worker.join().unwrap();
    });
    fails(FailureKind::Livelock, || {
        let state = Arc::new(());
        let forgotten = Arc::clone(&state);
        while Arc::strong_count(&state) > 1 {
            thread::yield_now();
        }
        drop(forgotten);
    });
}

#[test]
fn a_weak_is_upgraded_before_the_last_drop_or_not_at_all() {
    let (seen, _) = outcomes(|| {
        let arc = Arc::new(7);
        let weak = Arc::downgrade(&arc);
        let other = thread::spawn(move || weak.upgrade().map(|value| *value));
        drop(arc);
        other.join().unwrap()
    });
    assert_eq!(seen, ["None", "Some(7)"]);
}

#[test]
fn a_look_before_the_upgrade_is_no_promise() {
    let cached = |looks: bool| {
        let arc = Arc::new(7);
        let weak = Arc::downgrade(&arc);
        let other = thread::spawn(move || match looks {
            true if weak.strong_count() == 0 => 0,
            true => *weak.upgrade().expect("there was an owner"),
            false => weak.upgrade().map_or(0, |value| *value),
        });
        drop(arc);
        other.join().unwrap();
    };
    fails(FailureKind::Panic, move || cached(true));
    verified(move || cached(false));
}

#[test]
fn get_mut_is_given_when_the_other_is_gone_and_acquires_what_it_did() {
    let (seen, executions) = outcomes(|| {
        let mut arc = Arc::new(UnsafeCell::new(0));
        // A cell is not shared by itself.
        struct Shared(Arc<UnsafeCell<u32>>);
        // SAFETY: as for `Slot`.
        unsafe impl Send for Shared {}
        let theirs = Shared(Arc::clone(&arc));
        let other = thread::spawn(move || {
            let theirs = theirs;
            // SAFETY: the other one touches it only when it is alone.
            theirs.0.with_mut(|value| unsafe { *value = 1 });
        });
        let here = Arc::get_mut(&mut arc).map(|cell| {
            // SAFETY: nobody else has it.
            cell.with(|value| unsafe { *value })
        });
        other.join().unwrap();
        here
    });
    assert_eq!(seen, ["None", "Some(1)"]);
    assert_eq!(executions, 2);
}

#[test]
fn a_relaxed_look_orders_nothing() {
    fails(FailureKind::DataRace, || {
        let arc = Arc::new(Slot {
            full: AtomicBool::new(false),
            slot: UnsafeCell::new(0),
        });
        let theirs = Arc::clone(&arc);
        let other = thread::spawn(move || {
            // SAFETY: the checker says when it is not alone.
            theirs.slot.with_mut(|slot| unsafe { *slot = 1 });
        });
        if Arc::strong_count(&arc) == 1 {
            // SAFETY: as above.
            arc.slot.with(|slot| unsafe { *slot });
        }
        other.join().unwrap();
    });
}

#[test]
fn who_is_last_closes_the_channel() {
    let (seen, _) = outcomes(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let sender = Arc::new(Mutex::new(sender));
        let theirs = Arc::clone(&sender);
        let other = thread::spawn(move || drop(theirs));
        let watcher = thread::spawn(move || receiver.try_recv() == Err(mpsc::TryRecvError::Disconnected));
        drop(sender);
        other.join().unwrap();
        watcher.join().unwrap()
    });
    assert_eq!(seen, ["false", "true"]);
}

#[test]
fn three_owners_go_in_any_order() {
    struct Last(Arc<AtomicU32>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let report = exhaust(|| {
        let drops = Arc::new(AtomicU32::new(0));
        let value = Arc::new(Last(Arc::clone(&drops)));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let value = Arc::clone(&value);
                thread::spawn(move || drop(value))
            })
            .collect();
        drop(value);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(drops.load(SeqCst), 1);
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!((report.executions, report.blocked_executions), (6, 0));
}

#[test]
fn owners_that_nobody_counts_cost_nothing() {
    let executions = verified(|| {
        let value = Arc::new(5);
        let others: Vec<_> = (0..4)
            .map(|_| {
                let value = Arc::clone(&value);
                thread::spawn(move || *Arc::clone(&value))
            })
            .collect();
        for other in others {
            assert_eq!(other.join().unwrap(), 5);
        }
    });
    assert_eq!(executions, 1);
}

#[test]
fn clones_that_are_counted_commute_with_each_other() {
    let executions = verified(|| {
        let value = Arc::new(5);
        let others: Vec<_> = (0..3)
            .map(|_| {
                let value = Arc::clone(&value);
                thread::spawn(move || Arc::clone(&value))
            })
            .collect();
        let others: Vec<_> = others.into_iter().map(|other| other.join().unwrap()).collect();
        assert_eq!(Arc::strong_count(&value), 1 + others.len());
    });
    assert_eq!(executions, 1);
}

/// The whole of the API, on any engine.
fn tour() {
    let mut a = Arc::new(vec![1]);
    assert_eq!((Arc::strong_count(&a), Arc::weak_count(&a)), (1, 0));
    Arc::get_mut(&mut a).unwrap().push(2);
    let b = a.clone();
    assert!(Arc::ptr_eq(&a, &b) && Arc::get_mut(&mut a).is_none());
    Arc::make_mut(&mut a).push(3);
    assert!(!Arc::ptr_eq(&a, &b));
    assert_eq!((&**a, &**b), (&[1, 2, 3][..], &[1, 2][..]));
    let weak = Arc::downgrade(&a);
    Arc::make_mut(&mut a).push(4);
    assert!(weak.upgrade().is_none() && weak.strong_count() == 0 && weak.weak_count() == 0);
    let weak = Arc::downgrade(&a);
    assert_eq!((weak.strong_count(), weak.clone().weak_count()), (1, 2));
    assert!(weak.ptr_eq(&Arc::downgrade(&a)));
    let c = weak.upgrade().unwrap();
    let c = Arc::try_unwrap(c).unwrap_err();
    assert!(Arc::into_inner(c).is_none());
    assert_eq!(Arc::try_unwrap(a).unwrap(), [1, 2, 3, 4]);
    assert!(weak.upgrade().is_none() && Weak::<u8>::new().upgrade().is_none());
    assert_eq!(Arc::unwrap_or_clone(b), [1, 2]);

    struct Node {
        me: Weak<Node>,
    }
    let node = Arc::new_cyclic(|me: &Weak<Node>| {
        assert!(me.upgrade().is_none());
        Node { me: me.clone() }
    });
    assert!(Arc::ptr_eq(&node, &node.me.upgrade().unwrap()));
    assert_eq!((Arc::strong_count(&node), Arc::weak_count(&node)), (1, 1));

    let raw = Arc::into_raw(Arc::new(9));
    // SAFETY: the pointer is of `into_raw`, and every owner is given back once.
    unsafe {
        Arc::increment_strong_count(raw);
        let arc = Arc::from_raw(raw);
        assert_eq!((Arc::strong_count(&arc), Arc::as_ptr(&arc)), (2, raw));
        Arc::decrement_strong_count(raw);
        assert_eq!(Arc::strong_count(&arc), 1);
        let weak = Weak::from_raw(Arc::downgrade(&arc).into_raw());
        assert_eq!(weak.upgrade().as_deref(), Some(&9));
    }

    let path: Arc<std::path::Path> = std::path::PathBuf::from("a/b").into();
    let name: Arc<std::ffi::OsStr> = path.file_name().unwrap().into();
    assert_eq!((&*name, &*Arc::<std::ffi::CStr>::from(c"c")), ("b".as_ref(), c"c"));
    assert!(Arc::<std::ffi::CStr>::default().is_empty() && Arc::<str>::default().is_empty());
    let mut new = Arc::new_uninit();
    Arc::get_mut(&mut new).unwrap().write(3);
    let mut slice = Arc::<[u8]>::new_uninit_slice(2);
    for slot in Arc::get_mut(&mut slice).unwrap() {
        slot.write(4);
    }
    // SAFETY: both have been written.
    let (new, slice) = unsafe { (new.assume_init(), slice.assume_init()) };
    assert_eq!((*new, &*slice, Arc::strong_count(&new)), (3, &[4, 4][..], 1));

    let text: Arc<str> = "abc".into();
    assert_eq!((format!("{text} {text:?}"), &*text), ("abc \"abc\"".to_owned(), "abc"));
    let bytes: Arc<[u8]> = text.into();
    assert_eq!(&*bytes, b"abc");
    assert!(<Arc<[u8; 3]>>::try_from(bytes).is_ok());
    let anything: Arc<dyn std::any::Any + Send + Sync> = Arc::coerce(Arc::new(5_u8), |arc| arc as _);
    assert_eq!(*anything.downcast::<u8>().unwrap(), 5);
    let boxed: Arc<dyn Fn() -> u8> = Arc::from(Box::new(|| 6_u8) as Box<dyn Fn() -> u8>);
    assert_eq!(boxed(), 6);
    assert_eq!(*Arc::into_std(Arc::from_std(std::sync::Arc::new(8))), 8);
    assert_eq!((0..3).collect::<Arc<[_]>>().len(), 3);
    assert_eq!(*Arc::pin(1), 1);
    assert!(Arc::new(1) < Arc::new(2) && Arc::<u8>::default() == Arc::from(0));
}

#[test]
fn it_does_what_stds_does_on_every_engine() {
    tour();
    verified(tour);
    let report = Check::new("arc")
        .strategy(Strategy::Random)
        .max_executions(10)
        .run(tour);
    report.assert_ok();
}

#[test]
fn what_was_made_outside_may_be_cloned_but_not_counted() {
    let outside = Arc::new(5);
    let inside = outside.clone();
    verified(move || assert_eq!(*inside.clone(), 5));
    let report = exhaust(move || Arc::strong_count(&outside));
    assert_ne!(report.verdict, Verdict::Verified, "{report}");
    assert!(report.to_string().contains("created outside the execution"), "{report}");
}
