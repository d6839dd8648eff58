//! `selvedge merge`: joins what the shards of a run have found.

use anyhow::{Context, Result, bail};
use selvedge_reports::{Document, VERSION};

use super::args::{MergeArgs, RunFormat};
use super::{Outcome, output};

pub(crate) fn merge(args: &MergeArgs) -> Result<Outcome> {
    let mut documents = Vec::new();
    for file in &args.files {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let document: Document = serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is damaged, cut short or no document of `selvedge run --format json`",
                file.display()
            )
        })?;
        if document.version != VERSION {
            bail!(
                "{} has version {}, and this build reads version {VERSION}; use the build that wrote it",
                file.display(),
                document.version
            );
        }
        documents.push((file.display().to_string(), document));
    }
    let whole = selvedge_reports::merge(documents).map_err(anyhow::Error::msg)?;
    match args.format {
        RunFormat::Json => output::print(&whole.json())?,
        RunFormat::Junit => output::print(&selvedge_reports::junit(&whole))?,
        RunFormat::Text => output::print(&format!("{}\n{}\n", selvedge_reports::table(&whole), whole.summary()))?,
    }
    let (_, bad, _) = whole.counts();
    Ok(if bad == 0 && !whole.interrupted {
        Outcome::AsExpected
    } else {
        Outcome::NotAsExpected
    })
}
