//! Verifying on a machine that has nothing else: exported logs, ledgers of stopped appliances, receipts.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::audit::show_verdict;
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::table::{Cell, Tone};
use crate::base::fault::{Class, Code};
use crate::crypto::dsse::{self, Envelope};
use crate::crypto::note::{LogSigner, Verifier};
use crate::crypto::{checkpoint::Checkpoint, key, merkle, proof};
use crate::domain::receipt::PAYLOAD_TYPE;
use crate::store::audit::{VerifyReport, verify_export, verify_ledger};
use crate::wire::audit::AuditVerdict;

/// A receipt is not what was signed.
pub const BAD_RECEIPT: Code = Code::new("EG-RCT-001", Class::Integrity, "The receipt does not verify");
/// The log is not what was signed.
pub const BAD_LOG: Code = Code::new("EG-AUD-003", Class::Integrity, "The audit log does not verify");

/// Where a log to be verified is.
#[derive(Debug, Args)]
pub struct Verify {
    /// The ledger of a stopped appliance, by its data directory
    #[arg(long, value_name = "DIR", conflicts_with = "export")]
    pub data: Option<PathBuf>,
    /// An exported log: a folder, a .tar or a .tar.zst
    #[arg(long, value_name = "PATH", requires = "key")]
    pub export: Option<PathBuf>,
    /// The verifier key of the log, or a file that holds it
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// A checkpoint that was kept elsewhere: finds a log that was set back
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Receipt {
    /// Check that a receipt is what an appliance signed
    #[command(
        after_help = "Examples:\n  execgov receipt verify receipt.json --key audit.key\n  execgov receipt verify receipt.json --server"
    )]
    Verify {
        /// File with the receipt
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The verifier key of the log, or a file that holds it
        #[arg(long, value_name = "KEY", required_unless_present = "server")]
        key: Option<String>,
        /// Ask the appliance for its key
        #[arg(long)]
        server: bool,
    },
}

/// Reads a verifier key given as text or as the name of a file.
pub fn verifier(text: &str) -> Result<Verifier, Failure> {
    let stored = if Path::new(text).is_file() { read(Path::new(text))? } else { text.to_owned() };
    stored.trim().parse().map_err(|_| {
        Failure::from(
            USAGE.fault("the key is not a verifier key such as execgov/0198+1a2b3c4d+AbCd...").hint("`execgov audit key` prints it"),
        )
    })
}

/// The verifier key of a data directory on this machine.
pub fn verifier_of(data: &Path) -> Result<Verifier, Failure> {
    let install = read(&data.join("install-id"))?;
    let path = data.join("keys").join("log.pem");
    let signing = key::load(&path).map_err(|error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", path.display()))))?;
    Ok(LogSigner::new(format!("execgov/{}", install.trim()), signing).verifier())
}

pub fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", path.display()))))
}

/// Verifies without a server.
pub fn verify(invocation: &Invocation<'_>, args: &Verify) -> Done {
    let older = args.checkpoint.as_deref().map(read).transpose()?;
    let began = std::time::Instant::now();
    let report = if let Some(data) = &args.data {
        let key = match &args.key {
            Some(key) => verifier(key)?,
            None => verifier_of(data)?,
        };
        verify_ledger(&data.join(crate::store::FILE), &key, older.as_deref())
            .map_err(|error| Failure::from(BAD_LOG.fault(error.to_string())))?
    } else {
        let export = args.export.as_deref().unwrap_or(Path::new("."));
        let key = verifier(args.key.as_deref().unwrap_or_default())?;
        verify_export(export, &key, older.as_deref()).map_err(|error| Failure::from(BAD_LOG.fault(error.to_string())))?
    };
    show_verdict(invocation, &verdict(report, began.elapsed()))
}

fn verdict(report: VerifyReport, took: std::time::Duration) -> AuditVerdict {
    AuditVerdict {
        ok: report.ok,
        entries: report.entries,
        first_bad: report.first_bad,
        problem: report.sentence,
        root_hash: report.root_hash,
        checkpoint: report.checkpoint,
        key: report.key,
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        statement: None,
    }
}

/// `receipt VERB`.
pub async fn receipt(invocation: &Invocation<'_>, args: &Receipt) -> Done {
    let Receipt::Verify { file, key, server } = args;
    let key = match key {
        Some(key) if !server => verifier(key)?,
        _ => verifier(&invocation.client()?.audit_key().await?)?,
    };
    let bad = |why: String| Failure::from(BAD_RECEIPT.fault(why));
    let envelope: Envelope =
        serde_json::from_str(&read(file)?).map_err(|error| bad(format!("{}: not a DSSE envelope: {error}", file.display())))?;
    let payload = dsse::open(&envelope, PAYLOAD_TYPE, &[*key.key()], 1).map_err(|error| bad(error.to_string()))?;
    let statement: Value = serde_json::from_slice(&payload).map_err(|error| bad(format!("the signed statement is not JSON: {error}")))?;
    check_inclusion(&statement, &key).map_err(bad)?;
    show_receipt(invocation, &statement)
}

/// That the log's event which the receipt shows is in the log that the checkpoint signs, and speaks of this run.
fn check_inclusion(statement: &Value, key: &Verifier) -> Result<(), String> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let audit = &statement["predicate"]["audit"];
    let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).map_err(|_| "the audit entry is not base64".to_owned());
    let entry = bytes(&audit["entry"])?;
    let index = audit["index"].as_u64().ok_or("the receipt has no audit index")?;
    let head =
        Checkpoint::open(audit["checkpoint"].as_str().unwrap_or_default(), key).map_err(|error| format!("the checkpoint: {error}"))?;
    let hashes = audit["inclusion"].as_array().map(Vec::as_slice).unwrap_or_default();
    let hashes: Vec<merkle::Hash> = hashes
        .iter()
        .map(|hash| bytes(hash)?.try_into().map_err(|_| "a hash of the inclusion proof has the wrong length".to_owned()))
        .collect::<Result<_, String>>()?;
    if !proof::verify_inclusion(&merkle::leaf_hash(&entry), index, head.size, &hashes, &head.root) {
        return Err("the audit log does not hold the entry that the receipt shows".to_owned());
    }
    let event: Value = serde_json::from_slice(&entry).map_err(|error| format!("the audit entry is not JSON: {error}"))?;
    if event["subject"]["id"] != statement["predicate"]["run"]["id"] {
        return Err("the audit entry is about another run".to_owned());
    }
    Ok(())
}

fn show_receipt(invocation: &Invocation<'_>, statement: &Value) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&serde_json::json!({ "ok": true, "statement": statement }))?;
        return Ok(Exit::Ok);
    }
    let predicate = &statement["predicate"];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let capability = format!("{} version {}", text(&predicate["capability"]["name"]), predicate["capability"]["version"]);
    out.fields(&[
        ("receipt", Cell::toned(format!("{} verified", out.symbol("✓", "+")), Tone::Good)),
        ("run", text(&predicate["run"]["id"]).into()),
        ("capability", capability.into()),
        ("version digest", text(&predicate["capability"]["versionDigest"]).into()),
        ("requested by", text(&predicate["run"]["requester"]["name"]).into()),
        ("allowed by", text(&predicate["run"]["allowedBy"]).into()),
        ("inputs digest", text(&predicate["inputs"]["digest"]).into()),
        ("ended", format!("{} at {}", text(&predicate["run"]["phase"]), text(&predicate["run"]["finishedAt"])).into()),
        ("log digest", text(&predicate["log"]["sha256"]).into()),
        ("audit entry", predicate["audit"]["index"].to_string().into()),
        ("appliance", text(&predicate["appliance"]).into()),
    ])?;
    Ok(Exit::Ok)
}
