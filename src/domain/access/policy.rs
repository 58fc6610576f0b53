//! Decisions: the policy set of `assets/policy`, parsed once, and asked for every act.
//!
//! A question that cannot be put or evaluated is refused, whatever the other policies say.

use std::sync::{Arc, OnceLock};

use cedar_policy::{Authorizer, Effect, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::action::{Action, ActionSet};
use super::caller::Caller;
use super::facts::Vocabulary;
use super::held::{Held, HeldRole, Holdings};
use super::own::{POLICIES_MOST, PREFIX};
use super::reach::ReachTable;
use super::resource::Resource;
use super::role::{Role, RoleSet};

/// What policies may speak of.
pub const SCHEMA: &str = include_str!("../../../assets/policy/execgov.cedarschema");
const DEFAULT_POLICIES: &str = include_str!("../../../assets/policy/default.cedar");

/// The name that stands for a question that could not be evaluated.
pub const UNDECIDABLE: &str = "undecidable";

/// Whether one person may approve their own work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Self-approval is allowed, and marked in the audit log.
    Solo,
    /// The author of a version cannot publish it.
    FourEyes,
}

impl Mode {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::FourEyes => "four_eyes",
        }
    }
}

/// Policies that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("parse the policy schema: {0}")]
    Schema(String),
    #[error("parse the policies: {0}")]
    Policies(String),
    #[error("a policy has no @id")]
    NoId,
    #[error("two policies are called `{0}`")]
    DuplicateId(String),
    #[error("policies do not fit the schema: {0}")]
    Invalid(String),
    #[error("there are more than {POLICIES_MOST} policies")]
    TooMany,
    #[error("`{0}` has a @mark, which is for the built-in policies")]
    Marked(String),
    #[error("there is no policy in the text")]
    Empty,
}

/// What was decided, and by which policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    /// Ids of the deciding policies in alphabetical order; empty when nothing permits it.
    pub policies: Vec<String>,
    /// Details that the audit event must carry, such as `self_approved`.
    pub marks: Vec<String>,
    /// What a `forbid` that decided says to the one who was refused.
    pub hint: Option<String>,
}

/// A decision with what would change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub decision: Decision,
    /// Roles of which any one, held in addition, would allow it.
    pub any_of: Vec<Role>,
    /// Those of the account's roles that each allow it alone.
    pub roles: Vec<Role>,
    /// What was given to the person or a group of theirs that allows it alone.
    pub grants: Vec<Held>,
}

/// The policies in force.
#[derive(Debug)]
pub struct Policy {
    /// For each action the policies that speak about it, so that a decision does not grow with the whole set.
    by_action: Vec<PolicySet>,
    authorizer: Authorizer,
    words: Vocabulary,
    reach: ReachTable,
    /// For each action the roles that its policies name; found when somebody first asks why.
    named: OnceLock<Vec<RoleSet>>,
    /// The actions that policies of a tenant's own speak about, and those that they permit.
    own: (ActionSet, ActionSet),
}

impl Policy {
    /// The policies that come with the program, parsed once in its life.
    ///
    /// # Errors
    /// When they do not parse, which a test rules out for a release.
    pub fn built_in() -> Result<Arc<Self>, PolicyError> {
        static PARSED: OnceLock<Arc<Policy>> = OnceLock::new();
        if let Some(policy) = PARSED.get() {
            return Ok(Arc::clone(policy));
        }
        // That they fit the schema is shown by a test: checking it again would cost each start time and memory.
        let policy = Arc::new(Self::of(&named(DEFAULT_POLICIES)?)?);
        Ok(Arc::clone(PARSED.get_or_init(|| policy)))
    }

    fn of(policies: &PolicySet) -> Result<Self, PolicyError> {
        let words = Vocabulary::new().map_err(|error| PolicyError::Schema(error.to_string()))?;
        let by_action = Action::ALL.iter().map(|action| words.speaking_about(*action, policies)).collect::<Result<_, _>>();
        let by_action = by_action.map_err(|error| PolicyError::Policies(error.to_string()))?;
        Ok(Self {
            by_action,
            authorizer: Authorizer::new(),
            words,
            reach: ReachTable::default(),
            named: OnceLock::new(),
            own: Default::default(),
        })
    }

    /// The text of the policies that come with the program.
    #[must_use]
    pub const fn built_in_text() -> &'static str {
        DEFAULT_POLICIES
    }

    /// Finds what does not fit in policies of a tenant's own.
    ///
    /// # Errors
    /// With everything that is wrong, in one sentence.
    pub fn check_own(text: &str) -> Result<(), PolicyError> {
        check(SCHEMA, text)?;
        Self::with_own(text).map(drop)
    }

    /// The built-in policies with a tenant's own laid over them. A `forbid` of either wins; a `permit` of the tenant's own
    /// does not open what makes rights out of rights, nor what concerns the installation.
    ///
    /// # Errors
    /// When they do not parse, or are too many.
    pub fn with_own(text: &str) -> Result<Self, PolicyError> {
        let own = named(text)?;
        if own.policies().next().is_none() {
            return Err(PolicyError::Empty);
        }
        if own.policies().count() > POLICIES_MOST {
            return Err(PolicyError::TooMany);
        }
        if let Some(marked) = own.policies().find(|policy| policy.annotation("mark").is_some()) {
            return Err(PolicyError::Marked(marked.id().to_string()));
        }
        let mut policy = Self::of(&named(DEFAULT_POLICIES)?)?;
        for action in Action::ALL.iter().copied().filter(|action| action.takes_own_policies()) {
            let speaking = policy.words.speaking_about(action, &own).map_err(|error| PolicyError::Policies(error.to_string()))?;
            for one in speaking.policies() {
                let permits = one.effect() == Effect::Permit;
                if permits && !action.is_grantable() {
                    continue;
                }
                policy.own.0 = policy.own.0.with(action);
                if permits {
                    policy.own.1 = policy.own.1.with(action);
                }
                let name = PolicyId::new(format!("{PREFIX}{}", one.id()));
                let added = policy.by_action[action as usize].add(one.new_id(name));
                added.map_err(|error| PolicyError::Policies(error.to_string()))?;
            }
        }
        Ok(policy)
    }

    /// The actions that a tenant's own policies speak about, and those that they permit to somebody.
    #[must_use]
    pub const fn own(&self) -> (ActionSet, ActionSet) {
        self.own
    }

    /// Decides one question.
    #[must_use]
    pub fn decide(&self, caller: &Caller, action: Action, resource: &Resource, mode: Mode) -> Decision {
        let undecidable = || Decision { allowed: false, policies: vec![UNDECIDABLE.to_owned()], marks: Vec::new(), hint: None };
        let Ok((request, entities)) = self.words.question(caller, action, resource, mode) else {
            return undecidable();
        };
        let policies = &self.by_action[action as usize];
        let response = self.authorizer.is_authorized(&request, policies, &entities);
        let reasons = response.diagnostics();
        // A `forbid` that fails to evaluate would otherwise be skipped, which would allow too much.
        if reasons.errors().next().is_some() {
            return undecidable();
        }
        let mut names: Vec<String> = reasons.reason().map(ToString::to_string).collect();
        names.sort_unstable();
        let note = |name: &'static str| move |id: &PolicyId| policies.annotation(id, name).map(ToOwned::to_owned);
        let marks = reasons.reason().filter_map(note("mark")).collect();
        let hint = reasons.reason().filter_map(note("hint")).min();
        Decision { allowed: response.decision() == cedar_policy::Decision::Allow, policies: names, marks, hint }
    }

    /// Decides, and says which role would help when the answer is no.
    #[must_use]
    pub fn explain(&self, caller: &Caller, action: Action, resource: &Resource, mode: Mode) -> Explanation {
        let decision = self.decide(caller, action, resource, mode);
        let mut explanation = Explanation { decision, any_of: Vec::new(), roles: Vec::new(), grants: Vec::new() };
        if caller.user_id().is_none() {
            return explanation;
        }
        let holds = caller.rights(action, resource.place()).roles;
        let named = self.roles_named(action);
        let asked = |caller: &Caller| self.decide(caller, action, resource, mode).allowed;
        if !explanation.decision.allowed {
            let would_help = |role: &Role| asked(&Caller { roles: caller.roles.with(*role), ..caller.clone() });
            explanation.any_of = named.iter().filter(|role| !holds.contains(*role)).filter(would_help).collect();
            return explanation;
        }
        let alone = |roles, held: Vec<Held>| asked(&Caller { roles, holdings: Holdings::new(held), ..caller.clone() });
        if alone(RoleSet::NONE, Vec::new()) {
            return explanation;
        }
        explanation.roles =
            caller.roles.iter().filter(|role| named.contains(*role) && alone(RoleSet::NONE.with(*role), Vec::new())).collect();
        let speaks = |held: &Held| match &held.role {
            HeldRole::BuiltIn(role) => named.contains(*role),
            HeldRole::Custom { actions, .. } => actions.contains(action),
        };
        let here = |held: &&Held| action.counts_anywhere() || held.holds_at(resource.place());
        let carries = |held: &&Held| speaks(held) && alone(RoleSet::NONE, vec![(*held).clone()]);
        explanation.grants = caller.holdings.iter().filter(here).filter(carries).cloned().collect();
        explanation
    }

    /// The roles that the policies about an action name: no other changes what they say.
    fn roles_named(&self, action: Action) -> RoleSet {
        let names = |policies: &PolicySet| {
            let texts = policies.policies().filter_map(|policy| policy.to_json().ok());
            texts.fold(RoleSet::NONE, |sum, json| roles_in(&json, sum))
        };
        self.named.get_or_init(|| self.by_action.iter().map(names).collect())[action as usize]
    }

    pub(super) fn reach_table(&self) -> &ReachTable {
        &self.reach
    }
}

/// The roles that stand in a policy, in its JSON form: `{"type": "Role", "id": "author"}`.
fn roles_in(json: &serde_json::Value, sum: RoleSet) -> RoleSet {
    match json {
        serde_json::Value::Object(members) => {
            let is_role = members.get("type").is_some_and(|kind| kind == "Role");
            let role = members.get("id").filter(|_| is_role).and_then(|id| id.as_str()?.parse().ok());
            let sum = role.map_or(sum, |role| sum.with(role));
            members.values().fold(sum, |sum, inner| roles_in(inner, sum))
        }
        serde_json::Value::Array(items) => items.iter().fold(sum, |sum, inner| roles_in(inner, sum)),
        _ => sum,
    }
}

/// Parses policies and calls each by its `@id`.
fn named(policies: &str) -> Result<PolicySet, PolicyError> {
    let parsed: PolicySet = policies.parse().map_err(|error: cedar_policy::ParseErrors| PolicyError::Policies(error.to_string()))?;
    let mut named = PolicySet::new();
    for policy in parsed.policies() {
        let id = policy.annotation("id").filter(|id| !id.is_empty()).ok_or(PolicyError::NoId)?.to_owned();
        named.add(policy.new_id(PolicyId::new(&id))).map_err(|_| PolicyError::DuplicateId(id))?;
    }
    Ok(named)
}

/// Finds what does not fit: a schema with warnings, policies without names, policies that speak of unknown things.
///
/// # Errors
/// With everything that is wrong, in one sentence.
pub fn check(schema: &str, policies: &str) -> Result<(), PolicyError> {
    let (schema, warnings) = Schema::from_cedarschema_str(schema).map_err(|error| PolicyError::Schema(error.to_string()))?;
    let complaints: Vec<String> = warnings.map(|warning| warning.to_string()).collect();
    if !complaints.is_empty() {
        return Err(PolicyError::Schema(complaints.join("; ")));
    }
    let validated = Validator::new(schema).validate(&named(policies)?, ValidationMode::Strict);
    let complaints: Vec<String> =
        validated.validation_errors().map(ToString::to_string).chain(validated.validation_warnings().map(ToString::to_string)).collect();
    if complaints.is_empty() { Ok(()) } else { Err(PolicyError::Invalid(complaints.join("; "))) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::action::Effect;
    use super::*;

    #[test]
    fn the_built_in_policies_fit_their_schema() {
        check(SCHEMA, DEFAULT_POLICIES).expect("they fit");
        let policy = Policy::built_in().expect("valid policies");
        let count = |action: Action| policy.by_action[action as usize].policies().count();
        assert!(count(Action::CapabilityPublish) > count(Action::MeView) && count(Action::MeView) > 2);
    }

    #[test]
    fn broken_policies_are_refused() {
        let check = |policies: &str, expected: &str| {
            let error = super::check(SCHEMA, policies).expect_err(policies).to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("permit (principal, action, resource);", "no @id");
        check("@id(\"a\") permit (principal, action, resource); @id(\"a\") forbid (principal, action, resource);", "called `a`");
        check("@id(\"a\") permit (principal, action == Action::\"fly\", resource);", "do not fit");
        check("@id(\"a\") permit (principal, action, resource) when { resource.colour == 1 };", "do not fit");
        check("permit everything", "parse the policies");
    }

    /// The names in the schema and in the program are the same, with the same grouping.
    #[test]
    fn the_schema_names_every_action() {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("valid schema");
        let groups = ["read", "change", "own"];
        let schema_actions: BTreeSet<String> =
            schema.actions().map(|uid| uid.id().unescaped().to_owned()).filter(|name| !groups.contains(&name.as_str())).collect();
        let ours: BTreeSet<String> = Action::ALL.iter().map(|action| action.name().to_owned()).collect();
        assert_eq!(schema_actions, ours);
        let entities = schema.action_entities().expect("action entities");
        for action in Action::ALL {
            let group = match action.effect() {
                Effect::Read => "read",
                Effect::Change => "change",
                Effect::Own => "own",
            };
            let uid = format!("Action::\"{action}\"").parse().expect("uid");
            let parents: Vec<String> =
                entities.ancestors(&uid).into_iter().flatten().map(|parent| parent.id().unescaped().to_owned()).collect();
            assert_eq!(parents, [group], "{action}");
        }
    }
}
