//! A program to repair, as a section of its chapter and as two files.

use maud::{Markup, html};

use super::{Chapter, code};

fn name(chapter: &Chapter, what: &str) -> String {
    format!("{}-{what}.rs", chapter.name)
}

pub(super) fn files(chapter: &Chapter) -> Vec<(String, String)> {
    let Some(exercise) = &chapter.exercise else {
        return Vec::new();
    };
    vec![
        (name(chapter, "exercise"), exercise.given.clone()),
        (name(chapter, "solution"), exercise.solution.clone()),
    ]
}

pub(super) fn section(chapter: &Chapter) -> Markup {
    let Some(exercise) = &chapter.exercise else {
        return html! {};
    };
    let file = name(chapter, "exercise");
    html! {
        section.exercise aria-labelledby="exercise" {
            h2 id="exercise" { "Repair it yourself" }
            p {
                "Put " a href=(file) download { (file) } " in " code { "src/lib.rs" } " of a crate that has " code { "selvedge" }
                " among its dependencies, and run " code { "cargo test" } ". It fails, with a timeline. Repair it, and it passes: "
                "then every interleaving holds."
            }
            (code::block(&exercise.given, "The exercise"))
            details.solution {
                summary { "Show a solution" }
                p { a href=(name(chapter, "solution")) download { (name(chapter, "solution")) } }
                (code::block(&exercise.solution, "A solution"))
            }
        }
    }
}
