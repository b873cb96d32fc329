//! Every way in which up to four batches of three authors can have seen each other, in order.
//!
//! **Invariants**
//! - The order is by (turn, author, seq). To the judge nothing else of an author matters, so shapes
//!   that agree in what each place saw are one.
//! - A shape without its last batch is a shape.

use crate::judge::{Set, has, members, those};
use std::collections::{BTreeMap, BTreeSet};

const BATCHES: usize = 4;
const AUTHORS: usize = 3;

/// By what the batches so far saw, what the next may have seen.
pub(crate) type Shapes = BTreeMap<Vec<Set>, BTreeSet<Set>>;

/// All shapes of four batches, and so of fewer.
pub(crate) fn shapes() -> Shapes {
    let mut shapes = Shapes::new();
    for choice in 0..AUTHORS.pow(4) << 6 {
        let author = [1, 3, 9, 27].map(|power| (choice >> 6) / power % AUTHORS);
        let saw = [0, choice & 1, choice >> 1 & 3, choice >> 3 & 7];
        if let Some(shape) = in_order(author, saw) {
            for length in 0..BATCHES {
                shapes.entry(shape[..length].to_vec()).or_default().insert(shape[length]);
            }
        }
    }
    shapes
}

/// What each place in the order saw, if authors see their own batches, and the past of what they see.
fn in_order(author: [usize; BATCHES], saw: [Set; BATCHES]) -> Option<[Set; BATCHES]> {
    let mut turn = [0; BATCHES];
    for batch in 0..BATCHES {
        let own = those(|one| one < batch && author[one] == author[batch]);
        if own & !saw[batch] != 0 || members(saw[batch]).any(|one| saw[one] & !saw[batch] != 0) {
            return None;
        }
        // Author 0 founded: a turn is one more than those of others; its own first run has turn 0.
        let next = members(saw[batch]).map(|one| turn[one] + usize::from(!has(own, one)));
        turn[batch] = next.max().unwrap_or(0).max(author[batch].min(1));
    }
    let mut order = [0, 1, 2, 3];
    order.sort_by_key(|batch| (turn[*batch], author[*batch], *batch));
    Some(order.map(|batch| those(|place| place < BATCHES && has(saw[batch], order[place]))))
}
