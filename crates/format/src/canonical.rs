//! Canonical bytes: the one door between Rust values and bytes that are hashed.
//!
//! The only module that names `bincode`. Configuration, fixed for ever: little-endian, fixed-width
//! integers, lengths as `u64`, enum tags as `u32`, options as one byte.
//!
//! **Invariants**
//! - Decoding takes all bytes or none, encodes again and compares: one value has one form.
//! - No allocation is larger than a small multiple of the bytes that are there, whatever they
//!   claim.
//! - Every list, text and byte string has a named limit (`limits`), every recursion a depth.
//!
//! What this does not do: say what the bytes mean.

use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use serde::de::{DeserializeOwned, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;

/// Bytes that are not the canonical form of what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// More bytes than the thing may have.
    #[error("{what} has {bytes} bytes, the limit is {limit}")]
    TooLong {
        /// What was decoded.
        what: &'static str,
        /// How many bytes there are.
        bytes: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The bytes do not decode.
    #[error("{what} does not decode: {reason}")]
    Malformed {
        /// What was decoded.
        what: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// The bytes decode, but another form of the same value is the canonical one.
    #[error("{what} decodes, but not from its canonical bytes")]
    NotCanonical {
        /// What was decoded.
        what: &'static str,
    },
}

/// The canonical bytes of a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let config = bincode::config::standard().with_fixed_int_encoding();
    // Most records fit: growing from nothing would cost more than encoding.
    let mut bytes = Vec::with_capacity(128);
    bincode::serde::encode_into_std_write(value, &mut bytes, config)
        .expect("canonical values have an encoding");
    bytes
}

/// The value with these canonical bytes, at most `LIMIT` of them.
///
/// # Errors
/// [`CanonicalError`] when the bytes are too many, do not decode, or are not canonical.
pub fn decode<T, const LIMIT: usize>(what: &'static str, bytes: &[u8]) -> Result<T, CanonicalError>
where
    T: DeserializeOwned + Serialize,
{
    if bytes.len() > LIMIT {
        return Err(CanonicalError::TooLong { what, bytes: bytes.len(), limit: LIMIT });
    }
    let (value, read) = decode_prefix::<T, LIMIT>(what, bytes)?;
    if read != bytes.len() {
        let reason = format!("{} bytes follow it", bytes.len() - read);
        return Err(CanonicalError::Malformed { what, reason });
    }
    Ok(value)
}

/// The value whose canonical bytes these begin with, and how many they are, at most `LIMIT`.
pub(crate) fn decode_prefix<T, const LIMIT: usize>(
    what: &'static str,
    bytes: &[u8],
) -> Result<(T, usize), CanonicalError>
where
    T: DeserializeOwned + Serialize,
{
    let config = bincode::config::standard().with_fixed_int_encoding().with_limit::<LIMIT>();
    let (value, read) = bincode::serde::borrow_decode_from_slice::<T, _>(bytes, config)
        .map_err(|error| CanonicalError::Malformed { what, reason: error.to_string() })?;
    let mut same = Comparison { left: bytes.get(..read).unwrap_or_default() };
    let config = bincode::config::standard().with_fixed_int_encoding();
    let encoded = bincode::serde::encode_into_writer(&value, &mut same, config);
    if encoded.is_err() || !same.left.is_empty() {
        return Err(CanonicalError::NotCanonical { what });
    }
    Ok((value, read))
}

/// Compares what is encoded with bytes that are there, instead of keeping it.
struct Comparison<'a> {
    left: &'a [u8],
}

impl Writer for &mut Comparison<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let differs = EncodeError::Other("other bytes");
        self.left = self.left.strip_prefix(bytes).ok_or(differs)?;
        Ok(())
    }
}

/// A text of at most `LIMIT` bytes; for `#[serde(deserialize_with)]`.
pub(crate) fn text<'de, D, const LIMIT: usize>(deserializer: D) -> Result<String, D::Error>
where
    D: Deserializer<'de>,
{
    let text = <&'de str>::deserialize(deserializer)?;
    check_length::<D::Error>(text.len(), LIMIT)?;
    Ok(text.to_owned())
}

/// A byte string of at most `LIMIT` bytes; for `#[serde(deserialize_with)]`.
pub(crate) fn bytes<'de, D, const LIMIT: usize>(deserializer: D) -> Result<Vec<u8>, D::Error>
where
    D: Deserializer<'de>,
{
    let bytes = <&'de [u8]>::deserialize(deserializer)?;
    check_length::<D::Error>(bytes.len(), LIMIT)?;
    Ok(bytes.to_owned())
}

/// Writes a byte string as its length and its bytes; for `#[serde(serialize_with)]`.
pub(crate) fn put_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// A list of at most `LIMIT` items; for `#[serde(deserialize_with)]`.
pub(crate) fn list<'de, D, T, const LIMIT: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(BoundedList::<T, LIMIT>(PhantomData))
}

/// Appends an item to a list that claims to get `claimed` items. A claim is believed bit by bit, as
/// items arrive: what is reserved beyond them stays under an eighth of them.
pub(crate) fn push<T>(list: &mut Vec<T>, item: T, claimed: usize) {
    if list.len() == list.capacity() {
        let believed = (list.len() / 8).max(16);
        list.reserve_exact(claimed.saturating_sub(list.len()).clamp(1, believed));
    }
    list.push(item);
}

pub(crate) fn check_length<E: serde::de::Error>(length: usize, limit: usize) -> Result<(), E> {
    if length > limit {
        return Err(E::custom(format!("length {length} is over the limit of {limit}")));
    }
    Ok(())
}

struct BoundedList<T, const LIMIT: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const LIMIT: usize> Visitor<'de> for BoundedList<T, LIMIT> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a list of at most {LIMIT} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let claimed = items.size_hint().unwrap_or(0);
        check_length::<A::Error>(claimed, LIMIT)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == LIMIT {
                return Err(A::Error::custom(format!("more than {LIMIT} items")));
            }
            push(&mut list, item, claimed);
        }
        Ok(list)
    }
}
