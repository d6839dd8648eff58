//! Values in words. `selvedge` reads the same ones from its variables, and a test there compares the two.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

/// Strategies as they are told to people.
const STRATEGIES: [&str; 13] = [
    "auto",
    "exhaustive",
    "random",
    "pct[:DEPTH]",
    "shuttle-pct[:DEPTH]",
    "urw",
    "pos",
    "surw",
    "portfolio",
    "graphs",
    "dfs",
    "loom",
    "stress",
];

const MEMORY: [&str; 2] = ["rust", "sc"];

/// The word that was probably meant: one that differs in a third of its letters at most.
pub(crate) fn nearest<'a>(known: &[&'a str], given: &str) -> Option<&'a str> {
    let given = given.to_ascii_lowercase();
    let near = known.iter().map(|word| (strsim::osa_distance(word, &given), *word));
    let near = near.filter(|(distance, word)| *distance <= word.len() / 3);
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// What to write in place of a word that is unknown.
fn instead(known: &[&str], given: &str) -> String {
    let plain: Vec<&str> = known
        .iter()
        .map(|word| word.split('[').next().unwrap_or(word))
        .collect();
    match nearest(&plain, given) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("choose one of {}", known.join(", ")),
    }
}

/// Steps of an execution, as `Check::max_steps` has it by default.
const MOST_DEPTH: usize = 10_000;

/// The variant of `Strategy` that is called so.
pub(crate) fn strategy(text: &str) -> Result<TokenStream, String> {
    let (name, depth) = match text.split_once(':') {
        Some((name, depth)) => (name, Some(depth)),
        None => (text, None),
    };
    let strategy = match name {
        "auto" => quote!(Auto),
        "exhaustive" => quote!(Exhaustive),
        "random" => quote!(Random),
        "pct" | "shuttle-pct" => {
            let depth = match depth.unwrap_or("3").parse::<usize>() {
                Ok(depth) if (1..=MOST_DEPTH).contains(&depth) => depth,
                _ => return Err(format!("give a depth of 1 to {MOST_DEPTH}, as in pct:3")),
            };
            return Ok(match name {
                "pct" => quote!(Pct { depth: #depth }),
                _ => quote!(ShuttlePct { depth: #depth }),
            });
        }
        "urw" => quote!(Urw),
        "pos" => quote!(Pos),
        "surw" => quote!(Surw),
        "portfolio" => quote!(Portfolio),
        "graphs" => quote!(Graphs),
        "dfs" => quote!(Dfs),
        "loom" => quote!(Loom),
        "stress" => quote!(Stress),
        _ => return Err(instead(&STRATEGIES, name)),
    };
    match depth {
        Some(_) => Err(format!("only pct has a depth: write `{name}`")),
        None => Ok(strategy),
    }
}

/// The variant of `MemoryModel` that is called so.
pub(crate) fn memory(text: &str) -> Result<TokenStream, String> {
    match text {
        "rust" => Ok(quote!(Rust)),
        "sc" => Ok(quote!(SequentiallyConsistent)),
        _ => Err(instead(&MEMORY, text)),
    }
}

/// A time with its unit.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "give a time above 0 with its unit, as in 500ms, 30s or 2m".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let seconds = match &text[digits..] {
        "ms" => number / 1_000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return Err(wrong()),
    };
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err(wrong()),
    }
}
