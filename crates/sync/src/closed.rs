//! Why a conversation ended.
//!
//! **Invariants**
//! - Each way to misbehave has a name, and says what it was about.
//! - What is the other side's doing is told apart from what a link or a limit did.
//!
//! What this does not do: punish. Whether to talk to somebody again is the host's to say.

use crate::message::{MessageError, Reason};
use crate::settle::OutOfPlace;
use woodland_format::{AuthorKey, CommitId, DamageCause, DatasetId, IdentityKey};
use woodland_log::Refusal;

/// Why a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Closed {
    /// What it sent is no message of this release.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// A message over the limit that was told.
    #[error("a message of {found} bytes, at most {limit} are taken")]
    TooLarge {
        /// How long it is.
        found: usize,
        /// The limit.
        limit: u64,
    },
    /// A message did not arrive. Connect again: what arrived is kept.
    #[error("message {expected} did not arrive, {found} did: connect again")]
    Lost {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// It is of another dataset.
    #[error("the other side is of dataset {found}, this one of {expected}")]
    Dataset {
        /// The dataset here.
        expected: DatasetId,
        /// The dataset there.
        found: DatasetId,
    },
    /// It says what nobody says at that place.
    #[error("the other side does not keep to the protocol: {0}")]
    OutOfPlace(&'static str),
    /// It sent more than it was given room for.
    #[error("{found} bytes of commits, room was given for {limit}")]
    OverCredit {
        /// How many it sent.
        found: u64,
        /// How many it might.
        limit: u64,
    },
    /// It spoke of an author by a name that nobody has here. Names can collide: connect again,
    /// under another salt.
    #[error("the other side speaks of an author that is not known here: connect again")]
    UnknownAuthor,
    /// It sent what stands on a commit that is not known here. Names can collide: connect again.
    #[error(
        "commits by {author} from {first_seq} on stand on what is not held here: connect again"
    )]
    Unplaced {
        /// Who wrote them.
        author: AuthorKey,
        /// Seq of the first.
        first_seq: u64,
    },
    /// Packed commits that do not unpack to what they are said to be.
    #[error("commits by {author} from {first_seq} on do not unpack to the length that was said")]
    Packing {
        /// Who is said to have written them.
        author: AuthorKey,
        /// Seq of the first.
        first_seq: u64,
    },
    /// Commits that cannot be read.
    #[error("what arrived holds no commits: {0}")]
    Damaged(Box<DamageCause>),
    /// Commits without their payloads. Whoever let them in would hold them, and never ask for the
    /// payloads again: nobody erases any yet.
    #[error("commits by {author} came without their payloads, of seq {seq} or above")]
    Erased {
        /// Who wrote them.
        author: AuthorKey,
        /// Seq of the first of the stretch.
        seq: u64,
    },
    /// The door refused a commit that it sent.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// More of what it sent waits than may. Connect again, later.
    #[error(
        "{found} bytes of what it sent wait for their past or a signature, at most {limit} may"
    )]
    Full {
        /// How many wait.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// A newcomer was sent more than it may take. What came is kept.
    #[error(
        "{found} bytes came and that is not all, a newcomer takes at most {limit}: raise \
         `Limits::newcomer_bytes_max`, or join from a log file"
    )]
    TooMuch {
        /// How many came.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// It said that all is sent, and a commit still lacks its past or a signature.
    #[error("commit {commit} by {author} came without its past or without a signature")]
    Incomplete {
        /// Who is said to have written it.
        author: AuthorKey,
        /// The commit.
        commit: CommitId,
    },
    /// It owes something, and nothing came for too long.
    #[error("nothing came for {ticks} ticks")]
    Stalled {
        /// For how long.
        ticks: u32,
    },
    /// A commit is too large for the other side.
    #[error("commit {commit} takes {found} bytes, the other side takes messages of {limit}")]
    CommitTooLarge {
        /// Which.
        commit: CommitId,
        /// What it takes.
        found: u64,
        /// What the other side takes.
        limit: u64,
    },
    /// The dataset has an owner, who has not granted the other side to read, or has revoked it, as
    /// far as is known here.
    #[error("identity {identity} may not read this dataset: its owner can grant it")]
    NotAllowed {
        /// Who the other side has proven to be.
        identity: IdentityKey,
    },
    /// What the other side proves itself with does not hold.
    #[error("the other side is not who it says: its proof does not hold")]
    Unproven,
    /// The dataset has an owner, and this side cannot prove who it is.
    #[error(
        "the dataset is served only to whom its owner allows, and this side cannot prove who it \
         is: give it an identity"
    )]
    NoCredentials,
    /// The other side ended it.
    #[error("the other side ended it: {0}")]
    Bye(Reason),
    /// This side ended it.
    #[error("this side ended it")]
    Done,
}

impl From<OutOfPlace> for Closed {
    fn from(OutOfPlace(what): OutOfPlace) -> Self {
        Closed::OutOfPlace(what)
    }
}

impl Closed {
    /// Whether the other side did what no peer does that keeps to the protocol.
    pub fn is_hostile(&self) -> bool {
        match self {
            Closed::Message(MessageError::Broken(_))
            | Closed::TooLarge { .. }
            | Closed::OutOfPlace(_)
            | Closed::OverCredit { .. }
            | Closed::Packing { .. }
            | Closed::Damaged(_)
            | Closed::Refused(_)
            | Closed::Unproven
            | Closed::Incomplete { .. } => true,
            Closed::Message(MessageError::Version { .. })
            | Closed::Lost { .. }
            | Closed::Dataset { .. }
            | Closed::UnknownAuthor
            | Closed::Unplaced { .. }
            | Closed::Full { .. }
            | Closed::TooMuch { .. }
            | Closed::Stalled { .. }
            | Closed::CommitTooLarge { .. }
            | Closed::Erased { .. }
            | Closed::NotAllowed { .. }
            | Closed::NoCredentials
            | Closed::Bye(_)
            | Closed::Done => false,
        }
    }

    /// What the other side is told.
    pub fn reason(&self) -> Reason {
        match self {
            Closed::Message(MessageError::Version { .. }) => Reason::Version,
            Closed::Dataset { .. } => Reason::Dataset,
            Closed::Refused(_) | Closed::Full { .. } | Closed::Incomplete { .. } => Reason::Refused,
            Closed::Lost { .. } | Closed::UnknownAuthor | Closed::Unplaced { .. } => Reason::Lost,
            Closed::Stalled { .. } => Reason::Stalled,
            Closed::NotAllowed { .. } | Closed::Unproven => Reason::NotAllowed,
            Closed::Bye(_)
            | Closed::Done
            | Closed::NoCredentials
            | Closed::TooMuch { .. }
            | Closed::CommitTooLarge { .. } => Reason::Done,
            Closed::Message(MessageError::Broken(_))
            | Closed::TooLarge { .. }
            | Closed::OutOfPlace(_)
            | Closed::OverCredit { .. }
            | Closed::Packing { .. }
            | Closed::Damaged(_)
            | Closed::Erased { .. } => Reason::Protocol,
        }
    }
}
