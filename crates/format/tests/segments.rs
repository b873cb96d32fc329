//! Files of segments that are damaged: what is wrong is named, what is whole is handed out, and no
//! commit comes out that did not go in.

mod sample;

use proptest::prelude::*;
use sample::{
    Sample, author, block, block_of, chain, founding, frame, frames, head, ids, number, row, sample,
};
use std::collections::BTreeSet;
use woodland_format::{
    Commit, CommitId, Damage, DamageCause, DatasetId, FILE_HEADER_BYTES, FileError, FileHeader,
    Found, FrameError, Purpose, Segment, encode, encode_segment, read_segments,
};

/// One frame of a file: where it stands, in which segment, how many commits stand before it there.
struct Place {
    start: usize,
    end: usize,
    segment: usize,
    before: u64,
    is_head: bool,
}

/// A file of several segments with small blocks, and what stands where.
struct Small {
    sample: Sample,
    runs: Vec<Vec<Commit>>,
    bytes: Vec<u8>,
    places: Vec<Place>,
}

fn small() -> Small {
    let sample = sample();
    let runs =
        vec![sample.founder[..5].to_vec(), sample.other.clone(), sample.founder[5..].to_vec()];
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    for (segment, run) in runs.iter().enumerate() {
        for (at, one) in frames(sample.dataset, run, 2).into_iter().enumerate() {
            let (start, end) = (bytes.len(), bytes.len() + one.len());
            let before = (at as u64).saturating_sub(1) * 2;
            places.push(Place { start, end, segment, before, is_head: at == 0 });
            bytes.extend(one);
        }
    }
    Small { sample, runs, bytes, places }
}

fn read(dataset: DatasetId, bytes: &[u8]) -> Vec<Found> {
    read_segments(dataset, bytes, 48).collect()
}

fn damages(found: &[Found]) -> Vec<&Damage> {
    found.iter().filter_map(|one| one.damage.as_ref()).collect()
}

fn commits(found: &[Found]) -> Vec<CommitId> {
    found
        .iter()
        .filter_map(|one| one.segment.as_ref())
        .flat_map(Segment::commits)
        .map(|one| one.id())
        .collect()
}

fn only_damage(dataset: DatasetId, bytes: &[u8]) -> Damage {
    let found = read(dataset, bytes);
    let [damage] = damages(&found)[..] else { panic!("one damage, not {found:?}") };
    damage.clone()
}

/// The single damage at `place`, and all that must be readable around it.
fn check_damage(small: &Small, place: &Place, found: &[Found], what: &str) {
    let all = damages(found);
    let [damage] = all[..] else { panic!("{what}: one damage, not {all:?}") };
    let run = &small.runs[place.segment];
    assert_eq!(damage.segment, place.segment as u64, "{what}");
    assert_eq!(damage.offset, 48 + place.start as u64, "{what}: {damage}");
    let kept = if place.is_head {
        assert_eq!((damage.author, damage.intact), (None, (0, 0)), "{what}");
        &run[..0]
    } else {
        let first = run[0].seq();
        assert_eq!(damage.author, Some(run[0].author()), "{what}");
        assert_eq!(damage.intact, (first, first + place.before), "{what}");
        &run[..place.before as usize]
    };
    let parts: Vec<&[Commit]> = (0..small.runs.len())
        .map(|at| if at == place.segment { kept } else { &small.runs[at] })
        .collect();
    assert_eq!(commits(found), ids(&parts.concat()), "{what}: the good rest, and nothing else");
}

#[test]
fn a_whole_file_reads_whole_however_it_is_cut() {
    let small = small();
    let found = read(small.sample.dataset, &small.bytes);
    assert!(damages(&found).is_empty());
    assert_eq!(commits(&found), ids(&small.runs.concat()));
    for per_block in 1..6 {
        let run = &small.sample.founder;
        let bytes = frames(small.sample.dataset, run, per_block).concat();
        let found = read(small.sample.dataset, &bytes);
        assert!(damages(&found).is_empty());
        assert_eq!(commits(&found), ids(run));
        let segment = found[0].segment.as_ref().unwrap();
        assert_eq!((segment.offset, segment.bytes), (48, bytes.len() as u64));
    }
}

#[test]
fn every_flipped_bit_is_found_where_it_is() {
    let small = small();
    for place in &small.places {
        for bit in place.start * 8..place.end * 8 {
            let mut bytes = small.bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let found = read(small.sample.dataset, &bytes);
            check_damage(&small, place, &found, &format!("bit {bit}"));
        }
    }
}

#[test]
fn every_truncation_keeps_what_stands_before_it() {
    let small = small();
    for cut in 0..small.bytes.len() {
        let found = read(small.sample.dataset, &small.bytes[..cut]);
        let place = small.places.iter().find(|place| cut < place.end).unwrap();
        let earlier: Vec<CommitId> = ids(&small.runs[..place.segment].concat());
        let run = &small.runs[place.segment];
        let kept = ids(&run[..if place.is_head { 0 } else { place.before as usize }]);
        assert_eq!(commits(&found), [earlier, kept].concat(), "cut at {cut}");
        let all = damages(&found);
        if cut == place.start && place.is_head {
            assert!(all.is_empty(), "a cut between segments is a shorter file");
            continue;
        }
        let [damage] = all[..] else { panic!("cut at {cut}: {all:?}") };
        assert_eq!(damage.offset, 48 + place.start as u64, "cut at {cut}");
        assert_eq!(damage.resumed, 48 + cut as u64);
        let (DamageCause::Head { error, .. } | DamageCause::Block { error, .. }) = &damage.cause
        else {
            panic!("cut at {cut}: {damage}");
        };
        let missing = if cut - place.start < 12 { place.start + 12 } else { place.end } - cut;
        assert_eq!(*error, FrameError::Truncated { missing }, "cut at {cut}");
    }
}

#[test]
fn segments_in_any_order_and_twice_are_no_damage() {
    let small = small();
    let dataset = small.sample.dataset;
    let segment = |at: usize| frames(dataset, &small.runs[at], 2).concat();
    for order in [[2, 1, 0], [1, 1, 1], [0, 2, 0]] {
        let bytes: Vec<u8> = order.into_iter().flat_map(segment).collect();
        let found = read(dataset, &bytes);
        assert!(damages(&found).is_empty());
        let runs: Vec<Commit> = order.into_iter().flat_map(|at| small.runs[at].clone()).collect();
        assert_eq!(commits(&found), ids(&runs));
    }
}

#[test]
fn swapped_and_doubled_blocks_are_named() {
    let Sample { dataset, founder, .. } = sample();
    let [head, one, two, three, _] = &frames(dataset, &founder, 2)[..] else { panic!() };
    let after = frames(dataset, &founder[6..], 1).concat();
    for blocks in [[one, three, two], [one, one, two]] {
        let bytes = [head, blocks[0], blocks[1], blocks[2], &after].map(Vec::as_slice).concat();
        let damage = only_damage(dataset, &bytes);
        let at = 48 + (head.len() + one.len()) as u64;
        assert_eq!((damage.offset, damage.intact), (at, (0, 2)), "{damage}");
        let found = read(dataset, &bytes);
        assert_eq!(commits(&found), ids(&[&founder[..2], &founder[6..]].concat()));
    }
    let bytes = [head, two, one, three].map(Vec::as_slice).concat();
    assert_eq!(only_damage(dataset, &bytes).intact, (0, 0));
}

/// Two branches of a fork have blocks of one author and the same seqs.
#[test]
fn a_block_of_another_branch_is_named_and_vouched_for_by_nobody() {
    let Sample { dataset, founder, .. } = sample();
    let mut fork = chain(founding(1), 2);
    while fork.len() < 7 {
        let commit = sample::next(&fork[fork.len() - 1], sample::typed(0, "other "));
        fork.push(commit);
    }
    let (mut ours, theirs) = (frames(dataset, &founder, 2), frames(dataset, &fork, 2));
    ours[4] = theirs[4].clone();
    let damage = only_damage(dataset, &ours.concat());
    assert!(matches!(damage.cause, DamageCause::Last { .. }), "{damage}");
    assert_eq!(damage.intact, (0, 0), "nothing says which of them count");
    assert!(damage.to_string().ends_with("; only signatures tell which of its commits are intact"));
}

#[test]
fn a_misdirected_head_takes_only_its_own_blocks_with_it() {
    let Small { sample, runs, .. } = small();
    let dataset = sample.dataset;
    let mut all: Vec<Vec<Vec<u8>>> = runs.iter().map(|run| frames(dataset, run, 2)).collect();
    let (left, right) = all.split_at_mut(1);
    std::mem::swap(&mut left[0][0], &mut right[0][0]);
    let found = read(dataset, &all.concat().concat());
    assert_eq!(damages(&found).len(), 2);
    assert_eq!(commits(&found), ids(&runs[2]));
}

#[test]
fn foreign_segments_are_passed_over_whole() {
    let Small { sample, runs, .. } = small();
    let foreign = frames(DatasetId([9; 32]), &runs[0], 2).concat();
    let ours = frames(sample.dataset, &runs[1], 2).concat();
    let damage = only_damage(sample.dataset, &[foreign.clone(), ours.clone()].concat());
    assert_eq!(damage.resumed, 48 + foreign.len() as u64);
    for format in (0..=255).filter(|format| *format != 2) {
        let mut body = encode(&head(sample.dataset, &runs[0], 1));
        body[0] = format;
        let bytes = [frame(b"SEGH", &body), block_of(&runs[0]), ours.clone()].concat();
        let damage = only_damage(sample.dataset, &bytes);
        assert_eq!(damage.cause, DamageCause::ForeignFormat { offset: 48, found: format });
        let is_older = format < 2;
        assert_eq!(damage.to_string().contains("was written by a pre-release"), is_older);
        assert_eq!(damage.to_string().contains("upgrade it"), !is_older);
        assert_eq!(commits(&read(sample.dataset, &bytes)), ids(&runs[1]));
    }
}

/// A payload may hold bytes that look like a segment: they are content, also beside damage.
#[test]
fn no_segment_is_found_inside_a_payload() {
    let Sample { dataset, founder, other } = sample();
    let inner = frames(dataset, &other, 4).concat();
    let carrier = sample::next(&founder[0], sample::typed(0, "x"));
    let carried = [&[2, 0][..], &number(inner.len() as u64), &inner].concat();
    // The head is right, the rows end in too many bytes: the block's checksum holds, its content
    // does not.
    let rows = [row(&founder[0], None), carried.clone(), vec![0]].concat();
    let run = [founder[0].clone(), carrier];
    let bad = [frame(b"SEGH", &encode(&head(dataset, &run, 1))), block(0, 2, &rows)].concat();
    let after = frames(dataset, &founder[5..], 2).concat();
    let found = read(dataset, &[bad.clone(), after.clone()].concat());
    assert_eq!(damages(&found)[0].resumed, 48 + bad.len() as u64);
    assert!(!commits(&found).iter().any(|id| ids(&other).contains(id)));
    // A damaged head: its whole blocks are passed over.
    let mut bent = bad.clone();
    bent[20] ^= 1;
    let found = read(dataset, &[frame(b"SEGX", b""), bent, after].concat());
    assert_eq!(commits(&found), ids(&founder[5..]));
}

/// A write cut short between two blocks, and then another segment behind it.
#[test]
fn a_segment_behind_one_that_was_cut_short_is_read_whole() {
    let Small { sample, runs, .. } = small();
    let cut = frames(sample.dataset, &runs[0], 1);
    let after = frames(sample.dataset, &runs[1], 2).concat();
    for blocks in 0..runs[0].len() {
        let kept = cut[..=blocks].concat();
        let bytes = [&kept[..], &after].concat();
        let damage = only_damage(sample.dataset, &bytes);
        let end = 48 + kept.len() as u64;
        assert_eq!((damage.segment, damage.offset, damage.resumed), (0, end, end));
        let expected = [&runs[0][..blocks], &runs[1][..]].concat();
        assert_eq!(commits(&read(sample.dataset, &bytes)), ids(&expected));
    }
    // A whole block where a head is due is passed over whole, whatever its payloads look like.
    let carrier = [sample::row(&runs[1][0], None), after.clone()].concat();
    let bytes = [block(7, 1, &carrier), cut.concat()].concat();
    let damage = only_damage(sample.dataset, &bytes);
    assert_eq!(damage.resumed, 48 + (bytes.len() - cut.concat().len()) as u64);
    assert_eq!(commits(&read(sample.dataset, &bytes)), ids(&runs[0]));
}

#[test]
fn rubbish_between_segments_is_named_and_passed_over() {
    let Small { sample, runs, .. } = small();
    let [one, two] = [0, 1].map(|at| frames(sample.dataset, &runs[at], 2).concat());
    for rubbish in [&b"?"[..], b"SEGH", b"SEGHSEGHSEGHSEGH", &[0; 100], b"SEGB\0\0\0\0\0\0\0\0"] {
        let bytes = [&one[..], rubbish, &two].concat();
        let damage = only_damage(sample.dataset, &bytes);
        assert_eq!((damage.segment, damage.offset), (1, 48 + one.len() as u64));
        assert_eq!(damage.resumed, 48 + (one.len() + rubbish.len()) as u64, "{damage}");
        assert_eq!(commits(&read(sample.dataset, &bytes)), ids(&runs[..2].concat()));
    }
    assert!(read(sample.dataset, b"").is_empty());
}

#[test]
fn messages_name_segment_author_byte_and_what_was_expected() {
    let Small { sample, bytes, places, .. } = small();
    let message = |place: usize, byte: usize, bit: u8| {
        let mut bent = bytes.clone();
        bent[places[place].start + byte] ^= bit;
        only_damage(sample.dataset, &bent).to_string()
    };
    let crc = |place: usize| {
        let at = places[place].start + 8;
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    };
    let block_at = |place: usize| 48 + places[place].start;
    // places: 0 head, 1-3 blocks of the founder; 4 head, 5-6 blocks of the other; 7 head, 8 block.
    let (expected, bent) = (crc(2), crc(2) ^ 1);
    assert_eq!(
        message(2, 8, 1),
        format!(
            "segment 0 (author 8a88e3dd…): block at byte {}: it has checksum {expected:08x}, \
             expected {bent:08x}; commits 0-1 before it are intact",
            block_at(2)
        )
    );
    assert!(message(3, 8, 1).ends_with("; commits 0-3 before it are intact"));
    assert!(message(5, 8, 1).starts_with("segment 1 (author 8139770e…): block at byte"));
    assert!(message(5, 8, 1).ends_with("; no commit of this segment is intact"));
    assert_eq!(
        message(4, 0, 1),
        format!(
            "segment 1: head at byte {}: it begins with [52, 45, 47, 48], expected \
             [53, 45, 47, 48]; no commit of this segment is intact",
            block_at(4)
        )
    );
    assert_eq!(
        message(1, 7, 0x80),
        format!(
            "segment 0 (author 8a88e3dd…): block at byte {}: it claims {} bytes, the limit is \
             67126272; no commit of this segment is intact",
            block_at(1),
            (1u64 << 31) + (places[1].end - places[1].start - 12) as u64
        )
    );
    let cut = only_damage(sample.dataset, &bytes[..places[1].end - 5]).to_string();
    assert!(cut.contains(": the bytes end 5 bytes before its end; "), "{cut}");
    let one = frames(sample.dataset, &sample.founder, 1);
    let mut bent = one.concat();
    bent[one[0].len() + one[1].len()] ^= 1;
    let one = only_damage(sample.dataset, &bent).to_string();
    assert!(one.ends_with("; commit 0 before it is intact"), "{one}");
}

/// Rows and heads whose checksums hold, and which no writer writes.
#[test]
fn lying_segments_are_refused() {
    let Sample { dataset, founder, .. } = sample();
    let head_frame = |change: &dyn Fn(&mut woodland_format::SegmentHead)| {
        let mut head = head(dataset, &founder[..2], 1);
        change(&mut head);
        [frame(b"SEGH", &encode(&head)), block_of(&founder[..2])].concat()
    };
    let lies: Vec<(Vec<u8>, &str)> = vec![
        (head_frame(&|h| h.commits = 0), "the number of commits is 0, expected 1"),
        (head_frame(&|h| h.commits = u32::MAX), "is 4294967295, expected 16777216"),
        (head_frame(&|h| h.blocks = 0), "the number of blocks is 0, expected 1"),
        (head_frame(&|h| h.blocks = 3), "the number of blocks is 3, expected 2"),
        (head_frame(&|h| h.blocks = 2), "block at byte"),
        (head_frame(&|h| h.commits = 3), "the number of commits in all blocks is 2, expected 3"),
        (head_frame(&|h| h.commits = 1), "the number of commits is 2, expected 1"),
        (head_frame(&|h| h.first_seq = 1), "first seq without a commit before it is 1, expected 0"),
        (head_frame(&|h| h.previous = Some(h.last)), "first seq after another commit is 0"),
        (head_frame(&|h| h.last = CommitId([0; 32])), "the last commit is"),
        (head_frame(&|h| h.author = author(2)), "stands in the chain of"),
        (head_frame(&|h| h.dataset = DatasetId([0; 32])), "the segment is of dataset 0000"),
        (
            head_frame(&|h| (h.first_seq, h.previous) = (u64::MAX, Some(h.last))),
            "the first seq is 18446744073709551615, expected 18446744073709551613",
        ),
    ];
    for (bytes, expected) in lies {
        let message = only_damage(dataset, &bytes).to_string();
        assert!(message.contains(expected), "{message}\n{expected}");
    }
}

/// Blocks whose checksums hold, and which no writer writes.
#[test]
fn lying_rows_are_refused() {
    let Sample { dataset, founder, .. } = sample();
    let opening = frame(b"SEGH", &encode(&head(dataset, &founder[..2], 1)));
    let [first, second] = [0, 1].map(|at| row(&founder[at], None));
    let later = frame(b"SEGH", &encode(&head(dataset, &founder[1..2], 1)));
    let with = |flags: u8, rest: &[u8]| [&[flags][..], rest].concat();
    let parents = |count: u64| with(4, &[&number(count)[..], &[0; 32 * 260]].concat());
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "commit 1 ends after the block does"),
        (with(1 | 2, &[0; 50]), "commit 1 has a whole header and parts of one"),
        (with(1 | 16, &[0; 50]), "commit 1 has a whole header and parts of one"),
        (with(8 | 16, &[3; 90]), "commit 1 changes rights in a way that is not known"),
        (with(8 | 16, &[2; 32]), "commit 1 ends after the block does"),
        (parents(0), "commit 1 has a list of parents without any"),
        (parents(257), "commit 1: 257 parents, the limit is 256"),
        (parents(u64::MAX), "parents, the limit is 256"),
        (parents(2), "commit 1: parents must ascend strictly"),
        (first.clone(), "commit 1 has a whole header, which only a chain's first commit has"),
        (with(0, &number(1 << 26 | 1)), "a payload of 67108865 bytes, the limit is 67108864"),
        (with(0, &number(u64::MAX)), "a payload of 18446744073709551615 bytes"),
        (with(0, &[9]), "commit 1 ends after the block does"),
        (with(0, &[0x80]), "commit 1 ends after the block does"),
        (with(0, &[0x80, 0]), "commit 1 has a number that is too large or longer than it need be"),
        (with(2, &[0xff; 10]), "commit 1 has a number that is too large or longer than it need be"),
        (with(1, &number(16385)), "commit 1 has a header over the limit"),
        (with(1, &[2, 7, 7]), "commit 1: header format 7 is not known"),
        (with(64, &[0; 40]), "commit 1 ends after the block does"),
        ([&second[..], &[0]].concat(), "bytes after the last row is 1, expected 0"),
    ];
    for (second, expected) in rows {
        let bytes = [opening.clone(), block(0, 2, &[&first[..], &second].concat())].concat();
        let message = only_damage(dataset, &bytes).to_string();
        assert!(message.contains(expected), "{message}\n{expected}");
    }
    let no_turn = [later.clone(), block(1, 1, &[0; 5])].concat();
    let bare = [opening.clone(), block(0, 2, &[0; 10])].concat();
    let none = [opening.clone(), block(0, 0, &[])].concat();
    let short = [opening.clone(), frame(b"SEGB", &[0; 11])].concat();
    let mut wrong = first.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let wrong = [opening, block(0, 1, &wrong)].concat();
    for (bytes, expected) in [
        (no_turn, "commit 1 is its block's first and lacks its turn"),
        (bare, "commit 0 is a chain's first and lacks its whole header"),
        (none, "the number of commits is 0, expected 2"),
        (short, "commit 0 ends after the block does"),
        (wrong, "its payload has hash"),
    ] {
        let message = only_damage(dataset, &bytes).to_string();
        assert!(message.contains(expected), "{message}\n{expected}");
    }
}

/// Rows of payloads that are like another: what they may stand on, keep and put.
#[test]
fn lying_edits_are_refused() {
    let Sample { dataset, founder, .. } = sample();
    let opening = frame(b"SEGH", &encode(&head(dataset, &founder[..3], 1)));
    let first = row(&founder[0], None);
    assert_eq!(founder[0].payload().map(<[u8]>::len), Some(21));
    let plain = |length: usize| [&[2, 0][..], &number(length as u64), &vec![7; length]].concat();
    let [erased, empty, long] = [[&[34, 0, 9][..], &[0; 32]].concat(), plain(0), plain(513)];
    let most = [&first[..], &plain(512)].concat();
    let [empty, long] = [empty, long].map(|before| [&first[..], &before].concat());
    let no_base = "is like a payload that is not there, or too long for that";
    let kept = "keeps more of the payload before than there is";
    let put = "puts nothing, or more than its payload holds";
    let rows: Vec<(&[u8], &[u8], &str)> = vec![
        (&empty, &[128, 1, 0, 1, 9], no_base),
        (&long, &[128, 1, 1], no_base),
        (&most, &[128, 0x81, 4, 0x80, 4, 1, 9], no_base),
        (&first, &[128 | 32, 21, 21], "has a payload that is erased and like another"),
        (&first, &[128, 22, 22], kept),
        (&first, &[128, 20, 21], kept),
        (&first, &[128, 21, 5, 1, 9, 16], kept),
        (&first, &[128, 21, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], kept),
        (&first, &[128, 24, 20, 2, 9, 9, 0, 2, 9, 9], kept),
        (&first, &[128, 21, 5, 0, 16], put),
        (&first, &[128, 21, 20, 2, 9, 9], put),
        (&first, &[128, 21, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], put),
        (&first, &[128, 21, 5, 3, 9, 9], "ends after the block does"),
        (&first, &[128, 21, 0x95, 0], "a number that is too large or longer than it need be"),
        (&first, &[128, 21, 5], "ends after the block does"),
        (&first, &[128, 21, 21, 0], "commit 2 ends after the block does"),
    ];
    for (before, row, expected) in rows {
        let seq = if before == first { 1 } else { 2 };
        let commits = [opening.clone(), block(0, 3, &[before, row].concat())].concat();
        let message = only_damage(dataset, &commits).to_string();
        assert!(message.contains(expected), "{row:?}: {message}\n{expected}");
        let is_there = commits_before(dataset, &commits) >= seq;
        assert!(is_there, "{row:?}: the rows before it are handed out");
    }
    // Nothing stands before a block's first row, whatever the block before it holds.
    let two = frame(b"SEGH", &encode(&head(dataset, &founder[..3], 2)));
    let after = block(1, 2, &[130, 0, 21, 21, 128, 21, 21]);
    let message = only_damage(dataset, &[two, block(0, 1, &first), after].concat()).to_string();
    assert!(message.contains(no_base), "{message}");
    // An erased payload is not the one before: that is the one before it.
    let through = [&first[..], &erased, &[128, 21, 21]].concat();
    let found = read(dataset, &[opening, block(0, 3, &through)].concat());
    let last = found[0].segment.as_ref().unwrap().last().unwrap();
    assert_eq!((last.seq(), last.payload()), (2, founder[0].payload()));
}

fn commits_before(dataset: DatasetId, bytes: &[u8]) -> usize {
    commits(&read(dataset, bytes)).len()
}

/// A chain that another program wrote by hand, with every way in which payloads can be alike.
#[test]
fn edits_by_hand_give_their_payloads() {
    let mut chain = vec![founding(1)];
    for payload in [&b"0123456789"[..], b"01x3456789", b"01x3", b"01x3yz", b"", b"abc", b"abd"] {
        chain.push(sample::raw(&chain[chain.len() - 1], payload));
    }
    let rows = [
        row(&chain[0], None),
        row(&chain[1], None),
        sample::like_row(&chain[2], &[(2, b"x"), (7, b"")]),
        sample::like_row(&chain[3], &[(4, b"")]),
        sample::like_row(&chain[4], &[(3, b"3yz")]),
        sample::like_row(&chain[5], &[]),
        row(&chain[6], None),
        sample::like_row(&chain[7], &[(0, b"a"), (0, b"b"), (0, b"d")]),
    ];
    let dataset = chain[0].id().into();
    let opening = frame(b"SEGH", &encode(&head(dataset, &chain, 1)));
    let found = read(dataset, &[opening, block(0, 8, &rows.concat())].concat());
    assert_eq!(damages(&found), Vec::<&Damage>::new());
    assert_eq!(commits(&found), ids(&chain));
}

#[test]
fn every_byte_of_a_file_header_counts() {
    let dataset = DatasetId([3; 32]);
    let good = FileHeader { purpose: Purpose::Log, dataset }.encode();
    assert_eq!(FileHeader::decode(&good).unwrap(), FileHeader { purpose: Purpose::Log, dataset });
    for bit in 0..FILE_HEADER_BYTES * 8 {
        let mut bent = good;
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(FileHeader::decode(&bent).is_err(), "bit {bit}");
    }
    for cut in 0..FILE_HEADER_BYTES {
        let error = FileHeader::decode(&good[..cut]).unwrap_err();
        let expected = if cut == 0 { FileError::Empty } else { FileError::Short { found: cut } };
        assert_eq!(error, expected);
    }
    for found in (0..=255).filter(|format| *format != 1) {
        let mut foreign = good;
        foreign[8] = found;
        assert_eq!(FileHeader::decode(&foreign), Err(FileError::ForeignFormat { found }));
    }
    let error = FileHeader::decode(b"PK\x03\x04 a zip file").unwrap_err().to_string();
    assert_eq!(
        error,
        "not a Woodland file: byte 0 begins \"PK\\u{3}\\u{4} a z\", expected \"WOODLAND\""
    );
}

/// 16 MiB of frames that hold each other: each claims all that follows it.
#[test]
fn frames_inside_frames_are_read_in_linear_time() {
    let Sample { dataset, founder, .. } = sample();
    let head = frame(b"SEGH", &encode(&head(dataset, &founder, 2)));
    let mut bytes = Vec::new();
    let total = 16 * 1024 * 1024;
    while bytes.len() < total {
        bytes.extend(&head);
        let left = total.saturating_sub(bytes.len() + 12) as u32;
        bytes.extend(b"SEGB");
        bytes.extend(left.to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
    }
    let found = read(dataset, &bytes);
    assert!(found.len() > 1 && commits(&found).is_empty());
}

#[test]
fn a_file_of_tags_is_read_in_linear_time() {
    let total = 16 * 1024 * 1024;
    for unit in [&b"SEGH"[..], b"SEGH\0\x01\0\0", b"SEGB\0\0\x01\0", b"SEGH\0\0\0\0\0\0\0\0"] {
        let bytes = unit.repeat(total / unit.len());
        let found = read(DatasetId([1; 32]), &bytes);
        assert_eq!(found.len(), 1, "one damage for it all");
    }
}

fn real_file() -> (DatasetId, Vec<Commit>, Vec<u8>) {
    let mut run = chain(founding(1), 2);
    while run.len() < 60 {
        let text = format!("{:04}", run.len()).repeat(1500);
        run.push(sample::next(&run[run.len() - 1], sample::typed(0, &text)));
    }
    let dataset = run[0].id().into();
    let bytes: Vec<u8> =
        run.chunks(20).flat_map(|part| encode_segment(dataset, part, |_| None)).collect();
    (dataset, run, bytes)
}

#[test]
fn any_bytes_at_all_give_only_commits_that_were_there() {
    let (dataset, run, bytes) = real_file();
    let known: BTreeSet<CommitId> = ids(&run).into_iter().collect();
    let change = (0..bytes.len(), prop::collection::vec(any::<u8>(), 1..9));
    let changes = prop::collection::vec(change, 1..4);
    proptest!(ProptestConfig::with_cases(300), |(changes in changes)| {
        let mut bent = bytes.clone();
        for (at, with) in changes {
            let end = (at + with.len()).min(bent.len());
            bent[at..end].copy_from_slice(&with[..end - at]);
        }
        let found = read(dataset, &bent);
        prop_assert!(commits(&found).iter().all(|id| known.contains(id)));
        prop_assert_eq!(bent == bytes, damages(&found).is_empty());
    });
    proptest!(|(rubbish in prop::collection::vec(any::<u8>(), 0..2000))| {
        prop_assert!(commits(&read(dataset, &rubbish)).is_empty());
    });
}
