//! Crates that are written for tokio run on the stand-in of `compat/tokio` as they are.

use std::fs;
use std::path::Path;
use std::process::Command;

const MANIFEST: &str = r#"
[package]
name = "service"
version = "0.1.0"
edition = "2024"

[dependencies]
tokio = { version = "1", features = ["sync", "rt", "time", "macros", "io-util"] }
tokio-util = { version = "0.7", default-features = false, features = ["rt"] }

[profile.dev]
debug = false

[workspace]
"#;

/// What a user of tokio writes: nothing in it names the harness.
const SERVICE: &str = r#"
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub struct Pool {
    idle: Mutex<Vec<u32>>,
    returned: Notify,
    /// Looks for a connection before it says that it waits.
    pub looks_first: bool,
}

impl Pool {
    pub fn new(looks_first: bool) -> Arc<Pool> {
        Arc::new(Pool { idle: Mutex::new(vec![7]), returned: Notify::new(), looks_first })
    }

    pub async fn get(&self) -> u32 {
        loop {
            let mut returned = std::pin::pin!(self.returned.notified());
            if !self.looks_first {
                returned.as_mut().enable();
            }
            if let Some(connection) = self.idle.lock().await.pop() {
                return connection;
            }
            if self.looks_first {
                returned.set(self.returned.notified());
            }
            returned.await;
        }
    }

    pub async fn put(&self, connection: u32) {
        self.idle.lock().await.push(connection);
        self.returned.notify_waiters();
    }
}

/// Doubles what it is asked, until it is told to stop.
pub async fn server(mut requests: mpsc::Receiver<(u32, oneshot::Sender<u32>)>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            request = requests.recv() => match request {
                Some((n, answer)) => _ = answer.send(2 * n),
                None => return,
            },
        }
    }
}

pub async fn ask() -> Result<u32, &'static str> {
    let (requests, received) = mpsc::channel(1);
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    tracker.spawn(server(received, stop.clone()));
    tracker.close();
    let (answer, answered) = oneshot::channel();
    requests.send((21, answer)).await.map_err(|_| "the server has gone")?;
    let answer = tokio::time::timeout(Duration::from_secs(1), answered).await.map_err(|_| "too late")?;
    stop.cancel();
    tracker.wait().await;
    answer.map_err(|_| "no answer")
}
"#;

const TESTS: &str = r#"
use std::sync::Arc;
use selvedge::{Check, FailureKind, Report, Strategy, future::block_on};
use service::{Pool, ask};

fn two_users(looks_first: bool) -> Report {
    Check::new("pool").strategy(Strategy::Exhaustive).run(move || block_on(async move {
        let pool = Pool::new(looks_first);
        let theirs = Arc::clone(&pool);
        let task = tokio::spawn(async move {
            let connection = theirs.get().await;
            theirs.put(connection).await;
        });
        let connection = pool.get().await;
        pool.put(connection).await;
        task.await.unwrap();
    }))
}

#[test]
fn a_pool_that_looks_before_it_waits_loses_a_wake_up() {
    let failure = two_users(true).failure.expect("it fails");
    assert_eq!(failure.kind, FailureKind::LostWakeup, "{failure}");
}

#[test]
fn a_pool_that_waits_before_it_looks() {
    two_users(false).assert_verified();
}

#[selvedge::test]
async fn a_request_is_answered() {
    assert_eq!(ask().await, Ok(42));
}

#[tokio::test]
async fn on_the_test_attribute_of_tokio() {
    let (mut near, mut far) = tokio::io::duplex(8);
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let written = tokio::spawn(async move { near.write_all(b"selvedge").await });
    let mut read = [0; 8];
    far.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"selvedge");
    written.await.unwrap().unwrap();
}
"#;

#[test]
#[ignore = "builds a package of its own: .ci/run runs it"]
fn a_service_for_tokio_runs_on_the_stand_in() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Kept, so that what it builds is built once.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokio-service");
    let user = folder.join("service");
    for folder in ["src", "tests"] {
        fs::create_dir_all(user.join(folder)).expect("a folder can be made");
    }
    let made = Command::new(harness.join("compat/tokio/make"))
        .arg(folder.join("stand-in"))
        .output()
        .expect("a shell runs");
    let lines = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let write = |name: &str, text: String| fs::write(user.join(name), text).expect("a file can be written");
    write("Cargo.toml", format!("{MANIFEST}\n{lines}"));
    write("src/lib.rs", SERVICE.to_owned());
    write("tests/service.rs", TESTS.to_owned());
    fs::copy(harness.join("../Cargo.lock"), user.join("Cargo.lock")).expect("the lock file can be copied");
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--test", "service"])
        .current_dir(&user)
        .env("CARGO_TARGET_DIR", user.join("target"))
        .output()
        .expect("cargo runs");
    let (told, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{errors}\n{told}");
    assert!(told.contains("4 passed"), "{told}");
}
