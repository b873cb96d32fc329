//! Which schema of a dataset a program works through, and what to do where none fits.
//!
//! ```text
//!   current ─┐
//!   carried ─┴─ same shape as the program's? ──► works through it, beside other programs
//!                    none ──► proposal ──► reviewed ──► migrated, or told to the caller
//! ```
//!
//! **Invariants**
//! - A schema fits by its shape: names, kinds and configurations. Numbers are the dataset's.
//! - A program whose schema the dataset carries is never asked to migrate, whatever others made of
//!   the schema since.
//!
//! What this does not do: write the migration. `migrate` does.

use crate::binding::Bindings;
use crate::model::Model;
use crate::rule::is_rule;
use crate::snapshot::Snapshot;
use crate::start::StartError;
use crate::write::WriteError;
use std::sync::Arc;
use woodland_format::{Migration, Proposal, Schema, same_shape};
use woodland_graph::Graph;

impl Snapshot {
    /// The graph as a program with this model sees it; where no schema fits, read through the
    /// current one, with the migration that the program agrees to.
    ///
    /// # Errors
    /// [`StartError`], where there is no schema to read through, or no migration to make.
    pub(crate) fn agreed(
        graph: &Graph,
        model: Arc<Model>,
    ) -> Result<(Snapshot, Option<Box<Proposal>>), StartError> {
        has_kinds(&model)?;
        let (schema, proposal) = match fitting(graph, model.schema()) {
            Some(schema) => (schema, None),
            None => {
                let proposal = propose(graph, &model)?.map(Box::new);
                if let Some(proposal) = &proposal {
                    may_be_made(graph, &model, proposal)?;
                }
                (graph.current().ok_or(StartError::NoSchema)?, proposal)
            }
        };
        Ok((Snapshot::through(graph, schema, model), proposal))
    }

    /// The graph, read through a schema that it carries, or the current one.
    fn through(graph: &Graph, schema: Arc<Schema>, model: Arc<Model>) -> Snapshot {
        let bindings = Bindings::to(schema);
        let graph = graph.through(&bindings.id).expect("the schema is one of the version");
        Snapshot { graph: Arc::new(graph), bindings, model }
    }

    /// A later version, read through one of its schemas.
    pub(crate) fn with(self, graph: Graph, bindings: Arc<Bindings>) -> Snapshot {
        let is_same = bindings.id == self.bindings.id;
        let through = if is_same { None } else { graph.through(&bindings.id) };
        Snapshot { graph: Arc::new(through.unwrap_or(graph)), bindings, ..self }
    }

    /// The same program's view of another version: through the same schema, if that version
    /// carries it.
    pub(crate) fn of_version(&self, graph: &Graph) -> Snapshot {
        if let Some(graph) = graph.through(&self.bindings.id) {
            return Snapshot { graph: Arc::new(graph), ..self.clone() };
        }
        let schema = fitting(graph, &self.bindings.schema).or_else(|| graph.current());
        match schema {
            Some(schema) => Snapshot::through(graph, schema, Arc::clone(&self.model)),
            // Nothing is visible in it.
            None => Snapshot { graph: Arc::new(graph.clone()), ..self.clone() },
        }
    }
}

/// Before anything is made for the replica.
fn may_be_made(graph: &Graph, model: &Model, proposal: &Proposal) -> Result<(), StartError> {
    if let Some(commit) = graph.foreign() {
        return Err(StartError::Migrate(Box::new(WriteError::NewerFormat { commit })));
    }
    if !model.agrees(proposal) {
        return Err(StartError::SchemaDiffers { proposal: Box::new(proposal.clone()) });
    }
    Ok(())
}

/// What would have to be migrated for a program with this model.
///
/// # Errors
/// [`StartError::NoSchema`], [`StartError::Misfit`].
pub(crate) fn propose(graph: &Graph, model: &Model) -> Result<Option<Proposal>, StartError> {
    let current = graph.current().ok_or(StartError::NoSchema)?;
    let carried = graph.schemas();
    let taken: Vec<&Schema> = carried.iter().map(|one| &*one.schema).collect();
    Ok(Migration::propose(&current, model.schema(), model.renames(), &taken)?)
}

/// The schema of this shape: the current one, or else the last in order that is carried.
pub(crate) fn fitting(graph: &Graph, wanted: &Schema) -> Option<Arc<Schema>> {
    let carried = graph.schemas().into_iter().rev().map(|one| one.schema);
    graph.current().into_iter().chain(carried).find(|one| same_shape(one, wanted))
}

fn has_kinds(model: &Model) -> Result<(), StartError> {
    for owner in &model.schema().types {
        let is_known = |kind: &str| kind == "key" || is_rule(kind) || model.kinds().contains(kind);
        if let Some(field) = owner.fields.iter().find(|field| !is_known(&field.kind)) {
            let (field, kind) = (format!("{}.{}", owner.label(), field.name), field.kind.clone());
            return Err(StartError::UnknownKind { field, kind });
        }
    }
    Ok(())
}
