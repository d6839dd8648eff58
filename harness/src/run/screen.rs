//! How wide the place is where a failed test is read.

use std::io;

use terminal_size::terminal_size_of;

/// Columns where there is no terminal, as in every file and every report.
const NOWHERE: usize = 160;

/// The columns of the terminal that the words of a panic go to.
pub(super) fn columns() -> usize {
    let size = terminal_size_of(io::stderr()).or_else(|| terminal_size_of(io::stdout()));
    size.map_or(NOWHERE, |(width, _)| width.0.into())
}
