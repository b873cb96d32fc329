//! Fault: a page that an act needed could not be had.
//!
//! **Invariants**
//! - A fault ends the act: it unwinds to [`catch`], so nothing is answered from what is missing.
//! - It unwinds without the panic hook, and other panics pass through [`catch`] unchanged.
//!
//! What this does not do: mend. Pages are derived; whoever catches a fault throws them away.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A page could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("page {page} of the derived state {cause}: open the dataset again, it is derived anew")]
pub struct PageFault {
    /// Its number.
    pub page: u64,
    /// Why.
    pub cause: FaultCause,
}

/// Why a page could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultCause {
    /// There is none of this number.
    #[error("is missing")]
    Missing,
    /// Its bytes are not those that were written: damaged, stale or another page's.
    #[error("has check {found:016x}, expected {expected:016x}")]
    Check {
        /// What its parent says.
        expected: u64,
        /// What its bytes give.
        found: u64,
    },
    /// Its bytes are those that were written, and mean nothing here.
    #[error("holds no {expected}")]
    Undecodable {
        /// What should stand there.
        expected: &'static str,
    },
    /// The dataset was closed. Its versions are read for as long as it is open.
    #[error("went with its dataset, which was closed while a version of it was held")]
    Closed,
    /// What keeps the pages failed.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// What it said.
        reason: String,
    },
}

impl PageFault {
    /// Ends the act.
    pub(crate) fn throw(self) -> ! {
        // Where nobody catches it, there is no message but this.
        tracing::error!(fault = %self, "an act ends");
        resume_unwind(Box::new(self))
    }
}

/// Runs an act that reads pages.
///
/// # Errors
/// The [`PageFault`] that ended it. Values that the act was changing are to be dropped.
pub fn catch<T>(act: impl FnOnce() -> T) -> Result<T, PageFault> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|thrown| match thrown.downcast::<PageFault>() {
        Ok(fault) => *fault,
        Err(other) => resume_unwind(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_caught_and_another_panic_is_not() {
        let fault = PageFault { page: 3, cause: FaultCause::Missing };
        let caught = catch(|| -> u8 { fault.clone().throw() }).expect_err("thrown");
        assert_eq!((caught.page, caught.cause), (3, FaultCause::Missing));
        assert_eq!(catch(|| 7).ok(), Some(7));
        let other =
            catch_unwind(|| catch(|| resume_unwind(Box::new("other")))).expect_err("passed on");
        assert_eq!(other.downcast_ref::<&str>(), Some(&"other"));
    }
}
