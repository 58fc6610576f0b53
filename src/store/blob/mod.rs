//! Content by its SHA-256: artifacts, packages, input files.
//!
//! ```text
//! blobs/ab/ab12...   one file for each content, mode 0600, synced before it has its name
//! blobs/tmp/         being written; emptied at start
//! ```
//! Nothing here counts references: who stores an id in the ledger does, and retention deletes what nobody names and what
//! was not put for a while ([`BlobEntry::put_at`] is renewed when the same content is put again).

mod error;
mod id;
mod media;
mod put;
mod shelf;
mod whole;

pub use error::BlobError;
pub use id::{BlobId, BlobIdError};
pub use media::media_type;
pub use put::BlobWriter;
pub use shelf::{Blob, BlobEntry, BlobStore};
