//! Where randomness comes from: the system, or a seed.
//!
//! **Invariants**
//! - The same seed gives the same bytes in the same order.
//!
//! What this does not do: make a seed secret. A seeded dataset is for tests.

use std::io;

/// A source of bytes.
#[derive(Debug, Clone)]
pub(crate) enum Entropy {
    System,
    /// SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
    Seeded(u64),
}

impl Entropy {
    /// A source for a branch, which is opened beside this one.
    pub(crate) fn branch(&mut self) -> io::Result<Entropy> {
        Ok(match self {
            Entropy::System => Entropy::System,
            Entropy::Seeded(_) => Entropy::Seeded(u64::from_le_bytes(self.bytes()?)),
        })
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        match self {
            Entropy::System => getrandom::fill(&mut bytes).map_err(io::Error::other)?,
            Entropy::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut mixed = *state;
                    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                    mixed ^= mixed >> 31;
                    chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
                }
            }
        }
        Ok(bytes)
    }
}
