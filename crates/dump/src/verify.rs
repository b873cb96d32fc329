//! `verify`: everything that is wrong, one line each.
//!
//! **Invariants**
//! - Damage, a refusal, a fork, commits that wait, and nothing to found a log on are wrong. What
//!   opening mends by itself, such as a torn tail, is a note.
//! - Reading has checked every checksum, root, id and payload hash, and the door the signatures
//!   that it needs. Deep checks each id, hash and signature once more, one by one, also of what
//!   is not held.
//!
//! What this does not do: judge ops. A void is no fault of the log.

use crate::authors::Authors;
use crate::finding::Finding;
use crate::json::Document;
use crate::page::Contents;
use crate::paint::{BAD, GOOD};
use crate::request::{Form, Verdict};
use crate::shown::{Hex, Joined, counted};
use crate::source::Piece;
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use std::io::{self, Write};
use woodland_format::{Commit, CommitId, Payload, commit_id, payload_hash, verify_commit};
use woodland_log::{Fork, Log, Place};

pub(crate) fn print(contents: &Contents, deep: bool, out: &mut dyn Write) -> io::Result<Verdict> {
    let Contents { source, held, log, .. } = contents;
    let authors = &held.all_authors;
    let forks = log.as_ref().map(Log::forks).unwrap_or_default();
    let mut wrong = source.problems.clone();
    wrong.extend(held.refused.iter().cloned());
    if deep {
        wrong.extend(source.pieces.iter().flat_map(|piece| deep_findings(piece, authors)));
        let mut known = HashSet::new();
        wrong.retain(|finding| known.insert(finding.message.clone()));
    }
    if let Some(log) = log {
        wrong.extend(forks.iter().map(|fork| fork_finding(log, fork, authors)));
    }
    // Where no dataset is known, what is damaged says already why.
    if source.dataset.is_some() || wrong.is_empty() {
        wrong.extend(contents.unplaced().map(|reason| Finding::new("unplaced", &reason)));
    }
    wrong.extend(held.waiting.iter().map(|group| group.finding(authors)));
    let verdict = if wrong.is_empty() { Verdict::Well } else { Verdict::Wrong };
    match contents.form {
        Form::Text => text(contents, &wrong, deep, out)?,
        Form::Json => {
            let mut document = Document::begin(out)?;
            document.field("well", verdict == Verdict::Well)?;
            document.field("deep", deep)?;
            document.field("segments", source.pieces.len())?;
            document.field("commits", log.as_ref().map(Log::len))?;
            document.list("problems", wrong.iter().map(Finding::json))?;
            document.list("notes", source.warnings.iter().map(Finding::json))?;
            let log = log.as_ref();
            let rows = log.into_iter().flat_map(|log| forks.iter().map(|f| fork_json(log, f)));
            document.list("forks", rows)?;
            document.list("waiting", held.waiting.iter().map(|group| group.json(authors)))?;
            document.end()?;
        }
    }
    Ok(verdict)
}

fn text(contents: &Contents, wrong: &[Finding], deep: bool, out: &mut dyn Write) -> io::Result<()> {
    for finding in wrong {
        writeln!(out, "{}", contents.paint.of(BAD, &finding.message))?;
    }
    for note in &contents.source.warnings {
        writeln!(out, "note: {}", note.message)?;
    }
    let commits = contents.log.as_ref().map_or(0, Log::len);
    let checked = if deep { "checked to the last signature" } else { "checked" };
    let outcome = match wrong.len() as u64 {
        0 => "all is well".to_owned(),
        count => counted(count, "problem"),
    };
    let style = if wrong.is_empty() { GOOD } else { BAD };
    let outcome = contents.paint.of(style, outcome);
    let segments = counted(contents.source.pieces.len() as u64, "segment");
    let commits = counted(commits, "commit");
    writeln!(out, "{commits} in {segments} {checked}: {outcome}")
}

/// What nobody has looked at so far, or only once, on the way in.
fn deep_findings(piece: &Piece, authors: &Authors) -> Vec<Finding> {
    let author = piece.segment.head.author;
    let mut messages = Vec::new();
    for commit in piece.segment.commits() {
        let (id, header) = (commit.id(), commit.header());
        let found = commit_id(&header.encode());
        if found != id {
            messages.push(format!("commit {id} has a header of id {found}"));
        }
        let hash = commit.payload().map(payload_hash);
        if let Some(found) = hash.filter(|found| *found != header.payload_hash) {
            let expected = header.payload_hash;
            messages
                .push(format!("commit {id}: its payload has hash {found}, expected {expected}"));
        }
        let decoded = commit.payload().map(|bytes| (bytes, Payload::decode(bytes)));
        if let Some((bytes, Ok(payload))) = decoded
            && payload.encode() != bytes
        {
            messages.push(format!("commit {id}: its payload is not canonical"));
        }
    }
    for point in &piece.segment.points {
        if !verify_commit(&author, &point.commit, &point.signature) {
            // In the door's words, so that it is said once.
            let (commit, signature) = (point.commit, "the signature on commit");
            messages.push(format!(
                "{signature} {commit} is not that of its author {author}: \
                ask another peer for the commit's signature"
            ));
        }
    }
    let finding = |message: &String| {
        let message = format!("{}: {message}", piece.place(authors));
        Finding::new("refused", &message).at(&piece.file, Some(piece.segment.offset))
    };
    messages.iter().map(finding).collect()
}

/// Authors who keep the rules sign more often; without an end, many forks would cost their square.
const SIGNED_COMMITS_MAX: usize = 1024;

/// The first commit from a rival on, in its line, that a kept signature stands on.
///
/// A signature further on, or behind another fork, vouches for the rival all the same.
fn signed(log: &Log, rival: CommitId) -> Option<Commit> {
    let from = log.place(&rival)?;
    let places = (from.seq..).map(|seq| Place { seq, ..from }).take(SIGNED_COMMITS_MAX);
    let mut commits = places.map_while(|place| log.commit(place));
    commits.find(|commit| log.signature(&commit.id()).is_some())
}

fn fork_finding(log: &Log, fork: &Fork, authors: &Authors) -> Finding {
    let rivals = fork.rivals.iter().map(|rival| match signed(log, *rival) {
        Some(point) => {
            format!("{rival} (signed at seq {}, commit {}…)", point.seq(), point.id().short())
        }
        None => format!("{rival} (signed further on)"),
    });
    let after = match fork.backlink.and_then(|id| log.get(&id)) {
        Some(commit) => format!("commit {} (seq {})", commit.id(), commit.seq()),
        None => "nothing: they are first commits".to_owned(),
    };
    let message = format!(
        "fork: author {}…: {} follow {after}: {}",
        authors.label(&fork.author),
        counted(fork.rivals.len() as u64, "commit"),
        Joined(rivals),
    );
    Finding::new("fork", &message)
}

/// With the bytes of a fork proof, which convinces anybody without the log.
fn fork_json(log: &Log, fork: &Fork) -> Json {
    let proof = log.fork_proof(fork).map(|proof| Hex(&proof.encode()).to_string());
    json!({
        "author": fork.author.to_string(),
        "backlink": fork.backlink.map(|id| id.to_string()),
        "rivals": fork.rivals.iter().map(|rival| rival.to_string()).collect::<Vec<_>>(),
        "proof": proof,
    })
}
