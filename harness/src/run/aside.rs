//! Something that is done with a program beside its search: told, tried, or played.

use std::sync::{Arc, Mutex, PoisonError};

use super::apart::apart;
use super::error::Error;
use super::options::Options;
use super::share::Common;
use super::tally::Tally;
use crate::engine::current::Program;
use crate::kernel::Progress;

/// Does it on an OS thread of its own, which can be left behind.
///
/// # Errors
/// What it says, or why the thread has ended without a word.
pub(super) fn aside<T: Send + 'static>(
    mut check: Options,
    program: Program,
    job: impl FnOnce(&mut Common) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    if let Some(refused) = check.refused.take() {
        return Err(refused.into());
    }
    let result = Arc::new(Mutex::new(None));
    let (theirs, asked) = (Arc::clone(&result), check.clone());
    let decisions = Arc::new(Progress::default());
    let (report, _) = apart(&asked, Arc::clone(&decisions), "controlled", move || {
        let mut common = Common::new(check, program, decisions);
        *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(job(&mut common));
        Tally::default().report(&common.check, common.started, None)
    });
    let done = result.lock().unwrap_or_else(PoisonError::into_inner).take();
    done.unwrap_or_else(|| {
        let why = report.failure.map(|failure| failure.message);
        let message = why.or(report.error.map(|error| error.to_string())).unwrap_or_default();
        Err(Error::Unsupported { message })
    })
}
