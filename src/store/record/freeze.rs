//! How freezes are stored: under their tenant, in the order in which they were made.

use super::{Record, scoped};
use crate::domain::freeze::Freeze;

impl Record for Freeze {
    const TABLE: &'static str = "freeze";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }
}
