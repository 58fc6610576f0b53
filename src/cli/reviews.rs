//! Reviews of versions: tries, remarks on lines, and the history of what was current.

use super::capabilities::{meant, split_name};
use super::exit::Exit;
use super::failure::USAGE;
use super::invocation::{Done, Invocation};
use super::output::Output;
use super::show;
use super::table::{Cell, Column, Tone, column, wide};
use crate::domain::capability::review::CaseVerdict;
use crate::wire::review::{PublicationView, RemarkRequest, RemarkView};

/// `capability check`.
pub async fn check(invocation: &Invocation<'_>, text: &str) -> Done {
    let client = invocation.client()?;
    let (name, number) = meant(&client, text).await?;
    let report = client.check_version(&name, number).await?;
    let out = &invocation.out;
    if out.format.is_json() {
        out.json(&report)?;
    } else {
        let rows: Vec<Vec<Cell>> = report
            .cases
            .iter()
            .map(|case| {
                vec![
                    case.name.clone().into(),
                    verdict(case.verdict, out),
                    case.detail.clone().into(),
                    case.run.clone().unwrap_or_default().into(),
                ]
            })
            .collect();
        out.grid(&["TRY", "STATE", "DETAIL", "RUN"], &rows)?;
        if !report.missing.is_empty() {
            out.note(&format!("missing on the checklist: {}", report.missing.join(", ").replace('_', " ")));
        }
    }
    Ok(if report.passed { Exit::Ok } else { Exit::RunFailed })
}

fn verdict(verdict: CaseVerdict, out: &Output) -> Cell {
    match verdict {
        CaseVerdict::Passed => Cell::toned(format!("{} passed", out.symbol("✓", "+")), Tone::Good),
        CaseVerdict::Failed => Cell::toned(format!("{} failed", out.symbol("✗", "x")), Tone::Bad),
        CaseVerdict::Skipped => Cell::toned("skipped", Tone::Faint),
    }
}

/// `capability remark`.
pub async fn remark(invocation: &Invocation<'_>, text: &str, place: &str, says: &str) -> Done {
    let client = invocation.client()?;
    let (name, number) = meant(&client, text).await?;
    let bad = || USAGE.fault(format!("`{place}` names no line")).hint("write FILE:LINE, such as report.py:12");
    let (path, line) = place.rsplit_once(':').ok_or_else(bad)?;
    let line: u32 = line.parse().map_err(|_| bad())?;
    let made = client.remark(&name, number, &RemarkRequest { path: path.to_owned(), line, text: says.to_owned() }).await?;
    invocation.out.rows(&[made], &REMARKS)?;
    Ok(Exit::Ok)
}

/// `capability remarks`.
pub async fn remarks(invocation: &Invocation<'_>, text: &str, settle: Option<&str>) -> Done {
    let client = invocation.client()?;
    let (name, number) = meant(&client, text).await?;
    let all = match settle {
        Some(id) => vec![client.settle_remark(&name, number, id).await?],
        None => client.remarks(&name, number).await?.items,
    };
    if all.is_empty() {
        invocation.out.note("There are no remarks.");
    }
    invocation.out.rows(&all, &REMARKS)?;
    Ok(Exit::Ok)
}

const REMARKS: [Column<RemarkView>; 6] = [
    column("REMARK", |row, _| row.id.clone().into()),
    column("AT", |row, _| format!("{}:{}", row.path, row.line).into()),
    column(
        "STATE",
        |row, _| if row.settled_at.is_some() { Cell::toned("settled", Tone::Faint) } else { Cell::toned("open", Tone::Active) },
    ),
    column("BY", |row, _| row.by.name.clone().unwrap_or_default().into()),
    column("TEXT", |row, _| row.text.clone().into()),
    wide("WHEN", |row, _| show::time(&row.at).into()),
];

/// `capability history`.
pub async fn history(invocation: &Invocation<'_>, name: &str) -> Done {
    let (name, _) = split_name(name)?;
    let all = invocation.client()?.publications(name).await?.items;
    if all.is_empty() {
        invocation.out.note("Nothing was published yet.");
    }
    invocation.out.rows(&all, &HISTORY)?;
    Ok(Exit::Ok)
}

const HISTORY: [Column<PublicationView>; 7] = [
    column("WHEN", |row, _| show::time(&row.at).into()),
    column("WHAT", |row, _| show::word(&row.kind).replace('_', " ").into()),
    column("VERSION", |row, _| row.version.to_string().into()),
    column("CURRENT", |row, _| row.after.map_or_else(|| "none".to_owned(), |after| after.to_string()).into()),
    column("BY", |row, _| {
        let names: Vec<String> = row.by.iter().filter_map(|actor| actor.name.clone()).collect();
        format!("{}{}", names.join(", "), if row.self_approved { " (alone)" } else { "" }).into()
    }),
    column("CHANGELOG", |row, _| row.changelog.clone().unwrap_or_default().into()),
    wide("REQUEST", |row, _| row.approval.clone().unwrap_or_default().into()),
];
