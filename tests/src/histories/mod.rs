//! Random histories: what several authors could have written, each on what it had seen.
//!
//! ```text
//!  Recipe + seed ──► world (writers write, merge, fork) ──► History ──► arrival orders, segments
//!                      └► draft (sensible edits, and at a settable rate oddities)
//! ```
//!
//! **Invariants**
//! - A seed and a recipe give one history, on every machine.
//! - Every commit is one that a log admits: parents held and ascending, seq and turn by the rules.
//!   What is odd is odd inside a payload, or in which schema a header names.
//!
//! What this does not do: sign before it is asked, or write relay-only payloads unless the recipe
//! says so.

mod arrival;
mod distribution;
mod draft;
mod edits;
mod foresight;
mod ghosts;
mod lives;
mod migrations;
mod oddity;
mod rights;
mod rng;
mod schemas;
mod script;
mod ties;
mod unfit;
mod values;
pub mod wood;
mod world;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use woodland_format::{AuthorKey, Commit, DatasetId, Schema, SecretKey, SignedPoint};

pub use crate::histories::distribution::Distribution;
pub use crate::histories::rng::Rng;
pub use crate::histories::schemas::{HAS_LISTS, founding_schema, later_schema, other_schema};
pub use crate::histories::script::{Line, Script};
pub use crate::histories::ties::{sound_schema, tied_schema, whole_schema};

/// What kind of histories to make. All rates are in percent.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The schema that they begin with.
    pub founding: fn() -> Schema,
    /// How many nodes of each type the founding commit makes, for all to meet at.
    pub nodes_at_first: usize,
    /// How many authors write.
    pub authors: RangeInclusive<usize>,
    /// How many commits there are, the founding one included.
    pub batches: RangeInclusive<usize>,
    /// How many ops a batch has at most.
    pub ops_max: usize,
    /// Which kinds are edited, each with its weight.
    pub kinds: &'static [(&'static str, usize)],
    /// How often an author looks at what others wrote before it writes.
    pub merge_percent: u64,
    /// How often an op is one that should be void.
    pub odd_op_percent: u64,
    /// How often a payload is erased or does not decode.
    pub unreadable_percent: u64,
    /// How often a commit introduces or adopts a schema.
    pub schema_change_percent: u64,
    /// How often, per commit, an author goes back and writes on from an earlier one.
    pub fork_percent: u64,
    /// How often an op is one by which nodes live and die: a deletion, a creation anew, a link.
    /// Above 0, authors know who lives in what they see, which is slow.
    pub existence_percent: u64,
    /// How often a commit migrates the current schema of what its author sees.
    pub migrate_percent: u64,
    /// How often an author goes on under that schema, where it wrote under another one.
    pub upgrade_percent: u64,
    /// How often a payload names a newer format; one such makes the version relay-only.
    pub newer_format_percent: u64,
    /// How often a commit of the owner changes somebody's rights. Above 0 the dataset has an owner,
    /// and the others write as far as they are let in.
    pub rights_percent: u64,
}

/// Every kind, and one that nobody has. Those in which positions meet have more.
pub const ALL_KINDS: &[(&str, usize)] = &[
    ("register", 4),
    ("atom", 3),
    ("record", 3),
    ("counter", 3),
    ("set", 4),
    ("map", 4),
    ("list", 6),
    ("text", 7),
    ("events", 3),
    ("gauge", 3),
];

impl Default for Recipe {
    /// Something of every kind, with all that can be odd about it but relay-only payloads. Nothing
    /// dies and nothing is migrated.
    fn default() -> Self {
        Recipe {
            founding: founding_schema,
            nodes_at_first: 0,
            authors: 2..=5,
            batches: 20..=60,
            ops_max: 9,
            kinds: ALL_KINDS,
            merge_percent: 45,
            odd_op_percent: 8,
            unreadable_percent: 1,
            schema_change_percent: 2,
            fork_percent: 1,
            existence_percent: 0,
            migrate_percent: 0,
            upgrade_percent: 0,
            newer_format_percent: 0,
            rights_percent: 0,
        }
    }
}

impl Recipe {
    /// Only what a well-behaved program writes: no op should be void, no author forks.
    pub fn calm() -> Self {
        Recipe {
            odd_op_percent: 0,
            unreadable_percent: 0,
            schema_change_percent: 0,
            fork_percent: 0,
            ..Recipe::default()
        }
    }

    /// Every kind and every oddity, with deletions and migrations among them.
    pub fn everything() -> Self {
        Recipe {
            founding: whole_schema,
            nodes_at_first: 1,
            existence_percent: 15,
            migrate_percent: 4,
            upgrade_percent: 8,
            ..Recipe::default()
        }
    }

    /// The same in few batches: so many can be run that rare meetings of all of it come about.
    pub fn brief() -> Self {
        Recipe {
            authors: 2..=3,
            batches: 9..=16,
            ops_max: 6,
            merge_percent: 50,
            existence_percent: 30,
            migrate_percent: 8,
            upgrade_percent: 15,
            ..Recipe::everything()
        }
    }

    /// Short, and full of deletions and of what they meet.
    pub fn existence() -> Self {
        Recipe {
            founding: tied_schema,
            nodes_at_first: 2,
            authors: 2..=4,
            batches: 12..=25,
            ops_max: 7,
            merge_percent: 60,
            existence_percent: 75,
            odd_op_percent: 6,
            schema_change_percent: 0,
            ..Recipe::default()
        }
    }

    /// Short, and full of migrations, with authors that follow them late.
    pub fn migrations() -> Self {
        Recipe {
            founding: sound_schema,
            nodes_at_first: 2,
            authors: 2..=4,
            batches: 12..=25,
            ops_max: 7,
            merge_percent: 60,
            existence_percent: 25,
            migrate_percent: 25,
            upgrade_percent: 25,
            odd_op_percent: 4,
            ..Recipe::default()
        }
    }

    /// Everything, in a dataset whose owner lets others in and shuts them out: brief, as
    /// [`Recipe::brief`].
    pub fn rights() -> Self {
        Recipe {
            authors: 3..=4,
            batches: 16..=30,
            merge_percent: 55,
            odd_op_percent: 5,
            fork_percent: 2,
            rights_percent: 30,
            ..Recipe::brief()
        }
    }

    /// The same with other kinds, and without what makes histories slow to make: nothing dies, and
    /// nothing is migrated.
    pub fn masked(kinds: &'static [(&'static str, usize)]) -> Self {
        Recipe {
            kinds,
            authors: 3..=3,
            batches: 12..=20,
            ops_max: 4,
            founding: founding_schema,
            nodes_at_first: 1,
            existence_percent: 0,
            migrate_percent: 0,
            upgrade_percent: 0,
            schema_change_percent: 0,
            ..Recipe::rights()
        }
    }

    /// The same without what is odd: no author writes what it could know to be listed.
    pub fn honest(self) -> Self {
        Recipe {
            odd_op_percent: 0,
            unreadable_percent: 0,
            schema_change_percent: 0,
            fork_percent: 0,
            ..self
        }
    }

    /// Calm, and nearly all ops edit texts.
    pub fn texts() -> Self {
        Recipe { kinds: &[("text", 19), ("register", 1)], ops_max: 6, ..Recipe::calm() }
    }

    /// Calm, and nearly all ops edit lists.
    pub fn lists() -> Self {
        Recipe { kinds: &[("list", 19), ("register", 1)], ops_max: 6, ..Recipe::calm() }
    }

    /// Only maps, sets and lists, where what is taken out meets what is put in.
    pub fn collections() -> Self {
        Recipe { kinds: &[("map", 3), ("set", 2), ("list", 3)], ops_max: 6, ..Recipe::default() }
    }
}

/// What some authors wrote.
#[derive(Debug, Clone)]
pub struct History {
    /// Every commit after all that it refers to; the founding one first.
    pub commits: Vec<Commit>,
    /// The secret key of every author.
    pub keys: BTreeMap<AuthorKey, SecretKey>,
    /// What it was made from.
    pub seed: u64,
    /// The founding schema.
    pub schema: Schema,
}

impl History {
    /// The history of this seed, by the default recipe.
    pub fn of(seed: u64) -> History {
        History::by(&Recipe::default(), seed)
    }

    /// The history of this recipe and seed.
    pub fn by(recipe: &Recipe, seed: u64) -> History {
        world::World::found(recipe, seed).history()
    }

    /// The dataset that all commits belong to.
    pub fn dataset(&self) -> DatasetId {
        self.commits[0].id().into()
    }

    /// The author's signature over a commit of this history.
    ///
    /// # Panics
    /// When the commit's author is not of this history.
    pub fn point(&self, commit: &Commit) -> SignedPoint {
        commit.sign(&self.keys[&commit.author()])
    }

    /// A signed point for every commit, in the order of the commits.
    pub fn points(&self) -> Vec<SignedPoint> {
        self.commits.iter().map(|commit| self.point(commit)).collect()
    }
}
