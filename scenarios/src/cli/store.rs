//! The folder of saved schedules, and the pointer to the one saved last.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use selvedge::{Failure, Strategy};

use super::output;
use crate::catalog::engine_of;

/// The file that holds the name of the schedule saved last.
const POINTER: &str = "latest";

/// Where schedules go if nothing else is said: under the target folder, and so in no package, where this is the folder of
/// one.
pub(crate) fn default_folder() -> PathBuf {
    if Path::new("Cargo.toml").is_file() {
        selvedge::schedule::folder()
    } else {
        PathBuf::from("target/selvedge")
    }
}

/// Where the schedules of a run go.
pub(crate) struct Store {
    folder: PathBuf,
    /// Whether somebody named the folder.
    asked_for: bool,
    latest: Option<String>,
    /// What has gone wrong. Nothing is saved from then on.
    error: Option<anyhow::Error>,
}

impl Store {
    /// Saves in `folder`, or else in [`default_folder`].
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Store {
            folder: folder.map_or_else(default_folder, Path::to_owned),
            asked_for: folder.is_some(),
            latest: None,
            error: None,
        }
    }

    /// Saves the schedule of `failure` and notes in it how it is replayed. The first failure of a variant
    /// gets the plain name, `scenario.variant.json`; further strategies add theirs.
    pub(crate) fn save(&mut self, failure: &mut Failure, strategy: &Strategy, first: bool) -> Option<PathBuf> {
        // Real threads follow no schedule that could be recorded.
        if engine_of(strategy) == "native" || self.error.is_some() {
            return None;
        }
        self.write(failure, strategy, first)
            .map_err(|error| self.error = Some(error))
            .ok()
    }

    fn write(&mut self, failure: &mut Failure, strategy: &Strategy, first: bool) -> Result<PathBuf> {
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
        Ok(path)
    }

    /// Saves what draws a failure beside its schedule.
    pub(crate) fn save_beside(&mut self, schedule: &Path, kind: &str, drawn: &str) {
        if self.error.is_none() {
            let path = schedule.with_extension(kind);
            self.error = selvedge::schedule::write(&path, drawn.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))
                .err();
        }
    }

    /// Whether `selvedge replay latest` finds a schedule of this run.
    pub(crate) fn has_latest(&self) -> bool {
        self.latest.is_some() && self.error.is_none()
    }

    /// Makes `selvedge replay latest` find the last schedule of this run. A folder that nobody asked for need not be
    /// there to be written to, and then it is enough to say so.
    pub(crate) fn finish(mut self) -> Result<()> {
        if let (Some(name), None) = (&self.latest, &self.error) {
            let pointer = self.folder.join(POINTER);
            self.error = selvedge::schedule::write(&pointer, format!("{name}\n").as_bytes())
                .with_context(|| format!("cannot write {}", pointer.display()))
                .err();
        }
        match self.error {
            Some(error) if self.asked_for => {
                Err(error).with_context(|| format!("schedules are not saved under --out {}", self.folder.display()))
            }
            Some(error) => {
                output::tell(&format!("schedules are not saved: {}", output::words(&error)));
                Ok(())
            }
            None => Ok(()),
        }
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
