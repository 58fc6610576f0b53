//! Requests as they are declared: what goes out, what is made of the answer, pages, tries, files.

use std::sync::atomic::{AtomicUsize, Ordering};

use execgov::exec::InputFile;
use serde_json::json;

use super::Desk;
use super::servers::{Reply, Server, form};

#[tokio::test]
async fn inputs_go_where_they_are_declared_and_the_result_is_extracted() {
    let server = Server::plain(|_| Reply::json(&json!({ "ok": true, "data": { "items": [{ "id": 1 }, { "id": 2 }] } }))).await;
    let desk = Desk::new(&json!({ "url": format!("{}/api", server.url()), "headers": { "X-Site": "main" } }), &[]);
    let call = json!({
        "path": "/users/{id}/orders", "query": { "month": "{month}", "tag": "{tags}", "gone": "{missing}" }, "headers": { "X-Team": "t {team}" },
        "response": { "check": [{ "at": "/ok", "equals": true }], "extract": { "ids": "$.data.items[*].id", "first": "/data/items/0" } }
    });
    let said = desk.run(&call, &json!({ "id": "../a?b#c;d", "month": "2026-01", "tags": ["x", "y&z=1"], "team": "ops" })).await;
    assert_eq!(said.result(), json!({ "first": { "id": 1 }, "ids": [1, 2] }));
    let seen = server.last();
    assert_eq!(seen.target, "/api/users/..%2Fa%3Fb%23c%3Bd/orders?month=2026-01&tag=x&tag=y%26z%3D1");
    assert_eq!((seen.header("x-team"), seen.header("x-site"), seen.header("authorization")), ("t ops", "main", ""));
    assert!(said.log.contains("> GET http://127.0.0.1") && said.log.contains("< 200"), "{}", said.log);
    assert_eq!(said.ended.reached, [format!("{} (127.0.0.1)", server.address)]);
    assert!(said.ended.artifacts.is_empty());
}

#[tokio::test]
async fn bodies_are_json_forms_files_and_raw_text() {
    let server = Server::plain(|_| Reply::status(204)).await;
    let writes = json!([{ "method": "POST", "path": "/**" }, { "method": "PUT", "path": "/docs/*" }]);
    let desk = Desk::new(&json!({ "url": server.url(), "writes": writes }), &[]);
    let post = |body: serde_json::Value| json!({ "method": "POST", "path": "/x", "body": body });
    desk.run(&post(json!({ "json": { "n": "{n}", "note": "no {n}", "gone": "{missing}" } })), &json!({ "n": 7 })).await.result();
    assert_eq!(
        (server.last().text(), server.last().header("content-type").to_owned()),
        (r#"{"n":7,"note":"no 7"}"#.to_owned(), "application/json".to_owned())
    );
    desk.run(&post(json!({ "form": { "a": "{a}", "b": "{b}" } })), &json!({ "a": "1&2=3", "b": ["x", "y"] })).await.result();
    assert_eq!(form(&server.last().text())["a"], "1&2=3");
    let put =
        json!({ "method": "PUT", "path": "/docs/{id}", "body": { "raw": { "text": "<a>{n}</a>", "content_type": "application/xml" } } });
    desk.run(&put, &json!({ "id": "7", "n": 1 })).await.result();
    assert_eq!((server.last().text(), server.last().method), ("<a>1</a>".to_owned(), "PUT".to_owned()));
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("r.csv"), "a,b\n1,2\n").expect("written");
    let files = vec![InputFile { name: "r.csv".to_owned(), path: dir.path().join("r.csv") }];
    let upload = post(json!({ "multipart": { "report": "{file}", "note": "{note}" } }));
    desk.run_with(&upload, &json!({ "file": "inputs/r.csv", "note": "x" }), files).await.result();
    let text = server.last().text();
    assert!(text.contains("filename=\"r.csv\"") && text.contains("a,b\n1,2\n") && text.contains("name=\"note\""), "{text}");
}

#[tokio::test]
async fn pages_are_read_to_their_end_or_their_bound() {
    let server = Server::plain(|seen| {
        let query = form(seen.target.split_once('?').map_or("", |(_, query)| query));
        let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        match seen.path() {
            "/cursor" => {
                let at = number("after");
                Reply::json(&json!({ "items": [at], "next": if at < 3 { json!(at + 1) } else { json!(null) } }))
            }
            "/numbers" => Reply::json(&json!(if number("page") < 4 { vec![number("page")] } else { Vec::new() })),
            "/offset" => Reply::json(&json!({ "rows": if number("from") < 40 { vec![number("from")] } else { Vec::new() } })),
            _ => {
                let at = number("p");
                let headers =
                    vec![("content-type", "application/json".to_owned()), ("link", format!("</link?p={}>; rel=\"next\"", at + 1))];
                Reply::Plain(200, headers, format!("[{at}]").into_bytes())
            }
        }
    })
    .await;
    let desk = Desk::new(&json!({ "url": server.url() }), &[]);
    for (path, pages, expected) in [
        ("/cursor", json!({ "kind": "cursor", "next": "/next", "param": "after", "items": "/items", "max": 10 }), json!([0, 1, 2, 3])),
        ("/numbers", json!({ "kind": "page", "param": "page", "items": "", "max": 10 }), json!([1, 2, 3])),
        ("/offset", json!({ "kind": "offset", "param": "from", "step": 20, "items": "/rows", "max": 10 }), json!([0, 20])),
        ("/link", json!({ "kind": "link", "items": "", "max": 3 }), json!([0, 1, 2])),
    ] {
        assert_eq!(desk.run(&json!({ "path": path, "pages": pages }), &json!({})).await.result(), expected, "{path}");
    }
}

#[tokio::test]
async fn only_what_does_no_harm_twice_is_sent_again() {
    let asked = AtomicUsize::new(0);
    let server =
        Server::plain(move |_| if asked.fetch_add(1, Ordering::SeqCst) % 3 < 2 { Reply::status(503) } else { Reply::json(&json!(1)) })
            .await;
    let desk = Desk::new(&json!({ "url": server.url(), "writes": [{ "method": "POST", "path": "/**" }] }), &[]);
    let retry = json!({ "tries": 3, "wait_ms": 1 });
    assert_eq!(desk.run(&json!({ "retry": retry }), &json!({})).await.result(), json!(1));
    assert_eq!(server.seen().len(), 3);
    let (code, text) = desk.run(&json!({ "method": "POST" }), &json!({})).await.problem();
    assert_eq!((code, server.seen().len()), ("EG-HTTP-004", 4), "{text}");
    let keyed = json!({ "method": "POST", "retry": retry, "idempotency_header": "Idempotency-Key" });
    let said = desk.run(&keyed, &json!({})).await;
    assert_eq!(said.result(), json!(1), "{}", said.log);
    let keys: Vec<String> =
        server.seen().iter().map(|seen| seen.header("idempotency-key").to_owned()).filter(|key| !key.is_empty()).collect();
    assert!(keys.len() == 2 && keys[0].starts_with("run_") && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test]
async fn answers_that_are_not_what_was_declared_fail_cleanly() {
    let server = Server::plain(|seen| match seen.path() {
        "/text" => Reply::Plain(200, vec![("content-type", "text/csv".to_owned())], b"a,b".to_vec()),
        "/gone" => Reply::Plain(404, vec![("content-type", "application/json".to_owned())], b"{\"error\":\"no such order\"}".to_vec()),
        "/br" => Reply::Plain(200, vec![("content-encoding", "br".to_owned())], vec![1, 2, 3]),
        "/zip" => Reply::Plain(
            200,
            vec![("content-encoding", "gzip".to_owned()), ("content-type", "application/json".to_owned())],
            super::servers::gzip(b"[1]"),
        ),
        _ => Reply::json(&json!({ "ok": false, "n": "x" })),
    })
    .await;
    let desk = Desk::new(&json!({ "url": server.url() }), &[]);
    let text = desk.run(&json!({ "path": "/text" }), &json!({})).await;
    assert_eq!(
        (text.result(), text.ended.artifacts[0].name.as_str(), text.ended.artifacts[0].bytes.as_slice()),
        (json!(null), "response.csv", &b"a,b"[..])
    );
    assert_eq!(desk.run(&json!({ "path": "/zip" }), &json!({})).await.result(), json!([1]));
    for (call, code, says) in [
        (json!({ "path": "/text", "response": { "extract": "/a" } }), "EG-HTTP-006", "not JSON"),
        (json!({ "path": "/gone" }), "EG-HTTP-004", "404"),
        (json!({ "path": "/br" }), "EG-HTTP-006", "`br`"),
        (json!({ "response": { "check": [{ "at": "/ok", "equals": true }] } }), "EG-HTTP-004", "`/ok`"),
        (json!({ "response": { "extract": "/none" } }), "EG-HTTP-006", "/none"),
        (json!({ "response": { "schema": { "properties": { "n": { "type": "integer" } } } } }), "EG-HTTP-006", "/n"),
        (json!({ "path": "/a/{id}" }), "EG-HTTP-007", "`id`"),
    ] {
        let (found, text) = desk.run(&call, &json!({})).await.problem();
        assert!(found == code && text.contains(says), "{call}: {found} {text}");
    }
    let gone = desk.run(&json!({ "path": "/gone" }), &json!({})).await;
    assert!(gone.log.contains("no such order"), "{}", gone.log);
    let kept = desk.run(&json!({ "path": "/", "response": { "artifact": "answer.json" } }), &json!({})).await;
    assert_eq!((kept.ended.artifacts[0].name.as_str(), kept.ended.artifacts[0].media_type.as_str()), ("answer.json", "application/json"));
}

#[tokio::test]
async fn a_bound_on_requests_makes_them_wait() {
    let server = Server::plain(|_| Reply::json(&json!(1))).await;
    let desk = Desk::new(&json!({ "url": server.url(), "rate_per_minute": 600 }), &[]);
    let began = std::time::Instant::now();
    for _ in 0..4 {
        desk.run(&json!({}), &json!({})).await.result();
    }
    assert!(began.elapsed() >= std::time::Duration::from_millis(300), "{:?}", began.elapsed());
    assert_eq!(server.connections(), 1, "connections are kept");
}
