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
tokio = { version = "1", features = ["sync", "rt-multi-thread", "time", "macros", "io-util", "net", "fs"] }
tokio-util = { version = "0.7", default-features = false, features = ["rt"] }

[profile.dev]
debug = false

[workspace]
members = ["client"]
"#;

/// A package of the same workspace that knows nothing of the harness.
const CLIENT: &str = r#"
[package]
name = "client"
version = "0.1.0"
edition = "2024"

[dependencies]
tokio = { version = "1", features = ["sync", "rt", "macros"] }
"#;

const CLIENTS_OWN_TEST: &str = r#"
#[tokio::test]
async fn a_test_where_nothing_is_called_selvedge() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    tokio::spawn(async move { sender.send(7) });
    assert_eq!(receiver.await, Ok(7));
}

#[tokio::test(crate = "renamed")]
async fn tokio_by_another_name() {
    let (sender, receiver) = renamed::sync::oneshot::channel();
    renamed::spawn(async move { sender.send(7) });
    assert_eq!(receiver.await, Ok(7));
}

use tokio as renamed;
"#;

/// What `cargo run` runs: a server for one request, and who asks it. Once on the runtime of the attribute, then on those that are built.
const MAIN: &str = r#"
use std::io::Result;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

async fn serves_itself() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut asked = [0; 4];
        stream.read_exact(&mut asked).await?;
        tokio::time::sleep(Duration::from_millis(1)).await;
        stream.write_all(&asked.map(|byte| byte.to_ascii_uppercase())).await
    });
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"ping").await?;
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read).await??;
    server.await.unwrap()?;
    Ok(answer)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 3)]
async fn main() -> Result<()> {
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::MultiThread);
    assert!(tokio::fs::metadata("Cargo.toml").await?.is_file());
    println!("main: {}", serves_itself().await?);
    tokio::task::spawn_blocking(built).await.unwrap()
}

fn built() -> Result<()> {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    println!("new: {}", std::thread::spawn(|| Runtime::new()?.block_on(serves_itself())).join().unwrap()?);
    let asked = || {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(2).thread_name("mine").on_thread_start(|| _ = STARTED.fetch_add(1, SeqCst));
        let runtime = builder.enable_io().enable_time().build()?;
        let name = runtime.block_on(runtime.spawn(async { std::thread::current().name().map(str::to_owned) }));
        assert_eq!(name.unwrap().as_deref(), Some("mine"));
        runtime.block_on(serves_itself())
    };
    println!("io: {}", std::thread::spawn(asked).join().unwrap()?);
    assert!(STARTED.load(SeqCst) >= 2);
    let single = || Builder::new_current_thread().enable_all().build()?.block_on(serves_itself());
    println!("current: {}", std::thread::spawn(single).join().unwrap()?);
    // A task that is stopped with its runtime is dropped, as tokio has it.
    let (dropped, seen) = std::sync::mpsc::channel::<()>();
    let runtime = Runtime::new()?;
    runtime.spawn(async move {
        let _dropped = dropped;
        std::future::pending::<()>().await
    });
    runtime.shutdown_timeout(Duration::from_secs(60));
    assert!(seen.recv().is_err());
    Ok(())
}
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

/// Has cargo do something with the package, and gives what it prints.
fn cargo(user: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--offline")
        .current_dir(user)
        .env("CARGO_TARGET_DIR", user.join("target"))
        .output()
        .expect("cargo runs");
    let (told, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{arguments:?}\n{errors}\n{told}");
    told.into_owned()
}

#[test]
#[ignore = "builds a package of its own: .ci/run runs it"]
fn a_service_for_tokio_runs_on_the_stand_in() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Kept, so that what it builds is built once.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokio-service");
    let user = folder.join("service");
    for folder in ["src", "tests", "client/src"] {
        fs::create_dir_all(user.join(folder)).expect("a folder can be made");
    }
    let made = Command::new(harness.join("compat/tokio/make"))
        .arg(folder.join("stand-in"))
        .output()
        .expect("a shell runs");
    let lines = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let write = |name: &str, text: &str| fs::write(user.join(name), text).expect("a file can be written");
    write("Cargo.toml", &format!("{MANIFEST}\n{lines}"));
    write("src/lib.rs", SERVICE);
    write("src/main.rs", MAIN);
    write("tests/service.rs", TESTS);
    write("client/Cargo.toml", CLIENT);
    write("client/src/lib.rs", CLIENTS_OWN_TEST);
    fs::copy(harness.join("../Cargo.lock"), user.join("Cargo.lock")).expect("the lock file can be copied");
    let told = cargo(&user, &["test", "--test", "service"]);
    assert!(told.contains("4 passed"), "{told}");
    let told = cargo(&user, &["test", "-p", "client", "--lib"]);
    assert!(told.contains("2 passed"), "{told}");
    // Outside of a check it is the service that it is with tokio.
    let told = cargo(&user, &["run", "--quiet"]);
    assert_eq!(told, "main: PING\nnew: PING\nio: PING\ncurrent: PING\n");
}
