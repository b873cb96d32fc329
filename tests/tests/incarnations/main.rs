//! Copied, restored and forked replicas: nobody is told to start over, and nothing is lost.

#[path = "../replica/notes.rs"]
#[allow(dead_code, reason = "what the other tests of replicas need, too")]
mod notes;

mod branches;
mod copied;
mod folders;
mod forked;
mod restored;
