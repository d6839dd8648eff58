//! The function an attribute stands on, and what it becomes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ItemFn, Signature};

use crate::runtime::{self, Tokio};
use crate::wrong::{Result, Wrong};

/// What the options of an attribute ask for.
pub(crate) struct Asked {
    /// Where the crate `selvedge` is.
    pub(crate) root: TokenStream,
    /// The name of the check, if it is not the test's.
    pub(crate) name: Option<TokenStream>,
    /// Methods of `Check`, one behind the other.
    pub(crate) calls: TokenStream,
    /// Whether the attribute is for an `async fn` only.
    pub(crate) only_async: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Asked {
            root: quote!(::selvedge),
            name: None,
            calls: TokenStream::new(),
            only_async: false,
        }
    }
}

/// A test that checks the function. What is wrong is told beside it, so that all else still compiles.
pub(crate) fn checked(
    options: impl Fn(TokenStream) -> (Asked, Vec<Wrong>),
    arguments: TokenStream,
    item: TokenStream,
) -> TokenStream {
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => return [error.to_compile_error(), item].into_iter().collect(),
    };
    let (asked, mut errors) = options(arguments);
    if let Err(error) = can_be_tested(&function, asked.only_async) {
        errors.push(error);
        let errors = errors.iter().map(Wrong::tokens);
        return quote!(#(#errors)* #function);
    }
    let errors = errors.iter().map(Wrong::tokens);
    let test = test(&asked, &function);
    quote!(#(#errors)* #test)
}

fn test(asked: &Asked, function: &ItemFn) -> TokenStream {
    let ItemFn {
        attrs,
        vis,
        sig: signature,
        block,
    } = function;
    let Asked { root, name, calls, .. } = asked;
    let Signature {
        asyncness,
        ident,
        output,
        ..
    } = signature;
    let called = ident.to_string();
    let name = match name {
        Some(name) => quote!(::core::option::Option::Some(::std::string::String::from(#name))),
        None => quote!(::core::option::Option::None),
    };
    let program = match asyncness {
        Some(_) => quote!(|| #root::future::block_on(#ident())),
        None => quote!(#ident),
    };
    // At the function, because this is where the test is said to have panicked.
    let run = quote_spanned! {ident.span()=>
        #root::attribute::checked(
            #root::attribute::Called { module: ::core::module_path!(), function: #called, name: #name },
            |check| check #calls,
            #program,
        )
    };
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #ident() {
            #asyncness fn #ident() #output #block
            #run
        }
    }
}

fn can_be_tested(function: &ItemFn, only_async: bool) -> Result<()> {
    let signature = &function.sig;
    if let Some(test) = function.attrs.iter().find(|a| a.path().is_ident("test")) {
        return Err(Wrong::at(
            test,
            "the function is a test already: leave this attribute out",
        ));
    }
    if only_async && signature.asyncness.is_none() {
        return Err(Wrong::at(
            signature.fn_token,
            "for an `async fn`; `#[selvedge::test]` is for both",
        ));
    }
    if !signature.inputs.is_empty() {
        return Err(Wrong::at(&signature.inputs, "a test has no arguments"));
    }
    if !signature.generics.params.is_empty() {
        return Err(Wrong::at(&signature.generics, "a test has no generics"));
    }
    if let Some(unsafety) = &signature.unsafety {
        return Err(Wrong::at(unsafety, "a test is no `unsafe fn`"));
    }
    if let Some(abi) = &signature.abi {
        return Err(Wrong::at(abi, "a test has the ABI of Rust"));
    }
    if let Some(constness) = &signature.constness {
        return Err(Wrong::at(constness, "a test is no `const fn`"));
    }
    Ok(())
}

/// A function that runs its own body to its end, on a runtime that it builds.
pub(crate) fn main(tokio: Tokio, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let (runtime, errors) = runtime::built(tokio, arguments);
    let mut errors: TokenStream = errors.iter().map(Wrong::tokens).collect();
    let mut function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => return [error.to_compile_error(), item].into_iter().collect(),
    };
    match function.sig.asyncness.take() {
        Some(_) => {
            let body = &function.block;
            function.block = syn::parse_quote!({
                let body = async #body;
                #[allow(clippy::needless_return, reason = "an error in the type of the body is told at the body")]
                return #runtime.block_on(body);
            });
        }
        None => {
            errors.extend(Wrong::at(function.sig.fn_token, "the body is run as a future: write `async fn`").tokens())
        }
    }
    quote!(#errors #function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(item: &str) -> (String, String) {
        let function: ItemFn = syn::parse_str(item).unwrap();
        let error = can_be_tested(&function, false).unwrap_err();
        (error.at.clone(), error.to_string())
    }

    #[test]
    fn what_can_be_no_test_is_an_error_where_it_says_so() {
        assert_eq!(error("fn f(x: u32) {}").0, "x : u32");
        assert_eq!(error("fn f<T>() {}").0, "< T >");
        assert_eq!(error("unsafe fn f() {}").0, "unsafe");
        assert_eq!(error("const fn f() {}").0, "const");
        assert_eq!(error("extern \"C\" fn f() {}").0, "extern \"C\"");
        let (at, why) = error("#[test] fn f() {}");
        assert!(
            at == "# [test]" && why.contains("leave this attribute out"),
            "{at}: {why}"
        );
        let plain: ItemFn = syn::parse_str("fn f() {}").unwrap();
        assert!(can_be_tested(&plain, true).is_err() && can_be_tested(&plain, false).is_ok());
    }

    #[test]
    fn attributes_of_the_function_stay_with_the_test() {
        let item = "/// What it is for.\n#[ignore] #[should_panic(expected = \"a\")] pub async fn f() -> Result<(), E> { g()? }";
        let text = checked(crate::options::expand, TokenStream::new(), item.parse().unwrap()).to_string();
        let text = text.replace(' ', "");
        let head =
            "#[::core::prelude::v1::test]#[doc=\"Whatitisfor.\"]#[ignore]#[should_panic(expected=\"a\")]pubfnf(){";
        assert!(
            text.starts_with(head) || text.contains("#[ignore]#[should_panic(expected=\"a\")]pubfnf(){"),
            "{text}"
        );
        assert!(text.contains("asyncfnf()->Result<(),E>{g()?}"), "{text}");
        assert!(text.contains("||::selvedge::future::block_on(f())"), "{text}");
    }

    #[test]
    fn a_bad_option_leaves_the_test_there() {
        let text = checked(
            crate::options::expand,
            "leaks".parse().unwrap(),
            "fn f() {}".parse().unwrap(),
        )
        .to_string();
        assert!(text.contains("compile_error") && text.contains("module_path"), "{text}");
    }
}
