//! Files that are in place only once they are complete, and the folder they lie in.

use std::env;
use std::ffi::OsString;
use std::fs::{self, FileType, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::Error;
use crate::trace;

/// Writes a file, which is in place only once it is complete. A link stays one, and what it leads to is written. A
/// device takes what is written; a pipe is refused, because somebody may or may not read it.
pub(crate) fn write(path: &Path, json: impl FnOnce() -> serde_json::Result<String>) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut text = json().map_err(io::Error::other)?;
        text.push('\n');
        replace(path, text.as_bytes())
    };
    write().map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

/// As [`std::fs::write`], but that nobody ever sees half of it, and that nothing is replaced but a file.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = behind_links(path)?;
    match fs::symlink_metadata(&target).map(|m| m.file_type()) {
        Ok(kind) if is_device(kind) => OpenOptions::new().write(true).open(&target)?.write_all(bytes),
        Ok(kind) if kind.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
        Ok(kind) if !kind.is_file() => Err(io::Error::other("it is a pipe or a socket, and no file")),
        _ => {
            // Beside the target, so that the rename stays on one file system.
            static SERIAL: AtomicU64 = AtomicU64::new(0);
            let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
            let partial = target.with_extension(format!("partial-{}-{serial}", std::process::id()));
            fs::write(&partial, bytes)
                .and_then(|()| fs::rename(&partial, &target))
                .inspect_err(|_| drop(fs::remove_file(&partial)))
        }
    }
}

/// Links that lead to each other are given up after so many, as Linux does.
const MOST_LINKS: usize = 40;

/// What is written when `path` is: the end of a chain of links, whether it exists or not.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

#[cfg(unix)]
fn is_device(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: FileType) -> bool {
    false
}

/// Files that cargo puts at the top of a target folder: the first one only if it has made the folder itself.
const TOP_OF_TARGET: [&str; 2] = ["CACHEDIR.TAG", ".rustc_info.json"];

/// What cargo puts into the folder of each profile.
const PROFILE: &str = ".fingerprint";

/// Where the schedules of this process go: a folder of its own for each test binary, below the target folder of the
/// build and never in a package.
///
/// The target folder is `CARGO_TARGET_DIR`, or the one that the binary lies in, or `target` beside the manifest of the
/// workspace. Given relative to the current folder where the two belong together.
pub(crate) fn schedules_folder() -> PathBuf {
    let mut folder = shown(target_folder().join("selvedge"));
    if let Some(stem) = stem() {
        match env::var("CARGO_PKG_NAME") {
            // Packages may have test binaries of one name.
            Ok(package) if !package.is_empty() => folder.push(format!("{package}.{}", without_hash(&stem))),
            _ => folder.push(stem),
        }
    }
    folder
}

/// The file that this process runs, without its extension.
fn stem() -> Option<String> {
    let executable = env::current_exe().ok()?;
    Some(executable.file_stem()?.to_string_lossy().into_owned())
}

/// The name of the test binary that this process runs.
pub(crate) fn binary() -> String {
    without_hash(&stem().unwrap_or_default()).to_owned()
}

/// Whether the package in the current folder lies in a workspace of others.
pub(crate) fn is_one_of_several() -> bool {
    let here = env::current_dir().unwrap_or_default();
    workspace(&here).is_some_and(|root| root != here)
}

/// The target folder of the build that this process belongs to.
pub(crate) fn target_folder() -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let asked = env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty());
    if let Some(folder) = asked.as_ref().map(Path::new).filter(|folder| folder.is_absolute()) {
        return folder.to_owned();
    }
    let executable = env::current_exe().unwrap_or_default();
    let above = || executable.ancestors().skip(1);
    let top = above().find(|f| TOP_OF_TARGET.iter().any(|file| f.join(file).is_file()));
    let profile = || above().find(|f| f.join(PROFILE).is_dir()).and_then(Path::parent);
    if let Some(folder) = top.or_else(profile) {
        return folder.to_owned();
    }
    // Whether cargo was called here or at the top of the workspace, only the latter is the same for all packages.
    workspace(&here)
        .unwrap_or(here)
        .join(asked.unwrap_or_else(|| OsString::from("target")))
}

/// The folder of the workspace that `from` lies in: of the nearest manifest that says it is one, or else of the nearest.
fn workspace(from: &Path) -> Option<PathBuf> {
    let manifests = || from.ancestors().filter(|f| f.join("Cargo.toml").is_file());
    let is_workspace = |folder: &&Path| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        text.lines().any(|line| line.trim_start().starts_with("[workspace]"))
    };
    let folder = manifests().find(is_workspace).or_else(|| manifests().next());
    folder.map(Path::to_owned)
}

/// `gate` of `gate-0123456789abcdef`, which cargo calls the binary of `tests/gate.rs`.
fn without_hash(binary: &str) -> &str {
    match binary.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => name,
        _ => binary,
    }
}

/// The file of what has this name: `scenario.variant.json`. Of a very long name, its beginning.
pub(crate) fn file_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '.'
        }
    };
    let mut file: String = trace::name(name).replace('…', ".").chars().map(plain).collect();
    file.push_str(".json");
    file
}

/// The path as people would write it in the current folder, if that lies in the same workspace.
pub(crate) fn shown(path: PathBuf) -> PathBuf {
    let Ok(here) = env::current_dir() else { return path };
    if let Ok(below) = path.strip_prefix(&here) {
        return below.to_owned();
    }
    let Some(root) = workspace(&here).filter(|root| *root != here) else {
        return path;
    };
    let (Ok(below), Ok(up)) = (path.strip_prefix(&root), here.strip_prefix(&root)) else {
        return path;
    };
    up.components()
        .map(|_| Component::ParentDir)
        .collect::<PathBuf>()
        .join(below)
}
