//! Stored bytes: one byte of form, one of shape, the record version (LEB128), then the JSON.
//!
//! Form 1 is plain JSON; form 2 is JSON compressed with zstd, used when it is smaller. A form is never changed once it
//! was released; a new one gets the next number.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};

use super::error::StoreError;

const PLAIN: u8 = 1;
const ZSTD: u8 = 2;
/// Records below this size are not worth compressing, in bytes.
const COMPRESS_FROM: usize = 128;
const LEVEL: i32 = 3;
/// Largest record after decompression, in bytes.
const RECORD_MAX: usize = 64 << 20;

thread_local! {
    /// One of each for every thread: making them costs more than packing or unpacking a record.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// A record as it lies in its table.
#[derive(Debug)]
pub struct Raw {
    pub shape: u8,
    pub version: u64,
    pub json: Vec<u8>,
}

/// The record version alone.
pub fn version(bytes: &[u8]) -> Option<u64> {
    version_and_body(bytes.get(2..)?).map(|(version, _)| version)
}

pub fn encode(shape: u8, version: u64, json: &[u8]) -> Vec<u8> {
    let packed = if json.len() >= COMPRESS_FROM { pack(json).ok().filter(|packed| packed.len() < json.len()) } else { None };
    let (form, body) = packed.as_deref().map_or((PLAIN, json), |packed| (ZSTD, packed));
    let mut bytes = Vec::with_capacity(12 + body.len());
    bytes.extend_from_slice(&[form, shape]);
    let mut rest = version;
    while rest >= 0x80 {
        bytes.push(low_bits(rest) | 0x80);
        rest >>= 7;
    }
    bytes.push(low_bits(rest));
    bytes.extend_from_slice(body);
    bytes
}

pub fn decode(table: &str, bytes: &[u8]) -> Result<Raw, StoreError> {
    let [form, shape, rest @ ..] = bytes else { return Err(StoreError::decode(table, "too short")) };
    let (version, body) = version_and_body(rest).ok_or_else(|| StoreError::decode(table, "no record version"))?;
    let json = match *form {
        PLAIN => body.to_vec(),
        ZSTD => unpack(body).map_err(|error| StoreError::decode(table, error.to_string()))?,
        other => return Err(StoreError::decode(table, format!("unknown form {other}"))),
    };
    Ok(Raw { shape: *shape, version, json })
}

fn pack(json: &[u8]) -> io::Result<Vec<u8>> {
    PACKER.with_borrow_mut(|kept| match kept {
        Some(packer) => packer.compress(json),
        None => kept.insert(Compressor::new(LEVEL)?).compress(json),
    })
}

fn unpack(body: &[u8]) -> io::Result<Vec<u8>> {
    let len = unpacked_len(body);
    UNPACKER.with_borrow_mut(|kept| match kept {
        Some(unpacker) => unpacker.decompress(body, len),
        None => kept.insert(Decompressor::new()?).decompress(body, len),
    })
}

/// What the frame itself says, within bounds.
fn unpacked_len(body: &[u8]) -> usize {
    let said = zstd::zstd_safe::get_frame_content_size(body).ok().flatten().and_then(|len| usize::try_from(len).ok());
    said.unwrap_or(RECORD_MAX).min(RECORD_MAX)
}

fn version_and_body(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut version = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        version |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(at).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((version, &bytes[at + 1..]));
        }
    }
    None
}

fn low_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & 0x7f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_survive(shape in any::<u8>(), record in any::<u64>(), json in prop::collection::vec(97_u8..100, 0..2_000)) {
            let bytes = encode(shape, record, &json);
            prop_assert_eq!(version(&bytes), Some(record));
            let raw = decode("t", &bytes).expect("ours");
            prop_assert_eq!((raw.shape, raw.version, raw.json), (shape, record, json));
        }

        #[test]
        fn strange_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = (version(&bytes), decode("t", &bytes));
        }
    }

    #[test]
    fn small_or_large() {
        assert_eq!(encode(7, 300, b"{}"), [1, 7, 0xac, 2, b'{', b'}']);
        assert!(encode(1, 1, &[b'x'; 1000]).len() < 100);
    }
}
