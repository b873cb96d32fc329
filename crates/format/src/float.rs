//! Floating-point numbers that can be hashed, compared and sorted.
//!
//! **Invariants**
//! - One number has one form: every NaN is the one quiet NaN `0x7ff8_0000_0000_0000`, and -0 is +0.
//!   Bytes of any other form do not decode.
//! - The order is total and the same everywhere: -∞, the negative numbers, 0, the positive ones, ∞,
//!   NaN. Equal means equal bits, so NaN equals itself.
//!
//! What this does not do: arithmetic. No rule of the log adds or rounds floats.

use serde::{Deserialize, Deserializer, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A 64-bit float in its one form.
#[derive(Clone, Copy)]
pub struct Float(f64);

impl Float {
    /// The number in its one form: any NaN becomes the quiet one, -0 becomes 0.
    pub fn new(number: f64) -> Self {
        if number.is_nan() {
            return Float(f64::from_bits(0x7ff8_0000_0000_0000));
        }
        // -0 + 0 is +0; every other number stays.
        Float(number + 0.0)
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<f64> for Float {
    fn from(number: f64) -> Self {
        Float::new(number)
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Float {}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Float {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The shortest text that reads back as this number, always with a point or an exponent.
        write!(f, "{:?}", self.0)
    }
}

impl Serialize for Float {
    fn serialize<S: serde::Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
        self.0.to_bits().serialize(into)
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bits = u64::deserialize(from)?;
        let float = Float::new(f64::from_bits(bits));
        if float.0.to_bits() != bits {
            return Err(serde::de::Error::custom("a NaN or zero that is not in its one form"));
        }
        Ok(float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_form_and_one_place() {
        let nan = Float::new(f64::from_bits(0xfff8_0000_0000_0001));
        assert_eq!(nan, Float::new(f64::NAN));
        assert_eq!(Float::new(-0.0).get().to_bits(), 0);
        let ascending = [f64::NEG_INFINITY, -1.5, 0.0, f64::MIN_POSITIVE, 2.0, f64::INFINITY];
        let mut floats: Vec<Float> = ascending.iter().rev().copied().map(Float::new).collect();
        floats.push(nan);
        floats.sort();
        let sorted: Vec<f64> = floats.iter().map(|float| float.get()).collect();
        assert_eq!(sorted[..6], ascending);
        assert!(sorted[6].is_nan());
    }

    #[test]
    fn bytes_of_another_form_do_not_decode() {
        for bits in [0x8000_0000_0000_0000_u64, 0x7ff8_0000_0000_0001, 0xfff8_0000_0000_0000] {
            assert!(crate::decode::<Float, 8>("a float", &bits.to_le_bytes()).is_err(), "{bits:x}");
        }
        let one = crate::encode(&Float::new(1.0));
        assert_eq!(crate::decode::<Float, 8>("a float", &one), Ok(Float::new(1.0)));
    }
}
