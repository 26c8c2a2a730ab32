//! The example `shop` under `zappa-rs local`, with a real Postgres: migrations, orders of many clients at once, and a database
//! that is out of reach.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    support::{client::Client, examples, postgres::Database},
    tool::{Tool, command},
};

static BINARY: LazyLock<PathBuf> = LazyLock::new(|| examples::project("shop"));

/// The settings of the example, and an env file with the URL of a database.
fn project(url: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/zappa_settings.toml");
    fs::copy(settings, folder.path().join("zappa_settings.toml")).unwrap();
    fs::write(folder.path().join(".env.prod"), format!("DB_URL={url}\n")).unwrap();
    folder
}

fn serve(folder: &TempDir) -> Tool {
    let mut command = command(folder.path());
    command.args(["local", "prod", "--port", "0", "--region", "eu-central-1", "--binary"]).arg(&*BINARY);
    Tool::start(command)
}

fn migrate(tool: &Tool) {
    let event = r#"{"zappa_rs":"function","name":"migrate","payload":{"release":"one"}}"#;
    let reply = tool.send("POST", "/2015-03-31/functions/shop-prod/invocations", &[], event);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("x-amz-function-error"), None, "{}", reply.text());
}

/// Sends the order of a key without reading the response.
fn send(tool: &Tool, key: &str, sku: &str, quantity: i32) -> Client {
    let body = json!({ "sku": sku, "quantity": quantity }).to_string();
    tool.write("PUT", &format!("/orders/{key}"), &[("content-type", "application/json")], &body)
}

fn place(tool: &Tool, key: &str, sku: &str, quantity: i32) -> u16 {
    send(tool, key, sku, quantity).read("PUT").unwrap().status
}

/// Counts a status among the responses.
fn count(sent: Vec<Client>) -> impl Fn(u16) -> usize {
    let statuses: Vec<u16> = sent.into_iter().map(|mut client| client.read("PUT").unwrap().status).collect();
    move |wanted| statuses.iter().filter(|status| **status == wanted).count()
}

#[test]
fn orders_at_once_never_sell_more_than_there_is() {
    let database = Database::new();
    let folder = project(&database.url);
    let tool = serve(&folder);
    assert_eq!(tool.get("/health").text(), "ok");
    assert_eq!(place(&tool, "early", "cup", 1), 500, "there are no tables before the migration");
    migrate(&tool);
    migrate(&tool);
    // Ten want one of five cups each, all at the same time.
    let cups = count((0..10).map(|number| send(&tool, &format!("cup-{number}"), "cup", 1)).collect());
    assert_eq!((cups(201), cups(409)), (5, 5));
    assert_eq!(tool.get("/products/cup").json()["stock"], 0);
    assert_eq!(database.query("select count(*), sum(total_cents) from orders"), "5|6000");

    // The same order twice, at once or later, is one.
    let teas = count((0..4).map(|_| send(&tool, "tea", "tea", 3)).collect());
    assert_eq!((teas(201), teas(200)), (1, 3));
    assert_eq!(tool.get("/products/tea").json()["stock"], 997);
    let expected = json!({ "key": "tea", "sku": "tea", "quantity": 3, "total_cents": 1350 });
    assert_eq!(tool.get("/orders/tea").json(), expected);
    for (key, sku, quantity, status) in
        [("tea", "tea", 3, 200), ("tea", "tea", 4, 409), ("new", "coffee", 1, 404), ("new", "tea", 0, 422)]
    {
        assert_eq!(place(&tool, key, sku, quantity), status, "{key} {sku} {quantity}");
    }
    assert_eq!(tool.get("/orders/new").status, 404);

    // Each process has one connection, as on Lambda: at most one for each that is served at once.
    let connections = database.query("select count(*) from pg_stat_activity where application_name = 'shop'");
    assert!(connections.parse::<u32>().unwrap() <= 10, "{connections}");
    // Connections that were cut off meanwhile are replaced, and no request fails.
    database.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'shop'");
    assert_eq!(tool.get("/orders/tea").status, 200);
}

#[test]
fn a_database_out_of_reach_is_a_response_and_its_url_is_nowhere() {
    let url = "postgres://shop:s3cret@127.0.0.1:9/shop";
    let folder = project(url);
    let mut tool = serve(&folder);
    let response = tool.get("/health");
    assert_eq!((response.status, response.text().as_str()), (503, "try again"));
    tool.signal("INT");
    assert!(tool.wait().success());
    let log: Value = tool.rest().into();
    assert!(log.to_string().contains("the database failed"), "{log}");
    assert!(!log.to_string().contains("s3cret"), "{log}");
}
