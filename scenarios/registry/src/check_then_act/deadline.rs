//! A lock held for long is a race too: against the clock. Time is virtual, so nothing here waits.

use std::time::Duration;

use selvedge::sync::Arc;
use selvedge::time::{Instant, sleep};
use selvedge::tokio::sync::Mutex as AsyncMutex;
use selvedge::{future, note};

use super::registry::{join, task};

// code: slow-work-inside-lock, slow-work-outside-lock
/// The job counts as dead after this long without a heartbeat.
const DEADLINE: Duration = Duration::from_secs(2);

struct Job {
    progress: u8,
    last_heartbeat: Instant,
}

fn running_job() -> Arc<AsyncMutex<Job>> {
    let job = Job {
        progress: 0,
        last_heartbeat: Instant::now(),
    };
    Arc::new(AsyncMutex::new(job).named("job"))
}

/// Beats every second, three times, and returns the longest time between two beats.
async fn heartbeat(job: Arc<AsyncMutex<Job>>) -> Duration {
    let mut longest = Duration::ZERO;
    for _ in 0..3 {
        sleep(Duration::from_secs(1)).await;
        let mut job = job.lock().await;
        let gap = job.last_heartbeat.elapsed();
        note!("heartbeat, {gap:?} after the last one");
        longest = longest.max(gap);
        job.last_heartbeat = Instant::now();
    }
    longest
}

/// Renders a slide, which takes three seconds, and returns the progress.
async fn render() -> u8 {
    note!("renders a slide");
    sleep(Duration::from_secs(3)).await;
    note!("slide is rendered");
    50
}
// end

// code: slow-work-inside-lock
/// Renders while it holds the lock that the heartbeat needs.
pub(super) fn slow_work_inside_the_lock() {
    let job = running_job();
    let renderer = task("renderer", {
        let job = job.clone();
        async move {
            let mut job = job.lock().await;
            job.progress = render().await;
        }
    });
    assert_alive(renderer, task("heartbeat", heartbeat(job)));
}
// end

// code: slow-work-outside-lock
/// Renders first, and locks to write the result down.
pub(super) fn slow_work_outside_the_lock() {
    let job = running_job();
    let renderer = task("renderer", {
        let job = job.clone();
        async move {
            let progress = render().await;
            job.lock().await.progress = progress;
        }
    });
    assert_alive(renderer, task("heartbeat", heartbeat(job)));
}
// end

// code: slow-work-inside-lock, slow-work-outside-lock
fn assert_alive(renderer: future::JoinHandle<()>, heartbeat: future::JoinHandle<Duration>) {
    join(renderer);
    let longest = join(heartbeat);
    assert!(
        longest <= DEADLINE,
        "{longest:?} without a heartbeat, {DEADLINE:?} are allowed"
    );
}
// end
