//! The long way in: a log file through the reader and the door into a log, a graph, a page.
//!
//! **Invariants**
//! - What the door lets in can be read afterwards: order, heads and graph are asked for at once.

use crate::fuzz::corpus::Corpus;
use crate::fuzz::errors::{Named as _, Told, outcome};
use crate::fuzz::mending::FILE_HEADER;
use crate::fuzz::segments::dataset_of;
use crate::fuzz::stores::{NAMES, disk_of, unpack};
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use woodland_dump::{Command, Form, Request, Verdict, dump};
use woodland_format::{Commit, DatasetId, FileHeader, ObjectId, Segment, read_segments};
use woodland_graph::{Graph, Kinds};
use woodland_log::{AppendError, Log, Pending, PendingLimits};
use woodland_store::{Access, BranchStore, Disk, MemoryDisk, Store};

/// A number that follows from the bytes, to choose by.
fn choice(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// Reads segments behind a file header, whatever that header is.
pub(crate) fn segments(_: &Corpus, bytes: &[u8], told: &mut Told) {
    let body = bytes.get(FILE_HEADER..).unwrap_or_default();
    for found in read_segments(dataset_of(bytes), body, FILE_HEADER as u64) {
        match &found.damage {
            Some(damage) => {
                damage.tell(told);
                write!(Sink, "{damage}").expect("nothing is kept");
            }
            None => told.accept(),
        }
    }
}

/// Takes text and forgets it: what an error says is part of what it costs.
pub(crate) struct Sink;

impl std::fmt::Write for Sink {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        Ok(())
    }
}

fn read(bytes: &[u8], told: &mut Told) -> Option<(FileHeader, Vec<Segment>)> {
    let header = match FileHeader::decode(bytes) {
        Ok(header) => header,
        Err(error) => {
            error.tell(told);
            return None;
        }
    };
    let mut segments = Vec::new();
    for found in read_segments(header.dataset, &bytes[FILE_HEADER..], FILE_HEADER as u64) {
        if let Some(damage) = &found.damage {
            damage.tell(told);
        }
        segments.extend(found.segment);
    }
    Some((header, segments))
}

/// Offers a log file to the door.
pub(crate) fn door(corpus: &Corpus, bytes: &[u8], told: &mut Told) {
    let Some((header, segments)) = read(bytes, told) else { return };
    let Some(founded) = corpus.founded.get(&header.dataset) else { return };
    let limits = match choice(bytes) % 4 {
        0 => PendingLimits { commits_max: 2, bytes_max: 1_000 },
        _ => PendingLimits::default(),
    };
    let (mut log, mut pending) = (founded.clone(), Pending::new(limits));
    for segment in &segments {
        let offered = pending.offer(&log, segment);
        log = offered.log;
        for refusal in &offered.refused {
            refusal.tell(told);
            write!(Sink, "{refusal}").expect("nothing is kept");
        }
    }
    if log.len() > 1 {
        told.accept();
    }
    assert_eq!(log.order().count() as u64, log.len(), "the order has every commit once");
    let missing = pending.missing(&log);
    assert!(missing.iter().all(|id| !log.contains(id)), "what is held is not missing");
    assert!(log.heads().count() > 0 && pending.unsigned().len() <= pending.waiting());
}

/// Derives a graph from all commits of a log file that keep the rules, signed or not.
pub(crate) fn graph(corpus: &Corpus, bytes: &[u8], told: &mut Told) {
    let Some((header, segments)) = read(bytes, told) else { return };
    let Some(founded) = corpus.founded.get(&header.dataset) else { return };
    let mut log = founded.clone();
    let mut waiting: Vec<Commit> = segments.iter().flat_map(Segment::commits).collect();
    loop {
        let before = waiting.len();
        waiting.retain(|commit| match log.append(commit) {
            Ok(grown) => {
                log = grown;
                false
            }
            Err(error) => {
                error.tell(told);
                matches!(error, AppendError::Missing { .. })
            }
        });
        if waiting.len() == before || waiting.is_empty() {
            break;
        }
    }
    derive(&log, told);
}

fn derive(log: &Log, told: &mut Told) {
    let graph = Graph::of(log, Kinds::standard());
    let mut objects = Vec::new();
    for node in graph.all() {
        told.accept();
        let fields = node.fields.keys().map(|field| ObjectId { node: node.id, field: *field });
        objects.extend(fields);
    }
    graph.conflicts(&objects);
    graph.digest();
    for void in graph.voids() {
        void.reason.tell(told);
    }
}

/// Opens and inspects a directory.
pub(crate) fn store(_: &Corpus, bytes: &[u8], told: &mut Told) {
    let disk = disk_of(&unpack(bytes));
    let inspection = Store::inspect(&disk);
    for problem in inspection.problems.iter().chain(&inspection.warnings) {
        problem.tell(told);
        write!(Sink, "{problem}").expect("nothing is kept");
    }
    drop(inspection);
    let disk: Arc<dyn Disk> = Arc::new(disk);
    if let Some(opened) = outcome(Store::open(Arc::clone(&disk)), told) {
        let segments = opened.segments.len();
        drop(opened);
        // What was opened once opens again, and holds the same.
        let again = Store::open(disk).expect("it was opened before");
        assert_eq!(again.segments.len(), segments, "opening again finds what opening found");
        assert!(again.torn.is_none(), "opening cuts off a torn tail");
    }
}

/// One file of a directory that is otherwise sound.
pub(crate) fn part(corpus: &Corpus, name: usize, bytes: &[u8], told: &mut Told) {
    let disk = disk_of(&unpack(&corpus.sound));
    disk.replace(NAMES[name], bytes);
    let inspection = Store::inspect(&disk);
    for problem in inspection.problems.iter().chain(&inspection.warnings) {
        problem.tell(told);
        write!(Sink, "{problem}").expect("nothing is kept");
    }
    if inspection.problems.is_empty() {
        told.accept();
    }
}

/// Where a branch's base stands.
pub(crate) const BASE: &str = "branches/draft/base";

/// Opens a branch at its base, of the dataset that it names: the decoder does not know another.
pub(crate) fn base(_: &Corpus, bytes: &[u8], told: &mut Told) {
    let disk = MemoryDisk::new();
    for folder in ["branches", "branches/draft"] {
        disk.create_folder(folder).expect("nothing is there");
    }
    disk.create_file(BASE, Access::Shared).expect("nothing is there");
    disk.replace(BASE, bytes);
    let named = bytes.get(16..48).and_then(|id| id.try_into().ok()).unwrap_or_default();
    // Now and then another dataset's folder.
    let dataset = DatasetId(if choice(bytes).is_multiple_of(16) { [0xd5; 32] } else { named });
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let opened = BranchStore::open(&disk, "draft", dataset, &[]);
    if let Some((branch, written)) = outcome(opened, told) {
        assert!(!branch.base().is_empty(), "a branch begins at some commit");
        assert_eq!(56 + 32 * branch.base().len(), bytes.len(), "every head is one of the base's");
        assert!(written.is_none(), "nothing was written to it");
    }
}

const COMMANDS: [Command; 10] = [
    Command::Summary,
    Command::Commits { signatures: true },
    Command::Order,
    Command::Frontier,
    Command::Graph,
    Command::Deleted,
    Command::Clashes,
    Command::Schemas,
    Command::Verify { deep: false },
    Command::Verify { deep: true },
];

/// Prints a page of a log file.
pub(crate) fn page(corpus: &Corpus, bytes: &[u8], told: &mut Told) {
    let path = corpus.folder.path().join("page.wll");
    std::fs::write(&path, bytes).expect("the temporary folder takes it");
    let choice = choice(bytes) as usize;
    let form = if (choice / COMMANDS.len()).is_multiple_of(2) { Form::Text } else { Form::Json };
    // Now and then of a version whose head is told by its first digit: one, none or several.
    let at = (choice / 64).is_multiple_of(8).then(|| format!("{:x}", choice % 16));
    let at = at.into_iter().collect();
    let request = Request { form, at, ..Request::of(COMMANDS[choice % COMMANDS.len()], path) };
    let (mut page, mut notes) = (io::sink(), io::sink());
    match dump(&request, &mut page, &mut notes) {
        Ok(Verdict::Well) => told.accept(),
        Ok(Verdict::Wrong) => {}
        Err(error) => error.tell(told),
    }
}
