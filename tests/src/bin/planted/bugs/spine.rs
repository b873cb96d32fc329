//! Bugs of bytes, logs and directories.

use crate::bug::{Bug, Catcher};

const VERSIONS: Catcher = Catcher::of("woodland-log", "versions");
const DOOR: Catcher = Catcher::of("woodland-log", "door");
const CHAINS: Catcher = Catcher::of("woodland-log", "chains");
const BLOCKS: Catcher = Catcher::of("woodland-format", "blocks");
const SEGMENTS: Catcher = Catcher::of("woodland-format", "segments");
const HOSTILE: Catcher = Catcher::of("woodland-format", "hostile");
const PROOF: Catcher = Catcher::of("woodland-format", "proof");
const STORE: Catcher = Catcher::of("woodland-store", "store");
const POWER: Catcher = STORE.only(&["power::"]);
const DAMAGE: Catcher = STORE.only(&["damage::"]);
const FAULTS: Catcher = STORE.only(&["faults::"]);
const RENEW: Catcher = STORE.only(&["renew::"]);
const MISPLACED: Catcher = STORE.only(&["misplaced::"]);
const INCARNATIONS: Catcher = Catcher::of("woodland-tests", "incarnations");

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "frame-checksum-not-compared",
        promise: "a changed byte of a frame is found",
        file: "crates/format/src/frame.rs",
        original: "        return Ok(body);\n    }\n    if expected != found {",
        replacement: "        return Ok(body);\n    }\n    if expected != found && body.is_empty() {",
        catcher: SEGMENTS,
    },
    Bug {
        name: "segments-found-in-payloads",
        promise: "no segment is looked for inside a frame whose checksum holds",
        file: "crates/format/src/reader.rs",
        original: "        if self.at == damaged && !is_other_tag {\n            self.pass_broken();\n        }",
        replacement: "        let _ = is_other_tag;\n        self.at = damaged;\n        \
                      self.pass_broken();",
        catcher: SEGMENTS,
    },
    Bug {
        name: "segment-after-a-cut-lost",
        promise: "a segment appended after one that was cut short is read",
        file: "crates/format/src/reader.rs",
        original: "        if self.at == damaged && !is_other_tag {",
        replacement: "        if self.at == damaged || is_other_tag {",
        catcher: SEGMENTS,
    },
    Bug {
        name: "weak-keys-accepted",
        promise: "a key of small order signs nothing",
        file: "crates/format/src/signature.rs",
        original: "!key.is_weak() && key.verify_strict(message, &signature).is_ok()",
        replacement: "ed25519_dalek::Verifier::verify(&key, message, &signature).is_ok()",
        catcher: HOSTILE,
    },
    Bug {
        name: "seen-off-by-one",
        promise: "a commit saw its parent",
        file: "crates/log/src/log.rs",
        original: ".is_some_and(|seq| earlier.seq <= seq)",
        replacement: ".is_some_and(|seq| earlier.seq < seq)",
        catcher: VERSIONS,
    },
    Bug {
        name: "ties-by-arrival",
        promise: "the branches of a fork are ordered by id, not by arrival",
        file: "crates/log/src/branches.rs",
        original: "    rivals.sort_unstable();",
        replacement: "    rivals.sort_unstable_by_key(|(_, place)| place.line);",
        catcher: VERSIONS,
    },
    Bug {
        name: "a-past-in-place-of-another",
        promise: "who merges two histories has seen both",
        file: "crates/log/src/knowledge.rs",
        original: "Some(tops) if tops.len() == 1 =>",
        replacement: "Some(tops) if !tops.is_empty() =>",
        catcher: VERSIONS,
    },
    Bug {
        name: "marks-out-of-order",
        promise: "every commit of a large log is found by its id",
        file: "crates/log/src/ids.rs",
        original: "        merged.sort();\n",
        replacement: "",
        catcher: CHAINS,
    },
    Bug {
        name: "a-row-keeps-one-byte-more",
        promise: "a payload that is given by how it differs comes back byte for byte",
        file: "crates/format/src/rows.rs",
        original: "        at += kept;\n        if at == after.len() {",
        replacement: "        at += kept;\n        if at + 1 >= after.len() {",
        catcher: BLOCKS,
    },
    Bug {
        name: "since-forgets-one",
        promise: "what another version lacks is all sent",
        file: "crates/log/src/since.rs",
        original: "held.get(number).map_or(line.first_seq, |seq| seq + 1)",
        replacement: "held.get(number).map_or(line.first_seq, |seq| seq + 2)",
        catcher: VERSIONS,
    },
    Bug {
        name: "admitted-unsigned",
        promise: "a commit that nobody vouches for is not admitted",
        file: "crates/log/src/admission.rs",
        original: "        if missing.is_empty() && vouched {",
        replacement: "        if missing.is_empty() {",
        catcher: DOOR,
    },
    Bug {
        name: "any-signature-vouches",
        promise: "only the author's own signature vouches",
        file: "crates/log/src/admission.rs",
        original: "|| (self.verify)(&author, &commit, &signature);",
        replacement: "|| signature != Signature::default();",
        catcher: DOOR,
    },
    Bug {
        name: "turns-from-the-future",
        promise: "a turn is exactly what the formula gives",
        file: "crates/log/src/append.rs",
        original: "commit.turn());\n        if found != expected {",
        replacement: "commit.turn());\n        if found < expected {",
        catcher: DOOR,
    },
    Bug {
        name: "acknowledged-before-sync",
        promise: "what is acknowledged survives a power cut",
        file: "crates/store/src/writer.rs",
        original: "        disk.sync(&names::segment_file(self.end.file_number))?;\n",
        replacement: "",
        catcher: POWER,
    },
    Bug {
        name: "folder-not-synced",
        promise: "a file's name is durable before anything relies on it",
        file: "crates/store/src/writer.rs",
        original: "    disk.sync_folder(names::SEGMENTS)\n}",
        replacement: "    Ok(())\n}",
        catcher: POWER,
    },
    Bug {
        name: "torn-tail-left",
        promise: "what a cut left behind the last whole segment is cut off",
        file: "crates/store/src/open.rs",
        original: "            disk.truncate(name, *offset)?;\n",
        replacement: "",
        catcher: POWER,
    },
    Bug {
        name: "acknowledged-length-trusted",
        promise: "a file shorter than what was acknowledged is refused",
        file: "crates/store/src/survey/segment_file.rs",
        original: "        if length < end {\n            let (name, expected",
        replacement: "        if length > end && length < end {\n            let (name, expected",
        catcher: POWER,
    },
    Bug {
        name: "root-not-compared",
        promise: "whole segments in other places than they were written are found",
        file: "crates/store/src/survey/segment_file.rs",
        original: "        if root != found {",
        replacement: "        if root != found && offset == 0 {",
        catcher: DAMAGE,
    },
    Bug {
        name: "copy-not-noticed",
        promise: "a copied directory is told from its original",
        file: "crates/store/src/place.rs",
        original: "(expected != found).then_some",
        replacement: "(expected.is_some() != found.is_some()).then_some",
        catcher: RENEW,
    },
    Bug {
        name: "old-key-kept-on-renewal",
        promise: "a renewal that was acknowledged is durable",
        file: "crates/store/src/renew.rs",
        original: "    disk.sync_folder(\"\")?;\n    let place",
        replacement: "    let place",
        catcher: RENEW,
    },
    Bug {
        name: "next-file-after-any",
        promise: "a copy of files of different moments is refused",
        file: "crates/store/src/survey/segment_file.rs",
        original: "length == end && end > HEADER_END && end >= full;",
        replacement: "length == end && full > 0;",
        catcher: RENEW,
    },
    Bug {
        name: "waiting-word-ignored",
        promise: "a signed commit of one's own counts while it waits",
        file: "crates/woodland/src/incarnation.rs",
        original: "segments.iter().filter(|segment| segment.head.author == *author)",
        replacement: "segments.iter().filter(|segment| segment.head.author != *author)",
        catcher: INCARNATIONS,
    },
    Bug {
        name: "proof-of-one-signature",
        promise: "both branches of a fork proof are signed",
        file: "crates/format/src/proof.rs",
        original: "[first_last, second_last].into_iter().enumerate()",
        replacement: "[first_last, second_last].into_iter().enumerate().take(1)",
        catcher: PROOF,
    },
    Bug {
        name: "failed-sync-forgotten",
        promise: "after a failed write nothing more is written through the handle",
        file: "crates/store/src/queue.rs",
        original: "            progress.poison();\n        }\n        self.over",
        replacement: "            progress.writer = Some(writer);\n        }\n        self.over",
        catcher: FAULTS,
    },
    Bug {
        name: "one-slot-swapped",
        promise: "both slots name the layout before a former file is removed",
        file: "crates/store/src/maintain.rs",
        original: "            writer.flip(disk, *writer.heads())",
        replacement: "            Ok(())",
        catcher: MISPLACED,
    },
    Bug {
        name: "stale-layout-believed",
        promise: "no other layout passes for the one that heads name",
        file: "crates/store/src/survey/listing.rs",
        original: "            if found != expected {",
        replacement: "            if found != expected && offset == 0 {",
        catcher: MISPLACED,
    },
    Bug {
        name: "position-believed",
        promise: "a position of another history is refused",
        file: "crates/store/src/survey/segment_file.rs",
        original: "        self.root = Some(position.root);\n",
        replacement: "        self.root = None;\n",
        catcher: STORE.only(&["positions::"]),
    },
    Bug {
        name: "hand-over-settles",
        promise: "what was only handed over is synced by a flush",
        file: "crates/store/src/store.rs",
        original: "        if to == Reach::Settled {\n            progress.settled",
        replacement: "        if to == Reach::Settled || progress.handed > 0 {\n            progress.settled",
        catcher: STORE.only(&["buffered::"]),
    },
    Bug {
        name: "branch-lost-in-merging",
        promise: "every commit that was there is there after a merging",
        file: "crates/store/src/maintain/join.rs",
        original: "        runs[at].segments.push(segment);",
        replacement: "        if runs.len() < 4 {\n runs[at].segments.push(segment); }",
        catcher: STORE.only(&["merging::what"]),
    },
];
