//! A ledger file read without the ledger: what its tables hold, whatever any check says about it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableHandle};

/// Keys and values by table.
pub type Rows = BTreeMap<String, Vec<(Vec<u8>, Vec<u8>)>>;

/// The rows of the wanted tables; `None` when the file cannot be read as a database at all. Opening may repair the file,
/// so it is given a copy.
pub fn rows(copy: &Path, wanted: impl Fn(&str) -> bool) -> Option<Rows> {
    catch_unwind(AssertUnwindSafe(|| read(copy, &wanted).ok())).ok().flatten()
}

fn read(file: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Rows, redb::Error> {
    let database = Database::open(file)?;
    let transaction = database.begin_read()?;
    let names: Vec<String> = transaction.list_tables()?.map(|table| table.name().to_owned()).filter(|name| wanted(name)).collect();
    let mut found = Rows::new();
    for name in names {
        let table = transaction.open_table(TableDefinition::<&[u8], &[u8]>::new(&name))?;
        let mut rows = Vec::new();
        for row in table.iter()? {
            let (key, value) = row?;
            rows.push((key.value().to_vec(), value.value().to_vec()));
        }
        found.insert(name, rows);
    }
    Ok(found)
}
