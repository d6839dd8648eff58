//! Memory that only the program's own synchronization protects.

/// Watches the accesses to a value that somebody else holds.
pub(crate) trait RawCell: Sized {
    /// A cell nobody has accessed.
    #[track_caller]
    fn new() -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// One access, which lasts as long as `f` runs.
    #[track_caller]
    fn access<R>(&self, write: bool, f: impl FnOnce() -> R) -> R;
}
