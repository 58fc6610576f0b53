//! Webhooks: addresses at which another system starts runs of one capability, with a signature that ages.
//!
//! What is signed is `TIMESTAMP.BODY`, with HMAC-SHA256. The key is not stored anywhere: it is derived from the appliance's own
//! key, the webhook and its generation, so that rotating means counting up.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::clock::Timestamp;
use crate::domain::audit::Actor;
use crate::domain::http::AddressRule;
use crate::domain::ids::{CapabilityId, TenantKey, WebhookId};

/// Webhooks of one tenant, at most.
pub const WEBHOOKS_MOST: usize = 500;
/// Longest name, in characters.
pub const NAME_CHARS: usize = 80;
/// Addresses that may deliver, at most.
pub const SOURCES_MOST: usize = 100;
/// Largest delivery, in bytes.
pub const BODY_BYTES: usize = 256 * 1024;
/// How old a signature may be, and how far in the future, in seconds.
pub const AGE_S: i64 = 300;
/// Deliveries in a minute, unless said otherwise, and at most.
pub const RATE: u32 = 60;
pub const RATE_MOST: u32 = 6_000;

/// An address that starts runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    pub id: WebhookId,
    pub tenant: TenantKey,
    pub name: String,
    pub capability: CapabilityId,
    /// Where in the body the inputs are: a JSON Pointer; the body itself when empty.
    #[serde(default)]
    pub inputs_at: String,
    /// Inputs that every run gets; a delivery cannot change them.
    #[serde(default)]
    pub fixed: Map<String, Value>,
    /// Addresses and ranges that may deliver; everybody who can sign when empty.
    #[serde(default)]
    pub sources: Vec<String>,
    pub rate_per_minute: u32,
    /// Counts up when the key is rotated.
    pub generation: u32,
    /// Until then the key before is good too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Who made it: runs are started with the rights that this person has at that time.
    pub created_by: Actor,
}

impl Webhook {
    /// Whether somebody at an address may deliver.
    #[must_use]
    pub fn admits(&self, source: Option<std::net::IpAddr>) -> bool {
        let listed = |address| self.sources.iter().filter_map(|text| text.parse::<AddressRule>().ok()).any(|rule| rule.allows(address, 0));
        self.sources.is_empty() || source.is_some_and(listed)
    }

    /// The generations whose keys are good now, the newest first.
    #[must_use]
    pub fn generations(&self, now: Timestamp) -> Vec<u32> {
        let former =
            self.grace_until.filter(|until| now < *until).and_then(|_| self.generation.checked_sub(1)).filter(|former| *former > 0);
        std::iter::once(self.generation).chain(former).collect()
    }

    /// The inputs of the run that a delivery asks for.
    ///
    /// # Errors
    /// When there is no object where the inputs should be, or it names a fixed one.
    pub fn inputs(&self, body: &Value) -> Result<Map<String, Value>, String> {
        let Some(Value::Object(found)) = body.pointer(&self.inputs_at) else {
            let place = if self.inputs_at.is_empty() { "the body".to_owned() } else { format!("`{}` of the body", self.inputs_at) };
            return Err(format!("{place} must be a JSON object: the inputs of the run"));
        };
        if let Some(name) = found.keys().find(|name| self.fixed.contains_key(*name)) {
            return Err(format!("the input `{name}` is fixed by the webhook and cannot be delivered"));
        }
        Ok(found.iter().chain(&self.fixed).map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// What the key of a generation is derived from.
#[must_use]
pub fn derivation(id: WebhookId, generation: u32) -> Vec<u8> {
    format!("execgov webhook {id} {generation}").into_bytes()
}

/// What is signed.
#[must_use]
pub fn signed_text(timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(timestamp.len() + 1 + body.len());
    text.extend_from_slice(timestamp.as_bytes());
    text.push(b'.');
    text.extend_from_slice(body);
    text
}

/// Whether a moment in seconds since 1970 is near enough.
#[must_use]
pub fn is_fresh(timestamp: &str, now: Timestamp) -> bool {
    let plain = (1..=12).contains(&timestamp.len()) && timestamp.bytes().all(|b| b.is_ascii_digit());
    plain && timestamp.parse::<i64>().is_ok_and(|at| (now.as_second() - at).abs() <= AGE_S)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn webhook(with: &Value) -> Webhook {
        let mut whole = json!({
            "id": "hok_00000000000070008000000000000001", "tenant": "default", "name": "shop", "capability": "cap_00000000000070008000000000000001",
            "rate_per_minute": 60, "generation": 1, "created_at": "2026-01-01T00:00:00Z", "created_by": { "kind": "user" }
        });
        whole.as_object_mut().expect("object").extend(with.as_object().expect("object").clone());
        serde_json::from_value(whole).expect("a webhook")
    }

    #[test]
    fn deliveries_fill_inputs_and_touch_nothing_else() {
        let hook = webhook(&json!({ "inputs_at": "/order", "fixed": { "mode": "safe" } }));
        assert_eq!(hook.inputs(&json!({ "order": { "id": 7 } })).map(Value::Object), Ok(json!({ "id": 7, "mode": "safe" })));
        for bad in [json!({}), json!({ "order": [] }), json!({ "order": { "mode": "wild" } })] {
            assert!(hook.inputs(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sources_ages_and_generations() {
        let now: Timestamp = "2026-01-01T00:10:00Z".parse().expect("a moment");
        let at = now.as_second();
        for (text, fresh) in [
            (at.to_string(), true),
            ((at - AGE_S).to_string(), true),
            ((at - AGE_S - 1).to_string(), false),
            ((at + AGE_S + 1).to_string(), false),
            (format!("+{at}"), false),
            (String::new(), false),
            ("9".repeat(30), false),
        ] {
            assert_eq!(is_fresh(&text, now), fresh, "{text}");
        }
        let hook = webhook(&json!({ "sources": ["10.0.0.0/8"], "generation": 3, "grace_until": "2026-01-01T00:11:00Z" }));
        assert!(hook.admits("10.1.2.3".parse().ok()) && !hook.admits("11.1.2.3".parse().ok()) && !hook.admits(None));
        assert!(webhook(&json!({})).admits(None));
        assert_eq!(hook.generations(now), [3, 2]);
        assert_eq!(hook.generations("2026-01-01T00:12:00Z".parse().expect("a moment")), [3]);
        assert_eq!(webhook(&json!({ "grace_until": "2026-01-01T00:11:00Z" })).generations(now), [1], "there is none before the first");
    }
}
