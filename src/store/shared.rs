//! What the writer and the readers of one ledger have in common: the open database, its health, the size of the log.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::Database;
use tokio::sync::watch;

use super::error::StoreError;

/// Whether commits are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    Writable,
    /// The disk is full; commits are refused until there is room again. Reads go on.
    Full,
    /// Writing failed in a way after which nothing certain is known about the disk; only a restart helps. Reads go on.
    Stopped(String),
}

pub struct Shared {
    database: RwLock<Option<Arc<Database>>>,
    health: Mutex<Health>,
    pub size: watch::Sender<u64>,
}

impl Shared {
    pub fn new(database: Database, size: u64) -> Self {
        Self { database: RwLock::new(Some(Arc::new(database))), health: Mutex::new(Health::Writable), size: watch::Sender::new(size) }
    }

    pub fn database(&self) -> Result<Arc<Database>, StoreError> {
        self.database.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)
    }

    /// Puts another database in place of the current one, which is closed as soon as its last reader is done.
    pub fn replace(&self, database: Database) {
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(database));
    }

    pub fn close(&self) {
        drop(self.database.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    pub fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_health(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}
