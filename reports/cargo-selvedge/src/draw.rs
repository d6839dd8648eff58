//! `cargo selvedge show`, `html` and `svg`: a saved failure as text, as a page, as a picture.

use anyhow::{Context as _, Result};
use selvedge::Failure;

use crate::args::{DrawArgs, ProjectArgs, ShowArgs, ShowFormat, Which};
use crate::rerun::rerun;
use crate::{Outcome, output};

pub(crate) fn show(project: &ProjectArgs, args: &ShowArgs) -> Result<Outcome> {
    draw(project, &args.which, |failure| {
        output::print(&match args.format {
            ShowFormat::Text => failure.detailed_within(output::timeline_width()),
            ShowFormat::Md => selvedge_reports::markdown(failure),
        })
    })
}

pub(crate) fn html(project: &ProjectArgs, args: &DrawArgs) -> Result<Outcome> {
    draw(project, &args.which, |failure| {
        written(args, &selvedge_reports::html(failure))
    })
}

pub(crate) fn svg(project: &ProjectArgs, args: &DrawArgs) -> Result<Outcome> {
    draw(project, &args.which, |failure| {
        written(args, &selvedge_reports::svg(failure))
    })
}

fn draw(project: &ProjectArgs, which: &Which, render: impl FnOnce(&Failure) -> Result<()>) -> Result<Outcome> {
    let rerun = rerun(project, which)?;
    let reproduced = rerun.reproduced();
    render(&rerun.failure()?)?;
    if reproduced {
        return Ok(Outcome::AsExpected);
    }
    output::tell("not reproduced: this is another failure than the recorded one");
    Ok(Outcome::NotAsExpected)
}

fn written(args: &DrawArgs, text: &str) -> Result<()> {
    let Some(path) = &args.out else {
        return output::print(text);
    };
    selvedge::schedule::write(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
