//! The history of a log's schemas: by commit, by id, by label.

use woodland_format::{
    AuthorKey, Commit, Draft, FieldDefinition, FieldId, Op, Payload, Position, Schema,
    SchemaChange, SecretKey, TypeDefinition, TypeId,
};
use woodland_graph::{Graph, Kinds};
use woodland_log::Log;

fn schema(version: u32, fields: &[&str]) -> Schema {
    let field = |(id, name): (u64, &&str)| FieldDefinition {
        id: FieldId(id),
        name: (*name).to_owned(),
        kind: "text".to_owned(),
        config: Vec::new(),
    };
    let fields = (1..).zip(fields).map(field).collect();
    let user = TypeDefinition { id: TypeId(1), name: "User".to_owned(), version, fields };
    Schema { types: vec![user] }
}

/// Commits in a row, each introducing a schema of its own.
fn introduced(author: AuthorKey, after: &Commit, schemas: &[Schema]) -> Vec<Commit> {
    let mut commits = vec![after.clone()];
    for schema in schemas {
        let last = &commits[commits.len() - 1];
        let position = Position::Next {
            backlink: last.id(),
            seq: last.seq() + 1,
            schema: SchemaChange::Introduce(schema.id()),
        };
        let payload = Payload::of(vec![Op::Schema(schema.clone())]);
        let draft = Draft { position, turn: after.turn(), parents: vec![], payload };
        commits.push(Commit::seal(author, draft).expect("a small commit"));
    }
    commits.split_off(1)
}

#[test]
fn two_types_with_one_label_are_told_apart_and_the_whole_history_is_there() {
    let keys = [1, 2].map(|seed| SecretKey::from_seed([seed; 32]).author());
    let first = schema(1, &["name"]);
    let position = Position::Founding {
        author: keys[0],
        nonce: [0; 32],
        schema: first.id(),
        certificate: None,
    };
    let payload = Payload::of(vec![Op::Schema(first.clone())]);
    let draft = Draft { position, turn: 0, parents: vec![], payload };
    let founding = Commit::seal(keys[0], draft).expect("a small commit");
    let log = Log::found(founding.clone()).expect("it founds");
    let (dataset, schema_id) = (log.dataset(), first.id());
    let position =
        Position::First { author: keys[1], dataset, schema: schema_id, certificate: None };
    let draft = Draft { position, turn: 1, parents: vec![], payload: Payload::of(vec![]) };
    let joining = Commit::seal(keys[1], draft).expect("a small commit");

    // Two authors migrate apart, to two different types called User@2; both meet in User@3.
    let (left, right) = (schema(2, &["name", "mail"]), schema(2, &["name", "phone"]));
    let last = schema(3, &["name", "mail", "phone"]);
    let one = introduced(keys[0], &founding, &[left.clone(), last.clone()]);
    let other = introduced(keys[1], &joining, &[right.clone(), last.clone()]);
    let log = log.extend(&one).and_then(|log| log.append(&joining)).expect("valid commits");
    let graph = Graph::of(&log.extend(&other).expect("valid commits"), Kinds::standard());

    let schemas = graph.schemas();
    let told: Vec<_> = schemas.iter().map(|one| (one.id, one.commits.clone())).collect();
    let expected = vec![
        (first.id(), vec![founding.id()]),
        (left.id(), vec![one[0].id()]),
        (last.id(), vec![one[1].id(), other[1].id()]),
        (right.id(), vec![other[0].id()]),
    ];
    assert_eq!(told, expected);
    assert!(schemas.iter().all(|one| one.schema.id() == one.id), "each is there, whole");

    let two = graph.labelled("User@2");
    let mut digests = vec![left.types[0].digest(), right.types[0].digest()];
    digests.sort_unstable();
    assert_eq!(two.iter().map(|one| one.digest).collect::<Vec<_>>(), digests);
    assert!(graph.labelled("User@3").iter().all(|one| one.schemas == [last.id()]));
    assert_eq!(graph.labelled("User@4"), []);
}
