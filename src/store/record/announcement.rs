//! How announcements and what readers said are stored: announcements in the order in which they were made, over all
//! tenants, since there are few; what readers said under the announcement.

use super::Record;
use crate::domain::announcement::{Acknowledgement, Announcement};
use crate::domain::ids::{AnnouncementId, UserId};

impl Record for Announcement {
    const TABLE: &'static str = "announcement";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        self.id.bytes().to_vec()
    }
}

#[must_use]
pub fn acknowledgement_key(announcement: AnnouncementId, user: UserId) -> Vec<u8> {
    [announcement.bytes().as_slice(), user.bytes()].concat()
}

impl Record for Acknowledgement {
    const TABLE: &'static str = "acknowledgement";
    const SHAPE: u8 = 1;

    fn key(&self) -> Vec<u8> {
        acknowledgement_key(self.announcement, self.user)
    }
}
