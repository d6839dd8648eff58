//! Which test a schedule comes from, and the line that runs it again.

use std::env;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{files, target};

/// The variable with the file of a schedule that is to be run again.
pub(crate) const REPLAY: &str = "SELVEDGE_REPLAY";

/// The test of cargo's that has recorded a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Test {
    /// The package; empty if nobody has said it.
    pub package: String,
    /// The test binary, without the digest that cargo appends.
    pub binary: String,
    /// What cargo calls the test: its module and its function.
    pub name: String,
    /// `RUSTFLAGS`, if it was built with a `--cfg`: without that it is another program. Flags of a configuration file are there again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rustflags: String,
}

impl Test {
    /// The test that is called so, in this process.
    pub(crate) fn of(name: String) -> Self {
        Test {
            package: env::var("CARGO_PKG_NAME").unwrap_or_default(),
            binary: files::binary(),
            name,
            rustflags: rustflags(&|name| env::var(name).ok()),
        }
    }

    /// The test that runs on this OS thread, which is named after it. On the main thread nobody knows.
    pub(crate) fn current() -> Option<Self> {
        let thread = std::thread::current();
        let name = thread.name().filter(|name| *name != "main")?;
        Some(Test::of(name.to_owned()))
    }
}

/// The flags that the process was built with, if they choose what code there is. cargo hands its own environment on to a test.
fn rustflags(variable: &dyn Fn(&str) -> Option<String>) -> String {
    let encoded = variable("CARGO_ENCODED_RUSTFLAGS").map(|flags| flags.replace('\x1f', " "));
    let others = ["RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"].into_iter().filter_map(variable);
    let flags = encoded.into_iter().chain(others).find(|flags| !flags.trim().is_empty());
    flags
        .filter(|flags| flags.split_whitespace().any(|flag| flag.starts_with("--cfg")))
        .unwrap_or_default()
}

/// What a person types to see the interleaving again: the one test that it is of, built as it was.
pub(crate) fn line(schedule: &Path, test: Option<&Test>) -> String {
    let mut line = format!("{REPLAY}={}", quoted(&schedule.to_string_lossy()));
    let Some(test) = test else {
        line.push_str(" cargo test");
        return line;
    };
    if !test.rustflags.is_empty() {
        line.push_str(&format!(" RUSTFLAGS={}", quoted(&test.rustflags)));
    }
    line.push_str(" cargo test");
    // Alone in its workspace, there is no other package.
    if !test.package.is_empty() && files::is_one_of_several() {
        line.push_str(&format!(" -p {}", quoted(&test.package)));
    }
    for option in target::options(&package_folder(), &test.package, &test.binary) {
        line.push_str(&format!(" {}", quoted(&option)));
    }
    line.push_str(&format!(" {} -- --exact", quoted(&test.name)));
    // One that is run all the same may be ignored.
    if env::args().any(|argument| matches!(argument.as_str(), "--ignored" | "--include-ignored")) {
        line.push_str(" --include-ignored");
    }
    line
}

/// The folder of the package that this process tests: cargo names it, and runs its tests there.
fn package_folder() -> PathBuf {
    match env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) if !folder.is_empty() => folder.into(),
        _ => env::current_dir().unwrap_or_default(),
    }
}

/// A word of a command line for a shell, in quotation marks where it needs them.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '%' | '+' | '=' | ',');
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_as_they_are() {
        assert_eq!(
            quoted("target/selvedge/a.b/c-d_e.json"),
            "target/selvedge/a.b/c-d_e.json"
        );
        assert_eq!(quoted("tests::a"), "tests::a");
        for word in [
            "",
            "my folder/it's",
            "$HOME",
            "a\nb",
            "~",
            "*",
            "a;b",
            "src/lib.rs - f (line 3)",
        ] {
            let command = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh")
                .args(["-c", &command])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word, "{command}");
        }
    }

    #[test]
    fn the_line_names_the_file_and_the_test() {
        let test = Test {
            package: String::new(),
            binary: "gate".to_owned(),
            name: "tests::passes".to_owned(),
            rustflags: "--cfg loom".to_owned(),
        };
        let line = line(Path::new("target/a b.json"), Some(&test));
        assert_eq!(
            line,
            "SELVEDGE_REPLAY='target/a b.json' RUSTFLAGS='--cfg loom' cargo test tests::passes -- --exact"
        );
    }

    #[test]
    fn flags_are_told_if_they_choose_the_code() {
        let with = |given: &[(&str, &str)]| {
            rustflags(&|name| {
                given
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(with(&[]), "");
        assert_eq!(with(&[("RUSTFLAGS", "-Dwarnings")]), "");
        assert_eq!(with(&[("RUSTFLAGS", "-Dwarnings --cfg loom")]), "-Dwarnings --cfg loom");
        assert_eq!(
            with(&[("RUSTFLAGS", ""), ("CARGO_BUILD_RUSTFLAGS", "--cfg=loom")]),
            "--cfg=loom"
        );
        let both = [
            ("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1floom"),
            ("RUSTFLAGS", "--cfg shuttle"),
        ];
        assert_eq!(with(&both), "--cfg loom");
    }
}
