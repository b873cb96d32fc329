//! Whatever is encoded decodes to itself: all canonical types, and segments of random chains cut
//! anywhere.

mod sample;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use sample::{founding, key};
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use woodland_format::{
    AtomConfig, Block, Commit, CommitId, CounterOp, DatasetId, DeletionConfig, Draft, EventsConfig,
    FieldDefinition, FieldId, Float, Header, IdentityKey, KeyConfig, ListConfig, ListOp, MapConfig,
    MapOp, MemberDefinition, Migration, MigrationStep, NodeId, ObjectId, OnDelete, Op, OpView,
    Payload, PayloadHash, Position, RecordConfig, RecordOp, RegisterConfig, RegisterOp, Right,
    RightsChange, Schema, SchemaChange, SchemaId, SegmentHead, SetConfig, SetOp, SignedPoint,
    TextOp, TypeDefinition, TypeId, UniqueConfig, UnseenEdits, Value, ValueType, decode, encode,
    encode_segment, limits, read_segments,
};

const ALL: usize = limits::PAYLOAD_BYTES_MAX;

type KindAndConfig = (String, Vec<u8>);

/// Floats of every kind: any bits at all, and those where forms meet.
fn float() -> impl Strategy<Value = f64> {
    let odd = [0, 1 << 63, 1, 0x7ff8 << 48, 0xfff8 << 48, 0x7ff0 << 48, 0xfff0 << 48, 0x7ff4 << 48];
    prop_oneof![any::<u64>(), proptest::sample::select(odd.to_vec())].prop_map(f64::from_bits)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<String>().prop_map(Value::String),
        vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
        any::<[u8; 16]>().prop_map(|id| Value::Pointer(NodeId(id))),
        float().prop_map(Value::from),
    ];
    leaf.prop_recursive(15, 60, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            btree_map(any::<u32>(), inner.clone(), 0..4)
                .prop_map(|members| Value::Record(members.into_iter().collect())),
            btree_map(inner.clone(), inner, 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

/// Values that are often equal, or alike but for one thing.
fn close_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-1..2i64).prop_map(Value::Int),
        "[ab]{0,2}".prop_map(Value::String),
        vec(0..2u8, 0..3).prop_map(Value::Bytes),
        (0..2u8).prop_map(|id| Value::Pointer(NodeId([id; 16]))),
        float().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::List),
            btree_map(0..2u32, inner.clone(), 0..3)
                .prop_map(|members| Value::Record(members.into_iter().collect())),
            btree_map(inner.clone(), inner, 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

/// Any type, whether it keeps the rules or not.
fn value_type() -> impl Strategy<Value = ValueType> {
    let leaf = prop_oneof![
        Just(ValueType::Bool),
        Just(ValueType::Int),
        Just(ValueType::String),
        Just(ValueType::Bytes),
        Just(ValueType::Float),
        any::<u64>().prop_map(|id| ValueType::Pointer(TypeId(id))),
        (any::<u64>(), 0..3usize).prop_map(|(id, at)| {
            let policies = [OnDelete::Restrict, OnDelete::Cascade, OnDelete::Revive];
            ValueType::ForeignKey { target: TypeId(id), on_delete: policies[at] }
        }),
        close_value().prop_map(ValueType::Literal),
    ];
    leaf.prop_recursive(7, 30, 4, |inner| {
        let member = ("\\PC{0,9}", inner.clone());
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed.clone().prop_map(ValueType::List),
            boxed.clone().prop_map(ValueType::Optional),
            ("\\PC{0,9}", boxed.clone())
                .prop_map(|(name, over)| ValueType::Derivation { name, over }),
            (boxed, close_value()).prop_map(|(of, value)| ValueType::Default { of, value }),
            vec(inner, 0..4).prop_map(ValueType::Union),
            btree_map(any::<u32>(), member, 0..4).prop_map(|members| {
                let member = |(number, (name, value))| MemberDefinition { number, name, value };
                ValueType::Composite(members.into_iter().map(member).collect())
            }),
        ]
    })
}

fn members() -> impl Strategy<Value = Vec<(u32, Value)>> {
    btree_map(any::<u32>(), value(), 0..4).prop_map(|members| members.into_iter().collect())
}

fn schema() -> impl Strategy<Value = Schema> {
    let fields = vec(("[a-z]{1,9}", vec(any::<u8>(), 0..30)), 0..5);
    vec((any::<u32>(), fields), 0..4).prop_map(|types| {
        let one = |(at, (version, fields)): (usize, (u32, Vec<KindAndConfig>))| {
            let field = |(number, (kind, config)): (usize, KindAndConfig)| FieldDefinition {
                id: FieldId((at * 100 + number) as u64),
                name: format!("f{number}"),
                kind,
                config,
            };
            let fields = fields.into_iter().enumerate().map(field).collect();
            TypeDefinition { id: TypeId(at as u64), name: format!("T{at}"), version, fields }
        };
        Schema { types: types.into_iter().enumerate().map(one).collect() }
    })
}

fn migration_step() -> impl Strategy<Value = MigrationStep> {
    let node_type = || any::<u64>().prop_map(TypeId);
    let field = || any::<u64>().prop_map(FieldId);
    let name = || "\\PC{0,9}";
    let config = || vec(any::<u8>(), 0..30);
    let part =
        || schema().prop_filter_map("it has a type", |schema| schema.types.into_iter().next());
    let added = (node_type(), part()).prop_filter_map("it has a field", |(node_type, one)| {
        let field = one.fields.into_iter().next()?;
        Some(MigrationStep::AddField { node_type, field })
    });
    prop_oneof![
        part().prop_map(MigrationStep::AddType),
        node_type().prop_map(|node_type| MigrationStep::RemoveType { node_type }),
        (node_type(), name())
            .prop_map(|(node_type, name)| MigrationStep::RenameType { node_type, name }),
        added,
        field().prop_map(|field| MigrationStep::RemoveField { field }),
        (field(), name()).prop_map(|(field, name)| MigrationStep::RenameField { field, name }),
        (field(), config()).prop_map(|(field, config)| MigrationStep::ChangeType { field, config }),
        (field(), field()).prop_map(|(from, to)| MigrationStep::MoveField { from, to }),
        (field(), value_type())
            .prop_map(|(field, value)| MigrationStep::change_default_type(field, &value)),
        field().prop_map(|field| MigrationStep::RemoveDefaultType { field }),
    ]
}

fn migration() -> impl Strategy<Value = Migration> {
    vec(migration_step(), 0..5).prop_map(|steps| Migration { steps })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => schema().prop_map(Op::Schema),
        2 => any::<(u64, u64)>().prop_map(|(id, salt)| Op::Create { node_type: TypeId(id), salt }),
        1 => (any::<u64>(), value())
            .prop_map(|(id, key)| Op::CreateKeyed { node_type: TypeId(id), key }),
        1 => (any::<u64>(), value(), any::<u32>()).prop_map(|(id, key, generation)| {
            Op::Recreate { node_type: TypeId(id), key, generation }
        }),
        1 => any::<[u8; 16]>().prop_map(|id| Op::Delete { node: NodeId(id) }),
        1 => migration().prop_map(Op::Migrate),
        4 => (any::<[u8; 16]>(), any::<u64>(), vec(any::<u8>(), 0..50)).prop_map(|(id, field, op)| {
            Op::Edit { object: ObjectId { node: NodeId(id), field: FieldId(field) }, op }
        }),
    ]
}

fn payload() -> impl Strategy<Value = Payload> {
    vec(op(), 0..4).prop_map(Payload::of)
}

fn schema_change() -> impl Strategy<Value = SchemaChange> {
    prop_oneof![
        4 => Just(SchemaChange::Keep),
        1 => any::<[u8; 32]>().prop_map(|id| SchemaChange::Adopt(SchemaId(id))),
        1 => any::<[u8; 32]>().prop_map(|id| SchemaChange::Introduce(SchemaId(id))),
    ]
}

fn rights_change() -> impl Strategy<Value = RightsChange> {
    let identity = any::<[u8; 32]>().prop_map(IdentityKey);
    (identity, 0..3u8).prop_map(|(identity, what)| match what {
        0 => RightsChange::Grant(identity, Right::Read),
        1 => RightsChange::Grant(identity, Right::Write),
        _ => RightsChange::Revoke(identity),
    })
}

/// What a later commit changes.
#[derive(Debug, Clone, Copy)]
enum Changes {
    Schema(SchemaChange),
    Rights(RightsChange),
}

fn changes() -> impl Strategy<Value = Changes> {
    prop_oneof![
        6 => schema_change().prop_map(Changes::Schema),
        1 => rights_change().prop_map(Changes::Rights),
    ]
}

fn parents(most: usize) -> impl Strategy<Value = Vec<CommitId>> {
    btree_set(any::<[u8; 32]>(), 0..=most).prop_map(|ids| ids.into_iter().map(CommitId).collect())
}

fn position() -> impl Strategy<Value = Position> {
    let ids = any::<([u8; 32], [u8; 32])>();
    let certified = option::of((1..9u8, "\\PC{0,30}"));
    let first =
        (ids, 1..9u8, any::<bool>(), certified).prop_map(|((one, two), seed, founds, word)| {
            let author = key(seed).author();
            let certificate = word.map(|(seed, name)| key(seed).certify(&author, &name));
            let schema = SchemaId(two);
            match (founds, certificate) {
                (true, Some(certificate)) if seed % 2 == 0 => {
                    Position::Owned { author, nonce: one, schema, certificate }
                }
                (true, certificate) => {
                    Position::Founding { author, nonce: one, schema, certificate }
                }
                (false, certificate) => {
                    Position::First { author, dataset: DatasetId(one), schema, certificate }
                }
            }
        });
    let next = (any::<[u8; 32]>(), 1..=u64::MAX, schema_change())
        .prop_map(|(id, seq, schema)| Position::Next { backlink: CommitId(id), seq, schema });
    let rights = (any::<[u8; 32]>(), 1..=u64::MAX, rights_change())
        .prop_map(|(id, seq, change)| Position::Rights { backlink: CommitId(id), seq, change });
    prop_oneof![first, next, rights]
}

fn header() -> impl Strategy<Value = Header> {
    let size = 0..=u32::try_from(limits::PAYLOAD_BYTES_MAX).unwrap();
    (position(), any::<[u8; 32]>(), size, any::<u64>(), parents(8)).prop_map(
        |(position, hash, payload_bytes, turn, parents)| {
            let founds = matches!(position, Position::Founding { .. } | Position::Owned { .. });
            let (turn, parents) = if founds { (0, vec![]) } else { (turn, parents) };
            let payload_hash = PayloadHash(hash);
            Header { format: 1, position, payload_hash, payload_bytes, turn, parents }
        },
    )
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

macro_rules! returns {
    ($type:ty, $value:expr) => {{
        let value: $type = $value;
        prop_assert_eq!(decode::<$type, ALL>("a thing", &encode(&value)).unwrap(), value)
    }};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn values_and_types_return(value in value(), value_type in value_type(), members in members()) {
        returns!(Value, value.clone());
        returns!(ValueType, value_type.clone());
        returns!(RegisterOp, RegisterOp::Set(value));
        returns!(RecordOp, RecordOp::Set(members));
        returns!(RegisterConfig, RegisterConfig { value: value_type.clone() });
        let member = |number| MemberDefinition { number, name: format!("m{number}"), value: value_type.clone() };
        returns!(RecordConfig, RecordConfig { members: (0..3).map(member).collect() });
        returns!(AtomConfig, AtomConfig { value: value_type.clone() });
        returns!(SetConfig, SetConfig { item: value_type.clone() });
        returns!(ListConfig, ListConfig { item: value_type.clone() });
        returns!(KeyConfig, KeyConfig { value: value_type.clone() });
        returns!(MapConfig, MapConfig { key: value_type.clone(), value: value_type });
    }

    #[test]
    fn migrations_and_rules_return(
        migration in migration(), ids in vec(any::<u64>(), 0..5), is_revive in any::<bool>(),
    ) {
        prop_assert_eq!(migration.to_string().is_empty(), migration.steps.is_empty());
        returns!(Migration, migration);
        returns!(UniqueConfig, UniqueConfig { fields: ids.into_iter().map(FieldId).collect() });
        let edits = if is_revive { UnseenEdits::Revive } else { UnseenEdits::Lose };
        returns!(DeletionConfig, DeletionConfig { edits });
    }

    #[test]
    fn ops_of_all_kinds_return(
        items in btree_set(value(), 0..4), entries in btree_map(value(), value(), 0..4),
        numbers in btree_set(any::<u32>(), 0..9), at in any::<(u32, u32)>(), add in any::<i64>(),
        reducer in "\\PC{0,30}", value in value(),
    ) {
        let items: Vec<Value> = items.into_iter().collect();
        returns!(SetOp, SetOp::Add(items.clone()));
        returns!(SetOp, SetOp::Remove(items.clone()));
        returns!(MapOp, MapOp::Put(entries.into_iter().collect()));
        returns!(MapOp, MapOp::Remove(items.clone()));
        returns!(RecordOp, RecordOp::Clear(numbers.into_iter().collect()));
        returns!(RegisterOp, RegisterOp::Clear);
        returns!(CounterOp, CounterOp::Add(add));
        returns!(ListOp, ListOp::Insert { at: at.0, items: items.into_iter().rev().collect() });
        returns!(ListOp, ListOp::Remove { at: at.0, count: at.1 });
        returns!(ListOp, ListOp::Move { from: at.0, to: at.1 });
        returns!(ListOp, ListOp::Set { at: at.0, item: value });
        returns!(EventsConfig, EventsConfig { reducer });
    }

    #[test]
    fn the_order_of_values_is_total_and_equal_is_equal_bytes(
        a in close_value(), b in close_value(), c in close_value(),
    ) {
        let bytes = [&a, &b].map(encode);
        prop_assert_eq!(a == b, bytes[0] == bytes[1]);
        prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a.partial_cmp(&b), Some(a.cmp(&b)));
        prop_assert!(!(a <= b && b <= c) || a <= c, "{a} {b} {c}");
        prop_assert!(a != b || hash(&a) == hash(&b));
        // The tag decides before all else.
        let tag = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
        let (one, other) = (tag(&bytes[0]), tag(&bytes[1]));
        prop_assert!(one == other || a.cmp(&b) == one.cmp(&other));
    }

    #[test]
    fn floats_have_one_form_and_one_order(one in float(), other in float()) {
        let (a, b) = (Float::new(one), Float::new(other));
        prop_assert_eq!(Float::new(a.get()).get().to_bits(), a.get().to_bits());
        prop_assert!(one.is_nan() && a.get().is_nan() || one == a.get());
        prop_assert_eq!(a == b, one == other || one.is_nan() && other.is_nan());
        let expected = one.partial_cmp(&other).unwrap_or(one.is_nan().cmp(&other.is_nan()));
        prop_assert_eq!(a.cmp(&b), expected);
        let whole = decode::<Float, 8>("a float", &one.to_bits().to_le_bytes());
        prop_assert_eq!(whole.is_ok(), one.to_bits() == a.get().to_bits());
        prop_assert_eq!(decode::<Float, 8>("a float", &encode(&a)), Ok(a));
        let text = a.to_string();
        prop_assert_eq!(Float::new(text.parse().unwrap()), a, "{}", text);
    }

    #[test]
    fn a_register_op_is_read_alike_both_ways(
        value in value(), bent in any::<(usize, u8)>(), cut in any::<usize>(),
    ) {
        let mut bytes = encode(&RegisterOp::Set(value));
        let slow = |bytes: &[u8]| decode::<RegisterOp, { limits::OP_BYTES_MAX }>("a register's op", bytes);
        prop_assert_eq!(RegisterOp::decode(&bytes), slow(&bytes));
        let at = bent.0 % bytes.len();
        bytes[at] = bent.1;
        prop_assert_eq!(RegisterOp::decode(&bytes), slow(&bytes));
        bytes.truncate(cut % bytes.len());
        prop_assert_eq!(RegisterOp::decode(&bytes), slow(&bytes));
    }

    #[test]
    fn text_ops_return(at in any::<u32>(), bytes in any::<u32>(), text in any::<String>()) {
        returns!(TextOp, TextOp::Insert { at, text });
        returns!(TextOp, TextOp::Delete { at, bytes });
    }

    #[test]
    fn schemas_and_payloads_return(schema in schema(), payload in payload()) {
        prop_assert_eq!(Schema::decode(&schema.encode()).unwrap(), schema);
        let bytes = payload.encode();
        let viewed = Payload::view(&bytes).unwrap();
        let is_copied = |one: &OpView<'_>| {
            matches!(one, OpView::Other(Op::Create { .. } | Op::Edit { .. }))
        };
        prop_assert!(!viewed.iter().any(is_copied), "what is frequent is read in place");
        prop_assert_eq!(viewed.into_iter().map(Op::from).collect::<Vec<_>>(), &payload.ops[..]);
        prop_assert_eq!(Payload::decode(&bytes).unwrap(), payload);
    }

    #[test]
    fn headers_return(header in header()) {
        prop_assert_eq!(Header::decode(&header.encode()).unwrap(), header);
    }

    #[test]
    fn bytes_that_decode_are_the_bytes_of_what_they_decode_to(
        bytes in vec(prop_oneof![3 => 0..8u8, 1 => any::<u8>()], 0..120),
    ) {
        if let Ok(value) = decode::<Value, ALL>("a value", &bytes) {
            prop_assert_eq!(encode(&value), &bytes[..]);
        }
        if let Ok(value_type) = decode::<ValueType, ALL>("a type", &bytes) {
            prop_assert_eq!(encode(&value_type), &bytes[..]);
        }
        if let Ok(op) = decode::<TextOp, ALL>("an op", &bytes) {
            prop_assert_eq!(encode(&op), &bytes[..]);
        }
        let bytes = [&[1][..], &bytes].concat();
        if let Ok(payload) = Payload::decode(&bytes) {
            prop_assert_eq!(payload.encode(), &bytes[..]);
        }
        if let Ok(header) = Header::decode(&bytes) {
            prop_assert_eq!(header.encode(), bytes);
        }
    }
}

/// What one commit of a random chain says beside its place.
#[derive(Debug, Clone)]
struct Step {
    turns: u64,
    parents: Vec<CommitId>,
    payload: Payload,
    changes: Changes,
    erased: bool,
    signed: bool,
    big: usize,
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![9 => Just(0usize), 1 => 0..80_000usize];
    let flags = (prop_oneof![2 => Just(0u64), 1 => 0..5u64], any::<bool>(), any::<bool>(), size);
    (flags, parents(3), payload(), changes()).prop_map(
        |((turns, erased, signed, big), parents, payload, changes)| Step {
            turns,
            parents,
            payload,
            changes,
            erased,
            signed,
            big,
        },
    )
}

fn build(steps: &[Step]) -> Vec<Commit> {
    let mut chain = vec![founding(1)];
    for step in steps {
        let last = &chain[chain.len() - 1];
        let (backlink, seq) = (last.id(), last.seq() + 1);
        let position = match step.changes {
            Changes::Schema(schema) => Position::Next { backlink, seq, schema },
            Changes::Rights(change) => Position::Rights { backlink, seq, change },
        };
        let mut payload = step.payload.clone();
        payload.ops.extend(sample::typed(0, &"x".repeat(step.big)).ops);
        let (turn, parents) = (last.turn() + step.turns, step.parents.clone());
        let commit =
            Commit::seal(last.author(), Draft { position, turn, parents, payload }).unwrap();
        let erased = Commit::new(commit.author(), commit.header().clone(), None).unwrap();
        chain.push(if step.erased { erased } else { commit });
    }
    chain
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn segments_of_any_chain_and_any_cut_return(
        steps in vec(step(), 0..25),
        cuts in vec(1..9usize, 30),
    ) {
        let chain = build(&steps);
        let dataset: DatasetId = chain[0].id().into();
        let signed = |commit: &Commit| {
            let at = usize::try_from(commit.seq()).unwrap();
            (at == 0 || steps[at - 1].signed).then(|| commit.sign(&key(1)).signature)
        };
        let (mut left, mut bytes, mut heads) = (&chain[..], Vec::new(), Vec::new());
        for cut in cuts {
            let (run, rest) = left.split_at(cut.min(left.len()));
            if run.is_empty() {
                break;
            }
            bytes.extend(encode_segment(dataset, run, signed));
            heads.push((run[0].seq(), run[0].backlink(), run.last().map(Commit::id)));
            left = rest;
        }
        let done = chain.len() - left.len();
        let mut commits = Vec::new();
        let mut points = Vec::new();
        let mut offset = 1000;
        for (found, expected) in read_segments(dataset, &bytes, 1000).zip(heads) {
            prop_assert_eq!(found.damage, None);
            let segment = found.segment.unwrap();
            let SegmentHead { first_seq, previous, last, .. } = segment.head;
            prop_assert_eq!((first_seq, previous, Some(last)), expected);
            prop_assert_eq!(segment.offset, offset);
            let target = limits::BLOCK_BYTES_TARGET;
            let fits = |block: &Block| block.len() == 1 || block.bytes() <= target;
            prop_assert!(segment.blocks().iter().all(fits));
            prop_assert_eq!(segment.blocks().len(), segment.head.blocks as usize);
            offset += segment.bytes;
            commits.extend(segment.commits());
            points.extend(segment.points);
        }
        prop_assert_eq!(offset, 1000 + bytes.len() as u64);
        prop_assert_eq!(&commits, &chain[..done]);
        for (read, made) in commits.iter().zip(&chain) {
            prop_assert_eq!(read.header(), made.header());
            prop_assert_eq!(read.payload(), made.payload());
            prop_assert_eq!(read.author(), made.author());
        }
        let expected: Vec<SignedPoint> = chain[..done]
            .iter()
            .filter_map(|commit| signed(commit).map(|_| commit.sign(&key(1))))
            .collect();
        prop_assert_eq!(points, expected);
    }
}
