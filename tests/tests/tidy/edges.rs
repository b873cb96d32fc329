//! Who may depend on whom, and that each dependency is accounted for.
//!
//! **Invariants**
//! - [`CRATES`] is the design's picture: arrows point down only, siblings do not know each other.
//! - A crate that is not in the table does not exist: adding one means drawing its arrows here.

use crate::expect_none;
use crate::tree::{self, names, read};
use std::collections::BTreeSet;
use toml::{Table, Value};

struct Crate {
    folder: &'static str,
    package: &'static str,
    /// May be used by the crate itself.
    uses: &'static [&'static str],
    /// May be used by its tests besides.
    tests_use: &'static [&'static str],
    /// No IO, clock, randomness or threads.
    is_pure: bool,
}

const FORMAT: &str = "woodland-format";
const PAGE: &str = "woodland-page";
const LOG: &str = "woodland-log";
const BASE: &str = "woodland-base";
const STORE: &str = "woodland-store";
const GRAPH: &str = "woodland-graph";
const LAWS: &str = "woodland-laws";
const DERIVE: &str = "woodland-derive";
const SYNC: &str = "woodland-sync";

const CRATES: &[Crate] = &[
    Crate { folder: "format", package: FORMAT, uses: &[], tests_use: &[], is_pure: true },
    Crate { folder: "page", package: PAGE, uses: &[FORMAT], tests_use: &[], is_pure: true },
    Crate { folder: "log", package: LOG, uses: &[PAGE, FORMAT], tests_use: &[], is_pure: true },
    Crate { folder: "store", package: STORE, uses: &[FORMAT], tests_use: &[LOG], is_pure: false },
    // Pages on a disk: what a page holds is no matter to it.
    Crate {
        folder: "base",
        package: BASE,
        uses: &[STORE, PAGE, FORMAT],
        tests_use: &[],
        is_pure: false,
    },
    Crate {
        folder: "graph",
        package: GRAPH,
        uses: &[LOG, PAGE, FORMAT],
        tests_use: &[],
        is_pure: true,
    },
    // Reads versions; what arrives goes through the door of the log.
    Crate { folder: "sync", package: SYNC, uses: &[LOG, FORMAT], tests_use: &[], is_pure: true },
    // For whoever makes a kind: its tests use it, programs do not.
    Crate {
        folder: "laws",
        package: LAWS,
        uses: &[GRAPH, LOG, PAGE, FORMAT],
        tests_use: &[],
        is_pure: true,
    },
    // A macro: what it writes names the facade, its own code names none of us.
    Crate { folder: "derive", package: DERIVE, uses: &[], tests_use: &[], is_pure: false },
    Crate {
        folder: "woodland",
        package: "woodland",
        uses: &[BASE, GRAPH, LOG, PAGE, STORE, FORMAT, SYNC, DERIVE],
        // Its examples show the dump of what they wrote, and try a kind of their own.
        tests_use: &["woodland-dump", LAWS],
        is_pure: false,
    },
    // For whoever has an application to try: nothing of ours stands on it.
    Crate {
        folder: "sim",
        package: "woodland-sim",
        uses: &["woodland", LAWS, LOG, STORE, FORMAT, SYNC],
        tests_use: &[],
        is_pure: false,
    },
    // Never the facade: it must open what the facade refuses.
    Crate {
        folder: "dump",
        package: "woodland-dump",
        uses: &[GRAPH, LOG, STORE, SYNC, FORMAT],
        tests_use: &[],
        is_pure: false,
    },
];

/// Folders of the pure crates.
pub(crate) fn pure_folders() -> impl Iterator<Item = &'static str> {
    CRATES.iter().filter(|one| one.is_pure).map(|one| one.folder)
}

fn manifest(path: &str) -> Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn manifests() -> Vec<(String, Table)> {
    let crates = names("crates").into_iter().map(|name| format!("crates/{name}"));
    let folders = crates.chain(["tests".to_owned(), "benches".to_owned()]);
    folders.map(|folder| (manifest(&format!("{folder}/Cargo.toml")), folder)).map(swap).collect()
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

/// Package names in the tables of this kind, those under `[target.…]` included.
fn dependencies(manifest: &Table, kind: &str) -> BTreeSet<String> {
    let targets =
        manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = targets.filter_map(Value::as_table).chain([manifest]);
    let entries = tables.filter_map(|table| table.get(kind)?.as_table()).flatten();
    let package = |(name, entry): (&String, &Value)| {
        entry.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
    };
    entries.map(package).collect()
}

fn edge_complaints(one: &Crate, manifest: &Table) -> Vec<String> {
    let mut complaints = Vec::new();
    let name = manifest.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
    if name != Some(one.package) {
        complaints.push(format!("crates/{}: package is {name:?}, not {}", one.folder, one.package));
    }
    let for_tests = [one.uses, one.tests_use].concat();
    let kinds = [
        ("dependencies", one.uses),
        ("build-dependencies", &[]),
        ("dev-dependencies", for_tests.as_slice()),
    ];
    for (kind, allowed) in kinds {
        for used in dependencies(manifest, kind) {
            if used.starts_with("woodland") && !allowed.contains(&used.as_str()) {
                complaints.push(format!("{} -> {used} in [{kind}]", one.package));
            }
        }
    }
    complaints
}

#[test]
fn crates_depend_downwards_only() {
    let mut complaints = Vec::new();
    for folder in names("crates") {
        match CRATES.iter().find(|one| one.folder == folder) {
            None => complaints.push(format!("crates/{folder} is in no row of CRATES")),
            Some(one) => {
                let found = manifest(&format!("crates/{folder}/Cargo.toml"));
                complaints.extend(edge_complaints(one, &found));
            }
        }
    }
    expect_none(
        &complaints,
        "Arrows point down only. Move the code to the crate that may see both sides; if the design \
         itself changed, change the table CRATES and docs/architecture.md together.",
    );
}

#[test]
fn a_forbidden_edge_is_seen() {
    let dump = CRATES.iter().find(|one| one.folder == "dump").expect("dump has a row");
    let wrong = [
        "[package]\nname = 'woodland-dump'\n[dependencies]\nwoodland = {}",
        "[package]\nname = 'woodland-dump'\n[dev-dependencies]\nw = { package = 'woodland' }",
        "[package]\nname = 'woodland-dump'\n[target.'cfg(unix)'.dependencies]\nwoodland = {}",
        "[package]\nname = 'woodland-print'",
    ];
    for text in wrong {
        let complaints = edge_complaints(dump, &text.parse().expect("the snippet is TOML"));
        assert_eq!(complaints.len(), 1, "{text}: {complaints:?}");
    }
}

/// Where bincode may be named.
const BINCODE_CRATE: &str = "crates/format";
const BINCODE_MODULE: &str = "crates/format/src/canonical.rs";

#[test]
fn only_format_names_bincode() {
    let mut complaints = Vec::new();
    for (folder, manifest) in manifests() {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let named = kinds.iter().any(|kind| dependencies(&manifest, kind).contains("bincode"));
        if named != (folder == BINCODE_CRATE) {
            complaints.push(format!("{folder}/Cargo.toml"));
        }
    }
    for file in tree::crate_sources() {
        if file.path != BINCODE_MODULE && crate::bans::says(&file.text, "bincode") {
            complaints.push(file.path);
        }
    }
    expect_none(
        &complaints,
        "Records are encoded behind one door: use woodland_format::{encode, decode}.",
    );
}

#[test]
fn naming_bincode_is_seen() {
    assert!(crate::bans::says("fn a() { bincode::serde::decode() }", "bincode"));
    assert!(!crate::bans::says("/// bincode\nfn a() { \"bincode\"; }", "bincode"));
    let table: Table = "[dev-dependencies]\nb = { package = 'bincode' }".parse().expect("is TOML");
    assert!(dependencies(&table, "dev-dependencies").contains("bincode"));
}

fn lint_complaints(folder: &str, manifest: &Table) -> Option<String> {
    let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
    (inherits != Some(&Value::Boolean(true))).then(|| format!("{folder}/Cargo.toml"))
}

#[test]
fn every_package_inherits_the_workspace_lints() {
    let found = manifests();
    let complaints: Vec<_> = found.iter().filter_map(|(f, m)| lint_complaints(f, m)).collect();
    expect_none(&complaints, "Write `[lints]` and `workspace = true` into each manifest.");
    let lints = &manifest("Cargo.toml")["workspace"]["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"), "unsafe stays forbidden");
    assert_eq!(lints["rust"]["missing_docs"].as_str(), Some("deny"), "public items are documented");
    for lint in ["disallowed_macros", "disallowed_methods", "disallowed_types"] {
        assert_eq!(lints["clippy"][lint].as_str(), Some("deny"), "{lint} holds the bans");
    }
}

#[test]
fn a_package_with_lints_of_its_own_is_seen() {
    let own: Table = "[lints.rust]\nunsafe_code = 'allow'".parse().expect("the snippet is TOML");
    assert!(lint_complaints("crates/x", &own).is_some());
}

/// Names in the first column of the tables of `docs/dependencies.md`.
fn listed(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_dependency_is_accounted_for() {
    let listed = listed(&read("docs/dependencies.md"));
    let mut complaints = Vec::new();
    let shared = manifest("Cargo.toml")["workspace"]["dependencies"].clone();
    let package = |name: &String| {
        let entry = shared.get(name).and_then(|entry| entry.get("package"));
        entry.and_then(Value::as_str).unwrap_or(name).to_owned()
    };
    for (folder, manifest) in manifests() {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for name in dependencies(&manifest, kind) {
                if !name.starts_with("woodland") && !listed.contains(&package(&name)) {
                    complaints.push(format!("{folder}: {} in [{kind}]", package(&name)));
                }
            }
        }
    }
    expect_none(
        &complaints,
        "Give each a row in docs/dependencies.md: why, what it pulls in, what we would do without it.",
    );
}

#[test]
fn an_unlisted_dependency_is_seen() {
    let page = "| name | why |\n| --- | --- |\n| `blake3` | hashes |\nwe once used `rand`\n";
    assert_eq!(listed(page), BTreeSet::from(["blake3".to_owned()]));
}

/// Complaints about the `clippy.toml` of pure crates: (folder, content).
fn ban_complaints(files: &[(&str, String)]) -> Vec<String> {
    let (_, first) = files.first().expect("there are pure crates");
    let mut complaints = Vec::new();
    for (folder, text) in files {
        let bans: Table = text.parse().unwrap_or_default();
        for key in ["disallowed-types", "disallowed-methods", "disallowed-macros"] {
            if bans.get(key).and_then(Value::as_array).is_none_or(Vec::is_empty) {
                complaints.push(format!("crates/{folder}/clippy.toml: no {key}"));
            }
        }
        if text != first {
            complaints.push(format!("crates/{folder}/clippy.toml differs"));
        }
    }
    complaints
}

#[test]
fn pure_crates_hold_the_same_bans() {
    let read_bans = |folder| (folder, read(&format!("crates/{folder}/clippy.toml")));
    let files: Vec<_> = pure_folders().map(read_bans).collect();
    let advice = "clippy merges no files: copy crates/format/clippy.toml over the others.";
    expect_none(&ban_complaints(&files), advice);
}

#[test]
fn a_pure_crate_with_other_bans_is_seen() {
    let whole = "disallowed-types = [1]\ndisallowed-methods = [1]\ndisallowed-macros = [1]\n";
    let less = whole.replace("disallowed-types = [1]", "disallowed-types = []");
    let files = [("a", whole.to_owned()), ("b", less.clone())];
    assert_eq!(ban_complaints(&files).len(), 2);
    assert_eq!(ban_complaints(&[("a", less)]).len(), 1);
}
