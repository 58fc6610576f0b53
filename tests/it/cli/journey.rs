//! From a script to its proof: register, inputs as options, follow, artifacts, receipt, audit.

use std::fs;

use super::Desk;

const TOTALS: &str = r#"
"""Adds up the amounts of a table."""
import csv, sys
from pathlib import Path
from typing import Literal

def main(rows: Path, month_end: str, currency: Literal["EUR", "CNY"] = "EUR", skip: list[str] = [], strict: bool = True):
    """Adds up the amounts of a table.

    Args:
        rows: A CSV file with the columns name and amount.
        month_end: The last day of the month.
    """
    total = 0
    for row in csv.DictReader(open(rows)):
        if row["name"] in skip:
            print("skipped", row["name"], file=sys.stderr)
            continue
        total += int(row["amount"])
    print(f"{month_end} total {total} {currency}")
    Path("outputs").mkdir(exist_ok=True)
    Path("outputs/total.txt").write_text(f"{total} {currency}\n")
    return {"total": total, "strict": strict}
"#;

#[test]
fn from_a_script_to_its_proof() {
    let desk = Desk::new();
    desk.publish("totals", TOTALS);
    let rows = desk.file("rows.csv", "name,amount\na,1\nb,2\nc,40\n");

    let help = desk.says(&["run", "totals", "--help"]).fine();
    for part in
        ["--month-end <TEXT>", "--currency <TEXT>", "one of EUR, CNY", "--rows <FILE>", "--strict[=<BOOL>]", "Inputs of this capability:"]
    {
        assert!(help.contains(part), "{part}\n{help}");
    }
    assert!(help.find("Inputs of this capability:") < help.find("Options:"), "inputs come first\n{help}");

    let inputs = ["--rows", &rows, "--month-end", "$(id)", "--skip", "b", "--skip=x", "--no-strict", "--currency", "CNY"];
    let plan = desk.says(&[&["run", "totals", "--dry-run", "-o", "json"][..], &inputs].concat()).json();
    assert_eq!((plan["verdict"].as_str(), plan["inputs"]["skip"][0].as_str()), (Some("allowed"), Some("b")));

    let said = desk.says(&[&["run", "totals", "--follow", "--label", "ticket=4711"][..], &inputs].concat());
    assert!(said.err.contains("skipped b") && said.err.contains("succeeded"), "{said:?}");
    assert_eq!(said.fine(), "$(id) total 41 CNY\n", "standard output is that of the script");

    let found = desk.says(&["runs", "list", "--label", "ticket=4711", "-o", "jsonl"]).fine();
    let run: serde_json::Value = serde_json::from_str(&found).expect("one run on one line");
    let id = run["id"].as_str().expect("an id").to_owned();
    assert_eq!((run["trigger"].as_str(), run["exit_code"].as_i64()), (Some("cli"), Some(0)));
    let shown = desk.says(&["runs", "show", &id, "-o", "json"]).json();
    assert_eq!(shown["result"], serde_json::json!({"total": 41, "strict": false}));

    let out = desk.0.dir().join("out").display().to_string();
    desk.says(&["runs", "artifacts", "get", &id, "--dir", &out]).fine();
    let artifact = format!("{out}/total.txt");
    assert_eq!(fs::read_to_string(&artifact).expect("fetched"), "41 CNY\n");
    assert_eq!(desk.says(&["runs", "artifacts", "get", &id, "total.txt", "--stdout"]).fine(), "41 CNY\n");
    assert_eq!(desk.says(&["runs", "artifacts", "get", &id, "--dir", &out]).code, 7, "nothing is replaced");

    let receipt = desk.file("receipt.json", &desk.says(&["runs", "receipt", &id]).fine());
    let key = desk.file("audit.key", &desk.says(&["audit", "key"]).fine());
    desk.says(&["receipt", "verify", &receipt, "--server"]).fine();
    let proof = desk.says(&["receipt", "verify", &receipt, "--key", &key, "--artifact", &artifact, "-o", "json"]).json();
    assert_eq!(proof["statement"]["predicate"]["run"]["id"], id.as_str());
    fs::write(&artifact, "42 CNY\n").expect("altered");
    let altered = desk.says(&["receipt", "verify", &receipt, "--key", &key, "--artifact", &artifact]);
    assert!(altered.code == 11 && altered.err.contains("EG-RCT-001"), "{altered:?}");

    evidence_is_whole_or_refused(&desk, &id, &key);

    let again = desk.says(&["runs", "rerun", &id, "--wait", "-o", "json"]).json();
    assert_eq!((again["rerun_of"].as_str(), again["result"]["total"].as_i64()), (Some(id.as_str()), Some(41)));
    let events = desk.says(&["audit", "list", "--subject", &id, "-o", "name"]).fine();
    assert!(events.lines().count() >= 3, "{events}");
}

/// The evidence verifies with the key alone, and not when anything in it was changed, added or taken out.
fn evidence_is_whole_or_refused(desk: &Desk, id: &str, key: &str) {
    let path = |name: &str| desk.0.dir().join(name).display().to_string();
    let pack = path("case.zip");
    desk.says(&["runs", "evidence", id, "--out", &pack]).fine();
    assert_eq!(desk.says(&["runs", "evidence", id, "--out", &pack]).code, 7, "nothing is replaced");
    let proof = desk.says(&["receipt", "verify", &pack, "--key", key, "-o", "json"]).json();
    assert!(proof["checked"].to_string().contains("every audit entry"), "{proof}");

    let sound = entries(&pack);
    let names: Vec<&str> = sound.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["README.txt", "receipt.json", "run.json", "result.json", "log.txt", "artifacts/total.txt", "audit.json", "SHA256SUMS"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let refused = |why: &str, resum: bool, change: &dyn Fn(&mut Vec<(String, Vec<u8>)>)| {
        let mut changed = sound.clone();
        change(&mut changed);
        let file = path("changed.zip");
        pack_again(&file, changed, resum);
        let said = desk.says(&["receipt", "verify", &file, "--key", key]);
        assert!(said.code == 11 && said.err.contains("EG-RCT-001") && said.err.contains(why), "{why}: {said:?}");
    };
    let at = |all: &Vec<(String, Vec<u8>)>, name: &str| all.iter().position(|(one, _)| one == name).expect("there");
    for name in ["log.txt", "artifacts/total.txt", "result.json"] {
        let flip = |all: &mut Vec<(String, Vec<u8>)>| {
            let at = at(all, name);
            all[at].1[0] ^= 1;
        };
        refused("another sum", false, &flip);
        refused("is not what the receipt names", true, &flip);
        refused("is missing", true, &|all| {
            all.remove(at(all, name));
        });
    }
    refused("is not in SHA256SUMS", false, &|all| all.push(("artifacts/more.txt".to_owned(), b"x".to_vec())));
    refused("not among the files", true, &|all| all.push(("artifacts/more.txt".to_owned(), b"x".to_vec())));
    refused("and not in the zip", false, &|all| {
        all.remove(at(all, "run.json"));
    });
    refused("audit entry", true, &|all| {
        let at = at(all, "audit.json");
        all[at].1 = String::from_utf8_lossy(&all[at].1).replace("succeeded", "failed").into_bytes();
    });
}

fn entries(path: &str) -> Vec<(String, Vec<u8>)> {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).expect("a file")).expect("a zip");
    let count = zip.len();
    let read = |at| {
        let mut entry = zip.by_index(at).expect("an entry");
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).expect("read");
        (entry.name().expect("a name").into_owned(), bytes)
    };
    (0..count).map(read).collect()
}

/// As somebody would who does not want it to be noticed: with the sums made anew, unless they know no better.
fn pack_again(path: &str, mut all: Vec<(String, Vec<u8>)>, resum: bool) {
    use sha2::{Digest, Sha256};
    if resum {
        all.retain(|(name, _)| name != "SHA256SUMS");
        let sums: String = all.iter().map(|(name, bytes)| format!("{}  {name}\n", hex::encode(Sha256::digest(bytes)))).collect();
        all.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
    }
    let mut zip = zip::ZipWriter::new(fs::File::create(path).expect("a file"));
    for (name, bytes) in all {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        std::io::Write::write_all(&mut zip, &bytes).expect("written");
    }
    zip.finish().expect("finished");
}

#[test]
fn a_folder_gets_its_checklist_and_registering_again_changes_nothing() {
    let desk = Desk::new();
    desk.file("job/main.py", "\"\"\"Says hello.\"\"\"\nimport words\ndef main(name: str = 'you'):\n    print(words.greet(name))\n");
    desk.file("job/words.py", "def greet(name):\n    return f'hello {name}'\n");
    desk.file("job/.env", "SECRET=hunter2\n");
    let folder = desk.0.dir().join("job").display().to_string();
    let dry = desk.says(&["register", &folder, "--dry-run"]);
    assert!(dry.err.contains(".env: may hold secrets"), "{dry:?}");
    assert!(dry.fine().contains("nothing was stored"));
    assert!(!desk.0.dir().join("job/.execgov-manifest.json").exists(), "a dry run writes nothing");
    assert_eq!(desk.says(&["list", "-o", "name"]).fine(), "");

    let first = desk.says(&["register", &folder, "--name", "hello", "--publish", "-o", "json"]).json();
    assert_eq!((first["version"]["number"].as_i64(), first["created"].as_bool()), (Some(1), Some(true)));
    let manifest = fs::read_to_string(desk.0.dir().join("job/.execgov-manifest.json")).expect("written");
    assert!(manifest.contains("\"hello\"") && !manifest.contains("hunter2"), "{manifest}");
    let second = desk.says(&["register", &folder, "--name", "hello", "-o", "json"]).json();
    assert_eq!((second["version"]["number"].as_i64(), second["created"].as_bool()), (Some(1), Some(false)));
    assert_eq!(fs::read_to_string(desk.0.dir().join("job/.execgov-manifest.json")).expect("written"), manifest);

    desk.file("job/words.py", "def greet(name):\n    return f'good day {name}'\n");
    let third = desk.says(&["register", &folder, "--name", "hello", "--publish", "-o", "json"]).json();
    assert_eq!(third["version"]["number"], 2);
    assert!(desk.says(&["cap", "diff", "hello", "1", "2"]).fine().contains("+    return f'good day {name}'"));
    assert_eq!(desk.says(&["run", "hello", "--name", "Ada", "--follow"]).fine(), "good day Ada\n");
    desk.says(&["cap", "rollback", "hello"]).fine();
    assert_eq!(desk.says(&["run", "hello", "--follow", "-q"]).fine(), "hello you\n");
    let versions = desk.says(&["capability", "versions", "hello", "-o", "csv"]).fine();
    assert_eq!(versions.lines().next(), Some("version,state,current,created,by,digest,changelog,comment"));
    assert_eq!(versions.lines().count(), 3);
}
