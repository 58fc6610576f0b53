//! Giving roles and taking them away. Nobody gives themselves anything, nor anybody more than they hold there.

use serde_json::json;

use super::{Access, Recipient, TRIES, custom_role, faults, gains, is_within, role_called};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::grant::{GRANTS_EACH, GRANTS_MOST, GivenRole, Holder, RoleGrant};
use crate::domain::access::{Action, Caller, GrantRef, HeldRole, Resource, Role, SpacePath};
use crate::domain::audit::{Event, Subject};
use crate::domain::group::Group;
use crate::domain::identity::User;
use crate::domain::identity::user::check_display_name;
use crate::domain::ids::{RoleGrantId, TenantKey, UserId};
use crate::domain::tally::Counted;
use crate::service::limits::{one_less, one_more};
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::{commit_fault, groups, holdings, spaces, storage_fault};
use crate::store::record::access::{BY_HOLDER, holder_prefix, role_grant_key};
use crate::store::record::group::group_key;
use crate::store::record::identity::user_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};
use crate::wire::access::{RoleGrantQuery, RoleGrantRequest, RoleGrantView, RoleHolderView};
use crate::wire::page::Page;

/// Records read for one page, at most.
const WORK: usize = 2_000;

/// Everything given to one holder.
pub(super) fn of_holder(snapshot: &Snapshot, tenant: &TenantKey, holder: &Holder) -> Result<Vec<Stored<RoleGrant>>, Fault> {
    snapshot.scan(&Scan::index(BY_HOLDER, &holder_prefix(tenant, holder)).limit(GRANTS_EACH)).map_err(storage_fault)
}

/// A wish with its texts understood.
struct Wish {
    to: Recipient,
    role: HeldRole,
    place: Option<SpacePath>,
    until: Option<Timestamp>,
    reason: Option<String>,
}

impl Access {
    /// Grants in the order in which they were made; one's own for everybody, all for those who may see them.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn grants(&self, caller: &Caller, query: &RoleGrantQuery) -> Result<Page<RoleGrantView>, Fault> {
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let cursor: Option<RoleGrantId> = decode_cursor(query.cursor.as_deref())?;
        let place = query.place.as_deref().map(|text| place_of("/place", text)).transpose()?;
        let holder = self.asked_holder(caller, query).await?;
        let oneself = matches!(holder, Some(Holder::User(id)) if caller.user_id() == Some(id));
        if !oneself {
            let _permit = self.gate().allow(caller, Action::GrantView, &Resource::Tenant(caller.tenant.clone())).await?;
        }
        let snapshot = self.read()?;
        let now = self.gate().now();
        let scan = match &holder {
            Some(holder) => Scan::index(BY_HOLDER, &holder_prefix(&caller.tenant, holder)),
            None => Scan::table(&scoped(&caller.tenant, &[])),
        };
        let scan = match cursor {
            Some(id) => scan.after(&match &holder {
                Some(holder) => scoped(&caller.tenant, &[holder.bytes(), id.bytes()]),
                None => role_grant_key(&caller.tenant, id),
            }),
            None => scan,
        };
        let rows: Vec<Stored<RoleGrant>> = snapshot.scan(&scan.limit(WORK)).map_err(storage_fault)?;
        let full = rows.len() == WORK;
        let mut items = Vec::new();
        let mut last = None;
        for stored in rows {
            if items.len() == limit {
                return Ok(Page { items, next: last.map(|id| encode_cursor(&id)) });
            }
            last = Some(stored.record.id);
            let here = place.as_ref().is_none_or(|place| stored.record.place.as_ref().is_none_or(|own| own.covers(place.as_str())));
            if here {
                items.extend(view(&snapshot, &stored.record, now)?);
            }
        }
        Ok(Page { items, next: last.filter(|_| full).map(|id| encode_cursor(&id)) })
    }

    async fn asked_holder(&self, caller: &Caller, query: &RoleGrantQuery) -> Result<Option<Holder>, Fault> {
        if let Some(who) = &query.user {
            let own = caller.user_id().is_some_and(|id| id.to_string() == *who) || caller.name.eq_ignore_ascii_case(who);
            let id = if own { caller.user_id() } else { Some(self.identity.user(caller, who).await?.record.id) };
            return Ok(id.map(Holder::User));
        }
        let Some(name) = &query.group else { return Ok(None) };
        let found = groups::find(&self.read()?, &caller.tenant, name)?;
        match found {
            Some(stored) => Ok(Some(Holder::Group(stored.record.id))),
            None => Err(self.gate().missing(caller, Action::GrantView, "group", name).await),
        }
    }

    /// Gives a role.
    ///
    /// # Errors
    /// When somebody or something named does not exist, the caller may not, or they hold it there already.
    pub async fn give(&self, caller: &Caller, request: &RoleGrantRequest) -> Result<RoleGrantView, Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let wish = self.understand(caller, request).await?;
            let resource = self.resource(caller, &wish.to, wish.role.clone(), wish.place.clone())?;
            let permit = self.gate().allow(caller, Action::UserGrantRole, &resource).await?;
            if let HeldRole::BuiltIn(role @ (Role::PlatformAdmin | Role::Auditor)) = wish.role {
                let fault = faults::ACCOUNT_ONLY
                    .fault(format!("`{role}` is given to the account of one person, for the whole tenant and until it is taken back"))
                    .param("role", role)
                    .hint("Set the roles of the account: execgov user update NAME --roles ...");
                return Err(self.refused(caller, Action::UserGrantRole.name(), &resource, fault).await);
            }
            let now = self.gate().now();
            let grant = RoleGrant {
                id: RoleGrantId::new(now),
                tenant: caller.tenant.clone(),
                holder: wish.to.holder(),
                role: match &wish.role {
                    HeldRole::BuiltIn(role) => GivenRole::BuiltIn(*role),
                    HeldRole::Custom { id, .. } => GivenRole::Custom(*id),
                },
                place: wish.place,
                until: wish.until,
                reason: wish.reason,
                granted_at: now,
                granted_by: caller.actor(),
            };
            let mut commit = Commit::new();
            let found = self.no_place(&grant, now, &mut commit)?;
            if let Some(fault) = found {
                return Err(self.refused(caller, Action::UserGrantRole.name(), &resource, fault).await);
            }
            // Who loses the role or the account meanwhile gives nothing.
            let event = noted(permit.note(self.gate().event(caller, "grant.create", resource.subject())), &grant, &wish.role);
            commit.insert(&grant).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.tell(&grant)?;
                    return self.shown(&grant);
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Counts a grant in a commit, or says why there is no place for it. Ties the commit to the role and the holder.
    fn no_place(&self, grant: &RoleGrant, now: Timestamp, commit: &mut Commit) -> Result<Option<Fault>, Fault> {
        let snapshot = self.read()?;
        let others = of_holder(&snapshot, &grant.tenant, &grant.holder)?;
        let as_long = |other: &RoleGrant| match (other.until, grant.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(other), Some(wanted)) => other >= wanted,
        };
        let same = |other: &RoleGrant| other.holds(now) && other.role == grant.role && other.place == grant.place && as_long(other);
        if let Some(other) = others.iter().find(|other| same(&other.record)) {
            let fault = faults::ALREADY.fault(format!("{} gives them that role there already", other.record.id));
            return Ok(Some(fault.param("grant", other.record.id).hint("Nothing needs to be done.")));
        }
        if let GivenRole::Custom(id) = &grant.role
            && let Some(role) = custom_role(&snapshot, &grant.tenant, &id.to_string())?
        {
            commit.expect(&role);
        }
        if others.len() >= GRANTS_EACH || !one_more(&snapshot, commit, &grant.tenant, Counted::Grants, GRANTS_MOST)? {
            return Ok(Some(faults::full_of_grants()));
        }
        Ok(None)
    }

    /// Takes a role away.
    ///
    /// # Errors
    /// Not found, or the caller may not.
    pub async fn take(&self, caller: &Caller, id: &str) -> Result<(), Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let found = self.find(&caller.tenant, id)?;
            let Some((stored, to, role)) = found else {
                return Err(self.gate().missing(caller, Action::UserGrantRole, "grant", id).await);
            };
            let grant = &stored.record;
            let resource = self.resource(caller, &to, role.clone(), grant.place.clone())?;
            let permit = self.gate().allow(caller, Action::UserGrantRole, &resource).await?;
            let mut commit = Commit::new();
            one_less(&self.read()?, &mut commit, &grant.tenant, Counted::Grants)?;
            let event = noted(permit.note(self.gate().event(caller, "grant.revoke", resource.subject())), grant, &role);
            commit.delete(&stored).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.tell(grant),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    fn find(&self, tenant: &TenantKey, id: &str) -> Result<Option<(Stored<RoleGrant>, Recipient, HeldRole)>, Fault> {
        let Ok(id) = id.parse::<RoleGrantId>() else { return Ok(None) };
        let snapshot = self.read()?;
        let stored: Option<Stored<RoleGrant>> = snapshot.get(&role_grant_key(tenant, id)).map_err(storage_fault)?;
        let Some(stored) = stored else { return Ok(None) };
        let (to, role) = (recipient(&snapshot, &stored.record)?, holdings::role(&snapshot, &stored.record)?);
        Ok(to.zip(role).map(|(to, role)| (stored, to, role)))
    }

    async fn understand(&self, caller: &Caller, request: &RoleGrantRequest) -> Result<Wish, Fault> {
        let to = match (&request.user, &request.group) {
            (Some(who), None) => Recipient::User(self.identity.person(caller, who).await?),
            (None, Some(name)) => {
                let found = groups::find(&self.read()?, &caller.tenant, name)?;
                match found {
                    Some(stored) => Recipient::Group(stored.record),
                    None => return Err(self.gate().missing(caller, Action::GroupView, "group", name).await),
                }
            }
            _ => return Err(faults::bad_grant("/user", "a role is given to one `user` or one `group`".to_owned())),
        };
        let snapshot = self.read()?;
        let role = role_called(&snapshot, &caller.tenant, &request.role)?;
        let role = role.ok_or_else(|| faults::bad_grant("/role", format!("there is no role `{}`", short(&request.role))))?;
        let place = request.place.as_deref().map(|text| place_of("/place", text)).transpose()?;
        if let Some(place) = &place
            && spaces::find(&snapshot, &caller.tenant, place)?.is_none()
        {
            return Err(faults::bad_grant("/place", format!("there is no space or folder `{place}`")));
        }
        let until = request.until.as_deref().map(|text| moment(text, self.gate().now())).transpose()?;
        let reason = request.reason.as_deref().map(check_display_name).transpose();
        let reason = reason.map_err(|_| faults::bad_grant("/reason", "`reason` has 1 to 120 characters of plain text".to_owned()))?;
        Ok(Wish { to, role, place, until, reason })
    }

    fn resource(&self, caller: &Caller, to: &Recipient, role: HeldRole, place: Option<SpacePath>) -> Result<Resource, Fault> {
        let snapshot = self.read()?;
        let subject = match to {
            Recipient::User(user) => Resource::User(user.to_ref()).subject(),
            Recipient::Group(group) => {
                Subject { kind: "group".to_owned(), id: Some(group.id.to_string()), name: Some(group.name.to_string()) }
            }
        };
        Ok(Resource::Grant(GrantRef {
            tenant: caller.tenant.clone(),
            holder: match to {
                Recipient::User(user) => Some(user.to_ref()),
                Recipient::Group(_) => None,
            },
            subject,
            gains: gains(&snapshot, caller, to)?,
            within: is_within(self.gate(), caller, &role, place.as_ref()),
            role,
            place,
        }))
    }

    /// Lets live streams of those concerned look again.
    fn tell(&self, grant: &RoleGrant) -> Result<(), Fault> {
        let people: Vec<UserId> = match grant.holder {
            Holder::User(user) => vec![user],
            Holder::Group(group) => groups::people_in(&self.read()?, &grant.tenant, group)?,
        };
        self.identity.rights_changed(people);
        Ok(())
    }

    fn shown(&self, grant: &RoleGrant) -> Result<RoleGrantView, Fault> {
        let view = view(&self.read()?, grant, self.gate().now())?;
        view.ok_or_else(|| crate::service::gate::absent("grant"))
    }
}

fn recipient(snapshot: &Snapshot, grant: &RoleGrant) -> Result<Option<Recipient>, Fault> {
    Ok(match grant.holder {
        Holder::User(id) => {
            let stored: Option<Stored<User>> = snapshot.get(&user_key(&grant.tenant, id)).map_err(storage_fault)?;
            stored.map(|stored| Recipient::User(stored.record))
        }
        Holder::Group(id) => {
            let stored: Option<Stored<Group>> = snapshot.get(&group_key(&grant.tenant, id)).map_err(storage_fault)?;
            stored.map(|stored| Recipient::Group(stored.record))
        }
    })
}

/// A grant as it is shown; `None` when holder or role are no more.
fn view(snapshot: &Snapshot, grant: &RoleGrant, now: Timestamp) -> Result<Option<RoleGrantView>, Fault> {
    let (Some(to), Some(role)) = (recipient(snapshot, grant)?, holdings::role(snapshot, grant)?) else { return Ok(None) };
    let (kind, id, name) = match to {
        Recipient::User(user) => ("user", user.id.to_string(), user.name.to_string()),
        Recipient::Group(group) => ("group", group.id.to_string(), group.name.to_string()),
    };
    Ok(Some(RoleGrantView {
        id: grant.id.to_string(),
        holder: RoleHolderView { kind: kind.to_owned(), id, name },
        role: role.name().to_owned(),
        custom: matches!(role, HeldRole::Custom { .. }),
        place: grant.place.as_ref().map(ToString::to_string),
        until: grant.until.map(|until| until.to_string()),
        holds: grant.holds(now),
        reason: grant.reason.clone(),
        granted_at: grant.granted_at.to_string(),
        granted_by: grant.granted_by.clone(),
    }))
}

fn noted(mut event: Event, grant: &RoleGrant, role: &HeldRole) -> Event {
    event.details.insert("grant".to_owned(), json!(grant.id));
    event.details.insert("role".to_owned(), json!(role.name()));
    event.details.insert("place".to_owned(), json!(grant.place));
    event.details.insert("until".to_owned(), json!(grant.until));
    if let Some(reason) = &grant.reason {
        event.details.insert("why".to_owned(), json!(reason));
    }
    event
}

fn place_of(pointer: &str, text: &str) -> Result<SpacePath, Fault> {
    text.parse().map_err(|error| faults::bad_grant(pointer, format!("`place`: {error}")))
}

fn short(text: &str) -> String {
    text.chars().take(64).collect()
}

/// A moment that is still to come.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    match text.parse::<Timestamp>() {
        Ok(until) if until > now => Ok(until),
        Ok(_) => Err(faults::bad_grant("/until", "`until` has passed already".to_owned())),
        Err(_) => Err(faults::bad_grant("/until", "`until` must be an RFC 3339 moment such as 2026-12-31T00:00:00Z".to_owned())),
    }
}
