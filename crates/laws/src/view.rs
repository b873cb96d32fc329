//! All that can be seen of a graph, and how two of them differ.
//!
//! **Invariants**
//! - Names ops by commit and index, so views of graphs of other logs with the same commits compare.

use crate::history::History;
use crate::plan::Side;
use crate::seat::said;
use std::fmt::Write as _;
use woodland_format::{Digest, Value};
use woodland_graph::{Conflict, Graph, Told, Verdict, VoidOp};

/// What can be seen of one object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sight {
    pub(crate) shown: Option<Value>,
    conflicts: Vec<Conflict>,
    told: Vec<Told>,
}

/// What can be seen of a graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub(crate) sights: [Sight; 2],
    voids: Vec<VoidOp>,
    digest: Digest,
}

impl View {
    pub(crate) fn of(graph: &Graph, history: &History) -> View {
        let sight = |side: Side| {
            let object = [history.setting.object(side)];
            let first = "an answer for each object";
            Sight {
                shown: graph.values(&object).pop().expect(first),
                conflicts: graph.conflicts(&object).pop().expect(first),
                told: graph.explain(&object).pop().expect(first),
            }
        };
        let sights = Side::BOTH.map(sight);
        View { sights, voids: graph.voids().collect(), digest: graph.digest() }
    }

    /// The first thing that differs, in words. `names` say where each view is from.
    pub(crate) fn difference(
        &self,
        other: &View,
        names: [&str; 2],
        history: &History,
    ) -> Option<String> {
        for (at, side) in Side::BOTH.into_iter().enumerate() {
            let differs = self.sights[at].difference(&other.sights[at], names, history);
            if let Some(text) = differs {
                return Some(format!("the {}: {text}", side.name()));
            }
        }
        if self.voids != other.voids {
            let [one, two] =
                [&self.voids, &other.voids].map(|all| voids_said(all.as_slice(), history));
            return Some(format!("void are {one} {}, and {two} {}", names[0], names[1]));
        }
        (self.digest != other.digest)
            .then(|| format!("the digests differ, {} and {}", names[0], names[1]))
    }
}

impl Sight {
    /// The first thing that differs, in words.
    pub(crate) fn difference(
        &self,
        other: &Sight,
        names: [&str; 2],
        history: &History,
    ) -> Option<String> {
        let [first, second] = names;
        if self.shown != other.shown {
            let [one, two] = [self, other].map(|sight| said(sight.shown.as_ref()));
            return Some(format!("it shows {one} {first}, and {two} {second}"));
        }
        if self.conflicts != other.conflicts {
            let [one, two] = [self, other].map(|sight| sight.conflicts.len());
            return Some(format!(
                "what stands beside the winners differs ({one} conflicts {first}, {two} {second})"
            ));
        }
        let mut pairs = self.told.iter().zip(&other.told);
        if let Some((one, two)) = pairs.find(|(one, two)| one != two) {
            let op = op_said(history, one);
            let [one, two] = [one, two].map(|told| verdict_said(&told.verdict));
            return Some(format!("{op} is {one} {first}, and {two} {second}"));
        }
        (self.told.len() != other.told.len()).then(|| "the ops told of differ".to_owned())
    }
}

fn op_said(history: &History, told: &Told) -> String {
    let number = history.number(&told.commit).unwrap_or_default();
    format!("op {} of #{number}", told.index)
}

fn verdict_said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Void(reason) => format!("void ({})", reason.name()),
        Verdict::Counts(fates) => format!("{fates:?}"),
        other => format!("{other:?}"),
    }
}

pub(crate) fn voids_said(voids: &[VoidOp], history: &History) -> String {
    if voids.is_empty() {
        return "no ops".to_owned();
    }
    let mut text = String::from("[");
    for void in voids {
        let number = history.number(&void.commit).unwrap_or_default();
        let separator = if text.len() > 1 { ", " } else { "" };
        let index = void.index.map_or_else(|| "*".to_owned(), |index| index.to_string());
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}#{number}.{index} {}", void.reason.name());
    }
    text + "]"
}
