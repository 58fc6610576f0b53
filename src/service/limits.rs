//! Limits that hold exactly: the number of things is part of the commit that makes or removes one.

use super::storage_fault;
use crate::base::fault::Fault;
use crate::domain::ids::TenantKey;
use crate::domain::tally::{Counted, Tally};
use crate::store::record::group::tally_key;
use crate::store::{Commit, Snapshot, Stored};

/// Counts one more in a commit. False, and nothing counted, when there are as many as there may be.
///
/// # Errors
/// When the ledger cannot be read.
pub fn one_more(snapshot: &Snapshot, commit: &mut Commit, tenant: &TenantKey, of: Counted, most: u64) -> Result<bool, Fault> {
    match tally(snapshot, tenant, of)? {
        Some(tally) if tally.record.count >= most => return Ok(false),
        Some(tally) => {
            let next = Tally { count: tally.record.count + 1, ..tally.record.clone() };
            commit.update(&tally, &next);
        }
        None => {
            commit.insert(&Tally { tenant: tenant.clone(), of, count: 1 });
        }
    }
    Ok(true)
}

/// Counts one less in a commit.
///
/// # Errors
/// When the ledger cannot be read.
pub fn one_less(snapshot: &Snapshot, commit: &mut Commit, tenant: &TenantKey, of: Counted) -> Result<(), Fault> {
    so_many_less(snapshot, commit, tenant, of, 1)
}

/// Counts so many less in a commit.
///
/// # Errors
/// When the ledger cannot be read.
pub fn so_many_less(snapshot: &Snapshot, commit: &mut Commit, tenant: &TenantKey, of: Counted, many: usize) -> Result<(), Fault> {
    if many == 0 {
        return Ok(());
    }
    if let Some(tally) = tally(snapshot, tenant, of)? {
        let next = Tally { count: tally.record.count.saturating_sub(many as u64), ..tally.record.clone() };
        commit.update(&tally, &next);
    }
    Ok(())
}

fn tally(snapshot: &Snapshot, tenant: &TenantKey, of: Counted) -> Result<Option<Stored<Tally>>, Fault> {
    snapshot.get(&tally_key(tenant, of)).map_err(storage_fault)
}
