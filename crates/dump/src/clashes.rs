//! `clashes`: the nodes that should not read alike and do, by unique rule or natural key.
//!
//! ```text
//!  Person.one_mail  mail "ada@example.org"
//!      holds   08a6ec38712a40b672ea4fae59643aa5
//!      beside  77ab0c12…
//! ```
//!
//! **Invariants**
//! - Clashes stand by the number of their rule, then by their values; they are those of the schema
//!   that is read through.
//!
//! What this does not do: say which node is right. Nobody's values are changed by a clash.

use crate::graph::Page;
use crate::json::Document;
use crate::page::Contents;
use crate::paint::{BAD, GOOD, TITLE};
use crate::progress::Watch;
use crate::request::{DumpError, Form};
use crate::shown::{Cut, Joined, Plain, Shown, value_json};
use serde_json::{Value as Json, json};
use std::io::{self, Write};
use woodland_format::NodeId;
use woodland_graph::Clash;

pub(crate) fn print(
    contents: &Contents,
    watch: Watch<'_>,
    out: &mut dyn Write,
) -> Result<(), DumpError> {
    let Some(page) = contents.page(watch)? else { return Ok(contents.put_nothing(out)?) };
    let clashes = page.graph.clashes();
    match contents.form {
        Form::Text => {
            page.put_schema(out)?;
            let count = clashes.len() as u64;
            let es = if count == 1 { "" } else { "es" };
            writeln!(out, "{}", page.paint.of(TITLE, format!("{count} clash{es}")))?;
            clashes.iter().try_for_each(|clash| page.put_clash(clash, out))?;
        }
        Form::Json => {
            let mut document = Document::begin(out)?;
            document.field("schema", page.schema_json())?;
            document.list("clashes", clashes.iter().map(|clash| page.clash_json(clash)))?;
            document.end()?;
        }
    }
    Ok(())
}

impl Page<'_> {
    fn put_clash(&self, clash: &Clash, out: &mut dyn Write) -> io::Result<()> {
        let name = self.paint.of(TITLE, self.names.field_name(clash.rule));
        let fields = self.names.of_rule(clash.rule);
        let shown = |(at, value)| {
            let field = fields.get(at).map(|name: &String| format!("{} ", Plain(name)));
            let value = Shown { value, config: None, cut: Cut::Short };
            format!("{}{value}", field.unwrap_or_default())
        };
        let values = Joined(clash.values.iter().enumerate().map(shown));
        writeln!(out, "\n{name}  {values}")?;
        writeln!(out, "    {}   {}", self.paint.of(GOOD, "holds"), clash.holder)?;
        for other in &clash.others {
            writeln!(out, "    {}  {other}", self.paint.of(BAD, "beside"))?;
        }
        Ok(())
    }

    fn clash_json(&self, clash: &Clash) -> Json {
        json!({
            "rule": self.names.field_name(clash.rule),
            "rule_id": clash.rule.0,
            "fields": self.names.of_rule(clash.rule),
            "type": self.names.type_name(clash.node_type),
            "type_id": clash.node_type.0,
            "values": clash.values.iter().map(|value| value_json(value, None)).collect::<Vec<Json>>(),
            "holder": clash.holder.to_string(),
            "others": clash.others.iter().map(NodeId::to_string).collect::<Vec<_>>(),
        })
    }
}
