//! Which rules make sense, which count, and which are weaker.

use super::*;

#[test]
fn senseless_rules_are_refused_with_their_field() {
    let approve = |approvers, role| Rule::plain(Need::Approve { approvers, role });
    let check = |rule: Rule, expected: Option<&str>| assert_eq!(rule.check().err().map(|error| error.pointer()), expected, "{rule:?}");
    check(Rule::plain(Need::None), None);
    check(approve(1, Role::Approver), None);
    check(approve(0, Role::Approver), Some("/need/approvers"));
    check(approve(6, Role::Approver), Some("/need/approvers"));
    check(approve(1, Role::Auditor), Some("/need/role"));
    check(approve(1, Role::Operator), Some("/need/role"));
    let ticket = |pattern: &str| Rule { ticket_pattern: Some(pattern.to_owned()), ..Rule::plain(Need::None) };
    check(ticket("CHG-[0-9]{6}"), None);
    check(ticket("("), Some("/ticket_pattern"));
    check(ticket(""), Some("/ticket_pattern"));
    check(ticket(&"a".repeat(201)), Some("/ticket_pattern"));
    check(ticket("(((a{50}){50}){50})"), Some("/ticket_pattern"));
    for (seconds, fits) in [(0, false), (1, true), (EXPIRES_MOST_S, true), (EXPIRES_MOST_S + 1, false)] {
        assert_eq!(Rule { expires_s: Some(seconds), ..Rule::plain(Need::Confirm) }.check().is_ok(), fits, "{seconds}");
    }
}

#[test]
fn tickets_fit_as_a_whole_and_reasons_are_more_than_blanks() {
    let rule = Rule { reason_required: true, ticket_pattern: Some("CHG-[0-9]+|INC-[0-9]+".to_owned()), ..Rule::plain(Need::Confirm) };
    let lack = |reason, ticket| rule.lack(reason, ticket);
    assert_eq!(lack(None, Some("CHG-1")), Some(Lack::Reason));
    assert_eq!(lack(Some("  "), Some("CHG-1")), Some(Lack::Reason));
    for bad in [None, Some(""), Some("CHG-"), Some("xCHG-1"), Some("INC-1 "), Some("CHG-1\nINC-2")] {
        assert!(matches!(lack(Some("why"), bad), Some(Lack::Ticket(_))), "{bad:?}");
    }
    assert_eq!(lack(Some("why"), Some("INC-42")), None);
}

#[test]
fn the_particular_rule_counts_and_scopes_round_trip() {
    let (one, two) = (Rule::plain(Need::Confirm), Rule::plain(Need::None));
    assert_eq!(Effective::of(Some(one.clone()), Some(two.clone()), Risk::Low).source, RuleSource::Capability);
    assert_eq!(Effective::of(None, Some(two), Risk::Critical).rule.need, Need::None);
    assert_eq!(Effective::of(None, None, Risk::Critical).rule.need, Need::Approve { approvers: 1, role: Role::Approver });
    for risk in Risk::ALL {
        assert_eq!(RuleScope::try_from(RuleScope::Risk(risk).key()), Ok(RuleScope::Risk(risk)));
    }
    for kind in [MatterKind::Publish, MatterKind::Setting, MatterKind::Review] {
        assert_eq!(RuleScope::try_from(RuleScope::Matter(kind).key()), Ok(RuleScope::Matter(kind)));
    }
    for bad in ["matter:run", "matter:", "", "risk", "risk:", "risk:*", "capability:", "capability:cap_1", "Risk:low"] {
        assert!(RuleScope::try_from(bad.to_owned()).is_err(), "{bad}");
    }
    assert!(Rule::usual(Risk::High).is_weaker_than(&Rule::usual(Risk::Critical)) && !one.is_weaker_than(&one));
}

#[test]
fn what_asks_for_less_or_for_others_is_weaker() {
    let by = |approvers, role| Rule::plain(Need::Approve { approvers, role });
    let check = |new: Rule, old: &Rule, expected: bool| assert_eq!(new.is_weaker_than(old), expected, "{new:?} after {old:?}");
    let two = by(2, Role::Approver);
    check(by(1, Role::Approver), &two, true);
    check(by(3, Role::Approver), &two, false);
    check(by(2, Role::Reviewer), &two, true);
    check(Rule::plain(Need::Confirm), &two, true);
    check(two.clone(), &Rule::plain(Need::Confirm), false);
    let ticket = |pattern: &str| Rule { ticket_pattern: Some(pattern.to_owned()), ..by(2, Role::Approver) };
    check(ticket("CHG-.*"), &ticket("CHG-[0-9]{6}"), true);
    check(ticket("CHG-.*"), &two, false);
    let escalating = |after_s| Rule { escalation: Some(Escalation { after_s, role: Role::TenantAdmin }), ..by(2, Role::Approver) };
    check(escalating(60), &two, true);
    check(two.clone(), &escalating(60), false);
    for (rule, fits) in [
        (escalating(60), true),
        (escalating(0), false),
        (escalating(APPROVAL_S), false),
        (Rule { need: Need::Confirm, ..escalating(60) }, false),
    ] {
        assert_eq!(rule.check().is_ok(), fits, "{rule:?}");
    }
}
