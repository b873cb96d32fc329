//! What stands in `#[woodland(…)]`.
//!
//! **Invariants**
//! - Every option that is not read is an error that lists those that are.
//!
//! What this does not do: know whether an option makes sense beside another.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, Ident, Lit, LitStr, Type};

/// Options of a struct that is a record.
pub(crate) const RECORD: &[&str] = &["name", "was", "unique", "unseen_edits"];
/// Options of a type that is a value.
pub(crate) const VALUE: &[&str] = &["derivation", "over"];
/// Options of a record's field.
pub(crate) const FIELD: &[&str] = &["key", "default", "name", "unique", "was", "moved_from"];
/// Options of a composite's member.
pub(crate) const MEMBER: &[&str] = &["default", "name"];
/// Options of a variant.
pub(crate) const VARIANT: &[&str] = &["name"];

/// Of a whole type.
#[derive(Default)]
pub(crate) struct OfType {
    pub(crate) name: Option<LitStr>,
    pub(crate) derivation: Option<Derivation>,
    /// Names of earlier releases.
    pub(crate) was: Vec<LitStr>,
    /// Fields that are unique together, by their names in Rust.
    pub(crate) unique: Vec<Vec<Ident>>,
    /// Edits that a deletion did not see keep the node.
    pub(crate) revives: bool,
}

/// A primitive, read as something richer.
pub(crate) struct Derivation {
    pub(crate) name: LitStr,
    pub(crate) over: Type,
}

/// Of a field, a member or a variant.
#[derive(Default)]
pub(crate) struct OfPart {
    pub(crate) name: Option<LitStr>,
    pub(crate) key: Option<proc_macro2::Span>,
    pub(crate) default: Option<Default>,
    pub(crate) unique: Option<proc_macro2::Span>,
    /// Names of earlier releases.
    pub(crate) was: Vec<LitStr>,
    /// Fields of earlier releases whose place this one takes.
    pub(crate) moved_from: Vec<LitStr>,
}

/// What is read while nothing is written.
pub(crate) enum Default {
    /// Of the type.
    OfType,
    /// This string, as whatever it converts into.
    Text(LitStr),
    /// This expression.
    Expr(Box<Expr>),
}

impl OfType {
    pub(crate) fn read(attributes: &[Attribute], allowed: &[&str]) -> syn::Result<Self> {
        let (mut found, mut derivation, mut over) = (OfType::default(), None, None);
        each(attributes, allowed, |option, meta| {
            match option {
                "name" => found.name = Some(meta.value()?.parse()?),
                "was" => found.was.push(meta.value()?.parse()?),
                "unique" => found.unique.push(unique(meta)?),
                "unseen_edits" => found.revives |= revives(meta)?,
                "derivation" => derivation = Some(meta.value()?.parse::<LitStr>()?),
                _ => over = Some(meta.value()?.parse::<Type>()?),
            }
            Ok(())
        })?;
        found.derivation = match (derivation, over) {
            (Some(name), Some(over)) => Some(Derivation { name, over }),
            (Some(name), None) => {
                let advice = "a derivation is over a primitive: \
                              `#[woodland(derivation = \"date\", over = String)]`";
                return Err(syn::Error::new(name.span(), advice));
            }
            (None, Some(over)) => {
                let advice = "`over` goes with a derivation's name: \
                              `#[woodland(derivation = \"date\", over = String)]`";
                return Err(syn::Error::new_spanned(over, advice));
            }
            (None, None) => None,
        };
        Ok(found)
    }
}

impl OfPart {
    pub(crate) fn read(attributes: &[Attribute], allowed: &[&str]) -> syn::Result<Self> {
        let mut found = OfPart::default();
        each(attributes, allowed, |option, meta| {
            match option {
                "name" => found.name = Some(meta.value()?.parse()?),
                "key" => found.key = Some(meta.path.segments[0].ident.span()),
                "unique" => found.unique = Some(alone(meta)?),
                "moved_from" => found.moved_from.push(meta.value()?.parse()?),
                "was" => found.was.push(meta.value()?.parse()?),
                _ => found.default = Some(default(meta)?),
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// `unique(first, last)` at a struct.
fn unique(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Ident>> {
    let mut fields = Vec::new();
    if meta.input.peek(syn::token::Paren) {
        meta.parse_nested_meta(|field| {
            fields.push(field.path.require_ident()?.clone());
            Ok(())
        })?;
    }
    if fields.is_empty() {
        return Err(meta.error("name the fields that are unique together: `unique(first, last)`"));
    }
    Ok(fields)
}

/// `unique` at a field.
fn alone(meta: &ParseNestedMeta<'_>) -> syn::Result<proc_macro2::Span> {
    let option = &meta.path.segments[0].ident;
    if meta.input.peek(syn::token::Paren) {
        let advice = "fields that are unique together are named at the struct: \
                      `#[woodland(unique(first, last))]`";
        return Err(syn::Error::new(option.span(), advice));
    }
    Ok(option.span())
}

fn revives(meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
    let edits = meta.value()?.parse::<Ident>()?;
    if edits == "revive" {
        return Ok(true);
    }
    let advice = "edits that a deletion did not see go with the node, or keep it: \
                  `unseen_edits = revive`";
    Err(syn::Error::new(edits.span(), advice))
}

fn default(meta: &ParseNestedMeta<'_>) -> syn::Result<Default> {
    if !meta.input.peek(syn::Token![=]) {
        return Ok(Default::OfType);
    }
    match meta.value()?.parse::<Expr>()? {
        Expr::Lit(one) => match one.lit {
            Lit::Str(text) => Ok(Default::Text(text)),
            _ => Ok(Default::Expr(Box::new(Expr::Lit(one)))),
        },
        other => Ok(Default::Expr(Box::new(other))),
    }
}

/// Hands out each option by its name; one that is not allowed here is an error.
fn each(
    attributes: &[Attribute],
    allowed: &[&str],
    mut take: impl FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    for attribute in attributes.iter().filter(|one| one.path().is_ident("woodland")) {
        attribute.parse_nested_meta(|meta| {
            match allowed.iter().find(|one| meta.path.is_ident(one)) {
                Some(option) => take(option, &meta),
                None => Err(meta.error(unknown(&meta, allowed))),
            }
        })?;
    }
    Ok(())
}

fn unknown(meta: &ParseNestedMeta<'_>, allowed: &[&str]) -> String {
    let found = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
    let close = allowed.iter().find(|one| is_near(one, &found));
    let meant = close.map_or_else(String::new, |one| format!(" (did you mean `{one}`?)"));
    format!("there is no option `{found}` here; there is {}{meant}", allowed.join(", "))
}

/// Whether most of the letters at the beginning or at the end are the same.
fn is_near(one: &str, other: &str) -> bool {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let same_end = one.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b).count();
    let most = one.len().max(other.len());
    (same + same_end).min(most) * 2 >= most
}
