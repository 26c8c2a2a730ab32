//! The example `shop` from its settings file in two regions, with a real Postgres that both share: domain, alarms, the database's URL as a
//! secret, migrations before traffic, and orders of many clients in both regions at once.

use std::{fs, path::Path, process::Stdio, thread};

use serde_json::json;
use zip::CompressionMethod;

use crate::{
    app,
    stage::{PATIENCE, Stage},
    support::{
        client::Request,
        emulator, examples,
        postgres::Database,
        process::{self, Process},
    },
};

const REGIONS: [&str; 2] = ["eu-central-1", "us-east-1"];
/// Of the settings, in a hosted zone of the account.
const DOMAIN: &str = "shop.example.com";

/// A stage with the settings of the example, for this machine.
fn stage() -> Stage {
    let stage = Stage::of(emulator::account(), &REGIONS, "");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/zappa_settings.toml");
    let settings = fs::read_to_string(path).unwrap();
    assert!(settings.lines().count() < 50, "the settings are short");
    let settings = settings.replace("api = \"http\"\n", "api = \"http\"\narchitecture = \"x86_64\"\n");
    // The emulator does not know the health checks of Route 53, which a domain of several regions has by this.
    let settings = settings.replace("health_check = \"/health\"\n", "");
    fs::write(stage.folder.path().join("zappa_settings.toml"), settings).unwrap();
    stage
}

/// Stores the database's URL, as a user does: on stdin.
fn store(stage: &Stage, url: &str) {
    let path = stage.folder.path().join("stdin");
    fs::write(&path, url).unwrap();
    let file = fs::File::open(&path).unwrap();
    let mut command = stage.tool(&["secrets", "set", "prod", "-n", "DB_URL"]);
    let (status, _, stderr) = Process::start_with(&mut command, Stdio::from(file)).wait(PATIENCE);
    assert!(status.success(), "{stderr}");
}

#[test]
fn two_regions_share_a_database_and_never_sell_more_than_there_is() {
    let (stage, database) = (stage(), Database::new());
    stage.account.aws(&["route53", "create-hosted-zone", "--name", "example.com", "--caller-reference", "shop"]);
    store(&stage, &database.url);
    let zip = app::zip_of(&examples::project("shop"), "shop", CompressionMethod::Deflated);
    let deploy = ["deploy", "prod", "--yes", "--zip", zip.to_str().unwrap()];
    let deployed = process::run(&mut stage.tool(&deploy), PATIENCE);
    assert_eq!(deployed.code, Some(0), "{}{}", deployed.stdout, deployed.stderr);
    assert!(deployed.stderr.contains("function migrate"), "{}", deployed.stderr);
    assert!(deployed.stdout.contains(&format!("https://{DOMAIN}/")), "{}", deployed.stdout);
    for region in REGIONS {
        let list = ["cloudformation", "list-stack-resources", "--stack-name", "shop-prod"];
        let resources = stage.account.aws_in(region, &list);
        let resources = resources["StackResourceSummaries"].as_array().unwrap();
        assert!(resources.iter().any(|resource| resource["ResourceType"] == "AWS::CloudWatch::Alarm"), "{region}");
    }
    assert_eq!(database.query("select count(*) from _sqlx_migrations where success"), "2");
    for text in [&deployed.stdout, &deployed.stderr, &stage.ok(&["template", "prod"])] {
        assert!(!text.contains(&database.url), "{text}");
    }
    // Each region has its own subnets.
    for (region, subnet) in [(REGIONS[0], "subnet-0a1b2c3d4e5f60718"), (REGIONS[1], "subnet-0b1b2c3d4e5f60718")] {
        let template = stage.ok(&["template", "prod", "--region", region]);
        assert!(template.contains(subnet), "{region}: {template}");
    }

    // A client of the domain; the emulator finds the API of a region by the `Host` header.
    let order = |index: usize, key: &str| {
        let body = json!({ "sku": "cup", "quantity": 1 }).to_string();
        let request = Request::new("PUT", format!("/orders/{key}")).with("host", DOMAIN);
        let request = request.with_body("application/json", body);
        stage.account.send(REGIONS[index], "execute-api", request).unwrap().status
    };
    let order = &order;
    let statuses: Vec<u16> = thread::scope(|scope| {
        let orders: Vec<_> =
            (0..8).map(|number| scope.spawn(move || order(number % 2, &format!("cup-{number}")))).collect();
        orders.into_iter().map(|order| order.join().unwrap()).collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(201), count(409)), (5, 3), "{statuses:?}");
    assert_eq!(database.query("select count(*), sum(total_cents) from orders"), "5|6000");

    // The second deploy finds nothing to do, and `migrate` nothing to apply.
    let again = process::run(&mut stage.tool(&deploy), PATIENCE);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let removed = process::run(&mut stage.tool(&["undeploy", "prod", "--yes"]), PATIENCE);
    assert_eq!(removed.code, Some(0), "{}", removed.stderr);
    assert!(removed.stderr.contains("up to 40 minutes"), "{}", removed.stderr);
}
