//! The system under test: a presentation service's registry of jobs.

use std::collections::BTreeMap;
use std::fmt;

use selvedge::sync::{Arc, Mutex};
use selvedge::{future, note, thread};

/// The job of every program here.
pub(super) const JOB: u32 = 7;

/// How far a job is, in the order of a job's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Queued,
    Running,
    Completed,
}

/// What is known about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) status: Status,
    /// Per cent.
    pub(super) progress: u8,
    /// Heartbeats so far.
    pub(super) beats: u32,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} %, beat {}", self.status, self.progress, self.beats)
    }
}

/// A map from id to job in which each single call is safe: a concurrent map, or a dictionary under an
/// interpreter's lock. Two calls are two calls.
pub(super) struct Jobs(Mutex<BTreeMap<u32, Job>>);

impl Jobs {
    /// A registry with one job.
    pub(super) fn with_job(status: Status) -> Arc<Self> {
        let job = Job {
            status,
            progress: if status == Status::Completed { 100 } else { 0 },
            beats: 0,
        };
        let show = |jobs: &BTreeMap<u32, Job>| match jobs.get(&JOB) {
            Some(job) => job.to_string(),
            None => "empty".to_owned(),
        };
        let jobs = Mutex::new(BTreeMap::from([(JOB, job)])).named("jobs").showing(show);
        Arc::new(Jobs(jobs))
    }

    #[track_caller]
    fn locked<R>(&self, body: impl FnOnce(&mut BTreeMap<u32, Job>) -> R) -> R {
        body(&mut self.0.lock().expect("nobody panics under the lock"))
    }

    /// Whether there is such a job.
    #[track_caller]
    pub(super) fn contains(&self, id: u32) -> bool {
        self.locked(|jobs| {
            let found = jobs.contains_key(&id);
            note!("contains({id}) ➜ {found}");
            found
        })
    }

    /// A copy of the record.
    #[track_caller]
    pub(super) fn get(&self, id: u32) -> Option<Job> {
        self.locked(|jobs| {
            let found = jobs.get(&id).copied();
            match &found {
                Some(job) => note!("get({id}) ➜ {job}"),
                None => note!("get({id}) ➜ nothing"),
            }
            found
        })
    }

    /// Replaces the record.
    #[track_caller]
    pub(super) fn put(&self, id: u32, job: Job) {
        self.locked(|jobs| {
            note!("put({id}, {job})");
            jobs.insert(id, job);
        });
    }

    /// Forgets the job.
    #[track_caller]
    pub(super) fn remove(&self, id: u32) {
        self.locked(|jobs| {
            note!("remove({id})");
            jobs.remove(&id);
        });
    }

    /// Reads, judges and writes a record without letting go of the lock.
    #[track_caller]
    pub(super) fn change(&self, id: u32, change: impl FnOnce(&mut Job) -> Result<(), Refused>) -> Result<(), Refused> {
        self.locked(|jobs| {
            let result = jobs.get_mut(&id).ok_or(Refused::NoSuchJob).and_then(change);
            match &result {
                Ok(()) => note!("change({id}) ➜ {}", jobs[&id]),
                Err(refused) => note!("change({id}) refused: {refused:?}"),
            }
            result
        })
    }
}

/// Why a change was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NoSuchJob,
    /// A job does not go back.
    Backwards,
}

impl Job {
    /// The state machine: Queued, Running, Completed, in this order only. Progress does not shrink.
    pub(super) fn advance(&mut self, status: Status, progress: u8) -> Result<(), Refused> {
        if status < self.status || progress < self.progress {
            return Err(Refused::Backwards);
        }
        self.status = status;
        self.progress = progress;
        Ok(())
    }
}

/// Starts an async task with a name.
pub(super) fn task<T: Send + 'static>(
    name: &str,
    future: impl Future<Output = T> + Send + 'static,
) -> future::JoinHandle<T> {
    future::Builder::new().name(name).spawn(future)
}

/// Starts the thread that does the work.
pub(super) fn worker_thread(body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    let started = thread::Builder::new().name("worker thread").spawn(body);
    started.expect("a thread can start")
}

/// Waits for a task.
pub(super) fn join<T>(task: future::JoinHandle<T>) -> T {
    future::block_on(task).expect("no task panics")
}
