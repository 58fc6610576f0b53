//! Every way around an approval that was thought of, as one table: what is tried, through the API and through the command line
//! alike, against each matter that requests are about.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, answer};
use crate::approvals::{Office, approve, code, decide, put, request_of};
use crate::person::{CHOSEN, Person, is_over};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    Run,
    Setting,
    Publish,
}

/// What is tried between the request and the decision.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Try {
    /// Who asked decides.
    Oneself,
    /// Under another account of the same person.
    SecondAccount,
    /// With the digest of what was there before.
    StaleLook,
    /// What was decided once more.
    Replay,
    /// After the time is over.
    Expired,
    /// The approver lost the role.
    RoleLost,
    /// The approver was disabled.
    Disabled,
    /// What it is about has changed: another version, rule or setting.
    Changed,
    /// A token whose scopes do not cover it.
    NarrowToken,
    /// Without the password, although the risk is high.
    NoPassword,
}

const TRIES: [Try; 10] = [
    Try::Oneself,
    Try::SecondAccount,
    Try::StaleLook,
    Try::Replay,
    Try::Expired,
    Try::RoleLost,
    Try::Disabled,
    Try::Changed,
    Try::NarrowToken,
    Try::NoPassword,
];

struct Stage {
    office: Office,
    /// Who asks; holds every right that deciding takes besides.
    asks: Person,
    twin: Person,
    decides: Person,
    narrow: Person,
}

impl Stage {
    async fn new() -> Self {
        let office = Office::new().await;
        let asks = office.another("asks", &["operator", "author", "reviewer", "approver", "tenant-admin"]).await;
        let twin = office.another("twin", &["reviewer", "approver"]).await;
        for user in ["asks", "twin"] {
            office.change(user, json!({ "person": "E-1" })).await;
        }
        let decides = office.another("decides", &["reviewer", "approver"]).await;
        let narrow = Person::with_scopes(&office.appliance, "decides", CHOSEN, &["read", "run"]).await;
        Self { office, asks, twin, decides, narrow }
    }

    /// Makes a request of a kind; number tells repetitions apart.
    async fn ask(&self, about: About, number: usize) -> String {
        let asked = match about {
            About::Run => return request_of(&self.asks.start("payout", json!({ "amount": number })).await).1,
            About::Setting => put(&self.asks, "/api/v1/rules/risk/critical", &json!({ "need": { "kind": "none" } })).await,
            About::Publish => {
                let source =
                    format!("# /// script\n# [tool.execgov]\n# risk = \"critical\"\n# ///\n\ndef main() -> int:\n    return {number}\n");
                let file = format!("unit{number}.py");
                assert!(self.asks.register(&file, source).await.status < 300);
                let path = format!("/api/v1/capabilities/unit{number}/versions/1");
                let submitted = self.asks.post(&format!("{path}/submit"), &json!({ "changelog": "first" })).await;
                assert_eq!(submitted.status, 200, "{}", submitted.text);
                let version = self.asks.get(&path).await.json();
                return version["review"].as_str().unwrap_or_else(|| panic!("{version}")).to_owned();
            }
        };
        assert_eq!(asked.status, 202, "{}", asked.text);
        asked.json()["approval"].as_str().expect("a request").to_owned()
    }

    async fn binding(&self, request: &str) -> Value {
        self.decides.get(&format!("/api/v1/approvals/{request}")).await.json()["binding"].clone()
    }

    /// Changes what a request is about behind its back.
    async fn change(&self, about: About, number: usize) {
        match about {
            About::Run => {
                let rule = json!({ "need": { "kind": "approve", "approvers": 2, "role": "approver" } });
                assert_eq!(put(&self.office.admin, "/api/v1/rules/capability/payout", &rule).await.status, 200);
            }
            About::Setting => {
                let rule = json!({ "need": { "kind": "approve", "approvers": 3, "role": "approver" } });
                assert_eq!(put(&self.office.admin, "/api/v1/rules/risk/critical", &rule).await.status, 200);
            }
            About::Publish => {
                let path = format!("/api/v1/capabilities/unit{number}/versions/1/return");
                assert_eq!(self.asks.post(&path, &json!({})).await.status, 200);
            }
        }
    }

    /// Tries one way around; the refusal by the API and the exit code of the command line.
    async fn attempt(&self, about: About, what: Try, number: usize) -> (Answer, i32) {
        let office = &self.office;
        if what == Try::Expired {
            let kind = match about {
                About::Run => "capability/payout",
                About::Setting => "matter/setting",
                About::Publish => "matter/publish",
            };
            let role = if about == About::Publish { "reviewer" } else { "approver" };
            let rule = json!({ "need": { "kind": "approve", "approvers": 1, "role": role }, "expires_s": 1 });
            assert_eq!(put(&office.admin, &format!("/api/v1/rules/{kind}"), &rule).await.status, 200, "{about:?}");
        }
        let request = self.ask(about, number).await;
        let binding = self.binding(&request).await;
        let body = json!({ "binding": binding, "password": CHOSEN });
        let cli = |who: &Person, words: &[&str], typed: &str| {
            let words: Vec<&str> = ["approval", "approve", request.as_str(), "--yes"].into_iter().chain(words.iter().copied()).collect();
            office.cli(who, &words, typed).code
        };
        let with_password = ["--password-stdin"];
        match what {
            Try::Oneself => (decide(&self.asks, "approve", &request, body).await, cli(&self.asks, &with_password, CHOSEN)),
            Try::SecondAccount => (decide(&self.twin, "approve", &request, body).await, cli(&self.twin, &with_password, CHOSEN)),
            Try::NarrowToken => (decide(&self.narrow, "approve", &request, body).await, cli(&self.narrow, &with_password, CHOSEN)),
            Try::NoPassword => {
                (decide(&self.decides, "approve", &request, json!({ "binding": binding })).await, cli(&self.decides, &with_password, ""))
            }
            Try::StaleLook => {
                let stale = "0".repeat(64);
                let body = json!({ "binding": stale, "password": CHOSEN });
                let words = ["--password-stdin", "--binding", stale.as_str()];
                (decide(&self.decides, "approve", &request, body).await, cli(&self.decides, &words, CHOSEN))
            }
            Try::Replay => {
                assert_eq!(decide(&self.decides, "approve", &request, body.clone()).await.status, 200);
                let other = office.another(&format!("other-{number}"), &["reviewer", "approver"]).await;
                (decide(&other, "approve", &request, body).await, cli(&other, &with_password, CHOSEN))
            }
            Try::Expired => {
                for _ in 0..600 {
                    let state = self.decides.get(&format!("/api/v1/approvals/{request}")).await.json()["state"].clone();
                    if state == "expired" {
                        break;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                (decide(&self.decides, "approve", &request, body).await, cli(&self.decides, &with_password, CHOSEN))
            }
            Try::RoleLost => {
                office.change("decides", json!({ "roles": ["viewer"] })).await;
                let tried = (decide(&self.decides, "approve", &request, body).await, cli(&self.decides, &with_password, CHOSEN));
                office.change("decides", json!({ "roles": ["reviewer", "approver"] })).await;
                tried
            }
            Try::Disabled => {
                let gone = office.another(&format!("gone-{number}"), &["reviewer", "approver"]).await;
                office.change(&format!("gone-{number}"), json!({ "state": "disabled" })).await;
                (decide(&gone, "approve", &request, body).await, cli(&gone, &with_password, CHOSEN))
            }
            Try::Changed => {
                self.change(about, number).await;
                (decide(&self.decides, "approve", &request, body).await, cli(&self.decides, &with_password, CHOSEN))
            }
        }
    }
}

/// What each try is answered with: status and code of the API, and the exit code of the command line.
fn expected(about: About, what: Try) -> (u16, &'static str, i32) {
    match (what, about) {
        (Try::Oneself | Try::SecondAccount | Try::NarrowToken, _) => (403, "EG-AUTH-002", 5),
        (Try::StaleLook, _) => (409, "EG-APR-002", 7),
        (Try::Replay | Try::Expired, _) => (409, "EG-APR-001", 7),
        // A viewer does not see requests at all.
        (Try::RoleLost, _) => (404, "EG-AUTH-009", 6),
        (Try::Disabled, _) => (401, "EG-AUTH-001", 4),
        // A returned version has closed its review already.
        (Try::Changed, About::Publish) => (409, "EG-APR-001", 7),
        (Try::Changed, _) => (409, "EG-APR-024", 7),
        (Try::NoPassword, _) => (403, "EG-AUTH-012", 2),
    }
}

async fn walk(about: About) {
    let stage = Stage::new().await;
    let mut wrong = Vec::new();
    for (place, what) in TRIES.into_iter().enumerate() {
        // Rules that a try has set are of no concern to the next one.
        for kind in ["matter/setting", "matter/publish", "capability/payout", "risk/critical"] {
            let reset = answer(stage.office.admin.request(Method::DELETE, &format!("/api/v1/rules/{kind}"))).await;
            stage.office.agree(&reset, 200).await;
        }
        let (refused, exit) = stage.attempt(about, what, place + 1).await;
        let (status, text, code_of_cli) = expected(about, what);
        let found = (code(&refused), exit);
        if found != ((status, text.to_owned()), code_of_cli) {
            wrong.push(format!("{about:?} {what:?}: {found:?}, expected {status} {text} {code_of_cli}: {}", refused.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What was never agreed to has not happened.
    let rules = stage.office.admin.get("/api/v1/rules").await.json();
    let critical = rules["items"].as_array().expect("rules").iter().find(|rule| rule["risk"] == "critical").expect("the rule");
    assert_eq!(critical["rule"]["need"]["kind"], "approve", "{rules}");
}

#[tokio::test]
async fn no_way_around_the_approval_of_a_run() {
    walk(About::Run).await;
}

#[tokio::test]
async fn no_way_around_the_approval_of_a_setting() {
    walk(About::Setting).await;
}

#[tokio::test]
async fn no_way_around_the_approval_of_a_version() {
    walk(About::Publish).await;
}

/// Two consents at once publish once, and both count.
#[tokio::test]
async fn two_reviewers_at_once_publish_once() {
    let stage = Stage::new().await;
    let second = stage.office.another("second", &["reviewer"]).await;
    let rule = json!({ "need": { "kind": "approve", "approvers": 2, "role": "reviewer" } });
    assert_eq!(put(&stage.office.admin, "/api/v1/rules/matter/publish", &rule).await.status, 200);
    let request = stage.ask(About::Publish, 1).await;
    let (one, other) = tokio::join!(approve(&stage.decides, &request), approve(&second, &request));
    assert_eq!((one.status, other.status), (200, 200), "{} {}", one.text, other.text);
    let history = stage.decides.get("/api/v1/capabilities/unit1/publications").await.json();
    assert_eq!(history["items"].as_array().map(Vec::len), Some(1), "{history}");
    assert_eq!(history["items"][0]["by"].as_array().map(Vec::len), Some(2), "{history}");
    let over = stage.asks.start("unit1", json!({})).await;
    let (run, asked) = request_of(&over);
    assert_eq!(approve(&stage.decides, &asked).await.status, 200);
    assert_eq!(stage.asks.wait_for(&run, is_over).await["result"], 1);
}
