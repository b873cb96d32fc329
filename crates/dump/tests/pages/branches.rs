//! Folders of branches: written, not written, and where what they were begun from is damaged.

use crate::writer::{History, insert, key, note};
use crate::{session, shared};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use woodland_format::{Commit, encode_segment};
use woodland_log::Log;
use woodland_store::{BranchStore, Disk, FileDisk};

/// A directory with a branch begun at the founding commit's follower, and one begun at all heads.
struct Branched {
    folder: TempDir,
    main: PathBuf,
    base: Log,
    /// The one commit that was written to the branch `draft`.
    own: Commit,
}

fn branched() -> Branched {
    let (folder, _file, main) = shared();
    let mut history = History::shared();
    let base = history.log.at(&[history.commits[1].id()]).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(&main));
    let heads: Vec<_> = base.heads().collect();
    let (branch, _) = BranchStore::open(&disk, "draft", base.dataset(), &heads).unwrap();
    // Its author sees the base alone.
    history.write_after(key(3).author(), None, &heads, vec![insert(note(), 0, "draft: ")]);
    let own = history.commits[history.commits.len() - 1].clone();
    let signed = |commit: &Commit| Some(key(3).sign_commit(&commit.id()));
    let segment = encode_segment(base.dataset(), std::slice::from_ref(&own), signed);
    branch.create(&key(3)).unwrap().append(&[segment]).unwrap();
    let heads: Vec<_> = History::shared().log.heads().collect();
    drop(BranchStore::open(&disk, "later", base.dataset(), &heads).unwrap());
    Branched { folder, main, base, own }
}

impl Branched {
    fn tell(&self, command: &str, path: &Path) -> String {
        session(&self.folder, &[command, path.to_str().unwrap()])
    }

    fn at(&self, name: &str) -> PathBuf {
        self.main.join("branches").join(name)
    }
}

fn has(text: &str, words: &[&str]) {
    words.iter().for_each(|word| assert!(text.contains(word), "no {word:?} in\n{text}"));
}

#[test]
fn a_directory_names_its_branches() {
    let branched = branched();
    let summary = branched.tell("summary", &branched.main);
    has(&summary, &["source    dataset directory", "branch    draft\nbranch    later\n"]);
}

#[test]
fn a_written_branch_is_its_base_and_what_was_written() {
    let branched = branched();
    let draft = branched.at("draft");
    let log = branched.base.append(&branched.own).unwrap();
    let head = branched.base.heads().next().unwrap();
    let summary = branched.tell("summary", &draft);
    has(&summary, &["source    branch", &format!("begun at  {head}"), "in 1 segment in 1 file"]);
    has(&summary, &["commits   3 by 2 authors", &log.version().to_string(), "problems  0"]);
    has(&summary, &["exit status 0"]);
    let commits = branched.tell("commits", &draft);
    has(&commits, &[r#"insert 0 "draft: ""#, "Ada's", "exit status 0"]);
    has(&branched.tell("segments", &draft), &["1/segments/00000001.wls", "1 commit in 1 segment"]);
    has(&branched.tell("verify", &draft), &["all is well", "exit status 0"]);
}

#[test]
fn a_branch_that_was_never_written_is_its_base() {
    let branched = branched();
    let later = branched.at("later");
    let version = History::shared().log.version().to_string();
    has(
        &branched.tell("summary", &later),
        &["0 segments in 0 files", "commits   4 by 2", &version],
    );
    has(&branched.tell("verify", &later), &["all is well", "exit status 0"]);
    // A store whose creation was cut short was never finished.
    fs::create_dir(later.join("1")).unwrap();
    has(&branched.tell("summary", &later), &["0 segments in 0 files", &version]);
}

#[test]
fn a_branch_of_a_branch_begins_in_its_version() {
    let branched = branched();
    let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(branched.at("draft")));
    let log = branched.base.append(&branched.own).unwrap();
    let heads: Vec<_> = log.heads().collect();
    drop(BranchStore::open(&disk, "deeper", log.dataset(), &heads).unwrap());
    has(&branched.tell("summary", &branched.at("draft")), &["branch    deeper"]);
    let deeper = branched.at("draft/branches/deeper");
    has(&branched.tell("summary", &deeper), &[&log.version().to_string(), "problems  0"]);
}

#[test]
fn a_branch_of_what_is_damaged_says_where() {
    let branched = branched();
    let path = branched.main.join("segments/00000001.wls");
    let sound = fs::read(&path).unwrap();
    // The other author's segment comes first: what the branch begins at is whole.
    let mut bytes = sound.clone();
    bytes[100] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let verify = branched.tell("verify", &branched.at("draft"));
    has(&verify, &["in ../..: segments/00000001.wls: segment 0", "exit status 1"]);
    has(&branched.tell("summary", &branched.at("draft")), &["waiting   1 commit", "past not here"]);
    // And here what it begins at is not.
    let mut bytes = sound;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let verify = branched.tell("verify", &branched.at("draft"));
    has(&verify, &["in ../..: segments/00000001.wls", "what the branch begins at is not here"]);
    has(&verify, &["exit status 1"]);
    // Without the base there is no schema to name its fields by; it is listed all the same.
    let commits = branched.tell("commits", &branched.at("draft"));
    has(&commits, &[branched.own.id().short().to_string().as_str(), "edit field", "status 1"]);
}

#[test]
fn a_base_that_does_not_hold_is_named() {
    let branched = branched();
    let path = branched.at("draft/base");
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let verify = branched.tell("verify", &branched.at("draft"));
    has(&verify, &["base: it has checksum", "exit status 1"]);
    // Heads that nobody has written.
    let disk: Arc<dyn Disk> = Arc::new(FileDisk::at(&branched.main));
    let unknown = [woodland_format::CommitId([7; 32])];
    let dataset = branched.base.dataset();
    drop(BranchStore::open(&disk, "lost", dataset, &unknown).unwrap());
    let verify = branched.tell("verify", &branched.at("lost"));
    has(&verify, &["begins at a commit that is not here", "0707", "exit status 1"]);
}

#[test]
fn reading_a_branch_changes_nothing() {
    let branched = branched();
    let names = |path: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(path).unwrap().map(|one| one.unwrap().path()).collect();
        names.sort();
        names
    };
    let before = (names(&branched.at("draft")), names(&branched.at("later")));
    for command in ["summary", "graph", "verify"] {
        branched.tell(command, &branched.at("draft"));
        branched.tell(command, &branched.at("later"));
    }
    assert_eq!(before, (names(&branched.at("draft")), names(&branched.at("later"))));
}
