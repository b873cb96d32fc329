//! What a record says beside its fields: what is unique, what becomes of unseen edits, and what
//! things were called before.
//!
//! **Invariants**
//! - None of it takes a place in the order of the fields.
//!
//! What this does not do: refuse a field's type. The compiler does, in the words of `Unique`.

use crate::member::{self, Part};
use crate::options::OfType;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

pub(crate) fn of(options: &OfType, parts: &[Part<'_>]) -> syn::Result<TokenStream> {
    let mut said = TokenStream::new();
    for name in &options.was {
        let name = member::checked(name)?;
        said.extend(quote!(fields.type_was(#name);));
    }
    for part in parts {
        let constant = part.constant();
        for name in &part.options.was {
            let name = member::checked(name)?;
            said.extend(quote!(fields.was(Self::#constant.any(), #name);));
        }
        for name in &part.options.moved_from {
            let name = member::checked(name)?;
            said.extend(quote!(fields.moved_from(Self::#constant.any(), #name);));
        }
    }
    // By their names in the schema, so that one rule is said once.
    let mut names: Vec<String> = Vec::new();
    let mut add = |together: &[&Part<'_>], span: Span| {
        let (name, rule) = unique(together, span)?;
        if names.contains(&name) || parts.iter().any(|part| part.name == name) {
            let advice = format!("the rule's name is `{name}`, and there is one of that name");
            return Err(syn::Error::new(span, advice));
        }
        names.push(name);
        said.extend(rule);
        Ok(())
    };
    for part in parts {
        if let Some(span) = part.options.unique {
            add(&[part], span)?;
        }
    }
    for together in &options.unique {
        let found = |one: &Ident| part_named(parts, one);
        let found = together.iter().map(found).collect::<syn::Result<Vec<_>>>()?;
        add(&found, together[0].span())?;
    }
    if options.revives {
        if let Some(part) = parts.iter().find(|part| part.name == "unseen_edits") {
            let advice = "`unseen_edits` is the name of the rule: give this field another name";
            return Err(syn::Error::new_spanned(part.ident, advice));
        }
        said.extend(quote!(fields.unseen_edits(::woodland::UnseenEdits::Revive);));
    }
    Ok(said)
}

fn part_named<'a, 'b>(parts: &'a [Part<'b>], name: &Ident) -> syn::Result<&'a Part<'b>> {
    parts.iter().find(|part| part.ident == name).ok_or_else(|| {
        let all: Vec<String> = parts.iter().map(|part| part.ident.to_string()).collect();
        let advice = format!("there is no field `{name}`; there is {}", all.join(", "));
        syn::Error::new_spanned(name, advice)
    })
}

/// The rule's name in the schema, and what says it.
fn unique(together: &[&Part<'_>], span: Span) -> syn::Result<(String, TokenStream)> {
    if let Some(part) = together.iter().find(|part| part.options.key.is_some()) {
        let advice =
            format!("`{}` is the key, which names its node: it is unique as it is", part.name);
        return Err(syn::Error::new(span, advice));
    }
    let names: Vec<&str> = together.iter().map(|part| part.name.as_str()).collect();
    let name = format!("unique_{}", names.join("_"));
    if !member::is_good(&name) {
        let advice = format!("the rule's name `{name}` is too long: shorten the fields' names");
        return Err(syn::Error::new(span, advice));
    }
    // At the type, so that what is wrong with it is told there.
    let fields = together.iter().map(|part| {
        let (mut constant, span) = (part.constant(), part.of.span());
        constant.set_span(span);
        quote_spanned!(span=> Self::#constant.unique())
    });
    Ok((name, quote!(fields.unique(&[#(#fields),*]);)))
}
