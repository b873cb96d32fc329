//! `register` and `atom`: one value; the last write in order wins.
//!
//! An atom is a register of a composite: its members are replaced together or not at all.
//!
//! **Invariants**
//! - Held are the *standing* writes, those that no other write saw: an antichain, ascending in
//!   order.
//! - The winner is the last of them. It is the last write of all, because order extends causality.
//! - A write of nothing (`clear`) is a write like any other.
//!
//! What this does not do: merge values, or ask whether a pointer's target still exists.

use crate::kind::{Fate, IsThere, Kind, Part, Standing, Writing, Written};
use crate::past::{Past, Stamp};
use crate::rest::write_all;
use crate::void::Void;
use std::sync::Arc;
use woodland_format::limits::CONFIG_BYTES_MAX;
use woodland_format::{
    AtomConfig, NodeId, RegisterConfig, RegisterOp, TypeId, Value, ValueType, decode,
};
use woodland_page::{self as page, Reading, Stored};

/// The kind `register`. Configured by [`RegisterConfig`], written by [`RegisterOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Register;

/// The kind `atom`. Configured by [`AtomConfig`], written by [`RegisterOp`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Atom;

/// One write, and where it stands.
type Stamped = (Stamp, Option<Value>);

/// The standing writes of one register.
#[derive(Debug, Clone, Default)]
pub struct RegisterState(Writes);

/// Nearly always there is one.
#[derive(Debug, Clone, Default)]
enum Writes {
    #[default]
    None,
    One(Arc<Stamped>),
    Many(Arc<Vec<Stamped>>),
}

impl RegisterState {
    fn writes(&self) -> &[Stamped] {
        match &self.0 {
            Writes::None => &[],
            Writes::One(write) => std::slice::from_ref(write),
            Writes::Many(writes) => writes,
        }
    }

    /// Adds a write, dropping those that it saw.
    pub(crate) fn set(&mut self, past: &Past<'_>, value: Option<Value>) {
        let at = past.at();
        if self.writes().iter().all(|(stamp, _)| past.saw(*stamp)) {
            self.0 = Writes::One(Arc::new((at, value)));
            return;
        }
        let mut writes: Vec<Stamped> = self.writes().to_vec();
        writes.retain(|(stamp, _)| !past.saw(*stamp));
        let place = writes.partition_point(|(stamp, _)| past.order(*stamp, at).is_lt());
        writes.insert(place, (at, value));
        self.0 = Writes::Many(Arc::new(writes));
    }

    /// The value that won; none if nothing did, or a write of nothing.
    pub(crate) fn value(&self) -> Option<&Value> {
        self.writes().last()?.1.as_ref()
    }

    /// All standing writes, the winner last.
    pub(crate) fn standing(&self, part: Part) -> Option<Standing> {
        let writes = self.writes().to_vec();
        (!writes.is_empty()).then_some(Standing { part, writes })
    }

    /// Whether the same writes stand in both.
    pub(crate) fn is(&self, other: &RegisterState) -> bool {
        match (&self.0, &other.0) {
            (Writes::One(one), Writes::One(other)) if Arc::ptr_eq(one, other) => true,
            (Writes::Many(one), Writes::Many(other)) if Arc::ptr_eq(one, other) => true,
            // Of what was put to rest in between there are two.
            _ => self.writes() == other.writes(),
        }
    }

    /// What became of the write there.
    pub(crate) fn fate(&self, at: Stamp) -> Fate {
        let writes = self.writes();
        match writes.iter().position(|(stamp, _)| *stamp == at) {
            Some(place) if place + 1 == writes.len() => Fate::Won,
            Some(_) => Fate::Lost,
            None => Fate::Replaced,
        }
    }
}

impl Stored for RegisterState {
    fn write(&self, to: &mut page::Writing<'_>) {
        write_all(self.writes().iter(), to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let mut writes: Vec<Stamped> = Stored::read(from)?;
        Some(RegisterState(match writes.len() {
            0 => Writes::None,
            1 => Writes::One(writes.pop().map(Arc::new)?),
            _ => Writes::Many(Arc::new(writes)),
        }))
    }
}

macro_rules! one_value {
    ($kind:ident, $name:literal, $config:ty) => {
        impl Kind for $kind {
            const NAME: &'static str = $name;
            type Config = $config;
            type Op = Option<Value>;
            type Resolved = Option<Value>;
            type State = RegisterState;

            fn config(&self, bytes: &[u8]) -> Result<$config, Void> {
                let config: $config =
                    decode::<_, CONFIG_BYTES_MAX>($name, bytes).map_err(|_| Void::BadConfig)?;
                config.check().map_err(|_| Void::BadConfig)?;
                Ok(config)
            }

            fn decode(&self, config: &$config, bytes: &[u8]) -> Result<Self::Op, Void> {
                read(&config.value, bytes)
            }

            fn pointers(
                &self,
                config: &$config,
                op: &Self::Op,
                found: &mut dyn FnMut(NodeId, TypeId),
            ) {
                if let Some(value) = op {
                    config.value.pointers(value, found);
                }
            }

            fn has_foreign_keys(&self, config: &$config) -> bool {
                config.value.has_foreign_key()
            }

            fn writes(
                &self,
                config: &$config,
                _: &RegisterState,
                _: &Past<'_>,
                op: &Self::Op,
            ) -> Vec<Written> {
                let put = Written::of(Part::Whole, Writing::Put { generation: 0 });
                vec![match op {
                    Some(value) => put.with(&config.value, value),
                    None => put,
                }]
            }

            fn resolve(
                &self,
                _: &mut RegisterState,
                _: &Past<'_>,
                op: Self::Op,
            ) -> Result<Self::Op, Void> {
                Ok(op)
            }

            fn apply(&self, state: &mut RegisterState, past: &Past<'_>, value: Self::Op) {
                state.set(past, value);
            }

            fn show(&self, state: &RegisterState) -> Option<Value> {
                state.value().cloned()
            }

            fn has_pointers(&self, config: &$config) -> bool {
                config.value.has_pointer()
            }

            fn view(&self, config: &$config, shown: Value, there: IsThere<'_>) -> Option<Value> {
                config.value.read(Some(&shown), there)
            }

            fn view_part(
                &self,
                config: &$config,
                part: Part,
                value: Option<Value>,
                there: IsThere<'_>,
            ) -> Option<(Part, Option<Value>)> {
                Some((part, value.and_then(|value| config.value.read(Some(&value), there))))
            }

            fn standing(&self, state: &RegisterState) -> Vec<Standing> {
                state.standing(Part::Whole).into_iter().collect()
            }

            fn fates(
                &self,
                state: &RegisterState,
                past: &Past<'_>,
                _: &Self::Op,
            ) -> Vec<(Part, Fate)> {
                vec![(Part::Whole, state.fate(past.at()))]
            }
        }
    };
}

one_value!(Register, "register", RegisterConfig);
one_value!(Atom, "atom", AtomConfig);

/// What an op writes at a place of this type.
fn read(place: &ValueType, bytes: &[u8]) -> Result<Option<Value>, Void> {
    match RegisterOp::decode(bytes).map_err(|_| Void::Undecodable)? {
        RegisterOp::Set(value) if place.admits(&value) => Ok(Some(value)),
        RegisterOp::Clear if place.is_optional() => Ok(None),
        _ => Err(Void::WrongValue),
    }
}
