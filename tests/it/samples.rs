//! Ten ordinary scripts, unmodified, through the real server and the full sandbox: registered, published, run, and
//! compared with what `tests/samples/expect` states.

use execgov::bundle;
use serde_json::{Map, Value};

use crate::appliance::Appliance;
use crate::onboarding::{Expect, ExpectedRun, expectations, samples};
use crate::person::{Person, id_of};

#[tokio::test]
async fn samples_run_unmodified_and_do_what_they_say() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    let expected = expectations();
    assert!(expected.len() >= 10, "ten samples at least");
    for sample in &expected {
        let name = register(&ada, sample).await;
        for run in &sample.run {
            check(&ada, sample, &name, run).await;
        }
    }
}

async fn register(ada: &Person, sample: &Expect) -> String {
    let path = samples().join(&sample.path);
    let (file_name, bytes) = if path.is_dir() {
        let package = bundle::read_path(&path).unwrap_or_else(|error| panic!("{}: {error}", sample.path));
        (format!("{}.tar", sample.path), bundle::canonical::write(&package))
    } else {
        (sample.path.clone(), std::fs::read(&path).expect("readable sample"))
    };
    let registered = ada.register(&file_name, bytes).await;
    assert_eq!(registered.status, 201, "{}: {}", sample.path, registered.text);
    let name = registered.json()["capability"]["name"].as_str().expect("a name").to_owned();
    let published = ada.post(&format!("/api/v1/capabilities/{name}/versions/1/publish"), &serde_json::json!({})).await;
    assert_eq!(published.status, 200, "{}", published.text);
    name
}

async fn check(ada: &Person, sample: &Expect, name: &str, expected: &ExpectedRun) {
    let mut inputs: Map<String, Value> = expected.inputs.clone();
    for (input, content) in &expected.files {
        let part = reqwest::multipart::Part::bytes(content.clone().into_bytes()).file_name(format!("{input}.txt"));
        let form = reqwest::multipart::Form::new().part("file", part);
        let sent = ada.request(reqwest::Method::POST, "/api/v1/files").multipart(form).send().await.expect("sent");
        let file: Value = sent.json().await.expect("JSON");
        inputs.insert(input.clone(), file["id"].clone());
    }
    let run = ada.run(name, Value::Object(inputs)).await;
    let id = id_of(&run);
    let log = ada.log(&id).await;
    let what = format!("{} with {:?}\n{run}\n{log}", sample.path, expected.inputs);
    assert_eq!(run["exit_code"].as_i64(), Some(i64::from(expected.exit)), "{what}");
    for fragment in expected.stdout.iter().chain(&expected.stderr) {
        assert!(log.contains(fragment), "no `{fragment}` in the log of {what}");
    }
    for (field, value) in &expected.result {
        assert_eq!(&run["result"][field], value, "{field} of {what}");
    }
    let artifacts: Vec<_> = run["artifacts"].as_array().into_iter().flatten().filter_map(|artifact| artifact["name"].as_str()).collect();
    for artifact in &expected.artifacts {
        assert!(artifacts.contains(&artifact.as_str()), "no artifact {artifact}: {what}");
    }
}
