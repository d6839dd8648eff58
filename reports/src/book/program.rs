//! A program as a question: its code, what might become of it, and, once somebody has said what he expects, what does.

use maud::{Markup, html};

use super::{Chapter, Found, Graded, Program, Table, code, game, reading, timeline};

/// Programs on the page of a lesson.
const FIRST: usize = 6;
/// Programs on each page after it.
const MORE: usize = 8;
/// Rows of timelines on a page of more than one program: some 400 KiB.
const ROWS: usize = 400;

/// What may be expected, always all of it, so that the choice tells nothing.
const CHOICES: [(&str, &str); 7] = [
    ("holds", "it holds"),
    ("forbidden outcome", "it returns what it must not"),
    ("panic", "it panics"),
    ("deadlock", "deadlock"),
    ("lost wakeup", "lost wakeup"),
    ("data race", "data race"),
    ("livelock", "livelock"),
];

/// The programs of each page of a chapter, as indices. The first page has those that the lesson quotes and some that hold;
/// within a page the order is one that says nothing.
pub(super) fn pages(chapter: &Chapter) -> Vec<Vec<usize>> {
    let programs = &chapter.programs;
    let mut first: Vec<usize> = (0..programs.len()).collect();
    let mut rest = Vec::new();
    if programs.len() > FIRST + 1 {
        let is_quoted = |at: &usize| {
            let heading = format!("```text\n{} / {}:", chapter.name, programs[*at].name);
            chapter.lesson.contains(&heading)
        };
        let holds = |at: &usize| matches!(programs[*at].found, Found::Holds { .. });
        first = (0..programs.len()).filter(is_quoted).take(FIRST / 2).collect();
        first.extend((0..programs.len()).filter(holds).take(FIRST - first.len()));
        while first.len() > 1 && rows(first.iter().map(|at| &programs[*at])) > ROWS {
            first.pop();
        }
        rest = (0..programs.len()).filter(|at| !first.contains(at)).collect();
    }
    let shuffle = |page: &mut Vec<usize>| page.sort_by_key(|at| digest(&programs[*at].name));
    shuffle(&mut first);
    shuffle(&mut rest);
    let mut pages = vec![first, Vec::new()];
    for at in rest {
        let last = pages.last().expect("there are some");
        let filled = rows(last.iter().chain([&at]).map(|at| &programs[*at]));
        if last.len() == MORE || !last.is_empty() && filled > ROWS {
            pages.push(Vec::new());
        }
        pages.last_mut().expect("there are some").push(at);
    }
    pages.retain(|page| !page.is_empty());
    pages
}

/// Rows of the timelines of these programs, which are most of a page.
fn rows<'a>(programs: impl Iterator<Item = &'a Program>) -> usize {
    let rows = programs.map(|program| match &program.found {
        Found::Fails(failure) => {
            let failing = failure.trace.rows.len();
            let beside = failure
                .nearest
                .as_ref()
                .map(|nearest| nearest.trace.rows.len().max(failing));
            failing + beside.unwrap_or_default()
        }
        Found::Holds { example, .. } => example.as_ref().map_or(0, |trace| trace.rows.len()),
        Found::NotRun => 0,
    });
    rows.sum()
}

/// FNV-1a: any fixed order will do that does not begin with what fails.
fn digest(name: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// The file of a page of a chapter.
pub(super) fn file(chapter: &Chapter, page: usize) -> String {
    match page {
        0 => chapter.href(),
        n => format!("{}-{}.html", chapter.name, n + 1),
    }
}

/// Where a program is, or nothing if the chapter has none of that name.
pub(super) fn href(chapter: &Chapter, name: &str) -> String {
    let is_on = |page: &Vec<usize>| page.iter().any(|at| chapter.programs[*at].name == name);
    match pages(chapter).iter().position(is_on) {
        Some(page) => format!("{}#{}", file(chapter, page), id(name)),
        None => String::new(),
    }
}

fn id(name: &str) -> String {
    format!("v-{name}")
}

/// The program, as the `number`th question of its chapter.
pub(super) fn article(chapter: &Chapter, program: &Program, number: usize) -> Markup {
    let title = format!("Program {number}");
    html! {
        article.program id=(id(&program.name)) aria-labelledby=(format!("q-{number}")) {
            h3 id=(format!("q-{number}")) { (title) }
            div.beside {
                div.left {
                    (code::block(&program.code, &format!("{title}, its code")))
                    @if let Some(answer) = program.answer() {
                        (question(number, answer))
                    }
                    (game::link(chapter, program, number))
                }
                @if program.answer().is_some() {
                    details.answer {
                        summary { "Show what the search found" }
                        (answer(chapter, program))
                    }
                } @else {
                    p.not-run {
                        code { (program.name) } " was not run: it needs a server that was not there when this book was made."
                    }
                }
            }
        }
    }
}

fn question(number: usize, answer: &str) -> Markup {
    let group = format!("guess-{number}");
    html! {
        fieldset.guess data-answer=(answer) {
            legend { "Under every schedule: what becomes of program " (number) "?" }
            @for (value, words) in CHOICES {
                label { input type="radio" name=(group) value=(value); " " (words) }
            }
            p.words { a href="failures.html" { "What do these words mean?" } }
            p.said role="status" {}
        }
    }
}

fn answer(chapter: &Chapter, program: &Program) -> Markup {
    html! {
        p.verdict { (verdict(program)) }
        p { code.name { (program.name) } " (" (program.word) "): " (program.summary) "." }
        @if let Some(table) = &program.table { (outcomes(table)) }
        @match &program.found {
            Found::Fails(failure) => {
                (timeline::failing(failure, &format!("How {} fails", program.name), &chapter.lines))
                (timeline::beside(failure, &format!("{}, failing and passing", program.name), &chapter.lines))
            },
            Found::Holds { example: Some(trace), .. } =>
                (timeline::passing(trace, &format!("One execution of {}", program.name), &chapter.lines)),
            _ => {}
        }
        @if let Some(note) = &program.note { p.note-of { "Note: " (note) "." } }
        @if !program.broken_by.is_empty() {
            p { "What it rests on, tried by undoing it:" }
            ul { @for (what, fails) in &program.broken_by { li { (what) ": " (fails) } } }
        }
        p.again {
            "In a terminal: " code { "selvedge show " (chapter.name) "/" (program.name) } ". "
            a href=(reading::FILE) { "How to read a timeline" } "."
        }
    }
}

fn verdict(program: &Program) -> Markup {
    match &program.found {
        Found::Fails(failure) => html! {
            strong.bad { "It fails: " (failure.words()) }
            ", in the " (ordinal(failure.interleaving)) " execution that the search looked at. "
            a href=(super::kinds::href(failure.words())) { "What is that?" }
        },
        Found::Holds { all: true, basis, .. } => html! { strong.good { "It holds" } ": " (basis) "." },
        Found::Holds { basis, .. } => html! {
            strong.good { "No failure was found" } ": " (basis) ". That is not a proof."
        },
        Found::NotRun => html! {},
    }
}

fn ordinal(number: u64) -> String {
    let end = match (number % 10, number % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

fn outcomes(table: &Table) -> Markup {
    // What never occurs is worth a line if it would be a bug.
    let is_told = |(_, counts, graded): &&(String, Vec<u64>, Option<Graded>)| {
        counts.iter().any(|n| *n > 0) || graded.as_ref().is_some_and(|g| g.grade == "forbidden")
    };
    let told = table.rows.iter().filter(is_told);
    html! {
        div.wide tabindex="0" role="group" aria-label="Outcomes and how often they occur" {
            table.outcomes {
                thead { tr {
                    th scope="col" { "outcome" }
                    @for (strategy, total, all) in &table.columns {
                        th.number scope="col" { (strategy) " (" @if *all { "all " } @else { "first " } (total) ")" }
                    }
                    th scope="col" { "which is" }
                    th scope="col" { "because" }
                } }
                tbody { @for (outcome, counts, graded) in told { tr {
                    th scope="row" { code { (outcome) } }
                    @for count in counts { td.number { (count) } }
                    @match graded {
                        Some(graded) => { td class=(graded.grade) { (graded.grade) } td { (graded.reason) } }
                        None => { td { "not graded" } td {} }
                    }
                } } }
            }
        }
    }
}

/// What the programs of a chapter may return and must not, before anything is known of them. Failures are left out: which one
/// to fear is part of the question. So is why an outcome is forbidden, where only some programs can come to it.
pub(super) fn contract(chapter: &Chapter) -> Markup {
    let rows = terms(chapter);
    if rows.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="returns" {
            h2 id="returns" { "What a program may return" }
            div.wide tabindex="0" role="group" aria-label="What a program may return" {
                table.outcomes {
                    thead { tr { th scope="col" { "outcome" } th scope="col" { "which is" } th scope="col" { "because" } } }
                    tbody { @for graded in &rows { tr {
                        th scope="row" { code { (graded.outcome) } }
                        td class=(graded.grade) { (graded.grade) }
                        td { (graded.reason) }
                    } } }
                }
            }
        }
    }
}

/// Each outcome once, what is forbidden last.
fn terms(chapter: &Chapter) -> Vec<Graded> {
    let mut rows = chapter.outcomes.clone();
    for program in &chapter.programs {
        let graded = program
            .table
            .iter()
            .flat_map(|table| &table.rows)
            .filter_map(|(_, _, graded)| graded.clone());
        for mut graded in graded {
            if rows.iter().all(|row| row.outcome != graded.outcome) {
                if graded.grade == "forbidden" {
                    graded.reason = "it must not happen".to_owned();
                }
                rows.push(graded);
            }
        }
    }
    rows.retain(|row| row.outcome != "()" && CHOICES.iter().all(|(value, _)| *value != row.outcome));
    rows.sort_by_key(|row| row.grade == "forbidden");
    rows
}

#[cfg(test)]
mod tests {
    use super::super::tests::book;
    use super::*;

    #[test]
    fn nothing_before_the_question_names_the_program_or_its_verdict() {
        let book = book();
        let chapter = &book.chapters[0];
        let html = article(chapter, &chapter.programs[0], 1).into_string();
        let (before, after) = html.split_once("<details").unwrap();
        let seen = before
            .replace("id=\"v-naive\"", "")
            .replace("data-answer=\"panic\"", "");
        for word in ["naive", "fails", "It holds", &chapter.programs[0].summary] {
            assert!(!seen.contains(word), "{word}: {seen}");
        }
        assert!(after.contains("It fails: panic"), "{after}");
        assert!(after.contains("&lt;b&gt;store"), "{after}");
    }

    #[test]
    fn every_program_is_on_one_page() {
        let mut chapter = book().chapters.remove(0);
        let program = chapter.programs[0].clone();
        for n in 0..30 {
            chapter.programs.push(Program {
                name: format!("p{n}"),
                ..program.clone()
            });
        }
        let pages = pages(&chapter);
        // No page has too many rows, and none has room for the program after it.
        assert!(pages.len() > 3);
        for page in &pages {
            assert!(!page.is_empty() && page.len() <= MORE, "{pages:?}");
            assert!(rows(page.iter().map(|at| &chapter.programs[*at])) <= ROWS, "{pages:?}");
        }
        let mut all: Vec<usize> = pages.concat();
        all.sort_unstable();
        assert_eq!(all, (0..chapter.programs.len()).collect::<Vec<_>>());
        assert_eq!(href(&chapter, "nobody"), "");
    }

    #[test]
    fn ordinals() {
        assert_eq!(
            [1, 2, 3, 4, 11, 112, 23].map(ordinal),
            ["1st", "2nd", "3rd", "4th", "11th", "112th", "23rd"]
        );
    }
}
