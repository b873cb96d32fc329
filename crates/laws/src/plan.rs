//! What a history says, apart from the schema that it is written under: the same batches can be
//! sealed under several.
//!
//! **Invariants**
//! - A batch refers to earlier ones only, by number; batch 0 founds.
//! - All edits are of two objects, two fields of the node that the founding batch makes.
//!
//! What this does not do: choose what is written (`world`).

use crate::maker::NODE_TYPE;
use std::fmt::{self, Write as _};
use woodland_format::{FieldDefinition, FieldId, Schema, TypeDefinition};

/// One of the two objects of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Subject,
    Sibling,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Subject, Side::Sibling];

    pub(crate) fn field(self) -> FieldId {
        match self {
            Side::Subject => FieldId(1),
            Side::Sibling => FieldId(2),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Side::Subject => "subject",
            Side::Sibling => "sibling",
        }
    }
}

/// Who made the bytes of an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Made,
    Hostile,
}

#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Makes a node to point to; a fork's branches differ by it.
    Create,
    Edit {
        on: Side,
        origin: Origin,
        bytes: Vec<u8>,
    },
}

/// One commit to be.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The author, by number.
    pub(crate) author: usize,
    /// The author's batch before it.
    pub(crate) backlink: Option<usize>,
    /// What it has newly seen of others.
    pub(crate) parents: Vec<usize>,
    pub(crate) acts: Vec<Act>,
}

impl Batch {
    /// Everything that has to be there before it.
    pub(crate) fn references(&self) -> impl Iterator<Item = usize> + '_ {
        self.backlink.into_iter().chain(self.parents.iter().copied())
    }

    pub(crate) fn edits(&self) -> impl Iterator<Item = (usize, Side, Origin, &[u8])> {
        self.acts.iter().enumerate().filter_map(|(at, act)| match act {
            Act::Edit { on, origin, bytes } => Some((at, *on, *origin, bytes.as_slice())),
            Act::Create => None,
        })
    }
}

/// A history to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) batches: Vec<Batch>,
}

/// One type with one field for each side, of these kinds, configured alike.
pub(crate) fn schema(kinds: [&str; 2], config: &[u8]) -> Schema {
    let field = |(side, kind): (Side, &str)| FieldDefinition {
        id: side.field(),
        name: side.name().to_owned(),
        kind: kind.to_owned(),
        config: config.to_vec(),
    };
    let fields = Side::BOTH.into_iter().zip(kinds).map(field).collect();
    let name = "Thing".to_owned();
    Schema { types: vec![TypeDefinition { id: NODE_TYPE, name, version: 1, fields }] }
}

fn letter(author: usize) -> char {
    char::from(b'a'.saturating_add(author as u8))
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, batch) in self.batches.iter().enumerate() {
            let after: Vec<String> = batch.references().map(|at| format!("#{at}")).collect();
            let after = if after.is_empty() { "#0".to_owned() } else { after.join(", ") };
            let author = letter(batch.author);
            let head = match number {
                0 => format!("#0 {author} founds"),
                _ => format!("#{number} {author} after {after}"),
            };
            let mut acts = String::new();
            for act in &batch.acts {
                acts.push_str("; ");
                match act {
                    Act::Create => acts.push_str("a node"),
                    Act::Edit { on, origin, bytes } => {
                        let mark = if *origin == Origin::Hostile { "?" } else { "" };
                        write!(acts, "{} {mark}{}", on.name(), hex(bytes))?;
                    }
                }
            }
            writeln!(f, "  {head}{acts}")?;
        }
        Ok(())
    }
}

/// Bytes for people: all of a short op, the beginning of a long one.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const SHOWN_MAX: usize = 48;
    let mut text: String = bytes.iter().take(SHOWN_MAX).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > SHOWN_MAX {
        text.push_str(&format!("… ({} bytes)", bytes.len()));
    }
    if text.is_empty() { "(no bytes)".to_owned() } else { text }
}
