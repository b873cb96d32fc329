//! Rows and the blocks that hold them: every chain comes back out of a segment and out of a block,
//! and bent rows give no wrong commit that nothing tells of.

mod sample;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::sample::Index;
use sample::{founding, ids, key, raw, typed};
use woodland_format::{
    AuthorKey, Block, Commit, CommitId, DamageCause, DatasetId, FieldId, Header, IdentityKey,
    NodeId, ObjectId, Op, OpenBlock, Payload, Position, Right, RightsChange, SchemaChange,
    SchemaId, SegmentHead, Signature, TextOp, encode, encode_segment, limits, read_segments,
};

/// What becomes of the payload before.
#[derive(Debug, Clone)]
enum Change {
    Same,
    Other(Vec<u8>),
    Put(Vec<(Index, u8)>),
    Longer(Vec<u8>),
    Shorter(Index),
    Insert(Index, u8),
    /// As long as this, with the payload before repeated in it.
    Length(usize),
}

#[derive(Debug, Clone)]
struct Step {
    change: Change,
    turns: u64,
    parents: Vec<CommitId>,
    schema: Option<SchemaChange>,
    erased: bool,
    signature: Option<[u8; 64]>,
}

fn change() -> impl Strategy<Value = Change> {
    let near = limits::LIKE_BYTES_MAX - 1..=limits::LIKE_BYTES_MAX + 1;
    let puts = vec((any::<Index>(), any::<u8>()), 1..6);
    prop_oneof![
        2 => Just(Change::Same),
        2 => vec(0..3u8, 0..60).prop_map(Change::Other),
        6 => puts.prop_map(Change::Put),
        2 => vec(any::<u8>(), 1..20).prop_map(Change::Longer),
        2 => any::<Index>().prop_map(Change::Shorter),
        2 => any::<(Index, u8)>().prop_map(|(at, byte)| Change::Insert(at, byte)),
        2 => near.prop_map(Change::Length),
        1 => Just(Change::Length(0)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let turns = prop_oneof![3 => Just(0), 1 => 0..300u64, 1 => any::<u32>().prop_map(u64::from)];
    let parents = prop_oneof![4 => Just(vec![]), 1 => btree_set(any::<[u8; 32]>(), 0..4)
        .prop_map(|ids| ids.into_iter().map(CommitId).collect())];
    let schema = prop_oneof![
        6 => Just(Some(SchemaChange::Keep)),
        1 => any::<[u8; 32]>().prop_map(|id| Some(SchemaChange::Adopt(SchemaId(id)))),
        1 => any::<[u8; 32]>().prop_map(|id| Some(SchemaChange::Introduce(SchemaId(id)))),
        // It changes rights.
        1 => Just(None),
    ];
    let signature = prop_oneof![3 => Just(None), 1 => any::<[u8; 64]>().prop_map(Some)];
    (change(), turns, parents, schema, prop::bool::weighted(0.2), signature).prop_map(
        |(change, turns, parents, schema, erased, signature)| Step {
            change,
            turns,
            parents,
            schema,
            erased,
            signature,
        },
    )
}

fn changed(before: &[u8], change: &Change) -> Vec<u8> {
    let mut bytes = before.to_vec();
    match change {
        Change::Same => {}
        Change::Other(other) => bytes.clone_from(other),
        Change::Put(puts) => {
            for (at, byte) in puts.iter().filter(|_| !before.is_empty()) {
                bytes[at.index(before.len())] = *byte;
            }
        }
        Change::Longer(more) => bytes.extend(more),
        Change::Shorter(at) => bytes.truncate(at.index(before.len() + 1)),
        Change::Insert(at, byte) => bytes.insert(at.index(before.len() + 1), *byte),
        Change::Length(length) => {
            bytes = before.iter().chain(&[1]).copied().cycle().take(*length).collect();
        }
    }
    bytes
}

fn position(last: &Commit, schema: Option<SchemaChange>) -> Position {
    let (backlink, seq) = (last.id(), last.seq() + 1);
    let identity = IdentityKey(last.id().0);
    let change = match seq % 3 {
        0 => RightsChange::Grant(identity, Right::Read),
        1 => RightsChange::Grant(identity, Right::Write),
        _ => RightsChange::Revoke(identity),
    };
    match schema {
        Some(schema) => Position::Next { backlink, seq, schema },
        None => Position::Rights { backlink, seq, change },
    }
}

fn build(steps: &[Step]) -> Vec<Commit> {
    let mut chain = vec![founding(1)];
    let mut payload = vec![];
    for step in steps {
        let last = &chain[chain.len() - 1];
        payload = changed(&payload, &step.change);
        let plain = raw(last, &payload);
        let header = Header {
            position: position(last, step.schema),
            turn: last.turn() + step.turns,
            parents: step.parents.clone(),
            ..plain.header().clone()
        };
        let stored = (!step.erased).then(|| payload.clone().into_boxed_slice());
        chain.push(Commit::new(last.author(), header, stored).unwrap());
    }
    chain
}

fn signature(steps: &[Step], commit: &Commit) -> Option<Signature> {
    let at = usize::try_from(commit.seq()).unwrap();
    steps.get(at.checked_sub(1)?)?.signature.map(Signature)
}

fn same(read: &Commit, made: &Commit) -> bool {
    (read.id(), read.author(), read.header(), read.payload())
        == (made.id(), made.author(), made.header(), made.payload())
}

/// Everything that a block says of the commits that went into it.
fn check(block: &Block, made: &[Commit]) {
    let author = key(1).author();
    let first = made.first().map_or(block.first_seq(), Commit::seq);
    let end = first + made.len() as u64;
    assert_eq!((block.first_seq(), block.end_seq()), (first, end));
    assert_eq!((block.len() as usize, block.is_empty()), (made.len(), made.is_empty()));
    assert_eq!(block.commits(author).len(), made.len());
    assert!(block.commits(author).zip(made).all(|(read, made)| same(&read, made)));
    let mut bytes = 0;
    for one in made {
        assert!(same(&block.get(author, one.seq()).unwrap(), one));
        bytes += u64::from(one.header().payload_bytes);
        assert_eq!(block.payload_bytes_to(one.seq()), bytes);
    }
    assert_eq!(block.payload_bytes_to(u64::MAX), bytes);
    for outside in [first.checked_sub(1), Some(end), Some(u64::MAX)].into_iter().flatten() {
        assert!(block.get(author, outside).is_none());
    }
    // All read, and every other one passed over: a payload needs the ones before it either way.
    for stride in [1, 2, 3] {
        let mut payloads = block.payloads();
        for (at, one) in made.iter().enumerate() {
            assert_eq!(payloads.next_seq(), Some(one.seq()));
            if at % stride == 0 {
                assert_eq!(payloads.read(), one.payload());
            } else {
                assert_eq!(payloads.pass(), u64::from(one.header().payload_bytes));
            }
        }
        assert_eq!((payloads.next_seq(), payloads.pass()), (None, 0));
        assert_eq!(payloads.read(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_chain_returns_from_a_segment(steps in vec(step(), 0..40), start in any::<Index>()) {
        let chain = build(&steps);
        let dataset: DatasetId = chain[0].id().into();
        let run = &chain[start.index(chain.len())..];
        let bytes = encode_segment(dataset, run, |one| signature(&steps, one));
        let found: Vec<_> = read_segments(dataset, &bytes, 0).collect();
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(&found[0].damage, &None);
        let segment = found[0].segment.as_ref().unwrap();
        prop_assert_eq!(segment.len() as usize, run.len());
        prop_assert_eq!(segment.commits().count(), run.len());
        prop_assert!(segment.commits().zip(run).all(|(read, made)| same(&read, made)));
        prop_assert!(same(&segment.first().unwrap(), &run[0]));
        prop_assert!(same(&segment.last().unwrap(), &run[run.len() - 1]));
        let signed: Vec<_> =
            run.iter().filter_map(|one| Some((one.id(), signature(&steps, one)?))).collect();
        let points: Vec<_> =
            segment.points.iter().map(|one| (one.commit, one.signature)).collect();
        prop_assert_eq!(points, signed);
        let [block] = segment.blocks() else { panic!("short payloads fit into one block") };
        prop_assert_eq!(block.previous(), run[0].backlink());
    }

    #[test]
    fn any_chain_returns_from_blocks(
        steps in vec(step(), 0..40),
        cuts in vec(1..9usize, 41),
        start in any::<Index>(),
    ) {
        let chain = build(&steps);
        let mut left = &chain[start.index(chain.len())..];
        let mut open = OpenBlock::starting(key(1).author(), left[0].seq(), left[0].backlink());
        for cut in cuts {
            let (run, rest) = left.split_at(cut.min(left.len()));
            check(open.block(), &[]);
            for at in 0..run.len() {
                open.push(&run[at]);
                prop_assert_eq!(open.last(), Some(run[at].id()));
                check(open.block(), &run[..=at]);
            }
            let (before, grown) = (open.last(), open.block().bytes());
            let closed = open.close();
            prop_assert_eq!((closed.bytes(), open.last()), (grown, before));
            check(&closed, run);
            left = rest;
        }
    }

    /// A frame with a right checksum around wrong rows: a liar's, or a bad memory's.
    #[test]
    fn bent_rows_are_named_or_say_the_same(
        steps in vec(step(), 1..12),
        bends in vec((any::<Index>(), 0..8u8), 1..3),
        cut in prop::option::weighted(0.3, any::<Index>()),
    ) {
        let chain = build(&steps);
        let dataset: DatasetId = chain[0].id().into();
        let bytes = encode_segment(dataset, &chain, |one| signature(&steps, one));
        let head_length = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
        let (head, frame) = bytes.split_at(12 + head_length);
        let mut body = frame[12..].to_vec();
        for (at, bit) in bends {
            let rows = body.len() - 12;
            body[12 + at.index(rows)] ^= 1 << bit;
        }
        body.truncate(cut.map_or(body.len(), |cut| cut.index(body.len())));
        check_bent(&chain, &[head, &sample::frame(b"SEGB", &body)].concat());
    }

    #[test]
    fn any_rows_at_all_are_read_or_named(
        commits in 1..6u32,
        rows in vec(prop_oneof![4 => 0..9u8, 2 => 126..140u8, 1 => any::<u8>()], 0..60),
    ) {
        let first = founding(1);
        let run = std::slice::from_ref(&first);
        let head = SegmentHead { commits, ..sample::head(first.id().into(), run, 1) };
        let rows = [sample::row(&first, None), rows].concat();
        let bytes = [sample::frame(b"SEGH", &encode(&head)), sample::block(0, commits, &rows)];
        check_bent(run, &bytes.concat());
    }
}

/// Whatever was read can be read again; where nothing is said, it is what was written.
fn check_bent(chain: &[Commit], bytes: &[u8]) {
    let found: Vec<_> = read_segments(chain[0].id().into(), bytes, 0).collect();
    let [found] = &found[..] else { panic!("one segment") };
    let segment = found.segment.as_ref().expect("the head is whole");
    let commits: Vec<Commit> = segment.commits().collect();
    assert_eq!(commits.len(), segment.len() as usize);
    for block in segment.blocks() {
        let mut payloads = block.payloads();
        while let Some(seq) = payloads.next_seq() {
            let commit = &commits[usize::try_from(seq).unwrap()];
            assert_eq!(payloads.read(), commit.payload());
        }
    }
    match &found.damage {
        None => assert_eq!(ids(&commits), ids(chain)),
        Some(damage) => {
            let is_other = ids(&commits) != ids(chain);
            assert!(is_other || !matches!(damage.cause, DamageCause::Last { .. }), "{damage}");
        }
    }
}

/// Every bit, and every length, of a few rows of each sort.
#[test]
fn every_bent_bit_of_rows_is_named_or_says_the_same() {
    let mut chain = vec![founding(1)];
    for payload in [&b"payload one"[..], b"payload two", b"pay", b"", b"payload", b"payload!"] {
        chain.push(raw(&chain[chain.len() - 1], payload));
    }
    let erased = Commit::new(chain[5].author(), chain[5].header().clone(), None).unwrap();
    chain[5] = erased;
    let dataset: DatasetId = chain[0].id().into();
    let signed = chain[2].sign(&key(1));
    let bytes = encode_segment(dataset, &chain, |one| {
        (one.id() == signed.commit).then_some(signed.signature)
    });
    let at = bytes.windows(4).position(|tag| tag == b"SEGB").unwrap();
    let (head, body) = (&bytes[..at], &bytes[at + 12..]);
    let with = |body: &[u8]| [head, &sample::frame(b"SEGB", body)].concat();
    for bit in 0..body.len() * 8 {
        let mut bent = body.to_vec();
        bent[bit / 8] ^= 1 << (bit % 8);
        check_bent(&chain, &with(&bent));
    }
    for cut in 0..body.len() {
        let bent = with(&body[..cut]);
        check_bent(&chain, &bent);
        assert!(read_segments(dataset, &bent, 0).next().unwrap().damage.is_some());
    }
}

/// Bytes of the rows of these payloads, each but the first, in a chain of one author.
fn row_bytes(payloads: impl IntoIterator<Item = Payload>) -> Vec<usize> {
    let first = founding(1);
    let mut open = OpenBlock::starting(first.author(), 0, None);
    open.push(&first);
    let (mut last, mut before) = (first, open.block().bytes());
    let mut rows = Vec::new();
    for payload in payloads {
        last = sample::next(&last, payload);
        open.push(&last);
        rows.push(open.block().bytes() - before);
        before = open.block().bytes();
    }
    rows.split_off(1)
}

fn deleted(at: u32) -> Payload {
    let object = ObjectId { node: NodeId([5; 16]), field: FieldId(11) };
    Payload::of(vec![Op::Edit { object, op: encode(&TextOp::Delete { at, bytes: 1 }) }])
}

#[test]
fn a_keystroke_is_a_row_of_few_bytes() {
    let letter = |at: u32| ["e", "t", "a", "n", " "][at as usize * 7 % 5];
    let typing = row_bytes((0..20_000).map(|at| typed(at, letter(at))));
    assert_eq!(typing.iter().max(), Some(&9), "typing on, a letter after another");
    let sum: usize = typing.iter().sum();
    assert!(sum * 100 <= 805 * typing.len(), "eight bytes mostly, not {sum} for all");
    // The place jumps anywhere in a text of 16 MiB.
    let jump = |at: u32| at.wrapping_mul(2_654_435_761) >> 8;
    let jumping = row_bytes((0..20_000).map(|at| typed(jump(at), letter(at))));
    assert_eq!(jumping.iter().max(), Some(&10), "typing anywhere");
    let deleting = row_bytes((0..20_000).rev().map(deleted));
    assert_eq!(deleting.iter().max(), Some(&7), "deleting back, a letter after another");
    // From typing to deleting and back, the payload has another length and another op.
    let mixed = row_bytes((0..20_000).map(|at| match at % 2 {
        0 => typed(at, letter(at)),
        _ => deleted(at),
    }));
    assert!(
        mixed.iter().max() <= Some(&24),
        "typing and deleting in turns: {:?}",
        mixed.iter().max()
    );
}

#[test]
fn payloads_around_the_limit_are_alike_up_to_it() {
    let max = limits::LIKE_BYTES_MAX;
    for (length, row) in [(max - 1, 9), (max, 9), (max + 1, max + 1 + 4)] {
        let first = founding(1);
        let one = raw(&first, &vec![1; length]);
        let mut bytes = vec![1; length];
        bytes[300] = 2;
        let two = raw(&one, &bytes);
        let mut open = OpenBlock::starting(first.author(), 0, None);
        open.push(&first);
        open.push(&one);
        let before = open.block().bytes();
        open.push(&two);
        assert!(open.block().bytes() - before <= row, "{length}");
        check(open.block(), &[first, one, two]);
    }
}

fn second(author: AuthorKey, seq: u64, before: &Commit) -> Commit {
    let position = Position::Next { backlink: before.id(), seq, schema: SchemaChange::Keep };
    Commit::new(author, Header { position, ..raw(before, b"").header().clone() }, None).unwrap()
}

#[test]
fn what_does_not_follow_goes_into_no_block_and_no_segment() {
    let first = founding(1);
    let own = first.author();
    let skipped = second(own, 2, &first);
    let strange = second(sample::author(2), 1, &first);
    let elsewhere = second(own, 1, &raw(&first, b"else"));
    let refused =
        |act: &(dyn Fn() + std::panic::RefUnwindSafe)| std::panic::catch_unwind(act).is_err();
    for bad in [&skipped, &strange, &elsewhere] {
        let push = || {
            let mut open = OpenBlock::starting(own, 0, None);
            open.push(&first);
            open.push(bad);
        };
        let encode = || {
            encode_segment(first.id().into(), &[first.clone(), bad.clone()], |_| None);
        };
        assert!(refused(&push) && refused(&encode), "{bad:?}");
    }
}
