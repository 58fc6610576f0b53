//! How calendars are stored: under their tenant, in the order in which they were made.

use super::{Record, scoped};
use crate::domain::calendar::Calendar;

impl Record for Calendar {
    const TABLE: &'static str = "calendar";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.id.bytes()])
    }
}
