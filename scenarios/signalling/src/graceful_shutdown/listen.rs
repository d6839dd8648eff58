//! One server that listens for jobs and for the signal to stop.

use std::pin::pin;

use selvedge::sync::Arc;
use selvedge::tokio::sync::{Notify, mpsc, oneshot, watch};
use selvedge::{future, note};

use selvedge_catalog::tasks::task;

// code: notified-in-select, pinned-in-task, pinned-before-signal, notify-one, watch
/// Somebody is told as soon as the server has taken it on.
type Job = oneshot::Sender<()>;
// end

// code: notified-in-select
/// Tells everybody who listens now.
pub(super) fn broadcast(stop: &Notify) {
    stop.notify_waiters();
}
// end

// code: notify-one
/// Tells one listener, now or later.
pub(super) fn to_one(stop: &Notify) {
    stop.notify_one();
}
// end

// code: notified-in-select, pinned-in-task, pinned-before-signal, notify-one, watch
fn handle(job: Job, handled: &mut u32) {
    job.send(()).expect("the client waits");
    note!("handles the job");
    *handled += 1;
}

/// The client: gets a job done, and stops the server. It keeps its end of the queue: that the queue is closed must
/// not be what stops the server.
async fn client(jobs: mpsc::Sender<Job>, stop: impl FnOnce()) -> mpsc::Sender<Job> {
    let (accept, accepted) = oneshot::channel();
    jobs.send(accept.named("accepted")).await.expect("the server runs");
    accepted.await.expect("the job is taken on");
    stop();
    jobs
}

fn queue() -> (mpsc::Sender<Job>, mpsc::Receiver<Job>) {
    let (sender, receiver) = mpsc::channel(1);
    (sender.named("jobs"), receiver)
}
// end

// code: notified-in-select, pinned-in-task, pinned-before-signal, notify-one
/// The signal, shared by the client and the server.
fn signal() -> Arc<Notify> {
    Arc::new(Notify::new().named("stop"))
}
// end

// code: notified-in-select, notify-one
/// The loop as everybody writes it: each round has a future of its own, which ends when a job comes first.
pub(super) fn in_the_loop(tell: fn(&Notify)) -> u32 {
    future::block_on(async {
        let (jobs, mut queue) = queue();
        let stop = signal();
        let shared = Arc::clone(&stop);
        let client = task("client", client(jobs, move || tell(&shared)));
        let mut handled = 0;
        loop {
            tokio::select! {
                biased;
                Some(job) = queue.recv() => handle(job, &mut handled),
                () = stop.notified() => break,
            }
        }
        client.await.expect("the client does not panic");
        handled
    })
}
// end

// code: pinned-before-signal
/// One future for all rounds, created before there is anybody who could send the signal.
pub(super) fn pinned() -> u32 {
    future::block_on(async {
        let (jobs, mut queue) = queue();
        let stop = signal();
        let shared = Arc::clone(&stop);
        let mut stopped = pin!(stop.notified());
        let client = task("client", client(jobs, move || shared.notify_waiters()));
        let mut handled = 0;
        loop {
            tokio::select! {
                biased;
                Some(job) = queue.recv() => handle(job, &mut handled),
                () = &mut stopped => break,
            }
        }
        client.await.expect("the client does not panic");
        handled
    })
}
// end

// code: pinned-in-task
/// The same in a task of its own, which begins when the scheduler says so.
pub(super) fn in_the_task() -> u32 {
    future::block_on(async {
        let (jobs, mut queue) = queue();
        let stop = signal();
        let shared = Arc::clone(&stop);
        let server = task("server", async move {
            let mut stopped = pin!(shared.notified());
            let mut handled = 0;
            loop {
                tokio::select! {
                    biased;
                    Some(job) = queue.recv() => handle(job, &mut handled),
                    () = &mut stopped => return handled,
                }
            }
        });
        stop.notify_waiters();
        let handled = server.await.expect("the server does not panic");
        drop(jobs);
        handled
    })
}
// end

// code: watch
/// How the server looks at the watch.
#[derive(Clone, Copy)]
pub(super) enum Looks {
    Changed,
    /// A round begins by taking the current value for seen, whatever it is.
    SeenFirst,
}

/// A `watch`: each listener remembers which value it has seen, so a change between two rounds counts.
pub(super) fn watching(looks: Looks) -> u32 {
    future::block_on(async {
        let (jobs, mut queue) = queue();
        let (stop, mut stopped) = watch::channel(false);
        let stop = stop.named("stop");
        // The client's end is not the last: that the channel is closed must not be what stops the server.
        let theirs = stop.clone();
        let client = task(
            "client",
            client(jobs, move || theirs.send(true).expect("the server listens")),
        );
        let mut handled = 0;
        loop {
            if let Looks::SeenFirst = looks {
                stopped.mark_unchanged();
            }
            tokio::select! {
                biased;
                Some(job) = queue.recv() => handle(job, &mut handled),
                // An error would say that nobody is left who could stop the server: reason enough to stop.
                _ = stopped.changed() => break,
            }
        }
        client.await.expect("the client does not panic");
        drop(stop);
        handled
    })
}
// end
