//! Tar archives, entry by entry. Only regular files and folders are accepted; owners, modes, times and attributes are
//! dropped. Long names of GNU and pax are read here, with bounds, instead of by the tar crate, which has none.

use std::io::Read;

use tar::{Archive, EntryType};

use super::collect::{Collector, read_error};
use super::fault::BundleError;

/// Longest extension record (a long name, a set of pax attributes), in bytes.
const EXTENSION_BYTES: u64 = 64 * 1024;

/// Reads a tar archive into the collector.
pub fn read(source: impl Read, collector: &mut Collector) -> Result<(), BundleError> {
    let mut archive = Archive::new(source);
    let mut long_name: Option<Vec<u8>> = None;
    for entry in archive.entries().map_err(read_error)?.raw(true) {
        let mut entry = entry.map_err(read_error)?;
        collector.count()?;
        let header = entry.header().clone();
        let kind = header.entry_type();
        let size = header.entry_size().map_err(read_error)?;
        let own_name = header.path_bytes().into_owned();
        match kind {
            EntryType::GNULongName => {
                let mut name = extension(&mut entry, size, &own_name)?;
                while name.last() == Some(&0) {
                    name.pop();
                }
                long_name = Some(name);
                continue;
            }
            EntryType::XHeader => {
                let records = extension(&mut entry, size, &own_name)?;
                if let Some(name) = pax_path(&records, &own_name)? {
                    long_name = Some(name);
                }
                continue;
            }
            // Archives of git carry their commit in a global record.
            EntryType::XGlobalHeader => {
                let records = extension(&mut entry, size, &own_name)?;
                if pax_path(&records, &own_name)?.is_some() {
                    return Err(BundleError::entry(&own_name, "is a global record that names a path"));
                }
                continue;
            }
            _ => {}
        }
        let name = long_name.take().unwrap_or(own_name);
        let rule = match kind {
            EntryType::Regular | EntryType::Continuous => None,
            EntryType::Directory => {
                // The folder itself, as `tar -C folder .` writes it.
                let trimmed: Vec<u8> = name.strip_suffix(b"/").unwrap_or(&name).to_vec();
                if !matches!(trimmed.as_slice(), b"." | b"") {
                    collector.path(&trimmed)?;
                }
                continue;
            }
            EntryType::Symlink | EntryType::GNULongLink => Some("is a symbolic link; links of any kind are refused"),
            EntryType::Link => Some("is a hard link; links of any kind are refused"),
            EntryType::Char | EntryType::Block => Some("is a device"),
            EntryType::Fifo => Some("is a named pipe"),
            EntryType::GNUSparse => Some("is a sparse file"),
            _ => Some("is of a kind that is not accepted"),
        };
        if let Some(rule) = rule {
            return Err(BundleError::entry(&name, rule));
        }
        if name.ends_with(b"/") {
            return Err(BundleError::entry(&name, "is a file with the name of a folder"));
        }
        if let Some(path) = collector.path(&name)? {
            collector.add(path, size, &mut entry)?;
        }
    }
    if long_name.is_some() {
        return Err(BundleError::damaged("it ends after a long name"));
    }
    Ok(())
}

fn extension(entry: &mut impl Read, size: u64, name: &[u8]) -> Result<Vec<u8>, BundleError> {
    if size > EXTENSION_BYTES {
        return Err(BundleError::entry(name, format!("has an extension record of more than {EXTENSION_BYTES} bytes")));
    }
    let mut bytes = Vec::new();
    entry.take(size).read_to_end(&mut bytes).map_err(read_error)?;
    if bytes.len() as u64 != size {
        return Err(BundleError::damaged("it ends within an extension record"));
    }
    Ok(bytes)
}

/// The path in a set of pax records (`LENGTH KEY=VALUE\n`). Records that change what an entry is are refused.
fn pax_path(records: &[u8], name: &[u8]) -> Result<Option<Vec<u8>>, BundleError> {
    let mut path = None;
    let mut rest = records;
    while !rest.is_empty() && rest[0] != 0 {
        let space = rest.iter().position(|byte| *byte == b' ');
        let length = space.and_then(|space| std::str::from_utf8(&rest[..space]).ok()?.parse::<usize>().ok());
        let (Some(space), Some(length)) = (space, length) else { return Err(BundleError::damaged("a pax record has no length")) };
        let Some(record) = rest.get(space + 1..length).and_then(|record| record.strip_suffix(b"\n")) else {
            return Err(BundleError::damaged("a pax record has a wrong length"));
        };
        let Some(equals) = record.iter().position(|byte| *byte == b'=') else {
            return Err(BundleError::damaged("a pax record has no value"));
        };
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        match key {
            b"path" => path = Some(value.to_vec()),
            b"linkpath" => return Err(BundleError::entry(name, "is a link; links of any kind are refused")),
            b"size" => return Err(BundleError::entry(name, "overrides its size by a pax record")),
            key if key.starts_with(b"GNU.sparse.") => return Err(BundleError::entry(name, "is a sparse file")),
            _ => {}
        }
        rest = &rest[length..];
    }
    Ok(path)
}
