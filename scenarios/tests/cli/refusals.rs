//! Bad input and bad places: what is refused, with which words, and what is saved all the same.

use super::*;

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
    refused(
        &selvedge(&folder, &["run", "--strategy", "pct:99999999999"]),
        &["99999999999", "10000"],
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
