//! Bugs of what is masked, and of who saw it before that.

use crate::bug::{Bug, Catcher};

const ENGINE: Catcher = Catcher::of("woodland-tests", "engine_agrees");
const OWNED: Catcher = ENGINE.only(&["on_histories_with_an_owner"]);
const TEXTS: Catcher = ENGINE.only(&["on_texts_with_masked_edits"]);
const LISTS: Catcher = ENGINE.only(&["on_lists_with_masked_edits"]);
const COLLECTIONS: Catcher = ENGINE.only(&["on_collections_with_masked_edits"]);
/// By hand: what is rare at random.
const BY_HAND: Catcher = Catcher::of("woodland-tests", "oracle").only(&["masks::"]);

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "not-derived-anew",
        promise: "a revocation masks what was derived before it came",
        file: "crates/graph/src/derive.rs",
        original: "        if masks_what_was_held(log, &self.log) {",
        replacement: "        if masks_what_was_held(log, log) {",
        catcher: OWNED,
    },
    Bug {
        name: "masked-deletions-count",
        promise: "a masked op takes nothing away from everybody",
        file: "crates/graph/src/weave/mod.rs",
        original: "let lost = self.chunks.hide(gap, op, is_masked);",
        replacement: "let lost = self.chunks.hide(gap, op, is_masked && false);",
        catcher: TEXTS,
    },
    Bug {
        name: "masked-insertions-hidden-from-all",
        promise: "a position counts what its author saw, though it is masked now",
        file: "crates/graph/src/weave/chunks.rs",
        original: "!self.needs.iter().all(|op| past.counts(*op))",
        replacement: "!self.needs.is_empty()",
        catcher: TEXTS,
    },
    Bug {
        name: "masked-insertions-seen-by-all",
        promise: "a position does not count what its author saw masked",
        file: "crates/graph/src/weave/chunks.rs",
        original: "!self.needs.iter().all(|op| past.counts(*op))",
        replacement: "false",
        catcher: TEXTS,
    },
    Bug {
        name: "move-of-a-masked-item",
        promise: "an item whose insertion is masked is nowhere, whoever moved it",
        file: "crates/graph/src/list/woven.rs",
        original: "        let about = self.masked.contains(&name.run).then_some(name.run);",
        replacement: "        let about = None;",
        catcher: LISTS,
    },
    Bug {
        name: "slot-behind-a-masked-move",
        promise: "an item that a masked op moved leaves all its slots when it is moved again",
        file: "crates/graph/src/list/woven.rs",
        original: "        if !self.masked.contains(&moves[seen]) {",
        replacement: "        if seen < moves.len() {",
        catcher: LISTS,
    },
    Bug {
        name: "masked-moves-stand-for-later-ones",
        promise: "a slot is hidden by a later move though a masked one of that author came first",
        file: "crates/graph/src/list/woven.rs",
        original: "        if !is_masked(op) {",
        replacement: "        if is_masked(op) || !is_masked(op) {",
        catcher: BY_HAND,
    },
    Bug {
        name: "masked-puts-forgotten",
        promise: "a removal ends the generation that its author saw, though its put is masked",
        file: "crates/graph/src/map.rs",
        original: "            || masked.any(|one| one.puts && one.generation as usize == generation)",
        replacement: "            || masked.any(|_| false)",
        catcher: COLLECTIONS,
    },
    Bug {
        name: "generation-left-open",
        promise: "an earlier generation does not show again where a masked op ended it",
        file: "crates/graph/src/map.rs",
        original: "generations[at..].iter().any(end)",
        replacement: "generations[at..=at].iter().any(end)",
        catcher: BY_HAND,
    },
    Bug {
        name: "links-of-a-generation-left-open",
        promise: "what a put wrote is not linked to any more once the next generation begins",
        file: "crates/graph/src/map.rs",
        original: "        let open = (0..).zip(all).filter(|(_, one)| is_open(one));",
        replacement: "        let open = (0..).zip(all).filter(|(_, one)| is_open(one)).take(0);",
        catcher: BY_HAND,
    },
    Bug {
        name: "masked-creations-live",
        promise: "a node lives from its first creation on that is not masked",
        file: "crates/graph/src/judge/arrive.rs",
        original: "        let from = entry.unborn_from(is_before);",
        replacement: "        let from = entry.unborn_from(is_before).filter(|_| false);",
        catcher: OWNED,
    },
    Bug {
        name: "revive-brings-to-life",
        promise: "no foreign key brings a node to life that nobody has created",
        file: "crates/graph/src/judge/verdict.rs",
        original: "OnDelete::Revive if !self.is_unborn(link.target, at) => {",
        replacement: "OnDelete::Revive => {",
        catcher: BY_HAND,
    },
    Bug {
        name: "born-without-its-links",
        promise: "what a node links to under revive comes back with its first creation",
        file: "crates/graph/src/judge/verdict.rs",
        original: "                if entry.first.stamp != at {",
        replacement: concat!(
            "                risen.add(node);\n",
            "                if entry.first.stamp == at {\n",
            "                    return (risen.nodes, None);\n",
            "                } else {"
        ),
        catcher: BY_HAND,
    },
    Bug {
        name: "masked-migrations-apply",
        promise: "a masked migration changes no schema",
        file: "crates/graph/src/derive.rs",
        original: "            OpView::Other(Op::Migrate(_)) if past.is_masked() => Err(Void::Revoked),\n",
        replacement: "",
        catcher: OWNED,
    },
    Bug {
        name: "masked-edits-keep",
        promise: "a masked edit keeps no node from being deleted",
        file: "crates/graph/src/derive.rs",
        original: "        if *is_revivable && counts && !past.is_masked() {",
        replacement: "        if *is_revivable && counts {",
        catcher: OWNED,
    },
];
