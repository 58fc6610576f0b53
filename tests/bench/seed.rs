//! Fills a stopped appliance's ledger with copies of a run that it once made, for the figures at a million runs.
//!
//! `seed DATA_DIR COUNT`: each copy is one record with its index rows and one audit event, through the ordinary writer.
//! `seed DATA_DIR COUNT requests`: copies of a run that waits for approval, each with its open request, instead.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use execgov::base::clock::{Clock, SystemClock, Timestamp};
use execgov::crypto::key;
use execgov::crypto::note::LogSigner;
use execgov::domain::approval::{Approval, ApprovalState, Matter, RunMatter};
use execgov::domain::audit::{Event, Outcome};
use execgov::domain::ids::{ApprovalId, RunId, TenantKey};
use execgov::domain::run::{Phase, Run};
use execgov::store::record::scoped;
use execgov::store::{Commit, Ledger, LedgerOptions, Scan};

/// Runs in one commit.
const TOGETHER: usize = 500;
/// People who act.
const PEOPLE: usize = 500;
/// Commits under way at a time.
const UNDER_WAY: usize = 8;
const PHASES: [Phase; 10] = [
    Phase::Succeeded,
    Phase::Succeeded,
    Phase::Succeeded,
    Phase::Succeeded,
    Phase::Succeeded,
    Phase::Succeeded,
    Phase::Succeeded,
    Phase::Failed,
    Phase::TimedOut,
    Phase::Cancelled,
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let [_, dir, count, rest @ ..] = words.as_slice() else { anyhow::bail!("usage: seed DATA_DIR COUNT [requests]") };
    let (dir, count) = (Path::new(dir), count.parse().context("COUNT is a number")?);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        match rest {
            [] => seed(dir, count).await,
            [what] if what == "requests" => seed_requests(dir, count).await,
            _ => anyhow::bail!("usage: seed DATA_DIR COUNT [requests]"),
        }
    })
}

async fn seed_requests(dir: &Path, count: usize) -> Result<()> {
    let ledger = open(dir)?;
    let (run, approval) = {
        let snapshot = ledger.read()?;
        let tenant = scoped(&TenantKey::default_tenant(), &[]);
        let approvals = snapshot.scan::<Approval>(&Scan::table(&tenant).limit(100))?;
        let approval = approvals.into_iter().map(|stored| stored.record).find(|one| one.state == ApprovalState::Open);
        let approval = approval.context("nothing waits for approval")?;
        let id = approval.matter.run().context("the request is about no run")?;
        let run = snapshot.get::<Run>(&scoped(&approval.tenant, &[id.bytes()]))?.context("the request has no run")?;
        (run.record, approval)
    };
    let Matter::Run(matter) = approval.matter.clone() else { anyhow::bail!("the request is about no run") };
    for first in (0..count).step_by(TOGETHER) {
        let mut commit = Commit::new();
        for n in first..count.min(first + TOGETHER) {
            let at = approval.created_at.checked_add(jiff::SignedDuration::from_millis(i64::try_from(n)? + 1))?;
            let (mut copy, mut request) = (run.clone(), approval.clone());
            (copy.id, copy.created_at) = (RunId::new(at), at);
            (request.id, request.created_at) = (ApprovalId::new(at), at);
            request.matter = Matter::Run(RunMatter { run: copy.id, ..matter.clone() });
            if let Some(hold) = &mut copy.hold {
                hold.approval = Some(request.id);
            }
            commit.insert(&copy).insert(&request);
        }
        let ledger = ledger.clone();
        tokio::task::spawn_blocking(move || ledger.commit_blocking(commit)).await??;
    }
    ledger.close();
    Ok(())
}

async fn seed(dir: &Path, count: usize) -> Result<()> {
    let ledger = open(dir)?;
    let (run, event) = template(&ledger)?;
    // A minute ago and one millisecond apart, so that a person's next run is still the newest.
    let began = SystemClock.now().checked_sub(jiff::SignedDuration::from_millis(60_000 + i64::try_from(count)?))?;
    let mut pending = VecDeque::new();
    for first in (0..count).step_by(TOGETHER) {
        let mut commit = Commit::new();
        for n in first..count.min(first + TOGETHER) {
            let at = began.checked_add(jiff::SignedDuration::from_millis(i64::try_from(n)?))?;
            let copy = copy_of(&run, n, at);
            commit.event(told(&event, &copy, at, n)).insert(&copy);
        }
        let ledger = ledger.clone();
        pending.push_back(tokio::task::spawn_blocking(move || ledger.commit_blocking(commit)));
        if pending.len() == UNDER_WAY
            && let Some(oldest) = pending.pop_front()
        {
            oldest.await??;
        }
    }
    for last in pending {
        last.await??;
    }
    ledger.close();
    Ok(())
}

fn open(dir: &Path) -> Result<Ledger> {
    let install = std::fs::read_to_string(dir.join("install-id"))?;
    let key = key::load_or_create(&dir.join("keys/log.pem"))?;
    let options = LedgerOptions {
        clock: Arc::new(SystemClock),
        signer: LogSigner::new(format!("execgov/{}", install.trim()), key),
        cache_bytes: 1 << 30,
        group_max: UNDER_WAY,
    };
    Ok(Ledger::open(dir, options)?)
}

/// A run that succeeded, and the event of its end.
fn template(ledger: &Ledger) -> Result<(Run, Event)> {
    let snapshot = ledger.read()?;
    let runs = snapshot.scan::<Run>(&Scan::table(&scoped(&TenantKey::default_tenant(), &[])).limit(100))?;
    let run = runs.into_iter().map(|stored| stored.record).find(|run| run.phase == Phase::Succeeded);
    let run = run.context("the appliance has made no run yet")?;
    let events = snapshot.events(0..snapshot.log_size()?)?;
    let event = events.into_iter().map(|logged| logged.event).find(|event| event.action == "run.finish");
    Ok((run, event.context("no run has finished yet")?))
}

fn copy_of(run: &Run, n: usize, at: Timestamp) -> Run {
    let mut copy = run.clone();
    copy.id = RunId::new(at);
    copy.phase = PHASES[n % PHASES.len()];
    copy.created_at = at;
    copy.queued_at = Some(at);
    copy.finished_at = Some(at);
    for attempt in &mut copy.attempts {
        (attempt.started_at, attempt.finished_at) = (at, Some(at));
    }
    copy
}

/// The event of a copy's end: by one of 500 people, refused now and then, now and then about a request for approval.
fn told(event: &Event, run: &Run, at: Timestamp, n: usize) -> Event {
    let mut copy = event.clone();
    copy.at = at;
    copy.subject.id = Some(run.id.to_string());
    copy.actor.name = Some(format!("person-{}", n % PEOPLE));
    if n.is_multiple_of(997) {
        copy.outcome = Outcome::Refused;
    }
    if n.is_multiple_of(50) {
        copy.details.insert("approval".to_owned(), format!("apr_{:032x}", n / 50 % 1_000).into());
    }
    copy
}
