//! Held: what of a source the log's door lets in, and why the rest stays outside.
//!
//! **Invariants**
//! - Nothing is in the log that a valid signature of its author does not vouch for; this holds
//!   for the founding commit too.
//! - Which segments there are, and in which order, makes no difference to the log.
//! - A branch's log begins with its base's closure in the log of what it was begun from.
//! - Work is bounded: a source is offered at most [`OFFERS_MAX`] times.
//!
//! What this does not do: read bytes, or say what the commits mean.

use crate::authors::Authors;
use crate::finding::Finding;
use crate::progress::{Act, Progress, Watch};
use crate::source::{Piece, Source};
use crate::waiting::{self, Waiting};
use std::collections::{HashMap, HashSet};
use woodland_format::{AuthorKey, Commit, CommitId, DatasetId};
use woodland_log::{Log, Pending, PendingLimits, Refusal};

/// What is waiting is remembered, so a second offer is rare and a third was never seen.
const OFFERS_MAX: usize = 4;

/// What came of a source.
pub(crate) struct Held {
    /// None without a founding commit that is vouched for: then nothing can be placed.
    pub(crate) log: Option<Log>,
    pub(crate) refused: Vec<Finding>,
    pub(crate) waiting: Vec<Waiting>,
    /// Also those of whom nothing is held.
    pub(crate) all_authors: Authors,
}

pub(crate) fn admit(source: &Source, watch: Watch<'_>) -> Held {
    let authors = Authors::of_source(source);
    let mut refusals = Refusals::default();
    let (log, mut refused) = beginning(source, watch);
    let log = log.map(|log| offer_all(log, source, &mut refusals, watch));
    let waiting = waiting::waiting(source, log.as_ref(), &refusals.claims);
    refused.extend(refusals.findings(source, &authors));
    Held { log, refused, waiting, all_authors: authors }
}

/// The log before what the source itself brings: of a branch, the closure of its base.
fn beginning(source: &Source, watch: Watch<'_>) -> (Option<Log>, Vec<Finding>) {
    let Some(begun) = &source.begun else {
        let founding = source.dataset.and_then(|dataset| founding(source, dataset));
        return (founding.and_then(|founding| Log::found(founding).ok()), Vec::new());
    };
    let from = admit(&begun.from, watch);
    let mut refused: Vec<Finding> = from.refused.iter().map(Finding::of_parent).collect();
    let (Some(log), Some(base)) = (from.log, &begun.base) else { return (None, refused) };
    let log = log.at(base).map_err(|error| {
        let message = format!("base: the branch begins at a commit that is not here: {error}");
        refused.push(Finding::new("refused", &message).at("base", None));
    });
    (log.ok(), refused)
}

/// The founding commit, if its author's signature stands on it or on what follows it.
fn founding(source: &Source, dataset: DatasetId) -> Option<Commit> {
    let is_founding =
        |commit: &Commit| commit.id() == dataset.founding() && commit.header().founds();
    let first = |piece: &Piece| piece.segment.first().filter(is_founding);
    let founding = source.pieces.iter().find_map(first)?;
    let author = founding.author();
    let mine = || source.pieces.iter().filter(|piece| piece.segment.head.author == author);
    let mut before: HashMap<CommitId, CommitId> = HashMap::new();
    for commit in mine().flat_map(|piece| piece.segment.commits()) {
        before.extend(commit.backlink().map(|backlink| (commit.id(), backlink)));
    }
    for point in mine().flat_map(|piece| &piece.segment.points) {
        if woodland_format::verify_commit(&author, &point.commit, &point.signature) {
            let mut at = point.commit;
            // Taking what is walked over keeps the whole search linear.
            while let Some(backlink) = before.remove(&at) {
                at = backlink;
            }
            if at == founding.id() {
                return Some(founding);
            }
        }
    }
    None
}

fn offer_all(mut log: Log, source: &Source, refusals: &mut Refusals, watch: Watch<'_>) -> Log {
    let total = source.pieces.iter().map(|piece| u64::from(piece.segment.len())).sum();
    let limits = PendingLimits { commits_max: usize::MAX, bytes_max: usize::MAX };
    let mut pending = Pending::new(limits);
    for _ in 0..OFFERS_MAX {
        let before = log.len();
        for (number, piece) in source.pieces.iter().enumerate() {
            watch(Progress { act: Act::Admitting, done: log.len().min(total), total });
            let offered = pending.offer(&log, &piece.segment);
            log = offered.log;
            for refusal in offered.refused {
                refusals.add(number, refusal);
            }
        }
        let is_whole = || source.pieces.iter().flat_map(|piece| piece.segment.commits());
        if log.len() == before || is_whole().all(|commit| log.contains(&commit.id())) {
            break;
        }
    }
    watch(Progress { act: Act::Admitting, done: total, total });
    log
}

/// Who is said to have written a commit that was refused.
pub(crate) type Claims = HashSet<(CommitId, AuthorKey)>;

#[derive(Default)]
struct Refusals {
    /// With the number of the piece whose offer brought it up.
    found: Vec<(usize, Refusal)>,
    known: HashSet<String>,
    claims: Claims,
}

impl Refusals {
    fn add(&mut self, piece: usize, refusal: Refusal) {
        if !self.known.insert(refusal.to_string()) {
            return;
        }
        if let Refusal::Invalid { author, commit, .. } | Refusal::Past { author, commit, .. } =
            &refusal
        {
            self.claims.insert((*commit, *author));
        }
        self.found.push((piece, refusal));
    }

    fn findings(&self, source: &Source, authors: &Authors) -> Vec<Finding> {
        let mut pieces: HashMap<(CommitId, AuthorKey), usize> = HashMap::new();
        if !self.claims.is_empty() {
            for (number, piece) in source.pieces.iter().enumerate() {
                for commit in piece.segment.commits() {
                    pieces.entry((commit.id(), commit.author())).or_insert(number);
                }
            }
        }
        let finding = |(offered, refusal): &(usize, Refusal)| {
            let of_commit = match refusal {
                Refusal::Invalid { author, commit, .. } | Refusal::Past { author, commit, .. } => {
                    pieces.get(&(*commit, *author))
                }
                _ => None,
            };
            let Some(piece) = source.pieces.get(*of_commit.unwrap_or(offered)) else {
                unreachable!("a refusal is of a piece of the source");
            };
            let message = format!("{}: {refusal}", piece.place(authors));
            Finding::new("refused", &message).at(&piece.file, Some(piece.segment.offset))
        };
        self.found.iter().map(finding).collect()
    }
}
