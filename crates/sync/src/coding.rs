//! Parts of messages as bytes.
//!
//! ```text
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
//!   29 challenge  salt 16                       31 newcomer  -
//!   30 proof      identity 32, name's length, name, its signature 64, the author's 64
//!  author     reference × 4 + 0 known | 1 name 8 | 2 key 32 | 3 rank   from  0 | 1 seq, commit 8
//! ```
//!
//! **Invariants**
//! - A part has one form: what is decoded encodes to the same bytes.
//! - "WOOD" and the version stand at the same place in every release: a foreign one is named.
//! - A count is compared with the bytes that are there before room is made for it.
//!
//! What this does not do: bound how many parts a message has, or judge what one says.

use crate::bytes::{Bytes, NoteError};
use crate::message::{
    AuthorRef, Hello, Introduced, MessageError, PRESENCE_BYTES_MAX, PROTOCOL_VERSION, Part,
    Previous, Reason, Stretch, Told, Want,
};
use crate::names::{AuthorName, CommitName, Salt};
use crate::session::gate::Proof;
use crate::settle::Note;
use crate::wire::{list, put_step, step};
use woodland_format::limits::NAME_BYTES_MAX;
use woodland_format::{
    AuthorKey, Certificate, CommitId, DatasetId, IdentityKey, Signature, put_varint,
};

const MAGIC: &[u8; 4] = b"WOOD";
/// What a settling note's kind has where who answers says it.
const ANSWERS: u8 = 8;

impl Part {
    pub(crate) fn put(&self, to: &mut Vec<u8>) {
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
            Part::Newcomer => to.push(31),
        }
    }

    pub(crate) fn take(from: &mut Bytes<'_>) -> Result<Part, MessageError> {
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
            31 => Part::Newcomer,
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
