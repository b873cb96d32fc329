//! Bugs of migrations, of reading through a schema, of claims, and of the digest.

use crate::bug::{Bug, Catcher};

const MIGRATIONS: Catcher = Catcher::of("woodland-format", "migrations");
const VALUES: Catcher = Catcher::of("woodland-format", "reading");
const LENS: Catcher = Catcher::of("woodland-graph", "lens");
const EXISTENCE: Catcher = Catcher::of("woodland-graph", "existence");
const ENGINE: Catcher = Catcher::of("woodland-tests", "engine_agrees");
const RETYPED: Catcher = ENGINE.only(&["on_a_node_that_gets_another_type"]);
const CLAIMS: Catcher = LENS.only(&["unique::"]);

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "digest-basis-without-its-tree",
        promise: "the digest counts every change since it was last asked for",
        file: "crates/graph/src/graph.rs",
        original: "            None => self.basis.clone(),",
        replacement: "            None => self.basis.clone().map(|(_, tree)| \
                  (self.state.clone(), tree)),",
        catcher: ENGINE,
    },
    Bug {
        name: "misfit-in-part",
        promise: "of a migration all steps apply or none",
        file: "crates/format/src/migration/apply.rs",
        original: "            run.step(step)?;\n",
        replacement: "            let _ = run.step(step);\n",
        catcher: MIGRATIONS,
    },
    Bug {
        name: "same-migration-is-a-misfit",
        promise: "the same migration, made twice, is made once",
        file: "crates/format/src/migration/apply.rs",
        original: "            return if is_same { Ok(()) } else { \
                  Err(Misfit::Taken(field.id.0)) };",
        replacement: "            return Err(Misfit::Taken(field.id.0 + u64::from(is_same)));",
        catcher: MIGRATIONS,
    },
    Bug {
        name: "added-again-shows-the-old",
        promise: "a field that is added again does not show what was removed",
        file: "crates/format/src/migration/propose.rs",
        original: "Ids::of(taken.iter().copied().chain([current]));",
        replacement: "Ids::of(taken.iter().copied().take(0).chain([current]));",
        catcher: MIGRATIONS,
    },
    Bug {
        name: "list-item-not-masked",
        promise: "a pointer to what is not there is absent, however deep it stands",
        file: "crates/format/src/value_type/reading.rs",
        original: ".filter_map(|one| item.mask(one, is_there));",
        replacement: ".filter(|one| item.admits(one));",
        catcher: VALUES,
    },
    Bug {
        name: "conversion-by-way-of-int",
        promise: "a value is converted from what it is, not by way of another type",
        file: "crates/format/src/value_type/reading.rs",
        original: "Some(value.get() != 0.0 && !value.get().is_nan())",
        replacement: "Some(toward_zero(value.get()) != 0)",
        catcher: VALUES,
    },
    Bug {
        name: "conversion-of-the-last-schema-alone",
        promise: "what was written under any other configuration is converted",
        file: "crates/graph/src/lens.rs",
        original: "carried.iter().any(is_another)",
        replacement: "carried.iter().take(1).any(is_another)",
        catcher: LENS,
    },
    Bug {
        name: "late-migration-folded-alone",
        promise: "a migration that arrives late turns those after it",
        file: "crates/graph/src/ledger.rs",
        original: "self.made.range(*from..).map(",
        replacement: "self.made.range(*from..=*from).map(",
        catcher: LENS,
    },
    Bug {
        name: "fold-begins-late",
        promise: "the fold goes on from the first migration that arrived",
        file: "crates/graph/src/ledger.rs",
        original: "|first| first.min(key)",
        replacement: "|first| first.max(key)",
        catcher: LENS,
    },
    Bug {
        name: "pointer-to-the-dead",
        promise: "a pointer to a dead node is absent",
        file: "crates/graph/src/sight.rs",
        original: "entry.lives() && entry.first.node_type == node_type)",
        replacement: "entry.first.node_type == node_type)",
        catcher: LENS,
    },
    Bug {
        name: "move-hears-nobody",
        promise: "what an old program writes at the place of a moved field is heard",
        file: "crates/graph/src/sight.rs",
        original: "if is_after(one.at) && last.is_none_or(|(other, _)| is_after(other)) {",
        replacement: "if is_after(one.at) && last.is_none() {",
        catcher: LENS,
    },
    Bug {
        name: "move-hears-before",
        promise: "what stood at the place before the move is not heard",
        file: "crates/graph/src/sight.rs",
        original: "if is_after(one.at) && last",
        replacement: "if last",
        catcher: LENS,
    },
    Bug {
        name: "claim-by-earliest-write",
        promise: "a claim is as old as the latest write of its fields",
        file: "crates/graph/src/claims.rs",
        original: "    written.max_by(",
        replacement: "    written.min_by(",
        catcher: CLAIMS,
    },
    Bug {
        name: "holder-by-id",
        promise: "of nodes that clash the first claim holds, not the lowest id",
        file: "crates/graph/src/claims.rs",
        original: "(Some(one), Some(other)) => order(&self.log, *one, *other),",
        replacement: "(Some(_), Some(_)) => Ordering::Equal,",
        catcher: CLAIMS,
    },
    Bug {
        name: "lowest-generation-holds",
        promise: "of living generations of a key the highest holds it",
        file: "crates/graph/src/claims.rs",
        original: "            living.reverse();\n",
        replacement: "            living.rotate_left(0);\n",
        catcher: CLAIMS,
    },
    Bug {
        name: "digest-of-what-is-visible",
        promise: "the digest asks no schema",
        file: "crates/graph/src/weigh.rs",
        original: "let is_named = new.lives().then(|| named(&new));",
        replacement: "let is_named = self.sight().type_of(&new).map(|_| named(&new));",
        catcher: LENS,
    },
    Bug {
        name: "digest-forgets-retyped-nodes",
        promise: "a node whose type changes is another in the digest",
        file: "crates/graph/src/weigh.rs",
        original: "            if was_named != is_named {",
        replacement: "            if was_named.is_some() != is_named.is_some() {",
        catcher: RETYPED,
    },
    Bug {
        name: "digest-keeps-the-dead",
        promise: "what dies leaves the digest with all its objects",
        file: "crates/graph/src/weigh.rs",
        original: "if new.lives() && !is_same || !new.lives() && earlier.is_some() {",
        replacement: "if new.lives() && !is_same {",
        catcher: EXISTENCE,
    },
];
