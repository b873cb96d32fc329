//! Bugs of the kinds, and of how their ops are derived.

use crate::bug::{Bug, Catcher};

/// What else would catch these meets nothing of their sort.
const ENGINE: Catcher = Catcher::of("woodland-tests", "engine_agrees");
const RETYPED: Catcher = ENGINE.only(&["on_a_node_that_gets_another_type"]);
/// By hand: the rule where FugueMax and Fugue differ is rare at random.
const TEXT_BY_HAND: Catcher = Catcher::of("woodland-tests", "oracle").only(&["text::"]);
const KINDS_BY_HAND: Catcher = Catcher::of("woodland-tests", "oracle").only(&["kinds::"]);
const LAWS: Catcher = Catcher::of("woodland-laws", "built_in");
const LISTS: Catcher = Catcher::of("woodland-graph", "list");

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "text-right-origins-ignored",
        promise: "right siblings stand in reverse order of their right origins",
        file: "crates/graph/src/weave/siblings.rs",
        original: "        !origin.is_some_and(|origin| region.contains_key(&origin.run))",
        replacement: "        let _ = region;\n        by_stamp",
        catcher: TEXT_BY_HAND,
    },
    Bug {
        name: "text-view-of-another-author",
        promise: "a position counts in the text that its own author saw",
        file: "crates/graph/src/weave/mod.rs",
        original: "        if !self.stands_at.is_some_and(|at| past.continues(at)) {",
        replacement: "        if self.stands_at.is_none() {",
        catcher: ENGINE,
    },
    Bug {
        name: "text-view-before-a-merge",
        promise: "the view is taken anew where the author had read others in between",
        file: "crates/graph/src/past.rs",
        original: "        self.log.is_sequel(from, to)",
        replacement: "        from.line == to.line && from.seq < to.seq",
        catcher: ENGINE,
    },
    Bug {
        name: "register-keeps-seen-writes",
        promise: "a write that another write saw no longer stands",
        file: "crates/graph/src/register.rs",
        original: "        writes.retain(|(stamp, _)| !past.saw(*stamp));\n",
        replacement: "",
        catcher: ENGINE,
    },
    Bug {
        name: "register-drops-concurrent-writes",
        promise: "a write that nobody saw is a conflict, not lost",
        file: "crates/graph/src/register.rs",
        original: "        writes.retain(|(stamp, _)| !past.saw(*stamp));\n",
        replacement: "        writes.clear();\n",
        catcher: ENGINE,
    },
    Bug {
        name: "register-winner-by-arrival",
        promise: "the last write in order wins, not the last to arrive",
        file: "crates/graph/src/register.rs",
        original: "writes.partition_point(|(stamp, _)| past.order(*stamp, at).is_lt());",
        replacement: "writes.len();",
        catcher: ENGINE,
    },
    Bug {
        name: "atom-merged-by-member",
        promise: "an atom is replaced as a whole or not at all",
        file: "crates/graph/src/register.rs",
        original: "                state.value().cloned()\n",
        replacement: r#"
                let mut shown = state.value().cloned();
                for (_, write) in state.writes() {
                    let both = (shown.as_mut(), write);
                    if let (Some(Value::Record(won)), Some(Value::Record(lost))) = both {
                        let more = lost.iter().filter(|(at, _)| won.iter().all(|it| it.0 != *at));
                        let more: Vec<_> = more.cloned().collect();
                        won.extend(more);
                    }
                }
                shown
"#,
        catcher: KINDS_BY_HAND,
    },
    Bug {
        name: "set-removal-ends-unseen-additions",
        promise: "a removal takes what its author saw: a concurrent addition survives",
        file: "crates/graph/src/set.rs",
        original: ".filter(|addition| !past.saw(*addition));",
        replacement: ".filter(|addition| adds && !past.saw(*addition));",
        catcher: LAWS.only(&["set"]),
    },
    Bug {
        name: "map-generation-off-by-one",
        promise: "a put that saw the end of a generation begins the next one",
        file: "crates/graph/src/map.rs",
        original: "last + usize::from(saw(&generations[last].ended))",
        replacement: "last",
        catcher: KINDS_BY_HAND,
    },
    Bug {
        name: "list-move-survives-removal",
        promise: "a removal takes an item away wherever it is moved meanwhile",
        file: "crates/graph/src/list/woven.rs",
        original: "let mut hiders = item.removals.clone();",
        replacement: "let mut hiders = Hiders::default();",
        catcher: LISTS,
    },
    Bug {
        name: "counter-wraps",
        promise: "a counter is exact until it is read",
        file: "crates/graph/src/counter.rs",
        original: "        state.0 = Some(state.0.unwrap_or(0) + i128::from(much));",
        replacement: "        state.0 = Some(i128::from((state.0.unwrap_or(0) as \
                  i64).wrapping_add(much)));",
        catcher: KINDS_BY_HAND,
    },
    Bug {
        name: "events-by-arrival",
        promise: "events stand in order, not by arrival",
        file: "crates/graph/src/events.rs",
        original: "past.order(*last, at).is_lt()) {",
        replacement: "*last != at) {",
        catcher: LAWS.only(&["events"]),
    },
    Bug {
        name: "type-by-arrival",
        promise: "the first creation in order decides a node's type",
        file: "crates/graph/src/state/mod.rs",
        original: "let later = match is_before(&creation, &self.first) {",
        replacement: "let later = match is_before(&creation, &creation) {",
        catcher: RETYPED,
    },
    Bug {
        name: "unknown-target-let-in",
        promise: "a pointer to a node that its author had not seen is void",
        file: "crates/graph/src/erased.rs",
        original: "    if missing { Err(Void::UnknownTarget) } else { Ok(op) }",
        replacement: "    let _ = missing;\n    Ok(op)",
        catcher: KINDS_BY_HAND,
    },
];
