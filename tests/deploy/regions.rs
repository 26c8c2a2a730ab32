//! Several regions at once: the canary goes first, and where the settings say so all go back if one fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    stage::{Ended, Stage},
    support::{
        emulator,
        proxy::{Fault, Proxy},
    },
};

const FIRST: &str = "eu-central-1";
const SECOND: &str = "us-east-1";

/// A stage that serves `one` in two regions, and a proxy that lets no trial of one region happen while `is_ill` is set.
struct Two {
    stage: Stage,
    proxy: Proxy,
    urls: [String; 2],
    is_ill: Arc<AtomicBool>,
}

impl Two {
    fn new(settings: &str, ill: &'static str) -> Self {
        let mut stage = Stage::of(emulator::account(), &[FIRST, SECOND], settings);
        let is_ill = Arc::new(AtomicBool::new(false));
        let ill_flag = Arc::clone(&is_ill);
        let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
            let is_meant = ill_flag.load(Ordering::Relaxed) && call.region == ill && call.name() == "lambda:Invoke";
            is_meant.then_some(Fault::Refuse(403, "AccessDeniedException", "not today"))
        });
        stage.through(proxy.address());
        let answer = stage.ok_with(&["deploy"], "one");
        let urls: Vec<String> = answer.lines().map(str::to_owned).collect();
        let urls = urls.try_into().unwrap_or_else(|urls| panic!("two URLs: {urls:?}"));
        let two = Self { stage, proxy, urls, is_ill };
        assert_eq!(two.serves(), ["one ", "one "]);
        two.proxy.take();
        two
    }

    /// What visitors get in each region.
    fn serves(&self) -> [String; 2] {
        let visit = |region, url: &str| self.stage.account.visit(region, url, "/").unwrap().text();
        [visit(FIRST, &self.urls[0]), visit(SECOND, &self.urls[1])]
    }

    fn spoiled(&self, command: &str) -> Ended {
        self.is_ill.store(true, Ordering::Relaxed);
        let ended = self.stage.with(&[command], "two");
        self.is_ill.store(false, Ordering::Relaxed);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        ended
    }

    /// The table's row of a region.
    fn row<'a>(&self, ended: &'a Ended, region: &str) -> &'a str {
        let rows = ended.stderr.lines().skip_while(|line| !line.starts_with("region "));
        rows.into_iter().find(|line| line.starts_with(region)).unwrap_or_else(|| panic!("no table: {}", ended.stderr))
    }

    /// The same command again, unspoiled, finishes what is missing.
    fn finishes(&self) {
        assert_eq!(self.stage.ok_with(&["update"], "two").lines().collect::<Vec<_>>(), self.urls);
        assert_eq!(self.serves(), ["two ", "two "]);
    }
}

#[test]
fn what_went_well_stays_where_nothing_else_is_reported() {
    let two = Two::new("", SECOND);
    let ended = two.spoiled("update");
    assert!(two.row(&ended, FIRST).contains("deployed"), "{}", ended.stderr);
    assert!(two.row(&ended, SECOND).contains("failed"), "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().collect::<Vec<_>>(), [&two.urls[0]]);
    assert_eq!(two.serves(), ["two ", "one "]);
    two.finishes();
}

#[test]
fn all_go_back_where_the_settings_say_so() {
    let two = Two::new("on_failure = \"rollback\"", SECOND);
    let ended = two.spoiled("update");
    assert!(two.row(&ended, FIRST).contains("rolled back"), "{}", ended.stderr);
    assert!(two.row(&ended, SECOND).contains("failed"), "{}", ended.stderr);
    assert_eq!(two.serves(), ["one ", "one "]);
    two.finishes();
}

#[test]
fn a_canary_that_fails_spares_the_others() {
    let two = Two::new(&format!("canary_region = \"{SECOND}\""), SECOND);
    let ended = two.spoiled("update");
    assert!(two.row(&ended, FIRST).contains("not started"), "{}", ended.stderr);
    assert!(two.row(&ended, SECOND).contains("failed"), "{}", ended.stderr);
    assert!(two.proxy.take().iter().all(|call| call.region == SECOND || !call.is_mutating()));
    assert_eq!(two.serves(), ["one ", "one "]);
    two.finishes();
    // And when it is well, the others begin after it serves.
    let calls = two.proxy.take();
    let switched = calls.iter().rposition(|call| call.region == SECOND && call.operation == "UpdateStack").unwrap();
    let begun = calls.iter().position(|call| call.region == FIRST && call.is_mutating()).unwrap();
    assert!(switched < begun, "{switched} {begun}");
}

#[test]
fn json_tells_of_every_region_when_one_fails() {
    let two = Two::new("", SECOND);
    two.is_ill.store(true, Ordering::Relaxed);
    let zip = two.stage.zip("two");
    let ended = two.stage.run(&["update", "--yes", "--json", "--zip", &zip]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let answer: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let outcomes: Vec<_> =
        answer["regions"].as_array().unwrap().iter().map(|region| region["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["deployed", "failed"]);
}

#[test]
fn a_part_of_the_regions_is_updated_alone() {
    let two = Two::new("", SECOND);
    two.stage.ok_with(&["update", "--region", SECOND], "two");
    assert!(two.proxy.take().iter().all(|call| call.region == SECOND));
    assert_eq!(two.serves(), ["one ", "two "]);
    two.finishes();
}

#[test]
fn a_region_that_fails_is_a_row_beside_the_others() {
    let mut two = Two::new("", SECOND);
    let proxy = Proxy::with(two.stage.account.address(), Duration::ZERO, |call| {
        let is_meant = call.region == SECOND && call.operation == "DescribeStacks";
        is_meant.then_some(Fault::Refuse(403, "AccessDenied", "not today"))
    });
    two.stage.through(proxy.address());
    // Through this proxy the same API has another address.
    let (_, path) = two.urls[0].split_once("/_aws/").unwrap();
    let url = format!("http://{}/_aws/{path}", proxy.address());
    let refused = |args: &[&str]| {
        let ended = two.stage.run(args);
        assert_eq!(ended.code, Some(1), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("error: {SECOND}: ")), "{args:?}: {}", ended.stderr);
        ended.stdout
    };
    let status = refused(&["status"]);
    assert!(status.contains(&url) && status.contains("not today"), "{status}");
    assert_eq!(refused(&["url"]), format!("{url}\n"));
    let releases = refused(&["releases"]);
    assert!(releases.contains("live") && releases.contains("unavailable"), "{releases}");

    let zip = two.stage.zip("two");
    for args in [&["diff", "--zip", &zip][..], &["deploy", "--dry-run", "--zip", &zip]] {
        let output = refused(args);
        let (well, failed) = output.split_once(&format!("{SECOND}: unavailable: ")).unwrap();
        assert!(well.starts_with(&format!("{FIRST}:")) && failed.contains("not today"), "{args:?}: {output}");
        let answers: serde_json::Value = serde_json::from_str(&refused(&[args, &["--json"]].concat())).unwrap();
        assert!(!answers[0]["changes"].as_array().unwrap().is_empty(), "{answers}");
        assert_eq!(answers[1]["region"], SECOND);
        assert!(answers[1]["error"].as_str().unwrap().contains("not today"), "{answers}");
    }

    let json = |command| serde_json::from_str::<serde_json::Value>(&refused(&[command, "--json"])).unwrap();
    let urls = json("url");
    assert_eq!((&urls[FIRST], &urls[SECOND]), (&serde_json::json!(url), &serde_json::Value::Null));
    let (status, releases) = (json("status"), json("releases"));
    assert_eq!(status[0]["release"], releases[0]["release"]);
    for row in [&status[1], &releases[1]] {
        assert_eq!(row["region"], SECOND);
        assert!(row["error"].as_str().unwrap().contains("not today"), "{row}");
    }
}

#[test]
fn an_added_region_gets_the_release_that_the_others_have() {
    let stage = Stage::new("");
    stage.ok_with(&["deploy"], "one");
    let mut more = Stage::of(stage.account.clone(), &[FIRST, SECOND], "");
    let proxy = Proxy::start(stage.account.address());
    more.through(proxy.address());
    // An update wants the stage everywhere, and says so before it changes a part.
    let ended = more.with(&["update"], "two");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("stack `shop-dev` does not exist in us-east-1"), "{}", ended.stderr);
    assert!(proxy.take().iter().all(|call| !call.is_mutating()));

    more.ok_with(&["deploy"], "one");
    // In the first region it is only recorded that there is a second one.
    let mut elsewhere = proxy.take();
    elsewhere.retain(|call| call.region != "us-east-1" && call.is_mutating());
    let names: Vec<String> = elsewhere.iter().map(|call| format!("{} {}", call.operation, call.subject)).collect();
    assert!(matches!(names.as_slice(), [marker] if marker.ends_with("shop/dev/regions/us-east-1")), "{names:?}");
    more.ok_with(&["deploy"], "one");
    assert!(proxy.take().iter().all(|call| !call.is_mutating()));
    // From there on both have one release, and go back to what each had before it.
    more.ok_with(&["update"], "two");
    let urls = more.ok(&["rollback", "--yes"]);
    for (region, url) in [FIRST, SECOND].iter().zip(urls.lines()) {
        assert_eq!(stage.account.visit(region, url, "/").unwrap().text(), "one ");
    }
}
