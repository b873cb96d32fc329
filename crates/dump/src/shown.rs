//! How values, names and counts are shown.
//!
//! **Invariants**
//! - No control character leaves here: whatever an author wrote, a terminal only shows it.
//! - JSON holds every value whole; text is cut where [`Cut`] says so.
//!
//! What this does not do: lay out a page.

use serde_json::{Map, Value as Json, json};
use std::fmt::{self, Write as _};
use woodland_format::{RecordConfig, Right, Value};

/// What a right lets one do.
pub(crate) fn in_a_word(right: Right) -> &'static str {
    match right {
        Right::Read => "read",
        Right::Write => "write",
    }
}

/// Text with its control characters escaped, without quotes.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in self.0.chars() {
            match one {
                '\'' | '"' | '\\' => f.write_char(one)?,
                one => write!(f, "{}", one.escape_debug())?,
            }
        }
        Ok(())
    }
}

pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How much of a string or of bytes is shown.
#[derive(Clone, Copy)]
pub(crate) enum Cut {
    Whole,
    Short,
}

/// Most characters, or bytes, of a value that is cut.
const SHORT_ITEMS_MAX: usize = 60;

/// A quoted string.
pub(crate) struct Quoted<'a>(pub(crate) &'a str, pub(crate) Cut);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1, self.0.char_indices().nth(SHORT_ITEMS_MAX)) {
            (Cut::Short, Some((end, _))) => {
                write!(f, "{:?}… ({} bytes)", &self.0[..end], self.0.len())
            }
            _ => write!(f, "{:?}", self.0),
        }
    }
}

/// Bytes in hex.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8], pub(crate) Cut);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.1, self.0.get(..SHORT_ITEMS_MAX)) {
            (Cut::Short, Some(start)) if start.len() < self.0.len() => {
                write!(f, "{}… ({} bytes)", Hex(start), self.0.len())
            }
            _ => write!(f, "{}", Hex(self.0)),
        }
    }
}

/// A value. The configuration names a record's members.
pub(crate) struct Shown<'a> {
    pub(crate) value: &'a Value,
    pub(crate) config: Option<&'a RecordConfig>,
    pub(crate) cut: Cut,
}

impl Shown<'_> {
    fn inner<'b>(&'b self, value: &'b Value) -> Shown<'b> {
        Shown { value, ..*self }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Gone => f.write_str("gone"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value}"),
            Value::String(value) => write!(f, "{}", Quoted(value, self.cut)),
            Value::Bytes(value) => write!(f, "bytes {}", Bytes(value, self.cut)),
            Value::Pointer(node) => write!(f, "node {}…", node.short()),
            Value::List(items) => {
                let items = items.iter().map(|item| self.inner(item));
                write!(f, "[{}]", Joined(items))
            }
            Value::Record(members) => {
                let members = members.iter().map(|(number, value)| {
                    let name = member_name(self.config, *number);
                    format!("{}: {}", Plain(&name), self.inner(value))
                });
                write!(f, "{{ {} }}", Joined(members))
            }
            Value::Map(entries) => {
                let entry = |(key, value)| format!("{}: {}", self.inner(key), self.inner(value));
                write!(
                    f,
                    "{{ {} }}",
                    Joined(entries.iter().map(|(key, value)| entry((key, value))))
                )
            }
        }
    }
}

/// Things with commas between them.
pub(crate) struct Joined<I>(pub(crate) I);

impl<I: Iterator<Item: fmt::Display> + Clone> fmt::Display for Joined<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.clone().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

/// The member's name, or its number where the schema does not name it.
pub(crate) fn member_name(config: Option<&RecordConfig>, number: u32) -> String {
    let members = config.into_iter().flat_map(|config| &config.members);
    let mut named = members.filter(|member| member.number == number);
    named.next().map_or_else(|| format!("#{number}"), |member| member.name.clone())
}

/// The value for programs: bytes and pointers are told from strings, members go by name.
pub(crate) fn value_json(value: &Value, config: Option<&RecordConfig>) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Gone => json!({ "gone": true }),
        Value::Int(value) => json!(value),
        // JSON has no infinities and no NaN.
        Value::Float(value) if !value.get().is_finite() => json!({ "float": value.to_string() }),
        Value::Float(value) => json!(value.get()),
        Value::String(value) => json!(value),
        Value::Bytes(value) => json!({ "bytes": Hex(value).to_string() }),
        Value::Pointer(node) => json!({ "node": node.to_string() }),
        Value::List(items) => items.iter().map(|item| value_json(item, config)).collect(),
        Value::Record(members) => {
            let member = |(number, value): &(u32, Value)| {
                (member_name(config, *number), value_json(value, config))
            };
            json!({ "record": members.iter().map(member).collect::<Map<_, _>>() })
        }
        Value::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| {
                json!([value_json(key, config), value_json(value, config)])
            };
            json!({ "map": entries.iter().map(entry).collect::<Vec<_>>() })
        }
    }
}

/// `1 commit`, `2 commits`.
pub(crate) fn counted(count: u64, one: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {one}{many}")
}
