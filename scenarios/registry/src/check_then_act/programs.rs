//! One record, changed by async tasks and by a thread.

use selvedge::sync::Arc;
use selvedge::tokio::sync::Mutex as AsyncMutex;

use super::registry::{JOB, Job, Jobs, Refused, Status, join, task, worker_thread};

// code: whole-record-back, async-lock-for-tasks-only, async-lock-for-all
/// Reads the record, changes one field, writes all of it back.
fn write_back(jobs: &Jobs, change: impl FnOnce(&mut Job)) {
    let mut job = jobs.get(JOB).expect("nobody removes it");
    change(&mut job);
    jobs.put(JOB, job);
}

/// What must be true in the end: nobody's change is gone.
fn assert_both_changes_are_there(jobs: &Jobs) {
    let job = jobs.get(JOB).expect("nobody removes it");
    assert!(job.progress == 50 && job.beats == 1, "an update is lost: {job}");
}
// end

// code: whole-record-back
/// The heartbeat writes back a record that it read before the progress changed, or the other way round.
pub(super) fn whole_record_back() {
    let jobs = Jobs::with_job(Status::Running);
    let heartbeat = task("heartbeat", {
        let jobs = jobs.clone();
        async move { write_back(&jobs, |job| job.beats += 1) }
    });
    let worker = worker_thread({
        let jobs = jobs.clone();
        move || write_back(&jobs, |job| job.progress = 50)
    });
    join(heartbeat);
    worker.join().expect("the thread does not panic");
    assert_both_changes_are_there(&jobs);
}
// end

// code: async-lock-for-tasks-only
/// The tasks agree on an async lock. The thread cannot await, so it goes without.
pub(super) fn async_lock_for_tasks_only() {
    let jobs = Jobs::with_job(Status::Running);
    let lock = Arc::new(AsyncMutex::new(()).named("jobs_lock"));
    let heartbeat = task("heartbeat", {
        let jobs = jobs.clone();
        async move {
            let _guard = lock.lock().await;
            write_back(&jobs, |job| job.beats += 1);
        }
    });
    let worker = worker_thread({
        let jobs = jobs.clone();
        move || write_back(&jobs, |job| job.progress = 50)
    });
    join(heartbeat);
    worker.join().expect("the thread does not panic");
    assert_both_changes_are_there(&jobs);
}
// end

// code: async-lock-for-all
/// The same lock, and the thread takes it too.
pub(super) fn async_lock_for_all() {
    let jobs = Jobs::with_job(Status::Running);
    let lock = Arc::new(AsyncMutex::new(()).named("jobs_lock"));
    let heartbeat = task("heartbeat", {
        let (jobs, lock) = (jobs.clone(), lock.clone());
        async move {
            let _guard = lock.lock().await;
            write_back(&jobs, |job| job.beats += 1);
        }
    });
    let worker = worker_thread({
        let jobs = jobs.clone();
        move || {
            let _guard = lock.blocking_lock();
            write_back(&jobs, |job| job.progress = 50);
        }
    });
    join(heartbeat);
    worker.join().expect("the thread does not panic");
    assert_both_changes_are_there(&jobs);
}
// end

// code: contains-then-index
/// `if id in jobs { jobs[id] }`, while a cleanup takes old jobs away.
pub(super) fn contains_then_index() {
    let jobs = Jobs::with_job(Status::Completed);
    let cleanup = task("cleanup", {
        let jobs = jobs.clone();
        async move { jobs.remove(JOB) }
    });
    if jobs.contains(JOB) {
        jobs.get(JOB).expect("job 7 was there a moment ago");
    }
    join(cleanup);
}
// end

// code: get-once
/// One call that says what it found.
pub(super) fn get_once() -> Option<Status> {
    let jobs = Jobs::with_job(Status::Completed);
    let cleanup = task("cleanup", {
        let jobs = jobs.clone();
        async move { jobs.remove(JOB) }
    });
    let found = jobs.get(JOB).map(|job| job.status);
    join(cleanup);
    found
}
// end

// code: start-after-completion
/// Looks whether the job is still to be started, then starts it. The thread has finished it in between.
pub(super) fn start_after_completion() {
    let jobs = Jobs::with_job(Status::Queued);
    let starter = task("starter", {
        let jobs = jobs.clone();
        async move {
            let queued = jobs.get(JOB).is_some_and(|job| job.status == Status::Queued);
            if queued {
                let started = jobs.change(JOB, |job| {
                    job.status = Status::Running;
                    Ok(())
                });
                started.expect("nobody removes it");
            }
        }
    });
    let worker = worker_thread({
        let jobs = jobs.clone();
        move || {
            let completed = jobs.change(JOB, |job| job.advance(Status::Completed, 100));
            completed.expect("nobody removes it");
        }
    });
    join(starter);
    worker.join().expect("the thread does not panic");
    let job = jobs.get(JOB).expect("nobody removes it");
    assert!(
        job.status == Status::Completed,
        "the job had completed, and is now {job}"
    );
}
// end

// code: one-lock-and-state-machine
/// One lock for everybody, every change made under it, and a state machine that says no.
pub(super) fn one_lock_and_a_state_machine() -> Result<(), Refused> {
    let jobs = Jobs::with_job(Status::Queued);
    let starter = task("starter", {
        let jobs = jobs.clone();
        async move { jobs.change(JOB, |job| job.advance(Status::Running, job.progress)) }
    });
    let heartbeat = task("heartbeat", {
        let jobs = jobs.clone();
        async move {
            jobs.change(JOB, |job| {
                job.beats += 1;
                Ok(())
            })
        }
    });
    let worker = worker_thread({
        let jobs = jobs.clone();
        move || {
            let half = jobs.change(JOB, |job| job.advance(Status::Running, 50));
            let done = jobs.change(JOB, |job| job.advance(Status::Completed, 100));
            assert_eq!((half, done), (Ok(()), Ok(())), "nobody else gets as far");
        }
    });
    let started = join(starter);
    join(heartbeat).expect("nobody removes the job");
    worker.join().expect("the thread does not panic");
    let job = jobs.get(JOB).expect("nobody removes it");
    assert_eq!((job.status, job.progress, job.beats), (Status::Completed, 100, 1));
    started
}
// end
