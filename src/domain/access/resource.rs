//! The things that an action is about, with the attributes that policies look at.

use super::action::Action;
use super::held::HeldRole;
use super::place::SpacePath;
use super::role::{Role, RoleSet};
use crate::domain::audit::Subject;
use crate::domain::capability::{Name, Risk};
use crate::domain::handle::Handle;
use crate::domain::ids::{AnnouncementId, ApprovalId, CapabilityId, GroupId, RunId, SessionId, TenantKey, TokenId, UserId};

/// The space in which capabilities live unless another is named.
pub const DEFAULT_SPACE: &str = "team";

/// A capability, or one version of it, as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CapabilityRef {
    pub tenant: TenantKey,
    pub id: CapabilityId,
    pub name: Name,
    /// The space it lives in, or a folder of it.
    pub space: String,
    pub owner: Option<UserId>,
    /// Who made the version in question; `None` when no version is meant.
    pub author: Option<UserId>,
    pub risk: Risk,
}

/// A run as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RunRef {
    pub tenant: TenantKey,
    pub id: RunId,
    pub requester: Option<UserId>,
    /// Where the capability was when it was asked for.
    pub space: String,
}

/// A request for approval as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApprovalRef {
    pub tenant: TenantKey,
    pub id: ApprovalId,
    /// The accounts of those who do not decide: the one used to ask, others that are bound to the same person, and those
    /// of the author of what is to be published.
    pub requesters: Vec<UserId>,
    /// Of which those who decide must hold one.
    pub roles: Vec<Role>,
    /// Who decides without holding a role: who stands in for somebody who is away.
    pub deciders: Vec<UserId>,
    /// Where the capability that it is about lives.
    pub space: Option<String>,
}

/// An announcement as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnnouncementRef {
    /// The tenant that it is for when it is for that one alone, else the platform domain.
    pub tenant: TenantKey,
    pub id: AnnouncementId,
    pub title: String,
    /// Everybody who has written on it.
    pub authors: Vec<UserId>,
}

/// A person as policies see them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserRef {
    pub tenant: TenantKey,
    pub id: UserId,
    pub name: String,
    pub roles: RoleSet,
    /// It is a service account, for which this person answers.
    pub service_of: Option<UserId>,
}

/// A group as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupRef {
    pub tenant: TenantKey,
    /// `None` for one that is to be made.
    pub id: Option<GroupId>,
    pub name: Handle,
    /// Who would come into it.
    pub member: Option<UserId>,
    /// Who asks would come into it under another account.
    pub gains: bool,
    /// Who asks holds everything that was given to the group.
    pub within: bool,
}

/// One role in the hands of one person, service account or group, as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GrantRef {
    pub tenant: TenantKey,
    /// Whose account it is; `None` for a group.
    pub holder: Option<UserRef>,
    /// The holder as the audit log names it: kind, id and name.
    pub subject: Subject,
    pub role: HeldRole,
    /// Where it holds; in the whole tenant when there is none.
    pub place: Option<SpacePath>,
    /// Who asks would gain by it although it is not their account: they are in the group, or it is theirs by another name.
    pub gains: bool,
    /// Who asks holds there everything that the role carries.
    pub within: bool,
}

impl GrantRef {
    /// A built-in role for the account of a person, in the whole tenant.
    #[must_use]
    pub fn of_account(holder: UserRef, role: Role) -> Self {
        Self {
            tenant: holder.tenant.clone(),
            subject: Subject { kind: "user".to_owned(), id: Some(holder.id.to_string()), name: Some(holder.name.clone()) },
            holder: Some(holder),
            role: HeldRole::BuiltIn(role),
            place: None,
            gains: false,
            within: true,
        }
    }
}

/// A space or a folder as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpaceRef {
    pub tenant: TenantKey,
    pub path: SpacePath,
}

/// One version of a tenant's own policies, as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyRef {
    pub tenant: TenantKey,
    pub number: u32,
    pub author: Option<UserId>,
}

/// What an action is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The installation as a whole.
    Appliance,
    /// A tenant, as the place where new things come to be.
    Tenant(TenantKey),
    Capability(CapabilityRef),
    Run(RunRef),
    Approval(ApprovalRef),
    User(UserRef),
    /// One role in somebody's hands.
    Grant(GrantRef),
    Group(GroupRef),
    Session {
        owner: UserRef,
        id: Option<SessionId>,
    },
    Token {
        owner: UserRef,
        id: Option<TokenId>,
    },
    /// The audit log of a tenant or of the platform domain; of one actor when that is named.
    Audit {
        tenant: TenantKey,
        actor: Option<UserId>,
    },
    Announcement(AnnouncementRef),
    Space(SpaceRef),
    Policy(PolicyRef),
}

impl Resource {
    /// The noun, as audit subjects name it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Appliance => "appliance",
            Self::Tenant(_) => "tenant",
            Self::Capability(_) => "capability",
            Self::Run(_) => "run",
            Self::Approval(_) => "approval",
            Self::User(_) | Self::Grant(_) => "user",
            Self::Group(_) => "group",
            Self::Session { .. } => "session",
            Self::Token { .. } => "token",
            Self::Audit { .. } => "audit",
            Self::Announcement(_) => "announcement",
            Self::Space(_) => "space",
            Self::Policy(_) => "policy",
        }
    }

    /// The tenant it belongs to; the platform domain for the installation.
    #[must_use]
    pub fn tenant(&self) -> TenantKey {
        match self {
            Self::Appliance => TenantKey::platform(),
            Self::Tenant(tenant) | Self::Audit { tenant, .. } => tenant.clone(),
            Self::Capability(capability) => capability.tenant.clone(),
            Self::Run(run) => run.tenant.clone(),
            Self::Approval(approval) => approval.tenant.clone(),
            Self::Announcement(announcement) => announcement.tenant.clone(),
            Self::User(user) => user.tenant.clone(),
            Self::Grant(grant) => grant.tenant.clone(),
            Self::Group(group) => group.tenant.clone(),
            Self::Space(space) => space.tenant.clone(),
            Self::Policy(policy) => policy.tenant.clone(),
            Self::Session { owner, .. } | Self::Token { owner, .. } => owner.tenant.clone(),
        }
    }

    /// What one must be allowed to do to know that it exists; `None` for what everybody knows of.
    #[must_use]
    pub fn view_action(&self) -> Option<Action> {
        match self {
            Self::Appliance | Self::Tenant(_) | Self::Audit { .. } => None,
            Self::Capability(_) => Some(Action::CapabilityView),
            Self::Run(_) => Some(Action::RunView),
            Self::Approval(_) => Some(Action::ApprovalView),
            Self::Announcement(_) => Some(Action::AnnouncementViewAny),
            Self::User(_) | Self::Grant(_) => Some(Action::UserView),
            Self::Group(_) => Some(Action::GroupView),
            // That there is a default space is no secret.
            Self::Space(space) if space.path == SpacePath::of_default() => None,
            Self::Space(_) => Some(Action::SpaceView),
            Self::Policy(_) => None,
            Self::Session { .. } => Some(Action::SessionViewAny),
            Self::Token { .. } => Some(Action::TokenViewAny),
        }
    }

    /// Whether it is somebody's own, so that they know of it whatever they may do to it.
    #[must_use]
    pub fn is_of(&self, user: UserId) -> bool {
        match self {
            Self::Appliance
            | Self::Tenant(_)
            | Self::Capability(_)
            | Self::Group(_)
            | Self::Audit { .. }
            | Self::Announcement(_)
            | Self::Space(_)
            | Self::Policy(_) => false,
            Self::Run(run) => run.requester == Some(user),
            Self::Approval(approval) => approval.requesters.contains(&user),
            Self::Grant(grant) => grant.holder.as_ref().is_some_and(|holder| holder.id == user),
            Self::User(owner) | Self::Session { owner, .. } | Self::Token { owner, .. } => owner.id == user,
        }
    }

    /// Where it is within its tenant; `None` for what belongs to the tenant as a whole.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Capability(capability) => Some(&capability.space),
            Self::Run(run) => Some(&run.space),
            Self::Space(space) => Some(space.path.as_str()),
            Self::Approval(approval) => approval.space.as_deref(),
            Self::Grant(grant) => grant.place.as_ref().map(SpacePath::as_str),
            Self::Appliance
            | Self::Tenant(_)
            | Self::User(_)
            | Self::Group(_)
            | Self::Session { .. }
            | Self::Token { .. }
            | Self::Audit { .. }
            | Self::Policy(_)
            | Self::Announcement(_) => None,
        }
    }

    /// It as the audit log names it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let (id, name) = match self {
            Self::Appliance => (None, None),
            Self::Tenant(tenant) | Self::Audit { tenant, .. } => (None, Some(tenant.to_string())),
            Self::Capability(capability) => (Some(capability.id.to_string()), Some(capability.name.to_string())),
            Self::Run(run) => (Some(run.id.to_string()), None),
            Self::Approval(approval) => (Some(approval.id.to_string()), None),
            Self::Announcement(announcement) => (Some(announcement.id.to_string()), Some(announcement.title.clone())),
            Self::User(user) => (Some(user.id.to_string()), Some(user.name.clone())),
            Self::Grant(grant) => return grant.subject.clone(),
            Self::Policy(policy) => (Some(policy.number.to_string()), None),
            Self::Space(space) => (None, Some(space.path.to_string())),
            Self::Group(group) => (group.id.map(|id| id.to_string()), Some(group.name.to_string())),
            Self::Session { id, owner } => (id.map(|id| id.to_string()), Some(owner.name.clone())),
            Self::Token { id, owner } => (id.map(|id| id.to_string()), Some(owner.name.clone())),
        };
        Subject { kind: self.kind().to_owned(), id, name }
    }
}
