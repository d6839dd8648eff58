//! A test run again by cargo, as a replay, and what came of it.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use selvedge::{Failure, Replayed};

use crate::args::{ProjectArgs, Which};
use crate::project::Project;
use crate::saved::{self, Saved};

/// What came of a replay.
pub(crate) struct Rerun {
    pub(crate) saved: Saved,
    pub(crate) end: End,
}

/// How the process of the test has ended.
pub(crate) enum End {
    /// It has said what happened.
    Told(Box<Replayed>),
    /// In the execution, without a word.
    Silent(String),
}

impl Rerun {
    /// Whether it has failed as recorded.
    pub(crate) fn reproduced(&self) -> bool {
        match &self.end {
            End::Told(replayed) => replayed.reproduced,
            End::Silent(_) => self.saved.ended_its_process(),
        }
    }

    /// The failure, to be shown. Its last line is what this program is called with.
    pub(crate) fn failure(self) -> Result<Failure> {
        let name = self.saved.name();
        match self.end {
            End::Silent(status) => {
                bail!("the process of {name} ended in this execution ({status}), and nobody could record it")
            }
            End::Told(replayed) => match (replayed.failure, replayed.error) {
                (Some(mut failure), _) => {
                    failure.replay = Some(format!("cargo selvedge replay {name}"));
                    Ok(failure)
                }
                (None, Some(error)) => bail!("{error}"),
                (None, None) => bail!("{name} does not fail any more: {}", replayed.basis),
            },
        }
    }
}

/// Has cargo run the test that a name means.
pub(crate) fn rerun(project: &ProjectArgs, which: &Which) -> Result<Rerun> {
    let project = Project::find(project)?;
    let saved = saved::find(&project.schedules(), &which.name)?;
    let folder = tempfile::tempdir().context("cannot make a folder for the answer of the test")?;
    let answer = folder.path().join("replayed.json");
    compile(&project, &saved, which)?;
    let mut command = project.test(saved.schedule.test.as_ref(), &which.cargo);
    command
        .env("SELVEDGE_REPLAY", std::path::absolute(&saved.path)?)
        .env("SELVEDGE_REPLAY_OUT", &answer);
    // What the test prints, and cargo when it has failed, is of no use beside what it says in the file.
    let output = command.stdin(Stdio::null()).output().context("cannot run cargo test")?;
    let end = match std::fs::metadata(&answer) {
        Ok(file) if file.len() > 0 => End::Told(Box::new(Replayed::load(&answer)?)),
        Ok(_) => End::Silent(output.status.to_string()),
        Err(_) => {
            let printed = [output.stderr, output.stdout].concat();
            bail!(
                "nothing was replayed: cargo test ended ({}) and did not come to the check `{}` of the test `{}`\n{}",
                output.status,
                saved.schedule.name(),
                saved.name(),
                String::from_utf8_lossy(&printed).trim_end()
            );
        }
    };
    Ok(Rerun { saved, end })
}

/// Lets cargo build the test, and say what it does.
fn compile(project: &Project, saved: &Saved, which: &Which) -> Result<()> {
    let mut options = which.cargo.clone();
    options.push("--no-run".into());
    let status = project
        .test(saved.schedule.test.as_ref(), &options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .context("cannot run cargo test")?;
    if !status.success() {
        bail!("the test `{}` does not compile", saved.name());
    }
    Ok(())
}
