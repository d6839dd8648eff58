//! Files that are in place only once they are complete.

use std::path::Path;

use super::error::Error;

/// Writes a file, which is in place only once it is complete.
pub(crate) fn write(path: &Path, json: impl FnOnce() -> serde_json::Result<String>) -> Result<(), Error> {
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut text = json().map_err(std::io::Error::other)?;
        text.push('\n');
        // Beside the target, so that the rename stays on one file system.
        let partial = path.with_extension(format!("partial-{}", std::process::id()));
        std::fs::write(&partial, text)
            .and_then(|()| std::fs::rename(&partial, path))
            .inspect_err(|_| drop(std::fs::remove_file(&partial)))
    };
    write().map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}
