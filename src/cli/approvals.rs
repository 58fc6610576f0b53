//! `execgov approval`: look at requests for approval and decide on them.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::capabilities::{Bound, limits, note_more};
use super::differences::show_difference;
use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::client::Client;
use crate::domain::approval::{ApprovalState, Verdict};
use crate::domain::identity::Password;
use crate::domain::ids::ApprovalId;
use crate::wire::approval::{ApprovalDetail, ApprovalQuery, ApprovalSummary, ApprovalView, DecideRequest, DecisionView, WithdrawRequest};

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

const COLUMNS: [Column<ApprovalSummary>; 9] = [
    column("REQUEST", |row, _| row.id.clone().into()),
    column("STATE", |row, out| state(row.state, out)),
    column("CAPABILITY", |row, _| format!("{}@{}", row.capability, row.version).into()),
    column("RISK", |row, _| show::word(&row.risk).into()),
    column("BY", |row, _| row.requester.name.clone().unwrap_or_default().into()),
    column("CONSENTS", |row, _| format!("{}/{}", row.consents, row.approvers).into()),
    column("EXPIRES", |row, _| show::time(&row.expires_at).into()),
    wide("RUN", |row, _| row.run.clone().into()),
    wide("REASON", |row, _| row.closed_reason.clone().unwrap_or_default().into()),
];

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
    let query =
        ApprovalQuery { view: Some(view), state: args.state.clone(), capability: args.capability.clone(), ..ApprovalQuery::default() };
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
    let writes = if request.writes.is_empty() { "read-only".to_owned() } else { request.writes.join(", ") };
    out.fields(&[
        ("request", about.id.clone().into()),
        ("state", state(about.state, out)),
        ("why", about.closed_reason.clone().unwrap_or_default().into()),
        ("cannot be used", request.lapsed.clone().unwrap_or_default().into()),
        ("run", about.run.clone().into()),
        ("capability", format!("{}@{}", about.capability, about.version).into()),
        ("version digest", request.version_digest.clone().into()),
        ("risk", show::word(&about.risk).into()),
        ("requester", about.requester.name.clone().unwrap_or_default().into()),
        ("trigger", show::word(&request.trigger).into()),
        ("source", request.source.clone().unwrap_or_default().into()),
        ("reason", request.reason.clone().unwrap_or_default().into()),
        ("ticket", request.ticket.clone().unwrap_or_default().into()),
        ("inputs", serde_json::to_string(&request.inputs).unwrap_or_default().into()),
        ("inputs digest", request.inputs_digest.clone().into()),
        ("writes", writes.into()),
        ("network", show::word(&request.network).into()),
        ("limits", limits(&request.limits).into()),
        ("in spite of", request.overrides.iter().map(|freeze| freeze.name.clone()).collect::<Vec<_>>().join(", ").into()),
        ("isolation", request.isolation.as_ref().map(show::word).unwrap_or_default().into()),
        ("consents", format!("{} of {} by {}", about.consents, about.approvers, about.role).into()),
        ("created", show::time(&about.created_at).into()),
        ("expires", show::time(&about.expires_at).into()),
        ("last approved", last.unwrap_or_else(|| "never".to_owned()).into()),
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
    let own = if decision.self_approved { " (own request)" } else { "" };
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
    let what = format!("{}@{} with inputs {}", about.capability, about.version, serde_json::to_string(&seen.inputs).unwrap_or_default());
    match verdict {
        Verdict::Approve => invocation.confirm(&format!("Let {who} run {what}?"))?,
        Verdict::Reject => invocation.confirm(&format!("Refuse that {who} runs {what}?"))?,
    }
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
        out.note(&format!("{}  {}", about.run, show::phase(request.run_phase, out).text));
    }
    Ok(Exit::Ok)
}
