//! What well-known programs do, by the first words of a command.

use super::found::Effect;

/// Programs that reach over the network.
const NETWORK: [&str; 12] = ["curl", "wget", "nc", "ncat", "netcat", "telnet", "ftp", "lftp", "tftp", "socat", "ping", "dig"];
/// Programs that act on other machines or clouds.
const REMOTE: [&str; 14] =
    ["ssh", "scp", "sftp", "rsync", "sshpass", "ansible", "ansible-playbook", "kubectl", "helm", "docker", "podman", "aws", "az", "gcloud"];
const DATABASE: [&str; 7] = ["mysql", "mysqldump", "psql", "pg_dump", "sqlplus", "mongo", "redis-cli"];
const MAIL: [&str; 4] = ["mail", "mailx", "sendmail", "mutt"];
const PRIVILEGED: [&str; 17] = [
    "sudo",
    "su",
    "doas",
    "mount",
    "umount",
    "mkfs",
    "dd",
    "systemctl",
    "service",
    "iptables",
    "reboot",
    "shutdown",
    "useradd",
    "usermod",
    "chown",
    "insmod",
    "pkexec",
];

/// Words of a command that are looked at.
const WORDS: usize = 24;

/// The effects of a command given as words; assignments before it are passed over.
#[must_use]
pub fn of_command(words: &[String]) -> Vec<(Effect, String)> {
    let mut words = words
        .iter()
        .take(WORDS)
        .map(|word| word.trim_matches(['"', '\'', '(', ')', '{', '}', '$']))
        .skip_while(|word| word.is_empty() || is_assignment(word));
    let Some(first) = words.next() else { return Vec::new() };
    let program = first.rsplit('/').next().unwrap_or(first);
    let rest: Vec<&str> = words.collect();
    let one = |effect| vec![(effect, program.to_owned())];
    match program {
        "sudo" | "doas" | "nohup" | "env" | "xargs" | "nice" | "timeout" => {
            let mut found = if matches!(program, "sudo" | "doas") { one(Effect::Privileged) } else { Vec::new() };
            let inner: Vec<String> = rest
                .iter()
                .skip_while(|word| word.starts_with('-') || word.starts_with(|c: char| c.is_ascii_digit()))
                .map(|word| (*word).to_owned())
                .collect();
            found.extend(of_command(&inner));
            found
        }
        "rm" => {
            let recursive = rest
                .iter()
                .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(['r', 'R']) || *word == "--recursive");
            if recursive { vec![(Effect::DeleteTree, "rm -r".to_owned())] } else { one(Effect::Delete) }
        }
        "unlink" | "rmdir" | "shred" | "truncate" => one(Effect::Delete),
        "find" if rest.contains(&"-delete") => vec![(Effect::Delete, "find -delete".to_owned())],
        program if NETWORK.contains(&program) => one(Effect::Network),
        program if REMOTE.contains(&program) => one(Effect::Remote),
        program if DATABASE.contains(&program) => one(Effect::Database),
        program if MAIL.contains(&program) => one(Effect::Mail),
        program if PRIVILEGED.contains(&program) => one(Effect::Privileged),
        _ => Vec::new(),
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_show_their_effects() {
        let check = |command: &str, expected: &[Effect]| {
            let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
            assert_eq!(of_command(&words).into_iter().map(|(effect, _)| effect).collect::<Vec<_>>(), expected, "{command}");
        };
        check("rm -rf /tmp/x", &[Effect::DeleteTree]);
        check("rm -f a", &[Effect::Delete]);
        check("sudo -n rm -r a", &[Effect::Privileged, Effect::DeleteTree]);
        check("A=1 /usr/bin/curl -s http://x", &[Effect::Network]);
        check("find . -name x -delete", &[Effect::Delete]);
        check("echo rm -rf", &[]);
        check("", &[]);
    }
}
