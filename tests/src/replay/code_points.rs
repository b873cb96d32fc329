//! A text that is addressed in code points and answers in bytes.
//!
//! **Invariants**
//! - No chunk is empty, none has `2 * CHUNK_BYTES` bytes or more.
//! - `code_points` of a chunk counts those of its text.
//!
//! What this does not do: grow beyond what a walk over all chunks for each edit can bear.

use anyhow::{Result, bail};

const CHUNK_BYTES: usize = 1024;

#[derive(Debug, Clone)]
struct Chunk {
    text: String,
    code_points: usize,
}

/// A text, edited by code points.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodePoints {
    chunks: Vec<Chunk>,
}

/// Where an edit fell, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) at: usize,
    pub(crate) deleted: usize,
}

/// A place inside the text, at the end of a chunk rather than before the next.
#[derive(Debug, Clone, Copy)]
struct Spot {
    chunk: usize,
    byte: usize,
    /// Bytes of the text before it.
    before: usize,
}

impl Chunk {
    fn of(text: &str) -> Chunk {
        Chunk { text: text.to_owned(), code_points: text.chars().count() }
    }

    fn byte_of(&self, code_point: usize) -> usize {
        if self.code_points == self.text.len() {
            return code_point;
        }
        self.text.char_indices().nth(code_point).map_or(self.text.len(), |(byte, _)| byte)
    }
}

impl CodePoints {
    pub(crate) fn of(text: &str) -> CodePoints {
        CodePoints { chunks: chunked(text) }
    }

    pub(crate) fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.code_points).sum()
    }

    /// Deletes so many code points at the position, then inserts there.
    pub(crate) fn edit(&mut self, position: usize, deleted: usize, text: &str) -> Result<Splice> {
        let end = position.saturating_add(deleted);
        let (Some(from), Some(to)) = (self.spot(position), self.spot(end)) else {
            bail!("a patch of code points {position}..{end}, the text has {}", self.len());
        };
        let mut between = String::new();
        if let Some(first) = self.chunks.get(from.chunk) {
            between.push_str(&first.text[..from.byte]);
        }
        between.push_str(text);
        if let Some(last) = self.chunks.get(to.chunk) {
            between.push_str(&last.text[to.byte..]);
        }
        let mut behind = self.chunks.len().min(to.chunk + 1);
        // Else deletions would leave ever more, ever smaller chunks.
        if between.len() < CHUNK_BYTES / 2
            && let Some(next) = self.chunks.get(behind)
        {
            between.push_str(&next.text);
            behind += 1;
        }
        self.chunks.splice(from.chunk..behind, chunked(&between));
        Ok(Splice { at: from.before, deleted: to.before - from.before })
    }

    /// Where a position is; none past the end.
    fn spot(&self, position: usize) -> Option<Spot> {
        let (mut left, mut before) = (position, 0);
        for (at, chunk) in self.chunks.iter().enumerate() {
            if left <= chunk.code_points {
                let byte = chunk.byte_of(left);
                return Some(Spot { chunk: at, byte, before: before + byte });
            }
            left -= chunk.code_points;
            before += chunk.text.len();
        }
        (left == 0).then_some(Spot { chunk: 0, byte: 0, before: 0 })
    }
}

fn chunked(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while rest.len() >= 2 * CHUNK_BYTES {
        let (chunk, behind) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES));
        chunks.push(Chunk::of(chunk));
        rest = behind;
    }
    if !rest.is_empty() {
        chunks.push(Chunk::of(rest));
    }
    chunks
}

impl std::fmt::Display for CodePoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.chunks.iter().try_for_each(|chunk| f.write_str(&chunk.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histories::Rng;

    #[test]
    fn edits_like_a_list_of_characters() {
        let mut rng = Rng::from_seed(7);
        let (mut list, mut text) = (Vec::<char>::new(), CodePoints::default());
        for step in 0..3000 {
            let position = rng.below(list.len() + 1);
            let size = if rng.chance(5) { 3000 } else { 12 };
            let deleted = rng.below(size + 1).min(list.len() - position);
            let snippet: &&str = rng.pick(&["", "a", "é", "字", "🙂", "abc\n"]).expect("not empty");
            let inserted = snippet.repeat(rng.below(if step % 50 == 0 { 1500 } else { 5 }));
            let before: usize = list[..position].iter().map(|one| one.len_utf8()).sum();
            let gone = list.splice(position..position + deleted, inserted.chars());
            let bytes = gone.map(char::len_utf8).sum::<usize>();
            let splice = text.edit(position, deleted, &inserted).expect("within the text");
            assert_eq!(splice, Splice { at: before, deleted: bytes });
            assert_eq!(text.len(), list.len());
            let sound = |chunk: &Chunk| (1..2 * CHUNK_BYTES).contains(&chunk.text.len());
            assert!(text.chunks.iter().all(sound));
        }
        assert_eq!(text.to_string(), list.iter().collect::<String>());
        assert_eq!(CodePoints::of(&text.to_string()).to_string(), text.to_string());
    }

    #[test]
    fn a_patch_past_the_end_is_an_error() {
        let mut text = CodePoints::of("é");
        assert!(text.edit(2, 0, "x").is_err());
        assert!(text.edit(0, 2, "").is_err());
        assert!(text.edit(0, usize::MAX, "").is_err());
        assert!(CodePoints::default().edit(1, 0, "x").is_err());
        assert_eq!(text.to_string(), "é");
    }
}
