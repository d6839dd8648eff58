//! Saved failures whose check has passed since: a note beside the schedule file, which itself stays as it is and can still be replayed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::files::{file_name, replace, schedules_folder};

/// The files that this process has saved: another check of the same name does not make them good.
static SAVED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What the last search of its check has found since the schedule in this file was saved, if that was no failure: `all 2 interleavings`.
/// Nothing, if it has not been run again, or fails.
pub fn passed_since(schedule: impl AsRef<Path>) -> Option<String> {
    let text = fs::read_to_string(note(schedule.as_ref())).ok()?;
    Some(text.trim_end().to_owned())
}

/// `lost.passed` beside `lost.json`.
fn note(schedule: &Path) -> PathBuf {
    schedule.with_extension("passed")
}

/// A schedule is in its file again: the check fails.
pub(super) fn fails(schedule: &Path) {
    let _ = fs::remove_file(note(schedule));
    if let Ok(path) = std::path::absolute(schedule) {
        SAVED.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
    }
}

/// The check of this name has passed: what a test has saved of an earlier failure is noted as such.
pub(super) fn passes(check: &str, basis: &str) {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let Some(folder) = FOLDER.get_or_init(|| std::path::absolute(schedules_folder()).ok()) else {
        return;
    };
    for name in [file_name(check), file_name(&format!("{check}.died"))] {
        let schedule = folder.join(name);
        let is_ours = || SAVED.lock().unwrap_or_else(PoisonError::into_inner).contains(&schedule);
        if schedule.is_file() && !is_ours() {
            // Nothing is lost without it but the note.
            let _ = replace(&note(&schedule), format!("{basis}\n").as_bytes());
        }
    }
}
