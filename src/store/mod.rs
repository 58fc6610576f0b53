//! store.
pub mod blob;
pub mod log;
