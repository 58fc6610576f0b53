//! What an API token is limited to: a list of actions and of named sets of actions.
//!
//! A scope never adds a right. It is laid over the rights of the token's owner at each use.

use serde::{Deserialize, Serialize};

use super::action::{Action, ActionSet, Effect};

/// A named set of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Everything that only looks.
    Read,
    /// Running published capabilities and following those runs.
    Run,
    /// Registering and trying versions, and all of `run`.
    Author,
    /// Everything that a token can carry.
    Admin,
}

impl Preset {
    pub const ALL: [Self; 4] = [Self::Read, Self::Run, Self::Author, Self::Admin];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Author => "author",
            Self::Admin => "admin",
        }
    }

    #[must_use]
    pub fn actions(self) -> ActionSet {
        const RUN: &[Action] = &[
            Action::CapabilityView,
            Action::CapabilityRun,
            Action::FileUpload,
            Action::RunView,
            Action::RunCancel,
            Action::RunConfirm,
            Action::ApprovalView,
            Action::ApprovalWithdraw,
            Action::RuleView,
            Action::FreezeView,
            Action::AnnouncementRead,
            Action::ResourceView,
            Action::ArtifactDownload,
            Action::SystemView,
        ];
        const AUTHOR: &[Action] = &[
            Action::CapabilityViewSource,
            Action::CapabilityRegister,
            Action::CapabilityRunDraft,
            Action::CapabilitySubmit,
            Action::CapabilityReturn,
            Action::RuntimeView,
        ];
        let run = || RUN.iter().copied();
        match self {
            Self::Read => Action::ALL.iter().copied().filter(|action| action.effect() == Effect::Read).collect(),
            Self::Run => run().collect(),
            Self::Author => run().chain(AUTHOR.iter().copied()).collect(),
            Self::Admin => Action::ALL.iter().copied().filter(|action| action.is_delegable()).collect(),
        }
    }
}

/// What every token can do, so that a program can find out who it is.
const ALWAYS: [Action; 3] = [Action::MeView, Action::RoleView, Action::AccessExplainOwn];

/// One entry of a scope list: an action or a preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Preset(Preset),
    Action(Action),
}

/// Text that is not a scope, or an action that no token can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    #[error("`{0}` is not a scope: expected read, run, author, admin or the name of an action")]
    Unknown(String),
    #[error("`{0}` needs the person and cannot be given to a token")]
    NotDelegable(Action),
    #[error("a token needs at least one scope")]
    Empty,
}

impl std::str::FromStr for Scope {
    type Err = ScopeError;
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.name() == text) {
            return Ok(Self::Preset(preset));
        }
        let action: Action = text.parse().map_err(|_| ScopeError::Unknown(text.chars().take(64).collect()))?;
        if action.is_delegable() { Ok(Self::Action(action)) } else { Err(ScopeError::NotDelegable(action)) }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Preset(preset) => preset.name(),
            Self::Action(action) => action.name(),
        })
    }
}

/// The scopes of one token, never empty. Kept as they were given; a preset means what it means in this release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Scopes {
    given: Vec<Scope>,
    actions: ActionSet,
}

impl Scopes {
    /// # Errors
    /// When the list is empty.
    pub fn new(given: impl IntoIterator<Item = Scope>) -> Result<Self, ScopeError> {
        let mut distinct = Vec::new();
        for scope in given {
            if !distinct.contains(&scope) {
                distinct.push(scope);
            }
        }
        if distinct.is_empty() {
            return Err(ScopeError::Empty);
        }
        let always = ALWAYS.into_iter().collect::<ActionSet>();
        let actions = distinct.iter().fold(always, |sum, scope| match scope {
            Scope::Preset(preset) => sum.or(preset.actions()),
            Scope::Action(action) => sum.with(*action),
        });
        Ok(Self { given: distinct, actions })
    }

    #[must_use]
    pub fn actions(&self) -> ActionSet {
        self.actions
    }

    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.given.iter().map(ToString::to_string).collect()
    }
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = ScopeError;
    fn try_from(names: Vec<String>) -> Result<Self, ScopeError> {
        Self::new(names.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?)
    }
}

impl From<Scopes> for Vec<String> {
    fn from(scopes: Scopes) -> Self {
        scopes.names()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_reaches_what_needs_the_person() {
        let widest = Scopes::new(Preset::ALL.map(Scope::Preset)).expect("not empty");
        for action in Action::ALL {
            assert_eq!(widest.actions().contains(*action), action.is_delegable(), "{action}");
        }
    }

    #[test]
    fn scopes_are_read_and_refused() {
        let check = |names: &[&str], expected: Result<usize, ScopeError>| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            assert_eq!(Scopes::try_from(names.clone()).map(|scopes| scopes.actions().iter().count()), expected, "{names:?}");
        };
        check(&["run.view", "run.view"], Ok(1 + ALWAYS.len()));
        check(&["run"], Ok(14 + ALWAYS.len()));
        check(&[], Err(ScopeError::Empty));
        check(&["*"], Err(ScopeError::Unknown("*".into())));
        check(&["token.create_own"], Err(ScopeError::NotDelegable(Action::TokenCreateOwn)));
    }

    #[test]
    fn read_changes_nothing() {
        assert!(Preset::Read.actions().iter().all(|action| action.effect() == Effect::Read));
    }
}
