//! Announcements: written, reviewed, published, read.

use std::sync::Arc;

use serde_json::json;

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, AnnouncementRef, Caller, Resource, RoleSet, UserRef};
use crate::domain::announcement::{
    Acknowledgement, Announcement, Audience, BODY_CHARS, KEPT_MOST, Notice, State, Step, TENANTS_MOST, TITLE_CHARS,
};
use crate::domain::audit::Subject;
use crate::domain::identity::User;
use crate::domain::identity::user::UserState;
use crate::domain::ids::{AnnouncementId, TenantKey, UserId};
use crate::service::gate::Gate;
use crate::service::{commit_fault, holdings, storage_fault, tenants};
use crate::store::record::announcement::acknowledgement_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::announcement::{AnnouncementReceipts, AnnouncementRequest, AnnouncementView, AnnouncementViews, ReaderView};

pub const BAD_ANNOUNCEMENT: Code = Code::new("EG-ANN-001", Class::User, "The announcement makes no sense");
pub const BAD_STATE: Code = Code::new("EG-ANN-002", Class::Conflict, "The announcement is not in a state for this");
pub const TOO_MANY: Code = Code::new("EG-ANN-003", Class::Conflict, "Too many announcements");

const TRIES: usize = 5;
/// Announcements that are shown at one time, and listed.
const LISTED: usize = 200;
/// People looked at for the receipts of one announcement, at most.
const PEOPLE: usize = 20_000;
const READERS: usize = 1_000;
const MISSING: usize = 200;

/// The service of announcements.
#[derive(Clone)]
pub struct Announcements {
    ledger: Ledger,
    gate: Gate,
    clock: Arc<dyn Clock>,
}

impl Announcements {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, clock: Arc<dyn Clock>) -> Self {
        Self { ledger, gate, clock }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// What is shown to the caller now, the gravest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    async fn mine(&self, caller: &Caller) -> Result<AnnouncementViews, Fault> {
        let _permit = self.gate.allow(caller, Action::AnnouncementRead, &oneself(caller)).await?;
        let snapshot = self.read()?;
        let now = self.clock.now();
        let mut shown = every(&snapshot)?;
        shown.retain(|announcement| {
            announcement.is_shown(now) && announcement.notice.audience.includes(&caller.tenant, held_anywhere(caller))
        });
        shown.sort_by_key(|announcement| std::cmp::Reverse((announcement.notice.severity, announcement.published_at)));
        shown.truncate(LISTED);
        let items = shown.iter().map(|announcement| self.view(&snapshot, caller, announcement)).collect::<Result<_, _>>()?;
        Ok(AnnouncementViews { items })
    }

    /// One of the two lists, by its name: `mine` or `all`.
    ///
    /// # Errors
    /// [`BAD_ANNOUNCEMENT`] for any other name.
    pub async fn list(&self, caller: &Caller, view: Option<&str>) -> Result<AnnouncementViews, Fault> {
        match view {
            None | Some("" | "mine") => self.mine(caller).await,
            Some("all") => self.all(caller).await,
            Some(_) => Err(bad("/view", "`view` is mine or all".to_owned())),
        }
    }

    /// Every announcement that the caller keeps, drafts and old ones too, the newest first.
    ///
    /// # Errors
    /// When the caller keeps none.
    async fn all(&self, caller: &Caller) -> Result<AnnouncementViews, Fault> {
        let _permit = self.gate.allow(caller, Action::AnnouncementViewAny, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let mut found = every(&snapshot)?;
        found.retain(|announcement| self.gate.may(caller, Action::AnnouncementViewAny, &resource(announcement)));
        found.truncate(LISTED);
        let items = found.iter().map(|announcement| self.view(&snapshot, caller, announcement)).collect::<Result<_, _>>()?;
        Ok(AnnouncementViews { items })
    }

    /// One announcement: for its readers while it is shown, for those who keep it always.
    ///
    /// # Errors
    /// Not found, also when it is not for the caller.
    pub async fn show(&self, caller: &Caller, id: &str) -> Result<AnnouncementView, Fault> {
        let Some(stored) = self.find(id)? else {
            return Err(self.gate.missing(caller, Action::AnnouncementRead, "announcement", id).await);
        };
        let announcement = &stored.record;
        if announcement.is_shown(self.clock.now()) && announcement.notice.audience.includes(&caller.tenant, held_anywhere(caller)) {
            let _permit = self.gate.allow(caller, Action::AnnouncementRead, &oneself(caller)).await?;
        } else {
            let _permit = self.gate.allow(caller, Action::AnnouncementViewAny, &resource(announcement)).await?;
        }
        self.view(&self.read()?, caller, announcement)
    }

    /// Writes a draft.
    ///
    /// # Errors
    /// [`BAD_ANNOUNCEMENT`] names the field that makes no sense.
    pub async fn draft(&self, caller: &Caller, request: &AnnouncementRequest) -> Result<AnnouncementView, Fault> {
        let now = self.clock.now();
        let notice = match understand(request, now) {
            Ok(notice) => notice,
            Err(fault) => {
                let _permit = self.gate.allow(caller, Action::AnnouncementDraft, &Resource::Tenant(caller.tenant.clone())).await?;
                return Err(fault);
            }
        };
        let permit = self.gate.allow(caller, Action::AnnouncementDraft, &Resource::Tenant(notice.audience.home())).await?;
        check_tenants(&self.read()?, &notice)?;
        let over = self.room(now)?;
        let announcement = Announcement {
            id: AnnouncementId::new(now),
            state: State::Draft,
            notice,
            authors: caller.user_id().into_iter().collect(),
            created_at: now,
            created_by: caller.actor(),
            updated_at: now,
            submitted_at: None,
            published_at: None,
            published_by: None,
            withdrawn_at: None,
        };
        let mut event = permit.note(self.gate.event(caller, Action::AnnouncementDraft.name(), subject(&announcement)));
        event.details.insert("after".to_owned(), json!(announcement.notice));
        let mut commit = Commit::new();
        if let Some(over) = &over {
            event.details.insert("made_room".to_owned(), json!(over.record.id));
            commit.delete(over);
        }
        commit.insert(&announcement).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        self.view(&self.read()?, caller, &announcement)
    }

    /// Changes a draft.
    ///
    /// # Errors
    /// [`BAD_STATE`] when it is no draft any more.
    pub async fn edit(&self, caller: &Caller, id: &str, request: &AnnouncementRequest) -> Result<AnnouncementView, Fault> {
        let notice = understand(request, self.clock.now())?;
        let moved = Resource::Tenant(notice.audience.home());
        let _permit = self.gate.allow(caller, Action::AnnouncementDraft, &moved).await?;
        check_tenants(&self.read()?, &notice)?;
        self.change(caller, id, Step::Edit, Some(notice)).await
    }

    /// Asks for a review, gives back, publishes or withdraws.
    ///
    /// # Errors
    /// [`BAD_STATE`] when its state has no such step; denied when an author publishes under four eyes.
    pub async fn step(&self, caller: &Caller, id: &str, step: Step) -> Result<AnnouncementView, Fault> {
        self.change(caller, id, step, None).await
    }

    async fn change(&self, caller: &Caller, id: &str, step: Step, notice: Option<Notice>) -> Result<AnnouncementView, Fault> {
        let (action, verb) = match step {
            Step::Edit => (Action::AnnouncementDraft, "announcement.edit"),
            Step::Submit => (Action::AnnouncementDraft, "announcement.submit"),
            Step::Return => (Action::AnnouncementDraft, "announcement.return"),
            Step::Publish => (Action::AnnouncementPublish, Action::AnnouncementPublish.name()),
            Step::Withdraw => (Action::AnnouncementDraft, "announcement.withdraw"),
        };
        for _ in 0..TRIES {
            let Some(stored) = self.find(id)? else { return Err(self.gate.missing(caller, action, "announcement", id).await) };
            let old = &stored.record;
            let permit = self.gate.allow(caller, action, &self.as_seen_by(caller, old)?).await?;
            let Some(state) = old.state.apply(step, self.gate.mode()) else {
                let fault = BAD_STATE.fault(format!("the announcement is {}, so this cannot be done to it", old.state.word()));
                let fault = fault.param("state", old.state.word());
                let fault = match (old.state, step) {
                    (State::Draft, Step::Publish) => fault.hint("Under four eyes a review comes first: execgov announcement submit ID"),
                    _ => fault.hint("Look at it again."),
                };
                self.gate.refuse(caller, verb, subject(old), &fault).await;
                return Err(fault);
            };
            let next = self.after(caller, old, state, step, notice.clone());
            let mut event = permit.note(self.gate.event(caller, verb, subject(&next)));
            let told = |of: &Announcement| match step {
                Step::Edit => json!(of.notice),
                _ => json!({ "state": of.state }),
            };
            event.details.insert("before".to_owned(), told(old));
            event.details.insert("after".to_owned(), told(&next));
            if step == Step::Publish {
                event.details.insert("notice".to_owned(), json!(next.notice));
            }
            let mut commit = Commit::new();
            commit.update(&stored, &next).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.view(&self.read()?, caller, &next),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    fn after(&self, caller: &Caller, old: &Announcement, state: State, step: Step, notice: Option<Notice>) -> Announcement {
        let now = self.clock.now();
        let mut next = old.clone();
        next.state = state;
        next.updated_at = now;
        match step {
            Step::Edit => {
                next.notice = notice.unwrap_or(next.notice);
                next.authors.extend(caller.user_id().filter(|user| !old.authors.contains(user)));
            }
            Step::Submit => next.submitted_at = Some(now),
            Step::Return => next.submitted_at = None,
            Step::Publish => (next.published_at, next.published_by) = (Some(now), Some(caller.actor())),
            Step::Withdraw => next.withdrawn_at = Some(now),
        }
        next
    }

    /// Records that the caller has read it. Saying it twice changes nothing.
    ///
    /// # Errors
    /// Not found when it is not shown to the caller.
    pub async fn acknowledge(&self, caller: &Caller, id: &str) -> Result<AnnouncementView, Fault> {
        for _ in 0..TRIES {
            let permit = self.gate.allow(caller, Action::AnnouncementRead, &oneself(caller)).await?;
            let now = self.clock.now();
            let stored = self.find(id)?.filter(|stored| {
                stored.record.is_shown(now) && stored.record.notice.audience.includes(&caller.tenant, held_anywhere(caller))
            });
            let (Some(stored), Some(user)) = (stored, caller.user_id()) else {
                return Err(self.gate.missing(caller, Action::AnnouncementRead, "announcement", id).await);
            };
            let known = self.read()?.get::<Acknowledgement>(&acknowledgement_key(stored.record.id, user)).map_err(storage_fault)?;
            let mut commit = Commit::new();
            let mut event = permit.note(self.gate.event(caller, "announcement.acknowledge", subject(&stored.record)));
            if known.is_some() {
                event.details.insert("again".to_owned(), json!(true));
                commit.event(event);
            } else {
                // The announcement itself is not touched, so that many may say so at the same time.
                let said =
                    Acknowledgement { announcement: stored.record.id, user, tenant: caller.tenant.clone(), by: caller.actor(), at: now };
                commit.insert(&said).event(event);
            }
            match self.ledger.commit(commit).await {
                Ok(_) => return self.show(caller, id).await,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Who has read it, and who has not.
    ///
    /// # Errors
    /// Not found, or not the caller's to keep.
    pub async fn receipts(&self, caller: &Caller, id: &str) -> Result<AnnouncementReceipts, Fault> {
        let Some(stored) = self.find(id)? else {
            return Err(self.gate.missing(caller, Action::AnnouncementViewAny, "announcement", id).await);
        };
        let announcement = &stored.record;
        let _permit = self.gate.allow(caller, Action::AnnouncementViewAny, &resource(announcement)).await?;
        let snapshot = self.read()?;
        let said: Vec<Stored<Acknowledgement>> =
            snapshot.scan(&Scan::table(announcement.id.bytes()).limit(PEOPLE)).map_err(storage_fault)?;
        let readers: std::collections::HashSet<UserId> = said.iter().map(|said| said.record.user).collect();
        let mut missing = Vec::new();
        let mut pending = 0;
        // A tenant's keeper learns of people of that tenant only.
        let prefix = match announcement.notice.audience.home() {
            home if home == TenantKey::platform() => Vec::new(),
            home => scoped(&home, &[]),
        };
        let people: Vec<Stored<User>> = snapshot.scan(&Scan::table(&prefix).limit(PEOPLE)).map_err(storage_fault)?;
        for user in people.into_iter().map(|user| user.record) {
            let roles = match announcement.notice.audience.roles.as_slice() {
                [] => user.roles,
                [..] => holdings::of(&snapshot, &user, self.clock.now())?.anywhere(user.roles).roles,
            };
            let meant = user.state == UserState::Active && announcement.notice.audience.includes(&user.tenant, roles);
            if meant && !readers.contains(&user.id) {
                pending += 1;
                if missing.len() < MISSING {
                    missing.push(user.name.to_string());
                }
            }
        }
        let reader = |said: Stored<Acknowledgement>| ReaderView { by: said.record.by, at: said.record.at.to_string() };
        Ok(AnnouncementReceipts {
            acknowledged: said.len() as u64,
            pending,
            readers: said.into_iter().take(READERS).map(reader).collect(),
            missing,
        })
    }

    fn find(&self, id: &str) -> Result<Option<Stored<Announcement>>, Fault> {
        let Ok(id) = id.parse::<AnnouncementId>() else { return Ok(None) };
        self.read()?.get(id.bytes()).map_err(storage_fault)
    }

    /// Whoever wrote on it under another account is an author of it.
    fn as_seen_by(&self, caller: &Caller, announcement: &Announcement) -> Result<Resource, Fault> {
        let Resource::Announcement(mut seen) = resource(announcement) else { return Ok(resource(announcement)) };
        if let Some(me) = caller.user_id() {
            let snapshot = self.read()?;
            let account = |id: UserId| -> Result<Option<String>, Fault> {
                let found: Option<Stored<User>> =
                    snapshot.find(crate::store::record::identity::USER_BY_ID, id.bytes()).map_err(storage_fault)?;
                Ok(found.map(|user| user.record.person_key()))
            };
            let mine = account(me)?;
            for author in seen.authors.clone() {
                if author != me && mine.is_some() && account(author)? == mine {
                    seen.authors.push(me);
                }
            }
        }
        Ok(Resource::Announcement(seen))
    }

    fn view(&self, snapshot: &Snapshot, caller: &Caller, announcement: &Announcement) -> Result<AnnouncementView, Fault> {
        let said: Option<Stored<Acknowledgement>> = match caller.user_id() {
            Some(user) => snapshot.get(&acknowledgement_key(announcement.id, user)).map_err(storage_fault)?,
            None => None,
        };
        let thing = resource(announcement);
        let keeps = self.gate.may(caller, Action::AnnouncementViewAny, &thing);
        let notice = &announcement.notice;
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Ok(AnnouncementView {
            id: announcement.id.to_string(),
            state: announcement.state,
            shown: announcement.is_shown(self.clock.now()),
            title: notice.title.clone(),
            body: notice.body.clone(),
            severity: notice.severity,
            tenants: notice.audience.tenants.iter().map(ToString::to_string).collect(),
            roles: notice.audience.roles.clone(),
            starts_at: moment(notice.starts_at),
            ends_at: moment(notice.ends_at),
            acknowledge: notice.acknowledge,
            acknowledged_at: said.map(|said| said.record.at.to_string()),
            acknowledged: if keeps { Some(count(snapshot, announcement)?) } else { None },
            created_at: announcement.created_at.to_string(),
            created_by: announcement.created_by.clone(),
            submitted_at: moment(announcement.submitted_at),
            published_at: moment(announcement.published_at),
            published_by: announcement.published_by.clone(),
            actions: self.gate.actions_on(caller, &[Action::AnnouncementDraft, Action::AnnouncementPublish], &thing),
        })
    }

    /// The announcement that makes room for a new one, when there are as many as are kept: the oldest that is over.
    fn room(&self, now: Timestamp) -> Result<Option<Stored<Announcement>>, Fault> {
        let held: Vec<Stored<Announcement>> = self.read()?.scan(&Scan::table(&[]).limit(KEPT_MOST)).map_err(storage_fault)?;
        if held.len() < KEPT_MOST {
            return Ok(None);
        }
        let over = held.into_iter().find(|stored| stored.record.is_over(now));
        over.map(Some).ok_or_else(|| {
            let fault = TOO_MANY.fault(format!("there are {KEPT_MOST} announcements, and none is over"));
            fault.param("limit", KEPT_MOST).hint("Withdraw some.")
        })
    }
}

fn every(snapshot: &Snapshot) -> Result<Vec<Announcement>, Fault> {
    let all: Vec<Stored<Announcement>> = snapshot.scan(&Scan::table(&[]).reverse().limit(KEPT_MOST)).map_err(storage_fault)?;
    Ok(all.into_iter().map(|stored| stored.record).collect())
}

/// How many have said that they have read it.
fn count(snapshot: &Snapshot, announcement: &Announcement) -> Result<u64, Fault> {
    snapshot.count::<Acknowledgement>(&Scan::table(announcement.id.bytes()).limit(PEOPLE)).map_err(storage_fault)
}

/// The roles that somebody holds anywhere: of the account, through groups, or at one place.
fn held_anywhere(caller: &Caller) -> RoleSet {
    caller.holdings.anywhere(caller.roles).roles
}

fn resource(announcement: &Announcement) -> Resource {
    Resource::Announcement(AnnouncementRef {
        tenant: announcement.notice.audience.home(),
        id: announcement.id,
        title: announcement.notice.title.clone(),
        authors: announcement.authors.clone(),
    })
}

fn oneself(caller: &Caller) -> Resource {
    let id = caller.user_id().unwrap_or(UserId::from_bytes([0; 16]));
    Resource::User(UserRef { tenant: caller.tenant.clone(), id, name: caller.name.clone(), roles: caller.roles, service_of: None })
}

fn subject(announcement: &Announcement) -> Subject {
    Subject { kind: "announcement".to_owned(), id: Some(announcement.id.to_string()), name: Some(announcement.notice.title.clone()) }
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_ANNOUNCEMENT.fault(message).field(field).hint("Correct the field that is named.")
}

/// Whether a text is shown as it is: line breaks where `lines` says so, nothing else that hides or reorders.
fn is_plain(text: &str, lines: bool) -> bool {
    let hides = |c: char| {
        (c.is_control() && !(lines && matches!(c, '\n' | '\t')))
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    !text.trim().is_empty() && !text.chars().any(hides)
}

/// Whoever may speak to several tenants speaks to such as there are.
fn check_tenants(snapshot: &Snapshot, notice: &Notice) -> Result<(), Fault> {
    for key in &notice.audience.tenants {
        if tenants::find(snapshot, key)?.is_none() {
            return Err(bad("/tenants", format!("there is no tenant `{key}`")));
        }
    }
    Ok(())
}

fn understand(request: &AnnouncementRequest, now: Timestamp) -> Result<Notice, Fault> {
    if request.title.chars().count() > TITLE_CHARS || !is_plain(&request.title, false) {
        return Err(bad("/title", format!("`title` has 1 to {TITLE_CHARS} characters and no control characters")));
    }
    if request.body.chars().count() > BODY_CHARS || !is_plain(&request.body, true) {
        return Err(bad("/body", format!("`body` has 1 to {BODY_CHARS} characters; of control characters only line breaks and tabs")));
    }
    if request.tenants.len() > TENANTS_MOST {
        return Err(bad("/tenants", format!("an announcement names at most {TENANTS_MOST} tenants")));
    }
    let mut tenants = Vec::new();
    for key in &request.tenants {
        let key = TenantKey::try_from(key.clone()).map_err(|error| bad("/tenants", error.to_string()))?;
        if !tenants.contains(&key) {
            tenants.push(key);
        }
    }
    let moment = |pointer: &str, text: &Option<String>| {
        let parsed = text.as_deref().map(str::parse::<Timestamp>).transpose();
        parsed.map_err(|_| bad(pointer, format!("`{}` must be an RFC 3339 moment such as 2026-12-31T12:00:00Z", &pointer[1..])))
    };
    let (starts_at, ends_at) = (moment("/starts_at", &request.starts_at)?, moment("/ends_at", &request.ends_at)?);
    if ends_at.is_some_and(|end| end <= now || starts_at.is_some_and(|start| end <= start)) {
        return Err(bad("/ends_at", "`ends_at` must be later than now and than `starts_at`".to_owned()));
    }
    let mut roles = request.roles.clone();
    roles.sort_unstable();
    roles.dedup();
    Ok(Notice {
        title: request.title.trim().to_owned(),
        body: request.body.clone(),
        severity: request.severity,
        audience: Audience { tenants, roles },
        starts_at,
        ends_at,
        acknowledge: request.acknowledge,
    })
}
