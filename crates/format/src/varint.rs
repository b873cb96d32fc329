//! Numbers as LEB128: seven bits a byte, lowest first, the high bit where more follow.
//!
//! **Invariants**
//! - A number has one form, the shortest; another is refused.
//!
//! What this does not do: say where the bytes stand; whoever takes a number does.

/// Why bytes begin no number. Whoever reads them says where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoVarint {
    /// They end inside of it.
    Short,
    /// It is larger than 64 bits, or has more bytes than it needs.
    Form,
}

/// Appends a number.
pub fn put_varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

/// Takes a number off the front.
///
/// # Errors
/// [`NoVarint`].
pub fn take_varint(from: &mut &[u8]) -> Result<u64, NoVarint> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = from.split_first().ok_or(NoVarint::Short)?;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits || *byte == 0 && shift > 0 {
            return Err(NoVarint::Form);
        }
        *from = rest;
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(NoVarint::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use NoVarint::{Form, Short};

    #[test]
    fn numbers_have_one_form() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, number);
            let mut rest = bytes.as_slice();
            assert_eq!((take_varint(&mut rest), rest.len()), (Ok(number), 0));
            let last = bytes.len() - 1;
            assert_eq!(take_varint(&mut &bytes[..last]), Err(Short));
            bytes[last] |= 0x80;
            bytes.push(0);
            assert_eq!(take_varint(&mut bytes.as_slice()), Err(Form), "{number} made longer");
        }
        assert_eq!(take_varint(&mut [0xff; 11].as_slice()), Err(Form));
        let too_large = [&[0xff; 9][..], &[2]].concat();
        assert_eq!(take_varint(&mut too_large.as_slice()), Err(Form));
    }
}
