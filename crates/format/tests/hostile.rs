//! Bytes from outside against every decoder: cut, bent, lengthened, lying about lengths, nested,
//! foreign. Every error of the crate is raised here at least once.

mod sample;

use sample::kinds::{self, Sample, decoder};
use sample::{author, founding, key, sample, schema, typed};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use woodland_format::{
    AuthorKey, Certificate, Commit, CommitError, CommitId, DamageCause, DatasetId, Draft,
    EventsConfig, FieldDefinition, FieldId, FileHeader, Header, HeaderError, IdParseError, ListOp,
    MapOp, MemberDefinition, Migration, MigrationStep, NodeId, ObjectId, OnDelete, Op, Payload,
    PayloadError, Position, RecordConfig, RecordOp, RegisterConfig, RegisterOp, Schema,
    SchemaChange, SchemaError, SegmentHead, SetOp, Signature, TextOp, TypeDefinition, TypeId,
    UniqueConfig, Value, ValueType, decode, encode, limits, read_segments, verify_commit,
};

fn value() -> Value {
    let list = Value::List(vec![Value::Bool(true), Value::Bytes(vec![1, 2, 3])]);
    Value::Record(vec![(1, list), (7, Value::Pointer(NodeId([8; 16]))), (9, Value::Int(-1))])
}

fn value_type() -> ValueType {
    ValueType::List(Box::new(ValueType::List(Box::new(ValueType::Pointer(TypeId(3))))))
}

fn named(fields: usize) -> Schema {
    let field = |at: usize| FieldDefinition {
        id: FieldId(at as u64),
        name: format!("f{at}"),
        kind: "register".into(),
        config: encode(&RegisterConfig { value: value_type() }),
    };
    let fields = (0..fields).map(field).collect();
    Schema {
        types: vec![TypeDefinition { id: TypeId(1), name: "Note".into(), version: 1, fields }],
    }
}

fn header() -> Header {
    let position = Position::Next {
        backlink: CommitId([3; 32]),
        seq: 9,
        schema: SchemaChange::Adopt(schema().id()),
    };
    let parents = vec![CommitId([1; 32]), CommitId([2; 32])];
    let payload_hash = woodland_format::payload_hash(b"");
    Header { format: 1, position, payload_hash, payload_bytes: 0, turn: 5, parents }
}

fn members() -> RecordConfig {
    let member =
        |number| MemberDefinition { number, name: format!("m{number}"), value: value_type() };
    RecordConfig { members: vec![member(1), member(2)] }
}

fn decoders() -> Vec<Sample> {
    let mut all = kinds::values_and_types();
    all.extend(kinds::configs());
    all.extend(kinds::ops());
    all.extend(kinds::migrations());
    all.extend(plain_decoders());
    all
}

fn plain_decoders() -> Vec<Sample> {
    let head: kinds::Decoder = |b| Header::decode(b).map(|h| h.encode()).map_err(|e| e.to_string());
    let payload: kinds::Decoder =
        |b| Payload::decode(b).map(|p| p.encode()).map_err(|e| e.to_string());
    let schema: kinds::Decoder =
        |b| Schema::decode(b).map(|s| s.encode()).map_err(|e| e.to_string());
    let existence = kinds::existence().into_iter().flat_map(|(_, payload)| payload.ops);
    let ops = [typed(1, "x").ops, vec![Op::Schema(named(1))], kinds::keyed().ops];
    let ops = ops.into_iter().flatten().chain(existence).collect();
    let sample = sample();
    vec![
        ("header", header().encode(), head),
        ("first header", sample.other[0].header().encode(), head),
        ("founding header", sample.founder[0].header().encode(), head),
        ("payload", Payload::of(ops).encode(), payload),
        ("schema", named(2).encode(), schema),
        ("value", encode(&value()), decoder!(Value)),
        ("value type", encode(&value_type()), decoder!(ValueType)),
        ("record op", encode(&RecordOp::Set(vec![(1, value()), (2, value())])), decoder!(RecordOp)),
        ("register", encode(&RegisterConfig { value: value_type() }), decoder!(RegisterConfig)),
        ("record", encode(&members()), decoder!(RecordConfig)),
        ("certificate", encode(&key(9).certify(&author(1), "Ada")), decoder!(Certificate)),
        (
            "segment head",
            encode(&sample::head(sample.dataset, &sample.founder, 1)),
            decoder!(SegmentHead),
        ),
    ]
}

#[test]
fn truncated_bytes_and_trailing_bytes_decode_to_nothing() {
    for (name, bytes, decode) in decoders() {
        assert_eq!(decode(&bytes).as_ref(), Ok(&bytes), "{name}");
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "{name} cut at {cut}");
        }
        for more in [&[0][..], &[255], &[0; 8], &bytes] {
            assert!(decode(&[&bytes[..], more].concat()).is_err(), "{name} and {}", more.len());
        }
    }
}

#[test]
fn a_flipped_bit_is_another_value_or_none() {
    for (name, bytes, decode) in decoders() {
        for bit in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            if let Ok(again) = decode(&bent) {
                assert_eq!(again, bent, "{name}, bit {bit}: one value, one form");
            }
        }
    }
}

#[test]
fn claimed_lengths_are_only_claims() {
    let claims = [1 << 31, (1 << 31) - 1, 1 << 32, 1 << 63, u64::MAX, u64::MAX - 7, 1 << 24];
    for (name, bytes, decode) in decoders() {
        for at in 0..bytes.len().saturating_sub(7) {
            for claim in claims {
                let mut lying = bytes.clone();
                lying[at..at + 8].copy_from_slice(&u64::to_le_bytes(claim));
                if let Ok(again) = decode(&lying) {
                    assert_eq!(again, lying, "{name}, claim {claim} at {at}");
                }
                // Bincode 2 without a limit aborts the process on ten bytes like these.
                let cut = &lying[..at + 8];
                if let Ok(again) = decode(cut) {
                    assert_eq!(again, cut, "{name}, claim {claim} at {at}, cut after it");
                }
            }
        }
    }
}

fn nested_value(depth: usize, open: &[u8], close: &[u8]) -> Vec<u8> {
    [&open.repeat(depth - 1)[..], close].concat()
}

#[test]
fn nesting_ends_at_its_limit() {
    let list = [&5u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat();
    let record = [&6u32.to_le_bytes()[..], &1u64.to_le_bytes(), &4u32.to_le_bytes()].concat();
    let scalar = [0, 0, 0, 0, 1];
    let values = |open: &[u8], depth| {
        decode::<Value, { 1 << 25 }>("a value", &nested_value(depth, open, &scalar))
    };
    let map_key = [&8u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat();
    for open in [&list, &record, &map_key] {
        // A map's key has its value behind it, which is not worth closing so many.
        let whole = if open == &map_key { &[1][..] } else { &[1, 15, 16] };
        for &depth in whole {
            assert!(values(open, depth).is_ok(), "depth {depth}");
        }
        for depth in [17, 18, 1000, 1_000_000] {
            let error = values(open, depth).unwrap_err().to_string();
            assert!(error.contains("nested deeper than 16"), "{error}");
        }
    }
    // An empty list counts as if it held a scalar.
    let empty = [&list.repeat(15)[..], &5u32.to_le_bytes(), &0u64.to_le_bytes()].concat();
    assert!(decode::<Value, 1024>("a value", &empty).is_err());
    // The same in an op: its value stands at depth 1 again.
    let op = [&[0; 4][..], &nested_value(17, &list, &scalar)].concat();
    assert!(decode::<RegisterOp, 1024>("an op", &op).is_err());
    let op = [&[0; 4][..], &nested_value(16, &list, &scalar)].concat();
    assert!(decode::<RegisterOp, 1024>("an op", &op).is_ok());
}

/// Nests a value in a value, whichever way there is.
fn around(way: usize, inside: Value) -> Value {
    match way {
        0 => Value::List(vec![inside]),
        1 => Value::Record(vec![(4, inside)]),
        2 => Value::Map(vec![(inside, Value::Bool(true))]),
        _ => Value::Map(vec![(Value::Bool(true), inside)]),
    }
}

#[test]
fn values_nest_to_one_limit_whichever_way() {
    for ways in (0..4).map(|way| vec![way]).chain([vec![0, 1, 2, 3], vec![3, 2, 1], vec![2, 3]]) {
        for end in [Value::Int(1), Value::List(vec![]), Value::Record(vec![]), Value::Map(vec![])] {
            // An empty list counts as if it held a scalar.
            let own = if end == Value::Int(1) { 1 } else { 2 };
            for depth in [15, 16, 17, 18] {
                let wraps = ways.iter().cycle().take(depth - own);
                let one = wraps.fold(end.clone(), |inside, way| around(*way, inside));
                let decoded = decode::<Value, 4096>("a value", &encode(&one));
                match decoded {
                    Ok(value) => assert!(depth <= 16 && value == one, "{depth} {ways:?}"),
                    Err(error) => {
                        assert!(depth > 16, "{depth} {ways:?}: {error}");
                        assert!(error.to_string().contains("nested deeper than 16"), "{error}");
                    }
                }
            }
        }
    }
}

/// Nests a type in a type, whichever way there is; the rules of types are not looked at.
fn type_around(way: usize, inside: ValueType) -> ValueType {
    match way {
        0 => ValueType::List(Box::new(inside)),
        1 => ValueType::Union(vec![ValueType::Bool, inside]),
        2 => ValueType::Composite(vec![MemberDefinition {
            number: 1,
            name: "m".into(),
            value: inside,
        }]),
        3 => ValueType::Optional(Box::new(inside)),
        4 => ValueType::Default { of: Box::new(inside), value: 5.into() },
        _ => ValueType::Derivation { name: "date".into(), over: Box::new(inside) },
    }
}

#[test]
fn types_nest_to_one_limit_whichever_way() {
    let list = |depth| (1..depth).fold(Value::Int(1), |inside, _| around(0, inside));
    // What stands innermost, and how deep it is itself.
    let ends = [
        (ValueType::Int, 1),
        (ValueType::Pointer(TypeId(1)), 1),
        (ValueType::ForeignKey { target: TypeId(1), on_delete: OnDelete::Revive }, 1),
        (ValueType::Literal("red".into()), 2),
        (ValueType::Literal(list(5)), 6),
        (ValueType::Union(vec![]), 2),
        (ValueType::Composite(vec![]), 2),
        (ValueType::Default { of: Box::new(ValueType::Int), value: list(4) }, 5),
    ];
    let mixed = [vec![2, 1, 0, 3], vec![3, 2, 1], vec![5, 4, 3, 2, 1, 0], vec![1, 2]];
    for ways in (0..6).map(|way| vec![way]).chain(mixed) {
        for (end, own) in &ends {
            for depth in [15, 16, 17, 18] {
                let wraps = ways.iter().cycle().take(depth - own);
                let one = wraps.fold(end.clone(), |inside, way| type_around(*way, inside));
                let decoded = decode::<ValueType, 4096>("a type", &encode(&one));
                match decoded {
                    Ok(found) => assert!(depth <= 16 && found == one, "{depth} {ways:?} {end}"),
                    Err(error) => {
                        assert!(depth > 16, "{depth} {ways:?} {end}: {error}");
                        assert!(error.to_string().contains("nested deeper than 16"), "{error}");
                    }
                }
            }
        }
    }
    let open = |tag: u32, rest: &[u8]| [&tag.to_le_bytes()[..], rest].concat();
    let one = 1u64.to_le_bytes();
    for open in [
        open(5, &[]),
        open(8, &one),
        open(9, &[&one[..], &[0; 12]].concat()),
        open(10, &[0; 8]),
        open(11, &[]),
        open(12, &[]),
    ] {
        let error = decode::<ValueType, { 1 << 25 }>("a type", &open.repeat(300_000)).unwrap_err();
        assert!(error.to_string().contains("nested deeper than 16"), "{error}");
    }
}

#[test]
fn what_must_ascend_does_not_decode_in_another_order() {
    let (one, two): (Value, Value) = (1.into(), 2.into());
    let entry = |key: &Value| (key.clone(), Value::Bool(true));
    for pair in [[&two, &one], [&one, &one]] {
        let items: Vec<Value> = pair.into_iter().cloned().collect();
        let entries: Vec<(Value, Value)> = pair.into_iter().map(entry).collect();
        let decoded = [
            decode::<SetOp, 256>("an op", &encode(&SetOp::Add(items.clone()))).is_ok(),
            decode::<SetOp, 256>("an op", &encode(&SetOp::Remove(items.clone()))).is_ok(),
            decode::<MapOp, 256>("an op", &encode(&MapOp::Remove(items.clone()))).is_ok(),
            decode::<MapOp, 256>("an op", &encode(&MapOp::Put(entries.clone()))).is_ok(),
            decode::<Value, 256>("a map", &encode(&Value::Map(entries))).is_ok(),
            decode::<RecordOp, 256>("an op", &encode(&RecordOp::Clear(vec![2, 2]))).is_ok(),
            decode::<RecordOp, 256>("an op", &encode(&RecordOp::Clear(vec![2, 1]))).is_ok(),
        ];
        assert_eq!(decoded, [false; 7], "{pair:?}");
        // A list keeps its own order, and may hold one value twice.
        let insert = ListOp::Insert { at: 0, items };
        assert!(decode::<ListOp, 256>("an op", &encode(&insert)).is_ok());
    }
}

#[test]
fn a_float_in_another_form_does_not_decode() {
    let float = |bits: u64| [&7u32.to_le_bytes()[..], &bits.to_le_bytes()].concat();
    for bits in [1 << 63, 0x7ff8_0000_0000_0001, 0xfff8 << 48, 0x7ff4 << 48, u64::MAX] {
        let error = decode::<Value, 64>("a float", &float(bits)).unwrap_err().to_string();
        assert!(error.contains("not in its one form"), "{bits:x}: {error}");
    }
    for bits in [0, 1, 0x7ff0 << 48, 0x7ff8 << 48, 0xfff0 << 48, (1 << 63) | 1] {
        assert!(decode::<Value, 64>("a float", &float(bits)).is_ok(), "{bits:x}");
    }
}

#[test]
fn other_forms_of_the_same_value_are_refused() {
    let message = |result: Result<Value, woodland_format::CanonicalError>| {
        result.expect_err("not canonical").to_string()
    };
    for byte in 2..=255 {
        let _ = message(decode::<Value, 64>("a bool", &[0, 0, 0, 0, byte]));
    }
    let mut first = sample().other[0].header().encode();
    assert_eq!(first[101], 1, "the certificate's option");
    for byte in 2..=255 {
        first[101] = byte;
        assert!(Header::decode(&first).is_err());
    }
    for parents in [[2, 1], [1, 1]] {
        let parents = parents.map(|byte| CommitId([byte; 32])).to_vec();
        let error = Header::decode(&Header { parents, ..header() }.encode()).unwrap_err();
        assert!(matches!(error, HeaderError::ParentsUnsorted { .. }));
    }
    let (one, two) = ((1, Value::Bool(true)), (2, Value::Bool(true)));
    for members in [vec![two.clone(), one.clone()], vec![one.clone(), one.clone()]] {
        let value = encode(&Value::Record(members.clone()));
        assert!(message(decode::<Value, 64>("a record", &value)).contains("must ascend"));
        let op = encode(&RecordOp::Set(members));
        assert!(decode::<RecordOp, 64>("an op", &op).is_err());
    }
    assert!(decode::<RecordOp, 64>("an op", &encode(&RecordOp::Set(vec![one, two]))).is_ok());
    let _ = message(decode::<Value, 64>("a text", &encode(&("ab", 0u8))));
    assert!(decode::<Value, 64>("bad UTF-8", &[2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xff]).is_err());
    for tag in [9u32, 10, 255, 256, u32::MAX] {
        assert!(
            decode::<Value, 64>("a tag", &[&tag.to_le_bytes()[..], &[0; 16]].concat()).is_err()
        );
    }
}

#[test]
fn foreign_formats_are_called_by_their_number() {
    let (mut head, mut payload) = (header().encode(), typed(0, "x").encode());
    for format in (0..=255).filter(|format| *format != 1) {
        (head[0], payload[0]) = (format, format);
        assert_eq!(Header::decode(&head), Err(HeaderError::ForeignFormat { found: format }));
        assert_eq!(Payload::decode(&payload), Err(PayloadError::ForeignFormat { found: format }));
        assert_eq!(Header::decode(&head[..1]), Err(HeaderError::ForeignFormat { found: format }));
    }
}

/// Whether each limit lets through what is just below it and at it, and stops what is over it.
fn at_limit(name: &str, limit: usize, fits: impl Fn(usize) -> bool) {
    assert!(fits(limit - 1), "{name}, limit - 1");
    assert!(fits(limit), "{name}, limit");
    assert!(!fits(limit + 1), "{name}, limit + 1");
}

const ALL: usize = 1 << 25;

#[test]
fn every_limit_holds_exactly() {
    let parents = |n: usize| {
        let id = |at: usize| {
            CommitId([vec![0; 24], (at as u64).to_be_bytes().to_vec()].concat().try_into().unwrap())
        };
        Header { parents: (0..n).map(id).collect(), ..header() }
    };
    at_limit("parents", limits::PARENTS_MAX, |n| Header::decode(&parents(n).encode()).is_ok());
    at_limit("parents", limits::PARENTS_MAX, |n| parents(n).check().is_ok());
    let payload_bytes = |n: usize| Header { payload_bytes: n as u32, ..header() };
    at_limit("payload bytes", limits::PAYLOAD_BYTES_MAX, |n| {
        Header::decode(&payload_bytes(n).encode()).is_ok()
    });
    at_limit("list items", limits::LIST_ITEMS_MAX, |n| {
        let list = encode(&Value::List(vec![Value::Bool(true); n]));
        decode::<Value, ALL>("a list", &list).is_ok()
    });
    let members = |n: usize| (0..n as u32).map(|at| (at, Value::Bool(true))).collect::<Vec<_>>();
    at_limit("members", limits::FIELDS_MAX, |n| {
        decode::<Value, ALL>("a record", &encode(&Value::Record(members(n)))).is_ok()
    });
    at_limit("members set", limits::FIELDS_MAX, |n| {
        decode::<RecordOp, ALL>("an op", &encode(&RecordOp::Set(members(n)))).is_ok()
    });
    let entries = |n: usize| (0..n as i64).map(|at| (at.into(), true.into())).collect::<Vec<_>>();
    at_limit("entries", limits::LIST_ITEMS_MAX, |n| {
        decode::<Value, ALL>("a map", &encode(&Value::Map(entries(n)))).is_ok()
    });
    at_limit("entries put", limits::LIST_ITEMS_MAX, |n| {
        decode::<MapOp, ALL>("an op", &encode(&MapOp::Put(entries(n)))).is_ok()
    });
    at_limit("items added", limits::LIST_ITEMS_MAX, |n| {
        let items = SetOp::Add((0..n as i64).map(Value::Int).collect());
        decode::<SetOp, ALL>("an op", &encode(&items)).is_ok()
    });
    at_limit("items inserted", limits::LIST_ITEMS_MAX, |n| {
        let insert = ListOp::Insert { at: 0, items: vec![Value::Bool(true); n] };
        decode::<ListOp, ALL>("an op", &encode(&insert)).is_ok()
    });
    at_limit("members cleared", limits::FIELDS_MAX, |n| {
        decode::<RecordOp, ALL>("an op", &encode(&RecordOp::Clear((0..n as u32).collect()))).is_ok()
    });
    at_limit("reducer", limits::NAME_BYTES_MAX, |n| {
        let config = EventsConfig { reducer: "r".repeat(n) };
        decode::<EventsConfig, ALL>("a config", &encode(&config)).is_ok()
    });
    at_limit("name of a derivation", limits::NAME_BYTES_MAX, |n| {
        let over = Box::new(ValueType::Int);
        let one = ValueType::Derivation { name: "n".repeat(n), over };
        decode::<ValueType, ALL>("a type", &encode(&one)).is_ok()
    });
    at_limit("op bytes", limits::OP_BYTES_MAX, |n| {
        let op = encode(&TextOp::Insert { at: 0, text: "x".repeat(n) });
        decode::<TextOp, ALL>("an op", &op).is_ok()
    });
    at_limit("register's op", limits::OP_BYTES_MAX, |n| {
        RegisterOp::decode(&encode(&RegisterOp::Set("x".repeat(n - 16).into()))).is_ok()
    });
    let edit = |n: usize| {
        let object = ObjectId { node: NodeId([1; 16]), field: FieldId(1) };
        Op::Edit { object, op: vec![7; n] }
    };
    let fits = |payload: Payload| Payload::decode(&payload.encode()).is_ok();
    at_limit("edit", limits::OP_BYTES_MAX, |n| fits(Payload::of(vec![edit(n)])));
    let part = limits::PAYLOAD_BYTES_MAX / 5;
    at_limit("payload", limits::PAYLOAD_BYTES_MAX, |n| {
        let mut ops = vec![edit(part - 36); 4];
        ops.push(edit(n - 4 * part - 9 - 36));
        fits(Payload::of(ops))
    });
    at_limit("ops", limits::OPS_MAX, |n| fits(Payload::of(vec![Op::Schema(schema()); n])));
    at_limit("steps", limits::MIGRATION_STEPS_MAX, |n| {
        let migration =
            Migration { steps: vec![MigrationStep::RemoveField { field: FieldId(1) }; n] };
        fits(Payload::of(vec![Op::Migrate(migration)]))
    });
    let step = |step| fits(Payload::of(vec![Op::Migrate(Migration { steps: vec![step] })]));
    let (node_type, field) = (TypeId(1), FieldId(1));
    at_limit("a type's name", limits::NAME_BYTES_MAX, |n| {
        step(MigrationStep::RenameType { node_type, name: "n".repeat(n) })
    });
    at_limit("a field's name", limits::NAME_BYTES_MAX, |n| {
        step(MigrationStep::RenameField { field, name: "n".repeat(n) })
    });
    at_limit("a configuration", limits::CONFIG_BYTES_MAX, |n| {
        step(MigrationStep::ChangeType { field, config: vec![0; n] })
    });
    at_limit("a default type", limits::CONFIG_BYTES_MAX, |n| {
        step(MigrationStep::ChangeDefaultType { field, value: vec![0; n] })
    });
    at_limit("what is unique", limits::FIELDS_MAX, |n| {
        let fields = (0..n as u64).map(FieldId).collect();
        decode::<UniqueConfig, ALL>("a config", &encode(&UniqueConfig { fields })).is_ok()
    });
    at_limit("identity's name", limits::NAME_BYTES_MAX, |n| {
        let certificate = key(9).certify(&author(1), &"x".repeat(n));
        decode::<Certificate, ALL>("a word", &encode(&certificate)).is_ok()
    });
}

#[test]
fn every_limit_of_a_schema_holds_exactly() {
    let fits = |schema: &Schema| {
        let checked = schema.check().is_ok();
        assert_eq!(checked, Schema::decode(&schema.encode()).is_ok(), "door and check agree");
        checked
    };
    at_limit("fields", limits::FIELDS_MAX, |n| fits(&named(n)));
    let with = |change: &dyn Fn(&mut TypeDefinition)| {
        let mut schema = named(1);
        change(&mut schema.types[0]);
        fits(&schema)
    };
    let max = limits::NAME_BYTES_MAX;
    at_limit("type name", max, |n| with(&|one| one.name = "n".repeat(n)));
    at_limit("field name", max, |n| with(&|one| one.fields[0].name = "n".repeat(n)));
    at_limit("kind name", max, |n| with(&|one| one.fields[0].kind = "n".repeat(n)));
    let config = |n: usize| with(&|one| one.fields[0].config = vec![0; n]);
    at_limit("configuration", limits::CONFIG_BYTES_MAX, config);
    at_limit("types", limits::TYPES_MAX, |n| {
        let one = |at: usize| TypeDefinition {
            id: TypeId(at as u64),
            name: format!("T{at}"),
            version: 1,
            fields: vec![],
        };
        fits(&Schema { types: (0..n).map(one).collect() })
    });
    at_limit("schema", limits::SCHEMA_BYTES_MAX, |n| {
        let mut schema = named(65);
        for field in &mut schema.types[0].fields {
            field.config = vec![0; limits::CONFIG_BYTES_MAX - 500];
        }
        schema.types[0].fields[0].config.clear();
        let filler = n - schema.encode().len();
        schema.types[0].fields[0].config = vec![0; filler];
        assert_eq!(schema.encode().len(), n);
        fits(&schema)
    });
    for name in ["", "a b", "a.b", "Grüße", "a\u{202e}b", "\0"] {
        assert!(!with(&|one| one.name = name.into()), "{name:?}");
    }
}

/// Points of small order, and other forms of them: keys that sign anything, if they are let in.
const ODD_POINTS: [&str; 10] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn odd_keys_and_odd_signatures_sign_nothing() {
    let commit = CommitId([7; 32]);
    let good = key(1).sign_commit(&commit);
    for point in ODD_POINTS {
        let point: AuthorKey = point.parse().unwrap();
        for r in ODD_POINTS {
            let r: AuthorKey = r.parse().unwrap();
            for s in [[0; 32], [255; 32], good.0[32..].try_into().unwrap()] {
                let forged = Signature([r.0, s].concat().try_into().unwrap());
                assert!(!verify_commit(&point, &commit, &forged), "{point} {r}");
                assert!(!verify_commit(&author(1), &commit, &forged), "{r}");
            }
        }
        let word = Certificate {
            identity: woodland_format::IdentityKey(point.0),
            ..key(9).certify(&author(1), "")
        };
        assert!(!word.vouches_for(&author(1)));
    }
    assert!(!verify_commit(&author(2), &commit, &good), "another key's");
    assert!(!verify_commit(&author(1), &commit, &Signature::default()), "none");
    // A certificate's signature is over another context than a point's, and the name is part of it.
    let word = key(1).certify(&author(2), "");
    assert!(!verify_commit(&author(1), &CommitId(author(2).0), &word.signature));
}

#[test]
fn ids_parse_from_their_own_text_alone() {
    let id = CommitId([0xab; 32]);
    assert_eq!(id.to_string().parse(), Ok(id));
    for text in ["", "ab", &"g".repeat(64), &"ä".repeat(32), &id.to_string()[1..]] {
        let expected = IdParseError { text: text.to_owned(), digits: 64 };
        assert_eq!(text.parse::<CommitId>(), Err(expected));
    }
}

/// The names of an enum's variants, from its source.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let body = source.split(&format!("pub enum {name} {{\n")).nth(1).expect("the enum is there");
    let body = body.split("\n}\n").next().unwrap();
    let is_name = |line: &&str| {
        line.strip_prefix("    ").is_some_and(|rest| rest.starts_with(char::is_uppercase))
    };
    let word =
        |line: &str| line.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap().into();
    body.lines().filter(is_name).map(word).collect()
}

fn variant(error: &impl Debug) -> String {
    format!("{error:?}").split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

fn raised<E: Debug>(source: &str, name: &str, errors: &[E]) {
    assert_eq!(
        errors.iter().map(variant).collect::<BTreeSet<_>>(),
        variants(source, name),
        "{name}"
    );
}

fn header_errors() -> Vec<HeaderError> {
    let parents = |n: u8| (0..n).map(|at| CommitId([at; 32])).collect::<Vec<_>>();
    let Position::Founding { author, nonce, schema, .. } = founding(1).header().position else {
        unreachable!()
    };
    let lent = Some(key(9).certify(&sample::author(2), "Ada"));
    let wrong = Position::Founding { author, nonce, schema, certificate: lent };
    let plain = Position::Founding { author, nonce, schema, certificate: None };
    let zero = Position::Next { backlink: CommitId([0; 32]), seq: 0, schema: SchemaChange::Keep };
    let bad = [
        Header { format: 2, ..header() },
        Header { position: plain, ..header() },
        Header { position: zero, ..header() },
        Header { parents: vec![CommitId([1; 32]); 2], ..header() },
        Header { payload_bytes: u32::MAX, ..header() },
        Header { position: wrong, turn: 0, parents: vec![], ..header() },
    ];
    let mut errors: Vec<HeaderError> =
        bad.iter().map(|one| Header::decode(&one.encode()).unwrap_err()).collect();
    let many = Header { parents: [parents(255), parents(255)].concat(), ..header() };
    errors.push(many.check().unwrap_err());
    errors.push(Header::decode(&[1]).unwrap_err());
    errors
}

fn commit_errors() -> Vec<CommitError> {
    let one = founding(1);
    let payload = |bytes: &[u8]| Some(bytes.to_vec().into_boxed_slice());
    let mut wrong = one.payload().unwrap().to_vec();
    wrong[0] ^= 1;
    let position = Position::Next { backlink: one.id(), seq: 1, schema: SchemaChange::Keep };
    let batch = typed(0, &"x".repeat(limits::PAYLOAD_BYTES_MAX));
    let draft = Draft { position, turn: 0, parents: vec![], payload: batch };
    vec![
        Commit::new(author(1), Header { format: 0, ..header() }, None).unwrap_err(),
        Commit::new(author(1), one.header().clone(), payload(b"short")).unwrap_err(),
        Commit::new(author(1), one.header().clone(), payload(&wrong)).unwrap_err(),
        Commit::new(author(2), one.header().clone(), None).unwrap_err(),
        Commit::seal(author(1), draft).unwrap_err(),
    ]
}

fn schema_errors() -> Vec<SchemaError> {
    let of = |change: &dyn Fn(&mut Schema)| {
        let mut schema = named(2);
        change(&mut schema);
        Schema::decode(&schema.encode()).unwrap_err()
    };
    let mut many = named(2);
    many.types[0].fields[1].config = vec![0; limits::CONFIG_BYTES_MAX + 1];
    vec![
        of(&|schema| schema.types[0].name = "no name".into()),
        of(&|schema| schema.types[0].fields[1].name = "f0".into()),
        of(&|schema| schema.types[0].fields[1].id = FieldId(0)),
        many.check().unwrap_err(),
        Schema::decode(&[0]).unwrap_err(),
    ]
}

fn canonical_errors() -> Vec<woodland_format::CanonicalError> {
    let unsorted = encode(&vec![(2u8, 0u8), (1, 0)]);
    vec![
        decode::<Value, 4>("a value", &[0; 5]).unwrap_err(),
        decode::<Value, 64>("a value", &[9; 5]).unwrap_err(),
        decode::<BTreeMap<u8, u8>, 64>("a map", &unsorted).unwrap_err(),
    ]
}

fn damage_causes() -> Vec<DamageCause> {
    use sample::{block, block_of, frame, head, row};
    let sample = sample();
    let (dataset, run) = (sample.dataset, &sample.founder[..2]);
    let segment = |change: &dyn Fn(&mut SegmentHead), block: Vec<u8>| {
        let mut head = head(dataset, run, 1);
        change(&mut head);
        [frame(b"SEGH", &encode(&head)), block].concat()
    };
    let good = block_of(run);
    let mut wrong = row(&run[0], None);
    *wrong.last_mut().unwrap() ^= 1;
    let files = [
        b"not a segment".to_vec(),
        segment(&|_| {}, vec![]),
        frame(b"SEGH", &[2, 2, 3]),
        segment(&|head| head.format = 9, good.clone()),
        segment(&|head| head.dataset = DatasetId([0; 32]), good.clone()),
        segment(&|head| head.commits = 0, good.clone()),
        segment(&|_| {}, block(1, 2, &[])),
        segment(&|_| {}, block(0, 2, &[128])),
        segment(&|_| {}, block(0, 2, &wrong)),
        segment(&|head| head.last = CommitId([0; 32]), good),
    ];
    let cause =
        |bytes: &Vec<u8>| read_segments(dataset, bytes, 0).next().unwrap().damage.unwrap().cause;
    files.iter().map(cause).collect()
}

#[test]
fn every_error_of_the_crate_can_be_raised() {
    let header = include_str!("../src/header.rs");
    raised(header, "HeaderError", &header_errors());
    raised(include_str!("../src/commit.rs"), "CommitError", &commit_errors());
    raised(include_str!("../src/schema.rs"), "SchemaError", &schema_errors());
    raised(include_str!("../src/canonical.rs"), "CanonicalError", &canonical_errors());
    let payload = [&[][..], &[2]].map(|bytes| Payload::decode(bytes).unwrap_err());
    raised(include_str!("../src/payload.rs"), "PayloadError", &payload);
    let mut file =
        FileHeader { purpose: woodland_format::Purpose::Store, dataset: DatasetId([0; 32]) }
            .encode();
    let mut files = vec![vec![], file[..9].to_vec(), b"PK".to_vec(), b"WOODLAND\x02".to_vec()];
    file[9] = 3;
    files.push(file.to_vec());
    let mut hasher = crc32fast::Hasher::new();
    [&file[..12], &file[16..]].iter().for_each(|part| hasher.update(part));
    file[12..16].copy_from_slice(&hasher.finalize().to_le_bytes());
    files.push(file.to_vec());
    let files: Vec<_> = files.iter().map(|bytes| FileHeader::decode(bytes).unwrap_err()).collect();
    let frames = include_str!("../src/frame.rs");
    raised(frames, "FileError", &files);
    let bytes = sample::frame(b"SEGH", b"body");
    let mut long = bytes.clone();
    long[5] = 2;
    let mut bent = bytes.clone();
    bent[12] ^= 1;
    let frame_errors: Vec<_> = [bytes[..14].to_vec(), vec![0; 20], long, bent]
        .iter()
        .map(|bytes| match read_segments(DatasetId([0; 32]), bytes, 0).next().unwrap().damage {
            Some(damage) => match damage.cause {
                DamageCause::Head { error, .. } => error,
                cause => panic!("{cause}"),
            },
            None => panic!("no damage"),
        })
        .collect();
    raised(frames, "FrameError", &frame_errors);
    raised(include_str!("../src/damage.rs"), "DamageCause", &damage_causes());
}
