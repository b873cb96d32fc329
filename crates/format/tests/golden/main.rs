//! The vectors of `docs/format.md`: each is made (`made`), compared with the page, decoded again.
//!
//! `UPDATE=1 cargo test -p woodland-format --test golden` writes the block of vectors again.

#![allow(clippy::disallowed_methods, reason = "a test that writes its page when it is asked to")]

mod made;
#[path = "../sample/mod.rs"]
mod sample;

use made::{
    Vectors, alike, history, join, key, made, node, payloads, record_config, samples, schema, tips,
    value_types, values,
};
use sample::kinds;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{
    AuthorKey, Certificate, Commit, CommitId, DatasetId, Digest, FileHeader, ForkProof, Header, Op,
    Payload, Position, Purpose, RecordConfig, RecordOp, RegisterConfig, RegisterOp, Right,
    RightsChange, Schema, SchemaChange, SegmentHead, Signature, TextOp, TypeId, Value, ValueType,
    decode, digest_branch, digest_key, digest_leaf, encode, keyed_node_id, limits, payload_hash,
    read_segments, recreated_node_id, verify_commit, verify_peer, version_id,
};

const PAGE: &str = include_str!("../../../../docs/format.md");
const FENCE: &str = "```vectors\n";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd hex: {text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The page before the vectors, the vectors, and the page after them.
fn page_parts(page: &str) -> (&str, &str, &str) {
    let (before, rest) = page.split_once(FENCE).expect("the page has a block of vectors");
    let (block, after) = rest.split_once("```").expect("the block of vectors ends");
    (before, block, after)
}

fn written() -> Vectors {
    let (_, block, _) = page_parts(PAGE);
    let line = |line: &str| {
        let (name, bytes) = line.split_once(" = ").expect("name = hex");
        (name.to_owned(), unhex(bytes))
    };
    block.lines().map(line).collect()
}

fn vector(name: &str) -> Vec<u8> {
    let found = written().into_iter().find(|(one, _)| one == name);
    found.unwrap_or_else(|| panic!("no vector {name}")).1
}

fn id(name: &str) -> [u8; 32] {
    vector(name).try_into().expect("32 bytes")
}

#[test]
fn the_page_has_what_the_code_makes() {
    let made = made();
    if std::env::var_os("UPDATE").is_some() {
        let (before, _, after) = page_parts(PAGE);
        let line = |(name, bytes): &(String, Vec<u8>)| format!("{name} = {}\n", hex(bytes));
        let block: String = made.iter().map(line).collect();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format.md");
        std::fs::write(path, format!("{before}{FENCE}{block}```{after}")).unwrap();
        return;
    }
    let written = written();
    for ((name, bytes), (made_name, made_bytes)) in written.iter().zip(&made) {
        assert_eq!(name, made_name, "run with UPDATE=1 if this is meant");
        assert_eq!(hex(bytes), hex(made_bytes), "{name}");
    }
    assert_eq!(written.len(), made.len(), "run with UPDATE=1 if this is meant");
}

#[test]
fn headers_decode_from_the_page() {
    let in_owned = ["owned", "grant", "grant_read", "revoke"];
    for name in ["founding", "first", "next", "introduce", "adopt"].into_iter().chain(in_owned) {
        let bytes = vector(&format!("{name}.header"));
        let header = Header::decode(&bytes).unwrap();
        assert_eq!(header.encode(), bytes, "{name}");
        assert_eq!(woodland_format::commit_id(&bytes).0, id(&format!("{name}.id")), "{name}");
        let variant = match header.position {
            Position::Founding { .. } => "founding",
            Position::First { .. } => "first",
            Position::Next { schema: SchemaChange::Keep, .. } => "next",
            Position::Next { schema: SchemaChange::Introduce(_), .. } => "introduce",
            Position::Next { schema: SchemaChange::Adopt(_), .. } => "adopt",
            Position::Owned { .. } => "owned",
            Position::Rights { change: RightsChange::Grant(_, Right::Write), .. } => "grant",
            Position::Rights { change: RightsChange::Grant(_, Right::Read), .. } => "grant_read",
            Position::Rights { change: RightsChange::Revoke(_), .. } => "revoke",
        };
        assert_eq!(variant, name);
    }
}

#[test]
fn payloads_and_their_ops_decode_from_the_page() {
    for (name, payload) in payloads() {
        let bytes = vector(&format!("payload.{name}"));
        assert_eq!(Payload::decode(&bytes).unwrap(), payload, "{name}");
        assert_eq!(payload_hash(&bytes).0, id(&format!("payload.{name}.hash")), "{name}");
        let kind = name.split('.').next().unwrap();
        for op in payload.ops {
            let Op::Edit { op, .. } = op else { continue };
            match kind {
                "register" => assert!(decode::<RegisterOp, 1024>("an op", &op).is_ok()),
                "record" => assert!(decode::<RecordOp, 1024>("an op", &op).is_ok()),
                "text" | "keystroke" => assert!(decode::<TextOp, 1024>("an op", &op).is_ok()),
                _ => {}
            }
        }
    }
}

#[test]
fn values_types_and_schemas_decode_from_the_page() {
    for (name, value) in values() {
        let bytes = vector(&format!("value.{name}"));
        assert_eq!(decode::<Value, 1024>("a value", &bytes).unwrap(), value);
    }
    for (name, value_type) in value_types() {
        let bytes = vector(&format!("value_type.{name}"));
        assert_eq!(decode::<ValueType, 1024>("a type", &bytes).unwrap(), value_type);
    }
    let config = decode::<RecordConfig, 1024>("a config", &vector("config.record")).unwrap();
    assert_eq!(config, record_config());
    let config = decode::<RegisterConfig, 1024>("a config", &vector("config.register")).unwrap();
    assert_eq!(config, RegisterConfig { value: ValueType::String });
    assert_eq!(Schema::decode(&vector("schema")).unwrap(), schema());
    assert_eq!(woodland_format::schema_id(&vector("schema")).0, id("schema.id"));
}

#[test]
fn samples_decode_from_the_page_and_nodes_have_their_names() {
    for (name, made, decode) in samples() {
        let bytes = vector(name);
        assert_eq!(decode(&bytes), Ok(bytes.clone()), "{name}");
        assert_eq!(bytes, made, "{name}");
    }
    assert_eq!(woodland_format::type_digest(&vector("type")).0, id("type.digest"));
    let node = keyed_node_id(TypeId(1), &vector("node.keyed.key"));
    assert_eq!(node.0.to_vec(), vector("node.keyed"));
    // The author, seq and index of a creation by key say nothing.
    let [op] = &Payload::decode(&vector("payload.create_keyed")).unwrap().ops[..] else {
        panic!("one op")
    };
    assert_eq!(op.creates(&key(1).author(), 3, 2), Some(node));
    assert_eq!(op.creates(&key(2).author(), 0, 0), Some(node));
    assert_ne!(keyed_node_id(TypeId(2), &vector("node.keyed.key")), node);
    for (name, payload) in kinds::existence() {
        assert_eq!(Payload::decode(&vector(&format!("payload.{name}"))), Ok(payload), "{name}");
    }
    let [op] = &Payload::decode(&vector("payload.recreate")).unwrap().ops[..] else {
        panic!("one op")
    };
    let again = op.creates(&key(1).author(), 3, 2).unwrap();
    assert_eq!(again.0.to_vec(), vector("node.recreated"));
    assert_ne!(again, recreated_node_id(TypeId(1), &vector("node.keyed.key"), 1));
}

#[test]
fn signatures_hold_from_the_page() {
    let author = AuthorKey(id("key.1.public"));
    let signature = Signature(vector("signature.point").try_into().unwrap());
    assert!(verify_commit(&author, &CommitId(id("founding.id")), &signature));
    let certificate = decode::<Certificate, 1024>("a word", &vector("certificate")).unwrap();
    assert!(certificate.vouches_for(&AuthorKey(id("key.2.public"))));
    assert_eq!(certificate.identity.0, id("key.9.public"));
    // The messages of the page are the ones that are signed: Ed25519, with nothing of ours between.
    use ed25519_dalek::{Signer, SigningKey};
    let sign = |seed: &str, message: &str| {
        SigningKey::from_bytes(&id(seed)).sign(&vector(message)).to_bytes()
    };
    assert_eq!(sign("key.1.seed", "signature.point.message"), signature.0);
    assert_eq!(sign("key.9.seed", "certificate.message"), certificate.signature.0);
    let proof = Signature(vector("signature.peer").try_into().unwrap());
    assert_eq!(sign("key.1.seed", "signature.peer.message"), proof.0);
    let (dataset, salts) = (DatasetId(id("founding.id")), [[3; 16], [4; 16]]);
    assert!(verify_peer(&author, &dataset, salts, true, &proof));
    assert!(!verify_peer(&author, &dataset, salts, false, &proof));
    assert!(!verify_peer(&author, &dataset, [[4; 16], [3; 16]], true, &proof));
}

/// The page's "How a log file is read", as plain as it is written there.
#[test]
fn the_log_file_of_the_page_gives_its_order_and_version() {
    let file = vector("log.file");
    let header = FileHeader::decode(&file).unwrap();
    assert_eq!(header, FileHeader::decode(&vector("file.header.log")).unwrap());
    assert_eq!(header.dataset.0, id("founding.id"));
    let mut commits = BTreeMap::new();
    let mut first_head = None;
    for found in read_segments(header.dataset, &file[48..], 48) {
        assert_eq!(found.damage, None);
        let segment = found.segment.unwrap();
        first_head.get_or_insert(segment.head.clone());
        let [point] = &segment.points[..] else { panic!("one signature a segment") };
        assert_eq!(point.commit, segment.head.last);
        assert!(verify_commit(&segment.head.author, &point.commit, &point.signature));
        commits.extend(segment.commits().map(|commit| (commit.id(), commit)));
    }
    let head = decode::<SegmentHead, 256>("a head", &vector("segment.head")).unwrap();
    assert_eq!(first_head, Some(head));
    let referred: BTreeSet<CommitId> = commits.values().flat_map(|c| c.references()).collect();
    let turn = |id: CommitId| commits[&id].turn();
    for commit in commits.values() {
        let backlink = commit.backlink().map(turn);
        let parents = commit.references().filter(|id| Some(*id) != commit.backlink());
        let formula = backlink.into_iter().chain(parents.map(|id| 1 + turn(id))).max();
        assert_eq!(commit.turn(), formula.unwrap_or(0));
    }
    let mut order: Vec<&Commit> = commits.values().collect();
    order.sort_by_key(|c| (c.turn(), c.author(), c.seq(), c.id()));
    assert_eq!(hex(&join(&order)), hex(&vector("log.order")));
    let heads: Vec<CommitId> = commits.keys().copied().filter(|c| !referred.contains(c)).collect();
    assert_eq!(heads.iter().flat_map(|id| id.0).collect::<Vec<u8>>(), vector("log.heads"));
    assert_eq!(version_id(&heads).0, id("log.version"));
    let links: BTreeSet<CommitId> = commits.values().filter_map(Commit::backlink).collect();
    let mut last: Vec<&Commit> = commits.values().filter(|c| !links.contains(&c.id())).collect();
    last.sort_by_key(|c| (c.author(), c.seq(), c.id()));
    assert_eq!(hex(&tips(&last)), hex(&vector("log.frontier")));
}

#[test]
fn the_fork_of_the_page_is_read_without_damage() {
    let found: Vec<_> =
        read_segments(DatasetId(id("founding.id")), &vector("fork.file")[48..], 48).collect();
    assert!(found.iter().all(|found| found.damage.is_none()));
    let segments: Vec<_> = found.into_iter().filter_map(|found| found.segment).collect();
    let [trunk, branch] = &segments[..] else { panic!("two segments") };
    let (trunk_commits, branch_commits): (Vec<_>, Vec<_>) =
        (trunk.commits().collect(), branch.commits().collect());
    assert_eq!((trunk.head.blocks, trunk_commits.len()), (2, 3));
    assert_eq!(trunk.points[0].commit, trunk_commits[1].id());
    assert_eq!(branch_commits[0].backlink(), trunk_commits[1].backlink());
    assert_eq!(trunk_commits[2].id().0, id("fork.waits"));
    for point in trunk.points.iter().chain(&branch.points) {
        assert!(verify_commit(&key(1).author(), &point.commit, &point.signature));
    }
}

#[test]
fn the_alike_payloads_of_the_page_return() {
    let dataset = DatasetId(id("founding.id"));
    let file = vector("alike.file");
    let found = read_segments(dataset, &file[48..], 48).next().unwrap();
    assert_eq!(found.damage, None);
    let commits: Vec<Commit> = found.segment.unwrap().commits().collect();
    assert_eq!(hex(&join(&commits.iter().collect::<Vec<_>>())), hex(&vector("alike.order")));
    let alike = alike(&history().a[0]);
    let payloads = |commits: &[Commit]| -> Vec<Option<Vec<u8>>> {
        commits.iter().map(|commit| commit.payload().map(<[u8]>::to_vec)).collect()
    };
    assert_eq!(payloads(&commits), payloads(&alike));
    // The rows that the page takes apart.
    let (_, example) = PAGE.split_once("```rows\n").expect("the page has an example of rows");
    let (example, _) = example.split_once("```").unwrap();
    let row = |line: &str| unhex(&line.split_once("  ").unwrap().0.replace(' ', ""));
    let rows: Vec<u8> = example.lines().flat_map(row).collect();
    assert!(file.windows(rows.len()).any(|part| part == rows), "{}", hex(&rows));
    assert_eq!(example.lines().count(), 5, "one line for each of the rows 2 to 6");
}

/// Who may write is the log's to say, and tested there; here it is read.
#[test]
fn the_rights_of_the_page_are_read_without_damage() {
    let dataset = DatasetId(id("owned.id"));
    let file = vector("rights.file");
    let found = read_segments(dataset, &file[48..], 48);
    let segments = found.map(|found| {
        assert_eq!(found.damage, None);
        found.segment.unwrap()
    });
    let mut commits: Vec<Commit> =
        segments.flat_map(|one| one.commits().collect::<Vec<_>>()).collect();
    commits.sort_by_key(|c| (c.turn(), c.author(), c.seq(), c.id()));
    let (refused, order) = (vector("rights.refused"), vector("rights.order"));
    let is_refused = |c: &Commit| refused.as_chunks::<32>().0.contains(&c.id().0);
    let (held, others): (Vec<_>, Vec<_>) = commits.iter().partition(|c| !is_refused(c));
    assert_eq!(hex(&join(&held)), hex(&order));
    assert_eq!(others.len() * 32, refused.len());
}

#[test]
fn ids_and_digests_follow_from_the_page() {
    assert_eq!(vector("node.id"), node().0);
    let leaf = digest_leaf(&Digest(id("digest.place")), &vector("digest.value"));
    assert_eq!(digest_key(&vector("digest.key")).0, id("digest.place"));
    assert_eq!(leaf.0, id("digest.leaf"));
    assert_eq!(digest_branch(&leaf, &Digest(id("digest.place"))).0, id("digest.branch"));
    let store = FileHeader::decode(&vector("file.header.store")).unwrap();
    assert_eq!(store.purpose, Purpose::Store);
}

#[test]
fn the_sizes_of_the_page_are_the_sizes() {
    assert_eq!(vector("next.header").len(), 101, "an ordinary header, two blocks of BLAKE3");
    assert_eq!(vector("payload.keystroke").len(), 62, "one typed letter");
    assert_eq!(vector("payload.create").len() - vector("payload.empty").len(), 20);
    assert_eq!(vector("payload.empty").len(), 9);
    let keyed = vector("payload.create_keyed").len() - vector("payload.empty").len();
    assert_eq!(keyed - vector("node.keyed.key").len(), 12);
    let own = |name: &str| vector(&format!("payload.{name}")).len() - vector("payload.empty").len();
    assert_eq!(own("recreate"), 16 + vector("node.keyed.key").len());
    assert_eq!(own("delete"), 20);
    assert_eq!(vector("config.deletion.lose").len(), 4);
    for (name, bytes) in [("counter.add", 12), ("list.remove", 12), ("list.move", 12)] {
        assert_eq!(vector(&format!("op.{name}")).len(), bytes, "{name}");
    }
    assert_eq!(vector("op.register.clear").len(), 4);
    assert_eq!(vector("signature.point.message").len(), 61);
    assert_eq!(vector("segment.head").len(), 146);
    let bare = SegmentHead {
        previous: None,
        ..decode::<SegmentHead, 256>("a head", &vector("segment.head")).unwrap()
    };
    assert_eq!(encode(&bare).len(), 114);
}

#[test]
fn the_limits_of_the_page_are_the_limits() {
    let limits = [
        ("PARENTS_MAX", limits::PARENTS_MAX as u64),
        ("HEADER_BYTES_MAX", limits::HEADER_BYTES_MAX as u64),
        ("PAYLOAD_BYTES_MAX", limits::PAYLOAD_BYTES_MAX as u64),
        ("OPS_MAX", limits::OPS_MAX as u64),
        ("OP_BYTES_MAX", limits::OP_BYTES_MAX as u64),
        ("SCHEMA_BYTES_MAX", limits::SCHEMA_BYTES_MAX as u64),
        ("TYPES_MAX", limits::TYPES_MAX as u64),
        ("FIELDS_MAX", limits::FIELDS_MAX as u64),
        ("MIGRATION_STEPS_MAX", limits::MIGRATION_STEPS_MAX as u64),
        ("NAME_BYTES_MAX", limits::NAME_BYTES_MAX as u64),
        ("CONFIG_BYTES_MAX", limits::CONFIG_BYTES_MAX as u64),
        ("VALUE_DEPTH_MAX", limits::VALUE_DEPTH_MAX as u64),
        ("TYPE_NODES_MAX", limits::TYPE_NODES_MAX as u64),
        ("UNION_MEMBERS_MAX", limits::UNION_MEMBERS_MAX as u64),
        ("LIST_ITEMS_MAX", limits::LIST_ITEMS_MAX as u64),
        ("FRAME_BYTES_MAX", limits::FRAME_BYTES_MAX as u64),
        ("BLOCK_BYTES_TARGET", limits::BLOCK_BYTES_TARGET as u64),
        ("LIKE_BYTES_MAX", limits::LIKE_BYTES_MAX as u64),
        ("SEGMENT_COMMITS_MAX", u64::from(limits::SEGMENT_COMMITS_MAX)),
        ("SIGN_EVERY_COMMITS", limits::SIGN_EVERY_COMMITS),
        ("SIGN_EVERY_BYTES", limits::SIGN_EVERY_BYTES),
        ("PROOF_HEADERS_MAX", limits::PROOF_HEADERS_MAX as u64),
        ("PROOF_BYTES_MAX", limits::PROOF_BYTES_MAX as u64),
    ];
    let source = include_str!("../../src/limits.rs");
    assert_eq!(source.matches("pub const ").count(), limits.len(), "every limit is on the page");
    for (name, limit) in limits {
        assert!(PAGE.contains(&format!("| `{name}` | {limit} |")), "{name} is {limit}");
    }
}

#[test]
fn the_fork_proof_of_the_page_is_verified() {
    let bytes = vector("fork.proof");
    let proof = ForkProof::decode(&bytes).unwrap();
    assert_eq!(proof.encode(), bytes);
    let fork = proof.verify().unwrap();
    assert_eq!(fork.backlink.map(|backlink| backlink.0), Some(id("founding.id")));
    let order = vector("fork.order");
    assert_eq!(fork.rivals.map(|rival| rival.0).concat(), order[32..]);
}
