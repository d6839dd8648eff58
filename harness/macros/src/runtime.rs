//! The options of tokio's attributes. They say how a runtime is built. A test has none to build: there they are looked at and left out.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ExprLit, Lit};

use crate::arguments::{Argument, all, repeated};
use crate::item::Asked;
use crate::options::{self, flag, number, path};
use crate::wrong::{Result, Wrong};

/// Those of `#[tokio::test]` and `#[tokio::main]`.
pub(crate) const OPTIONS: [&str; 4] = ["flavor", "worker_threads", "start_paused", "crate"];

/// Whose attribute it is, which says where the crate `selvedge` is.
#[derive(Clone, Copy)]
pub(crate) enum Tokio {
    /// `selvedge::tokio`
    Ours,
    /// The package that stands in for tokio: whoever uses it need not know `selvedge`.
    StandIn,
}

/// The runtime that the options ask for.
struct Runtime {
    /// Where the crate `selvedge` is.
    root: TokenStream,
    flavor: &'static str,
    /// Methods of `Builder`, one behind the other.
    calls: TokenStream,
}

/// Of `#[tokio::test]`.
pub(crate) fn test(tokio: Tokio, arguments: TokenStream) -> (Asked, Vec<Wrong>) {
    let (runtime, errors) = read(tokio, arguments);
    let asked = Asked {
        root: runtime.root,
        only_async: true,
        ..Asked::default()
    };
    (asked, errors)
}

/// Of `#[tokio::main]`: an expression for the runtime, built.
pub(crate) fn built(tokio: Tokio, arguments: TokenStream) -> (TokenStream, Vec<Wrong>) {
    let (Runtime { root, flavor, calls }, errors) = read(tokio, arguments);
    let new = match flavor {
        "multi_thread" => quote!(new_multi_thread),
        _ => quote!(new_current_thread),
    };
    let build = match flavor {
        "local" => quote!(build_local(::core::default::Default::default())),
        _ => quote!(build()),
    };
    let built = quote! {
        #root::tokio::runtime::Builder::#new().enable_all() #calls .#build.expect("the runtime can be built")
    };
    (built, errors)
}

fn read(tokio: Tokio, arguments: TokenStream) -> (Runtime, Vec<Wrong>) {
    let mut runtime = Runtime {
        root: match tokio {
            Tokio::Ours => quote!(::selvedge),
            Tokio::StandIn => quote!(::tokio::selvedge),
        },
        flavor: "multi_thread",
        calls: TokenStream::new(),
    };
    let arguments = match syn::parse::Parser::parse2(all, arguments) {
        Ok(arguments) => arguments,
        Err(error) => return (runtime, vec![error.into()]),
    };
    let mut errors: Vec<Wrong> = repeated(&arguments).collect();
    let wrong = arguments
        .iter()
        .filter_map(|argument| take(argument, tokio, &mut runtime).err());
    errors.extend(wrong);
    errors.extend(together(&arguments));
    (runtime, errors)
}

fn take(argument: &Argument, tokio: Tokio, runtime: &mut Runtime) -> Result<()> {
    match argument.name.to_string().as_str() {
        "flavor" => {
            let value = argument.value("\"multi_thread\"")?;
            let flavors = ["current_thread", "multi_thread", "local"];
            let asked = text(value).unwrap_or_default();
            runtime.flavor = flavors
                .into_iter()
                .find(|flavor| *flavor == asked)
                .ok_or_else(|| Wrong::at(value, "choose one of \"current_thread\", \"multi_thread\", \"local\""))?;
        }
        "worker_threads" => {
            let threads = number(argument.value("2")?, 1)?;
            runtime.calls.extend(quote!(.worker_threads(#threads)));
        }
        "start_paused" => {
            let paused = flag(argument.value("true")?)?;
            runtime.calls.extend(quote!(.start_paused(#paused)));
        }
        "crate" => {
            let path = path(argument.value("\"tokio\"")?)?;
            // Of `selvedge::tokio` it says nothing: whoever has that has `selvedge`.
            if let Tokio::StandIn = tokio {
                runtime.root = quote!(#path::selvedge);
            }
        }
        option if options::known().contains(&option) => {
            let why = format!("`{option}` is an option of `#[selvedge::test]`, which stands on an `async fn` as well");
            return Err(Wrong::at(&argument.name, why));
        }
        _ => return Err(argument.unknown(&OPTIONS)),
    }
    Ok(())
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

    #[test]
    fn an_option_of_another_attribute_is_told_where_it_belongs() {
        let (_, errors) = built(Tokio::Ours, "strategy = \"pct\", flavour = \"local\"".parse().unwrap());
        let errors: Vec<String> = errors.iter().map(Wrong::to_string).collect();
        assert!(errors[0].contains("an option of `#[selvedge::test]`"), "{errors:?}");
        assert!(errors[1].contains("did you mean `flavor`?"), "{errors:?}");
    }

    fn wrong(arguments: &str) -> Vec<String> {
        let (_, errors) = built(Tokio::Ours, arguments.parse().unwrap());
        errors.into_iter().map(|error| error.at).collect()
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
    fn the_options_build_the_runtime_that_they_name() {
        let expression =
            |tokio, arguments: &str| built(tokio, arguments.parse().unwrap()).0.to_string().replace(' ', "");
        let whole = |root: &str, calls: &str| {
            format!("{root}::tokio::runtime::Builder::{calls}.expect(\"theruntimecanbebuilt\")")
        };
        for (arguments, calls) in [
            ("", "new_multi_thread().enable_all().build()"),
            (
                "worker_threads = 4",
                "new_multi_thread().enable_all().worker_threads(4).build()",
            ),
            (
                "flavor = \"current_thread\", start_paused = true",
                "new_current_thread().enable_all().start_paused(true).build()",
            ),
            (
                "flavor = \"local\", crate = \"mine\"",
                "new_current_thread().enable_all().build_local(::core::default::Default::default())",
            ),
        ] {
            assert_eq!(expression(Tokio::Ours, arguments), whole("::selvedge", calls));
        }
        let calls = "new_multi_thread().enable_all().build()";
        assert_eq!(expression(Tokio::StandIn, ""), whole("::tokio::selvedge", calls));
        assert_eq!(
            expression(Tokio::StandIn, "crate = \"my::tokio\""),
            whole("my::tokio::selvedge", calls)
        );
        let (asked, _) = test(Tokio::StandIn, TokenStream::new());
        assert_eq!(asked.root.to_string().replace(' ', ""), "::tokio::selvedge");
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
