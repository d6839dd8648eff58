//! `selvedge book`: the whole catalog as a static site.

mod content;
mod folder;
mod specimens;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Result;

use super::args::BookArgs;
use super::{Outcome, output, run};

pub(crate) fn book(args: &BookArgs) -> Result<Outcome> {
    // A folder that cannot be written is told before anything is run.
    let folder = folder::Folder::open(&args.out)?;
    let catalog = crate::catalog();
    let programs = catalog.iter().map(|s| s.variants.len()).sum();
    let bar = run::progress_bar(programs, &Arc::new(AtomicU64::new(0)), &Arc::new(AtomicU64::new(0)));
    let (book, unexpected) = content::book(&catalog, &bar)?;
    bar.finish_and_clear();
    let files = selvedge_reports::book::site(&book);
    folder.write(&files)?;
    let pages = files.keys().filter(|name| name.ends_with(".html")).count();
    let bytes: usize = files.values().map(String::len).sum();
    output::print(&format!(
        "{pages} pages, {} KiB: {}\n",
        bytes.div_ceil(1024),
        args.out.join("index.html").display()
    ))?;
    if unexpected.is_empty() {
        return Ok(Outcome::AsExpected);
    }
    output::tell(&format!(
        "not as expected, and told as found: {}",
        unexpected.join(", ")
    ));
    Ok(Outcome::NotAsExpected)
}
