//! The lifecycle of a request against a simple model.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::approval::matter::RunMatter;
use crate::domain::audit::ActorKind;
use crate::domain::capability::Name;
use crate::domain::ids::{CapabilityId, RunId};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn actor() -> Actor {
    Actor { kind: ActorKind::User, id: None, name: None, token: None }
}

fn open(approvers: u8) -> Approval {
    Approval {
        id: ApprovalId::from_bytes([0; 16]),
        tenant: TenantKey::default_tenant(),
        state: ApprovalState::Open,
        matter: Matter::Run(RunMatter {
            run: RunId::from_bytes([0; 16]),
            capability: CapabilityId::from_bytes([0; 16]),
            capability_name: Name::any(),
            version: 1,
        }),
        risk: Risk::Critical,
        binding: String::new(),
        approvers,
        role: Role::Approver,
        group: None,
        escalation: Some(Escalated { at: at(50), role: Role::TenantAdmin, done: None }),
        reminder: None,
        requester: actor(),
        person: "requester".to_owned(),
        barred: Vec::new(),
        reason: None,
        assignee: None,
        decisions: Vec::new(),
        created_at: at(0),
        expires_at: at(100),
        closed_at: None,
        closed_reason: None,
    }
}

fn decision(person: u8, verdict: Verdict) -> Decision {
    Decision {
        by: actor(),
        user: UserId::from_bytes([person; 16]),
        person: person.to_string(),
        verdict,
        comment: None,
        at: at(1),
        reauthenticated: true,
        self_approved: false,
        on_behalf: None,
    }
}

fn behalf(whose: u8) -> Behalf {
    let user = UserId::from_bytes([whose; 16]);
    Behalf { delegation: DelegationId::from_bytes([0; 16]), user, name: String::new(), person: whose.to_string() }
}

#[derive(Debug, Clone)]
enum Act {
    Decide(u8, Verdict),
    /// The first decides with the right of the second.
    StandIn(u8, u8),
    LoseRole(u8),
    Complete,
    Withdraw,
    Void,
    /// Tries to let it expire at the present moment.
    Expire,
    Escalate,
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let one = prop_oneof![
        6 => (0..5_u8, prop_oneof![5 => Just(Verdict::Approve), 1 => Just(Verdict::Reject)]).prop_map(|(who, what)| Act::Decide(who, what)),
        2 => (0..5_u8, 0..5_u8).prop_map(|(who, whose)| Act::StandIn(who, whose)),
        2 => (0..5_u8).prop_map(Act::LoseRole),
        4 => Just(Act::Complete),
        1 => Just(Act::Withdraw),
        1 => Just(Act::Void),
        1 => Just(Act::Expire),
        2 => Just(Act::Escalate),
        2 => (0..60_i64).prop_map(Act::Wait),
    ];
    proptest::collection::vec(one, 0..24)
}

proptest! {
    /// The model: who said what first, whose right was used, who lost the role, what time it is, and whether it is over.
    #[test]
    fn it_does_what_the_simple_model_does(approvers in 1..4_u8, acts in acts()) {
        let mut real = open(approvers);
        let (mut said, mut lost, mut now) = (BTreeMap::<u8, Verdict>::new(), BTreeSet::<u8>::new(), 0_i64);
        let mut over: Option<ApprovalState> = None;
        let (mut used, mut escalated) = (BTreeSet::<u8>::new(), false);
        for act in acts {
            let step = match &act {
                Act::LoseRole(who) => { lost.insert(*who); continue; }
                Act::Wait(seconds) => { now += seconds; continue; }
                Act::Decide(who, verdict) => Step::Decide(Box::new(decision(*who, *verdict))),
                Act::StandIn(who, whose) => Step::Decide(Box::new(Decision {
                    on_behalf: Some(behalf(*whose)),
                    ..decision(*who, Verdict::Approve)
                })),
                Act::Complete => Step::Complete,
                Act::Withdraw => Step::Withdraw,
                Act::Void => Step::Void,
                Act::Expire => Step::Expire,
                Act::Escalate => Step::Escalate,
            };
            let count = said.iter().filter(|(who, verdict)| **verdict == Verdict::Approve && !lost.contains(who)).count();
            let expected = match (&act, over) {
                (Act::Decide(who, verdict), None) if now < 100 && !used.contains(who) => {
                    used.insert(*who);
                    said.insert(*who, *verdict);
                    Some(if *verdict == Verdict::Reject { ApprovalState::Rejected } else { ApprovalState::Open })
                }
                (Act::StandIn(who, whose), None) if now < 100 && !used.contains(who) && !used.contains(whose) => {
                    used.extend([*who, *whose]);
                    said.insert(*who, Verdict::Approve);
                    Some(ApprovalState::Open)
                }
                (Act::Escalate, None) if now >= 50 && !escalated => {
                    escalated = true;
                    Some(ApprovalState::Open)
                }
                (Act::Complete, None) if now < 100 && count >= usize::from(approvers) => Some(ApprovalState::Approved),
                (Act::Withdraw, None) => Some(ApprovalState::Withdrawn),
                (Act::Void, None) => Some(ApprovalState::Voided),
                (Act::Expire, None) if now >= 100 => Some(ApprovalState::Expired),
                _ => None,
            };
            let still = |decision: &Decision| !lost.contains(&decision.user.bytes()[0]);
            match (real.apply(step, at(now), &still), expected) {
                (Ok(next), Some(state)) => {
                    prop_assert_eq!(next.state, state);
                    prop_assert_eq!(next.closed_at.is_some(), state != ApprovalState::Open);
                    if state != ApprovalState::Open { over = Some(state); }
                    real = next;
                }
                (Err(_), None) => {}
                (found, expected) => prop_assert!(false, "{:?}: {:?}, expected {:?}", act, found.map(|next| next.state), expected),
            }
        }
        let people: BTreeSet<&str> = real.decisions.iter().map(|decision| decision.person.as_str()).collect();
        prop_assert_eq!(people.len(), real.decisions.len(), "one decision for each person");
        prop_assert_eq!(real.roles().contains(&Role::TenantAdmin), escalated, "others decide once it went to them");
    }
}

#[test]
fn two_accounts_of_one_person_count_once() {
    let first = open(2).apply(Step::Decide(Box::new(decision(1, Verdict::Approve))), at(1), &|_| true).expect("decided");
    let twin = Decision { user: UserId::from_bytes([9; 16]), ..decision(1, Verdict::Approve) };
    assert_eq!(first.apply(Step::Decide(Box::new(twin)), at(2), &|_| true), Err(StepError::Decided(Verdict::Approve)));
    assert_eq!(first.apply(Step::Complete, at(2), &|_| true), Err(StepError::TooFew));
}

#[test]
fn words_and_bytes_are_distinct() {
    for state in ApprovalState::ALL {
        assert_eq!(ApprovalState::from_word(state.word()), Some(state));
        assert_eq!(ApprovalState::ALL.iter().filter(|other| other.byte() == state.byte()).count(), 1);
    }
}
#[test]
fn a_review_waits_for_as_long_as_it_takes_and_is_told_again() {
    let review = Approval { reminder: Some(Reminder { next: at(100), told: 0 }), escalation: None, ..open(1) };
    assert_eq!((review.is_late(at(1_000)), review.is_overdue(at(99)), review.is_overdue(at(100))), (false, false, true));
    assert_eq!(review.apply(Step::Expire, at(1_000), &|_| true), Err(StepError::Early));
    assert_eq!(review.apply(Step::Remind { next: at(200) }, at(99), &|_| true), Err(StepError::NoReminder));
    let told = review.apply(Step::Remind { next: at(200) }, at(100), &|_| true).expect("it is told");
    assert_eq!((told.reminder, told.due_at()), (Some(Reminder { next: at(200), told: 1 }), Some(at(200))));
    let answered = told.apply(Step::Decide(Box::new(decision(1, Verdict::Approve))), at(150), &|_| true).expect("late is good enough");
    assert_eq!(
        answered.apply(Step::Complete, at(150), &|_| true).map(|done| (done.state, done.due_at())),
        Ok((ApprovalState::Approved, None))
    );
}

#[test]
fn who_was_stood_in_for_has_decided() {
    let first =
        open(2).apply(Step::Decide(Box::new(Decision { on_behalf: Some(behalf(2)), ..decision(1, Verdict::Approve) })), at(1), &|_| true);
    let first = first.expect("decided");
    for person in [1, 2] {
        let again = first.apply(Step::Decide(Box::new(decision(person, Verdict::Approve))), at(2), &|_| true);
        assert_eq!(again, Err(StepError::Decided(Verdict::Approve)), "{person}");
    }
    assert_eq!(first.consents(&|_| true), 1);
}
