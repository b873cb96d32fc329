//! What is deleted, who did it, what came back, what clashes, and what became of migrations.

use crate::library::Library;
use crate::writer::History;
use crate::{asked, assert_snapshot, session, shared, stored};
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use woodland_dump::{Command, Filter, Form, Request, Verdict};
use woodland_format::Commit;

fn library() -> (Library, TempDir, String) {
    let library = Library::open();
    let (folder, path) = stored(&library.history);
    let path = path.to_str().unwrap().to_owned();
    (library, folder, path)
}

fn json(request: Request) -> Json {
    serde_json::from_str(&asked(&Request { form: Form::Json, ..request }).0).unwrap()
}

#[test]
fn the_pages_of_a_library_read_well() {
    let (_, folder, path) = library();
    for command in ["graph", "deleted", "clashes", "schemas"] {
        assert_snapshot(&format!("library-{command}.txt"), &session(&folder, &[command, &path]));
        let json = session(&folder, &[command, "--json", &path]);
        assert_snapshot(&format!("library-{command}.json.txt"), &json);
    }
}

#[test]
fn a_node_says_why_it_is_not_there() {
    let (library, folder, path) = library();
    let mut page = String::new();
    let Library { east, west, moby, unseen, summer, winter, late_loan, .. } = library;
    for node in [east, west, moby, unseen, summer, winter, late_loan] {
        page += &session(&folder, &["explain", "--node", &node.to_string(), &path]);
    }
    let moby = moby.to_string();
    page += &session(&folder, &["explain", "--node", &moby, "--field", "heading", &path]);
    let words = ["deleted by", "deleted with node", "was never created", "undone", "took "];
    for told in words {
        assert!(page.contains(told), "{told} is told of");
    }
    assert_snapshot("library-explain.txt", &page);
    let json = session(&folder, &["explain", "--json", "--node", &moby, &path]);
    assert_snapshot("library-explain.json.txt", &json);
}

#[test]
fn every_reason_of_a_library_is_told() {
    let (_, folder, path) = library();
    let graph = session(&folder, &["graph", &path]);
    let reasons =
        ["dead-node", "edited", "restricted", "dead-target", "unseen-generation", "misfit"];
    for reason in reasons {
        assert!(graph.contains(&format!(": {reason}: ")), "{reason} is told of:\n{graph}");
    }
}

#[test]
fn what_touches_a_node_is_also_what_deletes_it() {
    let (library, _folder, path) = library();
    let touching = Some(library.east.to_string());
    let filter = Filter { touching, ..Filter::default() };
    let order = json(Request { filter, ..Request::of(Command::Order, &path) });
    let found: Vec<&str> =
        order["order"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    let ids = [0, 1].map(|at| library.history.commits[at].id().to_string());
    // Hers, which fill it, and delete it; a book's pointer is no op on it.
    assert_eq!(found, ids);
}

#[test]
fn what_forbade_a_deletion_is_named_while_it_is_there() {
    let (mut library, _, _) = library();
    let restricted = |library: &Library| {
        let (_folder, path) = stored(&library.history);
        let deleted = json(Request::of(Command::Deleted, &path));
        let text = asked(&Request::of(Command::Deleted, &path)).0;
        let rows = deleted["without_effect"].as_array().unwrap();
        let found = rows.iter().find(|row| row["reason"] == "restricted").unwrap();
        (found["referrers"].as_array().unwrap().len(), text)
    };
    let (count, text) = restricted(&library);
    assert!(count == 1 && text.contains("now there is Loan.book of node"), "{text}");
    library.return_the_loan();
    let (count, text) = restricted(&library);
    assert!(count == 0 && text.contains("; nothing would now"), "{text}");
}

#[test]
fn a_diff_tells_deaths_and_returns_from_content() {
    let (library, folder, path) = library();
    let (founding, deletions) = (library.founding.to_string(), library.deletions.to_string());
    let deaths = session(&folder, &["diff", "--from", &founding, "--to", &deletions, &path]);
    let returns = session(&folder, &["diff", "--from", &deletions, &path]);
    assert!(!deaths.contains("Moby Dick"), "what a dead node holds did not go:\n{deaths}");
    assert_snapshot("library-diff.txt", &(deaths + &returns));
    let json = session(&folder, &["diff", "--json", "--from", &deletions, &path]);
    assert_snapshot("library-diff.json.txt", &json);
}

#[test]
fn what_lives_without_a_type_is_told_from_what_is_dead() {
    let mut library = Library::open();
    let before = library.history.commits[library.history.commits.len() - 1].id().to_string();
    library.forget_loans();
    let (folder, path) = stored(&library.history);
    let graph = json(Request::of(Command::Graph, &path));
    assert_eq!((&graph["hidden"], &graph["deleted"]), (&2.into(), &2.into()));
    let node = Some(library.late_loan.to_string());
    let told = json(Request { node, ..Request::of(Command::Explain, &path) });
    assert_eq!(told["standing"], "hidden");
    assert_eq!(told["created"]["type"], "Loan", "its name is that of another schema");
    let request = Request { from: vec![before.clone()], ..Request::of(Command::Diff, &path) };
    let diff = json(request);
    let changes = diff["nodes"].as_array().unwrap();
    let changes: Vec<&str> = changes.iter().map(|one| one["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["went_out_of_sight"; 2]);
    let path = path.to_str().unwrap();
    let loan = library.late_loan.to_string();
    let graph = session(&folder, &["graph", path]);
    assert!(graph.contains("6 shown, 2 of types that the schema lacks, 2 deleted"), "{graph}");
    let pages = session(&folder, &["diff", "--from", &before, path])
        + &session(&folder, &["explain", "--node", &loan, path])
        + &session(&folder, &["explain", "--node", &loan, "--field", "bok", path]);
    assert_snapshot("library-hidden.txt", &pages);
}

#[test]
fn another_schema_is_read_through_when_asked() {
    let (_, folder, path) = library();
    let schemas = json(Request::of(Command::Schemas, &path));
    let [founding, current] = [0, 1].map(|at| schemas["schemas"][at]["id"].as_str().unwrap());
    let graph = |schema: &str| {
        let schema = Some(schema[..10].to_owned());
        json(Request { schema, ..Request::of(Command::Graph, &path) })
    };
    let has = |graph: &Json, name: &str| {
        let nodes = graph["nodes"].as_array().unwrap();
        nodes.iter().any(|node| node["fields"].get(name).is_some())
    };
    let (was, is) = (graph(founding), graph(current));
    assert!(has(&was, "title") && !has(&was, "heading"));
    assert!(has(&is, "heading") && !has(&is, "title"));
    assert_eq!(
        (&was["schema"]["is_current"], &is["schema"]["is_current"]),
        (&false.into(), &true.into())
    );
    assert_eq!(was["digest"], is["digest"]);
    let text = session(&folder, &["graph", "--schema", &founding[..10], &path]);
    assert!(text.contains("(not the current one)"), "{text}");
    let clashes = session(&folder, &["clashes", "--schema", founding, &path]);
    assert!(clashes.contains("title \"Emma\""), "{clashes}");
    let unknown = session(&folder, &["graph", "--schema", "00000000", &path]);
    let odd = session(&folder, &["graph", "--schema", "Note@1", &path]);
    assert_snapshot("library-schema.txt", &(unknown + &odd));
}

#[test]
fn every_node_is_shown_hidden_or_deleted() {
    let (library, _folder, path) = library();
    for at in &library.history.commits {
        let at = vec![at.id().to_string()];
        let graph = json(Request { at: at.clone(), ..Request::of(Command::Graph, &path) });
        let deleted = json(Request { at, ..Request::of(Command::Deleted, &path) });
        let dead = deleted["deleted"].as_array().unwrap();
        assert_eq!(graph["deleted"], dead.len());
        assert_eq!(graph["hidden"], 0);
        let ids: Vec<&str> = dead.iter().map(|one| one["node"]["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted());
        for node in graph["nodes"].as_array().unwrap() {
            assert!(!ids.contains(&node["id"].as_str().unwrap()), "{node} lives");
        }
    }
}

#[test]
fn pages_without_anything_to_tell_say_so() {
    let (folder, file, _store) = shared();
    let file = file.to_str().unwrap();
    let pages = ["deleted", "clashes", "schemas"];
    let told: String = pages.iter().map(|page| session(&folder, &[page, file])).collect();
    assert_snapshot("nothing-deleted.txt", &told);
    // A log whose founding schema nobody carries any more.
    let mut history = History::shared();
    let founding = &history.commits[0];
    history.commits[0] = Commit::new(founding.author(), founding.header().clone(), None).unwrap();
    let (folder, path) = stored(&history);
    let path = path.to_str().unwrap();
    let pages = ["graph", "deleted", "clashes", "schemas"];
    let told: String = pages.iter().map(|page| session(&folder, &[page, path])).collect();
    assert_snapshot("schema-erased.txt", &told);
    // Nothing can be placed.
    let mut history = History::shared();
    history.commits.remove(0);
    let (_folder, path) = stored(&history);
    for command in [Command::Graph, Command::Deleted, Command::Clashes, Command::Schemas] {
        let request = Request::of(command, &path);
        assert_eq!(asked(&request), (String::new(), Verdict::Wrong), "{command:?}");
        assert_eq!(json(request), serde_json::json!({}), "{command:?}");
    }
}

/// The file in which people try the examples of `docs/dump.md`.
#[test]
fn the_library_is_kept_as_a_file() {
    let (library, folder, path) = library();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/library.wll");
    let written = fs::read(&path).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&kept, &written).unwrap();
    }
    assert!(fs::read(&kept).unwrap() == written, "UPDATE=1 writes it anew");
    drop((library, folder));
}
