//! What variables of the environment ask of a check, so that nobody has to edit a test: the replay of a schedule, and a run at
//! night that looks further.
//!
//! | variable | which checks | what it does |
//! |---|---|---|
//! | `SELVEDGE_REPLAY` | any, if its name is the one in the schedule file | runs the recorded schedule and nothing else |
//! | `SELVEDGE_REPLAY_OUT` | the one that is replayed | what came of it goes into this file, as a [`Replayed`] |
//! | `SELVEDGE_STRATEGY` | [`check`](crate::check()), `#[selvedge::test]`, [`Check::with_environment`](crate::Check::with_environment) | [`Check::strategy`](crate::Check::strategy), by name |
//! | `SELVEDGE_EXECUTIONS` | the same | [`Check::max_executions`](crate::Check::max_executions) |
//! | `SELVEDGE_TIME` | the same | [`Check::max_time`](crate::Check::max_time) |
//! | `SELVEDGE_SEED` | the same | [`Check::seed`](crate::Check::seed) |
//!
//! The last four are for whoever asks for them only: a [`Check`](crate::Check) may stand in a test that counts executions, and
//! must mean the same every time. An empty variable is none. One that cannot be understood is an error that names it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::files;
use super::options::{Options, Refused};
use super::recorded::REPLAY;
use super::replayed::Replayed;
use super::report::Report;
use super::schedule::Schedule;
use super::strategy::Strategy;
use super::times;

/// Where it is said what came of it.
const REPLAY_OUT: &str = "SELVEDGE_REPLAY_OUT";

type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Takes what the environment asks for. The first variable that cannot be understood is the error of the run.
pub(crate) fn apply(options: &mut Options) {
    if let Err(refused) = take(options, &|name| env::var_os(name)) {
        options.refused.get_or_insert(refused);
    }
}

fn take(options: &mut Options, variable: Variable<'_>) -> Result<(), Refused> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| "give a number".to_owned());
    // Whoever has named a schedule wants to see this one.
    if !matches!(options.strategy, Strategy::Replay(_))
        && let Some(strategy) = read(variable, "SELVEDGE_STRATEGY", |text| {
            text.parse::<Strategy>().map_err(|error| error.to_string())
        })?
    {
        options.strategy = strategy;
    }
    let executions = |text: &str| match number(text) {
        Ok(0) | Err(_) => Err("give a number of 1 or more".to_owned()),
        Ok(executions) => Ok(executions),
    };
    if let Some(executions) = read(variable, "SELVEDGE_EXECUTIONS", executions)? {
        options.max_executions = Some(executions);
    }
    if let Some(time) = read(variable, "SELVEDGE_TIME", times::read)? {
        options.max_time = Some(time);
    }
    if let Some(seed) = read(variable, "SELVEDGE_SEED", number)? {
        options.seed = seed;
    }
    Ok(())
}

/// A variable, if it is there and not empty.
fn read<T>(
    variable: Variable<'_>,
    name: &'static str,
    meaning: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, Refused> {
    let Some(value) = variable(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let read = match value.to_str() {
        Some(text) => meaning(text.trim()),
        None => Err("it is no text".to_owned()),
    };
    read.map(Some).map_err(|why| Refused {
        variable: name,
        value: value.to_string_lossy().into_owned(),
        why,
    })
}

/// A replay that somebody has asked for.
pub(crate) struct Replay {
    /// The file as it was given, for the line that runs it again.
    path: PathBuf,
    out: Option<PathBuf>,
}

/// Makes a replay of a check, if a schedule of it is to be run again.
pub(crate) fn replay(options: &mut Options) -> Option<Replay> {
    match replayed(options, &|name| env::var_os(name)) {
        Ok(replay) => replay,
        Err(refused) => {
            options.refused.get_or_insert(refused);
            None
        }
    }
}

fn replayed(options: &mut Options, variable: Variable<'_>) -> Result<Option<Replay>, Refused> {
    let Some(given) = variable(REPLAY).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(&given);
    let schedule = Schedule::load(found(&path)).map_err(|error| Refused {
        variable: REPLAY,
        value: given.to_string_lossy().into_owned(),
        why: error.to_string(),
    })?;
    if schedule.name() != options.name || matches!(options.strategy, Strategy::Replay(_)) {
        return Ok(None);
    }
    options.strategy = Strategy::Replay(schedule);
    // They belong to searches.
    (options.resume, options.shard, options.preemption_bound) = (None, None, None);
    let out = variable(REPLAY_OUT)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    // Empty as long as nothing has come of it: a process that ends in the execution leaves it like this.
    if let Some(out) = &out {
        files::replace(out, b"").map_err(|error| Refused {
            variable: REPLAY_OUT,
            value: out.display().to_string(),
            why: format!("cannot be written: {error}"),
        })?;
    }
    Ok(Some(Replay { path, out }))
}

/// The file, which lies below the folder of the test's package, or below the one of a workspace it lies in, where somebody
/// has called cargo.
fn found(path: &Path) -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let mut places = here.ancestors().map(|folder| folder.join(path));
    places.find(|file| file.is_file()).unwrap_or_else(|| path.to_owned())
}

impl Replay {
    /// Says what came of it where that was asked for, and leaves the file with the report.
    pub(crate) fn end(self, report: &mut Report) {
        if let Some(out) = &self.out
            && let Err(error) = Replayed::of(report).save(out)
        {
            report.error.get_or_insert(error);
        }
        report.replayed = Some(self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::error::Error;
    use super::*;
    use crate::kernel::FailureKind;

    fn with<'a>(variables: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| OsString::from(value))
        }
    }

    fn options() -> Options {
        Options::new("tests/passes".to_owned())
    }

    #[test]
    fn variables_come_before_what_the_check_says() {
        let mut options = options();
        options.max_executions = Some(7);
        let variables = [
            ("SELVEDGE_STRATEGY", "pct:5"),
            ("SELVEDGE_EXECUTIONS", "1000000"),
            ("SELVEDGE_TIME", "30s"),
            ("SELVEDGE_SEED", "12"),
        ];
        take(&mut options, &with(&variables)).unwrap();
        assert_eq!(options.strategy, Strategy::Pct { depth: 5 });
        assert_eq!(options.max_executions, Some(1_000_000));
        assert_eq!(options.max_time, Some(Duration::from_secs(30)));
        assert_eq!(options.seed, 12);
    }

    #[test]
    fn none_and_empty_ones_change_nothing() {
        let mut options = options();
        options.max_executions = Some(7);
        take(
            &mut options,
            &with(&[("SELVEDGE_EXECUTIONS", ""), ("SELVEDGE_TIME", "")]),
        )
        .unwrap();
        assert_eq!(options.max_executions, Some(7));
        assert_eq!(options.strategy, Strategy::Auto);
    }

    #[test]
    fn what_cannot_be_understood_is_an_error_that_names_the_variable() {
        for (name, value, says) in [
            ("SELVEDGE_STRATEGY", "best", "choose one of auto"),
            ("SELVEDGE_STRATEGY", "pct:0", "a number of 1 or more"),
            ("SELVEDGE_EXECUTIONS", "0", "a number of 1 or more"),
            ("SELVEDGE_EXECUTIONS", "many", "a number of 1 or more"),
            ("SELVEDGE_TIME", "30", "with its unit"),
            ("SELVEDGE_SEED", "-1", "give a number"),
            (REPLAY, "no/such/file.json", "cannot read no/such/file.json"),
        ] {
            let variables = [(name, value)];
            let refused = match name {
                REPLAY => replayed(&mut options(), &with(&variables)).err(),
                _ => take(&mut options(), &with(&variables)).err(),
            };
            let error = Error::from(refused.unwrap()).to_string();
            assert!(
                error.starts_with(&format!("{name}={value}: ")) && error.contains(says),
                "{error}"
            );
        }
    }

    #[test]
    fn a_schedule_is_for_the_check_of_its_name_only() {
        let folder = env::temp_dir().join(format!("selvedge-environment-{}", std::process::id()));
        let file = folder.join("schedule.json");
        let schedule = Schedule::new("tests/passes", "controlled", "exhaustive", 0, FailureKind::Panic, "");
        schedule.save(&file).unwrap();
        let path = file.to_str().unwrap();
        let variables = [(REPLAY, path)];
        let mut mine = options();
        mine.preemption_bound = Some(2);
        assert!(replayed(&mut mine, &with(&variables)).unwrap().is_some());
        assert_eq!(mine.strategy, Strategy::Replay(schedule.clone()));
        assert_eq!(mine.preemption_bound, None);
        let mut other = Options::new("tests/passes_too".to_owned());
        assert!(replayed(&mut other, &with(&variables)).unwrap().is_none());
        assert_eq!(other.strategy, Strategy::Auto);
        // Nor for one that has a schedule already.
        let mut own = options();
        own.strategy = Strategy::Replay(schedule);
        assert!(replayed(&mut own, &with(&variables)).unwrap().is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
