//! Packs a sealed log: the same bytes in independently compressed blocks, so that any line is one block away.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::error::{Damage, LogError};
use super::form::{MAGIC, PACK_BLOCK, PACKED, encode_tail};
use super::source::Source;
use crate::domain::run::LogSeal;

/// Fast, and output of programs shrinks to a tenth all the same.
const LEVEL: i32 = 3;

/// Writes the packed form of a log to a new file and syncs it.
///
/// # Errors
/// When a file cannot be read or written.
pub fn pack(source: &mut Source, seal: &LogSeal, to: File, path: &Path) -> Result<(), LogError> {
    let failed = |error: io::Error| LogError::io("pack", path)(error);
    let mut out = BufWriter::new(to);
    out.write_all(PACKED).map_err(failed)?;
    let mut packer = zstd::bulk::Compressor::new(LEVEL).map_err(failed)?;
    packer.include_checksum(true).map_err(failed)?;
    let (mut bytes, mut packed) = (Vec::new(), Vec::with_capacity(zstd::zstd_safe::compress_bound(PACK_BLOCK)));
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < source.end() {
        source.read(at, PACK_BLOCK, &mut bytes)?;
        if at == 0 && !bytes.starts_with(MAGIC) {
            return Err(LogError::Damaged { at, damage: Damage::Form });
        }
        packed.clear();
        let len = packer.compress_to_buffer(&bytes, &mut packed).map_err(failed)?;
        out.write_all(&packed).map_err(failed)?;
        blocks.push(u32::try_from(len).unwrap_or(u32::MAX));
        at += bytes.len() as u64;
    }
    out.write_all(&encode_tail(source.end(), source.index(), &blocks, seal)).map_err(failed)?;
    out.into_inner().map_err(|refused| failed(refused.into_error()))?.sync_all().map_err(failed)
}
