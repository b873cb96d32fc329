//! Every way in which a few batches of a few authors can have seen each other.
//!
//! **Invariants**
//! - A shape is a partial order in which one author's batches are a chain: what a batch saw is
//!   closed downwards, and an author forgets nothing.
//! - Authors are told apart, because ties go by their keys; those without a batch do not count.

/// Most batches of a shape, beside the founding commit, which all have seen.
pub(crate) const BATCHES: usize = 4;

/// A set of batches: bit n is batch n.
pub(crate) type Batches = u8;

/// All batches.
pub(crate) const ALL: Batches = (1 << BATCHES) - 1;

/// Who wrote each batch and what it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) author: [usize; BATCHES],
    pub(crate) saw: [Batches; BATCHES],
}

impl Shape {
    /// Every shape of all batches by up to three authors, numbered from 1.
    pub(crate) fn all() -> Vec<Shape> {
        let mut shapes = Vec::new();
        for author in authors() {
            for choice in 0..1_u32 << (BATCHES * BATCHES) {
                let saw = std::array::from_fn(|batch| {
                    let bits = (choice >> (batch * BATCHES)) & u32::from(ALL);
                    Batches::try_from(bits).expect("as many bits as batches")
                });
                let shape = Shape { author, saw };
                if shape.is_sound() {
                    shapes.push(shape);
                }
            }
        }
        shapes
    }

    fn is_sound(&self) -> bool {
        (0..BATCHES).all(|batch| {
            let saw = self.saw[batch];
            let before = (0..batch).rfind(|one| self.author[*one] == self.author[batch]);
            let is_chained = before.is_none_or(|before| saw & bit(before) != 0);
            let is_closed = members(saw).all(|seen| self.saw[seen] & !saw == 0);
            saw & bit(batch) == 0 && is_chained && is_closed
        })
    }

    /// The batches in some order in which each stands after all that it saw.
    pub(crate) fn writing_order(&self) -> Vec<usize> {
        let mut written = 0;
        let mut order = Vec::new();
        while written != ALL {
            let next = self.ready(written).next().expect("a shape has no cycle");
            order.push(next);
            written |= bit(next);
        }
        order
    }

    /// The batches that can arrive next, where these are there.
    pub(crate) fn ready(&self, there: Batches) -> impl Iterator<Item = usize> + '_ {
        let is_ready =
            move |batch: &usize| there & bit(*batch) == 0 && self.saw[*batch] & !there == 0;
        (0..BATCHES).filter(is_ready)
    }

    /// What a batch names as its parents: what it saw of others, and neither its author's last
    /// batch nor another one of these saw.
    pub(crate) fn parents(&self, batch: usize) -> Vec<usize> {
        let saw = self.saw[batch];
        let is_head = |one: &usize| !members(saw).any(|other| self.saw[other] & bit(*one) != 0);
        let heads = members(saw).filter(is_head);
        heads.filter(|one| self.author[*one] != self.author[batch]).collect()
    }
}

/// Each batch's author: every composition of the batches into runs of up to three authors.
fn authors() -> Vec<[usize; BATCHES]> {
    let mut found = Vec::new();
    for choice in 0..1 << (BATCHES - 1) {
        let mut author = [1; BATCHES];
        for batch in 1..BATCHES {
            author[batch] = author[batch - 1] + (choice >> (batch - 1) & 1);
        }
        if author[BATCHES - 1] <= 3 {
            found.push(author);
        }
    }
    found
}

pub(crate) fn bit(batch: usize) -> Batches {
    1 << batch
}

fn members(batches: Batches) -> impl Iterator<Item = usize> {
    (0..BATCHES).filter(move |batch| batches & bit(*batch) != 0)
}
