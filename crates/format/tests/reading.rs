//! Reading a value as a type: every row of the table in `docs/format.md`, and what holds for all.

mod sample;

use proptest::collection::vec;
use proptest::prelude::*;
use sample::types::{
    NODE, composite, default, derived, list, literal, optional, record, value, value_of, value_type,
};
use woodland_format::{MemberDefinition, NodeId, OnDelete, TypeId, Value, ValueType, encode};

use ValueType::{Bool, Bytes, Composite, Float, Int, Pointer, String as Text, Union};

/// Lives, and is of type 1.
const THERE: NodeId = NodeId([1; 16]);
/// Does not live.
const GONE: NodeId = NodeId([2; 16]);

fn is_there(node: NodeId, target: TypeId) -> bool {
    (node, target) == (THERE, TypeId(1))
}

fn read(one: &ValueType, value: impl Into<Value>) -> Option<Value> {
    one.read(Some(&value.into()), &is_there)
}

fn convert(one: &ValueType, value: impl Into<Value>) -> Option<Value> {
    one.convert(&value.into(), &is_there)
}

fn some(value: impl Into<Value>) -> Option<Value> {
    Some(value.into())
}

fn items<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::List(items.into_iter().map(Into::into).collect())
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

fn key(target: u64) -> ValueType {
    ValueType::ForeignKey { target: TypeId(target), on_delete: OnDelete::Restrict }
}

/// Asserts each row: the value, and what it converts to.
fn table(to: &ValueType, rows: impl IntoIterator<Item = (Value, Option<Value>)>) {
    for (value, expected) in rows {
        assert_eq!(convert(to, value.clone()), expected, "{value} to {to}");
        // At a place, the type's zero stands in for what does not convert.
        let at_place = expected.or_else(|| convert(&optional(to.clone()), zero(to)?));
        assert_eq!(read(to, value.clone()), at_place, "{value} read as {to}");
    }
}

/// The zeros of the page.
fn zero(one: &ValueType) -> Option<Value> {
    match one {
        Bool => some(false),
        Int => some(0),
        Float => some(0.0),
        Text => some(""),
        Bytes => Some(bytes(&[])),
        ValueType::List(_) => Some(items::<Value>([])),
        ValueType::Literal(value) => Some(value.clone()),
        Union(members) => members.iter().find_map(zero),
        ValueType::Derivation { over, .. } => zero(over),
        Composite(members) => {
            let has_always = |member: &&MemberDefinition| {
                !member.value.is_optional() && member.value.default().is_none()
            };
            let part = |member: &MemberDefinition| Some((member.number, zero(&member.value)?));
            Some(record(members.iter().filter(has_always).filter_map(part)))
        }
        _ => None,
    }
}

/// What no scalar is made of.
fn no_scalars() -> [(Value, Option<Value>); 6] {
    let one = Value::Int(1);
    [
        Value::Pointer(THERE),
        record([(1, one.clone())]),
        Value::Map(vec![(one.clone(), one.clone())]),
        Value::Gone,
        items::<Value>([]),
        items([1, 2]),
    ]
    .map(|value| (value, None))
}

#[test]
fn to_bool() {
    let rows: [(Value, bool); 16] = [
        (0.into(), false),
        (1.into(), true),
        (i64::MIN.into(), true),
        (0.0.into(), false),
        ((-0.0).into(), false),
        (1e-300.into(), true),
        (f64::NAN.into(), false),
        (f64::NEG_INFINITY.into(), true),
        ("".into(), false),
        ("0".into(), false),
        ("false".into(), false),
        ("False".into(), true),
        (" 0".into(), true),
        ("0.0".into(), true),
        ("no".into(), true),
        (items([0]), false),
    ];
    table(&Bool, rows.map(|(value, to)| (value, some(to))));
    table(&Bool, [(bytes(b"1"), None)]);
    table(&Bool, no_scalars());
}

#[test]
fn to_int() {
    let rows: [(Value, i64); 27] = [
        (true.into(), 1),
        (false.into(), 0),
        (2.9.into(), 2),
        ((-2.9).into(), -2),
        (9_223_372_036_854_775_807.0.into(), i64::MAX),
        (1e300.into(), i64::MAX),
        (f64::NEG_INFINITY.into(), i64::MIN),
        (f64::NAN.into(), 0),
        ("12".into(), 12),
        ("+12".into(), 12),
        ("-0".into(), 0),
        ("007".into(), 7),
        (" \t\r\n\u{c}5 ".into(), 5),
        ("9223372036854775807".into(), i64::MAX),
        ("-9223372036854775808".into(), i64::MIN),
        // An int that is none goes by float, which is exact again at the ends.
        ("9223372036854775808".into(), i64::MAX),
        ("9007199254740993".into(), 9_007_199_254_740_993),
        ("9007199254740993.0".into(), 9_007_199_254_740_992),
        ("2.9".into(), 2),
        ("1e3".into(), 1000),
        (".5".into(), 0),
        ("5.".into(), 5),
        ("-1E1".into(), -10),
        ("iNf".into(), i64::MAX),
        ("-infinity".into(), i64::MIN),
        ("nan".into(), 0),
        (items([items(["7"])]), 7),
    ];
    table(&Int, rows.map(|(value, to)| (value, some(to))));
    for text in ["", " ", "x", "1 2", "0x10", "1_000", "\u{a0}5", "\u{b}5", "--5", "1e", "٣", "."]
    {
        table(&Int, [(text.into(), None)]);
    }
    table(&Int, [(bytes(b"1"), None)]);
    table(&Int, no_scalars());
}

#[test]
fn to_float() {
    let rows: [(Value, f64); 15] = [
        (true.into(), 1.0),
        (false.into(), 0.0),
        (3.into(), 3.0),
        (9_007_199_254_740_993.into(), 9_007_199_254_740_992.0),
        (9_007_199_254_740_995.into(), 9_007_199_254_740_996.0),
        ("1.5".into(), 1.5),
        (" -2 ".into(), -2.0),
        ("-0".into(), 0.0),
        ("1e-3".into(), 0.001),
        ("1E400".into(), f64::INFINITY),
        ("-1e400".into(), f64::NEG_INFINITY),
        ("+NaN".into(), f64::NAN),
        ("Infinity".into(), f64::INFINITY),
        ("0.1000000000000000055".into(), 0.1),
        (items(["2"]), 2.0),
    ];
    table(&Float, rows.map(|(value, to)| (value, some(to))));
    table(&Float, [("".into(), None), ("1,5".into(), None), (bytes(b"1"), None)]);
    table(&Float, no_scalars());
}

#[test]
fn to_string() {
    let rows: [(Value, &str); 19] = [
        (true.into(), "true"),
        (false.into(), "false"),
        (i64::MIN.into(), "-9223372036854775808"),
        (0.into(), "0"),
        (0.0.into(), "0.0"),
        (100.0.into(), "100.0"),
        (0.1.into(), "0.1"),
        (0.0001.into(), "0.0001"),
        (0.000_099.into(), "9.9e-5"),
        (2.5e-7.into(), "2.5e-7"),
        (9_999_999_999_999_998.0.into(), "9999999999999998.0"),
        (1e16.into(), "1e16"),
        ((-1.25e300).into(), "-1.25e300"),
        (5e-324.into(), "5e-324"),
        (f64::INFINITY.into(), "inf"),
        (f64::NEG_INFINITY.into(), "-inf"),
        (f64::NAN.into(), "NaN"),
        (bytes("Grüße".as_bytes()), "Grüße"),
        (items([5]), "5"),
    ];
    table(&Text, rows.map(|(value, to)| (value, some(to))));
    table(&Text, [(bytes(&[0xff]), None), (bytes(&[0xc3]), None)]);
    table(&Text, no_scalars());
}

#[test]
fn to_bytes() {
    table(&Bytes, [("é".into(), Some(bytes(&[0xc3, 0xa9]))), (items(["a"]), Some(bytes(b"a")))]);
    table(&Bytes, [(true.into(), None), (1.into(), None), (1.5.into(), None)]);
    table(&Bytes, no_scalars());
}

#[test]
fn to_a_literal() {
    let red = literal("red");
    table(&red, [(bytes(b"red"), some("red")), (items(["red"]), some("red"))]);
    table(&red, [("blue".into(), None), (7.into(), None)]);
    let seven = literal(7);
    table(&seven, [("7".into(), some(7)), (7.9.into(), some(7)), (8.into(), None)]);
    table(&literal(true), [(3.into(), some(true)), ("0".into(), None)]);
    table(&literal(f64::NAN), [("nan".into(), some(f64::NAN)), (0.into(), None)]);
    table(&literal(vec![65]), [("A".into(), Some(bytes(b"A")))]);
    table(&red, no_scalars());
}

#[test]
fn to_a_derivation() {
    let date = derived("date", Text);
    table(&date, [(5.into(), some("5")), ("x".into(), some("x")), (bytes(&[255]), None)]);
}

#[test]
fn to_a_list() {
    let ints = list(Int);
    let rows = [
        (5.into(), items([5])),
        ("5".into(), items([5])),
        (items(["5", "x", "7.9"]), items([5, 0, 7])),
        (items([items([3]), items([3, 4]), Value::Bool(true)]), items([3, 0, 1])),
        (items::<Value>([]), items::<Value>([])),
    ];
    table(&ints, rows.map(|(value, to)| (value, Some(to))));
    table(&ints, [("x".into(), None), (record([]), None)]);
    table(&list(list(Int)), [(items([1, 2]), Some(items([items([1]), items([2])])))]);
    table(&list(list(Int)), [(1.into(), Some(items([items([1])])))]);
    // What has no zero is left out.
    let pointers = list(Pointer(TypeId(1)));
    let mixed = items([5.into(), Value::Pointer(THERE), "x".into()]);
    table(
        &pointers,
        [(mixed, Some(items([THERE]))), (Value::Pointer(THERE), Some(items([THERE])))],
    );
}

#[test]
fn to_a_composite() {
    let one = composite([
        (1, Int),
        (2, optional(Int)),
        (3, default(Int, 9)),
        (4, Pointer(TypeId(1))),
        (5, Text),
    ]);
    let rows = [
        // Each member as its place: zero, nothing, default, no zero.
        (
            record((1..=5).map(|number| (number, Value::Gone))),
            record([(1, 0.into()), (3, 9.into()), (5, "".into())]),
        ),
        // What is not there: zero where it is there always; no default is put.
        (record([]), record([(1, 0.into()), (5, "".into())])),
        (
            record([
                (1, "4".into()),
                (2, true.into()),
                (3, 3.into()),
                (4, THERE.into()),
                (9, 1.into()),
            ]),
            record([
                (1, 4.into()),
                (2, 1.into()),
                (3, 3.into()),
                (4, THERE.into()),
                (5, "".into()),
            ]),
        ),
        (items([record([(5, 5.into())])]), record([(1, 0.into()), (5, "5".into())])),
    ];
    table(&one, rows.map(|(value, to)| (value, Some(to))));
    table(&one, [(5.into(), None), (Value::Map(vec![]), None), (items([5]), None)]);
    table(&list(composite([(1, Int)])), [(record([]), Some(items([record([(1, 0.into())])])))]);
}

#[test]
fn to_a_union() {
    // The one that admits it, though it comes later.
    let one = Union(vec![Text, Int]);
    table(&one, [(5.into(), some(5)), (true.into(), some("true")), (record([]), None)]);
    let other = Union(vec![literal("red"), Bool, list(Int)]);
    table(&other, [("blue".into(), some(true)), ("red".into(), some("red"))]);
    table(&other, [(bytes(b"red"), some("red")), (items(["x"]), some(true))]);
    table(&Union(vec![Pointer(TypeId(1)), Int]), [("x".into(), None), ("4".into(), some(4))]);
}

#[test]
fn to_a_pointer() {
    for one in [Pointer(TypeId(1)), key(1)] {
        table(&one, [(THERE.into(), some(THERE)), (items([THERE]), some(THERE))]);
        table(&one, [(1.into(), None), (bytes(&[1; 16]), None), (items([THERE, THERE]), None)]);
    }
}

#[test]
fn where_nothing_is_written() {
    for one in [Bool, list(Int), Pointer(TypeId(1)), optional(Int), composite([(1, Int)])] {
        assert_eq!(one.read(None, &is_there), None, "{one}");
    }
    assert_eq!(default(Int, 5).read(None, &is_there), some(5));
}

#[test]
fn where_nothing_converts() {
    assert_eq!(read(&optional(Int), "x"), None);
    assert_eq!(read(&optional(Int), "3"), some(3));
    assert_eq!(read(&default(Int, 5), "x"), some(5));
    assert_eq!(read(&default(Int, 5), "3"), some(3));
    assert_eq!(convert(&default(Int, 5), "x"), None);
    assert_eq!(read(&Pointer(TypeId(1)), 5), None);
}

#[test]
fn a_pointer_to_what_is_not_there_is_absent_everywhere() {
    let union = Union(vec![Int, Pointer(TypeId(1))]);
    // Dead, or of another type.
    for (node, target) in [(GONE, 1), (THERE, 2)] {
        let places = [Pointer(TypeId(target)), key(target)];
        for one in places.iter().cloned().chain(places.iter().cloned().map(optional)) {
            assert_eq!(read(&one, node), None, "{one}");
            assert_eq!(convert(&one, node), None, "{one}");
        }
    }
    // There is a zero and a default, but it is a pointer that was written.
    assert_eq!(read(&union, GONE), None);
    assert_eq!(read(&default(union.clone(), 5), GONE), None);
    assert_eq!(read(&default(union.clone(), 5), THERE), some(THERE));
    // In what converts as in what is admitted.
    let pointers = list(Pointer(TypeId(1)));
    assert_eq!(read(&pointers, items([GONE, THERE, GONE])), Some(items([THERE])));
    assert_eq!(read(&pointers, GONE), Some(items::<Value>([])));
    assert_eq!(read(&Pointer(TypeId(1)), items([GONE])), None);
    let one = composite([(1, key(1)), (2, optional(union)), (3, list(composite([(1, key(1))])))]);
    let written =
        record([(1, GONE.into()), (2, GONE.into()), (3, items([record([(1, GONE.into())])]))]);
    assert_eq!(read(&one, written), Some(record([(3, items([record([])]))])));
}

/// The type with every pointer in a member optional: what may be left out.
fn loosened(one: &ValueType, is_member: bool) -> ValueType {
    let has_no_zero = zero(one).is_none();
    let may_be_masked = {
        let mut found = false;
        one.targets(&mut |_| found = true);
        found
    };
    let inner = match one {
        ValueType::List(item) => list(loosened(item, false)),
        Union(members) => Union(members.iter().map(|one| loosened(one, false)).collect()),
        Composite(members) => Composite(
            members
                .iter()
                .map(|member| MemberDefinition {
                    value: loosened(&member.value, true),
                    ..member.clone()
                })
                .collect(),
        ),
        ValueType::Optional(of) => return optional(loosened(of, false)),
        ValueType::Default { of, value } => {
            return ValueType::Default { of: Box::new(loosened(of, false)), value: value.clone() };
        }
        other => other.clone(),
    };
    if is_member && (has_no_zero || may_be_masked) { optional(inner) } else { inner }
}

fn sound() -> impl Strategy<Value = ValueType> {
    value_type().prop_filter("keeps the rules", |one| one.check_place().is_ok())
}

/// A composite whose one member has a zero of so many canonical bytes.
fn with_zero_of(bytes: usize) -> ValueType {
    composite([(1, literal("x".repeat(bytes - encode(&Value::from("")).len())))])
}

#[test]
fn what_is_filled_in_has_an_end() {
    let empty = || record([]);
    let own = encode(&empty()).len();
    // An item, up to the last byte that there is room for, and one over.
    assert!(convert(&with_zero_of(own + 1024), empty()).is_some());
    assert_eq!(convert(&with_zero_of(own + 1025), empty()), None);
    // A place, which falls back on its zero, or on nothing.
    let at_place = |bytes: usize| read(&optional(with_zero_of(bytes)), empty());
    assert!(at_place(own + 65_536).is_some());
    assert_eq!(at_place(own + 65_537), None);
    assert!(read(&with_zero_of(own + 65_537), empty()).is_some());
    // What is filled in counts over all parts of a value.
    let wide = composite((0..100).map(|number| (number, Int)));
    let long = items(std::iter::repeat_n(true, 10_000));
    assert_eq!(read(&list(wide.clone()), long.clone()), some(items::<Value>([])));
    assert_eq!(convert(&list(wide.clone()), long), None);
    // What converts without being filled in is as long as it likes.
    let numbers = items((0..10_000).map(|number| record([(1, Value::from(number))])));
    let flags = list(composite([(1, Bool)]));
    assert!(matches!(convert(&flags, numbers), Some(Value::List(read)) if read.len() == 10_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn what_is_read_is_of_the_type(one in sound(), value in value(), lives in any::<bool>()) {
        let is_there = |_, target: TypeId| lives && target == TypeId(1);
        let found = one.read(Some(&value), &is_there);
        prop_assert_eq!(&one.read(Some(&value), &is_there), &found, "the same each time");
        if let Some(found) = &found {
            prop_assert!(loosened(&one, false).admits(found), "{value} as {one}: {found}");
        }
        let has_pointer = loosened(&one, true).is_optional() && !one.is_optional();
        if !has_pointer {
            let converts = one.convert(&value, &is_there).is_some();
            prop_assert_eq!(found.is_none(), one.is_optional() && !converts);
        }
        if let Some(converted) = one.convert(&value, &is_there) {
            prop_assert_eq!(Some(converted), found);
        }
    }

    #[test]
    fn what_is_of_the_type_is_read_as_it_is(one in sound(), choices in vec(any::<u8>(), 12)) {
        let value = value_of(&one, &mut choices.into_iter());
        prop_assert_eq!(one.read(Some(&value), &|_, _| true), Some(value.clone()));
        prop_assert_eq!(one.convert(&value, &|_, _| true), Some(value.clone()));
        // Masked, it has no pointers.
        if let Some(masked) = one.read(Some(&value), &|_, _| false) {
            prop_assert!(!format!("{masked:?}").contains(&format!("{NODE:?}")), "{masked}");
        }
    }

    #[test]
    fn reading_twice_is_reading_once(one in sound(), value in value()) {
        let mut has_pointer = false;
        one.targets(&mut |_| has_pointer = true);
        if let (false, Some(found)) = (has_pointer, one.read(Some(&value), &is_there)) {
            prop_assert_eq!(one.read(Some(&found), &is_there), Some(found));
        }
    }

    #[test]
    fn any_type_reads_any_value(one in value_type(), value in value()) {
        // Whether it keeps the rules or not.
        let _ = (one.read(Some(&value), &is_there), one.convert(&value, &is_there));
    }
}
