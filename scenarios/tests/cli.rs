//! The binary as a user meets it: what it prints, what it saves, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use selvedge::FailureKind;
use selvedge_scenarios::catalog::{Expected, Kind, Scenario, Variant};

const NAIVE: &str = "lost-increment/load-then-store";

/// A folder of its own for each test, empty, below cargo's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn command(folder: &Path, args: &[&str]) -> Command {
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

fn selvedge(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

/// What it prints for a terminal of so many columns.
fn at_width(folder: &Path, columns: usize, args: &[&str]) -> String {
    stdout(
        &command(folder, args)
            .env("COLUMNS", columns.to_string())
            .output()
            .unwrap(),
    )
}

#[track_caller]
fn assert_fits(text: &str, columns: usize) {
    assert!(!text.is_empty());
    for line in text.lines() {
        assert!(line.chars().count() <= columns, "wider than {columns}: {line}");
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// The text without the times at the ends of lines.
fn without_times(text: &str) -> String {
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
fn refused(output: &Output, parts: &[&str]) {
    let error = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(!error.contains("panicked"), "{error}");
    for part in parts {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
}

/// A folder with the saved schedule of the naive variant.
fn recorded(name: &str) -> (PathBuf, PathBuf) {
    let folder = folder(name);
    assert_eq!(selvedge(&folder, &["run", NAIVE]).status.code(), Some(0));
    let file = folder.join("target/selvedge/lost-increment.load-then-store.json");
    assert!(file.exists());
    (folder, file)
}

/// How many runs the catalog lists for the variants of lost-increment whose name contains `part`.
fn runs(part: &str) -> usize {
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
fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(file).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed);
    std::fs::write(file, changed).unwrap();
}

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
    let [first, second] = [(), ()].map(|()| selvedge(&folder, &["run", "lost-increment"]));
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert_eq!(without_times(&stdout(&first)), without_times(&stdout(&second)));
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

#[test]
fn an_unknown_filter_is_answered_with_suggestions() {
    let folder = folder("filter");
    refused(
        &selvedge(&folder, &["run", "lost-incremnt"]),
        &["lost-incremnt", "did you mean lost-increment", "selvedge list"],
    );
    refused(
        &selvedge(&folder, &["show", "lost-increment/load-and-store"]),
        &["did you mean lost-increment/load-then-store"],
    );
    refused(
        &selvedge(&folder, &["run", "lost-increment", "xyzzy"]),
        &["xyzzy", "selvedge list"],
    );
    refused(&selvedge(&folder, &["run", ""]), &["selvedge list"]);
    refused(&selvedge(&folder, &["run", "X"]), &["`X`", "selvedge list"]);
    refused(&selvedge(&folder, &["list", "gone-*"]), &["gone-*", "selvedge list"]);
    refused(&selvedge(&folder, &["run", "lost-[ab"]), &["lost-[ab", "quotes"]);
    refused(
        &selvedge(&folder, &["list", "F", "--tag", "naive", "--tag", "fixed"]),
        &["naive and fixed", "selvedge list --tag naive"],
    );
    refused(
        &selvedge(&folder, &["list", "--tag", "odd"]),
        &["lost-wakeup", "server"],
    );
}

#[test]
fn bad_usage_says_what_would_be_right() {
    let folder = folder("usage");
    refused(
        &selvedge(&folder, &["run", "--strategy", "best"]),
        &["exhaustive", "pct[:DEPTH]"],
    );
    refused(&selvedge(&folder, &["run", "--max-time", "30"]), &["30s"]);
    refused(
        &selvedge(&folder, &["run", "--max-executions", "0"]),
        &["--max-executions"],
    );
    refused(
        &selvedge(&folder, &["run", "--engine", "loom", "--strategy", "dfs"]),
        &["controlled", "--engine"],
    );
    refused(
        &selvedge(&folder, &["run", "--format", "yaml"]),
        &["text", "json", "junit"],
    );
    refused(&selvedge(&folder, &[]), &["Usage"]);
}

#[test]
fn a_file_cut_short_is_refused() {
    let (folder, file) = recorded("cut");
    edit(&file, |text| text[..text.len() / 2].to_owned());
    refused(
        &selvedge(&folder, &["replay", "latest"]),
        &["damaged or cut short", "record the schedule again"],
    );
}

#[test]
fn a_newer_format_is_refused_by_its_number() {
    let (folder, file) = recorded("newer");
    edit(&file, |text| text.replace("\"version\": 1", "\"version\": 7"));
    refused(
        &selvedge(&folder, &["replay", "latest"]),
        &["version 7", "reads version 1"],
    );
}

#[test]
fn a_schedule_of_an_unknown_program_is_refused() {
    let (folder, file) = recorded("unknown");
    edit(&file, |text| text.replace("load-then-store", "gone"));
    refused(
        &selvedge(&folder, &["replay", "latest"]),
        &["lost-increment/gone", "not in the catalog"],
    );
    edit(&file, |text| text.replace("lost-increment", "elsewhere"));
    refused(
        &selvedge(&folder, &["replay", "latest"]),
        &["elsewhere/gone", "not in the catalog"],
    );
}

#[test]
fn a_program_that_changed_is_refused_at_the_step_that_differs() {
    let (folder, file) = recorded("changed");
    edit(&file, |text| text.replacen("\"counter\"", "\"tally\"", 1));
    refused(
        &selvedge(&folder, &["replay", "latest"]),
        &["diverged at step 1", "tally", "record it again"],
    );
}

#[test]
fn what_is_no_schedule_is_refused() {
    let folder = folder("nothing");
    refused(
        &selvedge(&folder, &["replay", "latest"]),
        &["no schedule has been saved", "selvedge run"],
    );
    refused(
        &selvedge(&folder, &["replay", "missing.json"]),
        &["cannot read missing.json"],
    );
    std::fs::write(folder.join("other.json"), "{\"a\": 1}").unwrap();
    refused(
        &selvedge(&folder, &["replay", "other.json"]),
        &["not a schedule of Selvedge"],
    );
    std::fs::write(folder.join("binary.json"), [0xff, 0xfe, 0x00]).unwrap();
    refused(
        &selvedge(&folder, &["replay", "binary.json"]),
        &["cannot read binary.json"],
    );
    refused(&selvedge(&folder, &["replay", "."]), &["cannot read ."]);
}

#[test]
fn a_folder_that_cannot_be_written_does_not_hide_what_was_found() {
    let folder = folder("readonly");
    std::fs::write(folder.join("file"), "").unwrap();
    let output = selvedge(&folder, &["run", NAIVE, "--out", "file/below"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        stdout(&output).contains(&format!("{} as expected", runs("load-then-store"))),
        "{output:?}"
    );
    let error = stderr(&output);
    assert!(
        error.starts_with("error: schedules are not saved under --out file/below: cannot write"),
        "{error}"
    );

    // Nobody asked for the folder of the default, so it is not missed.
    std::fs::write(folder.join("target"), "").unwrap();
    let output = selvedge(&folder, &["run", "lost-increment", "lock-order"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = stderr(&output);
    assert!(
        told.starts_with("schedules are not saved: cannot write target/selvedge"),
        "{told}"
    );
    assert_eq!(
        (told.lines().count(), told.matches("Not a directory").count()),
        (1, 1),
        "{told}"
    );
    let text = stdout(&output);
    assert!(
        text.contains("selvedge show") && !text.contains("replay latest"),
        "{text}"
    );
    let document = json(&selvedge(&folder, &["run", NAIVE, "--format", "json"]));
    assert!(document["rows"][0]["schedule"].is_null(), "{document}");
}

#[test]
fn what_people_read_fits_their_terminal() {
    let folder = folder("width");
    for columns in [80, 120] {
        for args in [
            &["run", "lost-increment"][..],
            &["run", "A", "D", "E"],
            &["run", "waiter-queue", "--verbose"],
            &["list"],
            &["list", "A", "--tag", "server"],
        ] {
            let text = at_width(&folder, columns, args);
            assert_fits(&text, columns);
            // A name is never broken.
            for name in text
                .split_whitespace()
                .filter(|word| word.starts_with("intrusive-gives"))
            {
                assert!(
                    ["intrusive-gives-up", "intrusive-gives-up-threads"].contains(&name),
                    "{name}"
                );
            }
        }
    }
    let (narrow, wide) = (at_width(&folder, 80, &["list"]), at_width(&folder, 200, &["list"]));
    assert!(narrow.lines().count() > wide.lines().count());
}

#[test]
fn the_whole_catalog_fits_on_a_screen_and_a_missing_server_is_mentioned_once() {
    let folder = folder("screen");
    let output = selvedge(&folder, &["run"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text.lines().count() < 24, "{text}");
    assert_fits(&text, 100);
    for section in ["A  Waiting for completion", "G  From the field"] {
        assert!(text.contains(&format!("✓ {section} ")), "{text}");
    }
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows = json(&selvedge(&folder, &["run", "execution-log", "--format", "json"]));
    let reasons: Vec<&str> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["reason"].as_str())
        .collect();
    assert_eq!(reasons.len(), 8);
    for reason in reasons {
        assert_eq!(one_line.matches(&format!("skipped: {reason}")).count(), 1, "{text}");
    }
    assert!(text.contains(" 0 not as expected, 8 skipped"), "{text}");
}

#[test]
fn verbose_has_a_line_for_every_run_and_quiet_only_what_is_wrong() {
    let folder = folder("verbose");
    let text = stdout(&selvedge(&folder, &["run", "lost-increment", "--verbose"]));
    let catalog = selvedge_scenarios::catalog();
    let scenario = catalog.iter().find(|s| s.name == "lost-increment").unwrap();
    for variant in &scenario.variants {
        assert!(
            text.contains(&format!("  {} ({})\n", variant.name, variant.word())),
            "{text}"
        );
    }
    assert_eq!(text.matches("✓").count(), runs(""), "{text}");

    let output = selvedge(&folder, &["run", "lost-increment", "-q"]);
    assert_eq!(
        (output.status.code(), stdout(&output), stderr(&output)),
        (Some(0), String::new(), String::new())
    );
    let short = [
        "run",
        "lost-increment",
        "-q",
        "--strategy",
        "exhaustive",
        "--max-executions",
        "1",
    ];
    let output = selvedge(&folder, &short);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("✗ lost-increment/fetch-add under exhaustive: expected verified, found passed"),
        "{text}"
    );
    refused(&selvedge(&folder, &["run", "-q", "-v"]), &["--quiet", "--verbose"]);
}

#[test]
fn colours_go_to_a_terminal_or_where_they_are_asked_for() {
    let folder = folder("colour");
    let coloured = |args: &[&str], variables: &[&str]| {
        let mut command = command(&folder, &[&["run", NAIVE], args].concat());
        for variable in variables {
            command.env(variable, "1");
        }
        stdout(&command.output().unwrap()).contains("\u{1b}[")
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&[], &["CLICOLOR_FORCE"]));
    assert!(!coloured(&[], &["CLICOLOR_FORCE", "NO_COLOR"]));
    assert!(!coloured(&["--color", "never"], &["CLICOLOR_FORCE"]));
    // The same text, whatever its colours.
    let [plain, painted] = ["never", "always"].map(|color| {
        let text = stdout(&selvedge(&folder, &["replay", "latest", "--color", color]));
        text.split('\u{1b}')
            .enumerate()
            .map(|(n, part)| if n == 0 { part } else { part.split_once('m').unwrap().1 })
            .collect::<String>()
    });
    assert_eq!(plain, painted);
}

#[test]
fn sections_patterns_and_tags_select_the_same_for_list_and_run() {
    let folder = folder("selection");
    let names = |args: &[&str]| -> Vec<String> {
        let listed = json(&selvedge(&folder, &[&["list", "--format", "json"], args].concat()));
        let mut names = Vec::new();
        for scenario in listed["scenarios"].as_array().unwrap() {
            for variant in scenario["variants"].as_array().unwrap() {
                names.push(format!(
                    "{}/{}",
                    scenario["name"].as_str().unwrap(),
                    variant["name"].as_str().unwrap()
                ));
            }
        }
        let run = json(&selvedge(&folder, &[&["run", "--format", "json"], args].concat()));
        let mut ran: Vec<String> = Vec::new();
        for row in run["rows"].as_array().unwrap() {
            ran.push(format!(
                "{}/{}",
                row["scenario"].as_str().unwrap(),
                row["variant"].as_str().unwrap()
            ));
        }
        ran.dedup();
        assert_eq!(names, ran, "{args:?}");
        names
    };
    let catalog = selvedge_scenarios::catalog();
    let wanted = |test: &dyn Fn(&Scenario, &Variant) -> bool| -> Vec<String> {
        let all = catalog.iter().flat_map(|s| s.variants.iter().map(move |v| (s, v)));
        all.filter(|(s, v)| test(s, v))
            .map(|(s, v)| format!("{}/{}", s.name, v.name))
            .collect()
    };
    let letter = names(&["E"]);
    assert!(!letter.is_empty());
    assert_eq!(letter, wanted(&|s, _| s.section == "E"));
    assert_eq!(names(&["e"]), letter);
    assert_eq!(names(&["lost-*"]), wanted(&|s, _| s.name.starts_with("lost-")));
    let condvars = wanted(&|s, v| s.name == "lost-wakeup" && v.name.starts_with("condvar-"));
    assert!(condvars.len() > 1);
    assert_eq!(names(&["lost-*/condvar-*"]), condvars);
    let races = wanted(&|_, v| v.expected == Expected::Fails(FailureKind::DataRace));
    assert!(races.len() > 1);
    assert_eq!(names(&["--tag", "data-race"]), races);
    let controls = wanted(&|s, v| v.control && v.kind == Kind::Fixed && matches!(s.section, "A" | "B"));
    assert!(!controls.is_empty());
    assert_eq!(names(&["A", "B", "--tag", "control", "--tag", "fixed"]), controls);
}

#[test]
fn a_seed_is_that_of_the_samples_and_promises_nothing() {
    let folder = folder("seed");
    for seed in ["0", "7"] {
        let output = selvedge(&folder, &["run", NAIVE, "--strategy", "random", "--seed", seed]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let file = std::fs::read(folder.join("target/selvedge/lost-increment.load-then-store.json")).unwrap();
        let schedule: serde_json::Value = serde_json::from_slice(&file).unwrap();
        assert_eq!(schedule["seed"].to_string(), seed);
    }
    // One sample that may miss.
    let one = [
        "run",
        NAIVE,
        "--strategy",
        "pos",
        "--max-executions",
        "1",
        "--seed",
        "1",
        "--format",
        "json",
    ];
    let document = json(&selvedge(&folder, &one));
    assert_eq!(document["rows"][0]["expected"], "Passed|Panic");
    assert_eq!(document["rows"][0]["as_expected"], true);
}

#[test]
fn shells_complete_commands_and_names() {
    let folder = folder("completions");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&selvedge(&folder, &["completions", shell]));
        for word in ["selvedge", "replay", "max-executions"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
        // The others do not complete the values of arguments.
        if matches!(shell, "bash" | "zsh") {
            for word in ["lost-increment", "fetch-add", "lost-wakeup", "junit"] {
                assert!(script.contains(word), "{shell}: no {word}");
            }
        }
    }
    refused(&selvedge(&folder, &["completions", "tcl"]), &["bash", "zsh", "fish"]);
}

#[test]
fn a_forbidden_outcome_is_not_told_as_a_panic_that_nobody_wrote() {
    let folder = folder("forbidden");
    let run = stdout(&selvedge(&folder, &["run", NAIVE]));
    assert!(
        run.contains("load-then-store  forbidden outcome: exhaustive 2"),
        "{run}"
    );
    assert!(run.contains("FAILED, forbidden outcome (interleaving 2"), "{run}");
    assert!(run.contains(" forbidden outcome 1\n an increment is lost\n"), "{run}");
    let replay = selvedge(&folder, &["replay", "latest"]);
    assert_eq!(stderr(&replay), "reproduced: forbidden outcome, as recorded\n");
    let lesson = stdout(&selvedge(&folder, &["show", "lost-increment"]));
    for text in [run, stdout(&replay), lesson] {
        assert!(!text.contains("panic"), "{text}");
    }
    let document = json(&selvedge(&folder, &["run", NAIVE, "--format", "json"]));
    assert_eq!(document["rows"][0]["failure_kind"], "Panic");
    assert_eq!(document["rows"][0]["forbidden_outcome"], "1");
    // A panic that somebody did write stays one.
    let panics = stdout(&selvedge(&folder, &["run", "check-then-act/contains-then-index"]));
    assert!(panics.contains("FAILED, panic"), "{panics}");
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

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_not() {
    let folder = folder("full");
    let command = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_selvedge"));
        command.current_dir(&folder).args(args);
        command
    };
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&["list"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot write to standard output: No space left"),
        "{output:?}"
    );

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&["list"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}

#[test]
fn show_sets_the_lesson_for_the_terminal_with_the_verdicts() {
    let folder = folder("show");
    for name in ["lost-increment", "background-writer-gap", "fair-semaphore"] {
        for columns in [80, 120] {
            let text = at_width(&folder, columns, &["show", name]);
            for mark in ["**", "```", "\n#", "| --- "] {
                assert!(!text.contains(mark), "{mark} in {text}");
            }
            let catalog = selvedge_scenarios::catalog();
            let scenario = catalog.iter().find(|s| s.name == name).unwrap();
            for variant in &scenario.variants {
                let row = format!("\n {} ", variant.name);
                assert!(text.contains(&row), "{} is broken in {text}", variant.name);
            }
            // Code and timelines stand two columns in, and keep their width.
            for line in text.lines().filter(|line| !line.starts_with("  ")) {
                assert!(line.chars().count() <= columns, "wider than {columns}: {line}");
            }
        }
    }
    let lesson = stdout(&selvedge(&folder, &["show", "lost-increment"]));
    assert!(lesson.starts_with("Lost increment\n══════════════\n"), "{lesson}");
    assert!(lesson.contains("Source: "), "{lesson}");
    let verdict = |words: &[&str]| {
        let mut rows = lesson.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
        assert!(rows.any(|row| row.starts_with(words)), "{words:?} in {lesson}");
    };
    verdict(&["load-then-store", "naive", "forbidden", "outcome", "2"]);
    verdict(&["fetch-add", "fixed", "verified", "2"]);
}

#[test]
fn show_prints_the_code_of_a_variant_beside_its_interleaving() {
    let folder = folder("show-variant");
    let naive = stdout(&selvedge(&folder, &["show", NAIVE]));
    let fixed = stdout(&selvedge(&folder, &["show", "lost-increment/fetch-add"]));
    assert!(naive.contains("  || count(Increment::LoadThenStore)\n"), "{naive}");
    assert!(
        naive.contains("counter.store(value + 1") && !naive.contains("counter.fetch_add"),
        "{naive}"
    );
    assert!(
        fixed.contains("counter.fetch_add") && !fixed.contains("counter.store(value + 1"),
        "{fixed}"
    );
    assert!(naive.lines().all(|line| line == line.trim_end()), "{naive}");
    assert!(naive.find("fn count(") < naive.find("── preempted ──"), "{naive}");
    assert!(
        naive.ends_with("Found: forbidden outcome, in execution 2 under exhaustive; as expected.\n"),
        "{naive}"
    );
    assert!(
        fixed.contains("lost-increment/fetch-add: Verified, all 2 interleavings\n"),
        "{fixed}"
    );
    assert!(
        fixed.contains("Found: verified, in 2 executions under exhaustive; as expected.\n"),
        "{fixed}"
    );
    // The table of outcomes, with the exact number of interleavings of each.
    let counted = |text: &str, outcome: &str, rest: &[&str]| {
        let row = text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
        assert!(row.into_iter().any(|r| r[..] == [&[outcome], rest].concat()), "{text}");
    };
    counted(&naive, "1", &["2", "forbidden", "an", "increment", "is", "lost"]);
    counted(&naive, "2", &["2", "acceptable", "both", "increments", "count"]);
    counted(&fixed, "1", &["0", "0", "forbidden", "an", "increment", "is", "lost"]);
}

#[test]
fn show_draws_a_failing_interleaving_and_says_when_there_is_none() {
    let folder = folder("draw");
    for (format, start) in [
        ("md", "### lost-increment"),
        ("html", "<!doctype html>"),
        ("svg", "<svg "),
    ] {
        let output = selvedge(&folder, &["show", NAIVE, "--format", format]);
        assert!(stdout(&output).starts_with(start), "{output:?}");
    }
    refused(
        &selvedge(&folder, &["show", "lost-increment/fetch-add", "--format", "svg"]),
        &["no failing interleaving"],
    );
    refused(
        &selvedge(&folder, &["show", "lost-increment", "--format", "html"]),
        &["name it"],
    );
}

#[test]
#[cfg(unix)]
fn rows_are_printed_as_they_come_and_ctrl_c_ends_a_run_with_what_was_found() {
    let folder = folder("interrupt");
    let mut child = Command::new(env!("CARGO_BIN_EXE_selvedge"))
        .current_dir(&folder)
        .args([
            "run",
            "lost-increment",
            "--strategy",
            "random",
            "--max-executions",
            "1000000000",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first run fails at once and is saved; the second one would take an hour.
    let saved = folder.join("target/selvedge/lost-increment.load-then-store.json");
    let mut first = BufReader::new(child.stdout.take().unwrap());
    let mut heading_and_row = [String::new(), String::new()];
    for line in &mut heading_and_row {
        first.read_line(line).unwrap();
    }
    assert!(
        heading_and_row[0].starts_with("lost-increment: "),
        "{heading_and_row:?}"
    );
    assert!(heading_and_row[1].contains("load-then-store"), "{heading_and_row:?}");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !saved.exists() {
        assert!(std::time::Instant::now() < deadline, "nothing was saved");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let signal = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(signal.success());
    let mut rest = String::new();
    first.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stderr(&output).contains("interrupted after 1 of 3 runs"), "{output:?}");
    assert!(rest.contains("1 as expected, 0 not as expected"), "{rest}");
    assert_eq!(selvedge(&folder, &["replay", "latest"]).status.code(), Some(0));
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
