//! What the server is made of, opened in the order in which one part needs another and closed in the opposite one.

use std::sync::Arc;
use std::time::Duration;

use super::data::DataDir;
use super::keys::signing_key;
use crate::api::health::{Health, Probe};
use crate::api::{AppState, Stop};
use crate::base::clock::{Clock, SystemClock};
use crate::base::fault::{BUG, Class, Code, Fault};
use crate::base::meter::Meters;
use crate::conf::Loaded;
use crate::crypto::LogSigner;
use crate::domain::identity::Secret;
use crate::service::gate::Gate;
use crate::service::identity::{Identity, IdentityParts, Terms};
use crate::store::{Ledger, LedgerOptions};

/// The ledger is damaged, of a newer version, or cannot be read.
pub const NO_LEDGER: Code = Code::new("EG-SYS-007", Class::Unavailable, "Ledger cannot be opened");

/// Commits in one transaction, at most.
const GROUP_MAX: usize = 256;
/// Passwords hashed at one time: each takes 19 MiB for its while.
const HASH_PLACES: usize = 2;

/// Everything below the API.
pub struct Services {
    ledger: Ledger,
    identity: Identity,
    meters: Meters,
    stop: Stop,
}

impl Services {
    /// Opens what the appliance works with.
    ///
    /// # Errors
    /// When keys or ledger cannot be used.
    pub async fn open(settings: &Loaded, data: &DataDir) -> Result<Self, Fault> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let config = &settings.config;
        let signer = LogSigner::new(format!("execgov/{}", data.install_id), signing_key(&data.path, "log")?);
        let options = LedgerOptions { clock: Arc::clone(&clock), signer, cache_bytes: config.store.cache_bytes, group_max: GROUP_MAX };
        let path = data.path.clone();
        let opened = tokio::task::spawn_blocking(move || Ledger::open(&path, options)).await;
        let ledger = opened.map_err(|error| BUG.fault("the ledger was not opened").cause(error))?.map_err(no_ledger)?;
        let gate = Gate::open(ledger.clone(), Arc::clone(&clock)).map_err(no_ledger)?;
        let identity = Identity::new(IdentityParts {
            ledger: ledger.clone(),
            gate,
            clock,
            data_dir: data.path.clone(),
            terms: Terms {
                idle: Duration::from_secs(config.session.idle_s),
                absolute: Duration::from_secs(config.session.absolute_s),
                token_days: config.session.token_days,
            },
            hash_places: HASH_PLACES,
        });
        Ok(Self { ledger, identity, meters: Meters::default(), stop: Stop::default() })
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
        let ledger = self.ledger.clone();
        let probes = vec![Probe::new("ledger", move || ledger.read().err().map(|error| error.to_string()))];
        AppState {
            settings: Arc::clone(settings),
            meters: self.meters.clone(),
            health: Arc::new(Health { probes }),
            stop: self.stop.clone(),
            identity: self.identity.clone(),
        }
    }

    /// Makes durable what is on its way and closes.
    pub async fn close(self) {
        let ledger = self.ledger;
        if let Err(error) = tokio::task::spawn_blocking(move || ledger.close()).await {
            tracing::error!(%error, "the ledger was not closed in order");
        }
    }
}

fn no_ledger(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    NO_LEDGER.fault(error.to_string()).hint("see `execgov explain EG-SYS-007`").cause(error)
}
