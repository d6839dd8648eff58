//! Which target of a package a test binary is: a binary knows its own name, and not whether cargo has made it of the library or of a file
//! in `tests`.

use std::fs;
use std::path::Path;

/// Where cargo looks for targets by itself, and the option that chooses one.
const FOLDERS: [(&str, &str); 4] = [
    ("src/bin", "--bin"),
    ("tests", "--test"),
    ("examples", "--example"),
    ("benches", "--bench"),
];

/// The options of cargo that build no other target than the one of this binary: several, where a package has more of that name, and none
/// where it cannot be told.
pub(super) fn options(folder: &Path, package: &str, binary: &str) -> Vec<String> {
    let is_it = |name: &str| !name.is_empty() && name.replace('-', "_") == binary.replace('-', "_");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let named = named(&manifest);
    let lib = named.iter().find(|(option, _)| *option == "--lib");
    let has_lib = lib.is_some() || folder.join("src/lib.rs").is_file();
    let mut found = Vec::new();
    if has_lib && is_it(lib.and_then(|(_, name)| name.as_deref()).unwrap_or(package)) {
        found.push(("--lib", None));
    }
    if is_it(package) && folder.join("src/main.rs").is_file() {
        found.push(("--bin", Some(package.to_owned())));
    }
    for (place, option) in FOLDERS {
        let names = files_of(&folder.join(place)).into_iter().filter(|name| is_it(name));
        found.extend(names.map(|name| (option, Some(name))));
    }
    let others = named.into_iter().filter(|(option, _)| *option != "--lib");
    found.extend(others.filter(|(_, name)| name.as_deref().is_some_and(is_it)));
    found.sort();
    found.dedup();
    let words = |(option, name): (&str, Option<String>)| [option.to_owned()].into_iter().chain(name);
    found.into_iter().flat_map(words).collect()
}

/// `a` for `a.rs` and for `a/main.rs`.
fn files_of(folder: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| {
        let path = entry.path();
        let is_target = path.extension().is_some_and(|e| e == "rs") || path.join("main.rs").is_file();
        is_target
            .then(|| Some(path.file_stem()?.to_str()?.to_owned()))
            .flatten()
    };
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(name)
        .collect()
}

/// The targets that a manifest has a section for, with their names.
fn named(manifest: &str) -> Vec<(&'static str, Option<String>)> {
    let mut targets: Vec<(&str, Option<String>)> = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            let section = line.split('#').next().unwrap_or_default();
            let option = match section.trim() {
                "[lib]" => Some("--lib"),
                "[[bin]]" => Some("--bin"),
                "[[test]]" => Some("--test"),
                "[[example]]" => Some("--example"),
                "[[bench]]" => Some("--bench"),
                _ => None,
            };
            inside = option.is_some();
            targets.extend(option.map(|option| (option, None)));
        } else if inside
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "name"
            && let Some(target) = targets.last_mut()
        {
            target.1 = value.split(['"', '\'']).nth(1).map(str::to_owned);
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_is_known_by_the_files_and_the_manifest_of_its_package() {
        let folder = std::env::temp_dir().join(format!("selvedge-target-{}", std::process::id()));
        for file in [
            "src/lib.rs",
            "src/bin/tool.rs",
            "tests/over-night.rs",
            "tests/whole/main.rs",
            "tests/common/mod.rs",
            "elsewhere/own.rs",
        ] {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let manifest = "[package]\nname = \"my-gate\"\n[[test]] # ours\nname = \"own\"\npath = \"elsewhere/own.rs\"\n";
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        let options = |binary: &str| options(&folder, "my-gate", binary).join(" ");
        assert_eq!(options("my_gate"), "--lib");
        assert_eq!(options("tool"), "--bin tool");
        assert_eq!(options("over_night"), "--test over-night");
        assert_eq!(options("whole"), "--test whole");
        assert_eq!(options("own"), "--test own");
        for unknown in ["common", "elsewhere", ""] {
            assert_eq!(options(unknown), "", "{unknown}");
        }
        // Of one name with the package, it may be any of them; a library of another name is none.
        fs::write(folder.join("src/main.rs"), "").unwrap();
        fs::write(folder.join("tests/my_gate.rs"), "").unwrap();
        assert_eq!(options("my_gate"), "--bin my-gate --lib --test my_gate");
        fs::write(folder.join("Cargo.toml"), "[lib]\nname = 'door'\n").unwrap();
        assert_eq!(options("my_gate"), "--bin my-gate --test my_gate");
        assert_eq!(options("door"), "--lib");
        fs::remove_dir_all(folder).unwrap();
    }
}
