//! `selvedge list`.

use std::fmt::Write as _;

use anyhow::Result;
use selvedge_reports::paint::{STRONG, paint, wrap};
use serde_json::json;

use super::args::{ListArgs, TextFormat};
use super::{Outcome, output, plan};
use crate::catalog::{Scenario, engine_of, section_title};

pub(crate) fn list(args: &ListArgs) -> Result<Outcome> {
    let mut catalog = crate::catalog();
    let selected: Vec<(&str, &str)> = plan::select(&catalog, &args.selection)?
        .iter()
        .map(|(s, v)| (s.name, v.name))
        .collect();
    for scenario in &mut catalog {
        let name = scenario.name;
        scenario.variants.retain(|v| selected.contains(&(name, v.name)));
    }
    catalog.retain(|s| !s.variants.is_empty());
    match args.format {
        TextFormat::Text => output::print(&text(&catalog, output::width()))?,
        TextFormat::Json => output::print(&format!("{:#}\n", json(&catalog)))?,
    }
    Ok(Outcome::AsExpected)
}

fn text(catalog: &[Scenario], width: usize) -> String {
    let mut out = String::new();
    let mut section = "";
    let variants = || catalog.iter().flat_map(|s| &s.variants);
    let names = variants().map(|v| v.name.len()).max().unwrap_or(0);
    let kinds = variants().map(|v| v.word().len()).max().unwrap_or(0);
    for scenario in catalog {
        if scenario.section != section {
            section = scenario.section;
            let gap = if out.is_empty() { "" } else { "\n" };
            let heading = format!("{section}. {}", section_title(section));
            let _ = writeln!(out, "{gap}{}", paint(STRONG, &heading));
        }
        let title = format!("{}: {}", paint(STRONG, scenario.name), scenario.title);
        out.push('\n');
        for line in wrap(&title, width, "  ", "    ") {
            let _ = writeln!(out, "{line}");
        }
        for variant in &scenario.variants {
            let start = format!("    {:names$}  {:kinds$}  ", variant.name, variant.word());
            let rest = " ".repeat(start.len());
            for line in wrap(variant.summary, width, &start, &rest) {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

fn json(catalog: &[Scenario]) -> serde_json::Value {
    let scenarios: Vec<_> = catalog
        .iter()
        .map(|s| {
            let variants: Vec<_> = s
                .variants
                .iter()
                .map(|v| {
                    let runs: Vec<_> = v
                        .runs
                        .iter()
                        .map(|r| {
                            json!({
                                "strategy": r.strategy.name(),
                                "engine": engine_of(&r.strategy),
                                "expected": r.expected.to_string(),
                            })
                        })
                        .collect();
                    json!({
                        "name": v.name,
                        "kind": v.kind.name(),
                        "control": v.control,
                        "tags": v.tags(),
                        "summary": v.summary,
                        "expected": v.expected.to_string(),
                        "runs": runs,
                        "note": v.note,
                    })
                })
                .collect();
            json!({
                "name": s.name,
                "title": s.title,
                "section": s.section,
                "source": s.source,
                "variants": variants,
            })
        })
        .collect();
    json!({ "version": 1, "scenarios": scenarios })
}
