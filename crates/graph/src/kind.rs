//! What a kind of data is: the one trait through which every field of every node is derived.
//!
//! ```text
//!   bytes ── decode ──► op ── resolve ──► resolved op ── apply ──► state ── show ──► value
//!            config       against what                  to all that
//!                         the author saw                is held
//! ```
//!
//! **Invariants** (laws; [`crate::Kinds`] takes any kind, the built-in ones have no other way in)
//! - *Total.* Nothing panics; what does not fit is a [`Void`], and then the state is as it was.
//! - *Past alone.* What `resolve` answers depends on the op and on the part of the state that its
//!   author had seen; the state may hold more, and `past` tells which ops are in that part.
//! - *Commuting.* Applying two ops that did not see each other gives one state in either order,
//!   unless [`Kind::IN_ORDER`] says that order matters; then ops are applied in order, and replayed
//!   when one arrives late.
//! - *Read as written.* Through the configuration that it was written under a value reads as it is.
//! - *At rest.* A state that was put in a page and read back shows the same, and goes on the same.
//! - *Own ops alone.* State is a function of the object's own ops and of their order and pasts.
//!
//! What this does not do: decide what is visible. A kind never sees other objects.

use crate::parts;
use crate::past::{Past, Stamp};
use crate::void::Void;
use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;
use woodland_format::{NodeId, OnDelete, TypeId, Value, ValueType};
use woodland_log::Log;
use woodland_page::{self as page, Reading, Stored};

/// A kind of data that a field can have.
pub trait Kind: Debug + Send + Sync + 'static {
    /// The kind's name in schemas. Never changes once a log has it.
    const NAME: &'static str;
    /// Whether `apply` must run in order. Costs a replay of the object when an op arrives late.
    const IN_ORDER: bool = false;
    /// Whether the object's earlier ops are kept at hand, for `prepare` and for what `IN_ORDER`
    /// replays.
    const KEEPS_HISTORY: bool = Self::IN_ORDER;
    /// Which edition of the kind's rules this is. Raise it when ops come to do something else to a
    /// state, or a state stands in its page otherwise: what is in pages is then derived anew.
    const EDITION: u32 = 0;
    /// What a schema says about a field of this kind, decoded.
    type Config: Any + Send + Sync;
    /// What an author did, by position in what the author saw.
    type Op: Any + Send;
    /// The same, by id.
    type Resolved;
    /// The object. Cloned for each version, so let clones share; put in a page and read back, after
    /// which it shows the same and goes on the same. What `prepare` and `recall` can rebuild may be
    /// left out of the page.
    type State: Any + Clone + Default + Debug + Send + Sync + Stored;

    /// Decodes a field's configuration.
    ///
    /// # Errors
    /// [`Void::BadConfig`].
    fn config(&self, bytes: &[u8]) -> Result<Self::Config, Void>;

    /// Decodes an op and checks all that the configuration alone decides.
    ///
    /// # Errors
    /// [`Void::Undecodable`] first of all; then what the kind has to say.
    fn decode(&self, config: &Self::Config, bytes: &[u8]) -> Result<Self::Op, Void>;

    /// Names every pointer in the op, with the type of node that it has to point to.
    fn pointers(
        &self,
        config: &Self::Config,
        op: &Self::Op,
        found: &mut dyn FnMut(NodeId, TypeId),
    ) {
        let _ = (config, op, found);
    }

    /// Whether what is written under this configuration may hold foreign keys. Listened to in
    /// built-in kinds alone: no other kind has a say in what lives.
    fn has_foreign_keys(&self, config: &Self::Config) -> bool {
        let _ = config;
        false
    }

    /// What an op that had an effect writes and ends, with the foreign keys in what it writes, in
    /// the order of `pointers`. `state` holds at least all that the op's author saw.
    fn writes(
        &self,
        config: &Self::Config,
        state: &Self::State,
        past: &Past<'_>,
        op: &Self::Op,
    ) -> Vec<Written> {
        let _ = (config, state, past, op);
        Vec::new()
    }

    /// Turns what the author said by position into what it says by id. `state` holds at least all
    /// that the author saw; it may be rearranged here, but not changed in what it shows.
    ///
    /// # Errors
    /// A [`Void`] when what the author saw has no such place.
    fn resolve(
        &self,
        state: &mut Self::State,
        past: &Past<'_>,
        op: Self::Op,
    ) -> Result<Self::Resolved, Void>;

    /// Adds a resolved op to the state.
    fn apply(&self, state: &mut Self::State, past: &Past<'_>, op: Self::Resolved);

    /// Keeps a resolved op that is masked: nobody reads what it did, yet whoever saw it may mean
    /// something by position that it made. Asked of built-in kinds alone: of any other kind a
    /// masked op never reaches it.
    fn mask(&self, state: &mut Self::State, past: &Past<'_>, op: Self::Resolved) {
        let _ = (state, past, op);
    }

    /// Called before ops arrive, with all that the object was made from: a kind that keeps less
    /// than `resolve` needs can rebuild it here.
    fn prepare(&self, state: &mut Self::State, arrived: &[Stamp], history: &History<'_>) {
        let _ = (state, arrived, history);
    }

    /// What a reader sees; none while nothing was ever written.
    fn show(&self, state: &Self::State) -> Option<Value>;

    /// How long it is: bytes of a text, items of a list or a set, entries of a map; none for what
    /// has no length, and while nothing was ever written.
    fn size(&self, state: &Self::State) -> Option<u64> {
        parts::size_of(&self.show(state)?)
    }

    /// A stretch of what a reader sees: of a text in bytes, of a list in items, of any other value
    /// all of it. One past the end ends at the end; one that begins or ends inside a character is
    /// moved to where that begins.
    fn part(&self, state: &Self::State, range: &Range<u64>) -> Option<Value> {
        Some(parts::cut(self.show(state)?, range))
    }

    /// What stands at a key, for kinds that have keys: of a map the value, of a set the item.
    fn entry(&self, state: &Self::State, key: &Value) -> Option<Value> {
        let _ = (state, key);
        None
    }

    /// Whether what a field with this configuration shows may hold pointers. Then each read goes
    /// through [`Kind::view`].
    fn has_pointers(&self, config: &Self::Config) -> bool {
        let _ = config;
        false
    }

    /// What was written, as a reader sees it whose schema gives the field this configuration; it
    /// may have been written under another one. `is_there` says whether a node lives and is of a
    /// type. None where that reads as nothing.
    ///
    /// A total function of the value, the configuration and who is there; what was written under
    /// this configuration reads as it is, but for pointers to what is not there. Not called where
    /// that is known to be all of it: one configuration, and no pointers.
    fn view(&self, config: &Self::Config, shown: Value, is_there: IsThere<'_>) -> Option<Value> {
        let _ = (config, is_there);
        Some(shown)
    }

    /// The same for one part: a write that stands there, or what [`Kind::entry`] answers. The part
    /// as the reader names it, and what is read there; none where the reader has no such part.
    fn view_part(
        &self,
        config: &Self::Config,
        part: Part,
        value: Option<Value>,
        is_there: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)> {
        let _ = (config, is_there);
        Some((part, value))
    }

    /// The writes that no other write has seen, for kinds in which one write replaces another.
    fn standing(&self, state: &Self::State) -> Vec<Standing> {
        let _ = state;
        Vec::new()
    }

    /// Called before `fates` are asked for, with all that the object was made from: a kind that
    /// keeps less than they need can rebuild it here.
    fn recall(&self, state: &mut Self::State, history: &History<'_>) {
        let _ = (state, history);
    }

    /// What became of an op that had an effect, part by part. `past` is the op's own.
    fn fates(&self, state: &Self::State, past: &Past<'_>, op: &Self::Op) -> Vec<(Part, Fate)> {
        let _ = (state, past, op);
        vec![(Part::Whole, Fate::Counts)]
    }
}

/// Whether a node lives, and is of a type.
pub type IsThere<'a> = &'a dyn Fn(NodeId, TypeId) -> bool;

/// A part of an object in which one write replaces another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All of it: a register, an atom.
    Whole,
    /// A member of a record.
    Member(u32),
    /// What stands at a key of a map, or an item of a set.
    Key(Value),
    /// An item of a list, by where the op's author saw it after the op.
    Item(u32),
}

/// What an op does to one part of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Which part.
    pub part: Part,
    /// How it writes.
    pub writing: Writing,
    /// The foreign keys in what it writes.
    pub keys: Vec<(NodeId, OnDelete)>,
}

impl Stored for Part {
    fn write(&self, to: &mut page::Writing<'_>) {
        match self {
            Part::Whole => to.byte(0),
            Part::Member(number) => (1_u8, *number).write(to),
            Part::Key(key) => {
                to.byte(2);
                key.write(to);
            }
            Part::Item(at) => (3_u8, *at).write(to),
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        match from.byte()? {
            0 => Some(Part::Whole),
            1 => Stored::read(from).map(Part::Member),
            2 => Stored::read(from).map(Part::Key),
            3 => Stored::read(from).map(Part::Item),
            _ => None,
        }
    }
}

/// How an op writes a part of an object: what it shows before a point of the order follows from
/// the ops before that point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Writing {
    /// What is put is shown up to the next put in the same generation, or its first end.
    Put {
        /// 0 for what has no generations.
        generation: u32,
    },
    /// Nothing put in this generation is shown any more.
    End {
        /// Which one.
        generation: u32,
    },
    /// What is added is shown up to the first removal that saw it.
    Add,
    /// Takes away the additions that it saw.
    Remove,
}

impl Written {
    pub(crate) fn of(part: Part, writing: Writing) -> Self {
        Written { part, writing, keys: Vec::new() }
    }

    /// With the foreign keys of a value of this type.
    pub(crate) fn with(mut self, of: &ValueType, value: &Value) -> Self {
        of.links(value, &mut |node, _, on_delete| {
            self.keys.extend(on_delete.map(|on_delete| (node, on_delete)));
        });
        self
    }
}

/// The writes that compete for one part of an object, ascending in order: the last one won.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which part.
    pub part: Part,
    /// At least one write; one of nothing cleared the part.
    pub writes: Vec<(Stamp, Option<Value>)>,
}

/// What became of an op that had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// What it wrote is what is read now.
    Won,
    /// What it wrote stands beside the winner: neither author had seen the other.
    Lost,
    /// A later op, whose author had seen it, wrote over it.
    Replaced,
    /// What it put there was taken out.
    Ended,
    /// It is part of what is read: a sum, a text, a list of events.
    Counts,
}

impl Fate {
    /// The rule behind it, in words.
    pub fn rule(self) -> &'static str {
        match self {
            Fate::Won => "the last in order of the writes that no other write saw",
            Fate::Lost => "concurrent with the winner, and before it in order",
            Fate::Replaced => "a later write saw it",
            Fate::Ended => "what it put in was taken out",
            Fate::Counts => "every op of this kind counts",
        }
    }
}

/// The ops that an object was made from, in order.
pub struct History<'a> {
    pub(crate) log: &'a Log,
    /// Those that are kept; of a kind that is not built in the void ones, too.
    pub(crate) stamps: &'a im::Vector<Stamp>,
    pub(crate) is_void: &'a dyn Fn(Stamp) -> bool,
    pub(crate) read: &'a dyn Fn(Stamp) -> Option<Vec<u8>>,
}

impl<'a> History<'a> {
    /// The log that the stamps are places in.
    pub fn log(&self) -> &'a Log {
        self.log
    }

    /// The stamps of the ops that had an effect, and of a built-in kind of those that are masked;
    /// ascending.
    pub fn stamps(&self) -> impl DoubleEndedIterator<Item = Stamp> + '_ {
        self.stamps.iter().copied().filter(|stamp| !(self.is_void)(*stamp))
    }

    /// The bytes of one of them.
    pub fn op(&self, stamp: Stamp) -> Option<Vec<u8>> {
        (self.read)(stamp)
    }
}

impl Debug for History<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "History({} ops)", self.stamps().count())
    }
}
