//! The loop that every executor runs, on a task of the controlled engine: poll; when the future is pending,
//! wait for the task's wake-up token; poll again.

use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::choose::is_polled_for_no_reason;
use super::context::{try_with_kernel, with_kernel};
use super::exits::exit_wakes;
use super::perform::{pay, perform_part};
use super::polling::{Polling, foreign_futures_are_run, with_polling, with_tasks};
use super::spin::yield_at;
use super::switch::{switch, unwind};
use super::tasks::wait_for_exit;
use super::wakes::waker_of;
use crate::engine::panics;
use crate::kernel::{Class, Flag, Kernel, ObjectId, Op, Sync, Wakeup};
use crate::raw::Job;

/// Runs the job of a spawned task. If it is aborted, it is not finished.
pub(super) fn run_spawned(mut job: Pin<&mut dyn Job>) {
    if !is_admitted() {
        return;
    }
    let contacts = || with_kernel(|k| k.contacts);
    let before = contacts();
    let done = drive(job.as_mut());
    if job.returns_nothing() && contacts() == before {
        foreign_futures_are_run();
    }
    if done {
        job.finish();
    }
}

/// The first poll of a task is an operation only where somebody may abort it: false when that has happened.
pub(super) fn is_admitted() -> bool {
    let (me, aborts) = with_kernel(|k| (k.current, k.numbering.facts.aborts));
    if !aborts {
        return true;
    }
    let flag = with_kernel(|k| k.flag(me, Flag::Wake));
    let mut start = Op::new("start", flag, Class::Write);
    start.accesses.extend(with_kernel(|k| k.touches_elsewhere()));
    perform_part(start, |step| {
        let aborted = with_kernel(|k| k.tasks[me].abort_requested);
        step.tell(|| if aborted { "aborted, never polled" } else { "starts" }.to_owned());
        !aborted
    })
}

/// Polls a job on the current task until it is done. It is not when the task is aborted.
pub(super) fn drive(mut job: Pin<&mut dyn Job>) -> bool {
    let (me, epoch, fresh) = with_kernel(|k| {
        k.numbering.polls = true;
        (k.current, k.epoch, k.limits.fresh_wakers)
    });
    let mut wakeup = Wakeup {
        task: me,
        epoch,
        poll: with_kernel(|k| k.tasks[me].poll),
    };
    let (mut waker, mut shared) = waker_of(wakeup);
    let entered = with_tasks(|tasks| match tasks.polling.entry(me) {
        Entry::Vacant(entry) => {
            entry.insert(Polling {
                waker: waker.data(),
                shared: Arc::downgrade(&shared),
                yields: None,
                awaits: None,
            });
            true
        }
        Entry::Occupied(_) => false,
    });
    assert!(
        entered,
        "block_on was called inside a future: it would block the task that polls it; await instead"
    );
    struct Leave(usize);
    impl Drop for Leave {
        fn drop(&mut self) {
            let left = |k: &mut Kernel| {
                if let Some(task) = k.tasks.get_mut(self.0) {
                    task.awaits_exit = false;
                }
            };
            if try_with_kernel(left).is_some() {
                with_tasks(|tasks| tasks.leave(self.0));
            }
        }
    }
    let _leave = Leave(me);
    let flag = with_kernel(|k| k.flag(me, Flag::Wake));
    // Nobody can tell when a loop ends and the next one begins on the same task, so what wakes the last poll of the one wakes the
    // first poll of the other.
    let mut goes_on = wakeup.poll > 0;
    loop {
        if fresh {
            wakeup.poll += u64::from(!std::mem::take(&mut goes_on));
            with_kernel(|k| k.tasks[me].poll = wakeup.poll);
            (waker, shared) = waker_of(wakeup);
            with_polling(|polling| {
                polling.waker = waker.data();
                polling.shared = Arc::downgrade(&shared);
            });
        }
        with_kernel(|k| {
            k.cloned_at = None;
            k.tasks[me].awaits_exit = false;
        });
        let polled = job.as_mut().poll(&mut Context::from_waker(&waker));
        // Only this task has run since the last contact.
        if polled.is_pending() && with_kernel(|k| k.cloned_at == Some(k.contacts)) {
            foreign_futures_are_run();
        }
        let (yields, awaits) = with_polling(|p| (p.yields.take(), p.awaits.take())).unwrap_or_default();
        if let Some(target) = awaits {
            pay();
            let woken = with_kernel(|k| k.object(flag).gate.token());
            // Nobody but this loop may wake the task: the two references are its own, and those of earlier loops are gone.
            let references = Arc::strong_count(&shared) + with_tasks(|tasks| tasks.earlier_wakers(me));
            let alone = polled.is_pending() && yields.is_none() && !woken && references == 2;
            if alone && with_kernel(|k| k.limits.spurious_polls == 0) {
                wait_for_exit(target);
                continue;
            }
            exit_wakes(target, &waker);
        }
        if polled.is_ready() {
            return true;
        }
        if let Some(location) = yields {
            yield_at(location, false);
            if !with_kernel(|k| k.numbering.facts.observes_exit || k.numbering.facts.aborts) {
                if fresh {
                    // The next poll makes the waker of this one stale, which whoever holds it can tell.
                    let again = Op::new("polled again", flag, Class::Write);
                    perform_part(again, |step| {
                        step.sync(Sync::None);
                        step.tell(|| "is polled again".to_owned());
                    });
                }
                continue;
            }
            // Somebody may abort the task, so its token has to be looked at.
            waker.wake_by_ref();
        }
        sleep(flag, || look_once_more(job.as_mut(), &waker, me));
        if with_kernel(|k| k.tasks[me].abort_requested) && !with_tasks(|t| t.blocking.contains(&me)) {
            with_kernel(|k| {
                if let Some(recorder) = &mut k.recorder {
                    recorder.event(me, "aborted".to_owned(), None);
                }
            });
            return false;
        }
    }
}

/// Waits for the token, or for nothing, if this is to be a spurious poll.
fn sleep(flag: ObjectId, at_the_end: impl FnOnce()) {
    pay();
    let spurious = is_polled_for_no_reason();
    let mut park = Op::new("wake-up", flag, Class::Park).until(spurious.then_some(0));
    // The poll that follows may touch what other crates keep.
    park.accesses.extend(with_kernel(|k| k.touches_elsewhere()));
    let over = perform_part(park, |step| {
        let why = if step.timed_out { "polled spuriously" } else { "wakes" };
        step.tell(|| why.to_owned());
        step.forced
    });
    if over {
        at_the_end();
    }
}

/// The execution has ended while the task slept: polls it once more, without any scheduling
/// point, to see whether it was never woken. Then the task unwinds.
fn look_once_more(job: Pin<&mut dyn Job>, waker: &Waker, me: usize) {
    with_kernel(|k| k.nested += 1);
    let ready = catch_unwind(AssertUnwindSafe(|| {
        job.poll(&mut Context::from_waker(waker)).is_ready()
    }));
    with_kernel(|k| {
        k.nested -= 1;
        if matches!(ready, Ok(true)) {
            k.ready_if_polled.push(me);
        }
    });
    if ready.is_err() {
        drop(panics::take_message());
    }
    // The others are looked at before anybody unwinds and wakes them by dropping things.
    switch();
    unwind();
}
