//! Laws about what is read: it is a value, and reads of a part agree with the whole.
//!
//! **Invariants**
//! - What a part should be is cut from the whole here, not by the kind.

use super::{Case, Fault};
use crate::broken::Law;
use crate::caught::caught;
use crate::history::History;
use crate::plan::Side;
use crate::seat::said;
use std::ops::Range;
use woodland_format::limits::OP_BYTES_MAX;
use woodland_format::{ObjectId, Value, decode, encode};
use woodland_graph::{Graph, Kind};

/// What is shown has canonical bytes, strictly ascending where it must be and not too deep; sizes,
/// stretches and entries are those of the whole.
pub(crate) fn reads(graph: &Graph, history: &History, number: usize) -> Result<(), Fault> {
    for side in Side::BOTH {
        let object = history.setting.object(side);
        let ask = || {
            let whole = graph.values(&[object]).pop().flatten();
            let fault = whole.as_ref().and_then(not_canonical);
            match fault {
                Some(what) => Some((Law::ShowsValues, what)),
                None => Some((Law::ReadsAgree, disagreement(graph, object, whole.as_ref())?)),
            }
        };
        let found = caught(ask).map_err(|said| Fault::panic("a part of an object", &said))?;
        if let Some((law, what)) = found {
            return Err(Fault::of(law, format!("after #{number} the {} {what}", side.name())));
        }
    }
    Ok(())
}

/// What is shown, and each write that stands, reads as it is where everything is there; where
/// nothing is, reading it does not panic.
pub(crate) fn read_as_written<K: Kind>(
    case: &Case<'_, K>,
    graph: &Graph,
    number: usize,
) -> Result<(), Fault> {
    for side in Side::BOTH {
        let object = case.history.setting.object(side);
        let ask = || {
            let Ok(config) = case.kind.config(case.config) else { return None };
            let shown = graph.values(&[object]).pop().flatten()?;
            let is_nothing_there = |_, _| false;
            case.kind.view(&config, shown.clone(), &is_nothing_there);
            let read = case.kind.view(&config, shown.clone(), &|_, _| true);
            if read.as_ref() != Some(&shown) {
                return Some(format!("shows {shown}, which reads as {}", said(read.as_ref())));
            }
            for conflict in graph.conflicts(&[object]).pop().unwrap_or_default() {
                for write in conflict.losers.into_iter().chain([conflict.winner]) {
                    let (part, value) = (conflict.part.clone(), write.value);
                    let written = Some((part.clone(), value.clone()));
                    let ask =
                        |value| case.kind.view_part(&config, part.clone(), value, &|_, _| true);
                    if ask(value.clone()) != written {
                        let value = said(value.as_ref());
                        return Some(format!("holds a write of {value}, which reads otherwise"));
                    }
                }
            }
            None
        };
        let found = caught(ask).map_err(|said| Fault::panic("how a value reads", &said))?;
        if let Some(what) = found {
            let what = format!("after #{number} the {} {what}", side.name());
            return Err(Fault::of(Law::ReadAsWritten, what));
        }
    }
    Ok(())
}

fn not_canonical(value: &Value) -> Option<String> {
    let reason = match decode::<Value, OP_BYTES_MAX>("a value", &encode(value)) {
        Ok(again) if again == *value => return None,
        Ok(_) => "is read back as another one".to_owned(),
        Err(error) => error.to_string(),
    };
    Some(format!("shows {value}: {reason}"))
}

const STRETCHES: [Range<u64>; 5] = [0..1, 1..2, 1..u64::MAX, 2..5, 9..9];

fn disagreement(graph: &Graph, object: ObjectId, whole: Option<&Value>) -> Option<String> {
    let first = graph.sizes(&[object]).pop().flatten();
    let expected = whole.and_then(size_of);
    if first != expected {
        return Some(format!("shows {}, and says that its size is {first:?}", said(whole)));
    }
    for range in STRETCHES {
        let part = graph.parts(&[(object, range.clone())]).pop().flatten();
        if part != whole.map(|whole| cut(whole, &range)) {
            let (part, whole) = (said(part.as_ref()), said(whole));
            return Some(format!("shows {whole}, and of {range:?} the part {part}"));
        }
    }
    let entry = |key: &Value| graph.entries(&[(object, key)]).pop().flatten();
    let pairs: Vec<(&Value, &Value)> = match whole {
        Some(Value::Map(entries)) => entries.iter().map(|(key, value)| (key, value)).collect(),
        Some(Value::List(items)) => items.iter().map(|item| (item, item)).collect(),
        _ => Vec::new(),
    };
    // A kind may have no keys; one that answers for some of them answers for all.
    let has_keys = pairs.iter().any(|(key, _)| entry(key).is_some());
    let wrong = pairs.iter().find(|(key, value)| has_keys && entry(key).as_ref() != Some(*value));
    let nobodys = Value::Bytes(b"a key that nobody writes".to_vec());
    let wrong = wrong.map(|(key, _)| *key).or_else(|| entry(&nobodys).map(|_| &nobodys))?;
    Some(format!("shows {}, and at {wrong} {}", said(whole), said(entry(wrong).as_ref())))
}

fn size_of(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => Some(text.len() as u64),
        Value::List(items) => Some(items.len() as u64),
        Value::Map(entries) => Some(entries.len() as u64),
        _ => None,
    }
}

/// The part of a value that a stretch names; one that begins or ends inside a character is moved to
/// where that begins.
fn cut(value: &Value, range: &Range<u64>) -> Value {
    let is_inside = |at: usize| range.contains(&(at as u64));
    match value {
        Value::String(text) => {
            let boundary = |at: &u64| {
                let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
                starts.take_while(|start| *start as u64 <= *at).last().unwrap_or_default()
            };
            text.get(boundary(&range.start)..boundary(&range.end)).unwrap_or_default().into()
        }
        Value::List(items) => {
            let items = items.iter().enumerate().filter(|(at, _)| is_inside(*at));
            Value::List(items.map(|(_, item)| item.clone()).collect())
        }
        whole => whole.clone(),
    }
}
