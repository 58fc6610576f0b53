//! What a start needs beyond the permission of the policy: the one place that decides it, for whoever starts a run and by
//! whichever way, and for the plans that say it beforehand.

use super::capabilities::Loaded;
use super::{freezes, storage_fault};
use crate::base::clock::Timestamp;
use crate::base::fault::{Class, Code, Fault, FieldFault};
use crate::domain::access::Mode;
use crate::domain::approval::rule::{Lack, TICKET_CHARS};
use crate::domain::approval::{Effective, MatterKind, Rule, RuleScope, RuleSetting, RuleSource};
use crate::domain::capability::Risk;
use crate::domain::freeze::About;
use crate::domain::ids::{CapabilityId, TenantKey};
use crate::domain::run::Override;
use crate::store::record::approval::rule_key;
use crate::store::{Snapshot, Stored};

pub const NO_REASON: Code = Code::new("EG-APR-003", Class::Invalid, "A reason is required");
pub const NO_TICKET: Code = Code::new("EG-APR-004", Class::Invalid, "A change ticket is required");

/// The rule in force for one capability at one risk.
///
/// # Errors
/// When the ledger cannot be read.
pub fn in_force(snapshot: &Snapshot, tenant: &TenantKey, capability: CapabilityId, risk: Risk) -> Result<Effective, Fault> {
    let set = |scope| -> Result<Option<Rule>, Fault> {
        let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(tenant, scope)).map_err(storage_fault)?;
        Ok(stored.map(|stored| stored.record.rule))
    };
    match set(RuleScope::Capability(capability))? {
        Some(rule) => Ok(Effective::of(Some(rule), None, risk)),
        None => Ok(Effective::of(None, set(RuleScope::Risk(risk))?, risk)),
    }
}

/// The rule in force for requests of a kind that is no run.
///
/// # Errors
/// When the ledger cannot be read.
pub fn of_matter(snapshot: &Snapshot, tenant: &TenantKey, kind: MatterKind, mode: Mode) -> Result<Rule, Fault> {
    let stored: Option<Stored<RuleSetting>> = snapshot.get(&rule_key(tenant, RuleScope::Matter(kind))).map_err(storage_fault)?;
    Ok(stored.map_or_else(|| Rule::usual_for(kind, mode), |stored| stored.record.rule))
}

/// Everything that one start needs, and the freezes in spite of which it would happen.
///
/// # Errors
/// [`freezes::FROZEN`] when a freeze stands in the way and is not to be overridden.
pub fn of(snapshot: &Snapshot, loaded: &Loaded, over_freeze: bool, now: Timestamp) -> Result<(Effective, Vec<Override>), Fault> {
    let (tenant, id, risk) = (&loaded.capability.tenant, loaded.capability.id, loaded.version.manifest.risk);
    let effective = in_force(snapshot, tenant, id, risk)?;
    let frozen = freezes::in_force(snapshot, tenant, &About { capability: id, space: &loaded.capability.space, risk }, now)?;
    if frozen.is_empty() {
        return Ok((effective, Vec::new()));
    }
    if !over_freeze {
        return Err(freezes::frozen(&frozen));
    }
    let overrides = frozen.into_iter().map(|freeze| Override { id: freeze.id, name: freeze.name }).collect();
    Ok((Effective { rule: effective.rule.over_freeze(), source: RuleSource::Freeze }, overrides))
}

/// Whether a request carries what a rule asks for.
///
/// # Errors
/// [`NO_REASON`] or [`NO_TICKET`], with the field.
pub fn check_request(rule: &Rule, reason: Option<&str>, ticket: Option<&str>) -> Result<(), Fault> {
    let field = |pointer: &str, rule: &str, message: &str| FieldFault {
        pointer: pointer.to_owned(),
        rule: rule.to_owned(),
        message: message.to_owned(),
        params: Vec::new(),
    };
    match rule.lack(reason, ticket) {
        None => Ok(()),
        Some(Lack::Reason) => {
            let text = "this capability starts only with a reason";
            Err(NO_REASON.fault(text).field(field("/reason", "required", text)).hint("Say why: `reason`, or --reason on the command line."))
        }
        Some(Lack::Ticket(pattern)) => {
            let text = format!("this capability starts only with a change ticket of the form {pattern}");
            Err(NO_TICKET
                .fault(text.clone())
                .param("pattern", &pattern)
                .field(field("/ticket", "pattern", &text))
                .hint("Name the ticket: `ticket`, or --ticket on the command line."))
        }
    }
}

/// Whether a text can be a change ticket at all.
#[must_use]
pub fn is_ticket(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TICKET_CHARS && !text.chars().any(char::is_control)
}
