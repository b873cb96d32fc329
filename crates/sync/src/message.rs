//! Messages: what one side hands to the transport at once.
//!
//! ```text
//!  message    number, heard, parts to its end     number: 0, 1, 2 … of each side; heard: how many
//!  part       kind u8, then
//!    1-5  settling, by who asked       9-13  settling, by who answers      (`wire`)
//!   16 hello      "WOOD", version u8, dataset 32, author 32, 0 | 1 salt 16, window, message bytes
//!   17 fetch      -                               20 have    count, (author, seq, commit 8)
//!   18 sent       forks                           21 want    count, (author, from?, seq, commit 8)
//!   19 credit     bytes                           22 stretch author, seq, commits × 16 + flags,
//!   23 ahead      seq, commit 32                             commit 8 | 32?, length?, length,
//!   24 presence   length, bytes                              rows
//!   25 bye        reason u8                       26 since   count, commits (32 each)
//!   27 unheld     -                               28 durable messages
//!   29 challenge  salt 16
//!   30 proof      identity 32, name's length, name, its signature 64, the author's 64
//!  author     reference × 4 + 0 known | 1 name 8 | 2 key 32 | 3 rank   from  0 | 1 seq, commit 8
//! ```
//!
//! **Invariants**
//! - A message has one form, and is read whole or not at all.
//! - "WOOD" and the version stand at the same place in every release: a foreign one is named.
//! - A count is compared with the bytes that are there before room is made for it.
//!
//! What this does not do: judge what a part says at its place; [`crate::Hub`] does.

use crate::bytes::{Bytes, NoteError};
use crate::names::{AuthorName, CommitName, Salt};
use crate::session::gate::Proof;
use crate::settle::{Note, Step};
use crate::wire::{list, put_step, step};
use woodland_format::limits::NAME_BYTES_MAX;
use woodland_format::{
    AuthorKey, Certificate, CommitId, DatasetId, IdentityKey, Signature, put_varint,
};

/// The version of the protocol that this release speaks.
pub const PROTOCOL_VERSION: u8 = 1;
/// The longest presence.
pub const PRESENCE_BYTES_MAX: usize = 4096;

/// So many parts any message may have, and one more for each so many bytes: a stretch is longer,
/// for a commit that is cut off from the one before it has a parent, or a header.
const PARTS_LEAST: usize = 16;
const BYTES_A_PART: usize = 32;
const MAGIC: &[u8; 4] = b"WOOD";
/// What a settling note's kind has where who answers says it.
const ANSWERS: u8 = 8;

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
    #[error("it serves only whom the owner of the dataset allows")]
    NotAllowed = 7,
}

impl Reason {
    const ALL: [Reason; 8] = [
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

impl Part {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Part::Settle { is_asker, note } => {
                to.push(note.kind() | if *is_asker { 0 } else { ANSWERS });
                note.put(to);
            }
            Part::Hello(hello) => {
                to.push(16);
                hello.put(to);
            }
            Part::Fetch => to.push(17),
            Part::Sent { forks } => {
                to.push(18);
                put_varint(to, *forks);
            }
            Part::Credit(bytes) => {
                to.push(19);
                put_varint(to, *bytes);
            }
            Part::Have(tips) => {
                to.push(20);
                list(to, tips, |to, told| {
                    told.author.put(to);
                    put_step(to, &told.tip);
                });
            }
            Part::Want(wants) => {
                to.push(21);
                list(to, wants, |to, want| {
                    want.author.put(to);
                    to.push(u8::from(want.from.is_some()));
                    want.from.iter().for_each(|from| put_step(to, from));
                    put_step(to, &want.tip);
                });
            }
            Part::Stretch(stretch) => {
                to.push(22);
                stretch.put(to);
            }
            Part::Ahead(tip) => {
                to.push(23);
                put_varint(to, tip.seq);
                to.extend(tip.id.0);
            }
            Part::Presence(bytes) => {
                to.push(24);
                put_varint(to, bytes.len() as u64);
                to.extend(bytes);
            }
            Part::Bye(reason) => to.extend([25, *reason as u8]),
            Part::Since(heads) => {
                to.push(26);
                list(to, heads, |to, head| to.extend(head.0));
            }
            Part::Unheld => to.push(27),
            Part::Durable(messages) => {
                to.push(28);
                put_varint(to, *messages);
            }
            Part::Challenge(salt) => {
                to.push(29);
                to.extend(salt.0);
            }
            Part::Proof(proof) => {
                to.push(30);
                proof.put(to);
            }
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<Part, MessageError> {
        let at = from.at;
        let kind = from.byte()?;
        let settling = Note::take(kind & !ANSWERS, from).transpose().filter(|_| kind < 16);
        if let Some(note) = settling {
            return Ok(Part::Settle { is_asker: kind & ANSWERS == 0, note: note? });
        }
        Ok(match kind {
            16 => Part::Hello(Hello::take(from)?),
            17 => Part::Fetch,
            18 => Part::Sent { forks: from.varint()? },
            19 => Part::Credit(from.varint()?),
            20 => {
                Part::Have(from.list(10, |from| {
                    Ok(Told { author: AuthorRef::take(from)?, tip: step(from)? })
                })?)
            }
            21 => Part::Want(from.list(11, |from| {
                let author = AuthorRef::take(from)?;
                let since = match from.byte()? {
                    0 => None,
                    1 => Some(step(from)?),
                    _ => return Err(from.fails("is 0 or 1")),
                };
                Ok(Want { author, from: since, tip: step(from)? })
            })?),
            22 => Part::Stretch(Stretch::take(from)?),
            23 => {
                let (seq, id) = (from.varint()?, CommitId(from.array()?));
                Part::Ahead(woodland_log::Tip { seq, id })
            }
            24 => {
                let length = from.varint()?;
                if length > PRESENCE_BYTES_MAX as u64 {
                    return Err(from.fails("begins a presence within the limit").into());
                }
                Part::Presence(from.take(length)?.to_vec())
            }
            25 => {
                let code = from.byte()?;
                let reason = Reason::ALL.get(usize::from(code));
                Part::Bye(*reason.ok_or_else(|| from.fails("is a reason"))?)
            }
            26 => Part::Since(from.list(CommitId::BYTES, |from| Ok(CommitId(from.array()?)))?),
            27 => Part::Unheld,
            28 => Part::Durable(from.varint()?),
            29 => Part::Challenge(Salt(from.array()?)),
            30 => Part::Proof(Box::new(Proof::take(from)?)),
            _ => return Err(NoteError { at, expected: "begins a part" }.into()),
        })
    }
}

impl Hello {
    fn put(&self, to: &mut Vec<u8>) {
        to.extend(MAGIC);
        to.push(PROTOCOL_VERSION);
        to.extend(self.dataset.0);
        to.extend(self.author.0);
        to.push(u8::from(self.salt.is_some()));
        to.extend(self.salt.iter().flat_map(|salt| salt.0));
        put_varint(to, self.window);
        put_varint(to, self.message_bytes_max);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Hello, MessageError> {
        if from.take(4)? != MAGIC {
            return Err(from.fails("is behind \"WOOD\"").into());
        }
        match from.byte()? {
            PROTOCOL_VERSION => {}
            found => return Err(MessageError::Version { found }),
        }
        let (dataset, author) = (DatasetId(from.array()?), AuthorKey(from.array()?));
        let salt = match from.byte()? {
            0 => None,
            1 => Some(Salt(from.array()?)),
            _ => return Err(from.fails("is 0 or 1").into()),
        };
        let (window, message_bytes_max) = (from.varint()?, from.varint()?);
        Ok(Hello { dataset, author, salt, window, message_bytes_max })
    }
}

impl Proof {
    fn put(&self, to: &mut Vec<u8>) {
        let Certificate { identity, name, signature } = &self.certificate;
        to.extend(identity.0);
        put_varint(to, name.len() as u64);
        to.extend(name.as_bytes());
        to.extend(signature.0);
        to.extend(self.signature.0);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Proof, NoteError> {
        let (identity, length) = (IdentityKey(from.array()?), from.varint()?);
        if length > NAME_BYTES_MAX as u64 {
            return Err(from.fails("is behind a name within the limit"));
        }
        let name = std::str::from_utf8(from.take(length)?).map(str::to_owned);
        let name = name.map_err(|_| from.fails("is behind a name in UTF-8"))?;
        let signature = Signature(from.array()?);
        let certificate = Certificate { identity, name, signature };
        Ok(Proof { certificate, signature: Signature(from.array()?) })
    }
}

impl AuthorRef {
    fn put(&self, to: &mut Vec<u8>) {
        let number = u64::from(self.number) << 2;
        match self.introduced {
            Introduced::Before => put_varint(to, number),
            Introduced::Name(name) => {
                put_varint(to, number | 1);
                to.extend(name.0.to_le_bytes());
            }
            Introduced::Key(key) => {
                put_varint(to, number | 2);
                to.extend(key.0);
            }
            Introduced::Rank(rank) => {
                put_varint(to, number | 3);
                put_varint(to, u64::from(rank));
            }
        }
    }

    fn take(from: &mut Bytes<'_>) -> Result<AuthorRef, NoteError> {
        let reference = from.varint()?;
        let number =
            u32::try_from(reference >> 2).map_err(|_| from.fails("is behind an author"))?;
        let introduced = match reference & 3 {
            0 => Introduced::Before,
            1 => Introduced::Name(AuthorName(from.number()?)),
            2 => Introduced::Key(AuthorKey(from.array()?)),
            _ => {
                let rank = u32::try_from(from.varint()?);
                Introduced::Rank(rank.map_err(|_| from.fails("is behind an author"))?)
            }
        };
        Ok(AuthorRef { number, introduced })
    }
}

impl Stretch {
    fn put(&self, to: &mut Vec<u8>) {
        self.author.put(to);
        put_varint(to, self.first_seq);
        let is_whole = matches!(self.previous, Some(Previous::Id(_)));
        let is_on_basis = matches!(self.previous, Some(Previous::Basis));
        let flags = [is_whole, self.is_new, self.unpacked.is_some(), is_on_basis];
        let flags = flags.into_iter().rev().fold(0, |all, flag| all << 1 | u64::from(flag));
        put_varint(to, u64::from(self.commits) << 4 | flags);
        match self.previous {
            Some(Previous::Name(name)) => to.extend(name.0.to_le_bytes()),
            Some(Previous::Id(id)) => to.extend(id.0),
            Some(Previous::Basis) | None => {}
        }
        self.unpacked.iter().for_each(|length| put_varint(to, *length));
        put_varint(to, self.rows.len() as u64);
        to.extend(&self.rows);
    }

    fn take(from: &mut Bytes<'_>) -> Result<Stretch, NoteError> {
        let author = AuthorRef::take(from)?;
        let first_seq = from.varint()?;
        let count = from.varint()?;
        let commits = u32::try_from(count >> 4).map_err(|_| from.fails("is behind a count"))?;
        // There is one before exactly where the first is not a chain's first.
        let previous = match (first_seq, count & 9) {
            (0, 0) => None,
            (0, _) => return Err(from.fails("is behind a first commit")),
            (_, 0) => Some(Previous::Name(CommitName(from.number()?))),
            (_, 1) => Some(Previous::Id(CommitId(from.array()?))),
            (_, 8) => Some(Previous::Basis),
            _ => return Err(from.fails("is one before a stretch")),
        };
        let unpacked = if count & 4 > 0 { Some(from.varint()?) } else { None };
        let length = from.varint()?;
        let rows = from.take(length)?.to_vec();
        let is_new = count & 2 > 0;
        Ok(Stretch { author, first_seq, previous, commits, is_new, unpacked, rows })
    }
}
