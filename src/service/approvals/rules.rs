//! The rules that say what starts need: for each risk class, and for single capabilities.

use serde_json::json;

use super::{Approvals, faults};
use crate::base::fault::{Fault, FieldFault};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::approval::{Effective, Rule, RuleScope, RuleSetting};
use crate::domain::audit::Subject;
use crate::domain::capability::{Capability, Risk, Version};
use crate::service::{commit_fault, conditions, resource, storage_fault};
use crate::store::record::approval::rule_key;
use crate::store::record::capability::version_key;
use crate::store::record::scoped;
use crate::store::{Commit, CommitError, Scan, Snapshot, Stored};
use crate::wire::approval::{RuleView, RuleViews};

/// How often a change re-reads a rule that others change too.
const TRIES: usize = 5;
/// Rules shown, at most; there is one for each capability that has its own.
const SHOWN: usize = 1_000;

/// What a rule is about, as somebody names it.
#[derive(Debug, Clone)]
pub enum RuleTarget {
    Risk(Risk),
    Capability(String),
}

impl Approvals {
    /// The rules in force: one for each risk class, then those of single capabilities.
    ///
    /// # Errors
    /// When the caller may not see rules.
    pub async fn rules(&self, caller: &Caller) -> Result<RuleViews, Fault> {
        let _permit = self.gate.allow(caller, Action::RuleView, &Resource::Tenant(caller.tenant.clone())).await?;
        let snapshot = self.read()?;
        let mut items = Vec::new();
        for risk in Risk::ALL {
            let set: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(&caller.tenant, RuleScope::Risk(risk))).map_err(storage_fault)?;
            items.push(match set {
                Some(set) => view(&set.record, None),
                None => RuleView { risk: Some(risk), capability: None, rule: Rule::usual(risk), set_at: None, set_by: None },
            });
        }
        let scan = Scan::table(&scoped(&caller.tenant, &[b"capability:"])).limit(SHOWN);
        for set in snapshot.scan::<RuleSetting>(&scan).map_err(storage_fault)? {
            if let RuleScope::Capability(id) = set.record.scope {
                let capability: Option<Stored<Capability>> = snapshot.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?;
                let name = capability.map_or_else(|| id.to_string(), |capability| capability.record.name.to_string());
                items.push(view(&set.record, Some(name)));
            }
        }
        Ok(RuleViews { items })
    }

    /// Sets the rule of a risk class or of a capability; nothing restores the usual one. Requests that wait under another
    /// rule are void from then on.
    ///
    /// # Errors
    /// [`faults::BAD_RULE`] names the field that makes no sense.
    pub async fn set_rule(&self, caller: &Caller, target: &RuleTarget, rule: Option<Rule>) -> Result<RuleViews, Fault> {
        let permit = self.gate.allow(caller, Action::RuleUpdate, &Resource::Tenant(caller.tenant.clone())).await?;
        if let Some(error) = rule.as_ref().and_then(|rule| rule.check().err()) {
            let message = error.to_string();
            let field =
                FieldFault { pointer: error.pointer().to_owned(), rule: "range".to_owned(), message: message.clone(), params: Vec::new() };
            return Err(faults::BAD_RULE.fault(message).field(field).hint("Correct the field that is named."));
        }
        for _ in 0..TRIES {
            let scope = match target {
                RuleTarget::Risk(risk) => Some((RuleScope::Risk(*risk), *risk)),
                RuleTarget::Capability(name) => self.capability_scope(&self.read()?, caller, name)?,
            };
            let Some((scope, risk)) = scope else {
                let RuleTarget::Capability(name) = target else { continue };
                return Err(self.gate.missing(caller, Action::RuleUpdate, "capability", name).await);
            };
            let mut commit = Commit::new();
            let (before, after) = {
                let snapshot = self.read()?;
                let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(&caller.tenant, scope)).map_err(storage_fault)?;
                let class = match scope {
                    RuleScope::Risk(_) => Rule::usual(risk),
                    RuleScope::Capability(id) => match &stored {
                        Some(_) => of_class(&snapshot, caller, risk)?,
                        None => conditions::in_force(&snapshot, &caller.tenant, id, risk)?.rule,
                    },
                };
                let before = stored.as_ref().map_or_else(|| class.clone(), |stored| stored.record.rule.clone());
                let setting = rule.as_ref().map(|rule| RuleSetting {
                    tenant: caller.tenant.clone(),
                    scope,
                    rule: rule.clone(),
                    set_at: self.clock.now(),
                    set_by: caller.actor(),
                });
                match (&stored, &setting) {
                    (None, None) => {}
                    (None, Some(new)) => {
                        commit.insert(new);
                    }
                    (Some(old), Some(new)) => {
                        commit.update(old, new);
                    }
                    (Some(old), None) => {
                        commit.delete(old);
                    }
                }
                (before, rule.clone().unwrap_or(class))
            };
            let subject = Subject { kind: "rule".to_owned(), id: Some(scope.key()), name: None };
            let mut event = permit.note(self.gate.event(caller, "rule.update", subject));
            event.details.insert("before".to_owned(), json!(before));
            event.details.insert("after".to_owned(), json!(after));
            event.details.insert("relaxes".to_owned(), json!(after.is_weaker_than(&before)));
            commit.event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.rules(caller).await,
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::BAD_RULE.fault("the rule keeps changing; look at it again"))
    }

    /// The capability that a rule names, with the risk of the version that would run.
    fn capability_scope(&self, snapshot: &Snapshot, caller: &Caller, name: &str) -> Result<Option<(RuleScope, Risk)>, Fault> {
        let Some(id) = self.capabilities.id_of(snapshot, &caller.tenant, name)? else { return Ok(None) };
        let stored: Option<Stored<Capability>> = snapshot.get(&scoped(&caller.tenant, &[id.bytes()])).map_err(storage_fault)?;
        let Some(capability) = stored.map(|stored| stored.record) else { return Ok(None) };
        let number = capability.current.unwrap_or(capability.latest);
        let version: Option<Stored<Version>> = snapshot.get(&version_key(&caller.tenant, id, number)).map_err(storage_fault)?;
        let Some(version) = version.map(|stored| stored.record) else { return Ok(None) };
        let may_see = self.gate.may(caller, Action::CapabilityView, &resource::version(&capability, &version));
        Ok(may_see.then_some((RuleScope::Capability(id), version.manifest.risk)))
    }
}

fn of_class(snapshot: &Snapshot, caller: &Caller, risk: Risk) -> Result<Rule, Fault> {
    let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(&caller.tenant, RuleScope::Risk(risk))).map_err(storage_fault)?;
    Ok(Effective::of(None, stored.map(|stored| stored.record.rule), risk).rule)
}

fn view(setting: &RuleSetting, capability: Option<String>) -> RuleView {
    RuleView {
        risk: match setting.scope {
            RuleScope::Risk(risk) => Some(risk),
            RuleScope::Capability(_) => None,
        },
        capability,
        rule: setting.rule.clone(),
        set_at: Some(setting.set_at.to_string()),
        set_by: Some(setting.set_by.clone()),
    }
}
