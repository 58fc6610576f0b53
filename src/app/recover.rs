//! `execgov user recover`: opens the data directory of a stopped appliance just far enough to let an administrator in.

use std::future::Future;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::data::{DataDir, UNUSABLE};
use super::keys::signing_key;
use crate::base::clock::SystemClock;
use crate::base::fault::{BUG, Class, Code, Fault};
use crate::cli::Recovery;
use crate::crypto::note::LogSigner;
use crate::domain::access::Caller;
use crate::service::gate::Gate;
use crate::service::identity::{Identity, IdentityParts, Recovered, Terms};
use crate::store::{Ledger, LedgerOptions};

/// The data directory belongs to somebody else.
pub const NOT_YOURS: Code = Code::new("EG-SYS-010", Class::Denied, "The data directory belongs to somebody else");

/// Commits that are written together, at most: there is one.
const GROUP_MAX: usize = 8;
/// The ledger's cache, in bytes.
const CACHE_BYTES: usize = 8 << 20;

/// Lets an administrator in.
pub fn recover(recovery: Recovery) -> Pin<Box<dyn Future<Output = Result<Recovered, Fault>> + Send>> {
    Box::pin(async move {
        let opened = tokio::task::spawn_blocking(move || open(&recovery.data).map(|found| (found, recovery)));
        let ((_data, identity), recovery) = opened.await.map_err(|error| BUG.fault("the ledger was not opened").cause(error))??;
        identity.recover(&Caller::host(), &recovery.username, &recovery.password).await
    })
}

fn open(path: &Path) -> Result<(DataDir, Identity), Fault> {
    let unusable = |why: String| UNUSABLE.fault(format!("{}: {why}", path.display())).hint("name the data directory of the appliance");
    let found = path.join(crate::store::FILE).symlink_metadata().map_err(|error| unusable(error.to_string()))?;
    let me = rustix::process::geteuid();
    // Reading the files is not enough: who may act here is who owns the appliance, or the host.
    if !me.is_root() && found.uid() != me.as_raw() {
        return Err(NOT_YOURS
            .fault(format!("{} belongs to another user of this host", path.display()))
            .hint("run it as that user, or as root"));
    }
    let data = DataDir::open(path)?;
    let clock: Arc<dyn crate::base::clock::Clock> = Arc::new(SystemClock);
    let signer = LogSigner::new(format!("execgov/{}", data.install_id), signing_key(&data.path, "log")?);
    let options = LedgerOptions { clock: Arc::clone(&clock), signer, cache_bytes: CACHE_BYTES, group_max: GROUP_MAX };
    let ledger = Ledger::open(&data.path, options).map_err(|error| unusable(error.to_string()))?;
    let gate = Gate::open(ledger.clone(), Arc::clone(&clock)).map_err(|error| unusable(error.to_string()))?;
    let identity = Identity::new(IdentityParts {
        ledger,
        gate,
        clock,
        data_dir: data.path.clone(),
        terms: Terms { idle: Duration::from_hours(1), absolute: Duration::from_hours(1), token_days: 1, proven: Duration::from_mins(1) },
        hash_places: 1,
    });
    Ok((data, identity))
}
