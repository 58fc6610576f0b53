//! B05, B08, B09, B10 where they touch credentials: nobody gets at one by a field, a name, an office or a change after the fact.

use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSPHRASE, Safe, code};
use crate::appliance::answer;
use crate::approvals::{Office, approve, request_of};
use crate::person::{Person, is_over};

const SHOW: &str = "def main() -> int:\n    return len(open('/run/secrets/db').read())\n";

async fn put(who: &Person, path: &str, body: &Value) -> crate::appliance::Answer {
    answer(who.request(Method::PUT, path).json(body)).await
}

/// B08: fields that are not for the requester to set are refused, and nothing was done.
#[tokio::test]
async fn b08_no_field_of_a_credential_is_slipped_in() {
    let safe = Safe::new().await;
    safe.set("db", "hunter2hunter2").await;
    safe.publish("needs", &[], "def main() -> int:\n    return 1\n").await;
    let settings = json!({ "url": "https://erp.example.com" });
    let bodies = [
        (Method::PUT, "/api/v1/secrets/other", json!({ "value": "x1x2x3x4" })),
        (Method::PATCH, "/api/v1/secrets/db", json!({ "description": "x" })),
        (Method::POST, "/api/v1/secrets/db/grants", json!({ "capability": "needs" })),
        (Method::POST, "/api/v1/resources", json!({ "name": "erp", "purpose": "x", "settings": settings })),
        (Method::POST, "/api/v1/webhooks", json!({ "name": "x", "capability": "needs" })),
        (Method::POST, "/api/v1/vault/unseal", json!({ "passphrase": PASSPHRASE })),
        (Method::POST, "/api/v1/vault/rotate", json!({ "what": "data" })),
    ];
    for (method, path, body) in bodies {
        for field in ["id", "tenant", "created_by", "versions", "granted_by", "approved", "key", "sealed", "__proto__"] {
            let mut body = body.clone();
            body[field] = json!("x");
            let refused = answer(safe.ada.request(method.clone(), path).json(&body)).await;
            assert_eq!(code(&refused), (400, "EG-REQ-003".to_owned()), "{method} {path} {field}: {}", refused.text);
        }
    }
    for part in ["auth", "tls", "source"] {
        let mut settings = settings.clone();
        settings[part] = json!({ "kind": "bearer", "token": "s", "value": "in the clear" });
        let refused = safe.ada.post("/api/v1/resources", &json!({ "name": "erp", "purpose": "x", "settings": settings })).await;
        assert_eq!(refused.status, 400, "{part}: {}", refused.text);
    }
    let names = safe.ada.get("/api/v1/secrets").await.json();
    assert_eq!((names["total"].as_u64(), names["items"][0]["facts"]["grants"].as_u64()), (Some(1), Some(0)), "{names}");
    assert_eq!(safe.ada.get("/api/v1/resources").await.json()["items"], json!([]));
    assert_eq!(safe.ada.get("/api/v1/webhooks").await.json()["items"], json!([]));
}

/// B10: a name is a name; nothing in it is a pattern or a path, and what is no name is not repeated.
#[tokio::test]
async fn b10_no_name_of_a_credential_is_a_pattern() {
    let safe = Safe::new().await;
    safe.set("db", "hunter2hunter2").await;
    let long = "x".repeat(10_000);
    for name in ["*", "%2a", "d*", "%2e%2e", "%2e%2e%2fvault", "Db", "d%62%00", "d%D0%B1", long.as_str()] {
        let path = format!("/api/v1/secrets/{name}");
        assert_eq!(put(&safe.ada, &path, &json!({ "value": "x1x2x3x4" })).await.status / 100, 4, "{name}");
        for method in [Method::GET, Method::DELETE] {
            let refused = answer(safe.ada.request(method, &path)).await;
            assert!(matches!(refused.status, 404 | 414), "{name}: {}", refused.text);
            assert!(!refused.text.contains(&long), "a text that is no name may be a value");
        }
    }
    for prefix in ["*", "%25", "d*", "_"] {
        let found = safe.ada.get(&format!("/api/v1/secrets?prefix={prefix}")).await.json();
        assert_eq!((&found["items"], found["total"].as_u64()), (&json!([]), Some(0)), "{prefix}");
    }
    assert_eq!(safe.ada.get("/api/v1/secrets?prefix=d").await.json()["total"], 1);
    for name in ["*", "..", "", "erp\u{202e}", "\u{0435}rp", long.as_str()] {
        let wish = json!({ "name": name, "purpose": "x", "settings": { "url": "https://erp.example.com" } });
        let refused = safe.ada.post("/api/v1/resources", &wish).await;
        assert_eq!(code(&refused), (400, "EG-RES-001".to_owned()), "{name:?}: {}", refused.text);
    }
}

/// B09: an office that deals with one side of a credential does not reach the other, and each attempt is recorded.
#[tokio::test]
async fn b09_no_office_reaches_beyond_its_side() {
    let safe = Safe::new().await;
    safe.set("db", "hunter2hunter2").await;
    safe.publish("needs", &["db"], SHOW).await;
    let set = put(&safe.ada, "/api/v1/secrets/erp-token?domain=platform", &json!({ "value": "x1x2x3x4" })).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let settings = json!({ "url": "https://erp.example.com", "auth": { "kind": "bearer", "token": "erp-token" } });
    let made = safe.ada.post("/api/v1/resources", &json!({ "name": "erp", "purpose": "x", "settings": settings })).await;
    let resource = super::id(&made);
    let (to_capability, to_resource) = (json!({ "capability": "needs" }), json!({ "resource": resource }));
    for role in ["author", "operator", "approver", "reviewer", "auditor", "viewer"] {
        let who = safe.ada.another(&safe.appliance, &format!("a-{role}"), &[role]).await;
        for (path, body) in [
            ("/api/v1/secrets/db/grants", &to_capability),
            ("/api/v1/secrets/erp-token/grants?domain=platform", &to_resource),
            ("/api/v1/resources", &json!({ "name": "x", "purpose": "x", "settings": settings })),
            ("/api/v1/resources/erp/grants", &json!({ "tenant": "default" })),
            ("/api/v1/resources/erp/test", &json!({})),
            ("/api/v1/vault/rotate", &json!({})),
            ("/api/v1/vault/seal", &json!({})),
        ] {
            let refused = who.post(path, body).await;
            assert!(matches!(refused.status, 403 | 404), "{role} {path}: {} {}", refused.status, refused.text);
        }
        assert!(matches!(put(&who, "/api/v1/secrets/db", &json!({ "value": "x1x2x3x4" })).await.status, 403 | 404), "{role}");
    }
    // Who looks after a tenant deals with its secrets, not with the platform's, nor with what resources are.
    let tenant = safe.ada.another(&safe.appliance, "tim", &["tenant-admin"]).await;
    assert_eq!(tenant.post("/api/v1/secrets/db/grants", &to_capability).await.status, 201);
    for (path, body) in [
        ("/api/v1/secrets/erp-token/grants?domain=platform", &to_resource),
        ("/api/v1/resources/erp/grants", &json!({ "tenant": "default" })),
        ("/api/v1/resources/erp/test", &json!({})),
    ] {
        assert!(matches!(tenant.post(path, body).await.status, 403 | 404), "{path}");
    }
    let refusals = safe.ada.get("/api/v1/audit/events?outcome=refused&limit=200").await;
    for verb in ["secret.grant", "secret.update", "resource.manage", "resource.test", "vault.update", "vault.unseal"] {
        assert!(refusals.text.contains(&format!("\"{verb}\"")), "{verb} is recorded");
    }
    let secret = safe.ada.get("/api/v1/secrets/db").await.json();
    assert_eq!((secret["facts"]["version"].as_u64(), secret["facts"]["grants"].as_u64()), (Some(1), Some(1)), "{secret}");
}

/// B05: what was approved is given the credential that it was approved with, or nothing.
#[tokio::test]
async fn b05_another_credential_after_an_approval_stops_the_run() {
    let office = Office::new().await;
    let admin = &office.admin;
    let made = admin.post("/api/v1/vault/init", &json!({ "method": "passphrase", "passphrase": PASSPHRASE })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let set = async |value: &str| assert_eq!(put(admin, "/api/v1/secrets/db", &json!({ "value": value })).await.status, 200);
    let grant = async || {
        let granted = admin.post("/api/v1/secrets/db/grants", &json!({ "capability": "grave" })).await;
        assert_eq!(granted.status, 201, "{}", granted.text);
        granted.json()["grants"][0]["id"].as_str().expect("a grant").to_owned()
    };
    set("the first value").await;
    set("the second value").await;
    let source = format!("# /// script\n# [tool.execgov]\n# risk = \"critical\"\n# secrets = [\"db\"]\n# ///\n{SHOW}");
    office.publish("grave.py", &source).await;
    let mut granted = grant().await;
    // Approved while the vault is sealed, so that there is a while between the approval and the start.
    for (what, expected) in [("nothing", "succeeded"), ("destroyed", "failed"), ("revoked", "failed"), ("made anew", "failed")] {
        let (run, approval) = request_of(&office.operator.start("grave", json!({})).await);
        assert_eq!(admin.post("/api/v1/vault/seal", &json!({})).await.status, 200);
        let approved = approve(&office.approver, &approval).await;
        assert_eq!(approved.status, 200, "{what}: {}", approved.text);
        match what {
            // The value before would be the one that is used.
            "destroyed" => {
                let gone = admin.post("/api/v1/secrets/db/versions/2/destroy", &json!({})).await;
                assert_eq!(gone.status, 200, "{}", gone.text);
            }
            "revoked" => {
                let gone = answer(admin.request(Method::DELETE, &format!("/api/v1/secrets/db/grants/{granted}"))).await;
                assert_eq!(gone.status, 200, "{}", gone.text);
            }
            "made anew" => {
                assert_eq!(answer(admin.request(Method::DELETE, "/api/v1/secrets/db")).await.status, 204);
            }
            _ => {}
        }
        // Opening the vault calls the run; a secret of the same name comes as soon as one can be set.
        let opened = admin.post("/api/v1/vault/unseal", &json!({ "passphrase": PASSPHRASE })).await;
        assert_eq!(opened.status, 200, "{}", opened.text);
        if what == "made anew" {
            set("somebody else's value").await;
            grant().await;
        }
        let done = office.operator.wait_for(&run, is_over).await;
        let phase = done["phase"].as_str().unwrap_or_default();
        assert_eq!(phase == "succeeded", expected == "succeeded", "{what}: {done}");
        if phase != "succeeded" {
            let given = done["attempts"].as_array().map_or(0, |attempts| attempts.iter().filter(|one| one["exit_code"] == 0).count());
            assert_eq!(given, 0, "{what}: nothing ran: {done}");
        }
        if what == "revoked" {
            granted = grant().await;
        }
    }
}
