//! The evidence of a run in one zip: fetched, and verified without an appliance.
//!
//! What is checked beside the receipt: that each file has the sum that is listed and none is unlisted, that log, result and
//! files are those the receipt names, and that each audit entry is in the log that the checkpoint signs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use crate::client::Client;
use crate::crypto::checkpoint::Checkpoint;
use crate::crypto::merkle::{Hash, leaf_hash};
use crate::crypto::note::Verifier;
use crate::crypto::proof::verify_inclusion;

/// How a zip begins.
const MAGIC: &[u8] = b"PK\x03\x04";
/// What is kept of a file that is read whole, at most; only sums are made of the rest.
const TEXT_MOST: usize = 64 << 20;
const PIECE: usize = 64 << 10;
const SUMS: &str = "SHA256SUMS";

/// Fetches the evidence of a run into a file.
pub async fn fetch(invocation: &Invocation<'_>, id: &str, place: &Path, force: bool) -> Done {
    let fail = |error: std::io::Error| {
        Failure::from(LOCAL_FILE.fault(format!("{}: {error}", place.display())).hint("check the folder and the space on the disk"))
    };
    if !force && place.symlink_metadata().is_ok() {
        let fault = LOCAL_FILE.fault(format!("{} exists", place.display())).hint("use another --out; --force replaces the file");
        return Err(Failure::from(fault).exit(Exit::Conflict));
    }
    let dir = place.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::Builder::new().prefix(".execgov-").tempfile_in(dir).map_err(fail)?;
    let meter = invocation.out.meter(&place.display().to_string());
    invocation.client()?.download(&Client::evidence_path(id), &(), temp.as_file_mut(), &meter.progress).await?;
    drop(meter);
    temp.persist(place).map_err(|error| fail(error.error))?;
    invocation.out.line(&invocation.out.shown(&place.display().to_string()))?;
    Ok(Exit::Ok)
}

/// A pack whose files have the sums that it lists.
pub struct Pack {
    pub receipt: String,
    audit: Value,
    sums: BTreeMap<String, String>,
}

/// Whether a file is a zip rather than a receipt.
pub fn is_pack(path: &str) -> bool {
    let mut begin = [0; 4];
    path != "-" && File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok() && begin == MAGIC
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// With what does not hold.
    pub fn open(path: &str) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| format!("{path}: {error}"))?;
        let mut zip = ZipArchive::new(file).map_err(|error| format!("it is not a zip that can be read: {error}"))?;
        let mut texts = BTreeMap::from([("receipt.json", Vec::new()), ("audit.json", Vec::new()), (SUMS, Vec::new())]);
        let mut sums = BTreeMap::new();
        for at in 0..zip.len() {
            let mut entry = zip.by_index(at).map_err(|error| format!("a file in it cannot be read: {error}"))?;
            let name = entry.name().map_err(|error| format!("a name in it cannot be read: {error}"))?.into_owned();
            let damaged = |error: std::io::Error| format!("{name} cannot be read: {error}");
            let mut sum = Sha256::new();
            let mut piece = vec![0; PIECE];
            loop {
                let read = entry.read(&mut piece).map_err(damaged)?;
                if read == 0 {
                    break;
                }
                sum.update(&piece[..read]);
                if let Some(text) = texts.get_mut(name.as_str()) {
                    text.extend_from_slice(&piece[..read]);
                    if text.len() > TEXT_MOST {
                        return Err(format!("{name} is too large"));
                    }
                }
            }
            let sum = sum.finalize();
            if sums.insert(name.clone(), hex::encode(sum)).is_some() {
                return Err(format!("{name} is in it twice"));
            }
        }
        let mut text = |name| String::from_utf8_lossy(&texts.remove(name).unwrap_or_default()).into_owned();
        let (receipt, audit, listed) = (text("receipt.json"), text("audit.json"), text(SUMS));
        let line = |line: &str| line.split_once("  ").map(|(sum, name)| (name.to_owned(), sum.to_owned()));
        let listed: BTreeMap<String, String> = listed.lines().filter_map(line).collect();
        sums.remove(SUMS);
        for (name, sum) in &sums {
            match listed.get(name) {
                Some(known) if known == sum => {}
                Some(_) => return Err(format!("{name} has another sum than {SUMS} says")),
                None => return Err(format!("{name} is not in {SUMS}")),
            }
        }
        if let Some(missing) = listed.keys().find(|name| !sums.contains_key(*name)) {
            return Err(format!("{missing} is in {SUMS} and not in the zip"));
        }
        let audit = serde_json::from_str(&audit).map_err(|error| format!("audit.json is not JSON: {error}"))?;
        Ok(Self { receipt, audit, sums })
    }

    /// Whether the files are those that a verified statement names, and the entries are in the log.
    ///
    /// # Errors
    /// With what does not hold.
    pub fn agrees(&self, statement: &Value, key: &Verifier) -> Result<(), String> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(ToOwned::to_owned);
        let part = |place: &str| text(statement.pointer(&format!("/predicate{place}")));
        let mut named = vec![("log.txt".to_owned(), part("/log/sha256")), ("result.json".to_owned(), part("/result/digest"))];
        let artifacts = statement.pointer("/predicate/artifacts").and_then(Value::as_array).into_iter().flatten();
        named.extend(artifacts.map(|file| (format!("artifacts/{}", file["name"].as_str().unwrap_or_default()), text(file.get("sha256")))));
        for (name, wanted) in &named {
            match (wanted, self.sums.get(name)) {
                (Some(wanted), Some(found)) if wanted != found => return Err(format!("{name} is not what the receipt names")),
                (Some(_), None) => return Err(format!("{name} is missing")),
                _ => {}
            }
        }
        let known = |name: &String| named.iter().any(|(one, _)| one == name);
        if let Some(foreign) = self.sums.keys().find(|name| name.starts_with("artifacts/") && !known(name)) {
            return Err(format!("{foreign} is not among the files that the receipt names"));
        }
        let checkpoint = Checkpoint::open(self.audit["checkpoint"].as_str().unwrap_or_default(), key).map_err(|error| error.to_string())?;
        let run = part("/run/id");
        for entry in self.audit["entries"].as_array().into_iter().flatten() {
            let index = entry["index"].as_u64().ok_or("an audit entry has no index")?;
            let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).ok();
            let raw = bytes(&entry["entry"]).ok_or("an audit entry is malformed")?;
            let proof: Option<Vec<Hash>> =
                entry["inclusion"].as_array().into_iter().flatten().map(|hash| bytes(hash)?.try_into().ok()).collect();
            let proof = proof.ok_or("an inclusion proof is malformed")?;
            if !verify_inclusion(&leaf_hash(&raw), index, checkpoint.size, &proof, &checkpoint.root) {
                return Err(format!("audit entry {index} is not in the log that the checkpoint signs"));
            }
            let event: Value = serde_json::from_slice(&raw).map_err(|error| format!("audit entry {index} is not JSON: {error}"))?;
            if event != entry["event"] || text(event.pointer("/subject/id")) != run {
                return Err(format!("audit entry {index} says something else than it shows"));
            }
        }
        Ok(())
    }
}
