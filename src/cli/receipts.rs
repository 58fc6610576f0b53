//! `execgov receipt verify`: whether a receipt is what an appliance signed, and whether its audit log holds the run's end.
//!
//! With `--key` nothing but the file and the key is needed. What is checked: the signature (DSSE) over the exact bytes, the
//! statement's type, the audit entry's place in the signed checkpoint (RFC 6962), and that entry and statement agree.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use serde_json::{Value, json};

use super::api_call::read_text;
use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::packs::{self, Pack};
use super::show;
use super::table::{Cell, Tone};
use crate::base::fault::{Class, Code};
use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::digest::sha256_hex;
use crate::crypto::dsse::{self, Envelope};
use crate::crypto::merkle::{Hash, leaf_hash};
use crate::crypto::note::Verifier;
use crate::crypto::proof::verify_inclusion;
use crate::domain::receipt::{PAYLOAD_TYPE, PREDICATE_TYPE};
use crate::wire::run::RunDetail;

/// The receipt, or a file it speaks of, is not what was signed.
pub const NOT_VERIFIED: Code = Code::new("EG-RCT-001", Class::Integrity, "Receipt does not verify");

#[derive(Debug, Subcommand)]
pub enum Receipt {
    /// Check a receipt, or the evidence of a run: the signature and what it says
    #[command(
        after_help = "Examples:\n  execgov receipt verify receipt.json --key audit.key\n  execgov receipt verify receipt.json --server\n  execgov receipt verify receipt.json --key audit.key --artifact out/report.csv\n  execgov receipt verify run_0198.evidence.zip --key audit.key\n\n`execgov audit key` prints the key; keep it where the appliance's administrators cannot change it."
    )]
    Verify {
        /// File with the receipt or the evidence of a run; - is standard input
        file: String,
        /// File with the verifier key, or the key itself; no appliance is needed
        #[arg(long, value_name = "KEY", required_unless_present = "server")]
        key: Option<String>,
        /// Use the key of the appliance, and compare with what it has on record
        #[arg(long)]
        server: bool,
        /// A fetched file that must be one of the run's artifacts
        #[arg(long = "artifact", value_name = "FILE")]
        artifacts: Vec<PathBuf>,
    },
}

/// `receipt VERB`.
pub async fn receipt(invocation: &Invocation<'_>, args: &Receipt) -> Done {
    let Receipt::Verify { file, key, server, artifacts } = args;
    let client = if *server { Some(invocation.client()?) } else { None };
    let key = match (key, &client) {
        (Some(key), _) => read_key(key)?,
        (None, Some(client)) => parse_key(&client.audit_key().await?)?,
        (None, None) => return Err(USAGE.fault("no key").hint("add --key KEY or --server").into()),
    };
    let pack = packs::is_pack(file).then(|| Pack::open(file)).transpose().map_err(|why| refused(&why))?;
    let text = pack.as_ref().map_or_else(|| read_text(file), |pack| Ok(pack.receipt.clone()))?;
    let statement = verify(&text, &key).map_err(|why| refused(&why))?;
    let mut checked = vec!["signature by the appliance's key", "entry in the signed audit log", "entry and receipt agree"];
    if let Some(pack) = &pack {
        pack.agrees(&statement, &key).map_err(|why| refused(&why))?;
        checked.extend(["sums of all files", "log, result and files are those of the receipt", "every audit entry is in the signed log"]);
    }
    if let Some(client) = &client {
        let run = client.run(&field(&statement, "/run/id")).await?;
        compare(&statement, &run).map_err(|why| refused(&why))?;
        checked.push("equal to the appliance's record");
    }
    for path in artifacts {
        check_artifact(&statement, path)?;
    }
    if !artifacts.is_empty() {
        checked.push("artifacts match");
    }
    show_statement(invocation, &statement, &checked)
}

fn refused(why: &str) -> Failure {
    NOT_VERIFIED.fault(why.to_owned()).hint("do not rely on this receipt; compare the key with the one that was handed over").into()
}

/// A verifier key: the text itself, or a file that holds it.
pub fn read_key(text: &str) -> Result<Verifier, Failure> {
    if Path::new(text).is_file() { parse_key(&read_text(text)?) } else { parse_key(text) }
}

fn parse_key(text: &str) -> Result<Verifier, Failure> {
    let invalid = |error: crate::crypto::note::NoteError| {
        Failure::from(
            USAGE.fault(format!("not a verifier key: {error}")).hint("`execgov audit key` prints it: NAME+HASH+BASE64, on one line"),
        )
    };
    text.trim().parse().map_err(invalid)
}

/// The statement of a receipt, once everything in it holds.
fn verify(text: &str, key: &Verifier) -> Result<Value, String> {
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| format!("it is not a DSSE envelope: {error}"))?;
    let payload = dsse::open(&envelope, PAYLOAD_TYPE, &[*key.key()], 1).map_err(|error| error.to_string())?;
    let statement: Value = serde_json::from_slice(&payload).map_err(|error| format!("its statement is not JSON: {error}"))?;
    if statement["predicateType"] != PREDICATE_TYPE {
        return Err(format!("its predicate type is {}", statement["predicateType"]));
    }
    let bytes = |place: &str| STANDARD.decode(field(&statement, place)).map_err(|error| format!("{place}: {error}"));
    let entry = bytes("/audit/entry")?;
    let checkpoint = Checkpoint::open(&field(&statement, "/audit/checkpoint"), key).map_err(|error| error.to_string())?;
    let index = statement.pointer("/predicate/audit/index").and_then(Value::as_u64).ok_or("it names no audit entry")?;
    let proof = statement.pointer("/predicate/audit/inclusion").and_then(Value::as_array).into_iter().flatten();
    let proof: Option<Vec<Hash>> = proof.map(|hash| STANDARD.decode(hash.as_str()?).ok()?.try_into().ok()).collect();
    let proof = proof.ok_or("its inclusion proof is malformed")?;
    if !verify_inclusion(&leaf_hash(&entry), index, checkpoint.size, &proof, &checkpoint.root) {
        return Err(format!("audit entry {index} is not in the log that the checkpoint signs"));
    }
    let entry: Value = serde_json::from_slice(&entry).map_err(|error| format!("the audit entry is not JSON: {error}"))?;
    for (what, said, logged) in [
        ("run", statement.pointer("/predicate/run/id"), entry.pointer("/subject/id")),
        ("state", statement.pointer("/predicate/run/phase"), entry.pointer("/details/phase")),
        ("log", statement.pointer("/predicate/log/sha256"), entry.pointer("/details/log")),
    ] {
        // A run that never began ended with an entry of another kind, without a log.
        if logged.is_some_and(|logged| !logged.is_null() && said != Some(logged)) || (what == "run" && logged.is_none()) {
            return Err(format!("the {what} of the receipt is not that of audit entry {index}"));
        }
    }
    Ok(statement)
}

/// A text in the predicate; empty when absent.
fn field(statement: &Value, place: &str) -> String {
    statement.pointer(&format!("/predicate{place}")).map(show::value).filter(|text| text != "null").unwrap_or_default()
}

/// The receipt against what the appliance says today.
fn compare(statement: &Value, run: &RunDetail) -> Result<(), String> {
    let artifacts: Vec<Value> = run.artifacts.iter().map(|file| json!([file.name, file.sha256])).collect();
    let signed: Vec<Value> = statement
        .pointer("/predicate/artifacts")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|file| json!([file["name"], file["sha256"]]))
        .collect();
    for (what, equal) in [
        ("state", field(statement, "/run/phase") == run.summary.phase.word()),
        ("version", field(statement, "/capability/versionDigest") == run.version_digest),
        ("inputs", field(statement, "/inputs/digest") == run.inputs_digest),
        ("log", field(statement, "/log/sha256") == run.log.as_ref().map(|log| log.sha256.clone()).unwrap_or_default()),
        ("artifacts", signed == artifacts),
    ] {
        if !equal {
            return Err(format!("the {what} on record at the appliance differs from the receipt"));
        }
    }
    Ok(())
}

fn check_artifact(statement: &Value, path: &Path) -> Result<(), Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::from(LOCAL_FILE.fault(format!("{}: {error}", path.display()))))?;
    let digest = sha256_hex(&bytes);
    let files = statement.pointer("/predicate/artifacts").and_then(Value::as_array).into_iter().flatten();
    if files.clone().any(|file| file["sha256"] == digest.as_str()) {
        return Ok(());
    }
    Err(refused(&format!("{} has SHA-256 {digest}, which is none of the run's artifacts", path.display())))
}

fn show_statement(invocation: &Invocation<'_>, statement: &Value, checked: &[&str]) -> Done {
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&json!({ "verified": true, "checked": checked, "statement": statement }))?;
        return Ok(Exit::Ok);
    }
    let requester =
        ["/run/requester/name", "/run/requester/id"].into_iter().map(|place| field(statement, place)).find(|text| !text.is_empty());
    let files = statement.pointer("/predicate/artifacts").and_then(Value::as_array).into_iter().flatten();
    let files: Vec<String> = files.map(|file| show::value(&file["name"])).collect();
    out.fields(&[
        ("receipt", Cell::toned(format!("{} verified", out.symbol("✓", "+")), Tone::Good)),
        ("checked", checked.join("; ").into()),
        ("run", field(statement, "/run/id").into()),
        ("state", field(statement, "/run/phase").into()),
        ("capability", format!("{}@{}", field(statement, "/capability/name"), field(statement, "/capability/version")).into()),
        ("version digest", field(statement, "/capability/versionDigest").into()),
        ("requester", requester.unwrap_or_default().into()),
        ("allowed by", allowed(statement).into()),
        ("created", show::time(&field(statement, "/run/createdAt")).into()),
        ("finished", show::time(&field(statement, "/run/finishedAt")).into()),
        ("inputs", field(statement, "/inputs/values").into()),
        ("result digest", field(statement, "/result/digest").into()),
        ("log digest", field(statement, "/log/sha256").into()),
        ("artifacts", files.join(", ").into()),
        ("audit entry", field(statement, "/audit/index").into()),
        ("appliance", field(statement, "/appliance").into()),
    ])?;
    Ok(Exit::Ok)
}

fn allowed(statement: &Value) -> String {
    let policies = statement.pointer("/predicate/run/allowedBy").and_then(Value::as_array).into_iter().flatten();
    policies.map(show::value).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::key::generate;
    use crate::crypto::merkle::Frontier;
    use crate::crypto::note::LogSigner;

    /// A receipt whose log has one entry.
    fn sample(change: impl Fn(&mut Value, &mut Value)) -> (String, Verifier) {
        let key = generate();
        let signer = LogSigner::new("execgov/test", key.clone());
        let mut entry =
            json!({"action": "run.finish", "subject": {"kind": "run", "id": "run_1"}, "details": {"phase": "succeeded", "log": "aa"}});
        let mut predicate = json!({"run": {"id": "run_1", "phase": "succeeded"}, "log": {"sha256": "aa"}, "artifacts": []});
        change(&mut entry, &mut predicate);
        let entry = entry.to_string();
        let mut tree = Frontier::default();
        tree.push(leaf_hash(entry.as_bytes()));
        predicate["audit"] =
            json!({"index": 0, "entry": STANDARD.encode(&entry), "inclusion": [], "checkpoint": signer.checkpoint(1, &tree.root())});
        let statement = json!({"predicateType": PREDICATE_TYPE, "predicate": predicate});
        let envelope = dsse::sign(PAYLOAD_TYPE, statement.to_string().as_bytes(), &[&key]);
        (serde_json::to_string(&envelope).expect("JSON"), signer.verifier())
    }

    #[test]
    fn a_sound_receipt_verifies_and_others_do_not() {
        let (text, key) = sample(|_, _| {});
        assert!(verify(&text, &key).is_ok());
        assert!(verify(&text, &sample(|_, _| {}).1).is_err(), "another key");
        assert!(verify("{}", &key).is_err());
        let mut broken: Envelope = serde_json::from_str(&text).expect("envelope");
        broken.payload = STANDARD.encode(b"{}");
        assert!(verify(&serde_json::to_string(&broken).expect("JSON"), &key).is_err(), "another payload");
        let check = |why: &str, change: fn(&mut Value, &mut Value)| {
            let (text, key) = sample(change);
            assert!(verify(&text, &key).expect_err(why).contains(why), "{why}");
        };
        check("the run of", |entry, _| entry["subject"]["id"] = json!("run_2"));
        check("the state of", |_, predicate| predicate["run"]["phase"] = json!("failed"));
        check("the log of", |_, predicate| predicate["log"]["sha256"] = json!("bb"));
    }
}
