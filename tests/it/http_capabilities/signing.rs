//! Ways to sign in, against servers that check: TLS with client certificates, a token endpoint, signatures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use execgov::domain::resource::Role;
use serde_json::json;

use super::Desk;
use super::servers::{Authority, Reply, Server, form};

#[tokio::test]
async fn client_certificates_private_authorities_and_pins() {
    let authority = Authority::new();
    let server = Server::tls(Arc::clone(&authority.server), |_| Reply::json(&json!("in"))).await;
    let mutual = json!({ "authority": authority.pem, "client_certificate": "c", "client_key": "k", "pins": [authority.pin] });
    let desk =
        |tls: serde_json::Value, credentials: &[(Role, &str)]| Desk::new(&json!({ "url": server.secure_url(), "tls": tls }), credentials);
    let both = [(Role::ClientCertificate, authority.client_chain.as_str()), (Role::ClientKey, authority.client_key.as_str())];
    assert_eq!(desk(mutual.clone(), &both).run(&json!({}), &json!({})).await.result(), json!("in"));
    // Without a client certificate, under another authority, or with another certificate than the one that is pinned.
    let without = desk(json!({ "authority": authority.pem }), &[]).run(&json!({}), &json!({})).await.problem();
    assert_eq!(without.0, "EG-HTTP-003", "{without:?}");
    let stranger = Authority::new();
    let foreign = desk(json!({ "authority": stranger.pem, "client_certificate": "c", "client_key": "k" }), &both)
        .run(&json!({}), &json!({}))
        .await
        .problem();
    assert!(foreign.0 == "EG-HTTP-003" && foreign.1.contains("certificate"), "{foreign:?}");
    let mut pinned = mutual.clone();
    pinned["pins"] = json!(["0".repeat(64)]);
    let refused = desk(pinned, &both).run(&json!({}), &json!({})).await.problem();
    assert!(refused.1.contains(&authority.pin), "{refused:?}");
    assert_eq!(server.seen().len(), 1, "only the good one got through");
    // The name in the certificate counts too.
    let named = Desk::new(&json!({ "url": format!("https://127.0.0.1:{}", server.address.port()), "tls": mutual }), &both);
    assert_eq!(named.run(&json!({}), &json!({})).await.problem().0, "EG-HTTP-003");
}

#[tokio::test]
async fn tokens_are_fetched_kept_and_renewed() {
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    let issuer = Server::plain(move |seen| {
        let wish = form(&seen.text());
        if seen.header("authorization") != "Basic aWQlMjF4OmNhbmFyeSUyRnNlY3JldA==" || wish["grant_type"] != "client_credentials" {
            return Reply::Plain(401, vec![("content-type", "application/json".to_owned())], b"{\"error\":\"invalid_client\"}".to_vec());
        }
        assert_eq!(wish["scope"], "orders:read stock:read");
        let number = count.fetch_add(1, Ordering::SeqCst);
        Reply::json(&json!({ "access_token": format!("canary-token-{number}"), "token_type": "Bearer", "expires_in": 3600 }))
    })
    .await;
    // The first token is withdrawn after two uses.
    let uses = AtomicUsize::new(0);
    let server = Server::plain(move |seen| match seen.header("authorization") {
        "Bearer canary-token-0" if uses.fetch_add(1, Ordering::SeqCst) < 2 => {
            Reply::json(&json!({ "n": "first", "saw": seen.header("authorization") }))
        }
        "Bearer canary-token-1" => Reply::json(&json!({ "n": "second", "saw": seen.header("authorization") })),
        _ => Reply::status(401),
    })
    .await;
    let auth = |secret: &str| {
        let auth = json!({ "kind": "oauth2", "token_url": format!("{}/token", issuer.url()), "client_id": "id!x", "client_secret": "s", "scopes": ["orders:read", "stock:read"] });
        Desk::new(&json!({ "url": server.url(), "auth": auth }), &[(Role::Credential, secret)])
    };
    let desk = auth("canary/secret");
    for expected in ["first", "first", "second", "second"] {
        let said = desk.run(&json!({}), &json!({})).await;
        assert_eq!(said.result(), json!({ "n": expected, "saw": "Bearer [masked: token]" }));
        assert!(!said.log.contains("canary"), "{}", said.log);
    }
    assert_eq!(given.load(Ordering::SeqCst), 2, "kept while they are good");
    let (code, text) = auth("wrong/secret").run(&json!({}), &json!({})).await.problem();
    assert!(code == "EG-HTTP-008" && text.contains("invalid_client") && !text.contains("wrong"), "{text}");
}

#[tokio::test]
async fn a_signature_covers_what_it_says() {
    let server = Server::plain(|seen| {
        let stamp = seen.header("x-timestamp").to_owned();
        let (path, query) = seen.target.split_once('?').unwrap_or((seen.target.as_str(), ""));
        let digest = execgov::crypto::digest::sha256_hex(&seen.body);
        let text = [seen.method.as_str(), path, query, stamp.as_str(), digest.as_str()].join("\n");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"canary-key");
        let sent = seen.header("authorization").strip_prefix("HMAC ").and_then(|text| hex::decode(text).ok()).unwrap_or_default();
        let good = ring::hmac::verify(&key, text.as_bytes(), &sent).is_ok() && seen.header("x-key-id") == "k1";
        if good { Reply::json(&json!(stamp)) } else { Reply::status(401) }
    })
    .await;
    let auth = json!({
        "kind": "hmac", "key": "s", "key_id": "k1", "key_id_header": "X-Key-Id", "signature_header": "Authorization", "prefix": "HMAC "
    });
    let settings = json!({ "url": server.url(), "auth": auth, "writes": [{ "method": "POST", "path": "/**" }] });
    let call = json!({ "method": "POST", "path": "/a/{b}", "query": { "c": "d e" }, "body": { "json": { "x": "{b}" } } });
    let said = Desk::new(&settings, &[(Role::Credential, "canary-key")]).run(&call, &json!({ "b": "1 2" })).await;
    assert!(said.result().as_str().is_some_and(|stamp| stamp.parse::<i64>().is_ok()), "{}", said.log);
    let wrong = Desk::new(&settings, &[(Role::Credential, "another-key")]).run(&call, &json!({ "b": "1 2" })).await;
    assert_eq!(wrong.problem().0, "EG-HTTP-004");
    let none = Desk::new(&settings, &[]).run(&call, &json!({ "b": "1" })).await;
    assert_eq!(none.problem().0, "EG-HTTP-008");
}
