//! How webhooks are stored: under their tenant, found by their id alone when something is delivered.

use super::{Index, IndexRows, Record, scoped};
use crate::domain::ids::WebhookId;
use crate::domain::webhook::Webhook;

/// Unique: `id`, whichever tenant it belongs to.
pub const BY_ID: Index = Index("by_id");

/// The key of [`BY_ID`].
#[must_use]
pub fn id_key(id: WebhookId) -> Vec<u8> {
    id.bytes().to_vec()
}

impl Record for Webhook {
    const TABLE: &'static str = "webhook";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }

    fn index(&self, rows: &mut IndexRows) {
        rows.unique(BY_ID, id_key(self.id));
    }
}
