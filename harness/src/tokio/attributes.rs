//! tokio's attributes.

/// Makes a test of an `async fn`, as [`#[selvedge::test]`](macro@crate::test) does, and takes the options of `#[tokio::test]`.
///
/// So a test that is written for tokio needs another import and no other change:
///
/// ```
/// use selvedge::tokio;
///
/// #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
/// async fn a_permit_is_not_lost() {
///     let notify = tokio::sync::Notify::new();
///     notify.notify_one();
///     notify.notified().await;
/// }
/// ```
///
/// `flavor` (`"current_thread"`, `"multi_thread"`, `"local"`), `worker_threads`, `start_paused` and `crate` are looked at as tokio
/// does and change nothing: every order of the tasks is tried, on any number of threads, and time is always virtual.
pub use selvedge_macros::tokio_test as test;

/// Runs the body of an `async fn` on a [`Runtime`](super::runtime::Runtime): `#[tokio::main]` for a program that is written for this crate.
///
/// Takes the options that `#[tokio::main]` takes. On real threads the runtime is tokio's own and is built as they say.
///
/// ```
/// use selvedge::tokio;
///
/// #[tokio::main(flavor = "multi_thread", worker_threads = 2)]
/// async fn main() {
///     let (sender, receiver) = tokio::sync::oneshot::channel();
///     selvedge::future::spawn(async move { sender.send(7) });
///     assert_eq!(receiver.await, Ok(7));
/// }
/// ```
pub use selvedge_macros::tokio_main as main;
