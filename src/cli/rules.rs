//! `execgov rule`: what starts need, for each risk class and for single capabilities.

use clap::{Args, Subcommand, ValueEnum};

use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Column, column, wide};
use crate::client::Changed;
use crate::domain::access::Role;
use crate::domain::approval::{Escalation, MatterKind, Need, Rule};
use crate::domain::capability::Risk;
use crate::wire::approval::{ChangeQuery, RuleView, RuleViews};

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// List what starts need
    #[command(after_help = "Examples:\n  execgov rule list\n  execgov rule list -o json")]
    List,
    /// Set what starts of a risk class or of a capability need
    #[command(
        after_help = "Examples:\n  execgov rule set --risk high --need confirm\n  execgov rule set --risk critical --need approve --approvers 2\n  execgov rule set --capability payout --need approve --ticket 'CHG-[0-9]{6}' --reason-required"
    )]
    Set(Set),
    /// Go back to the usual rule
    #[command(after_help = "Examples:\n  execgov rule reset --risk high\n  execgov rule reset --capability payout")]
    Reset(Reset),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Target {
    /// Everything of this risk: low, medium, high or critical
    #[arg(long, value_name = "RISK")]
    risk: Option<String>,
    /// This capability only, whatever its risk
    #[arg(long, value_name = "NAME")]
    capability: Option<String>,
    /// Requests that are no runs: publish, setting or review
    #[arg(long = "for", value_name = "KIND")]
    matter: Option<String>,
}

#[derive(Debug, Args)]
pub struct Reset {
    #[command(flatten)]
    target: Target,
    /// Why, for those who are asked to agree when the usual rule is weaker
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// What must happen first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Wanted {
    None,
    Confirm,
    Approve,
}

#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    target: Target,
    /// What must happen first: none, confirm or approve
    #[arg(long, value_name = "NEED", value_enum, hide_possible_values = true)]
    need: Wanted,
    /// People who must agree, from 1 to 5
    #[arg(long, value_name = "N", default_value_t = 1)]
    approvers: u8,
    /// Role of those who agree: approver, reviewer or tenant-admin
    #[arg(long, value_name = "ROLE", default_value = "approver")]
    role: String,
    /// Members of this group agree, instead of holders of the role
    #[arg(long, value_name = "GROUP", conflicts_with = "role")]
    group: Option<String>,
    /// A reason must be given
    #[arg(long)]
    reason_required: bool,
    /// No point of the onboarding checklist may be missing; for publishing only
    #[arg(long)]
    checklist_required: bool,
    /// A change ticket must be given that fits this regular expression as a whole
    #[arg(long, value_name = "PATTERN")]
    ticket: Option<String>,
    /// How long a request waits, such as 30m or 24h
    #[arg(long, value_name = "DURATION", value_parser = show::parse_duration)]
    expires: Option<std::time::Duration>,
    /// Others decide too after this time, such as 4h
    #[arg(long, value_name = "DURATION", value_parser = show::parse_duration, requires = "escalate_to")]
    escalate_after: Option<std::time::Duration>,
    /// Role of those others: approver, reviewer or tenant-admin
    #[arg(long, value_name = "ROLE", requires = "escalate_after")]
    escalate_to: Option<String>,
    /// Why, for those who are asked to agree when the rule is weaker than before
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// `rule VERB`.
pub async fn rules(invocation: &Invocation<'_>, args: &Rules) -> Done {
    let client = invocation.client()?;
    let changed = match args {
        Rules::List => Changed::Done(client.rules().await?),
        Rules::Set(args) => {
            let (kind, name) = target(&args.target)?;
            client.set_rule(kind, &name, Some(&rule(args)?), &ChangeQuery { reason: args.reason.clone() }).await?
        }
        Rules::Reset(args) => {
            let (kind, name) = target(&args.target)?;
            client.set_rule(kind, &name, None, &ChangeQuery { reason: args.reason.clone() }).await?
        }
    };
    match changed {
        Changed::Done(views) => list(invocation, &views),
        Changed::Asked(asked) => invocation.asked(&asked),
    }
}

fn target(target: &Target) -> Result<(&'static str, String), Failure> {
    if let Some(name) = &target.capability {
        return Ok(("capability", name.clone()));
    }
    if let Some(word) = &target.matter {
        let known = MatterKind::from_word(word).filter(|kind| *kind != MatterKind::Run);
        let unknown = || USAGE.fault(format!("`{word}` is no kind of request")).hint("write publish, setting or review");
        return known.map(|kind| ("matter", kind.word().to_owned())).ok_or_else(|| unknown().into());
    }
    let word = target.risk.clone().unwrap_or_default();
    if Risk::ALL.iter().any(|risk| risk.word() == word) {
        return Ok(("risk", word));
    }
    Err(USAGE.fault(format!("`{word}` is not a risk")).hint("write low, medium, high or critical").into())
}

fn rule(args: &Set) -> Result<Rule, Failure> {
    let role = |text: &str| -> Result<Role, Failure> {
        text.parse().map_err(|error: crate::domain::access::role::RoleError| Failure::from(USAGE.fault(error.to_string())))
    };
    let seconds = |time: std::time::Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    let escalation = match (args.escalate_after, &args.escalate_to) {
        (Some(after), Some(to)) => Some(Escalation { after_s: seconds(after), role: role(to)? }),
        _ => None,
    };
    let role = role(&args.role)?;
    let need = match args.need {
        Wanted::None => Need::None,
        Wanted::Confirm => Need::Confirm,
        Wanted::Approve => Need::Approve { approvers: args.approvers, role },
    };
    let expires_s = args.expires.map(seconds);
    let rule = Rule {
        need,
        reason_required: args.reason_required,
        ticket_pattern: args.ticket.clone(),
        expires_s,
        escalation,
        group: args.group.clone(),
        checklist_required: args.checklist_required,
    };
    rule.check().map_err(|error| Failure::from(USAGE.fault(error.to_string())))?;
    Ok(rule)
}

/// A need in a few words.
#[must_use]
pub fn need(need: Need) -> String {
    match need {
        Need::None => "nothing".to_owned(),
        Need::Confirm => "confirmation".to_owned(),
        Need::Approve { approvers, role } => format!("{approvers} x {role}"),
    }
}

const COLUMNS: [Column<RuleView>; 8] = [
    column("ABOUT", |row, _| match (&row.risk, &row.capability, &row.matter) {
        (Some(risk), ..) => format!("risk {}", risk.word()).into(),
        (None, Some(name), _) => name.clone().into(),
        (None, None, Some(kind)) => format!("requests: {}", kind.word()).into(),
        (None, None, None) => "".into(),
    }),
    column("NEEDS", |row, _| match (&row.rule.group, row.rule.need) {
        (Some(group), Need::Approve { approvers, .. }) => format!("{approvers} x {group}").into(),
        (_, other) => need(other).into(),
    }),
    column("REASON", |row, _| if row.rule.reason_required { "required" } else { "" }.into()),
    column("TICKET", |row, _| row.rule.ticket_pattern.clone().unwrap_or_default().into()),
    column(
        "WAITS",
        |row, _| if row.rule.need == Need::None { "".into() } else { show::duration(u64::from(row.rule.patience_s()) * 1_000).into() },
    ),
    wide("GOES ON TO", |row, _| {
        let goes_on =
            |escalation: &Escalation| format!("{} after {}", escalation.role, show::duration(u64::from(escalation.after_s) * 1_000));
        row.rule.escalation.as_ref().map(goes_on).unwrap_or_default().into()
    }),
    wide("SET", |row, _| row.set_at.as_deref().map(show::time).unwrap_or_default().into()),
    wide("BY", |row, _| row.set_by.as_ref().and_then(|actor| actor.name.clone()).unwrap_or_default().into()),
];

fn list(invocation: &Invocation<'_>, views: &RuleViews) -> Done {
    invocation.out.rows(&views.items, &COLUMNS)?;
    Ok(Exit::Ok)
}
