//! True in any product: time, ids, errors a person can see, small files written whole.
//!
//! Knows nothing of capabilities, runs or users.

pub mod clock;
pub mod csv;
pub mod fault;
pub mod file;
pub mod id;
pub mod limit;
pub mod meter;
pub mod page;
pub mod text;
