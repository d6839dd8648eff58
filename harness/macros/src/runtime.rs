//! The options of tokio's attributes. They say how a runtime is built, and there is none to build: they are looked at and
//! left out.

use proc_macro2::TokenStream;
use syn::{Expr, ExprLit, Lit};

use crate::arguments::{Argument, all, repeated};
use crate::item::Asked;
use crate::options::{flag, number, path};
use crate::wrong::{Result, Wrong};

const OPTIONS: [&str; 4] = ["flavor", "worker_threads", "start_paused", "crate"];

/// Of `#[tokio::test]`.
pub(crate) fn test(arguments: TokenStream) -> (Asked, Vec<Wrong>) {
    let asked = Asked {
        only_async: true,
        ..Asked::default()
    };
    (asked, check(arguments))
}

/// What is wrong with the options.
pub(crate) fn check(arguments: TokenStream) -> Vec<Wrong> {
    match syn::parse::Parser::parse2(all, arguments) {
        Ok(arguments) => {
            let wrong = arguments.iter().filter_map(|argument| look_at(argument).err());
            repeated(&arguments).chain(wrong).chain(together(&arguments)).collect()
        }
        Err(error) => vec![error.into()],
    }
}

fn look_at(argument: &Argument) -> Result<()> {
    match argument.name.to_string().as_str() {
        "flavor" => {
            let value = argument.value("\"multi_thread\"")?;
            match text(value).as_deref() {
                Some("current_thread" | "multi_thread" | "local") => Ok(()),
                _ => Err(Wrong::at(
                    value,
                    "choose one of \"current_thread\", \"multi_thread\", \"local\"",
                )),
            }
        }
        "worker_threads" => number(argument.value("2")?, 1).map(drop),
        "start_paused" => flag(argument.value("true")?).map(drop),
        "crate" => path(argument.value("\"tokio\"")?).map(drop),
        _ => Err(argument.unknown(&OPTIONS)),
    }
}

/// As tokio has it: other flavors have no worker threads.
fn together(arguments: &[Argument]) -> Option<Wrong> {
    let named = |name: &str| arguments.iter().find(|a| a.name == name);
    let workers = named("worker_threads")?;
    let flavor = named("flavor").and_then(|a| a.value("").ok()).and_then(text)?;
    (flavor != "multi_thread").then(|| {
        Wrong::at(
            &workers.name,
            format!("`worker_threads` is for the flavor \"multi_thread\", not for \"{flavor}\""),
        )
    })
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(arguments: &str) -> Vec<String> {
        let errors = check(arguments.parse().unwrap()).into_iter();
        errors.map(|error| error.at).collect()
    }

    #[test]
    fn what_tokio_takes_is_taken() {
        for taken in [
            "",
            "flavor = \"current_thread\", start_paused = true",
            "flavor = \"multi_thread\", worker_threads = 4",
            "flavor = \"local\"",
            "worker_threads = 1",
            "crate = \"my::tokio\"",
        ] {
            assert_eq!(wrong(taken), [""; 0], "{taken}");
        }
    }

    #[test]
    fn what_tokio_refuses_is_an_error_at_the_option() {
        assert_eq!(wrong("flavor = \"many\""), ["\"many\""]);
        assert_eq!(wrong("worker_threads = 0"), ["0"]);
        assert_eq!(wrong("start_paused = 1"), ["1"]);
        assert_eq!(wrong("threads = 1"), ["threads"]);
        assert_eq!(
            wrong("flavor = \"current_thread\", worker_threads = 4"),
            ["worker_threads"]
        );
    }
}
