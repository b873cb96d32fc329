//! `#[derive(FieldValue)]` with `#[woodland(derivation = …, over = …)]`: a primitive that is read
//! as something richer.
//!
//! **Invariants**
//! - Conversions are the type's own: `TryFrom` the primitive, `From<&Type>` for it.
//!
//! What this does not do: check that it is over a primitive. The schema does.

use crate::member;
use crate::options::Derivation;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

pub(crate) fn derive(input: &DeriveInput, derived: &Derivation) -> syn::Result<TokenStream> {
    let (ident, Derivation { name, over }) = (&input.ident, derived);
    member::no_parameters("a value", &input.generics)?;
    if !member::is_good(&name.value()) {
        let advice = "a derivation's name is 1 to 128 ASCII letters, digits and '_'";
        return Err(syn::Error::new_spanned(name, advice));
    }
    let shape = quote_spanned!(over.span()=> <#over as ::woodland::FieldValue>::shape());
    let from = quote_spanned! {over.span()=>
        <#ident as ::core::convert::TryFrom<#over>>::try_from(over).ok()
    };
    let to = quote_spanned!(over.span()=> <#over as ::core::convert::From<&#ident>>::from(self));
    Ok(quote! {
        #[automatically_derived]
        #[allow(clippy::all)]
        impl ::woodland::FieldValue for #ident {
            fn shape() -> ::woodland::Shape {
                ::woodland::Shape::Derivation(#name, ::std::boxed::Box::new(#shape))
            }

            fn to_value(&self) -> ::woodland::Value {
                let over = #to;
                ::woodland::FieldValue::to_value(&over)
            }

            fn from_value(value: &::woodland::Value) -> ::core::option::Option<Self> {
                let over = <#over as ::woodland::FieldValue>::from_value(value)?;
                #from
            }
        }
    })
}
