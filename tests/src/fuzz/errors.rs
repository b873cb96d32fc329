//! The errors of the decoders by name, and what one execution was told.
//!
//! **Invariants**
//! - A variant that is not listed here is told as `Enum::?`, which fails the run: a new variant is
//!   listed, or it is seen.
//! - Telling costs no memory of its own, so that it is not counted as the decoder's.

use woodland_dump::DumpError;
use woodland_format::{
    CanonicalError, CommitError, Damage, DamageCause, FileError, FrameError, HeaderError,
    IdParseError, Misfit, PayloadError, ProofError, SchemaError, TypeError,
};
use woodland_graph::Void;
use woodland_log::{AppendError, Refusal};
use woodland_page::FaultCause;
use woodland_store::{BranchStoreError, KeyError, OpenError, Problem, RecordError};
use woodland_sync::{Closed, MessageError};

/// The most names that one execution is told.
const TOLD_MAX: usize = 64;

/// What one execution was told by the decoder: the names of its errors, each once.
#[derive(Debug)]
pub struct Told {
    /// Whether anything was accepted.
    pub is_accepted: bool,
    /// The errors.
    pub names: Vec<&'static str>,
}

impl Told {
    pub(crate) fn nothing() -> Self {
        Told { is_accepted: false, names: Vec::with_capacity(TOLD_MAX) }
    }

    pub(crate) fn clear(&mut self) {
        self.is_accepted = false;
        self.names.clear();
    }

    /// The bytes are what they should be.
    pub fn accept(&mut self) {
        self.is_accepted = true;
    }

    /// An error by its name.
    pub fn name(&mut self, name: &'static str) {
        if self.names.len() < TOLD_MAX && !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}

/// Errors that can be told by name.
pub(crate) trait Named {
    /// The names of all variants.
    const NAMES: &'static [&'static str];

    /// Tells the name, and those of what is inside.
    fn tell(&self, told: &mut Told);
}

/// Lists an enum's variants; what stands in brackets after one is an error inside, told too.
macro_rules! named {
    ($enum:ident: $($variant:ident $([$inside:tt])?),+ $(,)?) => {
        impl Named for $enum {
            const NAMES: &'static [&'static str] =
                &[$(concat!(stringify!($enum), "::", stringify!($variant))),+];

            #[allow(unreachable_patterns, reason = "some of these enums may still grow")]
            fn tell(&self, told: &mut Told) {
                match self {
                    $(named!(@pattern $enum $variant $($inside)?) => {
                        told.name(concat!(stringify!($enum), "::", stringify!($variant)));
                        $(named!(@inside told $inside);)?
                    })+
                    _ => told.name(concat!(stringify!($enum), "::?")),
                }
            }
        }
    };
    (@pattern $enum:ident $variant:ident) => { $enum::$variant { .. } };
    (@pattern $enum:ident $variant:ident { $field:ident }) => { $enum::$variant { $field, .. } };
    (@pattern $enum:ident $variant:ident ($only:ident)) => { $enum::$variant($only) };
    (@inside $told:ident { $field:ident }) => { $field.tell($told) };
    (@inside $told:ident ($only:ident)) => { $only.tell($told) };
}

named!(CanonicalError: TooLong, Malformed, NotCanonical);
named!(HeaderError: Canonical[(only)], ForeignFormat, Founding, SeqZero, TooManyParents,
    ParentsUnsorted, PayloadTooLong, Certificate);
named!(PayloadError: Canonical[(only)], ForeignFormat);
named!(SchemaError: Canonical[(only)], BadName, NameTwice, IdTwice, TooMany);
named!(TypeError: Ambiguous, UnionSize, NestedUnion, Literal, Derivation, NoPlace, Default,
    MemberTwice, MemberName, TooManyMembers, NoComposite, PointerInKey, ForeignKeyInList, TooLarge,
    TooDeep);
named!(Misfit: Empty, NoType, NoField, Taken, Apart, NoMap, Unsound, Schema[(only)]);
named!(ProofError: Canonical[(only)], ForeignFormat, Length, Header[{error}], Broken, Order,
    NotRivals, Signature);
named!(CommitError: Header[(only)], PayloadLength, PayloadHash, Author, BatchTooLarge);
named!(FileError: Empty, Short, Magic, ForeignFormat, Checksum, Purpose);
named!(FrameError: Truncated, Tag, TooLong, Checksum);
named!(DamageCause: Head[{error}], Block[{error}], HeadBytes[{error}], ForeignFormat, Dataset,
    HeadMismatch, Mismatch, Row, Commit[{error}], Last);
named!(AppendError: NotFounding, OtherDataset, Missing, Author, Seq, Turn, SchemaNotIntroduced);
named!(Refusal: OtherDataset, Signature, Invalid[{error}], Past, Full);
named!(Void: Unreadable, StraySchema, UnknownSchema, UnknownType, TypeDiffers, UnknownField,
    UnknownNode, WrongType, NeedsKey, NoKey, ReadOnly, UnknownKey, BadConfig, Undecodable,
    UnknownMember, WrongValue, UnknownTarget, EmptyEdit, BadPosition, UnseenGeneration, Misfit,
    DeadNode, Edited, Restricted, DeadTarget, Revoked);
named!(RecordError: Short, Magic, ForeignFormat, Checksum, Value);
named!(KeyError: Length, Magic, ForeignFormat, Checksum);
named!(Problem: Missing, NotAFolder, Unreadable, Record[{error}], Key[{error}],
    Exposed, Header[{error}],
    Purpose, Dataset, Short, Long, TooLong, Segment[{damage}], Root, Unexpected);
named!(OpenError: NothingHere, NotAFolder, Locked, ForeignFormat[{problem}], Damaged[{problem}],
    Mixed[{problem}], Unfinished, NotAPrefix, Disk);
named!(FaultCause: Missing, Check, Undecodable, Closed, Unreadable);
named!(MessageError: Broken, Version);
named!(Closed: Message[(only)], TooLarge, Lost, Dataset, OutOfPlace, OverCredit,
    UnknownAuthor, Unplaced, Packing, Erased, Damaged[(only)], Refused[(only)], Full, Incomplete,
    Stalled, CommitTooLarge, Bye, Done);
named!(BranchStoreError: Locked, Base[{error}], OtherDataset, Open[(only)], Disk);
named!(DumpError: Missing, NoDataset, Special, NotWoodland[(only)], Unreadable, UnknownHead,
    ManyHeads, NotAnId, NoHeads, UnknownAuthor, ManyAuthors, UnknownNode, ManyNodes, UnknownField,
    Output);

impl Named for Damage {
    const NAMES: &'static [&'static str] = DamageCause::NAMES;

    fn tell(&self, told: &mut Told) {
        self.cause.tell(told);
    }
}

impl Named for IdParseError {
    const NAMES: &'static [&'static str] = &["IdParseError"];

    fn tell(&self, told: &mut Told) {
        told.name("IdParseError");
    }
}

impl<T: Named> Named for Box<T> {
    const NAMES: &'static [&'static str] = T::NAMES;

    fn tell(&self, told: &mut Told) {
        (**self).tell(told);
    }
}

/// Tells what came of it, and hands on what was accepted.
pub(crate) fn outcome<T, E: Named>(result: Result<T, E>, told: &mut Told) -> Option<T> {
    match result {
        Ok(value) => {
            told.accept();
            Some(value)
        }
        Err(error) => {
            error.tell(told);
            None
        }
    }
}
