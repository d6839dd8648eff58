//! What people read: widths, colours, summaries, rows as they come.

use super::*;

#[test]
fn what_people_read_fits_their_terminal() {
    let folder = folder("width");
    let short = [
        &["run", "lost-increment"][..],
        &[
            "run",
            "waiter-queue/intrusive-gives-up",
            "waiter-queue/intrusive-gives-up-threads",
            "--verbose",
        ],
        &["list"],
        &["list", "A", "--tag", "server"],
    ];
    for (columns, args) in [(80, &[&["run", "A", "E"][..]][..]), (80, &short), (120, &short)] {
        for &args in args {
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
