//! `selvedge merge`: joins what the shards of a run have found.

use anyhow::{Context, Result, bail};
use selvedge_reports::{Detail, Document, Listing, Planned, Row, VERSION};

use super::args::{MergeArgs, RunFormat};
use super::{Outcome, output};
use crate::catalog::{Scenario, section_title};

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
        RunFormat::Text => {
            let catalog = crate::catalog();
            let planned: Vec<_> = whole.rows.iter().map(|row| planned(&catalog, row)).collect();
            let mut listing = Listing::new(output::width(), Detail::fitting(&planned), &planned);
            let mut text: String = whole.rows.iter().map(|row| listing.row(row)).collect();
            text.push_str(&listing.end(&whole));
            output::print(&text)?;
        }
    }
    let (_, bad, _) = whole.counts();
    Ok(if bad == 0 && !whole.interrupted {
        Outcome::AsExpected
    } else {
        Outcome::NotAsExpected
    })
}

fn planned<'a>(catalog: &'a [Scenario], row: &'a Row) -> Planned<'a> {
    Planned {
        section: &row.section,
        section_title: section_title(&row.section),
        scenario: &row.scenario,
        // The shards may come from a build that has more.
        title: catalog.iter().find(|s| s.name == row.scenario).map_or("", |s| s.title),
        variant: &row.variant,
    }
}
