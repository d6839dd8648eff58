//! The folder a book is written into. It lists what was written there, and nothing else is ever changed or deleted.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The list: a name in each line, after a first line that says what it is.
const LIST: &str = "book.list";
const FIRST_LINE: &str = "files of a book that `selvedge book` has written";

/// A folder that is empty, or holds a book.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What the last book has left there.
    written: Vec<String>,
}

impl Folder {
    /// Makes the folder if it is not there.
    ///
    /// # Errors
    ///
    /// When it cannot be made or written, or holds something and no book.
    pub(super) fn open(path: &Path) -> Result<Folder> {
        fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        let written = match fs::read_to_string(path.join(LIST)) {
            Ok(text) => listed(&text).with_context(|| format!("{} is no list of a book", path.join(LIST).display()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
                if entries.count() > 0 {
                    bail!(
                        "{} is not empty and holds no book; name a new folder, or an empty one",
                        path.display()
                    );
                }
                Vec::new()
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.join(LIST).display())),
        };
        let folder = Folder {
            path: path.to_owned(),
            written,
        };
        // Whether it can be written; and whatever happens from here on, it is known as a book.
        folder.list(&folder.written)?;
        Ok(folder)
    }

    /// Writes the files, and takes away what the last book had and this one has not.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or a file of that name is there that no book has written.
    pub(super) fn write(&self, files: &BTreeMap<String, String>) -> Result<()> {
        let is_foreign = |name: &String| !self.written.contains(name) && self.path.join(name).exists();
        if let Some(name) = files.keys().find(|name| is_foreign(name)) {
            bail!(
                "{} is in the way, and no book has written it",
                self.path.join(name).display()
            );
        }
        // What is listed and not there is harmless, what is there and not listed would be in the way.
        let mut all = self.written.clone();
        all.extend(files.keys().filter(|name| !self.written.contains(name)).cloned());
        self.list(&all)?;
        for (name, text) in files {
            put(&self.path.join(name), text)?;
        }
        for name in self.written.iter().filter(|name| !files.contains_key(*name)) {
            match fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", self.path.join(name).display()));
                }
                _ => {}
            }
        }
        self.list(&files.keys().cloned().collect::<Vec<_>>())
    }

    fn list(&self, names: &[String]) -> Result<()> {
        put(&self.path.join(LIST), &format!("{FIRST_LINE}\n{}\n", names.join("\n")))
    }
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The names of a list. A name with a folder in it would be a way out of this one.
fn listed(text: &str) -> Result<Vec<String>> {
    let mut lines = text.lines();
    if lines.next() != Some(FIRST_LINE) {
        bail!("its first line is another one; name a new folder");
    }
    let names: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
    match names
        .iter()
        .find(|name| name.contains(['/', '\\']) || name.starts_with('.'))
    {
        Some(name) => bail!("`{name}` is no name of a page"),
        None => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(names: &[&str]) -> BTreeMap<String, String> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), "new".to_owned()))
            .collect()
    }

    #[test]
    fn only_what_a_book_has_written_is_changed_or_removed() {
        let place = std::env::temp_dir().join(format!("selvedge-book-{}", std::process::id()));
        let read = |name: &str| fs::read_to_string(place.join(name)).ok();
        Folder::open(&place)
            .unwrap()
            .write(&book(&["a.html", "b.html"]))
            .unwrap();
        fs::write(place.join("c.html"), "mine").unwrap();
        let in_the_way = Folder::open(&place).unwrap().write(&book(&["a.html", "c.html"]));
        assert!(in_the_way.unwrap_err().to_string().contains("c.html is in the way"));
        assert_eq!(read("c.html").as_deref(), Some("mine"));
        Folder::open(&place).unwrap().write(&book(&["a.html"])).unwrap();
        assert_eq!((read("a.html").as_deref(), read("b.html")), (Some("new"), None));
        assert_eq!(read("c.html").as_deref(), Some("mine"));
        fs::remove_dir_all(&place).unwrap();
    }
}
