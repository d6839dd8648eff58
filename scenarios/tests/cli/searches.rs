//! Searches that are replayed, cut short, divided, saved and resumed.

use super::*;

/// An exhaustive search of one variant, with more options.
fn exhaustive(folder: &Path, more: &[&str]) -> Output {
    let search = ["run", "lost-wakeup/create-then-check", "--strategy", "exhaustive"];
    selvedge(folder, &[&search[..], more].concat())
}

#[test]
fn a_replay_prints_what_run_printed_every_time() {
    let (folder, file) = recorded("replay");
    let run = stdout(&selvedge(&folder, &["run", NAIVE]));
    let [first, second] = [(), ()].map(|()| selvedge(&folder, &["replay", "latest"]));
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert_eq!(first.stdout, second.stdout);
    // Why it fails only a search can say.
    let why = |line: &&str| {
        [" cause:", "        ", " repaired", "   "]
            .iter()
            .any(|begin| line.starts_with(begin))
    };
    let table = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '─');
    let of = |text: &str| {
        text.lines()
            .filter(|line| !why(line) || table(line))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (told, again) = (of(&run), of(&stdout(&first)));
    assert!(told.contains(&again), "{told}\n---\n{again}");
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
    let with = |more: &[&str]| exhaustive(&folder, more);
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

/// Nobody writes to the pipe, so the command waits for its first byte, and one signal is enough.
#[cfg(target_os = "linux")]
#[test]
fn a_search_that_is_read_from_a_pipe_can_be_interrupted() {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    let folder = folder("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(folder.join("pipe"))
            .status()
            .unwrap()
            .success()
    );
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let mut search = command(
            &folder,
            &[
                "run",
                "lost-increment/fetch-add",
                "--strategy",
                "exhaustive",
                "--resume",
                "pipe",
            ],
        );
        // A shell that runs the tests in the background has them ignore an interrupt, and whatever they start.
        let heeds_interrupts = || {
            // SAFETY: `signal` is async-signal-safe, and this is all that the forked process does before it is another
            // program.
            match unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) } {
                libc::SIG_ERR => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            }
        };
        // SAFETY: see above; it allocates nothing and takes no lock.
        unsafe { search.pre_exec(heeds_interrupts) };
        let mut child = search.stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(child.try_wait().unwrap().is_none(), "it waits");
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let started = std::time::Instant::now();
        let status = child.wait().unwrap();
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{signal}");
        assert_eq!(status.signal(), Some(number), "{status:?}");
    }
}

/// Whoever damages one of many characters must not be told another verdict.
#[test]
fn a_saved_search_that_was_changed_is_refused() {
    let folder = folder("changed-search");
    let with = |more: &[&str]| exhaustive(&folder, more);
    let _ = with(&["--max-executions", "2", "--save-state", "search.json"]);
    let file = folder.join("search.json");
    let saved = std::fs::read(&file).unwrap();
    for at in (0..saved.len()).step_by(saved.len() / 8) {
        let mut changed = saved.clone();
        changed[at] ^= 1;
        std::fs::write(&file, changed).unwrap();
        refused(
            &with(&["--resume", "search.json"]),
            &["search.json", "holds no saved search", "search from the start"],
        );
    }
}

#[test]
fn a_schedule_cut_to_its_first_steps_is_refused() {
    let (folder, file) = recorded("first-steps");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["steps"].as_array_mut().unwrap().truncate(1);
    std::fs::write(&file, json.to_string()).unwrap();
    refused(
        &selvedge(&folder, &["replay", "latest"]),
        &["ends after step 1", "cut short"],
    );
}

#[test]
fn in_a_package_schedules_are_saved_under_the_target_folder() {
    let folder = folder("package");
    std::fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"member\"]\n").unwrap();
    let member = folder.join("member");
    std::fs::create_dir(&member).unwrap();
    std::fs::write(member.join("Cargo.toml"), "[package]\nname = \"member\"\n").unwrap();
    let elsewhere = folder.join("elsewhere");
    for args in [["run", NAIVE], ["replay", "latest"]] {
        let output = command(&member, &args)
            .env("CARGO_TARGET_DIR", &elsewhere)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert!(elsewhere.join("selvedge/lost-increment.load-then-store.json").exists());
    assert!(!member.join("target").exists());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_replaced_by_a_saved_search() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = folder("nodes");
    let save = |path: &str| exhaustive(&folder, &["--max-executions", "2", "--save-state", path]);
    let kind = |name: &str| std::fs::symlink_metadata(folder.join(name)).unwrap().file_type();
    symlink("real.json", folder.join("link")).unwrap();
    assert_eq!(save("link").status.code(), Some(1));
    assert!(kind("link").is_symlink() && kind("real.json").is_file());
    symlink("/dev/null", folder.join("null")).unwrap();
    assert_eq!(save("null").status.code(), Some(1));
    assert!(kind("null").is_symlink());
    assert!(
        Command::new("mkfifo")
            .arg(folder.join("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let output = save("pipe");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("pipe"), "{output:?}");
    assert!(kind("pipe").is_fifo());

    let output = selvedge(&folder, &["run", NAIVE, "--out", "null"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(kind("null").is_symlink());
    // The pointer to the last schedule may be a link too.
    std::fs::create_dir(folder.join("out")).unwrap();
    symlink("../kept", folder.join("out/latest")).unwrap();
    let _ = selvedge(&folder, &["run", NAIVE, "--out", "out"]);
    assert!(kind("out/latest").is_symlink() && kind("kept").is_file());
}
