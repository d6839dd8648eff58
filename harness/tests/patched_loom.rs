//! A package of our own that stands in for loom makes no circle, although the crate can use the real one.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_stand_in_for_loom_may_depend_on_this_crate_with_loom_on() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patched-loom");
    let _ = fs::remove_dir_all(&folder);
    let package = |name: &str, manifest: String| {
        let package = folder.join(name);
        fs::create_dir_all(package.join("src")).expect("a folder can be made");
        fs::write(package.join("src/lib.rs"), "").expect("a file can be written");
        fs::write(package.join("Cargo.toml"), manifest).expect("a file can be written");
        package
    };
    let selvedge = format!("selvedge = {{ path = {harness:?}, features = [\"loom\"] }}");
    package(
        "stand-in",
        format!(
            "[package]\nname = \"loom\"\nversion = \"0.7.99\"\nedition = \"2024\"\n[dependencies]\n{selvedge}\n[workspace]\n"
        ),
    );
    let user = package(
        "user",
        format!(
            "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nloom = \"0.7\"\n{selvedge}\n\
             [patch.crates-io]\nloom = {{ path = \"../stand-in\" }}\n[workspace]\n"
        ),
    );
    // The same versions as here, so that nothing has to be fetched.
    fs::copy(harness.join("../Cargo.lock"), user.join("Cargo.lock")).expect("the lock file can be copied");
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--invert", "loom@0.7.99"])
        .current_dir(&user)
        .output()
        .expect("cargo runs");
    let (tree, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{errors}");
    assert!(tree.starts_with("loom v0.7.99"), "{tree}");
    assert!(
        tree.contains("user v0.1.0"),
        "the stand-in is not used:\n{tree}\n{errors}"
    );
    assert!(!tree.contains("selvedge v"), "the harness uses the stand-in:\n{tree}");
}
