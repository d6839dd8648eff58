//! Stepping: by buttons, by keys, by itself; what is said at each step.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use maud::{Render as _, html};
use selvedge_reports::page::{Document, Timeline};

use crate::browser::{Page, WIDE};
use crate::programs;

const CURRENT: &str = "[...document.querySelectorAll('tr[aria-current=step]')].map((tr) => Number(tr.dataset.line))";

/// The line of the only current row.
fn current(page: &Page) -> Result<usize> {
    let lines: Vec<usize> = page.value(CURRENT)?;
    ensure!(lines.len() == 1, "the current rows are {lines:?}");
    Ok(lines[0])
}

fn increment() -> Result<Page> {
    Page::open(&selvedge_reports::html(&programs::lost_increment()), WIDE)
}

/// The lines where a reader stops.
fn stops() -> Vec<usize> {
    let rows = programs::lost_increment().trace.rows;
    let stops = |row: &selvedge::trace::Row| row.kind != selvedge::trace::RowKind::Preempted;
    rows.iter()
        .enumerate()
        .filter(|(_, row)| stops(row))
        .map(|(at, _)| at)
        .collect()
}

pub(crate) fn clicks() -> Result<()> {
    let page = increment()?;
    let stops = stops();
    let last = stops[stops.len() - 1];
    ensure!(current(&page)? == stops[0]);
    for &stop in &stops[1..] {
        page.click("[data-does=forward]")?;
        ensure!(current(&page)? == stop);
    }
    ensure!(page.value::<bool>("document.querySelector('[data-does=forward]').disabled")?);
    page.click("[data-does=back]")?;
    ensure!(current(&page)? == stops[stops.len() - 2]);
    page.click("[data-does=first]")?;
    ensure!(current(&page)? == stops[0]);
    page.click("[data-does=last]")?;
    ensure!(current(&page)? == last);
    page.close()
}

pub(crate) fn cause() -> Result<()> {
    let failure = programs::explained();
    let page = Page::open(&selvedge_reports::html(&failure), WIDE)?;
    let told = failure.cause.as_ref().map(ToString::to_string).unwrap_or_default();
    let shown = page.text("p.cause")?;
    let told = told.replace('`', "");
    ensure!(told.starts_with("cause: fails exactly when") && shown.lines().eq(told.lines().map(str::trim)));
    ensure!(page.count("main > section td.lane.marked")? == 4);
    // Keys step through the failure; the execution beside it is folded away.
    page.press_times("ArrowRight", 2)?;
    let lines: Vec<usize> = page.value(CURRENT)?;
    ensure!(lines == [stops()[2], 0], "{lines:?}");
    ensure!(!page.value::<bool>("document.querySelector('details').open")?);
    page.click("summary")?;
    ensure!(page.value::<bool>("document.querySelector('details').open")? && page.count("details .parts")? > 0);
    page.close()
}

pub(crate) fn keys() -> Result<()> {
    let page = increment()?;
    let stops = stops();
    page.press_times("ArrowRight", 3)?;
    ensure!(current(&page)? == stops[3]);
    page.press("ArrowLeft")?;
    ensure!(current(&page)? == stops[2]);
    page.press("End")?;
    ensure!(current(&page)? == stops[stops.len() - 1]);
    let said = page.text(".said")?;
    let row = programs::lost_increment().trace.rows.pop().expect("it has rows");
    ensure!(said.contains(&row.text), "{said:?} is not of {row:?}");
    page.press("Home")?;
    ensure!(current(&page)? == stops[0]);
    page.press("f")?;
    ensure!(page.count("section.whole")? == 1);
    page.press("Escape")?;
    ensure!(page.count("section.whole")? == 0);
    // The button that has the focus is pressed, and no step is taken besides.
    page.value::<Option<bool>>("document.querySelector('[data-does=forward]').focus() ?? null")?;
    page.press("Enter")?;
    ensure!(current(&page)? == stops[1]);
    page.close()
}

pub(crate) fn plays() -> Result<()> {
    let page = increment()?;
    let stops = stops();
    page.press_times("ArrowRight", stops.len() - 3)?;
    page.press(" ")?;
    ensure!(page.text("[data-does=play]")? == "pause");
    let begun = Instant::now();
    while page.text("[data-does=play]")? == "pause" && begun.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(100));
    }
    ensure!(page.text("[data-does=play]")? == "play");
    ensure!(current(&page)? == stops[stops.len() - 1]);
    page.close()
}

pub(crate) fn row() -> Result<()> {
    let page = increment()?;
    let stop = stops()[2];
    page.click(&format!("tr[data-line='{stop}'] .step"))?;
    ensure!(current(&page)? == stop);
    // From there the keys go on, although a row is no button.
    page.press("ArrowDown")?;
    ensure!(current(&page)? == stops()[3]);
    page.close()
}

pub(crate) fn panel() -> Result<()> {
    let page = Page::open(&selvedge_reports::html(&programs::deadlock()), WIDE)?;
    ensure!(!page.text(".panel")?.contains("waiting:"));
    page.press("End")?;
    let panel = page.text(".panel")?;
    for words in [
        "waits for `right`, held by other",
        "waits for `left`, held by main",
        "held by main; waiting: other",
        "held by other; waiting: main",
    ] {
        ensure!(panel.contains(words), "{words} is not in {panel}");
    }
    // Backwards what was true comes back.
    page.press("Home")?;
    ensure!(!page.text(".panel")?.contains("waiting:"));
    page.close()
}

pub(crate) fn arrows() -> Result<()> {
    let failure = programs::lost_increment();
    let page = increment()?;
    ensure!(page.count("svg.arrows")? == 0);
    page.click("[data-does=arrows]")?;
    let drawn = page.count("svg.arrows g")?;
    let lanes = failure.trace.columns();
    let told = |at: &usize| lanes.contains(&failure.trace.rows[*at].task) && !failure.trace.rows[*at].text.is_empty();
    let edges = failure.trace.rows.iter().enumerate().filter(|(at, _)| told(at));
    let edges: usize = edges
        .map(|(_, row)| row.after.iter().filter(|at| told(at)).count())
        .sum();
    ensure!(drawn == edges && edges >= 3, "{drawn} arrows of {edges}");
    page.click("[data-does=arrows]")?;
    ensure!(page.count("svg.arrows")? == 0);
    page.close()
}

pub(crate) fn pair() -> Result<()> {
    let (failing, passing) = (programs::lost_increment().trace, programs::kept_increment());
    let longer = failing.rows.len().max(passing.rows.len());
    let row = |trace: &selvedge::trace::Trace, at: usize| (at < trace.rows.len()).then_some(at);
    let aligned: Vec<_> = (0..longer).map(|at| (row(&failing, at), row(&passing, at))).collect();
    let timeline =
        Timeline::new("both", &failing)
            .marked(&[2])
            .beside(["failing", "passing"], &passing, &[], &aligned, Some(2));
    let page = Page::open(
        &Document::new("both").with(&html! { main { h1 { "both" } (timeline.render()) } }),
        WIDE,
    )?;
    page.press("End")?;
    ensure!(page.count(".panel > div")? == 2);
    let panel = page.text(".panel > div:first-child")?;
    ensure!(panel.starts_with("failing: "), "{panel}");
    ensure!(page.count("tr.parts")? == 1 && page.count("td.lane.marked")? == 1);
    let cells = page.visible("td.side-1")?;
    page.click("[data-does=side][data-side='1']")?;
    ensure!(cells > 0 && page.visible("td.side-1")? == 0);
    // The other one stays.
    page.click("[data-does=side][data-side='0']")?;
    ensure!(page.visible("td.side-0")? > 0);
    page.close()
}

pub(crate) fn two_on_a_page() -> Result<()> {
    let failure = programs::lost_increment();
    let body = html! {
        main {
            h1 { "two" }
            (Timeline::new("one", &failure.trace).render())
            (Timeline::new("another", &failure.trace).render())
        }
    };
    let page = Page::open(&Document::new("two").with(&body), WIDE)?;
    page.press("ArrowRight")?;
    let lines: Vec<usize> = page.value(CURRENT)?;
    ensure!(lines == [stops()[0]; 2], "{lines:?}");
    page.click("[aria-label=another] [data-does=forward]")?;
    page.press("ArrowRight")?;
    let lines: Vec<usize> = page.value(CURRENT)?;
    ensure!(lines == [stops()[0], stops()[2]], "{lines:?}");
    page.close()
}
