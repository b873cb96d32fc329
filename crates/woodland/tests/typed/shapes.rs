//! What derives say about themselves in a schema.

use crate::model::{Book, Contact, Date, Figure, Note, Place, Plan, Priority, Tag, model};
use woodland::{Composite, DefineError, FieldValue, Pointer, Record, Set, define};
use woodland_format::{
    AtomConfig, KeyConfig, ListConfig, MapConfig, RecordConfig, RegisterConfig, Schema, SetConfig,
    TypeError, ValueType, decode,
};

#[test]
fn values_say_what_they_are() {
    let shapes = [
        Priority::shape().to_string(),
        Figure::shape().to_string(),
        Place::shape().to_string(),
        Date::shape().to_string(),
        Vec::<Date>::shape().to_string(),
        Vec::<u8>::shape().to_string(),
        Pointer::<Note>::shape().to_string(),
    ];
    assert_eq!(
        shapes,
        [
            r#""Low" or "High""#,
            concat!(
                r#""Nothing" or {kind: "Circle", radius: float} or "#,
                r#"{kind: "Rect", width: float, height: float, corners: optional bool}"#,
            ),
            r#"{city: string, zip: optional int, country: string, or else "Germany"}"#,
            "date (over string)",
            "list of date (over string)",
            "bytes",
            "pointer to Note",
        ]
    );
    let numbers: Vec<u32> = Contact::members().iter().map(|member| member.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

/// Each field's name, kind and configuration.
fn told(schema: &Schema, name: &str) -> Vec<String> {
    fn config<T: serde::de::DeserializeOwned + serde::Serialize>(bytes: &[u8]) -> T {
        decode::<T, 65536>("a configuration", bytes).expect("it decodes")
    }
    let fields = &schema.type_named(name).expect("the type").fields;
    let one = |field: &woodland_format::FieldDefinition| {
        let bytes = &field.config;
        let of = match field.kind.as_str() {
            "register" => config::<RegisterConfig>(bytes).value.to_string(),
            "atom" => config::<AtomConfig>(bytes).value.to_string(),
            "set" => config::<SetConfig>(bytes).item.to_string(),
            "list" => config::<ListConfig>(bytes).item.to_string(),
            "key" => config::<KeyConfig>(bytes).value.to_string(),
            "map" => {
                let map = config::<MapConfig>(bytes);
                format!("{} to {}", map.key, map.value)
            }
            "record" => ValueType::Composite(config::<RecordConfig>(bytes).members).to_string(),
            _ => String::new(),
        };
        let line = format!("{} {} {} {of}", field.id.0, field.name, field.kind);
        line.trim_end().to_owned()
    };
    fields.iter().map(one).collect()
}

#[test]
fn a_record_says_what_its_fields_are() {
    let all = define().record::<Note>().record::<Tag>().record::<Book>().record::<Plan>();
    let schema = all.schema().expect("a schema");
    let pages = ["Note", "Book", "Plan"].map(|name| told(&schema, name)).concat();
    assert_eq!(pages.join("\n"), include_str!("shapes.txt").trim_end());
    assert_eq!(model().schema().types.len(), 3);
}

#[derive(Record)]
struct Loose {
    target: Option<Pointer<Tag>>,
}

#[derive(FieldValue, PartialEq, Eq, PartialOrd, Ord)]
enum Twice {
    #[woodland(name = "one")]
    One,
    #[woodland(name = "two")]
    Two { of: Inner },
}

#[derive(FieldValue, PartialEq, Eq, PartialOrd, Ord)]
struct Inner {
    #[woodland(name = "bad")]
    target: Pointer<Tag>,
}

#[derive(Record)]
struct Named {
    #[woodland(key)]
    name: Inner,
}

#[derive(Record)]
#[woodland(name = "Tag")]
struct OtherTag {
    items: Set<Twice>,
}

#[test]
fn a_schema_that_breaks_a_rule_says_where() {
    let error = define().record::<Loose>().schema().expect_err("no Tag");
    assert_eq!(
        error.to_string(),
        "Loose.target points to Tag, which the schema lacks: add `.record::<Tag>()`"
    );
    let error = define().record::<Named>().record::<Tag>().model().expect_err("a pointer in a key");
    let DefineError::Type { owner, field, error } = error else { panic!("{error:?}") };
    assert_eq!((owner.as_str(), field.as_str()), ("Named", "name"));
    assert!(matches!(*error, TypeError::PointerInKey { .. }), "{error}");
    let error = define().record::<OtherTag>().record::<Tag>().schema().expect_err("two of a name");
    assert!(error.to_string().contains("the name 'Tag' is used twice"), "{error}");
}
