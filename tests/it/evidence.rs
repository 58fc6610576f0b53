//! G04: whatever changes something, and whatever is forbidden, is in the audit log when it is answered.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::Appliance;
use crate::person::{Person, id_of};

/// Requests that answer a question although they are sent with POST: they change nothing.
const QUESTIONS: [&str; 4] = ["/api/v1/inspections", "/api/v1/access/explain", "/api/v1/audit/verify", "/api/v1/capabilities/{name}/plan"];

struct Book<'a> {
    ada: &'a Person,
    /// Routes that were seen to change something, as the API description names them.
    driven: BTreeSet<String>,
}

impl Book<'_> {
    /// Sends a request as a person; when it was done or forbidden, exactly the events of that request must tell.
    async fn drive(&mut self, who: &Person, method: Method, route: &str, path: &str, body: Value) -> Value {
        let mut request = who.request(method.clone(), path);
        if method == Method::PATCH {
            request = request.header("if-match", self.ada.get(path).await.header("etag").to_owned());
        }
        let request = match (&method, &body) {
            (&Method::DELETE, _) => request,
            (_, Value::String(name)) => {
                let part = reqwest::multipart::Part::bytes(b"def main():\n    return 1\n".to_vec()).file_name(name.clone());
                request.multipart(reqwest::multipart::Form::new().part("file", part))
            }
            (_, body) => request.json(body),
        };
        let answer = request.send().await.expect("an answer");
        let id = answer.headers()["x-request-id"].to_str().expect("an id").to_owned();
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        let page = self.ada.get("/api/v1/audit/events?limit=20").await.json();
        let told: Vec<&Value> = page["items"]
            .as_array()
            .expect("events")
            .iter()
            .map(|entry| entry.get("event").unwrap_or(entry))
            .filter(|event| event["request"] == *id)
            .collect();
        match status {
            200..300 => {
                assert!(told.iter().any(|event| event["outcome"] == "done"), "{method} {route} left no event: {text}\n{page:#}");
                self.driven.insert(format!("{} {route}", method.as_str().to_lowercase()));
            }
            403 | 404 => {
                assert!(told.iter().any(|event| event["outcome"] == "refused"), "{method} {route} ({status}) left no event: {text}")
            }
            _ => panic!("{method} {route}: {status} {text}"),
        }
        serde_json::from_str(&text).unwrap_or_default()
    }
}

#[tokio::test]
async fn every_change_and_every_refusal_leaves_its_event() {
    let appliance = Appliance::start();
    Person::first(&appliance).await;
    let ada = Person::first_by_session(&appliance).await;
    let nobody = ada.another(&appliance, "nobody", &[]).await;
    let mut book = Book { ada: &ada, driven: BTreeSet::new() };
    let (post, patch, delete) = (Method::POST, Method::PATCH, Method::DELETE);
    let password = "staple of the nine hills";

    let cap = "/api/v1/capabilities";
    book.drive(&ada, post.clone(), cap, cap, json!("told.py")).await;
    let version = |verb: &str| (format!("{cap}/{{name}}/versions/{{number}}/{verb}"), format!("{cap}/told/versions/1/{verb}"));
    let (route, path) = version("publish");
    book.drive(&nobody, post.clone(), &route, &path, json!({})).await;
    book.drive(&ada, post.clone(), &route, &path, json!({})).await;
    let run = book.drive(&ada, post.clone(), "/api/v1/runs", "/api/v1/runs", json!({ "capability": "told" })).await;
    book.drive(&nobody, post.clone(), "/api/v1/runs", "/api/v1/runs", json!({ "capability": "told" })).await;
    ada.run_to_end(&id_of(&run)).await;
    ada.publish("naps.py", "import time\ntime.sleep(60)\n").await;
    let id = id_of(&ada.start("naps", json!({})).await.json());
    let (route, path) = ("/api/v1/runs/{id}/cancel", format!("/api/v1/runs/{id}/cancel"));
    book.drive(&nobody, post.clone(), route, &path, json!({})).await;
    book.drive(&ada, post.clone(), route, &path, json!({})).await;
    // A second version, so that there is something to go back to.
    ada.publish("told.py", "def main():\n    return 2\n").await;
    book.drive(&ada, post.clone(), "/api/v1/capabilities/{name}/rollback", "/api/v1/capabilities/told/rollback", json!({})).await;
    for verb in ["deprecate", "retire"] {
        let (route, path) = version(verb);
        book.drive(&nobody, post.clone(), &route, &path, json!({})).await;
        book.drive(&ada, post.clone(), &route, &path, json!({})).await;
    }
    book.drive(&ada, post.clone(), "/api/v1/files", "/api/v1/files", json!("data.csv")).await;
    book.drive(&ada, post.clone(), "/api/v1/backups", "/api/v1/backups", json!({})).await;
    book.drive(&nobody, post.clone(), "/api/v1/backups", "/api/v1/backups", json!({})).await;

    let users = "/api/v1/users";
    let eve = json!({ "username": "eve", "password": password, "roles": ["operator"] });
    book.drive(&nobody, post.clone(), users, users, eve.clone()).await;
    book.drive(&ada, post.clone(), users, users, eve).await;
    book.drive(&ada, patch.clone(), "/api/v1/users/{id}", "/api/v1/users/eve", json!({ "roles": ["viewer"] })).await;
    let reset = json!({ "password": "another nine hills, staple" });
    book.drive(&nobody, post.clone(), "/api/v1/users/{id}/password", "/api/v1/users/eve/password", reset.clone()).await;
    book.drive(&ada, post.clone(), "/api/v1/users/{id}/password", "/api/v1/users/eve/password", reset).await;
    let token = json!({ "name": "told", "scopes": ["read"], "days": 1 });
    let made = book.drive(&ada, post.clone(), "/api/v1/tokens", "/api/v1/tokens", token).await;
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().expect("an id"));
    book.drive(&nobody, delete.clone(), "/api/v1/tokens/{id}", &path, json!({})).await;
    book.drive(&ada, delete.clone(), "/api/v1/tokens/{id}", &path, json!({})).await;

    let described = appliance.get("/api/openapi.json").await.json();
    let mut silent = Vec::new();
    for (path, item) in described["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            let changes = ["post", "put", "patch", "delete"].contains(&method.as_str()) && !QUESTIONS.contains(&path.as_str());
            if changes && !book.driven.contains(&format!("{method} {path}")) {
                silent.push(format!("{method} {path}"));
            }
        }
    }
    // Sign-in, set-up and one's own account are shown in `identity::`; this list may only shrink.
    silent.retain(|route| !["session", "setup", "/me"].iter().any(|own| route.contains(own)));
    assert_eq!(silent, Vec::<String>::new(), "routes that change something and were not seen to leave an event: drive them above");
}
