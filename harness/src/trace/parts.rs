//! What the parts of a text are, for who prints it in colours.

/// A part of the text of a [`Failure`](crate::Failure) or a [`Trace`](super::Trace).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Nothing in particular.
    #[default]
    Plain,
    /// The numbers of the first and the last step of a line.
    Steps(usize, usize),
    /// The name of a task or what it does, as an index into [`Trace::tasks`](super::Trace::tasks).
    Task(usize),
    /// That a task was switched away from although it could have gone on, or that the clock moved.
    Switch,
    /// What sort of failure it is.
    Words,
    /// What begins a sentence below the timeline: `cause:`.
    Label,
}

/// How a part is printed, given its text.
pub type Paint<'a> = &'a dyn Fn(Part, &str) -> String;

/// Without colours.
pub(crate) fn plain(_: Part, text: &str) -> String {
    text.to_owned()
}
