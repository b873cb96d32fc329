//! Edits: what was deleted from a text and inserted into it, by words.
//!
//! Myers' greedy algorithm (*An O(ND) difference algorithm*, 1986) over words, in windows: after
//! [`DEPTH_MAX`] edits the path that came furthest is taken, and the next window begins there.
//!
//! **Invariants**
//! - Applied to the old text, the edits give the new one; they are ascending and do not touch.
//! - Time is linear in the texts, times a constant; texts that differ much get more edits than the
//!   fewest, never wrong ones.
//! - Every place is between characters.
//!
//! What this does not do: find what moved; that is deleted here and inserted there.

use std::collections::HashMap;
use std::ops::Range;

/// Most edits of a window.
const DEPTH_MAX: usize = 256;
/// Equal text between two edits that is too short to stand alone.
const ISLAND_BYTES_MAX: usize = 2;

/// Bytes of the old text that bytes of the new one replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) old: Range<usize>,
    pub(crate) new: Range<usize>,
}

/// What turns one text into the other.
pub(crate) fn edits(old: &str, new: &str) -> Vec<Edit> {
    let (old_words, new_words) = (words(old), words(new));
    let mut numbers = HashMap::new();
    let (a, b) = (numbered(&old_words, &mut numbers), numbered(&new_words, &mut numbers));
    let start = a.iter().zip(&b).take_while(|(one, other)| one == other).count();
    let (a_rest, b_rest) = (&a[start..], &b[start..]);
    let pairs = a_rest.iter().rev().zip(b_rest.iter().rev());
    let end = pairs.take_while(|(one, other)| one == other).count();
    let (a_end, b_end) = (a.len() - end, b.len() - end);
    let steps = steps(&a[start..a_end], &b[start..b_end]);
    let (old_at, new_at) = (offsets(&old_words), offsets(&new_words));
    let mut edits: Vec<Edit> = Vec::new();
    for (x, y) in steps {
        let (x, y) = (x.start + start..x.end + start, y.start + start..y.end + start);
        let (old, new) = (old_at[x.start]..old_at[x.end], new_at[y.start]..new_at[y.end]);
        match edits.last_mut() {
            Some(last) if old.start - last.old.end <= ISLAND_BYTES_MAX => {
                last.old.end = old.end;
                last.new.end = new.end;
            }
            _ => edits.push(Edit { old, new }),
        }
    }
    edits.into_iter().map(|edit| trimmed(edit, old, new)).collect()
}

/// The same edit without what both sides begin and end with.
fn trimmed(edit: Edit, old: &str, new: &str) -> Edit {
    let Edit { old: old_at, new: new_at } = edit;
    let (a, b) = (&old[old_at.clone()], &new[new_at.clone()]);
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let bytes = |pair: (char, char)| pair.0.len_utf8();
    let start: usize = a.chars().zip(b.chars()).take_while(same).map(bytes).sum();
    let ends = a[start..].chars().rev().zip(b[start..].chars().rev());
    let end: usize = ends.take_while(same).map(bytes).sum();
    Edit {
        old: old_at.start + start..old_at.end - end,
        new: new_at.start + start..new_at.end - end,
    }
}

/// Longer than this, what looks like a word is taken character by character.
const WORD_CHARS_MAX: usize = 20;

/// A word, or one character that is part of none. Scripts that write without spaces have none.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_part = |one: char| (one.is_alphanumeric() && one < '\u{2e80}') || one == '_';
        // How long it is is looked at once; a long one is then taken as a whole, in characters.
        let end = match is_part(first) {
            true => rest.find(|one| !is_part(one)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        if rest[..end].chars().nth(WORD_CHARS_MAX).is_some() {
            let (long, after) = rest.split_at(end);
            words.extend(long.char_indices().map(|(at, one)| &long[at..at + one.len_utf8()]));
            rest = after;
            continue;
        }
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

fn numbered<'a>(words: &[&'a str], numbers: &mut HashMap<&'a str, usize>) -> Vec<usize> {
    let mut number = |word: &&'a str| {
        let next = numbers.len();
        *numbers.entry(*word).or_insert(next)
    };
    words.iter().map(&mut number).collect()
}

/// Where each word begins, and the end.
fn offsets(words: &[&str]) -> Vec<usize> {
    let mut at = 0;
    let mut offsets = vec![0];
    offsets.extend(words.iter().map(|word| {
        at += word.len();
        at
    }));
    offsets
}

type Step = (Range<usize>, Range<usize>);

/// Single deletions and insertions, ascending.
fn steps(a: &[usize], b: &[usize]) -> Vec<Step> {
    let (mut x, mut y, mut steps) = (0, 0, Vec::new());
    while x < a.len() || y < b.len() {
        let (reached, window) = window(&a[x..], &b[y..]);
        let moved = |(i, j): Step| (i.start + x..i.end + x, j.start + y..j.end + y);
        steps.extend(window.into_iter().map(moved));
        x += reached.0;
        y += reached.1;
    }
    steps
}

/// The steps from the beginning to a point as far on as [`DEPTH_MAX`] steps reach.
fn window(a: &[usize], b: &[usize]) -> ((usize, usize), Vec<Step>) {
    let depth_max = DEPTH_MAX.min(a.len() + b.len());
    // On diagonal k = x - y, at index k + depth_max + 1: the furthest x.
    let at = |k: isize| (k + 1).saturating_add_unsigned(depth_max).unsigned_abs();
    let mut furthest = vec![0usize; 2 * depth_max + 3];
    let mut trace: Vec<Vec<usize>> = Vec::new();
    let mut end = None;
    for depth in 0..=depth_max {
        let reach = isize::try_from(depth).unwrap_or(isize::MAX);
        trace.push(furthest[at(-reach) - 1..=at(reach) + 1].to_vec());
        for k in (-reach..=reach).step_by(2) {
            let is_down = k == -reach || (k != reach && furthest[at(k - 1)] < furthest[at(k + 1)]);
            let mut x = if is_down { furthest[at(k + 1)] } else { furthest[at(k - 1)] + 1 };
            let mut y = x.saturating_add_signed(-k);
            while x < a.len() && y < b.len() && a[x] == b[y] {
                (x, y) = (x + 1, y + 1);
            }
            furthest[at(k)] = x;
            let is_inside = x <= a.len() && y <= b.len();
            let best = end.map_or(0, |(_, x, y): (isize, usize, usize)| x + y + 1);
            if is_inside && (depth == depth_max && x + y >= best || x + y == a.len() + b.len()) {
                end = Some((k, x, y));
            }
        }
        if end.is_some_and(|(_, x, y)| x + y == a.len() + b.len()) {
            break;
        }
    }
    let (k, x, y) = end.expect("a window's last depth has a point inside, by its first step");
    ((x, y), walked_back(&trace, k, (x, y)))
}

fn walked_back(trace: &[Vec<usize>], mut k: isize, mut point: (usize, usize)) -> Vec<Step> {
    let mut steps = Vec::new();
    for (depth, before) in trace.iter().enumerate().skip(1).rev() {
        let reach = isize::try_from(depth).unwrap_or(isize::MAX);
        // The trace of a depth holds the diagonals from -depth - 1 on.
        let x_on = |k: isize| before[(k + reach + 1).unsigned_abs()];
        let is_down = k == -reach || (k != reach && x_on(k - 1) < x_on(k + 1));
        k = if is_down { k + 1 } else { k - 1 };
        let x = x_on(k);
        let y = x.saturating_add_signed(-k);
        steps.push(match is_down {
            true => (x..x, y..y + 1),
            false => (x..x + 1, y..y),
        });
        point = (x, y);
    }
    debug_assert!(point.0 == point.1 || trace.len() > 1, "the first snake is a diagonal");
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(old: &str, new: &str) -> String {
        let (mut text, mut at) = (String::new(), 0);
        for edit in edits(old, new) {
            text += &old[at..edit.old.start];
            text += &new[edit.new.clone()];
            at = edit.old.end;
        }
        text + &old[at..]
    }

    #[test]
    fn a_word_is_replaced() {
        let found = edits("Pack boots", "Pack warm shoes");
        assert_eq!(found, [Edit { old: 5..9, new: 5..14 }]);
        assert_eq!(edits("a map", "a mxap"), [Edit { old: 3..3, new: 3..4 }]);
        let found = edits("\u{6211}\u{559c}\u{6b22}", "\u{6211}\u{6b22}");
        assert_eq!(found, [Edit { old: 3..6, new: 3..3 }]);
        assert_eq!(edits("same", "same"), []);
        assert_eq!(edits("", "new"), [Edit { old: 0..0, new: 0..3 }]);
        assert_eq!(edits("gone", ""), [Edit { old: 0..4, new: 0..0 }]);
    }

    #[test]
    fn distant_words_are_edits_of_their_own() {
        let found = edits("one two three four five six", "one 2 three four five 6");
        assert_eq!(found.len(), 2);
    }

    /// Texts from few words, so that much is equal by chance; some longer than a window.
    #[test]
    fn the_edits_of_any_texts_give_the_new_one() {
        let mut state = 7u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for round in 0..200 {
            let mut text = |length: u64| -> String {
                (0..length).map(|_| ["a", "bc", " ", "ü", "\n"][draw(5) as usize]).collect()
            };
            let length = if round % 20 == 0 { 2_000 } else { 30 };
            let (old, new) = (text(length), text(length + round % 7));
            assert_eq!(applied(&old, &new), new, "round {round}");
        }
    }
}
