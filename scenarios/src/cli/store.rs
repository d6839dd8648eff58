//! The folder of saved schedules, and the pointer to the one saved last.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use selvedge::{Failure, Strategy};

use crate::catalog::engine_of;

/// The file that holds the name of the schedule saved last.
const POINTER: &str = "latest";

/// Where the schedules of a run go.
pub(crate) struct Store {
    folder: PathBuf,
    latest: Option<String>,
}

impl Store {
    pub(crate) fn new(folder: &Path) -> Self {
        Store {
            folder: folder.to_owned(),
            latest: None,
        }
    }

    /// Saves the schedule of `failure` and notes in it how it is replayed. The first failure of a variant
    /// gets the plain name, `scenario.variant.json`; further strategies add theirs.
    pub(crate) fn save(&mut self, failure: &mut Failure, strategy: &Strategy, first: bool) -> Result<Option<PathBuf>> {
        if engine_of(strategy) == "native" {
            // Real threads follow no schedule that could be recorded.
            return Ok(None);
        }
        let path = if first {
            failure.save(&self.folder)?
        } else {
            let path = self.folder.join(format!(
                "{}.{}.{}.json",
                failure.schedule.scenario,
                failure.schedule.variant,
                strategy.name()
            ));
            failure.schedule.save(&path)?;
            path
        };
        failure.replay = Some(format!("selvedge replay {}", path.display()));
        if first {
            self.latest = path.file_name().map(|n| n.to_string_lossy().into_owned());
        }
        Ok(Some(path))
    }

    /// Makes `selvedge replay latest` find the last schedule of this run.
    pub(crate) fn finish(self) -> Result<()> {
        let Some(name) = self.latest else { return Ok(()) };
        let pointer = self.folder.join(POINTER);
        std::fs::write(&pointer, format!("{name}\n")).with_context(|| format!("cannot write {}", pointer.display()))
    }
}

/// The schedule that was saved last in `folder`.
pub(crate) fn latest(folder: &Path) -> Result<PathBuf> {
    let pointer = folder.join(POINTER);
    match std::fs::read_to_string(&pointer) {
        Ok(name) if !name.trim().is_empty() => Ok(folder.join(name.trim())),
        Ok(_) => bail!("{} is empty; `selvedge run` writes it anew", pointer.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            bail!(
                "no schedule has been saved in {} yet; `selvedge run` saves one for each failure",
                folder.display()
            )
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", pointer.display())),
    }
}
