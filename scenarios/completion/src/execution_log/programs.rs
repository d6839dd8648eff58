//! Somebody waits for flows, somebody else ends them.

use selvedge::future::{self, JoinHandle};
use selvedge::sync::Arc;

use super::backend::Backend;
use super::flow::{Error, FlowId, Status};
use super::log::{ExecutionLog, Log, Mistake};

// code: *-look-then-listen, *-listen-then-look
/// A waiter and the worker of the flow it waits for.
pub(super) fn wait_for_completion(backend: Backend, mistake: Option<Mistake>) -> Status {
    let log = log_of(backend, mistake, &[1]);
    let waiter = start("waiter", &log, |log| async move { log.wait_for_completion(1).await });
    let worker = start("worker", &log, |log| async move { log.complete(1) });
    let seen = join(waiter).expect("flow 1 is scheduled");
    join(worker).expect("flow 1 is scheduled");
    seen
}
// end

// code: *-wait-for-all
/// A waiter for two flows: one is completed, one fails.
pub(super) fn wait_for_all(backend: Backend, mistake: Option<Mistake>) -> Vec<Status> {
    let log = log_of(backend, mistake, &[1, 2]);
    let waiter = start("waiter", &log, |log| async move { log.wait_for_all(&[1, 2]).await });
    let first = start("first worker", &log, |log| async move { log.complete(1) });
    let second = start("second worker", &log, |log| async move { log.fail(2) });
    let seen = join(waiter).expect("both flows are scheduled");
    join(first).expect("flow 1 is scheduled");
    join(second).expect("flow 2 is scheduled");
    seen
}
// end

// code: *-unknown-flow
/// A waiter for a flow that nobody has scheduled, beside a worker that completes another one and tries to
/// fail one that is not there either.
pub(super) fn unknown_flow(backend: Backend, mistake: Option<Mistake>) -> Result<Status, Error> {
    let log = log_of(backend, mistake, &[1]);
    let waiter = start("waiter", &log, |log| async move { log.wait_for_completion(7).await });
    let worker = start("worker", &log, |log| async move {
        log.complete(1)?;
        log.fail(8)
    });
    let seen = join(waiter);
    assert_eq!(join(worker), Err(Error::ScheduledFlowNotFound(8)));
    seen
}
// end

/// An empty log, then these flows.
fn log_of(backend: Backend, mistake: Option<Mistake>, flows: &[FlowId]) -> Arc<Log> {
    let log = Log::open(backend, mistake);
    for &id in flows {
        log.schedule(id).expect("the log was empty");
    }
    Arc::new(log)
}

fn start<W>(name: &str, log: &Arc<Log>, work: fn(Arc<Log>) -> W) -> JoinHandle<W::Output>
where
    W: Future<Output: Send + 'static> + Send + 'static,
{
    future::Builder::new().name(name).spawn(work(Arc::clone(log)))
}

fn join<T>(task: JoinHandle<T>) -> T {
    future::block_on(task).expect("no task panics")
}
