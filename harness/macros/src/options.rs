//! The options of `#[selvedge::test]`. Each becomes a call of the method of `Check` that does it.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::{Expr, ExprLit, Lit};

use crate::arguments::{Argument, Value, all, repeated};
use crate::item::Asked;
use crate::runtime;
use crate::words;
use crate::wrong::{Result, Wrong};

/// An option whose value is of the method's own type.
struct Plain {
    option: &'static str,
    method: &'static str,
    value: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A number, 0 included.
    Number,
    /// A number above 0.
    Some,
    /// `true` or `false`
    Flag,
}

const fn plain(option: &'static str, method: &'static str, value: Kind) -> Plain {
    Plain { option, method, value }
}

const PLAIN: [Plain; 7] = [
    plain("executions", "max_executions", Kind::Some),
    plain("steps", "max_steps", Kind::Some),
    plain("preemptions", "preemption_bound", Kind::Number),
    plain("seed", "seed", Kind::Number),
    plain("horizon", "horizon", Kind::Some),
    plain("leaks", "leaks", Kind::Flag),
    plain("workers", "workers", Kind::Some),
];

const ADVERSARY: [Plain; 4] = [
    plain("spurious_wakeups", "spurious_wakeups", Kind::Number),
    plain("spurious_polls", "spurious_polls", Kind::Number),
    plain("early_timers", "early_timers", Kind::Number),
    plain("fresh_wakers", "fresh_wakers", Kind::Flag),
];

const OTHERS: [&str; 6] = ["strategy", "time", "memory", "adversary", "name", "crate"];

/// What the options ask for, and what is wrong with them.
pub(crate) fn expand(arguments: TokenStream) -> (Asked, Vec<Wrong>) {
    let mut asked = Asked::default();
    let arguments = match syn::parse::Parser::parse2(all, arguments) {
        Ok(arguments) => arguments,
        Err(error) => return (asked, vec![error.into()]),
    };
    let mut errors: Vec<Wrong> = repeated(&arguments).collect();
    // The path of the crate first: the others are written with it.
    let (paths, options): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|a| a.name == "crate");
    for argument in paths.iter().chain(&options) {
        if let Err(error) = take(argument, &mut asked) {
            errors.push(error);
        }
    }
    (asked, errors)
}

fn take(argument: &Argument, asked: &mut Asked) -> Result<()> {
    let name = argument.name.to_string();
    let root = asked.root.clone();
    let call = match name.as_str() {
        "crate" => {
            asked.root = path(argument.value("path::of::selvedge")?)?;
            return Ok(());
        }
        "name" => {
            asked.name = Some(argument.value("\"scenario/variant\"")?.to_token_stream());
            return Ok(());
        }
        "adversary" => return adversary(argument, asked),
        "strategy" => {
            let value = worded(argument.value("\"exhaustive\"")?, |text| {
                words::strategy(text).map(|variant| quote!(#root::Strategy::#variant))
            })?;
            quote!(.strategy(#value))
        }
        "memory" => {
            let value = worded(argument.value("\"sc\"")?, |text| {
                words::memory(text).map(|variant| quote!(#root::MemoryModel::#variant))
            })?;
            quote!(.memory_model(#value))
        }
        "time" => {
            let value = time(argument.value("\"30s\"")?)?;
            quote!(.max_time(#value))
        }
        _ => match PLAIN.iter().find(|plain| plain.option == name) {
            Some(plain) => plain.call(argument)?,
            None => return Err(unknown(argument)),
        },
    };
    asked.calls.extend(call);
    Ok(())
}

/// Those of `#[selvedge::test]` itself.
pub(crate) fn known() -> Vec<&'static str> {
    PLAIN.iter().map(|plain| plain.option).chain(OTHERS).collect()
}

/// An option that is one elsewhere, or nowhere.
fn unknown(argument: &Argument) -> Wrong {
    let name = argument.name.to_string();
    let why = if ADVERSARY.iter().any(|plain| plain.option == name) {
        format!(
            "`{name}` is an option of `adversary(..)`: write `adversary({})`",
            argument.written()
        )
    } else if let Some((_, option)) = methods().find(|(method, _)| *method == name) {
        format!("`{name}` is the method of `Check`; the option is `{option}`")
    } else if runtime::OPTIONS.contains(&name.as_str()) {
        format!("`{name}` is an option of `#[selvedge::tokio::test]`, where it changes nothing: leave it out")
    } else {
        return argument.unknown(&known());
    };
    Wrong::at(&argument.name, why)
}

/// Methods of `Check` that are called otherwise than the option.
fn methods() -> impl Iterator<Item = (&'static str, &'static str)> {
    let plain = PLAIN.iter().map(|plain| (plain.method, plain.option));
    plain.chain([("max_time", "time"), ("memory_model", "memory")])
}

/// The options in the parentheses of `adversary`.
fn adversary(argument: &Argument, asked: &mut Asked) -> Result<()> {
    let Value::Group(inside) = &argument.value else {
        return Err(Wrong::at(&argument.name, "write `adversary(spurious_wakeups = 1)`"));
    };
    let mut errors = repeated(inside);
    if let Some(error) = errors.next() {
        return Err(error);
    }
    for argument in inside {
        match ADVERSARY.iter().find(|plain| argument.name == plain.option) {
            Some(plain) => asked.calls.extend(plain.call(argument)?),
            None if known().iter().any(|option| argument.name == option) => {
                let why = format!(
                    "`{}` is no option of `adversary(..)`: write `{}` beside it",
                    argument.name,
                    argument.written()
                );
                return Err(Wrong::at(&argument.name, why));
            }
            None => return Err(argument.unknown(&ADVERSARY.map(|plain| plain.option))),
        }
    }
    Ok(())
}

impl Plain {
    fn call(&self, argument: &Argument) -> Result<TokenStream> {
        let value = match self.value {
            Kind::Number => number(argument.value("1")?, 0)?,
            Kind::Some => number(argument.value("1")?, 1)?,
            Kind::Flag => flag(argument.value("true")?)?,
        };
        let method = Ident::new(self.method, Span::call_site());
        Ok(quote!(.#method(#value)))
    }
}

/// A number of at least `least`, or an expression for one.
pub(crate) fn number(value: &Expr, least: u64) -> Result<&Expr> {
    let wrong = || {
        Wrong::at(
            value,
            format!("give a number of {least} or more, without quotation marks"),
        )
    };
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => match int.base10_parse::<u64>() {
            Ok(number) if number >= least => Ok(value),
            _ => Err(wrong()),
        },
        Expr::Lit(_) | Expr::Unary(_) => Err(wrong()),
        _ => Ok(value),
    }
}

/// `true`, `false`, or an expression for one of them.
pub(crate) fn flag(value: &Expr) -> Result<&Expr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => Ok(value),
        Expr::Lit(_) => Err(Wrong::at(value, "give true or false, without quotation marks")),
        _ => Ok(value),
    }
}

/// A word in quotation marks, or an expression.
fn worded(value: &Expr, word: impl FnOnce(&str) -> std::result::Result<TokenStream, String>) -> Result<TokenStream> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => word(&text.value()).map_err(|why| Wrong::at(value, why)),
        Expr::Lit(_) => Err(Wrong::at(value, "give a word in quotation marks, or an expression")),
        _ => Ok(value.to_token_stream()),
    }
}

/// A time in words, a number of seconds, or an expression for a `Duration`.
fn time(value: &Expr) -> Result<TokenStream> {
    let Expr::Lit(ExprLit { lit, .. }) = value else {
        return Ok(value.to_token_stream());
    };
    let time = match lit {
        Lit::Str(text) => words::time(&text.value()),
        Lit::Int(int) => words::time(&format!("{}s", int.base10_digits())),
        Lit::Float(float) => words::time(&format!("{}s", float.base10_digits())),
        _ => words::time(""),
    };
    let time: Duration = time.map_err(|why| Wrong::at(value, why))?;
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    Ok(quote!(::core::time::Duration::new(#seconds, #nanos)))
}

/// A path, or one in quotation marks, which tokio's attributes have.
pub(crate) fn path(value: &Expr) -> Result<TokenStream> {
    match value {
        Expr::Path(path) => Ok(path.to_token_stream()),
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => Ok(text.parse::<syn::Path>()?.to_token_stream()),
        _ => Err(Wrong::at(value, "give the path of a crate or module")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the options become.
    fn calls(arguments: &str) -> String {
        let (asked, errors) = expand(arguments.parse().unwrap());
        assert!(errors.is_empty(), "{arguments}: {errors:?}");
        asked.calls.to_string().replace(' ', "")
    }

    /// Each error, and the piece of the source that it points to.
    fn errors(arguments: &str) -> Vec<(String, String)> {
        let (_, errors) = expand(arguments.parse().unwrap());
        errors
            .into_iter()
            .map(|error| (error.at.clone(), error.to_string()))
            .collect()
    }

    #[track_caller]
    fn refused(arguments: &str, at: &str, why: &str) {
        match &errors(arguments)[..] {
            [(place, message)] => {
                assert_eq!(place, at, "{message}");
                assert!(message.contains(why), "{message}");
            }
            other => panic!("{arguments}: {other:?}"),
        }
    }

    #[test]
    fn every_option_is_a_method_of_check() {
        for (option, call) in [
            (
                "strategy = \"exhaustive\"",
                ".strategy(::selvedge::Strategy::Exhaustive)",
            ),
            (
                "strategy = \"pct:5\"",
                ".strategy(::selvedge::Strategy::Pct{depth:5usize})",
            ),
            ("strategy = Strategy::Pos", ".strategy(Strategy::Pos)"),
            ("executions = 1_000", ".max_executions(1_000)"),
            ("executions = MOST / 2", ".max_executions(MOST/2)"),
            ("time = \"1.5m\"", ".max_time(::core::time::Duration::new(90u64,0u32))"),
            ("time = 30", ".max_time(::core::time::Duration::new(30u64,0u32))"),
            (
                "time = 0.5",
                ".max_time(::core::time::Duration::new(0u64,500000000u32))",
            ),
            ("steps = 7", ".max_steps(7)"),
            ("preemptions = 0", ".preemption_bound(0)"),
            ("memory = \"rust\"", ".memory_model(::selvedge::MemoryModel::Rust)"),
            (
                "memory = \"sc\"",
                ".memory_model(::selvedge::MemoryModel::SequentiallyConsistent)",
            ),
            ("seed = 0", ".seed(0)"),
            ("horizon = 3", ".horizon(3)"),
            ("leaks = true", ".leaks(true)"),
            ("workers = 4", ".workers(4)"),
            (
                "adversary(spurious_wakeups = 1, spurious_polls = 2, early_timers = 3, fresh_wakers = true)",
                ".spurious_wakeups(1).spurious_polls(2).early_timers(3).fresh_wakers(true)",
            ),
            ("leaks = true, seed = 1,", ".leaks(true).seed(1)"),
            (
                "strategy = \"pos\", crate = mine::selvedge",
                ".strategy(mine::selvedge::Strategy::Pos)",
            ),
            ("", ""),
        ] {
            assert_eq!(calls(option), call);
        }
        let (asked, _) = expand("name = \"a/b\"".parse().unwrap());
        assert_eq!(asked.name.unwrap().to_string(), "\"a/b\"");
    }

    #[test]
    fn what_cannot_be_is_an_error_at_the_option() {
        refused("strategy = \"best\"", "\"best\"", "choose one of auto, exhaustive");
        refused("strategy = \"pct:0\"", "\"pct:0\"", "a depth of 1");
        refused("strategy = \"dfs:2\"", "\"dfs:2\"", "only pct has a depth");
        refused("strategy = 3", "3", "a word in quotation marks");
        refused("executions = 0", "0", "a number of 1 or more");
        refused("seed = 1, executions = \"7\"", "\"7\"", "without quotation marks");
        refused("preemptions = -1", "- 1", "a number of 0 or more");
        refused("memory = \"tso\"", "\"tso\"", "rust, sc");
        refused("time = \"30\"", "\"30\"", "with its unit");
        refused("time = 0", "0", "above 0");
        refused("leaks", "leaks", "write `leaks = true`");
        refused("leaks = 1", "1", "true or false");
        refused("exections = 7", "exections", "did you mean `executions`?");
        refused("runs = 7", "runs", "choose from executions, steps");
        refused("strategie = \"pct\"", "strategie", "did you mean `strategy`?");
        refused(
            "strategy = \"exhausting\"",
            "\"exhausting\"",
            "did you mean `exhaustive`?",
        );
        refused("strategy = \"ptc:5\"", "\"ptc:5\"", "did you mean `pct`?");
        refused("memory = \"Rust\"", "\"Rust\"", "did you mean `rust`?");
        refused("adversary = 1", "adversary", "adversary(spurious_wakeups = 1)");
        refused("adversary(early_timer = 1)", "early_timer", "early_timers");
        refused("adversary(early_timers = true)", "true", "a number of 0 or more");
        refused("seed = 1, seed = 2", "seed", "said twice");
        refused("crate = 7", "7", "the path");
    }

    #[test]
    fn an_option_at_the_wrong_place_is_told_its_own() {
        refused(
            "spurious_wakeups = 2",
            "spurious_wakeups",
            "`spurious_wakeups` is an option of `adversary(..)`: write `adversary(spurious_wakeups = 2)`",
        );
        refused("fresh_wakers", "fresh_wakers", "write `adversary(fresh_wakers = ..)`");
        refused("adversary(seed = 7)", "seed", "write `seed = 7` beside it");
        refused("max_executions = 7", "max_executions", "the option is `executions`");
        refused("memory_model = \"sc\"", "memory_model", "the option is `memory`");
        refused("flavor = \"local\"", "flavor", "leave it out");
    }

    #[test]
    fn several_errors_are_told_at_once() {
        let errors = errors("executions = 0, leaks, memory = \"tso\"");
        let places: Vec<&str> = errors.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["0", "leaks", "\"tso\""]);
    }
}
