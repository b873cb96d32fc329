//! Errors of `woodland-format` about types: each rule that a type can break, by whoever defines it.

use crate::{Row, raised};
use woodland_format::limits::{FIELDS_MAX, TYPE_NODES_MAX, VALUE_DEPTH_MAX};
use woodland_format::{
    AtomConfig, KeyConfig, ListConfig, MemberDefinition, OnDelete, RecordConfig, TypeError, TypeId,
    Value, ValueType,
};

fn boxed(one: ValueType) -> Box<ValueType> {
    Box::new(one)
}

fn member(number: u32, name: &str, value: ValueType) -> MemberDefinition {
    MemberDefinition { number, name: name.to_owned(), value }
}

fn broken(one: &ValueType) -> TypeError {
    one.check_place().expect_err("it breaks a rule")
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    unions(&mut rows);
    parts(&mut rows);
    places(&mut rows);
    members(&mut rows);
    sizes(&mut rows);
    rows
}

fn unions(rows: &mut Vec<Row>) {
    let literal = |name: &str| ValueType::Literal(name.into());
    let beside = ValueType::Union(vec![ValueType::Int, literal("red"), ValueType::String]);
    let beside = broken(&beside);
    raised!(rows, "format" TypeError::Ambiguous, "a literal beside its primitive", beside);
    let circle = || ValueType::Composite(vec![member(1, "size", ValueType::Int)]);
    let shapes = broken(&ValueType::Union(vec![circle(), circle()]));
    raised!(rows, "format" TypeError::Ambiguous, "two composites of one shape", shapes);
    let one = broken(&ValueType::Union(vec![ValueType::Int]));
    raised!(rows, "format" TypeError::UnionSize, "a union of one", one);
    let inner = ValueType::Union(vec![ValueType::Int, ValueType::Bool]);
    let nested = broken(&ValueType::Union(vec![ValueType::String, inner]));
    raised!(rows, "format" TypeError::NestedUnion, "a union in a union", nested);
}

fn parts(rows: &mut Vec<Row>) {
    let list = broken(&ValueType::Literal(Value::List(vec![1.into()])));
    raised!(rows, "format" TypeError::Literal, "a list as a literal", list);
    let over = boxed(ValueType::List(boxed(ValueType::Int)));
    let dates = broken(&ValueType::Derivation { name: "dates".into(), over });
    raised!(rows, "format" TypeError::Derivation, "a derivation over a list", dates);
    let atom = AtomConfig { value: ValueType::Int }.check().expect_err("no composite");
    raised!(rows, "format" TypeError::NoComposite, "an atom of an int", atom);
    let value = ValueType::List(boxed(ValueType::Pointer(TypeId(7))));
    let key = KeyConfig { value }.check().expect_err("a pointer");
    raised!(rows, "format" TypeError::PointerInKey, "a key that is a list of pointers", key);
    let item = ValueType::ForeignKey { target: TypeId(7), on_delete: OnDelete::Restrict };
    let list = ListConfig { item }.check().expect_err("a foreign key");
    raised!(rows, "format" TypeError::ForeignKeyInList, "a list of foreign keys", list);
}

fn places(rows: &mut Vec<Row>) {
    let optional = ValueType::Optional(boxed(ValueType::Int));
    let inside = broken(&ValueType::List(boxed(optional)));
    raised!(rows, "format" TypeError::NoPlace, "a list of optional ints", inside);
    let default = ValueType::Default { of: boxed(ValueType::Int), value: "five".into() };
    raised!(rows, "format" TypeError::Default, "a word as an int's default", broken(&default));
}

fn members(rows: &mut Vec<Row>) {
    let of = |members| RecordConfig { members }.check().expect_err("it breaks a rule");
    let twice = of(vec![member(3, "city", ValueType::Int), member(3, "zip", ValueType::Int)]);
    raised!(rows, "format" TypeError::MemberTwice, "two members with number 3", twice);
    let city = || member(3, "city", ValueType::Int);
    let name = of(vec![city(), MemberDefinition { number: 4, ..city() }]);
    raised!(rows, "format" TypeError::MemberName, "two members named city", name);
    let line = of(vec![member(3, "a city\nof light", ValueType::Int)]);
    raised!(rows, "format" TypeError::MemberName, "a member's name of two lines", line);
    let many = (0..=FIELDS_MAX as u32).map(|number| member(number, "city", ValueType::Int));
    let many = of(many.collect());
    raised!(rows, "format" TypeError::TooManyMembers, "a record of 1,025 members", many);
}

fn sizes(rows: &mut Vec<Row>) {
    let number = |at: usize| ValueType::Literal(Value::Int(at as i64));
    let union =
        |part: usize| ValueType::Union((0..200).map(|at| number(200 * part + at)).collect());
    let parts = 1 + TYPE_NODES_MAX / 200;
    let large = (0..parts).map(|part| member(part as u32, &format!("part{part}"), union(part)));
    let large = broken(&ValueType::Composite(large.collect()));
    raised!(rows, "format" TypeError::TooLarge, "eleven unions of two hundred", large);
    let list = |of, _| ValueType::List(boxed(of));
    let deep = broken(&(0..VALUE_DEPTH_MAX).fold(ValueType::Int, list));
    raised!(rows, "format" TypeError::TooDeep, "sixteen lists around an int", deep);
}
