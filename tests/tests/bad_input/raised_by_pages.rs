//! Errors of the dump: paths that hold nothing of ours, versions that are not held, a page that
//! cannot be written.

use crate::by_hand::{Hand, sealed};
use crate::notes::{folder, schema};
use crate::{Row, raised};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use woodland_dump::{Command, DumpError, Filter, Request, dump};
use woodland_format::{Commit, Op, Position, SchemaChange, node_id};

/// A page that takes nothing.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn print(path: &Path, at: &[&str], out: &mut dyn Write) -> DumpError {
    let at = at.iter().map(|head| (*head).to_owned()).collect();
    let request = Request { at, ..Request::of(Command::Order, path.to_owned()) };
    dump(&request, out, &mut io::sink()).expect_err("nothing to print")
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let all = &mut rows;
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let of = |path: &Path| print(path, &[], &mut io::sink());
    raised!(all, "dump" DumpError::Missing, "a path to nothing", of(&at("nothing")));
    raised!(all, "dump" DumpError::NoDataset, "an empty folder", of(folder.path()));
    raised!(all, "dump" DumpError::Special, "a device", of(Path::new("/dev/null")));
    std::fs::write(at("letter.txt"), "dear all").expect("written");
    raised!(all, "dump" DumpError::NotWoodland, "a letter", of(&at("letter.txt")));
    let below = at("letter.txt").join("below");
    raised!(all, "dump" DumpError::Unreadable, "a path below a file", of(&below));

    let mut hand = Hand::found();
    let mut commits: Vec<Commit> = vec![hand.write(1, None, &[], vec![])];
    // Seventeen ids have sixteen first digits.
    while commits.len() < 17 {
        let last = commits[commits.len() - 1].clone();
        commits.push(hand.write(1, Some(&last), &[], vec![]));
    }
    let mut by_digit: BTreeMap<String, usize> = BTreeMap::new();
    for commit in &commits {
        *by_digit.entry(commit.id().to_string()[..1].to_owned()).or_default() += 1;
    }
    let (digit, _) = by_digit.iter().find(|(_, count)| **count > 1).expect("two of one digit");
    let path = hand.file(at("log.wll"), &[hand.segment(&commits)]);
    let at = |head: &str| print(&path, &[head], &mut io::sink());
    let zeros = "0".repeat(16);
    raised!(all, "dump" DumpError::UnknownHead, "a head that is not held", at(&zeros));
    raised!(all, "dump" DumpError::ManyHeads, "the first digit of two commits", at(digit));
    raised!(all, "dump" DumpError::NotAnId, "a word", at("newest"));
    let full = print(&path, &[], &mut Full);
    raised!(all, "dump" DumpError::Output, "a page that takes nothing", full);
    choosing(all);
    rows
}

/// Filters that choose nothing, or not one.
fn choosing(rows: &mut Vec<Row>) {
    let mut hand = Hand::found();
    let mut heads: Vec<Commit> = Vec::new();
    // Seventeen keys have sixteen first digits, and so have seventeen ids of nodes.
    for author in 1..18 {
        let create = Op::Create { node_type: schema().types[0].id, salt: 0 };
        heads.push(hand.write(author, None, &[], vec![create]));
    }
    let nodes = heads.iter().map(|one| node_id(&one.author(), 0, 0, 0).to_string());
    let nodes: Vec<String> = nodes.collect();
    let keys: Vec<String> = heads.iter().map(|one| one.author().to_string()).collect();
    let segments: Vec<Vec<u8>> =
        heads.iter().map(|one| hand.segment(std::slice::from_ref(one))).collect();
    let folder = folder();
    let path = hand.file(folder.path().join("log.wll"), &segments);
    let print = |command, filter: Filter| {
        let request = Request { filter, ..Request::of(command, path.clone()) };
        dump(&request, &mut io::sink(), &mut io::sink()).expect_err("nothing is chosen")
    };
    let by = |author: &str| {
        print(Command::Order, Filter { author: Some(author.to_owned()), ..Filter::default() })
    };
    let on = |node: &str| {
        print(Command::Order, Filter { touching: Some(node.to_owned()), ..Filter::default() })
    };
    let heads = print(Command::Diff, Filter::default());
    let request = Request::of(Command::Talk, path.clone());
    let log = dump(&request, &mut io::sink(), &mut io::sink()).expect_err("a log is none");
    raised!(rows, "dump" DumpError::NotARecording, "a log file that is no recording", log);
    raised!(rows, "dump" DumpError::NoHeads, "a diff with nothing", heads);
    raised!(rows, "dump" DumpError::UnknownAuthor, "a name that nobody has", by("nobody"));
    let many = by(shared_digit(&keys));
    raised!(rows, "dump" DumpError::ManyAuthors, "the first digit of two authors", many);
    let unknown = on(&"0".repeat(12));
    raised!(rows, "dump" DumpError::UnknownNode, "a node of zeros", unknown);
    let many = on(shared_digit(&nodes));
    raised!(rows, "dump" DumpError::ManyNodes, "the first digit of two nodes", many);
    let (node, field) = (nodes.first().cloned(), Some("titel".to_owned()));
    let request = Request { node, field, ..Request::of(Command::Explain, path.clone()) };
    let unknown = dump(&request, &mut io::sink(), &mut io::sink()).expect_err("no such field");
    raised!(rows, "dump" DumpError::UnknownField, "a misspelt field", unknown);
    schemas(rows);
}

/// Schemas to read through that are none, or not one.
fn schemas(rows: &mut Vec<Row>) {
    let mut hand = Hand::found();
    let mut commits = vec![hand.write(1, None, &[], vec![])];
    let mut ids = vec![schema().id().to_string()];
    // Seventeen ids have sixteen first digits.
    for version in 2..18 {
        let last = commits[commits.len() - 1].clone();
        let mut carried = schema();
        carried.types[0].version = version;
        let id = carried.id();
        let mut draft = hand.draft(1, Some(&last), &[], vec![Op::Schema(carried)]);
        let (backlink, seq) = (last.id(), last.seq() + 1);
        draft.position = Position::Next { backlink, seq, schema: SchemaChange::Introduce(id) };
        let commit = sealed(1, draft);
        hand.log = hand.log.append(&commit).expect("it keeps the rules");
        commits.push(commit);
        ids.push(id.to_string());
    }
    let folder = folder();
    let path = hand.file(folder.path().join("log.wll"), &[hand.segment(&commits)]);
    let through = |given: &str| {
        let schema = Some(given.to_owned());
        let request = Request { schema, ..Request::of(Command::Graph, path.clone()) };
        dump(&request, &mut io::sink(), &mut io::sink()).expect_err("no such schema")
    };
    let unknown = through(&"0".repeat(12));
    raised!(rows, "dump" DumpError::UnknownSchema, "a schema of zeros", unknown);
    let many = through(shared_digit(&ids));
    raised!(rows, "dump" DumpError::ManySchemas, "the first digit of two schemas", many);
}

/// The first digit that two of them share.
fn shared_digit(ids: &[String]) -> &str {
    let is_shared = |id: &&String| ids.iter().filter(|one| one[..1] == id[..1]).count() > 1;
    &ids.iter().find(is_shared).expect("more ids than digits")[..1]
}
