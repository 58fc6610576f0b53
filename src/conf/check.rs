//! Rules that span the type of a value: ranges, files that belong together, blocks of addresses.
//!
//! Does not touch the disk or the network: what the host can give is asked at start and by `doctor`.

use super::block::Block;
use super::config::Config;

/// A broken rule: the key, what is wrong, what to do.
type Broken = (&'static str, String, &'static str);

pub(super) fn rules(config: &Config) -> Vec<Broken> {
    let mut broken = Vec::new();
    paths(config, &mut broken);
    network(config, &mut broken);
    bounds(config, &mut broken);
    runs(config, &mut broken);
    forward(config, &mut broken);
    broken
}

fn paths(config: &Config, broken: &mut Vec<Broken>) {
    if config.data_dir.as_os_str().is_empty() {
        broken.push(("data_dir", "is empty".to_owned(), "name a directory"));
    }
    let tls = &config.tls;
    if tls.certificate.as_os_str().is_empty() != tls.key.as_os_str().is_empty() {
        let (given, absent) = if tls.key.as_os_str().is_empty() { ("certificate", "tls.key") } else { ("key", "tls.certificate") };
        broken.push((
            absent,
            format!("is empty although the {given} is named"),
            "name both files, or neither for a self-signed certificate",
        ));
    }
    for (key, path) in [("vault.key_file", &config.vault.key_file), ("vault.credential", &config.vault.credential)] {
        if !path.as_os_str().is_empty() && !path.is_absolute() {
            broken.push((key, format!("is `{}`, which is not an absolute path", path.display()), "write the path from /"));
        }
    }
    for (key, list) in [("run.python", &config.run.python), ("run.search", &config.run.search)] {
        if let Some(path) = list.iter().find(|path| !path.is_absolute()) {
            broken.push((key, format!("has `{}`, which is not an absolute path", path.display()), "write the path from /"));
        }
    }
}

fn network(config: &Config, broken: &mut Vec<Broken>) {
    for block in &config.listen.trusted_proxies {
        if Block::parse(block).is_none() {
            broken.push(("listen.trusted_proxies", format!("has `{block}`"), "write an address (10.0.0.7) or a block (10.0.0.0/8)"));
        }
    }
    if config.log.level.parse::<tracing_subscriber::filter::targets::Targets>().is_err() {
        let message = format!("is `{}`", config.log.level);
        broken.push(("log.level", message, "use error, warn, info, debug, trace, or a list such as info,execgov::api=debug"));
    }
}

fn bounds(config: &Config, broken: &mut Vec<Broken>) {
    let limits = &config.limits;
    let large = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
    let table: [(&'static str, u64, u64, u64); 25] = [
        ("limits.connections", large(limits.connections), 8, 1_000_000),
        ("limits.connections_per_source", large(limits.connections_per_source), 4, 1_000_000),
        ("limits.streams_per_principal", large(limits.streams_per_principal), 1, 10_000),
        ("limits.handshake_timeout_s", limits.handshake_timeout_s, 1, 300),
        ("limits.header_timeout_s", limits.header_timeout_s, 1, 300),
        ("limits.body_stall_timeout_s", limits.body_stall_timeout_s, 1, 3_600),
        ("limits.body_timeout_s", limits.body_timeout_s, 1, 86_400),
        ("limits.write_timeout_s", limits.write_timeout_s, 1, 3_600),
        ("limits.idle_timeout_s", limits.idle_timeout_s, 1, 3_600),
        ("limits.json_body_bytes", large(limits.json_body_bytes), 64 << 10, 64 << 20),
        ("tls.reload_check_s", config.tls.reload_check_s, 0, 86_400),
        ("queue.waiting", large(config.queue.waiting), 1, 1_000_000),
        ("queue.waiting_per_principal", large(config.queue.waiting_per_principal), 1, 1_000_000),
        ("queue.running", large(config.queue.running), 0, 4_096),
        ("queue.requests", large(config.queue.requests), 1, 4_096),
        ("session.idle_s", config.session.idle_s, 60, 30 * 86_400),
        ("session.absolute_s", config.session.absolute_s, 60, 90 * 86_400),
        ("session.proven_s", config.session.proven_s, 0, 3_600),
        ("session.token_days", u64::from(config.session.token_days), 1, 3_650),
        ("store.cache_bytes", large(config.store.cache_bytes), 1 << 20, 64 << 30),
        ("audit.retention_days", u64::from(config.audit.retention_days), 0, 36_500),
        ("forward.confirm_s", config.forward.confirm_s, 1, 300),
        ("vault.remind_days", u64::from(config.vault.remind_days), 1, 365),
        ("backup.drill_hours", u64::from(config.backup.drill_hours), 0, 8_760),
        ("drain.deadline_s", config.drain.deadline_s, 0, 86_400),
    ];
    for (key, value, least, most) in table {
        if !(least..=most).contains(&value) {
            broken.push((key, format!("is {value}, outside {least} to {most}"), "choose a value in that range"));
        }
    }
    if config.session.idle_s > config.session.absolute_s {
        broken.push(("session.idle_s", "is larger than session.absolute_s".to_owned(), "lower it"));
    }
}

fn forward(config: &Config, broken: &mut Vec<Broken>) {
    let forward = &config.forward;
    if !forward.syslog.is_empty() {
        match forward.syslog_address() {
            None => {
                let message = format!("is `{}`", forward.syslog);
                broken.push(("forward.syslog", message, "write tcp://HOST:PORT or tls://HOST:PORT"));
            }
            Some(address) if address.encrypted && forward.ca.as_os_str().is_empty() => {
                broken.push(("forward.ca", "is empty although forward.syslog begins with tls://".to_owned(), "name a PEM file"));
            }
            Some(_) => {}
        }
    }
    if forward.certificate.as_os_str().is_empty() != forward.key.as_os_str().is_empty() {
        broken.push(("forward.certificate", "and forward.key belong together".to_owned(), "name both files, or neither"));
    }
    for (key, path) in [
        ("forward.ca", &forward.ca),
        ("forward.certificate", &forward.certificate),
        ("forward.key", &forward.key),
        ("forward.file", &forward.file),
    ] {
        if !path.as_os_str().is_empty() && !path.is_absolute() {
            broken.push((key, format!("is `{}`, which is not an absolute path", path.display()), "write the path from /"));
        }
    }
    if (1..30).contains(&config.audit.retention_days) {
        let message = format!("is {}, less than 30", config.audit.retention_days);
        broken.push(("audit.retention_days", message, "keep entries for at least 30 days, or 0 for ever"));
    }
}

fn runs(config: &Config, broken: &mut Vec<Broken>) {
    let mut most = config.run.maximum;
    for (name, bound) in most.named_mut() {
        if bound.get() == 0 {
            broken.push(("run.maximum", format!("has {name} = 0, with which nothing could run"), "give runs some of it"));
        }
    }
}
