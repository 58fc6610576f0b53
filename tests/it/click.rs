//! What `click` declares becomes a form: types, choices, defaults, help, requirement, several values, switches, groups.

use execgov::domain::capability::Package;
use execgov::domain::capability::package::PackagePath;
use execgov::domain::inspect::{FileHint, Inspection, inspect};
use execgov::domain::schema::InputSchema;
use serde_json::{Value, json};

fn look(source: &str) -> Inspection {
    let package = Package::single(PackagePath::parse("tool.py").expect("a path"), source.as_bytes().to_vec());
    let found = inspect(&package, &FileHint::new("tool.py")).unwrap_or_else(|error| panic!("{error}\n{source}"));
    InputSchema::compile(&found.manifest.inputs).unwrap_or_else(|error| panic!("{error}\n{source}"));
    found
}

/// The properties, the required inputs and the rules for the command line of one decorated function.
fn form(decorators: &str) -> (Value, Value, Value) {
    let found = look(&format!(
        "import click\nfrom pathlib import Path\n\n@click.command()\n{decorators}\ndef tool(**given):\n    \"\"\"Does things.\"\"\"\n\nif __name__ == '__main__':\n    tool()\n"
    ));
    assert_eq!(found.manifest.title, "Does things");
    let inputs = &found.manifest.inputs;
    let argv = serde_json::to_value(&found.manifest.argv).expect("JSON");
    (inputs["properties"].clone(), inputs.get("required").cloned().unwrap_or(json!([])), argv)
}

#[test]
fn each_way_to_declare_becomes_its_field() {
    let check = |decorator: &str, name: &str, property: Value, required: bool| {
        let (properties, needed, _) = form(decorator);
        assert_eq!(properties, json!({ name: property }), "{decorator}");
        assert_eq!(needed, if required { json!([name]) } else { json!([]) }, "{decorator}");
    };
    // Types.
    check("@click.option('--name')", "name", json!({"type": "string"}), false);
    check("@click.option('--count', type=int)", "count", json!({"type": "integer"}), false);
    check("@click.option('--ratio', type=float)", "ratio", json!({"type": "number"}), false);
    check("@click.option('--ratio', type=click.FLOAT)", "ratio", json!({"type": "number"}), false);
    check("@click.option('--ok', type=click.BOOL)", "ok", json!({"type": "boolean"}), false);
    check("@click.option('--id', type=click.UUID)", "id", json!({"type": "string", "format": "uuid"}), false);
    check("@click.option('--level', type=click.IntRange(1, 5))", "level", json!({"type": "integer", "minimum": 1, "maximum": 5}), false);
    check(
        "@click.option('--share', type=click.FloatRange(min=0, max=1, min_open=True))",
        "share",
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        false,
    );
    check("@click.option('--day', type=click.DateTime(formats=['%Y-%m-%d']))", "day", json!({"type": "string", "format": "date"}), false);
    // Choices.
    let choice = json!({"type": "string", "enum": ["csv", "json"]});
    check("@click.option('--form', type=click.Choice(['csv', 'json']))", "form", choice, false);
    let choice = json!({"type": "string", "enum": ["csv", "json"], "default": "csv"});
    check("@click.option('--form', type=click.Choice(('csv', 'json')), default='csv', show_default=True)", "form", choice, false);
    // Defaults give the type when none is stated.
    check("@click.option('--count', default=3)", "count", json!({"type": "integer", "default": 3}), false);
    check("@click.option('--ratio', default=0.5)", "ratio", json!({"type": "number", "default": 0.5}), false);
    check("@click.option('--name', default='you')", "name", json!({"type": "string", "default": "you"}), false);
    // Help, requirement, short names, names of their own.
    let helped = json!({"type": "string", "description": "Who to greet."});
    check("@click.option('-n', '--name', help='Who to greet.', required=True)", "name", helped, true);
    check("@click.option('-n', required=True)", "n", json!({"type": "string"}), true);
    check("@click.option('--from-day', 'start')", "start", json!({"type": "string"}), false);
    check("@click.option('--secret', prompt=True)", "secret", json!({"type": "string"}), true);
    // Several values.
    let many = json!({"type": "array", "items": {"type": "integer"}});
    check("@click.option('--part', type=int, multiple=True)", "part", many, false);
    let pair = json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2});
    check("@click.option('--at', type=float, nargs=2)", "at", pair, false);
    // Switches.
    let off = json!({"type": "boolean", "default": false});
    check("@click.option('--dry-run', is_flag=True)", "dry_run", off.clone(), false);
    check("@click.option('--force', default=False)", "force", off.clone(), false);
    check("@click.option('--shout/--no-shout', default=True)", "shout", json!({"type": "boolean", "default": true}), false);
    check("@click.option('--shout/--quiet')", "shout", off, false);
    check(
        "@click.option('-v', '--verbose', count=True)",
        "verbose",
        json!({"type": "integer", "minimum": 0, "maximum": 20, "default": 0}),
        false,
    );
    // Arguments.
    check("@click.argument('name')", "name", json!({"type": "string"}), true);
    check("@click.argument('name', required=False)", "name", json!({"type": "string"}), false);
    check("@click.argument('count', type=int, default=2)", "count", json!({"type": "integer", "default": 2}), false);
    check("@click.argument('source', type=click.File('r'))", "source", json!({"type": "string", "format": "file"}), true);
    let files = json!({"type": "string", "format": "file"});
    check("@click.argument('source', type=click.Path(exists=True, dir_okay=False))", "source", files.clone(), true);
    check("@click.argument('sources', nargs=-1, type=click.File())", "sources", json!({"type": "array", "items": files}), false);
    let some = json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    check("@click.argument('words', nargs=-1, required=True)", "words", some, true);
}

#[test]
fn the_command_line_is_made_as_declared() {
    let (_, _, argv) = form(
        "@click.option('--name')\n@click.option('--part', multiple=True)\n@click.option('--at', nargs=2)\n@click.option('-v', count=True)\n@click.option('--shout/--no-shout')\n@click.option('--dry', is_flag=True)\n@click.argument('source')",
    );
    let rules: Vec<(&str, Option<&str>, &str)> = argv
        .as_array()
        .expect("rules")
        .iter()
        .map(|rule| (rule["input"].as_str().expect("a name"), rule["flag"].as_str(), rule["style"].as_str().expect("a style")))
        .collect();
    assert_eq!(
        rules,
        [
            ("name", Some("--name"), "value"),
            ("part", Some("--part"), "repeat"),
            ("at", Some("--at"), "many"),
            ("v", Some("-v"), "count"),
            ("shout", Some("--shout"), "switch_pair"),
            ("dry", Some("--dry"), "switch_on"),
            ("source", None, "value"),
        ]
    );
}

#[test]
fn groups_become_a_choice_of_commands() {
    let found = look(
        r#"
import click

@click.group()
@click.option("--config", help="settings to read")
def cli(config):
    """Keeps the books."""

@cli.command()
@click.argument("month")
@click.option("--currency", type=click.Choice(["EUR", "CNY"]), default="EUR")
def close(month, currency):
    """Closes a month."""

@cli.command("list")
@click.option("--limit", type=int, default=10)
def list_entries(limit):
    """Lists entries."""

@click.command()
def audit():
    """Checks."""

cli.add_command(audit)

if __name__ == "__main__":
    cli()
"#,
    );
    let inputs = Value::Object(found.manifest.inputs.clone());
    let properties = inputs["properties"].as_object().expect("properties");
    assert_eq!(inputs["properties"]["command"]["enum"], json!(["close", "list", "audit"]), "{inputs:#}");
    assert!(properties.contains_key("config"), "{inputs:#}");
    assert!(properties.keys().any(|name| name.contains("month")) && properties.keys().any(|name| name.contains("limit")), "{inputs:#}");
    assert_eq!(inputs["required"], json!(["command"]), "what a command needs is asked for with that command alone");
    let schema = InputSchema::compile(&found.manifest.inputs).expect("a schema");
    let fits = |value: Value| schema.complete(value.as_object().expect("an object")).is_ok();
    assert!(fits(json!({"command": "audit"})));
    assert!(!fits(json!({"command": "close"})), "close needs its month");
    assert!(!fits(json!({"command": "open"})) && !fits(json!({})));
}

#[test]
fn what_cannot_be_read_is_said() {
    let codes = |decorator: &str| {
        let found =
            look(&format!("import click\nimport elsewhere\n\n@click.command()\n{decorator}\ndef tool(**given):\n    pass\n\ntool()\n"));
        found.notes.iter().map(|note| note.code.clone()).collect::<Vec<_>>()
    };
    for (decorator, code) in [
        ("@click.option(elsewhere.NAME)", "dynamic_argument"),
        ("@click.option('--x', type=click.Choice(elsewhere.ALL))", "dynamic_choices"),
        ("@click.option('--x', type=elsewhere.Kind())", "unknown_type"),
        ("@click.option('--x', prompt='Which?')", "prompt"),
        ("@click.option('--x', envvar='X')", "envvar"),
        ("@click.option('--x', hidden=True)", "hidden_argument"),
        ("@click.option('--x/--y')", "switch_pair"),
        ("@click.confirmation_option(prompt='Sure?')", "prompt"),
    ] {
        assert!(codes(decorator).contains(&code.to_owned()), "{decorator}: {:?}", codes(decorator));
    }
}
