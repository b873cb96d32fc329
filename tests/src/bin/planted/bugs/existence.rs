//! Bugs of who lives.

use crate::bug::{Bug, Catcher};

const EXISTENCE: Catcher = Catcher::of("woodland-graph", "existence");

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "outsider-not-asked",
        promise: "a deletion is void if a living outsider restricts anything that it takes",
        file: "crates/graph/src/judge/verdict.rs",
        original: "let is_restricted = taken.iter().any(|target| {",
        replacement: "let is_restricted = taken[..1].iter().any(|target| {",
        catcher: EXISTENCE,
    },
    Bug {
        name: "taken-restricts",
        promise: "what is taken itself keeps nobody",
        file: "crates/graph/src/judge/verdict.rs",
        original: "                !known.contains(&found.id.source)\n                    && \
                  found.is_shown",
        replacement: "                found.id.source != *target\n                    && \
                  found.is_shown",
        catcher: EXISTENCE,
    },
    Bug {
        name: "dead-restricts",
        promise: "a dead node keeps nobody",
        file: "crates/graph/src/judge/verdict.rs",
        original: "                    && self.lives_before(found.id.source, at)\n",
        replacement: "",
        catcher: EXISTENCE,
    },
    Bug {
        name: "unseen-edit-off-by-one",
        promise: "an edit that a deletion did not see, and that stands before it, keeps its node",
        file: "crates/graph/src/judge/life.rs",
        original: "map_or(0, |last| last + 1);",
        replacement: "map_or(0, |last| last + 2);",
        catcher: EXISTENCE,
    },
    Bug {
        name: "cascade-takes-the-edited",
        promise: "a cascade spares what was edited unseen",
        file: "crates/graph/src/judge/verdict.rs",
        original: "                    && self.lives_before(source, at)\n                    && \
                  !self.is_kept(source, at);",
        replacement: "                    && self.lives_before(source, at);",
        catcher: EXISTENCE,
    },
    Bug {
        name: "comes-back-alone",
        promise: "what comes back brings all that it links to under revive, link by link",
        file: "crates/graph/src/judge/verdict.rs",
        original: "                if comes {\n",
        replacement: "                if comes && source == node {\n",
        catcher: EXISTENCE,
    },
    Bug {
        name: "links-before-the-op",
        promise: "what comes back has the links after the op that brings it back",
        file: "crates/graph/src/judge/verdict.rs",
        original: "                    && found.is_shown_after(self.log, at)\n",
        replacement: "                    && found.is_shown(self.log, at)\n",
        catcher: EXISTENCE,
    },
    Bug {
        name: "generation-unseen",
        promise: "a generation is created by an author who saw one of the generation before",
        file: "crates/graph/src/judge/arrive.rs",
        original: "entry.creations().any(|one| past.saw(one.stamp));\n        if self.known",
        replacement: "entry.creations().any(|one| past.at() != one.stamp);\n        if self.known",
        catcher: EXISTENCE,
    },
    Bug {
        name: "link-end-stays",
        promise: "a write that arrives late ends a link earlier than was known",
        file: "crates/graph/src/judge/links.rs",
        original: "if link.end.is_some_and(|before| order(log, before, end).is_le()) {",
        replacement: "if let (Some(_), _) = (link.end, log) {",
        catcher: EXISTENCE,
    },
    Bug {
        name: "writers-of-links-not-summoned",
        promise: "who wrote a link to what died or came back is judged again",
        file: "crates/graph/src/judge/dependents.rs",
        original: "            self.summon_referrers(*node, stretch);\n",
        replacement: "",
        catcher: EXISTENCE,
    },
    Bug {
        name: "returns-not-summoned",
        promise: "what links under revive to what died or came back returns again",
        file: "crates/graph/src/judge/dependents.rs",
        original: "            if found.link.on_delete == OnDelete::Revive {\n                \
                  self.recall_returns(source, stretch);\n            }\n",
        replacement: "",
        catcher: EXISTENCE,
    },
    Bug {
        name: "returns-not-summoned-by-links",
        promise: "what comes back is judged again when its links change",
        file: "crates/graph/src/judge/dependents.rs",
        original: "        self.recall_returns(source, &stretch);\n",
        replacement: "        let _ = source;\n",
        catcher: EXISTENCE,
    },
    Bug {
        name: "victims-own-links-not-looked-at",
        promise: "who a victim links to is deleted or kept again",
        file: "crates/graph/src/judge/dependents.rs",
        original: "                    above.push(found.link.target);\n",
        replacement: "                    above.truncate(0);\n",
        catcher: EXISTENCE,
    },
    Bug {
        name: "cascade-above-not-summoned",
        promise: "a deletion is judged again for what goes with it, however far along cascades",
        file: "crates/graph/src/judge/dependents.rs",
        original: "                    left.push(found.link.target);\n",
        replacement: "                    left.truncate(left.len());\n",
        catcher: EXISTENCE,
    },
    Bug {
        name: "next-edit-not-summoned",
        promise: "the first edit after a death is judged again",
        file: "crates/graph/src/judge/dependents.rs",
        original: "            cases.extend(next.map(|at| Case { at, act: Act::Edit, node }));\n",
        replacement: "            let _ = next;\n",
        catcher: EXISTENCE,
    },
    Bug {
        name: "own-links-not-summoned",
        promise: "what a node wrote while it was thought dead is judged again",
        file: "crates/graph/src/judge/dependents.rs",
        original: "                if stretch.holds(self.log, found.id.start()) {\n",
        replacement: "                if stretch.until.is_some() && stretch.holds(self.log, \
                  found.id.start()) {\n",
        catcher: EXISTENCE,
    },
];
