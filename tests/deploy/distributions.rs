//! The domain of a Function URL: CloudFront leads to the stage, the domain moves while it is used, and goes with the last stage.

use serde_json::Value;

use crate::{
    domains::sweep_domain,
    stage::Stage,
    support::{
        call::Call,
        client::Request,
        emulator::{self, REGION},
        proxy::Proxy,
        response::Response,
    },
};

/// Where the stack of a distribution is.
const HOME: &str = "us-east-1";

/// A stage with a hosted zone of its own, and the stage `prod` beside `dev`.
struct Site {
    stage: Stage,
    /// The id of the zone.
    zone: String,
    /// `api.<zone>`.
    name: String,
}

impl Site {
    fn new() -> Self {
        let stage = Stage::new("");
        let zone = format!("{}.example", emulator::unique("zone"));
        let made = stage.account.aws(&["route53", "create-hosted-zone", "--name", &zone, "--caller-reference", &zone]);
        let id = made["HostedZone"]["Id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        Self { stage, name: format!("api.{zone}"), zone: id }
    }

    /// Writes the settings of both stages, each with a Function URL.
    fn set(&self, dev: &str, prod: &str) {
        let url = "api = \"function_url\"\n";
        let prod = format!("[stage.prod]\nregions = [\"{REGION}\"]\narchitecture = \"x86_64\"\n{url}{prod}");
        self.stage.set(&format!("{url}{dev}\n{prod}"));
    }

    fn domain(&self) -> String {
        format!("domain = \"{}\"", self.name)
    }

    fn ok(&self, command: &[&str], variant: &str) -> String {
        self.stage.ok_with(command, variant)
    }

    /// The records of the domain's name: their types and targets.
    fn records(&self) -> Vec<(String, String)> {
        let all = self.stage.account.aws(&["route53", "list-resource-record-sets", "--hosted-zone-id", &self.zone]);
        let text = |value: &Value| value.as_str().unwrap().trim_end_matches('.').to_owned();
        let records = all["ResourceRecordSets"].as_array().unwrap().iter();
        let own = records.filter(|record| text(&record["Name"]) == self.name);
        own.map(|record| (text(&record["Type"]), text(&record["AliasTarget"]["DNSName"]))).collect()
    }

    /// What a visitor of the domain gets, whose name servers answer with the distribution's.
    fn visit(&self, path: &str) -> Response {
        let request = Request::get(path).with("host", &self.records()[0].1).with("x-forwarded-proto", "https");
        self.stage.account.send(REGION, "lambda", request).unwrap()
    }

    /// The names of the stacks in a region.
    fn stacks(&self, region: &str) -> Vec<String> {
        let stacks = self.stage.account.aws_in(region, &["cloudformation", "describe-stacks"]);
        let stacks = stacks["Stacks"].as_array().unwrap().iter();
        stacks.map(|stack| stack["StackName"].as_str().unwrap().to_owned()).collect()
    }

    fn distributions(&self) -> usize {
        let all = self.stage.account.aws(&["cloudfront", "list-distributions"]);
        all["DistributionList"]["Items"].as_array().map_or(0, Vec::len)
    }
}

#[test]
fn a_distribution_leads_to_a_function_url_moves_and_goes_with_the_last_stage() {
    let mut site = Site::new();
    site.set(&site.domain(), &site.domain());
    let proxy = Proxy::start(site.stage.account.address());
    site.stage.through(proxy.address());
    let answer = site.ok(&["deploy", "dev"], "one");
    assert_eq!(answer.lines().last().unwrap(), format!("https://{}/", site.name));
    let kinds: Vec<String> = site.records().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["A", "AAAA"]);
    assert_eq!(site.visit("/").text(), "one ");
    assert!(site.stacks(HOME).iter().any(|name| name.starts_with("zappa-rs-domain-api-")));
    assert!(site.stage.ok(&["status", "dev"]).contains(&format!("https://{}/", site.name)));
    // The app sees the name that the client asked for, and not the Function URL's.
    assert_eq!(site.visit("/host").text(), site.name);

    // A second deploy changes nothing.
    proxy.take();
    site.ok(&["deploy", "dev"], "one");
    let mutating: Vec<String> = proxy.take().iter().filter(|call| call.is_mutating()).map(Call::name).collect();
    assert!(mutating.is_empty(), "{mutating:?}");

    // Another stage takes the domain over, and the same distribution leads there.
    let before = site.records();
    let moved = site.stage.ok(&["deploy", "prod", "--dry-run", "--zip", &site.stage.zip("two")]);
    assert!(moved.contains("from stage `dev` of `shop`"), "{moved}");
    site.ok(&["deploy", "prod"], "two");
    assert_eq!(site.visit("/").text(), "two ");
    assert_eq!(site.records(), before);

    // The stage that had it leaves it where it is; the last one takes it with it.
    site.stage.ok(&["undeploy", "dev", "--yes"]);
    assert_eq!(site.visit("/").text(), "two ");
    let gone = site.stage.ok(&["undeploy", "prod", "--yes"]);
    assert!(gone.contains(&format!("with the domain {}", site.name)), "{gone}");
    assert_eq!((site.records(), site.distributions()), (Vec::new(), 0));
    assert_eq!((site.stacks(REGION), site.stacks(HOME)), (Vec::new(), Vec::new()));
}

#[test]
fn a_distribution_is_whole_after_any_call_failed_or_was_the_last() {
    let story = || {
        let site = Site::new();
        site.set(&site.domain(), "");
        site
    };
    sweep_domain(
        story,
        |site| &mut site.stage,
        |site| {
            if (site.records().len(), site.distributions()) != (2, 1) || site.visit("/").text() != "one " {
                return Err(format!("{:?}, {} distributions", site.records(), site.distributions()));
            }
            site.stage.ok(&["undeploy", "dev", "--yes"]);
            let left = (site.records(), site.distributions(), site.stacks(REGION), site.stacks(HOME));
            if left == (Vec::new(), 0, Vec::new(), Vec::new()) { Ok(()) } else { Err(format!("left {left:?}")) }
        },
    );
}

#[test]
fn a_name_is_not_served_by_api_gateway_and_cloudfront_at_once() {
    let site = Site::new();
    site.stage.set(&site.domain());
    site.ok(&["deploy", "dev"], "one");
    site.stage.set(&format!("api = \"function_url\"\n{}", site.domain()));
    let refused = site.stage.with(&["deploy", "dev"], "one");
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("API Gateway serves it, and the stage needs CloudFront"), "{}", refused.stderr);

    // Without the domain in between it goes over.
    site.stage.set("api = \"function_url\"");
    site.ok(&["deploy", "dev"], "one");
    site.stage.set(&format!("api = \"function_url\"\n{}", site.domain()));
    site.ok(&["deploy", "dev"], "two");
    assert_eq!(site.visit("/").text(), "two ");
    site.stage.set("api = \"function_url\"");
    site.ok(&["deploy", "dev"], "two");
    assert_eq!((site.records(), site.distributions()), (Vec::new(), 0));
}
