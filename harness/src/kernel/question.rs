//! What a strategy is asked besides who goes next.

/// What a branch of a program decides. Where it is yes or no, arm 0 is no.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Question {
    /// The program's own `choose`.
    Choose,
    /// Whether a future is given up here.
    GivenUp,
    /// Which branch of a `select!` is looked at first.
    #[cfg(feature = "tokio")]
    First,
    /// Which of several operations that are ready is done.
    Ready,
    /// Which of several waiters is woken.
    Woken,
    /// Whether this happens although nothing asks for it: `wakes`.
    NoReason(&'static str),
}

impl Question {
    /// What it is about, whatever the answer.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Question::Choose => "choose",
            Question::GivenUp => "may be given up",
            #[cfg(feature = "tokio")]
            Question::First => "select!",
            Question::Ready => "select",
            Question::Woken => "notify_one",
            Question::NoReason(what) => what,
        }
    }

    /// The answer in words: one arm of so many.
    pub(crate) fn answer(self, arm: u32, of: u32) -> String {
        let yes_or_no = if arm == 0 { "no" } else { "yes" };
        match self {
            Question::Choose => format!("choose({of}) ➜ {arm}"),
            Question::GivenUp => format!("may be given up: {yes_or_no}"),
            #[cfg(feature = "tokio")]
            Question::First => format!("select! begins with branch {} of {of}", arm + 1),
            Question::Ready => format!("select ➜ number {} of {of} that are ready", arm + 1),
            Question::Woken => format!("wakes number {} of {of} waiters", arm + 1),
            Question::NoReason(what) => format!("{what} for no reason: {yes_or_no}"),
        }
    }
}
