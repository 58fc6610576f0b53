//! What happens around the vault by itself: runs that waited for it line up when it is opened, values move to the newest data key,
//! people are reminded of what expires, and restore drills are held.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::service::backup::Backups;
use crate::service::runs::Runs;

/// How often expiries are looked for.
const LOOK: Duration = Duration::from_hours(1);
/// Wait before trying again what the ledger refused.
const AGAIN: Duration = Duration::from_secs(10);

/// Runs until stopped. Everything here goes on where an earlier server left it.
pub async fn keep(runs: Runs, backups: Backups, stop: CancellationToken) {
    tokio::join!(call(&runs, &stop), work(&runs, &backups, &stop));
}

/// Calls the runs that wait as soon as the vault is open, whatever else is being done.
async fn call(runs: &Runs, stop: &CancellationToken) {
    let vault = runs.secrets().vault();
    loop {
        if vault.is_open() {
            runs.call_waiting();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = vault.opened() => {}
        }
    }
}

async fn work(runs: &Runs, backups: &Backups, stop: &CancellationToken) {
    let secrets = runs.secrets();
    let vault = secrets.vault();
    loop {
        let work = async {
            let rotated = vault.finish_rotation().await;
            let reminded = secrets.remind().await;
            backups.drill_when_due().await;
            rotated.and(reminded)
        };
        let done = tokio::select! {
            () = stop.cancelled() => return,
            done = work => done,
        };
        let nap = match done {
            Ok(reminders) => {
                if reminders > 0 {
                    tracing::warn!(reminders, "values of secrets expire soon; see the audit log for `secret.expires`");
                }
                LOOK
            }
            Err(fault) => {
                tracing::error!(code = fault.code().text, "work for the vault is tried again: {}", fault.detail());
                AGAIN
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = vault.work() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
}
