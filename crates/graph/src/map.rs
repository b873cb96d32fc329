//! `map`: values at keys that are data.
//!
//! ```text
//!   key ──► generation 0   born, ended        a put whose author saw the end of a generation
//!           generation 1   born, ended        begins the next one, which starts empty
//!           generation 2   born, writes   ◄── the last one is visible, unless it was ended
//! ```
//!
//! **Invariants**
//! - Generations follow each other without a gap: what makes one saw the end of the one before.
//!   That end may be masked, and one that is not made may be between two that are.
//! - `born` and `ended` are the first puts and removals of a generation, those that saw no other of
//!   them: an op saw some put (removal) of it if and only if it saw one of these. Masked ones stand
//!   apart, all of them: each counts for some and not for others.
//! - A generation that was ended, or before one that was, never shows again, so the writes of one
//!   that was are not kept.
//!
//! What this does not do: nest other kinds. A map of nodes' pointers does that.

use crate::kind::{Fate, IsThere, Kind, Part, Standing, Writing, Written};
use crate::past::{Past, Stamp};
use crate::register::RegisterState;
use crate::rest::{read_map, write_map};
use crate::void::Void;
use std::collections::BTreeMap;
use std::sync::Arc;
use woodland_format::limits::{CONFIG_BYTES_MAX, OP_BYTES_MAX};
use woodland_format::{MapConfig, MapOp, NodeId, TypeId, Value, decode};
use woodland_page::{self as page, Reading, Stored};

/// The kind `map`. Configured by [`MapConfig`], written by [`MapOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Map;

/// Every key that was ever put.
#[derive(Debug, Clone, Default)]
pub struct MapState {
    keys: im::OrdMap<Value, Arc<Vec<Generation>>>,
    /// What masked ops did at each key, ascending as they arrived.
    masked: im::OrdMap<Value, Arc<Vec<Masked>>>,
    is_written: bool,
}

/// What a masked op did at a key.
#[derive(Debug, Clone, Copy)]
struct Masked {
    at: Stamp,
    generation: u32,
    /// Whether it put; otherwise it ended the generation.
    puts: bool,
}

#[derive(Debug, Clone, Default)]
struct Generation {
    born: Vec<Stamp>,
    ended: Vec<Stamp>,
    writes: RegisterState,
}

impl MapState {
    fn generations(&self, key: &Value) -> &[Generation] {
        self.keys.get(key).map_or(&[][..], |all| all)
    }

    /// What masked ops did at the key that counts for an op with this past.
    fn masked<'a>(&'a self, key: &Value, past: &'a Past<'_>) -> impl Iterator<Item = &'a Masked> {
        let masked = self.masked.get(key).map_or(&[][..], |all| all);
        masked.iter().filter(|one| past.counts(one.at))
    }

    /// The generation of a key that an op with this past writes in: the last one that was put in,
    /// or the one behind the last that was ended, as far as that counts for it.
    fn generation(&self, key: &Value, past: &Past<'_>) -> usize {
        let generations = self.generations(key);
        let saw = |stamps: &[Stamp]| stamps.iter().any(|one| past.saw(*one));
        let own = generations.iter().rposition(|one| saw(&one.ended) || saw(&one.born));
        let own = own.map_or(0, |last| last + usize::from(saw(&generations[last].ended)));
        let masked = self.masked(key, past);
        let masked = masked.map(|one| one.generation as usize + usize::from(!one.puts)).max();
        own.max(masked.unwrap_or(0))
    }

    /// Whether a put in this generation counts for an op with this past.
    fn saw_put(&self, key: &Value, generation: usize, past: &Past<'_>) -> bool {
        let own = self.generations(key).get(generation);
        let mut masked = self.masked(key, past);
        own.is_some_and(|one| one.born.iter().any(|put| past.saw(*put)))
            || masked.any(|one| one.puts && one.generation as usize == generation)
    }

    /// The generations before this one that nobody whom an op with this past saw has ended: where a
    /// masked op ended them, and the next has begun.
    fn left_open(&self, key: &Value, generation: usize, past: &Past<'_>) -> Vec<u32> {
        let all = self.generations(key).iter().take(generation);
        let is_open = |one: &Generation| !one.ended.iter().any(|end| past.saw(*end));
        let open = (0..).zip(all).filter(|(_, one)| is_open(one));
        open.map(|(generation, _)| generation).collect()
    }

    fn visible(generations: &[Generation]) -> Option<&RegisterState> {
        let (last, end) =
            (|one: &Generation| !one.born.is_empty(), |one: &Generation| !one.ended.is_empty());
        let at = generations.iter().rposition(last)?;
        let is_ended = generations[at..].iter().any(end);
        (!is_ended).then_some(&generations[at].writes)
    }

    fn at(&mut self, key: Value, generation: usize) -> &mut Generation {
        let generations = Arc::make_mut(self.keys.entry(key).or_default());
        if generations.len() <= generation {
            generations.resize_with(generation + 1, Generation::default);
        }
        &mut generations[generation]
    }
}

impl Stored for MapState {
    fn write(&self, to: &mut page::Writing<'_>) {
        self.is_written.write(to);
        write_map(&self.keys, to, Stored::write);
        write_map(&self.masked, to, Stored::write);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let is_written = Stored::read(from)?;
        let keys = read_map(from, Stored::read)?;
        Some(MapState { keys, masked: read_map(from, Stored::read)?, is_written })
    }
}

impl Stored for Masked {
    fn write(&self, to: &mut page::Writing<'_>) {
        (self.at, self.generation, self.puts).write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (at, generation, puts) = Stored::read(from)?;
        Some(Masked { at, generation, puts })
    }
}

impl Stored for Generation {
    fn write(&self, to: &mut page::Writing<'_>) {
        self.born.write(to);
        self.ended.write(to);
        self.writes.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let (born, ended, writes) = Stored::read(from)?;
        Some(Generation { born, ended, writes })
    }
}

impl Kind for Map {
    const NAME: &'static str = "map";
    const EDITION: u32 = 1;
    type Config = MapConfig;
    type Op = MapOp;
    type Resolved = MapOp;
    type State = MapState;

    fn config(&self, bytes: &[u8]) -> Result<MapConfig, Void> {
        let config: MapConfig =
            decode::<_, CONFIG_BYTES_MAX>("a map", bytes).map_err(|_| Void::BadConfig)?;
        config.check().map_err(|_| Void::BadConfig)?;
        Ok(config)
    }

    fn decode(&self, config: &MapConfig, bytes: &[u8]) -> Result<MapOp, Void> {
        let op: MapOp =
            decode::<_, OP_BYTES_MAX>("a map's op", bytes).map_err(|_| Void::Undecodable)?;
        let (is_empty, ascends, fits) = match &op {
            MapOp::Put(entries) => (
                entries.is_empty(),
                entries.windows(2).all(|pair| pair[0].0 < pair[1].0),
                entries
                    .iter()
                    .all(|(key, value)| config.key.admits(key) && config.value.admits(value)),
            ),
            MapOp::Remove(keys) => (
                keys.is_empty(),
                keys.windows(2).all(|pair| pair[0] < pair[1]),
                keys.iter().all(|key| config.key.admits(key)),
            ),
        };
        match (ascends, is_empty, fits) {
            (false, _, _) => Err(Void::Undecodable),
            (_, true, _) => Err(Void::EmptyEdit),
            (_, _, false) => Err(Void::WrongValue),
            _ => Ok(op),
        }
    }

    fn pointers(&self, config: &MapConfig, op: &MapOp, found: &mut dyn FnMut(NodeId, TypeId)) {
        if let MapOp::Put(entries) = op {
            for (key, value) in entries {
                config.key.pointers(key, found);
                config.value.pointers(value, found);
            }
        }
    }

    fn has_foreign_keys(&self, config: &MapConfig) -> bool {
        config.key.has_foreign_key() || config.value.has_foreign_key()
    }

    fn writes(
        &self,
        config: &MapConfig,
        state: &MapState,
        past: &Past<'_>,
        op: &MapOp,
    ) -> Vec<Written> {
        let left_open = |key: &Value, generation| {
            let ended = state.left_open(key, generation, past).into_iter();
            let part = Part::Key(key.clone());
            ended.map(move |generation| Written::of(part.clone(), Writing::End { generation }))
        };
        let mut written = Vec::new();
        match op {
            MapOp::Put(entries) => {
                for (key, value) in entries {
                    let generation = state.generation(key, past);
                    written.extend(left_open(key, generation));
                    let writing = Writing::Put { generation: number(generation) };
                    let put = Written::of(Part::Key(key.clone()), writing);
                    written.push(put.with(&config.key, key).with(&config.value, value));
                }
            }
            MapOp::Remove(keys) => {
                for key in keys {
                    let generation = state.generation(key, past);
                    written.extend(left_open(key, generation));
                    let writing = Writing::End { generation: number(generation) };
                    written.push(Written::of(Part::Key(key.clone()), writing));
                }
            }
        }
        written
    }

    fn resolve(&self, state: &mut MapState, past: &Past<'_>, op: MapOp) -> Result<MapOp, Void> {
        if let MapOp::Remove(keys) = &op {
            let saw = |key: &Value| state.saw_put(key, state.generation(key, past), past);
            if !keys.iter().all(saw) {
                return Err(Void::UnknownKey);
            }
        }
        Ok(op)
    }

    fn apply(&self, state: &mut MapState, past: &Past<'_>, op: MapOp) {
        state.is_written = true;
        match op {
            MapOp::Put(entries) => {
                for (key, value) in entries {
                    let generation = state.generation(&key, past);
                    let generation = state.at(key, generation);
                    if !generation.born.iter().any(|put| past.saw(*put)) {
                        generation.born.push(past.at());
                    }
                    if generation.ended.is_empty() {
                        generation.writes.set(past, Some(value));
                    }
                }
            }
            MapOp::Remove(keys) => {
                for key in keys {
                    let generation = state.generation(&key, past);
                    let generation = state.at(key, generation);
                    generation.ended.push(past.at());
                    generation.writes = RegisterState::default();
                }
            }
        }
    }

    fn mask(&self, state: &mut MapState, past: &Past<'_>, op: MapOp) {
        let (keys, puts): (Vec<Value>, bool) = match op {
            MapOp::Put(entries) => (entries.into_iter().map(|(key, _)| key).collect(), true),
            MapOp::Remove(keys) => (keys, false),
        };
        for key in keys {
            let generation = number(state.generation(&key, past));
            let masked = Arc::make_mut(state.masked.entry(key).or_default());
            masked.push(Masked { at: past.at(), generation, puts });
        }
    }

    fn show(&self, state: &MapState) -> Option<Value> {
        let shown = |(key, generations): (&Value, &Arc<Vec<Generation>>)| {
            let value = MapState::visible(generations)?.value()?;
            Some((key.clone(), value.clone()))
        };
        state.is_written.then(|| Value::Map(state.keys.iter().filter_map(shown).collect()))
    }

    fn entry(&self, state: &MapState, key: &Value) -> Option<Value> {
        MapState::visible(state.keys.get(key)?)?.value().cloned()
    }

    fn has_pointers(&self, config: &MapConfig) -> bool {
        config.key.has_pointer() || config.value.has_pointer()
    }

    fn view(&self, config: &MapConfig, shown: Value, there: IsThere<'_>) -> Option<Value> {
        let Value::Map(written) = shown else { return Some(shown) };
        let mut entries = BTreeMap::new();
        for (key, value) in &written {
            let key = config.key.convert(key, there);
            if let Some((key, value)) = key.zip(config.value.convert(value, there)) {
                entries.entry(key).or_insert(value);
            }
        }
        Some(Value::Map(entries.into_iter().collect()))
    }

    fn view_part(
        &self,
        config: &MapConfig,
        part: Part,
        value: Option<Value>,
        there: IsThere<'_>,
    ) -> Option<(Part, Option<Value>)> {
        let Part::Key(key) = part else { return Some((part, value)) };
        let key = config.key.convert(&key, there)?;
        let value = value.and_then(|value| config.value.convert(&value, there));
        Some((Part::Key(key), value))
    }

    fn standing(&self, state: &MapState) -> Vec<Standing> {
        let standing = |(key, generations): (&Value, &Arc<Vec<Generation>>)| {
            MapState::visible(generations)?.standing(Part::Key(key.clone()))
        };
        state.keys.iter().filter_map(standing).collect()
    }

    fn fates(&self, state: &MapState, past: &Past<'_>, op: &MapOp) -> Vec<(Part, Fate)> {
        let MapOp::Put(entries) = op else { return vec![(Part::Whole, Fate::Counts)] };
        let fate = |key: &Value| {
            let generations =
                state.keys.get(key).filter(|all| all.len() == state.generation(key, past) + 1);
            let visible = generations.and_then(|all| MapState::visible(all));
            visible.map_or(Fate::Ended, |writes| writes.fate(past.at()))
        };
        entries.iter().map(|(key, _)| (Part::Key(key.clone()), fate(key))).collect()
    }
}

/// Generations follow each other, each with an op of its own: there are never so many.
fn number(generation: usize) -> u32 {
    u32::try_from(generation).expect("fewer than 2³² generations")
}
