//! The page on which a program is played. It tells neither the name of the program nor what is to be found.

use maud::{Markup, Render as _, html};

use super::{Chapter, Game, Program, code, layout};
use crate::page;

/// The file of the page, for the `number`th program of a chapter.
fn file(chapter: &Chapter, number: usize) -> String {
    format!("{}-play-{number}.html", chapter.name)
}

/// A way to the page, if the program can be played.
pub(super) fn link(chapter: &Chapter, program: &Program, number: usize) -> Markup {
    html! {
        @if program.game.is_some() {
            p.play { a href=(file(chapter, number)) { "Be the scheduler of program " (number) } }
        }
    }
}

/// The page, and its file, if the program can be played. It leads back to the question, which is on the page `asked`.
pub(super) fn page(chapter: &Chapter, program: &Program, number: usize, asked: &str) -> Option<(String, String)> {
    let Game { states, weaker } = program.game.as_ref()?;
    let heading = format!("{}: program {number}", layout::plain(chapter.heading()));
    let label = format!("program {number}");
    let body = html! {
        p.crumbs { a href={ (asked) "#q-" (number) } { (layout::inline(chapter.heading())) } }
        h1 { (heading) }
        @if *weaker {
            p { "Some of its orderings are weaker than " code { "SeqCst" } ": loads may see more than can be picked here." }
        }
        details { summary { "The program" } (code::block(&program.code, "The program")) }
        (page::Game::new(&label, "Make it fail, if it can fail.", states).render())
    };
    Some((file(chapter, number), layout::playing(&heading, &body)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::book;
    use super::super::{Game, site};

    #[test]
    fn a_program_that_can_be_played_has_a_page_that_gives_nothing_away() {
        let mut book = book();
        assert!(!site(&book).contains_key("first-play-1.html"));
        let check = selvedge::Check::new("small");
        let states = check.states(|| selvedge::thread::yield_now()).expect("it is small");
        book.chapters[0].programs[0].game = Some(Game { states, weaker: true });
        let files = site(&book);
        assert!(files["first.html"].contains("href=\"first-play-1.html\""));
        let page = &files["first-play-1.html"];
        assert!(
            page.contains("href=\"first.html#q-1\"") && page.contains("SeqCst"),
            "{page}"
        );
        assert!(page.contains("play.js") && !files["first.html"].contains("play.js"));
        assert!(!page.contains("naive") && !page.contains("load, then"), "{page}");
    }
}
