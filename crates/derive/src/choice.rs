//! `#[derive(FieldValue)]` on an enum: a union.
//!
//! **Invariants**
//! - A variant alone is the string of its name; a variant with fields is a composite whose member
//!   0, `kind`, is that string. So no value is of two variants.
//!
//! What this does not do: number variants. Their names say which is which, so order is free.

use crate::composite::{made, read, shape, write};
use crate::member::{self, Part};
use crate::options::{MEMBER, OfPart, VARIANT};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DataEnum, DeriveInput, Fields, Ident, Variant};

/// What one variant gives.
struct Arm {
    name: String,
    shape: TokenStream,
    write: TokenStream,
    read: TokenStream,
}

pub(crate) fn derive(input: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    member::no_parameters("a value", &input.generics)?;
    if data.variants.is_empty() {
        let advice = "an enum without variants has no value";
        return Err(syn::Error::new_spanned(ident, advice));
    }
    let mut arms: Vec<Arm> = Vec::new();
    for variant in &data.variants {
        let arm = arm(variant)?;
        if arms.iter().any(|other| other.name == arm.name) {
            let advice = format!("there are two variants of the name `{}`", arm.name);
            return Err(syn::Error::new_spanned(&variant.ident, advice));
        }
        arms.push(arm);
    }
    let shapes = arms.iter().map(|arm| &arm.shape);
    let shape = match arms.len() {
        1 => quote!(#(#shapes)*),
        _ => quote!(::woodland::Shape::Union(::std::vec![#(#shapes),*])),
    };
    let writes = arms.iter().map(|arm| &arm.write);
    let reads = arms.iter().map(|arm| &arm.read);
    Ok(quote! {
        #[automatically_derived]
        #[allow(clippy::all)]
        impl ::woodland::FieldValue for #ident {
            fn shape() -> ::woodland::Shape {
                #shape
            }

            fn to_value(&self) -> ::woodland::Value {
                match self {
                    #(#writes)*
                }
            }

            fn from_value(value: &::woodland::Value) -> ::core::option::Option<Self> {
                #(#reads)*
                ::core::option::Option::None
            }
        }
    })
}

fn arm(variant: &Variant) -> syn::Result<Arm> {
    let ident = &variant.ident;
    let name = member::name(ident, OfPart::read(&variant.attrs, VARIANT)?.name.as_ref())?;
    match &variant.fields {
        Fields::Unit => Ok(alone(ident, name)),
        Fields::Named(fields) => with_members(ident, name, &Part::all(fields, MEMBER)?),
        Fields::Unnamed(_) => {
            let advice = format!("name the variant's fields: `{ident} {{ of: … }}`");
            Err(syn::Error::new_spanned(ident, advice))
        }
    }
}

fn alone(ident: &Ident, name: String) -> Arm {
    let value = quote!(::woodland::Value::from(#name));
    Arm {
        shape: quote!(::woodland::Shape::Literal(#value)),
        write: quote!(Self::#ident => #value,),
        read: quote! {
            if matches!(value, ::woodland::Value::String(name) if name == #name) {
                return ::core::option::Option::Some(Self::#ident);
            }
        },
        name,
    }
}

fn with_members(ident: &Ident, name: String, parts: &[Part<'_>]) -> syn::Result<Arm> {
    if let Some(part) = parts.iter().find(|part| part.name == "kind") {
        let advice = "`kind` is the member that names the variant: give this one another name, or \
                      `#[woodland(name = \"…\")]`";
        return Err(syn::Error::new_spanned(part.ident, advice));
    }
    let members: Vec<TokenStream> = (1_u32..)
        .zip(parts)
        .map(|(number, part)| {
            let (of, made) = (part.of, made(number, part));
            quote_spanned!(of.span()=> {
                let member: ::woodland::Member<Self, #of> = #made;
                member
            })
        })
        .collect();
    let shapes = members.iter().zip(parts).map(|(member, part)| shape(member, part));
    let writes = members.iter().zip(parts).map(|(member, part)| {
        let ident = part.ident;
        write(member, part, &quote!(#ident))
    });
    let reads = members.iter().zip(parts).map(|(member, part)| read(member, part));
    let bound = parts.iter().map(|part| part.ident);
    Ok(Arm {
        shape: quote! {
            ::woodland::Shape::Composite(::std::vec![
                ::woodland::MemberShape {
                    number: 0,
                    name: "kind",
                    place: ::woodland::Shape::Literal(::woodland::Value::from(#name)),
                },
                #(#shapes),*
            ])
        },
        write: quote! {
            Self::#ident { #(#bound),* } => {
                #[allow(unused_mut)]
                let mut members = ::std::vec![(0, ::woodland::Value::from(#name))];
                #(#writes)*
                ::woodland::Value::Record(members)
            }
        },
        read: quote! {
            if let ::woodland::Value::Record(members) = value
                && matches!(
                    members.first(),
                    ::core::option::Option::Some((0, ::woodland::Value::String(name)))
                        if name == #name
                )
            {
                let read = || -> ::core::result::Result<Self, ::woodland::Misread> {
                    ::core::result::Result::Ok(Self::#ident { #(#reads),* })
                };
                return read().ok();
            }
        },
        name,
    })
}
