//! Kinds that each break one law: the suite names that law, and none of the others.
//!
//! **Invariants**
//! - Each kind is a small variation of one that passes, `Sum`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use woodland_format::{NodeId, TypeId, Value};
use woodland_graph::{IsThere, Kind, Past, Stamp, Void};
use woodland_laws::{Breach, Broken, Law, Laws, Maker, NODE_TYPE};
use woodland_page::{Reading, Stored, Writing};

/// Ops of one byte up to 200.
fn byte(bytes: &[u8]) -> Result<i64, Void> {
    match bytes {
        [byte @ 0..=200] => Ok(i64::from(*byte)),
        _ => Err(Void::Undecodable),
    }
}

fn no_config(bytes: &[u8]) -> Result<(), Void> {
    if bytes.is_empty() { Ok(()) } else { Err(Void::BadConfig) }
}

/// A kind whose config is nothing, whose op is a number, and whose answers are given here.
macro_rules! kind {
    ($name:ident, $called:literal, $state:ty, in_order: $in_order:literal, {
        decode: $decode:expr,
        resolve: $resolve:expr,
        apply: $apply:expr,
        show: $show:expr $(,)?
    } $($more:item)*) => {
        impl Kind for $name {
            const NAME: &'static str = $called;
            const IN_ORDER: bool = $in_order;
            type Config = ();
            type Op = i64;
            type Resolved = i64;
            type State = $state;

            fn config(&self, bytes: &[u8]) -> Result<(), Void> {
                no_config(bytes)
            }

            fn decode(&self, (): &(), bytes: &[u8]) -> Result<i64, Void> {
                let decode: fn(&Self, &[u8]) -> Result<i64, Void> = $decode;
                decode(self, bytes)
            }

            fn resolve(&self, state: &mut $state, past: &Past<'_>, op: i64) -> Result<i64, Void> {
                let resolve: fn(&Self, &mut $state, &Past<'_>, i64) -> Result<i64, Void> = $resolve;
                resolve(self, state, past, op)
            }

            fn apply(&self, state: &mut $state, past: &Past<'_>, op: i64) {
                let apply: fn(&Self, &mut $state, &Past<'_>, i64) = $apply;
                apply(self, state, past, op);
            }

            fn show(&self, state: &$state) -> Option<Value> {
                let show: fn(&Self, &$state) -> Option<Value> = $show;
                show(self, state)
            }

            $($more)*
        }
    };
}

fn laws<'a, K: Kind>(kind: K) -> Laws<'a, K> {
    Laws::of(kind).ops(|maker: &mut Maker<'_>| vec![maker.random.below(202) as u8]).histories(40)
}

/// The breach that the suite finds, seen once more from its own seed.
fn breach<K: Kind>(kind: impl Fn() -> K, law: Law) -> Breach {
    let found = match laws(kind()).check() {
        Err(Broken::Law(found)) => found,
        other => panic!("{} should break {law:?}: {other:?}", K::NAME),
    };
    assert_eq!(found.law, law, "{found}");
    let again = laws(kind()).seed(found.seed).histories(1).check();
    assert_eq!(again, Err(Broken::Law(found.clone())), "the seed finds it again");
    *found
}

#[derive(Debug)]
struct Sum;
kind!(Sum, "sum", i64, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state += op,
    show: |_, state| Some(Value::Int(*state)),
});

#[test]
fn a_kind_that_keeps_all_laws_passes() {
    let report = laws(Sum).check().expect("a sum keeps them");
    assert_eq!(report.histories, 40);
    assert!(report.arrivals > 200 && report.concurrent > 100 && report.hostile > 1000, "{report}");
    assert!(report.rests > 1000, "{report}");
    assert!(report.ops > 300 && report.voids > 0 && report.voids < report.ops / 10, "{report}");
    assert_eq!(laws(Sum).check(), Ok(report), "the seed decides everything");
}

#[derive(Debug)]
struct Fragile;
kind!(Fragile, "fragile", i64, in_order: false, {
    decode: |_, bytes| if bytes.len() < 40 { byte(&bytes[..1]) } else { Err(Void::Undecodable) },
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state += op,
    show: |_, state| Some(Value::Int(*state)),
});

#[test]
fn a_kind_that_panics_on_odd_bytes_is_not_total() {
    let found = breach(|| Fragile, Law::Total);
    assert!(found.what.contains("panics"), "{found}");
}

#[derive(Debug)]
struct Overflowing;
kind!(Overflowing, "overflowing", i8, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state = i8::try_from(i64::from(*state) + op).expect("it fits"),
    show: |_, state| Some(Value::Int(i64::from(*state))),
});

#[test]
fn a_kind_that_panics_when_much_is_added_is_not_total() {
    let found = breach(|| Overflowing, Law::Total);
    assert!(found.what.contains("it fits"), "{found}");
    assert!(found.history.contains("founds"), "{found}");
}

#[derive(Debug)]
struct Loose;
kind!(Loose, "loose", i64, in_order: false, {
    decode: |_, bytes| byte(bytes.get(..1).unwrap_or_default()),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state += op,
    show: |_, state| Some(Value::Int(*state)),
});

#[test]
fn a_kind_that_takes_trailing_bytes_has_two_forms_of_one_op() {
    breach(|| Loose, Law::OneForm);
}

/// Takes an op that says what the op before it said for a repetition, whatever object that was of.
#[derive(Debug, Default)]
struct Remembering(AtomicI64);
kind!(Remembering, "remembering", i64, in_order: true, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |kind, state, _, op| *state += op - kind.0.swap(op, Ordering::Relaxed),
    show: |_, state| Some(Value::Int(*state)),
});

#[test]
fn a_kind_that_remembers_beside_its_state_depends_on_others() {
    breach(Remembering::default, Law::OwnOpsAlone);
}

/// A number that all clones share.
#[derive(Debug, Clone, Default)]
struct OneForAll(Arc<Mutex<i64>>);

impl Stored for OneForAll {
    fn write(&self, to: &mut Writing<'_>) {
        self.0.lock().expect("no panic").write(to);
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        i64::read(from).map(|sum| OneForAll(Arc::new(Mutex::new(sum))))
    }
}

#[derive(Debug)]
struct Shared;
kind!(Shared, "shared", OneForAll, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state.0.lock().expect("no panic") += op,
    show: |_, state| Some(Value::Int(*state.0.lock().expect("no panic"))),
});

#[test]
fn a_kind_whose_clones_share_changes_versions_that_are_held() {
    breach(|| Shared, Law::ClonesAreValues);
}

#[derive(Debug)]
struct Unsorted;
kind!(Unsorted, "unsorted", std::collections::BTreeSet<i64>, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| {
        state.insert(op);
    },
    show: |_, state| {
        Some(Value::Map(state.iter().rev().map(|one| (Value::Int(*one), Value::Int(0))).collect()))
    },
});

#[test]
fn a_kind_that_shows_an_unsorted_map_shows_no_value() {
    breach(|| Unsorted, Law::ShowsValues);
}

/// Knows how many it holds, and is one off.
#[derive(Debug)]
struct Miscounting;
kind!(Miscounting, "miscounting", std::collections::BTreeSet<i64>, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| {
        state.insert(op);
    },
    show: |_, state| Some(Value::List(state.iter().map(|one| Value::Int(*one)).collect())),
}
    fn size(&self, state: &Self::State) -> Option<u64> {
        Some(state.len() as u64 + 1)
    }
);

#[test]
fn a_kind_that_knows_its_size_wrongly_disagrees_with_itself() {
    let found = breach(|| Miscounting, Law::ReadsAgree);
    assert!(found.what.contains("size"), "{found}");
}

/// Reads every number as one more.
#[derive(Debug)]
struct Misreading;
kind!(Misreading, "misreading", i64, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state += op,
    show: |_, state| Some(Value::Int(*state)),
}
    fn view(&self, (): &(), shown: Value, _: IsThere<'_>) -> Option<Value> {
        match shown {
            Value::Int(sum) => Some(Value::Int(sum + 1)),
            other => Some(other),
        }
    }
);

#[test]
fn a_kind_that_reads_its_own_values_otherwise_is_found() {
    let found = breach(|| Misreading, Law::ReadAsWritten);
    assert!(found.what.contains("reads as"), "{found}");
}

#[derive(Debug)]
struct Hasty;
kind!(Hasty, "hasty", i64, in_order: true, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, state, _, op| {
        *state += op;
        if op < 150 { Ok(0) } else { *state -= 1; Err(Void::Custom("too-much")) }
    },
    apply: |_, state, _, op| *state += op,
    show: |_, state| Some(Value::Int(*state)),
});

/// Counts what it refused, where nobody sees it at once.
#[derive(Debug)]
struct Grudging;
kind!(Grudging, "grudging", (i64, i64), in_order: true, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, state, _, op| {
        if op < 150 {
            return Ok(op);
        }
        state.1 += 1;
        Err(Void::Custom("too-much"))
    },
    apply: |_, state, _, op| state.0 += op * (1 + state.1),
    show: |_, state| Some(Value::Int(state.0)),
});

#[test]
fn a_kind_that_changes_its_state_before_a_void_leaves_a_trace() {
    let found = breach(|| Hasty, Law::VoidIsNothing);
    assert!(found.what.contains("resolve"), "{found}");
    let found = breach(|| Grudging, Law::VoidIsNothing);
    assert!(found.what.contains("undone"), "{found}");
}

/// Voids what comes too late, by all that is held instead of what the author saw.
#[derive(Debug)]
struct Crowded;
kind!(Crowded, "crowded", i64, in_order: true, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, state, _, op| if *state < 3 { Ok(op) } else { Err(Void::Custom("crowded")) },
    apply: |_, state, _, _| *state += 1,
    show: |_, state| Some(Value::Int(*state)),
});

#[test]
fn a_kind_that_looks_beyond_the_past_is_told_so() {
    breach(|| Crowded, Law::PastAlone);
}

/// A sum, and how much was added: neither is what it seems in a page.
#[derive(Debug, Clone, Default)]
struct Sums<const AS: u8>(i64, i64);

const FORGETFUL: u8 = 0;
const ROUNDED: u8 = 1;
const UNREADABLE: u8 = 2;
const GROWING: u8 = 3;

impl<const AS: u8> Stored for Sums<AS> {
    fn write(&self, to: &mut Writing<'_>) {
        match AS {
            ROUNDED => (self.0 & !1).write(to),
            // More each time.
            GROWING => (self.0, self.1 + 1).write(to),
            _ => self.0.write(to),
        }
    }

    fn read(from: &mut Reading<'_>) -> Option<Self> {
        match AS {
            UNREADABLE => i64::read(from).filter(|sum| *sum < 100).map(|sum| Sums(sum, 0)),
            GROWING => Stored::read(from).map(|(sum, more)| Sums(sum, more)),
            _ => i64::read(from).map(|sum| Sums(sum, 0)),
        }
    }
}

#[derive(Debug)]
struct Resting<const AS: u8>;

impl<const AS: u8> Kind for Resting<AS> {
    const NAME: &'static str = "resting";
    const IN_ORDER: bool = true;
    type Config = ();
    type Op = i64;
    type Resolved = i64;
    type State = Sums<AS>;

    fn config(&self, bytes: &[u8]) -> Result<(), Void> {
        no_config(bytes)
    }

    fn decode(&self, (): &(), bytes: &[u8]) -> Result<i64, Void> {
        byte(bytes)
    }

    fn resolve(&self, _: &mut Sums<AS>, _: &Past<'_>, op: i64) -> Result<i64, Void> {
        Ok(op)
    }

    fn apply(&self, state: &mut Sums<AS>, _: &Past<'_>, op: i64) {
        // What the last op said shows with the next one.
        state.0 += op + state.1;
        state.1 = if AS == FORGETFUL { op } else { 0 };
    }

    fn show(&self, state: &Sums<AS>) -> Option<Value> {
        Some(Value::Int(state.0))
    }
}

#[test]
fn a_kind_that_forgets_at_rest_what_it_needs_goes_on_otherwise() {
    let found = breach(|| Resting::<FORGETFUL>, Law::RestsAndWakes);
    assert!(found.what.contains("where they are put to rest"), "{found}");
    let found = breach(|| Resting::<ROUNDED>, Law::RestsAndWakes);
    assert!(found.what.contains("wakes as"), "{found}");
    let found = breach(|| Resting::<UNREADABLE>, Law::RestsAndWakes);
    assert!(found.what.contains("does not wake"), "{found}");
    let found = breach(|| Resting::<GROWING>, Law::RestsAndWakes);
    assert!(found.what.contains("other bytes"), "{found}");
}

#[derive(Debug)]
struct LastArrived;
kind!(LastArrived, "last_arrived", Option<i64>, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state = Some(op),
    show: |_, state| state.map(Value::Int),
});

#[derive(Debug)]
struct Doubling;
kind!(Doubling, "doubling", i64, in_order: false, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state = (*state * 2 + op) % 1_000_003,
    show: |_, state| Some(Value::Int(*state)),
});

#[derive(Debug)]
struct DoublingInOrder;
kind!(DoublingInOrder, "doubling_in_order", i64, in_order: true, {
    decode: |_, bytes| byte(bytes),
    resolve: |_, _, _, op| Ok(op),
    apply: |_, state, _, op| *state = (*state * 2 + op) % 1_000_003,
    show: |_, state| Some(Value::Int(*state)),
});

#[test]
fn a_kind_that_depends_on_arrival_does_not_commute() {
    breach(|| LastArrived, Law::Commuting);
    let found = breach(|| Doubling, Law::Commuting);
    assert!(found.what.contains("arrived as") || found.what.contains("merged"), "{found}");
    laws(DoublingInOrder).check().expect("the same kind, applied in order, keeps all laws");
}

/// Holds pointers in order, and counts how often one saw the one before it.
#[derive(Debug)]
struct Pointing;

impl Kind for Pointing {
    const NAME: &'static str = "pointing";
    const IN_ORDER: bool = true;
    type Config = ();
    type Op = NodeId;
    type Resolved = NodeId;
    type State = (Vec<NodeId>, Option<Stamp>, i64);

    fn config(&self, bytes: &[u8]) -> Result<(), Void> {
        no_config(bytes)
    }

    fn decode(&self, (): &(), bytes: &[u8]) -> Result<NodeId, Void> {
        bytes.try_into().map(NodeId).map_err(|_| Void::Undecodable)
    }

    fn pointers(&self, (): &(), op: &NodeId, found: &mut dyn FnMut(NodeId, TypeId)) {
        found(*op, NODE_TYPE);
    }

    fn resolve(&self, _: &mut Self::State, _: &Past<'_>, op: NodeId) -> Result<NodeId, Void> {
        Ok(op)
    }

    fn apply(&self, state: &mut Self::State, past: &Past<'_>, op: NodeId) {
        state.0.push(op);
        state.2 += i64::from(state.1.is_some_and(|last| past.saw(last)));
        state.1 = Some(past.at());
    }

    fn show(&self, (nodes, _, seen): &Self::State) -> Option<Value> {
        let nodes = nodes.iter().map(|node| Value::Pointer(*node)).collect();
        Some(Value::List(vec![Value::List(nodes), Value::Int(*seen)]))
    }
}

#[test]
fn a_kind_of_pointers_applied_in_order_passes() {
    let laws = Laws::of(Pointing).ops(|maker| maker.node().0.to_vec()).histories(80);
    let report = laws.check().unwrap_or_else(|broken| panic!("{broken}"));
    assert!(report.voids > 0, "some pointed to what they had not seen: {report}");
}

#[test]
fn a_suite_in_which_nothing_happens_is_no_answer() {
    let calm = Laws::of(Sum).ops(|_| vec![255]).histories(5).check();
    let Err(Broken::TooCalm(report)) = calm else { panic!("all ops are void: {calm:?}") };
    assert_eq!(report.ops, report.voids);
    assert!(matches!(laws(Sum).histories(0).check(), Err(Broken::TooCalm(_))));
}

#[test]
fn what_the_caller_got_wrong_is_said() {
    let refused = laws(Sum).config(vec![1]).check();
    assert_eq!(refused, Err(Broken::Config(Void::BadConfig)));

    #[derive(Debug)]
    struct Impostor;
    kind!(Impostor, "register", i64, in_order: false, {
        decode: |_, bytes| byte(bytes),
        resolve: |_, _, _, op| Ok(op),
        apply: |_, state, _, op| *state += op,
        show: |_, state| Some(Value::Int(*state)),
    });
    assert_eq!(laws(Impostor).check(), Err(Broken::NameTaken("register")));
}
