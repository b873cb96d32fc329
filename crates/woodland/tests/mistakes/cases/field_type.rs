//! Fields of types that no field can have.

use std::collections::HashMap;
use std::time::SystemTime;
use woodland::{FieldValue, Record, Set};

#[derive(Record)]
struct Note {
    written: SystemTime,
    votes: HashMap<String, i64>,
    maybe: Set<Option<i64>>,
}

#[derive(FieldValue)]
struct Place {
    since: SystemTime,
}
