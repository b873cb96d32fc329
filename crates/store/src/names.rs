//! What stands where in a dataset directory.
//!
//! **Invariants**
//! - A segment file's number is written with at least eight digits, so names sort as numbers do.
//! - Names that are not listed here are not the store's; it leaves them alone.

pub(crate) const LOCK: &str = "lock";
pub(crate) const AUTHOR_KEY: &str = "author.key";
/// `author.key` of an incarnation that is being taken.
pub(crate) const AUTHOR_KEY_MAKING: &str = "author.key.making";
pub(crate) const PLACE: &str = "place";
pub(crate) const HEADS: &str = "heads";
/// `heads` under construction: its renaming is what makes a directory a dataset.
pub(crate) const HEADS_MAKING: &str = "heads.making";
pub(crate) const CLOSED: &str = "closed";
pub(crate) const SEGMENTS: &str = "segments";

/// The name of segment file `number`.
pub(crate) fn segment_file(number: u64) -> String {
    format!("{SEGMENTS}/{number:08}.wls")
}

/// The name of merged file `number`.
pub(crate) fn merged_file(number: u64) -> String {
    format!("{SEGMENTS}/{number:08}.wlm")
}

/// The name of layout `number`.
pub(crate) fn layout_file(number: u64) -> String {
    format!("{SEGMENTS}/{number:08}.layout")
}

/// The number of the segment file with this name inside its folder.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    numbered(name, ".wls")
}

/// The number of the merged file with this name inside its folder.
pub(crate) fn merged_number(name: &str) -> Option<u64> {
    numbered(name, ".wlm")
}

/// The number of the layout with this name inside its folder.
pub(crate) fn layout_number(name: &str) -> Option<u64> {
    numbered(name, ".layout")
}

fn numbered(name: &str, ending: &str) -> Option<u64> {
    let digits = name.strip_suffix(ending)?;
    let number: u64 = digits.parse().ok()?;
    (format!("{number:08}") == digits).then_some(number)
}

/// Whether this is the name of a segment file in the dataset directory.
pub(crate) fn is_segment_file(name: &str) -> bool {
    let inside = name.strip_prefix(SEGMENTS).and_then(|rest| rest.strip_prefix('/'));
    inside.and_then(segment_number).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_name() {
        assert_eq!(segment_file(7), "segments/00000007.wls");
        assert_eq!(segment_number("00000007.wls"), Some(7));
        assert_eq!(
            (merged_number("00000007.wlm"), layout_number("00000007.layout")),
            (Some(7), Some(7))
        );
        assert_eq!(segment_number("123456789.wls"), Some(123_456_789));
        for other in ["7.wls", "+0000007.wls", "000000007.wls", "00000007.wlt", ".wls", "x"] {
            assert_eq!(segment_number(other), None, "{other}");
        }
    }
}
