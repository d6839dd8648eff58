//! What machines read: JSON and JUnit, and that it is the same every time.

use std::collections::BTreeSet;

use super::*;

#[test]
fn list_names_every_variant_in_both_formats() {
    let folder = folder("list");
    let text = stdout(&selvedge(&folder, &["list"]));
    let document = json(&selvedge(&folder, &["list", "--format", "json"]));
    assert_eq!(document["version"], 1);
    for scenario in selvedge_scenarios::catalog() {
        assert!(text.contains(scenario.name), "{text}");
        let listed = document["scenarios"]
            .as_array()
            .unwrap()
            .iter()
            .find(|s| s["name"] == scenario.name)
            .unwrap();
        assert_eq!(listed["variants"].as_array().unwrap().len(), scenario.variants.len());
    }
}

#[test]
fn two_runs_print_the_same_apart_from_times() {
    let folder = folder("twice");
    let run = |jobs| selvedge(&folder, &["run", "lost-increment", "--verbose", "--jobs", jobs]);
    let [first, second, in_turn] = ["4", "4", "1"].map(run);
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert_eq!(without_times(&stdout(&first)), without_times(&stdout(&second)));
    assert_eq!(without_times(&stdout(&first)), without_times(&stdout(&in_turn)));
    assert!(
        stdout(&first).contains(&format!("{} as expected, 0 not as expected, 0 skipped", runs(""))),
        "{}",
        stdout(&first)
    );
    // Neither a progress bar nor anything else where nobody looks.
    assert_eq!(stderr(&first), "");
}

#[test]
fn json_rows_say_what_was_expected_found_and_saved() {
    let folder = folder("json");
    let output = selvedge(&folder, &["run", "lost-increment", "--format", "json"]);
    let document = json(&output);
    assert_eq!(document["version"], 1);
    let rows = document["rows"].as_array().unwrap();
    let (caught, held) = (&rows[0], rows.iter().find(|r| r["variant"] == "fetch-add").unwrap());
    assert_eq!(
        (&caught["strategy"], &caught["expected"]),
        (&"exhaustive".into(), &"Panic".into())
    );
    assert_eq!(
        (&caught["verdict"], &caught["failure_kind"]),
        (&"Failed".into(), &"Panic".into())
    );
    assert!(folder.join(caught["schedule"].as_str().unwrap()).exists());
    assert_eq!(
        (&held["verdict"], &held["failure_kind"]),
        (&"Verified".into(), &serde_json::Value::Null)
    );
    assert_eq!(
        (&held["complete"], &held["schedule"]),
        (&true.into(), &serde_json::Value::Null)
    );
    // Every failing strategy saved a schedule of its own, and each replays.
    for row in rows.iter().filter(|r| r["verdict"] == "Failed") {
        let replay = selvedge(&folder, &["replay", row["schedule"].as_str().unwrap()]);
        assert_eq!(replay.status.code(), Some(0), "{replay:?}");
    }
}

#[test]
fn junit_has_a_test_case_per_row() {
    let text = stdout(&selvedge(
        &folder("junit"),
        &["run", NAIVE, "--strategy", "exhaustive", "--format", "junit"],
    ));
    assert!(
        text.contains("tests=\"1\"") && text.contains("failures=\"0\""),
        "{text}"
    );
    assert!(text.contains("name=\"load-then-store/exhaustive\""), "{text}");
}

#[test]
fn a_replay_is_a_document_for_machines_too() {
    let (folder, _) = recorded("replay-json");
    let output = selvedge(&folder, &["replay", "latest", "--format", "json"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let document = json(&output);
    assert_eq!(document["version"], 1);
    assert_eq!(document["scenario"], "lost-increment");
    assert_eq!(document["reproduced"], true);
    assert_eq!(
        (&document["recorded"], &document["failure_kind"]),
        (&"Panic".into(), &"Panic".into())
    );
    let rows = document["trace"]["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["kind"] == "preempted"), "{document}");
    let latest = folder.join("target/selvedge/lost-increment.load-then-store.json");
    edit(&latest, |text| text.replacen("\"counter\"", "\"tally\"", 1));
    refused(
        &selvedge(&folder, &["replay", "latest", "--format", "json"]),
        &["diverged at step 1"],
    );
}

#[test]
fn junit_holds_the_interleaving_of_what_was_not_expected() {
    let folder = folder("junit-body");
    // loom takes SeqCst accesses for AcqRel ones, so it fails what is right.
    let args = ["run", "store-buffering/seq-cst", "--strategy", "loom", "--format"];
    let output = selvedge(&folder, &[&args[..], &["junit"]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = stdout(&output);
    let (_, failure) = text.split_once("<failure message=").unwrap();
    assert!(failure.contains("expected verified, found forbidden outcome"), "{text}");
    assert!(
        failure.contains("\n step  main ") && failure.contains(" right is here"),
        "{text}"
    );
    let document = json(&selvedge(&folder, &[&args[..], &["json"]].concat()));
    assert!(
        document["rows"][0]["timeline"]
            .as_str()
            .unwrap()
            .contains(" step  main")
    );
}

/// A fixed variant whose orderings are too weak is caught where loads may see older stores, and only there.
#[test]
fn weak_memory_is_a_choice_and_stands_in_the_rows() {
    let folder = folder("memory");
    let rows = |memory: &[&str]| {
        let mut args = vec!["run", "message-passing", "--strategy", "exhaustive", "--format", "json"];
        args.extend(memory);
        let document = json(&selvedge(&folder, &args));
        let rows = document["rows"].as_array().unwrap().clone();
        move |variant: &str| {
            let row = rows.iter().find(|row| row["variant"] == variant).unwrap();
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (text("verdict"), text("memory_model"), text("basis"))
        }
    };
    let (rust, sc, default) = (rows(&["--memory", "rust"]), rows(&["--memory", "sc"]), rows(&[]));
    let owned = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(rust("fences"), owned("Verified", "rust", "all 2 execution graphs"));
    assert_eq!(rust("relaxed-atomic-data").0, "Failed");
    let (verdict, model, basis) = sc("relaxed-atomic-data");
    assert_eq!((verdict.as_str(), model.as_str()), ("Verified", "sc"));
    assert!(
        basis.ends_with("weaker than SeqCst were checked for data races only"),
        "{basis}"
    );
    assert_eq!(default("relaxed-atomic-data"), rust("relaxed-atomic-data"));
}

/// Pictures of what fails lie beside the schedule, and are those that `show` draws.
#[test]
fn a_run_draws_what_fails() {
    let folder = folder("draws");
    let run = |out: &str, drawn: &[&str]| {
        let output = selvedge(&folder, &[&["run", "lost-increment", "--out", out], drawn].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    };
    let files = |out: &str, kind: &str| {
        let entries = std::fs::read_dir(folder.join(out)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(kind)).collect::<BTreeSet<_>>()
    };
    run("found", &["--html", "--svg", "--markdown"]);
    let schedules = files("found", ".json");
    for kind in [".html", ".svg", ".md"] {
        let drawn = files("found", kind);
        assert!(!drawn.is_empty());
        for name in drawn {
            let variant = name.trim_end_matches(kind);
            assert!(schedules.contains(&format!("{variant}.json")), "{name}");
            let text = std::fs::read_to_string(folder.join("found").join(&name)).unwrap();
            if kind == ".html" {
                // Without the programs to be played, which `show` puts there.
                assert!(
                    text.starts_with("<!DOCTYPE html>") && text.contains("lost-increment"),
                    "{name}"
                );
            } else {
                let variant = variant.replacen('.', "/", 1);
                let shown = selvedge(&folder, &["show", &variant, "--format", &kind[1..]]);
                assert_eq!(text, stdout(&shown), "{name}");
            }
        }
    }
    // Without being asked nothing is drawn.
    run("plain", &[]);
    assert_eq!(files("plain", ".json"), schedules);
    assert!(
        [".html", ".svg", ".md"]
            .iter()
            .all(|kind| files("plain", kind).is_empty())
    );
}
