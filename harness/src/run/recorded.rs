//! Which test a schedule comes from, and the line that runs it again.

use std::env;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files;

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
}

impl Test {
    /// The test that is called so, in this process.
    pub(crate) fn of(name: String) -> Self {
        Test {
            package: env::var("CARGO_PKG_NAME").unwrap_or_default(),
            binary: files::binary(),
            name,
        }
    }

    /// The test that runs on this OS thread, which is named after it. On the main thread nobody knows.
    pub(crate) fn current() -> Option<Self> {
        let thread = std::thread::current();
        let name = thread.name().filter(|name| *name != "main")?;
        Some(Test::of(name.to_owned()))
    }
}

/// What a person types to see the interleaving again.
pub(crate) fn line(schedule: &Path, test: Option<&Test>) -> String {
    let mut line = format!("{REPLAY}={} cargo test", quoted(&schedule.to_string_lossy()));
    if let Some(test) = test {
        // Alone in its workspace, there is no other package.
        if !test.package.is_empty() && files::is_one_of_several() {
            line.push_str(&format!(" -p {}", quoted(&test.package)));
        }
        line.push_str(&format!(" {}", quoted(&test.name)));
    }
    line
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
        };
        let line = line(Path::new("target/a b.json"), Some(&test));
        assert_eq!(line, "SELVEDGE_REPLAY='target/a b.json' cargo test tests::passes");
    }
}
