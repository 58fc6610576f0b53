//! `execgov approval`: look at requests for approval and decide on them.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::capabilities::{Bound, limits, note_more};
use super::differences::show_difference;
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::table::{Cell, Column, Tone, column, wide};
use super::{show, stand_ins, standing};
use crate::client::Client;
use crate::domain::approval::{ApprovalState, MatterKind, Verdict};
use crate::domain::identity::Password;
use crate::domain::ids::ApprovalId;
use crate::wire::approval::{
    ApprovalDetail, ApprovalQuery, ApprovalSummary, ApprovalView, AssignRequest, DecideRequest, DecisionView, WithdrawRequest,
};

#[derive(Debug, Subcommand)]
pub enum Approval {
    /// List requests, newest first; those that wait for you unless told otherwise
    #[command(
        after_help = "Examples:\n  execgov approval list\n  execgov approval list --mine\n  execgov approval list --everybody --state approved,rejected"
    )]
    List(List),
    /// Show what would run, what changed since the last approved version, and who decided
    #[command(after_help = "Examples:\n  execgov approval show apr_0198...")]
    Show {
        /// Id of the request
        request: String,
    },
    /// Agree; the last consent that is needed starts the run
    #[command(
        after_help = "Examples:\n  execgov approval approve apr_0198... --comment 'checked with finance'\n  pass ops/password | execgov approval approve apr_0198... --yes --password-stdin"
    )]
    Approve(Decide),
    /// Refuse; the run never starts
    #[command(after_help = "Examples:\n  execgov approval reject apr_0198... --comment 'not during the audit'")]
    Reject(Decide),
    /// Say who shall look at a request first
    #[command(after_help = "Examples:\n  execgov approval assign apr_0198... --to rosa\n  execgov approval assign apr_0198... --nobody")]
    Assign {
        /// Id of the request
        request: String,
        /// Name of a person who may decide on it
        #[arg(long = "to", value_name = "USER", required_unless_present = "nobody")]
        to: Option<String>,
        /// Whoever looks at it first
        #[arg(long, conflicts_with = "to")]
        nobody: bool,
    },
    /// Let somebody stand in for you while you are away
    #[command(subcommand)]
    Delegate(stand_ins::Delegate),
    /// Consents that hold for many runs
    #[command(subcommand)]
    Standing(standing::Standing),
    /// Take your own request back
    #[command(after_help = "Examples:\n  execgov approval withdraw apr_0198...")]
    Withdraw {
        /// Id of the request
        request: String,
        /// Why, for those who read the history
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct List {
    /// Your own requests
    #[arg(long, conflicts_with = "everybody")]
    mine: bool,
    /// Every request that you may see
    #[arg(long)]
    everybody: bool,
    /// Only requests in these states, separated by commas
    #[arg(long, value_name = "STATES")]
    state: Option<String>,
    /// Only requests for this capability
    #[arg(long, value_name = "NAME")]
    capability: Option<String>,
    /// Only requests about this: run, publish, setting or review
    #[arg(long, value_name = "KIND")]
    about: Option<String>,
    #[command(flatten)]
    bound: Bound,
}

#[derive(Debug, Args)]
pub struct Decide {
    /// Id of the request
    request: String,
    /// Why, for the one who asked and for those who read the history
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Decide only if this is what would run; the digest that `show` printed
    #[arg(long, value_name = "DIGEST")]
    binding: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

/// `approval VERB`.
pub async fn approval(invocation: &Invocation<'_>, args: &Approval) -> Done {
    match args {
        Approval::List(args) => list(invocation, args).await,
        Approval::Show { request } => show_one(invocation, &invocation.client()?.approval(known(request)?).await?),
        Approval::Approve(args) => decide(invocation, args, Verdict::Approve).await,
        Approval::Reject(args) => decide(invocation, args, Verdict::Reject).await,
        Approval::Assign { request, to, .. } => {
            let client = invocation.client()?;
            let changed = client.assign(known(request)?, &AssignRequest { user: to.clone() }).await?;
            outcome(invocation, &changed)
        }
        Approval::Delegate(args) => stand_ins::delegate(invocation, args).await,
        Approval::Standing(args) => standing::standing(invocation, args).await,
        Approval::Withdraw { request, comment } => {
            let client = invocation.client()?;
            let changed = client.withdraw(known(request)?, &WithdrawRequest { comment: comment.clone() }).await?;
            outcome(invocation, &changed)
        }
    }
}

/// An id that may be sent; everything else is a mistake that is found here.
fn known(text: &str) -> Result<&str, Failure> {
    let parsed = text.parse::<ApprovalId>().map(|_| text);
    parsed.map_err(|error| USAGE.fault(error.to_string()).hint("`execgov approval list` shows the ids of requests").into())
}

const COLUMNS: [Column<ApprovalSummary>; 11] = [
    column("REQUEST", |row, _| row.id.clone().into()),
    column("STATE", |row, out| if row.overdue { Cell::toned("overdue", Tone::Bad) } else { state(row.state, out) }),
    column("ABOUT", |row, _| row.matter.word().into()),
    column("WHAT", |row, _| what(row).into()),
    column("RISK", |row, _| show::word(&row.risk).into()),
    column("BY", |row, _| row.requester.name.clone().unwrap_or_default().into()),
    column("CONSENTS", |row, _| format!("{}/{}", row.consents, row.approvers).into()),
    column("EXPIRES", |row, _| show::time(&row.expires_at).into()),
    wide("RUN", |row, _| row.run.clone().unwrap_or_default().into()),
    wide("ASSIGNED", |row, _| row.assignee.as_ref().and_then(|actor| actor.name.clone()).unwrap_or_default().into()),
    wide("REASON", |row, _| row.closed_reason.clone().unwrap_or_default().into()),
];

fn what(row: &ApprovalSummary) -> String {
    row.version.map_or_else(|| row.name.clone(), |version| format!("{}@{version}", row.name))
}

fn state(state: ApprovalState, out: &Output) -> Cell {
    let (symbol, tone) = match state {
        ApprovalState::Open => (out.symbol("…", "~"), Tone::Active),
        ApprovalState::Approved => (out.symbol("✓", "+"), Tone::Good),
        ApprovalState::Rejected => (out.symbol("✗", "x"), Tone::Bad),
        ApprovalState::Withdrawn | ApprovalState::Expired | ApprovalState::Voided => (out.symbol("⊘", "-"), Tone::Faint),
    };
    Cell::toned(format!("{symbol} {}", state.word()), tone)
}

async fn list(invocation: &Invocation<'_>, args: &List) -> Done {
    let view = match (args.mine, args.everybody) {
        (true, _) => ApprovalView::Mine,
        (_, true) => ApprovalView::All,
        _ => ApprovalView::ToDecide,
    };
    let matter = args.about.as_deref().map(|word| {
        let unknown = || {
            Failure::from(USAGE.fault(format!("`{word}` is nothing that requests are about")).hint("write run, publish, setting or review"))
        };
        MatterKind::from_word(word).ok_or_else(unknown)
    });
    let query = ApprovalQuery {
        view: Some(view),
        state: args.state.clone(),
        capability: args.capability.clone(),
        matter: matter.transpose()?,
        ..ApprovalQuery::default()
    };
    let (rows, more) = invocation.client()?.approvals(&query).collect(args.bound.most()).await?;
    invocation.out.rows(&rows, &COLUMNS)?;
    if rows.is_empty() {
        invocation.out.note("No requests match.");
    }
    note_more(invocation, rows.len(), more);
    Ok(Exit::Ok)
}

fn show_one(invocation: &Invocation<'_>, request: &ApprovalDetail) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(request)?;
        return Ok(Exit::Ok);
    }
    let about = &request.summary;
    let last = request.last_approved.as_ref().map(|last| format!("version {} on {}", last.version, show::time(&last.at)));
    let is_run = matches!(about.matter, MatterKind::Run | MatterKind::Review);
    let writes = if request.writes.is_empty() { "read-only".to_owned() } else { request.writes.join(", ") };
    let when = |wanted: bool, text: String| if wanted { text } else { String::new() };
    let escalates = about.escalates_to.map(|role| {
        let at = about.escalates_at.as_deref().map(show::time).unwrap_or_default();
        if about.escalated { format!("{role}, since {at}") } else { format!("{role}, at {at}") }
    });
    out.fields(&[
        ("request", about.id.clone().into()),
        ("about", about.matter.word().into()),
        ("state", state(about.state, out)),
        ("why", about.closed_reason.clone().unwrap_or_default().into()),
        ("cannot be used", request.lapsed.clone().unwrap_or_default().into()),
        ("run", about.run.clone().unwrap_or_default().into()),
        (if about.version.is_some() { "capability" } else { "setting" }, what(about).into()),
        ("version digest", request.version_digest.clone().unwrap_or_default().into()),
        ("risk", show::word(&about.risk).into()),
        ("requester", about.requester.name.clone().unwrap_or_default().into()),
        ("trigger", request.trigger.as_ref().map(show::word).unwrap_or_default().into()),
        ("source", request.source.clone().unwrap_or_default().into()),
        ("reason", request.reason.clone().unwrap_or_default().into()),
        ("ticket", request.ticket.clone().unwrap_or_default().into()),
        ("inputs", when(is_run, serde_json::to_string(&request.inputs).unwrap_or_default()).into()),
        ("inputs digest", request.inputs_digest.clone().unwrap_or_default().into()),
        ("writes", when(about.version.is_some(), writes).into()),
        ("network", request.network.as_ref().map(show::word).unwrap_or_default().into()),
        ("limits", request.limits.as_ref().map(limits).unwrap_or_default().into()),
        ("in spite of", request.overrides.iter().map(|freeze| freeze.name.clone()).collect::<Vec<_>>().join(", ").into()),
        ("isolation", request.isolation.as_ref().map(show::word).unwrap_or_default().into()),
        ("changelog", request.publish.as_ref().and_then(|publish| publish.changelog.clone()).unwrap_or_default().into()),
        ("publish at", request.publish.as_ref().and_then(|publish| publish.at.as_deref().map(show::time)).unwrap_or_default().into()),
        ("author", request.publish.as_ref().and_then(|publish| publish.author.name.clone()).unwrap_or_default().into()),
        ("open remarks", request.publish.as_ref().map(|publish| publish.open_remarks.to_string()).unwrap_or_default().into()),
        ("before", request.change.as_ref().map(|change| change.before.to_string()).unwrap_or_default().into()),
        ("after", request.change.as_ref().map(|change| change.after.to_string()).unwrap_or_default().into()),
        ("consents", format!("{} of {} by {}", about.consents, about.approvers, about.role).into()),
        ("goes on to", escalates.unwrap_or_default().into()),
        ("assigned to", about.assignee.as_ref().and_then(|actor| actor.name.clone()).unwrap_or_default().into()),
        ("you stand in for", request.on_behalf_of.clone().unwrap_or_default().into()),
        ("created", show::time(&about.created_at).into()),
        (if about.matter == MatterKind::Review { "due" } else { "expires" }, show::time(&about.expires_at).into()),
        ("last approved", when(about.matter == MatterKind::Run, last.unwrap_or_else(|| "never".to_owned())).into()),
        ("binding", request.binding.clone().into()),
    ])?;
    if !request.decisions.is_empty() {
        out.line("")?;
        let rows: Vec<Vec<Cell>> = request.decisions.iter().map(|decision| decided(out, decision)).collect();
        out.grid(&["DECISION", "BY", "AT", "COMMENT"], &rows)?;
    }
    if !request.earlier.is_empty() {
        out.line("")?;
        let rows: Vec<Vec<Cell>> = request
            .earlier
            .iter()
            .map(|run| {
                vec![
                    run.id.clone().into(),
                    show::phase(run.phase, out),
                    format!("@{}", run.version).into(),
                    show::time(&run.created_at).into(),
                ]
            })
            .collect();
        out.grid(&["EARLIER RUN", "STATE", "VERSION", "CREATED"], &rows)?;
    }
    if let Some(difference) = &request.diff {
        out.line("")?;
        show_difference(out, difference)?;
    }
    Ok(Exit::Ok)
}

fn decided(out: &Output, decision: &DecisionView) -> Vec<Cell> {
    let (word, tone) = match decision.verdict {
        Verdict::Approve if decision.counts => (format!("{} approved", out.symbol("✓", "+")), Tone::Good),
        Verdict::Approve => ("approved, does not count".to_owned(), Tone::Faint),
        Verdict::Reject => (format!("{} rejected", out.symbol("✗", "x")), Tone::Bad),
    };
    let own = match (&decision.on_behalf_of, decision.self_approved) {
        (Some(away), _) => format!(" (for {away})"),
        (None, true) => " (own request)".to_owned(),
        (None, false) => String::new(),
    };
    vec![
        Cell::toned(word, tone),
        format!("{}{own}", decision.by.name.clone().unwrap_or_default()).into(),
        show::time(&decision.at).into(),
        decision.comment.clone().unwrap_or_default().into(),
    ]
}

async fn decide(invocation: &Invocation<'_>, args: &Decide, verdict: Verdict) -> Done {
    let client = invocation.client()?;
    let id = known(&args.request)?;
    let seen = client.approval(id).await?;
    if verdict == Verdict::Reject && args.comment.as_ref().is_none_or(|comment| comment.trim().is_empty()) {
        return Err(USAGE.fault("a rejection needs a comment").hint("add --comment 'why not'").into());
    }
    let about = &seen.summary;
    let who = about.requester.name.clone().unwrap_or_default();
    let inputs = serde_json::to_string(&seen.inputs).unwrap_or_default();
    let what = what(about);
    invocation.confirm(&match (about.matter, verdict) {
        (MatterKind::Run, Verdict::Approve) => format!("Let {who} run {what} with inputs {inputs}?"),
        (MatterKind::Run, Verdict::Reject) => format!("Refuse that {who} runs {what} with inputs {inputs}?"),
        (MatterKind::Publish, Verdict::Approve) => format!("Publish {what}?"),
        (MatterKind::Publish, Verdict::Reject) => format!("Refuse to publish {what}?"),
        (MatterKind::Setting, Verdict::Approve) => format!("Agree to what {who} wants to change: {what}?"),
        (MatterKind::Setting, Verdict::Reject) => format!("Refuse what {who} wants to change: {what}?"),
        (MatterKind::Review, Verdict::Approve) => format!("Say that it was right of {who} to run {what} with inputs {inputs}?"),
        (MatterKind::Review, Verdict::Reject) => format!("Say that it was wrong of {who} to run {what} with inputs {inputs}?"),
    })?;
    let password = if seen.needs_password {
        let secret = invocation.secret("your password", args.password_stdin)?;
        Some(Password::new(secret.expose_secret().to_owned()))
    } else {
        None
    };
    let request = DecideRequest { binding: args.binding.clone().unwrap_or(seen.binding), comment: args.comment.clone(), password };
    let changed = send(&client, id, &request, verdict).await?;
    outcome(invocation, &changed)
}

async fn send(client: &Client, id: &str, request: &DecideRequest, verdict: Verdict) -> Result<ApprovalDetail, Failure> {
    Ok(match verdict {
        Verdict::Approve => client.approve(id, request).await?,
        Verdict::Reject => client.reject(id, request).await?,
    })
}

fn outcome(invocation: &Invocation<'_>, request: &ApprovalDetail) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(request)?;
    } else {
        let about = &request.summary;
        out.line(&format!("{}: {} ({}/{})", about.id, state(about.state, out).text, about.consents, about.approvers))?;
        if let (Some(run), Some(phase)) = (&about.run, request.run_phase) {
            out.note(&format!("{run}  {}", show::phase(phase, out).text));
        }
    }
    Ok(Exit::Ok)
}
