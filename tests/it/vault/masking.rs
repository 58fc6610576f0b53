//! F02: what a run prints, returns or dies of shows no secret, in whatever spelling.

use serde_json::json;

use super::Safe;

const SECRET: &str = "p4ss/w0rd+with 'odd\" ch&rs";

const LEAKS: &str = r#"
import base64, json, os, shlex, sys, urllib.parse
def main() -> dict:
    s = open('/run/secrets/db').read()
    print('plain', s)
    for before in ('', 'a', 'ab'):
        print('base64', base64.b64encode((before + s + 'tail').encode()).decode())
        print('urlsafe', base64.urlsafe_b64encode((before + s).encode()).decode())
    print('url', urllib.parse.quote(s), urllib.parse.quote(s, safe=''), urllib.parse.quote_plus(s))
    print('hex', s.encode().hex(), s.encode().hex().upper())
    print('json', json.dumps(s), json.dumps({'a': [s]}))
    print('shell', shlex.quote(s), repr(s))
    sys.stdout.flush()
    for part in (s[:5], s[5:11], s[11:]):
        os.write(1, part.encode())
    os.write(1, b'\n')
    os.write(2, s[:9].encode()); os.write(1, b'between\n'); os.write(2, s[9:].encode() + b'\n')
    key = open('/run/secrets/key').read()
    print('lines', key)
    for line in key.splitlines():
        print('> ' + line)
    print('reversed', s[::-1])
    return {'value': s, s: [base64.b64encode(s.encode()).decode()], 'length': len(s)}
"#;

const DIES: &str = "def main() -> int:\n    s = open('/run/secrets/db').read()\n    raise ValueError('cannot connect with ' + s)\n";
const MISFIT: &str = "# /// script\n# [tool.execgov]\n# secrets = [\"db\"]\n# [tool.execgov.output]\n# type = \"object\"\n# properties = { value = { enum = [1] } }\n# ///\ndef main() -> dict:\n    return {'value': open('/run/secrets/db').read()}\n";

#[tokio::test]
async fn f02_no_spelling_comes_through() {
    let safe = Safe::new().await;
    let key =
        "-----BEGIN TEST KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\nggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyji\n-----END TEST KEY-----\n";
    safe.set("db", SECRET).await;
    safe.set("key", key).await;
    safe.publish("leaks", &["db", "key"], LEAKS).await;
    safe.publish("dies", &["db"], DIES).await;
    safe.ada.publish("misfit.py", MISFIT).await;
    for (secret, unit) in [("db", "leaks"), ("key", "leaks"), ("db", "dies"), ("db", "misfit")] {
        safe.grant(secret, unit, "file").await;
    }
    let run = safe.ada.run("leaks", json!({})).await;
    assert_eq!(run["phase"], "succeeded", "{run}");
    let log = safe.ada.get(&format!("/api/v1/runs/{}/log.txt", run["id"].as_str().unwrap())).await;
    let log = if log.status == 200 { log.text } else { safe.ada.log(run["id"].as_str().unwrap()).await };
    for line in ["plain [masked: db]", "hex [masked: db] [masked: db]", "> [masked: key]", "between"] {
        assert!(log.contains(line), "{line}\n{log}");
    }
    let backwards: String = SECRET.chars().rev().collect();
    assert!(log.contains(&backwards), "what the help says is not masked is not claimed to be");
    for (place, text) in [("log", log.clone()), ("run", run.to_string())] {
        for part in ["p4ss", "w0rd", "odd", "MIIEvQ", "zEfYyji", "cDRzcy93MHJk", "70347373", "%2Fw0rd", "BEGIN TEST"] {
            assert!(!text.replace(&backwards, "").contains(part), "{place}: {part}\n{text}");
        }
    }
    assert_eq!(run["result"], json!({ "value": "[masked: db]", "[masked: db]": ["[masked: db]"], "length": SECRET.len() }));
    let died = safe.ada.run("dies", json!({})).await;
    let log = safe.ada.log(died["id"].as_str().unwrap()).await;
    assert!(log.contains("cannot connect with [masked: db]") && !log.contains("p4ss"), "{log}");
    assert!(!died.to_string().contains("p4ss"), "{died}");
    let misfit = safe.ada.run("misfit", json!({})).await;
    assert!(misfit["phase"] == "failed" && !misfit.to_string().contains("p4ss"), "{misfit}");
}

const WRITES: &str = r#"
import base64, os
def main() -> int:
    s = open('/run/secrets/db').read()
    os.makedirs('outputs/deep', exist_ok=True)
    with open('outputs/report.csv', 'w') as f:
        for n in range(20000):
            f.write(f'{n},{s},密\n')
    open('outputs/deep/encoded.txt', 'w').write(base64.b64encode(s.encode()).decode())
    open('outputs/plain.txt', 'w').write('nothing of it')
    open('outputs/picture.bin', 'wb').write(b'\x00\x01\xff' + os.urandom(1000))
    open('outputs/dump.bin', 'wb').write(b'\x00\x01' + s.encode() + b'\x00')
    return 1
"#;

/// F02 in files: a text that a run leaves shows no secret, other bytes that hold one are not kept, and what holds none is
/// byte for byte what it was.
#[tokio::test]
async fn f02_artifacts_hold_no_secret() {
    let safe = Safe::new().await;
    safe.set("db", SECRET).await;
    safe.publish("writes", &["db"], WRITES).await;
    safe.grant("db", "writes", "file").await;
    let run = safe.ada.run("writes", json!({})).await;
    assert_eq!(run["phase"], "succeeded", "{run}");
    let names: Vec<&str> = run["artifacts"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["deep/encoded.txt", "picture.bin", "plain.txt", "report.csv"], "{run}");
    let id = run["id"].as_str().expect("an id");
    let read = async |name: &str| safe.ada.get(&format!("/api/v1/runs/{id}/artifacts/{name}")).await.text;
    let report = read("report.csv").await;
    let expected: String = (0..20_000).map(|n| format!("{n},[masked: db],\u{5bc6}\n")).collect();
    assert!(report == expected, "{}", &report[..200]);
    assert_eq!(read("deep/encoded.txt").await, "[masked: db]");
    assert_eq!(read("plain.txt").await, "nothing of it");
    let bytes = run["artifacts"][1]["bytes"].as_u64();
    assert_eq!(bytes, Some(1003), "other bytes are not touched: {run}");
    let events = safe.ada.get(&format!("/api/v1/runs/{id}/events")).await.text;
    assert!(events.contains("dump.bin holds the value of a secret"), "{events}");
    let found = std::process::Command::new("grep").args(["-rlaF", SECRET]).arg(safe.appliance.data()).output().expect("grep runs");
    assert!(found.stdout.is_empty(), "{}", String::from_utf8_lossy(&found.stdout));
}
