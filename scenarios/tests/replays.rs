//! Every failure replays: that of each variant that fails, under each strategy that finds it, from its file, here and in
//! a process that has explored nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use selvedge::{Failure, Schedule, Strategy};
use selvedge_scenarios::catalog::{Expected, Variant};

/// Set for the process that only replays: the folder of the files.
const FOLDER: &str = "SELVEDGE_REPLAYS";

/// Executions of a strategy that is not listed with the variant. What it finds later than that is found no less, but its
/// schedule is nothing new.
const EXECUTIONS: u64 = 500;

const STRATEGIES: [Strategy; 10] = [
    Strategy::Auto,
    Strategy::Exhaustive,
    Strategy::Dfs,
    Strategy::Portfolio,
    Strategy::Random,
    Strategy::Pct { depth: 3 },
    Strategy::ShuttlePct { depth: 3 },
    Strategy::Urw,
    Strategy::Pos,
    Strategy::Surw,
];

fn fails(variant: &Variant) -> bool {
    let is_failure = |expected| matches!(expected, Expected::Fails(_) | Expected::MayFail(_));
    variant.skipped.is_none() && variant.runs.iter().any(|run| is_failure(run.expected))
}

/// What must come back.
fn told(failure: &Failure) -> String {
    format!("{:?} {}\n{}", failure.kind, failure.message, failure.trace.timeline())
}

/// The failures of a variant, under the strategies that find one.
fn failures(scenario: &str, variant: &Variant) -> Vec<Failure> {
    let mut found = Vec::new();
    let listed = |strategy: &Strategy| variant.runs.iter().any(|run| run.strategy == *strategy);
    for strategy in STRATEGIES
        .into_iter()
        .chain(listed(&Strategy::Loom).then_some(Strategy::Loom))
    {
        let mut check = variant.check(scenario, &strategy).cause(false);
        if !listed(&strategy) {
            check = check.max_executions(EXECUTIONS);
        }
        found.extend(variant.run(check).failure);
    }
    found
}

/// Replays a file. Nothing, if what it holds came back.
fn replay(path: &Path, variant: &Variant) -> Result<String, String> {
    let schedule = Schedule::load(path).map_err(|error| error.to_string())?;
    let scenario = schedule.scenario.clone();
    let report = variant.run(variant.check(&scenario, &Strategy::Replay(schedule)));
    match (&report.failure, report.basis.contains("; ")) {
        (Some(failure), false) => Ok(told(failure)),
        _ => Err(report.to_string()),
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = (folder.read_dir().unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn text_of(path: &Path) -> PathBuf {
    path.with_extension("txt")
}

/// What was saved of a variant.
#[derive(Clone)]
struct Saved {
    first: PathBuf,
    /// What did not come back.
    wrong: String,
}

/// Saves the failures of a variant, and replays each.
fn save_and_replay(folder: &Path, (scenario, variant): (&str, &Variant)) -> Saved {
    let failures = failures(scenario, variant);
    assert!(!failures.is_empty(), "{scenario}/{}", variant.name);
    let path = |at| folder.join(format!("{scenario}.{}.{at}.json", variant.name));
    // Several strategies may have come to one schedule.
    let mut known = BTreeSet::new();
    let mut wrong = String::new();
    for (at, failure) in failures.into_iter().enumerate() {
        if !known.insert(format!("{:?}", failure.schedule.steps)) {
            continue;
        }
        let path = path(at);
        failure.schedule.save(&path).unwrap();
        let first = told(&failure);
        std::fs::write(text_of(&path), &first).unwrap();
        if replay(&path, variant).as_ref() != Ok(&first) {
            let strategy = failure.schedule.strategy;
            wrong.push_str(&format!("{} of {strategy}, here\n", path.display()));
        }
    }
    Saved { first: path(0), wrong }
}

#[test]
fn every_failure_of_the_catalog_replays_in_this_process_and_in_a_fresh_one() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replays");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let catalog = selvedge_scenarios::catalog();
    let failing: Vec<(&str, &Variant)> = catalog
        .iter()
        .flat_map(|scenario| scenario.variants.iter().map(|variant| (scenario.name, variant)))
        .filter(|(_, variant)| fails(variant))
        .collect();
    // Saving waits for the disk, so several do it.
    let saved = std::thread::scope(|scope| {
        let parts = failing.chunks(failing.len().div_ceil(4));
        let parts = parts.map(|part| scope.spawn(|| part.iter().map(|one| save_and_replay(&folder, *one)).collect()));
        let parts: Vec<_> = parts.collect();
        let saved = parts.into_iter().map(|part| part.join().expect("nobody panics"));
        saved.collect::<Vec<Vec<Saved>>>().concat()
    });
    let wrong: String = saved.iter().map(|saved| saved.wrong.as_str()).collect();
    let of_each: Vec<&PathBuf> = saved.iter().map(|saved| &saved.first).collect();
    assert!(wrong.is_empty(), "{wrong}");
    let fresh = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_process_that_has_explored_nothing",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, &folder)
        .output()
        .unwrap();
    assert!(fresh.status.success(), "{}", String::from_utf8_lossy(&fresh.stderr));
    let replayed = String::from_utf8_lossy(&fresh.stdout).matches("replayed ").count();
    assert_eq!(replayed, files(&folder).len());
    // The command line, on one of each twelve.
    for path in of_each.iter().step_by(12) {
        let output = Command::new(env!("CARGO_BIN_EXE_selvedge"))
            .arg("replay")
            .arg(path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

/// Run by the test above: the files in the opposite order, and nothing else.
#[test]
#[ignore = "replays what another test has saved"]
#[expect(clippy::print_stdout, reason = "the other test counts the lines")]
fn a_process_that_has_explored_nothing() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("the folder of the files"));
    let catalog = selvedge_scenarios::catalog();
    for path in files(&folder).iter().rev() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut parts = name.split('.');
        let (scenario, variant) = (parts.next().unwrap(), parts.next().unwrap());
        let scenario = catalog.iter().find(|s| s.name == scenario).unwrap();
        let variant = scenario.variants.iter().find(|v| v.name == variant).unwrap();
        let first = std::fs::read_to_string(text_of(path)).unwrap();
        assert_eq!(replay(path, variant), Ok(first), "{name}");
        println!("replayed {name}");
    }
}
