//! Consent by others on the real server: settings, stand-ins, requests that go on to others, standing approvals, and runs that
//! went ahead and are reviewed afterwards.

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Answer, answer};
use crate::approvals::{Office, approve, code, decide, put, request_of};
use crate::coverage::tomorrow;
use crate::person::{CHOSEN, Person, id_of, is_over};

fn request_in(asked: &Answer) -> String {
    assert_eq!(asked.status, 202, "{}", asked.text);
    asked.json()["approval"].as_str().expect("a request").to_owned()
}

async fn delete(who: &Person, path: &str) -> Answer {
    answer(who.request(Method::DELETE, path)).await
}

async fn seen(who: &Person, request: &str) -> Value {
    who.get(&format!("/api/v1/approvals/{request}")).await.json()
}

/// Waits until a request is as it should be.
async fn until(who: &Person, request: &str, fits: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..600 {
        let found = seen(who, request).await;
        if fits(&found) {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the request does not get there: {}", seen(who, request).await);
}

#[tokio::test]
async fn four_eyes_are_given_up_by_two_and_taken_by_one() {
    let office = Office::new().await;
    let path = "/api/v1/governance";
    assert_eq!(office.operator.get(path).await.json()["mode"], "four_eyes");
    assert_eq!(put(&office.operator, path, &json!({ "mode": "solo" })).await.status, 403);
    // The administrator may decide too, and yet not on this.
    office.change("approver", json!({ "roles": ["approver"] })).await;
    let wish = json!({ "mode": "solo", "reason": "one person is left" });
    let request = request_in(&put(&office.admin, path, &wish).await);
    let shown = seen(&office.approver, &request).await;
    assert_eq!((shown["change"]["before"].as_str(), shown["change"]["after"].as_str()), (Some("four_eyes"), Some("solo")), "{shown}");
    assert_eq!((shown["risk"].as_str(), shown["reason"].as_str()), (Some("critical"), Some("one person is left")), "{shown}");
    let view = office.admin.get(path).await.json();
    assert_eq!((view["mode"].as_str(), view["waiting"].as_str()), (Some("four_eyes"), Some(request.as_str())), "nothing has changed yet");
    assert_eq!(approve(&office.admin, &request).await.status, 403);
    assert_eq!(approve(&office.approver, &request).await.json()["state"], "approved");
    assert_eq!(office.admin.get(path).await.json()["mode"], "solo");
    let log = office.admin.get("/api/v1/audit/events?action=governance.update&limit=5").await.json();
    let (event, actor) = (&log["items"][0], &log["items"][0]["actor"]["kind"]);
    assert_eq!((actor.as_str(), event["details"]["approval"].as_str()), (Some("system"), Some(request.as_str())), "{log}");
    // Back again takes nobody else.
    let said = office.cli(&office.admin, &["governance", "set", "four-eyes"], "");
    assert!(said.code == 0 && said.out.contains("four-eyes"), "{said:?}");
    let said = office.cli(&office.admin, &["governance", "set", "solo", "--reason", "again"], "");
    assert!(said.code == 8 && said.out.starts_with("apr_"), "{said:?}");
}

#[tokio::test]
async fn a_setting_that_changed_meanwhile_voids_the_request_and_one_refusal_ends_it() {
    let office = Office::new().await;
    let path = "/api/v1/rules/risk/critical";
    let weaker = json!({ "need": { "kind": "confirm" } });
    let first = request_in(&put(&office.admin, path, &weaker).await);
    let refused = request_in(&put(&office.admin, path, &weaker).await);
    let binding = seen(&office.approver, &refused).await["binding"].clone();
    let body = json!({ "binding": binding, "password": CHOSEN, "comment": "no" });
    assert_eq!(decide(&office.approver, "reject", &refused, body).await.json()["state"], "rejected");
    // Somebody tightens the rule at once: what was asked for rested on another rule.
    let two = json!({ "need": { "kind": "approve", "approvers": 2, "role": "approver" } });
    assert_eq!(put(&office.admin, path, &two).await.status, 200);
    let void = approve(&office.approver, &first).await;
    assert_eq!(code(&void), (409, "EG-APR-024".to_owned()), "{}", void.text);
    assert_eq!(seen(&office.approver, &first).await["state"], "voided");
    let rules = office.admin.get("/api/v1/rules").await.json();
    let critical = rules["items"].as_array().expect("rules").iter().find(|rule| rule["risk"] == "critical").expect("the rule");
    assert_eq!(critical["rule"]["need"]["approvers"], 2, "{rules}");
    // Who asked and may no longer set rules has asked for nothing.
    let admin = office.another("second-admin", &["tenant-admin"]).await;
    let third = request_in(&put(&admin, path, &weaker).await);
    office.change("second-admin", json!({ "roles": ["viewer"] })).await;
    assert_eq!(code(&approve(&office.approver, &third).await), (409, "EG-APR-025".to_owned()));
    // Withdrawn is withdrawn; reasons that a rule asks for are asked for.
    let ask_why = json!({ "need": { "kind": "approve", "approvers": 1, "role": "approver" }, "reason_required": true });
    assert_eq!(put(&office.admin, "/api/v1/rules/matter/setting", &ask_why).await.status, 200);
    assert_eq!(code(&put(&office.admin, path, &weaker).await), (422, "EG-APR-003".to_owned()));
    let fourth = request_in(&put(&office.admin, &format!("{path}?reason=quarter+end"), &weaker).await);
    assert_eq!(decide(&office.admin, "withdraw", &fourth, json!({})).await.json()["state"], "withdrawn");
    for (kind, rule, pointer) in [
        ("review", json!({ "need": { "kind": "none" } }), "/need"),
        ("publish", json!({ "need": { "kind": "confirm" } }), "/need"),
        ("run", json!({ "need": { "kind": "none" } }), ""),
        ("publish", json!({ "need": { "kind": "approve", "approvers": 1, "role": "reviewer" }, "ticket_pattern": "x" }), "/ticket_pattern"),
    ] {
        let refused = put(&office.admin, &format!("/api/v1/rules/matter/{kind}"), &rule).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-APR-007".to_owned()), Some(pointer)),
            "{kind} {rule}"
        );
    }
}

#[tokio::test]
async fn who_stands_in_decides_with_the_right_of_the_one_who_is_away_and_no_other() {
    let office = Office::new().await;
    let helper = office.another("helper", &["viewer"]).await;
    office.another("twin", &["viewer"]).await;
    for user in ["twin", "approver"] {
        office.change(user, json!({ "person": "E-9" })).await;
    }
    let (run, request) = office.ask(json!({ "amount": 4 })).await;
    assert_eq!(approve(&helper, &request).await.status, 404, "a viewer does not even see it");
    let bad = [
        (json!({ "to": "approver", "ends": tomorrow() }), "/to"),
        (json!({ "to": "twin", "ends": tomorrow() }), "/to"),
        (json!({ "to": "nobody-there", "ends": tomorrow() }), "/to"),
        (json!({ "to": "helper", "ends": "2020-01-01T00:00:00Z" }), "/ends"),
        (json!({ "to": "helper", "ends": "2999-01-01T00:00:00Z" }), "/ends"),
        (json!({ "to": "helper", "ends": "soon" }), "/ends"),
    ];
    for (body, pointer) in bad {
        let refused = office.approver.post("/api/v1/delegations", &body).await;
        assert_eq!(
            (code(&refused), refused.json()["errors"][0]["pointer"].as_str()),
            ((400, "EG-APR-011".to_owned()), Some(pointer)),
            "{body}"
        );
    }
    assert_eq!(office.operator.post("/api/v1/delegations", &json!({ "to": "helper", "ends": tomorrow() })).await.status, 403);
    let made = office.cli(&office.approver, &["approval", "delegate", "add", "helper", "--until", &tomorrow(), "--reason", "leave"], "");
    assert!(made.code == 0 && made.out.contains("helper"), "{made:?}");
    assert_eq!(helper.get("/api/v1/approvals/counts").await.json()["to_decide"], 1);
    assert_eq!(helper.get("/api/v1/approvals?view=to_decide").await.json()["items"][0]["id"], request.as_str());
    assert_eq!(seen(&helper, &request).await["on_behalf_of"], "approver");
    let done = approve(&helper, &request).await;
    assert_eq!((done.status, done.json()["decisions"][0]["on_behalf_of"].as_str()), (200, Some("approver")), "{}", done.text);
    assert_eq!(office.operator.wait_for(&run, is_over).await["result"], 4);
    let log = office.admin.get("/api/v1/audit/events?action=approval.approve&limit=1").await.json();
    assert_eq!(log["items"][0]["details"]["on_behalf_of"], "approver", "{log}");

    // With two needed, the one who is away and the one who stands in are one.
    office.rule("/api/v1/rules/risk/critical", json!({ "need": { "kind": "approve", "approvers": 2, "role": "approver" } })).await;
    let (_, request) = office.ask(json!({})).await;
    assert_eq!(approve(&helper, &request).await.json()["state"], "open");
    assert_eq!(code(&approve(&office.approver, &request).await), (409, "EG-APR-005".to_owned()), "the stand-in has decided for them");
    // Called off, the consent does not count any more, and the helper sees nothing.
    let delegation = office.approver.get("/api/v1/delegations").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/delegations/{delegation}");
    assert_eq!(delete(&helper, &path).await.status, 403, "only the one who is away ends it");
    assert_eq!(delete(&office.approver, &path).await.status, 204);
    assert_eq!(helper.get("/api/v1/approvals/counts").await.json()["to_decide"], 0);
    assert_eq!(approve(&helper, &request).await.status, 404);
    let counts = seen(&office.approver, &request).await["decisions"][0]["counts"].clone();
    assert_eq!(counts, false);
    // Standing in for the requester gives nothing: who is away might not decide either.
    let both = office.another("both", &["operator", "approver"]).await;
    assert_eq!(both.post("/api/v1/delegations", &json!({ "to": "helper", "ends": tomorrow() })).await.status, 201);
    let (_, own) = request_of(&both.start("payout", json!({})).await);
    assert_eq!(approve(&helper, &own).await.status, 404);
}

#[tokio::test]
async fn a_request_that_nobody_decides_goes_on_to_others_and_is_assigned() {
    let office = Office::new().await;
    let need = json!({ "kind": "approve", "approvers": 1, "role": "approver" });
    let escalating = json!({ "need": need, "escalation": { "after_s": 1, "role": "tenant-admin" } });
    office.rule("/api/v1/rules/capability/payout", escalating).await;
    let chief = office.another("chief", &["tenant-admin"]).await;
    let (run, request) = office.ask(json!({ "amount": 2 })).await;
    for (user, status) in [(json!("operator"), 400), (json!("approver"), 200), (Value::Null, 200), (json!("approver"), 200)] {
        let assigned = decide(&office.approver, "assign", &request, json!({ "user": user })).await;
        assert_eq!(assigned.status, status, "{user}: {}", assigned.text);
    }
    assert_eq!(decide(&office.operator, "assign", &request, json!({})).await.status, 403);
    let shown = until(&office.approver, &request, |request| request["escalated"] == true).await;
    assert_eq!((shown["assignee"]["name"].as_str(), shown["escalates_to"].as_str()), (Some("approver"), Some("tenant-admin")), "{shown}");
    assert_eq!(chief.get("/api/v1/approvals?view=to_decide").await.json()["items"][0]["id"], request.as_str());
    assert_eq!(approve(&chief, &request).await.json()["state"], "approved");
    assert_eq!(office.operator.wait_for(&run, is_over).await["result"], 2);
    let log = office.admin.get("/api/v1/audit/events?action=approval.escalate&limit=5").await.json();
    assert_eq!(log["items"].as_array().map(Vec::len), Some(1), "told once: {log}");
}

#[tokio::test]
async fn a_standing_approval_covers_what_it_says_and_nothing_else() {
    let office = Office::new().await;
    let other = office.another("other", &["operator"]).await;
    let ask = |who: &Person, inputs: Value| {
        let body = json!({ "capability": "payout", "inputs": inputs, "until": tomorrow(), "reason": "monthly refunds" });
        let request = who.request(Method::POST, "/api/v1/standing-approvals").json(&body);
        async { answer(request).await }
    };
    assert_eq!(code(&ask(&office.operator, json!({ "nothing": "any" })).await), (400, "EG-APR-011".to_owned()));
    assert_eq!(ask(&office.approver, json!({ "amount": "any" })).await.status, 403, "who may not run it asks for nothing");
    let small = json!({ "amount": { "between": { "least": 1, "most": 10 } } });
    let request = request_in(&ask(&office.operator, small).await);
    let (_, waits) = office.ask(json!({ "amount": 5 })).await;
    assert_eq!(seen(&office.approver, &waits).await["state"], "open", "asked for is not agreed to");
    assert_eq!(approve(&office.operator, &request).await.status, 403);
    assert_eq!(approve(&office.approver, &request).await.json()["state"], "approved");
    let listed = office.operator.get("/api/v1/standing-approvals").await.json();
    let standing = listed["items"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        (listed["items"][0]["active"].as_bool(), listed["items"][0]["decisions"][0]["by"]["name"].as_str()),
        (Some(true), Some("approver"))
    );

    let over = office.operator.run("payout", json!({ "amount": 5 })).await;
    assert_eq!((over["phase"].as_str(), over["hold"]["standing"].as_str()), (Some("succeeded"), Some(standing.as_str())), "{over}");
    assert_eq!(over["hold"]["consents"][0]["by"]["name"], "approver", "{over}");
    for (who, inputs) in [(&office.operator, json!({ "amount": 11 })), (&other, json!({ "amount": 5 }))] {
        let (_, asked) = request_of(&who.start("payout", inputs.clone()).await);
        assert_eq!(seen(&office.approver, &asked).await["state"], "open", "{inputs}");
    }
    // A freeze is not what was agreed to.
    let window = json!({ "kind": "once", "from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z" });
    let freeze = office.admin.post("/api/v1/freezes", &json!({ "name": "Stop", "window": window })).await.json();
    assert_eq!(code(&office.operator.start("payout", json!({ "amount": 5 })).await), (409, "EG-FRZ-001".to_owned()));
    office.thaw(&freeze).await;
    // Another rule, another version, a lost role, the end: each is the end of it.
    office.rule("/api/v1/rules/capability/payout", json!({ "need": { "kind": "approve", "approvers": 2, "role": "approver" } })).await;
    request_of(&office.operator.start("payout", json!({ "amount": 5 })).await);
    office.rule("/api/v1/rules/capability/payout", json!({ "need": { "kind": "approve", "approvers": 1, "role": "approver" } })).await;
    assert_eq!(office.operator.run("payout", json!({ "amount": 5 })).await["phase"], "succeeded");
    let second = office.another("second", &["approver"]).await;
    office.change("approver", json!({ "roles": ["viewer"] })).await;
    request_of(&office.operator.start("payout", json!({ "amount": 5 })).await);
    assert_eq!(office.operator.get("/api/v1/standing-approvals").await.json()["items"][0]["active"], false);
    office.change("approver", json!({ "roles": ["approver"] })).await;
    assert_eq!(office.operator.run("payout", json!({ "amount": 5 })).await["phase"], "succeeded");
    let said = office.cli(&second, &["approval", "standing", "revoke", &standing, "--comment", "enough"], "");
    assert!(said.code == 0 && said.out.contains("taken back"), "{said:?}");
    request_of(&office.operator.start("payout", json!({ "amount": 5 })).await);
}

#[tokio::test]
async fn breaking_glass_runs_at_once_and_is_reviewed_until_somebody_answers() {
    let office = Office::new().await;
    let chief = office.another("chief", &["operator", "approver"]).await;
    assert_eq!(
        put(
            &office.admin,
            "/api/v1/rules/matter/review",
            &json!({ "need": { "kind": "approve", "approvers": 1, "role": "approver" }, "expires_s": 1 })
        )
        .await
        .status,
        200
    );
    let window = json!({ "kind": "once", "from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z" });
    assert_eq!(office.admin.post("/api/v1/freezes", &json!({ "name": "Stop", "window": window })).await.status, 201);
    let start = |who: &Person, reason: Value| {
        let body = json!({ "capability": "payout", "inputs": { "amount": 9 }, "break_glass": true, "reason": reason });
        let request = who.request(Method::POST, "/api/v1/runs").json(&body);
        async { answer(request).await }
    };
    assert_eq!(start(&office.operator, json!("fire")).await.status, 403, "who runs does not decide");
    assert_eq!(start(&office.approver, json!("fire")).await.status, 403, "who decides does not run");
    assert_eq!(code(&start(&chief, Value::Null).await), (422, "EG-APR-003".to_owned()));
    let started = start(&chief, json!("the till is on fire")).await;
    assert_eq!(started.status, 202, "{}", started.text);
    let (run, review) = (id_of(&started.json()), started.json()["review"].as_str().expect("a review").to_owned());
    assert_eq!(chief.wait_for(&run, is_over).await["result"], 9, "it ran at once, freeze and rule or not");
    let shown = seen(&office.approver, &review).await;
    assert_eq!((shown["matter"].as_str(), shown["reason"].as_str()), (Some("review"), Some("the till is on fire")), "{shown}");
    assert_eq!((shown["run"].as_str(), shown["inputs"]["amount"].as_i64()), (Some(run.as_str()), Some(9)), "{shown}");
    // It nags, and neither the one who ran it nor time nor a withdrawal ends it.
    until(&office.approver, &review, |review| review["overdue"] == true).await;
    let counts = office.admin.get("/api/v1/approvals/counts").await.json();
    assert_eq!((counts["reviews"].as_u64(), counts["reviews_overdue"].as_u64()), (Some(1), Some(1)), "{counts}");
    let mut reminders = 0;
    for _ in 0..600 {
        let log = office.admin.get("/api/v1/audit/events?action=approval.remind&limit=5").await.json();
        reminders = log["items"].as_array().map_or(0, Vec::len);
        if reminders >= 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(reminders >= 2, "it is told again");
    assert_eq!(approve(&chief, &review).await.status, 403);
    assert_eq!(code(&decide(&chief, "withdraw", &review, json!({})).await), (409, "EG-APR-001".to_owned()));
    assert_eq!(code(&approve(&office.approver, &review).await), (400, "EG-APR-006".to_owned()), "the answer says why");
    let body = json!({ "binding": shown["binding"], "password": CHOSEN, "comment": "it was, and it is out" });
    assert_eq!(decide(&office.approver, "approve", &review, body).await.json()["state"], "approved");
    let counts = office.admin.get("/api/v1/approvals/counts").await.json();
    assert_eq!(counts["reviews"], 0, "{counts}");
    let log = office.admin.get("/api/v1/audit/events?action=run.request&limit=1").await.json();
    assert_eq!(log["items"][0]["details"]["break_glass"], true, "{log}");
    let said = office.cli(&chief, &["run", "payout", "--break-glass", "--reason", "again", "--wait", "-o", "json"], "");
    assert!(said.out.contains("succeeded"), "{said:?}");
}

#[tokio::test]
async fn a_session_that_was_proven_a_moment_ago_need_not_be_asked_again() {
    let office = Office::new().await;
    let (_, request) = office.ask(json!({})).await;
    let login = |password: &str| json!({ "username": "approver", "password": password, "deliver": "body" });
    let session = office.appliance.post("/api/v1/session", &login(CHOSEN)).await.json();
    let secret = session["session_token"].as_str().expect("a session").to_owned();
    let send = |path: String, body: Value| {
        let request = crate::appliance::http().post(format!("{}{path}", office.appliance.url)).bearer_auth(&secret).json(&body);
        async { answer(request).await }
    };
    assert_eq!(send("/api/v1/session/proof".to_owned(), json!({ "password": "wrong horse battery" })).await.status, 403);
    assert_eq!(send("/api/v1/session/proof".to_owned(), json!({ "password": CHOSEN })).await.status, 204);
    let binding = seen(&office.approver, &request).await["binding"].clone();
    let done = send(format!("/api/v1/approvals/{request}/approve"), json!({ "binding": binding })).await;
    assert_eq!((done.status, done.json()["decisions"][0]["reauthenticated"].as_bool()), (200, Some(true)), "{}", done.text);
    // A token proves nothing of the kind.
    let (_, next) = office.ask(json!({})).await;
    let binding = seen(&office.approver, &next).await["binding"].clone();
    assert_eq!(code(&decide(&office.approver, "approve", &next, json!({ "binding": binding })).await), (403, "EG-AUTH-012".to_owned()));
    assert_eq!(office.approver.post("/api/v1/session/proof", &json!({ "password": CHOSEN })).await.status, 403);
}

#[tokio::test]
async fn members_of_a_group_agree_while_they_are_in_it() {
    let office = Office::new().await;
    let member = office.another("member", &["viewer"]).await;
    let made = office.admin.post("/api/v1/groups", &json!({ "name": "board" })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let added = office.admin.post("/api/v1/groups/board/members/member", &json!({})).await;
    let added = if added.status == 405 { put(&office.admin, "/api/v1/groups/board/members/member", &json!({})).await } else { added };
    assert!(added.status < 300, "{}", added.text);
    let rule = |group: &str| json!({ "need": { "kind": "approve", "approvers": 1, "role": "approver" }, "group": group });
    let path = "/api/v1/rules/capability/payout";
    assert_eq!(code(&put(&office.admin, path, &rule("no-such")).await), (400, "EG-APR-007".to_owned()));
    let asked = put(&office.admin, path, &rule("board")).await;
    assert_eq!(asked.status, 202, "other people are not more people: {}", asked.text);
    office.agree(&asked, 200).await;
    let (run, request) = office.ask(json!({ "amount": 6 })).await;
    assert_eq!(approve(&office.approver, &request).await.status, 403, "the role decides nothing here");
    assert_eq!(office.approver.get("/api/v1/approvals/counts").await.json()["to_decide"], 0);
    assert_eq!(member.get("/api/v1/approvals/counts").await.json()["to_decide"], 1);
    assert_eq!(member.get("/api/v1/approvals?view=to_decide").await.json()["items"][0]["id"], request.as_str());
    assert_eq!(approve(&member, &request).await.json()["state"], "approved");
    assert_eq!(office.operator.wait_for(&run, is_over).await["result"], 6);
    let (_, next) = office.ask(json!({})).await;
    assert!(delete(&office.admin, "/api/v1/groups/board/members/member").await.status < 300);
    assert_eq!(approve(&member, &next).await.status, 404, "out of the group is out of the decision");
}
