//! What is known of nodes, as it stands in pages.
//!
//! ```text
//!  entry     flags  first creation  [the others]  [life]  count, objects
//!  creation  flags  stamp  type  [key]
//!  object    flags  field  [name of the kind]  [state]  [history]  [slots]
//! ```
//!
//! **Invariants**
//! - The kind of an object is found by its name among those of the program, which the owner of the
//!   pages gives with them. Pages of a program with other kinds are none: what a kind makes of ops
//!   is not in what a program kept that lacks it.
//! - Between runs, which is when a version is put to rest, no object is touched.
//!
//! What this does not do: read one object of a node without the others.

use crate::kind::Kind;
use crate::kinds::Kinds;
use crate::register::Register;
use crate::rest::{read_all, write_all};
use crate::state::{Creation, Held, NodeEntry, Object, State};
use woodland_page::{Reading, Stored, Writing};

mod flag {
    pub(super) const MORE: u8 = 1;
    pub(super) const LIFE: u8 = 2;

    pub(super) const KEY: u8 = 1;
    pub(super) const REVIVABLE: u8 = 2;
    pub(super) const MASKED: u8 = 4;

    /// Of most objects the kind is `register`, which is not named.
    pub(super) const REGISTER: u8 = 1;
    /// Of a kind that the program lacks.
    pub(super) const OPAQUE: u8 = 2;
    pub(super) const HISTORY: u8 = 4;
    pub(super) const SLOTS: u8 = 8;
}

/// Which parts of something are there.
#[derive(Clone, Copy)]
struct Flags(u8);

impl Flags {
    fn write<const N: usize>(wanted: [(u8, bool); N], to: &mut Writing<'_>) {
        to.byte(wanted.iter().filter(|(_, is_wanted)| *is_wanted).map(|(flag, _)| flag).sum());
    }

    /// Flags of which only these may be set.
    fn read(from: &mut Reading<'_>, known: u8) -> Option<Self> {
        from.byte().filter(|flags| flags & !known == 0).map(Flags)
    }

    fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// What a flag says is there.
    fn read_if<T: Stored>(self, flag: u8, from: &mut Reading<'_>) -> Option<Option<T>> {
        Some(if self.has(flag) { Some(T::read(from)?) } else { None })
    }
}

impl Stored for State {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        Stored::read(from).map(State)
    }
}

impl Stored for NodeEntry {
    fn write(&self, to: &mut Writing<'_>) {
        let NodeEntry { first, more, life, objects } = self;
        Flags::write([(flag::MORE, !more.is_empty()), (flag::LIFE, life.is_some())], to);
        first.write(to);
        if !more.is_empty() {
            more.write(to);
        }
        if let Some(life) = life {
            life.write(to);
        }
        objects.write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let flags = Flags::read(from, flag::MORE | flag::LIFE)?;
        let first = Stored::read(from)?;
        let more = flags.read_if(flag::MORE, from)?.unwrap_or_default();
        let life = flags.read_if(flag::LIFE, from)?;
        let objects: Vec<Object> = Stored::read(from)?;
        let ascends = objects.is_sorted_by(|one, other| one.place().lt(&other.place()));
        ascends.then_some(NodeEntry { first, more, life, objects })
    }
}

impl Stored for Creation {
    fn write(&self, to: &mut Writing<'_>) {
        let Creation { stamp, node_type, key, is_revivable, is_masked } = self;
        let (revivable, masked) = ((flag::REVIVABLE, *is_revivable), (flag::MASKED, *is_masked));
        Flags::write([(flag::KEY, key.is_some()), revivable, masked], to);
        stamp.write(to);
        node_type.write(to);
        if let Some(key) = key {
            key.write(to);
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let flags = Flags::read(from, flag::KEY | flag::REVIVABLE | flag::MASKED)?;
        let (stamp, node_type) = Stored::read(from)?;
        let key = flags.read_if(flag::KEY, from)?;
        let (is_revivable, is_masked) = (flags.has(flag::REVIVABLE), flags.has(flag::MASKED));
        Some(Creation { stamp, node_type, key, is_revivable, is_masked })
    }
}

impl Stored for Object {
    fn write(&self, to: &mut Writing<'_>) {
        let Object { field, kind, held, history, slots, is_touched } = self;
        assert!(!is_touched, "a version is put to rest between runs");
        let is_register = kind.name() == Register::NAME;
        let flags = [
            (flag::REGISTER, is_register),
            (flag::OPAQUE, matches!(held, Held::Opaque)),
            (flag::HISTORY, history.is_some()),
            (flag::SLOTS, slots.is_some()),
        ];
        Flags::write(flags, to);
        field.write(to);
        if !is_register {
            to.bytes(kind.name().as_bytes());
        }
        match held {
            Held::Register(state) => state.write(to),
            Held::Other(state) => (**state).put_to_rest(to),
            Held::Opaque => {}
        }
        if let Some(history) = history {
            write_all(history.iter(), to);
        }
        if let Some(slots) = slots {
            slots.write(to);
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        let known = flag::REGISTER | flag::OPAQUE | flag::HISTORY | flag::SLOTS;
        let flags = Flags::read(from, known)?;
        let field = Stored::read(from)?;
        let name = match flags.has(flag::REGISTER) {
            true => Register::NAME,
            false => std::str::from_utf8(from.bytes()?).ok()?,
        };
        let kinds = from.context::<Kinds>()?;
        if kinds.contains(name) == flags.has(flag::OPAQUE) {
            return None;
        }
        let kind = kinds.get(name);
        let held = kind.wake(from)?;
        let history = match flags.has(flag::HISTORY) {
            true => Some(Box::new(read_all(from)?)),
            false => None,
        };
        let slots = flags.read_if(flag::SLOTS, from)?;
        Some(Object { field, kind, held, history, slots, is_touched: false })
    }
}
