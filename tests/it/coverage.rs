//! Every route as every role: the statuses are golden, and each change leaves exactly one decision in the audit log.
//!
//! A new route fails here until it has its line in [`ask`]: nothing is served that nobody thought about.

use std::collections::BTreeMap;
use std::fmt::Write;

use reqwest::Method;
use serde_json::{Value, json};

use crate::appliance::{Appliance, answer, http};
use crate::openapi::golden;
use crate::person::{CHOSEN, Person, id_of, is_over};

const ROLES: [&str; 9] = ["none", "platform-admin", "tenant-admin", "author", "reviewer", "operator", "approver", "auditor", "viewer"];
const VAULT: &str = "seven quiet lamps at noon";
const UNIT: &str = "def main(n: int = 1) -> int:\n    open('outputs/a.txt', 'w').write('a')\n    return n\n";
const GRAVE: &str = "# /// script\n# [tool.execgov]\n# risk = \"critical\"\n# ///\n\ndef main() -> int:\n    return 1\n";
const HIGH: &str = "# /// script\n# [tool.execgov]\n# risk = \"high\"\n# ///\n\ndef main() -> int:\n    return 1\n";

/// Requests that only look although they are no GET: done, they leave nothing. This list may only shrink.
const LOOKS: [&str; 3] = ["explain_access", "plan_run", "inspect_upload"];
/// Requests without a caller to record. This list may only shrink.
const NOBODY: [&str; 2] = ["setup", "login"];

const DOCUMENT: &str = r#"{"openapi":"3.0.0","paths":{"/ping":{"get":{"operationId":"ping"}}}}"#;

/// Policies of a tenant's own that change nothing here.
const POLICY: &str = "@id(\"night\") forbid (principal is User, action == Action::\"capability.run\", resource is Capability) when { resource.space == \"night\" };";

pub enum Body {
    None,
    Json(Value),
    File,
}

/// Things of others for one role to try its hands on, so that one try does not depend on another.
pub struct Things {
    unit: String,
    run: String,
    waiting: String,
    confirm: String,
    decline: String,
    approvals: Vec<(String, String)>,
    user: String,
    token: String,
    freeze: String,
    view: String,
    announcements: Vec<String>,
    resource: String,
    webhook: String,
    group: String,
    backup: String,
    secret: String,
    grant: String,
    space: String,
    role: String,
    role_grant: String,
    tenant: String,
    own_session: String,
    tomorrow: String,
}

impl Things {
    /// The same kinds of things, of which there is none.
    pub fn nowhere(&self) -> Self {
        Self {
            unit: nowhere(&self.unit),
            run: nowhere(&self.run),
            waiting: nowhere(&self.waiting),
            confirm: nowhere(&self.confirm),
            decline: nowhere(&self.decline),
            user: nowhere(&self.user),
            token: nowhere(&self.token),
            freeze: nowhere(&self.freeze),
            view: nowhere(&self.view),
            resource: nowhere(&self.resource),
            webhook: nowhere(&self.webhook),
            group: nowhere(&self.group),
            secret: nowhere(&self.secret),
            grant: nowhere(&self.grant),
            space: nowhere(&self.space),
            role: nowhere(&self.role),
            role_grant: nowhere(&self.role_grant),
            tenant: nowhere(&self.tenant),
            own_session: nowhere(&self.own_session),
            approvals: self.approvals.iter().map(|(id, binding)| (nowhere(id), binding.clone())).collect(),
            announcements: self.announcements.iter().map(|id| nowhere(id)).collect(),
            backup: nowhere(&self.backup),
            tomorrow: self.tomorrow.clone(),
        }
    }

    /// What names these things.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.approvals.iter().map(|(id, _)| id.clone()).chain(self.announcements.iter().cloned()).collect();
        words.extend(
            [
                &self.unit,
                &self.run,
                &self.waiting,
                &self.confirm,
                &self.decline,
                &self.user,
                &self.token,
                &self.freeze,
                &self.view,
                &self.resource,
                &self.webhook,
                &self.group,
                &self.backup,
                &self.secret,
                &self.grant,
                &self.space,
                &self.role,
                &self.role_grant,
                &self.tenant,
                &self.own_session,
            ]
            .map(Clone::clone),
        );
        words
    }
}

/// An id or a name of the same shape that nothing has.
fn nowhere(word: &str) -> String {
    let (kept, last) = word.split_at(word.len() - 1);
    let other = if last == "1" { "2" } else { "1" };
    format!("{kept}{other}")
}

/// How an operation is asked for: its path parameters and its body.
pub fn ask(operation: &str, it: &Things) -> Option<(Vec<(&'static str, String)>, Body)> {
    let name = || vec![("name", it.unit.clone())];
    let version = |number: &str| vec![("name", it.unit.clone()), ("number", number.to_owned())];
    let id = |id: &str| vec![("id", id.to_owned())];
    let request = |place: usize| {
        let (request, binding) = it.approvals[place].clone();
        (vec![("id", request)], Body::Json(json!({ "binding": binding, "password": CHOSEN, "comment": "seen" })))
    };
    Some(match operation {
        "explain_access" => (vec![], Body::Json(json!({ "user": it.user, "action": "run.view", "resource": { "kind": "run" } }))),
        "get_checkpoint" | "list_audit_events" | "export_audit" | "get_audit_key" | "list_capabilities" | "doctor" | "me"
        | "list_my_sessions" | "list_roles" | "list_runs" | "stream_runs" | "runtimes" | "setup_status" | "info" | "list_tokens"
        | "list_users" | "healthz" | "metrics" | "readyz" | "list_approvals" | "count_approvals" | "list_rules" | "list_freezes"
        | "list_resources" | "list_webhooks" | "list_groups" => (vec![], Body::None),
        "list_announcements" | "list_templates" | "list_community" => (vec![], Body::None),
        "draft_announcement" => (vec![], Body::Json(json!({ "title": "x", "body": "y", "severity": "info", "tenants": ["default"] }))),
        "edit_announcement" => {
            (id(&it.announcements[0]), Body::Json(json!({ "title": "z", "body": "y", "severity": "info", "tenants": ["default"] })))
        }
        "show_announcement" | "submit_announcement" | "announcement_receipts" => (id(&it.announcements[0]), Body::None),
        "return_announcement" => (id(&it.announcements[1]), Body::None),
        "publish_announcement" => (id(&it.announcements[2]), Body::None),
        "withdraw_announcement" => (id(&it.announcements[3]), Body::None),
        "acknowledge_announcement" => (id(&it.announcements[4]), Body::None),
        "publish_template" => (vec![], Body::Json(json!({ "capability": it.unit, "name": format!("new-{}", it.unit), "changelog": "x" }))),
        "show_template" | "template_usage" => (name(), Body::None),
        "instantiate_template" => (name(), Body::Json(json!({ "name": format!("made-{}", it.unit) }))),
        "push_template" => (name(), Body::Json(json!({}))),
        "share_capability" => (vec![], Body::Json(json!({ "capability": it.unit, "description": "x" }))),
        "show_shared" => (name(), Body::None),
        "rate_shared" => (name(), Body::Json(json!({ "stars": 4 }))),
        "copy_shared" => (name(), Body::Json(json!({ "name": format!("copy-{}", it.unit) }))),
        "hide_shared" => (name(), Body::Json(json!({ "reason": "x" }))),
        "unhide_shared" => (name(), Body::None),
        "audit_status" | "list_witnesses" | "forward_status" | "list_audit_views" => (vec![], Body::None),
        "download_audit_events" => (vec![], Body::None),
        "add_witness" => (vec![], Body::Json(json!({ "place": "a safe" }))),
        "apply_retention" => (vec![], Body::Json(json!({}))),
        "keep_audit_view" => (vec![], Body::Json(json!({ "name": "refused", "filter": { "outcome": "refused" }, "shared": true }))),
        "change_audit_view" => (id(&it.view), Body::Json(json!({ "name": "other", "filter": {} }))),
        "remove_audit_view" => (id(&it.view), Body::None),
        "list_calendars" | "list_delegations" | "list_standing_approvals" | "show_governance" => (vec![], Body::None),
        "show_audit_event" => (vec![("index", "3".to_owned())], Body::None),
        "verify_audit" | "create_backup" | "drill_backup" | "logout" => (vec![], Body::None),
        "download_backup" => (vec![("name", it.backup.clone())], Body::None),
        "register_capability" | "upload_file" | "inspect_upload" => (vec![], Body::File),
        "show_capability" | "list_versions" => (name(), Body::None),
        "diff_versions" => (name(), Body::None),
        "plan_run" | "verify_capability" => (name(), Body::Json(json!({}))),
        "rollback_capability" => (name(), Body::Json(json!({ "to": 1 }))),
        "show_version" => (version("1"), Body::None),
        "deprecate_version" => (version("1"), Body::Json(json!({}))),
        "retire_version" => (version("5"), Body::Json(json!({}))),
        "return_version" => (version("3"), Body::Json(json!({}))),
        "submit_version" => (version("4"), Body::Json(json!({ "changelog": "next" }))),
        "publish_version" => (version("2"), Body::Json(json!({ "password": CHOSEN }))),
        "check_version" => (version("4"), Body::None),
        "list_remarks" => (version("1"), Body::None),
        "add_remark" => (version("1"), Body::Json(json!({ "path": format!("{}.py", it.unit), "line": 1, "text": "why?" }))),
        "settle_remark" => {
            let mut params = version("1");
            params.push(("id", "rmk_00000000000070008000000000000000".to_owned()));
            (params, Body::None)
        }
        "list_publications" => (name(), Body::None),
        "read_version_file" => {
            (vec![("name", it.unit.clone()), ("number", "1".to_owned()), ("*path", format!("{}.py", it.unit))], Body::None)
        }
        "explain" => (vec![("code", "EG-RUN-003".to_owned())], Body::None),
        "update_me" => (vec![], Body::Json(json!({ "theme": "dark" }))),
        "change_password" => (vec![], Body::Json(json!({ "current": CHOSEN, "new": format!("{CHOSEN} again") }))),
        "end_my_session" => (id(&it.own_session), Body::None),
        "start_run" => (vec![], Body::Json(json!({ "capability": it.unit }))),
        "compare_runs" => (vec![], Body::None),
        "show_run" | "list_run_events" | "read_log" | "download_log" | "search_log" | "stream_log" | "get_receipt" | "get_evidence"
        | "stream_run" => (id(&it.run), Body::None),
        "download_artifact" => (vec![("id", it.run.clone()), ("*name", "a.txt".to_owned())], Body::None),
        "cancel_run" => (id(&it.waiting), Body::Json(json!({}))),
        "confirm_run" => (id(&it.confirm), Body::Json(json!({ "binding": "0" }))),
        "decline_run" => (id(&it.decline), Body::Json(json!({}))),
        "show_approval" => (id(&it.approvals[0].0), Body::None),
        "approve" => request(0),
        "reject" => request(1),
        "withdraw_approval" => (id(&it.approvals[2].0), Body::Json(json!({}))),
        "assign_approval" => (id(&it.approvals[0].0), Body::Json(json!({}))),
        "delegate" => (vec![], Body::Json(json!({ "to": it.user, "ends": it.tomorrow }))),
        "end_delegation" => (id("dlg_00000000000070008000000000000000"), Body::None),
        "ask_standing_approval" => {
            (vec![], Body::Json(json!({ "capability": "grave", "inputs": {}, "until": it.tomorrow, "reason": "each night" })))
        }
        "revoke_standing_approval" => (id("sta_00000000000070008000000000000000"), Body::Json(json!({}))),
        "set_governance" => (vec![], Body::Json(json!({ "mode": "four_eyes" }))),
        "prove_session" => (vec![], Body::Json(json!({ "password": CHOSEN }))),
        "set_matter_rule" => {
            let need = json!({ "kind": "approve", "approvers": 1, "role": "reviewer" });
            (vec![("matter", "publish".to_owned())], Body::Json(json!({ "need": need })))
        }
        "reset_matter_rule" => (vec![("matter", "publish".to_owned())], Body::None),
        "set_risk_rule" => (vec![("risk", "high".to_owned())], Body::Json(json!({ "need": { "kind": "confirm" } }))),
        "reset_risk_rule" => (vec![("risk", "high".to_owned())], Body::None),
        "set_capability_rule" => (name(), Body::Json(json!({ "need": { "kind": "none" } }))),
        "reset_capability_rule" => (name(), Body::None),
        "add_freeze" => {
            let window = json!({ "kind": "once", "from": "2098-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z" });
            (vec![], Body::Json(json!({ "name": "x", "window": window })))
        }
        "list_freeze_periods" => (vec![], Body::None),
        "list_calendar_periods" | "show_calendar" => (vec![("calendar", "no-such".to_owned())], Body::None),
        "remove_calendar" => (vec![("calendar", "no-such".to_owned())], Body::None),
        "add_calendar" => (vec![], Body::Json(json!({ "name": format!("days of {}", it.unit), "days": ["2098-01-01"] }))),
        "update_calendar" => (vec![("calendar", "no-such".to_owned())], Body::Json(json!({ "name": "x" }))),
        "import_calendar" => (vec![("calendar", "no-such".to_owned())], Body::Json(json!({ "ics": "x" }))),
        "remove_freeze" => (id(&it.freeze), Body::None),
        "list_openapi_operations" => (vec![], Body::Json(json!({ "document": DOCUMENT }))),
        "import_openapi" => {
            let wish = json!({ "document": DOCUMENT, "resource": it.resource, "operations": ["ping"], "prefix": it.unit });
            (vec![], Body::Json(wish))
        }
        "add_webhook" => (vec![], Body::Json(json!({ "name": "shop", "capability": it.unit }))),
        "rotate_webhook" => (id(&it.webhook), Body::Json(json!({}))),
        "remove_webhook" => (id(&it.webhook), Body::None),
        "deliver_webhook" => (id(&it.webhook), Body::Json(json!({}))),
        "add_resource" => {
            let settings = json!({ "url": "https://erp.example.com" });
            (vec![], Body::Json(json!({ "name": format!("made-{}", it.resource), "purpose": "orders", "settings": settings })))
        }
        "show_resource" | "list_resource_uses" | "test_resource" | "remove_resource" => (vec![("name", it.resource.clone())], Body::None),
        "update_resource" => (vec![("name", it.resource.clone())], Body::Json(json!({ "owner": "it" }))),
        "grant_resource" => (vec![("name", it.resource.clone())], Body::Json(json!({ "tenant": "default" }))),
        "revoke_resource" => (vec![("name", it.resource.clone()), ("tenant", "default".to_owned())], Body::None),
        "vault_status" | "list_secrets" => (vec![], Body::None),
        "init_vault" => (vec![], Body::Json(json!({ "method": "passphrase", "passphrase": VAULT }))),
        "seal_vault" => (vec![], Body::None),
        "unseal_vault" => (vec![], Body::Json(json!({ "passphrase": VAULT }))),
        "rotate_vault" => (vec![], Body::Json(json!({}))),
        "recover_vault" => (vec![], Body::Json(json!({ "identity": "AGE-SECRET-KEY-1", "method": "passphrase", "passphrase": VAULT }))),
        "set_recovery" => (vec![], Body::Json(json!({ "recovery": [] }))),
        "prove_recovery" => (vec![], Body::Json(json!({ "recipient": "age1nobody" }))),
        "show_secret" => (vec![("name", it.secret.clone())], Body::None),
        "set_secret" => (vec![("name", it.secret.clone())], Body::Json(json!({ "value": "another value" }))),
        "describe_secret" => (vec![("name", it.secret.clone())], Body::Json(json!({ "owner": "somebody" }))),
        "destroy_secret_version" => (vec![("name", it.secret.clone()), ("number", "1".to_owned())], Body::None),
        "grant_secret" => (vec![("name", it.secret.clone())], Body::Json(json!({ "capability": "grave" }))),
        "revoke_secret" => (vec![("name", it.secret.clone()), ("grant", it.grant.clone())], Body::None),
        "delete_secret" => (vec![("name", it.secret.clone())], Body::None),
        "list_policies" | "deactivate_policy" => (vec![], Body::None),
        "add_policy" => (vec![], Body::Json(json!({ "text": POLICY }))),
        "show_policy" => (vec![("number", "1".to_owned())], Body::None),
        "try_policy" => (vec![("number", "1".to_owned())], Body::Json(json!({ "days": 1 }))),
        "activate_policy" => (vec![("number", "1".to_owned())], Body::None),
        "create_service_account" => (vec![], Body::Json(json!({ "name": format!("bot-of-{}", it.unit) }))),
        "create_service_token" => (id("bot"), Body::Json(json!({ "name": "t", "scopes": ["read"], "days": 1 }))),
        "list_tenants" => (vec![], Body::None),
        "add_tenant" => (vec![], Body::Json(json!({ "key": format!("made-by-{}", it.unit) }))),
        "show_tenant" => (vec![("key", it.tenant.clone())], Body::None),
        "update_tenant" => (vec![("key", it.tenant.clone())], Body::Json(json!({ "title": "Another" }))),
        "list_spaces" => (vec![], Body::None),
        "add_space" => (vec![], Body::Json(json!({ "name": format!("made-by-{}", it.unit) }))),
        "remove_space" => (vec![("space", it.space.clone())], Body::None),
        "add_folder" => (vec![("space", it.space.clone())], Body::Json(json!({ "path": "made" }))),
        "remove_folder" => (vec![("space", it.space.clone()), ("*path", "old".to_owned())], Body::None),
        "move_capability" => (name(), Body::Json(json!({ "space": "team" }))),
        "list_grants" | "access_matrix" => (vec![], Body::None),
        "give_role" => (vec![], Body::Json(json!({ "user": it.user, "role": "operator" }))),
        "take_role" => (id(&it.role_grant), Body::None),
        "add_role" => (vec![], Body::Json(json!({ "name": format!("made-by-{}", it.unit), "actions": ["run.view"] }))),
        "change_role" => (vec![("role", it.role.clone())], Body::Json(json!({ "name": it.role, "actions": ["run.view"] }))),
        "remove_role" => (vec![("role", it.role.clone())], Body::None),
        "add_group" => (vec![], Body::Json(json!({ "name": format!("made-by-{}", it.unit) }))),
        "show_group" | "remove_group" => (vec![("group", it.group.clone())], Body::None),
        "add_group_member" => (vec![("group", it.group.clone()), ("user", it.user.clone())], Body::Json(json!({}))),
        "remove_group_member" => (vec![("group", it.group.clone()), ("user", it.user.clone())], Body::None),
        "login" => (vec![], Body::Json(json!({ "username": "nobody-there", "password": "correct horse battery" }))),
        "setup" => {
            let wish = json!({ "token": "egp_x", "username": "eve", "password": "correct horse battery", "mode": "solo" });
            (vec![], Body::Json(wish))
        }
        "create_token" => (vec![], Body::Json(json!({ "name": "t", "scopes": ["read"], "days": 1 }))),
        "revoke_token" => (id(&it.token), Body::None),
        "create_user" => {
            let name = format!("made-by-{}", it.unit);
            (vec![], Body::Json(json!({ "username": name, "password": "correct horse battery", "roles": ["viewer"] })))
        }
        "get_user" => (id(&it.user), Body::None),
        "update_user" => (id(&it.user), Body::Json(json!({ "display_name": "Changed" }))),
        "delete_user" => (id(&it.user), Body::None),
        "reset_password" => (id(&it.user), Body::Json(json!({ "password": "another horse battery" }))),
        _ => return None,
    })
}

pub fn query(operation: &str, it: &Things) -> String {
    match operation {
        "diff_versions" => "?from=1&to=2".to_owned(),
        "list_freeze_periods" | "list_calendar_periods" => "?from=2098-01-01T00:00:00Z&until=2098-02-01T00:00:00Z".to_owned(),
        "compare_runs" => format!("?left={0}&right={0}", it.run),
        "search_log" => "?q=a".to_owned(),
        "download_audit_events" => "?format=csv&action=me.".to_owned(),
        _ => String::new(),
    }
}

/// The people who make the things.
pub struct Staff {
    pub appliance: Appliance,
    pub admin: Person,
    author: Person,
    reviewer: Person,
    operator: Person,
    approver: Person,
    pub auditor: Person,
    keeper: Person,
    backup: String,
}

impl Staff {
    pub async fn new() -> Self {
        let appliance = Appliance::start();
        let admin = Person::founder(&appliance, "four_eyes").await;
        let mut people = Vec::new();
        for role in ["author", "reviewer", "operator", "approver", "auditor", "tenant-admin"] {
            people.push(admin.another(&appliance, &format!("staff-{role}"), &[role]).await);
        }
        let Ok([author, reviewer, operator, approver, auditor, keeper]) = <[Person; 6]>::try_from(people) else { panic!("six people") };
        let bot = keeper.post("/api/v1/service-accounts", &json!({ "name": "bot" })).await;
        assert_eq!(bot.status, 201, "{}", bot.text);
        let written = keeper.post("/api/v1/policies", &json!({ "text": POLICY })).await;
        assert_eq!(written.status, 201, "{}", written.text);
        assert_eq!(keeper.post("/api/v1/policies/1/try", &json!({})).await.status, 200);
        let vault = admin.post("/api/v1/vault/init", &json!({ "method": "passphrase", "passphrase": VAULT })).await;
        assert_eq!(vault.status, 201, "{}", vault.text);
        let made = admin.post("/api/v1/backups", &json!({})).await.json();
        let backup = made["name"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        let staff = Self { appliance, admin, author, reviewer, operator, approver, auditor, keeper, backup };
        for (file, source) in [("grave.py", GRAVE), ("high.py", HIGH)] {
            assert!(staff.author.register(file, source).await.status < 300);
            let version = format!("/api/v1/capabilities/{}/versions/1", file.trim_end_matches(".py"));
            assert_eq!(staff.author.post(&format!("{version}/submit"), &json!({ "changelog": "first" })).await.status, 200);
            let path = format!("{version}/publish");
            assert_eq!(staff.reviewer.post(&path, &json!({ "password": CHOSEN })).await.status, 200);
        }
        staff
    }

    pub async fn things(&self, role: &str, session: &str) -> Things {
        let unit = format!("unit-{role}");
        let file = format!("{unit}.py");
        assert!(self.author.register(&file, UNIT).await.status < 300);
        let version = |number: u32, verb: &str| format!("/api/v1/capabilities/{unit}/versions/{number}/{verb}");
        assert_eq!(self.author.post(&version(1, "submit"), &json!({ "changelog": "first" })).await.status, 200);
        let published = self.reviewer.post(&version(1, "publish"), &json!({})).await;
        assert_eq!(published.status, 200, "{}", published.text);
        for number in 2..=5 {
            assert!(self.author.register(&file, format!("{UNIT}\n# {number}\n")).await.status < 300);
        }
        for number in 2..=3 {
            assert_eq!(self.author.post(&version(number, "submit"), &json!({ "changelog": "next" })).await.status, 200);
        }
        let run = id_of(&self.operator.run(&unit, json!({})).await);
        let mut waits = Vec::new();
        for _ in 0..3 {
            waits.push(id_of(&self.operator.start("high", json!({})).await.json()));
        }
        let mut approvals = Vec::new();
        for _ in 0..3 {
            let hold = self.operator.start("grave", json!({})).await.json()["hold"].clone();
            let text = |name: &str| hold[name].as_str().expect("a request").to_owned();
            approvals.push((text("approval"), text("binding")));
        }
        let target = format!("target-{role}");
        let person = self.admin.another(&self.appliance, &target, &["viewer"]).await;
        let tokens = person.get("/api/v1/tokens").await.json();
        let window = json!({ "kind": "once", "from": "2098-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z" });
        let freeze = self.admin.post("/api/v1/freezes", &json!({ "name": role, "window": window })).await.json();
        let view = json!({ "name": role, "filter": {}, "shared": true });
        let view = self.admin.post("/api/v1/audit/views", &view).await.json();
        let announcements = self.announcements(role).await;
        let wish = json!({ "capability": unit, "changelog": "x" });
        assert_eq!(self.reviewer.post("/api/v1/templates", &wish).await.status, 201);
        let wish = json!({ "capability": unit, "description": "x" });
        assert_eq!(self.author.post("/api/v1/community", &wish).await.status, 201);
        let resource = format!("res-{role}");
        let settings = json!({ "url": "http://127.0.0.1:9", "private": ["127.0.0.1"], "health": { "path": "/" }, "timeout_ms": 1000 });
        let made = self.admin.post("/api/v1/resources", &json!({ "name": resource, "purpose": "orders", "settings": settings })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let granted = self.admin.post(&format!("/api/v1/resources/{resource}/grants"), &json!({ "tenant": "default" })).await;
        assert_eq!(granted.status, 200, "{}", granted.text);
        let webhook = self.operator.post("/api/v1/webhooks", &json!({ "name": role, "capability": unit })).await.json();
        let webhook = webhook["webhook"]["id"].as_str().unwrap_or_else(|| panic!("{webhook}")).to_owned();
        let secret = format!("secret-{role}");
        let path = format!("/api/v1/secrets/{secret}");
        let set = answer(self.admin.request(Method::PUT, &path).json(&json!({ "value": "some value" }))).await;
        assert_eq!(set.status, 200, "{}", set.text);
        let granted = self.admin.post(&format!("{path}/grants"), &json!({ "capability": unit })).await.json();
        let group = format!("group-{role}");
        let made = self.admin.post("/api/v1/groups", &json!({ "name": group })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let made = self.keeper.post("/api/v1/roles", &json!({ "name": format!("role-{role}"), "actions": ["run.view"] })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(self.keeper.post("/api/v1/spaces", &json!({ "name": format!("space-{role}") })).await.status, 201);
        let folder = self.keeper.post(&format!("/api/v1/spaces/space-{role}/folders"), &json!({ "path": "old" })).await;
        assert_eq!(folder.status, 201, "{}", folder.text);
        let role_grant = self.keeper.post("/api/v1/grants", &json!({ "user": target, "role": "viewer", "place": "team" })).await.json();
        let tenant = format!("tenant-{role}");
        assert_eq!(self.admin.post("/api/v1/tenants", &json!({ "key": tenant })).await.status, 201);
        let Ok([waiting, confirm, decline]) = <[String; 3]>::try_from(waits) else { panic!("three runs") };
        Things {
            unit,
            run,
            waiting,
            confirm,
            decline,
            approvals,
            user: target,
            token: id_of(&tokens["items"][0]),
            freeze: id_of(&freeze),
            view: id_of(&view),
            announcements,
            resource,
            webhook,
            space: format!("space-{role}"),
            role: format!("role-{role}"),
            role_grant: id_of(&role_grant),
            tenant,
            group,
            backup: self.backup.clone(),
            grant: granted["grants"][0]["id"].as_str().unwrap_or_else(|| panic!("{granted}")).to_owned(),
            secret,
            own_session: session.to_owned(),
            tomorrow: tomorrow(),
        }
    }

    /// A draft, two in review, one to withdraw and one that is shown to everybody.
    async fn announcements(&self, role: &str) -> Vec<String> {
        let wish = json!({ "title": role, "body": "x", "severity": "info", "tenants": ["default"], "acknowledge": true });
        let mut made = Vec::new();
        for place in 0..5 {
            let drafted = self.keeper.post("/api/v1/announcements", &wish).await;
            assert_eq!(drafted.status, 201, "{}", drafted.text);
            let id = id_of(&drafted.json());
            let steps: &[&str] = match place {
                0 => &[],
                4 => &["submit", "publish"],
                _ => &["submit"],
            };
            for step in steps {
                let who = if *step == "publish" { &self.admin } else { &self.keeper };
                let done = who.post(&format!("/api/v1/announcements/{id}/{step}"), &json!({})).await;
                assert_eq!(done.status, 200, "{}", done.text);
            }
            made.push(id);
        }
        made
    }

    /// A session of a person: its secret and its id.
    pub async fn session(&self, name: &str) -> (String, String) {
        let wish = json!({ "username": name, "password": CHOSEN, "deliver": "body" });
        let answer = self.appliance.post("/api/v1/session", &wish).await.json();
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        (text(&answer["session_token"]), text(&answer["session"]["id"]))
    }
}

/// A day from now.
pub fn tomorrow() -> String {
    use execgov::base::clock::{Clock, SystemClock};
    (SystemClock.now() + jiff::SignedDuration::from_hours(24)).to_string()
}

/// Status and id of one request.
async fn send(url: &str, secret: Option<&str>, method: &Method, path: &str, body: &Body) -> (u16, String) {
    let mut request = http().request(method.clone(), format!("{url}{path}"));
    if let Some(secret) = secret {
        request = request.bearer_auth(secret);
    }
    request = match body {
        Body::None if *method == Method::POST => request.json(&json!({})),
        Body::None => request,
        Body::Json(value) => request.json(value),
        Body::File => {
            let part = reqwest::multipart::Part::bytes(UNIT.as_bytes().to_vec()).file_name("fresh.py");
            request.multipart(reqwest::multipart::Form::new().part("file", part))
        }
    };
    // Streams have no end: the head of the answer is what counts.
    let answer = request.send().await.expect("an answer");
    let id = answer.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    (answer.status().as_u16(), id)
}

/// Every route: method, path, operation.
pub fn routes() -> Vec<(Method, String, String)> {
    let description: Value = serde_json::from_str(&execgov::api::openapi().to_json().expect("JSON")).expect("JSON");
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            routes.push((method, path.clone(), operation["operationId"].as_str().expect("an id").to_owned()));
        }
    }
    routes
}

#[tokio::test]
async fn every_route_as_every_role() {
    let staff = Staff::new().await;
    let mut routes = routes();
    // What ends things comes last, in an order that does not change.
    let last = [
        "delete_secret",
        "seal_vault",
        "unseal_vault",
        "remove_folder",
        "remove_space",
        "take_role",
        "remove_role",
        "remove_freeze",
        "remove_resource",
        "remove_webhook",
        "remove_group_member",
        "remove_group",
        "revoke_token",
        "reset_password",
        "delete_user",
        "end_my_session",
        "change_password",
        "logout",
    ];
    let place = |operation: &str| last.iter().position(|name| *name == operation).map_or(0, |at| at + 1);
    routes.sort_by_key(|(method, path, operation)| (place(operation), path.clone(), method.to_string()));

    let mut table: BTreeMap<(String, String), Vec<u16>> = BTreeMap::new();
    let mut changes: Vec<(String, String, u16, String)> = Vec::new();
    for role in ["anonymous"].iter().chain(&ROLES) {
        let name = format!("tries-{role}");
        let roles: &[&str] = if matches!(*role, "none" | "anonymous") { &[] } else { std::slice::from_ref(role) };
        staff.admin.another(&staff.appliance, &name, roles).await;
        let (_, own) = staff.session(&name).await;
        let (mut secret, _) = staff.session(&name).await;
        let things = staff.things(role, &own).await;
        for (method, path, operation) in &routes {
            let (params, body) = ask(operation, &things).unwrap_or_else(|| panic!("`{operation}` has no line in `ask`"));
            let filled = params.iter().fold(path.clone(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
            let filled = filled + &query(operation, &things);
            let who = (*role != "anonymous").then_some(secret.as_str());
            let (status, id) = send(&staff.appliance.url, who, method, &filled, &body).await;
            table.entry((path.clone(), method.to_string())).or_default().push(status);
            if *method != Method::GET && status != 401 && status != 400 {
                changes.push((operation.clone(), (*role).to_owned(), status, id));
            }
            if operation == "change_password" && status < 300 {
                secret = {
                    let wish = json!({ "username": name, "password": format!("{CHOSEN} again"), "deliver": "body" });
                    let answer = staff.appliance.post("/api/v1/session", &wish).await.json();
                    answer["session_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
                };
            }
            assert!(status < 500, "{role} {method} {filled}: {status}");
        }
    }
    let mut text = String::from(
        "# What each route answers to each role, about things of somebody else in the same tenant, under four eyes.\n\
         # 404 where the thing may not even be seen; 409 where it may, but its state does not allow the act.\n\n",
    );
    let heads: Vec<&str> = ["anonymous"].iter().chain(&ROLES).copied().collect();
    writeln!(text, "{:<62} {}", "route", heads.join(" ")).expect("written");
    for ((path, method), statuses) in &table {
        let cells: Vec<String> =
            statuses.iter().zip(&heads).map(|(status, head)| format!("{status:<width$}", width = head.len())).collect();
        writeln!(text, "{:<62} {}", format!("{method} {path}"), cells.join(" ").trim_end()).expect("written");
    }
    golden("routes.txt", &text);
    one_decision_each(&staff, &changes).await;
}

/// Counts what people did, by the request that they did it with.
async fn one_decision_each(staff: &Staff, changes: &[(String, String, u16, String)]) {
    let mut events: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = staff.auditor.get(&format!("/api/v1/audit/events?limit=200&cursor={cursor}")).await.json();
        for event in page["items"].as_array().unwrap_or_else(|| panic!("{page}")) {
            if let (Some(request), true) = (event["request"].as_str(), event["actor"]["kind"] != "system") {
                events.entry(request.to_owned()).or_default().push(event["action"].as_str().unwrap_or_default().to_owned());
            }
        }
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let mut wrong = Vec::new();
    for (operation, role, status, id) in changes {
        let found = events.get(id).cloned().unwrap_or_default();
        let expected = if NOBODY.contains(&operation.as_str()) {
            continue;
        } else if LOOKS.contains(&operation.as_str()) && *status < 300 {
            0
        } else {
            1
        };
        if found.len() != expected {
            wrong.push(format!("{operation} as {role} ({status}): {found:?}"));
        }
    }
    assert!(changes.len() > 200, "the walk changes things: {}", changes.len());
    assert!(wrong.is_empty(), "each change leaves one decision:\n{}", wrong.join("\n"));
    let over = staff.operator.get("/api/v1/runs?phase=running,queued").await.json();
    for run in over["items"].as_array().into_iter().flatten() {
        staff.operator.wait_for(&id_of(run), is_over).await;
    }
    let verdict = staff.auditor.post("/api/v1/audit/verify", &json!({})).await.json();
    assert_eq!(verdict["ok"], true, "{verdict}");
    assert!(staff.approver.get("/api/v1/approvals?view=all").await.json()["items"].as_array().is_some_and(|items| items.len() > 20));
}
