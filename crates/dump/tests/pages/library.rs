//! A library in which things are deleted, come back, clash and are migrated.

use crate::writer::{History, edit, key};
use woodland_format::{
    CommitId, DeletionConfig, FieldDefinition, FieldId, KeyConfig, Migration, MigrationStep,
    NodeId, OnDelete, Op, RegisterConfig, RegisterOp, Schema, TypeDefinition, TypeId, UniqueConfig,
    UnseenEdits, Value, ValueType, encode, keyed_node_id, node_id, recreated_node_id,
};

const SHELF: TypeId = TypeId(1);
const BOOK: TypeId = TypeId(2);
const LOAN: TypeId = TypeId(3);
const PLAN: TypeId = TypeId(4);

const LABEL: FieldId = FieldId(10);
const TITLE: FieldId = FieldId(21);
const SHELF_OF: FieldId = FieldId(22);
const BOOK_OF: FieldId = FieldId(30);
const REMARK: FieldId = FieldId(31);
const STEPS: FieldId = FieldId(41);

/// Books go with their shelf, a loan keeps its book, and a plan lives while somebody edits it.
fn schema() -> Schema {
    fn field<T: serde::Serialize>(id: u64, name: &str, kind: &str, config: &T) -> FieldDefinition {
        let (name, kind) = (name.to_owned(), kind.to_owned());
        FieldDefinition { id: FieldId(id), name, kind, config: encode(config) }
    }
    let optional = |of| RegisterConfig { value: ValueType::Optional(Box::new(of)) };
    let word = || optional(ValueType::String);
    let link = |target, on_delete| optional(ValueType::ForeignKey { target, on_delete });
    let typed =
        |id, name: &str, fields| TypeDefinition { id, name: name.into(), version: 1, fields };
    let name = KeyConfig { value: ValueType::String };
    let book = vec![
        field(20, "isbn", "key", &name),
        field(TITLE.0, "title", "register", &word()),
        field(SHELF_OF.0, "shelf", "register", &link(SHELF, OnDelete::Cascade)),
        field(23, "one_title", "unique", &UniqueConfig { fields: vec![TITLE] }),
    ];
    let loan = vec![
        field(BOOK_OF.0, "book", "register", &link(BOOK, OnDelete::Restrict)),
        field(REMARK.0, "remark", "register", &word()),
    ];
    let plan = vec![
        field(40, "unseen", "deletion", &DeletionConfig { edits: UnseenEdits::Revive }),
        field(STEPS.0, "steps", "register", &word()),
        field(42, "name", "key", &name),
    ];
    let shelf = vec![field(LABEL.0, "label", "register", &word())];
    let types = vec![
        typed(SHELF, "Shelf", shelf),
        typed(BOOK, "Book", book),
        typed(LOAN, "Loan", loan),
        typed(PLAN, "Plan", plan),
    ];
    let schema = Schema { types };
    schema.check().unwrap();
    schema
}

fn set(node: NodeId, field: FieldId, value: impl Into<Value>) -> Op {
    edit(node, field, encode(&RegisterOp::Set(value.into())))
}

fn keyed(node_type: TypeId, name: &str) -> (NodeId, Op) {
    let key = Value::from(name);
    (keyed_node_id(node_type, &encode(&key)), Op::CreateKeyed { node_type, key })
}

fn again(node_type: TypeId, name: &str, generation: u32) -> (NodeId, Op) {
    let key = Value::from(name);
    let node = recreated_node_id(node_type, &encode(&key), generation);
    (node, Op::Recreate { node_type, key, generation })
}

/// The history, and what the tests name.
pub(crate) struct Library {
    pub(crate) history: History,
    loans: [NodeId; 2],
    /// Deleted, and its book with it.
    pub(crate) east: NodeId,
    /// Not deleted: there is a loan of its book.
    pub(crate) west: NodeId,
    pub(crate) moby: NodeId,
    /// Nobody created the generations before it.
    pub(crate) unseen: NodeId,
    /// Deleted, and back by an edit that the deletion did not see.
    pub(crate) summer: NodeId,
    /// Not deleted: the deletion stands after an edit that it did not see.
    pub(crate) winter: NodeId,
    /// Made for a book that was deleted.
    pub(crate) late_loan: NodeId,
    /// Before anything was deleted.
    pub(crate) founding: CommitId,
    /// After ada's deletions, without what ben wrote.
    pub(crate) deletions: CommitId,
}

impl Library {
    pub(crate) fn open() -> Self {
        let [ada, ben, cleo] = [1, 2, 3].map(|number| key(number).author());
        let create = |node_type| Op::Create { node_type, salt: 0 };
        let made = |author, seq, index| node_id(author, seq, index, 0);
        let (east, west, loan) = (made(&ada, 0, 1), made(&ada, 0, 2), made(&ada, 0, 3));
        let ((moby, create_moby), (emma, create_emma)) = (keyed(BOOK, "978"), keyed(BOOK, "979"));
        let (summer, create_summer) = keyed(PLAN, "summer");
        let (winter, create_winter) = keyed(PLAN, "winter");
        let ops = vec![
            create(SHELF),
            create(SHELF),
            create(LOAN),
            create_moby.clone(),
            create_emma,
            create_summer,
            create_winter,
            set(east, LABEL, "East"),
            set(west, LABEL, "West"),
            set(moby, TITLE, "Moby Dick"),
            set(moby, SHELF_OF, east),
            set(emma, TITLE, "Emma"),
            set(emma, SHELF_OF, west),
            set(loan, BOOK_OF, emma),
            set(summer, STEPS, "paint the east"),
        ];
        let mut history = History::found_with(&schema(), ops);
        history.names.insert(ben, "ben".into());
        let founding = history.commits[0].id();
        let delete = |node| Op::Delete { node };
        let migrate = |step| Op::Migrate(Migration { steps: vec![step] });

        let ops = vec![delete(east), delete(west), delete(summer)];
        let deleted = history.write_after(ada, Some(founding), &[], ops);
        let ((second, create_second), (other, create_other)) =
            (again(BOOK, "978", 1), again(PLAN, "summer", 1));
        let ops = vec![
            create_second,
            set(second, TITLE, "Emma"),
            create_other,
            set(other, STEPS, "rest"),
            migrate(MigrationStep::RenameField { field: TITLE, name: "heading".into() }),
            migrate(MigrationStep::RemoveField { field: REMARK }),
        ];
        let deletions = history.write_after(ada, Some(deleted), &[], ops);

        // Ben has seen nothing of this, and what he writes stands after it.
        let late_loan = made(&ben, 0, 0);
        let (unseen, create_unseen) = again(BOOK, "978", 7);
        let ops = vec![
            create(LOAN),
            set(late_loan, BOOK_OF, moby),
            create_moby,
            create_unseen,
            set(summer, STEPS, "paint the west"),
            set(winter, STEPS, "sleep"),
            migrate(MigrationStep::RenameField { field: REMARK, name: "note".into() }),
        ];
        let late = history.write_after(ben, None, &[], ops);

        // Ada sees cleo and not ben: her deletion stands after his edit.
        let seen = history.write_after(cleo, None, &[deletions], vec![]);
        let kept = history.write_after(ada, Some(deletions), &[seen], vec![delete(winter)]);
        history.write_after(ben, Some(late), &[kept], vec![delete(moby)]);
        let loans = [loan, late_loan];
        Library {
            history,
            loans,
            east,
            west,
            moby,
            unseen,
            summer,
            winter,
            late_loan,
            founding,
            deletions,
        }
    }

    /// One more commit, after which no loan points to a book.
    pub(crate) fn return_the_loan(&mut self) {
        let cleared = |loan: NodeId| edit(loan, BOOK_OF, encode(&RegisterOp::Clear));
        self.write(self.loans.map(cleared).to_vec());
    }

    /// One more commit, after which the schema has no loans.
    pub(crate) fn forget_loans(&mut self) {
        let steps = vec![MigrationStep::RemoveType { node_type: LOAN }];
        self.write(vec![Op::Migrate(Migration { steps })]);
    }

    fn write(&mut self, ops: Vec<Op>) {
        let last = self.history.commits[self.history.commits.len() - 1].clone();
        self.history.write_after(last.author(), Some(last.id()), &[], ops);
    }
}
