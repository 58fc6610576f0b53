//! A self-signed appliance: trusted by its fingerprint, refused under another, never talked to before.

use super::{PASSWORD, Said};
use crate::appliance::{Appliance, Setup, program};

fn says(appliance: &Appliance, words: &[&str], text: &str) -> Said {
    use std::io::Write;
    let mut command = program(appliance.dir());
    command.args(words).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("runs");
    // It may end before it reads.
    let _ = child.stdin.take().expect("standard input").write_all(text.as_bytes());
    Said::of(&child.wait_with_output().expect("ends"))
}

#[test]
fn a_certificate_is_trusted_by_its_fingerprint_only() {
    let appliance = Appliance::with(Setup { settings: "[tls]\nmode = \"on\"\n".to_owned(), ..Setup::default() });
    assert!(appliance.url.starts_with("https://"), "{}", appliance.url);
    let printed = appliance.stdout();
    let fingerprint = printed.lines().find_map(|line| line.strip_prefix("certificate SHA-256: ")).expect("a fingerprint").trim();
    let token = std::fs::read_to_string(appliance.data().join("setup-token")).expect("set-up token");
    let secrets = format!("{}\n{PASSWORD}\n", token.trim());
    let setup =
        |more: &[&str]| says(&appliance, &[&["setup", &appliance.url, "--username", "ada", "--stdin"][..], more].concat(), &secrets);

    let unknown = setup(&[]);
    assert_eq!(unknown.code, 2, "nobody is there to compare: {unknown:?}");
    assert!(unknown.err.to_uppercase().contains(&fingerprint.to_uppercase()), "{fingerprint}: {unknown:?}");
    let other = setup(&["--fingerprint", &"ab".repeat(32)]);
    assert!(other.code == 10 && other.err.contains("EG-CLI-002"), "{other:?}");
    setup(&["--fingerprint", fingerprint]).fine();
    assert!(says(&appliance, &["whoami"], "").fine().contains("ada"));
    let plain = says(&appliance, &["login", "http://ops.example:7443", "--username", "ada", "--password-stdin"], PASSWORD);
    assert!(plain.code == 2 && plain.err.contains("--allow-http"), "{plain:?}");
}
