//! Two who settle who holds what: both know it exactly, for what the difference costs.

use crate::writer::Writer;
use proptest::prelude::*;
use std::collections::BTreeSet;
use woodland_format::{AuthorKey, CommitId};
use woodland_log::{Frontier, Log};
use woodland_sync::Salt;
use woodland_sync::parts::{Note, Settling};

/// What it took, and what each knows of the other.
#[derive(Debug)]
struct Outcome {
    notes: usize,
    bytes: usize,
    asker: Frontier,
    answerer: Frontier,
}

/// Every note goes through its bytes.
fn settle(asker: &Log, answerer: &Log, salt: u8) -> Outcome {
    let salt = Salt([salt; 16]);
    let (mut one, note) = Settling::ask(asker, salt);
    let mut two = Settling::answer(salt);
    let (mut notes, mut bytes, mut is_to_asker) = (0, 0, false);
    let mut next = Some(note);
    while let Some(note) = next {
        let encoded = note.encode();
        (notes, bytes) = (notes + 1, bytes + encoded.len());
        assert!(notes < 20, "it comes to an end");
        let note = Note::decode(&encoded).expect("as it was encoded");
        let settled = match is_to_asker {
            true => one.take(asker, note),
            false => two.take(answerer, note),
        };
        next = settled.expect("each keeps to the protocol").say;
        is_to_asker = !is_to_asker;
    }
    let known = |side: &Settling| side.known().cloned().expect("it is settled");
    Outcome { notes, bytes, asker: known(&one), answerer: known(&two) }
}

fn ids(log: &Log) -> BTreeSet<CommitId> {
    log.order().map(|(_, commit)| commit.id()).collect()
}

/// What would be sent is what lacks; of authors who forked it may be more, and is never less.
fn check(from: &Log, to: &Log, known: &Frontier, forked: &BTreeSet<AuthorKey>) {
    let (held, sent) = (ids(to), from.since(known));
    let sent: Vec<_> = sent.map(|(_, commit)| commit).collect();
    let lacking: BTreeSet<CommitId> = ids(from).difference(&held).copied().collect();
    let named: BTreeSet<CommitId> = sent.iter().map(|commit| commit.id()).collect();
    assert!(lacking.is_subset(&named), "{} lack, {} are sent", lacking.len(), named.len());
    for commit in sent.iter().filter(|commit| held.contains(&commit.id())) {
        assert!(forked.contains(&commit.author()), "it is held there: {commit:?}");
    }
}

fn check_both(one: &Log, two: &Log, salt: u8) -> Outcome {
    let outcome = settle(one, two, salt);
    let all = one.merge(two).expect("one dataset");
    let forked = all.forks().into_iter().map(|fork| fork.author).collect();
    check(one, two, &outcome.asker, &forked);
    check(two, one, &outcome.answerer, &forked);
    outcome
}

#[derive(Debug, Clone)]
enum Act {
    Write(usize),
    Merge(usize, usize),
    Twin(usize, usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (0_usize..64).prop_map(Act::Write),
        3 => (0_usize..64, 0_usize..64).prop_map(|(to, from)| Act::Merge(to, from)),
        1 => (0_usize..64, 0_usize..64).prop_map(|(to, from)| Act::Twin(to, from)),
    ];
    prop::collection::vec(act, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn both_know_what_the_other_holds(
        acts in acts(),
        count in prop::sample::select(vec![2_usize, 5, 70]),
        forks: bool,
        salt: u8,
    ) {
        let founder = Writer::found();
        let mut peers: Vec<Writer> = (1..count as u32).map(|key| founder.join(key)).collect();
        peers.push(founder);
        for act in acts {
            match act {
                Act::Write(at) => peers[at % count].write(),
                Act::Merge(to, from) => {
                    let from = peers[from % count].clone();
                    peers[to % count].merge(&from);
                }
                // The other place of the author goes on beside it.
                Act::Twin(to, from) if forks => peers[to % count] = peers[from % count].twin(),
                Act::Twin(..) => {}
            }
        }
        for pair in peers.windows(2) {
            check_both(&pair[0].log, &pair[1].log, salt);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    /// Whatever the bytes are: no panic, and what is a note is the only form of it.
    #[test]
    fn bytes_are_one_note_or_none(
        kind in 0_u8..7,
        rest in prop::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..80),
    ) {
        let bytes = [&[kind], rest.as_slice()].concat();
        if let Ok(note) = Note::decode(&bytes) {
            prop_assert_eq!(note.encode(), bytes);
        }
    }

    /// What somebody made up, and says at any place, is answered or refused.
    #[test]
    fn made_up_notes_do_no_harm(
        kind in 1_u8..6,
        rest in prop::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..80),
        authors in prop::sample::select(vec![2_u32, 60]),
        asks: bool,
    ) {
        let Ok(note) = Note::decode(&[&[kind], rest.as_slice()].concat()) else { return Ok(()) };
        let log = apart(authors, 1).0;
        let salt = Salt([3; 16]);
        let mut side = if asks { Settling::ask(&log, salt).0 } else { Settling::answer(salt) };
        if let Ok(settled) = side.take(&log, note)
            && let Some(known) = settled.known
        {
            prop_assert!(log.covers(&known), "only what is held here is known of the other");
        }
    }
}

/// So many authors, all in one log; and two who went on from there, `more` others with each.
fn apart(authors: u32, more: u32) -> (Log, Log) {
    let mut all = Writer::found();
    for number in 1..authors {
        let mut author = all.join(number);
        author.write();
        all.merge(&author);
    }
    let (mut one, mut two) = (all.join(authors), all.join(authors + 1));
    for number in 0..more {
        for (to, offset) in [(&mut one, 10), (&mut two, 1_000_000)] {
            let mut author = all.join(authors + offset + number);
            author.write();
            author.write();
            to.merge(&author);
        }
    }
    (one.log, two.log)
}

/// Few authors are named; of many a sketch tells what differs, in one round trip where that is
/// little.
#[test]
#[expect(clippy::disallowed_macros, reason = "what it costs is what the decision's table has")]
fn it_costs_what_differs() {
    for (authors, more, notes_max, bytes_max) in [
        (2, 0, 2, 60),
        (2, 1, 2, 120),
        (40, 4, 2, 900),
        (1_000, 0, 2, 1_200),
        (1_000, 1, 2, 1_300),
        (1_000, 8, 2, 1_500),
        (1_000, 100, 6, 22_000),
    ] {
        let (one, two) = apart(authors, more);
        let outcome = check_both(&one, &two, 5);
        let Outcome { notes, bytes, .. } = outcome;
        println!("{authors} authors, {more} more with each: {notes} notes, {bytes} bytes");
        assert!(
            notes <= notes_max && bytes <= bytes_max,
            "{authors} authors, {more} more each: {notes} notes, {bytes} bytes"
        );
    }
}

/// Whoever holds next to nothing says so, instead of being asked for more of a sketch.
#[test]
fn who_holds_little_is_told_of_all_at_little_cost() {
    let (one, _) = apart(1_000, 0);
    let empty = Writer::found().log;
    let asked = check_both(&one, &empty, 1);
    assert!(asked.notes <= 3 && asked.bytes < 1_500, "{asked:?}");
    let asks = check_both(&empty, &one, 2);
    assert!(asks.notes <= 2 && asks.bytes < 100, "{} notes, {} bytes", asks.notes, asks.bytes);
}

/// Of a long chain that parted, at most about twice as much is sent as lies behind the parting.
#[test]
fn a_fork_costs_what_lies_behind_it() {
    let mut one = Writer::found();
    (0..3_000).for_each(|_| one.write());
    let mut two = one.twin();
    (0..40).for_each(|_| one.write());
    (0..300).for_each(|_| two.write());
    for (left, right) in [(&one, &two), (&two, &one)] {
        let outcome = check_both(&left.log, &right.log, 3);
        let (sent, answered) =
            (left.log.since(&outcome.asker).count(), right.log.since(&outcome.answerer).count());
        assert!(sent + answered <= 2 * 340, "{sent} and {answered}");
        assert!(outcome.notes <= 4 && outcome.bytes < 800, "{} bytes", outcome.bytes);
    }
}
