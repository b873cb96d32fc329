//! Rows: consecutive commits of one author, each by what the rows before it leave unsaid.
//!
//! ```text
//!  row      flags ─ [whole header | turn? ─ parents? ─ schema or rights?] ─ payload ─ signature?
//!  payload  length ─ bytes            as it is
//!           length ─ hash             erased
//!           length ─ keep, put, …     as it differs from the payload before it in these rows
//! ```
//!
//! A keystroke is mostly the keystroke before it: same node, same field, the next position. Its row
//! has some eight bytes.
//!
//! **Invariants**
//! - Ids, backlinks, seqs and payload hashes are recomputed, not stored; a turn is stored where it
//!   differs from the row before.
//! - Rows are read from their beginning; the first says its turn, so that they need nothing else.
//! - Numbers are in the shortest form of LEB128; a longer one is damage.
//! - A row can ask for at most [`LIKE_BYTES_MAX`] bytes that it does not bring.
//!
//! What this does not do: frame rows, check a signature, or place a commit.

use crate::commit::{Commit, CommitError, HashedPayload};
use crate::damage::DamageCause;
use crate::header::{HEADER_FORMAT, Header, HeaderError, Position, SchemaChange};
use crate::id::{AuthorKey, CommitId, IdentityKey, PayloadHash, SchemaId, Signature};
use crate::limits::{HEADER_BYTES_MAX, LIKE_BYTES_MAX, PARENTS_MAX, PAYLOAD_BYTES_MAX};
use crate::rights::{Right, RightsChange};
use crate::varint::{NoVarint, put_varint, take_varint};

const HEADER: u8 = 1;
const TURN: u8 = 2;
const PARENTS: u8 = 4;
const ADOPT: u8 = 8;
const INTRODUCE: u8 = 16;
/// A schema cannot be adopted and introduced at once.
const RIGHTS: u8 = ADOPT | INTRODUCE;
const ERASED: u8 = 32;
const SIGNED: u8 = 64;
const LIKE: u8 = 128;

const GRANT_READ: u8 = 0;
const GRANT_WRITE: u8 = 1;
const REVOKE: u8 = 2;

/// What the rows up to here say: all that the next one may leave out.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) author: AuthorKey,
    pub(crate) next_seq: u64,
    /// The commit before the next row.
    pub(crate) previous: Option<CommitId>,
    turn: Option<u64>,
    /// The last payload that stands in these rows, where it is short; otherwise empty.
    payload: Vec<u8>,
}

impl Chain {
    /// Before the first row.
    pub(crate) fn starting(author: AuthorKey, next_seq: u64, previous: Option<CommitId>) -> Self {
        Chain { author, next_seq, previous, turn: None, payload: Vec::new() }
    }

    /// As it is at the beginning of other rows that follow these.
    pub(crate) fn renewed(&mut self) {
        self.turn = None;
        self.payload.clear();
    }

    /// Whether this commit comes next.
    pub(crate) fn is_followed_by(&self, commit: &Commit) -> bool {
        commit.backlink() == self.previous
            && commit.seq() == self.next_seq
            && commit.author() == self.author
    }

    fn advance(&mut self, commit: &Commit) {
        self.turn = Some(commit.turn());
        self.previous = Some(commit.id());
        self.next_seq += 1;
    }

    fn remember(&mut self, payload: &[u8]) {
        self.payload.clear();
        if payload.len() <= LIKE_BYTES_MAX {
            self.payload.extend_from_slice(payload);
        }
    }

    /// Appends the row of the commit that comes next.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, commit: &Commit, signature: Option<Signature>) {
        let flags_at = out.len();
        out.push(0);
        let mut flags = self.put_header(out, commit);
        match commit.payload() {
            Some(payload) => flags |= self.put_payload(out, payload),
            None => {
                flags |= ERASED;
                put_varint(out, u64::from(commit.header().payload_bytes));
                out.extend_from_slice(&commit.header().payload_hash.0);
            }
        }
        if let Some(signature) = signature {
            flags |= SIGNED;
            out.extend_from_slice(&signature.0);
        }
        out[flags_at] = flags;
        self.advance(commit);
    }

    fn put_header(&self, out: &mut Vec<u8>, commit: &Commit) -> u8 {
        if commit.backlink().is_none() {
            let header = commit.header().encode();
            put_varint(out, header.len() as u64);
            out.extend_from_slice(&header);
            return HEADER;
        }
        let mut flags = 0;
        if self.turn != Some(commit.turn()) {
            flags |= TURN;
            put_varint(out, commit.turn());
        }
        if !commit.parents().is_empty() {
            flags |= PARENTS;
            put_varint(out, commit.parents().len() as u64);
            for parent in commit.parents() {
                out.extend_from_slice(&parent.0);
            }
        }
        flags | put_change(out, &commit.header().position)
    }

    fn put_payload(&mut self, out: &mut Vec<u8>, payload: &[u8]) -> u8 {
        put_varint(out, payload.len() as u64);
        let plain_at = out.len();
        let is_short = !self.payload.is_empty() && payload.len() <= LIKE_BYTES_MAX;
        let mut flag = 0;
        if is_short && put_edits(out, &self.payload, payload) {
            flag = LIKE;
        } else {
            out.truncate(plain_at);
            out.extend_from_slice(payload);
        }
        self.remember(payload);
        flag
    }

    /// Takes the next row: the commit, with its id, and the signature that stands with it.
    pub(crate) fn take(
        &mut self,
        cursor: &mut Cursor<'_>,
    ) -> Result<(Commit, Option<Signature>), DamageCause> {
        cursor.seq = self.next_seq;
        let flags = cursor.take(1)?[0];
        let commit = if flags & HEADER != 0 {
            self.first(flags, cursor)?
        } else {
            self.next(flags, cursor)?
        };
        let is_signed = flags & SIGNED != 0;
        let signature = if is_signed { Some(Signature(cursor.array()?)) } else { None };
        self.advance(&commit);
        Ok((commit, signature))
    }

    fn first(&mut self, flags: u8, cursor: &mut Cursor<'_>) -> Result<Commit, DamageCause> {
        if flags & (TURN | PARENTS | RIGHTS) != 0 {
            return Err(cursor.broken("has a whole header and parts of one"));
        }
        let length = cursor.number()?;
        if length > HEADER_BYTES_MAX as u64 {
            return Err(cursor.broken("has a header over the limit"));
        }
        let header = Header::decode(cursor.take_u64(length)?);
        let header = header.map_err(|error| cursor.bad(error.into()))?;
        if header.first_author().is_none() || self.next_seq != 0 {
            return Err(cursor.broken("has a whole header, which only a chain's first commit has"));
        }
        let (_, payload) = self.payload(flags, cursor)?;
        Commit::of_checked(self.author, header, payload).map_err(|error| cursor.bad(error))
    }

    fn next(&mut self, flags: u8, cursor: &mut Cursor<'_>) -> Result<Commit, DamageCause> {
        let Some(backlink) = self.previous else {
            return Err(cursor.broken("is a chain's first and lacks its whole header"));
        };
        let turn = match (flags & TURN != 0, self.turn) {
            (true, _) => cursor.number()?,
            (false, Some(turn)) => turn,
            (false, None) => return Err(cursor.broken("is its block's first and lacks its turn")),
        };
        let parents = if flags & PARENTS != 0 { cursor.parents()? } else { Vec::new() };
        let seq = self.next_seq;
        let next = |schema| Position::Next { backlink, seq, schema };
        let position = match flags & RIGHTS {
            0 => next(SchemaChange::Keep),
            ADOPT => next(SchemaChange::Adopt(SchemaId(cursor.array()?))),
            INTRODUCE => next(SchemaChange::Introduce(SchemaId(cursor.array()?))),
            _ => Position::Rights { backlink, seq, change: cursor.rights_change()? },
        };
        let (payload_bytes, payload) = self.payload(flags, cursor)?;
        let header = Header {
            format: HEADER_FORMAT,
            position,
            payload_hash: payload.hash(),
            payload_bytes,
            turn,
            parents,
        };
        let commit = header.check().map_err(CommitError::from);
        let commit = commit.and_then(|()| Commit::of_checked(self.author, header, payload));
        commit.map_err(|error| cursor.bad(error))
    }

    fn payload(
        &mut self,
        flags: u8,
        cursor: &mut Cursor<'_>,
    ) -> Result<(u32, HashedPayload), DamageCause> {
        let (length, payload) = self.stored_payload(flags, cursor)?;
        Ok((
            length,
            match payload {
                Stored::Erased(hash) => HashedPayload::erased(length, hash),
                Stored::Plain(bytes) => HashedPayload::of(bytes.into()),
                Stored::Remembered => HashedPayload::of(self.payload.as_slice().into()),
            },
        ))
    }

    fn stored_payload<'a>(
        &mut self,
        flags: u8,
        cursor: &mut Cursor<'a>,
    ) -> Result<(u32, Stored<'a>), DamageCause> {
        let length = cursor.number()?;
        let Some(short) = u32::try_from(length).ok().filter(|_| length <= PAYLOAD_MAX) else {
            let error = HeaderError::PayloadTooLong { found: length }.into();
            return Err(cursor.bad(error));
        };
        let stored = match flags & (ERASED | LIKE) {
            0 => {
                let bytes = cursor.take_u64(length)?;
                self.remember(bytes);
                Stored::Plain(bytes)
            }
            ERASED => Stored::Erased(PayloadHash(cursor.array()?)),
            LIKE => {
                self.edit(length, cursor)?;
                Stored::Remembered
            }
            _ => return Err(cursor.broken("has a payload that is erased and like another")),
        };
        Ok((short, stored))
    }

    /// Makes the remembered payload into the next one.
    fn edit(&mut self, length: u64, cursor: &mut Cursor<'_>) -> Result<(), DamageCause> {
        if self.payload.is_empty() || length > LIKE_BYTES_MAX as u64 {
            return Err(cursor.broken("is like a payload that is not there, or too long for that"));
        }
        let length = usize::try_from(length).unwrap_or(LIKE_BYTES_MAX);
        let before = self.payload.len();
        self.payload.resize(length, 0);
        let mut at = 0;
        while at < length {
            let kept = cursor.number()?.min(LIKE_BYTES_MAX as u64 + 1);
            at += usize::try_from(kept).unwrap_or(usize::MAX);
            if at > length.min(before) {
                return Err(cursor.broken("keeps more of the payload before than there is"));
            }
            if at == length {
                break;
            }
            let put = cursor.number()?;
            let room = (length - at) as u64;
            if put == 0 || put > room {
                return Err(cursor.broken("puts nothing, or more than its payload holds"));
            }
            let bytes = cursor.take_u64(put)?;
            self.payload[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        }
        Ok(())
    }

    /// Passes over the next row of rows that were taken before, hashing nothing. Tells how long its
    /// payload is, and where; of this chain only `payload` and `next_seq` go on.
    pub(crate) fn pass<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
    ) -> Result<(u32, Stored<'a>), DamageCause> {
        cursor.seq = self.next_seq;
        let flags = cursor.take(1)?[0];
        if flags & HEADER != 0 {
            let length = cursor.number()?;
            cursor.take_u64(length)?;
        }
        if flags & TURN != 0 {
            cursor.number()?;
        }
        if flags & PARENTS != 0 {
            let count = cursor.number()?;
            cursor.take_u64(count.saturating_mul(CommitId::BYTES as u64))?;
        }
        match flags & RIGHTS {
            0 => {}
            RIGHTS => drop(cursor.take(1 + IdentityKey::BYTES)?),
            _ => drop(cursor.take(SchemaId::BYTES)?),
        }
        let payload = self.stored_payload(flags, cursor)?;
        if flags & SIGNED != 0 {
            cursor.take(Signature::BYTES)?;
        }
        self.next_seq += 1;
        Ok(payload)
    }

    /// The payload of which `pass` said that it is remembered.
    pub(crate) fn remembered(&self) -> &[u8] {
        &self.payload
    }
}

const PAYLOAD_MAX: u64 = PAYLOAD_BYTES_MAX as u64;

/// Where a row's payload is.
pub(crate) enum Stored<'a> {
    Erased(PayloadHash),
    Plain(&'a [u8]),
    /// In the chain, until the next row.
    Remembered,
}

/// Appends what a later commit changes of schema or rights; answers the flags that say so.
fn put_change(out: &mut Vec<u8>, position: &Position) -> u8 {
    let mut put = |flag, tag: Option<u8>, id: &[u8]| {
        out.extend(tag);
        out.extend_from_slice(id);
        flag
    };
    match position {
        Position::Next { schema: SchemaChange::Adopt(id), .. } => put(ADOPT, None, &id.0),
        Position::Next { schema: SchemaChange::Introduce(id), .. } => put(INTRODUCE, None, &id.0),
        Position::Rights { change, .. } => {
            let tag = match change {
                RightsChange::Grant(_, Right::Read) => GRANT_READ,
                RightsChange::Grant(_, Right::Write) => GRANT_WRITE,
                RightsChange::Revoke(_) => REVOKE,
            };
            put(RIGHTS, Some(tag), &change.identity().0)
        }
        _ => 0,
    }
}

/// Appends how `after` differs from `before`, place by place; false where saying it takes no fewer
/// bytes than `after` has.
fn put_edits(out: &mut Vec<u8>, before: &[u8], after: &[u8]) -> bool {
    /// Equal bytes between two differences that are worth two numbers.
    const WORTH: usize = 3;
    let start = out.len();
    let same = |at: usize| before.get(at) == after.get(at);
    let mut at = 0;
    while at < after.len() {
        let kept = (at..after.len()).take_while(|at| same(*at)).count();
        put_varint(out, kept as u64);
        at += kept;
        if at == after.len() {
            break;
        }
        let mut end = at + 1;
        while end < after.len() {
            let equal = (end..after.len()).take(WORTH).take_while(|at| same(*at)).count();
            if equal == WORTH || equal > 0 && end + equal == after.len() {
                break;
            }
            end += equal + 1;
        }
        let end = end.min(after.len());
        put_varint(out, (end - at) as u64);
        out.extend_from_slice(&after[at..end]);
        at = end;
        if out.len() - start >= after.len() {
            return false;
        }
    }
    out.len() - start < after.len()
}

const ENDS: &str = "ends after the block does";

/// Takes parts off the front of rows; every take is checked.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    /// Where the rows' block stands in its file.
    pub(crate) offset: u64,
    pub(crate) seq: u64,
}

impl<'a> Cursor<'a> {
    pub(crate) fn broken(&self, reason: &'static str) -> DamageCause {
        DamageCause::Row { offset: self.offset, seq: self.seq, reason }
    }

    fn bad(&self, error: CommitError) -> DamageCause {
        DamageCause::Commit { offset: self.offset, seq: self.seq, error }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], DamageCause> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(self.broken(ENDS));
        };
        self.bytes = rest;
        Ok(taken)
    }

    fn take_u64(&mut self, length: u64) -> Result<&'a [u8], DamageCause> {
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DamageCause> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn number(&mut self) -> Result<u64, DamageCause> {
        take_varint(&mut self.bytes).map_err(|why| {
            self.broken(match why {
                NoVarint::Short => ENDS,
                NoVarint::Form => "has a number that is too large or longer than it need be",
            })
        })
    }

    fn rights_change(&mut self) -> Result<RightsChange, DamageCause> {
        let tag = self.take(1)?[0];
        let identity = IdentityKey(self.array()?);
        Ok(match tag {
            GRANT_READ => RightsChange::Grant(identity, Right::Read),
            GRANT_WRITE => RightsChange::Grant(identity, Right::Write),
            REVOKE => RightsChange::Revoke(identity),
            _ => return Err(self.broken("changes rights in a way that is not known")),
        })
    }

    fn parents(&mut self) -> Result<Vec<CommitId>, DamageCause> {
        let count = self.number()?;
        if count == 0 {
            return Err(self.broken("has a list of parents without any"));
        }
        if count > PARENTS_MAX as u64 {
            let found = usize::try_from(count).unwrap_or(usize::MAX);
            return Err(self.bad(HeaderError::TooManyParents { found }.into()));
        }
        let bytes = self.take_u64(count * CommitId::BYTES as u64)?;
        let (ids, _) = bytes.as_chunks::<{ CommitId::BYTES }>();
        Ok(ids.iter().map(|id| CommitId(*id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(bytes: &[u8]) -> Cursor<'_> {
        Cursor { bytes, offset: 0, seq: 0 }
    }

    #[test]
    fn edits_give_back_what_they_were_made_of() {
        let texts: [&[u8]; 9] = [
            b"a",
            b"aaaaaaaa",
            b"aaaabaaa",
            b"baaaaaaa",
            b"aaaaaaab",
            b"aaaaaaaaaaaa",
            b"aaa",
            b"xyzxyzxyz",
            b"aabaabaab",
        ];
        for before in texts {
            for after in texts {
                let mut out = Vec::new();
                if !put_edits(&mut out, before, after) {
                    continue;
                }
                assert!(out.len() < after.len());
                let mut chain = Chain::starting(AuthorKey([0; 32]), 0, None);
                chain.remember(before);
                let mut cursor = cursor(&out);
                chain.edit(after.len() as u64, &mut cursor).unwrap();
                assert_eq!((chain.remembered(), cursor.bytes), (after, &b""[..]));
            }
        }
    }
}
