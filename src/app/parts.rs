//! The services and the engine, made from the ledger upwards.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::base::clock::Clock;
use crate::base::fault::{BUG, Class, Code, Fault};
use crate::conf::Loaded;
use crate::crypto::note::LogSigner;
use crate::domain::access::{Mode, Policy};
use crate::domain::ids::TenantKey;
use crate::domain::run::QueueLimits;
use crate::engine::{Engine, EngineParts};
use crate::exec::{Spawner, StartWish};
use crate::service::audit::{Audit, Evidence};
use crate::service::capabilities::Capabilities;
use crate::service::files::Files;
use crate::service::gate::Gate;
use crate::service::identity::{Identity, IdentityParts, Terms};
use crate::service::runs::dispatch::{Dispatch, Order};
use crate::service::runs::{RunParts, Runs};
use crate::store::Ledger;
use crate::store::blob::BlobStore;
use crate::store::log::LogStore;

/// The folders of contents and logs cannot be used.
pub const NO_FOLDER: Code = Code::new("EG-SYS-008", Class::Unavailable, "A folder of the data directory cannot be used");

/// Passwords hashed at one time; each takes 19 MiB.
const HASH_PLACES: usize = 2;

/// The services, and what the engine is made of.
pub struct Parts {
    pub gate: Gate,
    pub identity: Identity,
    pub capabilities: Capabilities,
    pub files: Files,
    pub runs: Runs,
    pub audit: Audit,
    pub dispatch: Arc<Dispatch>,
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
        data_dir: &Path,
        install: &str,
        ledger: &Ledger,
        signer: LogSigner,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let config = &settings.config;
        let policy = Policy::built_in().map_err(|error| BUG.fault("the built-in policies do not compile").cause(error))?;
        let gate = Gate::new(ledger.clone(), Arc::clone(clock), policy, Mode::FourEyes);
        let identity = Identity::new(IdentityParts {
            ledger: ledger.clone(),
            gate: gate.clone(),
            clock: Arc::clone(clock),
            data_dir: data_dir.to_owned(),
            terms: Terms {
                idle: Duration::from_secs(config.session.idle_s),
                absolute: Duration::from_secs(config.session.absolute_s),
                token_days: config.session.token_days,
            },
            hash_places: HASH_PLACES,
        });
        let blobs = BlobStore::open(&data_dir.join("blobs"), Arc::clone(clock)).map_err(|error| folder("blobs", error))?;
        let logs = LogStore::open(&data_dir.join("logs"), Arc::clone(clock)).map_err(|error| folder("logs", error))?;
        crate::base::file::private_dir(&data_dir.join("packages")).map_err(|error| folder("packages", error))?;
        let capabilities = Capabilities::new(ledger.clone(), gate.clone(), Arc::clone(clock), blobs.clone());
        let files = Files::new(ledger.clone(), gate.clone(), Arc::clone(clock), blobs.clone());
        let unlimited = |bound: usize| if bound == 0 { usize::MAX } else { bound };
        let (dispatch, orders) = Dispatch::new(QueueLimits {
            running: config.queue.running_here(),
            waiting: config.queue.waiting,
            waiting_each: config.queue.waiting_per_principal,
            running_each: unlimited(config.queue.running_per_principal),
        });
        let dispatch = Arc::new(dispatch);
        let runs = Runs::new(RunParts {
            ledger: ledger.clone(),
            gate: gate.clone(),
            clock: Arc::clone(clock),
            capabilities: capabilities.clone(),
            files: files.clone(),
            dispatch: Arc::clone(&dispatch),
            logs: logs.clone(),
            blobs: blobs.clone(),
        });
        let audit = Audit::new(gate.clone(), Evidence::new(ledger.clone(), install, Arc::new(signer)));
        Ok(Self { gate, identity, capabilities, files, runs, audit, dispatch, logs, blobs, clock: Arc::clone(clock), orders })
    }

    /// Gives every run that was under way a truthful end, lines up what waits, and starts the engine.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn start(self, spawner: Spawner, start: StartWish, data_dir: &Path) -> Result<Engine, Fault> {
        let found = self.runs.recover(&[TenantKey::default_tenant()]).await.map_err(Fault::from)?;
        if found.queued + found.interrupted + found.retried > 0 {
            tracing::info!(
                queued = found.queued,
                interrupted = found.interrupted,
                retried = found.retried,
                "runs of an earlier server were taken up"
            );
        }
        let parts = EngineParts {
            runs: self.runs,
            capabilities: self.capabilities,
            files: self.files,
            spawner,
            logs: self.logs,
            blobs: self.blobs,
            clock: self.clock,
            orders: self.orders,
            start,
        };
        Ok(Engine::start(parts, &data_dir.join("packages")))
    }
}

fn folder(name: &str, error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    NO_FOLDER
        .fault(format!("`{name}` in the data directory cannot be used: {error}"))
        .hint("Check the owner and the free space of the disk.")
        .cause(error)
}
