//! Things in words, as much of them as a message can hold.
//!
//! **Invariants**
//! - A message about bytes from outside does not grow with them: what is longer is cut and ends in
//!   `…`, and what comes after is not even formatted.
//!
//! What this does not do: choose the words.

use std::fmt::{self, Display, Write};

/// Longest excerpt, in bytes, without its mark.
const EXCERPT_BYTES_MAX: usize = 200;

/// The thing in words, cut where a message would become too long.
pub(crate) fn excerpt(thing: &impl Display) -> String {
    let mut excerpt = Excerpt(String::new());
    if write!(excerpt, "{thing}").is_err() {
        excerpt.0.push('…');
    }
    excerpt.0
}

/// Takes what fits, then nothing more.
struct Excerpt(String);

impl Write for Excerpt {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = EXCERPT_BYTES_MAX - self.0.len();
        self.0.push_str(&text[..text.floor_char_boundary(left)]);
        if text.len() > left { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Writes things with something between them, one after the other.
pub(crate) fn joined<T>(
    f: &mut fmt::Formatter<'_>,
    between: &str,
    things: &[T],
    mut put: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    things.iter().enumerate().try_for_each(|(at, thing)| {
        if at > 0 {
            f.write_str(between)?;
        }
        put(f, thing)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_at_a_character() {
        assert_eq!(excerpt(&"short"), "short");
        assert_eq!(excerpt(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(excerpt(&"x".repeat(201)), "x".repeat(200) + "…");
        assert_eq!(excerpt(&("x".to_owned() + &"é".repeat(200))).chars().count(), 101);
    }
}
