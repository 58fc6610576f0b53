//! What the doctor looks at: the host and the settings, each finding with what to do about it.
//!
//! Looks, measures and explains; changes nothing.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::base::clock::Timestamp;
use crate::base::file;
use crate::conf::{Config, Loaded};
use crate::service::vault::Condition;
use crate::wire::audit::ForwardView;
use crate::wire::system::{DoctorCheck, DoctorReport, DoctorState};
use crate::wire::vault::VaultState;

/// Free space below which the data directory is a worry, and below which it is a failure, in bytes.
const LITTLE_SPACE: u64 = 2 << 30;
const NO_SPACE: u64 = 256 << 20;
/// Descriptors that one connection and one run may take, beside a reserve for files.
const DESCRIPTORS_PER_CONNECTION: u64 = 2;
const DESCRIPTORS_RESERVE: u64 = 512;
/// Age of an event that has still not arrived elsewhere from which on that is a worry, in seconds.
const LATE_S: u64 = 60;
/// A clock before this moment was never set (2026-01-01).
const BUILT_AFTER_S: i64 = 1_767_225_600;

/// Puts findings together; the worst one is the verdict.
#[must_use]
pub fn report(checks: Vec<DoctorCheck>) -> DoctorReport {
    let severity = |state: &DoctorState| match state {
        DoctorState::Ok => 0,
        DoctorState::Warning => 1,
        DoctorState::Failed => 2,
    };
    let worst = checks.iter().map(|check| check.state).max_by_key(severity).unwrap_or(DoctorState::Ok);
    DoctorReport { checks, worst }
}

/// One finding. All is well exactly when there is no remedy.
#[must_use]
pub fn finding(id: &str, state: DoctorState, title: &str, detail: impl Into<String>, remedy: impl Into<String>) -> DoctorCheck {
    DoctorCheck { id: id.to_owned(), state, title: title.to_owned(), detail: detail.into(), remedy: remedy.into() }
}

/// Everything that can be said without the spawner.
#[must_use]
pub fn host(settings: &Loaded, data_dir: &Path, now: Timestamp) -> Vec<DoctorCheck> {
    let mut checks = vec![data_private(data_dir), data_space(data_dir), descriptors(&settings.config), clock(now), account()];
    checks.push(listening(&settings.config));
    checks.extend(settings.warnings.iter().map(|warning| {
        finding("settings.variable", DoctorState::Warning, "Environment", warning.clone(), "correct or unset the variable")
    }));
    checks
}

/// Whether audit events reach a place that they are sent to.
#[must_use]
pub fn forwarding(target: &ForwardView) -> DoctorCheck {
    let id = format!("forward.{}", target.target);
    let title = "Forwarding of audit events";
    match &target.problem {
        None if target.lag_s < LATE_S => {
            let detail = format!("{} has all but {} of the events", target.to, target.lag);
            finding(&id, DoctorState::Ok, title, detail, "")
        }
        problem => {
            let why = problem.as_deref().unwrap_or("it takes them slower than they come");
            let detail = format!("{} lacks {} events, the oldest {} s old: {why}", target.to, target.lag, target.lag_s);
            let remedy = "look at the receiving side and at the forward.* settings; the events wait in the audit log, none is lost";
            finding(&id, DoctorState::Warning, title, detail, remedy)
        }
    }
}

/// Whether secrets can be used, whether their keys and the backups could be recovered, and what expires.
#[must_use]
pub fn credentials(vault: &Condition) -> Vec<DoctorCheck> {
    let mut checks = vec![match vault.state {
        VaultState::Absent => finding(
            "vault.state",
            DoctorState::Ok,
            "Vault",
            "the vault is not set up; no secret is stored, and backups are not encrypted",
            "",
        ),
        VaultState::Open => finding("vault.state", DoctorState::Ok, "Vault", "the vault is open", ""),
        VaultState::Sealed => {
            let detail = "the vault is sealed; runs that need a secret wait";
            finding("vault.state", DoctorState::Warning, "Vault", detail, "unseal it: execgov vault unseal")
        }
    }];
    if vault.state != VaultState::Absent {
        let title = "Recovery of the vault and of backups";
        checks.push(if vault.warnings.is_empty() {
            finding("vault.recovery", DoctorState::Ok, title, "the recovery keys were shown to be held", "")
        } else {
            let remedy = "name recovery recipients with execgov vault recovery, and show that their keys are held with execgov vault prove";
            finding("vault.recovery", DoctorState::Warning, title, vault.warnings.join("; "), remedy)
        });
    }
    if vault.expiring > 0 {
        let detail = format!("{} secrets expire soon or have expired", vault.expiring);
        let remedy = "set new values: execgov secret list shows which, execgov secret rotate sets one";
        checks.push(finding("vault.expiring", DoctorState::Warning, "Secrets that expire", detail, remedy));
    }
    if let Some(drill) = &vault.drill {
        let (id, title) = ("backup.drill", "Restore drill");
        checks.push(if drill.ok {
            finding(id, DoctorState::Ok, title, format!("on {}: {}", drill.at, drill.detail), "")
        } else {
            let detail = format!("on {} it failed: {}", drill.at, drill.detail);
            finding(id, DoctorState::Failed, title, detail, "mend what it names and hold another: execgov backup drill")
        });
    }
    checks
}

fn data_private(dir: &Path) -> DoctorCheck {
    let title = "Data directory is private";
    match fs::metadata(dir) {
        Ok(meta) if meta.mode() & 0o7777 == file::PRIVATE_DIR && meta.uid() == rustix::process::geteuid().as_raw() => {
            finding("data.private", DoctorState::Ok, title, format!("{} has mode 0700", dir.display()), "")
        }
        Ok(meta) => {
            let detail = format!("{} has mode {:04o} and belongs to user {}", dir.display(), meta.mode() & 0o7777, meta.uid());
            finding("data.private", DoctorState::Failed, title, detail, "give it to the server's user with mode 0700: chown, chmod 0700")
        }
        Err(error) => {
            finding("data.private", DoctorState::Failed, title, format!("{}: {error}", dir.display()), "make the directory readable")
        }
    }
}

fn data_space(dir: &Path) -> DoctorCheck {
    let (id, title) = ("data.space", "Space for data");
    let Ok(found) = rustix::fs::statvfs(dir) else {
        return finding(id, DoctorState::Warning, title, "free space cannot be asked", "check the file system by hand");
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let inodes = (found.f_favail * 100).checked_div(found.f_files).unwrap_or(100);
    let detail = format!("{} MiB and {inodes} % of the file entries are free below {}", free >> 20, dir.display());
    let state = match free {
        _ if inodes < 1 => DoctorState::Failed,
        0..NO_SPACE => DoctorState::Failed,
        NO_SPACE..LITTLE_SPACE => DoctorState::Warning,
        _ if inodes < 5 => DoctorState::Warning,
        _ => DoctorState::Ok,
    };
    let remedy = if state == DoctorState::Ok { "" } else { "free space or enlarge the file system" };
    finding(id, state, title, detail, remedy)
}

fn descriptors(config: &Config) -> DoctorCheck {
    let (id, title) = ("limits.descriptors", "Open files");
    let have = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    let connections = u64::try_from(config.limits.connections).unwrap_or(u64::MAX);
    let runs = u64::try_from(config.queue.running_here()).unwrap_or(u64::MAX);
    let want =
        connections.saturating_mul(DESCRIPTORS_PER_CONNECTION).saturating_add(runs.saturating_mul(8)).saturating_add(DESCRIPTORS_RESERVE);
    let detail = format!("{have} files may be open; the settings can need {want}");
    if have >= want {
        return finding(id, DoctorState::Ok, title, detail, "");
    }
    finding(id, DoctorState::Warning, title, detail, "raise LimitNOFILE in the unit (ulimit -n in a shell), or lower limits.connections")
}

fn clock(now: Timestamp) -> DoctorCheck {
    let (id, title) = ("clock.set", "Clock");
    if now.as_second() > BUILT_AFTER_S {
        return finding(id, DoctorState::Ok, title, format!("the clock says {now}"), "");
    }
    let detail = format!("the clock says {now}, before this version was made");
    finding(id, DoctorState::Failed, title, detail, "set the clock; every audit event carries its time")
}

fn account() -> DoctorCheck {
    let (id, title) = ("process.account", "Account");
    if rustix::process::geteuid().is_root() {
        return finding(
            id,
            DoctorState::Ok,
            title,
            "the server runs as root; each run gets a host user of its own where the host allows it",
            "",
        );
    }
    finding(
        id,
        DoctorState::Ok,
        title,
        format!("the server runs as user {}, without rights over the host", rustix::process::geteuid().as_raw()),
        "",
    )
}

fn listening(config: &Config) -> DoctorCheck {
    let (id, title, address) = ("listen.tls", "Encryption", config.listen.address);
    let own = !config.tls.certificate.as_os_str().is_empty();
    match (address.ip().to_canonical().is_loopback(), own) {
        (true, _) => finding(id, DoctorState::Ok, title, format!("{address} is reached from this host only"), ""),
        (false, true) => finding(id, DoctorState::Ok, title, format!("{address} shows {}", config.tls.certificate.display()), ""),
        (false, false) => {
            let detail = format!("{address} shows a self-signed certificate, which clients have to trust by its fingerprint");
            finding(id, DoctorState::Warning, title, detail, "name a certificate of your own with tls.certificate and tls.key")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::{Environment, Overrides, load};
    use crate::wire::vault::DrillView;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn every_trouble_has_a_remedy_and_only_trouble_has() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let environment = Environment::from([("EXECGOV_LISTEN_ADDRESS", "0.0.0.0:7443"), ("EXECGOV_DATADIR", "/x")]);
        let settings = load(&Overrides::default(), &environment).expect("valid");
        let mut seen = Vec::new();
        for (mode, now) in [(0o700, BUILT_AFTER_S + 1), (0o755, 0)] {
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).expect("mode set");
            let checks = host(&settings, dir.path(), Timestamp::from_second(now).expect("in range"));
            for check in &checks {
                assert_eq!(check.state == DoctorState::Ok, check.remedy.is_empty(), "{check:?}");
            }
            let state = |id: &str| checks.iter().find(|check| check.id == id).expect(id).state;
            seen.push((state("data.private"), state("clock.set"), state("listen.tls"), state("settings.variable")));
        }
        let (ok, warning, failed) = (DoctorState::Ok, DoctorState::Warning, DoctorState::Failed);
        assert_eq!(seen, [(ok, ok, warning, warning), (failed, failed, warning, warning)]);
    }

    #[test]
    fn what_could_lose_secrets_is_found() {
        let drill = |ok| Some(DrillView { at: "2026-01-01T00:00:00Z".to_owned(), ok, detail: "x".to_owned(), took_ms: 1 });
        let well = Condition { state: VaultState::Open, warnings: Vec::new(), expiring: 0, drill: drill(true) };
        let (warning, failed) = (DoctorState::Warning, DoctorState::Failed);
        for (vault, expected) in [
            (well.clone(), vec![]),
            (Condition { state: VaultState::Absent, warnings: vec!["no vault".to_owned()], ..well.clone() }, vec![]),
            (Condition { state: VaultState::Sealed, ..well.clone() }, vec![("vault.state", warning)]),
            (Condition { warnings: vec!["nobody".to_owned()], ..well.clone() }, vec![("vault.recovery", warning)]),
            (Condition { expiring: 2, ..well.clone() }, vec![("vault.expiring", warning)]),
            (Condition { drill: drill(false), ..well }, vec![("backup.drill", failed)]),
        ] {
            let checks = credentials(&vault);
            let found: Vec<(&str, DoctorState)> =
                checks.iter().filter(|check| check.state != DoctorState::Ok).map(|check| (check.id.as_str(), check.state)).collect();
            assert_eq!(found, expected, "{vault:?}");
            assert!(checks.iter().all(|check| (check.state == DoctorState::Ok) == check.remedy.is_empty()), "{checks:?}");
        }
    }

    #[test]
    fn the_worst_finding_is_the_verdict() {
        let check = |state| finding("x", state, "X", "", "");
        for (states, worst) in [
            (vec![], DoctorState::Ok),
            (vec![DoctorState::Ok, DoctorState::Warning], DoctorState::Warning),
            (vec![DoctorState::Failed, DoctorState::Warning], DoctorState::Failed),
        ] {
            assert_eq!(report(states.into_iter().map(check).collect()).worst, worst);
        }
    }
}
