//! Backups: the whole data directory as of one moment in one file, made while the appliance works.
//!
//! **Form.** A zstd-compressed tar, sealed by a [`Seal`]. Its first member is `about.json`, its last `manifest.json` with
//! the length and SHA-256 of every other. Between them: `ledger.redb`, a copy of one snapshot, and after it the files
//! beside the ledger, so that whatever the snapshot names is there. Left out: locks, set-up tokens, temporary files and
//! unpacked packages, which are made again from their contents.
//!
//! **Sealing.** [`Aged`] makes the whole file one age file, which the `age` tool opens too; [`Plain`] leaves it as it is.

mod copy;
mod create;
mod error;
mod manifest;
mod restore;
mod seal;
mod vault;

pub use copy::copy_ledger;
pub use create::create;
pub use error::BackupError;
pub use manifest::{About, BackupReport, Member};
pub use restore::{restore, verify};
pub use seal::{Aged, Plain, Seal, is_sealed, wants_passphrase};
pub use vault::{Opener, VaultReport, inspect};
