//! Source: what stands in a path, read once and decoded as far as it goes.
//!
//! **Invariants**
//! - Reading writes nothing and takes no lock.
//! - Pieces stand in the order of their files and bytes; a damaged segment gives what is whole in
//!   it.
//! - A branch's pieces are its own; what it was begun from is a source beside them.
//! - What is wrong with the bytes is in `problems`, what is merely unusual in `warnings`.
//!
//! What this does not do: verify a signature or place a commit.

use crate::authors::Authors;
use crate::finding::Finding;
use crate::progress::{Act, Progress, Watch};
use crate::request::DumpError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use woodland_format::{
    AuthorKey, CommitId, Damage, DamageCause, DatasetId, FILE_HEADER_BYTES, FileError, FileHeader,
    Found, Purpose, Segment, read_segments,
};
use woodland_store::{BranchStore, Disk, FileDisk, Inspection, Store};

/// What the path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    Directory,
    LogFile,
    /// A branch's folder: its base, and its store once there is one.
    Branch,
    /// One segment file out of a dataset directory.
    StoreFile,
}

impl Nature {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Nature::Directory => "dataset directory",
            Nature::Branch => "branch",
            Nature::LogFile => "log file",
            Nature::StoreFile => "segment file of a dataset directory",
        }
    }
}

/// All that could be read.
pub(crate) struct Source {
    pub(crate) nature: Nature,
    pub(crate) dataset: Option<DatasetId>,
    /// Under which author a dataset directory writes.
    pub(crate) author: Option<AuthorKey>,
    /// Of a branch, what it was begun from and at.
    pub(crate) begun: Option<Box<Begun>>,
    /// The names of the branches begun from it.
    pub(crate) branches: Vec<String>,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) pieces: Vec<Piece>,
    /// What stands between the pieces.
    pub(crate) losses: Vec<Loss>,
    pub(crate) problems: Vec<Finding>,
    pub(crate) warnings: Vec<Finding>,
}

/// Where a branch begins.
pub(crate) struct Begun {
    /// None where the record does not hold.
    pub(crate) base: Option<Vec<CommitId>>,
    /// What stands in the directory in which `branches` is.
    pub(crate) from: Source,
}

/// A segment and where it stands.
pub(crate) struct Piece {
    pub(crate) file: Arc<str>,
    /// Counted from 0 in its file.
    pub(crate) number: u64,
    pub(crate) segment: Segment,
    /// What of it cannot be read.
    pub(crate) damage: Option<Damage>,
}

/// Damage where not even a segment's head can be read.
pub(crate) struct Loss {
    pub(crate) file: Arc<str>,
    pub(crate) number: u64,
    pub(crate) damage: Damage,
}

impl Piece {
    /// `segments/00000001.wls: segment 3 (author ada·7c1e…) at byte 81920`
    pub(crate) fn place(&self, authors: &Authors) -> String {
        let (file, number, offset) = (&self.file, self.number, self.segment.offset);
        let author = authors.label(&self.segment.head.author);
        format!("{file}: segment {number} (author {author}…) at byte {offset}")
    }
}

/// Reads what stands in the path.
pub(crate) fn read(path: &Path, watch: Watch<'_>) -> Result<Source, DumpError> {
    let found = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => DumpError::Missing,
        _ => DumpError::Unreadable(error),
    })?;
    if found.is_dir() {
        let total = fs::read_dir(path.join("segments")).map_or(0, bytes_of);
        watch(Progress { act: Act::Reading, done: 0, total });
        let source = match branch_parent(path) {
            Some((folder, parent)) => read_branch(&folder, &parent)?,
            None => read_directory(path)?,
        };
        watch(Progress { act: Act::Reading, done: total, total });
        return Ok(source);
    }
    if !found.is_file() {
        return Err(DumpError::Special);
    }
    let bytes = fs::read(path).map_err(DumpError::Unreadable)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    read_file(&name, &bytes, watch)
}

fn bytes_of(files: fs::ReadDir) -> u64 {
    files.flatten().filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum()
}

/// What tells a dataset directory, however damaged, from any other.
const DIRECTORY_NAMES: [&str; 3] = ["heads", "segments", "author.key"];

/// The folder and what its branch was begun from, where the path is a branch's folder.
fn branch_parent(path: &Path) -> Option<(PathBuf, PathBuf)> {
    if !path.join("base").is_file() {
        return None;
    }
    let folder = path.canonicalize().ok()?;
    let branches = folder.parent().filter(|folder| folder.ends_with("branches"))?;
    let parent = branches.parent()?.to_owned();
    Some((folder, parent))
}

fn read_branch(path: &Path, parent: &Path) -> Result<Source, DumpError> {
    let from = match branch_parent(parent) {
        Some((folder, parent)) => read_branch(&folder, &parent)?,
        None => read_directory(parent)?,
    };
    let inspected = BranchStore::inspect(&FileDisk::at(path));
    let mut damage = Vec::new();
    let (mut base, mut store) = (None, None);
    match inspected {
        Ok(Some(branch)) => (base, store) = (Some(branch.base), branch.store),
        Ok(None) => return Err(DumpError::Missing),
        Err(error) => {
            damage.push(Finding::new("damage", &error.to_string()).at("base", Some(0)));
        }
    }
    let mut source = match store {
        Some(store) => {
            let mut source = read_directory(&path.join(&store))?;
            source.pieces.iter_mut().for_each(|piece| piece.file = within(&store, &piece.file));
            source.losses.iter_mut().for_each(|loss| loss.file = within(&store, &loss.file));
            let (problems, warnings) = (&mut source.problems, &mut source.warnings);
            problems.iter_mut().chain(warnings).for_each(|one| *one = one.of_folder(&store));
            source
        }
        None => Source::empty(from.dataset),
    };
    source.nature = Nature::Branch;
    source.branches = branches_of(path);
    // What the branch stands on is damaged with it.
    damage.extend(from.problems.iter().map(Finding::of_parent));
    source.problems.splice(0..0, damage);
    source.begun = Some(Box::new(Begun { base, from }));
    Ok(source)
}

fn within(folder: &str, file: &str) -> Arc<str> {
    format!("{folder}/{file}").into()
}

fn branches_of(path: &Path) -> Vec<String> {
    BranchStore::list(&FileDisk::at(path)).unwrap_or_default()
}

fn read_directory(path: &Path) -> Result<Source, DumpError> {
    let disk = FileDisk::at(path);
    let names = disk.list("").unwrap_or_else(|_| DIRECTORY_NAMES.map(str::to_owned).to_vec());
    if !names.iter().any(|name| DIRECTORY_NAMES.contains(&name.as_str())) {
        return Err(DumpError::NoDataset);
    }
    let Inspection { dataset, author, files, torn, problems, warnings, .. } = Store::inspect(&disk);
    let mut source = Source {
        nature: Nature::Directory,
        author,
        branches: branches_of(path),
        files: files.len() as u64,
        bytes: files.iter().map(|file| file.bytes).sum(),
        problems: problems.iter().map(|problem| Finding::of("damage", problem)).collect(),
        warnings: warnings.iter().map(|problem| Finding::of("warning", problem)).collect(),
        ..Source::empty(dataset)
    };
    for file in files {
        source.take(&file.name, file.found);
    }
    if let Some(torn) = torn {
        let (name, offset, bytes) = (&torn.name, torn.offset, torn.bytes);
        let message = format!(
            "{name}: torn tail: {bytes} bytes from byte {offset} on were never acknowledged; \
             opening the dataset cuts them off"
        );
        source.warnings.push(Finding::new("torn", &message).at(name, Some(offset)));
    }
    Ok(source)
}

fn read_file(name: &str, bytes: &[u8], watch: Watch<'_>) -> Result<Source, DumpError> {
    let body = bytes.get(FILE_HEADER_BYTES..).unwrap_or_default();
    let header = FileHeader::decode(bytes);
    let is_store = matches!(header, Ok(FileHeader { purpose: Purpose::Store, .. }));
    let dataset = match &header {
        Ok(header) => Some(header.dataset),
        // Another release may have put something else there.
        Err(FileError::ForeignFormat { .. }) => None,
        Err(_) => named_by_segments(body),
    };
    if let (Err(error @ FileError::Magic { .. }), None) = (&header, dataset) {
        return Err(DumpError::NotWoodland(error.clone()));
    }
    let mut source = Source {
        nature: if is_store { Nature::StoreFile } else { Nature::LogFile },
        files: 1,
        bytes: bytes.len() as u64,
        ..Source::empty(dataset)
    };
    if let Err(error) = header {
        source.problems.push(Finding::new("damage", &format!("{name}: {error}")).at(name, Some(0)));
    }
    if let Some(dataset) = dataset {
        let total = bytes.len() as u64;
        let (mut found, mut at) = (Vec::new(), 0);
        watch(Progress { act: Act::Reading, done: 0, total });
        for one in read_segments(dataset, body, FILE_HEADER_BYTES as u64) {
            let end = one.segment.as_ref().map_or(0, |segment| segment.offset + segment.bytes);
            at = end.min(total).max(at);
            watch(Progress { act: Act::Reading, done: at, total });
            found.push(one);
        }
        watch(Progress { act: Act::Reading, done: total, total });
        for damage in found.iter().filter_map(|found| found.damage.as_ref()) {
            let finding = Finding::new("damage", &format!("{name}: {damage}"));
            source.problems.push(finding.at(name, Some(damage.offset)));
        }
        source.take(name, found);
    }
    Ok(source)
}

/// The dataset that a segment names, for a file whose header does not hold.
fn named_by_segments(body: &[u8]) -> Option<DatasetId> {
    let mut found = read_segments(DatasetId([0; 32]), body, FILE_HEADER_BYTES as u64);
    found.find_map(|found| match found.damage?.cause {
        DamageCause::Dataset { found, .. } => Some(found),
        _ => None,
    })
}

impl Source {
    fn empty(dataset: Option<DatasetId>) -> Self {
        Source {
            nature: Nature::Directory,
            dataset,
            author: None,
            begun: None,
            branches: Vec::new(),
            files: 0,
            bytes: 0,
            pieces: Vec::new(),
            losses: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Its own pieces and those of what it was begun from.
    pub(crate) fn all_pieces(&self) -> Vec<&Piece> {
        let before = self.begun.iter().flat_map(|begun| begun.from.all_pieces());
        before.chain(&self.pieces).collect()
    }

    fn take(&mut self, name: &str, found: Vec<Found>) {
        let file: Arc<str> = name.into();
        for (number, Found { segment, damage }) in (0..).zip(found) {
            let file = Arc::clone(&file);
            match (segment, damage) {
                (Some(segment), damage) => {
                    self.pieces.push(Piece { file, number, segment, damage });
                }
                (None, Some(damage)) => self.losses.push(Loss { file, number, damage }),
                (None, None) => {}
            }
        }
    }
}
