//! The failures that tests have saved, and the one that a name means.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Result, bail};
use selvedge::Schedule;
use selvedge::schedule::passed_since;

/// A failure in a file.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub(crate) path: PathBuf,
    pub(crate) schedule: Schedule,
    pub(crate) when: SystemTime,
    /// What the check has found since, if it has been run again and that was no failure.
    pub(crate) passed_since: Option<String>,
}

impl Saved {
    fn load(path: PathBuf) -> Result<Self, selvedge::Error> {
        let schedule = Schedule::load(&path)?;
        let when = fs::metadata(&path).and_then(|m| m.modified());
        Ok(Saved {
            passed_since: passed_since(&path),
            path,
            schedule,
            when: when.unwrap_or(SystemTime::UNIX_EPOCH),
        })
    }

    /// What people call it: the test, or the check if nobody knows the test.
    pub(crate) fn name(&self) -> String {
        match &self.schedule.test {
            Some(test) => test.name.clone(),
            None => self.schedule.name(),
        }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name() == name || self.schedule.name() == name
    }

    /// Whether the process ended in this execution, so that nobody could say how it failed.
    pub(crate) fn ended_its_process(&self) -> bool {
        self.path.to_string_lossy().ends_with(".died.json")
    }
}

/// All failures below the folder, the newest first, and what could not be read.
pub(crate) fn all(folder: &Path) -> (Vec<Saved>, Vec<selvedge::Error>) {
    let below = |folder: &Path| {
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
    };
    let files = below(folder)
        .filter(|path| path.is_dir())
        .flat_map(|binary| below(&binary).collect::<Vec<_>>())
        .filter(|path| path.extension().is_some_and(|e| e == "json") && path.is_file());
    let (mut saved, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        match Saved::load(file) {
            Ok(one) => saved.push(one),
            Err(error) => errors.push(error),
        }
    }
    saved.sort_by(|a, b| b.when.cmp(&a.when).then_with(|| a.path.cmp(&b.path)));
    errors.sort_by_key(ToString::to_string);
    (saved, errors)
}

/// The failure that is meant by `latest`, by a name, by a part of one, or by a file.
pub(crate) fn find(folder: &Path, name: &str) -> Result<Saved> {
    if name != "latest" && Path::new(name).is_file() {
        return Ok(Saved::load(PathBuf::from(name))?);
    }
    let (mut saved, mut errors) = all(folder);
    if saved.is_empty() {
        match errors.pop() {
            Some(error) => return Err(error.into()),
            None => bail!(
                "no failure is saved in {}; `cargo test` saves one for each check that fails",
                folder.display()
            ),
        }
    }
    if name == "latest" {
        // What has passed since is of less use.
        let newest = saved.iter().position(|one| one.passed_since.is_none());
        return Ok(saved.swap_remove(newest.unwrap_or(0)));
    }
    let mut found: Vec<Saved> = saved.iter().filter(|s| s.is_called(name)).cloned().collect();
    if found.is_empty() {
        let part = |s: &&Saved| s.name().contains(name) || s.schedule.name().contains(name);
        found = saved.iter().filter(part).cloned().collect();
    }
    match found.len() {
        0 => bail!("no saved failure is called `{name}`; `cargo selvedge list` shows them"),
        1 => Ok(found.swap_remove(0)),
        _ => {
            let files: Vec<String> = found.iter().map(|s| format!("\n  {}", s.path.display())).collect();
            bail!(
                "several saved failures are called `{name}`; give the file of one:{}",
                files.concat()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use selvedge::{Check, Strategy, thread};

    use super::*;

    /// Saves failures of these checks, each in the folder of a binary, each a second after the other.
    fn folder(names: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (second, (binary, name)) in names.iter().enumerate() {
            let report = Check::new(*name).strategy(Strategy::Dfs).run(|| {
                thread::spawn(|| panic!("always")).join().unwrap();
            });
            let path = report.failure.unwrap().save(&folder.path().join(binary)).unwrap();
            let when = SystemTime::UNIX_EPOCH + Duration::from_secs(second as u64);
            fs::File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(when)
                .unwrap();
        }
        folder
    }

    fn found(folder: &tempfile::TempDir, name: &str) -> Result<String, String> {
        match find(folder.path(), name) {
            Ok(saved) => Ok(saved.schedule.name()),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    #[test]
    fn a_name_a_part_of_one_and_latest_mean_a_failure() {
        let folder = folder(&[
            ("gate.gate", "tests/passes"),
            ("gate.gate", "tests/passes_twice"),
            ("gate.other", "tests/a"),
        ]);
        assert_eq!(found(&folder, "latest").unwrap(), "tests/a");
        assert_eq!(found(&folder, "tests/passes").unwrap(), "tests/passes");
        assert_eq!(found(&folder, "twice").unwrap(), "tests/passes_twice");
        let file = folder.path().join("gate.gate/tests.passes.json");
        assert_eq!(found(&folder, file.to_str().unwrap()).unwrap(), "tests/passes");
    }

    #[test]
    fn the_latest_is_one_that_has_not_passed_since() {
        let folder = folder(&[("gate.gate", "tests/a"), ("gate.gate", "tests/b")]);
        fs::write(folder.path().join("gate.gate/tests.b.passed"), "all 2 interleavings\n").unwrap();
        assert_eq!(found(&folder, "latest").unwrap(), "tests/a");
        let b = find(folder.path(), "tests/b").unwrap();
        assert_eq!(b.passed_since.as_deref(), Some("all 2 interleavings"));
        fs::write(folder.path().join("gate.gate/tests.a.passed"), "all 2 interleavings\n").unwrap();
        assert_eq!(found(&folder, "latest").unwrap(), "tests/b");
    }

    #[test]
    fn what_means_none_or_several_is_refused_with_what_to_do() {
        let error = found(&folder(&[]), "latest").unwrap_err();
        assert!(error.contains("`cargo test` saves one"), "{error}");
        let folder = folder(&[("gate.gate", "tests/passes"), ("gate.other", "tests/passes")]);
        let error = found(&folder, "nothing").unwrap_err();
        assert!(error.contains("`cargo selvedge list`"), "{error}");
        let error = found(&folder, "tests/passes").unwrap_err();
        assert!(
            error.contains("gate.gate/tests.passes.json") && error.contains("gate.other"),
            "{error}"
        );
    }

    #[test]
    fn a_damaged_file_does_not_hide_the_others() {
        let folder = folder(&[("gate.gate", "tests/passes")]);
        fs::write(folder.path().join("gate.gate/cut.json"), "{\"format\":").unwrap();
        let (saved, errors) = all(folder.path());
        assert_eq!((saved.len(), errors.len()), (1, 1));
        assert!(errors[0].to_string().contains("cut.json"), "{}", errors[0]);
    }
}
