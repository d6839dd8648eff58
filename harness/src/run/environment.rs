//! What variables of the environment ask of a check, so that nobody has to edit a test: the replay of a schedule, and a run at
//! night that looks further.
//!
//! | variable | which checks | what it does |
//! |---|---|---|
//! | `SELVEDGE_REPLAY` | any, if its name is the one in the schedule file | runs the recorded schedule and nothing else |
//! | `SELVEDGE_REPLAY_OUT` | the one that is replayed | what came of it, with its cause, goes into this file, as a [`Replayed`] |
//! | `SELVEDGE_STRATEGY` | [`check`](crate::check()), `#[selvedge::test]`, [`Check::with_environment`](crate::Check::with_environment) | [`Check::strategy`](crate::Check::strategy), by name |
//! | `SELVEDGE_EXECUTIONS` | the same | [`Check::max_executions`](crate::Check::max_executions) |
//! | `SELVEDGE_TIME` | the same | [`Check::max_time`](crate::Check::max_time) |
//! | `SELVEDGE_SEED` | the same | [`Check::seed`](crate::Check::seed) |
//!
//! The last four are for whoever asks for them only: a [`Check`](crate::Check) may stand in a test that counts executions, and
//! must mean the same every time. An empty variable is none. One that cannot be understood is an error that names it. One whose name
//! is not known is told once, on standard error: it may be misspelled.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use super::cause;
use super::files;
use super::nearest::nearest;
use super::options::{Options, Refused};
use super::recorded::REPLAY;
use super::replayed::Replayed;
use super::report::Report;
use super::schedule::Schedule;
use super::strategy::Strategy;
use super::times;
use crate::engine::current::Program;

/// Where it is said what came of it.
const REPLAY_OUT: &str = "SELVEDGE_REPLAY_OUT";

const PREFIX: &str = "SELVEDGE_";

/// What checks ask for, behind the prefix.
const OF_CHECKS: [&str; 6] = ["EXECUTIONS", "REPLAY", "REPLAY_OUT", "SEED", "STRATEGY", "TIME"];

/// What other parts of the project ask for: servers, a browser, tests of its own.
const OF_OTHERS: [&str; 13] = [
    "AXE",
    "CHROMIUM",
    "CROSSCHECK_CASES",
    "CROSSCHECK_SEED",
    "DEATHS_CHILD",
    "DEATHS_OTHERS",
    "FILES_CHILD",
    "HOOKS_CHILD",
    "HOSTILE_CHILD",
    "POSTGRES",
    "REDIS",
    "REPLAYS",
    "SOAK_MINUTES",
];

/// Tells of variables that nobody asks for, once in this process.
fn warn() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for line in unknown(names) {
            // Not by a macro: what tests print is kept, and lost where they pass.
            let _ = writeln!(io::stderr(), "{line}");
        }
    });
}

/// A line for each variable with our prefix that is not known, in the order of their names.
fn unknown(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names
        .filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned))
        .collect();
    names.sort();
    names.retain(|name| !OF_CHECKS.contains(&name.as_str()) && !OF_OTHERS.contains(&name.as_str()));
    let line = |name: String| {
        let instead = match nearest(&OF_CHECKS, &name) {
            Some(known) => format!("did you mean {PREFIX}{known}?"),
            None => format!(
                "checks know {}",
                OF_CHECKS.map(|known| format!("{PREFIX}{known}")).join(", ")
            ),
        };
        let name = crate::trace::name(&name).into_owned();
        format!("selvedge: the variable {PREFIX}{name} is not known and does nothing; {instead}")
    };
    names.into_iter().map(line).collect()
}

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
    warn();
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
    pub(crate) fn end(self, report: &mut Report, mut check: Options, program: Program) {
        if let Some(out) = &self.out {
            tell(report, out);
            // Other executions may end the process: what is known is told before they run.
            if check.cause
                && let Some(failure) = report.failure.as_mut().filter(|failure| failure.can_be_run_again())
            {
                // What has been counted stays as it is.
                check.progress = Arc::default();
                cause::add_to(failure, check, program);
                tell(report, out);
            }
        }
        report.replayed = Some(self.path);
    }
}

fn tell(report: &mut Report, out: &Path) {
    if let Err(error) = Replayed::of(report).save(out) {
        report.error.get_or_insert(error);
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
    fn a_name_that_is_not_known_is_told_with_the_one_that_was_meant() {
        let with_prefix = |name: &&str| format!("{PREFIX}{name}");
        let known = OF_CHECKS.iter().chain(&OF_OTHERS).map(with_prefix);
        assert_eq!(unknown(known.chain(["PATH".to_owned()])), [""; 0]);
        assert_eq!(
            unknown(["STRATEGIE", "ITERATIONS", "EXECUTION"].iter().map(with_prefix)),
            [
                "selvedge: the variable SELVEDGE_EXECUTION is not known and does nothing; did you mean SELVEDGE_EXECUTIONS?".to_owned(),
                format!(
                    "selvedge: the variable {PREFIX}ITERATIONS is not known and does nothing; checks know SELVEDGE_EXECUTIONS, \
                     SELVEDGE_REPLAY, SELVEDGE_REPLAY_OUT, SELVEDGE_SEED, SELVEDGE_STRATEGY, SELVEDGE_TIME"
                ),
                format!("selvedge: the variable {PREFIX}STRATEGIE is not known and does nothing; did you mean SELVEDGE_STRATEGY?"),
            ]
        );
    }

    #[test]
    fn every_variable_that_the_project_asks_for_is_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut folders: Vec<PathBuf> = [
            "harness/src",
            "harness/tests",
            "primitives",
            "reports",
            "scenarios",
            ".ci",
        ]
        .map(|folder| root.join(folder))
        .into();
        let mut asked = std::collections::BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    if !path.ends_with("target") && !path.ends_with("node_modules") {
                        folders.push(path);
                    }
                    continue;
                }
                // Not this file, which has misspelled ones.
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                if !path.ends_with("run/environment.rs") {
                    let name = |rest: &str| {
                        let end = rest
                            .find(|c: char| !c.is_ascii_uppercase() && c != '_')
                            .unwrap_or(rest.len());
                        rest[..end].to_owned()
                    };
                    asked.extend(text.split(PREFIX).skip(1).map(name).filter(|name| !name.is_empty()));
                }
            }
        }
        assert!(asked.contains("POSTGRES"), "{asked:?}");
        let lines = unknown(asked.iter().map(|name| format!("{PREFIX}{name}")));
        assert!(lines.is_empty(), "{lines:#?}");
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
