//! The server as a process: where it listens, what it answers, how it stops.

use crate::appliance::Appliance;

#[tokio::test]
async fn it_is_alive_and_ready_and_counts() {
    let mut appliance = Appliance::start();
    assert_eq!(appliance.get("/healthz").await.json()["status"], "alive");
    assert_eq!(appliance.get("/readyz").await.status, 200);
    let metrics = appliance.get("/metrics").await.text;
    assert!(metrics.contains("execgov_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"2xx\"} 1"), "{metrics}");
    assert!(appliance.stdout().contains(&format!("ready at {}\n", appliance.url)));
    assert!(appliance.stop().success(), "{}", appliance.stderr());
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems() {
    let appliance = Appliance::start();
    let answer = appliance.get("/api/v1/nothing").await;
    assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"));
    assert_eq!(answer.json()["code"], "EG-REQ-001");
    assert_eq!(answer.json()["type"], "/help/errors/EG-REQ-001");
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
    let answer = appliance.post("/api/v1/errors/EG-REQ-001", &serde_json::json!({})).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"));
    assert_eq!(answer.json()["code"], "EG-REQ-002");
    let page = appliance.get("/api/v1/errors/EG-REQ-001").await;
    assert!(page.text.starts_with("# EG-REQ-001: No such address\n"), "{}", page.text);
    assert_eq!(appliance.get("/api/v1/errors/EG-NO-1").await.json()["code"], "EG-REQ-009");
}
