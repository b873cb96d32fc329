//! The migration that takes a schema to the one that a program wants.
//!
//! ```text
//!   current (ids of the log) ─┐
//!                             ├─ by name ──► steps, with ids of the log ──► reviewed, then an op
//!   wanted  (a program's ids) ┘
//! ```
//!
//! **Invariants**
//! - What is proposed, applied, has the shape of what is wanted
//!   ([`same_shape`](super::same_shape)); proposing again gives nothing.
//! - A function of its arguments: two replicas that upgrade apart, to one program and from one log,
//!   propose the same bytes.
//! - A new id is none that any schema of the log has: what is added again does not show what was
//!   removed.
//!
//! What this does not do: guess names. Without a word from the program, another name is another
//! thing.

use super::review::StepNote;
use super::shape::translated;
use super::sound::check_sound;
use super::{Migration, MigrationStep, Misfit, Renames};
use crate::canonical::{decode, encode};
use crate::hash::{new_field_id, new_type_id};
use crate::id::{FieldId, TypeId};
use crate::limits::CONFIG_BYTES_MAX;
use crate::op::MapConfig;
use crate::schema::{FieldDefinition, Schema, TypeDefinition};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A migration, what comes of it, and what it does to what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What to write.
    pub migration: Migration,
    /// The schema that it makes of the current one.
    pub schema: Schema,
    /// One for each step, for people.
    pub notes: Vec<StepNote>,
}

impl fmt::Display for Proposal {
    /// A step a line, each with its note beneath.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

impl Migration {
    /// The migration from the current schema to the shape of the one that a program wants, whose
    /// ids are the program's own; `None` where they are of one shape already.
    ///
    /// Types and fields are the same where they have the same name, or where `renames` says so. A
    /// field of another kind is another field. `taken` are the schemas of the log, whose ids are
    /// not given again; those of the current one are not, either.
    ///
    /// # Errors
    /// [`Misfit`], where what is wanted breaks a rule, or is too far from the current schema for
    /// one migration.
    pub fn propose(
        current: &Schema,
        wanted: &Schema,
        renames: &Renames,
        taken: &[&Schema],
    ) -> Result<Option<Proposal>, Misfit> {
        wanted.check()?;
        check_sound(wanted)?;
        let ids = Ids::of(taken.iter().copied().chain([current]));
        let mut plan =
            Plan { current, wanted, renames, ids, types: BTreeMap::new(), steps: Vec::new() };
        plan.make();
        if plan.steps.is_empty() {
            return Ok(None);
        }
        let migration = Migration { steps: plan.steps };
        let schema = migration.apply(current)?;
        let notes = migration.review(current)?;
        Ok(Some(Proposal { migration, schema, notes }))
    }
}

/// The ids that are in use.
struct Ids {
    types: BTreeSet<TypeId>,
    fields: BTreeSet<FieldId>,
}

impl Ids {
    fn of<'a>(schemas: impl Iterator<Item = &'a Schema>) -> Self {
        let mut ids = Ids { types: BTreeSet::new(), fields: BTreeSet::new() };
        for one in schemas.flat_map(|schema| &schema.types) {
            ids.types.insert(one.id);
            ids.fields.extend(one.fields.iter().map(|field| field.id));
        }
        ids
    }

    fn new_type(&mut self, name: &str) -> TypeId {
        let name = encode(&name);
        let mut ids = (0..).map(|attempt| new_type_id(&name, attempt));
        ids.find(|id| self.types.insert(*id)).expect("a schema has fewer ids than there are")
    }

    fn new_field(&mut self, owner: TypeId, name: &str, kind: &str, config: &[u8]) -> FieldId {
        let field = [encode(&name), encode(&kind), encode(&config)].concat();
        let mut ids = (0..).map(|attempt| new_field_id(owner, &field, attempt));
        ids.find(|id| self.fields.insert(*id)).expect("a schema has fewer ids than there are")
    }
}

/// What there is already of a field that is wanted: one of the same kind.
#[derive(Clone, Copy)]
struct Source<'a> {
    field: &'a FieldDefinition,
    /// The field whose name it takes, where there is one.
    displaces: Option<&'a FieldDefinition>,
}

struct Plan<'a> {
    current: &'a Schema,
    wanted: &'a Schema,
    renames: &'a Renames,
    ids: Ids,
    /// From the program's ids to those of the log.
    types: BTreeMap<TypeId, TypeId>,
    steps: Vec<MigrationStep>,
}

impl<'a> Plan<'a> {
    fn make(&mut self) {
        let known = self.known_types();
        for (one, known) in self.wanted.types.iter().zip(&known) {
            let id = known.map_or_else(|| self.ids.new_type(&one.name), |known| known.id);
            self.types.insert(one.id, id);
        }
        for (one, known) in self.wanted.types.iter().zip(&known) {
            match known {
                Some(known) => self.change_type(one, known),
                None => self.add_type(one),
            }
        }
        let kept: BTreeSet<TypeId> = known.iter().flatten().map(|known| known.id).collect();
        let gone = self.current.types.iter().filter(|one| !kept.contains(&one.id));
        self.steps.extend(gone.map(|one| MigrationStep::RemoveType { node_type: one.id }));
    }

    /// What there is already of each type that is wanted.
    fn known_types(&self) -> Vec<Option<&'a TypeDefinition>> {
        let mut claimed = BTreeSet::new();
        let known = |one: &TypeDefinition| {
            let mut names = self.renames.of_type(&one.name).iter();
            self.current.type_named(&one.name).or_else(|| {
                names.find_map(|was| {
                    let is_free = self.wanted.type_named(was).is_none();
                    let known = self.current.type_named(was).filter(|_| is_free)?;
                    claimed.insert(known.id).then_some(known)
                })
            })
        };
        self.wanted.types.iter().map(known).collect()
    }

    fn add_type(&mut self, wanted: &TypeDefinition) {
        let (id, name) = (self.types[&wanted.id], wanted.name.clone());
        let mut fields = self.fields(id, &wanted.fields, &BTreeMap::new());
        fields.sort_by_key(|field| field.id);
        self.steps.push(MigrationStep::AddType(TypeDefinition { id, name, version: 1, fields }));
    }

    fn change_type(&mut self, wanted: &TypeDefinition, known: &'a TypeDefinition) {
        let node_type = known.id;
        if wanted.name != known.name {
            let name = wanted.name.clone();
            self.steps.push(MigrationStep::RenameType { node_type, name });
        }
        let sources = self.sources(wanted, known);
        let used: BTreeSet<FieldId> = sources
            .values()
            .flat_map(|source| [Some(source.field), source.displaces])
            .flatten()
            .map(|field| field.id)
            .collect();
        known.fields.iter().filter(|one| !used.contains(&one.id)).for_each(|one| self.remove(one));
        let fields = self.fields(node_type, &wanted.fields, &sources);
        for (one, field) in wanted.fields.iter().zip(fields) {
            match sources.get(&one.id) {
                Some(source) => self.change_field(*source, &field),
                None => self.steps.push(MigrationStep::AddField { node_type, field }),
            }
        }
    }

    /// What there is already of the fields of a type, by the program's ids.
    fn sources(
        &self,
        wanted: &TypeDefinition,
        known: &'a TypeDefinition,
    ) -> BTreeMap<FieldId, Source<'a>> {
        let mut claimed = BTreeSet::new();
        let mut sources = BTreeMap::new();
        for one in &wanted.fields {
            let mut free = |name: &String| {
                let is_free = wanted.field_named(name).is_none();
                let field =
                    known.field_named(name).filter(|field| is_free && field.kind == one.kind)?;
                claimed.insert(field.id).then_some(field)
            };
            let there = known.field_named(&one.name);
            let (owner, name) = (wanted.name.as_str(), one.name.as_str());
            let source = match self.renames.moved_to(owner, name).iter().find_map(&mut free) {
                Some(field) => Some(Source { field, displaces: there }),
                None => there
                    .filter(|field| field.kind == one.kind)
                    .or_else(|| match there {
                        Some(_) => None,
                        None => self.renames.of_field(owner, name).iter().find_map(&mut free),
                    })
                    .map(|field| Source { field, displaces: None }),
            };
            sources.extend(source.map(|source| (one.id, source)));
        }
        sources
    }

    /// The fields as the log will have them, in the program's order.
    fn fields(
        &mut self,
        owner: TypeId,
        wanted: &[FieldDefinition],
        sources: &BTreeMap<FieldId, Source<'a>>,
    ) -> Vec<FieldDefinition> {
        let mut ids = BTreeMap::new();
        let mut fields = vec![];
        // What is unique names other fields by the ids that they get.
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|at| wanted[*at].kind == "unique");
        for at in order {
            let one = &wanted[at];
            let types = |id| self.types.get(&id).copied().unwrap_or(id);
            let config = translated(one, &types, &|id| ids.get(&id).copied().unwrap_or(id));
            let (name, kind) = (one.name.clone(), one.kind.clone());
            let id = match sources.get(&one.id) {
                Some(source) => source.field.id,
                None => self.ids.new_field(owner, &name, &kind, &config),
            };
            ids.insert(one.id, id);
            fields.push((at, FieldDefinition { id, name, kind, config }));
        }
        fields.sort_by_key(|(at, _)| *at);
        fields.into_iter().map(|(_, field)| field).collect()
    }

    fn change_field(&mut self, source: Source<'_>, wanted: &FieldDefinition) {
        let field = wanted.id;
        let moves = source.displaces.is_some_and(|target| target.kind == source.field.kind);
        match source.displaces {
            Some(target) if moves => {
                self.steps.push(MigrationStep::MoveField { from: field, to: target.id });
            }
            Some(target) => self.remove(target),
            None => {}
        }
        if !moves && source.field.name != wanted.name {
            let name = wanted.name.clone();
            self.steps.push(MigrationStep::RenameField { field, name });
        }
        if source.field.config != wanted.config {
            self.steps.push(changed_config(source.field, wanted));
        }
    }

    fn remove(&mut self, field: &FieldDefinition) {
        let is_map = field.kind == "map";
        let field = field.id;
        self.steps.push(match is_map {
            true => MigrationStep::RemoveDefaultType { field },
            false => MigrationStep::RemoveField { field },
        });
    }
}

/// From one configuration to another of the same kind.
fn changed_config(known: &FieldDefinition, wanted: &FieldDefinition) -> MigrationStep {
    let (field, config) = (wanted.id, wanted.config.clone());
    let map = |one: &FieldDefinition| {
        let is_map = one.kind == "map";
        decode::<MapConfig, CONFIG_BYTES_MAX>("a map", &one.config).ok().filter(|_| is_map)
    };
    match (map(known), map(wanted)) {
        (Some(known), Some(wanted)) if known.key == wanted.key => {
            MigrationStep::change_default_type(field, &wanted.value)
        }
        _ => MigrationStep::ChangeType { field, config },
    }
}
