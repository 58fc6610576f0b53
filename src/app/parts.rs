//! The services and the engine, made from the ledger upwards.

use std::sync::Arc;

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::data::DataDir;
use super::keys::signing_key;
use crate::base::clock::Clock;
use crate::base::fault::{Class, Code, Fault};
use crate::base::meter::Meters;
use crate::conf::{Loaded, Start};
use crate::crypto::note::LogSigner;
use crate::domain::run::QueueLimits;
use crate::engine::{Engine, EngineParts, HostOutlook, forward};
use crate::exec::spawner::ZygoteSettings;
use crate::exec::{Executors, Spawner, SpawnerConfig, StartWish};
use crate::service::approvals::Approvals;
use crate::service::audit::{Audit, Evidence};
use crate::service::backup::{BackupParts, Backups};
use crate::service::capabilities::Capabilities;
use crate::service::files::Files;
use crate::service::gate::Gate;
use crate::service::resources::Resources;
use crate::service::runs::dispatch::{Dispatch, Order};
use crate::service::runs::{RunParts, Runs};
use crate::service::secrets::Secrets;
use crate::service::vault::{KeyPlaces, Vault, VaultParts};
use crate::service::webhooks::Webhooks;
use crate::store::Ledger;
use crate::store::blob::BlobStore;
use crate::store::log::LogStore;

/// The folders of contents and logs cannot be used.
pub const NO_FOLDER: Code = Code::new("EG-SYS-008", Class::Unavailable, "A folder of the data directory cannot be used");

/// The process that starts runs cannot be started.
pub const NO_SPAWNER: Code = Code::new("EG-SYS-009", Class::Unavailable, "The spawner cannot be started");

/// The services, and what the engine is made of.
pub struct Parts {
    pub capabilities: Capabilities,
    pub files: Files,
    pub runs: Runs,
    pub audit: Audit,
    pub backups: Backups,
    pub dispatch: Arc<Dispatch>,
    pub resources: Resources,
    pub webhooks: Webhooks,
    pub executors: Arc<Executors>,
    logs: LogStore,
    blobs: BlobStore,
    clock: Arc<dyn Clock>,
    orders: mpsc::UnboundedReceiver<Order>,
}

impl Parts {
    /// Makes the services.
    ///
    /// # Errors
    /// When the policies do not compile or a folder cannot be used.
    pub fn open(
        settings: &Loaded,
        data: &DataDir,
        ledger: &Ledger,
        gate: &Gate,
        signer: LogSigner,
        clock: &Arc<dyn Clock>,
        spawner: &Spawner,
    ) -> Result<Self, Fault> {
        let (config, data_dir) = (&settings.config, &data.path);
        let blobs = BlobStore::open(&data_dir.join("blobs"), Arc::clone(clock)).map_err(|error| folder("blobs", error))?;
        let logs = LogStore::open(&data_dir.join("logs"), Arc::clone(clock)).map_err(|error| folder("logs", error))?;
        crate::base::file::private_dir(&data_dir.join("packages")).map_err(|error| folder("packages", error))?;
        let capabilities = Capabilities::new(ledger.clone(), gate.clone(), Arc::clone(clock), blobs.clone(), config.run.maximum);
        let files = Files::new(ledger.clone(), gate.clone(), Arc::clone(clock), blobs.clone());
        let unlimited = |bound: usize| if bound == 0 { usize::MAX } else { bound };
        let limits = QueueLimits {
            running: config.queue.running_here(),
            waiting: config.queue.waiting,
            waiting_each: config.queue.waiting_per_principal,
            running_each: unlimited(config.queue.running_per_principal),
        };
        let (dispatch, orders) = Dispatch::new(limits, config.queue.requests);
        let dispatch = Arc::new(dispatch);
        let vault = Vault::new(VaultParts {
            ledger: ledger.clone(),
            gate: gate.clone(),
            clock: Arc::clone(clock),
            places: KeyPlaces {
                data_dir: data_dir.clone(),
                key_file: config.vault.key_file.clone(),
                credential: config.vault.credential.clone(),
            },
            remind_days: config.vault.remind_days,
        });
        let executors = Arc::new(Executors::new(spawner.clone(), Arc::clone(clock)));
        let secrets = Secrets::new(ledger.clone(), gate.clone(), Arc::clone(clock), vault, capabilities.clone(), Arc::clone(&executors));
        let resources = Resources::new(
            ledger.clone(),
            gate.clone(),
            Arc::clone(clock),
            capabilities.clone(),
            Arc::clone(&executors),
            Arc::new(secrets.clone()),
        );
        let runs = Runs::new(RunParts {
            ledger: ledger.clone(),
            gate: gate.clone(),
            clock: Arc::clone(clock),
            capabilities: capabilities.clone(),
            files: files.clone(),
            dispatch: Arc::clone(&dispatch),
            logs: logs.clone(),
            blobs: blobs.clone(),
            secrets,
            outlook: Arc::new(HostOutlook { executors: Arc::clone(&executors), dispatch: Arc::clone(&dispatch) }),
        });
        let root = Zeroizing::new(signing_key(data_dir, "webhook")?.to_bytes());
        let webhooks = Webhooks::new(ledger.clone(), gate.clone(), Arc::clone(clock), capabilities.clone(), runs.clone(), root);
        let evidence = Evidence::new(ledger.clone(), &data.install_id, Arc::new(signer));
        let audit = Audit::new(gate.clone(), evidence, forward::targets(&config.forward), config.audit.retention_days);
        let backups = Backups::new(BackupParts {
            ledger: ledger.clone(),
            gate: gate.clone(),
            clock: Arc::clone(clock),
            data_dir: data_dir.clone(),
            vault: runs.secrets().vault().clone(),
            drill_hours: config.backup.drill_hours,
        });
        Ok(Self {
            capabilities,
            files,
            runs,
            audit,
            backups,
            dispatch,
            resources,
            webhooks,
            executors,
            logs,
            blobs,
            clock: Arc::clone(clock),
            orders,
        })
    }

    /// Gives every run that was under way a truthful end, lines up what waits, and starts the engine.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn start(self, approvals: Approvals, settings: &Loaded, data: &DataDir, meters: Meters) -> Result<Engine, Fault> {
        self.runs.secrets().vault().open_by_itself().await?;
        let found = self.runs.recover().await?;
        if found.queued + found.interrupted + found.retried > 0 {
            let (queued, interrupted, retried) = (found.queued, found.interrupted, found.retried);
            tracing::info!(queued, interrupted, retried, "runs of an earlier server were taken up");
        }
        if found.logs > 0 {
            tracing::info!(logs = found.logs, "logs of an earlier server were put away");
        }
        let start = match settings.config.run.start {
            Start::Warm => StartWish::Fastest,
            Start::Cold => StartWish::Cold,
        };
        let Self { runs, capabilities, files, resources, executors, backups, logs, blobs, clock, orders, audit, .. } = self;
        let forward = settings.config.forward.clone();
        let parts = EngineParts {
            runs,
            approvals,
            capabilities,
            files,
            resources,
            executors,
            backups,
            logs,
            blobs,
            clock,
            orders,
            start,
            meters,
            audit,
            forward,
        };
        Ok(Engine::start(parts, &data.path.join("packages")))
    }
}

/// How the spawner is started under these settings.
#[must_use]
pub fn spawner_config(settings: &Loaded) -> SpawnerConfig {
    let run = &settings.config.run;
    SpawnerConfig {
        pool: run.pool,
        zygote: ZygoteSettings { most: run.zygotes, idle_ms: run.zygote_idle_s.saturating_mul(1_000), forks: run.zygote_runs },
        pythons: run.python.clone(),
        search: run.search.clone(),
        minimum: run.minimum_isolation,
        ..SpawnerConfig::default()
    }
}

fn folder(name: &str, error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    NO_FOLDER
        .fault(format!("`{name}` in the data directory cannot be used: {error}"))
        .hint("Check the owner and the free space of the disk.")
        .cause(error)
}
