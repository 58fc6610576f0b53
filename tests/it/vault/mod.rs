//! The vault and its secrets on the real server: what goes in never comes out, whatever is asked, printed, killed or taken away.

mod backup;
mod keys;
mod leaks;
mod life;
mod masking;
mod rights;
mod source;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, Appliance, SOON, Setup, answer};
use crate::person::{Person, id_of};

pub const PASSPHRASE: &str = "seven quiet lamps at noon";

/// An appliance with its first administrator, alone in charge, and a vault that is open.
pub struct Safe {
    pub appliance: Appliance,
    pub ada: Person,
}

impl Safe {
    pub async fn new() -> Self {
        Self::with(Setup::default(), json!({ "method": "passphrase", "passphrase": PASSPHRASE })).await
    }

    pub async fn with(setup: Setup, init: Value) -> Self {
        let appliance = Appliance::with(setup);
        let ada = Person::first(&appliance).await;
        let safe = Self { appliance, ada };
        let made = safe.ada.post("/api/v1/vault/init", &init).await;
        assert_eq!((made.status, made.json()["state"].as_str()), (201, Some("open")), "{}", made.text);
        safe
    }

    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        answer(self.ada.request(method, path).json(body)).await
    }

    pub async fn set(&self, name: &str, value: &str) {
        let set = self.ask(Method::PUT, &format!("/api/v1/secrets/{name}"), &json!({ "value": value })).await;
        assert_eq!(set.status, 200, "{}", set.text);
    }

    pub async fn grant(&self, name: &str, capability: &str, delivery: &str) {
        let wish = json!({ "capability": capability, "delivery": delivery });
        let granted = self.ada.post(&format!("/api/v1/secrets/{name}/grants"), &wish).await;
        assert_eq!(granted.status, 201, "{}", granted.text);
    }

    /// Publishes a script that declares secrets as files.
    pub async fn publish(&self, name: &str, secrets: &[&str], body: &str) {
        let list: Vec<String> = secrets.iter().map(|name| format!("\"{name}\"")).collect();
        let source = format!("# /// script\n# [tool.execgov]\n# secrets = [{}]\n# ///\n{body}", list.join(", "));
        self.ada.publish(&format!("{name}.py"), &source).await;
    }

    pub async fn status(&self) -> Value {
        self.ada.get("/api/v1/vault").await.json()
    }

    pub async fn unseal(&self, passphrase: &str) -> Answer {
        self.ada.post("/api/v1/vault/unseal", &json!({ "passphrase": passphrase })).await
    }

    pub fn restart(&mut self) {
        self.appliance.start_again();
        self.ada.moved(&self.appliance);
    }

    /// The events of one action, newest first.
    pub async fn events(&self, action: &str) -> Vec<Value> {
        let page = self.ada.get(&format!("/api/v1/audit/events?action={action}&limit=50")).await.json();
        page["items"].as_array().unwrap_or_else(|| panic!("{page}")).clone()
    }
}

pub fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

pub fn id(answer: &Answer) -> String {
    id_of(&answer.json())
}

/// Waits until something is so.
pub async fn until(what: &str, look: impl AsyncFn() -> bool) {
    let end = Instant::now() + SOON;
    while !look().await {
        assert!(Instant::now() < end, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
