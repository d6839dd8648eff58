//! The binary as a user meets it: what it prints, what it saves, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use selvedge::FailureKind;
use selvedge_scenarios::catalog::{Expected, Kind, Scenario, Variant};

const NAIVE: &str = "lost-increment/load-then-store";

mod documents;
mod orderings;
mod play;
mod refusals;
mod searches;
mod selection;
mod show;
mod terminal;

/// A folder of its own for each test, empty, below cargo's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_selvedge"));
    command.current_dir(folder).args(args);
    // Whoever runs the tests may have an opinion of their own, and servers.
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
        .env("SELVEDGE_POSTGRES", "host=127.0.0.1 port=1 user=nobody")
        .env("SELVEDGE_REDIS", "redis://127.0.0.1:1/");
    command
}

pub(crate) fn selvedge(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

/// What it prints for a terminal of so many columns.
pub(crate) fn at_width(folder: &Path, columns: usize, args: &[&str]) -> String {
    stdout(
        &command(folder, args)
            .env("COLUMNS", columns.to_string())
            .output()
            .unwrap(),
    )
}

#[track_caller]
pub(crate) fn assert_fits(text: &str, columns: usize) {
    assert!(!text.is_empty());
    for line in text.lines() {
        assert!(line.chars().count() <= columns, "wider than {columns}: {line}");
    }
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// The text without the times at the ends of lines.
pub(crate) fn without_times(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let timed = [" ms", " s", " min"].iter().find_map(|unit| line.strip_suffix(unit));
        let is_time = |c: char| c.is_ascii_digit() || c == '.';
        match timed {
            Some(line) => out.push_str(line.trim_end_matches(is_time).trim_end()),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// Bad input: exit code 2, nothing on standard output, and an error that holds each of `parts`.
#[track_caller]
pub(crate) fn refused(output: &Output, parts: &[&str]) {
    let error = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(!error.contains("panicked"), "{error}");
    for part in parts {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

/// A folder with the saved schedule of the naive variant.
pub(crate) fn recorded(name: &str) -> (PathBuf, PathBuf) {
    let folder = folder(name);
    assert_eq!(selvedge(&folder, &["run", NAIVE]).status.code(), Some(0));
    let file = folder.join("target/selvedge/lost-increment.load-then-store.json");
    assert!(file.exists());
    (folder, file)
}

/// How many runs the catalog lists for the variants of lost-increment whose name contains `part`.
pub(crate) fn runs(part: &str) -> usize {
    let catalog = selvedge_scenarios::catalog();
    let scenario = catalog.iter().find(|s| s.name == "lost-increment").unwrap();
    scenario
        .variants
        .iter()
        .filter(|v| v.name.contains(part))
        .map(|v| v.runs.len())
        .sum()
}

/// Changes the saved schedule as text.
pub(crate) fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(file).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed);
    std::fs::write(file, changed).unwrap();
}
