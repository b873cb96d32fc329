//! A program that takes a schema for another is told, where it stands, what differs.

use crate::model::{Note, Tag, founded, model};
use woodland::{
    Counter, Field, FieldError, Fields, NodeId, Pointer, Record, Replica, Text, View, WriteError,
    Writer, define,
};

/// Takes a note's fields for others.
#[derive(Record, Debug)]
#[woodland(name = "Note")]
struct OtherNote {
    title: Text,
    stars: Counter,
    weight: i64,
    titel: Option<String>,
}

/// By hand, with constants that do not keep to the order.
#[derive(Debug)]
struct Careless;

impl Careless {
    const NAME: Field<Careless, Text> = Field::at(0);
    const MISSING: Field<Careless, Text> = Field::at(7);
}

impl Record for Careless {
    const TYPE: &'static str = "Tag";

    fn define(fields: &mut Fields) {
        fields.add::<String>("name");
    }

    fn write(&self, fields: &mut Writer<'_, Self>) {
        fields.put(Self::NAME, &"x".into()).put(Self::MISSING, &"x".into());
    }

    fn read(fields: &View<'_, Self>) -> Result<Self, FieldError> {
        fields.get(Self::NAME).map(|_| Careless)
    }
}

fn violations(result: Result<impl Sized, WriteError>) -> Vec<String> {
    match result {
        Err(WriteError::Invalid { violations }) => {
            violations.iter().map(ToString::to_string).collect()
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it went well"),
    }
}

#[test]
fn fields_that_differ_from_the_schema_are_refused_one_by_one() {
    let replica = founded();
    let node = replica.write(|b| b.insert(&Note::default())).expect("written");
    let other = Pointer::<OtherNote>::to(node.id());
    let told = violations(replica.write(|b| {
        b.edit(other, (OtherNote::TITLE.insert(0, "x"), OtherNote::STARS.add(1)));
        b.edit(other, (OtherNote::WEIGHT.set(1), OtherNote::TITEL.set("x")));
    }));
    assert_eq!(told[0], "op 0: field Note@1.title is a register, in this program a text");
    assert_eq!(
        told[1],
        "op 2: field Note@1.weight has another type in the schema than in this program"
    );
    assert!(told[2].starts_with("op 3: field Note@1.titel is not in the schema"), "{}", told[2]);
    assert!(told[2].ends_with("(did you mean title?)"), "{}", told[2]);
    assert_eq!(told.len(), 3);
    let told = replica.snapshot().read(&[other]).expect_err("it differs").to_string();
    assert!(told.contains("field Note@1.title is a register, in this program a text"), "{told}");
}

#[test]
fn constants_made_by_hand_are_checked() {
    let replica = founded();
    let told = violations(replica.write(|b| b.insert(&Careless)));
    assert_eq!(
        told,
        [
            "op 1: field Tag@1.name is a register, used here as a text",
            "op 2: Tag@1 has no field at 7: its `define` names 1",
        ]
    );
    let tag = replica.write(|b| b.insert(&Tag { name: "rust".into() })).expect("written");
    let error = replica.snapshot().read(&[Pointer::<Careless>::to(tag.id())]);
    assert!(error.expect_err("it differs").to_string().contains("used here as a text"));
}

/// A tag that its name names, in a dataset whose tags have no key.
#[derive(Record)]
#[woodland(name = "Tag")]
struct KeyedTag {
    #[woodland(key)]
    name: String,
}

/// A book without its key.
#[derive(Record)]
#[woodland(name = "Book")]
struct Untitled {
    title: String,
}

#[test]
fn a_key_on_one_side_only_is_refused() {
    let replica = founded();
    let told = violations(replica.write(|b| b.insert(&KeyedTag { name: "rust".into() })));
    assert_eq!(told, ["op 0: field Tag@1.name is a register, in this program a key"]);
    let told = violations(replica.write(|b| b.insert(&Untitled { title: "Dune".into() })));
    let expected = "op 0: a new Book@1: the type's nodes are named by a key";
    assert!(told[0].starts_with(expected), "{told:?}");
}

#[test]
fn a_type_that_the_schema_lacks_is_told_for_each_use() {
    let schema = define().record::<Tag>().schema().expect("a schema");
    let replica = Replica::in_memory(&schema, 1).expect("founded");
    let ghost = Pointer::<Note>::to(NodeId([7; 16]));
    let told = violations(replica.write(|b| {
        b.insert(&Tag { name: "sound".into() });
        b.insert(&Note::default());
        b.edit(ghost, Note::TITLE.set("x"));
    }));
    let expected = "type Note is not in the schema; there is Tag";
    assert_eq!(told, [format!("op 2: {expected}"), format!("op 3: {expected}")]);
    assert_eq!(replica.snapshot().read(&[ghost]).expect_err("no Note").to_string(), expected);
    assert_eq!(replica.snapshot().conflicts(&[(ghost, Note::TITLE)]), [vec![]]);
}

#[test]
fn a_value_that_a_derivation_does_not_take_is_told_by_its_name() {
    /// Another program's note, whose dates are any strings. It has the same schema.
    #[derive(woodland::FieldValue)]
    #[woodland(derivation = "date", over = String)]
    struct Any(String);
    impl From<String> for Any {
        fn from(text: String) -> Self {
            Any(text)
        }
    }
    impl From<&Any> for String {
        fn from(any: &Any) -> Self {
            any.0.clone()
        }
    }
    #[derive(Record)]
    #[woodland(name = "Note")]
    struct Loose {
        due: Option<Any>,
    }
    let replica = founded();
    let node = replica.write(|b| b.insert(&Note::default())).expect("written");
    let loose = Pointer::<Loose>::to(node.id());
    replica.write(|b| b.edit(loose, Loose::DUE.set(Any("soon".into())))).expect("a string");
    let told = replica.snapshot().read(&[node]).expect_err("no date").to_string();
    assert!(
        told.ends_with("field Note@1.due holds a string that is no date (over string)"),
        "{told}"
    );
    assert_eq!(
        replica.snapshot().read(&[loose]).expect("any string")[0]
            .as_ref()
            .map(|one| one.due.is_some()),
        Some(true)
    );
    assert_eq!(model().schema(), founded().snapshot().graph().schema().expect("founded").as_ref());
}
