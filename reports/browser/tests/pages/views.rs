//! How a page looks: narrow and wide, light and dark, without scripts, on paper, to whom it is read aloud.

use anyhow::{Result, bail, ensure};
use selvedge::Failure;
use serde::Deserialize;

use crate::browser::{Look, Page, WIDE};
use crate::programs;

/// The looks that axe judges.
pub(crate) const LOOKS: [Look; 4] = [WIDE, Look { dark: true, ..WIDE }, NARROW, Look { dark: true, ..NARROW }];

const NARROW: Look = Look { width: 400, ..WIDE };

fn open(failure: &Failure, look: Look) -> Result<Page> {
    Page::open(&selvedge_reports::html(failure), look)
}

pub(crate) fn hostile() -> Result<()> {
    let failure = programs::hostile();
    let page = open(&failure, WIDE)?;
    let steps: usize = page.count("tr[data-line]")?;
    ensure!(steps == failure.trace.rows.len());
    page.press_times("ArrowRight", steps)?;
    page.click("[data-does=arrows]")?;
    ensure!(
        page.text("h1")?
            .starts_with("< / script><script>alert(1)</script>/<img src=x")
    );
    ensure!(page.count("img, b, i, u, table table")? == 0);
    ensure!(page.count("section.timeline")? == 1 && page.count("script")? == 2);
    let panel = page.text(".panel")?;
    ensure!(panel.contains("<script>alert(2)</script>"), "{panel}");
    page.close()
}

pub(crate) fn without_scripts() -> Result<()> {
    let failure = programs::deadlock();
    let look = Look { scripts: false, ..WIDE };
    let page = open(&failure, look)?;
    ensure!(page.visible(".controls, .panel, .said")? == 0);
    let table = page.text("table")?;
    for row in &failure.trace.rows {
        ensure!(table.contains(&row.text), "{} is not in {table}", row.text);
    }
    page.close()
}

pub(crate) fn print() -> Result<()> {
    let page = open(&programs::long(), Look { print: true, ..WIDE })?;
    ensure!(page.visible("button, .panel, .said, svg")? == 0);
    // All of it, not as much as fits into a box that nobody can scroll.
    let hidden: i64 = page
        .value("(({scrollHeight, clientHeight}) => scrollHeight - clientHeight)(document.querySelector('.scroll'))")?;
    ensure!(hidden <= 1, "{hidden} pixels are cut off");
    page.close()
}

pub(crate) fn narrow() -> Result<()> {
    let page = open(&programs::long(), NARROW)?;
    ensure!(page.count("th.lane.victim")? == 1);
    page.run("document.querySelector('.scroll').scrollLeft = 100000")?;
    page.press("End")?;
    let sees = |selector: &str| -> Result<bool> {
        page.value(&format!(
            "(() => {{ const box = document.querySelector('.scroll').getBoundingClientRect(); \
             const is = document.querySelector({selector:?}).getBoundingClientRect(); \
             return is.width > 0 && is.left >= box.left && is.right <= box.right + 1; }})()"
        ))
    };
    page.run("document.querySelector('.scroll').scrollLeft = 100000")?;
    ensure!(sees("tr[aria-current] .step")? && sees("tr[aria-current] .victim")?);
    // What it did last is there to be seen, too, in spite of what stays in front of it.
    page.press("Home")?;
    page.press_times("ArrowRight", 12)?;
    ensure!(sees("tr[aria-current] td.did")?);
    page.close()
}

pub(crate) fn no_wider() -> Result<()> {
    for failure in [programs::long(), programs::hostile(), programs::deadlock()] {
        let page = open(&failure, NARROW)?;
        page.press("End")?;
        let wider: i64 = page.value("document.documentElement.scrollWidth - innerWidth")?;
        ensure!(wider <= 0, "{} is {wider} pixels too wide", failure.name);
        page.close()?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Violation {
    id: String,
    nodes: Vec<String>,
}

pub(crate) fn axe(look: Look, file: &str) -> Result<()> {
    let script = std::fs::read_to_string(file)?;
    for failure in [programs::lost_increment(), programs::hostile(), programs::long()] {
        let page = open(&failure, look)?;
        page.press_times("ArrowRight", 4)?;
        page.run(&script)?;
        let found: Vec<Violation> = page.value(
            "axe.run().then((found) => found.violations.map((v) => \
             ({ id: v.id, nodes: v.nodes.map((n) => n.html + ': ' + n.failureSummary) })))",
        )?;
        if let Some(violation) = found.first() {
            bail!("{}: {}: {}", failure.name, violation.id, violation.nodes.join("\n"));
        }
        page.close()?;
    }
    crate::play::axe(look, &script)
}
