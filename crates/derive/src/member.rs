//! One named field of the source: of a record, of a composite, of a variant.
//!
//! **Invariants**
//! - Its constant is its name in Rust in capitals, as visible as the field is.
//!
//! What this does not do: know what its type means.

use crate::options::{Default, OfPart};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Fields, FieldsNamed, Ident, Type, Visibility};

/// A named field of the source.
pub(crate) struct Part<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) visibility: &'a Visibility,
    pub(crate) of: &'a Type,
    /// In the schema.
    pub(crate) name: String,
    pub(crate) options: OfPart,
}

impl<'a> Part<'a> {
    pub(crate) fn all(fields: &'a FieldsNamed, allowed: &[&str]) -> syn::Result<Vec<Self>> {
        let mut parts: Vec<Part<'a>> = Vec::new();
        for field in &fields.named {
            let ident = field.ident.as_ref().expect("the fields are named");
            let options = OfPart::read(&field.attrs, allowed)?;
            let name = match &options.name {
                Some(name) => checked(name)?,
                None => checked_ident(ident)?,
            };
            if parts.iter().any(|part| part.name == name) {
                let advice = format!("there are two of the name `{name}`: give one another");
                return Err(syn::Error::new_spanned(ident, advice));
            }
            if options.default.is_some() && is_option(&field.ty) {
                let advice = "a place is optional or has a default, not both: \
                              drop the `Option` or the default";
                return Err(syn::Error::new_spanned(&field.ty, advice));
            }
            let (visibility, of) = (&field.vis, &field.ty);
            parts.push(Part { ident, visibility, of, name, options });
        }
        Ok(parts)
    }

    /// The name of its constant.
    pub(crate) fn constant(&self) -> Ident {
        let bare = self.ident.to_string();
        let bare = bare.strip_prefix("r#").unwrap_or(&bare);
        format_ident!("{}", bare.to_uppercase(), span = self.ident.span())
    }

    /// The default, as an expression of its type.
    pub(crate) fn default(&self) -> Option<TokenStream> {
        let of = self.of;
        Some(match self.options.default.as_ref()? {
            Default::OfType => {
                quote_spanned!(of.span()=> <#of as ::core::default::Default>::default())
            }
            Default::Text(text) => quote!(<#of as ::core::convert::From<&str>>::from(#text)),
            Default::Expr(expr) => quote!(#expr),
        })
    }
}

/// The name of a type or variant in the schema.
pub(crate) fn name(ident: &Ident, given: Option<&syn::LitStr>) -> syn::Result<String> {
    given.map_or_else(|| checked_ident(ident), checked)
}

fn checked_ident(ident: &Ident) -> syn::Result<String> {
    let name = ident.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    is_good(name).then(|| name.to_owned()).ok_or_else(|| {
        let advice = format!(
            "names in a schema are ASCII letters, digits and '_', at most 128: write \
             `#[woodland(name = \"…\")]` beside `{name}`"
        );
        syn::Error::new_spanned(ident, advice)
    })
}

pub(crate) fn checked(name: &syn::LitStr) -> syn::Result<String> {
    let text = name.value();
    if is_good(&text) {
        return Ok(text);
    }
    let advice = "names in a schema are 1 to 128 ASCII letters, digits and '_'";
    Err(syn::Error::new_spanned(name, advice))
}

pub(crate) fn is_good(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

fn is_option(of: &Type) -> bool {
    let Type::Path(path) = of else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Option")
}

/// The named fields of a struct, or what to write instead.
pub(crate) fn named<'a>(
    ident: &Ident,
    fields: &'a Fields,
    advice: &str,
) -> syn::Result<&'a FieldsNamed> {
    match fields {
        Fields::Named(fields) => Ok(fields),
        Fields::Unnamed(_) | Fields::Unit => Err(syn::Error::new_spanned(ident, advice)),
    }
}

/// A schema has no parameters, so its types have none.
pub(crate) fn no_parameters(what: &str, generics: &syn::Generics) -> syn::Result<()> {
    if generics.params.is_empty() {
        return Ok(());
    }
    let advice =
        format!("{what} has no parameters: it is one type in a schema; write one struct for each");
    Err(syn::Error::new_spanned(&generics.params, advice))
}
