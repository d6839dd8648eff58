//! Searches that are replayed, cut short, divided, saved and resumed.

use super::*;

#[test]
fn a_replay_prints_what_run_printed_every_time() {
    let (folder, file) = recorded("replay");
    let run = stdout(&selvedge(&folder, &["run", NAIVE]));
    let [first, second] = [(), ()].map(|()| selvedge(&folder, &["replay", "latest"]));
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert_eq!(first.stdout, second.stdout);
    assert!(run.contains(&stdout(&first)), "{run}\n---\n{}", stdout(&first));
    // The command that the failure itself names does the same.
    let by_name = selvedge(
        &folder,
        &["replay", file.strip_prefix(&folder).unwrap().to_str().unwrap()],
    );
    assert_eq!(by_name.stdout, first.stdout);
}

#[test]
fn a_search_cut_short_does_not_count_as_verified() {
    let folder = folder("short");
    let output = selvedge(
        &folder,
        &[
            "run",
            "lost-increment/fetch-add",
            "--strategy",
            "exhaustive",
            "--max-executions",
            "1",
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        stdout(&output).contains("0 as expected, 1 not as expected, 0 skipped"),
        "{}",
        stdout(&output)
    );
}

/// Rows by name and strategy, with what a shard must not change.
fn counted(document: &serde_json::Value) -> Vec<(String, String, serde_json::Value)> {
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = document["rows"].as_array().unwrap().iter();
    rows.filter(|row| row["verdict"] == "Verified")
        .map(|row| {
            let counts = serde_json::json!([row["executions"], row["outcomes"], row["complete"]]);
            (text(row, "variant"), text(row, "strategy"), counts)
        })
        .collect()
}

#[test]
fn shards_are_merged_into_what_one_run_prints() {
    let folder = folder("shards");
    for shard in ["1/3", "2/3", "3/3"] {
        let output = selvedge(&folder, &["run", "lost-wakeup", "--shard", shard, "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        std::fs::write(folder.join(format!("{}.json", &shard[..1])), &output.stdout).unwrap();
    }
    let merged = selvedge(&folder, &["merge", "3.json", "1.json", "2.json"]);
    assert_eq!(merged.status.code(), Some(0), "{merged:?}");
    let whole = selvedge(&folder, &["run", "lost-wakeup", "--format", "json"]);
    let (merged, whole) = (json(&merged), json(&whole));
    assert!(counted(&whole).len() > 10);
    assert_eq!(counted(&merged), counted(&whole));
    let names = |document: &serde_json::Value| -> Vec<String> {
        let rows = document["rows"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["variant"], row["strategy"]))
            .collect()
    };
    assert_eq!(names(&merged), names(&whole));

    refused(
        &selvedge(&folder, &["merge", "1.json", "3.json"]),
        &["shard 2/3 is missing"],
    );
    refused(
        &selvedge(&folder, &["merge", "1.json", "1.json"]),
        &["give each one once"],
    );
    std::fs::write(folder.join("cut.json"), "{\"version\": 1, \"rows\": [").unwrap();
    refused(&selvedge(&folder, &["merge", "cut.json"]), &["cut.json", "cut short"]);
    refused(
        &selvedge(&folder, &["run", "--shard", "4/3"]),
        &["1/4 for the first of four"],
    );
}

#[test]
fn a_search_that_is_stopped_is_saved_and_resumed() {
    let folder = folder("resume");
    let search = ["run", "lost-wakeup/create-then-check", "--strategy", "exhaustive"];
    let with = |more: &[&str]| selvedge(&folder, &[&search[..], more].concat());
    let first = with(&["--max-executions", "2", "--save-state", "search.json"]);
    // Not verified yet, so not as expected.
    assert_eq!(first.status.code(), Some(1), "{first:?}");
    assert!(stderr(&first).contains("--resume search.json"), "{first:?}");
    let rest = with(&["--resume", "search.json", "--format", "json"]);
    let whole = with(&["--format", "json"]);
    assert_eq!(rest.status.code(), Some(0), "{rest:?}");
    assert_eq!(counted(&json(&rest)), counted(&json(&whole)));

    refused(
        &selvedge(&folder, &["run", "lost-wakeup", "--save-state", "search.json"]),
        &["name one variant"],
    );
    refused(&with(&["--resume", "nothing.json"]), &["nothing.json"]);
    std::fs::write(folder.join("cut.json"), "{\"version\": 1, \"na").unwrap();
    refused(&with(&["--resume", "cut.json"]), &["cut.json", "search from the start"]);
}

#[test]
fn an_estimate_and_any_number_of_workers_change_nothing_but_the_estimate() {
    let folder = folder("workers");
    let search = [
        "run",
        "fair-semaphore/one-permit-threads",
        "--strategy",
        "exhaustive",
        "--format",
        "json",
    ];
    let with = |more: &[&str]| json(&selvedge(&folder, &[&search[..], more].concat()));
    let (one, two) = (with(&[]), with(&["--workers", "2", "--estimate"]));
    assert_eq!(counted(&one), counted(&two));
    assert!(one["rows"][0]["estimated_executions"].is_null());
    assert!(two["rows"][0]["estimated_executions"].as_u64().unwrap() > 0);
}
