//! Messages: what one side hands to the transport at once.
//!
//! ```text
//!  message    number, heard, parts to its end     number: 0, 1, 2 … of each side; heard: how many
//! ```
//!
//! **Invariants**
//! - A message has one form, and is read whole or not at all.
//!
//! What this does not do: judge what a part says at its place; [`crate::Hub`] does.

use crate::bytes::{Bytes, NoteError};
use crate::names::{AuthorName, CommitName, Salt};
use crate::session::gate::Proof;
use crate::settle::{Note, Step};
use woodland_format::{AuthorKey, CommitId, DatasetId, put_varint};

/// The version of the protocol that this release speaks.
pub const PROTOCOL_VERSION: u8 = 1;
/// The longest presence.
pub const PRESENCE_BYTES_MAX: usize = 4096;

/// So many parts any message may have, and one more for each so many bytes: a stretch is longer,
/// for a commit that is cut off from the one before it has a parent, or a header.
const PARTS_LEAST: usize = 16;
const BYTES_A_PART: usize = 32;

/// What one side says at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How many it has said before.
    pub number: u64,
    /// How many of the other side's it has heard.
    pub heard: u64,
    /// What it says.
    pub parts: Vec<Part>,
}

/// One thing that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Comes first, and once.
    Hello(Hello),
    /// Settling what the asker lacks, and so what to send it.
    Settle {
        /// Whether who asked says it.
        is_asker: bool,
        /// What it says.
        note: Note,
    },
    /// Who answered wants to be sent what it said that it lacks.
    Fetch,
    /// All that was fetched is sent.
    Sent {
        /// As far as so many notes about forks tell.
        forks: u64,
    },
    /// So many bytes of rows more may be sent.
    Credit(u64),
    /// Tips that are new here.
    Have(Vec<Told>),
    /// Chains that are to be sent.
    Want(Vec<Want>),
    /// Commits.
    Stretch(Stretch),
    /// A commit of the other's own author that the other lacks.
    Ahead(woodland_log::Tip),
    /// What is nowhere kept.
    Presence(Vec<u8>),
    /// The last that is said.
    Bye(Reason),
    /// The other holds these commits with their past, as far as is known; what is held beyond
    /// follows, unasked. None: those that the other named. Behind a hello, and nowhere else.
    Since(Vec<CommitId>),
    /// That is not so: what was said on it is passed over.
    Unheld,
    /// What came in so many of the other's messages is durable.
    Durable(u64),
    /// What the hearer is to sign: the opener's salt is its own.
    Challenge(Salt),
    /// Who the speaker is, and what shows it.
    Proof(Box<Proof>),
    /// The speaker holds nothing, and wants the founding commit. Behind the opener's hello.
    Newcomer,
}

/// Who says so, and what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// Which dataset it is about.
    pub dataset: DatasetId,
    /// Under which key it writes.
    pub author: AuthorKey,
    /// What names are made with; who opens the conversation says so.
    pub salt: Option<Salt>,
    /// So many bytes of rows may be under way to it.
    pub window: u64,
    /// The longest message that it takes.
    pub message_bytes_max: u64,
}

/// Whom something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorRef {
    /// The speaker's number for the author: 0, 1, 2 … as they come up.
    pub number: u32,
    /// Who it is, where it comes up.
    pub introduced: Introduced,
}

/// How an author comes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduced {
    /// It did before.
    Before,
    /// By name: both sides hold something of it.
    Name(AuthorName),
    /// By key.
    Key(AuthorKey),
    /// By its rank among the authors of the version that [`Part::Since`] names, in the order of
    /// their keys.
    Rank(u32),
}

/// A tip that one side has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Whose.
    pub author: AuthorRef,
    /// Its seq and name.
    pub tip: Step,
}

/// A chain that one side wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Whose.
    pub author: AuthorRef,
    /// How far it holds the author.
    pub from: Option<Step>,
    /// Up to which commit it wants it.
    pub tip: Step,
}

/// Consecutive commits of one author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Whose.
    pub author: AuthorRef,
    /// Seq of the first.
    pub first_seq: u64,
    /// The commit before; none where there is none.
    pub previous: Option<Previous>,
    /// How many.
    pub commits: u32,
    /// Whether they are new, and were not fetched: then what they stand on may come another way.
    pub is_new: bool,
    /// The length of their rows, where those are deflated.
    pub unpacked: Option<u64>,
    /// Their rows, or what they are deflated to.
    pub rows: Vec<u8>,
}

/// The commit before a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// By name: the other holds it, or was sent it as the end of a stretch.
    Name(CommitName),
    /// By id: it is the middle of something.
    Id(CommitId),
    /// It is the author's tip in the version that [`Part::Since`] names.
    Basis,
}

/// Why one side ends it, as it tells the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub enum Reason {
    /// It is done.
    #[error("it is done")]
    Done = 0,
    /// It speaks another version.
    #[error("it speaks another version of the protocol")]
    Version = 1,
    /// It is of another dataset.
    #[error("it is of another dataset")]
    Dataset = 2,
    /// It could not make sense of what it heard.
    #[error("what it heard is not the protocol")]
    Protocol = 3,
    /// Its door refused commits.
    #[error("its door refused what it was sent")]
    Refused = 4,
    /// A message is missing.
    #[error("a message did not reach it")]
    Lost = 5,
    /// Nothing came for too long.
    #[error("it waited too long")]
    Stalled = 6,
    /// It serves only whom the owner of the dataset allows.
    #[error(
        "it serves only whom the owner of the dataset allows: ask the owner to grant the identity \
         of this side, or to grant it again"
    )]
    NotAllowed = 7,
}

impl Reason {
    pub(crate) const ALL: [Reason; 8] = [
        Reason::Done,
        Reason::Version,
        Reason::Dataset,
        Reason::Protocol,
        Reason::Refused,
        Reason::Lost,
        Reason::Stalled,
        Reason::NotAllowed,
    ];
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// It is of no release.
    #[error("the message is broken: {0}")]
    Broken(#[from] NoteError),
    /// It is of another release.
    #[error(
        "the other side speaks version {found} of the protocol, this release version \
         {PROTOCOL_VERSION}: use releases that share one"
    )]
    Version {
        /// Which it speaks.
        found: u8,
    },
}

impl Message {
    /// The bytes of it.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Vec::new();
        put_varint(&mut to, self.number);
        put_varint(&mut to, self.heard);
        self.parts.iter().for_each(|part| part.put(&mut to));
        to
    }

    /// The message that these bytes are.
    ///
    /// # Errors
    /// [`MessageError`].
    pub fn decode(bytes: &[u8]) -> Result<Message, MessageError> {
        let mut from = Bytes::of(bytes);
        let (number, heard) = (from.varint()?, from.varint()?);
        let mut message = Message { number, heard, parts: Vec::new() };
        // A part takes memory beyond its bytes.
        let most = PARTS_LEAST + bytes.len() / BYTES_A_PART;
        while !from.is_empty() {
            if message.parts.len() == most {
                return Err(from.fails("begins one part more: they are short, and many").into());
            }
            message.parts.push(Part::take(&mut from)?);
        }
        Ok(message)
    }
}
