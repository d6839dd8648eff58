//! The trace of every broken variant is what its snapshot says, and every lesson quotes real traces and real numbers.
//! `UPDATE_LESSONS=1 cargo test -p selvedge-scenarios --test classics` writes them into the lessons.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use selvedge::{Failure, Strategy};
use selvedge_scenarios::catalog::{Expected, Scenario, Variant};

fn main() {
    let mut trials = vec![Trial::test(
        "every_variant_has_code_to_show_and_every_mark_in_the_source_fits",
        marks,
    )];
    let mut scenarios = selvedge_scenarios::catalog();
    // What takes long begins first.
    scenarios.sort_by_key(|scenario| std::cmp::Reverse(scenario.variants.len()));
    for scenario in scenarios {
        let name = format!("{}/the-traces-and-what-the-lesson-quotes-of-them", scenario.name);
        trials.push(Trial::test(name, move || traces_and_lesson(&scenario)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The trace of each variant that fails is its snapshot, and the lesson quotes real traces and real numbers.
fn traces_and_lesson(scenario: &Scenario) -> Result<(), Failed> {
    let mut quotes = BTreeMap::new();
    for variant in &scenario.variants {
        if let Some(failure) = failure(scenario, variant) {
            let name = format!("{}__{}", scenario.name, variant.name).replace('-', "_");
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name, without_padding(&selvedge_reports::timeline(&failure)));
            });
            quotes.insert(variant.name, without_padding(&failure.within(QUOTED)));
        }
    }
    lesson(scenario, &quotes)
}

/// Columns of a trace in a lesson, which is read on a page or on a terminal.
const QUOTED: usize = 100;

/// Rows are padded to their columns; editors and diffs want the padding at the end gone.
fn without_padding(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The failure of the first run that is expected to fail.
fn failure(scenario: &Scenario, variant: &Variant) -> Option<Failure> {
    if !can_run(variant) {
        return None;
    }
    let run = variant
        .runs
        .iter()
        .find(|run| matches!(run.expected, Expected::Fails(_)))?;
    let report = scenario.run(variant, scenario.check(variant, &run.strategy));
    let failure = report.failure;
    Some(failure.unwrap_or_else(|| panic!("{}/{} fails", scenario.name, variant.name)))
}

fn can_run(variant: &Variant) -> bool {
    variant.skipped.is_none_or(|reason| reason().is_none())
}

/// The lesson with every quoted trace and every number as it is now. Other blocks and rows stay as they are, and so does
/// what needs a server that is not there.
fn refreshed(scenario: &Scenario, quotes: &BTreeMap<&str, String>) -> String {
    let mut lesson = String::new();
    let mut lines = scenario.lesson.lines().peekable();
    while let Some(line) = lines.next() {
        lesson.push_str(&format!(
            "{}\n",
            refreshed_row(scenario, line).as_deref().unwrap_or(line)
        ));
        if line != "```text" {
            continue;
        }
        let of = |v: &&Variant| {
            let heading = format!("{} / {}:", scenario.name, v.name);
            lines.peek().is_some_and(|line| line.starts_with(&heading))
        };
        let variant = scenario.variants.iter().find(of);
        if let Some(quote) = variant.and_then(|variant| quotes.get(variant.name)) {
            lesson.push_str(&format!("{}\n```\n", quote.trim_end()));
            lines.find(|line| *line == "```");
        }
    }
    lesson
}

/// The row of the table of interleavings that `line` is, if it is one.
fn refreshed_row(scenario: &Scenario, line: &str) -> Option<String> {
    let of = |v: &&Variant| line.starts_with(&format!("| `{}` |", v.name));
    let variant = scenario.variants.iter().find(of)?;
    let cells: Vec<&str> = line.splitn(4, '|').collect();
    let [_, name, number, rest] = cells[..] else {
        return None;
    };
    let is_number = |cell: &str| cell == "fails" || cell.bytes().all(|b| b.is_ascii_digit());
    if !is_number(number.trim()) || !can_run(variant) {
        return None;
    }
    let number = match variant.expected_under(&Strategy::Exhaustive) {
        Expected::Fails(_) => "fails".to_owned(),
        _ => {
            let report = variant.observe(variant.check(scenario.name, &Strategy::Exhaustive));
            (report.executions - report.blocked_executions).to_string()
        }
    };
    Some(format!("|{name}| {number} |{rest}"))
}

fn lesson(scenario: &Scenario, quotes: &BTreeMap<&str, String>) -> Result<(), Failed> {
    let mut wrong = String::new();
    if !scenario.lesson.contains("```text\n") {
        let _ = writeln!(
            wrong,
            "{} shows no trace: quote one, as `selvedge run {0}/..` prints it, in a ```text block",
            scenario.name
        );
    }
    // This one runs the same programs on each of its databases, and gives the numbers of one.
    let is_repeated = |v: &Variant| scenario.name == "execution-log" && !v.name.starts_with("memory-");
    let verified = |v: &&Variant| v.expected == Expected::Verified && !is_repeated(v);
    for variant in scenario.variants.iter().filter(verified) {
        let row = format!("| `{}` |", variant.name);
        if !scenario.lesson.contains(&format!("\n{row}")) {
            let _ = writeln!(
                wrong,
                "{} has no row for a repair: begin one with {row} 0 |",
                scenario.name
            );
        }
    }
    let lesson = refreshed(scenario, quotes);
    if lesson != scenario.lesson {
        let _ = writeln!(
            wrong,
            "the lesson of {} is stale; refresh it with UPDATE_LESSONS=1, and read the diff",
            scenario.name
        );
        if std::env::var_os("UPDATE_LESSONS").is_some() {
            std::fs::write(file_of(scenario), lesson)?;
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.into()),
    }
}

fn marks() -> Result<(), Failed> {
    let wrong: Vec<String> = selvedge_scenarios::catalog()
        .iter()
        .flat_map(Scenario::wrong_marks)
        .collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n").into()),
    }
}

/// The file that the lesson was compiled from.
fn file_of(scenario: &Scenario) -> PathBuf {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the sources can be read") {
            let path = entry.expect("a folder of the sources can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md")
                && std::fs::read_to_string(&path).is_ok_and(|text| text == scenario.lesson)
            {
                return path;
            }
        }
    }
    panic!(
        "the lesson of {} is in no file: it has changed since it was compiled",
        scenario.name
    )
}
