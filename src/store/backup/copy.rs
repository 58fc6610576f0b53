//! Copying one snapshot of the ledger into a new file, whatever its tables are.

use std::path::Path;
use std::sync::Arc;

use redb::{ReadableTable, TableHandle};

use crate::store::error::StoreError;
use crate::store::medium::{self, FileMedium};
use crate::store::snapshot::Snapshot;
use crate::store::tables;

/// Memory for pages of the copy, in bytes.
const CACHE: usize = 16 << 20;
/// Bytes in one transaction of the copy.
const BATCH: usize = 32 << 20;

/// Writes everything the snapshot sees into a file that must not exist yet. Nothing of it is useful before this returns.
///
/// # Errors
/// When the snapshot cannot be read or the file not written.
pub fn copy_ledger(snapshot: &Snapshot, path: &Path) -> Result<(), StoreError> {
    let exists = || std::io::Error::from(std::io::ErrorKind::AlreadyExists);
    if path.symlink_metadata().is_ok() {
        return Err(StoreError::Open { path: path.to_owned(), source: Arc::new(exists().into()) });
    }
    let copy = medium::database(&FileMedium::new(path.to_owned()), CACHE)?;
    let source = snapshot.transaction();
    let names: Vec<String> = source.list_tables()?.map(|table| table.name().to_owned()).collect();
    for name in &names {
        let Some(from) = tables::open(source, name)? else { continue };
        let mut rows = from.iter()?;
        loop {
            let mut transaction = copy.begin_write()?;
            transaction.set_two_phase_commit(true);
            let mut bytes = 0;
            {
                let mut to = transaction.open_table(tables::definition(name))?;
                while bytes < BATCH
                    && let Some(row) = rows.next()
                {
                    let (key, value) = row?;
                    bytes += key.value().len() + value.value().len();
                    to.insert(key.value(), value.value())?;
                }
            }
            transaction.commit()?;
            if bytes < BATCH {
                break;
            }
        }
    }
    copy.close().map_err(StoreError::from)
}
