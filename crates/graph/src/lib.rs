//! woodland-graph
