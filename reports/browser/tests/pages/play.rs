//! Playing: to a failure and to a pass, by clicks and by keys, with undo and hints.

use anyhow::{Context as _, Result, bail, ensure};
use selvedge_reports::page::{Playable, played};

use crate::browser::{Look, Page, WIDE};
use crate::programs;

fn open(look: Look) -> Result<Page> {
    let program = |name: &str, challenge, states| Playable {
        name: name.to_owned(),
        challenge,
        states,
    };
    let programs = [
        program(
            "lost-increment/load-then-store",
            "Make it fail.",
            Ok(programs::increment_states()),
        ),
        program(
            "lost-increment/fetch-add",
            "Try to make the repaired one fail.",
            Ok(programs::repaired_states()),
        ),
        program(
            "lost-increment/huge",
            "Make it fail.",
            Err("it has more than 5 states".to_owned()),
        ),
    ];
    Page::open(&played(&programs::lost_increment(), &programs, None), look)
}

/// What the pick of this task is, by its place.
fn pick_of(page: &Page, game: usize, task: &str) -> Result<usize> {
    let picks: Vec<String> = page.value(&format!(
        "[...document.querySelectorAll('.game')[{game}].querySelectorAll('.pick b')].map((b) => b.textContent)"
    ))?;
    let at = picks.iter().position(|name| name.starts_with(task));
    at.with_context(|| format!("{task} cannot be picked among {picks:?}"))
}

fn said(page: &Page, game: usize) -> Result<String> {
    page.value(&format!(
        "document.querySelectorAll('.game')[{game}].querySelector('.said').textContent"
    ))
}

pub(crate) fn clicks() -> Result<()> {
    let page = open(WIDE)?;
    ensure!(page.count("section.game")? == 2 && page.count("section.unplayable")? == 1);
    for task in ["main", "worker", "worker", "main", "main"] {
        let at = pick_of(&page, 0, task)?;
        page.click(&format!(".game [data-pick='{at}']"))?;
    }
    let told = said(&page, 0)?;
    ensure!(
        told.starts_with("It failed: panic.") && told.contains("in 5 picks"),
        "{told}"
    );
    ensure!(page.text(".game .end")?.contains("It failed") && page.count(".game.failed")? == 1);
    ensure!(page.text(".game table")?.contains("counter = 1"));
    page.click(".game [data-does=undo]")?;
    ensure!(page.count(".game.failed")? == 0 && page.count(".game:first-of-type .pick")? == 1);
    page.click(".game [data-does=again]")?;
    for task in ["main", "main", "worker"] {
        let at = pick_of(&page, 0, task)?;
        page.click(&format!(".game [data-pick='{at}']"))?;
    }
    page.click(".game [data-does=hint]")?;
    let told = said(&page, 0)?;
    ensure!(
        told.starts_with("No: ") && told.contains("none of them fails"),
        "{told}"
    );
    page.close()
}

pub(crate) fn keys() -> Result<()> {
    let page = open(WIDE)?;
    page.press("h")?;
    let told = said(&page, 0)?;
    ensure!(told.starts_with("Yes: a failure is 5 picks away"), "{told}");
    for task in ["main", "worker"] {
        page.press(&(pick_of(&page, 0, task)? + 1).to_string())?;
    }
    ensure!(page.text(".game .at")?.starts_with("2 picks"));
    page.press("Backspace")?;
    page.press("u")?;
    ensure!(page.text(".game .at")?.starts_with("0 picks"));
    page.press("g")?;
    let told = said(&page, 0)?;
    ensure!(told.starts_with("So it fails: panic."), "{told}");
    page.press("r")?;
    ensure!(page.text(".game .at")?.starts_with("0 picks"));
    // To the end, the first one each time, with the focus on the picks.
    page.run("document.querySelectorAll('.game')[1].querySelector('.pick').focus()")?;
    for _ in 0..3 {
        page.press("1")?;
    }
    let told = said(&page, 1)?;
    ensure!(
        told.starts_with("It passed") && told.contains("were explored, and none fails"),
        "{told}"
    );
    let focus: String = page.value("document.activeElement.dataset.does || ''")?;
    ensure!(focus == "undo", "the focus is lost: {focus}");
    page.close()
}

pub(crate) fn secret() -> Result<()> {
    let page = open(WIDE)?;
    let text = page.text("body")?;
    ensure!(!text.contains("none fails"), "{text}");
    page.run("document.querySelectorAll('.game')[1].querySelector('[data-does=solve]').click()")?;
    let told = said(&page, 1)?;
    ensure!(told.contains("were explored, and none fails"), "{told}");
    page.close()
}

pub(crate) fn without_scripts() -> Result<()> {
    let page = open(Look { scripts: false, ..WIDE })?;
    ensure!(page.visible(".game button, .game table")? == 0 && page.visible(".scriptless")? == 2);
    page.close()
}

pub(crate) fn axe(look: Look, script: &str) -> Result<()> {
    let page = open(look)?;
    let wider: i64 = page.value("document.documentElement.scrollWidth - innerWidth")?;
    ensure!(wider <= 0, "{wider} pixels too wide");
    for key in ["1", "2", "h"] {
        page.press(key)?;
    }
    page.run("document.querySelectorAll('.game')[1].querySelector('[data-pick]').click()")?;
    page.run(script)?;
    let found: Vec<(String, Vec<String>)> = page.value(
        "axe.run().then((found) => found.violations.map((v) => [v.id, v.nodes.map((n) => n.html + ': ' + n.failureSummary)]))",
    )?;
    if let Some((id, nodes)) = found.first() {
        bail!("{id}: {}", nodes.join("\n"));
    }
    page.close()
}
