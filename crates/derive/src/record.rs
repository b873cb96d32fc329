//! `#[derive(Record)]`.
//!
//! **Invariants**
//! - `define`, `write` and `read` go through the fields in one order, that of the source.
//!
//! What this does not do: refuse a field's type. The compiler does, at the type.

use crate::member::{self, Part};
use crate::options::{FIELD, OfType, RECORD};
use crate::rules;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput};

pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let advice = "a record is a struct with named fields: `struct Note { title: String }`";
    let Data::Struct(data) = &input.data else {
        let advice = format!("{advice}; an enum derives FieldValue and is a field's value");
        return Err(syn::Error::new_spanned(ident, advice));
    };
    let parts = Part::all(member::named(ident, &data.fields, advice)?, FIELD)?;
    member::no_parameters("a record", &input.generics)?;
    let options = OfType::read(&input.attrs, RECORD)?;
    let name = member::name(ident, options.name.as_ref())?;
    let key = key(&parts)?;
    let rules = rules::of(&options, &parts)?;

    let constants = (0_u16..).zip(&parts).map(|(index, part)| constant(ident, index, part));
    let defines = parts.iter().map(define);
    let writes = parts.iter().map(write);
    let reads = parts.iter().map(read);
    let (key_fn, keyed) = key.map_or_else(Default::default, |part| keyed(ident, part));
    Ok(quote! {
        #[allow(dead_code)]
        impl #ident {
            #(#constants)*
        }

        #[automatically_derived]
        #[allow(clippy::all)]
        impl ::woodland::Record for #ident {
            const TYPE: &'static str = #name;

            fn define(fields: &mut ::woodland::Fields) {
                #(#defines)*
                #rules
            }

            #key_fn

            fn write(&self, fields: &mut ::woodland::Writer<'_, Self>) {
                #(#writes)*
            }

            fn read(
                fields: &::woodland::View<'_, Self>,
            ) -> ::core::result::Result<Self, ::woodland::FieldError> {
                ::core::result::Result::Ok(#ident { #(#reads),* })
            }
        }

        #keyed
    })
}

fn key<'a, 'b>(parts: &'a [Part<'b>]) -> syn::Result<Option<&'a Part<'b>>> {
    let mut keys = parts.iter().filter(|part| part.options.key.is_some());
    let (first, second) = (keys.next(), keys.next());
    if let Some(span) = second.and_then(|part| part.options.key) {
        let advice = "a record has one key: put the values that name a node into a struct that \
                      derives FieldValue";
        return Err(syn::Error::new(span, advice));
    }
    if let Some(part) = first
        && part.options.default.is_some()
    {
        let advice = "a key has no default: every node is made with its own";
        return Err(syn::Error::new_spanned(part.ident, advice));
    }
    Ok(first)
}

fn constant(record: &syn::Ident, index: u16, part: &Part<'_>) -> TokenStream {
    let (visibility, constant, of) = (part.visibility, part.constant(), part.of);
    let docs = format!("The field `{}`.", part.name);
    let of = match part.options.key {
        Some(_) => quote!(::woodland::Key<#of>),
        None => quote!(#of),
    };
    quote! {
        #[doc = #docs]
        #visibility const #constant: ::woodland::Field<#record, #of> =
            ::woodland::Field::at(#index);
    }
}

fn define(part: &Part<'_>) -> TokenStream {
    let (name, of) = (&part.name, part.of);
    match (part.options.key, part.default()) {
        (Some(_), _) => {
            quote_spanned!(of.span()=> fields.add::<::woodland::Key<#of>>(#name);)
        }
        (None, Some(default)) => {
            quote_spanned!(of.span()=> fields.add_or::<#of>(#name, &#default);)
        }
        (None, None) => quote_spanned!(of.span()=> fields.add::<#of>(#name);),
    }
}

fn write(part: &Part<'_>) -> TokenStream {
    let (constant, ident, span) = (part.constant(), part.ident, part.of.span());
    match (part.options.key, part.default()) {
        (Some(_), _) => TokenStream::new(),
        (None, Some(default)) => {
            quote_spanned!(span=> fields.put_or(Self::#constant, &self.#ident, &#default);)
        }
        (None, None) => quote_spanned!(span=> fields.put(Self::#constant, &self.#ident);),
    }
}

fn read(part: &Part<'_>) -> TokenStream {
    let (constant, ident, span) = (part.constant(), part.ident, part.of.span());
    match (part.options.key, part.default()) {
        (Some(_), _) => quote_spanned!(span=> #ident: fields.get(Self::#constant)?.0),
        (None, Some(default)) => {
            quote_spanned!(span=> #ident: fields.get_or(Self::#constant, #default)?)
        }
        (None, None) => quote_spanned!(span=> #ident: fields.get(Self::#constant)?),
    }
}

/// The method of `Record`, and the impl of `Keyed`.
fn keyed(record: &syn::Ident, part: &Part<'_>) -> (TokenStream, TokenStream) {
    let (ident, of) = (part.ident, part.of);
    let method = quote! {
        fn key(&self) -> ::core::option::Option<::woodland::Value> {
            ::core::option::Option::Some(::woodland::FieldValue::to_value(&self.#ident))
        }
    };
    let keyed = quote! {
        #[automatically_derived]
        #[allow(clippy::all)]
        impl ::woodland::Keyed for #record {
            type Key = #of;
        }
    };
    (method, keyed)
}
