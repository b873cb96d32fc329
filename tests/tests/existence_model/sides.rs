//! An op and a deletion that did not see each other: what hangs on which of them comes first.
//!
//! | op on node x | before the deletion | after it |
//! | --- | --- | --- |
//! | any, x revivable | x lives | x lives |
//! | revive link from x, unless x was taken and is not revivable | x and target live | the same |
//! | edit of the deleted node, revivable | all live | it and what it links to under revive |
//! | restrict link from an outsider into what is taken | all live | taken; link listed |
//! | cascade link, likewise, x not revivable | x is taken, or all live | taken without x |
//! | cascade link, likewise, x revivable; any other op of an outsider | taken | the same |
//! | any, x taken and not revivable | x may have got out of it | x is dead |
//!
//! **Invariants**
//! - Both authors stand at one founding state with any links, and write what is honest there.
//!   *Taken* is what the deletion takes there.

use crate::history::History;
use crate::judge::*;

struct Sides {
    founded: State,
    node: usize,
    verb: Verb,
    is_revivable: bool,
    deleted: usize,
    /// Who lives where the deletion has the op before it, and where it has the op after it.
    before: Set,
    after: Set,
}

impl Sides {
    /// The first line of the table that does not hold.
    fn breach(&self) -> Option<&'static str> {
        let Sides { founded, node, verb, is_revivable, deleted, before, after } = *self;
        let (all, both, taken) = (founded.alive, before & after, founded.taken(1 << deleted, 0));
        let (rest, is_taken) = (all & !taken, has(taken, node));
        let (to, policy) = match verb {
            Link(to, policy) => (to, policy),
            _ => (node, Nullify),
        };
        let revives = policy == Revive && (is_revivable || !is_taken);
        let edits = verb == Edit && node == deleted;
        let edited = rest | founded.revived(1 << node);
        let links_in = |of| policy == of && !is_taken && has(taken, to);
        let (restricts, cascades) = (links_in(Restrict), links_in(Cascade) && !is_revivable);
        let is_other = !is_taken && !restricts && !cascades && !links_in(Revive);
        let table = [
            (is_revivable, has(both, node), "a revivable node lives"),
            (revives, has(both, node) && has(both, to), "a revive link's target lives"),
            (edits, before == all && after == edited, "an edit brings back its node, no victim"),
            (restricts, before == all && after == rest, "a restrict link counts before, not after"),
            (cascades, after == rest && (before == all || !has(before, node)), "a cascade link"),
            (is_other, before == rest && after == rest, "other ops of outsiders do not matter"),
            (is_taken && !is_revivable, !has(after, node), "what is dead stays dead"),
        ];
        table.into_iter().find(|(applies, holds, _)| *applies && !holds).map(|(.., name)| name)
    }
}

/// All honest pairs at a founding state; how many.
pub(crate) fn check(judge: Judge, founded: State) -> Result<usize, String> {
    let choices = History::new(judge, true, founded).choices(0);
    let deletions = || choices.iter().filter(|(_, verb)| *verb == Delete);
    let others = choices.iter().filter(|(_, verb)| *verb != Delete);
    let mut pairs = 0;
    for ((node, verb), (deleted, _)) in others.flat_map(|op| deletions().map(move |d| (*op, *d))) {
        let lives = |ops: [(usize, Verb); 2]| {
            let mut history = History::new(judge, true, founded);
            ops.iter().try_for_each(|(node, verb)| history.push(*node, *verb, 0))?;
            Ok::<Set, String>(history.state(0b11).alive)
        };
        let before = lives([(node, verb), (deleted, Delete)])?;
        let after = lives([(deleted, Delete), (node, verb)])?;
        let is_revivable = has(judge.revivable, node);
        let sides = Sides { founded, node, verb, is_revivable, deleted, before, after };
        pairs += 1;
        if let Some(breach) = sides.breach() {
            let links = founded.link;
            return Err(format!(
                "{breach}: {node} {verb:?}, deletion of {deleted}, {links:?}, {judge:?}: \
                 {before:b} and {after:b} live"
            ));
        }
    }
    Ok(pairs)
}
