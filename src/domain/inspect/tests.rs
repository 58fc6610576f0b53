//! Inspections as a whole: what ordinary sources become.

use serde_json::{Value, json};

use super::*;
use crate::domain::capability::Package;
use crate::domain::capability::package::PackagePath;

fn package(files: &[(&str, &str)]) -> Package {
    Package { files: files.iter().map(|(path, text)| (PackagePath::parse(path).expect("a good path"), text.as_bytes().to_vec())).collect() }
}

fn look(source: &str) -> Inspection {
    inspect(&package(&[("tool.py", source)]), &FileHint::new("tool.py")).expect("inspected")
}

#[test]
fn argparse_becomes_a_schema() {
    let found = look(
        r#"
"""Resize pictures."""
import argparse
from pathlib import Path

LEVELS = ("low", "high")

def main():
    p = argparse.ArgumentParser(description="Resize many pictures.")
    p.add_argument("source", type=Path, help="picture to read")
    p.add_argument("-n", "--count", type=int, default=4 * 2, help="how many (default: %(default)s)")
    p.add_argument("--level", choices=LEVELS, default=LEVELS[0])
    p.add_argument("--dry-run", action="store_true")
    p.add_argument("-v", action="count", default=0)
    args = p.parse_args()

if __name__ == "__main__":
    main()
"#,
    );
    let inputs = &found.manifest.inputs;
    assert_eq!(
        inputs["properties"],
        json!({
            "source": {"type": "string", "format": "file", "description": "picture to read"},
            "count": {"type": "integer", "description": "how many (default: 8)", "default": 8},
            "level": {"type": "string", "enum": ["low", "high"], "default": "low"},
            "dry_run": {"type": "boolean", "default": false},
            "v": {"type": "integer", "minimum": 0, "maximum": 20, "default": 0}
        }),
        "{}",
        serde_json::to_string_pretty(inputs).expect("JSON")
    );
    assert_eq!(inputs["required"], json!(["source"]));
    let _: &Value = &inputs["additionalProperties"];
}

#[test]
fn a_main_that_nobody_calls_is_called() {
    for (source, binding) in [
        ("def main():\n    print('done')\n", "function"),
        ("\"\"\"About main.\"\"\"\nimport os\nX = 1\ndef main():\n    helper()\ndef helper():\n    main\n", "function"),
        ("def main():\n    pass\nmain()\n", "argv"),
        ("def main():\n    pass\nif __name__ == '__main__':\n    raise SystemExit(main())\n", "argv"),
        ("def main(*words):\n    pass\n", "argv"),
        ("print('done')\n", "argv"),
    ] {
        let binding_found = json!(look(source).manifest.binding);
        assert_eq!(binding_found, binding, "{source}");
    }
}
