//! The attributes of the crate `selvedge`, which exports and documents them.
//!
//! | file | what it holds |
//! |---|---|
//! | `item` | the function an attribute stands on, and what it becomes |
//! | `arguments` | `option = value, ..` as it was typed |
//! | `options` | what the options of `#[selvedge::test]` mean: a method of `Check` each |
//! | `words` | values in words: strategies, memory models, times; and what a misspelled word was meant to be |
//! | `runtime` | the options of tokio's attributes |
//! | `wrong` | errors, and the piece of the source they are at |

mod arguments;
mod item;
mod options;
mod runtime;
mod words;
mod wrong;

use proc_macro::TokenStream;

use runtime::Tokio;

/// `#[selvedge::test]`, which is documented there.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::checked(options::expand, arguments.into(), item.into()).into()
}

/// `#[selvedge::tokio::test]`, which is documented there.
#[proc_macro_attribute]
pub fn tokio_test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::checked(
        |arguments| runtime::test(Tokio::Ours, arguments),
        arguments.into(),
        item.into(),
    )
    .into()
}

/// `#[selvedge::tokio::main]`, which is documented there.
#[proc_macro_attribute]
pub fn tokio_main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::main(Tokio::Ours, arguments.into(), item.into()).into()
}

/// `#[tokio::test]` of the package that stands in for tokio.
#[proc_macro_attribute]
pub fn stand_in_test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::checked(
        |arguments| runtime::test(Tokio::StandIn, arguments),
        arguments.into(),
        item.into(),
    )
    .into()
}

/// `#[tokio::main]` of the package that stands in for tokio.
#[proc_macro_attribute]
pub fn stand_in_main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    item::main(Tokio::StandIn, arguments.into(), item.into()).into()
}
