//! What cargo says of the crate or workspace: where its target folder is, and which test binaries its packages have.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use selvedge::schedule::Test;
use serde::Deserialize;

use crate::args::ProjectArgs;

/// As much of `cargo metadata` as is needed.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The crate or workspace that a command is about.
#[derive(Debug)]
pub(crate) struct Project {
    metadata: Metadata,
    manifest: Option<PathBuf>,
}

impl Project {
    /// Asks cargo, which downloads nothing for this.
    pub(crate) fn find(args: &ProjectArgs) -> Result<Self> {
        let mut command = cargo("metadata", args.manifest_path.as_ref());
        command.args(["--no-deps", "--format-version", "1"]);
        let output = command.output().context("cannot run cargo")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let metadata = serde_json::from_slice(&output.stdout).context("cargo metadata says something else")?;
        Ok(Project {
            metadata,
            manifest: args.manifest_path.clone(),
        })
    }

    /// Where the tests save their failures: a folder below for each test binary.
    pub(crate) fn schedules(&self) -> PathBuf {
        self.metadata.target_directory.join("selvedge")
    }

    /// The command that runs this test and no other, built as it was when it failed, with options of whoever asks.
    pub(crate) fn test(&self, test: Option<&Test>, options: &[OsString]) -> Command {
        let mut command = cargo("test", self.manifest.as_ref());
        if let Some(test) = test {
            command.args(self.selection(test));
            if !test.rustflags.is_empty() {
                command
                    .env("RUSTFLAGS", &test.rustflags)
                    .env_remove("CARGO_ENCODED_RUSTFLAGS");
            }
        }
        command.args(options);
        if let Some(test) = test {
            command.args(["--", "--exact", &test.name, "--include-ignored"]);
        }
        command
    }

    /// The options of cargo that build no more than the binary of this test.
    fn selection(&self, test: &Test) -> Vec<String> {
        let Some(package) = self.metadata.packages.iter().find(|p| p.name == test.package) else {
            return Vec::new();
        };
        let mut options = vec!["-p".to_owned(), package.name.clone()];
        // A package may have a library and a program of one name, and then this is both of them.
        for target in package
            .targets
            .iter()
            .filter(|t| t.name.replace('-', "_") == test.binary)
        {
            match target.kind.first().map(String::as_str) {
                Some(kind @ ("test" | "bin" | "example" | "bench")) => {
                    options.extend([format!("--{kind}"), target.name.clone()]);
                }
                Some("custom-build") | None => {}
                Some(_) => options.push("--lib".to_owned()),
            }
        }
        options
    }
}

/// The cargo that runs this program, or else the one on the path.
fn cargo(subcommand: &str, manifest: Option<&PathBuf>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand);
    if let Some(manifest) = manifest {
        command.arg("--manifest-path").arg(manifest);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(package: &str, binary: &str) -> Test {
        let test = serde_json::json!({ "package": package, "binary": binary, "name": "tests::passes" });
        serde_json::from_value(test).unwrap()
    }

    #[test]
    fn only_the_binary_of_the_test_is_built() {
        let metadata = serde_json::json!({
            "target_directory": "target",
            "packages": [{ "name": "my-gate", "targets": [
                { "name": "my_gate", "kind": ["lib"] },
                { "name": "my-gate", "kind": ["bin"] },
                { "name": "over-night", "kind": ["test"] },
                { "name": "build-script-build", "kind": ["custom-build"] },
            ]}],
        });
        let project = Project {
            metadata: serde_json::from_value(metadata).unwrap(),
            manifest: None,
        };
        assert_eq!(
            project.selection(&test("my-gate", "over_night")),
            ["-p", "my-gate", "--test", "over-night"]
        );
        assert_eq!(
            project.selection(&test("my-gate", "my_gate")),
            ["-p", "my-gate", "--lib", "--bin", "my-gate"]
        );
        assert!(project.selection(&test("another", "my_gate")).is_empty());
        let command = project.test(Some(&test("my-gate", "over_night")), &["--release".into()]);
        let args: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
        assert_eq!(
            args.join(" "),
            "test -p my-gate --test over-night --release -- --exact tests::passes --include-ignored"
        );
        assert_eq!(command.get_envs().count(), 0);
        let mut for_loom = test("my-gate", "over_night");
        for_loom.rustflags = "--cfg loom".to_owned();
        let command = project.test(Some(&for_loom), &[]);
        let flags = command.get_envs().find(|(name, _)| *name == "RUSTFLAGS");
        assert_eq!(flags, Some(("RUSTFLAGS".as_ref(), Some("--cfg loom".as_ref()))));
    }
}
