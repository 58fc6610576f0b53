//! What is marked when, and what files hold.

use jiff::civil::date;

use super::*;
use crate::domain::audit::ActorKind;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn calendar(zone: &str, marks: Marks) -> Calendar {
    Calendar {
        id: CalendarId::from_bytes([0; 16]),
        tenant: TenantKey::default_tenant(),
        name: "holidays".to_owned(),
        zone: zone.to_owned(),
        marks: marks.tidy(),
        imported: None,
        updated_at: at("2026-01-01T00:00:00Z"),
        updated_by: Actor { kind: ActorKind::User, id: None, name: None, token: None },
    }
}

fn rule(weekdays: &[Weekday], month_days: &[i8], months: &[i8], nth: &[i8]) -> DayRule {
    DayRule { weekdays: weekdays.to_vec(), month_days: month_days.to_vec(), months: months.to_vec(), nth: nth.to_vec() }
}

#[test]
fn rules_name_days() {
    let check = |rule: &DayRule, day: Date, expected: bool| assert_eq!(rule.fits(day), expected, "{rule:?} {day}");
    let month_end = rule(&[], &[-1], &[], &[]);
    check(&month_end, date(2028, 2, 29), true);
    check(&month_end, date(2028, 2, 28), false);
    let thanksgiving = rule(&[Weekday::Thu], &[], &[11], &[4]);
    check(&thanksgiving, date(2026, 11, 26), true);
    check(&thanksgiving, date(2026, 11, 19), false);
    check(&thanksgiving, date(2026, 12, 24), false);
    let last_monday = rule(&[Weekday::Mon], &[], &[5], &[-1]);
    check(&last_monday, date(2026, 5, 25), true);
    check(&last_monday, date(2026, 5, 18), false);
}

#[test]
fn a_worked_saturday_is_no_weekend() {
    let marks = Marks {
        rules: vec![rule(&[Weekday::Sat, Weekday::Sun], &[], &[], &[])],
        days: [date(2027, 2, 5)].into(),
        except: [date(2027, 2, 13)].into(),
        spans: Vec::new(),
    };
    let weekends = calendar("Asia/Shanghai", marks);
    let check = |moment: &str, inside: bool, change: &str| {
        assert_eq!((weekends.is_inside(at(moment)), weekends.next_change(at(moment))), (inside, Some(at(change))), "{moment}");
    };
    // Friday the 5th is a holiday, so the weekend begins on Thursday at midnight in Shanghai.
    check("2027-02-04T12:00:00Z", false, "2027-02-04T16:00:00Z");
    check("2027-02-04T16:00:00Z", true, "2027-02-07T16:00:00Z");
    // Saturday the 13th is worked, Sunday the 14th is not.
    check("2027-02-12T16:00:00Z", false, "2027-02-13T16:00:00Z");
    check("2027-02-13T16:00:00Z", true, "2027-02-14T16:00:00Z");
    let periods = weekends.periods(at("2027-02-04T00:00:00Z"), at("2027-02-16T00:00:00Z"), 10);
    assert_eq!(periods.len(), 2, "{periods:?}");
    assert_eq!(
        weekends.periods(at("2027-02-06T00:00:00Z"), at("2027-02-06T01:00:00Z"), 10),
        [(at("2027-02-06T00:00:00Z"), at("2027-02-06T01:00:00Z"))]
    );
}

#[test]
fn marks_that_make_no_sense_are_refused() {
    let check = |marks: Marks, expected: Option<&str>| assert_eq!(marks.check().err().map(|error| error.pointer()).as_deref(), expected);
    let one = |rule| Marks { rules: vec![rule], ..Marks::default() };
    check(one(rule(&[Weekday::Mon], &[], &[], &[-1])), None);
    check(one(DayRule::default()), Some("/rules/0"));
    check(one(rule(&[], &[0], &[], &[])), Some("/rules/0"));
    check(one(rule(&[], &[], &[13], &[])), Some("/rules/0"));
    check(one(rule(&[], &[1], &[], &[1])), Some("/rules/0"));
    let span = Span { from: at("2026-01-01T00:00:00Z"), until: at("2026-01-01T00:00:00Z"), name: String::new() };
    check(Marks { spans: vec![span], ..Marks::default() }, Some("/spans"));
    check(Marks { rules: vec![rule(&[], &[1], &[], &[]); RULES_MOST + 1], ..Marks::default() }, Some("/rules"));
}

fn found(text: &str, except: Option<&str>) -> Result<Found, IcsError> {
    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    read_ics(&text.replace('\n', "\r\n"), &zone, date(2029, 1, 1), except)
}

#[test]
fn files_are_read_with_their_repetitions() {
    let text = "BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
SUMMARY:New Year
DTSTART;VALUE=DATE:20260101
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Maintenance\\, weekly
DTSTART;TZID=Europe/Berlin:20260323T220000
DTEND;TZID=Europe/Berlin:20260324T020000
RRULE:FREQ=WEEKLY;COUNT=3
EXDATE;TZID=Europe/Berlin:20260406T220000
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Spring festival (work day)
DTSTART;VALUE=DATE:20270213
DTEND;VALUE=DATE:20270214
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:A long holi
 day
DTSTART;VALUE=DATE:20270206
DTEND;VALUE=DATE:20270209
END:VEVENT
BEGIN:VEVENT
UID:5
SUMMARY:Off
STATUS:CANCELLED
DTSTART;VALUE=DATE:20270301
END:VEVENT
END:VCALENDAR
";
    let read = found(text, Some("work day")).expect("it is read");
    assert_eq!(read.events, 5);
    let years: Vec<Date> = read.days.iter().copied().filter(|day| day.month() == 1).collect();
    assert_eq!(years, [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)]);
    assert_eq!(read.days.iter().filter(|day| day.month() == 2).count(), 3, "the end of a day's event is not part of it");
    assert_eq!(read.except.into_iter().collect::<Vec<_>>(), [date(2027, 2, 13)]);
    // At 22:00 in Berlin before and after the clocks change; the third one does not take place.
    let spans: Vec<(Timestamp, Timestamp)> = read.spans.iter().map(|span| (span.from, span.until)).collect();
    assert_eq!(
        spans,
        [(at("2026-03-23T21:00:00Z"), at("2026-03-24T01:00:00Z")), (at("2026-03-30T20:00:00Z"), at("2026-03-31T00:00:00Z")),]
    );
    assert_eq!(read.spans[0].name, "Maintenance, weekly");
}

#[test]
fn what_cannot_be_understood_is_named() {
    let event = |lines: &str| format!("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:x\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    for bad in ["", "hello", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"] {
        assert!(matches!(found(bad, None), Err(IcsError::Form(_)) | Ok(Found { events: 0, .. })), "{bad:?}");
    }
    for (lines, part) in [
        ("SUMMARY:y", "DTSTART"),
        ("DTSTART:20261399", "20261399"),
        ("DTSTART;TZID=Mars/Olympus:20260101T000000", "Mars/Olympus"),
        ("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=SOMETIMES", "RRULE"),
        ("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;UNTIL=never", "never"),
    ] {
        let error = found(&event(lines), None).expect_err(lines).to_string();
        assert!(error.contains(part) && error.contains('x'), "{lines}: {error}");
    }
    let endless = event("DTSTART:20260101T000000Z\nDTEND:20260101T000001Z\nRRULE:FREQ=SECONDLY");
    assert!(found(&endless, None).is_ok_and(|found| found.spans.len() <= SPANS_MOST) || found(&endless, None).is_err());
    assert_eq!(found(&"x".repeat(ics_limit() + 1), None), Err(IcsError::Large));
}

fn ics_limit() -> usize {
    super::ics::FILE_BYTES
}
