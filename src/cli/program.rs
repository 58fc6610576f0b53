//! The program itself: serving, its version, and the files that shells and manuals want.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;
use serde_json::json;

use super::failure::{Failure, LOCAL_FILE};
use super::invocation::{Done, Invocation};
use super::{Exit, arguments};
use crate::conf::Overrides;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  execgov serve\n  execgov serve --data-dir ./data --listen 127.0.0.1:7443\n  execgov serve --config /etc/execgov/execgov.toml\n\nLearn more: execgov help environment"
)]
pub struct Serve {
    /// Settings to read; /etc/execgov/execgov.toml when it exists
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port; any but a loopback address requires TLS
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Where everything is kept; made when it does not exist
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the address to this file once requests are answered
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

impl Serve {
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        Overrides {
            config: self.config.clone(),
            listen: self.listen.clone(),
            data_dir: self.data_dir.clone(),
            ready_file: self.ready_file.clone(),
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  execgov completion bash > /etc/bash_completion.d/execgov\n  execgov completion zsh > ~/.zfunc/_execgov\n  execgov completion fish > ~/.config/fish/completions/execgov.fish"
)]
pub struct Completion {
    /// bash, zsh, fish, powershell or elvish
    #[arg(value_enum, hide_possible_values = true)]
    shell: Shell,
}

/// Prints the completion script.
pub fn completion(invocation: &Invocation<'_>, args: &Completion) -> Done {
    invocation.out.bytes(&completion_script(args.shell))?;
    Ok(Exit::Ok)
}

fn completion_script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "execgov", &mut script);
    script
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  execgov man | man -l -\n  execgov man /usr/local/share/man/man1")]
pub struct Man {
    /// Folder to write one page for each command into
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints or writes the manual pages.
pub fn man(invocation: &Invocation<'_>, args: &Man) -> Done {
    let pages = man_pages().map_err(Failure::from)?;
    let Some(dir) = &args.dir else {
        if let Some((_, page)) = pages.first() {
            invocation.out.bytes(page)?;
        }
        return Ok(Exit::Ok);
    };
    let fail = |error: std::io::Error| {
        Failure::from(LOCAL_FILE.fault(format!("{}: {error}", dir.display())).hint("name a folder that you may write"))
    };
    std::fs::create_dir_all(dir).map_err(fail)?;
    for (name, page) in &pages {
        std::fs::write(dir.join(name), page).map_err(fail)?;
    }
    invocation.out.note(&format!("{} pages in {}", pages.len(), dir.display()));
    Ok(Exit::Ok)
}

/// File name and roff text of each page; that of the program comes first.
fn man_pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    fn walk(command: &clap::Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
        let own = command.clone().name(name.to_owned()).bin_name(name.replace('-', " ")).display_name(name.to_owned());
        let mut page = Vec::new();
        clap_mangen::Man::new(own).title(name.to_ascii_uppercase()).manual("ExecGov").render(&mut page)?;
        pages.push((format!("{name}.1"), page));
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            walk(sub, &format!("{name}-{}", sub.get_name()), pages)?;
        }
        Ok(())
    }
    let mut pages = Vec::new();
    walk(&arguments::command(), "execgov", &mut pages)?;
    Ok(pages)
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  execgov version\n  execgov version --client -o json")]
pub struct Version {
    /// Do not ask the appliance
    #[arg(long)]
    client: bool,
}

/// The version of this program, and that of the appliance when one answers.
pub async fn version(invocation: &Invocation<'_>, args: &Version) -> Done {
    let own = env!("CARGO_PKG_VERSION");
    let server = if args.client {
        None
    } else {
        match invocation.client() {
            Ok(client) => client.system().await.ok().map(|system| (client.url().to_owned(), system)),
            Err(_) => None,
        }
    };
    if invocation.out.format.is_json() {
        let server = server.map(|(url, system)| json!({ "url": url, "version": system.version, "install_id": system.install_id }));
        invocation.out.json(&json!({ "version": own, "appliance": server }))?;
        return Ok(Exit::Ok);
    }
    let appliance = server.map(|(url, system)| format!("{} at {url}", system.version)).unwrap_or_default();
    invocation.out.fields(&[("execgov", own.into()), ("appliance", appliance.into())])?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page() {
        let pages = man_pages().expect("rendered");
        assert!(pages.len() > 40, "{}", pages.len());
        assert_eq!(pages.first().map(|(name, _)| name.as_str()), Some("execgov.1"));
        for (name, page) in &pages {
            let text = String::from_utf8_lossy(page);
            assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{name}");
        }
        assert!(pages.iter().any(|(name, _)| name == "execgov-capability-publish.1"));
    }

    #[test]
    fn each_shell_gets_its_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let script = String::from_utf8(completion_script(shell)).expect("UTF-8");
            assert!(script.contains("execgov") && script.contains("capability"), "{shell}");
        }
    }
}
