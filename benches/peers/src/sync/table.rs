//! What meetings took, as tables.
//!
//! **Invariants**
//! - All bytes and messages are of the whole conversation; the round trips end where both hold the
//!   same.
//! - Beside a case that the design has a figure for stands that figure.
//!
//! What this does not do: leave out a case where a peer is behind.

use crate::peers::Peer;
use crate::report::{laid_out, refusals, shown};
use crate::run::{Cell, Row};
use crate::suite::{BYTES, MILLISECONDS};
use crate::sync::cases::{AGAIN, FIRST};
use crate::sync::{SYNC, TYPED};

/// The parts of Woodland's bytes.
const PARTS: [&str; 7] =
    ["hello", "settling", "stretch heads", "signatures", "parents", "the rest of rows", "all else"];
/// What the design and the peers' study ask for.
const AIMS: [(&str, &str); 3] = [
    ("10 authors, 20 differences", BASELINE),
    ("1,000 authors, 20 differences", BASELINE),
    (TYPED, "3,500 (1 round trip)"),
];
/// Of 10,000 commits of 200 bytes, 20 differ: by author vectors, range-based, by interval hashes.
const BASELINE: &str = "4,800 (2), 18,000 (5), 723,000 (33)";

/// Bytes, messages and round trips; time; and where Woodland's bytes went.
pub(crate) fn tables(rows: &[Row], peers: &[Peer]) -> String {
    let found = Found { rows, peers };
    let bytes =
        found.table(&["woodland's rows", "woodland / best peer", "aim"], |case, meeting| {
            let mut line = found.of_peers(|peer| found.conversation(peer, case, meeting));
            line.push(found.shown(Peer::Woodland, case, meeting, "of them rows", BYTES));
            line.push(found.ratio(case, meeting));
            let aim = AIMS.iter().find(|(named, _)| *named == case);
            line.push(aim.map_or("", |(_, aim)| aim).to_owned());
            line
        });
    let times = found.table(&[], |case, meeting| {
        found.of_peers(|peer| found.shown(peer, case, meeting, "time", MILLISECONDS))
    });
    let heads = ["case".to_owned()].into_iter().chain(PARTS.map(str::to_owned)).collect();
    let parts = found.lines(heads, |case, meeting| {
        let of_part = |part: &str| {
            let part = format!("of them {part}");
            found.shown(Peer::Woodland, case, meeting, &part, BYTES)
        };
        PARTS.map(of_part).to_vec()
    });
    let reading = found.of_peers(|peer| {
        let what = "reading both texts";
        let ms = found.shown(peer, TYPED, FIRST, what, MILLISECONDS);
        format!("{peer} {ms}")
    });
    format!(
        "Bytes (messages; round trips until both hold the same):\n\n{bytes}\n\
         Process time in milliseconds, both sides together:\n\n{times}\n\
         Reading both texts after the first contact, in milliseconds: {}.\n\n\
         Where Woodland's bytes went:\n\n{parts}{}",
        reading.join(", "),
        refusals(rows)
    )
}

struct Found<'a> {
    rows: &'a [Row],
    peers: &'a [Peer],
}

impl Found<'_> {
    fn value(&self, peer: Peer, case: &str, meeting: &str, what: &str) -> Option<f64> {
        let metric = format!("{meeting}, {what}");
        let row = self.rows.iter().find(|row| row.case == case && row.metric == metric)?;
        match row.cells.get(&peer)? {
            Cell::Median(value) => Some(*value),
            Cell::Refused(_) => None,
        }
    }

    fn shown(&self, peer: Peer, case: &str, meeting: &str, what: &str, unit: &str) -> String {
        let value = self.value(peer, case, meeting, what);
        value.map_or_else(|| "-".to_owned(), |value| shown(value, unit))
    }

    fn conversation(&self, peer: Peer, case: &str, meeting: &str) -> String {
        let value = |what| self.value(peer, case, meeting, what);
        let all = [value("messages"), value("round trips")];
        let [Some(messages), Some(trips)] = all else { return "-".to_owned() };
        let bytes = self.shown(peer, case, meeting, "bytes", BYTES);
        format!("{bytes} ({messages}; {trips})")
    }

    /// Woodland's bytes by the least of the others'.
    fn ratio(&self, case: &str, meeting: &str) -> String {
        let bytes = |peer: &Peer| self.value(*peer, case, meeting, "bytes");
        let others = self.peers.iter().filter(|peer| **peer != Peer::Woodland).filter_map(bytes);
        let best = others.min_by(f64::total_cmp).filter(|best| *best > 0.0);
        match (bytes(&Peer::Woodland), best) {
            (Some(own), Some(best)) => format!("{:.2}", own / best),
            _ => "-".to_owned(),
        }
    }

    fn of_peers(&self, cell: impl Fn(Peer) -> String) -> Vec<String> {
        self.peers.iter().map(|peer| cell(*peer)).collect()
    }

    fn table(&self, more: &[&str], line: impl Fn(&str, &str) -> Vec<String>) -> String {
        let peers = self.peers.iter().map(Peer::to_string);
        let more = more.iter().map(|head| (*head).to_owned());
        self.lines(["case".to_owned()].into_iter().chain(peers).chain(more).collect(), line)
    }

    fn lines(&self, heads: Vec<String>, line: impl Fn(&str, &str) -> Vec<String>) -> String {
        let mut lines = vec![heads];
        for case in SYNC.cases {
            for meeting in [FIRST, AGAIN] {
                let name = format!("{}, {meeting}", case.name);
                lines.push([vec![name], line(case.name, meeting)].concat());
            }
        }
        laid_out(&lines)
    }
}
