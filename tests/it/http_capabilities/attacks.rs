//! Rows E01 to E14 of what it must survive, against servers that mean it.

use std::time::Instant;

use execgov::domain::resource::Role;
use serde_json::{Value, json};

use super::servers::{Reply, Server, gzip};
use super::{BOUND, Desk};

/// A resource for which nothing that is not public is listed.
fn strict(url: &str) -> Desk {
    Desk::new(&json!({ "url": url, "private": [] }), &[])
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let server = Server::plain(|_| Reply::json(&json!(1))).await;
    let port = server.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "[fd00::1]",
        "[fe80::1]",
        "100.64.0.1",
        "224.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "localhost",
    ] {
        let desk = strict(&format!("http://{host}:{port}"));
        let (code, text) = desk.run(&json!({}), &json!({})).await.problem();
        assert_eq!(code, "EG-HTTP-001", "{host}: {text}");
    }
    assert_eq!(server.connections(), 0, "nothing was connected");
    // Listed with a port, it is that port and no other.
    let other = Server::plain(|_| Reply::json(&json!(2))).await;
    for (url, good) in [(server.url(), true), (other.url(), false)] {
        let desk = Desk::new(&json!({ "url": url, "private": [server.address.to_string()] }), &[]);
        assert_eq!(desk.run(&json!({}), &json!({})).await.ended.outcome.is_ok(), good, "{url}");
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_all_of_its_addresses_count() {
    let server = Server::plain(|_| Reply::json(&json!(1))).await;
    let port = server.address.port();
    let desk = Desk::new(&json!({ "url": format!("http://erp.example:{port}") }), &[]);
    // The first answer is listed, what comes later is not asked for: the connection that was checked is the one that is used.
    desk.names.set("erp.example", &[&["127.0.0.1"], &["10.0.0.1"]]);
    for _ in 0..3 {
        assert_eq!(desk.run(&json!({}), &json!({})).await.result(), json!(1));
    }
    assert_eq!(server.connections(), 1);
    // One bad address among good ones is one too many.
    let desk = Desk::new(&json!({ "url": format!("http://erp.example:{port}") }), &[]);
    desk.names.set("erp.example", &[&["127.0.0.1", "10.0.0.1"]]);
    let (code, text) = desk.run(&json!({}), &json!({})).await.problem();
    assert!(code == "EG-HTTP-001" && text.contains("erp.example is 10.0.0.1"), "{text}");
    let desk = strict(&format!("http://erp.example:{port}"));
    desk.names.set("erp.example", &[&["127.0.0.1"]]);
    assert_eq!(desk.run(&json!({}), &json!({})).await.problem().0, "EG-HTTP-001");
    let (code, text) = strict("http://nowhere.example").run(&json!({}), &json!({})).await.problem();
    assert!(code == "EG-HTTP-003" && text.contains("nowhere.example"), "{code} {text}");
}

#[tokio::test]
async fn redirects_are_off_and_each_is_checked_when_they_are_on() {
    let inside = Server::plain(|_| Reply::json(&json!("secret"))).await;
    let inner = format!("http://127.0.0.2:{}", inside.address.port());
    let home = Server::plain(move |seen| match seen.path() {
        "/loop" => Reply::redirect(302, "/loop"),
        "/out" => Reply::redirect(302, inner.clone()),
        "/keep" => Reply::redirect(307, "/other"),
        "/see" => Reply::redirect(303, "/done"),
        "/file" => Reply::redirect(302, "file:///etc/passwd"),
        "/user" => Reply::redirect(302, "http://a:b@127.0.0.1/"),
        _ => Reply::json(&json!(seen.method)),
    })
    .await;
    let off = Desk::new(&json!({ "url": home.url() }), &[]);
    assert_eq!(off.run(&json!({ "path": "/loop" }), &json!({})).await.problem().0, "EG-HTTP-009");
    let settings = json!({ "url": home.url(), "redirects": 3, "writes": [{ "method": "POST", "path": "/keep" }, { "method": "POST", "path": "/see" }] });
    let on = Desk::new(&settings, &[]);
    for (path, code) in [("/loop", "EG-HTTP-009"), ("/out", "EG-HTTP-001"), ("/file", "EG-HTTP-009"), ("/user", "EG-HTTP-009")] {
        assert_eq!(on.run(&json!({ "path": path, "redirects": 3 }), &json!({})).await.problem().0, code, "{path}");
    }
    assert_eq!(inside.connections(), 0);
    // A 307 keeps method and body: the whitelist decides again. A 303 does not.
    let post = |path: &str| json!({ "path": path, "method": "POST", "redirects": 3, "body": { "json": {} } });
    assert_eq!(on.run(&post("/keep"), &json!({})).await.problem().0, "EG-HTTP-002");
    assert!(!home.seen().iter().any(|seen| seen.path() == "/other"), "it never left");
    assert_eq!(on.run(&post("/see"), &json!({})).await.result(), json!("GET"));
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_origin() {
    let other = Server::plain(|_| Reply::json(&json!("other"))).await;
    let to = other.url();
    let home = Server::plain(move |_| Reply::redirect(302, to.clone())).await;
    let settings =
        json!({ "url": home.url(), "redirects": 1, "auth": { "kind": "bearer", "token": "t" }, "headers": { "X-Site": "main" } });
    let desk = Desk::new(&settings, &[(Role::Credential, "canary-7f3a9")]);
    let said = desk.run(&json!({ "redirects": 1, "headers": { "X-Mine": "1" } }), &json!({})).await;
    assert_eq!(said.result(), json!("other"));
    assert_eq!(home.last().header("authorization"), "Bearer canary-7f3a9");
    let seen = other.last();
    assert!(seen.header("authorization").is_empty() && seen.header("x-site").is_empty() && seen.header("x-mine").is_empty(), "{seen:?}");
    assert!(!said.log.contains("canary"), "{}", said.log);
}

#[tokio::test]
async fn what_is_not_on_the_write_whitelist_is_not_sent() {
    let server = Server::plain(|_| Reply::json(&json!(1))).await;
    let desk = Desk::new(&json!({ "url": server.url(), "writes": [{ "method": "POST", "path": "/orders/*" }] }), &[]);
    for (call, inputs, good) in [
        (json!({ "method": "POST", "path": "/orders/{id}" }), json!({ "id": "7" }), true),
        (json!({ "method": "POST", "path": "/orders/{id}" }), json!({ "id": "../admin" }), false),
        (json!({ "method": "POST", "path": "/orders/{id}" }), json!({ "id": "%2e%2e" }), false),
        (json!({ "method": "POST", "path": "/orders/{id}" }), json!({ "id": "7;x=1" }), false),
        (json!({ "method": "POST", "path": "/orders" }), json!({}), false),
        (json!({ "method": "PUT", "path": "/orders/7" }), json!({}), false),
        (json!({ "method": "DELETE", "path": "/orders/7" }), json!({}), false),
        (json!({ "method": "PATCH", "path": "/orders/7" }), json!({}), false),
    ] {
        let before = server.seen().len();
        let said = desk.run(&call, &inputs).await;
        assert_eq!(said.ended.outcome.is_ok(), good, "{call} {inputs}");
        if !good {
            assert_eq!((said.problem().0, server.seen().len()), ("EG-HTTP-002", before), "{call} {inputs}");
        }
    }
    let (code, text) =
        desk.run(&json!({ "path": "/graphql", "query": { "query": "{q}" } }), &json!({ "q": "mutation { drop }" })).await.problem();
    assert!(code == "EG-HTTP-007" && text.contains("mutation"), "{text}");
}

#[tokio::test]
async fn values_cannot_add_headers() {
    let server = Server::plain(|_| Reply::json(&json!(1))).await;
    let desk = Desk::new(&json!({ "url": server.url() }), &[]);
    for value in ["a\r\nX-Admin: 1", "a\nb", "a\0b"] {
        let said = desk.run(&json!({ "headers": { "X-A": "{v}" } }), &json!({ "v": value })).await;
        assert_eq!(said.problem().0, "EG-HTTP-007", "{value:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn answers_that_never_end_or_explode_are_cut_off() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let big = format!("{head}content-length: 10737418240\r\n\r\n");
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let many: String = (0..100_000).map(|n| format!("x-{n}: 1\r\n")).collect();
    let bomb = gzip(&vec![b'0'; 64 << 20]);
    let server = Server::plain(move |seen| match seen.path() {
        "/big" => Reply::Endless(big.clone().into_bytes(), vec![b'1'; 65_536], 0),
        "/chunks" => Reply::Endless(chunked.clone().into_bytes(), chunk.clone().into_bytes(), 0),
        "/bomb" => {
            Reply::Plain(200, vec![("content-encoding", "gzip".to_owned()), ("content-type", "application/json".to_owned())], bomb.clone())
        }
        "/drip" => Reply::Endless(chunked.clone().into_bytes(), b"1\r\n1\r\n".to_vec(), 100),
        "/headers" => Reply::Raw(format!("{head}{many}\r\n").into_bytes()),
        "/hints" => Reply::Endless(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), 1),
        "/silent" => Reply::Endless(Vec::new(), Vec::new(), 50),
        "/cut" => Reply::Raw(format!("{head}content-length: 100\r\n\r\n{{").into_bytes()),
        _ => Reply::Raw(b"not http at all\r\n\r\n".to_vec()),
    })
    .await;
    let desk = Desk::new(&json!({ "url": server.url(), "timeout_ms": 1_500, "max_bytes": 8 << 20 }), &[]);
    for (path, codes) in [
        ("/big", &["EG-HTTP-005"][..]),
        ("/chunks", &["EG-HTTP-005"]),
        ("/bomb", &["EG-HTTP-005"]),
        ("/drip", &["EG-HTTP-010"]),
        ("/headers", &["EG-HTTP-003"]),
        ("/hints", &["EG-HTTP-010", "EG-HTTP-003"]),
        ("/silent", &["EG-HTTP-010"]),
        ("/cut", &["EG-HTTP-003"]),
        ("/nonsense", &["EG-HTTP-003"]),
    ] {
        let began = Instant::now();
        let (code, text) = desk.run(&json!({ "path": path }), &json!({})).await.problem();
        assert!(codes.contains(&code), "{path}: {code} {text}");
        assert!(began.elapsed() < BOUND, "{path}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_credential_is_nowhere_that_is_written_down() {
    let canary = "canary-2b/9+x=";
    let server = Server::plain(move |seen| {
        let echo = format!(
            "{} {}",
            seen.target,
            seen.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
        );
        let status = if seen.path() == "/bad" { 500 } else { 200 };
        Reply::Plain(status, vec![("content-type", "application/json".to_owned())], json!({ "echo": echo }).to_string().into_bytes())
    })
    .await;
    for auth in [
        json!({ "kind": "bearer", "token": "s" }),
        json!({ "kind": "basic", "username": "me", "password": "s" }),
        json!({ "kind": "api_key", "place": "query", "name": "key", "key": "s" }),
        json!({ "kind": "api_key", "place": "header", "name": "X-Key", "key": "s" }),
    ] {
        let desk = Desk::new(&json!({ "url": server.url(), "auth": auth }), &[(Role::Credential, canary)]);
        for path in ["/good", "/bad"] {
            let said = desk.run(&json!({ "path": path, "response": { "artifact": "a.json" } }), &json!({})).await;
            let kept = said.ended.artifacts.iter().map(|kept| String::from_utf8_lossy(&kept.bytes).into_owned()).collect::<String>();
            let all = format!("{}{:?}{kept}", said.log, said.ended.outcome);
            let forms = [canary.to_owned(), execgov::domain::http::path::encode(canary)];
            use base64::Engine as _;
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("me:{canary}"));
            for form in forms.iter().chain([&pair]) {
                assert!(!all.contains(form.as_str()), "{auth} {path}: {form} in {all}");
            }
            assert!(
                server.last().target.contains("canary")
                    || server.last().headers.iter().any(|(_, value)| value.contains("canary") || value.contains(&pair)),
                "it was sent"
            );
        }
    }
}

#[tokio::test]
async fn no_proxy_is_taken_from_anywhere_but_the_settings() {
    let proxy = Server::plain(|seen| Reply::json(&json!(seen.target))).await;
    let desk = Desk::new(&json!({ "url": "http://erp.example/x", "proxy": proxy.url() }), &[]);
    desk.names.set("erp.example", &[&["127.0.0.1"]]);
    assert_eq!(desk.run(&json!({ "path": "/y" }), &json!({})).await.result(), json!("http://erp.example/x/y"));
    // The proxy is an address like any other.
    let strict = Desk::new(&json!({ "url": "http://erp.example/x", "proxy": proxy.url(), "private": [] }), &[]);
    strict.names.set("erp.example", &[&["8.8.8.8"]]);
    let before: Value = json!(proxy.seen().len());
    assert_eq!(strict.run(&json!({}), &json!({})).await.problem().0, "EG-HTTP-001");
    // What the target's name stands for is looked at before the proxy is asked.
    let hidden = Desk::new(&json!({ "url": "http://erp.example/x", "proxy": proxy.url() }), &[]);
    hidden.names.set("erp.example", &[&["10.0.0.1"]]);
    assert_eq!(hidden.run(&json!({}), &json!({})).await.problem().0, "EG-HTTP-001");
    assert_eq!(json!(proxy.seen().len()), before);
}
