//! `docs/meaning.md`, *Existence*: what hangs on which side of a deletion the order puts an op that
//! neither sees nor is seen by it.
//!
//! Three nodes: what is deleted; what hangs on it and is taken with it; an outsider. Each has
//! a type that is revivable or one that is not. The op is any edit or any link of one of them.
//!
//! **Invariants**
//! - [`table`] is all there is to say: who lives, and why an op is listed if one is.
//! - Of the types only that of the op's node matters.

use std::iter;
use woodland_format::{
    DeletionConfig, FieldDefinition, OnDelete, Op, Schema, TypeId, UnseenEdits, ValueType,
};
use woodland_tests::histories::wood::{
    Wood, add, configured, counter, delete, key_to, link, register, typed,
};

/// One type is not revivable, the other is.
const TYPES: [TypeId; 2] = [TypeId(1), TypeId(2)];

const DELETED: usize = 0;
const HANGING: usize = 1;
const OUTSIDER: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Policy {
    Nullify,
    Restrict,
    Cascade,
    Revive,
}
use Policy::{Cascade, Nullify, Restrict, Revive};

#[derive(Debug, Clone, Copy)]
enum Verb {
    Edit,
    Link(usize, Policy),
}
use Verb::{Edit, Link};

/// Who lives, and what is listed.
type Outcome = (&'static [usize], &'static [&'static str]);

const ALL: &[usize] = &[DELETED, HANGING, OUTSIDER];
/// All that is taken is dead.
const GONE: Outcome = (&[OUTSIDER], &[]);

/// With the op before the deletion, and with the op after it.
fn table(node: usize, is_revivable: bool, verb: Verb) -> [Outcome; 2] {
    let edited = (ALL, &["edited"][..]);
    let restricted = (ALL, &["restricted"][..]);
    let all: Outcome = (ALL, &[]);
    let dead_target = (&[OUTSIDER][..], &["dead-target"][..]);
    match (node, is_revivable, verb) {
        // What the deletion takes for good takes what was written to it along.
        (DELETED | HANGING, false, _) => [GONE, GONE],
        // An unseen edit keeps what is deleted, and all of it, or brings it back, alone …
        (DELETED, true, Link(HANGING, Revive)) => [edited, all],
        (DELETED, true, Link(HANGING, Restrict | Cascade)) => {
            [edited, (&[DELETED, OUTSIDER], &["dead-target"])]
        }
        (DELETED, true, _) => [edited, (&[DELETED, OUTSIDER], &[])],
        // … and keeps what would be taken with it, or brings it back, alone …
        (HANGING, true, Link(DELETED, Revive)) => [restricted, all],
        (HANGING, true, Link(DELETED, Restrict)) => {
            [restricted, (&[HANGING, OUTSIDER], &["dead-target"])]
        }
        (HANGING, true, Link(DELETED, Cascade)) => {
            [(&[HANGING, OUTSIDER], &[]), (&[HANGING, OUTSIDER], &["dead-target"])]
        }
        (HANGING, true, _) => [(&[HANGING, OUTSIDER], &[]); 2],
        // … and says nothing of what others are. Their links do.
        (_, _, Link(DELETED, Revive)) => [restricted, (&[DELETED, OUTSIDER], &[])],
        (_, _, Link(HANGING, Revive)) => [restricted, (&[HANGING, OUTSIDER], &[])],
        (_, _, Link(DELETED | HANGING, Restrict)) => [restricted, dead_target],
        (_, false, Link(DELETED | HANGING, Cascade)) => [(&[], &[]), dead_target],
        (_, true, Link(DELETED | HANGING, Cascade)) => [GONE, dead_target],
        _ => [GONE, GONE],
    }
}

/// Which of the registers of a type that link to one: that of a policy, or a founding link's, which
/// stays whatever else is written.
#[derive(Debug, Clone, Copy)]
enum Register {
    Of(Policy),
    Hangs,
    Needs,
}
use Register::{Hangs, Needs, Of};

fn field(of: TypeId, register: Register, to: TypeId) -> u64 {
    let number = match register {
        Of(policy) => policy as u64,
        Hangs => 4,
        Needs => 5,
    };
    100 * of.0 + 10 * to.0 + number
}

fn counter_of(of: TypeId) -> u64 {
    100 * of.0
}

/// Both types have a counter, and all the links to either.
fn schema() -> Schema {
    let links = |of: TypeId, to: TypeId| {
        let key = |which, on_delete| register(field(of, which, to), key_to(to, on_delete));
        [
            register(field(of, Of(Nullify), to), ValueType::Pointer(to)),
            key(Of(Restrict), OnDelete::Restrict),
            key(Of(Cascade), OnDelete::Cascade),
            key(Of(Revive), OnDelete::Revive),
            key(Hangs, OnDelete::Cascade),
            key(Needs, OnDelete::Revive),
        ]
    };
    let fields = |of| -> Vec<FieldDefinition> {
        let links = TYPES.into_iter().flat_map(|to| links(of, to));
        iter::once(counter(counter_of(of))).chain(links).collect()
    };
    let revive = configured(1000, "deletion", &DeletionConfig { edits: UnseenEdits::Revive });
    let revivable = [fields(TYPES[1]), vec![revive]].concat();
    let types = vec![typed(TYPES[0], fields(TYPES[0])), typed(TYPES[1], revivable)];
    let schema = Schema { types };
    schema.check().expect("a sound schema");
    schema
}

fn link_of(wood: &Wood, types: &[TypeId], node: usize, to: usize, register: Register) -> Op {
    link(wood.nodes[node], field(types[node], register, types[to]), wood.nodes[to])
}

/// Who lives and what is listed, where these authors write the op and the deletion. Both see the
/// founding links: the hanging node hangs, and what is deleted may need it under revive.
fn outcome(
    types: &[TypeId],
    needs: bool,
    (node, verb): (usize, Verb),
    [writer, deleter]: [usize; 2],
) -> (Vec<usize>, Vec<&'static str>) {
    let mut wood = Wood::found(schema(), types);
    let mut links = vec![link_of(&wood, types, HANGING, DELETED, Hangs)];
    links.extend(needs.then(|| link_of(&wood, types, DELETED, HANGING, Needs)));
    let base = wood.write(0, &[], links);
    let op = match verb {
        Edit => add(wood.nodes[node], counter_of(types[node])),
        Link(to, policy) => link_of(&wood, types, node, to, Of(policy)),
    };
    wood.write(writer, &[&base], vec![op]);
    wood.write(deleter, &[&base], vec![delete(wood.nodes[DELETED])]);
    (wood.living(), wood.reasons())
}

#[test]
fn sides_are_as_the_table_says() {
    let policies = [Nullify, Restrict, Cascade, Revive];
    let links = ALL.iter().flat_map(|to| policies.map(|policy| Link(*to, policy)));
    let verbs: Vec<Verb> = links.chain([Edit]).collect();
    let ops = || ALL.iter().flat_map(|node| verbs.iter().map(|verb| (*node, *verb)));
    for (revivable, needs) in (0..8).flat_map(|set| [(set, false), (set, true)]) {
        let types = [0, 1, 2].map(|node| TYPES[revivable >> node & 1]);
        for (node, verb) in ops() {
            let [before, mut after] = table(node, revivable >> node & 1 == 1, verb);
            if needs && after.0.contains(&DELETED) {
                after = (ALL, &[]);
            }
            // Both have the same turn: the author with the lower number comes first.
            for ((living, reasons), authors) in [(before, [1, 2]), (after, [2, 1])] {
                let found = outcome(&types, needs, (node, verb), authors);
                let expected = (living.to_vec(), reasons.to_vec());
                let case = format!("{node} {verb:?}, by {authors:?}: {revivable:b}, {needs}");
                assert_eq!(found, expected, "{case}");
            }
        }
    }
}
