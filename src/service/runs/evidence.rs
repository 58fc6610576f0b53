//! The evidence of a finished run in one file, for somebody who has nothing else: the receipt, what it speaks of, the
//! run's audit entries with their proofs, and the sums of all of it. `execgov receipt verify` checks it without an appliance.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Runs;
use super::log::LogForm;
use crate::base::fault::{Class, Code, Fault};
use crate::crypto::canonical;
use crate::domain::access::{Action, Caller};
use crate::domain::run::Run;
use crate::service::audit::{Audit, Evidence};
use crate::service::{blob_fault, blob_id, resource, storage_fault};
use crate::wire::run::RunDetail;

pub const PACK_FAILED: Code = Code::new("EG-RUN-031", Class::Unavailable, "The evidence could not be packed");

/// Read from a file at once.
const PIECE: usize = 64 << 10;

const README: &str = "Evidence of one run / 一次运行的证据

receipt.json     who ran what, when, with which inputs, allowed by what, with what result; signed (DSSE, in-toto statement)
run.json         the appliance's record of the run
result.json      the result, in the form whose SHA-256 the receipt names
log.txt          the output; its SHA-256 is in the receipt (log-N.txt: earlier attempts)
artifacts/       the files that the run left
audit.json       the run's entries in the audit log, each with the proof that the signed checkpoint covers it
SHA256SUMS       sums of all these files: sha256sum -c SHA256SUMS

Verify without the appliance, with the key that was handed over before:
在没有设备的情况下,用事先交付的公钥验证:

  execgov receipt verify FILE.zip --key audit.key
";

impl Runs {
    /// Packs the evidence of a run into a zip, in a file without a name.
    ///
    /// # Errors
    /// Not found, also when the caller may not see the run; [`NOT_FINISHED`](super::faults::NOT_FINISHED) while it is not over; refused when the
    /// caller may not have its files.
    pub async fn evidence(&self, caller: &Caller, id: &str, audit: &Audit) -> Result<File, Fault> {
        let run = self.seen(caller, id).await?;
        let _permit = self.gate.allow(caller, Action::ArtifactDownload, &resource::run(&run)).await?;
        let receipt = self.receipt(caller, id, audit.evidence()).await?;
        let detail = RunDetail { actions: Vec::new(), ..self.detail(caller, &run)? };
        let proofs = proofs(audit.evidence(), &run)?;
        let mut logs = Vec::new();
        for attempt in 1..=run.attempt_number() {
            let name = if attempt == run.attempt_number() { "log.txt".to_owned() } else { format!("log-{attempt}.txt") };
            logs.push((name, self.log(caller, id, Some(attempt)).await?.download(LogForm::PLAIN)?));
        }
        let mut artifacts = Vec::new();
        for artifact in &run.artifacts {
            let file = self.blobs.get(blob_id(&artifact.sha256)?).map_err(blob_fault)?;
            artifacts.push((format!("artifacts/{}", artifact.name), file));
        }
        let handle = Handle::current();
        let packed = tokio::task::spawn_blocking(move || -> io::Result<File> {
            let mut pack = Pack::new(tempfile::tempfile()?);
            pack.whole("README.txt", README.as_bytes())?;
            pack.json("receipt.json", &receipt)?;
            pack.json("run.json", &serde_json::to_value(&detail)?)?;
            if let Some(result) = &detail.result {
                pack.whole("result.json", canonical::to_string(result).as_bytes())?;
            }
            for (name, stream) in logs {
                let mut stream = Box::pin(stream);
                pack.add(&name, std::iter::from_fn(|| handle.block_on(stream.next())))?;
            }
            for (name, file) in artifacts {
                pack.add(&name, pieces(file))?;
            }
            pack.json("audit.json", &proofs)?;
            pack.finish()
        });
        let failed = |error: &dyn std::fmt::Display| PACK_FAILED.fault(error.to_string()).hint("Look for a full disk, then try again.");
        packed.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }
}

/// The run's entries, all under one checkpoint.
fn proofs(evidence: &Evidence, run: &Run) -> Result<Value, Fault> {
    let events = evidence.events_of(&run.id.to_string(), run.created_at, run.finished_at)?;
    let snapshot = evidence.ledger.read().map_err(storage_fault)?;
    let mut entries = Vec::new();
    for logged in events {
        let proof = snapshot.inclusion_proof(logged.index).map_err(storage_fault)?;
        let hashes: Vec<String> = proof.iter().flat_map(|proof| &proof.hashes).map(|hash| STANDARD.encode(hash)).collect();
        entries.push(json!({
            "index": logged.index,
            "event": logged.event,
            "entry": STANDARD.encode(&logged.raw),
            "inclusion": hashes,
        }));
    }
    Ok(json!({ "checkpoint": snapshot.checkpoint().map_err(storage_fault)?, "entries": entries }))
}

fn pieces(mut file: File) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    std::iter::from_fn(move || {
        let mut piece = vec![0; PIECE];
        match file.read(&mut piece) {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some(Ok(piece))
            }
            Err(error) => Some(Err(error)),
        }
    })
}

/// A zip that knows the sums of what is in it.
struct Pack {
    zip: ZipWriter<BufWriter<File>>,
    sums: String,
}

impl Pack {
    fn new(file: File) -> Self {
        Self { zip: ZipWriter::new(BufWriter::new(file)), sums: String::new() }
    }

    fn add(&mut self, name: &str, pieces: impl Iterator<Item = io::Result<Vec<u8>>>) -> io::Result<()> {
        self.zip.start_file(name, SimpleFileOptions::default().large_file(true))?;
        let mut sum = Sha256::new();
        for piece in pieces {
            let piece = piece?;
            sum.update(&piece);
            self.zip.write_all(&piece)?;
        }
        self.sums.extend([hex::encode(sum.finalize()).as_str(), "  ", name, "\n"]);
        Ok(())
    }

    fn whole(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.add(name, std::iter::once(Ok(bytes.to_vec())))
    }

    fn json(&mut self, name: &str, value: &Value) -> io::Result<()> {
        self.add(name, std::iter::once(Ok(serde_json::to_vec_pretty(value)?)))
    }

    fn finish(mut self) -> io::Result<File> {
        self.zip.start_file("SHA256SUMS", SimpleFileOptions::default())?;
        self.zip.write_all(self.sums.as_bytes())?;
        let mut file = self.zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(file)
    }
}
