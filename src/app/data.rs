//! The data directory: made private, held by one server at a time, named once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::fault::{Class, Code, Fault};
use crate::base::file;
use crate::service::HELD;
use crate::store::StoreError;
use crate::store::lock::DataLock;

/// The data directory cannot be used.
pub const UNUSABLE: Code = Code::new("EG-SYS-004", Class::Unavailable, "Data directory cannot be used");

/// The data directory, held until dropped.
#[derive(Debug)]
pub struct DataDir {
    pub path: PathBuf,
    /// 32 random hexadecimal digits, made at first start.
    pub install_id: String,
    _lock: DataLock,
}

impl DataDir {
    /// Makes or opens the directory and takes its lock.
    ///
    /// # Errors
    /// When another server holds it, or it cannot be written.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let unusable = |error: io::Error| {
            let fault = UNUSABLE.fault(format!("{}: {error}", path.display())).cause(error);
            fault.hint("name a directory that the server's user may write with data_dir or --data-dir")
        };
        file::private_dir(path).map_err(unusable)?;
        let path = path.canonicalize().map_err(unusable)?;
        let lock = take_lock(&path)?;
        let install_id = install_id(&path).map_err(unusable)?;
        Ok(Self { path, install_id, _lock: lock })
    }
}

fn take_lock(dir: &Path) -> Result<DataLock, Fault> {
    DataLock::take(dir).map_err(|error| match error {
        StoreError::Locked { pid } => HELD
            .fault(format!("another server (process {pid}) works on {}", dir.display()))
            .hint("stop that server, or name another directory with data_dir or --data-dir"),
        error => UNUSABLE.fault(format!("{}: {error}", dir.display())).cause(error),
    })
}

fn install_id(dir: &Path) -> io::Result<String> {
    let place = dir.join("install-id");
    match fs::read_to_string(&place) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let fresh = hex::encode(rand::random::<[u8; 16]>());
            file::write_atomic(&place, format!("{fresh}\n").as_bytes(), file::PRIVATE_FILE)?;
            Ok(fresh)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_one_name_for_ever() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("data");
        let first = DataDir::open(&path).expect("opens");
        let refused = DataDir::open(&path).expect_err("held");
        assert_eq!(refused.code(), HELD);
        assert!(refused.detail().contains(&format!("process {}", std::process::id())), "{refused}");
        let name = first.install_id.clone();
        drop(first);
        assert_eq!(DataDir::open(&path).expect("free again").install_id, name);
        assert_ne!(DataDir::open(&dir.path().join("other")).expect("opens").install_id, name);
    }
}
