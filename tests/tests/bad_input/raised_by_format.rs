//! Errors of `woodland-format`: bytes that are no header, payload, schema, file, frame or segment.

use crate::by_hand::{Hand, key, own_signature};
use crate::refit::bent;
use crate::{Row, raised};
use std::collections::BTreeMap;
use woodland_format::{
    CanonicalError, Commit, CommitError, CommitId, DamageCause, DatasetId, Draft, FileError,
    FileHeader, ForkProof, FrameError, Header, HeaderError, Payload, PayloadError, Position,
    ProofError, ProvenBranch, Purpose, Schema, SchemaChange, SchemaError, SegmentHead, Signature,
    TextOp, Value, decode, encode, limits, read_segments,
};
use woodland_format::{Op, encode_segment};

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    canonical(&mut rows);
    headers(&mut rows);
    payloads_and_schemas(&mut rows);
    commits(&mut rows);
    files(&mut rows);
    frames(&mut rows);
    segments(&mut rows);
    proofs(&mut rows);
    rows
}

fn canonical(rows: &mut Vec<Row>) {
    let five = decode::<Value, 4>("a value", &[0; 5]).expect_err("too long");
    raised!(rows, "format" CanonicalError::TooLong, "five bytes where four may be", five);
    let tag = decode::<Value, 64>("a value", &[9; 5]).expect_err("no tag");
    raised!(rows, "format" CanonicalError::Malformed, "a tag that no value has", tag);
    let unsorted = encode(&vec![(2u8, 0u8), (1, 0)]);
    let unsorted = decode::<BTreeMap<u8, u8>, 64>("a map", &unsorted).expect_err("unsorted");
    raised!(rows, "format" CanonicalError::NotCanonical, "a map whose keys descend", unsorted);
}

/// A header as it should be: the second commit of an author.
fn header() -> Header {
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![]);
    hand.write(1, Some(&first), &[], vec![]).header().clone()
}

fn refused(header: &Header) -> HeaderError {
    Header::decode(&header.encode()).expect_err("it breaks a rule")
}

fn headers(rows: &mut Vec<Row>) {
    let sound = header();
    let cut = sound.encode()[..50].to_vec();
    let cut = Header::decode(&cut).expect_err("cut");
    raised!(rows, "format" HeaderError::Canonical, "half of a header", cut);
    let newer = refused(&Header { format: 2, ..sound.clone() });
    raised!(rows, "format" HeaderError::ForeignFormat, "a format byte of 2", newer);
    let founding = Hand::found().log.founding().header().clone();
    let late = refused(&Header { turn: 7, ..founding.clone() });
    raised!(rows, "format" HeaderError::Founding, "a founding commit of turn 7", late);
    let backlink = sound.backlink().expect("a second commit");
    let position = Position::Next { backlink, seq: 0, schema: SchemaChange::Keep };
    let zero = refused(&Header { position, ..sound.clone() });
    raised!(rows, "format" HeaderError::SeqZero, "seq 0 after another commit", zero);
    let parents = (0..=limits::PARENTS_MAX).map(|_| CommitId([1; 32])).collect();
    let many = Header { parents, ..sound.clone() }.check().expect_err("too many");
    raised!(rows, "format" HeaderError::TooManyParents, "257 parents", many);
    let twice = refused(&Header { parents: vec![CommitId([1; 32]); 2], ..sound.clone() });
    raised!(rows, "format" HeaderError::ParentsUnsorted, "one parent twice", twice);
    let long = refused(&Header { payload_bytes: u32::MAX, ..sound });
    raised!(rows, "format" HeaderError::PayloadTooLong, "a payload of 2^32-1 bytes", long);
    let Position::Founding { author, nonce, schema, .. } = founding.position else {
        unreachable!("a founding commit")
    };
    let certificate = Some(key(9).certify(&key(1).author(), "Ada"));
    let position = Position::Founding { author, nonce, schema, certificate };
    let lent = refused(&Header { position, ..founding });
    raised!(rows, "format" HeaderError::Certificate, "another author's certificate", lent);
}

fn payloads_and_schemas(rows: &mut Vec<Row>) {
    let empty = Payload::decode(&[]).expect_err("empty");
    raised!(rows, "format" PayloadError::Canonical, "no bytes at all", empty);
    let newer = Payload::decode(&[2]).expect_err("newer");
    raised!(rows, "format" PayloadError::ForeignFormat, "a format byte of 2", newer);

    let of = |change: &dyn Fn(&mut Schema)| {
        let mut schema = crate::notes::schema();
        change(&mut schema);
        schema.check().expect_err("it breaks a rule")
    };
    let cut = Schema::decode(&[0]).expect_err("cut");
    raised!(rows, "format" SchemaError::Canonical, "one byte", cut);
    let name = of(&|schema| schema.types[0].name = "no name".into());
    raised!(rows, "format" SchemaError::BadName, "a type's name with a blank", name);
    let twice = of(&|schema| schema.types[1].name = "Note".into());
    raised!(rows, "format" SchemaError::NameTwice, "two types of one name", twice);
    let ids = of(&|schema| schema.types.reverse());
    raised!(rows, "format" SchemaError::IdTwice, "types in another order", ids);
    let long = vec![0; limits::CONFIG_BYTES_MAX + 1];
    let many = of(&|schema| schema.types[0].fields[0].config.clone_from(&long));
    raised!(rows, "format" SchemaError::TooMany, "a configuration of 65,537 bytes", many);
}

fn commits(rows: &mut Vec<Row>) {
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![]);
    let (author, header) = (first.author(), first.header().clone());
    let payload = |bytes: &[u8]| Some(bytes.to_vec().into_boxed_slice());
    let of = |header: Header, bytes: &[u8]| {
        Commit::new(author, header, payload(bytes)).expect_err("the parts do not fit")
    };
    let broken = of(Header { format: 0, ..header.clone() }, &[]);
    raised!(rows, "format" CommitError::Header, "a header of format 0", broken);
    let short = of(header.clone(), b"short");
    raised!(rows, "format" CommitError::PayloadLength, "a shorter payload", short);
    let mut bytes = first.payload().expect("a payload").to_vec();
    bytes[0] ^= 1;
    let other = of(header.clone(), &bytes);
    raised!(rows, "format" CommitError::PayloadHash, "one bit of the payload turned", other);
    let stolen = Commit::new(key(2).author(), header, None).expect_err("another author");
    raised!(rows, "format" CommitError::Author, "a first commit under another's name", stolen);
    let text = "x".repeat(limits::PAYLOAD_BYTES_MAX);
    let op = encode(&TextOp::Insert { at: 0, text });
    let object = woodland_format::ObjectId {
        node: woodland_format::NodeId([1; 16]),
        field: woodland_format::FieldId(1),
    };
    let draft = Draft {
        position: hand.position(1, Some(&first)),
        turn: 1,
        parents: vec![],
        payload: Payload::of(vec![Op::Edit { object, op }]),
    };
    let large = Commit::seal(author, draft).expect_err("too large");
    raised!(rows, "format" CommitError::BatchTooLarge, "a text of 64 MiB", large);
}

fn files(rows: &mut Vec<Row>) {
    let header = FileHeader { purpose: Purpose::Log, dataset: DatasetId([7; 32]) }.encode();
    let of = |bytes: &[u8]| FileHeader::decode(bytes).expect_err("no file header");
    raised!(rows, "format" FileError::Empty, "an empty file", of(&[]));
    raised!(rows, "format" FileError::Short, "a file of 20 bytes", of(&header[..20]));
    raised!(rows, "format" FileError::Magic, "a zip file", of(b"PK\x03\x04 and so on"));
    let mut newer = header;
    newer[8] = 200;
    raised!(rows, "format" FileError::ForeignFormat, "a format byte of 200", of(&newer));
    let mut bent = header;
    bent[20] ^= 1;
    raised!(rows, "format" FileError::Checksum, "one bit of the dataset turned", of(&bent));
    let mut other = header;
    other[9] = 3;
    let mut hasher = crc32fast::Hasher::new();
    [&other[..12], &other[16..]].iter().for_each(|part| hasher.update(part));
    other[12..16].copy_from_slice(&hasher.finalize().to_le_bytes());
    raised!(rows, "format" FileError::Purpose, "a purpose of 3, sealed", of(&other));
}

/// What is wrong with the first segment of these bytes.
fn cause(dataset: DatasetId, bytes: &[u8]) -> DamageCause {
    let found = read_segments(dataset, bytes, 48).next().expect("something stands there");
    found.damage.expect("damage").cause
}

/// A dataset, a segment of its first author with two commits, and its file header before it.
fn sound() -> (DatasetId, Vec<u8>) {
    let mut hand = Hand::found();
    let first = hand.write(1, None, &[], vec![hand.title("first")]);
    let second = hand.write(1, Some(&first), &[], vec![hand.title("second")]);
    let segment = encode_segment(hand.dataset(), &[first, second], |one| Some(own_signature(one)));
    let header = FileHeader { purpose: Purpose::Log, dataset: hand.dataset() }.encode();
    (hand.dataset(), [&header[..], &segment].concat())
}

fn frames(rows: &mut Vec<Row>) {
    let (dataset, bytes) = sound();
    let of = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes[48..].to_vec();
        change(&mut bytes);
        match cause(dataset, &bytes) {
            DamageCause::Head { error, .. } | DamageCause::Block { error, .. } => error,
            other => panic!("{other}"),
        }
    };
    let cut = of(&|bytes| bytes.truncate(40));
    raised!(rows, "format" FrameError::Truncated, "a head cut short", cut);
    let other = of(&|bytes| bytes[0] = b'T');
    raised!(rows, "format" FrameError::Tag, "another tag", other);
    let long = of(&|bytes| bytes[5] = 2);
    raised!(rows, "format" FrameError::TooLong, "a head that claims 512 bytes and more", long);
    let bent = of(&|bytes| bytes[20] ^= 1);
    raised!(rows, "format" FrameError::Checksum, "one bit of a head turned", bent);
}

/// With the segment's head changed and sealed again.
fn with_head(bytes: &[u8], change: impl FnOnce(&mut SegmentHead)) -> Vec<u8> {
    let end = 60 + crate::refit::number(bytes, 52) as usize;
    let mut head = decode::<SegmentHead, 256>("a head", &bytes[60..end]).expect("a head");
    change(&mut head);
    let head = encode(&head);
    bent(bytes, |bytes| bytes[60..end].copy_from_slice(&head))[48..].to_vec()
}

fn segments(rows: &mut Vec<Row>) {
    let (dataset, bytes) = sound();
    let block = 60 + crate::refit::number(&bytes, 52) as usize;
    let of = |segment: Vec<u8>| cause(dataset, &segment);
    let put = |at: usize, value: &'static [u8]| {
        of(bent(&bytes, |bytes| bytes[at..at + value.len()].copy_from_slice(value))[48..].to_vec())
    };
    let rubbish = of(b"not a segment".to_vec());
    raised!(rows, "format" DamageCause::Head, "rubbish where a head is due", rubbish);
    let lost = of(bytes[48..block].to_vec());
    raised!(rows, "format" DamageCause::Block, "a head without its block", lost);
    // The tag of the option of the commit before the first: neither 0 nor 1.
    let malformed = put(60 + 73, &[9]);
    raised!(rows, "format" DamageCause::HeadBytes, "an option of 9 in a head, sealed", malformed);
    let newer = put(60, &[200]);
    raised!(rows, "format" DamageCause::ForeignFormat, "a segment format of 200, sealed", newer);
    let other = cause(DatasetId([9; 32]), &bytes[48..]);
    raised!(rows, "format" DamageCause::Dataset, "another dataset's segment", other);
    let none = of(with_head(&bytes, |head| head.commits = 0));
    raised!(rows, "format" DamageCause::HeadMismatch, "a head of no commits", none);
    let late = put(block + 12, &[1]);
    raised!(rows, "format" DamageCause::Mismatch, "a block that begins with seq 1", late);
    let flags = put(block + 24, &[0x80]);
    raised!(rows, "format" DamageCause::Row, "flags of a first commit without its header", flags);
    let word = crate::refit::find(&bytes, b"first");
    let payload = put(word, b"other");
    raised!(rows, "format" DamageCause::Commit, "another word in a first commit", payload);
    let last = of(with_head(&bytes, |head| head.last = CommitId([0; 32])));
    raised!(rows, "format" DamageCause::Last, "a head that names another last commit", last);
}

/// These commits' headers, the last one signed by its author.
fn branch(commits: &[&Commit]) -> ProvenBranch {
    let headers = commits.iter().map(|commit| commit.header().clone()).collect();
    let signature = commits.last().map_or_else(Signature::default, |last| own_signature(last));
    ProvenBranch { headers, signature }
}

fn proofs(rows: &mut Vec<Row>) {
    let mut hand = Hand::found();
    let (left, right) = (hand.title("left"), hand.title("right"));
    let first = hand.write(1, None, &[], vec![]);
    let left = hand.write(1, Some(&first), &[], vec![left]);
    let right = hand.write(1, Some(&first), &[], vec![right]);
    let of = |branches| ForkProof::new(first.author(), branches);
    let refused = |one, other| of([one, other]).expect_err("it proves nothing");
    let sound = of([branch(&[&left]), branch(&[&right])]).expect("a fork").encode();

    let cut = ForkProof::decode(&sound[..50]).expect_err("cut");
    raised!(rows, "format" ProofError::Canonical, "a part of a proof", cut);
    let newer = ForkProof::decode(&[200]).expect_err("newer");
    raised!(rows, "format" ProofError::ForeignFormat, "a proof of format 200", newer);
    let empty = refused(branch(&[]), branch(&[&left]));
    raised!(rows, "format" ProofError::Length, "a branch without headers", empty);
    let mut twice = branch(&[&left]);
    twice.headers[0].parents = vec![CommitId([1; 32]); 2];
    let twice = refused(twice, branch(&[&right]));
    raised!(rows, "format" ProofError::Header, "a header with one parent twice", twice);
    let broken = refused(branch(&[&left, &right]), branch(&[&right]));
    raised!(rows, "format" ProofError::Broken, "one rival behind the other", broken);
    let same = refused(branch(&[&left]), branch(&[&left]));
    raised!(rows, "format" ProofError::Order, "one branch twice", same);
    let apart = refused(branch(&[&first]), branch(&[&left]));
    raised!(rows, "format" ProofError::NotRivals, "a commit and the one after it", apart);
    let unsigned = ProvenBranch { signature: Signature::default(), ..branch(&[&left]) };
    let unsigned = refused(unsigned, branch(&[&right]));
    raised!(rows, "format" ProofError::Signature, "a signature of zeros", unsigned);
}
