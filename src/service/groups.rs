//! Groups: made, shown, filled, removed; and the question whether somebody is in one now.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;

use crate::base::clock::Timestamp;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::{Action, Caller, GroupRef, Resource};
use crate::domain::group::{GROUPS_EACH, GROUPS_MOST, Group, MEMBERS_MOST, Membership};
use crate::domain::handle::Handle;
use crate::domain::identity::user::check_display_name;
use crate::domain::identity::{User, UserState};
use crate::domain::ids::{GroupId, TenantKey, UserId};
use crate::domain::tally::Counted;
use crate::service::gate::{Gate, Permit, absent};
use crate::service::identity::Identity;
use crate::service::limits::{one_less, one_more};
use crate::service::{access, commit_fault, storage_fault};
use crate::store::record::group::{BY_MEMBER, GROUP_BY_NAME, group_key, group_name_key, membership_key};
use crate::store::record::identity::user_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::group::{GroupDetail, GroupRequest, GroupView, GroupViews, MemberRequest, MemberView};

pub const BAD_GROUP: Code = Code::new("EG-GRP-001", Class::User, "The group makes no sense");
pub const NAME_TAKEN: Code = Code::new("EG-GRP-002", Class::Conflict, "A group has that name");
pub const TOO_MANY: Code = Code::new("EG-GRP-003", Class::Conflict, "Too many groups or members");
pub const NOT_A_MEMBER: Code = Code::new("EG-GRP-004", Class::NotFound, "Not in the group");

/// How often a change is decided again when something else changed under its hands.
const TRIES: usize = 8;

/// A group of a tenant by id or name.
///
/// # Errors
/// When the ledger cannot be read.
pub fn find(snapshot: &Snapshot, tenant: &TenantKey, text: &str) -> Result<Option<Stored<Group>>, Fault> {
    if let Ok(id) = text.parse::<GroupId>() {
        return snapshot.get(&group_key(tenant, id)).map_err(storage_fault);
    }
    let Ok(name) = text.parse::<Handle>() else { return Ok(None) };
    snapshot.find(GROUP_BY_NAME, &group_name_key(tenant, &name)).map_err(storage_fault)
}

/// Whether somebody is in a group at a moment. It says nothing about whether their account may be used.
///
/// # Errors
/// When the ledger cannot be read.
pub fn is_member(snapshot: &Snapshot, tenant: &TenantKey, group: GroupId, user: UserId, now: Timestamp) -> Result<bool, Fault> {
    let stored: Option<Stored<Membership>> = snapshot.get(&membership_key(tenant, group, user)).map_err(storage_fault)?;
    Ok(stored.is_some_and(|stored| stored.record.holds(now)))
}

/// What somebody is in, those memberships that are over included.
///
/// # Errors
/// When the ledger cannot be read.
pub fn of_person(snapshot: &Snapshot, tenant: &TenantKey, user: UserId) -> Result<Vec<Stored<Membership>>, Fault> {
    let scan = Scan::index(BY_MEMBER, &scoped(tenant, &[user.bytes()])).limit(GROUPS_EACH);
    snapshot.scan(&scan).map_err(storage_fault)
}

/// Everybody in a group, those whose time is over included.
///
/// # Errors
/// When the ledger cannot be read.
pub fn people_in(snapshot: &Snapshot, tenant: &TenantKey, group: GroupId) -> Result<Vec<UserId>, Fault> {
    let all: Vec<Stored<Membership>> = snapshot.scan(&Scan::table(&scoped(tenant, &[group.bytes()]))).map_err(storage_fault)?;
    Ok(all.iter().map(|stored| stored.record.user).collect())
}

/// The service of groups.
#[derive(Clone)]
pub struct Groups {
    ledger: Ledger,
    identity: Identity,
    /// One change at a time, so that many at once wait instead of starting again and again.
    turn: Arc<Mutex<()>>,
}

impl Groups {
    #[must_use]
    pub fn new(ledger: Ledger, identity: Identity) -> Self {
        Self { ledger, identity, turn: Arc::default() }
    }

    fn gate(&self) -> &Gate {
        self.identity.gate()
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// The groups of the tenant in the order of their names.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn list(&self, caller: &Caller) -> Result<GroupViews, Fault> {
        let _permit = self.gate().allow(caller, Action::GroupView, &Resource::Tenant(caller.tenant.clone())).await?;
        let scan = Scan::index(GROUP_BY_NAME, &scoped(&caller.tenant, &[]));
        let all: Vec<Stored<Group>> = self.read()?.scan(&scan).map_err(storage_fault)?;
        Ok(GroupViews { items: all.iter().map(|stored| view(&stored.record)).collect() })
    }

    /// One group with everybody in it.
    ///
    /// # Errors
    /// Not found, or the caller may not see groups.
    pub async fn show(&self, caller: &Caller, group: &str) -> Result<GroupDetail, Fault> {
        let _permit = self.gate().allow(caller, Action::GroupView, &Resource::Tenant(caller.tenant.clone())).await?;
        let stored = self.found(caller, Action::GroupView, group).await?;
        self.detail(&stored.record)
    }

    /// Makes a group.
    ///
    /// # Errors
    /// When the name does not fit or is taken, or there are as many as there may be.
    pub async fn add(&self, caller: &Caller, request: &GroupRequest) -> Result<GroupView, Fault> {
        let name: Handle = request.name.parse().map_err(|error| bad("/name", format!("`name`: {error}")))?;
        let description = request.description.as_deref().map(check_display_name).transpose();
        let description = description.map_err(|_| bad("/description", "`description` has 1 to 120 characters of plain text".to_owned()))?;
        let resource = thing(&caller.tenant, None, &name, None, (false, true));
        let permit = self.gate().allow(caller, Action::GroupUpdate, &resource).await?;
        let now = self.gate().now();
        let group = Group {
            id: GroupId::new(now),
            tenant: caller.tenant.clone(),
            name,
            description,
            members: 0,
            created_at: now,
            created_by: caller.actor(),
        };
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let mut commit = Commit::new();
            if let Some(fault) = self.no_place(&group, &mut commit)? {
                return Err(self.refused(caller, "group.create", &resource, fault).await);
            }
            let mut event = permit.note(self.gate().event(caller, "group.create", resource_of(&group).subject()));
            event.details.insert("group".to_owned(), json!(group));
            commit.insert(&group).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(view(&group)),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Counts a new group in a commit, or says why there is no place for it.
    fn no_place(&self, group: &Group, commit: &mut Commit) -> Result<Option<Fault>, Fault> {
        let snapshot = self.read()?;
        if find(&snapshot, &group.tenant, group.name.as_str())?.is_some() {
            let fault = NAME_TAKEN.fault(format!("there is a group `{}` already", group.name)).param("name", &group.name);
            return Ok(Some(fault.hint("Choose another name.")));
        }
        let fits = one_more(&snapshot, commit, &group.tenant, Counted::Groups, GROUPS_MOST)?;
        Ok((!fits).then(|| full(format!("there are {GROUPS_MOST} groups, the most that a tenant may have"), GROUPS_MOST)))
    }

    /// Removes a group and everybody's place in it.
    ///
    /// # Errors
    /// Not found, or not allowed.
    pub async fn remove(&self, caller: &Caller, group: &str) -> Result<(), Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let (stored, permit) = self.allowed(caller, group, None).await?;
            let group = &stored.record;
            let mut commit = Commit::new();
            let people = {
                let snapshot = self.read()?;
                one_less(&snapshot, &mut commit, &group.tenant, Counted::Groups)?;
                access::forget_group(&snapshot, &mut commit, group)?;
                members(&snapshot, group)?
            };
            for person in &people {
                commit.delete(person);
            }
            let mut event = permit.note(self.gate().event(caller, "group.remove", resource_of(group).subject()));
            event.details.insert("members".to_owned(), json!(people.iter().map(|one| one.record.user).collect::<Vec<_>>()));
            commit.delete(&stored).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.identity.rights_changed(people.iter().map(|person| person.record.user));
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Puts a person into a group, or changes until when they are in it. Nobody puts themselves into one.
    ///
    /// # Errors
    /// When the group or the person does not exist, the moment does not fit, or the limit is reached.
    pub async fn add_member(&self, caller: &Caller, group: &str, user: &str, request: &MemberRequest) -> Result<GroupDetail, Fault> {
        let until = request.until.as_deref().map(|text| moment(text, self.gate().now())).transpose()?;
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let person = self.identity.person(caller, user).await?;
            let (stored, permit) = self.allowed(caller, group, Some(person.id)).await?;
            let group = &stored.record;
            let mut commit = Commit::new();
            let (already, others) = {
                let snapshot = self.read()?;
                let key = membership_key(&group.tenant, group.id, person.id);
                let already: Option<Stored<Membership>> = snapshot.get(&key).map_err(storage_fault)?;
                (already, of_person(&snapshot, &group.tenant, person.id)?.len())
            };
            let member = Membership {
                tenant: group.tenant.clone(),
                group: group.id,
                user: person.id,
                until,
                added_at: self.gate().now(),
                added_by: caller.actor(),
            };
            if let Some(already) = &already {
                commit.update(already, &member);
            } else {
                if group.members >= MEMBERS_MOST || others >= GROUPS_EACH {
                    let text = format!("a group has at most {MEMBERS_MOST} members, and a person is in at most {GROUPS_EACH} groups");
                    return Err(self.refused(caller, "group.add_member", &resource_of(group), full(text, MEMBERS_MOST)).await);
                }
                commit.insert(&member).update(&stored, &Group { members: group.members + 1, ..group.clone() });
            }
            let mut event = permit.note(self.gate().event(caller, "group.add_member", resource_of(group).subject()));
            event.details.insert("user".to_owned(), json!({ "id": person.id, "name": person.name }));
            event.details.insert("until".to_owned(), json!(until));
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.identity.rights_changed([person.id]);
                    return self.detail_of(&group.tenant, group.id);
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Takes a person out of a group.
    ///
    /// # Errors
    /// When the group does not exist or they are not in it.
    pub async fn remove_member(&self, caller: &Caller, group: &str, user: &str) -> Result<(), Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let person = self.identity.user(caller, user).await?.record;
            let (stored, permit) = self.allowed(caller, group, None).await?;
            let group = &stored.record;
            let key = membership_key(&group.tenant, group.id, person.id);
            let member: Option<Stored<Membership>> = self.read()?.get(&key).map_err(storage_fault)?;
            let Some(member) = member else {
                let fault = NOT_A_MEMBER.fault(format!("`{}` is not in the group `{}`", person.name, group.name));
                let fault = fault.hint("`execgov group show` lists who is in it.");
                return Err(self.refused(caller, "group.remove_member", &resource_of(group), fault).await);
            };
            let mut event = permit.note(self.gate().event(caller, "group.remove_member", resource_of(group).subject()));
            event.details.insert("user".to_owned(), json!({ "id": person.id, "name": person.name }));
            let mut commit = Commit::new();
            commit.delete(&member).update(&stored, &Group { members: group.members.saturating_sub(1), ..group.clone() }).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    self.identity.rights_changed([person.id]);
                    return Ok(());
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// A group by what it is called.
    async fn found(&self, caller: &Caller, action: Action, group: &str) -> Result<Stored<Group>, Fault> {
        let found = find(&self.read()?, &caller.tenant, group)?;
        match found {
            Some(stored) => Ok(stored),
            None => Err(self.gate().missing(caller, action, "group", group).await),
        }
    }

    /// A group that the caller may change; `member` is who would come into it.
    async fn allowed(&self, caller: &Caller, group: &str, member: Option<UserId>) -> Result<(Stored<Group>, Permit), Fault> {
        let stored = self.found(caller, Action::GroupUpdate, group).await?;
        let flags = {
            let snapshot = self.read()?;
            let user: Option<Stored<User>> = match member {
                Some(id) => snapshot.get(&user_key(&caller.tenant, id)).map_err(storage_fault)?,
                None => None,
            };
            let gains = user.map_or(Ok(false), |user| access::is_also(&snapshot, caller, &user.record))?;
            (gains, access::group_is_within(self.gate(), &snapshot, caller, &stored.record)?)
        };
        let resource = thing(&stored.record.tenant, Some(stored.record.id), &stored.record.name, member, flags);
        let permit = self.gate().allow(caller, Action::GroupUpdate, &resource).await?;
        Ok((stored, permit))
    }

    async fn refused(&self, caller: &Caller, verb: &str, resource: &Resource, fault: Fault) -> Fault {
        self.gate().refuse(caller, verb, resource.subject(), &fault).await;
        fault
    }

    fn detail_of(&self, tenant: &TenantKey, id: GroupId) -> Result<GroupDetail, Fault> {
        let stored: Option<Stored<Group>> = self.read()?.get(&group_key(tenant, id)).map_err(storage_fault)?;
        stored.map_or_else(|| Err(absent("group")), |stored| self.detail(&stored.record))
    }

    fn detail(&self, group: &Group) -> Result<GroupDetail, Fault> {
        let now = self.gate().now();
        let snapshot = self.read()?;
        let mut people = Vec::new();
        for member in members(&snapshot, group)?.iter().map(|stored| &stored.record) {
            let key = scoped(&group.tenant, &[member.user.bytes()]);
            let Some(user) = snapshot.get::<User>(&key).map_err(storage_fault)?.map(|stored| stored.record) else { continue };
            people.push(MemberView {
                id: user.id.to_string(),
                name: user.name.to_string(),
                display_name: user.display_name,
                counts: user.state == UserState::Active && member.holds(now),
                until: member.until.map(|until| until.to_string()),
                added_at: member.added_at.to_string(),
                added_by: member.added_by.clone(),
            });
        }
        Ok(GroupDetail { group: view(group), people })
    }
}

fn members(snapshot: &Snapshot, group: &Group) -> Result<Vec<Stored<Membership>>, Fault> {
    snapshot.scan(&Scan::table(&scoped(&group.tenant, &[group.id.bytes()]))).map_err(storage_fault)
}

/// `flags`: who asks would gain by it, and holds all that was given to it.
fn thing(tenant: &TenantKey, id: Option<GroupId>, name: &Handle, member: Option<UserId>, flags: (bool, bool)) -> Resource {
    let (gains, within) = flags;
    Resource::Group(GroupRef { tenant: tenant.clone(), id, name: name.clone(), member, gains, within })
}

fn resource_of(group: &Group) -> Resource {
    thing(&group.tenant, Some(group.id), &group.name, None, (false, true))
}

fn view(group: &Group) -> GroupView {
    GroupView {
        id: group.id.to_string(),
        name: group.name.to_string(),
        description: group.description.clone(),
        members: group.members,
        created_at: group.created_at.to_string(),
        created_by: group.created_by.clone(),
    }
}

/// A moment that is still to come.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    match text.parse::<Timestamp>() {
        Ok(until) if until > now => Ok(until),
        Ok(_) => Err(bad("/until", "`until` has passed already".to_owned())),
        Err(_) => Err(bad("/until", "`until` must be an RFC 3339 moment such as 2026-12-31T00:00:00Z".to_owned())),
    }
}

fn full(text: String, limit: u64) -> Fault {
    TOO_MANY.fault(text).param("limit", limit).hint("Remove what is no longer needed.")
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD_GROUP.fault(message).field(field).hint("Correct the field that is named.")
}
