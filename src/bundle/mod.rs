//! Packages as bytes: uploads and folders read safely, one canonical archive, files laid out for a run.
//!
//! Whatever comes from outside is checked whole, in memory, before anything is written. Archives inside archives are
//! plain files.

pub mod canonical;

mod archive;
mod collect;
mod fault;
mod folder;
mod read;
mod tape;
mod unpack;

pub use collect::Bounds;
pub use fault::{BundleError, DAMAGED, LIMIT, LOCAL, UNSAFE, UNSUPPORTED};
pub use read::{read_path, read_upload};
pub use unpack::{remove_unpacked, unpack_to};

#[cfg(test)]
mod tests;
