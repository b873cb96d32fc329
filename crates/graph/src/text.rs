//! `text`: collaborative text. Positions are UTF-8 bytes of what the author saw.
//!
//! **Invariants**
//! - While every op saw all ops before it, the text is a plain rope and nothing else.
//! - Once history forks, or an op is masked, a [`Weave`] stands beside the rope: every byte ever
//!   inserted, in FugueMax order, tombstones included. The rope then shows what is visible in it.
//! - `tips` are the ops that count and that no other such op saw; while none is masked, an op that
//!   saw them all saw everything.
//! - In a page the weave is left out: the next op that did not see everything builds it again, and
//!   until then no op needs it. Where something is masked, the next op does.
//!
//! What this does not do: forget the weave in memory when history has come together, or walk the
//! event graph instead of building it from the beginning. Concurrent text is right here, not yet
//! fast.

use crate::kind::{History, Kind};
use crate::parts::within;
use crate::past::{Past, Stamp};
use crate::void::Void;
use crate::weave::{Content, Hiders, Origins, Stretch, Weave, is_sequential};
use crop::Rope;
use std::ops::Range;
use std::sync::Arc;
use woodland_format::limits::OP_BYTES_MAX;
use woodland_format::{TextOp, Value, decode};
use woodland_page::{Reading, Stored, Writing};

/// The kind `text`. Takes no configuration, written by [`TextOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Text;

/// One text.
#[derive(Debug, Clone, Default)]
pub struct TextState {
    rope: Rope,
    tips: Vec<Stamp>,
    weave: Option<Arc<Weave<Arc<str>>>>,
    /// Whether some op is masked.
    has_masked: bool,
}

/// A text op by id, or by position where the author saw all there is.
#[derive(Debug)]
pub struct ResolvedText(Resolved);

#[derive(Debug)]
enum Resolved {
    Plain(TextOp),
    Insert { origins: Origins, text: Arc<str> },
    Delete(Stretch),
}

impl Content for Arc<str> {
    fn count(&self) -> u32 {
        u32::try_from(self.len()).expect("OP_BYTES_MAX fits u32")
    }

    fn may_cut(&self, offset: u32) -> bool {
        self.is_char_boundary(offset as usize)
    }
}

impl TextState {
    fn saw_all(&self, past: &Past<'_>) -> bool {
        self.tips.iter().all(|tip| past.saw(*tip))
    }

    fn weave(&mut self) -> &mut Weave<Arc<str>> {
        Arc::make_mut(self.weave.as_mut().expect("an op by id comes from the weave"))
    }
}

impl Stored for TextState {
    fn write(&self, to: &mut Writing<'_>) {
        to.number(self.rope.byte_len() as u64);
        self.rope.chunks().for_each(|chunk| to.raw(chunk.as_bytes()));
        self.tips.write(to);
        self.has_masked.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let rope = Rope::from(std::str::from_utf8(from.bytes()?).ok()?);
        let (tips, has_masked) = (Stored::read(from)?, Stored::read(from)?);
        Some(TextState { rope, tips, weave: None, has_masked })
    }
}

impl Kind for Text {
    const NAME: &'static str = "text";
    const EDITION: u32 = 1;
    const KEEPS_HISTORY: bool = true;
    type Config = ();
    type Op = TextOp;
    type Resolved = ResolvedText;
    type State = TextState;

    fn config(&self, bytes: &[u8]) -> Result<(), Void> {
        if bytes.is_empty() { Ok(()) } else { Err(Void::BadConfig) }
    }

    fn decode(&self, (): &(), bytes: &[u8]) -> Result<TextOp, Void> {
        let op = decode::<_, OP_BYTES_MAX>("a text op", bytes).map_err(|_| Void::Undecodable)?;
        match &op {
            TextOp::Insert { text, .. } if text.is_empty() => Err(Void::EmptyEdit),
            TextOp::Delete { bytes: 0, .. } => Err(Void::EmptyEdit),
            _ => Ok(op),
        }
    }

    fn resolve(
        &self,
        state: &mut TextState,
        past: &Past<'_>,
        op: TextOp,
    ) -> Result<ResolvedText, Void> {
        let Some(weave) = &mut state.weave else {
            assert!(
                state.saw_all(past),
                "a concurrent op is resolved after `prepare` has built the weave"
            );
            check_plain(&state.rope, &op)?;
            return Ok(ResolvedText(Resolved::Plain(op)));
        };
        let weave = Arc::make_mut(weave);
        weave.stand(past);
        Ok(ResolvedText(match op {
            TextOp::Insert { at, text } => {
                Resolved::Insert { origins: weave.origins(at as usize)?, text: text.into() }
            }
            TextOp::Delete { at, bytes } => Resolved::Delete(weave.stretch(at, bytes)?),
        }))
    }

    fn apply(&self, state: &mut TextState, past: &Past<'_>, op: ResolvedText) {
        match op.0 {
            Resolved::Plain(TextOp::Insert { at, text }) => {
                state.rope.insert(at as usize, text);
            }
            Resolved::Plain(TextOp::Delete { at, bytes }) => {
                state.rope.delete(at as usize..(at + bytes) as usize);
            }
            Resolved::Insert { origins, text } => {
                let (hiders, kept) = (Hiders::default(), Arc::clone(&text));
                let at = state.weave().insert(past, &origins, kept, None, hiders);
                state.rope.insert(at.expect("nothing hides what counts and is new"), text);
            }
            Resolved::Delete(stretch) => {
                for hidden in state.weave().hide(past, &stretch) {
                    state.rope.delete(hidden);
                }
            }
        }
        state.tips.retain(|tip| !past.saw(*tip));
        state.tips.push(past.at());
    }

    fn mask(&self, state: &mut TextState, past: &Past<'_>, op: ResolvedText) {
        state.has_masked = true;
        match op.0 {
            Resolved::Plain(_) => unreachable!("`prepare` builds the weave for a masked op"),
            Resolved::Insert { origins, text } => {
                state.weave().insert(past, &origins, text, None, Hiders::default());
            }
            Resolved::Delete(stretch) => drop(state.weave().hide(past, &stretch)),
        }
    }

    fn prepare(&self, state: &mut TextState, arrived: &[Stamp], history: &History<'_>) {
        let is_plain = || !state.has_masked && is_sequential(state.tips.clone(), arrived, history);
        if state.weave.is_some() || is_plain() {
            return;
        }
        let mut woven = TextState { weave: Some(Arc::default()), ..TextState::default() };
        for stamp in history.stamps() {
            let past = Past::of(history.log(), stamp);
            let bytes = history.op(stamp).expect("an op that had an effect is still in the log");
            let resolved = self
                .decode(&(), &bytes)
                .and_then(|op| self.resolve(&mut woven, &past, op))
                .expect("an op that had an effect has it again");
            if past.is_masked() {
                self.mask(&mut woven, &past, resolved);
            } else {
                self.apply(&mut woven, &past, resolved);
            }
        }
        *state = woven;
    }

    fn show(&self, state: &TextState) -> Option<Value> {
        (!state.tips.is_empty()).then(|| Value::String(state.rope.to_string()))
    }

    fn size(&self, state: &TextState) -> Option<u64> {
        (!state.tips.is_empty()).then_some(state.rope.byte_len() as u64)
    }

    fn part(&self, state: &TextState, range: &Range<u64>) -> Option<Value> {
        let Range { start, end } = within(range, state.rope.byte_len());
        let range = floor(&state.rope, start)..floor(&state.rope, end);
        let text = || state.rope.byte_slice(range).to_string();
        (!state.tips.is_empty()).then(|| Value::String(text()))
    }
}

fn check_plain(rope: &Rope, op: &TextOp) -> Result<(), Void> {
    let boundary = |at: u32| {
        let at = at as usize;
        at <= rope.byte_len() && rope.is_char_boundary(at)
    };
    let fits = match op {
        TextOp::Insert { at, .. } => boundary(*at),
        TextOp::Delete { at, bytes } => {
            at.checked_add(*bytes).is_some_and(|end| boundary(*at) && boundary(end))
        }
    };
    if fits { Ok(()) } else { Err(Void::BadPosition) }
}

/// Where the character begins that this place is inside of; the place itself between two.
fn floor(rope: &Rope, at: usize) -> usize {
    (0..=at).rev().find(|at| rope.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Text, TextState};
    use crate::kind::Kind;
    use crate::past::Stamp;
    use std::ops::Range;
    use woodland_format::Value;
    use woodland_log::Place;

    /// The kind as it would be without a part of its own.
    fn cut(text: &str, range: Range<usize>) -> String {
        let boundary = |at: usize| text.floor_char_boundary(at);
        text.get(boundary(range.start)..boundary(range.end)).unwrap_or_default().to_owned()
    }

    #[test]
    fn parts_of_a_text_end_between_characters() {
        let text = "aä€𝄞b".repeat(300);
        let tips = vec![Stamp { place: Place { line: 0, seq: 0 }, index: 0 }];
        let rope = text.as_str().into();
        let state = TextState { rope, tips, weave: None, has_masked: false };
        assert_eq!(Text.size(&state), Some(text.len() as u64));
        for start in (0..text.len() + 3).step_by(7) {
            for end in [0, start, start + 1, start + 2, start + 90, text.len(), text.len() + 9] {
                let part = Text.part(&state, &(start as u64..end as u64));
                assert_eq!(part, Some(Value::String(cut(&text, start..end))), "{start}..{end}");
            }
        }
        assert_eq!(
            Text.part(&state, &(5..u64::MAX)),
            Some(Value::String(cut(&text, 5..text.len())))
        );
        assert_eq!(Text.part(&TextState::default(), &(0..1)), None);
    }
}
