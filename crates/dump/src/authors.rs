//! Authors as people know them: `ada·1f3c9a2b`, the certified name beside the key's first digits.
//!
//! **Invariants**
//! - No two authors have one label: where keys begin alike, more of their digits are shown.
//! - A name holds no control, bidi or invisible character and is cut at [`NAME_CHARS_MAX`].
//! - Names come from certificates in authors' first commits, which reading has checked.

use crate::shown::Plain;
use crate::source::Source;
use std::collections::{BTreeMap, BTreeSet};
use woodland_format::{AuthorKey, Certificate, Commit, IdentityKey};
use woodland_log::Log;

/// Most characters of a name in a label.
const NAME_CHARS_MAX: usize = 24;
/// Fewest hex digits of a key in a label.
const DIGITS_MIN: usize = 8;

/// Who writes for whom.
pub(crate) type Identities = BTreeSet<(String, IdentityKey)>;

struct Known {
    label: String,
    identities: Identities,
}

/// The authors of a source or of a version.
#[derive(Default)]
pub(crate) struct Authors(BTreeMap<AuthorKey, Known>);

impl Authors {
    /// All of whom something could be read.
    pub(crate) fn of_source(source: &Source) -> Self {
        let keys = source.all_pieces().into_iter().map(|piece| piece.segment.head.author);
        Authors::of(keys.collect(), first_commits(source))
    }

    /// Those of some versions.
    pub(crate) fn of_versions(source: &Source, logs: &[&Log]) -> Self {
        let is_held = |commit: &Commit| logs.iter().any(|log| log.contains(&commit.id()));
        let keys = logs.iter().flat_map(|log| log.frontier().authors().collect::<Vec<_>>());
        Authors::of(keys.collect(), first_commits(source).filter(is_held))
    }

    fn of(keys: BTreeSet<AuthorKey>, firsts: impl Iterator<Item = Commit>) -> Self {
        let keys: Vec<AuthorKey> = keys.into_iter().collect();
        let alike = |one: Option<&AuthorKey>, other: Option<&AuthorKey>| match (one, other) {
            (Some(one), Some(other)) => {
                let (one, other) = (one.to_string(), other.to_string());
                one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
            }
            _ => 0,
        };
        let mut authors = BTreeMap::new();
        for (at, key) in keys.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| keys.get(before));
            let shared = alike(before, Some(key)).max(alike(Some(key), keys.get(at + 1)));
            let mut label = key.to_string();
            label.truncate((shared + 1).max(DIGITS_MIN));
            authors.insert(*key, Known { label, identities: Identities::new() });
        }
        for commit in firsts {
            if let Some(Certificate { name, identity, .. }) = commit.header().certificate()
                && let Some(known) = authors.get_mut(&commit.author())
            {
                known.identities.insert((name.clone(), *identity));
            }
        }
        for known in authors.values_mut() {
            let name = known.identities.first().map(|(name, _)| shortened(name));
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                known.label = format!("{name}·{}", known.label);
            }
        }
        Authors(authors)
    }

    /// Who an author writes for; several where a chain forked at its first commit.
    pub(crate) fn identities(
        &self,
        author: &AuthorKey,
    ) -> impl Iterator<Item = (&str, IdentityKey)> {
        let known = self.0.get(author).into_iter().flat_map(|known| &known.identities);
        known.map(|(name, identity)| (name.as_str(), *identity))
    }

    /// The certified name as it is; the least where a fork gives several.
    pub(crate) fn name(&self, author: &AuthorKey) -> Option<&str> {
        self.identities(author).map(|(name, _)| name).next()
    }

    /// `ada·1f3c9a2b`, or `1f3c9a2b` of an author without a certificate.
    pub(crate) fn label(&self, author: &AuthorKey) -> String {
        self.0.get(author).map_or_else(|| author.short(), |known| known.label.clone())
    }

    /// The characters of the longest label, at least those of a heading.
    pub(crate) fn width(&self, heading: &str) -> usize {
        let labels = self.0.keys().map(|author| self.label(author).chars().count());
        labels.chain([heading.chars().count()]).max().unwrap_or(0)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = AuthorKey> + '_ {
        self.0.keys().copied()
    }
}

fn first_commits(source: &Source) -> impl Iterator<Item = Commit> + '_ {
    let firsts = source.all_pieces().into_iter().filter(|piece| piece.segment.head.first_seq == 0);
    firsts.filter_map(|piece| piece.segment.first())
}

/// A name made safe and short, whole characters only.
fn shortened(name: &str) -> String {
    let (mut short, mut chars) = (String::new(), 0);
    for one in name.trim().chars() {
        let shown = Plain(one.encode_utf8(&mut [0; 4])).to_string();
        chars += shown.chars().count();
        if chars > NAME_CHARS_MAX {
            short.push('…');
            break;
        }
        short.push_str(&shown);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(bytes: [u8; 5]) -> AuthorKey {
        let mut whole = [0; 32];
        whole[..5].copy_from_slice(&bytes);
        AuthorKey(whole)
    }

    #[test]
    fn keys_that_begin_alike_show_what_tells_them_apart() {
        let keys = [key([1, 2, 3, 4, 0x50]), key([1, 2, 3, 4, 0x58]), key([9, 0, 0, 0, 0])];
        let authors = Authors::of(keys.into_iter().collect(), std::iter::empty());
        let labels: Vec<_> = authors.keys().map(|author| authors.label(&author)).collect();
        assert_eq!(labels, ["0102030450", "0102030458", "09000000"]);
    }

    #[test]
    fn a_hostile_name_is_escaped_and_cut() {
        assert_eq!(shortened("a\u{202e}b\u{7}"), "a\\u{202e}b\\u{7}");
        assert_eq!(shortened("\u{200b}"), "\\u{200b}");
        assert_eq!(shortened(&"x".repeat(25)), format!("{}…", "x".repeat(24)));
        assert_eq!(shortened("Zoë"), "Zoë");
        assert_eq!(shortened("e\u{301}"), "e\\u{301}");
    }
}
