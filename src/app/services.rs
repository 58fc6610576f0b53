//! What the server is made of, opened in the order in which one part needs another and closed in the opposite one.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::data::DataDir;
use super::keys::signing_key;
use super::observe;
use super::parts::Parts;
use crate::api::health::{Health, Probe};
use crate::api::stream::Places;
use crate::api::{AppState, Stop};
use crate::base::clock::{Clock, SystemClock};
use crate::base::fault::{BUG, Class, Code, Fault};
use crate::base::meter::Meters;
use crate::conf::Loaded;
use crate::crypto::LogSigner;
use crate::domain::identity::Secret;
use crate::engine::{Engine, HostOutlook};
use crate::exec::Spawner;
use crate::service::access::Access;
use crate::service::announcements::Announcements;
use crate::service::approvals::{ApprovalParts, Approvals, RuleSettings, Settings, StandingApprovals};
use crate::service::audit::Audit;
use crate::service::backup::Backups;
use crate::service::calendars::{CalendarSettings, Calendars};
use crate::service::capabilities::{Capabilities, Outlook};
use crate::service::community::Community;
use crate::service::files::Files;
use crate::service::freezes::{FreezeSettings, Freezes};
use crate::service::gate::Gate;
use crate::service::groups::Groups;
use crate::service::identity::{GovernanceSetting, Identity, IdentityParts, Terms};
use crate::service::policies::Policies;
use crate::service::resources::Resources;
use crate::service::runs::Runs;
use crate::service::runs::dispatch::Dispatch;
use crate::service::spaces::Spaces;
use crate::service::system::{System, SystemParts, isolation_trouble};
use crate::service::templates::Templates;
use crate::service::tenants::Tenants;
use crate::service::webhooks::Webhooks;
use crate::store::{Ledger, LedgerOptions};

/// The ledger is damaged, of a newer version, or cannot be read.
pub const NO_LEDGER: Code = Code::new("EG-SYS-007", Class::Unavailable, "Ledger cannot be opened");

/// Commits in one transaction, at most.
const GROUP_MAX: usize = 256;
/// Passwords hashed at one time: each takes 19 MiB for its while.
const HASH_PLACES: usize = 2;

/// What handlers reach of the services and the executors.
struct Reached {
    approvals: Approvals,
    capabilities: Capabilities,
    runs: Runs,
    files: Files,
    audit: Audit,
    backups: Backups,
    resources: Resources,
    webhooks: Webhooks,
    outlook: Arc<dyn Outlook>,
    system: System,
    dispatch: Arc<Dispatch>,
    spawner: Spawner,
}

impl Reached {
    fn of(parts: &Parts, spawner: &Spawner, system: System, approvals: Approvals) -> Self {
        Self {
            approvals,
            capabilities: parts.capabilities.clone(),
            runs: parts.runs.clone(),
            files: parts.files.clone(),
            audit: parts.audit.clone(),
            backups: parts.backups.clone(),
            resources: parts.resources.clone(),
            webhooks: parts.webhooks.clone(),
            outlook: Arc::new(HostOutlook { executors: Arc::clone(&parts.executors), dispatch: Arc::clone(&parts.dispatch) }),
            system,
            dispatch: Arc::clone(&parts.dispatch),
            spawner: spawner.clone(),
        }
    }
}

/// Everything below the API.
pub struct Services {
    ledger: Ledger,
    identity: Identity,
    reached: Reached,
    engine: Engine,
    meters: Meters,
    stop: Stop,
}

impl Services {
    /// Opens what the appliance works with.
    ///
    /// # Errors
    /// When keys or ledger cannot be used.
    pub async fn open(settings: &Arc<Loaded>, data: &DataDir, spawner: Spawner) -> Result<Self, Fault> {
        let (clock, meters): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Meters::default());
        let config = &settings.config;
        let signer = LogSigner::new(format!("execgov/{}", data.install_id), signing_key(&data.path, "log")?);
        let options = LedgerOptions { clock: Arc::clone(&clock), signer, cache_bytes: config.store.cache_bytes, group_max: GROUP_MAX };
        let path = data.path.clone();
        let opened = tokio::task::spawn_blocking(move || Ledger::open(&path, options)).await;
        let ledger = opened.map_err(|error| BUG.fault("the ledger was not opened").cause(error))?.map_err(no_ledger)?;
        ledger.count_in(meters.clone());
        let gate = Gate::open(ledger.clone(), Arc::clone(&clock)).map_err(no_ledger)?;
        let signer = LogSigner::new(format!("execgov/{}", data.install_id), signing_key(&data.path, "log")?);
        let log_key = signer.verifier_key();
        let parts = Parts::open(settings, data, &ledger, &gate, signer, &clock, &spawner)?;
        let identity = Identity::new(IdentityParts {
            ledger: ledger.clone(),
            gate,
            clock,
            data_dir: data.path.clone(),
            terms: Terms {
                idle: Duration::from_secs(config.session.idle_s),
                absolute: Duration::from_secs(config.session.absolute_s),
                proven: Duration::from_secs(config.session.proven_s),
                token_days: config.session.token_days,
            },
            hash_places: HASH_PLACES,
        });
        let system = System::new(SystemParts {
            gate: identity.gate().clone(),
            clock: Arc::new(SystemClock),
            settings: Arc::clone(settings),
            data_dir: data.path.clone(),
            install_id: data.install_id.clone(),
            log_key,
            spawner: spawner.clone(),
            dispatch: Arc::clone(&parts.dispatch),
            audit: parts.audit.clone(),
            vault: parts.runs.secrets().vault().clone(),
        });
        let approvals = approvals(&ledger, &identity, &parts);
        let reached = Reached::of(&parts, &spawner, system, approvals.clone());
        let waiting = parts.runs.clone();
        identity.on_return(move || waiting.call_waiting());
        observe::count_phases(parts.runs.feed(), meters.clone());
        let engine = parts.start(approvals, settings, data, meters.clone()).await?;
        Ok(Self { ledger, identity, reached, engine, meters, stop: Stop::default() })
    }

    /// Opens the first set-up if it was never done; the token is for the console and for nobody else.
    ///
    /// # Errors
    /// When the ledger or the token's file cannot be written.
    pub async fn open_setup(&self) -> Result<Option<Secret>, Fault> {
        self.identity.open_setup().await
    }

    /// What handlers reach.
    #[must_use]
    pub fn state(&self, settings: &Arc<Loaded>) -> AppState {
        let (ledger, spawner) = (self.ledger.clone(), self.reached.spawner.clone());
        let (isolated, minimum) = (spawner.clone(), settings.config.run.minimum_isolation);
        let probes = vec![
            Probe::new("ledger", move || observe::ledger_trouble(&ledger)),
            Probe::new("spawner", move || observe::spawner_trouble(&spawner)),
            Probe::new("isolation", move || isolation_trouble(&isolated, minimum)),
        ];
        let dispatch = Arc::clone(&self.reached.dispatch);
        let forwards = self.reached.audit.clone();
        AppState {
            settings: Arc::clone(settings),
            meters: self.meters.clone(),
            health: Arc::new(Health { probes }),
            stop: self.stop.clone(),
            identity: self.identity.clone(),
            capabilities: self.reached.capabilities.clone(),
            runs: self.reached.runs.clone(),
            calendars: Calendars::new(self.ledger.clone(), self.identity.gate().clone(), Arc::new(SystemClock)),
            freezes: Freezes::new(
                self.ledger.clone(),
                self.identity.gate().clone(),
                Arc::new(SystemClock),
                self.reached.capabilities.clone(),
            ),
            announcements: Announcements::new(self.ledger.clone(), self.identity.gate().clone(), Arc::new(SystemClock)),
            templates: Templates::new(
                self.ledger.clone(),
                self.identity.gate().clone(),
                Arc::new(SystemClock),
                self.reached.capabilities.clone(),
            ),
            community: Community::new(
                self.ledger.clone(),
                self.identity.gate().clone(),
                Arc::new(SystemClock),
                self.reached.capabilities.clone(),
            ),
            approvals: self.reached.approvals.clone(),
            tenants: Tenants::new(self.ledger.clone(), self.identity.clone()),
            spaces: Spaces::new(self.ledger.clone(), self.identity.gate().clone()),
            policies: Policies::new(self.ledger.clone(), self.identity.gate().clone()),
            access: Access::new(self.ledger.clone(), self.identity.clone()),
            groups: Groups::new(self.ledger.clone(), self.identity.clone()),
            resources: self.reached.resources.clone(),
            webhooks: self.reached.webhooks.clone(),
            files: self.reached.files.clone(),
            audit: self.reached.audit.clone(),
            backups: self.reached.backups.clone(),
            secrets: self.reached.runs.secrets().clone(),
            outlook: Arc::clone(&self.reached.outlook),
            system: self.reached.system.clone(),
            streams: Places::new(settings.config.limits.streams_per_principal),
            gauge: Arc::new(move |meters: &Meters| {
                observe::gauge(&dispatch, meters);
                observe::gauge_forwards(&forwards, meters);
            }),
        }
    }

    /// Nothing new begins; what runs may end until the deadline, and is then stopped and recorded.
    pub async fn drain(&mut self, deadline: Duration) {
        self.engine.drain(deadline).await;
    }

    /// Cancelled, it ends a drain's patience.
    #[must_use]
    pub fn hurry_handle(&self) -> CancellationToken {
        self.engine.hurry_handle()
    }

    /// Makes durable what is on its way and closes.
    pub async fn close(self) {
        let ledger = self.ledger;
        if let Err(error) = tokio::task::spawn_blocking(move || ledger.close()).await {
            tracing::error!(%error, "the ledger was not closed in order");
        }
    }
}

/// The service of approvals, with every setting that is changed with consent.
fn approvals(ledger: &Ledger, identity: &Identity, parts: &Parts) -> Approvals {
    Approvals::new(ApprovalParts {
        ledger: ledger.clone(),
        clock: Arc::new(SystemClock),
        identity: identity.clone(),
        capabilities: parts.capabilities.clone(),
        runs: parts.runs.clone(),
        settings: Settings::of(vec![
            RuleSettings::setting(),
            FreezeSettings::setting(),
            CalendarSettings::setting(),
            StandingApprovals::setting(),
            GovernanceSetting::setting(identity.gate().clone()),
        ]),
    })
}

fn no_ledger(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    NO_LEDGER.fault(error.to_string()).hint("see `execgov explain EG-SYS-007`").cause(error)
}
