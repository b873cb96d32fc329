//! woodland-dump
