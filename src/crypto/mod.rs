//! Digests, canonical JSON, the Merkle tree of the audit log, signatures, sealing. Knows no nouns of the product.

pub mod canonical;
pub mod checkpoint;
pub mod datakey;
pub mod digest;
pub mod dsse;
pub mod envelope;
pub mod key;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod secret;
pub mod tiles;

pub use note::LogSigner;
