//! Recorded logs along every path that a user's replica can take: opened, joined, merged from
//! shuffled pieces, begun as a branch and extended. Each ends in the same dumps, byte for byte.
//!
//! **Invariants**
//! - What is compared is what people see: the dump's pages of commits, order, frontier and graph,
//!   as text and as JSON, of the directory, the branch's folder or the exported file.

use crate::notes::{exported, folder};
use crate::recorded::{Recorded, recorded_logs};
use std::path::Path;
use std::sync::Arc;
use woodland::Replica;
use woodland_dump::{Command, Form, Request, Verdict, dump};
use woodland_store::{BranchStore, Disk, FileDisk};
use woodland_tests::histories::Rng;

const PAGES: [Command; 4] =
    [Command::Commits { signatures: false }, Command::Order, Command::Frontier, Command::Graph];

/// The pages of what stands in a path, which must be a whole log.
fn pages(path: &Path) -> Vec<String> {
    let mut pages = Vec::new();
    for (command, form) in PAGES.iter().flat_map(|page| [(*page, Form::Text), (*page, Form::Json)])
    {
        let (mut page, mut notes) = (Vec::new(), Vec::new());
        let request = Request { form, ..Request::of(command, path.to_owned()) };
        let verdict = dump(&request, &mut page, &mut notes).expect("a page");
        let notes = String::from_utf8_lossy(&notes);
        assert_eq!(verdict, Verdict::Well, "{}: {notes}", path.display());
        pages.push(String::from_utf8(page).expect("text"));
    }
    pages
}

/// A recorded log, what its pages say, and a folder to work in.
struct Walk {
    name: String,
    path: std::path::PathBuf,
    recorded: Recorded,
    expected: Vec<String>,
    folder: tempfile::TempDir,
}

impl Walk {
    fn compare(&self, way: &str, path: &Path) {
        for (page, (found, expected)) in pages(path).iter().zip(&self.expected).enumerate() {
            let command = PAGES[page / 2];
            assert!(found == expected, "{}, {way}: {command:?} differs:\n{found}", self.name);
        }
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// Walks the path with every recorded log.
fn each(walk: impl Fn(&Walk)) {
    let logs = recorded_logs();
    assert!(logs.len() >= 6, "{logs:?}");
    for path in logs {
        let (recorded, expected) = (Recorded::of(&path), pages(&path));
        assert!(expected.iter().all(|page| page.len() > 100), "{}", path.display());
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        walk(&Walk { name, path, recorded, expected, folder: folder() });
    }
}

#[test]
fn opened_again_in_a_directory() {
    each(|walk| {
        let place = walk.at("place");
        drop(Replica::join(&place, &walk.recorded.schema, &walk.path).expect("joined"));
        walk.compare("in a directory", &place);
        let replica = Replica::open(&place, &walk.recorded.schema).expect("opened");
        let file = exported(&replica, walk.folder.path(), "opened.wll");
        walk.compare("opened and exported", &file);
        drop(replica);
        walk.compare("closed again", &place);
    });
}

#[test]
fn joined_from_a_file_and_from_a_replica() {
    each(|walk| {
        let schema = &walk.recorded.schema;
        let (replica, _) = Replica::join_in_memory(schema, &walk.path, 1).expect("joined");
        let file = exported(&replica, walk.folder.path(), "joined.wll");
        walk.compare("joined from a file", &file);
        let (second, _) = Replica::join_in_memory(schema, &replica, 2).expect("joined");
        let file = exported(&second, walk.folder.path(), "second.wll");
        walk.compare("joined from a replica", &file);
    });
}

#[test]
fn merged_from_shuffled_pieces_with_duplicates() {
    each(|walk| {
        for seed in 0..5 {
            let mut rng = Rng::from_seed(seed);
            let (start, mut pieces) = walk.recorded.pieces(&mut rng, walk.folder.path());
            pieces.extend(pieces.clone().into_iter().filter(|_| rng.chance(50)));
            rng.shuffle(&mut pieces);
            let schema = &walk.recorded.schema;
            let (replica, _) = Replica::join_in_memory(schema, &start, seed).expect("joined");
            for piece in &pieces {
                replica.merge(piece).expect("merged");
            }
            let file = exported(&replica, walk.folder.path(), "pieces.wll");
            walk.compare(&format!("in pieces, seed {seed}"), &file);
        }
    });
}

/// The base is written as the facade writes it, but of an older version than the current one.
#[test]
fn begun_as_a_branch_at_an_older_version_and_extended() {
    each(|walk| {
        let (place, schema) = (walk.at("place"), &walk.recorded.schema);
        let (main, _) = Replica::join(&place, schema, &walk.path).expect("joined");
        let log = main.snapshot().log().clone();
        let half = usize::try_from(log.len() / 2).expect("a short log");
        let (_, older) = log.order().nth(half).expect("half of it");
        let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(&place));
        let begun = BranchStore::open(&disk, "extended", log.dataset(), &[older.id()]);
        drop(begun.expect("begun"));
        let branch = main.branch("extended").expect("opened");
        let folder = place.join("branches/extended");
        let base = branch.snapshot().log().len();
        assert!((1..log.len()).contains(&base), "{}: {base} is no older version", walk.name);
        let begun = pages(&folder);
        let older = branch.snapshot();
        let mut ids = older.log().order().map(|(_, one)| one.id().to_string());
        assert!(ids.all(|id| begun[2].contains(&id)), "{}: its base is shown", walk.name);
        assert_ne!(begun, walk.expected, "{}: it begins older", walk.name);

        let mut rng = Rng::from_seed(7);
        let (start, mut pieces) = walk.recorded.pieces(&mut rng, walk.folder.path());
        pieces.push(start);
        rng.shuffle(&mut pieces);
        for piece in &pieces {
            branch.merge(piece).expect("merged");
        }
        walk.compare("a branch, exported", &exported(&branch, walk.folder.path(), "branch.wll"));
        drop((branch, main));
        walk.compare("a branch's folder", &folder);
        walk.compare("what it was begun from", &place);
    });
}
