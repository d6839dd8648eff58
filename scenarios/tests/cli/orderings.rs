//! `selvedge run --orderings`: tables, JSON, and what is refused.

use super::*;

const HELD: &str = "oneshot-closed/unless-closed";

#[test]
fn the_table_is_that_of_the_readme_and_fits() {
    let folder = folder("orderings-table");
    let told = at_width(&folder, 80, &["run", HELD, "--orderings"]);
    assert_fits(&told, 80);
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(told.trim()), "the README shows another one:\n{told}");
    let output = selvedge(&folder, &["run", HELD, "--orderings"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert_eq!(
        stdout(&output),
        stdout(&selvedge(&folder, &["run", HELD, "--orderings"]))
    );
    // Nothing is saved.
    assert!(std::fs::read_dir(&folder).unwrap().next().is_none());
}

#[test]
fn a_program_that_fails_as_it_should_is_told_what_would_have_to_be_stronger() {
    let folder = folder("orderings-fails");
    let output = selvedge(&folder, &["run", "refcount/relaxed", "--orderings", "--verbose"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = stdout(&output);
    assert!(
        text.starts_with("refcount/relaxed: fails, data race; one stronger ordering is enough (5 searches)\n"),
        "{text}"
    );
    assert!(text.contains("  fetch_sub  Relaxed -> AcqRel\n"), "{text}");
    // Why it is not less than that, with an interleaving each.
    for step in [" fetch_sub Acquire\n", " fetch_sub Release\n"] {
        let (_, interleaving) = text.split_once(step).unwrap_or_else(|| panic!("no{step}{text}"));
        assert!(
            interleaving.starts_with("refcount / relaxed: FAILED, data race"),
            "{interleaving}"
        );
    }
    let short = stdout(&selvedge(&folder, &["run", "refcount/relaxed", "--orderings"]));
    assert!(!short.contains("FAILED") && text.starts_with(short.trim()), "{short}");
    let quiet = selvedge(&folder, &["run", "refcount/relaxed", "--orderings", "--quiet"]);
    assert_eq!((quiet.status.code(), stdout(&quiet)), (Some(0), String::new()));
}

#[test]
fn rows_of_orderings_are_those_of_a_run_and_more() {
    let folder = folder("orderings-json");
    let output = selvedge(&folder, &["run", "message-passing", "--orderings", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document = json(&output);
    assert_eq!(
        (&document["version"], &document["interrupted"]),
        (&1.into(), &false.into())
    );
    let rows = document["rows"].as_array().unwrap();
    let row = |variant: &str| rows.iter().find(|row| row["variant"] == variant).unwrap();
    let held = row("release-acquire");
    assert_eq!(
        (&held["section"], &held["scenario"], &held["kind"]),
        (&"F".into(), &"message-passing".into(), &"fixed".into())
    );
    assert_eq!(
        (&held["as_expected"], &held["as_declared"]["verdict"]),
        (&true.into(), &"Verified".into())
    );
    let places = held["places"].as_array().unwrap();
    assert_eq!(
        (&places[0]["operation"], &places[0]["declared"][0]),
        (&"store".into(), &"Release".into())
    );
    let step = &places[0]["together"]["weaker"][0];
    assert_eq!(
        (&step["ordering"], &step["verdict"], &step["failure_kind"]),
        (&"Relaxed".into(), &"Failed".into(), &"DataRace".into())
    );
    assert!(step["timeline"].as_str().unwrap().contains("flag"), "{step}");
    let caught = row("relaxed");
    assert_eq!(
        (&caught["as_declared"]["failure_kind"], &caught["as_expected"]),
        (&"DataRace".into(), &true.into())
    );
    assert_eq!(caught["all_seq_cst"]["verdict"], "Verified");
    assert_eq!(caught["places"][0]["together"]["ordering"], "Release");
    assert!(!stdout(&output).contains(env!("CARGO_MANIFEST_DIR")));
}

#[test]
fn what_was_not_decided_is_not_as_expected() {
    let folder = folder("orderings-short");
    let output = selvedge(&folder, &["run", HELD, "--orderings", "--max-executions", "1"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        stdout(&output),
        format!("{HELD}: not decided: the first 1 execution graph: the search is not complete\n\n")
    );
}

#[test]
fn orderings_go_with_no_other_search() {
    let folder = folder("orderings-refused");
    for other in [
        ["--strategy", "random"],
        ["--engine", "loom"],
        ["--memory", "sc"],
        ["--seed", "1"],
        ["--shard", "1/2"],
        ["--resume", "search.json"],
        ["--out", "here"],
    ] {
        let mut args = vec!["run", HELD, "--orderings"];
        args.extend(other);
        refused(&selvedge(&folder, &args), &["--orderings", other[0]]);
    }
    refused(
        &selvedge(&folder, &["run", HELD, "--orderings", "--format", "junit"]),
        &["JUnit", "text or json"],
    );
    refused(
        &selvedge(&folder, &["run", "oneshot-close/", "--orderings"]),
        &["selvedge list"],
    );
}
