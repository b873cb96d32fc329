//! Every variant of every public error is raised by some test, or says why it cannot be.
//!
//! **Invariants**
//! - The variants are read from the sources: one that is added without a test fails here.
//! - `elsewhere.txt` has a line for each variant that the rows here do not raise: the file of the
//!   test that does, which must name it; or `never` and the reason.

use crate::{beside, rows};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const PACKAGES: [&str; 7] = ["format", "log", "graph", "store", "sync", "woodland", "dump"];

/// As many variants as this cannot be raised, and no more.
const NEVER_MAX: usize = 6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the top level").to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("a source").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether the enum is an error, or says why an op is void.
fn is_told(item: &syn::ItemEnum) -> bool {
    let derives = item.attrs.iter().filter(|one| one.path().is_ident("derive"));
    let is_error = |one: &syn::Attribute| {
        let paths = one.parse_args_with(
            syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated,
        );
        let is_error = |path: &syn::Path| {
            path.segments.first().is_some_and(|segment| segment.ident == "thiserror")
        };
        paths.is_ok_and(|paths| paths.iter().any(is_error))
    };
    matches!(item.vis, syn::Visibility::Public(_))
        && (item.ident == "Void" || derives.into_iter().any(is_error))
}

fn enums(items: &[syn::Item], package: &str, found: &mut BTreeSet<String>) {
    for item in items {
        match item {
            syn::Item::Enum(one) if is_told(one) => found.extend(
                one.variants
                    .iter()
                    .map(|variant| format!("{package} {}::{}", one.ident, variant.ident)),
            ),
            syn::Item::Mod(one) => {
                let inside = one.content.as_ref().map(|(_, items)| items.as_slice());
                enums(inside.unwrap_or_default(), package, found);
            }
            _ => {}
        }
    }
}

/// Every variant in the sources: `store Problem::Missing`.
fn variants() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for package in PACKAGES {
        let mut paths = Vec::new();
        sources(&root().join("crates").join(package).join("src"), &mut paths);
        for path in paths {
            let text = std::fs::read_to_string(&path).expect("a source");
            let file = syn::parse_file(&text).expect("a source parses");
            enums(&file.items, package, &mut found);
        }
    }
    found
}

/// By variant: the file that raises it, or why nothing does.
fn elsewhere(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" — ").expect("variant — where")).collect()
}

/// What is wrong with the list, each in a line.
fn complaints(
    variants: &BTreeSet<String>,
    raised: &BTreeSet<&str>,
    elsewhere: &BTreeMap<&str, &str>,
    text_of: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for variant in variants {
        let (here, there) = (raised.contains(variant.as_str()), elsewhere.get(variant.as_str()));
        match there {
            None if here => {}
            None => complaints.push(format!("{variant}: no test raises it")),
            Some(_) if here => complaints.push(format!("{variant}: raised here, listed elsewhere")),
            Some(place) if place.starts_with("never: ") => {}
            Some(place) => {
                let name = variant.split_once(' ').map_or("", |(_, name)| name);
                let is_named = text_of(place).is_some_and(|text| text.contains(name));
                if !is_named {
                    complaints.push(format!("{variant}: {place} does not name it"));
                }
            }
        }
    }
    let known = elsewhere.keys().chain(raised).filter(|name| !variants.contains(**name));
    complaints.extend(known.map(|name| format!("{name}: there is no such variant")));
    complaints
}

#[test]
fn every_variant_is_raised() {
    let rows = rows();
    let raised: BTreeSet<&str> = rows.iter().map(|row| row.variant).collect();
    let text = std::fs::read_to_string(beside("elsewhere.txt")).expect("elsewhere.txt");
    let elsewhere = elsewhere(&text);
    let variants = variants();
    assert!(variants.len() > 130, "only {} variants were found", variants.len());
    let text_of = |path: &str| std::fs::read_to_string(root().join(path)).ok();
    let complaints = complaints(&variants, &raised, &elsewhere, text_of);
    assert!(
        complaints.is_empty(),
        "{} of {}:\n{}",
        complaints.len(),
        variants.len(),
        complaints.join("\n")
    );
    let never = elsewhere.values().filter(|place| place.starts_with("never: ")).count();
    assert!(never <= NEVER_MAX, "{never} variants cannot be raised: are they needed?");
    let (here, all) = (raised.len(), variants.len());
    println!("{all} variants: {here} raised here, {never} never, the rest elsewhere");
}

#[test]
fn a_variant_without_a_test_and_a_stale_row_are_seen() {
    let variants: BTreeSet<String> =
        ["a E::One", "a E::Two", "a E::Three"].map(str::to_owned).into();
    let list = elsewhere("# why\na E::Two — x.rs\na E::Gone — x.rs\n");
    let text_of = |_: &str| Some("E::Other".to_owned());
    let found = complaints(&variants, &BTreeSet::from(["a E::One"]), &list, text_of);
    assert_eq!(
        found,
        [
            "a E::Three: no test raises it",
            "a E::Two: x.rs does not name it",
            "a E::Gone: there is no such variant",
        ]
    );
}

#[test]
fn enums_are_found_by_what_they_are() {
    let text = "#[derive(Debug, thiserror::Error)] pub enum E { One, Two(u8) } \
                #[derive(Debug)] pub enum Plain { Three } enum Hidden { Four } \
                mod inner { #[derive(thiserror::Error)] pub enum F { Five { at: u8 } } }";
    let mut found = BTreeSet::new();
    enums(&syn::parse_file(text).expect("it parses").items, "a", &mut found);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a E::One", "a E::Two", "a F::Five"]);
}
