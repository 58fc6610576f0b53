//! Tests of how the settings are put together.

use super::*;

const DOCUMENTED: &str = include_str!("../../config/execgov.toml");

/// Loads a file with this text under this environment.
fn load_text(text: &str, environment: &Environment) -> Result<Loaded, ConfigError> {
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("execgov.toml");
    std::fs::write(&path, text).expect("written");
    load(&Overrides { config: Some(path), ..Overrides::default() }, environment)
}

/// The problems as `line: key message; remedy`, without the directory.
fn complaints(text: &str, environment: &Environment) -> Vec<String> {
    let error = load_text(text, environment).expect_err(text);
    error
        .problems
        .iter()
        .map(|problem| problem.to_string().rsplit_once("/execgov.toml:").map_or(problem.to_string(), |(_, rest)| rest.to_owned()))
        .collect()
}

#[test]
fn the_documented_file_says_exactly_the_defaults_and_every_key() {
    let loaded = load_text(DOCUMENTED, &Environment::default()).expect("valid");
    assert_eq!(loaded.config, Config::default());
    let silent: Vec<&str> = loaded.entries.iter().filter(|entry| entry.origin == Origin::Default).map(|entry| entry.key.as_str()).collect();
    assert!(silent.is_empty(), "not documented: {silent:?}");
    assert!(loaded.entries.len() > 40);
}

#[test]
fn every_documented_key_has_a_sentence_above_it() {
    let lines: Vec<&str> = DOCUMENTED.lines().collect();
    let mut checked = 0;
    for (at, line) in lines.iter().enumerate() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(lines[at - 1].starts_with("# ") || line.contains(" # "), "line {}: {line}", at + 1);
            checked += 1;
        }
    }
    assert!(checked > 40);
}

#[test]
fn variables_are_distinct() {
    let loaded = load(&Overrides::default(), &Environment::default());
    let entries = loaded.map(|loaded| loaded.entries).unwrap_or_default();
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.variable.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), entries.len());
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let path = dir.path().join("a.toml");
    std::fs::write(&path, "data_dir = \"/file\"\n[drain]\ndeadline_s = 1\n[log]\n\nlevel = \"warn\"\n").expect("written");
    let environment = Environment::from([
        ("EXECGOV_CONFIG", path.to_str().expect("UTF-8")),
        ("EXECGOV_DATA_DIR", "/env"),
        ("EXECGOV_DRAIN_DEADLINE_S", "2"),
        ("EXECGOV_RUN_MAXIMUM_WALL_MS", "86400001"),
        ("EXECGOV_LISTEN_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16"),
    ]);
    let loaded = load(&Overrides { data_dir: Some("/flag".into()), ..Overrides::default() }, &environment).expect("valid");
    assert_eq!(loaded.config.data_dir, PathBuf::from("/flag"));
    assert_eq!(loaded.config.drain.deadline_s, 2);
    assert_eq!(loaded.config.log.level, "warn");
    assert_eq!(loaded.config.run.maximum.wall_ms, 86_400_001);
    assert_eq!(loaded.config.listen.trusted_proxies, ["10.0.0.1", "10.1.0.0/16"]);
    let origin = |key: &str| loaded.entries.iter().find(|entry| entry.key == key).map(|entry| entry.origin.to_string()).expect(key);
    assert_eq!(origin("data_dir"), "flag --data-dir");
    assert_eq!(origin("drain.deadline_s"), "environment EXECGOV_DRAIN_DEADLINE_S");
    assert_eq!(origin("log.level"), format!("{}:6", path.display()));
    assert_eq!(origin("log.format"), "default");
}

#[test]
fn mistakes_in_the_file_name_line_key_and_remedy() {
    let none = Environment::default();
    for (text, expected) in [
        ("\n[listen]\nadress = \"127.0.0.1:1\"\n", "3: `listen.adress` is not a setting; did you mean `listen.address`?"),
        ("[listn]\naddress = \"x\"\n", "1: `listn` is not a setting; did you mean `listen`?"),
        ("colour = 1\n", "1: `colour` is not a setting; remove it; config/execgov.toml documents all settings"),
        (
            "[drain]\ndeadline_s = \"30\"\n",
            "2: `drain.deadline_s` must be a whole number, not a text in quotes; for example deadline_s = 30",
        ),
        ("listen = 1\n", "1: `listen` is a section, not a value; write [listen] and its keys below"),
        ("[drain\n", "1: is not TOML: "),
        ("[listen]\naddress = \"nowhere\"\n", "2: `listen.address` cannot be used: "),
        ("[drain]\ndeadline_s = -1\n", "2: `drain.deadline_s` cannot be used: "),
        ("[log]\nformat = \"xml\"\n", "2: `log.format` cannot be used: unknown variant `xml`, expected `text` or `json`"),
        ("[session]\nidle_s = 1\n", "2: `session.idle_s` is 1, outside 60 to 2592000; choose a value in that range"),
        ("[run.maximum]\nwall_ms = 0\n", "default: `run.maximum` has wall_ms = 0, with which nothing could run; give runs some of it"),
    ] {
        let found = complaints(text, &none);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(expected), "{text}: {} should begin {expected}", found[0]);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found = complaints("a = 1\nb = 2\n[log]\nlevel = 3\n", &Environment::from([("EXECGOV_DRAIN_DEADLINE_S", "soon")]));
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn mistakes_in_the_environment_name_the_variable() {
    let found = complaints("", &Environment::from([("EXECGOV_LISTEN_ADRESS", "x"), ("EXECGOV_QUEUE_WAITING", "many")]));
    assert_eq!(found[0], "environment EXECGOV_LISTEN_ADRESS: is not a setting; did you mean EXECGOV_LISTEN_ADDRESS?");
    assert_eq!(
        found[1],
        "environment EXECGOV_QUEUE_WAITING: `queue.waiting` must be a whole number, not `many`; correct or unset the variable"
    );
    let loaded = load_text("", &Environment::from([("EXECGOV_URL", "http://x"), ("EXECGOV_DATADIR", "/x")])).expect("valid");
    assert_eq!(loaded.warnings, ["environment EXECGOV_DATADIR is not a setting; did you mean EXECGOV_DATA_DIR?"]);
}

#[test]
fn a_named_file_must_exist() {
    let error = load(&Overrides { config: Some("/nonexistent/x.toml".into()), ..Overrides::default() }, &Environment::default())
        .expect_err("absent");
    assert!(error.to_string().starts_with("/nonexistent/x.toml: cannot be read: "), "{error}");
}
