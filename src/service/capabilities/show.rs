//! Lists and details of capabilities and versions, as far as the caller may see them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Capabilities, faults, version_of};
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::bundle;
use crate::domain::access::place::covers;
use crate::domain::access::{Action, Caller};
use crate::domain::capability::{Capability, Version, VersionFile, VersionPhase};
use crate::domain::inspect::{ChecklistItem, Note};
use crate::domain::run::{Phase, Run};
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::{resource, storage_fault};
use crate::store::record::capability::{name_key, versions_prefix};
use crate::store::record::run::{BY_CAPABILITY, capability_prefix};
use crate::store::record::scoped;
use crate::store::{Scan, Snapshot};
use crate::wire::capability::{
    CapabilityDetail, CapabilityQuery, CapabilitySummary, LastRun, PackageFile, VersionDetail, VersionState, VersionSummary,
};
use crate::wire::page::Page;

/// Capabilities read for one page of a filtered list, at most.
const WORK: usize = 2_000;
/// Largest stored archive of a version, in bytes: the files and what the archive adds.
const ARCHIVE_MAX: u64 = crate::domain::capability::package::PACKAGE_BYTES + (16 << 20);

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    after: String,
}

impl Capabilities {
    /// Capabilities in the order of their names.
    ///
    /// # Errors
    /// When the cursor is not one of ours or the ledger cannot be read.
    pub fn list(&self, caller: &Caller, query: &CapabilityQuery) -> Result<Page<CapabilitySummary>, Fault> {
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let cursor: Option<Cursor> = decode_cursor(query.cursor.as_deref())?;
        let words: Vec<String> = query.q.iter().flat_map(|q| q.split_whitespace()).map(str::to_lowercase).collect();
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let mut scan = Scan::index(super::BY_NAME, &scoped(&caller.tenant, &[]));
        if let Some(Ok(name)) = cursor.map(|cursor| cursor.after.parse()) {
            scan = scan.after(&name_key(&caller.tenant, &name));
        }
        let mut items = Vec::new();
        let mut last: Option<String> = None;
        for stored in snapshot.scan::<Capability>(&scan.limit(WORK)).map_err(storage_fault)? {
            if items.len() == limit {
                return Ok(Page { items, next: last.map(|after| encode_cursor(&Cursor { after })) });
            }
            let capability = stored.record;
            last = Some(capability.name.to_string());
            let Some(version) = version_of(&snapshot, &capability, capability.current.unwrap_or(capability.latest))? else { continue };
            if matches(query, &words, &capability, &version)
                && self.gate.may(caller, Action::CapabilityView, &resource::version(&capability, &version))
            {
                items.push(self.summary(caller, &capability, &version)?);
            }
        }
        Ok(Page { items, next: None })
    }

    /// # Errors
    /// Not found, also when the caller may not see it.
    pub async fn show(&self, caller: &Caller, name: &str) -> Result<CapabilityDetail, Fault> {
        let loaded = self.seen(caller, Action::CapabilityView, name, None).await?;
        let resource = resource::version(&loaded.capability, &loaded.version);
        Ok(CapabilityDetail {
            summary: self.summary(caller, &loaded.capability, &loaded.version)?,
            version: loaded.version.number,
            manifest: loaded.version.manifest.clone(),
            readme: self.readme(&loaded.version).await,
            rollback_to: self.before(&loaded.capability),
            actions: self.gate.actions_on(caller, &ACTIONS, &resource),
        })
    }

    /// All versions, newest first.
    ///
    /// # Errors
    /// Not found, also when the caller may not see the capability.
    pub async fn versions(&self, caller: &Caller, name: &str) -> Result<Page<VersionSummary>, Fault> {
        let loaded = self.seen(caller, Action::CapabilityView, name, None).await?;
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let scan = Scan::table(&versions_prefix(&caller.tenant, loaded.capability.id)).reverse().limit(PAGE_ROWS);
        let versions = snapshot.scan::<Version>(&scan).map_err(storage_fault)?;
        Ok(Page { items: versions.iter().map(|stored| version_summary(&loaded.capability, &stored.record)).collect(), next: None })
    }

    /// # Errors
    /// Not found, also when the caller may not see the capability.
    pub async fn version(&self, caller: &Caller, name: &str, number: u32) -> Result<VersionDetail, Fault> {
        let loaded = self.seen(caller, Action::CapabilityView, name, Some(number)).await?;
        let version = &loaded.version;
        Ok(VersionDetail {
            summary: version_summary(&loaded.capability, version),
            manifest: version.manifest.clone(),
            provenance: version.provenance.clone().into_iter().collect(),
            checklist: checklist(&version.checklist),
            check: version.check.as_ref().map(super::check_report),
            notes: notes(&version.notes),
            package: version.files.iter().map(file).collect(),
        })
    }

    /// The bytes of one file of a version.
    ///
    /// # Errors
    /// Not found, also when the caller may not read the source.
    pub async fn file(&self, caller: &Caller, name: &str, number: u32, path: &str) -> Result<Vec<u8>, Fault> {
        let loaded = self.seen(caller, Action::CapabilityViewSource, name, Some(number)).await?;
        let package = self.package(&loaded.version).await?;
        package.get(path).map(<[u8]>::to_vec).ok_or_else(|| {
            faults::NO_FILE.fault(format!("version {number} of `{name}` has no file `{}`", path.chars().take(120).collect::<String>()))
        })
    }

    /// The files of a version, from the blob store.
    pub(super) async fn package(&self, version: &Version) -> Result<crate::domain::capability::Package, Fault> {
        let archive =
            self.blobs.read_whole(crate::service::blob_id(&version.content)?, ARCHIVE_MAX).await.map_err(crate::service::blob_fault)?;
        Ok(bundle::canonical::read(&archive)?)
    }

    async fn readme(&self, version: &Version) -> Option<String> {
        let path = version.files.iter().find(|file| {
            let name = file.path.to_lowercase();
            file.text && (name == "readme.md" || name == "readme.txt" || name == "readme")
        })?;
        let package = self.package(version).await.ok()?;
        package.get(&path.path).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok())
    }

    pub(super) fn summary(&self, caller: &Caller, capability: &Capability, version: &Version) -> Result<CapabilitySummary, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let manifest = &version.manifest;
        Ok(CapabilitySummary {
            id: capability.id.to_string(),
            name: capability.name.to_string(),
            title: manifest.title.clone(),
            description: manifest.description.clone(),
            kind: manifest.kind,
            risk: manifest.risk,
            owner: manifest.owner.clone(),
            tags: manifest.tags.clone(),
            current: capability.current,
            latest: capability.latest,
            state: state(version.phase),
            created_at: capability.created_at.to_string(),
            updated_at: capability.updated_at.to_string(),
            last_run: last_run(&snapshot, capability)?,
            space: capability.space.clone(),
            can_run: capability.current.is_some() && self.gate.may(caller, Action::CapabilityRun, &resource::version(capability, version)),
        })
    }
}

/// What a caller may be able to do about a capability.
const ACTIONS: [Action; 13] = [
    Action::CapabilityMove,
    Action::CapabilityView,
    Action::CapabilityViewSource,
    Action::CapabilityRegister,
    Action::CapabilityRun,
    Action::CapabilitySubmit,
    Action::CapabilityReturn,
    Action::CapabilityPublish,
    Action::CapabilityRollback,
    Action::CapabilityDeprecate,
    Action::CapabilityBreakGlass,
    Action::CapabilityComment,
    Action::CapabilityRunDraft,
];

fn matches(query: &CapabilityQuery, words: &[String], capability: &Capability, version: &Version) -> bool {
    let manifest = &version.manifest;
    let text = || format!("{} {} {} {}", capability.name, manifest.title, manifest.description, manifest.tags.join(" ")).to_lowercase();
    query.kind.is_none_or(|kind| manifest.kind == kind)
        && query.state.is_none_or(|wanted| state(version.phase) == wanted)
        && query.space.as_ref().is_none_or(|space| covers(space, &capability.space))
        && query.tag.as_ref().is_none_or(|tag| manifest.tags.contains(tag))
        && (words.is_empty() || {
            let text = text();
            words.iter().all(|word| text.contains(word))
        })
}

/// The newest run: the largest id over the phases.
fn last_run(snapshot: &Snapshot, capability: &Capability) -> Result<Option<LastRun>, Fault> {
    let mut newest: Option<Vec<u8>> = None;
    for phase in Phase::ALL {
        let scan = Scan::index(BY_CAPABILITY, &capability_prefix(&capability.tenant, capability.id, phase)).reverse().limit(1);
        for key in snapshot.keys::<Run>(&scan).map_err(storage_fault)? {
            if newest.as_ref().is_none_or(|other| key > *other) {
                newest = Some(key);
            }
        }
    }
    let Some(key) = newest else { return Ok(None) };
    let run = snapshot.get::<Run>(&key).map_err(storage_fault)?;
    Ok(run.map(|stored| LastRun { id: stored.record.id.to_string(), phase: stored.record.phase, at: stored.record.created_at.to_string() }))
}

pub(super) fn state(phase: VersionPhase) -> VersionState {
    match phase {
        VersionPhase::Draft => VersionState::Draft,
        VersionPhase::InReview => VersionState::InReview,
        VersionPhase::Published => VersionState::Published,
        VersionPhase::Deprecated => VersionState::Deprecated,
        VersionPhase::Retired => VersionState::Retired,
    }
}

pub(super) fn version_summary(capability: &Capability, version: &Version) -> VersionSummary {
    let name = |actor: &crate::domain::audit::Actor| actor.name.clone().unwrap_or_default();
    VersionSummary {
        number: version.number,
        state: state(version.phase),
        current: capability.current == Some(version.number),
        digest: version.digest.clone(),
        created_at: version.created_at.to_string(),
        created_by: name(&version.created_by),
        published_at: version.published_at.map(|at| at.to_string()),
        published_by: version.published_by.as_ref().map(name),
        comment: version.comment.clone(),
        changelog: version.changelog.clone(),
        submitted_by: version.submitted_by.as_ref().map(name),
        submitted_at: version.submitted_at.map(|at| at.to_string()),
        review: version.review.map(|id| id.to_string()),
        scheduled: version.scheduled.map(|at| at.to_string()),
        files: u32::try_from(version.files.len()).unwrap_or(u32::MAX),
        bytes: version.files.iter().map(|file| file.bytes).sum(),
    }
}

pub(super) fn file(file: &VersionFile) -> PackageFile {
    PackageFile { path: file.path.clone(), bytes: file.bytes, sha256: file.sha256.clone(), text: file.text }
}

/// Stored as JSON so that new kinds of finding need no migration; what an older version wrote and we no longer
/// understand is left out.
pub(super) fn checklist(value: &Value) -> Vec<ChecklistItem> {
    list(value)
}

pub(super) fn notes(value: &Value) -> Vec<Note> {
    list(value)
}

fn list<T: serde::de::DeserializeOwned>(value: &Value) -> Vec<T> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| serde_json::from_value(item.clone()).ok()).collect()
}
