//! A subscription as a `Stream`, for programs with a runtime.
//!
//! **Invariants**
//! - A waker is put on the list before the last look: no version is missed between the two.
//!
//! What this does not do: bring a runtime, or a thread.

use super::coverage::Coverage;
use super::{Diff, Subscription};
use crate::current::{Later, Listen};
use crate::snapshot::ReadError;
use futures_core::Stream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

/// The task that waits for a subscription, if one does.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Option<Waker>>);

impl Waiting {
    fn put(&self, waker: &Waker) {
        let waker = Some(waker.clone());
        let before =
            std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), waker);
        // Not under the lock: it is the program's.
        drop(before);
    }
}

impl Listen for Waiting {
    fn tell(&self) {
        let waker = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<C> Unpin for Subscription<C> {}

/// Diffs as versions are published; versions that change nothing of what is covered are passed
/// over. Ends when the replica is closed.
impl<C: Coverage> Stream for Subscription<C> {
    type Item = Result<Diff<C::Changes>, ReadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.next().transpose() {
                return Poll::Ready(Some(item));
            }
            this.waiting().put(context.waker());
            match this.current.later(this.count) {
                Later::Yes => {}
                Later::NotYet => return Poll::Pending,
                Later::Never => return Poll::Ready(None),
            }
        }
    }
}

impl<C> Subscription<C> {
    fn waiting(&mut self) -> Arc<Waiting> {
        if let Some(waiting) = &self.waker {
            return Arc::clone(waiting);
        }
        let waiting = Arc::new(Waiting::default());
        let shared: Arc<dyn Listen> = Arc::<Waiting>::clone(&waiting);
        let weak: Weak<dyn Listen> = Arc::downgrade(&shared);
        self.current.listen(weak);
        self.waker = Some(Arc::clone(&waiting));
        waiting
    }
}
