//! `execgov explain CODE`: the page of an error code, from the program itself.

use clap::Args;
use serde_json::json;

use super::exit::Exit;
use super::failure::Failure;
use super::help::rendered;
use super::invocation::{Done, Invocation};
use super::language::Language;
use crate::base::fault::{Class, Code};
use crate::base::page::{self, error_codes, error_page};
use crate::domain::schema::nearest;

/// There is no page of that name.
pub const NO_PAGE: Code = Code::new("EG-CLI-012", Class::NotFound, "No such page");

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  execgov explain EG-CLI-001\n  execgov explain --list\n  execgov explain EG-CLI-001 --lang zh")]
pub struct Explain {
    /// The code, such as EG-RUN-003
    #[arg(required_unless_present = "list")]
    code: Option<String>,
    /// List all codes with their titles
    #[arg(long, conflicts_with = "code")]
    list: bool,
}

const fn page_language(language: Language) -> page::Language {
    match language {
        Language::English => page::Language::English,
        Language::Chinese => page::Language::Chinese,
    }
}

/// Prints the page.
pub fn explain(invocation: &Invocation<'_>, args: &Explain) -> Done {
    let out = &invocation.out;
    let language = page_language(out.language);
    let Some(code) = &args.code else { return list(invocation) };
    let wanted = code.trim().to_ascii_uppercase();
    let Some(page) = error_page(&wanted, language) else {
        let codes = error_codes();
        let near = nearest(&wanted, codes.iter().map(String::as_str)).map_or_else(
            || "`execgov explain --list` shows all codes".to_owned(),
            |near| format!("did you mean {near}? `execgov explain --list` shows all codes"),
        );
        return Err(Failure::from(NO_PAGE.fault(format!("there is no error code `{code}`")).hint(near)));
    };
    if out.format.is_json() {
        out.json(&json!({ "code": wanted, "title": page::title(&page), "markdown": page }))?;
    } else {
        out.line(&rendered(&page, out))?;
    }
    Ok(Exit::Ok)
}

fn list(invocation: &Invocation<'_>) -> Done {
    let out = &invocation.out;
    let pages: Vec<(String, String)> = error_codes()
        .into_iter()
        .filter_map(|code| error_page(&code, page_language(out.language)).map(|page| (code, page::title(&page).to_owned())))
        .collect();
    if out.format.is_json() {
        let rows: Vec<_> = pages.iter().map(|(code, title)| json!({ "code": code, "title": title })).collect();
        out.json(&rows)?;
    } else {
        let rows: Vec<_> = pages.into_iter().map(|(code, title)| vec![code.into(), title.into()]).collect();
        out.grid(&["CODE", "TITLE"], &rows)?;
    }
    Ok(Exit::Ok)
}
