//! Logs of runs: what they printed, line by line, bounded, sealed, found again by line number.
//!
//! Output is normalised **when it is written**, in blocks: a block is cut after its last line feed and stored as one frame of
//! whole lines of one stream (`assemble`), so that reading needs no assembly, whatever the interleaving, and any
//! line is found by a look into a small index and a walk over a few frames. A line that is not complete yet waits in memory, at most
//! 64 KiB per stream; so what a crash leaves is the log up to its last whole line. The price is that a line shows when it is
//! complete, and takes its number then; its time is that of its first byte.
//!
//! - Writing: [`LogStore::start`] gives a [`LogWriter`]; it pumps the pipes (`pump`), caps, filters and seals (`writer`, `disk`).
//! - The digest of a seal is the SHA-256 of the plain `.log` download (`canon`); times and streams are not in it.
//! - Reading: [`LogStore::read`] gives a [`LogReader`] over any form (`form`, `source`, `walk`): pages, tail, [`Search`], [`Export`], [`Follow`].
//! - At rest: inline in the ledger when small, else packed (`pack`). After a crash: `recover`.
//!
//! It knows nothing of users, of what a run is for, or of the ledger: the caller commits the [`LogSeal`](crate::domain::run::LogSeal).

mod assemble;
mod canon;
mod disk;
mod error;
mod export;
mod follow;
mod form;
mod frame;
mod index;
mod key;
mod live;
pub mod marks;
mod mask;
mod pack;
mod pump;
mod reader;
mod recover;
mod search;
mod shelf;
mod source;
mod walk;
mod writer;

#[cfg(test)]
mod model;

pub use error::LogError;
pub use export::{Export, ExportForm};
pub use follow::{Follow, FollowEvent};
pub use frame::Stream;
pub use key::LogKey;
pub use mask::STREAMS;
pub use pump::Pipes;
pub use reader::{LINE_BYTES, LinePage, LineQuery, LogLine, LogReader, LogStats, PAGE_BYTES, PAGE_LINES};
pub use search::{Case, HITS, Hit, HitPage, Search, Wanted};
pub use shelf::LogStore;
pub use writer::{Filter, LogBody, LogOptions, LogWriter, SealedLog};

/// Bytes read from a pipe at once.
pub const BLOCK: usize = 128 * 1024;
/// A line longer than this is stored in pieces and readers show its beginning, in bytes.
pub const LONG_LINE: usize = 64 * 1024;
/// A log that is not larger than this when it is sealed is kept in the ledger, in bytes with its headers.
pub const INLINE_MAX: usize = 4 * 1024;
