//! Fork proofs: made of the histories' forks, bent by their parts, put right and signed again.
//!
//! **Invariants**
//! - The parts are read from `docs/format.md`, as a reader in another language would: a proof's
//!   fields are not open to others.
//! - What a mended proof still lacks is one rule: a rival of another place, a length, an order.

use crate::fuzz::corpus::Corpus;
use crate::fuzz::edits::bend_header;
use crate::histories::{History, Rng};
use woodland_format::{
    AuthorKey, Commit, ForkProof, Header, Position, ProvenBranch, Signature, commit_id, decode,
    encode, limits,
};

const ALL: usize = limits::PAYLOAD_BYTES_MAX;
/// Headers of a branch at the beginning.
const HEADERS: usize = 4;

/// Format, author, branches.
type Parts = (u8, AuthorKey, [(Vec<Header>, Signature); 2]);

/// A proof of every fork of the histories, and of some that all authors could have made.
pub(crate) fn proofs(corpus: &Corpus) -> Vec<Vec<u8>> {
    let mut proofs = Vec::new();
    for history in &corpus.histories {
        for (at, one) in history.commits.iter().enumerate() {
            let is_rival = |other: &&Commit| {
                (other.author(), other.backlink()) == (one.author(), one.backlink())
            };
            for other in history.commits[at + 1..].iter().filter(is_rival) {
                let branches = [branch(corpus, history, one), branch(corpus, history, other)];
                proofs.extend(ForkProof::new(one.author(), branches).map(|proof| proof.encode()));
            }
        }
    }
    // Forks are rare at random: so every author's last commit gets a rival.
    for history in &corpus.histories {
        for (author, key) in &history.keys {
            let own = history.commits.iter().filter(|one| one.author() == *author);
            let Some(last) = own.filter(|one| one.seq() > 0).max_by_key(|one| one.seq()) else {
                continue;
            };
            let turn = last.turn().saturating_add(1);
            let header = Header { turn, ..last.header().clone() };
            let signature = key.sign_commit(&commit_id(&header.encode()));
            let rival = ProvenBranch { headers: vec![header], signature };
            let proof = ForkProof::new(*author, [branch(corpus, history, last), rival]);
            proofs.push(proof.expect("two headers of one place").encode());
        }
    }
    proofs
}

fn branch(corpus: &Corpus, history: &History, rival: &Commit) -> ProvenBranch {
    let (mut headers, mut last) = (vec![rival.header().clone()], rival);
    while headers.len() < HEADERS
        && let Some(next) = history.commits.iter().find(|one| one.backlink() == Some(last.id()))
    {
        headers.push(next.header().clone());
        last = next;
    }
    let signature = corpus.keys.sign(&rival.author(), &last.id());
    ProvenBranch { headers, signature: signature.expect("the histories' keys are known") }
}

/// Bends one part of a proof.
pub(crate) fn edit(corpus: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let Ok((format, mut author, mut branches)) = decode::<Parts, ALL>("a proof", bytes) else {
        return;
    };
    let (headers, signature) = &mut branches[rng.below(2)];
    match rng.below(9) {
        0 => drop(headers.pop()),
        1 if !headers.is_empty() => drop(headers.remove(0)),
        2 => headers.extend(headers.last().cloned()),
        3 => {
            let more = limits::PROOF_HEADERS_MAX + rng.below(2) - headers.len();
            headers.extend(headers.last().cloned().into_iter().cycle().take(more));
        }
        4 => headers.reverse(),
        5 => *signature = Signature([0; 64]),
        6 => author = rng.pick(&corpus.histories).expect("histories").commits[0].author(),
        7 => branches.swap(0, 1),
        _ if !headers.is_empty() => {
            let at = rng.below(headers.len());
            bend_header(corpus, rng, &mut headers[at]);
        }
        _ => {}
    }
    *bytes = encode(&(format, author, branches));
}

/// Makes each header continue the one before, signs the last ones, and sorts the branches.
pub(crate) fn mend(corpus: &Corpus, rng: &mut Rng, bytes: &mut Vec<u8>) {
    if let Some(format) = bytes.first_mut() {
        *format = 1;
    }
    let Ok((format, author, mut branches)) = decode::<Parts, ALL>("a proof", bytes) else {
        return;
    };
    let signs = rng.chance(50);
    for (headers, signature) in &mut branches {
        let mut before = None;
        for header in headers.iter_mut() {
            header.parents.sort_unstable();
            header.parents.dedup();
            if let (Some((id, next)), Position::Next { backlink, seq, .. }) =
                (before, &mut header.position)
            {
                (*backlink, *seq) = (id, next);
            }
            before = Some((commit_id(&header.encode()), header.seq().saturating_add(1)));
        }
        let last = before.filter(|_| signs).and_then(|(id, _)| corpus.keys.sign(&author, &id));
        *signature = last.unwrap_or(*signature);
    }
    if rng.chance(80) {
        branches.sort_by_key(|(headers, _)| headers.first().map(|one| commit_id(&one.encode())));
    }
    *bytes = encode(&(format, author, branches));
}
