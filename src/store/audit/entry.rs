//! An entry of the log: an event in the bytes that are hashed.

use serde_json::{Map, json};

use crate::base::clock::Timestamp;
use crate::crypto::tiles::ENTRY_MAX;
use crate::crypto::{canonical, digest};
use crate::domain::audit::{Actor, ActorKind, Event, Outcome, Subject};
use crate::domain::ids::TenantKey;

/// An event ready to be written.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The event's moment, in microseconds since 1970.
    pub at: i64,
    /// The exact bytes that are hashed.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// # Errors
    /// When the event has no JSON form, or is too long without its details.
    pub fn of(mut event: Event) -> Result<Self, String> {
        let mut bytes = canonical::to_bytes(&event).map_err(|error| error.to_string())?;
        if bytes.len() > ENTRY_MAX {
            let details = canonical::to_bytes(&event.details).map_err(|error| error.to_string())?;
            event.details = Map::new();
            event.details.insert("details_bytes".to_owned(), json!(details.len()));
            event.details.insert("details_sha256".to_owned(), json!(digest::sha256_hex(&details)));
            bytes = canonical::to_bytes(&event).map_err(|error| error.to_string())?;
        }
        if bytes.len() > ENTRY_MAX {
            return Err(format!("`{}` takes {} bytes, an entry of the log has {ENTRY_MAX} at most", event.action, bytes.len()));
        }
        Ok(Self { at: event.at.as_microsecond(), bytes })
    }

    /// The event that says that time went backwards: the last entry's moment, the next one's, and what the clock shows.
    pub fn clock_anomaly(now: Timestamp, previous: Timestamp, next: Timestamp) -> Result<Self, String> {
        let mut details = Map::new();
        details.insert("previous".to_owned(), json!(previous.to_string()));
        details.insert("next".to_owned(), json!(next.to_string()));
        Self::of(Event {
            at: now,
            tenant: TenantKey::platform(),
            action: "clock.anomaly".to_owned(),
            outcome: Outcome::Done,
            actor: Actor { kind: ActorKind::System, id: None, name: None, token: None },
            subject: Subject { kind: "audit".to_owned(), id: None, name: None },
            reason: None,
            source: None,
            request: None,
            details,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(details: usize, name: usize) -> Event {
        let moment = Timestamp::UNIX_EPOCH;
        let anomaly = Entry::clock_anomaly(moment, moment, moment).expect("small");
        let mut event: Event = serde_json::from_slice(&anomaly.bytes).expect("an event");
        event.details.insert("text".to_owned(), json!("x".repeat(details)));
        event.subject.name = Some("y".repeat(name));
        event
    }

    #[test]
    fn an_entry_always_fits_or_is_refused() {
        assert!(Entry::of(event(10, 0)).expect("fits").bytes.ends_with(b"\"tenant\":\"public\"}"));
        let shortened = Entry::of(event(100_000, 0)).expect("fits without details");
        let back: Event = serde_json::from_slice(&shortened.bytes).expect("an event");
        assert_eq!(back.details.keys().collect::<Vec<_>>(), ["details_bytes", "details_sha256"]);
        assert!(Entry::of(event(10, 100_000)).is_err());
    }
}
