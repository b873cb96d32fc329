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
//! - `born` and `ended` are the first puts and removals of a generation, those that saw no other of
//!   them: an op saw some put (removal) of it if and only if it saw one of these.
//! - A generation that was ended never shows again, so its writes are not kept.
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
    is_written: bool,
}

#[derive(Debug, Clone, Default)]
struct Generation {
    born: Vec<Stamp>,
    ended: Vec<Stamp>,
    writes: RegisterState,
}

impl MapState {
    /// The generation of a key that an op with this past writes in.
    fn generation(&self, key: &Value, past: &Past<'_>) -> usize {
        let generations = self.keys.get(key).map_or(&[][..], |all| all);
        let saw_end = |one: &Generation| one.ended.iter().any(|end| past.saw(*end));
        generations.iter().rposition(saw_end).map_or(0, |last| last + 1)
    }

    fn visible(generations: &[Generation]) -> Option<&RegisterState> {
        let last = generations.last()?;
        last.ended.is_empty().then_some(&last.writes)
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
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let is_written = Stored::read(from)?;
        Some(MapState { keys: read_map(from, Stored::read)?, is_written })
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
        // Generations follow each other, each with an op of its own: there are never so many.
        let generation = |key: &Value| {
            u32::try_from(state.generation(key, past)).expect("fewer than 2³² generations")
        };
        match op {
            MapOp::Put(entries) => {
                let written = |(key, value): &(Value, Value)| {
                    let writing = Writing::Put { generation: generation(key) };
                    let put = Written::of(Part::Key(key.clone()), writing);
                    put.with(&config.key, key).with(&config.value, value)
                };
                entries.iter().map(written).collect()
            }
            MapOp::Remove(keys) => {
                let ended = |key: &Value| {
                    let writing = Writing::End { generation: generation(key) };
                    Written::of(Part::Key(key.clone()), writing)
                };
                keys.iter().map(ended).collect()
            }
        }
    }

    fn resolve(&self, state: &mut MapState, past: &Past<'_>, op: MapOp) -> Result<MapOp, Void> {
        if let MapOp::Remove(keys) = &op {
            let saw = |key: &Value| {
                let generation = state.keys.get(key)?.get(state.generation(key, past))?;
                generation.born.iter().any(|put| past.saw(*put)).then_some(())
            };
            if keys.iter().any(|key| saw(key).is_none()) {
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
