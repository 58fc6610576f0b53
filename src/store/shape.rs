//! What a type must say to be stored: its table, its key, its indexes, and how older shapes are read.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec;
use super::error::StoreError;

/// An index of a table, by name. Its rows lie in a table of their own, `<table>.<index>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index(pub &'static str);

/// A record with the number of times its key was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<R> {
    pub record: R,
    pub version: u64,
}

/// A stored shape that this program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shape {0} is not known")]
pub struct ShapeError(pub u8);

/// One row of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRow {
    pub index: Index,
    pub key: Vec<u8>,
    pub unique: bool,
}

/// The index rows of one record.
#[derive(Debug, Default)]
pub struct IndexRows(pub(super) Vec<IndexRow>);

impl IndexRows {
    /// A row whose key belongs to this record alone because it ends with something unique, such as its id.
    pub fn add(&mut self, index: Index, key: Vec<u8>) {
        self.0.push(IndexRow { index, key, unique: false });
    }

    /// A row that no other record may have.
    pub fn unique(&mut self, index: Index, key: Vec<u8>) {
        self.0.push(IndexRow { index, key, unique: true });
    }
}

/// A type that is stored.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    const TABLE: &'static str;
    /// Grows by one with every change that old bytes do not survive.
    const SHAPE: u8;

    fn key(&self) -> Vec<u8>;

    fn index(&self, _rows: &mut IndexRows) {}

    /// Reads the JSON of an older shape.
    ///
    /// # Errors
    /// When the shape is not known, which is the default for all but the current one.
    fn upgrade(shape: u8, _value: serde_json::Value) -> Result<Self, ShapeError> {
        Err(ShapeError(shape))
    }
}

/// Decodes a record of whatever shape.
pub(super) fn read<R: Record>(bytes: &[u8]) -> Result<Stored<R>, StoreError> {
    let raw = codec::decode(R::TABLE, bytes)?;
    let broken = |why: String| StoreError::Decode { table: R::TABLE.to_owned(), why };
    let record = if raw.shape == R::SHAPE {
        serde_json::from_slice(&raw.json).map_err(|error| broken(error.to_string()))?
    } else {
        let value = serde_json::from_slice(&raw.json).map_err(|error| broken(error.to_string()))?;
        R::upgrade(raw.shape, value).map_err(|error| broken(error.to_string()))?
    };
    Ok(Stored { record, version: raw.version })
}
