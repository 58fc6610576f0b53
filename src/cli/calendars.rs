//! `execgov calendar`: which days and hours are marked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::failure::{Failure, LOCAL_FILE, USAGE};
use super::invocation::{Done, Invocation};
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::client::Changed;
use crate::domain::calendar::{DayRule, Weekday};
use crate::wire::approval::ChangeQuery;
use crate::wire::calendar::{CalendarRequest, CalendarView, ImportRequest, Period, PeriodQuery};

#[derive(Debug, Subcommand)]
pub enum Calendar {
    /// List calendars, and whether each is marked now
    #[command(after_help = "Examples:\n  execgov calendar list\n  execgov calendar list -o json")]
    List,
    /// Make a calendar, or write one anew
    #[command(
        after_help = "Examples:\n  execgov calendar set holidays --zone Asia/Shanghai --day 2027-01-01 --day 2027-02-06\n  execgov calendar set month-end --month-day -1 --month-day -2\n  execgov calendar set weekends --weekday sat --weekday sun --except 2027-02-13"
    )]
    Set(Box<Set>),
    /// Put what an .ics file holds into a calendar, in place of what was imported before
    #[command(
        after_help = "Examples:\n  execgov calendar import holidays holidays.ics\n  execgov calendar import holidays china.ics --except 班"
    )]
    Import {
        /// Name or id of the calendar
        calendar: String,
        /// The .ics file
        file: PathBuf,
        /// Events whose name contains this are exceptions: days that are worked
        #[arg(long, value_name = "TEXT")]
        except: Option<String>,
        /// How many years recurring events are followed, from 1 to 10
        #[arg(long, value_name = "N")]
        years: Option<i16>,
        /// Why, for those who are asked to agree
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List the periods in which a calendar is marked
    #[command(after_help = "Examples:\n  execgov calendar periods holidays --from 2027-01-01T00:00:00Z --until 2027-12-31T00:00:00Z")]
    Periods {
        /// Name or id of the calendar
        calendar: String,
        /// From this moment on
        #[arg(long, value_name = "WHEN")]
        from: String,
        /// Until this moment
        #[arg(long, value_name = "WHEN")]
        until: String,
    },
    /// Remove a calendar that no freeze goes by
    #[command(after_help = "Examples:\n  execgov calendar remove holidays")]
    Remove {
        /// Name or id of the calendar
        calendar: String,
    },
}

#[derive(Debug, Args)]
pub struct Set {
    /// Name of the calendar
    name: String,
    /// Time zone in which its days begin and end
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Every such day of the week: mon to sun; may be given several times
    #[arg(long = "weekday", value_name = "DAY")]
    weekdays: Vec<String>,
    /// Every such day of the month, -1 for the last; may be given several times
    #[arg(long = "month-day", value_name = "N", allow_negative_numbers = true)]
    month_days: Vec<i8>,
    /// Only in this month, 1 to 12; may be given several times
    #[arg(long = "month", value_name = "N")]
    months: Vec<i8>,
    /// This day, such as 2027-01-01; may be given several times
    #[arg(long = "day", value_name = "DATE")]
    days: Vec<String>,
    /// Not this day, whatever else says so; may be given several times
    #[arg(long = "except", value_name = "DATE")]
    except: Vec<String>,
    /// Why, for those who are asked to agree
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// `calendar VERB`.
pub async fn calendar(invocation: &Invocation<'_>, args: &Calendar) -> Done {
    let client = invocation.client()?;
    match args {
        Calendar::List => {
            let all = client.calendars().await?.items;
            if all.is_empty() {
                invocation.out.note("There are no calendars.");
            }
            show_all(invocation, &all)
        }
        Calendar::Set(args) => {
            let request = request(args)?;
            let known = client.calendars().await?.items.iter().any(|calendar| calendar.name == request.name);
            if known {
                return outcome(invocation, client.update_calendar(&args.name, &request, &why(args.reason.as_ref())).await?);
            }
            show_all(invocation, &[client.add_calendar(&request).await?])
        }
        Calendar::Import { calendar, file, except, years, reason } => {
            let ics = std::fs::read_to_string(file).map_err(|error| {
                Failure::from(LOCAL_FILE.fault(format!("{}: {error}", file.display())).hint("name a file in the iCalendar form"))
            })?;
            let request = ImportRequest { ics, except: except.clone(), years: *years };
            outcome(invocation, client.import_calendar(calendar, &request, &why(reason.as_ref())).await?)
        }
        Calendar::Periods { calendar, from, until } => {
            let query = PeriodQuery { from: from.clone(), until: until.clone() };
            let all = client.calendar_periods(calendar, &query).await?.items;
            invocation.out.rows(&all, &PERIODS)?;
            Ok(Exit::Ok)
        }
        Calendar::Remove { calendar } => {
            invocation.confirm(&format!("Remove the calendar {calendar}?"))?;
            client.remove_calendar(calendar).await?;
            Ok(Exit::Ok)
        }
    }
}

fn why(reason: Option<&String>) -> ChangeQuery {
    ChangeQuery { reason: reason.cloned() }
}

fn outcome(invocation: &Invocation<'_>, changed: Changed<CalendarView>) -> Done {
    match changed {
        Changed::Done(view) => show_all(invocation, &[view]),
        Changed::Asked(asked) => invocation.asked(&asked),
    }
}

fn request(args: &Set) -> Result<CalendarRequest, Failure> {
    let wrong = |what: String, hint: &'static str| Failure::from(USAGE.fault(what).hint(hint));
    let day = |word: &String| {
        let found = serde_json::from_value::<Weekday>(serde_json::Value::String(word.to_lowercase()));
        found.map_err(|_| wrong(format!("`{word}` is not a day of the week"), "write mon, tue, wed, thu, fri, sat or sun"))
    };
    let dates = |list: &[String]| -> Result<Vec<jiff::civil::Date>, Failure> {
        list.iter().map(|text| text.parse().map_err(|error| wrong(format!("`{text}`: {error}"), "write 2027-01-01"))).collect()
    };
    let weekdays: Vec<Weekday> = args.weekdays.iter().map(day).collect::<Result<_, _>>()?;
    let rule = DayRule { weekdays, month_days: args.month_days.clone(), months: args.months.clone(), nth: Vec::new() };
    let rules = if rule == DayRule::default() { Vec::new() } else { vec![rule] };
    Ok(CalendarRequest {
        name: args.name.clone(),
        zone: args.zone.clone(),
        rules,
        days: dates(&args.days)?,
        except: dates(&args.except)?,
        spans: Vec::new(),
    })
}

const COLUMNS: [Column<CalendarView>; 7] = [
    column("CALENDAR", |row, _| row.id.clone().into()),
    column("NAME", |row, _| row.name.clone().into()),
    column("NOW", |row, _| if row.inside { Cell::toned("marked", Tone::Active) } else { Cell::toned("not marked", Tone::Faint) }),
    column("CHANGES", |row, _| show::maybe_time(row.changes_at.as_ref())),
    column("ZONE", |row, _| row.zone.clone().into()),
    column("HOLDS", |row, _| {
        format!("{} rules, {} days, {} spans, {} exceptions", row.rules.len(), row.days.len(), row.spans.len(), row.except.len()).into()
    }),
    wide("FREEZES", |row, _| row.used_by.join(", ").into()),
];

const PERIODS: [Column<Period>; 3] = [
    column("FROM", |row, _| show::time(&row.from).into()),
    column("UNTIL", |row, _| show::time(&row.until).into()),
    column("NAME", |row, _| row.name.clone().into()),
];

fn show_all(invocation: &Invocation<'_>, all: &[CalendarView]) -> Done {
    invocation.out.rows(all, &COLUMNS)?;
    Ok(Exit::Ok)
}
