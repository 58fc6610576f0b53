//! The things that an action is about, with the attributes that policies look at.

use super::action::Action;
use super::role::{Role, RoleSet};
use crate::domain::audit::Subject;
use crate::domain::capability::{Name, Risk};
use crate::domain::handle::Handle;
use crate::domain::ids::{AnnouncementId, ApprovalId, CapabilityId, GroupId, RunId, SessionId, TenantKey, TokenId, UserId};

/// The space in which capabilities live unless another is named.
pub const DEFAULT_SPACE: &str = "team";

/// A capability, or one version of it, as policies see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityRef {
    pub tenant: TenantKey,
    pub id: CapabilityId,
    pub name: Name,
    pub space: String,
    pub owner: Option<UserId>,
    /// Who made the version in question; `None` when no version is meant.
    pub author: Option<UserId>,
    pub risk: Risk,
}

/// A run as policies see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRef {
    pub tenant: TenantKey,
    pub id: RunId,
    pub requester: Option<UserId>,
}

/// A request for approval as policies see it.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// An announcement as policies see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementRef {
    /// The tenant that it is for when it is for that one alone, else the platform domain.
    pub tenant: TenantKey,
    pub id: AnnouncementId,
    pub title: String,
    /// Everybody who has written on it.
    pub authors: Vec<UserId>,
}

/// The stored name of one person's own space: `~` and their id, which no other space is called.
#[must_use]
pub fn personal_space(user: UserId) -> String {
    format!("~{user}")
}

/// A person as policies see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRef {
    pub tenant: TenantKey,
    pub id: UserId,
    pub name: String,
    pub roles: RoleSet,
}

/// A group as policies see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRef {
    pub tenant: TenantKey,
    /// `None` for one that is to be made.
    pub id: Option<GroupId>,
    pub name: Handle,
    /// Who would come into it.
    pub member: Option<UserId>,
}

/// What an action is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The installation as a whole.
    Appliance,
    /// A tenant, as the place where new things come to be.
    Tenant(TenantKey),
    Capability(CapabilityRef),
    Run(RunRef),
    Approval(ApprovalRef),
    User(UserRef),
    /// One role in the hands of one person.
    Grant {
        holder: UserRef,
        role: Role,
    },
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
            Self::User(_) | Self::Grant { .. } => "user",
            Self::Group(_) => "group",
            Self::Session { .. } => "session",
            Self::Token { .. } => "token",
            Self::Audit { .. } => "audit",
            Self::Announcement(_) => "announcement",
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
            Self::User(user) | Self::Grant { holder: user, .. } => user.tenant.clone(),
            Self::Group(group) => group.tenant.clone(),
            Self::Session { owner, .. } | Self::Token { owner, .. } => owner.tenant.clone(),
        }
    }

    /// What one must be allowed to do to know that it exists; `None` for what everybody knows of.
    #[must_use]
    pub const fn view_action(&self) -> Option<Action> {
        match self {
            Self::Appliance | Self::Tenant(_) | Self::Audit { .. } => None,
            Self::Capability(_) => Some(Action::CapabilityView),
            Self::Run(_) => Some(Action::RunView),
            Self::Approval(_) => Some(Action::ApprovalView),
            Self::Announcement(_) => Some(Action::AnnouncementViewAny),
            Self::User(_) | Self::Grant { .. } => Some(Action::UserView),
            Self::Group(_) => Some(Action::GroupView),
            Self::Session { .. } => Some(Action::SessionViewAny),
            Self::Token { .. } => Some(Action::TokenViewAny),
        }
    }

    /// Whether it is somebody's own, so that they know of it whatever they may do to it.
    #[must_use]
    pub fn is_of(&self, user: UserId) -> bool {
        match self {
            Self::Appliance | Self::Tenant(_) | Self::Capability(_) | Self::Group(_) | Self::Audit { .. } | Self::Announcement(_) => false,
            Self::Run(run) => run.requester == Some(user),
            Self::Approval(approval) => approval.requesters.contains(&user),
            Self::User(owner) | Self::Grant { holder: owner, .. } | Self::Session { owner, .. } | Self::Token { owner, .. } => {
                owner.id == user
            }
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
            Self::User(user) | Self::Grant { holder: user, .. } => (Some(user.id.to_string()), Some(user.name.clone())),
            Self::Group(group) => (group.id.map(|id| id.to_string()), Some(group.name.to_string())),
            Self::Session { id, owner } => (id.map(|id| id.to_string()), Some(owner.name.clone())),
            Self::Token { id, owner } => (id.map(|id| id.to_string()), Some(owner.name.clone())),
        };
        Subject { kind: self.kind().to_owned(), id, name }
    }
}
