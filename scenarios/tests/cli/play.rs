//! Programs that are played, with lines from a file in place of a person.

use std::io::Write;

use super::*;

/// What it prints for these lines, on a terminal of 80 columns.
fn played(folder: &Path, args: &[&str], lines: &str) -> String {
    let mut child = command(folder, args)
        .env("COLUMNS", "80")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let text = stdout(&output);
    assert_fits(&text, 80);
    assert!(!text.contains('\u{1b}'), "{text}");
    text
}

#[test]
fn a_session_to_a_failure_and_back() {
    let folder = folder("play");
    let lines = "?\nnobody\n9\n\n1\n2\n?\nf\n2\n1\n1\n?\nu\nq\n";
    insta::assert_snapshot!(played(&folder, &["play", "lost-increment"], lines));
}

#[test]
fn the_repaired_one_cannot_be_made_to_fail() {
    let folder = folder("play-repaired");
    for args in [
        &["play", "lost-increment/fetch-add"][..],
        &["play", "lost-increment/fetch-add"],
    ] {
        let text = played(&folder, args, "?\n1\nu\nu\n2\n");
        assert!(text.contains("Try to make it fail."), "{text}");
        assert!(
            text.contains("states from here on have been looked at, and none fails."),
            "{text}"
        );
        assert!(text.contains("This is the start."), "{text}");
    }
}

#[test]
fn a_scenario_that_nobody_knows_is_bad_input() {
    let folder = folder("play-unknown");
    for args in [
        &["play", "lost-incremnt"][..],
        &["play", "lost-increment/fetch"],
        &["play"],
    ] {
        let output = selvedge(&folder, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{output:?}");
    }
    assert!(stderr(&selvedge(&folder, &["play", "lost-incremnt"])).contains("lost-increment"));
}
