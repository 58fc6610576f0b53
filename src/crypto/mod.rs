//! Digests, canonical JSON, the Merkle tree of the audit log, signatures. Knows no nouns of the product.

pub mod canonical;
pub mod digest;
pub mod merkle;
pub mod note;
