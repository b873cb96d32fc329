//! Values that a type admits, drawn at random.

use crate::histories::draft::Draft;
use woodland_format::{Value, ValueType};

pub(crate) const SNIPPETS: &[&str] =
    &["a", "b", "xyz", "é", "字", "🙂", "hello ", "warm é", "字字", "- ", "\n", "ab🙂cd", "quick"];

const FLOATS: &[f64] = &[0.0, -0.0, 1.5, -2.25, 1e300, f64::INFINITY, f64::NAN, f64::MIN_POSITIVE];

impl Draft<'_> {
    /// A value of this type; none where it would need a node that is not there.
    pub(crate) fn value_of(&mut self, of_type: &ValueType) -> Option<Value> {
        Some(match of_type {
            ValueType::Bool => Value::Bool(self.rng.chance(50)),
            ValueType::Int => Value::Int(self.rng.number().cast_signed() >> self.rng.below(64)),
            ValueType::Float => Value::from(*self.rng.pick(FLOATS).expect("there are floats")),
            ValueType::String => Value::from(*self.rng.pick(SNIPPETS).expect("there are snippets")),
            ValueType::Bytes => {
                let length = self.rng.below(6);
                Value::Bytes(self.rng.bytes()[..length].to_vec())
            }
            ValueType::Pointer(target) | ValueType::ForeignKey { target, .. } => {
                Value::Pointer(self.node_of(*target)?)
            }
            ValueType::List(item) => {
                let length = self.rng.below(4);
                Value::List((0..length).map_while(|_| self.value_of(item)).collect())
            }
            ValueType::Literal(literal) => literal.clone(),
            ValueType::Union(members) => {
                let member = self.rng.pick(members)?;
                self.value_of(member)?
            }
            ValueType::Composite(members) => {
                let mut values = Vec::new();
                for member in members {
                    let may_be_absent = member.value.of_place() != &member.value;
                    let value = self.value_of(&member.value);
                    match value {
                        Some(value) if !may_be_absent || self.rng.chance(50) => {
                            values.push((member.number, value));
                        }
                        None if !may_be_absent => return None,
                        _ => {}
                    }
                }
                Value::Record(values)
            }
            ValueType::Derivation { over: of, .. }
            | ValueType::Optional(of)
            | ValueType::Default { of, .. } => self.value_of(of)?,
        })
    }

    /// The same, of so few that authors come upon one value: an item, a key.
    pub(crate) fn few_value_of(&mut self, of_type: &ValueType) -> Option<Value> {
        match of_type {
            ValueType::Int => {
                Some(Value::Int(self.rng.below(3).try_into().expect("a small number")))
            }
            ValueType::String => self.rng.pick(&SNIPPETS[..4]).map(|text| Value::from(*text)),
            ValueType::Union(members) => {
                let member = self.rng.pick(members)?;
                self.few_value_of(member)
            }
            ValueType::Derivation { over, .. } => self.few_value_of(over),
            other => self.value_of(other),
        }
    }

    /// Up to three such values, ascending, each once.
    pub(crate) fn few_values_of(&mut self, of_type: &ValueType) -> Vec<Value> {
        let mut values: Vec<Value> =
            (0..1 + self.rng.below(3)).filter_map(|_| self.few_value_of(of_type)).collect();
        values.sort();
        values.dedup();
        values
    }
}
