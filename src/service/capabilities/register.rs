//! Inspecting and registering uploads. An upload is read and judged whole before anything is written.

use serde_json::{Map, Value, json};

use super::relocate::PERSONAL;
use super::{Capabilities, check_comment, details, faults, subject, version_of};
use crate::base::fault::{Fault, FieldFault};
use crate::bundle;
use crate::crypto::{canonical, digest};
use crate::domain::access::{Action, Caller, CapabilityRef, Resource, SpacePath, SpaceRef};
use crate::domain::capability::{Capability, Limits, Name, Package, Version, VersionFile, VersionPhase};
use crate::domain::ids::CapabilityId;
use crate::domain::inspect::{self, FileHint, Inspection};
use crate::service::{commit_fault, resource, spaces, storage_fault};
use crate::store::record::capability::{BY_NAME, name_key};
use crate::store::{Commit, CommitError, Stored};
use crate::wire::capability::{ExistingCapability, InspectionReport, Registered};

/// How often registering re-reads a capability that others change too.
const TRIES: usize = 5;

/// An upload, unpacked in memory.
#[derive(Debug)]
pub struct Upload {
    pub package: Package,
    /// What the client calls the file or folder.
    pub file_name: String,
    /// The name the capability shall have; from the manifest or the file when absent.
    pub name: Option<String>,
    pub comment: Option<String>,
    /// The space or folder where a new capability shall live; the default space when absent.
    pub space: Option<String>,
}

/// An upload that was judged.
struct Judged {
    inspection: Inspection,
    archive: Vec<u8>,
    content: String,
    digest: String,
    files: Vec<VersionFile>,
}

impl Capabilities {
    /// Reads an uploaded file: a script or an archive.
    ///
    /// # Errors
    /// When it is not acceptable; names the entry, the rule and the limit.
    pub fn unpack(&self, file_name: &str, bytes: &[u8]) -> Result<Package, Fault> {
        Ok(bundle::read_upload(file_name, bytes)?)
    }

    /// Says what an upload would become. Stores nothing.
    ///
    /// # Errors
    /// When the source does not parse or the manifest is wrong.
    pub async fn inspect(&self, caller: &Caller, upload: &Upload) -> Result<InspectionReport, Fault> {
        let _permit = self.gate.allow(caller, Action::CapabilityRegister, &self.meant(caller, upload)).await?;
        let judged = judge(upload, self.most)?;
        self.report(caller, &judged, &upload.package).await
    }

    /// Registers an upload: a new capability, a new version of one, or nothing when it is equal to the latest version.
    ///
    /// # Errors
    /// As for [`Self::inspect`]; nothing is stored then.
    pub async fn register(&self, caller: &Caller, upload: Upload) -> Result<Registered, Fault> {
        check_comment(upload.comment.as_ref())?;
        let meant = self.meant(caller, &upload);
        let _permit = self.gate.allow(caller, Action::CapabilityRegister, &meant).await?;
        let (judged, place) = match judge(&upload, self.most).and_then(|judged| self.place(caller, &upload).map(|place| (judged, place))) {
            Ok(found) => found,
            Err(fault) => {
                let subject =
                    crate::domain::audit::Subject { kind: "capability".to_owned(), id: None, name: Some(upload.file_name.clone()) };
                self.gate.refuse(caller, Action::CapabilityRegister.name(), subject, &fault).await;
                return Err(fault);
            }
        };
        let report = self.report(caller, &judged, &upload.package).await?;
        let blob = self.blobs.put_bytes(judged.archive.clone()).await.map_err(crate::service::blob_fault)?;
        debug_assert_eq!(blob.id.to_string(), judged.content, "a blob's address is the digest of its bytes");
        for _ in 0..TRIES {
            let existing = self.existing(caller, &judged.inspection.manifest.name)?;
            if let Some(stored) = &existing {
                let _permit = self.gate.allow(caller, Action::CapabilityRegister, &registering(&stored.record, &judged)).await?;
                if let Some(latest) = self.latest_version(&stored.record)?
                    && latest.digest == judged.digest
                {
                    return self.registered(caller, &stored.record, &latest, false, report);
                }
            }
            if existing.is_none() {
                let here = Resource::Space(SpaceRef { tenant: caller.tenant.clone(), path: place.clone() });
                let _permit = self.gate.allow(caller, Action::CapabilityRegister, &here).await?;
            }
            let now = self.clock.now();
            let mut capability =
                existing.as_ref().map_or_else(|| new_capability(caller, &judged, &place, now), |stored| stored.record.clone());
            capability.latest += 1;
            capability.updated_at = now;
            let version = new_version(caller, &capability, &judged, upload.comment.clone(), now);
            let mut event = self.gate.event(caller, Action::CapabilityRegister.name(), subject(&capability));
            event.details = details([
                ("version", json!(version.number)),
                ("digest", json!(version.digest)),
                ("content", json!(version.content)),
                ("kind", json!(version.manifest.kind)),
                ("risk", json!(version.manifest.risk)),
                ("comment", json!(version.comment)),
            ]);
            let mut commit = Commit::new();
            match &existing {
                Some(stored) => commit.update(stored, &capability),
                None => commit.insert(&capability),
            };
            commit.insert(&version).event(event);
            match self.ledger.commit(commit).await {
                Ok(_) => return self.registered(caller, &capability, &version, true, report),
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(faults::BUSY.fault("somebody else registers the same capability; try again"))
    }

    /// What is asked for: a capability in a space, or a version of one that lives somewhere already.
    fn meant(&self, caller: &Caller, upload: &Upload) -> Resource {
        let named = match (upload.space.as_deref(), caller.user_id()) {
            (None, _) => None,
            (Some(PERSONAL), Some(user)) => Some(SpacePath::personal(user)),
            (Some(text), _) => text.parse().ok(),
        };
        let space = |path: SpacePath| Resource::Space(SpaceRef { tenant: caller.tenant.clone(), path });
        let may = |path: &SpacePath| self.gate.may(caller, Action::CapabilityRegister, &space(path.clone()));
        // Whoever may register anywhere may try; where the capability lives is asked about once that is known.
        let anywhere = || caller.holdings.iter().filter_map(|held| held.place.clone()).find(|path| may(path));
        space(named.or_else(anywhere).unwrap_or_else(SpacePath::of_default))
    }

    /// The place that an upload names, which must exist.
    fn place(&self, caller: &Caller, upload: &Upload) -> Result<SpacePath, Fault> {
        match (upload.space.as_deref(), caller.user_id()) {
            (None, _) => Ok(SpacePath::of_default()),
            (Some(PERSONAL), Some(user)) => Ok(SpacePath::personal(user)),
            (Some(text), _) => spaces::named(&self.ledger.read().map_err(storage_fault)?, &caller.tenant, "/space", text),
        }
    }

    fn existing(&self, caller: &Caller, name: &Name) -> Result<Option<Stored<Capability>>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        snapshot.find::<Capability>(BY_NAME, &name_key(&caller.tenant, name)).map_err(storage_fault)
    }

    fn latest_version(&self, capability: &Capability) -> Result<Option<Version>, Fault> {
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        version_of(&snapshot, capability, capability.latest)
    }

    async fn report(&self, caller: &Caller, judged: &Judged, package: &Package) -> Result<InspectionReport, Fault> {
        let inspection = &judged.inspection;
        // A capability that the caller may not see must look as if it did not exist.
        let existing = self.existing(caller, &inspection.manifest.name)?.map(|stored| stored.record);
        let latest = match &existing {
            Some(capability) => self
                .latest_version(capability)?
                .filter(|version| self.gate.may(caller, Action::CapabilityView, &resource::version(capability, version))),
            None => None,
        };
        let diff = match &latest {
            Some(version) => Some(self.compare_with_upload(version, &inspection.manifest, package).await?),
            None => None,
        };
        Ok(InspectionReport {
            existing: existing.zip(latest).map(|(capability, version)| ExistingCapability {
                id: capability.id.to_string(),
                latest: capability.latest,
                current: capability.current,
                unchanged: version.digest == judged.digest,
            }),
            diff,
            ..report_of(judged)
        })
    }

    fn registered(
        &self,
        caller: &Caller,
        capability: &Capability,
        version: &Version,
        created: bool,
        report: InspectionReport,
    ) -> Result<Registered, Fault> {
        Ok(Registered {
            capability: self.summary(caller, capability, version)?,
            version: super::show::version_summary(capability, version),
            created,
            report,
        })
    }
}

/// Says what an upload would become on an appliance that has nothing yet and allows these limits. Needs no server.
///
/// # Errors
/// When the source does not parse or the manifest is wrong.
pub fn preview(upload: &Upload, most: Limits) -> Result<InspectionReport, Fault> {
    Ok(report_of(&judge(upload, most)?))
}

/// What is found in the upload itself.
fn report_of(judged: &Judged) -> InspectionReport {
    InspectionReport {
        manifest: judged.inspection.manifest.clone(),
        provenance: object(&judged.inspection.provenance).into_iter().collect(),
        checklist: judged.inspection.checklist.clone(),
        notes: judged.inspection.notes.clone(),
        files: judged.files.iter().map(super::show::file).collect(),
        digest: judged.digest.clone(),
        existing: None,
        diff: None,
    }
}

/// The answer for limits that the appliance does not allow.
fn too_large(beyond: &[(&'static str, u64, u64)]) -> Fault {
    let (name, asked, most) = beyond[0];
    let fault = faults::LIMITS_TOO_LARGE.fault(format!("limits.{name} is {asked}; this appliance allows {most}"));
    let fault = fault.hint("Lower it in the manifest, or ask an administrator to raise run.maximum in the settings.");
    beyond.iter().fold(fault, |fault, (name, asked, most)| {
        fault.field(FieldFault {
            pointer: format!("/limits/{name}"),
            rule: "maximum".to_owned(),
            message: format!("{asked} is more than {most}"),
            params: vec![("limit".to_owned(), most.to_string())],
        })
    })
}

fn judge(upload: &Upload, most: Limits) -> Result<Judged, Fault> {
    let mut hint = FileHint::new(upload.file_name.as_str());
    if let Some(name) = &upload.name {
        hint.name = Some(name.parse().map_err(|error: crate::domain::capability::name::NameError| {
            faults::NAME_TAKEN.fault(format!("`name`: {error}")).param("name", name.chars().take(80).collect::<String>())
        })?);
    }
    let mut inspection = inspect::inspect(&upload.package, &hint)?;
    let beyond = inspection.manifest.limits.fit(most);
    if !beyond.is_empty() {
        return Err(too_large(&beyond));
    }
    let archive = bundle::canonical::write(&upload.package);
    let content = digest::sha256_hex(&archive);
    let manifest =
        serde_json::to_value(&inspection.manifest).map_err(|error| crate::base::fault::BUG.fault("encode the manifest").cause(error))?;
    let digest = canonical::sha256_of(&json!({ "content": content, "manifest": manifest }));
    let files = upload
        .package
        .files
        .iter()
        .map(|(path, bytes)| VersionFile {
            path: path.to_string(),
            bytes: bytes.len() as u64,
            sha256: digest::sha256_hex(bytes),
            text: std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')),
        })
        .collect();
    Ok(Judged { inspection, archive, content, digest, files })
}

fn registering(capability: &Capability, judged: &Judged) -> Resource {
    Resource::Capability(CapabilityRef {
        tenant: capability.tenant.clone(),
        id: capability.id,
        name: capability.name.clone(),
        space: capability.space.clone(),
        owner: capability.created_by.id.as_deref().and_then(|id| id.parse().ok()),
        author: None,
        risk: judged.inspection.manifest.risk,
    })
}

fn new_capability(caller: &Caller, judged: &Judged, place: &SpacePath, now: crate::base::clock::Timestamp) -> Capability {
    Capability {
        id: CapabilityId::new(now),
        tenant: caller.tenant.clone(),
        space: place.to_string(),
        name: judged.inspection.manifest.name.clone(),
        created_at: now,
        created_by: caller.actor(),
        updated_at: now,
        latest: 0,
        current: None,
        previous: Vec::new(),
    }
}

fn new_version(
    caller: &Caller,
    capability: &Capability,
    judged: &Judged,
    comment: Option<String>,
    now: crate::base::clock::Timestamp,
) -> Version {
    let provenance: Map<String, Value> = object(&judged.inspection.provenance);
    Version {
        capability: capability.id,
        tenant: capability.tenant.clone(),
        number: capability.latest,
        phase: VersionPhase::Draft,
        changelog: None,
        submitted_at: None,
        submitted_by: None,
        review: None,
        scheduled: None,
        check: None,
        digest: judged.digest.clone(),
        content: judged.content.clone(),
        manifest: judged.inspection.manifest.clone(),
        provenance,
        checklist: json!(judged.inspection.checklist),
        notes: json!(judged.inspection.notes),
        files: judged.files.clone(),
        created_at: now,
        created_by: caller.actor(),
        published_at: None,
        published_by: None,
        comment,
    }
}

fn object(value: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
