//! The ledger: records and audit events in one transaction, in one file.
//!
//! A write is data, a [`Commit`]; the one writer thread checks and applies whole groups of them and syncs once. Reads
//! are snapshots. Every table maps bytes to bytes, so that one copier, one checker and one exporter serve all.

pub mod blob;
mod codec;
mod commit;
mod error;
mod ledger;
pub mod log;
pub mod record;
mod shape;
mod snapshot;
mod writer;

pub use commit::Commit;
pub use error::{CommitError, StoreError};
pub use ledger::{Committed, Ledger, LedgerOptions};
pub use shape::{Index, IndexRows, Record, ShapeError, Stored};
pub use snapshot::{LoggedEvent, Scan, Snapshot};
