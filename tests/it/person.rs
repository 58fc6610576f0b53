//! A signed-in person, as tests need one: set up, sign in, register scripts, start runs, read what they left.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, Appliance, SOON};

const PASSWORD: &str = "correct horse battery";
/// What everybody but the first administrator has chosen.
pub const CHOSEN: &str = "correct horse battery anew";

/// Someone with a token.
pub struct Person {
    url: String,
    token: String,
}

impl Person {
    /// The first administrator, in solo mode: may author, publish and run.
    pub async fn first(appliance: &Appliance) -> Self {
        Self::founder(appliance, "solo").await
    }

    /// The first administrator under a way to govern.
    pub async fn founder(appliance: &Appliance, mode: &str) -> Self {
        let token = std::fs::read_to_string(appliance.data().join("setup-token")).expect("a set-up token");
        let wish = json!({ "token": token.trim(), "username": "ada", "password": PASSWORD, "mode": mode });
        let done = appliance.post("/api/v1/setup", &wish).await;
        assert_eq!(done.status, 201, "{}", done.text);
        Self::sign_in(appliance, "ada", PASSWORD, &["admin"]).await
    }

    /// Somebody else with these roles.
    pub async fn another(&self, appliance: &Appliance, name: &str, roles: &[&str]) -> Self {
        self.another_of(appliance, None, name, roles).await
    }

    /// Somebody of a tenant with these roles.
    pub async fn another_of(&self, appliance: &Appliance, tenant: Option<&str>, name: &str, roles: &[&str]) -> Self {
        let mut wish = json!({ "username": name, "password": PASSWORD, "roles": roles });
        if let Some(tenant) = tenant {
            wish["tenant"] = json!(tenant);
        }
        let made = self.post("/api/v1/users", &wish).await;
        assert_eq!(made.status, 201, "{}", made.text);
        Self::sign_in(appliance, name, PASSWORD, &["admin"]).await
    }

    async fn sign_in(appliance: &Appliance, name: &str, password: &str, scopes: &[&str]) -> Self {
        let answer = appliance.post("/api/v1/session", &json!({ "username": name, "password": password })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let mut password = password.to_owned();
        let request = |method: Method, path: &str| {
            appliance.request(method, path).header("cookie", cookie.clone()).header("origin", appliance.url.clone())
        };
        if answer.json()["password_expired"] == true {
            let fresh = format!("{password} anew");
            let change = json!({ "current": password, "new": fresh });
            let changed = request(Method::POST, "/api/v1/me/password").json(&change).send().await.expect("sent");
            assert!(changed.status().is_success(), "{}", changed.text().await.unwrap_or_default());
            password = fresh;
            return Box::pin(Self::sign_in(appliance, name, &password, scopes)).await;
        }
        let wish = json!({ "name": "test", "scopes": scopes, "days": 1 });
        let made = request(Method::POST, "/api/v1/tokens").json(&wish).send().await.expect("sent");
        let made: Value = made.json().await.expect("JSON");
        Self { url: appliance.url.clone(), token: made["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned() }
    }

    /// What the command line takes from `EXECGOV_TOKEN`, and a raw request as `Authorization: Bearer`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Another proof of the same person, with fewer rights.
    pub async fn with_scopes(appliance: &Appliance, name: &str, password: &str, scopes: &[&str]) -> Self {
        Self::sign_in(appliance, name, password, scopes).await
    }

    /// Looks for the server where it is now, after a restart.
    pub fn moved(&mut self, appliance: &Appliance) {
        self.url.clone_from(&appliance.url);
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        crate::appliance::http().request(method, format!("{}{path}", self.url)).bearer_auth(&self.token).timeout(SOON * 4)
    }

    pub async fn get(&self, path: &str) -> Answer {
        read(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.request(Method::POST, path).json(body)).await
    }

    /// Uploads a script under a file name.
    pub async fn register(&self, file_name: &str, source: impl Into<Vec<u8>>) -> Answer {
        let part = reqwest::multipart::Part::bytes(source.into()).file_name(file_name.to_owned());
        read(self.request(Method::POST, "/api/v1/capabilities").multipart(reqwest::multipart::Form::new().part("file", part))).await
    }

    /// Registers and publishes; the capability is named after the file.
    pub async fn publish(&self, file_name: &str, source: &str) {
        let registered = self.register(file_name, source).await;
        assert!(registered.status < 300, "{}", registered.text);
        let version = &registered.json()["version"]["number"];
        let name = registered.json()["capability"]["name"].as_str().expect("a name").to_owned();
        let published = self.post(&format!("/api/v1/capabilities/{name}/versions/{version}/publish"), &json!({})).await;
        assert_eq!(published.status, 200, "{}", published.text);
    }

    /// Starts a run without waiting.
    pub async fn start(&self, capability: &str, inputs: Value) -> Answer {
        self.post("/api/v1/runs", &json!({ "capability": capability, "inputs": inputs })).await
    }

    /// Starts a run and waits for its end.
    pub async fn run(&self, capability: &str, inputs: Value) -> Value {
        let answer = self.post("/api/v1/runs?wait=60", &json!({ "capability": capability, "inputs": inputs })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// Waits until a run has a phase that fits.
    pub async fn wait_for(&self, id: &str, fits: impl Fn(&str) -> bool) -> Value {
        let end = Instant::now() + SOON;
        loop {
            let run = self.get(&format!("/api/v1/runs/{id}")).await.json();
            if run["phase"].as_str().is_some_and(&fits) {
                return run;
            }
            assert!(Instant::now() < end, "the run does not get there: {run}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Waits for the end of a run, however long it takes.
    pub async fn run_to_end(&self, id: &str) -> Value {
        let end = Instant::now() + SOON * 10;
        loop {
            let run = self.get(&format!("/api/v1/runs/{id}")).await.json();
            if run["phase"].as_str().is_some_and(is_over) {
                return run;
            }
            assert!(Instant::now() < end, "the run has no end: {run}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// The lines of a log, joined.
    pub async fn log(&self, id: &str) -> String {
        let page = self.get(&format!("/api/v1/runs/{id}/log?count=10000")).await.json();
        let lines = page["lines"].as_array().unwrap_or_else(|| panic!("{page}")).iter();
        lines.filter_map(|line| line["text"].as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// The id of a run in an answer.
pub fn id_of(run: &Value) -> String {
    run["id"].as_str().unwrap_or_else(|| panic!("no run: {run}")).to_owned()
}

/// Whether a phase is an end.
pub fn is_over(phase: &str) -> bool {
    !matches!(phase, "requested" | "queued" | "running" | "awaiting_confirmation" | "awaiting_approval")
}

async fn read(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, text: answer.text().await.expect("a body") }
}
