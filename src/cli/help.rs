//! `execgov help`: the help of a command, or a topic from `assets/help`.

use clap::Args;
use rust_embed::RustEmbed;
use serde_json::json;

use super::exit::Exit;
use super::explain::NO_PAGE;
use super::failure::Failure;
use super::invocation::{Done, Invocation};
use super::language::Language;
use super::output::Output;
use super::start::command_for;
use crate::domain::schema::nearest;

#[derive(RustEmbed)]
#[folder = "assets/help/"]
struct Topics;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  execgov help\n  execgov help runs logs\n  execgov help exit-codes\n  execgov help topics")]
pub struct Help {
    /// A command or a topic; `topics` lists the topics
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
}

/// Prints help.
pub fn help(invocation: &Invocation<'_>, args: &Help) -> Done {
    let out = &invocation.out;
    let mut command = command_for(invocation.words, out.language);
    command.build();
    if let [word] = args.words.as_slice() {
        if word == "topics" {
            return list(out);
        }
        if let Some(topic) = topic(word, out.language) {
            if out.format.is_json() {
                out.json(&json!({ "topic": word, "title": title(&topic), "markdown": topic }))?;
            } else {
                out.line(&rendered(&topic, out))?;
            }
            return Ok(Exit::Ok);
        }
    }
    let mut found = command;
    for word in &args.words {
        let next = found.get_subcommands().find(|sub| sub.get_name() == word || sub.get_all_aliases().any(|alias| alias == word)).cloned();
        let Some(next) = next else { return Err(unknown(word, &found, out.language)) };
        found = next;
    }
    let help = found.render_help();
    let text = if out.stdout.color { help.ansi().to_string() } else { help.to_string() };
    out.line(text.trim_end())?;
    if args.words.is_empty() {
        out.note(out.language.pick("\nTopics: `execgov help topics` lists them.", "\n主题:`execgov help topics` 列出全部主题。"));
    }
    Ok(Exit::Ok)
}

fn unknown(word: &str, command: &clap::Command, language: Language) -> Failure {
    let commands = command.get_subcommands().map(clap::Command::get_name);
    let topics = names(language);
    let near = nearest(word, commands.chain(topics.iter().map(String::as_str)));
    let hint = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    NO_PAGE.fault(format!("there is no command or topic `{word}`")).hint(format!("{hint}`execgov help topics` lists the topics")).into()
}

fn list(out: &Output) -> Done {
    let rows: Vec<(String, String)> =
        names(out.language).into_iter().filter_map(|name| topic(&name, out.language).map(|text| (name, title(&text)))).collect();
    if out.format.is_json() {
        let rows: Vec<_> = rows.iter().map(|(name, title)| json!({ "topic": name, "title": title })).collect();
        out.json(&rows)?;
    } else {
        let rows: Vec<_> = rows.into_iter().map(|(name, title)| vec![name.into(), title.into()]).collect();
        out.grid(&["TOPIC", "ABOUT"], &rows)?;
    }
    Ok(Exit::Ok)
}

/// The topics of a language, sorted.
fn names(language: Language) -> Vec<String> {
    let prefix = format!("{}/", language.tag());
    let mut names: Vec<String> =
        Topics::iter().filter_map(|path| path.strip_prefix(&prefix)?.strip_suffix(".md").map(str::to_owned)).collect();
    names.sort_unstable();
    names
}

fn topic(name: &str, language: Language) -> Option<String> {
    let known = names(language).into_iter().find(|known| known == name)?;
    let file = Topics::get(&format!("{}/{known}.md", language.tag()))?;
    String::from_utf8(file.data.into_owned()).ok()
}

fn title(page: &str) -> String {
    page.lines().next().unwrap_or_default().trim_start_matches('#').trim().to_owned()
}

/// Markdown for reading: as it is in a pipe; headings stand out and code loses its marks on a terminal with colour.
#[must_use]
pub fn rendered(markdown: &str, out: &Output) -> String {
    let text = markdown.trim_end();
    if !out.stdout.color {
        return text.to_owned();
    }
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
            continue;
        }
        lines.push(match line {
            _ if fenced => format!("    \x1b[36m{line}\x1b[0m"),
            _ if line.starts_with('#') => format!("\x1b[1m{}\x1b[0m", line.trim_start_matches('#').trim()),
            _ => spans(line),
        });
    }
    lines.join("\n")
}

/// `code` in colour.
fn spans(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return line.to_owned();
    }
    let painted =
        parts.iter().enumerate().map(|(at, part)| if at % 2 == 1 { format!("\x1b[36m{part}\x1b[0m") } else { (*part).to_owned() });
    painted.collect()
}

#[cfg(test)]
mod tests {
    use super::super::output::{Stream, plain_output};
    use super::*;
    use crate::cli::output::Format;

    #[test]
    fn both_languages_have_the_same_topics() {
        let english = names(Language::English);
        assert_eq!(english, names(Language::Chinese));
        for name in ["environment", "exit-codes", "formatting", "quickstart", "security"] {
            assert!(english.iter().any(|known| known == name), "{name}");
        }
        for name in english {
            for language in [Language::English, Language::Chinese] {
                let text = topic(&name, language).expect("a topic");
                assert!(text.starts_with("# ") && text.lines().count() > 5, "{name}");
            }
        }
    }

    #[test]
    fn the_exit_code_topic_lists_every_code() {
        for language in [Language::English, Language::Chinese] {
            let text = topic("exit-codes", language).expect("a topic");
            for code in (0..=13).chain([130]) {
                assert!(text.contains(&format!("| {code} |")), "{code} in {}", language.tag());
            }
        }
    }

    #[test]
    fn markdown_is_painted_only_in_colour() {
        let page = "# Title\n\nUse `x`.\n\n```\ncode\n```\n";
        assert_eq!(rendered(page, &plain_output(Format::Table)), page.trim_end());
        let out = Output { stdout: Stream { terminal: true, color: true }, ..plain_output(Format::Table) };
        assert_eq!(rendered(page, &out), "\x1b[1mTitle\x1b[0m\n\nUse \x1b[36mx\x1b[0m.\n\n    \x1b[36mcode\x1b[0m");
    }
}
