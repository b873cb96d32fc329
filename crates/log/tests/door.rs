//! The door: random histories cut, shuffled and repeated, and hostile segments.

#![allow(missing_docs)]

mod history;

use history::{Dice, History, first, founding, key, next, seal, steps};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    Commit, CommitId, DatasetId, Position, SchemaChange, Segment, Signature, encode_segment,
    read_segments,
};
use woodland_log::{
    AppendError, Frontier, Log, Offered, Pending, PendingLimits, PointError, Refusal,
};

type Signatures = BTreeMap<CommitId, Signature>;

/// Through bytes and back, as it would come from outside.
fn segment(dataset: DatasetId, commits: &[Commit], signatures: &Signatures) -> Segment {
    let sign = |commit: &Commit| signatures.get(&commit.id()).copied();
    let bytes = encode_segment(dataset, commits, sign);
    let found = read_segments(dataset, &bytes, 0).next().unwrap();
    assert!(found.damage.is_none());
    found.segment.unwrap()
}

fn signed(author: usize, commit: &Commit) -> Signatures {
    BTreeMap::from([(commit.id(), commit.sign(&key(author)).signature)])
}

/// Chains of one author, cut anywhere.
fn pieces(history: &History, dice: &mut Dice) -> Vec<Vec<Commit>> {
    let mut pieces: Vec<Vec<Commit>> = Vec::new();
    for commit in &history.commits {
        let before = pieces.iter_mut().find(|piece| {
            commit.backlink().is_some() && piece.last().map(Commit::id) == commit.backlink()
        });
        match before {
            Some(piece) if dice.roll(3) > 0 => piece.push(commit.clone()),
            _ => pieces.push(vec![commit.clone()]),
        }
    }
    pieces
}

/// Signatures on some commits, and where `tips` is set on the last of every chain.
fn signatures(history: &History, dice: &mut Dice, tips: bool) -> Signatures {
    let ends: BTreeSet<_> = history.tips().into_iter().map(|(_, _, id)| id).collect();
    let mut signatures = Signatures::new();
    for commit in &history.commits {
        let author = (0..4).find(|number| key(*number).author() == commit.author()).unwrap();
        if dice.roll(5) == 0 || tips && ends.contains(&commit.id()) {
            signatures.append(&mut signed(author, commit));
        }
    }
    signatures
}

/// What must be let in: the largest set in which each commit has its past, and a signature on it or
/// on a later commit of its chain.
fn admissible(history: &History, signatures: &Signatures) -> BTreeSet<CommitId> {
    let mut admissible: BTreeSet<_> = history.ids().into_iter().collect();
    loop {
        let mut vouched = BTreeSet::from([history.commits[0].id()]);
        for commit in history.commits.iter().filter(|one| admissible.contains(&one.id())) {
            let mut at = Some(commit.id()).filter(|id| signatures.contains_key(id));
            while let Some(id) = at {
                vouched.insert(id);
                at = history.get(&id).backlink();
            }
        }
        let whole = |id: &CommitId| {
            history.past(id).iter().all(|past| vouched.contains(past) && admissible.contains(past))
        };
        let left = admissible.iter().copied().filter(whole).collect();
        if admissible == left {
            return admissible;
        }
        admissible = left;
    }
}

struct Replica {
    log: Log,
    pending: Pending,
    admitted: Vec<CommitId>,
}

impl Replica {
    fn of(founding: &Commit) -> Self {
        let log = Log::found(founding.clone()).unwrap();
        Replica { log, pending: Pending::default(), admitted: vec![founding.id()] }
    }

    fn offer(&mut self, segment: &Segment) -> Offered {
        let offered = self.pending.offer(&self.log, segment);
        self.log = offered.log.clone();
        for commit in &offered.admitted {
            assert!(commit.references().all(|id| self.admitted.contains(&id)), "past first");
            self.admitted.push(commit.id());
        }
        offered
    }
}

proptest! {
    #[test]
    fn any_cut_order_and_repetition_gives_the_same_log(
        steps in steps(true), seed: u64, tips: bool,
    ) {
        let history = History::of(&steps);
        let mut dice = Dice(seed);
        let signatures = signatures(&history, &mut dice, tips);
        let mut segments: Vec<_> = [(); 2]
            .iter()
            .flat_map(|()| pieces(&history, &mut dice))
            .map(|piece| segment(history.dataset(), &piece, &signatures))
            .collect();
        dice.shuffle(&mut segments);
        let mut replica = Replica::of(&history.commits[0]);
        let (mut refused, mut duplicates) = (vec![], 0);
        for segment in &segments {
            let offered = replica.offer(segment);
            refused.extend(offered.refused);
            duplicates += offered.duplicates;
        }
        prop_assert_eq!(refused, vec![]);
        // Every commit came twice, the founding one was there before.
        prop_assert_eq!(duplicates, history.commits.len() + 1);
        let admissible = admissible(&history, &signatures);
        let admitted: BTreeSet<_> = replica.admitted.iter().copied().collect();
        prop_assert_eq!(&admitted, &admissible);
        prop_assert_eq!(replica.admitted.len(), admissible.len());
        prop_assert_eq!(replica.pending.waiting(), history.commits.len() - admissible.len());
        prop_assert_eq!(replica.pending.missing(&replica.log), vec![]);
        if tips {
            prop_assert_eq!(replica.log.version(), history.log().version());
        }
        // All that is there can be sent on, and is let in elsewhere.
        let mut far = Replica::of(&history.commits[0]);
        for run in replica.log.chains(&Frontier::new()) {
            let signature = |commit: &Commit| replica.log.signature(&commit.id());
            let bytes = encode_segment(history.dataset(), &run, signature);
            let found = read_segments(history.dataset(), &bytes, 0).next().unwrap();
            let offered = far.offer(&found.segment.unwrap());
            prop_assert_eq!(offered.refused, vec![]);
        }
        prop_assert_eq!(&far.log, &replica.log);
        prop_assert_eq!(far.pending.waiting(), 0);
    }

    #[test]
    fn what_comes_by_another_way_counts(steps in steps(true), seed: u64, picks: Vec<usize>) {
        let history = History::of(&steps);
        let mut dice = Dice(seed);
        let signatures = signatures(&history, &mut dice, true);
        let mut pieces = pieces(&history, &mut dice);
        dice.shuffle(&mut pieces);
        let mut replica = Replica::of(&history.commits[0]);
        let half = dice.roll(pieces.len());
        for (at, piece) in pieces.iter().enumerate() {
            if at == half {
                // Forwards by a merge, or to a log that this one was not made from.
                let part = history.part(&picks).log();
                let merged = replica.log.merge(&part).unwrap();
                replica.log = if dice.roll(2) == 0 { merged } else { part };
            }
            let segment = segment(history.dataset(), piece, &signatures);
            replica.log = replica.pending.offer(&replica.log, &segment).log;
        }
        for piece in &pieces {
            let segment = segment(history.dataset(), piece, &signatures);
            replica.log = replica.pending.offer(&replica.log, &segment).log;
        }
        prop_assert_eq!(replica.log.version(), history.log().version());
        prop_assert_eq!(replica.pending.waiting(), 0);
    }
}

/// A founded log, and a chain of three commits of another author that it does not hold yet.
fn chain() -> (Replica, DatasetId, Vec<Commit>) {
    let founding = founding(0, 7);
    let dataset = DatasetId::from(founding.id());
    let mut chain = vec![first(1, dataset, 1, vec![])];
    for _ in 0..2 {
        chain.push(next(1, chain.last().unwrap(), 1, vec![]));
    }
    (Replica::of(&founding), dataset, chain)
}

#[test]
fn an_unsigned_tail_waits_for_its_signature() {
    let (mut replica, dataset, chain) = chain();
    let offered = replica.offer(&segment(dataset, &chain, &signed(1, &chain[1])));
    assert_eq!(offered.admitted, chain[..2]);
    assert_eq!((replica.pending.waiting(), offered.refused.len()), (1, 0));
    assert_eq!(replica.pending.unsigned(), [(key(1).author(), 2)]);
    assert!(replica.log.chains(&Frontier::new()).eq([chain[..2].to_vec()]));
    // The same commit again, now signed.
    let offered = replica.offer(&segment(dataset, &chain[2..], &signed(1, &chain[2])));
    assert_eq!((offered.admitted, offered.duplicates), (vec![chain[2].clone()], 1));
    assert!(replica.log.signature(&chain[2].id()).is_some());
    assert_eq!(replica.pending.waiting(), 0);
}

#[test]
fn a_signature_may_come_in_another_segment_before_or_after() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let (mut replica, dataset, chain) = chain();
        for at in order {
            replica.offer(&segment(dataset, &chain[at..=at], &signed(1, &chain[2])));
        }
        assert_eq!(replica.log.len(), 4, "{order:?}");
    }
}

/// A segment that overlaps what waits, and whose signature covers it from above.
#[test]
fn a_signature_reaches_down_to_what_waits_already() {
    for waiting in 1..=2 {
        let (mut replica, dataset, chain) = chain();
        replica.offer(&segment(dataset, &chain[..waiting], &Signatures::new()));
        assert_eq!(replica.pending.waiting(), waiting);
        let offered = replica.offer(&segment(dataset, &chain, &signed(1, &chain[2])));
        assert_eq!((offered.admitted, offered.duplicates), (chain.clone(), waiting));
        assert_eq!(replica.pending.waiting(), 0);
    }
}

#[test]
fn a_signature_by_another_key_vouches_for_nothing() {
    let (mut replica, dataset, chain) = chain();
    let offered = replica.offer(&segment(dataset, &chain, &signed(2, &chain[2])));
    let (author, commit) = (key(1).author(), chain[2].id());
    assert_eq!(offered.refused, [Refusal::Signature { author, commit }]);
    assert_eq!((offered.admitted.len(), replica.pending.waiting()), (0, 3));
    let held = replica.offer(&segment(dataset, &chain, &signed(1, &chain[2])));
    assert_eq!(held.admitted, chain);
    // On a commit that is held, too.
    let offered = replica.offer(&segment(dataset, &chain[..1], &signed(2, &chain[0])));
    let commit = chain[0].id();
    assert_eq!(offered.refused, [Refusal::Signature { author, commit }]);
    let point = chain[0].sign(&key(2));
    assert_eq!(replica.log.with_point(&point), Err(PointError::Signature { author, commit }));
}

/// Two chains that name each other, each signed at its end alone, but for one commit that is lost.
#[test]
fn what_a_signature_that_waits_vouches_for_is_held_back() {
    let founding = founding(0, 7);
    let dataset = DatasetId::from(founding.id());
    let mut replica = Replica::of(&founding);
    let lost = first(3, dataset, 1, vec![]);
    let mut one = vec![first(1, dataset, 1, vec![])];
    let mut other = vec![first(2, dataset, 2, vec![one[0].id()])];
    one.push(next(1, &one[0], 3, vec![other[0].id()]));
    one.push(next(1, &one[1], 3, vec![lost.id()]));
    other.push(next(2, &other[0], 4, vec![one[1].id()]));
    for (author, chain) in [(1, &one), (2, &other)] {
        let offered =
            replica.offer(&segment(dataset, chain, &signed(author, chain.last().unwrap())));
        assert_eq!((offered.admitted, offered.refused), (vec![], vec![]));
    }
    assert_eq!((replica.log.len(), replica.pending.waiting()), (1, 5));
    assert_eq!(replica.pending.missing(&replica.log), [lost.id()]);
    // What comes again is known, and changes nothing.
    let again = replica.offer(&segment(dataset, &one[..1], &Signatures::new()));
    assert_eq!((again.admitted.len(), again.duplicates), (0, 1));
    // A signature on one of them lets in what that covers.
    let mut early = replica.pending.clone();
    let offered = early.offer(&replica.log, &segment(dataset, &one[..1], &signed(1, &one[0])));
    assert_eq!((offered.admitted, early.waiting()), (vec![one[0].clone()], 4));
    let offered = replica.offer(&segment(dataset, std::slice::from_ref(&lost), &signed(3, &lost)));
    assert_eq!((offered.admitted.len(), replica.pending.waiting()), (6, 0));
    assert_eq!(replica.log.chains(&Frontier::new()).map(|chain| chain.len()).sum::<usize>(), 6);
}

#[test]
fn what_is_held_back_takes_room() {
    let (mut replica, dataset, chain) = chain();
    let lost = first(3, dataset, 1, vec![]);
    let joint = next(1, &chain[2], 2, vec![lost.id()]);
    let all: Vec<Commit> = chain.iter().cloned().chain([joint.clone()]).collect();
    let whole = segment(dataset, &all, &signed(1, &joint));
    replica.pending = Pending::new(PendingLimits { commits_max: 3, ..PendingLimits::default() });
    let offered = replica.offer(&whole);
    let (author, first, commits) = (key(1).author(), chain[2].id(), 1);
    assert_eq!(offered.refused, [Refusal::Full { author, first, commits, missing: vec![] }]);
    assert_eq!((offered.admitted.len(), replica.pending.waiting()), (0, 3));
    assert_eq!(
        replica.pending.missing(&replica.log),
        [chain[2].id(), lost.id()]
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    replica.offer(&segment(dataset, std::slice::from_ref(&lost), &signed(3, &lost)));
    let offered = replica.offer(&whole);
    assert_eq!((offered.admitted.len(), replica.pending.waiting()), (4, 0));
}

#[test]
fn naming_a_commit_as_a_parent_vouches_for_nothing() {
    let (mut replica, dataset, chain) = chain();
    let join = first(2, dataset, 2, vec![chain[2].id()]);
    replica.offer(&segment(dataset, &chain, &Signatures::new()));
    let offered = replica.offer(&segment(dataset, std::slice::from_ref(&join), &signed(2, &join)));
    assert_eq!((offered.admitted.len(), replica.pending.waiting()), (0, 4));
    assert_eq!(replica.pending.missing(&replica.log), []);
    assert_eq!(replica.pending.unsigned(), [(key(1).author(), 2)]);
}

#[test]
fn a_hostile_copy_under_another_name_is_in_nobodys_way() {
    let (mut replica, dataset, chain) = chain();
    // Author 2 claims the tail of author 1's chain, and signs it.
    let steal = |commit: &Commit| {
        Commit::new(key(2).author(), commit.header().clone(), commit.payload().map(Into::into))
            .unwrap()
    };
    let stolen: Vec<_> = chain[1..].iter().map(steal).collect();
    let offered = replica.offer(&segment(dataset, &stolen, &signed(2, &chain[2])));
    assert_eq!((offered.refused.len(), replica.pending.waiting()), (0, 2));
    let join = first(3, dataset, 2, vec![chain[2].id()]);
    replica.offer(&segment(dataset, std::slice::from_ref(&join), &signed(3, &join)));
    let offered = replica.offer(&segment(dataset, &chain, &signed(1, &chain[2])));
    assert_eq!(offered.admitted.len(), 4);
    assert_eq!(replica.log.get(&chain[2].id()).unwrap().author(), key(1).author());
    assert_eq!((offered.refused.len(), replica.pending.waiting()), (2, 0));
    // Once more, when the true ones are held.
    let offered = replica.offer(&segment(dataset, &stolen, &signed(2, &chain[2])));
    let wrong =
        |one: &&Refusal| matches!(one, Refusal::Invalid { error: AppendError::Author { .. }, .. });
    assert_eq!(offered.refused.iter().filter(wrong).count(), 2);
    assert_eq!((offered.duplicates, replica.pending.waiting()), (0, 0));
    assert_eq!(replica.log.len(), 5);
}

#[test]
fn an_invalid_commit_is_refused_with_all_that_stands_on_it() {
    let (mut replica, dataset, chain) = chain();
    let bad = next(1, &chain[0], 9, vec![]);
    let after = next(1, &bad, 9, vec![]);
    let join = first(2, dataset, 10, vec![after.id()]);
    let later = next(2, &join, 10, vec![]);
    replica.offer(&segment(dataset, &[join.clone(), later.clone()], &signed(2, &later)));
    replica.offer(&segment(dataset, &[bad.clone(), after.clone()], &signed(1, &after)));
    assert_eq!(replica.pending.missing(&replica.log), [chain[0].id()]);
    let offered = replica.offer(&segment(dataset, &chain[..1], &signed(1, &chain[0])));
    let (author, commit) = (key(1).author(), bad.id());
    let error = AppendError::Turn { commit, expected: 1, found: 9 };
    let refused = BTreeSet::from([bad.id(), after.id(), join.id(), later.id()]);
    assert_eq!(offered.refused[0], Refusal::Invalid { author, commit, error });
    let told: BTreeSet<_> = offered.refused.iter().filter_map(refused_id).collect();
    assert_eq!((told, offered.refused.len(), replica.pending.waiting()), (refused, 4, 0));
    // Once more, and nobody vouches: the bad one waits for that, what stands on it need not.
    let past = Refusal::Past { author, commit: after.id(), refused: commit };
    let offered = replica.offer(&segment(dataset, &[bad, after], &signed(1, &chain[0])));
    assert_eq!((offered.refused, replica.pending.waiting()), (vec![past], 1));
}

fn refused_id(refusal: &Refusal) -> Option<CommitId> {
    match refusal {
        Refusal::Invalid { commit, .. } | Refusal::Past { commit, .. } => Some(*commit),
        _ => None,
    }
}

#[test]
fn what_stands_on_a_refused_commit_is_refused_whenever_it_comes() {
    let (mut replica, dataset, chain) = chain();
    replica.offer(&segment(dataset, &chain, &signed(1, &chain[2])));
    let keep = SchemaChange::Keep;
    let after = |before: &Commit, seq, turn| {
        seal(1, Position::Next { backlink: before.id(), seq, schema: keep }, turn, vec![], 1)
    };
    let bad = after(&chain[2], 3, 2);
    let next = after(&bad, 4, 2);
    let last = after(&next, 5, 2);
    for (one, stands_on) in [(&bad, None), (&next, Some(bad.id())), (&last, Some(next.id()))] {
        let offered = replica.offer(&segment(dataset, std::slice::from_ref(one), &signed(1, one)));
        match (&offered.refused[..], stands_on) {
            ([Refusal::Invalid { commit, .. }], None) => assert_eq!(*commit, one.id()),
            ([Refusal::Past { refused, .. }], Some(before)) => assert_eq!(*refused, before),
            other => panic!("{other:?}"),
        }
        assert_eq!(replica.pending.waiting(), 0);
    }
}

#[test]
fn each_broken_rule_is_named() {
    let (mut replica, dataset, chain) = chain();
    replica.offer(&segment(dataset, &chain, &signed(1, &chain[2])));
    let tip = &chain[2];
    let on_tip = |seq, schema, turn| {
        seal(1, Position::Next { backlink: tip.id(), seq, schema }, turn, vec![], 1)
    };
    let unknown = history::schema(9).id();
    let cases = [
        on_tip(7, SchemaChange::Keep, 1),
        on_tip(3, SchemaChange::Keep, 2),
        on_tip(3, SchemaChange::Adopt(unknown), 1),
        first(2, dataset, 0, vec![]),
    ];
    let mut named = Vec::new();
    for bad in &cases {
        let author = if bad.seq() == 0 { 2 } else { 1 };
        let offered =
            replica.offer(&segment(dataset, std::slice::from_ref(bad), &signed(author, bad)));
        let [Refusal::Invalid { error, .. }] = &offered.refused[..] else {
            panic!("{:?}", offered.refused)
        };
        assert_eq!(replica.log.append(bad).unwrap_err(), *error);
        named.push(error.clone());
    }
    let [seq, turn, adopted, joined] = cases.map(|one| one.id());
    let expected = [
        AppendError::Seq { commit: seq, expected: 3, found: 7 },
        AppendError::Turn { commit: turn, expected: 1, found: 2 },
        AppendError::SchemaNotIntroduced { commit: adopted, schema: unknown },
        AppendError::Turn { commit: joined, expected: 1, found: 0 },
    ];
    assert_eq!(named, expected);
    assert_eq!((replica.pending.waiting(), replica.log.len()), (0, 4));
}

#[test]
fn another_dataset_is_refused() {
    let (mut replica, dataset, _) = chain();
    let founding = founding(0, 8);
    let other = DatasetId::from(founding.id());
    let offered =
        replica.offer(&segment(other, std::slice::from_ref(&founding), &Signatures::new()));
    let refusal = Refusal::OtherDataset { expected: dataset, found: other };
    assert_eq!(offered.refused, [refusal]);
    // Commits of another dataset in a segment that claims this one.
    let stray = first(1, other, 1, vec![]);
    for (author, commit) in [(0, founding), (1, stray)] {
        let found = other;
        let error = AppendError::OtherDataset { commit: commit.id(), expected: dataset, found };
        let missing = AppendError::NotFounding { commit: commit.id() };
        assert_eq!(replica.log.append(&commit), Err(error.clone()));
        assert!(author == 0 || Log::found(commit.clone()) == Err(missing));
        let signatures = signed(author, &commit);
        let offered = replica.offer(&segment(dataset, std::slice::from_ref(&commit), &signatures));
        let [Refusal::Invalid { error: told, .. }] = &offered.refused[..] else {
            panic!("{:?}", offered.refused)
        };
        assert_eq!(*told, error);
    }
    assert_eq!((replica.pending.waiting(), replica.log.len()), (0, 1));
}

#[test]
fn a_full_area_refuses_what_would_wait_and_nothing_else() {
    let (mut replica, dataset, chain) = chain();
    let limits = PendingLimits { commits_max: 1, ..PendingLimits::default() };
    replica.pending = Pending::new(limits);
    let fork = first(3, dataset, 1, vec![]);
    replica.offer(&segment(dataset, std::slice::from_ref(&fork), &Signatures::new()));
    let offered = replica.offer(&segment(dataset, &chain[1..], &signed(1, &chain[2])));
    let (author, first, commits) = (key(1).author(), chain[1].id(), 2);
    let missing = vec![chain[0].id()];
    assert_eq!(offered.refused, [Refusal::Full { author, first, commits, missing }]);
    assert_eq!(replica.pending.waiting(), 1);
    // All at once needs no room.
    let offered = replica.offer(&segment(dataset, &chain, &signed(1, &chain[2])));
    assert_eq!((offered.admitted.len(), offered.refused.len()), (3, 0));
    // Nor does a signed successor of what waits.
    let after = next(3, &fork, 1, vec![]);
    let offered =
        replica.offer(&segment(dataset, std::slice::from_ref(&after), &signed(3, &after)));
    assert_eq!((offered.admitted.len(), replica.pending.waiting()), (2, 0));
    // Bytes count as well.
    replica.pending = Pending::new(PendingLimits { commits_max: 9, bytes_max: 1 });
    let unsigned = next(3, &after, 1, vec![]);
    let offered = replica.offer(&segment(dataset, &[unsigned], &Signatures::new()));
    assert!(matches!(&offered.refused[..], [Refusal::Full { .. }]), "{:?}", offered.refused);
}

#[test]
fn a_fork_is_let_in_and_reported() {
    let (mut replica, dataset, chain) = chain();
    replica.offer(&segment(dataset, &chain, &signed(1, &chain[2])));
    let rival = seal(
        1,
        Position::Next { backlink: chain[0].id(), seq: 1, schema: SchemaChange::Keep },
        1,
        vec![],
        5,
    );
    let offered =
        replica.offer(&segment(dataset, std::slice::from_ref(&rival), &signed(1, &rival)));
    assert_eq!((offered.admitted.len(), offered.refused.len()), (1, 0));
    let [fork] = &replica.log.forks()[..] else { panic!("one fork") };
    assert_eq!((fork.author, fork.backlink), (key(1).author(), Some(chain[0].id())));
    assert_eq!(replica.log.frontier().tips(&key(1).author()).count(), 2);
}
