//! A question put the way Cedar wants it: entities with attributes, and the circumstances.
//!
//! Entities are made for each question from what the question is about, so a decision never depends on the size
//! of the installation. Names and type names are parsed once.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    ActionConstraint, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request, RestrictedExpression as Value,
};

use super::action::{Action, Effect};
use super::caller::{Caller, Principal, Standing};
use super::held::HeldRole;
use super::place;
use super::policy::Mode;
use super::resource::{ApprovalRef, CapabilityRef, GrantRef, Resource, RunRef, UserRef};
use super::role::{Role, RoleSet};
use crate::domain::ids::{TenantKey, UserId};

type Attributes = HashMap<String, Value>;
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Names that every question needs.
#[derive(Debug)]
pub struct Vocabulary {
    actions: Vec<Entity>,
    /// The group that each action belongs to.
    groups: Vec<EntityUid>,
    roles: Vec<EntityUid>,
    user: EntityTypeName,
    host: EntityUid,
    appliance: EntityUid,
    tenant: EntityTypeName,
    capability: EntityTypeName,
    run: EntityTypeName,
    approval: EntityTypeName,
    grant: EntityTypeName,
    group: EntityTypeName,
    space: EntityTypeName,
    policy: EntityTypeName,
    session: EntityTypeName,
    token: EntityTypeName,
    audit: EntityTypeName,
    announcement: EntityTypeName,
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

impl Vocabulary {
    pub fn new() -> Result<Self, Failure> {
        let action: EntityTypeName = "Action".parse()?;
        let role: EntityTypeName = "Role".parse()?;
        let group = |effect| match effect {
            Effect::Read => "read",
            Effect::Change => "change",
            Effect::Own => "own",
        };
        let groups: Vec<EntityUid> = Action::ALL.iter().map(|each| uid(&action, group(each.effect()))).collect();
        let actions = Action::ALL
            .iter()
            .zip(&groups)
            .map(|(each, group)| Entity::new_no_attrs(uid(&action, each.name()), HashSet::from([group.clone()])))
            .collect();
        Ok(Self {
            actions,
            groups,
            roles: Role::ALL.iter().map(|each| uid(&role, each.name())).collect(),
            user: "User".parse()?,
            host: uid(&"Host".parse()?, "host"),
            appliance: uid(&"Appliance".parse()?, "appliance"),
            tenant: "Tenant".parse()?,
            capability: "Capability".parse()?,
            run: "Run".parse()?,
            approval: "Approval".parse()?,
            grant: "Grant".parse()?,
            group: "Group".parse()?,
            space: "Space".parse()?,
            policy: "Policy".parse()?,
            session: "Session".parse()?,
            token: "Token".parse()?,
            audit: "Audit".parse()?,
            announcement: "Announcement".parse()?,
        })
    }

    /// The policies whose scope covers an action, by its name or by its group.
    pub fn speaking_about(&self, action: Action, all: &PolicySet) -> Result<PolicySet, Failure> {
        let act = &self.actions[action as usize];
        let named = |uid: &EntityUid| *uid == act.uid() || self.groups[action as usize] == *uid;
        let mut some = PolicySet::new();
        for policy in all.policies() {
            let speaks = match policy.action_constraint() {
                ActionConstraint::Any => true,
                ActionConstraint::Eq(uid) => named(&uid),
                ActionConstraint::In(uids) => uids.iter().any(named),
            };
            if speaks {
                some.add(policy.clone())?;
            }
        }
        Ok(some)
    }

    /// The question whether `caller` may do `action` to `resource`.
    pub fn question(&self, caller: &Caller, action: Action, resource: &Resource, mode: Mode) -> Result<(Request, Entities), Failure> {
        let rights = caller.rights(action, resource.place());
        let principal = match caller.principal {
            Principal::User(id) => self.person(id, &caller.tenant, rights.roles)?,
            Principal::Host => Entity::with_uid(self.host.clone()),
        };
        let act = self.actions[action as usize].clone();
        let thing = self.thing(resource)?;
        let circumstances = Context::from_pairs([
            ("solo".to_owned(), Value::new_bool(mode == Mode::Solo)),
            ("granted".to_owned(), Value::new_bool(rights.granted.contains(action))),
            ("in_scope".to_owned(), Value::new_bool(caller.scope().contains(action))),
            ("password_expired".to_owned(), Value::new_bool(caller.standing == Standing::PasswordExpired)),
        ])?;
        let request = Request::new(principal.uid(), act.uid(), thing.uid(), circumstances, None)?;
        // When people act on themselves there is one entity, and what the session knows of them counts.
        let others = if thing.uid() == principal.uid() { vec![principal, act] } else { vec![principal, act, thing] };
        Ok((request, Entities::from_entities(others, None)?))
    }

    fn role(&self, role: Role) -> EntityUid {
        self.roles[role as usize].clone()
    }

    fn person(&self, id: UserId, tenant: &TenantKey, roles: RoleSet) -> Result<Entity, Failure> {
        let attributes = Attributes::from([tenant_of(tenant), guarded(roles)]);
        Ok(Entity::new(uid(&self.user, &id.to_string()), attributes, roles.iter().map(|role| self.role(role)).collect())?)
    }

    fn user(&self, id: UserId) -> Value {
        Value::new_entity_uid(uid(&self.user, &id.to_string()))
    }

    fn thing(&self, resource: &Resource) -> Result<Entity, Failure> {
        let (id, attributes) = match resource {
            Resource::Appliance => return Ok(Entity::with_uid(self.appliance.clone())),
            Resource::User(user) => return self.person(user.id, &user.tenant, user.roles),
            Resource::Tenant(tenant) => (uid(&self.tenant, tenant.as_str()), Attributes::from([tenant_of(tenant)])),
            Resource::Capability(capability) => self.capability(capability),
            Resource::Run(run) => self.run(run),
            Resource::Approval(approval) => self.approval(approval),
            Resource::Announcement(announcement) => {
                let authors = Value::new_set(announcement.authors.iter().map(|id| self.user(*id)));
                let attributes = Attributes::from([tenant_of(&announcement.tenant), ("authors".to_owned(), authors)]);
                (uid(&self.announcement, &announcement.id.to_string()), attributes)
            }
            Resource::Grant(grant) => self.grant(grant),
            Resource::Policy(policy) => {
                let mut attributes = Attributes::from([tenant_of(&policy.tenant)]);
                self.optional(&mut attributes, "author", policy.author);
                (uid(&self.policy, &policy.number.to_string()), attributes)
            }
            Resource::Space(space) => {
                let mut attributes = Attributes::from([tenant_of(&space.tenant), space_of(space.path.as_str())]);
                self.optional(&mut attributes, "keeper", space.path.keeper());
                (uid(&self.space, space.path.as_str()), attributes)
            }
            Resource::Group(group) => {
                let mut attributes = Attributes::from([tenant_of(&group.tenant), flag("gains", group.gains), flag("within", group.within)]);
                self.optional(&mut attributes, "member", group.member);
                (uid(&self.group, group.name.as_str()), attributes)
            }
            Resource::Session { owner, id } => {
                (uid(&self.session, &id.map(|id| id.to_string()).unwrap_or_default()), self.owned("owner", owner))
            }
            Resource::Token { owner, id } => {
                (uid(&self.token, &id.map(|id| id.to_string()).unwrap_or_default()), self.owned("owner", owner))
            }
            Resource::Audit { tenant, actor } => {
                let mut attributes = Attributes::from([tenant_of(tenant)]);
                self.optional(&mut attributes, "actor", *actor);
                (uid(&self.audit, tenant.as_str()), attributes)
            }
        };
        Ok(Entity::new(id, attributes, HashSet::new())?)
    }

    fn capability(&self, capability: &CapabilityRef) -> (EntityUid, Attributes) {
        let mut attributes = Attributes::from([
            tenant_of(&capability.tenant),
            space_of(&capability.space),
            ("risk".to_owned(), Value::new_long(capability.risk as i64)),
        ]);
        self.optional(&mut attributes, "keeper", place::keeper(&capability.space));
        self.optional(&mut attributes, "owner", capability.owner);
        self.optional(&mut attributes, "author", capability.author);
        (uid(&self.capability, &capability.id.to_string()), attributes)
    }

    fn run(&self, run: &RunRef) -> (EntityUid, Attributes) {
        let mut attributes = Attributes::from([tenant_of(&run.tenant), space_of(&run.space)]);
        self.optional(&mut attributes, "keeper", place::keeper(&run.space));
        self.optional(&mut attributes, "requester", run.requester);
        (uid(&self.run, &run.id.to_string()), attributes)
    }

    fn approval(&self, approval: &ApprovalRef) -> (EntityUid, Attributes) {
        let requesters = Value::new_set(approval.requesters.iter().map(|id| self.user(*id)));
        let attributes = Attributes::from([
            tenant_of(&approval.tenant),
            ("requesters".to_owned(), requesters),
            ("roles".to_owned(), Value::new_set(approval.roles.iter().map(|role| Value::new_entity_uid(self.role(*role))))),
            ("deciders".to_owned(), Value::new_set(approval.deciders.iter().map(|id| self.user(*id)))),
        ]);
        (uid(&self.approval, &approval.id.to_string()), attributes)
    }

    fn grant(&self, grant: &GrantRef) -> (EntityUid, Attributes) {
        let roles = grant.holder.as_ref().map_or(RoleSet::NONE, |holder| holder.roles);
        let mut attributes =
            Attributes::from([tenant_of(&grant.tenant), guarded(roles), flag("gains", grant.gains), flag("within", grant.within)]);
        self.optional(&mut attributes, "holder", grant.holder.as_ref().map(|holder| holder.id));
        if let HeldRole::BuiltIn(role) = grant.role {
            attributes.insert("role".to_owned(), Value::new_entity_uid(self.role(role)));
        }
        (uid(&self.grant, grant.role.name()), attributes)
    }

    fn owned(&self, relation: &str, owner: &UserRef) -> Attributes {
        let mut attributes = Attributes::from([tenant_of(&owner.tenant), guarded(owner.roles), (relation.to_owned(), self.user(owner.id))]);
        self.optional(&mut attributes, "keeper", owner.service_of);
        attributes
    }

    fn optional(&self, attributes: &mut Attributes, name: &str, user: Option<UserId>) {
        if let Some(id) = user {
            attributes.insert(name.to_owned(), self.user(id));
        }
    }
}

fn tenant_of(tenant: &TenantKey) -> (String, Value) {
    ("tenant".to_owned(), Value::new_string(tenant.to_string()))
}

fn space_of(space: &str) -> (String, Value) {
    ("space".to_owned(), Value::new_string(space.to_owned()))
}

fn guarded(roles: RoleSet) -> (String, Value) {
    flag("guarded", roles.contains(Role::PlatformAdmin))
}

fn flag(name: &str, value: bool) -> (String, Value) {
    (name.to_owned(), Value::new_bool(value))
}
