//! Stored bytes: one byte of form, one of shape, four of record version (big-endian), then the JSON.
//!
//! Form 1 is plain JSON; form 2 is JSON compressed with zstd, used when it is smaller.

use super::StoreError;

const PLAIN: u8 = 1;
const ZSTD: u8 = 2;
/// Records below this size are not worth compressing, in bytes.
const COMPRESS_FROM: usize = 256;
/// Largest record after decompression, in bytes.
const RECORD_MAX: usize = 64 << 20;

/// A record as it lies in its table.
#[derive(Debug)]
pub struct Raw {
    pub shape: u8,
    pub version: u64,
    pub json: Vec<u8>,
}

/// The record version alone.
pub fn version(bytes: &[u8]) -> Option<u64> {
    let [_, _, a, b, c, d, ..] = bytes else { return None };
    Some(u64::from(u32::from_be_bytes([*a, *b, *c, *d])))
}

pub fn encode(shape: u8, version: u64, json: &[u8]) -> Vec<u8> {
    let packed =
        if json.len() >= COMPRESS_FROM { zstd::bulk::compress(json, 3).ok().filter(|packed| packed.len() < json.len()) } else { None };
    let (form, body) = packed.as_deref().map_or((PLAIN, json), |packed| (ZSTD, packed));
    let mut bytes = Vec::with_capacity(6 + body.len());
    bytes.extend_from_slice(&[form, shape]);
    bytes.extend_from_slice(&u32::try_from(version).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

pub fn decode(table: &str, bytes: &[u8]) -> Result<Raw, StoreError> {
    let broken = |why: &str| StoreError::Decode { table: table.to_owned(), why: why.to_owned() };
    let ([form, shape, ..], Some(version)) = (bytes, version(bytes)) else { return Err(broken("too short")) };
    let body = &bytes[6..];
    let json = match *form {
        PLAIN => body.to_vec(),
        ZSTD => zstd::bulk::decompress(body, RECORD_MAX).map_err(|error| broken(&error.to_string()))?,
        _ => return Err(broken("unknown form")),
    };
    Ok(Raw { shape: *shape, version, json })
}
