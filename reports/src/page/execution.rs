//! Whole pages: of a failure, and of an execution that passes.

use maud::{Markup, Render as _, html};
use selvedge::Failure;
use selvedge::trace::{RowKind, Trace};

use super::{Document, SourceLine, Timeline};

/// A failure as one page that needs nothing else: what failed, the timeline, and how to see it again.
pub fn html(failure: &Failure) -> String {
    Document::new(&crate::grid::title(failure)).with(&self::failure(failure, None))
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

/// What [`html`] shows, as the body of a page of one's own.
pub fn failure(failure: &Failure, source: Option<&SourceLine<'_>>) -> Markup {
    let name = failure.name.replacen('/', " / ", 1);
    let victim = victim(failure);
    let timeline = with_source(Timeline::new(&name, &failure.trace).victim(victim), source);
    html! {
        main {
            h1 { (name) ": " span.bad { (crate::words(failure)) } }
            p.message { (failure.message.trim_end()) }
            (timeline.render())
            @if let Some(replay) = &failure.replay {
                p.replay { "Replay: " code { (replay) } }
            }
        }
    }
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
