//! What the benches share: a text that one author types, and the log of it.
//!
//! **Invariants**
//! - The same number of keystrokes gives the same dataset, byte for byte.
//!
//! What this does not do: measure. Each bench names its floor, the same work without a log.

use woodland::{Pointer, Record, Replica, Schema, Text, define};

/// One document with one text.
#[derive(Record)]
pub struct Document {
    /// The text.
    pub body: Text,
}

/// The schema of [`Document`].
///
/// # Panics
/// Never: the schema keeps the rules.
pub fn schema() -> Schema {
    define().record::<Document>().schema().expect("the schema keeps the rules")
}

/// Where keystroke `n` of a text of so many bytes goes: mostly behind the last one, now and then
/// elsewhere.
pub fn position(n: usize) -> usize {
    if n % 50 == 49 { n / 3 } else { n - n % 7 }
}

/// A replica in memory with an empty document.
///
/// # Panics
/// When the replica refuses its own founding.
pub fn begin() -> (Replica, Pointer<Document>) {
    let replica = Replica::in_memory(schema(), 1).expect("a replica in memory");
    let document = replica.write(|b| b.insert(&Document { body: Text::default() }));
    (replica, document.expect("an empty document"))
}

/// Types letters, one commit each.
///
/// # Panics
/// When the replica refuses a letter.
pub fn type_letters(replica: &Replica, document: Pointer<Document>, count: usize) {
    for n in 0..count {
        let typed = replica.write(|b| {
            b.edit(document, Document::BODY.insert(position(n), "x"));
        });
        typed.expect("a position in the text");
    }
}

/// A node of five fields.
#[derive(Record)]
pub struct Row {
    /// A register of a string.
    pub name: String,
    /// A register of a number.
    pub size: i64,
    /// A register of a truth.
    pub is_open: bool,
    /// A register that may be nothing.
    pub note: Option<String>,
    /// A text.
    pub body: Text,
}

/// Row `n`.
pub fn row(n: usize) -> Row {
    Row {
        name: format!("row {n}"),
        size: i64::try_from(n).unwrap_or(i64::MAX),
        is_open: n.is_multiple_of(2),
        note: Some("a note".to_owned()),
        body: "some text".into(),
    }
}

/// A replica in memory for rows.
///
/// # Panics
/// When the replica refuses its own founding.
pub fn begin_rows() -> Replica {
    let model = define().record::<Row>().model().expect("the record keeps the rules");
    Replica::in_memory(model, 1).expect("a replica in memory")
}
