//! Custom domains: the domain leads to the stage, is shared by base paths, moves while it is used, and goes with the last
//! stage. A visitor reaches it by the `Host` header.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{
    stage::{PATIENCE, Stage},
    support::{
        call::{Call, counted},
        client::Request,
        emulator::{self, REGION},
        process::Ended,
        proxy::{Fault, Proxy},
        response::Response,
    },
    sweep::sweep,
};

/// A stage with a hosted zone of its own, and the stage `prod` beside `dev`.
pub(crate) struct Site {
    pub(crate) stage: Stage,
    zone: String,
    /// `api.<zone>`.
    pub(crate) name: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        let stage = Stage::new("");
        let zone = format!("{}.example", emulator::unique("zone"));
        stage.account.aws(&["route53", "create-hosted-zone", "--name", &zone, "--caller-reference", &zone]);
        let name = format!("api.{zone}");
        Self { stage, zone, name }
    }

    /// Writes the settings of both stages.
    pub(crate) fn set(&self, dev: &str, prod: &str) {
        let prod = format!("[stage.prod]\nregions = [\"{REGION}\"]\narchitecture = \"x86_64\"\n{prod}");
        self.stage.set(&format!("{dev}\n{prod}"));
    }

    /// The setting of the domain with a base path.
    fn domain(&self, base_path: &str) -> String {
        format!("domain = {{ name = \"{}\", base_path = \"{base_path}\" }}", self.name)
    }

    /// What a visitor of the domain gets.
    pub(crate) fn visit(&self, path: &str) -> Response {
        let request = Request::get(path).with("host", &self.name);
        self.stage.account.send(REGION, "execute-api", request).unwrap()
    }

    /// The types of the records of the domain's name.
    pub(crate) fn records(&self) -> Vec<String> {
        self.all_records().iter().map(|record| record["Type"].as_str().unwrap().to_owned()).collect()
    }

    /// The records of the domain's name.
    fn all_records(&self) -> Vec<Value> {
        let zones = self.stage.account.aws(&["route53", "list-hosted-zones"]);
        let dotted = format!("{}.", self.zone);
        let zone =
            zones["HostedZones"].as_array().unwrap().iter().find(|zone| zone["Name"] == dotted.as_str()).unwrap();
        let id = zone["Id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let records = self.stage.account.aws(&["route53", "list-resource-record-sets", "--hosted-zone-id", &id]);
        let records = records["ResourceRecordSets"].as_array().unwrap().iter();
        records.filter(|record| record["Name"] == format!("{}.", self.name)).cloned().collect()
    }

    /// The stacks of the account, by name and status.
    pub(crate) fn stacks(&self) -> Vec<(String, String)> {
        let stacks = self.stage.account.aws(&["cloudformation", "describe-stacks"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let stacks = stacks["Stacks"].as_array().unwrap().iter();
        stacks.map(|stack| (text(&stack["StackName"]), text(&stack["StackStatus"]))).collect()
    }

    pub(crate) fn has_domain_stack(&self) -> bool {
        self.stacks().iter().any(|(name, _)| name.starts_with("zappa-rs-domain-"))
    }

    pub(crate) fn ok(&self, command: &[&str], variant: &str) -> Vec<String> {
        self.stage.ok_with(command, variant).lines().map(str::to_owned).collect()
    }
}

/// The calls about the domain: its stack, its zone, and change sets.
pub(crate) fn of_domain(calls: &[Call]) -> Vec<Call> {
    // The name of a change set does not tell its stack.
    let is_domain = |call: &&Call| {
        call.service == "route53" || call.subject.contains("zappa-rs-domain-") || call.operation == "ExecuteChangeSet"
    };
    calls.iter().filter(is_domain).cloned().collect()
}

#[test]
fn a_domain_leads_to_the_stage_and_a_second_deploy_changes_nothing() {
    let mut site = Site::new();
    site.set(&format!("domain = \"{}\"", site.name), "");
    let proxy = Proxy::start(site.stage.account.address());
    site.stage.through(proxy.address());
    let answer = site.ok(&["deploy", "dev"], "one");
    assert_eq!(answer.last().unwrap(), &format!("https://{}/", site.name));
    assert_eq!(site.visit("/").text(), "one ");
    assert_eq!(site.records(), ["A", "AAAA"]);
    // The policy allows each of these calls.
    let policy = site.stage.ok(&["policy", "deploy", "dev"]);
    for call in of_domain(&proxy.take()) {
        let action = format!("\"{}\"", call.action());
        assert!(policy.contains(&action), "{action}: {policy}");
    }

    site.ok(&["deploy", "dev"], "one");
    let calls = proxy.take();
    let mutating: Vec<String> = calls.iter().filter(|call| call.is_mutating()).map(Call::name).collect();
    assert!(mutating.is_empty(), "{mutating:?}");
    let domain: Vec<String> = of_domain(&calls).iter().map(Call::name).collect();
    assert_eq!(domain, ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]);
    assert!(counted(&calls).len() <= 8, "{:?}", calls.iter().map(Call::name).collect::<Vec<_>>());

    // New code leaves the domain as it is.
    site.ok(&["update", "dev"], "two");
    assert_eq!(site.visit("/").text(), "two ");
    assert!(of_domain(&proxy.take()).iter().all(|call| !call.is_mutating()));
    site.stage.ok(&["rollback", "dev", "--yes"]);
    assert_eq!(site.visit("/").text(), "one ");

    // Without the domain in the settings, the next deploy takes it back.
    site.set("", "");
    site.ok(&["deploy", "dev"], "one");
    assert!(!site.has_domain_stack());
    assert!(site.records().is_empty());
    assert_ne!(site.visit("/").text(), "one ");
}

#[test]
fn stages_share_a_domain_and_the_last_takes_it_with_it() {
    let site = Site::new();
    site.set(&site.domain("dev"), &format!("api = \"http\"\n{}", site.domain("v1/prod")));
    let answer = site.ok(&["deploy", "dev"], "one");
    assert_eq!(answer.last().unwrap(), &format!("https://{}/dev/", site.name));
    site.ok(&["deploy", "prod"], "two");
    assert_eq!(site.visit("/dev/").text(), "one ");
    assert_eq!(site.visit("/v1/prod/").text(), "two ");

    let gone = site.stage.ok(&["undeploy", "dev", "--yes"]);
    assert!(gone.contains(&format!("removed the mapping of https://{}/dev/", site.name)), "{gone}");
    assert_ne!(site.visit("/dev/").text(), "one ");
    assert_eq!(site.visit("/v1/prod/").text(), "two ");

    let gone = site.stage.ok(&["undeploy", "prod", "--yes"]);
    assert!(gone.contains(&format!("with the domain {}", site.name)), "{gone}");
    assert!(site.records().is_empty());
    assert_eq!(site.stacks(), []);
}

#[test]
fn a_domain_moves_to_another_stage_while_a_client_loses_no_request() {
    let site = Site::new();
    let domain = format!("domain = \"{}\"", site.name);
    site.set(&domain, &domain);
    site.ok(&["deploy", "dev"], "one");

    // It is not taken without being asked for.
    let zip = site.stage.zip("two");
    let refused = site.stage.run(&["deploy", "prod", "--zip", &zip]);
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    let line = format!("https://{}/ moves from stage `dev` of `shop` to stage `prod` of `shop`", site.name);
    assert!(refused.stderr.contains(&line), "{}", refused.stderr);
    assert!(!site.stacks().iter().any(|(name, _)| name == "shop-prod"), "nothing is deployed before the answer");

    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut answers = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let response = site.visit("/");
                answers.push((response.status, response.text()));
            }
            answers
        });
        site.ok(&["deploy", "prod"], "two");
        thread::sleep(Duration::from_millis(200));
        is_over.store(true, Ordering::Relaxed);
        let answers = client.join().unwrap();
        assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
        assert_eq!(answers.first().unwrap().1, "one ");
        assert_eq!(answers.last().unwrap().1, "two ");
        assert!(answers.is_sorted_by_key(|(_, text)| text == "two "), "{answers:?}");
    });
    assert_eq!(site.visit("/").text(), "two ");

    // The stage that had it leaves without harm.
    site.stage.ok(&["undeploy", "dev", "--yes"]);
    assert_eq!(site.visit("/").text(), "two ");
}

#[test]
fn what_is_not_ours_or_has_no_zone_is_refused_before_anything_is_deployed() {
    let site = Site::new();
    let refused = |settings: &str| -> Ended {
        site.set(settings, "");
        let ended = site.stage.with(&["deploy", "dev"], "one");
        assert_ne!(ended.code, Some(0), "{}", ended.stderr);
        assert!(!site.stacks().iter().any(|(name, _)| name == "shop-dev"));
        ended
    };
    let ended = refused("domain = \"api.elsewhere.example\"");
    assert!(ended.stderr.contains("no public hosted zone of the account"), "{}", ended.stderr);
    assert!(ended.stderr.contains("certificate_arn"), "{}", ended.stderr);

    let account = &site.stage.account;
    account.aws(&["route53", "create-hosted-zone", "--name", &site.zone, "--caller-reference", "again"]);
    let ended = refused(&format!("domain = \"{}\"", site.name));
    assert!(ended.stderr.contains("`hosted_zone_id` in `domain` names one"), "{}", ended.stderr);
}

/// The routing of the records of IPv4: set identifier, region or place in the failover, and whether health is checked.
fn routing(site: &Site) -> Vec<(Option<String>, Option<String>, bool)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let records = site.all_records().into_iter().filter(|record| record["Type"] == "A");
    let mut all: Vec<_> = records
        .map(|record| {
            let place = text(&record["Region"]).or_else(|| text(&record["Failover"]));
            (text(&record["SetIdentifier"]), place, record["HealthCheckId"].is_string())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_second_region_joins_by_latency_and_leaves_again() {
    const OTHER: &str = "us-east-1";
    let site = Site::new();
    let deploy = |regions: &str, more: &str| -> Ended {
        let text = format!(
            "[project]\nname = \"shop\"\n[stage.dev]\nregions = {regions}\narchitecture = \"x86_64\"\nhealth_check = \"/\"\n\
             [stage.dev.domain]\nname = \"{}\"\n{more}\n",
            site.name
        );
        std::fs::write(site.stage.folder.path().join("zappa_settings.toml"), text).unwrap();
        site.stage.with(&["deploy"], "one")
    };
    let (one, both) = (format!("[\"{REGION}\"]"), format!("[\"{REGION}\", \"{OTHER}\"]"));
    let well = |ended: Ended| assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    well(deploy(&one, ""));
    assert_eq!(routing(&site), [(None, None, false)]);
    well(deploy(&both, ""));
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(routing(&site), [(named(REGION), named(REGION), true), (named(OTHER), named(OTHER), true)]);

    let refused = deploy(&both, "routing = \"failover\"");
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("joined by `latency`"), "{}", refused.stderr);

    site.stage.ok(&["undeploy", "--yes", "--region", OTHER]);
    well(deploy(&one, ""));
    assert_eq!(routing(&site), [(None, None, false)]);
    well(deploy(&both, "routing = \"failover\""));
    assert_eq!(routing(&site), [(named(REGION), named("PRIMARY"), true), (named(OTHER), named("SECONDARY"), true)]);
}

/// Deploys a new story for each call about the domain, which fails once, and again for each, after which the tool is killed and
/// the command repeated. Each has to end as `check` says.
pub(crate) fn sweep_domain<S>(
    story: impl Fn() -> S + Sync,
    stage_of: fn(&mut S) -> &mut Stage,
    check: impl Fn(&S) -> Result<(), String> + Sync,
) {
    let calls = {
        let mut site = story();
        let stage = stage_of(&mut site);
        let proxy = Proxy::start(stage.account.address());
        stage.through(proxy.address());
        stage.ok_with(&["deploy", "dev"], "one");
        of_domain(&proxy.calls()).len()
    };
    sweep(calls * 2, |case| {
        let number = case / 2;
        let fault = if case % 2 == 0 { Fault::Kill } else { [Fault::Lost, Fault::Internal][number % 2] };
        let mut site = story();
        let stage = stage_of(&mut site);
        let seen = AtomicUsize::new(0);
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
            let is_meant = !of_domain(std::slice::from_ref(call)).is_empty();
            (is_meant && seen.fetch_add(1, Ordering::Relaxed) == number).then_some(fault)
        });
        stage.through(proxy.address());
        let zip = stage.zip("one");
        let process = stage.start(&["deploy", "dev", "--yes", "--zip", &zip]);
        proxy.aim_at(process.id());
        let (status, _, output) = process.wait(PATIENCE);
        stage.through(stage.account.address());
        if matches!(fault, Fault::Kill) {
            let next = stage.with(&["deploy", "dev"], "one");
            if next.code != Some(0) {
                return Err(format!("killed after call {number}: {}", next.stderr));
            }
        } else if !status.success() {
            return Err(format!("{fault:?} of call {number}: {output}"));
        }
        check(&site).map_err(|wrong| format!("{fault:?} of call {number}: {wrong}"))
    });
}

/// A first deploy, and a deploy that moves the stage to another base path: what the domain's calls are swept in.
fn swept(is_first: bool) {
    let story = || {
        let site = Site::new();
        if !is_first {
            site.set(&format!("domain = \"{}\"", site.name), "");
            site.ok(&["deploy", "dev"], "one");
        }
        site.set(&site.domain("new"), "");
        site
    };
    sweep_domain(
        story,
        |site| &mut site.stage,
        |site| {
            let (old, new) = (site.visit("/").text(), site.visit("/new/").text());
            if new != "one " || old == "one " {
                return Err(format!("`{old}` and `{new}`"));
            }
            site.stage.ok(&["undeploy", "dev", "--yes"]);
            let (stacks, records) = (site.stacks(), site.records());
            if stacks.is_empty() && records.is_empty() { Ok(()) } else { Err(format!("left {stacks:?}, {records:?}")) }
        },
    );
}

#[test]
fn a_new_domain_is_whole_after_any_call_failed_or_was_the_last() {
    swept(true);
}

#[test]
fn a_domain_is_whole_after_any_call_of_a_change_failed_or_was_the_last() {
    swept(false);
}
