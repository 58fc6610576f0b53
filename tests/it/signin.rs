//! Set-up, sessions, tokens and accounts over HTTP, on the real server.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, Appliance, answer, eventually};

const PASSWORD: &str = "correct horse battery";

/// Answers without credentials: all others ask for them.
const PUBLIC: &[(&str, &str)] = &[
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
    ("get", "/api/v1/errors/{code}"),
    ("get", "/api/v1/setup"),
    ("post", "/api/v1/setup"),
    ("post", "/api/v1/session"),
    // Who delivers is known by the signature; what is not signed is told that nothing is there.
    ("post", "/api/v1/webhooks/{id}/deliveries"),
];

fn setup_token(appliance: &Appliance) -> String {
    eventually("the setup token", || std::fs::read_to_string(appliance.data().join("setup-token")).ok()).trim().to_owned()
}

/// A set-up appliance and a session of its administrator.
async fn set_up(mode: &str) -> (Appliance, String) {
    let appliance = Appliance::start();
    let request =
        json!({ "token": setup_token(&appliance), "username": "root", "password": PASSWORD, "mode": mode, "time_zone": "Asia/Shanghai" });
    let made = appliance.post("/api/v1/setup", &request).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let session = login(&appliance, "root", PASSWORD).await;
    (appliance, session)
}

async fn login(appliance: &Appliance, name: &str, password: &str) -> String {
    let request = json!({ "username": name, "password": password, "deliver": "body" });
    let answer = appliance.post("/api/v1/session", &request).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("set-cookie"), "");
    answer.json()["session_token"].as_str().unwrap().to_owned()
}

async fn ask(appliance: &Appliance, session: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut request = appliance.request(method, path).bearer_auth(session);
    if let Some(body) = body {
        request = request.json(&body);
    }
    answer(request).await
}

/// A person who has chosen their password, signed in.
async fn person(appliance: &Appliance, root: &str, name: &str, roles: &[&str]) -> String {
    let first = "staple of the nine hills";
    let body = json!({ "username": name, "password": first, "roles": roles });
    let made = ask(appliance, root, Method::POST, "/api/v1/users", Some(body)).await;
    assert_eq!((made.status, made.header("etag")), (201, "\"1\""), "{}", made.text);
    let session = login(appliance, name, first).await;
    let change = json!({ "current": first, "new": PASSWORD });
    let changed = ask(appliance, &session, Method::POST, "/api/v1/me/password", Some(change)).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    changed.json()["session_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn from_an_empty_box_to_a_signed_in_administrator() {
    let appliance = Appliance::start();
    assert_eq!(appliance.get("/api/v1/setup").await.json(), json!({ "open": true }));
    let token = setup_token(&appliance);
    assert!(appliance.stdout().contains(&token), "printed to the console");
    let wish = |token: &str, password: &str| json!({ "token": token, "username": "root", "password": password, "mode": "solo" });
    assert_eq!(appliance.post("/api/v1/setup", &wish("egi_guess", PASSWORD)).await.json()["code"], "EG-AUTH-008");
    let weak = appliance.post("/api/v1/setup", &wish(&token, "password1234")).await;
    assert_eq!((weak.status, weak.json()["errors"][0]["pointer"].as_str()), (400, Some("/password")), "{}", weak.text);
    assert_eq!(appliance.post("/api/v1/setup", &wish(&token, PASSWORD)).await.status, 201);
    assert_eq!(appliance.get("/api/v1/setup").await.json(), json!({ "open": false }));
    let again = appliance.post("/api/v1/setup", &wish(&token, PASSWORD)).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("EG-AUTH-007")));

    // A browser: the session is in a cookie that scripts and other hosts do not get.
    let answer_ = appliance.post("/api/v1/session", &json!({ "username": "Root", "password": PASSWORD })).await;
    assert_eq!(answer_.status, 201, "{}", answer_.text);
    let cookie = answer_.header("set-cookie").to_owned();
    for part in ["__Host-execgov=egs_", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(answer_.json()["session_token"].is_null() && !answer_.text.contains("egs_"));
    let me = answer_.json();
    assert_eq!((me["name"].as_str(), me["mode"].as_str(), me["password_expired"].as_bool()), (Some("root"), Some("solo"), Some(false)));
    assert!(me["actions"].as_array().unwrap().contains(&json!("capability.run")));
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let with_cookie = |method, path: &str| appliance.request(method, path).header("cookie", &cookie);
    assert_eq!(answer(with_cookie(Method::GET, "/api/v1/me")).await.json()["name"], "root");

    // CSRF: a cookie alone changes nothing.
    let name = json!({ "display_name": "Root" });
    for (header, value, expected) in [
        ("x-nothing", "", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("origin", &format!("http://{}", appliance.address()), 200),
        ("sec-fetch-site", "same-origin", 200),
    ] {
        let request = with_cookie(Method::PATCH, "/api/v1/me").header(header, value).json(&name);
        let answered = answer(request).await;
        assert_eq!(answered.status, expected, "{header}: {value}: {}", answered.text);
    }
    let cross = appliance.request(Method::POST, "/api/v1/session").header("origin", "https://evil.example");
    assert_eq!(answer(cross.json(&json!({ "username": "root", "password": PASSWORD }))).await.json()["code"], "EG-AUTH-005");
    let both = with_cookie(Method::GET, "/api/v1/me").bearer_auth("egt_x");
    assert_eq!(answer(both).await.status, 401, "not a token of ours");
    let token = format!("egt_{}", "A".repeat(43));
    assert_eq!(answer(with_cookie(Method::GET, "/api/v1/me").bearer_auth(token)).await.json()["code"], "EG-AUTH-006");

    let out = answer(with_cookie(Method::DELETE, "/api/v1/session").header("sec-fetch-site", "same-origin")).await;
    assert_eq!((out.status, out.header("set-cookie").contains("Max-Age=0")), (204, true));
    assert_eq!(answer(with_cookie(Method::GET, "/api/v1/me")).await.json()["code"], "EG-AUTH-001");
}

/// A10: the route object asks who it is, so no spelling of a path gets around it.
#[tokio::test]
async fn no_route_answers_without_credentials() {
    let (appliance, session) = set_up("solo").await;
    let described = appliance.get("/api/openapi.json").await.json();
    let mut asked = 0;
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str())) {
            let public = PUBLIC.contains(&(method, path));
            let real = path.replace("{code}", "EG-REQ-001").replace(['{', '}', '*'], "");
            let verb: Method = method.to_uppercase().parse().unwrap();
            for forged in ["", "Bearer egt_x", "Bearer eyJhbGciOiJub25lIn0.e30.", "Basic cm9vdDpyb290"] {
                let mut request = appliance.request(verb.clone(), &real);
                if !forged.is_empty() {
                    request = request.header("authorization", forged);
                }
                let status = answer(request).await.status;
                assert_eq!(status == 401, !public, "{method} {path} with `{forged}`: {status}");
                asked += 1;
            }
        }
    }
    assert!(asked > 60, "{asked}");
    for trick in [
        "/api/v1/users;.css",
        "/api/v1/users/;x",
        "//api/v1/users",
        "/api;x/v1/users",
        "/Api/v1/users",
        "/api/v1//users",
        "/api/v1/users/",
        "/api/v1/users.",
        "/API/V1/USERS",
        "/api/%2e%2e/healthz",
        "/api/v1/%2e%2e/v1/users",
        "/api/v1/u%73ers/.",
        "/api/v1/users\\..\\..",
        "/api/v1/setup/../users",
        "/api/v1/setup/..;/users",
        "/healthz/../api/v1/users",
        "/api/v1/users%2f",
        "/api/v1/users%00",
        "/api/v1/users?_method=GET",
    ] {
        for header in ["X-HTTP-Method-Override: GET", "X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-Forwarded-For: 127.0.0.1"] {
            let text = raw(&appliance, &format!("GET {trick} HTTP/1.1\r\nHost: {}\r\n{header}\r\n", appliance.address())).await;
            let status = text.split(' ').nth(1).unwrap_or_default();
            assert!(matches!(status, "400" | "401" | "404"), "{trick}: {text}");
            assert!(!text.contains("usr_") && !text.contains("\"root\""), "{trick}: {text}");
        }
    }
    for method in ["POST", "PUT", "QUERY", "get"] {
        let head = format!("{method} /api/v1/users HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n", appliance.address());
        let text = raw(&appliance, &format!("{head}X-HTTP-Method-Override: GET\r\n")).await;
        assert!(matches!(text.split(' ').nth(1), Some("400" | "401" | "404" | "405")), "{method}: {text}");
    }
    assert_eq!(ask(&appliance, &session, Method::GET, "/api/v1/users", None).await.status, 200, "the way in does work");
}

/// Sends the head of a request as it is, without a library that tidies the path, and reads the answer.
async fn raw(appliance: &Appliance, head: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(appliance.address()).await.unwrap();
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// B08: fields that are not for the requester to set are refused, everywhere.
#[tokio::test]
async fn unknown_fields_are_refused() {
    let (appliance, root) = set_up("solo").await;
    let bodies = [
        (Method::POST, "/api/v1/session", json!({ "username": "root", "password": PASSWORD })),
        (Method::POST, "/api/v1/setup", json!({ "token": "x", "username": "a", "password": PASSWORD, "mode": "solo" })),
        (Method::PATCH, "/api/v1/me", json!({ "theme": "dark" })),
        (Method::POST, "/api/v1/me/password", json!({ "current": PASSWORD, "new": "another long word" })),
        (Method::POST, "/api/v1/tokens", json!({ "name": "x", "scopes": ["run"] })),
        (Method::POST, "/api/v1/users", json!({ "username": "x", "password": PASSWORD })),
        (Method::PATCH, "/api/v1/users/root", json!({ "display_name": "x" })),
        (Method::POST, "/api/v1/users/root/password", json!({ "password": PASSWORD })),
        (Method::POST, "/api/v1/access/explain", json!({ "action": "capability.run", "resource": { "kind": "appliance" } })),
    ];
    for (method, path, body) in bodies {
        for field in ["role", "owner", "approved", "created_by", "id", "tenant", "password_hash", "__proto__"] {
            let mut body = body.clone();
            body[field] = json!("platform-admin");
            let answer = ask_as(&appliance, &root, &method, path, &body).await;
            if (path, field) == ("/api/v1/users", "tenant") {
                // Whoever looks after every tenant may name one, which must be there.
                assert_eq!(answer.status, 404, "{}", answer.text);
                continue;
            }
            assert_eq!(answer.status, 400, "{method} {path} {field}: {}", answer.text);
            assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"), "{path}: {}", answer.text);
        }
    }
    let users = ask(&appliance, &root, Method::GET, "/api/v1/users", None).await.json();
    assert_eq!((users["items"].as_array().unwrap().len(), users["items"][0]["version"].as_u64()), (1, Some(1)), "no effect");
}

/// Public routes get no credentials.
async fn ask_as(appliance: &Appliance, session: &str, method: &Method, path: &str, body: &Value) -> Answer {
    if PUBLIC.iter().any(|(_, public)| *public == path) {
        return answer(appliance.request(method.clone(), path).json(body)).await;
    }
    ask(appliance, session, method.clone(), path, Some(body.clone())).await
}

/// B12: hostile JSON is a client's error with its place, never ours.
#[tokio::test]
async fn hostile_json_is_refused() {
    let (appliance, root) = set_up("solo").await;
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let big = format!("{{\"name\":\"{}\"}}", "x".repeat(5 << 20));
    for (body, status, code) in [
        (r#"{"name":"a","name":"b","scopes":["run"]}"#, 400, "EG-REQ-003"),
        (r#"{"name":"a","scopes":["run"],"n\u0061me":"b"}"#, 400, "EG-REQ-003"),
        (&deep, 400, "EG-REQ-003"),
        (r#"{"name":"a","scopes":["run"],"days":1e400}"#, 400, "EG-REQ-003"),
        (r#"{"name":"a","scopes":["run"],"days":NaN}"#, 400, "EG-REQ-003"),
        (r#"{"name":"\ud800","scopes":["run"]}"#, 400, "EG-REQ-003"),
        ("\u{feff}{\"name\":\"a\",\"scopes\":[\"run\"]}", 400, "EG-REQ-003"),
        (r#"{"name":"a","scopes":["run"]} {"name":"b"}"#, 400, "EG-REQ-003"),
        (r#"{"name":"a","scopes":["run"]"#, 400, "EG-REQ-003"),
        ("", 400, "EG-REQ-003"),
        ("[]", 400, "EG-REQ-003"),
        (&big, 413, "EG-REQ-004"),
    ] {
        let request = appliance.request(Method::POST, "/api/v1/tokens").bearer_auth(&root).header("content-type", "application/json");
        let answered = answer(request.body(body.to_owned())).await;
        let start: String = body.chars().take(60).collect();
        assert_eq!((answered.status, answered.json()["code"].as_str()), (status, Some(code)), "{start}: {}", answered.text);
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let request = appliance.request(Method::POST, "/api/v1/tokens").bearer_auth(&root).header("content-type", kind);
        assert_eq!(answer(request.body(r#"{"name":"a","scopes":["run"]}"#)).await.status, 415, "{kind}");
    }
    let tokens = ask(&appliance, &root, Method::GET, "/api/v1/tokens", None).await.json();
    assert_eq!(tokens["items"], json!([]), "nothing was made");
}

/// B01: what one may not see is answered word for word like what is not there.
#[tokio::test]
async fn hidden_and_absent_are_the_same() {
    let (appliance, root) = set_up("four_eyes").await;
    let viewer = person(&appliance, &root, "viewer", &["viewer"]).await;
    let root_id = ask(&appliance, &root, Method::GET, "/api/v1/users/root", None).await.json()["id"].as_str().unwrap().to_owned();
    let made = ask(&appliance, &root, Method::POST, "/api/v1/tokens", Some(json!({ "name": "x", "scopes": ["read"] }))).await.json();
    let sessions = ask(&appliance, &root, Method::GET, "/api/v1/me/sessions", None).await.json();
    let token_id = made["id"].as_str().unwrap();
    let session_id = sessions["items"][0]["id"].as_str().unwrap();
    let body_of = |answer: &Answer| {
        let mut body = answer.json();
        body["request_id"].take();
        (answer.status, body)
    };
    for (method, hidden, absent) in [
        (Method::GET, format!("/api/v1/users/{root_id}"), "/api/v1/users/usr_00000000000070008000000000000000".to_owned()),
        (Method::GET, "/api/v1/users/root".to_owned(), "/api/v1/users/nobody".to_owned()),
        (Method::DELETE, format!("/api/v1/tokens/{token_id}"), "/api/v1/tokens/tok_00000000000070008000000000000000".to_owned()),
        (
            Method::DELETE,
            format!("/api/v1/me/sessions/{session_id}"),
            "/api/v1/me/sessions/ses_00000000000070008000000000000000".to_owned(),
        ),
        (Method::GET, "/api/v1/tokens?user=root".to_owned(), "/api/v1/tokens?user=nobody".to_owned()),
    ] {
        let hidden = ask(&appliance, &viewer, method.clone(), &hidden, None).await;
        let absent = ask(&appliance, &viewer, method.clone(), &absent, None).await;
        assert_eq!(hidden.status, 404, "{}", hidden.text);
        assert_eq!(body_of(&hidden), body_of(&absent), "{method}");
    }
    let refused = ask(&appliance, &viewer, Method::GET, "/api/v1/users", None).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("EG-AUTH-002")));
    assert_eq!(ask(&appliance, &root, Method::GET, "/api/v1/me", None).await.status, 200, "nothing was ended");
}

/// A05 over HTTP: a disabled person's session and token are refused with the next request.
#[tokio::test]
async fn disabling_somebody_takes_effect_at_once() {
    let (appliance, root) = set_up("four_eyes").await;
    let session = person(&appliance, &root, "wang", &["operator"]).await;
    let body = json!({ "name": "ci", "scopes": ["run"], "days": 30 });
    let token = ask(&appliance, &session, Method::POST, "/api/v1/tokens", Some(body)).await.json();
    let token = token["token"].as_str().unwrap();
    let me = ask(&appliance, token, Method::GET, "/api/v1/me", None).await.json();
    assert_eq!(me["token"]["scopes"], json!(["run"]));
    assert!(!me["actions"].as_array().unwrap().contains(&json!("token.create_own")));
    let stale = answer(
        appliance
            .request(Method::PATCH, "/api/v1/users/wang")
            .bearer_auth(&root)
            .header("if-match", "\"1\"")
            .json(&json!({ "state": "disabled" })),
    );
    assert_eq!(stale.await.status, 409, "the account changed since version 1");
    let tag = ask(&appliance, &root, Method::GET, "/api/v1/users/wang", None).await.header("etag").to_owned();
    let disable = appliance.request(Method::PATCH, "/api/v1/users/wang").bearer_auth(&root).header("if-match", tag);
    assert_eq!(answer(disable.json(&json!({ "state": "disabled" }))).await.json()["state"], "disabled");
    for proof in [&session, token] {
        assert_eq!(ask(&appliance, proof, Method::GET, "/api/v1/me", None).await.json()["code"], "EG-AUTH-001");
    }
}

#[tokio::test]
async fn roles_and_reasons_are_told() {
    let (appliance, root) = set_up("four_eyes").await;
    let author = person(&appliance, &root, "author", &["author"]).await;
    let roles = ask(&appliance, &author, Method::GET, "/api/v1/roles", None).await.json();
    assert_eq!(roles["items"].as_array().unwrap().len(), 8);
    let operator = roles["items"].as_array().unwrap().iter().find(|role| role["name"] == "operator").unwrap();
    assert!(operator["own_only"].as_array().unwrap().contains(&json!("run.view")));
    let ask_why = |user: Option<&str>| json!({ "user": user, "action": "capability.run", "resource": { "kind": "capability" } });
    let why = ask(&appliance, &author, Method::POST, "/api/v1/access/explain", Some(ask_why(None))).await.json();
    assert_eq!((why["allowed"].as_bool(), &why["any_of"]), (Some(false), &json!(["operator"])));
    let why = ask(&appliance, &root, Method::POST, "/api/v1/access/explain", Some(ask_why(Some("author")))).await.json();
    assert_eq!((why["user"].as_str(), why["allowed"].as_bool()), (Some("author"), Some(false)));
    let bad = json!({ "action": "fly", "resource": { "kind": "appliance" } });
    assert_eq!(ask(&appliance, &root, Method::POST, "/api/v1/access/explain", Some(bad)).await.json()["errors"][0]["pointer"], "/action");
}
