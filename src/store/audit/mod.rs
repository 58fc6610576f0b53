//! The audit log: a Merkle log (RFC 6962 tree, C2SP tlog-tiles) kept in the ledger's own transactions.
//!
//! **Entry.** What is hashed is the event as canonical JSON (RFC 8785), UTF-8, at most 65,535 bytes; an entry's index is
//! its place in the log, counted from 0, and stands nowhere in its bytes. Leaf hash: SHA-256(0x00 || entry).
//!
//! **In the ledger file.** `_log_tail`: index (8 bytes, big-endian) -> leaf hash and entry, for entries that do not fill
//! a bundle. `_log_bundle`: bundle number (8) and piece (2) -> pieces of: one byte 1, length of the compressed entries
//! (4, big-endian), the entries (C2SP entry bundle, zstd), 256 leaf hashes. `_log_tile`: level (1) and tile number (8) ->
//! hashes of that tile; level 0 lies in the bundles. `_log_checkpoint`: bundle number -> the signed checkpoint of the
//! commit that filled it; all of the latest 64 and every 16th before. `_log_term`: see `terms`. `_meta`: `log.head` (size,
//! right edge of the tree), `log.last_at` (microseconds), `log.checkpoint` (the signed head), `log.removed`.
//!
//! **Removed.** Retention takes the entries of the oldest full bundles away: such a bundle is one byte 2 and its 256 leaf
//! hashes, and the same commit writes an entry `audit.tombstone` whose details say `to`: every entry before that index may
//! be gone. `log.removed` says the same for readers (entries, index of the tombstone); verifiers only believe the entry.
//!
//! **Exported.** A directory or tar in the C2SP tlog-tiles layout (`checkpoint`, `tile/...`, `tile/entries/...`), with the
//! verifier key in `key` and older checkpoints in `checkpoints/<size>`. Removed entries have no `tile/entries/...`, and
//! `removed` names their range and the tombstone.

pub(super) mod append;
mod diagnose;
pub(super) mod entry;
mod export;
mod exported;
pub(super) mod kept;
pub(super) mod read;
mod report;
pub(super) mod terms;
mod verify;

pub use export::{ExportError, ExportReport, export, export_ledger, export_tar};
pub use exported::{ExportReadError, verify_export};
pub(super) use kept::verify_transaction;
pub use kept::{verify_ledger, verify_snapshot};
pub use read::{Consistency, Inclusion, LoggedEvent, Removed};
pub use report::{Problem, VerifyReport};
pub use terms::{Candidates, Places, Term, term};
