//! What people say about the lines of a version, and the history of what was current when.

use serde_json::json;

use super::{Capabilities, details, faults, subject};
use crate::base::fault::{Fault, FieldFault};
use crate::domain::access::{Action, Caller};
use crate::domain::capability::Version;
use crate::domain::capability::review::{Check, Publication, REMARK_CHARS, REMARKS_MOST, Remark, Settled};
use crate::domain::ids::RemarkId;
use crate::service::{commit_fault, resource, storage_fault};
use crate::store::record::capability::{publications_prefix, remark_key, remarks_prefix};
use crate::store::{Commit, Scan, Snapshot, Stored};
use crate::wire::review::{CheckCase, CheckReport, PublicationView, PublicationViews, RemarkRequest, RemarkView, RemarkViews};

/// Entries of the history that are shown, at most.
const SHOWN: usize = 200;

impl Capabilities {
    /// Remarks on a version, in the order of files and lines.
    ///
    /// # Errors
    /// Not found, also when the caller may not read the source.
    pub async fn remarks(&self, caller: &Caller, name: &str, number: u32) -> Result<RemarkViews, Fault> {
        let loaded = self.seen(caller, Action::CapabilityViewSource, name, Some(number)).await?;
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let mut all = remarks(&snapshot, &loaded.version)?;
        all.sort_by(|a, b| (&a.record.path, a.record.line, a.record.id).cmp(&(&b.record.path, b.record.line, b.record.id)));
        Ok(RemarkViews { items: all.iter().map(|stored| view(&stored.record)).collect() })
    }

    /// Says something about a line of a version.
    ///
    /// # Errors
    /// [`faults::BAD_REMARK`] with the field that makes no sense.
    pub async fn remark(&self, caller: &Caller, name: &str, number: u32, request: &RemarkRequest) -> Result<RemarkView, Fault> {
        let loaded = self.seen(caller, Action::CapabilityViewSource, name, Some(number)).await?;
        let thing = resource::version(&loaded.capability, &loaded.version);
        let permit = self.gate.allow(caller, Action::CapabilityComment, &thing).await?;
        if let Err(fault) = self.check_remark(&loaded.version, request).await {
            self.gate.refuse(caller, Action::CapabilityComment.name(), subject(&loaded.capability), &fault).await;
            return Err(fault);
        }
        let now = self.clock.now();
        let remark = Remark {
            id: RemarkId::new(now),
            tenant: loaded.capability.tenant.clone(),
            capability: loaded.capability.id,
            version: number,
            path: request.path.clone(),
            line: request.line,
            text: request.text.clone(),
            by: caller.actor(),
            at: now,
            settled: None,
        };
        let mut event = permit.note(self.gate.event(caller, Action::CapabilityComment.name(), subject(&loaded.capability)));
        event.details.extend(details([
            ("version", json!(number)),
            ("remark", json!(remark.id)),
            ("path", json!(remark.path)),
            ("line", json!(remark.line)),
            ("text", json!(remark.text)),
        ]));
        let mut commit = Commit::new();
        commit.insert(&remark).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(view(&remark))
    }

    async fn check_remark(&self, version: &Version, request: &RemarkRequest) -> Result<(), Fault> {
        let bad = |pointer: &str, message: String| {
            let field = FieldFault { pointer: pointer.to_owned(), rule: "range".to_owned(), message: message.clone(), params: Vec::new() };
            Err(faults::BAD_REMARK.fault(message).field(field).hint("Correct the field that is named."))
        };
        let text = request.text.trim();
        if text.is_empty() || text.chars().count() > REMARK_CHARS {
            return bad("/text", format!("`text` has 1 to {REMARK_CHARS} characters"));
        }
        if !version.files.iter().any(|file| file.text && file.path == request.path) {
            return bad("/path", format!("version {} has no text file of this name", version.number));
        }
        let package = self.package(version).await?;
        let lines = package.get(&request.path).map_or(0, |bytes| String::from_utf8_lossy(bytes).lines().count().max(1));
        if request.line == 0 || usize::try_from(request.line).is_ok_and(|line| line > lines) {
            return bad("/line", format!("`line` goes from 1 to {lines}"));
        }
        let held = remarks(&self.ledger.read().map_err(storage_fault)?, version)?.len();
        if held >= REMARKS_MOST {
            return bad("", format!("there are {REMARKS_MOST} remarks on this version, the most that one may have"));
        }
        Ok(())
    }

    /// Says that a remark was dealt with. Settling twice answers as it is.
    ///
    /// # Errors
    /// Not found.
    pub async fn settle_remark(&self, caller: &Caller, name: &str, number: u32, id: &str) -> Result<RemarkView, Fault> {
        let loaded = self.seen(caller, Action::CapabilityViewSource, name, Some(number)).await?;
        let thing = resource::version(&loaded.capability, &loaded.version);
        let permit = self.gate.allow(caller, Action::CapabilityComment, &thing).await?;
        let stored: Option<Stored<Remark>> = match id.parse::<RemarkId>() {
            Ok(id) => self.ledger.read().map_err(storage_fault)?.get(&remark_key(&loaded.version, id)).map_err(storage_fault)?,
            Err(_) => None,
        };
        let Some(stored) = stored else { return Err(self.gate.missing(caller, Action::CapabilityComment, "remark", id).await) };
        if stored.record.settled.is_some() {
            return Ok(view(&stored.record));
        }
        let settled = Remark { settled: Some(Settled { by: caller.actor(), at: self.clock.now() }), ..stored.record.clone() };
        let mut event = permit.note(self.gate.event(caller, "capability.settle", subject(&loaded.capability)));
        event.details.extend(details([("version", json!(number)), ("remark", json!(settled.id))]));
        let mut commit = Commit::new();
        commit.update(&stored, &settled).event(event);
        self.ledger.commit(commit).await.map_err(commit_fault)?;
        Ok(view(&settled))
    }

    /// Remarks on a version that nobody has settled.
    pub(crate) fn open_remarks(snapshot: &Snapshot, version: &Version) -> Result<u64, Fault> {
        Ok(remarks(snapshot, version)?.iter().filter(|stored| stored.record.settled.is_none()).count() as u64)
    }

    /// What became current, or ceased to be, newest first.
    ///
    /// # Errors
    /// Not found, also when the caller may not see the capability.
    pub async fn publications(&self, caller: &Caller, name: &str) -> Result<PublicationViews, Fault> {
        let loaded = self.seen(caller, Action::CapabilityView, name, None).await?;
        let snapshot = self.ledger.read().map_err(storage_fault)?;
        let prefix = publications_prefix(&loaded.capability.tenant, loaded.capability.id);
        let all: Vec<Stored<Publication>> = snapshot.scan(&Scan::table(&prefix).reverse().limit(SHOWN)).map_err(storage_fault)?;
        let one = |stored: Stored<Publication>| {
            let entry = stored.record;
            PublicationView {
                at: entry.at.to_string(),
                kind: entry.kind,
                version: entry.version,
                before: entry.before,
                after: entry.after,
                by: entry.by,
                self_approved: entry.self_approved,
                approval: entry.approval.map(|id| id.to_string()),
                changelog: entry.changelog,
                comment: entry.comment,
            }
        };
        Ok(PublicationViews { items: all.into_iter().map(one).collect() })
    }
}

fn remarks(snapshot: &Snapshot, version: &Version) -> Result<Vec<Stored<Remark>>, Fault> {
    snapshot.scan(&Scan::table(&remarks_prefix(version)).limit(REMARKS_MOST)).map_err(storage_fault)
}

fn view(remark: &Remark) -> RemarkView {
    RemarkView {
        id: remark.id.to_string(),
        path: remark.path.clone(),
        line: remark.line,
        text: remark.text.clone(),
        by: remark.by.clone(),
        at: remark.at.to_string(),
        settled_by: remark.settled.as_ref().map(|settled| settled.by.clone()),
        settled_at: remark.settled.as_ref().map(|settled| settled.at.to_string()),
    }
}

/// The tries of a version as the API shows them.
#[must_use]
pub fn check_report(check: &Check) -> CheckReport {
    let case = |case: &crate::domain::capability::review::Case| CheckCase {
        name: case.name.clone(),
        verdict: case.verdict,
        detail: case.detail.clone(),
        run: case.run.map(|run| run.to_string()),
    };
    CheckReport {
        at: check.at.to_string(),
        by: check.by.clone(),
        passed: check.passed(),
        cases: check.cases.iter().map(case).collect(),
        missing: check.missing.clone(),
    }
}
