//! `#[derive(FieldValue)]` on a struct: a composite.
//!
//! **Invariants**
//! - Members are numbered from 1, in the order of the source.
//!
//! What this does not do: nest places. A member is optional or has a default, its inside neither.

use crate::member::{self, Part};
use crate::options::MEMBER;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DataStruct, DeriveInput, Ident};

pub(crate) fn derive(input: &DeriveInput, data: &DataStruct) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let advice = "a value is a struct with named fields, `struct Place { city: String }`, or a \
                  derivation, `#[woodland(derivation = \"date\", over = String)]`";
    let parts = Part::all(member::named(ident, &data.fields, advice)?, MEMBER)?;
    member::no_parameters("a value", &input.generics)?;

    let constants = (1_u32..).zip(&parts).map(|(number, part)| {
        let (visibility, constant, of) = (part.visibility, part.constant(), part.of);
        let docs = format!("The member `{}`.", part.name);
        let made = made(number, part);
        quote! {
            #[doc = #docs]
            #visibility const #constant: ::woodland::Member<#ident, #of> = #made;
        }
    });
    // At the type, so that what is wrong with it is told there.
    let named = |part: &Part<'_>| {
        let (mut constant, span) = (part.constant(), part.of.span());
        constant.set_span(span);
        quote_spanned!(span=> Self::#constant)
    };
    let shapes = parts.iter().map(|part| shape(&named(part), part));
    let writes = parts.iter().map(|part| {
        let ident = part.ident;
        write(&named(part), part, &quote!(&self.#ident))
    });
    let reads = parts.iter().map(|part| read(&named(part), part));
    let value = value(ident);
    Ok(quote! {
        #[allow(dead_code)]
        impl #ident {
            #(#constants)*
        }

        #[automatically_derived]
        #[allow(clippy::all)]
        impl ::woodland::Composite for #ident {
            fn members() -> ::std::vec::Vec<::woodland::MemberShape> {
                ::std::vec![#(#shapes),*]
            }

            fn to_members(&self) -> ::std::vec::Vec<(u32, ::woodland::Value)> {
                let mut members = ::std::vec::Vec::new();
                #(#writes)*
                members
            }

            fn from_members(
                members: &[(u32, ::woodland::Value)],
            ) -> ::core::result::Result<Self, ::woodland::Misread> {
                ::core::result::Result::Ok(#ident { #(#reads),* })
            }
        }

        #value
    })
}

/// The composite as a value.
fn value(ident: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(clippy::all)]
        impl ::woodland::FieldValue for #ident {
            fn shape() -> ::woodland::Shape {
                ::woodland::Shape::Composite(<Self as ::woodland::Composite>::members())
            }

            fn to_value(&self) -> ::woodland::Value {
                ::woodland::Value::Record(::woodland::Composite::to_members(self))
            }

            fn from_value(value: &::woodland::Value) -> ::core::option::Option<Self> {
                match value {
                    ::woodland::Value::Record(members) => {
                        <Self as ::woodland::Composite>::from_members(members).ok()
                    }
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}

/// The member of this number, as an expression.
pub(crate) fn made(number: u32, part: &Part<'_>) -> TokenStream {
    let name = &part.name;
    quote_spanned!(part.of.span()=> ::woodland::Member::at(#number, #name))
}

/// What may stand there.
pub(crate) fn shape(member: &TokenStream, part: &Part<'_>) -> TokenStream {
    let span = part.of.span();
    match part.default() {
        Some(default) => quote_spanned!(span=> #member.shape_or(&#default)),
        None => quote_spanned!(span=> #member.shape()),
    }
}

/// Writes the value, a reference, into `members`.
pub(crate) fn write(member: &TokenStream, part: &Part<'_>, value: &TokenStream) -> TokenStream {
    let span = part.of.span();
    match part.default() {
        Some(default) => {
            quote_spanned!(span=> #member.write_or(#value, &#default, &mut members);)
        }
        None => quote_spanned!(span=> #member.write(#value, &mut members);),
    }
}

/// Reads it from `members` into its field.
pub(crate) fn read(member: &TokenStream, part: &Part<'_>) -> TokenStream {
    let (ident, span): (&Ident, _) = (part.ident, part.of.span());
    match part.default() {
        Some(default) => quote_spanned!(span=> #ident: #member.read_or(members, #default)?),
        None => quote_spanned!(span=> #ident: #member.read(members)?),
    }
}
