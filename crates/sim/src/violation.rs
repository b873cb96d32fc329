//! What a run of the simulated world may end in, other than well.

use serde::{Deserialize, Serialize};

/// A promise that was broken, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("seed {seed}, act {act}: {what}; run this seed alone with its lines kept to see how")]
#[non_exhaustive]
pub struct Violation {
    /// The seed that shows it.
    pub seed: u64,
    /// After how many acts.
    pub act: u64,
    /// What does not hold.
    pub what: String,
}
