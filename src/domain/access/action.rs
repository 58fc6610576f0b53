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

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $effect:ident;)+) => {
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
        }
    };
}

actions! {
    /// Sees that a capability exists, what it takes and what it declares.
    CapabilityView = "capability.view", Read;
    /// Reads the files of a version, and differences between versions.
    CapabilityViewSource = "capability.view_source", Read;
    /// Registers a capability or a new version of one; also inspects an upload.
    CapabilityRegister = "capability.register", Change;
    /// Runs a version that is not published.
    CapabilityRunDraft = "capability.run_draft", Change;
    /// Runs a published version.
    CapabilityRun = "capability.run", Change;
    CapabilityPublish = "capability.publish", Change;
    CapabilityRollback = "capability.rollback", Change;
    CapabilityDeprecate = "capability.deprecate", Change;
    /// Uploads an input file for a run.
    FileUpload = "file.upload", Change;
    /// Sees a run: its inputs, result, log, receipt and events.
    RunView = "run.view", Read;
    RunCancel = "run.cancel", Change;
    ArtifactDownload = "artifact.download", Read;
    AuditView = "audit.view", Read;
    AuditExport = "audit.export", Read;
    AuditVerify = "audit.verify", Read;
    UserView = "user.view", Read;
    UserCreate = "user.create", Change;
    /// Changes a display name, disables or enables.
    UserUpdate = "user.update", Change;
    UserResetPassword = "user.reset_password", Change;
    /// Gives a role to a person or takes it away.
    UserGrantRole = "user.grant_role", Change;
    SessionViewAny = "session.view_any", Read;
    SessionEndAny = "session.end_any", Change;
    TokenViewAny = "token.view_any", Read;
    TokenRevokeAny = "token.revoke_any", Change;
    RoleView = "role.view", Read;
    /// Asks why somebody else may or may not do something.
    AccessExplainAny = "access.explain_any", Read;
    SystemView = "system.view", Read;
    SystemDoctor = "system.doctor", Read;
    RuntimeView = "runtime.view", Read;
    SettingsView = "settings.view", Read;
    SettingsUpdate = "settings.update", Change;
    BackupCreate = "backup.create", Change;
    MeView = "me.view", Own;
    /// Changes one's own display name, language, theme, time zone, density.
    MeUpdate = "me.update", Own;
    MeChangePassword = "me.change_password", Own;
    /// Asks why oneself may or may not do something.
    AccessExplainOwn = "access.explain_own", Own;
    SessionViewOwn = "session.view_own", Own;
    SessionEndOwn = "session.end_own", Own;
    TokenCreateOwn = "token.create_own", Own;
    TokenViewOwn = "token.view_own", Own;
    TokenRevokeOwn = "token.revoke_own", Own;
}

impl Action {
    /// Whether a token can carry it. What keeps an account safe needs the person, not a token.
    #[must_use]
    pub const fn is_delegable(self) -> bool {
        !matches!(self, Self::MeChangePassword | Self::TokenCreateOwn | Self::SessionViewOwn | Self::SessionEndOwn)
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
pub struct ActionSet(u64);

const _: () = assert!(Action::ALL.len() <= 64, "an ActionSet has 64 places");

impl ActionSet {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u64) != 0
    }

    #[must_use]
    pub const fn with(self, action: Action) -> Self {
        Self(self.0 | 1 << action as u64)
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
