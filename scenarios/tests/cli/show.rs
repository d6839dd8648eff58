//! Lessons, code and interleavings.

use super::*;

#[test]
fn show_sets_the_lesson_for_the_terminal_with_the_verdicts() {
    let folder = folder("show");
    for name in ["lost-increment", "background-writer-gap", "fair-semaphore"] {
        for columns in [80, 120] {
            let text = at_width(&folder, columns, &["show", name]);
            for mark in ["**", "```", "\n#", "| --- "] {
                assert!(!text.contains(mark), "{mark} in {text}");
            }
            let catalog = selvedge_scenarios::catalog();
            let scenario = catalog.iter().find(|s| s.name == name).unwrap();
            for variant in &scenario.variants {
                let row = format!("\n {} ", variant.name);
                assert!(text.contains(&row), "{} is broken in {text}", variant.name);
            }
            // Code and timelines stand two columns in, and keep their width.
            for line in text.lines().filter(|line| !line.starts_with("  ")) {
                assert!(line.chars().count() <= columns, "wider than {columns}: {line}");
            }
        }
    }
    let lesson = stdout(&selvedge(&folder, &["show", "lost-increment"]));
    assert!(lesson.starts_with("Lost increment\n══════════════\n"), "{lesson}");
    assert!(lesson.contains("Source: "), "{lesson}");
    let verdict = |words: &[&str]| {
        let mut rows = lesson.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
        assert!(rows.any(|row| row.starts_with(words)), "{words:?} in {lesson}");
    };
    verdict(&["load-then-store", "naive", "forbidden", "outcome", "2"]);
    verdict(&["fetch-add", "fixed", "verified", "2"]);
}

#[test]
fn show_prints_the_code_of_a_variant_beside_its_interleaving() {
    let folder = folder("show-variant");
    let naive = stdout(&selvedge(&folder, &["show", NAIVE]));
    let fixed = stdout(&selvedge(&folder, &["show", "lost-increment/fetch-add"]));
    assert!(naive.contains("  || count(Increment::LoadThenStore)\n"), "{naive}");
    assert!(
        naive.contains("counter.store(value + 1") && !naive.contains("counter.fetch_add"),
        "{naive}"
    );
    assert!(
        fixed.contains("counter.fetch_add") && !fixed.contains("counter.store(value + 1"),
        "{fixed}"
    );
    assert!(naive.lines().all(|line| line == line.trim_end()), "{naive}");
    assert!(naive.find("fn count(") < naive.find("── preempted ──"), "{naive}");
    assert!(
        naive.ends_with("Found: forbidden outcome, in execution 2 under exhaustive; as expected.\n"),
        "{naive}"
    );
    assert!(
        fixed.contains("lost-increment/fetch-add: Verified, all 2 execution graphs\n"),
        "{fixed}"
    );
    assert!(
        fixed.contains("Found: verified, in 2 executions under exhaustive; as expected.\n"),
        "{fixed}"
    );
    // The table of outcomes, with the exact number of interleavings of each.
    let counted = |text: &str, outcome: &str, rest: &[&str]| {
        let row = text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
        assert!(row.into_iter().any(|r| r[..] == [&[outcome], rest].concat()), "{text}");
    };
    counted(&naive, "1", &["2", "forbidden", "an", "increment", "is", "lost"]);
    counted(&naive, "2", &["2", "acceptable", "both", "increments", "count"]);
    counted(&fixed, "1", &["0", "0", "forbidden", "an", "increment", "is", "lost"]);
}

#[test]
fn show_draws_a_failing_interleaving_and_says_when_there_is_none() {
    let folder = folder("draw");
    for (format, start) in [
        ("md", "### lost-increment"),
        ("html", "<!DOCTYPE html>"),
        ("svg", "<svg "),
    ] {
        let output = selvedge(&folder, &["show", NAIVE, "--format", format]);
        assert!(stdout(&output).starts_with(start), "{output:?}");
    }
    refused(
        &selvedge(&folder, &["show", "lost-increment/fetch-add", "--format", "svg"]),
        &["no failing interleaving"],
    );
    refused(
        &selvedge(&folder, &["show", "lost-increment", "--format", "html"]),
        &["name it"],
    );
}
