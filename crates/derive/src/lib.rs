//! Woodland's derives: a Rust struct as a record, a struct or an enum as a value.
//!
//! What they write is what one would write by hand: `woodland::Record`, `woodland::FieldValue` and
//! `woodland::Composite`, with one constant for each field or member.
//!
//! **Invariants**
//! - Numbers follow the order of the source: adding at the end changes nothing before it.
//! - A mistake is told at the place in the source where it stands, with what to write instead.
//!
//! What this does not do: look at other types. Whether a field's type can be a field is the
//! compiler's to say, in the words of `FieldType`.

mod choice;
mod composite;
mod derivation;
mod member;
mod options;
mod record;
mod rules;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::{Data, DeriveInput, parse_macro_input};

/// Makes a struct with named fields a record: the type of a node.
///
/// Each field becomes a constant of the struct, `Note::TITLE` for `title`, by which it is changed.
///
/// - `#[woodland(name = "Note")]`, on the struct or a field: its name in the schema, by default its
///   name in Rust. Keep it when you rename in Rust.
/// - `#[woodland(key)]`: the natural key; at most one field.
/// - `#[woodland(default = 3)]`: what is read while nothing is written.
/// - `#[woodland(unique)]` on a field, `#[woodland(unique(first, last))]` on the struct: no two
///   nodes should have the same. What apart replicas wrote may clash; `Snapshot::clashes` tells.
/// - `#[woodland(unseen_edits = revive)]`, on the struct: a node lives if it was edited by somebody
///   who had not seen its deletion.
/// - `#[woodland(was = "label")]`, on the struct or a field: its name in an earlier release, so
///   that a migration renames it. May stand several times.
/// - `#[woodland(moved_from = "nick")]` on a field: a field of an earlier release whose content is
///   read here from now on, instead of what was written to this one.
#[proc_macro_derive(Record, attributes(woodland))]
pub fn record(input: TokenStream) -> TokenStream {
    written(&parse_macro_input!(input as DeriveInput), record::derive)
}

/// Makes a type a value that a field can hold.
///
/// - A struct with named fields is a composite: its members are numbered from 1, in order, and each
///   becomes a constant of the struct. `#[woodland(default = 3)]` and `#[woodland(name = "zip")]`
///   stand at members.
/// - An enum is one of its variants: a variant alone is the string of its name, a variant with
///   named fields a composite whose member 0, `kind`, is that string.
/// - `#[woodland(derivation = "date", over = String)]` on any type: a primitive that is read as
///   something richer, by `TryFrom<String>` for the type and `From<&Type>` for `String`.
#[proc_macro_derive(FieldValue, attributes(woodland))]
pub fn field_value(input: TokenStream) -> TokenStream {
    written(&parse_macro_input!(input as DeriveInput), |input| {
        let options = options::OfType::read(&input.attrs, options::VALUE)?;
        if let Some(derived) = options.derivation {
            return derivation::derive(input, &derived);
        }
        match &input.data {
            Data::Struct(data) => composite::derive(input, data),
            Data::Enum(data) => choice::derive(input, data),
            Data::Union(data) => Err(syn::Error::new(
                data.union_token.span,
                "a union is no value: use an enum, whose variants are told apart",
            )),
        }
    })
}

fn written(
    input: &DeriveInput,
    derive: impl FnOnce(&DeriveInput) -> syn::Result<Tokens>,
) -> TokenStream {
    derive(input).unwrap_or_else(|error| error.to_compile_error()).into()
}
