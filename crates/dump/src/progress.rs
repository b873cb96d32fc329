//! Progress: how far the work before a page is. The library reports it and knows no clock.

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// Bytes are read and decoded.
    Reading,
    /// Segments pass the door; counted in commits.
    Admitting,
    /// The graph is derived; counted in commits.
    Deriving,
}

/// How far an act is; at its end `done` equals `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub act: Act,
    /// How much of it is done.
    pub done: u64,
    /// How much there is.
    pub total: u64,
}

/// Who hears of it.
pub(crate) type Watch<'a> = &'a mut dyn FnMut(Progress);
