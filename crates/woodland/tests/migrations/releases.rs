//! One record over its releases.

use woodland::{Define, Model, Pointer, Record, Replica, define};

pub(crate) mod first {
    use woodland::Record;

    #[derive(Record, Debug, Clone, PartialEq)]
    pub(crate) struct Task {
        pub(crate) title: String,
        pub(crate) urgency: i64,
        pub(crate) note: Option<String>,
    }

    pub(crate) fn task(title: &str, urgency: i64) -> Task {
        Task { title: title.into(), urgency, note: None }
    }
}

/// `urgency` is a yes or no, `title` is called `name`, and there is a `due`.
pub(crate) mod second {
    use woodland::Record;

    #[derive(Record, Debug, Clone, PartialEq)]
    pub(crate) struct Task {
        #[woodland(was = "title")]
        pub(crate) name: String,
        pub(crate) urgency: bool,
        pub(crate) note: Option<String>,
        #[woodland(default = "some day")]
        pub(crate) due: String,
    }
}

pub(crate) fn model<R: Record>() -> Model {
    with(define().record::<R>())
}

pub(crate) fn with(define: Define) -> Model {
    define.model().expect("a model")
}

/// Yes to everything.
pub(crate) fn agreeing<R: Record>() -> Model {
    model::<R>().migrate_if(|_| true)
}

pub(crate) fn founded<R: Record>() -> Replica {
    Replica::in_memory(model::<R>(), 1).expect("founded")
}

pub(crate) fn joined(model: Model, source: &Replica, seed: u64) -> Replica {
    Replica::join_in_memory(model, source, seed).expect("joined").0
}

pub(crate) fn meet(one: &Replica, other: &Replica) {
    one.merge(other).expect("merged");
    other.merge(one).expect("merged");
    assert_eq!(one.snapshot().digest(), other.snapshot().digest());
    assert_eq!(one.snapshot().voids(), other.snapshot().voids());
}

pub(crate) fn read<R: Record>(replica: &Replica, node: Pointer<R>) -> R {
    let found = replica.snapshot().read(&[node]).expect("readable").remove(0);
    found.expect("the node is there")
}

/// The same node, as another release reads it.
pub(crate) fn as_of<R: Record, S: Record>(node: Pointer<R>) -> Pointer<S> {
    Pointer::to(node.id())
}
