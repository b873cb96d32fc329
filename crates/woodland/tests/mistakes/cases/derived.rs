//! What the derives themselves refuse.

use woodland::{FieldValue, Record};

#[derive(Record)]
enum Shape {
    Circle,
}

#[derive(Record)]
struct Name(String);

#[derive(Record)]
struct Box<T> {
    inside: T,
}

#[derive(Record)]
struct Misspelt {
    #[woodland(defualt = 3)]
    weight: i64,
}

#[derive(Record)]
#[woodland(key)]
struct Misplaced {
    code: String,
}

#[derive(Record)]
struct Both {
    #[woodland(default = "x")]
    due: Option<String>,
}

#[derive(Record)]
struct TwoKeys {
    #[woodland(key)]
    code: String,
    #[woodland(key)]
    isbn: String,
}

#[derive(Record)]
struct Foreign {
    größe: i64,
}

#[derive(FieldValue)]
struct Date(String);

#[derive(FieldValue)]
#[woodland(derivation = "date")]
struct Day(String);

#[derive(FieldValue)]
enum Figure {
    Circle(f64),
}

#[derive(FieldValue)]
enum Kinds {
    One { kind: String },
}

#[derive(FieldValue)]
enum Never {}
