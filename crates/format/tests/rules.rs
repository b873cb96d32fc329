//! The rules of types, one by one: what a type admits, what may stand in a union, what is refused.
//!
//! **Invariants**
//! - Every variant of `TypeError` is raised here; `bad_input` holds what each of them says.
//! - What keeps the rules decodes from its bytes, and what is just over a limit does neither.

mod sample;

use proptest::collection::vec;
use proptest::prelude::*;
use sample::types::{
    NODE, composite, default, derived, list, literal, member, optional, record, value, value_of,
    value_type,
};
use woodland_format::limits::{FIELDS_MAX, TYPE_NODES_MAX, UNION_MEMBERS_MAX, VALUE_DEPTH_MAX};
use woodland_format::{
    AtomConfig, KeyConfig, ListConfig, MapConfig, MemberDefinition, NodeId, RecordConfig,
    RegisterConfig, SetConfig, TypeError, TypeId, Value, ValueType, decode, encode,
};

use ValueType::{Bool, Bytes, Composite, Float, Int, Literal, Pointer, String as Text, Union};

const ALL: usize = 1 << 25;

/// A thing in words as errors have it: at most 200 bytes, then a mark.
fn told(thing: &impl std::fmt::Display) -> String {
    let text = thing.to_string();
    match text.floor_char_boundary(200) {
        end if end < text.len() => format!("{}…", &text[..end]),
        _ => text,
    }
}

/// Whether both may stand in one union, the same from either side.
fn apart(one: &ValueType, other: &ValueType) -> bool {
    let is_apart = one.is_apart(other);
    assert_eq!(is_apart, other.is_apart(one), "{one} and {other}");
    let union = Union(vec![one.clone(), other.clone()]);
    let expected = match is_apart {
        true => Ok(()),
        false => Err(TypeError::Ambiguous { one: told(one), other: told(other) }),
    };
    assert_eq!(union.check(), expected, "{union}");
    is_apart
}

#[test]
fn scalars_are_apart_from_each_other_and_not_from_themselves() {
    let scalars = [Bool, Int, Float, Text, Bytes, Pointer(TypeId(1)), list(Int), composite([])];
    for (at, one) in scalars.iter().enumerate() {
        for (also, other) in scalars.iter().enumerate() {
            assert_eq!(apart(one, other), at != also, "{one} and {other}");
        }
    }
}

#[test]
fn literals_are_apart_where_they_differ() {
    assert!(apart(&literal("red"), &literal("blue")));
    assert!(apart(&literal(1), &literal(1.0)), "an int is no float");
    assert!(apart(&literal(f64::NAN), &literal(0.0)));
    assert!(!apart(&literal("red"), &literal("red")));
    assert!(!apart(&literal(f64::NAN), &literal(-f64::NAN)), "NaN has one form");
    assert!(!apart(&literal(0.0), &literal(-0.0)));
}

#[test]
fn a_literal_beside_its_primitive_is_ambiguous() {
    assert!(!apart(&literal("red"), &Text));
    assert!(!apart(&literal(true), &Bool));
    assert!(apart(&literal("red"), &Bytes));
    assert!(apart(&literal("red"), &Pointer(TypeId(1))));
    assert!(apart(&literal("red"), &composite([(1, Text)])));
}

#[test]
fn a_derivation_is_its_primitive() {
    let (date, url) = (derived("date", Text), derived("url", Text));
    assert!(!apart(&date, &url), "a bare string is either");
    assert!(!apart(&date, &Text));
    assert!(!apart(&date, &literal("red")));
    assert!(apart(&date, &derived("cents", Int)));
    assert!(apart(&date, &literal(1)));
    assert!(apart(&date, &Int));
}

#[test]
fn two_pointers_are_ambiguous_whatever_they_point_to() {
    assert!(!apart(&Pointer(TypeId(1)), &Pointer(TypeId(2))));
}

#[test]
fn two_lists_are_ambiguous_for_they_share_the_empty_one() {
    assert!(!apart(&list(Int), &list(Text)));
    assert!(list(Int).admits(&Value::List(vec![])) && list(Text).admits(&Value::List(vec![])));
}

#[test]
fn composites_are_told_apart_by_a_member_that_both_always_have() {
    let shape = |kind: &str, more: ValueType| composite([(1, literal(kind)), (2, more)]);
    assert!(apart(&shape("circle", Int), &shape("square", Int)));
    assert!(apart(&shape("circle", Int), &shape("circle", list(Int))), "any member may tell");
    assert!(!apart(&shape("circle", Int), &shape("circle", Int)));
    assert!(apart(&composite([(1, Int)]), &composite([(1, Text)])), "not only literals tell");
    assert!(!apart(&composite([(1, Int)]), &composite([(2, Int)])), "no number in common");
    assert!(!apart(&composite([]), &composite([(1, Int)])));
    let nested = |kind: &str| composite([(3, shape(kind, Int))]);
    assert!(apart(&nested("circle"), &nested("square")), "a composite inside tells");
    let colours = |names: [&str; 2]| composite([(1, Union(names.map(literal).to_vec()))]);
    assert!(apart(&colours(["red", "blue"]), &colours(["green", "grey"])));
    assert!(!apart(&colours(["red", "blue"]), &colours(["green", "red"])));
}

#[test]
fn members_that_may_be_absent_do_not_tell_composites_apart() {
    let plain = |kind: &str| composite([(1, literal(kind))]);
    let may_lack = |kind: &str| composite([(1, optional(literal(kind)))]);
    let filled = |kind: &str| composite([(1, default(literal(kind), kind))]);
    assert!(!apart(&may_lack("circle"), &may_lack("square")));
    assert!(!apart(&plain("circle"), &may_lack("square")));
    assert!(!apart(&filled("circle"), &filled("square")));
    assert!(!apart(&plain("circle"), &filled("square")));
    assert!(may_lack("circle").admits(&record([])) && may_lack("square").admits(&record([])));
}

#[test]
fn what_a_place_says_does_not_keep_types_apart() {
    for one in [Text, derived("date", Text), literal("red"), Union(vec![Text, Int])] {
        for other in [optional(Text), default(derived("url", Text), "x"), optional(optional(Text))]
        {
            assert!(!one.is_apart(&other) && !other.is_apart(&one), "{one} and {other}");
        }
    }
    assert!(optional(derived("date", Text)).is_apart(&optional(Int)));
}

#[test]
fn a_union_is_apart_where_all_its_members_are() {
    let union = Union(vec![Int, literal("red")]);
    assert!(union.is_apart(&literal("blue")) && union.is_apart(&Union(vec![Bool, Float])));
    assert!(!union.is_apart(&Text) && !union.is_apart(&Union(vec![Bool, Int])));
}

#[test]
fn a_union_in_a_union_is_refused_and_one_deeper_inside_is_not() {
    let inner = Union(vec![Int, Text]);
    assert_eq!(Union(vec![Bool, inner.clone()]).check(), Err(TypeError::NestedUnion));
    assert_eq!(Union(vec![Bool, list(inner.clone())]).check(), Ok(()));
    assert_eq!(Union(vec![Bool, composite([(1, inner)])]).check(), Ok(()));
}

#[test]
fn a_union_has_at_least_two_members_and_at_most_its_limit() {
    let of = |count: usize| Union((0..count as i64).map(literal).collect());
    for found in [0, 1, UNION_MEMBERS_MAX + 1] {
        assert_eq!(of(found).check(), Err(TypeError::UnionSize { found }));
    }
    for count in [2, UNION_MEMBERS_MAX] {
        assert_eq!(of(count).check(), Ok(()));
        assert_eq!(decode::<ValueType, ALL>("a type", &encode(&of(count))), Ok(of(count)));
    }
    assert!(decode::<ValueType, ALL>("a type", &encode(&of(UNION_MEMBERS_MAX + 1))).is_err());
}

#[test]
fn literals_are_scalars_without_pointers() {
    for (value, found) in [
        (Value::List(vec![]), "list"),
        (record([]), "record"),
        (Value::Map(vec![]), "map"),
        (Value::Pointer(NODE), "pointer"),
    ] {
        assert_eq!(Literal(value).check(), Err(TypeError::Literal { found }));
    }
    for value in [true.into(), 1.into(), 1.5.into(), "red".into(), Value::Bytes(vec![1])] {
        let one = Literal(value.clone());
        assert_eq!(one.check(), Ok(()));
        assert!(one.admits(&value) && !one.admits(&"blue".into()));
    }
}

#[test]
fn derivations_are_over_primitives_and_have_names() {
    for over in [Bool, Int, Float, Text, Bytes] {
        assert_eq!(derived("date", over).check(), Ok(()));
    }
    for over in [
        Pointer(TypeId(1)),
        list(Int),
        literal("red"),
        Union(vec![Int, Text]),
        composite([]),
        derived("date", Text),
        optional(Text),
    ] {
        let expected = TypeError::Derivation { name: "date".into(), over: told(&over) };
        assert_eq!(derived("date", over).check(), Err(expected));
    }
    for name in ["", "a date", "dä", &"n".repeat(129)] {
        assert_eq!(derived(name, Text).check(), Err(TypeError::MemberName { name: name.into() }));
    }
    assert!(derived("date", Text).admits(&"no date".into()), "whoever reads it says what it is");
    assert!(!derived("date", Text).admits(&1.into()));
}

#[test]
fn optional_and_default_stand_at_places_alone() {
    for found in [optional(Int), default(Int, 5)] {
        assert_eq!(found.check_place(), Ok(()));
        let refused = Err(TypeError::NoPlace { found: told(&found) });
        for inside in [
            found.clone(),
            list(found.clone()),
            Union(vec![Text, found.clone()]),
            list(Union(vec![found.clone(), Text])),
        ] {
            assert_eq!(inside.check(), refused, "{inside}");
        }
        assert_eq!(list(found.clone()).check_place(), refused);
        assert_eq!(optional(found.clone()).check_place(), refused);
        assert_eq!(default(found.clone(), 5).check_place(), refused);
        assert_eq!(composite([(1, found)]).check(), Ok(()), "a member is a place");
    }
}

#[test]
fn a_default_is_a_value_of_its_type_without_pointers() {
    let refused = |of: ValueType, value: Value| {
        let expected = TypeError::Default { of: told(&of), value: told(&value) };
        assert_eq!(default(of, value).check_place(), Err(expected));
    };
    refused(Int, "five".into());
    refused(literal("red"), "blue".into());
    refused(Pointer(TypeId(1)), Value::Pointer(NODE));
    refused(list(Pointer(TypeId(1))), Value::List(vec![Value::Pointer(NODE)]));
    refused(Union(vec![Int, Pointer(TypeId(1))]), Value::Pointer(NODE));
    refused(composite([(1, optional(Pointer(TypeId(1))))]), record([(1, Value::Pointer(NODE))]));
    refused(composite([(1, Int)]), record([]));
    refused(Int, Value::Map(vec![]));
    for (of, value) in [
        (Int, 5.into()),
        (list(Pointer(TypeId(1))), Value::List(vec![])),
        (Union(vec![Int, Pointer(TypeId(1))]), 5.into()),
        (composite([(1, optional(Pointer(TypeId(1))))]), record([])),
        (derived("date", Text), "2026-11-25".into()),
    ] {
        let one = default(of, value.clone());
        assert_eq!(one.check_place(), Ok(()), "{one}");
        assert_eq!((one.default(), one.is_optional()), (Some(&value), false));
    }
}

#[test]
fn a_composite_admits_exactly_its_members() {
    let one = composite([(1, Int), (3, optional(Text)), (4, default(Bool, true)), (9, Int)]);
    assert_eq!(one.check(), Ok(()));
    let value = |numbers: &[u32]| {
        record(numbers.iter().map(|number| match number {
            3 => (3, "x".into()),
            4 => (4, false.into()),
            other => (*other, 5.into()),
        }))
    };
    for whole in [&[1, 9][..], &[1, 3, 9], &[1, 4, 9], &[1, 3, 4, 9]] {
        assert!(one.admits(&value(whole)), "{whole:?}");
    }
    for wrong in
        [&[][..], &[1], &[9], &[1, 3, 4], &[1, 2, 9], &[1, 9, 10], &[0, 1, 9], &[9, 1], &[1, 1, 9]]
    {
        assert!(!one.admits(&value(wrong)), "{wrong:?}");
    }
    assert!(!one.admits(&record([(1, "x".into()), (9, 5.into())])), "a member of another type");
    assert!(!one.admits(&Value::List(vec![])) && !one.admits(&Value::Map(vec![])));
    assert!(composite([]).admits(&record([])) && !composite([]).admits(&record([(1, 1.into())])));
}

#[test]
fn members_ascend_and_have_names_of_their_own() {
    let named = |members: &[(u32, &str)]| {
        let of = |&(number, name): &(u32, &str)| MemberDefinition {
            number,
            name: name.into(),
            value: Int,
        };
        let members: Vec<MemberDefinition> = members.iter().map(of).collect();
        let one = Composite(members.clone()).check();
        assert_eq!(RecordConfig { members }.check(), one, "a record has the same rules");
        one
    };
    assert_eq!(named(&[(0, "a"), (7, "b")]), Ok(()));
    assert_eq!(named(&[]), Ok(()));
    assert_eq!(named(&[(7, "a"), (7, "b")]), Err(TypeError::MemberTwice { number: 7 }));
    assert_eq!(named(&[(7, "a"), (6, "b")]), Err(TypeError::MemberTwice { number: 6 }));
    for name in ["a", "", "a b", "a\n"] {
        let expected = Err(TypeError::MemberName { name: name.into() });
        assert_eq!(named(&[(1, "a"), (2, name)]), expected);
    }
}

#[test]
fn an_atom_is_a_composite() {
    let of = |value| AtomConfig { value }.check();
    for value in
        [composite([(1, Int)]), optional(composite([])), default(composite([]), record([]))]
    {
        assert_eq!(of(value), Ok(()));
    }
    for found in [Int, list(composite([])), Union(vec![Int, composite([])])] {
        assert_eq!(of(found.clone()), Err(TypeError::NoComposite { found: told(&found) }));
        assert_eq!(
            of(optional(found.clone())),
            Err(TypeError::NoComposite { found: told(&found) })
        );
    }
    assert_eq!(
        of(composite([(1, list(optional(Int)))])),
        Err(TypeError::NoPlace { found: told(&optional(Int)) })
    );
}

#[test]
fn a_key_holds_no_pointer_at_any_depth() {
    let pointer = || Pointer(TypeId(1));
    for found in [
        pointer(),
        list(pointer()),
        list(list(pointer())),
        Union(vec![Int, pointer()]),
        composite([(1, pointer())]),
        composite([(1, optional(pointer()))]),
        composite([(1, default(list(pointer()), Value::List(vec![])))]),
    ] {
        let expected = Err(TypeError::PointerInKey { found: told(&found) });
        assert_eq!(KeyConfig { value: found }.check(), expected);
    }
    for value in
        [Int, list(Text), composite([(1, Int), (2, optional(Text))]), derived("isbn", Text)]
    {
        assert_eq!(KeyConfig { value }.check(), Ok(()));
    }
    let refused = Err(TypeError::NoPlace { found: told(&optional(Int)) });
    assert_eq!(KeyConfig { value: optional(Int) }.check(), refused, "there is always a key");
}

#[test]
fn items_keys_and_values_are_always_there() {
    let refused = Err(TypeError::NoPlace { found: told(&optional(Int)) });
    assert_eq!(SetConfig { item: optional(Int) }.check(), refused);
    assert_eq!(ListConfig { item: optional(Int) }.check(), refused);
    assert_eq!(MapConfig { key: optional(Int), value: Int }.check(), refused);
    assert_eq!(MapConfig { key: Int, value: optional(Int) }.check(), refused);
    assert_eq!(RegisterConfig { value: optional(Int) }.check(), Ok(()));
    let pointer = Pointer(TypeId(1));
    assert_eq!(SetConfig { item: pointer.clone() }.check(), Ok(()));
    assert_eq!(ListConfig { item: pointer.clone() }.check(), Ok(()));
    assert_eq!(MapConfig { key: pointer.clone(), value: pointer }.check(), Ok(()));
}

/// Whether the rules let a type through, and decoding with them.
fn is_within(one: &ValueType, refused: &TypeError) -> bool {
    let bytes = encode(one);
    let decoded = decode::<ValueType, ALL>("a type", &bytes);
    match one.check_place() {
        Ok(()) => assert_eq!(decoded.as_ref(), Ok(one)),
        Err(error) => {
            assert_eq!(&error, refused);
            assert!(decoded.is_err(), "{} bytes", bytes.len());
        }
    }
    one.check_place().is_ok()
}

#[test]
fn a_type_of_too_many_types_is_refused_and_does_not_decode() {
    // A union of n counts n + 1; a composite's member that is optional counts two.
    let bulk = |count: usize| {
        let parts = count / 200;
        let literals = |part: usize, count: usize| {
            Union((0..count as i64).map(|at| literal(at + 1000 * part as i64)).collect())
        };
        let mut members: Vec<(u32, ValueType)> =
            (0..parts as u32).map(|part| (part, optional(literals(part as usize, 198)))).collect();
        members.extend((0..(count % 200 - 1) as u32).map(|at| (1000 + at, Int)));
        composite(members)
    };
    assert!(is_within(&bulk(TYPE_NODES_MAX - 1), &TypeError::TooLarge));
    assert!(is_within(&bulk(TYPE_NODES_MAX), &TypeError::TooLarge));
    assert!(!is_within(&bulk(TYPE_NODES_MAX + 1), &TypeError::TooLarge));
    // All members of a record together.
    let record = |more: usize| {
        let members = (0..FIELDS_MAX as u32).map(|number| member(number, optional(Int)));
        let mut config = RecordConfig { members: members.collect() };
        config.members[0].value = if more == 0 { optional(Int) } else { optional(list(Int)) };
        assert_eq!(decode::<RecordConfig, ALL>("a record", &encode(&config)).is_ok(), more == 0);
        config.check()
    };
    assert_eq!(record(0), Ok(()), "as many members as a record may have, all optional");
    assert_eq!(record(1), Err(TypeError::TooLarge));
}

#[test]
fn a_composite_of_too_many_members_is_refused_and_does_not_decode() {
    let of = |count: usize| composite((0..count as u32).map(|number| (number, Int)));
    let refused = TypeError::TooManyMembers { found: FIELDS_MAX + 1 };
    assert!(is_within(&of(FIELDS_MAX), &refused));
    assert!(!is_within(&of(FIELDS_MAX + 1), &refused));
    let Composite(members) = of(FIELDS_MAX + 1) else { unreachable!("a composite") };
    assert_eq!(RecordConfig { members }.check(), Err(refused));
}

#[test]
fn nesting_has_one_limit_in_rules_and_bytes() {
    let wraps: [fn(ValueType) -> ValueType; 3] =
        [list, |of| Union(vec![Bytes, of]), |of| composite([(1, of)])];
    let ends: [fn() -> ValueType; 6] = [
        || Int,
        || literal("red"),
        || derived("date", Text),
        || composite([]),
        || list(Int),
        || composite([(1, optional(Int))]),
    ];
    for end in ends {
        for wrap in wraps {
            let at = |depth: usize| {
                let mut one = end();
                for level in 1..depth {
                    // A union does not stand in a union.
                    one = if level % 2 == 0 { list(one) } else { wrap(one) };
                }
                one
            };
            let deepest = (1..30).take_while(|depth| is_within(&at(*depth), &TypeError::TooDeep));
            let deepest = deepest.last().expect("one is not too deep");
            assert!((VALUE_DEPTH_MAX - 2..=VALUE_DEPTH_MAX).contains(&deepest), "{deepest}");
            assert!(!is_within(&at(deepest + 1), &TypeError::TooDeep));
        }
    }
    let mut bottomless = Int;
    for _ in 0..5_000 {
        bottomless = list(bottomless);
    }
    assert_eq!(bottomless.check(), Err(TypeError::TooDeep), "before any recursion");
}

#[test]
fn pointers_are_named_at_every_depth_with_their_type() {
    let to = |target: u64| Pointer(TypeId(target));
    let one = composite([
        (1, list(to(1))),
        (2, optional(to(2))),
        (
            3,
            Union(vec![
                Int,
                composite([(1, literal("a")), (2, to(3))]),
                composite([(1, literal("b")), (2, to(4))]),
            ]),
        ),
        (4, default(Union(vec![Int, to(5)]), 1)),
    ]);
    assert_eq!(one.check(), Ok(()));
    let node = |byte: u8| Value::Pointer(NodeId([byte; 16]));
    let tagged = record([(1, "b".into()), (2, node(14))]);
    let value = record([
        (1, Value::List(vec![node(10), node(11)])),
        (2, node(12)),
        (3, tagged),
        (4, node(15)),
    ]);
    assert!(one.admits(&value));
    let mut found = Vec::new();
    one.pointers(&value, &mut |node, target| found.push((node.0[0], target.0)));
    assert_eq!(found, [(10, 1), (11, 1), (12, 2), (14, 4), (15, 5)]);
}

#[test]
fn every_type_says_what_it_is_in_a_line() {
    let one = Union(vec![
        literal("a\n"),
        Float,
        list(Pointer(TypeId(3))),
        composite([(1, optional(derived("date", Text))), (2, default(Int, 5)), (3, Bytes)]),
    ]);
    assert_eq!(
        one.to_string(),
        r#""a\n" | float | list<pointer<3>> | {m1: optional date(string), m2: int = 5, m3: bytes}"#
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn no_value_is_of_two_types_that_are_apart(
        one in value_type(), other in value_type(), choices in vec(vec(any::<u8>(), 12), 6),
    ) {
        prop_assert_eq!(one.is_apart(&other), other.is_apart(&one));
        for choices in choices {
            for (of, beside) in [(&one, &other), (&other, &one)] {
                let value = value_of(of, &mut choices.clone().into_iter());
                prop_assert!(of.admits(&value), "{value}: {of}");
                let is_both = beside.admits(&value);
                prop_assert!(!(is_both && one.is_apart(&other)), "{value}: {one} and {other}");
            }
        }
    }

    #[test]
    fn a_value_is_of_one_member_of_a_union_that_keeps_the_rules(
        members in vec(value_type(), 2..5), choices in vec(vec(any::<u8>(), 12), 6),
    ) {
        let union = Union(members.clone());
        for choices in choices {
            let value = value_of(&union, &mut choices.into_iter());
            let count = members.iter().filter(|one| one.admits(&value)).count();
            prop_assert!(count > 0 && union.admits(&value));
            prop_assert!(count == 1 || union.check().is_err(), "{value}: {union}");
        }
    }

    #[test]
    fn a_random_value_is_of_a_type_of_its_own_shape_alone(one in value_type(), value in value()) {
        let shapes = [Bool, Int, Float, Text, Bytes, Pointer(TypeId(9))];
        for shape in shapes.iter().filter(|shape| shape.is_apart(&one)) {
            prop_assert!(!(shape.admits(&value) && one.admits(&value)), "{value}: {shape}, {one}");
        }
    }

    #[test]
    fn a_type_that_keeps_the_rules_decodes_from_its_bytes(one in value_type()) {
        if one.check().is_ok() || one.check_place().is_ok() {
            prop_assert_eq!(decode::<ValueType, ALL>("a type", &encode(&one)), Ok(one));
        }
    }
}
