//! The README's table of the catalog is made from the catalog. `UPDATE_LESSONS=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use selvedge_scenarios::catalog;
use selvedge_scenarios::catalog::{Expected, section_title};

const BEGIN: &str = "<!-- the catalog, made by scenarios/tests/readme.rs -->\n";
const END: &str = "<!-- end of the catalog -->";

fn table() -> String {
    let mut text = String::from("| | scenario | | fail | hold |\n| --- | --- | --- | --: | --: |\n");
    let mut section = "";
    for scenario in catalog() {
        if scenario.section != section {
            section = scenario.section;
            let _ = writeln!(text, "| **{section}** | **{}** | | | |", section_title(section));
        }
        let holds = scenario
            .variants
            .iter()
            .filter(|v| v.expected == Expected::Verified)
            .count();
        let fails = scenario.variants.len() - holds;
        let _ = writeln!(
            text,
            "| | `{}` | {} | {fails} | {holds} |",
            scenario.name, scenario.title
        );
    }
    text
}

#[test]
fn the_readme_lists_the_catalog() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is there");
    let (before, rest) = readme
        .split_once(BEGIN)
        .expect("the README has a place for the catalog");
    let (listed, after) = rest.split_once(END).expect("the place ends");
    let table = table();
    if std::env::var_os("UPDATE_LESSONS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("the README can be written");
        return;
    }
    assert_eq!(listed, table, "run the test again with UPDATE_LESSONS=1");
}
