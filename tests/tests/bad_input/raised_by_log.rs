//! Errors of `woodland-log`: commits that break a rule, and what the door does not take.

use crate::by_hand::{Hand, key, sealed};
use crate::{Row, raised};
use woodland_format::{
    Commit, CommitId, DatasetId, Draft, Payload, Position, RightsChange, SchemaChange, SchemaId,
    Segment, Signature, SignedPoint, read_segments,
};
use woodland_log::{
    AppendError, Log, MergeError, Offered, Pending, PendingLimits, PointError, Refusal, UnknownHead,
};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    appending(&mut rows);
    door(&mut rows);
    asking(&mut rows);
    rows
}

/// A dataset with one commit of author 1.
fn one() -> (Hand, Commit) {
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![]);
    (hand, first)
}

fn stranger() -> Commit {
    let position = Position::First {
        author: key(5).author(),
        dataset: DatasetId([9; 32]),
        schema: SchemaId([1; 32]),
        certificate: None,
    };
    sealed(5, Draft { position, turn: 1, parents: vec![], payload: Payload::of(vec![]) })
}

fn appending(rows: &mut Vec<Row>) {
    let (hand, first) = one();
    let log = &hand.log;
    let sound = || hand.draft(1, Some(&first), &[], vec![]);
    let of = |commit: Commit| log.append(&commit).expect_err("it breaks a rule");
    let next = |seq, schema| Position::Next { backlink: first.id(), seq, schema };
    let late = Log::found(first.clone()).expect_err("it founds nothing");
    raised!(rows, "log" AppendError::NotFounding, "a log that begins with a later commit", late);
    raised!(rows, "log" AppendError::OtherDataset, "a commit that joins another", of(stranger()));
    let ghost = sealed(1, Draft { parents: vec![CommitId([9; 32])], ..sound() });
    raised!(rows, "log" AppendError::Missing, "a parent that nobody has", of(ghost));
    raised!(rows, "log" AppendError::Author, "another's chain, continued", of(sealed(4, sound())));
    let seq = sealed(1, Draft { position: next(7, SchemaChange::Keep), ..sound() });
    raised!(rows, "log" AppendError::Seq, "seq 7 after seq 0", of(seq));
    let turn = sealed(1, Draft { turn: 900, ..sound() });
    raised!(rows, "log" AppendError::Turn, "turn 900 on a past of turn 1", of(turn));
    let change = RightsChange::Revoke(key(2).identity());
    let rights = Position::Rights { backlink: first.id(), seq: 1, change };
    let rights = sealed(1, Draft { position: rights, ..sound() });
    raised!(rows, "log" AppendError::NotOwner, "a revocation where nobody owns", of(rights));
    let unasked = unasked();
    raised!(rows, "log" AppendError::NotAllowed, "a first commit that nobody granted", unasked);
    let adopt = SchemaChange::Adopt(SchemaId([9; 32]));
    let schema = sealed(1, Draft { position: next(1, adopt), ..sound() });
    raised!(rows, "log" AppendError::SchemaNotIntroduced, "a schema from nowhere", of(schema));
}

/// Of a stranger's first commit in a dataset that has an owner.
fn unasked() -> AppendError {
    let (author, schema) = (key(1).author(), SchemaId([1; 32]));
    let certificate = key(2).certify(&author, "Ada");
    let position = Position::Owned { author, nonce: [7; 32], schema, certificate };
    let draft =
        |position, turn| Draft { position, turn, parents: vec![], payload: Payload::of(vec![]) };
    let log = Log::found(sealed(1, draft(position, 0))).expect("a founding commit");
    let (author, dataset) = (key(5).author(), log.dataset());
    let certificate = Some(key(6).certify(&author, "Bob"));
    let position = Position::First { author, dataset, schema, certificate };
    log.append(&sealed(5, draft(position, 1))).expect_err("it is not granted")
}

fn read(hand: &Hand, commits: &[Commit], signature: Option<Signature>) -> Segment {
    let bytes = hand.signed(commits, |_| signature);
    let found = read_segments(hand.dataset(), &bytes, 0).next().expect("a segment");
    found.segment.expect("a whole segment")
}

fn only(mut offered: Offered) -> Refusal {
    assert_eq!(offered.refused.len(), 1, "{:?}", offered.refused);
    offered.refused.remove(0)
}

fn door(rows: &mut Vec<Row>) {
    let (hand, first) = one();
    let signed = |commit: &Commit, author| Some(key(author).sign_commit(&commit.id()));
    let of = |segment: &Segment| only(Pending::default().offer(&hand.log, segment));
    let mut other = read(&hand, std::slice::from_ref(&first), signed(&first, 1));
    other.head.dataset = DatasetId([9; 32]);
    raised!(rows, "log" Refusal::OtherDataset, "another dataset's segment", of(&other));
    let forged = read(&hand, std::slice::from_ref(&first), signed(&first, 2));
    raised!(rows, "log" Refusal::Signature, "another author's signature", of(&forged));
    let turn = Draft { turn: 900, ..hand.draft(1, Some(&first), &[], vec![]) };
    let jump = sealed(1, turn);
    let false_turn = read(&hand, std::slice::from_ref(&jump), signed(&jump, 1));
    raised!(rows, "log" Refusal::Invalid, "a commit of turn 900", of(&false_turn));

    let on_it = Draft {
        position: hand.position(3, None),
        turn: 901,
        parents: vec![jump.id()],
        payload: Payload::of(vec![]),
    };
    let on_it = sealed(3, on_it);
    let mut pending = Pending::default();
    let waiting = read(&hand, std::slice::from_ref(&on_it), signed(&on_it, 3));
    assert_eq!(pending.offer(&hand.log, &waiting).refused, []);
    let mut refused = pending.offer(&hand.log, &false_turn).refused;
    let past = refused.pop().expect("what waited");
    raised!(rows, "log" Refusal::Past, "what waits for a commit of turn 900", past);

    let mut pending = Pending::new(PendingLimits { commits_max: 0, bytes_max: 0 });
    let full = only(pending.offer(&hand.log, &waiting));
    raised!(rows, "log" Refusal::Full, "nothing may wait, and this must", full);
}

fn asking(rows: &mut Vec<Row>) {
    let (hand, first) = one();
    let ghost = SignedPoint { commit: CommitId([9; 32]), signature: Signature::default() };
    let ghost = hand.log.with_point(&ghost).expect_err("not held");
    raised!(rows, "log" PointError::NotHeld, "a signature on nothing that is held", ghost);
    let forged = SignedPoint { commit: first.id(), signature: Signature::default() };
    let forged = hand.log.with_point(&forged).expect_err("forged");
    raised!(rows, "log" PointError::Signature, "a signature of zeros", forged);
    let unknown = hand.log.at(&[CommitId([9; 32])]).expect_err("not held");
    raised!(rows, "log" UnknownHead::NotHeld, "a head that is not held", unknown);
    let none = hand.log.at(&[]).expect_err("no heads");
    raised!(rows, "log" UnknownHead::NoHeads, "no heads at all", none);
    let draft = Draft {
        position: Position::Founding {
            author: key(0).author(),
            nonce: [99; 32],
            schema: SchemaId([1; 32]),
            certificate: None,
        },
        turn: 0,
        parents: vec![],
        payload: Payload::of(vec![]),
    };
    let other = Log::found(sealed(0, draft)).expect("a founding commit");
    let other = hand.log.merge(&other).expect_err("another dataset");
    raised!(rows, "log" MergeError::OtherDataset, "two datasets", other);
}
