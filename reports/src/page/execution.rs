//! Whole pages: of a failure, and of an execution that passes.

use maud::{Markup, Render as _, html};
use selvedge::cause::Constraint;
use selvedge::trace::{RowKind, Trace};
use selvedge::{Failure, States};

use super::{Document, Game, PLAY, PLAY_STYLE, SourceLine, Timeline};

/// A failure as one page that needs nothing else: what failed, the timeline, and how to see it again.
pub fn html(failure: &Failure) -> String {
    Document::new(&crate::grid::title(failure)).with(&self::failure(failure, None))
}

/// A program that is to be played on a page, or why it is not.
#[derive(Clone, Debug)]
pub struct Playable {
    /// What it is called: `lost-increment/load-then-store`.
    pub name: String,
    /// What the reader is asked to do: `Make it fail.`
    pub challenge: &'static str,
    /// Its states, or why there are none.
    pub states: Result<States, String>,
}

/// A failure as one page, and below it programs to be played, if there are any: the one that failed, say, and one that does not.
pub fn played(failure: &Failure, programs: &[Playable], source: Option<&SourceLine<'_>>) -> String {
    let body = html! {
        (self::failure(failure, source))
        @if !programs.is_empty() {
            div.games { @for program in programs { (game(program)) } }
        }
    };
    let title = crate::grid::title(failure);
    let document = Document::new(&title);
    match programs {
        [] => document.with(&body),
        _ => document.style(PLAY_STYLE).script(PLAY).with(&body),
    }
}

fn game(program: &Playable) -> Markup {
    let label = program.name.replacen('/', " / ", 1);
    match &program.states {
        Ok(states) => Game::new(&label, program.challenge, states).render(),
        Err(why) => html! {
            section.unplayable aria-label={ "Play " (label) } {
                h2 { "You are the scheduler: " (label) }
                p { "This one is not played here: " (why) ". In a terminal: " code { "selvedge play " (program.name) } }
            }
        },
    }
}

/// An execution that passes, as one page. It is called `name`, as the check is.
pub fn passing(name: &str, words: &str, trace: &Trace, source: Option<&SourceLine<'_>>) -> String {
    let name = name.replacen('/', " / ", 1);
    let body = html! {
        main {
            h1 { (name) ": " span.good { "passes" } }
            p.message { (words) }
            (with_source(Timeline::new(&name, trace), source).render())
        }
    };
    Document::new(&format!("{name}: passes")).with(&body)
}

/// What [`html()`] shows, as the body of a page of one's own.
pub fn failure(failure: &Failure, source: Option<&SourceLine<'_>>) -> Markup {
    let name = failure.name.replacen('/', " / ", 1);
    let victim = victim(failure);
    let decides = decides(failure);
    let timeline = Timeline::new(&name, &failure.trace).victim(victim).marked(&decides);
    let beside = format!("{name}, beside the nearest execution that passes");
    let stops: Vec<usize> = (failure.tried.iter())
        .filter_map(|tried| tried.stops.as_ref()?.row)
        .collect();
    let repaired = format!("{name}, beside the repaired program in the same order");
    html! {
        main {
            h1 { (name) ": " span.bad { (crate::words(failure)) } }
            p.message { (failure.message.trim_end()) }
            @if let Some(cause) = &failure.cause { (super::cause(cause)) }
            (with_source(timeline, source).render())
            @if let Some(nearest) = &failure.nearest {
                details {
                    summary { "The execution that passes and is most like it" }
                    (Timeline::new(&beside, &failure.trace)
                        .victim(victim)
                        .marked(&decides)
                        .beside(["failing", "passing"], &nearest.trace, &[], &nearest.aligned, nearest.parts_at)
                        .render())
                }
            }
            @if let Some(tried) = &failure.tried {
                details {
                    summary { "The same order on the repaired program" }
                    p.cause { (tried) }
                    (Timeline::new(&repaired, &failure.trace)
                        .victim(victim)
                        .marked(&stops)
                        .beside(["failing", "repaired"], &tried.trace, &[], &tried.aligned, tried.parts_at)
                        .render())
                }
            }
            @if let Some(replay) = &failure.replay {
                p.replay { "Replay: " code { (replay) } }
            }
        }
    }
}

/// The rows of the operations whose order decides, by their places in the trace.
pub(crate) fn decides(failure: &Failure) -> Vec<usize> {
    let way = failure.cause.as_ref().and_then(|cause| cause.ways.first());
    let operations = way
        .iter()
        .flat_map(|way| &way.constraints)
        .flat_map(|constraint| match constraint {
            Constraint::Before { first, then } => vec![first, then],
            Constraint::Arm { choose, .. } => vec![choose],
            _ => Vec::new(),
        });
    operations.filter_map(|operation| operation.row).collect()
}

fn with_source<'a>(timeline: Timeline<'a>, source: Option<&'a SourceLine<'a>>) -> Timeline<'a> {
    match source {
        Some(source) => timeline.source(source),
        None => timeline,
    }
}

/// The task that the failure is about: whom its message names first, else who was the last to wait or to panic.
pub(crate) fn victim(failure: &Failure) -> Option<usize> {
    let trace = &failure.trace;
    let message = failure.message.strip_prefix("a cycle: ").unwrap_or(&failure.message);
    let named = |task: &usize| {
        let rest = message.strip_prefix(trace.tasks[*task].as_str());
        rest.is_some_and(|rest| rest.starts_with(' '))
    };
    let stopped = trace
        .rows
        .iter()
        .rev()
        .find(|row| row.kind == RowKind::Waits || row.text.starts_with("panics"));
    let columns = trace.columns();
    (0..trace.tasks.len())
        .find(named)
        .or(stopped.map(|row| row.task))
        .filter(|task| columns.contains(task))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_page_says_why_and_marks_what_decides() {
        let failure = crate::grid::tests::failure();
        let cause = failure.cause.as_ref().expect("the program is small").to_string();
        let page = super::html(&failure);
        for part in cause.split(['`', '\n']).map(str::trim) {
            assert!(page.contains(&crate::grid::escape(part)), "{part}: {page}");
        }
        let rows = super::decides(&failure);
        let texts: Vec<&str> = rows.iter().map(|&row| failure.trace.rows[row].text.as_str()).collect();
        assert_eq!(texts, ["counter ➜ 0", "counter = 1", "counter ➜ 0", "counter = 1"]);
        // Each of them once in the timeline, and once more beside the execution that passes.
        assert_eq!(page.matches("(decides)").count(), 2 * rows.len());
    }

    #[test]
    fn a_page_holds_every_step_escaped_and_may_load_nothing() {
        let failure = crate::grid::tests::failure();
        let page = super::html(&failure);
        assert!(page.contains("&lt;naive&gt;") && !page.contains("<naive>"), "{page}");
        for row in failure.trace.rows.iter().filter(|r| !r.text.is_empty()) {
            assert!(page.contains(&crate::grid::escape(&row.text)), "{}", row.text);
        }
        assert!(page.contains("default-src 'none'"), "{page}");
        assert!(!page.contains("src=") && !page.contains("href="), "{page}");
        assert_eq!(page.matches("<tr").count(), page.matches("</tr>").count());
    }

    #[test]
    fn the_lane_that_stays_in_sight_is_that_of_whom_the_message_names() {
        let mut failure = crate::grid::tests::failure();
        assert_eq!(super::victim(&failure), Some(0));
        failure.message = "worker sleeps on `status`".to_owned();
        assert_eq!(super::victim(&failure), Some(1));
    }
}
