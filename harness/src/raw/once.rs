//! An initialization that runs once.
//!
//! | state | `call` | `call` with `force` | `wait` | `wait` with `force` | `look` |
//! |---|---|---|---|---|---|
//! | new | runs, then *done* or *poisoned* | the same | waits | waits | false |
//! | running | waits | waits | waits | waits | false |
//! | poisoned | panics | runs, then *done* or *poisoned* | panics | waits | false |
//! | done | returns | returns | returns | returns | true |

use super::Origin;

/// An initialization without a value.
pub(crate) trait RawOnce: Sized {
    /// One that has not run. `kind` is the type it stands in, for people: `Once`.
    fn new(kind: &'static str, origin: Origin) -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// Runs `f` if no call has, and waits for a call that is running. With `force`, runs it after a call that
    /// panicked, too: that is what `f` is told.
    ///
    /// # Panics
    /// When an earlier call panicked, without `force`.
    #[track_caller]
    fn call(&self, words: OnceWords, force: bool, f: impl FnOnce(bool));

    /// Waits until a call has completed. With `force`, goes on waiting after a call that panicked.
    ///
    /// # Panics
    /// When a call panicked, without `force`.
    #[track_caller]
    fn wait(&self, words: OnceWords, force: bool);

    /// Whether a call has completed.
    #[track_caller]
    fn look(&self, words: OnceWords) -> bool;

    /// Forgets everything.
    fn reset(&mut self);
}

/// The words of a trace, which differ between a `Once` and a `OnceLock`.
#[derive(Clone, Copy)]
pub(crate) struct OnceWords {
    pub(crate) call: &'static str,
    pub(crate) finish: &'static str,
    pub(crate) look: &'static str,
    pub(crate) wait: &'static str,
}
