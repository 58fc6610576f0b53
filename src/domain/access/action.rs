//! The named things that can be allowed or refused, and sets of them.
//!
//! Names are stable: they stand in audit events, token scopes and policies. The schema in
//! `assets/policy/execgov.cedarschema` lists the same names; a test compares the two.

use serde::{Deserialize, Serialize};

/// What an action does, which decides how policies group it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Looks, and changes nothing.
    Read,
    /// Changes something that others rely on.
    Change,
    /// Concerns nobody but the one who does it.
    Own,
}

/// The sort of thing that an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    Appliance,
    Tenant,
    Capability,
    Run,
    Approval,
    User,
    Grant,
    Group,
    Space,
    Policy,
    Session,
    Token,
    Audit,
    Announcement,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $effect:ident $about:ident;)+) => {
        /// One thing that can be allowed or refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $variant,)+
        }

        impl Action {
            /// Every action, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            #[must_use]
            pub const fn effect(self) -> Effect {
                match self {
                    $(Self::$variant => Effect::$effect,)+
                }
            }

            /// What it is about. Registering is about a tenant; a new version of a capability may be asked for as well.
            #[must_use]
            pub const fn about(self) -> About {
                match self {
                    $(Self::$variant => About::$about,)+
                }
            }
        }
    };
}

actions! {
    /// Sees that a capability exists, what it takes and what it declares.
    CapabilityView = "capability.view", Read Capability;
    /// Reads the files of a version, and differences between versions.
    CapabilityViewSource = "capability.view_source", Read Capability;
    /// Registers a capability or a new version of one; also inspects an upload.
    CapabilityRegister = "capability.register", Change Tenant;
    /// Runs a version that is not published.
    CapabilityRunDraft = "capability.run_draft", Change Capability;
    /// Runs a published version.
    CapabilityRun = "capability.run", Change Capability;
    /// Takes a capability to another space or folder. It is asked for where it is and where it goes.
    CapabilityMove = "capability.move", Change Capability;
    /// Asks for a review of a version.
    CapabilitySubmit = "capability.submit", Change Capability;
    /// Gives a version back to its author, or takes it back.
    CapabilityReturn = "capability.return", Change Capability;
    CapabilityPublish = "capability.publish", Change Capability;
    CapabilityRollback = "capability.rollback", Change Capability;
    CapabilityDeprecate = "capability.deprecate", Change Capability;
    /// Runs at once whatever rules and freezes say; somebody else looks at it afterwards.
    CapabilityBreakGlass = "capability.break_glass", Change Capability;
    /// Remarks on lines of a version.
    CapabilityComment = "capability.comment", Change Capability;
    /// Uploads an input file for a run.
    FileUpload = "file.upload", Change Tenant;
    /// Sees a run: its inputs, result, log, receipt and events.
    RunView = "run.view", Read Run;
    RunCancel = "run.cancel", Change Run;
    /// Confirms or declines one's own run before it starts.
    RunConfirm = "run.confirm", Change Run;
    ArtifactDownload = "artifact.download", Read Run;
    /// Sees a request for approval: what would run, who asks, who decided.
    ApprovalView = "approval.view", Read Approval;
    ApprovalDecide = "approval.decide", Change Approval;
    /// Takes back one's own request.
    ApprovalWithdraw = "approval.withdraw", Change Approval;
    /// Says who shall look at a request first.
    ApprovalAssign = "approval.assign", Change Approval;
    /// Takes back a consent that holds for many runs.
    ApprovalRevokeStanding = "approval.revoke_standing", Change Approval;
    /// Lets somebody stand in during one's own absence.
    ApprovalDelegate = "approval.delegate", Change Tenant;
    /// Sees what starts need.
    RuleView = "rule.view", Read Tenant;
    /// Sets what starts need.
    RuleUpdate = "rule.update", Change Tenant;
    /// Sees when starts are refused.
    FreezeView = "freeze.view", Read Tenant;
    FreezeUpdate = "freeze.update", Change Tenant;
    /// Sees every announcement that one keeps, drafts too, and who has read them.
    AnnouncementViewAny = "announcement.view_any", Read Announcement;
    /// Writes announcements, asks for their review, takes them off the screens.
    AnnouncementDraft = "announcement.draft", Change Announcement;
    AnnouncementPublish = "announcement.publish", Change Announcement;
    TemplateView = "template.view", Read Tenant;
    /// Releases a published version as a template, here or to other tenants.
    TemplatePublish = "template.publish", Change Capability;
    TemplateInstantiate = "template.instantiate", Change Tenant;
    /// Proposes the newest release to whoever uses a template.
    TemplatePush = "template.push", Change Tenant;
    CommunityView = "community.view", Read Tenant;
    CommunityShare = "community.share", Change Capability;
    CommunityRate = "community.rate", Change Tenant;
    CommunityCopy = "community.copy", Change Tenant;
    /// Takes something off the community page.
    CommunityModerate = "community.moderate", Change Tenant;
    /// Sees what capabilities may reach outside.
    ResourceView = "resource.view", Read Tenant;
    /// Configures what capabilities may reach outside, and grants it.
    ResourceManage = "resource.manage", Change Appliance;
    /// Sees at which addresses another system starts runs.
    WebhookView = "webhook.view", Read Tenant;
    /// Makes, rotates and removes such addresses.
    WebhookUpdate = "webhook.update", Change Tenant;
    /// Makes a resource's own check.
    ResourceTest = "resource.test", Change Appliance;
    /// Sees which secrets there are: their names.
    SecretList = "secret.list", Read Tenant;
    /// Sees what is known of a secret besides its value: versions, expiry, owner, grants, uses.
    SecretView = "secret.view", Read Tenant;
    /// Sets a value, describes, destroys versions, deletes.
    SecretUpdate = "secret.update", Change Tenant;
    /// Says who may use a secret for what.
    SecretGrant = "secret.grant", Change Tenant;
    /// Sees how the vault is kept and whether it is sealed.
    VaultView = "vault.view", Read Appliance;
    /// Sets the vault up, changes its keys, recovers it.
    VaultUpdate = "vault.update", Change Appliance;
    /// Seals and unseals.
    VaultUnseal = "vault.unseal", Change Appliance;
    AuditView = "audit.view", Read Audit;
    AuditExport = "audit.export", Read Audit;
    AuditVerify = "audit.verify", Read Audit;
    /// Records that a checkpoint of the log is kept elsewhere.
    AuditWitness = "witness.add", Change Audit;
    /// Removes entries that are older than the settings keep them.
    AuditRetain = "retention.apply", Change Audit;
    UserView = "user.view", Read User;
    UserCreate = "user.create", Change Tenant;
    /// Changes a display name, disables or enables.
    UserUpdate = "user.update", Change User;
    UserResetPassword = "user.reset_password", Change User;
    /// Gives a role to a person, a group or a service account, or takes it away.
    UserGrantRole = "user.grant_role", Change Grant;
    /// Sees the groups of the tenant and who is in them.
    GroupView = "group.view", Read Tenant;
    /// Makes and removes groups, and says who is in them.
    GroupUpdate = "group.update", Change Group;
    SpaceView = "space.view", Read Space;
    /// Makes and removes spaces and folders.
    SpaceUpdate = "space.update", Change Space;
    /// Deletes an account for good.
    UserDelete = "user.delete", Change User;
    /// Sees which tenants share the appliance.
    TenantView = "tenant.view", Read Appliance;
    /// Makes tenants, renames, suspends and brings them back.
    TenantUpdate = "tenant.update", Change Appliance;
    SessionViewAny = "session.view_any", Read Session;
    SessionEndAny = "session.end_any", Change Session;
    /// Makes a token for a service account.
    TokenCreateFor = "token.create_for", Change Token;
    TokenViewAny = "token.view_any", Read Token;
    TokenRevokeAny = "token.revoke_any", Change Token;
    RoleView = "role.view", Read Appliance;
    /// Makes, changes and removes roles of the tenant's own.
    RoleUpdate = "role.update", Change Tenant;
    /// Sees the policies of the tenant's own.
    PolicyView = "policy.view", Read Tenant;
    /// Writes such policies, tries them, and takes the ones in force back.
    PolicyUpdate = "policy.update", Change Tenant;
    /// Puts such policies in force.
    PolicyActivate = "policy.activate", Change Policy;
    /// Sees who was given which role where.
    GrantView = "grant.view", Read Tenant;
    /// Asks why somebody else may or may not do something.
    AccessExplainAny = "access.explain_any", Read User;
    SystemView = "system.view", Read Appliance;
    SystemDoctor = "system.doctor", Read Appliance;
    RuntimeView = "runtime.view", Read Appliance;
    SettingsView = "settings.view", Read Appliance;
    SettingsUpdate = "settings.update", Change Appliance;
    BackupCreate = "backup.create", Change Appliance;
    MeView = "me.view", Own User;
    /// Changes one's own display name, language, theme, time zone, density.
    MeUpdate = "me.update", Own User;
    MeChangePassword = "me.change_password", Own User;
    /// Asks why oneself may or may not do something.
    AccessExplainOwn = "access.explain_own", Own User;
    /// Reads what is announced to oneself, and says that one has read it.
    AnnouncementRead = "announcement.read", Own User;
    /// Keeps filters of the audit log under a name.
    AuditKeepView = "view.keep", Own User;
    SessionViewOwn = "session.view_own", Own Session;
    SessionEndOwn = "session.end_own", Own Session;
    /// Gives the password once more, so that grave decisions need not ask for it for a while.
    SessionProveOwn = "session.prove_own", Own Session;
    TokenCreateOwn = "token.create_own", Own Token;
    TokenViewOwn = "token.view_own", Own Token;
    TokenRevokeOwn = "token.revoke_own", Own Token;
}

impl Action {
    /// Whether a token can carry it. What keeps an account safe needs the person, not a token.
    /// Whether a role that is held at one place only is enough for it: what one needs of the tenant to work in a space.
    #[must_use]
    pub const fn counts_anywhere(self) -> bool {
        matches!(
            self,
            Self::FileUpload
                | Self::RuleView
                | Self::FreezeView
                | Self::TemplateView
                | Self::CommunityView
                | Self::ResourceView
                | Self::SecretList
                | Self::GroupView
                | Self::SystemView
                | Self::RuntimeView
        )
    }

    /// Whether a tenant may put it into a role of its own, and let policies of its own permit it. What concerns the
    /// installation, and what makes rights out of rights, stays with the built-in roles.
    #[must_use]
    pub const fn is_grantable(self) -> bool {
        match self.about() {
            About::Policy => false,
            About::Appliance => matches!(self, Self::SystemView | Self::RuntimeView),
            About::Audit => matches!(self, Self::AuditView | Self::AuditVerify),
            About::Tenant => {
                !matches!(self, Self::RoleUpdate | Self::PolicyUpdate | Self::SecretUpdate | Self::SecretGrant | Self::RuleUpdate)
            }
            About::User | About::Session | About::Token => {
                matches!(self, Self::UserView | Self::SessionViewAny | Self::TokenViewAny | Self::AccessExplainAny)
            }
            // Who decides, who goes ahead without asking, and what reaches other tenants is a matter of roles that all know.
            About::Capability | About::Approval => {
                !matches!(self, Self::ApprovalDecide | Self::CapabilityBreakGlass | Self::TemplatePublish)
            }
            About::Grant | About::Run | About::Group | About::Space | About::Announcement => true,
        }
    }

    #[must_use]
    pub const fn is_delegable(self) -> bool {
        !matches!(
            self,
            Self::MeChangePassword
                | Self::TokenCreateOwn
                | Self::TokenCreateFor
                | Self::SessionViewOwn
                | Self::SessionEndOwn
                | Self::SessionProveOwn
        )
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that is not an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an action; `GET /api/v1/roles` lists them all")]
pub struct ActionError(pub String);

impl std::str::FromStr for Action {
    type Err = ActionError;
    fn from_str(text: &str) -> Result<Self, ActionError> {
        Self::ALL.iter().copied().find(|action| action.name() == text).ok_or_else(|| ActionError(text.chars().take(64).collect()))
    }
}

impl Serialize for Action {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<str>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Actions held together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct ActionSet(u128);

const _: () = assert!(Action::ALL.len() <= 128, "an ActionSet has 128 places");

impl ActionSet {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u32) != 0
    }

    #[must_use]
    pub const fn with(self, action: Action) -> Self {
        Self(self.0 | 1 << action as u32)
    }

    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.iter().copied().filter(move |action| self.contains(*action))
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        actions.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_round_trip() {
        for action in Action::ALL {
            assert_eq!(action.name().parse(), Ok(*action));
        }
        for bad in ["", "*", "capability.*", "Capability.View", "capability.view "] {
            assert!(bad.parse::<Action>().is_err(), "{bad}");
        }
    }
}
