//! The API's own endpoint beside a domain: closed when the domain leads to the stage, opened before the stage leaves it, whatever
//! becomes of the deploy.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use crate::{
    domains::{Site, of_domain},
    stage::PATIENCE,
    support::{
        call::{Call, counted},
        emulator::REGION,
        proxy::{Fault, Proxy},
    },
    sweep::sweep,
};

impl Site {
    /// The settings of a stage that only the domain leads to.
    fn closed(&self) -> String {
        format!("{}\ndefault_endpoint = false", self.open())
    }

    /// The settings of a stage that the domain leads to, too.
    fn open(&self) -> String {
        format!("domain = \"{}\"", self.name)
    }

    /// The URL of the API's own endpoint, whether it is open or closed.
    fn own_url(&self, path: &str) -> String {
        let stacks =
            self.stage.account.aws(&["cloudformation", "describe-stack-resources", "--stack-name", "shop-dev"]);
        let resources = stacks["StackResources"].as_array().unwrap();
        let is_api = |id: &str| id == "Api" || id == "HttpApi";
        let api = resources.iter().find(|resource| is_api(resource["LogicalResourceId"].as_str().unwrap())).unwrap();
        let id = api["PhysicalResourceId"].as_str().unwrap();
        format!("http://{}/_aws/execute-api/{id}/{path}", self.stage.account.address())
    }

    /// The status of an answer of the API's own endpoint, by the path of its root.
    fn own_status(&self, path: &str) -> u16 {
        self.stage.visit(&self.own_url(path), "").status
    }

    /// Runs something while a client visits the domain all the time, which has to be answered all the time.
    fn while_visited(&self, run: impl FnOnce()) {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let client = scope.spawn(|| {
                let mut statuses = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    statuses.push(self.visit("/").status);
                }
                statuses
            });
            run();
            is_over.store(true, Ordering::Relaxed);
            let statuses = client.join().unwrap();
            assert!(statuses.len() > 1 && statuses.iter().all(|status| *status == 200), "{statuses:?}");
        });
    }
}

#[test]
fn an_endpoint_is_closed_behind_its_domain_and_no_request_of_the_domain_is_lost() {
    let mut site = Site::new();
    site.set(&site.closed(), "");
    let proxy = Proxy::start(site.stage.account.address());
    site.stage.through(proxy.address());
    let diff = site.ok(&["diff", "dev"], "one");
    assert!(diff.iter().any(|line| line.contains("close the API's own endpoint")), "{diff:?}");
    let domain = format!("https://{}/", site.name);
    assert_eq!(site.ok(&["deploy", "dev"], "one"), [domain.as_str()]);
    assert_eq!((site.visit("/").text().as_str(), site.own_status("dev/")), ("one ", 403));
    assert_eq!(site.stage.ok(&["url", "dev"]).trim(), domain);

    // The second deploy changes nothing.
    proxy.take();
    site.ok(&["deploy", "dev"], "one");
    let calls = proxy.take();
    let mutating: Vec<String> = calls.iter().filter(|call| call.is_mutating()).map(Call::name).collect();
    assert!(mutating.is_empty(), "{mutating:?}");
    assert_eq!(of_domain(&calls).len(), 2);
    assert!(counted(&calls).len() <= 8, "{:?}", calls.iter().map(Call::name).collect::<Vec<_>>());

    // New code goes behind it in two updates, as ever, and back.
    site.while_visited(|| drop(site.ok(&["update", "dev"], "two")));
    let updates = proxy.take().iter().filter(|call| call.operation == "UpdateStack").count();
    assert_eq!((site.visit("/").text().as_str(), site.own_status("dev/"), updates), ("two ", 403, 2));
    site.stage.ok(&["rollback", "dev", "--yes"]);
    assert_eq!((site.visit("/").text().as_str(), site.own_status("dev/")), ("one ", 403));

    // Opened and closed again while it is used.
    site.set(&site.open(), "");
    site.while_visited(|| drop(site.ok(&["deploy", "dev"], "one")));
    assert_eq!(site.own_status("dev/"), 200);
    site.set(&site.closed(), "");
    site.while_visited(|| drop(site.ok(&["deploy", "dev"], "one")));
    assert_eq!(site.own_status("dev/"), 403);

    // Without the domain, its own endpoint is the only one.
    site.set("", "");
    let answer = site.ok(&["deploy", "dev"], "one");
    assert!(!site.has_domain_stack());
    assert_eq!(site.stage.visit(answer.last().unwrap(), "/").text(), "one ");
}

/// Whether a call changes a stack: between two of these, nothing of endpoints and domains does.
fn changes_a_stack(call: &Call) -> bool {
    call.service == "cloudformation" && call.is_mutating()
}

/// A change of a stage and its domain.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// A first deploy that ends closed.
    First,
    /// A stage with a domain is closed.
    Close,
    /// A closed stage leaves its domain.
    Leave,
}

impl Change {
    const ALL: [Self; 3] = [Self::First, Self::Close, Self::Leave];

    /// A site with the settings of the change, which is not deployed yet.
    fn site(self) -> Site {
        let site = Site::new();
        let api = |settings: String| format!("api = \"http\"\n{settings}");
        let before = match self {
            Self::First => None,
            Self::Close => Some(site.open()),
            Self::Leave => Some(site.closed()),
        };
        if let Some(before) = before {
            site.set(&api(before), "");
            site.ok(&["deploy", "dev"], "one");
        }
        site.set(&api(if matches!(self, Self::Leave) { String::new() } else { site.closed() }), "");
        site
    }

    /// The calls of the change that change a stack.
    fn count(self) -> usize {
        let mut site = self.site();
        let proxy = Proxy::start(site.stage.account.address());
        site.stage.through(proxy.address());
        site.ok(&["deploy", "dev"], "one");
        proxy.calls().iter().filter(|call| changes_a_stack(call)).count()
    }

    /// Kills the deploy after one of these calls, and looks at what is left of it and at what the next one makes of that.
    fn killed_after(self, number: usize) -> Result<(), String> {
        let mut site = self.site();
        let seen = AtomicUsize::new(0);
        let proxy = Proxy::with(site.stage.account.address(), Duration::ZERO, move |call| {
            (changes_a_stack(call) && seen.fetch_add(1, Ordering::Relaxed) == number).then_some(Fault::Kill)
        });
        site.stage.through(proxy.address());
        let zip = site.stage.zip("one");
        let process = site.stage.start(&["deploy", "dev", "--yes", "--zip", &zip]);
        proxy.aim_at(process.id());
        process.wait(PATIENCE);
        site.stage.through(site.stage.account.address());
        let is_deployed = !matches!(self, Self::First);
        let reached = || (site.visit("/").text() == "one ", site.own_status("$default/") == 200);
        if is_deployed && reached() == (false, false) {
            return Err(format!("{self:?}, killed after call {number}: nobody reaches the stage"));
        }
        let next = site.stage.with(&["deploy", "dev"], "one");
        if next.code != Some(0) {
            return Err(format!("{self:?}, killed after call {number}: {}", next.stderr));
        }
        let wanted = if matches!(self, Self::Leave) { (false, true) } else { (true, false) };
        if reached() != wanted {
            return Err(format!("{self:?}, killed after call {number}: {:?} and not {wanted:?}", reached()));
        }
        match site.stage.account.aws(&["cloudformation", "describe-stacks", "--region", REGION])["Stacks"].as_array() {
            Some(stacks) if stacks.len() == 1 + usize::from(wanted.0) => Ok(()),
            found => Err(format!("{self:?}, killed after call {number}: {found:?}")),
        }
    }
}

#[test]
fn somebody_reaches_a_stage_whose_deploy_is_killed_at_any_change_of_its_endpoint() {
    let cases: Vec<(Change, usize)> =
        Change::ALL.into_iter().flat_map(|change| (0..change.count()).map(move |number| (change, number))).collect();
    sweep(cases.len(), |case| {
        let (change, number) = cases[case];
        change.killed_after(number)
    });
}
