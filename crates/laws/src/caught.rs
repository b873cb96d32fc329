//! Panics as answers.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the closure gives, or what its panic said. Nothing that it touched is used again after a
/// panic, so nothing half-done is ever looked at.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|said| {
        let text = said.downcast_ref::<String>().cloned();
        let text = text.or_else(|| said.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        text.unwrap_or_else(|| "something that is no text".to_owned())
    })
}
