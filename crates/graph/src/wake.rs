//! A graph at rest: what was derived stands in pages, and wakes without being derived again.
//!
//! ```text
//!  format, kinds │ schemas, existence, voids, foreign, ledger │ state │ digest │ claims
//!  whose it is     few are read at once, many are trees                 where they are known
//! ```
//!
//! **Invariants**
//! - What wakes gives every answer that was given before: content, voids, digest, work to come.
//! - Waking costs what the schemas and migrations are, not what the history is.
//! - A graph wakes under the release and the kinds under which it went to rest, or not at all: then
//!   it is derived anew.
//! - The digest and the claims are known after waking, where they were known before: what was asked
//!   for once costs what changed since, for ever.
//!
//! What this does not do: put the log to rest, or read through another schema than the current one.
//! Who chose one chooses again.

use crate::claims::Claims;
use crate::digest;
use crate::graph::Graph;
use crate::kinds::Kinds;
use crate::schemas::Schemas;
use crate::state::State;
use std::sync::{Arc, OnceLock};
use woodland_log::Log;
use woodland_page::{Reading, Stored, Writing};

/// Raised whenever a release writes other bytes for the same graph.
const REST_FORMAT: u8 = 2;

/// Of what version something is known.
const OF_NONE: u8 = 0;
const OF_THIS: u8 = 1;
const OF_EARLIER: u8 = 2;

impl Graph {
    /// Writes all but the log.
    pub fn rest(&self, to: &mut Writing<'_>) {
        to.byte(REST_FORMAT);
        to.bytes(&self.schemas.kinds().edition());
        self.schemas.rest(to);
        self.existence.write(to);
        self.voids.write(to);
        self.foreign.write(to);
        self.ledger.write(to);
        self.state.write(to);
        self.rest_digest(to);
        self.rest_claims(to);
    }

    fn rest_digest(&self, to: &mut Writing<'_>) {
        match (self.digested.get(), &self.basis) {
            (Some(tree), _) => {
                to.byte(OF_THIS);
                tree.write(to);
            }
            (None, Some((state, tree))) => {
                to.byte(OF_EARLIER);
                state.write(to);
                tree.write(to);
            }
            (None, None) => to.byte(OF_NONE),
        }
    }

    fn rest_claims(&self, to: &mut Writing<'_>) {
        match (self.claimed.get(), &self.earlier_claims) {
            (Some(claims), _) => {
                to.byte(OF_THIS);
                claims.rest(to);
            }
            (None, Some(claims)) => {
                to.byte(OF_EARLIER);
                claims.state().write(to);
                claims.rest(to);
            }
            (None, None) => to.byte(OF_NONE),
        }
    }

    /// The graph of this log that was put to rest, read through the current schema. `kinds` are
    /// also what the pages have as their context. None where it went to rest under other kinds, in
    /// another release, or where this is no graph.
    pub fn wake(log: Log, kinds: Kinds, from: &mut Reading<'_>) -> Option<Graph> {
        (from.byte()? == REST_FORMAT).then_some(())?;
        (from.bytes()? == kinds.edition()).then_some(())?;
        let schemas = Schemas::wake(kinds, from)?;
        let mut graph = Graph {
            existence: Stored::read(from)?,
            voids: Stored::read(from)?,
            foreign: Stored::read(from)?,
            ledger: Stored::read(from)?,
            state: Stored::read(from)?,
            ..Graph::empty(log, schemas)
        };
        graph.wake_schemas();
        graph.wake_digest(from)?;
        graph.wake_claims(from)?;
        Some(graph)
    }

    fn wake_digest(&mut self, from: &mut Reading<'_>) -> Option<()> {
        match from.byte()? {
            OF_NONE => {}
            OF_THIS => self.digested = Arc::new(OnceLock::from(digest::Tree::read(from)?)),
            OF_EARLIER => self.basis = Some(Stored::read(from)?),
            _ => return None,
        }
        Some(())
    }

    fn wake_claims(&mut self, from: &mut Reading<'_>) -> Option<()> {
        let (of, state) = match from.byte()? {
            OF_NONE => return Some(()),
            OF_THIS => (OF_THIS, self.state.clone()),
            OF_EARLIER => (OF_EARLIER, State::read(from)?),
            _ => return None,
        };
        let claims = Arc::new(Claims::wake(state, from)?);
        if of == OF_THIS && claims.is_for(self.lens.as_deref()) {
            self.claimed = Arc::new(OnceLock::from(claims));
        } else {
            self.earlier_claims = Some(claims);
        }
        Some(())
    }
}
