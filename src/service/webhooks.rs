//! Webhooks: made, listed, rotated, removed; and the deliveries that start runs.
//!
//! Nobody is signed in when something is delivered: who can sign is believed, within the bounds of the webhook, and the run is
//! started with the rights that its maker has at that moment. Nothing is recorded for a delivery beyond its rate, so that
//! nobody can fill the ledger from outside.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ring::hmac;
use serde_json::json;
use zeroize::Zeroizing;

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::crypto::digest::sha256_hex;
use crate::domain::access::{Action, Caller, Resource, Whence};
use crate::domain::audit::{Outcome, Subject};
use crate::domain::capability::Capability;
use crate::domain::http::AddressRule;
use crate::domain::ids::{TenantKey, WebhookId};
use crate::domain::run::Trigger;
use crate::domain::webhook::{NAME_CHARS, RATE, RATE_MOST, SOURCES_MOST, WEBHOOKS_MOST, Webhook, derivation, is_fresh, signed_text};
use crate::service::capabilities::Capabilities;
use crate::service::gate::{Gate, absent, anonymous};
use crate::service::runs::{Runs, StartRequest, Started};
use crate::service::{commit_fault, persons, storage_fault};
use crate::store::record::scoped;
use crate::store::record::webhook::{BY_ID, id_key};
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::run::RunRequest;
use crate::wire::webhook::{Delivered, RotateRequest, WebhookMade, WebhookRequest, WebhookView, WebhookViews};

pub const BAD_WEBHOOK: Code = Code::new("EG-HOOK-001", Class::User, "The webhook makes no sense");
pub const TOO_MANY: Code = Code::new("EG-HOOK-002", Class::Conflict, "Too many webhooks");
/// Signature, age, source: which of them it was is not told.
pub const NOT_BELIEVED: Code = Code::new("EG-HOOK-003", Class::Unauthenticated, "The delivery is not believed");
pub const REPLAYED: Code = Code::new("EG-HOOK-004", Class::Conflict, "The delivery came before");
pub const TOO_FAST: Code = Code::new("EG-HOOK-005", Class::Busy, "Too many deliveries");
pub const BAD_BODY: Code = Code::new("EG-HOOK-006", Class::User, "The delivery is not what the webhook takes");
pub const NO_MAKER: Code = Code::new("EG-HOOK-007", Class::Conflict, "The webhook's maker is gone");

/// The longest that a former key stays good, in seconds.
const GRACE_MOST_S: u32 = 7 * 86_400;
/// How often a change is tried again.
const TRIES: usize = 5;
/// Webhooks whose rates are remembered; beyond that all start afresh.
const RATES: usize = 10_000;

/// A delivery as it came.
#[derive(Debug)]
pub struct Delivery<'a> {
    pub timestamp: &'a str,
    /// Hexadecimal.
    pub signature: &'a str,
    pub body: &'a [u8],
    pub source: Option<IpAddr>,
    pub whence: Whence,
}

/// The service of webhooks.
#[derive(Clone)]
pub struct Webhooks {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    capabilities: Capabilities,
    runs: Runs,
    /// What keys are derived from.
    root: Arc<Zeroizing<[u8; 32]>>,
    /// When the next delivery of a webhook is due at the earliest, in microseconds.
    rates: Arc<Mutex<HashMap<WebhookId, i64>>>,
}

impl Webhooks {
    #[must_use]
    pub fn new(
        ledger: Ledger,
        gate: Gate,
        clock: Arc<dyn Clock>,
        capabilities: Capabilities,
        runs: Runs,
        root: Zeroizing<[u8; 32]>,
    ) -> Self {
        Self { ledger, gate, clock, capabilities, runs, root: Arc::new(root), rates: Arc::default() }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    fn key(&self, id: WebhookId, generation: u32) -> String {
        let root = hmac::Key::new(hmac::HMAC_SHA256, self.root.as_slice());
        hex::encode(hmac::sign(&root, &derivation(id, generation)))
    }

    /// # Errors
    /// When the caller may not see them.
    pub async fn list(&self, caller: &Caller) -> Result<WebhookViews, Fault> {
        let _permit = self.gate.allow(caller, Action::WebhookView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let all: Vec<Stored<Webhook>> =
            snapshot.scan(&Scan::table(&scoped(&caller.tenant, &[])).limit(WEBHOOKS_MOST)).map_err(storage_fault)?;
        Ok(WebhookViews { items: all.iter().map(|stored| view(&snapshot, &stored.record)).collect::<Result<_, _>>()? })
    }

    /// Makes a webhook. The caller must be able to run the capability: deliveries are runs of theirs.
    ///
    /// # Errors
    /// [`BAD_WEBHOOK`] names the field; what the gate says about the capability.
    pub async fn add(&self, caller: &Caller, request: &WebhookRequest) -> Result<WebhookMade, Fault> {
        let permit = self.gate.allow(caller, Action::WebhookUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
        let webhook = match self.judge(caller, request) {
            Ok(webhook) => webhook,
            Err(fault) => {
                let name = Some(request.name.chars().take(NAME_CHARS).collect());
                self.gate.refuse(caller, "webhook.add", Subject { kind: "webhook".to_owned(), id: None, name }, &fault).await;
                return Err(fault);
            }
        };
        let mut event = permit.note(self.gate.event(caller, "webhook.add", subject(&webhook)));
        event.details.insert("webhook".to_owned(), json!(webhook));
        let mut commit = Commit::new();
        commit.insert(&webhook).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(WebhookMade { webhook: view(&self.read()?, &webhook)?, key: self.key(webhook.id, webhook.generation) })
    }

    fn judge(&self, caller: &Caller, request: &WebhookRequest) -> Result<Webhook, Fault> {
        let plain = |text: &str| !text.trim().is_empty() && text.chars().count() <= NAME_CHARS && !text.chars().any(char::is_control);
        if !plain(&request.name) {
            return Err(bad("/name", format!("`name` has 1 to {NAME_CHARS} characters and no control characters")));
        }
        let at = request.inputs_at.clone().unwrap_or_default();
        if at.len() > 500 || !(at.is_empty() || at.starts_with('/')) {
            return Err(bad("/inputs_at", "`inputs_at` must be a JSON Pointer such as /order".to_owned()));
        }
        if request.sources.len() > SOURCES_MOST {
            return Err(bad("/sources", format!("`sources` has at most {SOURCES_MOST} entries")));
        }
        for (place, text) in request.sources.iter().enumerate() {
            text.parse::<AddressRule>().map_err(|error| bad(&format!("/sources/{place}"), error.to_string()))?;
        }
        let rate = request.rate_per_minute.unwrap_or(RATE);
        if !(1..=RATE_MOST).contains(&rate) {
            return Err(bad("/rate_per_minute", format!("`rate_per_minute` must be from 1 to {RATE_MOST}")));
        }
        if caller.user_id().is_none() {
            return Err(bad("", "a webhook is made by a person, whose rights its runs have".to_owned()));
        }
        let snapshot = self.read()?;
        let capability = self.capabilities.id_of(&snapshot, &caller.tenant, &request.capability)?;
        let shown: String = request.capability.chars().take(80).collect();
        let capability = capability.ok_or_else(|| bad("/capability", format!("there is no capability `{shown}`")))?;
        let held = snapshot.count::<Webhook>(&Scan::table(&scoped(&caller.tenant, &[])).limit(WEBHOOKS_MOST)).map_err(storage_fault)?;
        if held >= WEBHOOKS_MOST as u64 {
            return Err(TOO_MANY
                .fault(format!("there are {WEBHOOKS_MOST} webhooks, the most that a tenant may have"))
                .param("limit", WEBHOOKS_MOST));
        }
        let now = self.clock.now();
        Ok(Webhook {
            id: WebhookId::new(now),
            tenant: caller.tenant.clone(),
            name: request.name.trim().to_owned(),
            capability,
            inputs_at: at,
            fixed: request.fixed.clone(),
            sources: request.sources.clone(),
            rate_per_minute: rate,
            generation: 1,
            grace_until: None,
            created_at: now,
            created_by: caller.actor(),
        })
    }

    /// Makes a new key; the one before stays good for the grace that is asked for.
    ///
    /// # Errors
    /// Not found; [`BAD_WEBHOOK`] for a grace beyond a week.
    pub async fn rotate(&self, caller: &Caller, id: &str, request: &RotateRequest) -> Result<WebhookMade, Fault> {
        let grace = request.grace_s.unwrap_or(0);
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::WebhookUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
            let Some(stored) = self.of_tenant(&caller.tenant, id)? else {
                return Err(self.gate.missing(caller, Action::WebhookUpdate, "webhook", id).await);
            };
            if grace > GRACE_MOST_S {
                let fault = bad("/grace_s", format!("`grace_s` is at most {GRACE_MOST_S}"));
                self.gate.refuse(caller, "webhook.rotate", subject(&stored.record), &fault).await;
                return Err(fault);
            }
            let until = self.clock.now().checked_add(jiff::SignedDuration::from_secs(grace.into())).ok();
            let webhook =
                Webhook { generation: stored.record.generation + 1, grace_until: until.filter(|_| grace > 0), ..stored.record.clone() };
            let mut event = permit.note(self.gate.event(caller, "webhook.rotate", subject(&webhook)));
            event.details.insert("generation".to_owned(), json!(webhook.generation));
            event.details.insert("grace_s".to_owned(), json!(grace));
            let mut commit = Commit::new();
            commit.update(&stored, &webhook).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(WebhookMade { webhook: view(&self.read()?, &webhook)?, key: self.key(webhook.id, webhook.generation) }),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// # Errors
    /// Not found.
    pub async fn remove(&self, caller: &Caller, id: &str) -> Result<(), Fault> {
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::WebhookUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
            let Some(stored) = self.of_tenant(&caller.tenant, id)? else {
                return Err(self.gate.missing(caller, Action::WebhookUpdate, "webhook", id).await);
            };
            let event = permit.note(self.gate.event(caller, "webhook.remove", subject(&stored.record)));
            let mut commit = Commit::new();
            commit.delete(&stored).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(()),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    fn of_tenant(&self, tenant: &TenantKey, id: &str) -> Result<Option<Stored<Webhook>>, Fault> {
        let Ok(id) = id.parse::<WebhookId>() else { return Ok(None) };
        self.read()?.get(&scoped(tenant, &[id.bytes()])).map_err(storage_fault)
    }

    /// Takes a delivery: believes it or not, and starts a run.
    ///
    /// # Errors
    /// [`NOT_BELIEVED`], [`REPLAYED`], [`TOO_FAST`], [`BAD_BODY`], and what starting a run answers.
    pub async fn deliver(&self, id: &str, delivery: Delivery<'_>) -> Result<Delivered, Fault> {
        let found: Option<Stored<Webhook>> = match id.parse::<WebhookId>() {
            Ok(id) => self.read()?.find(BY_ID, &id_key(id)).map_err(storage_fault)?,
            Err(_) => None,
        };
        let Some(webhook) = found.map(|stored| stored.record) else { return Err(absent("webhook")) };
        let now = self.clock.now();
        self.pace(&webhook, now)?;
        if !self.is_believed(&webhook, &delivery, now) {
            let fault = NOT_BELIEVED
                .fault("the signature, its age or the sender's address is not what this webhook takes")
                .hint("Sign TIMESTAMP.BODY with HMAC-SHA256; see `execgov help resources`.");
            self.refused(&webhook, &delivery, &fault).await;
            return Err(fault);
        }
        let started = self.start(&webhook, &delivery).await;
        if let Err(fault) = &started
            && [REPLAYED, BAD_BODY, NO_MAKER].contains(&fault.code())
        {
            self.refused(&webhook, &delivery, fault).await;
        }
        started
    }

    /// One after the other, so many in a minute: what comes faster is turned away before anything is looked at or written.
    fn pace(&self, webhook: &Webhook, now: Timestamp) -> Result<(), Fault> {
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.len() >= RATES && !rates.contains_key(&webhook.id) {
            rates.clear();
        }
        let (now, step) = (now.as_microsecond(), 60_000_000 / i64::from(webhook.rate_per_minute.max(1)));
        // A tenth of a minute's deliveries may come at once.
        let burst = step * (i64::from(webhook.rate_per_minute) / 10).max(1);
        let due = rates.entry(webhook.id).or_insert(i64::MIN);
        *due = (*due).max(now - burst);
        if *due > now {
            let wait = u64::try_from((*due - now) / 1_000_000 + 1).unwrap_or(1);
            let fault = TOO_FAST.fault(format!("this webhook takes {} deliveries in a minute", webhook.rate_per_minute));
            return Err(fault.param("limit", webhook.rate_per_minute).hint("Send again later.").retry_after(wait));
        }
        *due += step;
        Ok(())
    }

    fn is_believed(&self, webhook: &Webhook, delivery: &Delivery<'_>, now: Timestamp) -> bool {
        let Ok(signature) = hex::decode(delivery.signature) else { return false };
        let text = signed_text(delivery.timestamp, delivery.body);
        let good = |generation: &u32| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, self.key(webhook.id, *generation).as_bytes());
            hmac::verify(&key, &text, &signature).is_ok()
        };
        webhook.admits(delivery.source) && is_fresh(delivery.timestamp, now) && webhook.generations(now).iter().any(good)
    }

    async fn start(&self, webhook: &Webhook, delivery: &Delivery<'_>) -> Result<Delivered, Fault> {
        let (capability, maker) = {
            let snapshot = self.read()?;
            let capability: Option<Stored<Capability>> =
                snapshot.get(&scoped(&webhook.tenant, &[webhook.capability.bytes()])).map_err(storage_fault)?;
            let maker = persons::account_of(&snapshot, &webhook.tenant, &webhook.created_by)?;
            (
                capability.map(|stored| stored.record),
                maker.map(|stored| stored.record).filter(|user| persons::is_active(&snapshot, user).unwrap_or(false)),
            )
        };
        let (Some(capability), Some(maker)) = (capability, maker) else {
            return Err(NO_MAKER
                .fault("the account that made this webhook is disabled, or its capability is gone")
                .hint("Somebody who may run the capability makes the webhook anew."));
        };
        let body: serde_json::Value =
            serde_json::from_slice(delivery.body).map_err(|error| bad_body(format!("the body is not JSON: {error}")))?;
        let inputs = webhook.inputs(&body).map_err(bad_body)?;
        let caller = Caller { whence: delivery.whence.clone(), ..persons::as_signed_in(&self.read()?, &maker, self.gate.now())? };
        let request = RunRequest {
            capability: capability.name.to_string(),
            inputs,
            labels: [("webhook".to_owned(), webhook.id.to_string())].into(),
            reason: Some(format!("delivered to the webhook {}", webhook.name)),
            ..RunRequest::default()
        };
        // A signature is used once: its digest is the key by which the same request is known again.
        let key = format!(
            "{}-{}",
            webhook.id,
            sha256_hex(format!("{}.{}", delivery.timestamp, delivery.signature.to_ascii_lowercase()).as_bytes())
        );
        let asked = StartRequest { request, trigger: Trigger::Webhook, idempotency_key: Some(key) };
        match self.runs.start(&caller, asked).await? {
            Started::New(run) => Ok(Delivered { run: run.id.to_string(), phase: run.phase }),
            Started::Replayed(run) => Err(REPLAYED
                .fault(format!("this delivery started {} before", run.id))
                .param("run", run.id)
                .hint("Sign each delivery with a moment of its own.")),
        }
    }

    async fn refused(&self, webhook: &Webhook, delivery: &Delivery<'_>, fault: &Fault) {
        let mut event = self.gate.event_by(anonymous(), &webhook.tenant, &delivery.whence, "webhook.deliver", subject(webhook));
        event.outcome = Outcome::Refused;
        event.reason = Some(fault.code().text.to_owned());
        self.gate.commit_refusal(event).await;
    }
}

fn view(snapshot: &Snapshot, webhook: &Webhook) -> Result<WebhookView, Fault> {
    let capability: Option<Stored<Capability>> =
        snapshot.get(&scoped(&webhook.tenant, &[webhook.capability.bytes()])).map_err(storage_fault)?;
    Ok(WebhookView {
        id: webhook.id.to_string(),
        name: webhook.name.clone(),
        capability: capability.map_or_else(|| webhook.capability.to_string(), |stored| stored.record.name.to_string()),
        path: format!("/api/v1/webhooks/{}/deliveries", webhook.id),
        inputs_at: webhook.inputs_at.clone(),
        fixed: webhook.fixed.clone(),
        sources: webhook.sources.clone(),
        rate_per_minute: webhook.rate_per_minute,
        generation: webhook.generation,
        grace_until: webhook.grace_until.map(|at| at.to_string()),
        created_at: webhook.created_at.to_string(),
        created_by: webhook.created_by.clone(),
    })
}

fn subject(webhook: &Webhook) -> Subject {
    Subject { kind: "webhook".to_owned(), id: Some(webhook.id.to_string()), name: Some(webhook.name.clone()) }
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_WEBHOOK.fault(message).field(field).hint("Correct the field that is named.")
}

fn bad_body(message: String) -> Fault {
    BAD_BODY.fault(message).hint("`execgov webhook list` shows where in the body the inputs are.")
}
