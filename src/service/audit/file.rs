//! Entries as a file for other programs: JSON lines, or a table that spreadsheets show and never run.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use serde_json::json;

use super::find::Search;
use super::{Audit, BAD_QUERY, EXPORT_FAILED, Evidence, log_subject, whole};
use crate::base::csv;
use crate::base::fault::Fault;
use crate::domain::access::{Action, Caller};
use crate::domain::audit::ActorKind;
use crate::service::storage_fault;
use crate::store::LoggedEvent;
use crate::wire::audit::{AuditEntry, AuditFileQuery};

/// Entries in one file, at most.
const ENTRIES: usize = 1_000_000;
/// Entries written at once.
const TOGETHER: usize = 2_000;
const COLUMNS: [&str; 16] = [
    "index",
    "at",
    "tenant",
    "action",
    "outcome",
    "actor_kind",
    "actor_id",
    "actor_name",
    "token",
    "subject_kind",
    "subject_id",
    "subject_name",
    "reason",
    "source",
    "request",
    "details",
];

/// A file in one of the forms.
pub struct AuditFile {
    pub file: File,
    pub name: &'static str,
    pub media_type: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Table,
}

impl Audit {
    /// Entries that fit a filter, newest first, in a file without a name.
    ///
    /// # Errors
    /// [`BAD_QUERY`] names the parameter that cannot be understood; else when the file cannot be written.
    pub async fn file(&self, caller: &Caller, query: &AuditFileQuery) -> Result<AuditFile, Fault> {
        let form = match query.format.as_str() {
            "jsonl" => Form::Lines,
            "csv" => Form::Table,
            _ => return Err(BAD_QUERY.fault("`format` is jsonl or csv").param("parameter", "format").hint("Write one of the two.")),
        };
        let permit = self.gate.allow(caller, Action::AuditExport, &whole(caller)).await?;
        let search = self.search(caller, query.filter(), query.view.as_deref()).await?;
        let mut event = permit.note(self.gate.event(caller, Action::AuditExport.name(), log_subject()));
        event.details.insert("format".to_owned(), json!(query.format));
        event.details.insert("filter".to_owned(), json!(query.filter()));
        self.record(event).await?;
        let evidence = self.evidence.clone();
        let written = tokio::task::spawn_blocking(move || write(&evidence, &search, form));
        let file = written.await.unwrap_or_else(|error| Err(failed(&error)))?;
        Ok(match form {
            Form::Lines => AuditFile { file, name: "execgov-audit.jsonl", media_type: "application/x-ndjson" },
            Form::Table => AuditFile { file, name: "execgov-audit.csv", media_type: "text/csv; charset=utf-8" },
        })
    }
}

fn failed(why: &impl std::fmt::Display) -> Fault {
    EXPORT_FAILED.fault(format!("the entries could not be written: {why}")).hint("Look for a full disk.")
}

fn write(evidence: &Evidence, search: &Search, form: Form) -> Result<File, Fault> {
    let mut file = tempfile::tempfile().map_err(|error| failed(&error))?;
    let mut out = BufWriter::new(&file);
    let mut put = |line: &str| out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(|error| failed(&error));
    if form == Form::Table {
        put(&csv::record(&COLUMNS))?;
    }
    let mut range = {
        let snapshot = evidence.ledger.read().map_err(storage_fault)?;
        search.range(&snapshot)?
    };
    let mut left = ENTRIES;
    while range.end > range.start && left > 0 {
        // A snapshot keeps old pages of the ledger from being used again, so each stretch gets one of its own.
        let snapshot = evidence.ledger.read().map_err(storage_fault)?;
        let (found, below) = search.page(&snapshot, &range, left.min(TOGETHER))?;
        drop(snapshot);
        left -= found.len();
        range.end = below;
        for logged in found {
            put(&line(logged, form))?;
        }
    }
    out.flush().map_err(|error| failed(&error))?;
    drop(out);
    file.rewind().map_err(|error| failed(&error))?;
    Ok(file)
}

fn line(logged: LoggedEvent, form: Form) -> String {
    let LoggedEvent { index, event, .. } = logged;
    match form {
        Form::Lines => serde_json::to_string(&AuditEntry { index, event }).unwrap_or_default(),
        Form::Table => {
            let text = |text: Option<String>| text.unwrap_or_default();
            let kind = match event.actor.kind {
                ActorKind::User => "user",
                ActorKind::Anonymous => "anonymous",
                ActorKind::System => "system",
                ActorKind::Host => "host",
            };
            let details = if event.details.is_empty() { String::new() } else { json!(event.details).to_string() };
            csv::record(&[
                index.to_string(),
                event.at.to_string(),
                event.tenant.to_string(),
                event.action,
                event.outcome.word().to_owned(),
                kind.to_owned(),
                text(event.actor.id),
                text(event.actor.name),
                text(event.actor.token),
                event.subject.kind,
                text(event.subject.id),
                text(event.subject.name),
                text(event.reason),
                text(event.source),
                text(event.request),
                details,
            ])
        }
    }
}
