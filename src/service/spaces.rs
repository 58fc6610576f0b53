//! Spaces and folders: made, shown, filled, archived.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;

use crate::base::clock::Timestamp;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::grant::RoleGrant;
use crate::domain::access::{Action, Caller, DEFAULT_SPACE, Resource, SpacePath, SpaceRef};
use crate::domain::capability::Capability;
use crate::domain::identity::User;
use crate::domain::identity::user::check_display_name;
use crate::domain::ids::TenantKey;
use crate::domain::space::{SPACES_MOST, Space, SpaceError};
use crate::domain::tally::Counted;
use crate::service::gate::{Gate, absent};
use crate::service::limits::{one_less, one_more, so_many_less};
use crate::service::{commit_fault, storage_fault};
use crate::store::record::access::{BY_PLACE, space_key};
use crate::store::record::identity::user_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Ledger, Scan, Snapshot, Stored};
use crate::wire::space::{FolderRequest, SpaceKind, SpaceRequest, SpaceView, SpaceViews};

pub const BAD: Code = Code::new("EG-SPC-001", Class::User, "The space makes no sense");
pub const TAKEN: Code = Code::new("EG-SPC-002", Class::Conflict, "A space has, or had, that name");
pub const FULL: Code = Code::new("EG-SPC-003", Class::Conflict, "Too many spaces");
pub const IN_USE: Code = Code::new("EG-SPC-004", Class::Conflict, "Something lives there");

/// How often a change is decided again when something else changed under its hands.
const TRIES: usize = 8;
/// What a caller may be able to do in a space.
const ACTIONS: [Action; 2] = [Action::SpaceUpdate, Action::CapabilityRegister];

/// A space as it lies in the ledger, when it does, and as it is.
type AsStored = (Option<Stored<Space>>, Space);

/// Where a path leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A team's space with a record, or the default one that nobody has changed yet.
    Team(Space),
    /// Somebody's own space.
    Personal(User),
}

/// The space that a path leads into; `None` when there is no such space or folder.
///
/// # Errors
/// When the ledger cannot be read.
pub fn find(snapshot: &Snapshot, tenant: &TenantKey, path: &SpacePath) -> Result<Option<Found>, Fault> {
    if let Some(keeper) = path.keeper() {
        let user: Option<Stored<User>> = snapshot.get(&user_key(tenant, keeper)).map_err(storage_fault)?;
        return Ok(user.filter(|_| !path.is_folder()).map(|stored| Found::Personal(stored.record)));
    }
    let stored: Option<Stored<Space>> = snapshot.get(&space_key(tenant, path.space())).map_err(storage_fault)?;
    let space = match stored {
        Some(stored) => Some(stored.record).filter(|space| space.removed_at.is_none()),
        None if path.space() == DEFAULT_SPACE => Some(Space::default_of(tenant)),
        None => None,
    };
    Ok(space.filter(|space| space.has(path)).map(Found::Team))
}

/// A place that somebody names, which must exist.
///
/// # Errors
/// When it is no path or leads nowhere.
pub fn named(snapshot: &Snapshot, tenant: &TenantKey, pointer: &str, text: &str) -> Result<SpacePath, Fault> {
    let path: SpacePath = text.parse().map_err(|error: crate::domain::access::PathError| bad(pointer, error.to_string()))?;
    match find(snapshot, tenant, &path)? {
        Some(_) => Ok(path),
        None => Err(bad(pointer, format!("there is no space or folder `{path}`"))),
    }
}

/// The service of spaces.
#[derive(Clone)]
pub struct Spaces {
    ledger: Ledger,
    gate: Gate,
    /// One change at a time, so that many at once wait instead of starting again and again.
    turn: Arc<Mutex<()>>,
}

fn thing(tenant: &TenantKey, path: &SpacePath) -> Resource {
    Resource::Space(SpaceRef { tenant: tenant.clone(), path: path.clone() })
}

impl Spaces {
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate) -> Self {
        Self { ledger, gate, turn: Arc::default() }
    }

    fn read(&self) -> Result<Snapshot, Fault> {
        self.ledger.read().map_err(storage_fault)
    }

    /// The caller's own space, and the team spaces of which they may see the space or a folder, by name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn list(&self, caller: &Caller) -> Result<SpaceViews, Fault> {
        let snapshot = self.read()?;
        let stored: Vec<Stored<Space>> = snapshot.scan(&Scan::table(&scoped(&caller.tenant, &[]))).map_err(storage_fault)?;
        let mut spaces: Vec<Space> = stored.into_iter().map(|stored| stored.record).filter(|space| space.removed_at.is_none()).collect();
        if !spaces.iter().any(|space| space.name.as_str() == DEFAULT_SPACE) {
            spaces.push(Space::default_of(&caller.tenant));
            spaces.sort_by(|a, b| a.name.cmp(&b.name));
        }
        let mut items = Vec::new();
        if let Some(user) = caller.user_id() {
            let own = SpacePath::personal(user);
            items.push(SpaceView {
                actions: self.gate.actions_on(caller, &ACTIONS, &thing(&caller.tenant, &own)),
                name: own.to_string(),
                kind: SpaceKind::Personal,
                description: None,
                folders: Vec::new(),
                created_at: None,
                created_by: None,
            });
        }
        for space in spaces {
            let folders: Vec<String> = space
                .folders
                .iter()
                .filter(|path| self.gate.may(caller, Action::SpaceView, &thing(&caller.tenant, path)))
                .map(ToString::to_string)
                .collect();
            if !folders.is_empty() || self.gate.may(caller, Action::SpaceView, &thing(&caller.tenant, &space.name)) {
                items.push(self.view(caller, &space, folders));
            }
        }
        Ok(SpaceViews { items })
    }

    fn view(&self, caller: &Caller, space: &Space, folders: Vec<String>) -> SpaceView {
        let made = space.created_at != Timestamp::UNIX_EPOCH;
        SpaceView {
            name: space.name.to_string(),
            kind: SpaceKind::Team,
            description: space.description.clone(),
            folders,
            actions: self.gate.actions_on(caller, &ACTIONS, &thing(&caller.tenant, &space.name)),
            created_at: made.then(|| space.created_at.to_string()),
            created_by: made.then(|| space.created_by.clone()),
        }
    }

    /// Makes a space of a team.
    ///
    /// # Errors
    /// When the name does not fit or was used before, or there are as many as there may be.
    pub async fn add(&self, caller: &Caller, request: &SpaceRequest) -> Result<SpaceView, Fault> {
        let name: SpacePath = request.name.parse().map_err(|error: crate::domain::access::PathError| bad("/name", error.to_string()))?;
        if name.is_folder() || name.keeper().is_some() {
            return Err(bad("/name", "a space is called by one name; folders come into it afterwards".to_owned()));
        }
        let description = request.description.as_deref().map(check_display_name).transpose();
        let description = description.map_err(|_| bad("/description", "`description` has 1 to 120 characters of plain text".to_owned()))?;
        let resource = thing(&caller.tenant, &name);
        let permit = self.gate.allow(caller, Action::SpaceUpdate, &resource).await?;
        let space = Space {
            tenant: caller.tenant.clone(),
            name,
            description,
            folders: Vec::new(),
            removed_at: None,
            created_at: self.gate.now(),
            created_by: caller.actor(),
        };
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let mut commit = Commit::new();
            let refusal = {
                let snapshot = self.read()?;
                let known: Option<Stored<Space>> = snapshot.get(&space_key(&space.tenant, space.name.as_str())).map_err(storage_fault)?;
                if known.is_some() || space.name.as_str() == DEFAULT_SPACE {
                    Some(
                        TAKEN
                            .fault(format!("the name `{}` is taken, or was", space.name))
                            .hint("Choose another name: what was allowed in a space of that name must not come back to life."),
                    )
                } else {
                    let fits = one_more(&snapshot, &mut commit, &space.tenant, Counted::Spaces, SPACES_MOST)?;
                    (!fits).then(|| {
                        FULL.fault(format!("a tenant has at most {SPACES_MOST} spaces")).param("limit", SPACES_MOST).hint("Use folders.")
                    })
                }
            };
            if let Some(fault) = refusal {
                self.gate.refuse(caller, "space.create", resource.subject(), &fault).await;
                return Err(fault);
            }
            let mut event = permit.note(self.gate.event(caller, "space.create", resource.subject()));
            event.details.insert("space".to_owned(), json!(space));
            commit.insert(&space).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return Ok(self.view(caller, &space, Vec::new())),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// Removes a space that nothing lives in, with what was granted there. Its name stays taken.
    ///
    /// # Errors
    /// Not found, or something lives in it.
    pub async fn remove(&self, caller: &Caller, name: &str) -> Result<(), Fault> {
        self.change(caller, name, "space.remove", |space, _| {
            let path = space.name.clone();
            space.removed_at = Some(space.created_at);
            space.folders.clear();
            Ok(path)
        })
        .await
        .map(drop)
    }

    /// Makes a folder in a space, or in a folder of it.
    ///
    /// # Errors
    /// When the path does not fit, what it would be in is not there, or there are too many.
    pub async fn add_folder(&self, caller: &Caller, name: &str, request: &FolderRequest) -> Result<SpaceView, Fault> {
        let path: SpacePath = format!("{name}/{}", request.path)
            .parse()
            .map_err(|error: crate::domain::access::PathError| bad("/path", error.to_string()))?;
        self.change(caller, name, "space.add_folder", |space, _| {
            space.add_folder(path.clone()).map_err(|error| bad("/path", error.to_string()))?;
            Ok(path.clone())
        })
        .await
    }

    /// Removes a folder that nothing lives in, with what was granted there.
    ///
    /// # Errors
    /// Not found, or something lives in it.
    pub async fn remove_folder(&self, caller: &Caller, name: &str, folder: &str) -> Result<(), Fault> {
        let path = format!("{name}/{folder}").parse::<SpacePath>();
        self.change(caller, name, "space.remove_folder", |space, _| {
            let path = path.clone().map_err(|error| bad("/path", error.to_string()))?;
            space.remove_folder(&path).map_err(|error| match error {
                SpaceError::Absent(_) => absent("folder"),
                other => IN_USE.fault(other.to_string()).hint("Remove what is in it first."),
            })?;
            Ok(path)
        })
        .await
        .map(drop)
    }

    /// One change of a space; what it makes empty must be empty, and takes its grants along.
    async fn change(
        &self,
        caller: &Caller,
        name: &str,
        verb: &'static str,
        apply: impl Fn(&mut Space, &mut Commit) -> Result<SpacePath, Fault>,
    ) -> Result<SpaceView, Fault> {
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let path = name.parse::<SpacePath>().ok().filter(|path| !path.is_folder());
            let found = match &path {
                Some(path) => self.stored(&caller.tenant, path)?,
                None => None,
            };
            let Some((stored, mut space)) = found else {
                return Err(self.gate.missing(caller, Action::SpaceUpdate, "space", name).await);
            };
            let resource = thing(&caller.tenant, &space.name);
            let permit = self.gate.allow(caller, Action::SpaceUpdate, &resource).await?;
            let before = space.clone();
            let mut commit = Commit::new();
            let applied = apply(&mut space, &mut commit).and_then(|path| {
                let gone = space.removed_at.is_some() || !space.has(&path);
                if gone {
                    self.clear(&caller.tenant, &path, &mut commit)?;
                }
                Ok(path)
            });
            let path = match applied {
                Ok(path) => path,
                Err(fault) => {
                    self.gate.refuse(caller, verb, resource.subject(), &fault).await;
                    return Err(fault);
                }
            };
            if space.removed_at.is_some() {
                if space.name.as_str() == DEFAULT_SPACE {
                    let fault = IN_USE.fault("the default space stays").hint("Whatever names no space lives in it.");
                    self.gate.refuse(caller, verb, resource.subject(), &fault).await;
                    return Err(fault);
                }
                space.removed_at = Some(self.gate.now());
                one_less(&self.read()?, &mut commit, &caller.tenant, Counted::Spaces)?;
            }
            let mut event = permit.note(self.gate.event(caller, verb, resource.subject()));
            event.details.insert("path".to_owned(), json!(path));
            event.details.insert("before".to_owned(), json!({ "folders": before.folders }));
            event.details.insert("after".to_owned(), json!({ "folders": space.folders }));
            match &stored {
                Some(stored) => commit.update(stored, &space),
                None => commit.insert(&space),
            };
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => {
                    let folders = space.folders.iter().map(ToString::to_string).collect();
                    return Ok(self.view(caller, &space, folders));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(commit_fault(CommitError::Busy))
    }

    /// A space as it is stored, and as it is: the default one need not be stored.
    fn stored(&self, tenant: &TenantKey, path: &SpacePath) -> Result<Option<AsStored>, Fault> {
        let stored: Option<Stored<Space>> = self.read()?.get(&space_key(tenant, path.as_str())).map_err(storage_fault)?;
        Ok(match stored {
            Some(stored) if stored.record.removed_at.is_some() => None,
            Some(stored) => {
                let space = stored.record.clone();
                Some((Some(stored), space))
            }
            None if path.as_str() == DEFAULT_SPACE => Some((None, Space::default_of(tenant))),
            None => None,
        })
    }

    /// Checks that nothing lives at a place that is to go, and takes its grants along.
    fn clear(&self, tenant: &TenantKey, path: &SpacePath, commit: &mut Commit) -> Result<(), Fault> {
        let snapshot = self.read()?;
        let all: Vec<Stored<Capability>> = snapshot.scan(&Scan::table(&scoped(tenant, &[]))).map_err(storage_fault)?;
        if let Some(one) = all.iter().find(|stored| path.covers(&stored.record.space)) {
            let fault = IN_USE.fault(format!("`{}` lives there", one.record.name)).param("capability", &one.record.name);
            return Err(fault.hint("Move what lives there first: execgov capability move NAME SPACE"));
        }
        // A space's folders are gone with it, and what was granted in them.
        let grants: Vec<Stored<RoleGrant>> =
            snapshot.scan(&Scan::index(BY_PLACE, &scoped(tenant, &[path.as_str().as_bytes()]))).map_err(storage_fault)?;
        let mut gone = 0;
        for grant in grants.iter().filter(|grant| grant.record.place.as_ref().is_some_and(|place| path.covers(place.as_str()))) {
            commit.delete(grant);
            gone += 1;
        }
        so_many_less(&snapshot, commit, tenant, Counted::Grants, gone)
    }
}

fn bad(pointer: &str, message: String) -> Fault {
    let field = FieldFault { pointer: pointer.to_owned(), rule: "format".to_owned(), message: message.clone(), params: Vec::new() };
    BAD.fault(message).field(field).hint("`execgov space list` shows the spaces and their folders.")
}
