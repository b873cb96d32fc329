//! Tidy: the rules of the workspace itself, each as a test that says what to do when it fails.
//!
//! ```text
//!  tree      what files there are            (no rule of its own)
//!  edges     who may depend on whom          dependencies listed, lints inherited
//!  shape     sizes, headers, names           the visible top level
//!  bans      calls and words that stay out   in pure crates, in all crates, everywhere
//!  surface   docs/api/*.txt                  what each library shows; UPDATE=1 writes it anew
//! ```
//!
//! **Invariants**
//! - A rule is a function from text to complaints; each is proven to fail on a snippet that breaks
//!   it.
//! - Nothing but the checkout is read: no network, no git, no build.
//!
//! What this does not do: repeat what rustc, rustfmt and clippy already hold.

mod bans;
mod edges;
mod shape;
mod surface;
mod tree;

/// Fails with every complaint and the one thing to do about them.
#[track_caller]
fn expect_none(complaints: &[String], advice: &str) {
    let list = complaints.join("\n  ");
    assert!(complaints.is_empty(), "{} complaints:\n  {list}\n{advice}", complaints.len());
}
