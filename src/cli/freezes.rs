//! `execgov freeze`: windows in which starts are refused.

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::failure::{Failure, USAGE};
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::base::clock::Timestamp;
use crate::client::Changed;
use crate::domain::calendar::Weekday;
use crate::domain::capability::Risk;
use crate::domain::freeze::{Side, Window};
use crate::domain::ids::FreezeId;
use crate::wire::approval::ChangeQuery;
use crate::wire::freeze::{FreezeRequest, FreezeView};

#[derive(Debug, Subcommand)]
pub enum Freeze {
    /// Refuse starts in a window of time, once or again and again
    #[command(
        after_help = "Examples:\n  execgov freeze add 'Year end' --from 2026-12-24T00:00:00Z --until 2027-01-02T00:00:00Z\n  execgov freeze add Weekends --risk high --risk critical --weekday fri --start 18:00 --for 62h --zone Europe/Berlin\n  execgov freeze add 'Month end' --capability payout --month-day -1 --start 00:00 --for 24h"
    )]
    Add(Box<Add>),
    /// List freezes, and whether each holds now
    #[command(after_help = "Examples:\n  execgov freeze list\n  execgov freeze list -o wide")]
    List,
    /// Remove a freeze
    #[command(after_help = "Examples:\n  execgov freeze remove frz_0198...")]
    Remove {
        /// Id of the freeze
        freeze: String,
        /// Why, for those who are asked to agree
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// What people are told when they are refused
    name: String,
    /// Only starts of this risk; may be given several times
    #[arg(long = "risk", value_name = "RISK")]
    risks: Vec<String>,
    /// Only this capability; may be given several times
    #[arg(long = "capability", value_name = "NAME")]
    capabilities: Vec<String>,
    /// Only capabilities of this space; may be given several times
    #[arg(long = "space", value_name = "NAME")]
    spaces: Vec<String>,
    /// While this calendar is marked, by its name or id
    #[arg(long, value_name = "CALENDAR", conflicts_with_all = ["start", "weekdays", "month_days", "from", "until", "outside"])]
    inside: Option<String>,
    /// While this calendar is not marked
    #[arg(long, value_name = "CALENDAR", conflicts_with_all = ["start", "weekdays", "month_days", "from", "until"])]
    outside: Option<String>,
    /// Begins at this moment; now when left out
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["start", "weekdays", "month_days"])]
    from: Option<String>,
    /// Ends at this moment
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["start", "weekdays", "month_days"])]
    until: Option<String>,
    /// Again and again, beginning at this time of day
    #[arg(long, value_name = "HH:MM", requires = "length")]
    start: Option<String>,
    /// How long each window lasts, such as 90m or 62h
    #[arg(long = "for", id = "length", value_name = "DURATION", value_parser = show::parse_duration)]
    length: Option<std::time::Duration>,
    /// Only on this day of the week: mon to sun; may be given several times
    #[arg(long = "weekday", id = "weekdays", value_name = "DAY", requires = "start")]
    weekdays: Vec<String>,
    /// Only on this day of the month, -1 for the last; may be given several times
    #[arg(long = "month-day", id = "month_days", value_name = "N", allow_negative_numbers = true, requires = "start")]
    month_days: Vec<i8>,
    /// Time zone of --start
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

/// `freeze VERB`.
pub async fn freeze(invocation: &Invocation<'_>, args: &Freeze) -> Done {
    match args {
        Freeze::Add(args) => {
            let client = invocation.client()?;
            let by = match (&args.inside, &args.outside) {
                (Some(calendar), _) => Some((client.calendar(calendar).await?.id, Side::Inside)),
                (None, Some(calendar)) => Some((client.calendar(calendar).await?.id, Side::Outside)),
                (None, None) => None,
            };
            let by = by.and_then(|(id, when)| Some(Window::Calendar { calendar: id.parse().ok()?, when }));
            let request = request(invocation, args, by)?;
            let made = client.add_freeze(&request).await?;
            show_all(&invocation.out, &[made])
        }
        Freeze::List => {
            let all = invocation.client()?.freezes().await?.items;
            if all.is_empty() {
                invocation.out.note("There are no freezes.");
            }
            show_all(&invocation.out, &all)
        }
        Freeze::Remove { freeze, reason } => {
            freeze
                .parse::<FreezeId>()
                .map_err(|error| Failure::from(USAGE.fault(error.to_string()).hint("`execgov freeze list` shows the ids of freezes")))?;
            invocation.confirm(&format!("Remove {freeze}?"))?;
            match invocation.client()?.remove_freeze(freeze, &ChangeQuery { reason: reason.clone() }).await? {
                Changed::Done(()) => Ok(Exit::Ok),
                Changed::Asked(asked) => invocation.asked(&asked),
            }
        }
    }
}

fn request(invocation: &Invocation<'_>, args: &Add, by: Option<Window>) -> Result<FreezeRequest, Failure> {
    let wrong = |what: String, hint: &'static str| Failure::from(USAGE.fault(what).hint(hint));
    let risk = |word: &String| {
        let found = Risk::ALL.into_iter().find(|risk| risk.word() == word);
        found.ok_or_else(|| wrong(format!("`{word}` is not a risk"), "write low, medium, high or critical"))
    };
    let now = invocation.clock.now();
    let moment = |text: &str| text.parse::<Timestamp>().map_err(|error| wrong(format!("`{text}`: {error}"), "write 2026-12-24T00:00:00Z"));
    let window = if let Some(by) = by {
        by
    } else if let (Some(start), Some(length)) = (&args.start, args.length) {
        let day = |word: &String| {
            let found = serde_json::from_value::<Weekday>(serde_json::Value::String(word.to_lowercase()));
            found.map_err(|_| wrong(format!("`{word}` is not a day of the week"), "write mon, tue, wed, thu, fri, sat or sun"))
        };
        Window::Recurring {
            weekdays: args.weekdays.iter().map(day).collect::<Result<_, _>>()?,
            month_days: args.month_days.clone(),
            start: start.clone(),
            minutes: u32::try_from(length.as_secs() / 60).unwrap_or(u32::MAX),
        }
    } else {
        let until = args.until.as_deref().ok_or_else(|| wrong("the window has no end".to_owned(), "add --until, or --start with --for"))?;
        Window::Once { from: args.from.as_deref().map_or(Ok(now), moment)?, until: moment(until)? }
    };
    window.check(now).map_err(|error| wrong(error.to_string(), "see `execgov freeze add --help`"))?;
    Ok(FreezeRequest {
        name: args.name.clone(),
        risks: args.risks.iter().map(risk).collect::<Result<_, _>>()?,
        capabilities: args.capabilities.clone(),
        spaces: args.spaces.clone(),
        window,
        zone: args.zone.clone(),
    })
}

const COLUMNS: [Column<FreezeView>; 7] = [
    column("FREEZE", |row, _| row.id.clone().into()),
    column("NAME", |row, _| row.name.clone().into()),
    column("STATE", state),
    column("ABOUT", |row, _| about(row).into()),
    column("WINDOW", |row, _| window(row).into()),
    column("NEXT", |row, _| show::maybe_time(row.next.as_ref())),
    wide("BY", |row, _| row.created_by.name.clone().unwrap_or_default().into()),
];

fn state(row: &FreezeView, out: &Output) -> Cell {
    match (&row.holds_until, &row.next) {
        (Some(until), _) => Cell::toned(format!("{} until {}", out.symbol("⊘", "x"), show::time(until)), Tone::Bad),
        (None, Some(_)) => Cell::toned("waiting", Tone::Plain),
        (None, None) => Cell::toned("over", Tone::Faint),
    }
}

fn about(row: &FreezeView) -> String {
    let risks = row.risks.iter().map(|risk| risk.word().to_owned()).collect::<Vec<_>>().join(" ");
    let named: Vec<String> = row.capabilities.iter().cloned().chain(row.spaces.iter().map(|space| format!("space {space}"))).collect();
    match (risks.is_empty(), named.is_empty()) {
        (true, true) => "everything".to_owned(),
        (false, true) => risks,
        (true, false) => named.join(" "),
        (false, false) => format!("{} at {risks}", named.join(" ")),
    }
}

fn window(row: &FreezeView) -> String {
    match &row.window {
        Window::Calendar { calendar, when } => {
            let side = if *when == Side::Inside { "inside" } else { "outside" };
            format!("{side} {}", row.calendar.clone().unwrap_or_else(|| calendar.to_string()))
        }
        Window::Once { from, until } => format!("{} to {}", show::moment(*from), show::moment(*until)),
        Window::Recurring { weekdays, month_days, start, minutes } => {
            let days: Vec<String> = weekdays.iter().map(show::word).chain(month_days.iter().map(ToString::to_string)).collect();
            let days = if days.is_empty() { "every day".to_owned() } else { days.join(" ") };
            format!("{days} {start} {} for {}", row.zone, show::duration(u64::from(*minutes) * 60_000))
        }
    }
}

fn show_all(out: &Output, all: &[FreezeView]) -> Done {
    out.rows(all, &COLUMNS)?;
    Ok(Exit::Ok)
}
