//! What a program brings to a dataset: a schema, the kinds that its fields have, and what it thinks
//! of migrations.
//!
//! **Invariants**
//! - Nothing is migrated that the program did not say yes to.
//!
//! What this does not do: look at a dataset. `fit` does.

use std::fmt;
use std::sync::Arc;
use woodland_format::{Proposal, Renames, Schema};
use woodland_graph::Kinds;

/// What a program brings to a dataset. Made by [`define`](crate::define).
#[derive(Clone)]
pub struct Model {
    schema: Arc<Schema>,
    renames: Arc<Renames>,
    kinds: Kinds,
    review: Option<Arc<Review>>,
}

type Review = dyn Fn(&Proposal) -> bool + Send + Sync;

impl Model {
    pub(crate) fn of(schema: Schema, renames: Renames, kinds: Kinds) -> Self {
        Model { schema: Arc::new(schema), renames: Arc::new(renames), kinds, review: None }
    }

    /// Migrates a dataset when it is opened or joined, if this says yes to what that would do. It
    /// is asked only where no schema of the dataset fits the program.
    ///
    /// Programs of earlier releases go on as they are, beside this one: they keep reading and
    /// writing through the schema that they know.
    ///
    /// ```
    /// # use woodland::{Record, Replica, define};
    /// #[derive(Record)]
    /// struct Note { title: String }
    ///
    /// # let replica = Replica::in_memory(&define().record::<Note>().model()?, 1)?;
    /// mod later {
    ///     # use woodland::Record;
    ///     #[derive(Record)]
    ///     pub struct Note { pub title: String, pub pinned: Option<bool> }
    /// }
    ///
    /// let model = define().record::<later::Note>().model()?;
    /// let told = Replica::join_in_memory(&model, &replica, 2).expect_err("no schema fits");
    /// assert!(told.to_string().contains("add register Note.pinned"), "{told}");
    ///
    /// let model = model.migrate_if(|proposal| {
    ///     println!("{proposal}");
    ///     true
    /// });
    /// let (upgraded, _) = Replica::join_in_memory(&model, &replica, 2)?;
    /// assert_eq!(upgraded.snapshot().migrations().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn migrate_if(
        mut self,
        review: impl Fn(&Proposal) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.review = Some(Arc::new(review));
        self
    }

    /// The schema, with numbers of the program's own.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What its types and fields were called in earlier releases.
    pub fn renames(&self) -> &Renames {
        &self.renames
    }

    /// The kinds.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// Whether the program says yes to a migration.
    pub(crate) fn agrees(&self, proposal: &Proposal) -> bool {
        self.review.as_ref().is_some_and(|review| review(proposal))
    }
}

impl From<&Model> for Model {
    fn from(model: &Model) -> Self {
        model.clone()
    }
}

/// With the built-in kinds.
impl From<Schema> for Model {
    fn from(schema: Schema) -> Self {
        Model::of(schema, Renames::default(), Kinds::standard())
    }
}

/// With the built-in kinds.
impl From<&Schema> for Model {
    fn from(schema: &Schema) -> Self {
        schema.clone().into()
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types: Vec<&str> = self.schema.types.iter().map(|one| one.name.as_str()).collect();
        write!(f, "Model({})", types.join(", "))
    }
}
