//! Memory that only the program's own synchronization protects.

/// Watches the accesses to a value that somebody else holds.
pub(crate) trait RawCell: Sized {
    /// A cell nobody has accessed. `kind` is its type, for people.
    #[track_caller]
    fn new(kind: &'static str) -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// One access, which lasts as long as `f` runs.
    #[track_caller]
    fn access<R>(&self, write: bool, f: impl FnOnce() -> R) -> R;

    /// A read that belongs to an operation which tells of itself: it has a row only if it races.
    #[track_caller]
    fn read_untold(&self);
}
