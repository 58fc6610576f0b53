//! The community page of a tenant: shared, rated, copied, moderated.

use std::sync::Arc;

use serde_json::{Map, json};

use crate::base::clock::Clock;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, Resource, SpacePath};
use crate::domain::audit::Subject;
use crate::domain::capability::name::NAME_CHARS;
use crate::domain::capability::{Capability, Name};
use crate::domain::community::{COMMENT_CHARS, DESCRIPTION_CHARS, Hidden, Rating, SHARED_MOST, STARS_MOST, Shared};
use crate::service::capabilities::{Capabilities, Derivation, Loaded};
use crate::service::gate::Gate;
use crate::service::{commit_fault, resource, storage_fault};
use crate::store::record::community::{rating_key, shared_key};
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::community::{
    CopyDone, CopyRequest, HiddenView, HideRequest, RateRequest, RatingView, ShareRequest, SharedDetail, SharedView, SharedViews,
};

pub const BAD_WORDS: Code = Code::new("EG-COM-001", Class::User, "The description, rating or reason makes no sense");
pub const NOT_SHARED: Code = Code::new("EG-COM-002", Class::NotFound, "It is not on the community page");
pub const NOT_POSSIBLE: Code = Code::new("EG-COM-003", Class::Conflict, "This cannot be done with it now");

const TRIES: usize = 5;
const LISTED: usize = 500;
const SAID: usize = 200;
/// What one calls one's own space.
const PERSONAL: &str = crate::service::capabilities::PERSONAL;

/// The service of the community page.
#[derive(Clone)]
pub struct Community {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
    capabilities: Capabilities,
}

impl Community {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>, capabilities: Capabilities) -> Self {
        Self { ledger, gate, clock, capabilities }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// What is shared in the tenant, the best liked first.
    ///
    /// # Errors
    /// When the caller may not look at it.
    pub async fn list(&self, caller: &Caller) -> Result<SharedViews, Fault> {
        let _permit = self.gate.allow(caller, Action::CommunityView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let mut found: Vec<Stored<Shared>> =
            snapshot.scan(&Scan::table(&scoped(&caller.tenant, &[])).limit(SHARED_MOST)).map_err(storage_fault)?;
        found.retain(|stored| self.is_seen(caller, &stored.record));
        found.sort_by_key(|stored| std::cmp::Reverse((stored.record.mean_tenths(), stored.record.copies, stored.record.shared_at)));
        found.truncate(LISTED);
        let mut items = Vec::new();
        for stored in found {
            items.extend(self.view(&snapshot, caller, &stored.record)?);
        }
        Ok(SharedViews { items })
    }

    /// One of them, with what colleagues think of it.
    ///
    /// # Errors
    /// [`NOT_SHARED`] when it is not on the page.
    pub async fn show(&self, caller: &Caller, name: &str) -> Result<SharedDetail, Fault> {
        let _permit = self.gate.allow(caller, Action::CommunityView, &Resource::Tenant(caller.tenant.clone())).await?;
        let (_, stored) = self.find(caller, name).await?;
        let snapshot = self.read()?;
        let prefix = scoped(&caller.tenant, &[stored.record.capability.bytes()]);
        let mut said: Vec<Stored<Rating>> = snapshot.scan(&Scan::table(&prefix).limit(SHARED_MOST)).map_err(storage_fault)?;
        said.sort_by_key(|rating| std::cmp::Reverse(rating.record.at));
        let view = |rating: Stored<Rating>| RatingView {
            stars: rating.record.stars,
            comment: rating.record.comment,
            by: rating.record.by,
            at: rating.record.at.to_string(),
        };
        let shared = self.view(&snapshot, caller, &stored.record)?.ok_or_else(|| not_shared(name))?;
        Ok(SharedDetail { shared, said: said.into_iter().take(SAID).map(view).collect() })
    }

    /// Shows a published capability to colleagues, or describes it anew.
    ///
    /// # Errors
    /// [`NOT_POSSIBLE`] when nothing of it is published, or it was taken off the page.
    pub async fn share(&self, caller: &Caller, request: &ShareRequest) -> Result<SharedDetail, Fault> {
        let description = words("/description", &request.description, DESCRIPTION_CHARS, 1)?;
        let loaded = self.capabilities.resolve(caller, &request.capability, None).await?;
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::CommunityShare, &thing(&loaded)).await?;
            let known = self.stored(caller, &loaded.capability)?;
            let Some(user) = caller.user_id() else { return Err(not_shared(&request.capability)) };
            let now = self.clock.now();
            let mut event = permit.note(self.gate.event(caller, Action::CommunityShare.name(), subject(&loaded.capability)));
            event.details.insert("after".to_owned(), json!({ "description": description }));
            let mut commit = Commit::new();
            if let Some(known) = known {
                if known.record.hidden.is_some() && !self.moderates(caller) {
                    let fault = NOT_POSSIBLE.fault("it was taken off the page by an administrator of the tenant");
                    self.gate.refuse(caller, Action::CommunityShare.name(), subject(&loaded.capability), &fault).await;
                    return Err(fault.hint("Ask them; the reason is shown with it."));
                }
                event.details.insert("before".to_owned(), json!({ "description": known.record.description }));
                let next = Shared { description: description.clone(), hidden: None, ..known.record.clone() };
                commit.update(&known, &next);
            } else {
                let scan = Scan::table(&scoped(&caller.tenant, &[])).limit(SHARED_MOST);
                if self.read()?.count::<Shared>(&scan).map_err(storage_fault)? >= SHARED_MOST as u64 {
                    return Err(NOT_POSSIBLE
                        .fault(format!("a tenant shares at most {SHARED_MOST} capabilities"))
                        .param("limit", SHARED_MOST));
                }
                commit.insert(&Shared {
                    tenant: caller.tenant.clone(),
                    capability: loaded.capability.id,
                    description: description.clone(),
                    shared_at: now,
                    shared_by: caller.actor(),
                    user,
                    hidden: None,
                    ratings: 0,
                    stars: 0,
                    copies: 0,
                });
            }
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.show(caller, &request.capability).await,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Says what the caller thinks of it; saying it again replaces it.
    ///
    /// # Errors
    /// [`BAD_WORDS`] names the field that makes no sense; nobody rates what they shared themselves.
    pub async fn rate(&self, caller: &Caller, name: &str, request: &RateRequest) -> Result<SharedDetail, Fault> {
        if !(1..=STARS_MOST).contains(&request.stars) {
            return Err(bad("/stars", format!("`stars` goes from 1 to {STARS_MOST}")));
        }
        let comment = words("/comment", &request.comment, COMMENT_CHARS, 0)?;
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::CommunityRate, &Resource::Tenant(caller.tenant.clone())).await?;
            let (capability, stored) = self.find(caller, name).await?;
            let Some(user) = caller.user_id() else { return Err(not_shared(name)) };
            if stored.record.user == user {
                let fault = NOT_POSSIBLE.fault("nobody rates what they shared themselves").hint("Let colleagues say what they think.");
                self.gate.refuse(caller, Action::CommunityRate.name(), subject(&capability), &fault).await;
                return Err(fault);
            }
            let before: Option<Stored<Rating>> =
                self.read()?.get(&rating_key(&caller.tenant, capability.id, user)).map_err(storage_fault)?;
            let mut next = stored.record.clone();
            next.rate(before.as_ref().map(|rating| rating.record.stars), request.stars);
            let rating = Rating {
                tenant: caller.tenant.clone(),
                capability: capability.id,
                user,
                by: caller.actor(),
                stars: request.stars,
                comment: comment.clone(),
                at: self.clock.now(),
            };
            let mut event = permit.note(self.gate.event(caller, Action::CommunityRate.name(), subject(&capability)));
            if let Some(before) = &before {
                event.details.insert("before".to_owned(), json!({ "stars": before.record.stars, "comment": before.record.comment }));
            }
            event.details.insert("after".to_owned(), json!({ "stars": rating.stars, "comment": rating.comment }));
            let mut commit = Commit::new();
            commit.update(&stored, &next).event(event);
            match &before {
                Some(before) => commit.update(before, &rating),
                None => commit.insert(&rating),
            };
            match self.ledger.commit(commit).await {
                Ok(_) => return self.show(caller, name).await,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Copies the published version into the caller's own space, as a draft.
    ///
    /// # Errors
    /// When the name is taken or the caller may not register capabilities.
    pub async fn copy(&self, caller: &Caller, name: &str, request: &CopyRequest) -> Result<CopyDone, Fault> {
        let permit = self.gate.allow(caller, Action::CommunityCopy, &Resource::Tenant(caller.tenant.clone())).await?;
        let (capability, stored) = self.find(caller, name).await?;
        let loaded = self.capabilities.resolve(caller, capability.name.as_str(), None).await?;
        let Some(user) = caller.user_id() else { return Err(not_shared(name)) };
        let wanted = match &request.name {
            Some(name) => name.parse().map_err(|error: crate::domain::capability::name::NameError| bad("/name", error.to_string()))?,
            None => name_of_copy(&capability.name, &caller.name)?,
        };
        let values = Map::new();
        let derivation = Derivation {
            source: &loaded.version,
            tenant: caller.tenant.clone(),
            name: wanted,
            space: SpacePath::personal(user).into(),
            values: &values,
            comment: format!("copied from {}, version {}", capability.name, loaded.version.number),
            changelog: None,
        };
        let mut event = permit.note(self.gate.event(caller, Action::CommunityCopy.name(), subject(&capability)));
        event.details.insert("source_version".to_owned(), json!(loaded.version.number));
        let made = self.capabilities.derive_new(caller, &derivation, event, |_, _, _| {});
        let (made, version) = made.await?;
        self.count_copy(stored).await;
        Ok(CopyDone {
            capability: made.name.to_string(),
            capability_id: made.id.to_string(),
            version: version.number,
            space: PERSONAL.to_owned(),
        })
    }

    /// The count of copies is for show; that one more was made stands in the log already.
    async fn count_copy(&self, mut stored: Stored<Shared>) {
        for _ in 0..TRIES {
            let mut next = stored.record.clone();
            next.copies = next.copies.saturating_add(1);
            let mut commit = Commit::new();
            commit.update(&stored, &next);
            match self.ledger.commit(commit).await {
                Ok(_) => return,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return tracing::warn!(%error, "a copy was not counted"),
            }
            let key = shared_key(&next.tenant, next.capability);
            match self.ledger.read().and_then(|snapshot| snapshot.get(&key)) {
                Ok(Some(fresh)) => stored = fresh,
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// Takes it off the page, with a reason that its owner sees.
    ///
    /// # Errors
    /// Denied to all but those who moderate.
    pub async fn hide(&self, caller: &Caller, name: &str, request: &HideRequest) -> Result<SharedDetail, Fault> {
        let reason = words("/reason", &request.reason, COMMENT_CHARS, 1)?;
        self.moderate(caller, name, Some(reason)).await
    }

    /// Puts it on the page again.
    ///
    /// # Errors
    /// Denied to all but those who moderate.
    pub async fn unhide(&self, caller: &Caller, name: &str) -> Result<SharedDetail, Fault> {
        self.moderate(caller, name, None).await
    }

    async fn moderate(&self, caller: &Caller, name: &str, reason: Option<String>) -> Result<SharedDetail, Fault> {
        let verb = if reason.is_some() { "community.hide" } else { "community.unhide" };
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::CommunityModerate, &Resource::Tenant(caller.tenant.clone())).await?;
            let (capability, stored) = self.find(caller, name).await?;
            let hidden = reason.clone().map(|reason| Hidden { at: self.clock.now(), by: caller.actor(), reason });
            let next = Shared { hidden, ..stored.record.clone() };
            let mut event = permit.note(self.gate.event(caller, verb, subject(&capability)));
            let told = |of: &Shared| json!({ "hidden": of.hidden.as_ref().map(|hidden| hidden.reason.clone()) });
            event.details.insert("before".to_owned(), told(&stored.record));
            event.details.insert("after".to_owned(), told(&next));
            let mut commit = Commit::new();
            commit.update(&stored, &next).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.show(caller, name).await,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    fn moderates(&self, caller: &Caller) -> bool {
        self.gate.may(caller, Action::CommunityModerate, &Resource::Tenant(caller.tenant.clone()))
    }

    fn is_seen(&self, caller: &Caller, shared: &Shared) -> bool {
        shared.hidden.is_none() || Some(shared.user) == caller.user_id() || self.moderates(caller)
    }

    fn stored(&self, caller: &Caller, capability: &Capability) -> Result<Option<Stored<Shared>>, Fault> {
        self.read()?.get(&shared_key(&caller.tenant, capability.id)).map_err(storage_fault)
    }

    /// A shared capability by its name, when the caller may see it.
    async fn find(&self, caller: &Caller, name: &str) -> Result<(Capability, Stored<Shared>), Fault> {
        let id = self.capabilities.id_of(&self.read()?, &caller.tenant, name)?;
        let found = match id {
            Some(id) => {
                let snapshot = self.read()?;
                let capability: Option<Stored<Capability>> = snapshot.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?;
                let shared: Option<Stored<Shared>> = snapshot.get(&shared_key(&caller.tenant, id)).map_err(storage_fault)?;
                capability.map(|stored| stored.record).zip(shared)
            }
            None => None,
        };
        if let Some(found) = found.filter(|(_, shared)| self.is_seen(caller, &shared.record)) {
            Ok(found)
        } else {
            let fault = not_shared(name);
            let subject = Subject { kind: "capability".to_owned(), id: None, name: Some(name.chars().take(200).collect()) };
            self.gate.refuse(caller, Action::CommunityView.name(), subject, &fault).await;
            Err(fault)
        }
    }

    /// As the caller sees it; `None` when they may not see the capability itself.
    fn view(&self, snapshot: &Snapshot, caller: &Caller, shared: &Shared) -> Result<Option<SharedView>, Fault> {
        let stored: Option<Stored<Capability>> = snapshot.get(&shared.key_of()).map_err(storage_fault)?;
        let Some(capability) = stored.map(|stored| stored.record) else { return Ok(None) };
        let loaded = self.capabilities.loaded(&shared.tenant, capability.id, capability.current.unwrap_or(capability.latest))?;
        if !self.gate.may(caller, Action::CapabilityView, &thing(&loaded)) {
            return Ok(None);
        }
        let own: Option<Stored<Rating>> = match caller.user_id() {
            Some(user) => snapshot.get(&rating_key(&shared.tenant, shared.capability, user)).map_err(storage_fault)?,
            None => None,
        };
        let here = Resource::Tenant(caller.tenant.clone());
        let mut actions = self.gate.actions_on(caller, &[Action::CommunityRate, Action::CommunityCopy, Action::CommunityModerate], &here);
        actions.extend(self.gate.actions_on(caller, &[Action::CommunityShare], &thing(&loaded)));
        Ok(Some(SharedView {
            capability: capability.name.to_string(),
            capability_id: capability.id.to_string(),
            description: shared.description.clone(),
            shared_at: shared.shared_at.to_string(),
            shared_by: shared.shared_by.clone(),
            current: capability.current,
            risk: capability.current.map(|_| loaded.version.manifest.risk.word().to_owned()),
            ratings: shared.ratings,
            mean_tenths: shared.mean_tenths(),
            copies: shared.copies,
            hidden: shared.hidden.as_ref().map(|hidden| HiddenView {
                at: hidden.at.to_string(),
                by: hidden.by.clone(),
                reason: hidden.reason.clone(),
            }),
            own_stars: own.map(|rating| rating.record.stars),
            actions,
        }))
    }
}

impl Shared {
    /// Where the capability itself lies.
    fn key_of(&self) -> Vec<u8> {
        scoped(&self.tenant, &[self.capability.bytes()])
    }
}

fn thing(loaded: &Loaded) -> Resource {
    resource::version(&loaded.capability, &loaded.version)
}

fn subject(capability: &Capability) -> Subject {
    Subject { kind: "capability".to_owned(), id: Some(capability.id.to_string()), name: Some(capability.name.to_string()) }
}

fn not_shared(name: &str) -> Fault {
    let name: String = name.chars().take(80).collect();
    NOT_SHARED.fault(format!("`{name}` is not on the community page")).param("capability", &name).hint("See `execgov community list`.")
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_WORDS.fault(message).field(field).hint("Correct the field that is named.")
}

/// Plain text within bounds: line breaks and tabs are all that it has of control characters.
fn words(pointer: &str, text: &str, most: usize, least: usize) -> Result<String, Fault> {
    let text = text.trim();
    let hides = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    let count = text.chars().count();
    if !(least..=most).contains(&count) || text.chars().any(hides) {
        let name = pointer.trim_start_matches('/');
        return Err(bad(pointer, format!("`{name}` has {least} to {most} characters of plain text")));
    }
    Ok(text.to_owned())
}

fn name_of_copy(name: &Name, user: &str) -> Result<Name, Fault> {
    let text: String = format!("{name}-{user}").chars().take(NAME_CHARS).collect();
    Name::suggest(&text).ok_or_else(|| bad("/name", "no name can be made from yours; give one".to_owned()))
}
