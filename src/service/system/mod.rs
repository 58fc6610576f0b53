//! The appliance itself: what it is, how the host does, which interpreters there are.

pub mod doctor;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::clock::{Clock, Timestamp};
use crate::base::fault::Fault;
use crate::conf::Loaded;
use crate::domain::access::{Action, Caller, Mode, Resource};
use crate::domain::run::IsolationLevel;
use crate::exec::{HostSurvey, RuntimeInfo, Spawner};
use crate::wire::page::Page;
use crate::wire::system::{DoctorCheck, DoctorReport, DoctorState, RuntimeSummary, SystemInfo};

use self::doctor::finding;
use super::audit::Audit;
use super::gate::Gate;
use super::runs::dispatch::Dispatch;
use super::vault::Vault;

/// What the service is made of.
pub struct SystemParts {
    pub gate: Gate,
    pub clock: Arc<dyn Clock>,
    pub settings: Arc<Loaded>,
    pub data_dir: PathBuf,
    pub install_id: String,
    /// The public key of the audit log, as a verifier takes it.
    pub log_key: String,
    pub spawner: Spawner,
    pub dispatch: Arc<Dispatch>,
    pub audit: Audit,
    pub vault: Vault,
}

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct System(Arc<Inner>);

struct Inner {
    parts: SystemParts,
    started_at: Timestamp,
}

impl System {
    /// The appliance counts as started from here on.
    #[must_use]
    pub fn new(parts: SystemParts) -> Self {
        let started_at = parts.clock.now();
        Self(Arc::new(Inner { parts, started_at }))
    }

    /// What this appliance is.
    ///
    /// # Errors
    /// When the caller may not see it.
    pub async fn info(&self, caller: &Caller) -> Result<SystemInfo, Fault> {
        let Inner { parts, started_at } = &*self.0;
        let _permit = parts.gate.allow(caller, Action::SystemView, &Resource::Appliance).await?;
        let mode = match parts.gate.mode() {
            Mode::Solo => "solo",
            Mode::FourEyes => "four_eyes",
        };
        let busy = parts.dispatch.counts();
        Ok(SystemInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            install_id: parts.install_id.clone(),
            mode: mode.to_owned(),
            started_at: started_at.to_string(),
            isolation: parts.spawner.survey().isolation.level,
            runs_running: busy.running as u64,
            runs_queued: busy.waiting as u64,
            log_key: parts.log_key.clone(),
            time: parts.clock.now().to_string(),
        })
    }

    /// What the host lacks, and what to do about it.
    ///
    /// # Errors
    /// When the caller may not ask.
    pub async fn doctor(&self, caller: &Caller) -> Result<DoctorReport, Fault> {
        let parts = &self.0.parts;
        let _permit = parts.gate.allow(caller, Action::SystemDoctor, &Resource::Appliance).await?;
        let mut checks = host_report(&parts.settings, &parts.data_dir, &parts.spawner, parts.clock.now()).checks;
        checks.extend(parts.audit.forward_state()?.iter().map(doctor::forwarding));
        checks.extend(doctor::credentials(&parts.vault.condition()?));
        Ok(doctor::report(checks))
    }

    /// The interpreters of this host.
    ///
    /// # Errors
    /// When the caller may not see them.
    pub async fn runtimes(&self, caller: &Caller) -> Result<Page<RuntimeSummary>, Fault> {
        let parts = &self.0.parts;
        let _permit = parts.gate.allow(caller, Action::RuntimeView, &Resource::Appliance).await?;
        let items = parts.spawner.runtimes().into_iter().map(|runtime| RuntimeSummary {
            language: runtime.language.name().to_owned(),
            path: runtime.path.display().to_string(),
            version: runtime.version,
            usable: runtime.usable,
            problem: runtime.problem,
            default: runtime.default,
        });
        Ok(Page { items: items.collect(), next: None })
    }
}

/// What a host lacks for these settings, with or without a server.
#[must_use]
pub fn host_report(settings: &Loaded, data_dir: &Path, spawner: &Spawner, now: Timestamp) -> DoctorReport {
    let mut checks = doctor::host(settings, data_dir, now);
    checks.extend(isolation(&spawner.survey(), settings.config.run.minimum_isolation));
    checks.push(interpreters(&spawner.runtimes()));
    doctor::report(checks)
}

/// Why runs would be refused on this host, if they would: for readiness.
#[must_use]
pub fn isolation_trouble(spawner: &Spawner, minimum: IsolationLevel) -> Option<String> {
    let found = spawner.survey().isolation;
    (found.level < minimum)
        .then(|| format!("runs would have isolation `{}`, run.minimum_isolation asks for `{}`", name(found.level), name(minimum)))
}

const fn name(level: IsolationLevel) -> &'static str {
    match level {
        IsolationLevel::Process => "process",
        IsolationLevel::Partial => "partial",
        IsolationLevel::Full => "full",
        IsolationLevel::NoCode => "no_code",
    }
}

fn isolation(survey: &HostSurvey, minimum: IsolationLevel) -> Vec<DoctorCheck> {
    let found = survey.isolation.level;
    let title = "Isolation of runs";
    let detail = format!(
        "runs have isolation `{}`, run.minimum_isolation asks for `{}`; memory is bounded by {}",
        name(found),
        name(minimum),
        survey.isolation.memory
    );
    let verdict = if found >= minimum {
        finding("isolation.level", DoctorState::Ok, title, detail, "")
    } else {
        let remedy = "enable what the findings below name, or lower run.minimum_isolation knowingly";
        finding("isolation.level", DoctorState::Failed, title, format!("{detail}; no run is started"), remedy)
    };
    let lacks = survey.lacks.iter().map(|lack| {
        let id = format!("isolation.{}", lack.feature.replace('-', "_"));
        finding(&id, DoctorState::Warning, &format!("Missing: {}", lack.feature), lack.meaning.clone(), lack.remedy.clone())
    });
    std::iter::once(verdict).chain(lacks).collect()
}

fn interpreters(found: &[RuntimeInfo]) -> DoctorCheck {
    let (id, title) = ("runtime.python", "Python");
    let usable: Vec<&str> =
        found.iter().filter(|one| one.usable && one.language.name() == "python").map(|one| one.version.as_str()).collect();
    if usable.is_empty() {
        let remedy = "install Python 3.8 or newer, or name one with run.python";
        return finding(id, DoctorState::Warning, title, "no usable Python interpreter was found; Python capabilities cannot run", remedy);
    }
    finding(id, DoctorState::Ok, title, format!("usable: {}", usable.join(", ")), "")
}
