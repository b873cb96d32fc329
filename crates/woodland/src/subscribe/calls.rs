//! Calling back: a subscription and what is done with its diffs, told by whoever publishes.
//!
//! ```text
//!   idle ──told──► running ──┬─ nothing came meanwhile ──► idle
//!                   ▲        ├─ told meanwhile ──┐
//!                   └────────┼───────────────────┘
//!                            └─ panicked ──► broken, for good
//! ```
//!
//! **Invariants**
//! - The callback runs in one thread at a time, under no lock; a callback that writes is not
//!   called within its own call.
//! - Told while running, it runs once more: nothing is missed, and nothing is queued.
//!
//! What this does not do: tell what a panic said. The program's panic hook has seen it.

use super::coverage::Coverage;
use super::{Diff, Subscription};
use crate::current::Listen;
use crate::snapshot::ReadError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A callback that listens as long as this is held. Made by [`Subscription::on_change`].
#[must_use = "the callback listens as long as this is held"]
pub struct Listener(Arc<dyn Listen>);

impl Listener {
    pub(super) fn begin<C, F>(subscription: Subscription<C>, callback: F) -> Self
    where
        C: Coverage + Send + 'static,
        F: FnMut(Result<Diff<C::Changes>, ReadError>) + Send + 'static,
    {
        let current = Arc::clone(&subscription.current);
        let idle = State::Idle(Box::new((subscription, callback)));
        let calls: Arc<dyn Listen> = Arc::new(Calls { state: Mutex::new(idle) });
        let weak: Weak<dyn Listen> = Arc::downgrade(&calls);
        current.listen(weak);
        // What was published before it was on the list.
        calls.tell();
        Listener(calls)
    }

    /// Whether the callback panicked: it was dropped and is not called any more.
    pub fn is_broken(&self) -> bool {
        self.0.is_broken()
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({})", if self.is_broken() { "broken" } else { "listening" })
    }
}

struct Calls<C, F> {
    state: Mutex<State<C, F>>,
}

enum State<C, F> {
    Idle(Box<(Subscription<C>, F)>),
    Running { again: bool },
    Broken,
}

impl<C, F> Calls<C, F> {
    fn state(&self) -> MutexGuard<'_, State<C, F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be called, unless somebody does so already.
    fn take(&self) -> Option<Box<(Subscription<C>, F)>> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Running { again: true }) {
            State::Idle(idle) => {
                *state = State::Running { again: false };
                Some(idle)
            }
            State::Running { .. } => None,
            State::Broken => {
                *state = State::Broken;
                None
            }
        }
    }

    /// Gives it back, unless it was told meanwhile.
    fn put(&self, one: Box<(Subscription<C>, F)>) -> Option<Box<(Subscription<C>, F)>> {
        let mut state = self.state();
        if let State::Running { again: true } = *state {
            *state = State::Running { again: false };
            return Some(one);
        }
        *state = State::Idle(one);
        None
    }
}

impl<C, F> Listen for Calls<C, F>
where
    C: Coverage + Send,
    F: FnMut(Result<Diff<C::Changes>, ReadError>) + Send,
{
    fn tell(&self) {
        let mut taken = self.take();
        while let Some(mut one) = taken {
            let call = catch_unwind(AssertUnwindSafe(|| {
                let (subscription, callback) = &mut *one;
                subscription.next().transpose().into_iter().for_each(callback);
            }));
            if call.is_err() {
                *self.state() = State::Broken;
                // What the callback holds may panic once more as it goes.
                let _ = catch_unwind(AssertUnwindSafe(move || drop(one)));
                return;
            }
            taken = self.put(one);
        }
    }

    fn is_broken(&self) -> bool {
        matches!(*self.state(), State::Broken)
    }
}
