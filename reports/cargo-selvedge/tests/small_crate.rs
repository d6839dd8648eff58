//! A crate of somebody's own, from its first failing test to its picture: made in a folder, built and run by cargo.
//!
//! The first time it compiles Selvedge once more, for a workspace of its own: about 90 seconds on two cores. Later it takes 15,
//! because the folder stays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MANIFEST: &str = r#"
[package]
name = "small"
version = "0.0.0"
edition = "2024"

[workspace]

[dev-dependencies]
selvedge = { path = "HARNESS", default-features = false }

[profile.dev]
debug = false
"#;

const LIBRARY: &str = r#"
#[cfg(test)]
mod tests {
    use selvedge::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}};
    use selvedge::{Check, thread};

    fn increments() {
        let counter = Arc::new(AtomicU32::new(0).named("counter"));
        let theirs = Arc::clone(&counter);
        let thread = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        counter.store(counter.load(SeqCst) + 1, SeqCst);
        thread.join().unwrap();
        println!("the counter is {counter:?}");
        assert_eq!(counter.load(SeqCst), 2, "an increment is lost");
    }

    #[selvedge::test]
    fn is_lost() {
        increments();
    }

    #[test]
    fn is_lost_in_a_check_of_another_name() {
        Check::new("by hand/$HOME").run(increments).assert_ok();
    }

    #[selvedge::test]
    #[should_panic(expected = "an increment is lost")]
    fn is_lost_as_expected() {
        increments();
    }

    #[selvedge::test]
    #[ignore = "it ends the process"]
    fn ends_its_process() {
        let flag = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&flag);
        let thread = thread::spawn(move || theirs.store(1, SeqCst));
        if flag.load(SeqCst) == 1 {
            std::process::exit(3);
        }
        thread.join().unwrap();
    }
}
"#;

struct Crate {
    folder: PathBuf,
}

impl Crate {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let harness = here.join("../../harness").canonicalize().unwrap();
        fs::create_dir_all(folder.join("src")).unwrap();
        // What another run has found; what it has built may stay.
        let _ = fs::remove_dir_all(folder.join("target/selvedge"));
        let manifest = MANIFEST.replace("HARNESS", &harness.display().to_string().replace('\\', "/"));
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        // The versions that are here already, so that nothing is downloaded.
        fs::copy(here.join("../../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        fs::write(folder.join("src/lib.rs"), LIBRARY).unwrap();
        Crate { folder }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env("CARGO_NET_OFFLINE", "true");
        for variable in ["CARGO_TARGET_DIR", "RUST_BACKTRACE", "CARGO_PKG_NAME"] {
            command.env_remove(variable);
        }
        command
    }

    fn cargo_test(&self, args: &[&str]) -> Output {
        self.command("cargo").arg("test").args(args).output().unwrap()
    }

    fn selvedge(&self, args: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_cargo-selvedge"));
        command.arg("selvedge").args(args).output().unwrap()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The part of a failure's text from its heading to its cause.
fn timeline(text: &str) -> &str {
    let from = text
        .find(": FAILED, ")
        .unwrap_or_else(|| panic!("no failure in: {text}"));
    let to = text[from..]
        .find(" main panicked")
        .unwrap_or_else(|| panic!("no end in: {text}"));
    &text[from..from + to]
}

#[test]
#[ignore = "builds a package of its own: .ci/run runs it"]
fn a_failure_of_a_small_crate_is_told_replayed_and_drawn() {
    let small = Crate::new();

    // The test fails as any test does, and says how it is run again.
    let first = small.cargo_test(&["--lib", "tests::is_lost", "--", "--exact"]);
    let text = stdout(&first);
    assert_eq!(first.status.code(), Some(101), "{text}{}", stderr(&first));
    let line = text
        .lines()
        .find_map(|l| l.trim_start().strip_prefix("replay: "))
        .unwrap();
    assert_eq!(
        line,
        "SELVEDGE_REPLAY=target/selvedge/small.small/tests.is_lost.json cargo test --lib tests::is_lost -- --exact"
    );
    // Each execution has printed, and a line says from where on it is the one that failed.
    let (others, failing) = text.split_once("printed by the failing execution alone").unwrap();
    assert!(others.contains("the counter is 2"), "{text}");
    assert_eq!(failing.matches("the counter is").count(), 1, "{text}");

    // That line does it, word for word. One execution, so what the program prints is there once.
    let again = small.command("sh").args(["-c", line]).output().unwrap();
    let told = stdout(&again);
    assert_eq!(again.status.code(), Some(101), "{told}{}", stderr(&again));
    assert_eq!(timeline(&told), timeline(&text));
    assert!(
        told.contains("replayed, and it fails as recorded") && told.contains(line),
        "{told}"
    );
    assert_eq!(told.matches("the counter is").count(), 1, "{told}");
    assert!(told.contains("running 1 test") && told.contains("1 failed"), "{told}");

    // A check that the test names itself; the line of a file that a shell would read otherwise.
    let named = stdout(&small.cargo_test(&["--lib", "another_name"]));
    let line = named
        .lines()
        .find_map(|l| l.trim_start().strip_prefix("replay: "))
        .unwrap();
    let again = small.command("sh").args(["-c", line]).output().unwrap();
    assert!(
        stdout(&again).contains("it fails as recorded"),
        "{line}: {}",
        stdout(&again)
    );

    // The command line.
    let list = stdout(&small.selvedge(&["list"]));
    let mut names = list.lines().filter(|l| !l.starts_with(' '));
    assert!(
        names
            .next()
            .unwrap()
            .starts_with("tests::is_lost_in_a_check_of_another_name  panic"),
        "{list}"
    );
    assert!(names.next().unwrap().starts_with("tests::is_lost  panic"), "{list}");
    for (name, check) in [
        ("latest", "by hand / $HOME"),
        ("tests::is_lost", "tests / is_lost"),
        ("tests/is_lost", "tests / is_lost"),
    ] {
        let replayed = small.selvedge(&["replay", name]);
        let (out, error) = (stdout(&replayed), stderr(&replayed));
        assert_eq!(replayed.status.code(), Some(0), "{out}{error}");
        assert!(out.starts_with(&format!("{check}: FAILED, panic")), "{out}");
        assert!(error.ends_with("reproduced: panic, as recorded\n"), "{error}");
    }
    let shown = stdout(&small.selvedge(&["show", "tests::is_lost"]));
    assert!(shown.contains("src/lib.rs:"), "{shown}");
    let cause = |text: &str| {
        let from = text
            .find("cause: fails exactly when")
            .unwrap_or_else(|| panic!("no cause: {text}"));
        let to = text[from..]
            .find(" replay: ")
            .unwrap_or_else(|| panic!("no end: {text}"));
        text[from..from + to].to_owned()
    };
    assert_eq!(cause(&shown), cause(&text));
    let mut narrow = small.command(env!("CARGO_BIN_EXE_cargo-selvedge"));
    let narrow = narrow.args(["selvedge", "show", "tests::is_lost"]).env("COLUMNS", "64");
    let narrow = stdout(&narrow.output().unwrap());
    let wide: Vec<&str> = narrow.lines().filter(|line| line.chars().count() > 64).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let markdown = stdout(&small.selvedge(&["show", "tests::is_lost", "--format", "md"]));
    assert!(markdown.starts_with("### tests / is\\_lost: panic"), "{markdown}");
    let page = stdout(&small.selvedge(&["html", "tests::is_lost"]));
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    let picture = small.folder.join("target/failure.svg");
    let drawn = small.selvedge(&["svg", "tests::is_lost", "--out", picture.to_str().unwrap()]);
    assert!(drawn.status.success(), "{}", stderr(&drawn));
    assert!(fs::read_to_string(picture).unwrap().starts_with("<svg"));
    let unknown = small.selvedge(&["replay", "no_such_test"]);
    assert_eq!(unknown.status.code(), Some(2));

    // What is expected to panic panics; a bad variable fails the test with its name.
    let expected = small.cargo_test(&["--lib", "as_expected"]);
    assert!(expected.status.success(), "{}", stdout(&expected));
    let mut bad = small.command("cargo");
    let bad = bad
        .args(["test", "--lib", "tests::is_lost", "--", "--exact"])
        .env("SELVEDGE_TIME", "30");
    let bad = stdout(&bad.output().unwrap());
    assert!(
        bad.contains("SELVEDGE_TIME=30: give a time above 0 with its unit"),
        "{bad}"
    );

    // One whose name is misspelled is told, also where the test passes.
    // In two pieces, so that nobody takes it for one of ours.
    let name = concat!("SELVEDGE", "_STRATEGIE");
    let mut misspelled = small.command("cargo");
    let misspelled = misspelled.args(["test", "--lib", "as_expected"]).env(name, "pct");
    let misspelled = misspelled.output().unwrap();
    assert!(misspelled.status.success(), "{}", stdout(&misspelled));
    let told =
        format!("selvedge: the variable {name} is not known and does nothing; did you mean SELVEDGE_STRATEGY?\n");
    assert_eq!(stderr(&misspelled).matches(&told).count(), 1, "{}", stderr(&misspelled));

    // An execution that ends its process is told of by the next one, and replayed.
    let ending = ["--lib", "ends_its_process", "--", "--ignored"];
    small.cargo_test(&ending);
    let next = stderr(&small.cargo_test(&ending));
    let (_, line) = next.split_once("run it again: ").unwrap_or_else(|| panic!("{next}"));
    let line = line.lines().next().unwrap();
    let command = "cargo test --lib tests::ends_its_process -- --exact --include-ignored";
    assert!(
        line.starts_with("SELVEDGE_REPLAY=") && line.ends_with(command),
        "{line}"
    );
    let replayed = small.selvedge(&["replay", "tests::ends_its_process"]);
    let error = stderr(&replayed);
    assert_eq!(replayed.status.code(), Some(0), "{error}");
    assert!(
        error.contains("reproduced: the process ended in this execution"),
        "{error}"
    );

    // A program that has changed, and one whose test cannot be compiled.
    let repaired = LIBRARY.replace(
        "theirs.store(theirs.load(SeqCst) + 1, SeqCst)",
        "drop(theirs.fetch_add(1, SeqCst))",
    );
    assert_ne!(repaired, LIBRARY);
    fs::write(small.folder.join("src/lib.rs"), &repaired).unwrap();
    let changed = small.selvedge(&["replay", "tests::is_lost"]);
    assert_eq!(changed.status.code(), Some(2), "{}", stderr(&changed));
    assert!(stderr(&changed).contains("the program changed"), "{}", stderr(&changed));

    // Once it passes, the list says so, and its file is there still. What fails is the newest one.
    let list = stdout(&small.selvedge(&["list"]));
    assert!(!list.contains("passed since"), "{list}");
    let repaired = repaired.replace(
        "counter.store(counter.load(SeqCst) + 1, SeqCst)",
        "drop(counter.fetch_add(1, SeqCst))",
    );
    fs::write(small.folder.join("src/lib.rs"), repaired).unwrap();
    let passes = small.cargo_test(&["--lib", "tests::is_lost", "--", "--exact"]);
    assert!(passes.status.success(), "{}", stdout(&passes));
    let list = stdout(&small.selvedge(&["list"]));
    let row = list
        .lines()
        .find(|line| line.starts_with("tests::is_lost  panic"))
        .unwrap();
    assert!(row.contains("; passed since: all "), "{list}");
    assert_eq!(list.matches("passed since").count(), 1, "{list}");
    let json = stdout(&small.selvedge(&["list", "--format", "json"]));
    assert!(json.contains("\"passed_since\": \"all "), "{json}");
    assert!(json.contains("\"passed_since\": null"), "{json}");
    let again = small.selvedge(&["replay", "target/selvedge/small.small/tests.is_lost.json"]);
    assert!(stderr(&again).contains("the program changed"), "{}", stderr(&again));

    // A test that is there no more: nothing is replayed, and that is not green.
    let renamed = LIBRARY.replace("fn is_lost()", "fn is_gone()");
    fs::write(small.folder.join("src/lib.rs"), renamed).unwrap();
    let gone = small.selvedge(&["replay", "tests::is_lost"]);
    assert_eq!(gone.status.code(), Some(2), "{}", stderr(&gone));
    assert!(stderr(&gone).contains("nothing was replayed"), "{}", stderr(&gone));

    // What fails again has not passed since.
    fs::write(small.folder.join("src/lib.rs"), LIBRARY).unwrap();
    small.cargo_test(&["--lib", "tests::is_lost", "--", "--exact"]);
    let list = stdout(&small.selvedge(&["list"]));
    assert!(!list.contains("passed since"), "{list}");
    fs::write(
        small.folder.join("src/lib.rs"),
        "\n#[cfg(test)]\n#[selvedge::test(executions = 0)]\nfn wrong() {}\n",
    )
    .unwrap();
    let wrong = small.selvedge(&["replay", "tests::is_lost"]);
    let error = stderr(&wrong);
    assert_eq!(wrong.status.code(), Some(2), "{error}");
    assert!(
        error.contains("give a number of 1 or more") && error.contains("src/lib.rs:3:31"),
        "{error}"
    );
    assert!(error.contains("does not compile"), "{error}");
}
