//! Standard output and standard error, with errors that say what happened.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// Writes to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// A line for people on standard error. When even that fails there is nobody to tell.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// An error and its causes, on one line. A cause that the text above it has quoted is not said twice.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            let gap = if text.is_empty() { "error: " } else { ": " };
            text = format!("{text}{gap}{cause}");
        }
    }
    tell(&text);
}

/// Whether output ended because the program that read it has ended, as in `selvedge list | head -1`.
pub(crate) fn reader_has_gone(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
