//! The public surface of each library, written down in `docs/api` and compared with the sources.
//!
//! Starting at `lib.rs`, every `pub` item and every `pub use` is followed to the item itself. Of an
//! item its signature is kept, with derives and `non_exhaustive`; of a type also its public fields,
//! methods and trait impls. `_` stands for what is private,
//! `#[provided]` for a body.
//!
//! **Invariants**
//! - The page depends on the sources alone; it is sorted by name, so that moving code changes
//!   nothing.
//!
//! What this does not do: resolve types or macros. An item that a macro makes is shown as the
//! macro's call; what another crate re-exports is shown as the `pub use`.

use crate::tree::{self, File, children};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::fs;
use syn::{Attribute, Fields, ImplItem, Item, TraitItem, Type, UseTree, Visibility};

const LIBRARIES: [&str; 7] = ["format", "log", "graph", "laws", "store", "sync", "woodland"];

/// The parsed files of one crate, by path.
type Sources = BTreeMap<String, syn::File>;

#[derive(Default)]
struct Surface {
    /// Public path → how the item is written.
    items: BTreeMap<String, String>,
    /// Type → its public impls, as written.
    impls: BTreeMap<String, Vec<String>>,
}

fn surface(root: &str, sources: &Sources) -> Surface {
    let mut found = Surface::default();
    module(root, "", sources, &mut found);
    add_macros(sources, &mut found);
    for file in sources.values() {
        for item in &file.items {
            if let Item::Impl(one) = item
                && let Some(name) = type_name(&one.self_ty)
                && let Some(text) = shown_impl(one)
            {
                found.impls.entry(name).or_default().push(text);
            }
        }
    }
    found
}

/// Adds what a module shows under a public path such as `limits::`.
fn module(path: &str, prefix: &str, sources: &Sources, found: &mut Surface) {
    let Some(file) = sources.get(path) else { return };
    add_items(path, &file.items, prefix, sources, found);
}

fn add_items(path: &str, items: &[Item], prefix: &str, sources: &Sources, found: &mut Surface) {
    for item in items {
        match item {
            Item::Use(one) if is_public(&one.vis) => {
                let mut names = Vec::new();
                use_names(&one.tree, Vec::new(), &mut names);
                for (origin, name) in names {
                    let text = origin_text(path, &origin, sources)
                        .unwrap_or_else(|| format!("pub use {};", origin.join("::")));
                    found.items.insert(format!("{prefix}{name}"), text);
                }
            }
            Item::Mod(one) if is_public(&one.vis) => {
                let start = format!("{}{}", children(path), one.ident);
                let inner = format!("{prefix}{}::", one.ident);
                if let Some((_, items)) = &one.content {
                    add_items(path, items, &inner, sources, found);
                }
                module(&format!("{start}.rs"), &inner, sources, found);
                module(&format!("{start}/mod.rs"), &inner, sources, found);
            }
            other => {
                if let Some((name, text)) = shown(other) {
                    found.items.insert(format!("{prefix}{name}"), text);
                }
            }
        }
    }
}

/// (where it comes from, its public name) of each leaf of a `use`.
fn use_names(tree: &UseTree, mut before: Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            use_names(&path.tree, before, found);
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| use_names(tree, before.clone(), found));
        }
        UseTree::Name(one) => {
            before.push(one.ident.to_string());
            found.push((before, one.ident.to_string()));
        }
        UseTree::Rename(one) => {
            before.push(one.ident.to_string());
            found.push((before, one.rename.to_string()));
        }
        UseTree::Glob(_) => {
            before.push("*".to_owned());
            found.push((before.clone(), before.join("::")));
        }
    }
}

/// The item that `a::b::Name`, said in the file at `from`, comes from; `None` in another crate.
fn origin_text(from: &str, origin: &[String], sources: &Sources) -> Option<String> {
    let (name, modules) = origin.split_last()?;
    let (mut base, mut path) = match modules.first()?.as_str() {
        "crate" => (children(&root_of(from)), root_of(from)),
        _ => (children(from), from.to_owned()),
    };
    for step in modules.iter().filter(|step| *step != "crate" && *step != "self") {
        let file = format!("{base}{step}.rs");
        path = if sources.contains_key(&file) { file } else { format!("{base}{step}/mod.rs") };
        base = children(&path);
    }
    let file = sources.get(&path)?;
    let direct = file.items.iter().filter_map(shown).find(|(found, _)| found == name);
    if let Some((_, text)) = direct {
        return Some(text);
    }
    for item in &file.items {
        match item {
            Item::Macro(one) if names_item(one, name) => return Some(shown_call(one)),
            Item::Use(one) => {
                let mut names = Vec::new();
                use_names(&one.tree, Vec::new(), &mut names);
                let next = names.iter().find(|(_, public)| public == name);
                if let Some((next, _)) = next {
                    return origin_text(&path, next, sources);
                }
            }
            _ => {}
        }
    }
    None
}

fn root_of(path: &str) -> String {
    let (start, _) = path.split_once("src/").expect("a crate's sources stand in src");
    format!("{start}src/lib.rs")
}

/// Whether a macro's call makes this item: in braces, with the name first, docs apart.
fn names_item(call: &syn::ItemMacro, name: &str) -> bool {
    let first = call.mac.tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    });
    let in_braces = matches!(call.mac.delimiter, syn::MacroDelimiter::Brace(_));
    call.ident.is_none() && in_braces && first.as_deref() == Some(name)
}

/// The call without its docs: `id! { CommitId, 32 }`.
fn shown_call(call: &syn::ItemMacro) -> String {
    let is_hash =
        |token: &TokenTree| matches!(token, TokenTree::Punct(one) if one.as_char() == '#');
    let starts_docs = |group: &proc_macro2::Group| group.stream().to_string().starts_with("doc");
    let is_docs = |token: &TokenTree| matches!(token, TokenTree::Group(one) if starts_docs(one));
    let tokens = call.mac.tokens.clone().into_iter();
    let kept: TokenStream = tokens.filter(|token| !is_hash(token) && !is_docs(token)).collect();
    let name = type_name(&Type::Path(syn::TypePath { qself: None, path: call.mac.path.clone() }));
    format!("{}! {{ {} }}", name.unwrap_or_default(), kept.to_string().replace(" ,", ","))
}

/// The macros of this crate whose calls are shown: what they write is surface, too.
fn add_macros(sources: &Sources, found: &mut Surface) {
    let is_called = |name: &str, found: &Surface| {
        found.items.values().any(|text| text.starts_with(&format!("{name}! {{")))
    };
    for item in sources.values().flat_map(|file| &file.items) {
        if let Item::Macro(one) = item
            && let Some(name) = &one.ident
            && is_called(&name.to_string(), found)
        {
            let bare = Item::Macro(syn::ItemMacro { attrs: vec![], ..one.clone() });
            found
                .items
                .insert(format!("{name}! (not public: makes items of this page)"), printed(bare));
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn kept(attributes: &[Attribute]) -> Vec<Attribute> {
    let names = ["cfg", "deprecated", "derive", "must_use", "non_exhaustive"];
    let keep = |one: &&Attribute| names.iter().any(|name| one.path().is_ident(name));
    attributes.iter().filter(keep).cloned().collect()
}

/// Name and text of an item that is public where it stands.
fn shown(item: &Item) -> Option<(String, String)> {
    macro_rules! bare {
        ($one:ident, $variant:ident) => {{
            let mut one = $one.clone();
            one.attrs = kept(&one.attrs);
            (one.ident.to_string(), one.vis.clone(), Item::$variant(one))
        }};
    }
    let (name, visibility, item) = match item {
        Item::Struct(one) => {
            let mut one = one.clone();
            hide_fields(&mut one.fields);
            bare!(one, Struct)
        }
        Item::Enum(one) => {
            let mut one = one.clone();
            for variant in &mut one.variants {
                variant.attrs = kept(&variant.attrs);
                variant.fields.iter_mut().for_each(|field| field.attrs = kept(&field.attrs));
            }
            bare!(one, Enum)
        }
        Item::Trait(one) => {
            let mut one = one.clone();
            one.items.iter_mut().for_each(bare_trait_item);
            bare!(one, Trait)
        }
        Item::Fn(one) => {
            let mut one = one.clone();
            one.attrs = kept(&one.attrs);
            one.block.stmts.clear();
            (one.sig.ident.to_string(), one.vis.clone(), Item::Fn(one))
        }
        Item::Const(one) => bare!(one, Const),
        Item::Static(one) => bare!(one, Static),
        Item::Type(one) => bare!(one, Type),
        _ => return None,
    };
    is_public(&visibility).then(|| (name, printed(item)))
}

fn hide_fields(fields: &mut Fields) {
    let hidden = |named: bool| {
        let parse = if named { syn::Field::parse_named } else { syn::Field::parse_unnamed };
        let text = if named { "_private: _" } else { "_" };
        syn::parse::Parser::parse_str(parse, text).expect("the stand-in is a field")
    };
    let (named, list) = match fields {
        Fields::Named(one) => (true, &mut one.named),
        Fields::Unnamed(one) => (false, &mut one.unnamed),
        Fields::Unit => return,
    };
    let has_private = list.iter().any(|field| !is_public(&field.vis));
    let mut shown: Vec<_> = list.iter().filter(|field| is_public(&field.vis)).cloned().collect();
    shown.iter_mut().for_each(|field| field.attrs = kept(&field.attrs));
    if has_private {
        shown.push(hidden(named));
    }
    *list = shown.into_iter().collect();
}

fn bare_trait_item(item: &mut TraitItem) {
    match item {
        TraitItem::Fn(one) => {
            one.attrs = kept(&one.attrs);
            if let Some(body) = &mut one.default {
                body.stmts.clear();
                one.attrs.push(syn::parse_quote!(#[provided]));
            }
        }
        TraitItem::Const(one) => one.attrs = kept(&one.attrs),
        TraitItem::Type(one) => one.attrs = kept(&one.attrs),
        _ => {}
    }
}

/// Public methods of an inherent impl, or the first line of a trait impl.
fn shown_impl(one: &syn::ItemImpl) -> Option<String> {
    let mut one = one.clone();
    one.attrs = kept(&one.attrs);
    if one.trait_.is_some() {
        one.items.clear();
        return Some(printed(Item::Impl(one)));
    }
    one.items.retain_mut(|item| match item {
        ImplItem::Fn(each) => {
            each.attrs = kept(&each.attrs);
            each.block.stmts.clear();
            is_public(&each.vis)
        }
        ImplItem::Const(each) => {
            each.attrs = kept(&each.attrs);
            is_public(&each.vis)
        }
        _ => false,
    });
    one.items.sort_by_key(|item| match item {
        ImplItem::Fn(each) => each.sig.ident.to_string(),
        ImplItem::Const(each) => each.ident.to_string(),
        _ => String::new(),
    });
    (!one.items.is_empty()).then(|| printed(Item::Impl(one)))
}

fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

fn printed(item: Item) -> String {
    let file = syn::File { shebang: None, attrs: vec![], items: vec![item] };
    let text = prettyplease::unparse(&file);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("///"));
    lines
        .map(|line| line.replace(" {}", ";"))
        .filter(|l| !l.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn page(package: &str, surface: &Surface) -> String {
    let mut page = format!(
        "# {package}: everything public. A test compares it; `UPDATE=1 cargo tidy` writes it anew.\n"
    );
    for (name, text) in &surface.items {
        page += &format!("\n## {name}\n{text}\n");
        let last = name.rsplit("::").next().expect("a path has a last part");
        let mut impls = surface.impls.get(last).cloned().unwrap_or_default();
        impls.sort();
        impls.iter().for_each(|one| page += &format!("{one}\n"));
    }
    page
}

fn sources(files: &[File]) -> Sources {
    files.iter().filter(|f| !f.is_test).map(|f| (f.path.clone(), f.parse())).collect()
}

#[test]
fn the_public_surface_is_the_one_written_down() {
    let mut drifted = Vec::new();
    for library in LIBRARIES {
        let folder = format!("crates/{library}/src");
        let found = surface(&format!("{folder}/lib.rs"), &sources(&tree::rust(&folder)));
        let expected = page(library, &found);
        let path = format!("docs/api/{library}.txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(tree::root().join("docs/api")).expect("docs can be written");
            fs::write(tree::root().join(&path), &expected).expect("docs/api can be written");
        }
        let written = fs::read_to_string(tree::root().join(&path)).unwrap_or_default();
        if let Some(line) = first_difference(&written, &expected) {
            drifted.push(format!("{path}:{line}"));
        }
    }
    crate::expect_none(
        &drifted,
        "The public surface changed. If it was meant to, run `UPDATE=1 cargo tidy`, read the \
         difference as a user would, commit it and say it in CHANGELOG.md.",
    );
}

fn first_difference(written: &str, expected: &str) -> Option<String> {
    let (mut left, mut right) = (written.lines(), expected.lines());
    for number in 1.. {
        match (left.next(), right.next()) {
            (None, None) => return None,
            (a, b) if a == b => {}
            (a, b) => return Some(format!("{number}: written {a:?}, found {b:?}")),
        }
    }
    None
}

#[test]
fn a_drift_of_the_surface_is_seen() {
    let written = |lib: &str, inner: &str| {
        let at = |name: &str, text: &str| File::snippet(&format!("crates/x/src/{name}.rs"), text);
        let files = [at("lib", lib), at("inner", inner), at("open", "pub const MAX: u8 = 3;")];
        page("x", &surface("crates/x/src/lib.rs", &sources(&files)))
    };
    let lib =
        "mod inner;\npub mod open;\npub use crate::inner::{A, T, make};\nid! { /// D.\n B, 3 }";
    let inner = "pub struct A { pub a: u8, b: u8 }\n\
                 impl A { pub fn c(&self) -> u8 { 1 } fn d() {} }\n\
                 impl Clone for A { fn clone(&self) -> A { x() } }\n\
                 pub fn make() {}\npub fn not() {}\n\
                 pub trait T { fn must(); fn may() {} }";
    let first = written(lib, inner);
    for shown in
        ["pub a: u8", "pub fn c(&self) -> u8;", "impl Clone for A;", "## make", "open::MAX"]
    {
        assert!(first.contains(shown), "{shown} is missing in\n{first}");
    }
    for hidden in ["b: u8", "fn d()", "fn not()"] {
        assert!(!first.contains(hidden), "{hidden} is shown in\n{first}");
    }
    let drifts = [
        inner.replace("pub a: u8", "pub a: u16"),
        inner.replace("-> u8 {", "-> u16 {"),
        inner.replace("impl Clone", "impl Copy"),
        inner.replace("fn d()", "pub fn d()"),
        inner.replace("fn may() {}", "fn may();"),
    ];
    for drift in drifts {
        assert!(first_difference(&first, &written(lib, &drift)).is_some(), "{drift}");
    }
    assert!(first_difference(&first, &written(&lib.replace(", make", ""), inner)).is_some());
    assert_eq!(first_difference(&first, &written(lib, &inner.replace("b: u8", "b: u16"))), None);
}
