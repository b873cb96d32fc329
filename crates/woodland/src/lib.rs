//! woodland
