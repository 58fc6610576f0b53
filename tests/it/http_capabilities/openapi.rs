//! Operations of OpenAPI documents become capabilities: every one of them registers, and what was picked runs.

use reqwest::Method;
use serde_json::{Value, json};

use super::servers::{Reply, Server};
use crate::appliance::{Appliance, answer};
use crate::approvals::{Office, code};
use crate::person::Person;

const ORDERS: &str = include_str!("../../samples/openapi/orders.json");
const TICKETS: &str = include_str!("../../samples/openapi/tickets.json");
const PEOPLE: &str = include_str!("../../samples/openapi/people.json");

async fn granted(person: &Person, url: &str, writes: Value) {
    let settings = json!({ "url": url, "private": ["127.0.0.1"], "writes": writes });
    let made = person.post("/api/v1/resources", &json!({ "name": "erp", "purpose": "Orders", "settings": settings })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(person.post("/api/v1/resources/erp/grants", &json!({ "tenant": "default" })).await.status, 200);
}

async fn operations(person: &Person, document: &str) -> Vec<String> {
    let listed = person.post("/api/v1/openapi/operations", &json!({ "document": document })).await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    listed.json()["items"].as_array().expect("items").iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

/// A document with 300 operations and schemas that lean on each other.
fn three_hundred() -> String {
    let mut paths = serde_json::Map::new();
    let mut schemas = serde_json::Map::new();
    for n in 0..100 {
        let (name, next) = (format!("Thing{n}"), format!("#/components/schemas/Thing{}", (n + 1) % 100));
        let properties = json!({ "id": { "type": "string", "readOnly": true }, "name": { "type": "string" }, "next": { "$ref": next }, "count": { "type": "integer", "nullable": true } });
        schemas.insert(name.clone(), json!({ "type": "object", "required": ["name"], "properties": properties }));
        let schema = json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } });
        let answer = json!({ "200": { "description": "ok", "content": schema } });
        let id = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }]);
        paths.insert(format!("/things-{n}"), json!({ "post": { "operationId": format!("make{n}"), "requestBody": { "required": true, "content": schema }, "responses": answer } }));
        paths.insert(
            format!("/things-{n}/{{id}}"),
            json!({ "parameters": id, "get": { "operationId": format!("read{n}"), "responses": answer }, "delete": { "operationId": format!("drop{n}"), "responses": {} } }),
        );
    }
    json!({ "openapi": "3.0.3", "info": { "title": "Many", "version": "1" }, "paths": paths, "components": { "schemas": schemas } })
        .to_string()
}

#[tokio::test]
async fn every_operation_of_every_document_registers() {
    let appliance = Appliance::start();
    let person = Person::first(&appliance).await;
    granted(&person, "https://erp.example.com/api", json!([])).await;
    let many = three_hundred();
    for (document, prefix, count) in [(ORDERS, "o-", 7), (TICKETS, "t-", 6), (PEOPLE, "p-", 40), (&many, "m-", 300)] {
        let found = operations(&person, document).await;
        assert_eq!(found.len(), count, "{prefix}");
        let wish = json!({ "document": document, "resource": "erp", "operations": found, "prefix": prefix });
        let made = person.post("/api/v1/openapi/imports", &wish).await;
        assert_eq!(made.status, 201, "{prefix}: {}", made.text);
        for row in made.json()["items"].as_array().expect("items") {
            let reads = row["method"] == "GET";
            assert_eq!((row["created"].as_bool(), row["permitted"].as_bool()), (Some(true), Some(reads)), "{row}");
        }
        let again = person.post("/api/v1/openapi/imports", &wish).await.json();
        assert!(again["items"].as_array().expect("items").iter().all(|row| row["created"] == false), "importing again stores nothing");
    }
    let total = person.get("/api/v1/capabilities?limit=1&q=Thing").await;
    assert_eq!(total.status, 200);
}

#[tokio::test]
async fn what_was_picked_takes_typed_inputs_and_runs() {
    let appliance = Appliance::start();
    let person = Person::first(&appliance).await;
    let server = Server::plain(|seen| match seen.path() {
        "/api/orders" if seen.method == "GET" => {
            Reply::json(&json!({ "items": [{ "id": "1", "status": "open", "parent": { "id": "0", "status": "sent" } }], "next": null }))
        }
        "/api/orders" => Reply::json(&json!({ "id": "2", "status": "open" })),
        _ => Reply::json(&json!({ "wrong": seen.target })),
    })
    .await;
    granted(&person, &format!("{}/api", server.url()), json!([{ "method": "POST", "path": "/orders" }])).await;
    let wish = json!({ "document": ORDERS, "resource": "erp", "operations": ["listOrders", "createOrder", "updateOrder", "getOrder"] });
    let made = person.post("/api/v1/openapi/imports", &wish).await.json();
    let names: Vec<&str> = made["items"].as_array().expect("items").iter().filter_map(|row| row["capability"].as_str()).collect();
    assert_eq!(names, ["list-orders", "create-order", "update-order", "get-order"], "{made}");
    assert!(made["items"][0]["notes"].to_string().contains("session"), "{made}");
    for name in ["list-orders", "create-order"] {
        let done = person.post(&format!("/api/v1/capabilities/{name}/versions/1/publish"), &json!({})).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }
    let run = person.run("list-orders", json!({ "status": ["open", "packed"] })).await;
    assert_eq!((run["phase"].as_str(), run["result"]["items"][0]["id"].as_str()), (Some("succeeded"), Some("1")), "{run}");
    assert_eq!(server.last().target, "/api/orders?status=open&status=packed&limit=50");
    for (inputs, pointer) in [
        (json!({ "status": ["wild"] }), "/inputs/status/0"),
        (json!({ "limit": 500 }), "/inputs/limit"),
        (json!({ "colour": 1 }), "/inputs/colour"),
    ] {
        let refused = person.start("list-orders", inputs).await;
        assert_eq!((code(&refused).0, refused.json()["errors"][0]["pointer"].as_str()), (422, Some(pointer)), "{}", refused.text);
    }
    let order = json!({ "customer": "c1", "lines": [{ "sku": "a", "quantity": 2 }] });
    let run = person.run("create-order", order.clone()).await;
    assert_eq!(run["phase"], "succeeded", "{run}");
    let sent: Value = serde_json::from_str(&server.last().text()).expect("JSON");
    assert_eq!(
        (&sent["customer"], &sent["lines"], sent.get("id"), &sent["express"]),
        (&order["customer"], &order["lines"], None, &json!(false)),
        "{sent}"
    );
}

/// C15: aliases of aliases, which would be a billion values.
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let inner = format!("*a{}", level - 1);
        text += &format!("a{level}: &a{level} [{}]\n", [inner.as_str(); 10].join(", "));
    }
    text + "openapi: 3.0.0\npaths: {}\n"
}

/// The same document in YAML, with what YAML has and JSON has not: comments, bare words, numbers as keys, anchors.
#[tokio::test]
async fn a_document_in_yaml_is_read_as_plain_data() {
    let appliance = Appliance::start();
    let person = Person::first(&appliance).await;
    granted(&person, "https://erp.example.com", json!([])).await;
    let document = "# Orders of the shop\nopenapi: 3.0.3\ninfo: { title: Orders, version: '1' }\nanswer: &answer\n  content:\n    application/json:\n      schema: { type: object, properties: { id: { type: string } } }\npaths:\n  /orders/{id}:\n    get:\n      operationId: getOrder\n      summary: One order\n      parameters:\n        - name: id\n          in: path\n          required: true\n          schema: { type: string, pattern: '^[0-9]+$' }\n        - name: lang\n          in: query\n          schema: { type: string, enum: [en, no, yes], default: no }\n      responses:\n        200:\n          description: !!python/object:os.system 'rm -rf /'\n          <<: *answer\n";
    let listed = person.post("/api/v1/openapi/operations", &json!({ "document": document })).await;
    assert_eq!(listed.status, 200, "{}", listed.text);
    assert_eq!(listed.json()["items"][0]["summary"], "One order");
    let wish = json!({ "document": document, "resource": "erp", "operations": ["getOrder"] });
    let made = person.post("/api/v1/openapi/imports", &wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let version = person.get("/api/v1/capabilities/get-order/versions/1").await.json();
    let inputs = &version["manifest"]["inputs"]["properties"];
    assert_eq!(inputs["lang"]["enum"], json!(["en", "no", "yes"]), "bare words stay words: {version}");
    assert_eq!(inputs["id"]["pattern"], "^[0-9]+$", "{version}");
    assert!(
        version["manifest"]["http"]["response"]["schema"].to_string().contains("\"id\""),
        "the answer of status 200 is known: {version}"
    );
}

#[tokio::test]
async fn documents_that_mean_harm_or_nothing_are_refused() {
    let office = Office::new().await;
    let erp = json!({ "name": "erp", "purpose": "Orders", "settings": { "url": "https://erp.example.com" } });
    assert_eq!(office.admin.post("/api/v1/resources", &erp).await.status, 201);
    assert_eq!(office.admin.post("/api/v1/resources/erp/grants", &json!({ "tenant": "default" })).await.status, 200);
    let author = office.admin.another(&office.appliance, "import-author", &["author"]).await;
    let paths = |operation: Value| json!({ "openapi": "3.0.0", "paths": { "/x": { "post": operation } } }).to_string();
    let body =
        |schema: Value| paths(json!({ "operationId": "x", "requestBody": { "content": { "multipart/form-data": { "schema": schema } } } }));
    for (document, says) in [
        ("openapi: 3.0.0\npaths: {}".to_owned(), "no operations"),
        ("openapi: [3.0.0\npaths".to_owned(), "neither JSON nor YAML"),
        (bomb(), "neither JSON nor YAML"),
        ("openapi: 3.0.0\n---\nopenapi: 3.0.0\n".to_owned(), "neither JSON nor YAML"),
        ("openapi: 3.0.0\nopenapi: 3.0.1\npaths: {}\n".to_owned(), "neither JSON nor YAML"),
        ("- openapi: 3.0.0".to_owned(), "no object"),
        ("{}".to_owned(), "3.0 and 3.1"),
        (json!({ "swagger": "2.0", "paths": {} }).to_string(), "3.0 and 3.1"),
        (json!({ "openapi": "3.0.0", "paths": {} }).to_string(), "no operations"),
        (paths(json!({ "operationId": "y" })), "no operation `x`"),
        (paths(json!({ "operationId": "x", "requestBody": { "$ref": "http://evil.example/x.json" } })), "out of the document"),
        (paths(json!({ "operationId": "x", "requestBody": { "$ref": "file:///etc/passwd" } })), "out of the document"),
        (paths(json!({ "operationId": "x", "parameters": [{ "name": "a}{b", "in": "query" }] })), "no input can have"),
        (body(json!({ "type": "string" })), "no plain object"),
        ("[".repeat(100_000), "neither JSON nor YAML"),
        ("{".repeat(100_000), "neither JSON nor YAML"),
    ] {
        let wish = json!({ "document": document, "resource": "erp", "operations": ["x"] });
        let refused = author.post("/api/v1/openapi/imports", &wish).await;
        assert_eq!(code(&refused), (400, "EG-OAS-001".to_owned()), "{says}: {}", refused.text);
        assert!(refused.text.contains(says), "{says}: {}", refused.text);
    }
    let unknown =
        author.post("/api/v1/openapi/imports", &json!({ "document": ORDERS, "resource": "hr", "operations": ["getOrder"] })).await;
    assert_eq!(code(&unknown), (409, "EG-RES-003".to_owned()));
    let refused = answer(office.operator.request(Method::POST, "/api/v1/openapi/operations").json(&json!({ "document": ORDERS }))).await;
    assert_eq!(refused.status, 403);

    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("tickets.json");
    std::fs::write(&file, TICKETS).expect("written");
    let file = file.to_str().expect("UTF-8");
    let listed = office.cli(&author, &["register", "--openapi", file], "").fine();
    assert!(listed.contains("tickets.create") && listed.contains("put-reports-daily"), "{listed}");
    let words = [
        "register",
        "--openapi",
        file,
        "--resource",
        "erp",
        "--operation",
        "tickets.list",
        "--operation",
        "tickets.attach",
        "--prefix",
        "desk-",
    ];
    let made = office.cli(&author, &words, "");
    assert!(
        made.out.contains("desk-tickets-list@1") && made.out.contains("not listed") && made.err.contains("POST /tickets/*/attachments"),
        "{made:?}"
    );
}
