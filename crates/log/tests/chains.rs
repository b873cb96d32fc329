//! Long chains: no recursion, signatures thinned, costs that follow the answer.

#![allow(missing_docs)]

mod history;

use history::{first, founding, key, next, salted};
use woodland_format::limits::SIGN_EVERY_COMMITS;
use woodland_format::{
    Commit, DatasetId, Draft, Position, SchemaChange, Segment, encode_segment, read_segments,
};
use woodland_log::{Frontier, Log, OrderKey, Pending};

fn long(length: usize) -> (Log, Vec<Commit>) {
    let log = Log::found(founding(0, 7)).unwrap();
    let mut chain = vec![first(1, log.dataset(), 1, vec![])];
    while chain.len() < length {
        chain.push(next(1, chain.last().unwrap(), 1, vec![]));
    }
    (log, chain)
}

fn decoded(dataset: DatasetId, commits: &[Commit], sign: bool) -> Segment {
    let last = commits.last().unwrap();
    let signature =
        |one: &Commit| (sign && one.id() == last.id()).then(|| one.sign(&key(1)).signature);
    let bytes = encode_segment(dataset, commits, signature);
    read_segments(dataset, &bytes, 0).next().unwrap().segment.unwrap()
}

#[test]
fn a_chain_of_100_000_commits_enters_backwards() {
    let (log, chain) = long(100_000);
    let mut pending = Pending::default();
    let mut waits = log.clone();
    let pieces: Vec<_> = chain.chunks(10_000).collect();
    for (at, piece) in pieces.iter().enumerate().rev() {
        let offered = pending.offer(&waits, &decoded(log.dataset(), piece, at + 1 == pieces.len()));
        assert!(offered.refused.is_empty());
        waits = offered.log;
    }
    assert_eq!((waits.len(), pending.waiting()), (100_001, 0));
    let appended = chain.iter().fold(log.clone(), |log, one| log.append(one).unwrap());
    assert_eq!(appended, waits);
    assert_eq!(log.merge(&waits).unwrap().version(), waits.version());
    let key = OrderKey::of(&chain[99_000]);
    assert_eq!(waits.order_from(&key).count(), 1_000);
    assert_eq!(waits.order_until(&key).next_back().unwrap().1.seq(), 98_999);
    assert_eq!(waits.chains(&Frontier::new()).collect::<Vec<_>>(), [chain]);
}

#[test]
fn a_long_invalid_chain_goes_at_once() {
    let (log, chain) = long(1);
    let mut bad = vec![next(1, &chain[0], 5, vec![])];
    while bad.len() < 50_000 {
        bad.push(next(1, bad.last().unwrap(), 5, vec![]));
    }
    let mut pending = Pending::default();
    let offered = pending.offer(&log, &decoded(log.dataset(), &bad, true));
    assert_eq!((offered.refused.len(), pending.waiting()), (0, 50_000));
    let offered = pending.offer(&log, &decoded(log.dataset(), &chain, true));
    assert_eq!((offered.refused.len(), offered.admitted.len()), (50_000, 1));
    assert_eq!(pending.waiting(), 0);
    // Together in one segment as well.
    let all: Vec<_> = chain.into_iter().chain(bad).collect();
    let mut pending = Pending::default();
    let offered = pending.offer(&log, &decoded(log.dataset(), &all, true));
    // The only signature went with what is invalid: the first commit could not be passed on.
    assert_eq!((offered.refused.len(), offered.admitted.len()), (50_000, 0));
    assert_eq!(pending.waiting(), 1);
    let offered = pending.offer(&log, &decoded(log.dataset(), &all[..1], true));
    assert_eq!((offered.admitted.len(), pending.waiting()), (1, 0));
}

#[test]
fn superseded_signatures_go_but_no_long_stretch_is_left_bare() {
    let (log, chain) = long(3_000);
    let mut log = log.extend(&chain).unwrap();
    for one in chain.iter().step_by(100).chain(chain.last()) {
        log = log.with_point(&one.sign(&key(1))).unwrap();
    }
    let kept: Vec<_> =
        chain.iter().filter(|one| log.signature(&one.id()).is_some()).map(Commit::seq).collect();
    assert_eq!(kept.last(), Some(&2_999));
    assert!(kept.len() <= 6, "{kept:?}");
    let bare = kept.windows(2).map(|pair| pair[1] - pair[0] - 1).max();
    assert!(kept[0] < SIGN_EVERY_COMMITS && bare < Some(SIGN_EVERY_COMMITS), "{kept:?}");
    // A merge brings signatures along, an earlier version keeps its own.
    let bare = Log::found(founding(0, 7)).unwrap().extend(&chain).unwrap();
    assert!(bare.chains(&Frontier::new()).next().is_none());
    assert!(bare.merge(&log).unwrap().signature(&chain[2_999].id()).is_some());
    let at = log.at(&[chain[1_500].id()]).unwrap();
    assert_eq!(
        at.chains(&Frontier::new()).next().unwrap().len() as u64,
        kept.iter().rev().find(|seq| **seq <= 1_500).unwrap() + 1
    );
}

#[test]
fn large_payloads_keep_signatures_closer() {
    let (log, mut chain) = long(1);
    while chain.len() < 12 {
        let before = chain.last().unwrap();
        let (backlink, seq) = (before.id(), before.seq() + 1);
        let position = Position::Next { backlink, seq, schema: SchemaChange::Keep };
        let mut payload = salted(0);
        payload.ops = vec![payload.ops[0].clone(); 4_096];
        let draft = Draft { position, turn: 1, parents: vec![], payload };
        chain.push(Commit::seal(key(1).author(), draft).unwrap());
    }
    let bytes = u64::from(chain[1].header().payload_bytes);
    let mut log = log.extend(&chain).unwrap();
    for one in &chain {
        log = log.with_point(&one.sign(&key(1))).unwrap();
    }
    let kept: Vec<_> =
        chain.iter().filter(|one| log.signature(&one.id()).is_some()).map(Commit::seq).collect();
    let limit = woodland_format::limits::SIGN_EVERY_BYTES;
    assert!(
        kept.windows(2).all(|pair| pair[0] + 1 == pair[1] || (pair[1] - pair[0]) * bytes < limit)
    );
    assert!(kept.len() < chain.len() && kept.len() > 3, "{kept:?}");
}

/// So many authors write in turn, each having seen all; how many of their signatures are kept, and
/// how many commits of anybody wait at most for one of them.
fn kept_in_turn(authors: usize, commits: usize) -> (usize, u64) {
    let mut log = Log::found(founding(0, 7)).unwrap();
    let (mut tips, mut before) = (vec![None; authors], log.dataset().founding());
    for number in 0..commits {
        let (author, turn) = (1 + number % authors, 1 + number as u64);
        let parents = if number == 0 { vec![] } else { vec![before] };
        let commit = match &tips[author - 1] {
            None => first(author, log.dataset(), turn, parents),
            Some(tip) => next(author, tip, turn, parents),
        };
        let point = commit.sign(&key(author));
        log = log.append(&commit).unwrap().with_verified_point(&point).unwrap();
        before = commit.id();
        tips[author - 1] = Some(commit);
    }
    let order: Vec<Commit> = log.order().map(|(_, commit)| commit).skip(1).collect();
    let is_kept = |commit: &Commit| log.signature(&commit.id()).is_some();
    // By author, the first that no signature that came before it vouches for.
    let (mut open, mut most) = (std::collections::BTreeMap::new(), 0);
    for (at, commit) in (0_u64..).zip(&order) {
        let since = *open.entry(commit.author()).or_insert(at);
        if is_kept(commit) {
            most = most.max(at - since);
            open.remove(&commit.author());
        }
    }
    (order.iter().filter(|one| is_kept(one)).count(), most)
}

#[test]
fn a_signature_stays_where_much_of_others_lies_behind_it() {
    let measured =
        [(2, 10_000, (10, 2_046)), (10, 10_000, (30, 4_090)), (200, 16_800, (800, 4_000))];
    for (authors, commits, expected) in measured {
        let (kept, waiting) = kept_in_turn(authors, commits);
        assert!(waiting < 4096, "{authors} authors: {waiting} wait for a signature");
        assert_eq!((kept, waiting), expected, "{authors} authors, as decision 0024 has it");
    }
}
