//! What is wrong with an attribute, and where.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// An error at a piece of the source.
#[derive(Debug)]
pub(crate) struct Wrong {
    error: syn::Error,
    /// That piece, as text: outside of a compiler a place has no lines and columns.
    #[cfg(test)]
    pub(crate) at: String,
}

pub(crate) type Result<T> = std::result::Result<T, Wrong>;

impl Wrong {
    pub(crate) fn at(piece: impl ToTokens, why: impl Display) -> Self {
        Wrong {
            #[cfg(test)]
            at: piece.to_token_stream().to_string(),
            error: syn::Error::new_spanned(piece, why),
        }
    }

    /// What makes the compiler say it.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.error.to_compile_error()
    }
}

impl From<syn::Error> for Wrong {
    fn from(error: syn::Error) -> Self {
        Wrong {
            error,
            #[cfg(test)]
            at: String::new(),
        }
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}
