//! `selvedge list`.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::json;

use super::args::{ListArgs, ListFormat};
use super::{Outcome, output};
use crate::catalog::{Scenario, engine_of, section_title};

pub(crate) fn list(args: &ListArgs) -> Result<Outcome> {
    let catalog = crate::catalog();
    match args.format {
        ListFormat::Text => output::print(&text(&catalog))?,
        ListFormat::Json => output::print(&format!("{:#}\n", json(&catalog)))?,
    }
    Ok(Outcome::AsExpected)
}

fn text(catalog: &[Scenario]) -> String {
    let mut out = String::new();
    let mut section = "";
    let width = catalog
        .iter()
        .flat_map(|s| &s.variants)
        .map(|v| v.name.len())
        .max()
        .unwrap_or(0);
    for scenario in catalog {
        if scenario.section != section {
            section = scenario.section;
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{section}. {}", section_title(section));
        }
        let _ = writeln!(out, "\n  {}: {}", scenario.name, scenario.title);
        for variant in &scenario.variants {
            let kind = if variant.control {
                "control"
            } else {
                variant.kind.name()
            };
            let _ = writeln!(out, "    {:width$}  {kind:10}  {}", variant.name, variant.summary);
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
