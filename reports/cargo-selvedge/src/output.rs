//! Standard output and standard error: colours where somebody looks, and errors that say what happened.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use selvedge_reports::paint::{BAD, paint};

/// Columns of a timeline where nobody looks.
const TIMELINE: usize = 160;

/// Writes to standard output. Colours go out to a terminal only, unless `--color` says otherwise.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// A line for people on standard error. When even that fails there is nobody to tell.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(anstream::AutoStream::auto(io::stderr().lock()), "{text}");
}

/// The columns a timeline has. Where standard output goes to no terminal, COLUMNS says how wide lines may be.
pub(crate) fn timeline_width() -> usize {
    let real = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into());
    let given = || std::env::var("COLUMNS").ok()?.parse().ok();
    real.or_else(given).unwrap_or(TIMELINE).max(40)
}

/// What a command could not do.
pub(crate) fn complain(error: &anyhow::Error) {
    tell(&format!("{} {error:#}", paint(BAD, "error:")));
}

/// Whether output ended because the program that read it has ended, as in `cargo selvedge list | head -1`.
pub(crate) fn reader_has_gone(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
