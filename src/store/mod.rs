//! The ledger: records and audit events in one transaction, in one file.
//!
//! A write is data, a [`Commit`]; the one writer thread checks and applies whole groups of them and syncs once. Reads
//! are snapshots. Every table maps bytes to bytes, so that one copier, one checker and one exporter serve all. Big bytes
//! lie beside the file: `blob` and `log`.

mod apply;
pub mod audit;
pub mod backup;
pub mod blob;
pub mod check;
mod codec;
mod commit;
mod error;
mod ledger;
pub mod lock;
pub mod log;
pub mod medium;
pub mod migrate;
mod pointer;
pub mod record;
mod shape;
mod shared;
mod snapshot;
mod tables;
mod writer;

pub use audit::{Consistency, Inclusion, LoggedEvent, Removed};
pub use commit::Commit;
pub use error::{CommitError, StoreError};
pub use ledger::{Committed, FILE, Ledger, LedgerOptions};
pub use shape::{Index, IndexRows, Record, ShapeError, Stored};
pub use shared::Health;
pub use snapshot::{Scan, Snapshot};
