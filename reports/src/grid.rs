//! A trace as a grid: a column per task, a column per named object, a row per line of its timeline. Markdown and SVG draw the
//! same grid.

use selvedge::trace::{RowKind, Trace};

/// A trace, laid out.
pub(crate) struct Grid {
    /// The names of the tasks that have a column.
    pub(crate) tasks: Vec<String>,
    /// The names of the objects whose value is shown.
    pub(crate) objects: Vec<String>,
    /// From top to bottom.
    pub(crate) lines: Vec<Line>,
}

/// One row of the grid.
pub(crate) struct Line {
    /// The numbers a reader refers to: `4`, `4–6`; switches and the clock have none.
    pub(crate) numbers: String,
    /// What sort of row it is.
    pub(crate) kind: RowKind,
    /// The column of the task it belongs to.
    pub(crate) task: usize,
    /// What the task did.
    pub(crate) text: String,
    /// The new value of each object, if it has one.
    pub(crate) values: Vec<Option<String>>,
}

impl Grid {
    pub(crate) fn of(trace: &Trace) -> Self {
        let columns = trace.columns();
        let lines = trace
            .lines()
            .into_iter()
            .map(|line| {
                let mut values = vec![None; trace.objects.len()];
                for (object, value) in &line.values {
                    values[*object] = Some(value.clone());
                }
                Line {
                    numbers: line.numbers(),
                    kind: line.kind,
                    task: columns.iter().position(|&t| t == line.task).unwrap_or(0),
                    text: line.text,
                    values,
                }
            })
            .collect();
        let tasks = columns.iter().map(|&t| trace.tasks[t].clone()).collect();
        Grid {
            tasks,
            objects: trace.objects.clone(),
            lines,
        }
    }
}

/// Text for the inside of an XML or HTML element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Not allowed in XML, not even escaped.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// `lost-wakeup / check-then-create: lost wakeup`.
pub(crate) fn title(failure: &selvedge::Failure) -> String {
    format!("{}: {}", failure.name.replacen('/', " / ", 1), crate::words(failure))
}

#[cfg(test)]
pub(crate) mod tests {
    use selvedge::sync::Arc;
    use selvedge::sync::atomic::{AtomicU32, Ordering};
    use selvedge::{Check, Failure, Strategy, thread};

    /// A lost increment, found by enumeration, so that it is the same every time.
    pub(crate) fn failure() -> Failure {
        let report = Check::new("lost-increment/<naive>").strategy(Strategy::Dfs).run(|| {
            let counter = Arc::new(AtomicU32::new(0).named("counter"));
            let other = Arc::clone(&counter);
            let worker = thread::Builder::new().name("worker").spawn(move || {
                let value = other.load(Ordering::SeqCst);
                other.store(value + 1, Ordering::SeqCst);
            });
            let value = counter.load(Ordering::SeqCst);
            counter.store(value + 1, Ordering::SeqCst);
            worker.unwrap().join().unwrap();
            assert!(counter.load(Ordering::SeqCst) == 2, "lost | one");
        });
        report.failure.expect("two steps leave room in between")
    }

    #[test]
    fn every_numbered_row_has_the_number_of_the_plain_timeline() {
        let failure = failure();
        let timeline = failure.trace.timeline();
        for line in super::Grid::of(&failure.trace).lines {
            if !line.numbers.is_empty() {
                let row = timeline
                    .lines()
                    .find(|l| l.trim_start().starts_with(&format!("{} ", line.numbers)))
                    .unwrap();
                assert!(row.contains(&line.text), "{row}: {}", line.text);
            }
        }
    }

    #[test]
    fn escaped_text_closes_no_element() {
        assert_eq!(super::escape("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;\u{fffd}");
    }
}
