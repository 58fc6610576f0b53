//! The description of the API: golden, and served as it is.

use std::fs;
use std::path::Path;

use crate::appliance::Appliance;

/// Compares with a file under `tests/golden`; `UPDATE_GOLDEN=1` writes it instead.
pub fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder made");
        fs::write(&path, found).expect("golden file written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs =
        expected.lines().zip(found.lines()).position(|(a, b)| a != b).unwrap_or(expected.lines().count().min(found.lines().count()));
    assert!(expected == found, "{name} differs from line {}; run the tests with UPDATE_GOLDEN=1 and review the diff", differs + 1);
}

#[test]
fn the_description_is_the_golden_one() {
    let text = execgov::api::openapi().to_pretty_json().expect("JSON");
    golden("openapi.json", &format!("{text}\n"));
}

#[tokio::test]
async fn the_description_is_served() {
    let appliance = Appliance::start();
    let answer = appliance.get("/api/openapi.json").await;
    assert_eq!(answer.json()["openapi"], "3.1.0");
    assert_eq!(answer.json()["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(answer.json()["paths"]["/healthz"].is_object());
}
