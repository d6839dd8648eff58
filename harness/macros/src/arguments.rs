//! `option = value, option(option = value), ..` as it was typed.

use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Token, parenthesized};

use crate::words::nearest;
use crate::wrong::{Result, Wrong};

/// One option.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

/// What stands behind its name.
pub(crate) enum Value {
    /// Nothing.
    Missing,
    /// `= value`
    Is(Box<Expr>),
    /// `(option = value, ..)`
    Group(Vec<Argument>),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // `crate` is a keyword.
        let name = Ident::parse_any(input)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(Box::new(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let inside;
            parenthesized!(inside in input);
            Value::Group(all(&inside)?)
        } else {
            Value::Missing
        };
        Ok(Argument { name, value })
    }
}

/// All of them, separated by commas.
pub(crate) fn all(input: ParseStream<'_>) -> syn::Result<Vec<Argument>> {
    Ok(Punctuated::<Argument, Token![,]>::parse_terminated(input)?
        .into_iter()
        .collect())
}

/// Errors at those that are named twice.
pub(crate) fn repeated(arguments: &[Argument]) -> impl Iterator<Item = Wrong> {
    let is_repeated =
        |&(at, argument): &(usize, &Argument)| arguments[..at].iter().any(|other| other.name == argument.name);
    let repeated = arguments.iter().enumerate().filter(is_repeated);
    repeated.map(|(_, argument)| Wrong::at(&argument.name, format!("`{}` is said twice", argument.name)))
}

impl Argument {
    /// The value, or what is missing.
    pub(crate) fn value(&self, example: &str) -> Result<&Expr> {
        match &self.value {
            Value::Is(value) => {
                let mut value: &Expr = value;
                // What a `macro_rules!` hands on comes in a group that nobody has written.
                while let Expr::Group(group) = value {
                    value = &group.expr;
                }
                Ok(value)
            }
            Value::Missing | Value::Group(_) => {
                Err(Wrong::at(&self.name, format!("write `{} = {example}`", self.name)))
            }
        }
    }

    /// As it stands in the source.
    pub(crate) fn written(&self) -> String {
        let name = &self.name;
        match &self.value {
            Value::Is(value) => format!("{name} = {}", value.to_token_stream()),
            Value::Missing | Value::Group(_) => format!("{name} = .."),
        }
    }

    /// An error at the name: there is no such option.
    pub(crate) fn unknown(&self, known: &[&str]) -> Wrong {
        let name = self.name.to_string();
        let instead = match nearest(known, &name) {
            Some(option) => format!("did you mean `{option}`?"),
            None => format!("choose from {}", known.join(", ")),
        };
        Wrong::at(&self.name, format!("there is no option `{name}`; {instead}"))
    }
}
