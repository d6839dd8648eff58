//! The files of the harness stand on floors, and each uses files on its own floor or below. The floors are those of
//! the map in CONTRIBUTING.md; what a file uses is read off its paths (`crate::..`, `super::..`).
//!
//! A `mod.rs` is a page of contents: what it re-exports of its own folder is no use of it, and whoever names
//! something through it uses the file behind it. Files for tests alone (`crosscheck/`) may use everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The map of CONTRIBUTING.md: each file or folder and its floor.
fn map() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(root().join("../CONTRIBUTING.md")).expect("CONTRIBUTING.md is there");
    let mut map = BTreeMap::new();
    for line in text.lines().filter_map(|l| l.strip_prefix("floor ")) {
        let (floor, rest) = line.split_once(' ').expect("a floor has a number and names");
        let floor = floor.parse().expect("a floor has a number");
        // What stands there comes first, what it is for after two spaces.
        let places = rest.trim_start().split("  ").next().unwrap_or_default();
        map.extend(
            places
                .split(' ')
                .map(|place| (place.trim_end_matches('/').to_owned(), floor)),
        );
    }
    map
}

/// Every source file, by its path below `src`.
fn sources() -> BTreeMap<String, String> {
    fn collect(folder: &Path, below: &str, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .expect("names are UTF-8")
                .to_owned();
            if path.is_dir() {
                collect(&path, &format!("{below}{name}/"), files);
            } else if name.ends_with(".rs") {
                files.insert(
                    format!("{below}{name}"),
                    fs::read_to_string(&path).expect("a file can be read"),
                );
            }
        }
    }
    let mut files = BTreeMap::new();
    collect(&root().join("src"), "", &mut files);
    files.retain(|name, _| !name.starts_with("crosscheck/"));
    files
}

/// The code of a file, without comments, texts and what is compiled for tests alone.
fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut code = String::new();
    for line in source.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // Every second piece stands between quotation marks.
        code.extend(line.replace("\\\"", "").split('"').step_by(2));
        code.push('\n');
    }
    code
}

/// The paths that begin with `crate` or `super`, as lists of names; a group in braces is several paths.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| is_name(c) || c == '$') || code[..at].ends_with("super::") {
                continue;
            }
            expand(&code[at..], &mut Vec::new(), &mut found);
        }
    }
    fn expand(mut rest: &str, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
        let whole = rest.len();
        let depth = path.len();
        loop {
            rest = rest.trim_start();
            if let Some(group) = rest.strip_prefix('{') {
                rest = group;
                loop {
                    let used = expand(rest, path, found);
                    rest = rest[used..].trim_start();
                    match rest.strip_prefix(',') {
                        Some(next) if !next.trim_start().starts_with('}') => rest = next,
                        Some(next) => rest = next.trim_start(),
                        None => {}
                    }
                    if let Some(after) = rest.strip_prefix('}') {
                        rest = after;
                        break;
                    }
                    if used == 0 {
                        break;
                    }
                }
                break;
            }
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            if end == 0 {
                rest = rest.strip_prefix('*').unwrap_or(rest);
                found.push(path.clone());
                break;
            }
            path.push(rest[..end].to_owned());
            rest = &rest[end..];
            match rest.strip_prefix("::") {
                Some(next) => rest = next,
                None => {
                    found.push(path.clone());
                    // `Strategy as Requested`
                    if let Some(alias) = rest.strip_prefix(" as ") {
                        let end = alias
                            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                            .unwrap_or(alias.len());
                        rest = &alias[end..];
                    }
                    break;
                }
            }
        }
        path.truncate(depth);
        whole - rest.len()
    }
    found
}

struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// The file of a module, by its path below the crate.
    fn module(&self, path: &[String]) -> Option<String> {
        let joined = path.join("/");
        let candidates = match path.is_empty() {
            true => vec!["lib.rs".to_owned()],
            false => vec![format!("{joined}.rs"), format!("{joined}/mod.rs")],
        };
        candidates.into_iter().find(|c| self.files.contains_key(c))
    }

    /// The module that a file is.
    fn path_of(file: &str) -> Vec<String> {
        let module = file.trim_end_matches(".rs").trim_end_matches("/mod");
        match module {
            "lib" => Vec::new(),
            _ => module.split('/').map(str::to_owned).collect(),
        }
    }

    /// What a page of contents re-exports of its own folder: the name and the file behind it.
    fn contents(&self, file: &str) -> BTreeMap<String, Vec<String>> {
        let here = Tree::path_of(file);
        let mut contents = BTreeMap::new();
        for statement in code(&self.files[file]).split(';') {
            let Some(at) = statement.find("use ") else { continue };
            if !statement[..at].trim_end().ends_with([')', 'b']) {
                continue;
            }
            // As if it were a path from the folder.
            for path in paths(&format!("super::{}", statement[at + 4..].trim())) {
                let absolute: Vec<String> = here.iter().chain(&path[1..]).cloned().collect();
                if path.len() > 2 && self.module(&absolute[..here.len() + 1]).is_some() {
                    contents.insert(path[path.len() - 1].clone(), absolute);
                }
            }
        }
        contents
    }

    /// The file that a path from the crate's root leads to.
    fn resolve(&self, path: &[String]) -> Option<String> {
        let deepest = (0..=path.len()).rev().find(|&n| self.module(&path[..n]).is_some())?;
        let file = self.module(&path[..deepest])?;
        let name = path.get(deepest)?;
        match self.contents(&file).get(name) {
            Some(behind) => self.resolve(behind),
            None => Some(file),
        }
    }

    /// The files that a file uses.
    fn uses(&self, file: &str) -> BTreeSet<String> {
        let here = Tree::path_of(file);
        let contents: BTreeSet<Vec<String>> = match file.ends_with("mod.rs") || file == "lib.rs" {
            true => self.contents(file).into_values().collect(),
            false => BTreeSet::new(),
        };
        let mut used = BTreeSet::new();
        for path in paths(&code(&self.files[file])) {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let absolute: Vec<String> = match ups {
                0 => path[1..].to_vec(),
                n => here[..here.len().saturating_sub(n)]
                    .iter()
                    .chain(&path[n..])
                    .cloned()
                    .collect(),
            };
            if contents.contains(&absolute) {
                continue;
            }
            if let Some(target) = self.resolve(&absolute).filter(|target| target != file) {
                used.insert(target);
            }
        }
        used
    }

    fn graph(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.files.keys().map(|file| (file.clone(), self.uses(file))).collect()
    }
}

#[test]
fn every_file_has_a_floor_and_uses_none_above_it() {
    let map = map();
    assert!(map.len() > 10, "the map of CONTRIBUTING.md was not read: {map:?}");
    let floor = |file: &str| {
        let top = file.split('/').next().unwrap_or_default();
        *map.get(top)
            .unwrap_or_else(|| panic!("{file} has no floor in the map of CONTRIBUTING.md"))
    };
    let graph = Tree { files: sources() }.graph();
    let up: Vec<String> = graph
        .iter()
        .flat_map(|(file, used)| used.iter().map(move |target| (file, target)))
        .filter(|(file, target)| floor(target) > floor(file))
        .map(|(file, target)| format!("{file} (floor {}) uses {target} (floor {})", floor(file), floor(target)))
        .collect();
    assert!(up.is_empty(), "arrows that run up:\n{}", up.join("\n"));
    let arrows: usize = graph.values().map(BTreeSet::len).sum();
    assert!(arrows > 300, "only {arrows} arrows were read");
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut graph = Tree { files: sources() }.graph();
    // Whoever uses nothing that is left is in no circle.
    loop {
        let left: BTreeSet<String> = graph.keys().cloned().collect();
        graph.retain(|_, used| used.iter().any(|target| left.contains(target)));
        if graph.len() == left.len() {
            break;
        }
    }
    // Nor is who is used by nobody that is left.
    loop {
        let used: BTreeSet<String> = graph.values().flatten().cloned().collect();
        let before = graph.len();
        graph.retain(|file, _| used.contains(file));
        if graph.len() == before {
            break;
        }
    }
    let left: BTreeSet<String> = graph.keys().cloned().collect();
    let circles: Vec<String> = graph
        .iter()
        .map(|(file, used)| {
            let used: Vec<&str> = used.intersection(&left).map(String::as_str).collect();
            format!("{file} uses {}", used.join(", "))
        })
        .collect();
    assert!(
        circles.is_empty(),
        "files in a circle, or between two:\n{}",
        circles.join("\n")
    );
}

#[test]
fn the_facade_names_no_engine() {
    let map = map();
    let is_facade = |file: &str| map[file.split('/').next().unwrap_or_default()] == 4;
    let engines = [
        "engine::controlled",
        "engine::loom",
        "engine::native",
        "engine::current",
        "Engine::",
        "loom::",
    ];
    for (file, source) in sources() {
        if is_facade(&file) {
            let code = code(&source);
            for engine in engines {
                assert!(!code.contains(engine), "{file} names an engine: {engine}");
            }
        }
    }
}
