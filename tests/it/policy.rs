//! The built-in policies as one table, and the laws that hold over all of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cedar_policy::Schema;
use execgov::base::clock::Timestamp;
use execgov::domain::access::{
    Action, AnnouncementRef, ApprovalRef, Caller, CapabilityRef, DEFAULT_SPACE, Effect, GrantRef, GroupRef, Holdings, Mode, Policy,
    PolicyRef, Principal, Resource, Role, RoleSet, RunRef, Scope, Scopes, Sight, SpacePath, SpaceRef, Standing, UserRef, Via, Whence,
};
use execgov::domain::capability::{Name, Risk};
use execgov::domain::handle::Handle;
use execgov::domain::ids::{AnnouncementId, ApprovalId, CapabilityId, RunId, SessionId, TenantKey, TokenId, UserId};
use proptest::prelude::*;

use crate::openapi::golden;

const ME: UserId = UserId::from_bytes([1; 16]);
const OTHER: UserId = UserId::from_bytes([2; 16]);

fn tenant() -> TenantKey {
    TenantKey::default_tenant()
}

fn elsewhere() -> TenantKey {
    TenantKey::try_from("elsewhere".to_owned()).unwrap()
}

fn caller(roles: RoleSet) -> Caller {
    Caller {
        principal: Principal::User(ME),
        tenant: tenant(),
        name: "me".to_owned(),
        roles,
        holdings: Holdings::default(),
        via: Via::Session { id: SessionId::from_bytes([0; 16]), expires_at: Timestamp::MAX },
        standing: Standing::Good,
        whence: Whence::default(),
    }
}

fn with_token(caller: &Caller, scopes: Scopes) -> Caller {
    Caller { via: Via::Token { id: TokenId::from_bytes([0; 16]), scopes, expires_at: Timestamp::MAX }, ..caller.clone() }
}

fn person(tenant: TenantKey, id: UserId, roles: RoleSet) -> UserRef {
    UserRef { tenant, id, name: "somebody".to_owned(), roles, service_of: None }
}

fn capability(tenant: TenantKey, author: UserId) -> Resource {
    Resource::Capability(CapabilityRef {
        tenant,
        id: CapabilityId::from_bytes([0; 16]),
        name: Name::any(),
        space: DEFAULT_SPACE.to_owned(),
        owner: Some(author),
        author: Some(author),
        risk: Risk::Low,
    })
}

fn run(tenant: TenantKey, requester: UserId) -> Resource {
    Resource::Run(RunRef { tenant, id: RunId::from_bytes([0; 16]), requester: Some(requester), space: DEFAULT_SPACE.to_owned() })
}

fn approval(tenant: TenantKey, requester: UserId) -> Resource {
    Resource::Approval(ApprovalRef {
        tenant,
        id: ApprovalId::from_bytes([0; 16]),
        requesters: vec![requester],
        roles: vec![Role::Approver],
        deciders: vec![],
        space: Some(DEFAULT_SPACE.to_owned()),
    })
}

fn announcement(tenant: TenantKey, author: UserId) -> Resource {
    Resource::Announcement(AnnouncementRef { tenant, id: AnnouncementId::from_bytes([0; 16]), title: String::new(), authors: vec![author] })
}

/// Things to act on, under the schema's name of their type. `roles` are those of the caller.
fn things(roles: RoleSet) -> Vec<(&'static str, &'static str, Resource)> {
    let me = || person(tenant(), ME, roles);
    let colleague = || person(tenant(), OTHER, RoleSet::NONE);
    let admin = || person(tenant(), OTHER, RoleSet::NONE.with(Role::PlatformAdmin));
    let stranger = || person(elsewhere(), OTHER, RoleSet::NONE);
    let grant = |holder, role| Resource::Grant(GrantRef::of_account(holder, role));
    let group = |member| Resource::Group(GroupRef { tenant: tenant(), id: None, name: Handle::any(), member, gains: false, within: true });
    let space = |path| Resource::Space(SpaceRef { tenant: tenant(), path });
    let policy_version = |author| Resource::Policy(PolicyRef { tenant: tenant(), number: 1, author: Some(author) });
    vec![
        ("Appliance", "the appliance", Resource::Appliance),
        ("Tenant", "my tenant", Resource::Tenant(tenant())),
        ("Tenant", "another tenant", Resource::Tenant(elsewhere())),
        ("Tenant", "the platform", Resource::Tenant(TenantKey::platform())),
        ("Capability", "of mine", capability(tenant(), ME)),
        ("Capability", "of a colleague", capability(tenant(), OTHER)),
        ("Capability", "of another tenant", capability(elsewhere(), OTHER)),
        ("Run", "of mine", run(tenant(), ME)),
        ("Run", "of a colleague", run(tenant(), OTHER)),
        ("Run", "of another tenant", run(elsewhere(), OTHER)),
        ("Approval", "asked for by me", approval(tenant(), ME)),
        ("Approval", "asked for by a colleague", approval(tenant(), OTHER)),
        ("Approval", "of another tenant", approval(elsewhere(), OTHER)),
        ("User", "myself", Resource::User(me())),
        ("User", "a colleague", Resource::User(colleague())),
        ("User", "a platform admin", Resource::User(admin())),
        ("User", "of another tenant", Resource::User(stranger())),
        ("Grant", "viewer to me", grant(me(), Role::Viewer)),
        ("Grant", "viewer to a colleague", grant(colleague(), Role::Viewer)),
        ("Grant", "tenant-admin to a colleague", grant(colleague(), Role::TenantAdmin)),
        ("Grant", "auditor to a colleague", grant(colleague(), Role::Auditor)),
        ("Grant", "platform-admin to a colleague", grant(colleague(), Role::PlatformAdmin)),
        ("Grant", "viewer to a platform admin", grant(admin(), Role::Viewer)),
        ("Group", "with me", group(Some(ME))),
        ("Group", "with a colleague", group(Some(OTHER))),
        ("Group", "as it is", group(None)),
        ("Space", "the default one", space(SpacePath::of_default())),
        ("Space", "my own", space(SpacePath::personal(ME))),
        ("Space", "of a colleague's own", space(SpacePath::personal(OTHER))),
        ("Policy", "written by me", policy_version(ME)),
        ("Policy", "written by a colleague", policy_version(OTHER)),
        ("Grant", "more than I hold", Resource::Grant(GrantRef { within: false, ..GrantRef::of_account(colleague(), Role::Viewer) })),
        ("Grant", "to my other account", Resource::Grant(GrantRef { gains: true, ..GrantRef::of_account(colleague(), Role::Viewer) })),
        ("Token", "of my service account", Resource::Token { owner: UserRef { service_of: Some(ME), ..colleague() }, id: None }),
        ("Session", "of mine", Resource::Session { owner: me(), id: None }),
        ("Session", "of a colleague", Resource::Session { owner: colleague(), id: None }),
        ("Session", "of a platform admin", Resource::Session { owner: admin(), id: None }),
        ("Token", "of mine", Resource::Token { owner: me(), id: None }),
        ("Token", "of a colleague", Resource::Token { owner: colleague(), id: None }),
        ("Token", "of a platform admin", Resource::Token { owner: admin(), id: None }),
        ("Announcement", "of mine", announcement(tenant(), ME)),
        ("Announcement", "of a colleague", announcement(tenant(), OTHER)),
        ("Announcement", "of the platform", announcement(TenantKey::platform(), OTHER)),
        ("Audit", "of my tenant", Resource::Audit { tenant: tenant(), actor: None }),
        ("Audit", "of my own acts", Resource::Audit { tenant: tenant(), actor: Some(ME) }),
        ("Audit", "of the platform", Resource::Audit { tenant: TenantKey::platform(), actor: None }),
    ]
}

/// Pairs of action and type of thing that the schema knows.
fn pairs() -> BTreeSet<(String, String)> {
    let text = include_str!("../../assets/policy/execgov.cedarschema");
    let (schema, _) = Schema::from_cedarschema_str(text).unwrap();
    schema.request_envs().map(|env| (env.action().id().unescaped().to_owned(), env.resource().to_string())).collect()
}

#[test]
fn every_role_action_and_thing_is_as_in_the_golden_table() {
    let policy = Policy::built_in().unwrap();
    let pairs = pairs();
    let mut text = String::from(
        "# Who may do what, by the built-in policies. `+` allowed, `-` forbidden by a policy, `.` permitted by none.\n\
         # Four eyes; where `solo` differs the cell is `s`: allowed in solo, marked as self-approved.\n\n",
    );
    let heads = ["(none)", "platform-admin", "tenant-admin", "author", "reviewer", "operator", "approver", "auditor", "viewer", "host"];
    let _ = writeln!(text, "{:<24} {:<11} {:<30} {}", "action", "kind", "thing", heads.join(" "));
    let mut cells = 0;
    for action in Action::ALL {
        for (place, (kind, label, _)) in things(RoleSet::NONE).iter().enumerate() {
            if !pairs.contains(&(action.name().to_owned(), (*kind).to_owned())) {
                continue;
            }
            let _ = write!(text, "{:<24} {kind:<11} {label:<30}", action.name());
            for head in heads {
                let roles = head.parse().map_or(RoleSet::NONE, |role| RoleSet::NONE.with(role));
                let who = if head == "host" { Caller::host() } else { caller(roles) };
                let thing = &things(roles)[place].2;
                let four_eyes = policy.decide(&who, *action, thing, Mode::FourEyes);
                let solo = policy.decide(&who, *action, thing, Mode::Solo);
                let cell = match (four_eyes.allowed, solo.allowed) {
                    (true, true) => '+',
                    (false, true) => {
                        assert_eq!(solo.marks, ["self_approved"], "{action} {label}");
                        's'
                    }
                    (true, false) => panic!("solo allows less: {action} {label}"),
                    (false, false) if four_eyes.policies.is_empty() => '.',
                    (false, false) => '-',
                };
                assert!(!four_eyes.policies.iter().any(|id| id == "undecidable"), "{action} {label} {head}");
                assert!(four_eyes.allowed <= !four_eyes.policies.is_empty(), "an answer names its policies");
                let _ = write!(text, " {cell:<width$}", width = head.len());
                cells += 1;
            }
            text = text.trim_end().to_owned() + "\n";
        }
    }
    assert!(cells > 800, "the table is not empty: {cells}");
    golden("policy.txt", &text);
}

#[test]
fn laws_of_separation() {
    let policy = Policy::built_in().unwrap();
    let allowed = |roles: &[Role], action, thing: &Resource| {
        policy.decide(&caller(roles.iter().copied().collect()), action, thing, Mode::FourEyes).allowed
    };
    // An author never publishes alone, whatever else they are.
    assert!(!allowed(&Role::ALL, Action::CapabilityPublish, &capability(tenant(), ME)));
    assert!(!allowed(&[Role::Author, Role::Reviewer, Role::TenantAdmin], Action::CapabilityPublish, &capability(tenant(), ME)));
    assert!(allowed(&[Role::Reviewer], Action::CapabilityPublish, &capability(tenant(), OTHER)));
    // Who asked for it never decides on it, whatever else they are; nor does who lacks the role.
    assert!(!allowed(&Role::ALL, Action::ApprovalDecide, &approval(tenant(), ME)));
    assert!(allowed(&[Role::Approver], Action::ApprovalDecide, &approval(tenant(), OTHER)));
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Approver) {
        assert!(!allowed(&[role], Action::ApprovalDecide, &approval(tenant(), OTHER)), "{role}");
    }
    let twin = Resource::Approval(ApprovalRef {
        tenant: tenant(),
        id: ApprovalId::from_bytes([0; 16]),
        requesters: vec![OTHER, ME],
        roles: vec![Role::Approver],
        deciders: vec![ME],
        space: None,
    });
    assert!(!allowed(&[Role::Approver], Action::ApprovalDecide, &twin), "the second account of the requester");
    let away = |deciders: Vec<UserId>| {
        Resource::Approval(ApprovalRef {
            tenant: tenant(),
            id: ApprovalId::from_bytes([0; 16]),
            requesters: vec![OTHER],
            roles: vec![],
            deciders,
            space: None,
        })
    };
    assert!(allowed(&[], Action::ApprovalDecide, &away(vec![ME])), "who stands in decides");
    assert!(!allowed(&Role::ALL, Action::ApprovalDecide, &away(vec![])), "an empty list of roles is nobody");
    assert!(!allowed(&[Role::Auditor], Action::ApprovalDecide, &away(vec![ME])), "an auditor changes nothing, whoever is away");
    // Who runs alone, or decides alone, does not break glass.
    for role in Role::ALL {
        assert!(!allowed(&[role], Action::CapabilityBreakGlass, &capability(tenant(), OTHER)), "{role}");
    }
    assert!(allowed(&[Role::Operator, Role::Approver], Action::CapabilityBreakGlass, &capability(tenant(), OTHER)));
    // Who is an auditor changes nothing, whatever else they are; and reads everything, of every tenant.
    let pairs = pairs();
    let fits = |kind: &str, action: &Action| pairs.contains(&(action.name().to_owned(), kind.to_owned()));
    let everything: RoleSet = Role::ALL.into_iter().collect();
    for (kind, label, thing) in things(everything) {
        for action in Action::ALL.iter().filter(|action| fits(kind, action)) {
            let may = policy.decide(&caller(everything), *action, &thing, Mode::Solo).allowed;
            assert!(!(may && action.effect() == Effect::Change), "an auditor may {action} {label}");
        }
    }
    for thing in [run(elsewhere(), OTHER), capability(elsewhere(), OTHER)] {
        let view = thing.view_action().unwrap();
        assert!(allowed(&[Role::Auditor], view, &thing));
    }
    // No tenant role reaches into another tenant.
    for role in Role::ALL.into_iter().filter(|role| !matches!(role, Role::Auditor | Role::PlatformAdmin)) {
        for (kind, label, thing) in things(RoleSet::NONE.with(role)) {
            if thing.tenant() == elsewhere() {
                let reached: Vec<_> =
                    Action::ALL.iter().filter(|action| fits(kind, action)).filter(|action| allowed(&[role], **action, &thing)).collect();
                assert!(reached.is_empty(), "{role} on {label}: {reached:?}");
            }
        }
    }
    // Nothing that writes the audit log can be asked for.
    assert!(Action::ALL.iter().filter(|action| action.name().starts_with("audit.")).all(|action| action.effect() == Effect::Read));
}

#[test]
fn who_must_choose_a_password_can_do_nothing_else() {
    let policy = Policy::built_in().unwrap();
    let roles: RoleSet = Role::ALL.into_iter().filter(|role| *role != Role::Auditor).collect();
    let expired = Caller { standing: Standing::PasswordExpired, ..caller(roles) };
    let mut may: BTreeSet<&str> = BTreeSet::new();
    let pairs = pairs();
    for (kind, _, thing) in things(roles) {
        let fitting = Action::ALL.iter().filter(|action| pairs.contains(&(action.name().to_owned(), kind.to_owned())));
        may.extend(fitting.filter(|action| policy.decide(&expired, **action, &thing, Mode::Solo).allowed).map(|action| action.name()));
    }
    assert_eq!(may.into_iter().collect::<Vec<_>>(), ["me.change_password", "me.view", "session.end_own", "session.view_own"]);
    assert_eq!(policy.sight(&expired, Action::RunView, Mode::Solo), Sight::Nothing);
}

#[test]
fn sight_and_explanations_agree_with_decisions() {
    let policy = Policy::built_in().unwrap();
    let check = |roles: &[Role], action, expected| {
        assert_eq!(policy.sight(&caller(roles.iter().copied().collect()), action, Mode::FourEyes), expected, "{roles:?} {action}");
    };
    check(&[], Action::RunView, Sight::Nothing);
    check(&[Role::Operator], Action::RunView, Sight::Own);
    check(&[Role::Operator, Role::Viewer], Action::RunView, Sight::Tenant);
    check(&[Role::PlatformAdmin], Action::RunView, Sight::Nothing);
    check(&[Role::Operator], Action::AuditView, Sight::Own);
    check(&[Role::Operator], Action::UserView, Sight::Nothing);
    let owner = caller(RoleSet::NONE.with(Role::Operator));
    let token = with_token(&owner, Scopes::new(["run.view".parse::<Scope>().unwrap()]).unwrap());
    assert_eq!(policy.sight(&token, Action::RunView, Mode::FourEyes), Sight::Own);
    assert_eq!(policy.sight(&token, Action::AuditView, Mode::FourEyes), Sight::Nothing);
    let why = policy.explain(&caller(RoleSet::NONE), Action::CapabilityRun, &capability(tenant(), OTHER), Mode::FourEyes);
    assert_eq!((why.decision.allowed, why.any_of), (false, vec![Role::Operator]));
    let own =
        policy.explain(&caller(RoleSet::NONE.with(Role::Reviewer)), Action::CapabilityPublish, &capability(tenant(), ME), Mode::FourEyes);
    assert_eq!((own.decision.policies, own.any_of), (vec!["four-eyes".to_owned()], vec![]));
    assert!(own.decision.hint.unwrap().contains("another reviewer"));
}

/// B10: what looks like a pattern is a name like any other.
#[test]
fn data_is_never_a_pattern() {
    let policy = Policy::built_in().unwrap();
    let viewer = caller(RoleSet::NONE.with(Role::Viewer));
    for name in ["*", "admin", "..", "", "Role::\"platform-admin\"", "\" || true || \"", "аdmin", &"x".repeat(10_000)] {
        let named = UserRef { name: name.to_owned(), ..person(tenant(), OTHER, RoleSet::NONE) };
        assert!(!policy.decide(&viewer, Action::UserView, &Resource::User(named), Mode::Solo).allowed, "{name}");
        let Resource::Capability(mut thing) = capability(tenant(), OTHER) else { return };
        thing.space = name.to_owned();
        let decision = policy.decide(&viewer, Action::CapabilityRun, &Resource::Capability(thing), Mode::Solo);
        assert_eq!((decision.allowed, decision.policies), (false, vec![]), "{name}");
    }
}

fn any_scopes() -> impl Strategy<Value = Scopes> {
    let names: Vec<String> = ["read", "run", "author", "admin"]
        .into_iter()
        .map(str::to_owned)
        .chain(Action::ALL.iter().filter(|action| action.is_delegable()).map(|action| action.name().to_owned()))
        .collect();
    proptest::sample::subsequence(names, 1..4).prop_map(|names| {
        let scopes: Vec<Scope> = names.iter().map(|name| name.parse().unwrap()).collect();
        Scopes::new(scopes).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// A token does exactly what its owner may and its scopes cover.
    #[test]
    fn a_token_is_the_intersection(bits in 0_u8..=255, scopes in any_scopes(), action in 0..Action::ALL.len(), place in 0_usize..31) {
        let policy = Policy::built_in().unwrap();
        let roles: RoleSet = Role::ALL.into_iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0).map(|(_, role)| role).collect();
        let action = Action::ALL[action];
        let thing = &things(roles)[place].2;
        let owner = caller(roles);
        let token = with_token(&owner, scopes.clone());
        let by_owner = policy.decide(&owner, action, thing, Mode::Solo).allowed;
        let by_token = policy.decide(&token, action, thing, Mode::Solo).allowed;
        prop_assert_eq!(by_token, by_owner && scopes.actions().contains(action));
    }
}
