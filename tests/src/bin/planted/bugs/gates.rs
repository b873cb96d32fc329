//! Bugs of who is let in, of what a newcomer takes for true, and of what it waits for.

use crate::bug::{Bug, Catcher};

const PEERS: Catcher = Catcher::of("woodland-sync", "peers");
const TALKING: Catcher = PEERS.only(&["talking::"]);
const MERGING: Catcher = Catcher::of("woodland-store", "store").only(&["merging::"]);
const ALLOWED: Catcher = PEERS.only(&["allowed::"]);
const NEWCOMER: Catcher = PEERS.only(&["newcomer::"]);

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "proof-not-verified",
        promise: "whoever proves an identity has the key of the author it vouches for",
        file: "crates/sync/src/session/gate.rs",
        original: "!certificate.vouches_for(author) || !is_signed()",
        replacement: "!certificate.vouches_for(author)",
        catcher: ALLOWED,
    },
    Bug {
        name: "certificate-not-verified",
        promise: "an identity is proven by its own word",
        file: "crates/sync/src/session/gate.rs",
        original: "!certificate.vouches_for(author) || !is_signed()",
        replacement: "!is_signed()",
        catcher: ALLOWED,
    },
    Bug {
        name: "every-identity-may-read",
        promise: "a dataset is served only to whom its owner allows",
        file: "crates/sync/src/session/gate.rs",
        original: "log.is_none_or(|log| log.may(&identity, Right::Read))",
        replacement: "true",
        catcher: ALLOWED,
    },
    Bug {
        name: "revoked-served-on",
        promise: "who may not read any more is served no more",
        file: "crates/sync/src/hub/mod.rs",
        original: "        self.serve_only_readers();\n        self.plan();",
        replacement: "        self.plan();",
        catcher: ALLOWED,
    },
    Bug {
        name: "one-challenge-for-all",
        promise: "a proof is of use in one conversation",
        file: "crates/sync/src/hub/mod.rs",
        original: "(salt, self.begun)",
        replacement: "(salt, 0)",
        catcher: ALLOWED,
    },
    Bug {
        name: "newcomer-trusts-for-ever",
        promise: "a newcomer takes nobody's word once it has caught up",
        file: "crates/sync/src/hub/mod.rs",
        original: "                    self.trust_nobody();\n                    if !self.is_with(peer)",
        replacement: "                    if !self.is_with(peer)",
        catcher: NEWCOMER,
    },
    Bug {
        name: "newcomer-trusts-beside-others",
        promise: "who was trusted is not sent what another brought",
        file: "crates/sync/src/hub/mod.rs",
        original: "if identity.is_some() && identity != self.trusted() {",
        replacement: "if false {",
        catcher: NEWCOMER,
    },
    Bug {
        name: "newcomer-catches-up-with-anybody",
        promise: "all has come only from who may read",
        file: "crates/sync/src/hub/mod.rs",
        original: "                    if !self.is_with(peer) {\n",
        replacement: "                    if false {\n",
        catcher: NEWCOMER,
    },
    Bug {
        name: "newcomer-takes-without-end",
        promise: "a newcomer costs bounded memory",
        file: "crates/sync/src/hub/trust.rs",
        original: "(found > limit).then_some(Closed::TooMuch { found, limit })",
        replacement: "None",
        catcher: NEWCOMER,
    },
    Bug {
        name: "newcomer-waits-for-what-it-has",
        promise: "who lacks nothing is told that it has caught up",
        file: "crates/sync/src/session/questions.rs",
        original: "Ok(lacks_nothing.then_some(Event::CaughtUp))",
        replacement: "Ok(None)",
        catcher: NEWCOMER,
    },
    Bug {
        name: "owned-without-proof",
        promise: "an owned dataset is taken from who asks for a proof",
        file: "crates/sync/src/newcomer.rs",
        original: "if log.owner().is_some() && self.gate.identity().is_none() {",
        replacement: "if false {",
        catcher: NEWCOMER,
    },
    Bug {
        name: "tips-compared-by-seq",
        promise: "a fork is seen where the other branch is no longer than the own",
        file: "crates/sync/src/settle.rs",
        original: "            match named.held(tip) {\n",
        replacement:
            "            if named.tips_of(tip.author).any(|(_, held)| held.seq >= tip.seq) {
                continue;
            }
            match named.held(tip) {\n",
        catcher: PEERS.only(&["settling::", "talking::"]),
    },
    Bug {
        name: "wanted-of-the-cut-forgotten",
        promise: "what a cut conversation owed is wanted from another",
        file: "crates/sync/src/wants.rs",
        original: "            !offers.is_empty()\n        });\n        self.wanted.retain",
        replacement:
            "            !offers.is_empty() && !self.wanted.values().any(|it| it.peer == peer)
        });
        self.wanted.retain",
        catcher: TALKING,
    },
    Bug {
        name: "what-came-meanwhile-not-told",
        promise: "what came while a version was sent is told after it",
        file: "crates/sync/src/session/sending.rs",
        original: "            let places = std::iter::from_fn(|| arrived.next_place());",
        replacement: "            let places = std::iter::from_fn(|| arrived.next_place()).take(0);",
        catcher: TALKING,
    },
    Bug {
        name: "late-holds-up-others",
        promise: "others are asked while one who was asked is silent",
        file: "crates/sync/src/hub/mod.rs",
        original: "session.is_sending() && session.quiet_ticks < LATE_TICKS",
        replacement: "session.is_sending() && session.quiet_ticks < LATE_TICKS * 1000",
        catcher: PEERS.only(&["hostile::"]),
    },
    Bug {
        name: "signatures-far-apart",
        promise: "what is sent waits for a signature within bounds",
        file: "crates/log/src/points.rs",
        original: "            && last - first < KEPT_EVERY_POSITIONS\n",
        replacement: "            && last >= first\n",
        catcher: TALKING,
    },
    Bug {
        name: "needed-signatures-merged-away",
        promise: "the store keeps the signatures that the log keeps",
        file: "crates/store/src/maintain/points.rs",
        original: "if is_near && !is_needed(&candidate.commit) {",
        replacement: "if is_near {",
        catcher: MERGING,
    },
    Bug {
        name: "newcomer-takes-another-dataset",
        promise: "a founding commit has the name of its dataset",
        file: "crates/sync/src/newcomer.rs",
        original: ".filter(|it| it.id() == self.dataset.founding())",
        replacement: "",
        catcher: NEWCOMER,
    },
    Bug {
        name: "newcomer-welcomed-unproven",
        promise: "a newcomer is told nothing before it has proven that it may read",
        file: "crates/sync/src/session/saying.rs",
        original: "        if self.gate.is_shut() {\n            return",
        replacement: "        if self.gate.is_shut() && self.welcome != Welcome::Due {\n            return",
        catcher: NEWCOMER,
    },
    Bug {
        name: "newcomer-heard-on",
        promise: "after it was welcomed, a conversation begins anew",
        file: "crates/sync/src/hub/mod.rs",
        original: "if session.has_welcomed() {",
        replacement: "if session.has_welcomed() && false {",
        catcher: NEWCOMER,
    },
];
