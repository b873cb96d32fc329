//! Laws about what an object is made from: its own ops alone.
//!
//! **Invariants**
//! - The two derivations that are compared are of one log; in one the kind never meets the ops on
//!   the sibling.

use super::{Case, Fault, graph_of, view_of};
use crate::broken::Law;
use crate::history::{History, Setting};
use crate::seat::{AsSibling, AsSubject, Called, Seat, Watch};
use woodland_graph::{Kind, Kinds};

/// The object is the same beside a sibling of its kind and beside one that nobody can read, and
/// the same every time.
pub(crate) fn own_ops_alone<K: Kind>(case: &Case<'_, K>) -> Result<(), Fault> {
    let names = [AsSubject::NAME, AsSibling::NAME];
    let setting = Setting::of(case.plan.seed, names, case.config);
    let history = History::of(case.plan, setting);
    let alone = Kinds::standard().with(Seat::<K, AsSubject>::of(case.kind, Watch::Nothing));
    let both = alone.clone().with(Seat::<K, AsSibling>::of(case.kind, Watch::Nothing));
    let sight = |kinds: &Kinds| -> Result<_, Fault> {
        let view = view_of(&graph_of(&history.log, kinds)?, &history)?;
        let [subject, _] = view.sights;
        Ok(subject)
    };
    let first = sight(&alone)?;
    let runs = [
        (&alone, ["at first", "when derived once more"]),
        (&both, ["alone", "beside a sibling of its kind"]),
    ];
    for (kinds, told) in runs {
        if let Some(what) = first.difference(&sight(kinds)?, told, &history) {
            return Err(Fault::of(Law::OwnOpsAlone, format!("the subject: {what}")));
        }
    }
    Ok(())
}
