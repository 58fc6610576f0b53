//! Sends audit events on: to a syslog server, to a file. The log is the buffer; who cannot keep up falls behind, and
//! nothing waits for them.
//!
//! Each target is one task: it reads from its cursor on, sends, and moves the cursor once what was sent is known to have
//! arrived. After a break it begins again at the cursor, so that events may come twice and are never left out.

mod append;
mod syslog;

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::base::fault::Fault;
use crate::conf::Forward;
use crate::service::audit::{Audit, Progress, Target};

/// Names of the targets, and of their cursors.
const SYSLOG: &str = "syslog";
const FILE: &str = "file";
/// Events read at once.
const TOGETHER: u64 = 256;
/// Pauses between two attempts, from the first to the longest.
const RETRY_MIN: Duration = Duration::from_millis(250);
const RETRY_MAX: Duration = Duration::from_secs(15);
/// Longest text of a problem that is shown, in characters.
const PROBLEM_CHARS: usize = 300;

/// What stands in the way of sending; the attempt is repeated.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Target(String),
    #[error("the audit log cannot be read or the cursor not be written: {0}")]
    Ledger(#[from] Fault),
}

/// The targets that the settings name.
#[must_use]
pub fn targets(settings: &Forward) -> Vec<Target> {
    let syslog = settings.syslog_address().map(|_| Target { name: SYSLOG, to: settings.syslog.clone() });
    let file = (!settings.file.as_os_str().is_empty()).then(|| Target { name: FILE, to: settings.file.display().to_string() });
    syslog.into_iter().chain(file).collect()
}

/// Starts a task for each target.
pub(super) fn start(audit: &Audit, settings: &Forward, host: &str, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    if let Some(address) = settings.syslog_address() {
        let sender = syslog::Sender {
            audit: audit.clone(),
            address,
            settings: settings.clone(),
            confirm: Duration::from_secs(settings.confirm_s),
            host: host.to_owned(),
        };
        let stop = stop.clone();
        tasks.push(tokio::spawn(async move { keep_on(&sender.audit, SYSLOG, &stop, || sender.session(&stop)).await }));
    }
    if !settings.file.as_os_str().is_empty() {
        let (audit, path, stop) = (audit.clone(), settings.file.clone(), stop.clone());
        tasks.push(tokio::spawn(async move { keep_on(&audit, FILE, &stop, || append::session(&audit, &path, &stop)).await }));
    }
    tasks
}

/// Begins sessions again and again until one ends because of the stop.
async fn keep_on<F: Future<Output = Result<(), Trouble>>>(
    audit: &Audit,
    target: &'static str,
    stop: &CancellationToken,
    session: impl Fn() -> F,
) {
    let mut pause = RETRY_MIN;
    loop {
        let before = audit.forward_cursor(target).unwrap_or(0);
        let Err(trouble) = session().await else { return };
        let problem: String = trouble.to_string().chars().take(PROBLEM_CHARS).collect();
        if audit.forwards().tell(target, Progress::Failing(problem.clone())) {
            tracing::warn!(target, problem, "audit events cannot be sent on; they wait in the log");
        }
        if audit.forward_cursor(target).unwrap_or(0) > before {
            pause = RETRY_MIN;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(RETRY_MAX);
    }
}

/// Says that sending works, and logs it when it did not before.
fn well(audit: &Audit, target: &'static str) {
    if audit.forwards().tell(target, Progress::Sending) {
        tracing::info!(target, "audit events are sent on");
    }
}
