//! Tests of the stages that are resolved from a file.

use std::{ffi::OsString, path::Path};

use super::*;
use crate::settings::Variable;

fn selection(text: &str, stage: Option<&str>, environment: &[(&str, &str)]) -> Result<StageSelection, Error> {
    let environment = environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    Settings::parse(Path::new("x.toml"), text.to_owned(), &environment)?.choose(stage)
}

fn none(_: &StageSelection) -> Vec<(Key, String)> {
    Vec::new()
}

fn faults(error: &Error) -> Vec<String> {
    error.faults().iter().map(|fault| format!("{}:{}: {}", fault.line, fault.column, fault.sentence)).collect()
}

#[test]
fn a_stage_has_its_defaults_and_what_the_file_says() {
    let text = "
        [project]
        name = \"shop\"
        [stage.base]
        memory_size = 512
        environment = { LOG = \"info\" }
        [stage.prod]
        extends = \"base\"
        regions = [\"eu-west-1\", \"us-east-1\"]
        environment = { PLACE = \"${stage}/${region}/${WHO}\" }
    ";
    let selection = selection(text, Some("prod"), &[("WHO", "me"), ("AWS_REGION", "eu-north-1")]).unwrap();
    assert_eq!(selection.project.name.as_deref(), Some("shop"));
    assert_eq!(selection.regions, ["eu-west-1", "us-east-1"]);
    let stage = &selection.stages["us-east-1"];
    assert_eq!((stage.memory_size, stage.timeout_seconds), (512, 29));
    let text = |name: &str| stage.environment[name].clone();
    assert_eq!(text("PLACE"), Variable::Text("prod/us-east-1/me".to_owned()));
    assert_eq!(text("LOG"), Variable::Text("info".to_owned()));
}

#[test]
fn the_environments_region_counts_only_where_the_file_names_none() {
    let none = "[project]\nname = \"a\"\n[stage.dev]\n";
    assert_eq!(selection(none, None, &[("AWS_DEFAULT_REGION", "eu-west-3")]).unwrap().regions, ["eu-west-3"]);
    assert!(matches!(selection(none, None, &[]), Err(Error::NoRegion { .. })));
    let named = "[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\n";
    assert_eq!(selection(named, None, &[("AWS_REGION", "us-east-1")]).unwrap().regions, ["eu-west-1"]);
}

#[test]
fn a_stage_that_is_not_there_is_reported_with_those_that_are() {
    let text = "[stage.dev]\naws_region = \"eu-west-1\"\n[stage.production]\naws_region = \"eu-west-1\"\n";
    let error = selection(text, Some("prodution"), &[]).unwrap_err();
    assert_eq!(error.hint().unwrap(), "defined stages are `dev` and `production`; did you mean `production`?");
    assert!(matches!(selection(text, None, &[]), Err(Error::SeveralStages { .. })));
}

#[test]
fn only_regions_of_the_stage_can_be_chosen() {
    let text = "[project]\nname = \"a\"\n[stage.dev]\nregions = [\"eu-west-1\", \"us-east-1\"]\n";
    let selection = selection(text, None, &[]).unwrap();
    let one = selection.clone().only(&["us-east-1".to_owned()]).unwrap();
    assert_eq!((one.regions.len(), one.stages.len()), (1, 2));
    assert!(selection.only(&["us-east-2".to_owned()]).is_err());
}

#[test]
fn a_region_that_left_has_the_settings_of_its_stage() {
    let text =
        "[stage.dev]\nregions = [\"eu-west-1\"]\ns3_bucket = \"code-${region}\"\nfunction_name = \"${stage}-app\"\n";
    let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
    let stage = settings.in_other_region("dev", "us-east-1").unwrap();
    assert_eq!(stage.s3_bucket.as_deref(), Some("code-us-east-1"));
    assert_eq!(stage.function_name.as_deref(), Some("dev-app"));
}

#[test]
fn a_stage_is_written_and_read_again_as_it_was() {
    let text = "[stage.dev]\nregions = [\"eu-west-1\"]\nkeep_warm = 2\nthrottle = { rate = 1.5, burst = 2 }\nenvironment = { TABLE = { Ref = \"Table\" }, NAME = \"x\" }\npermissions = [{ actions = [\"s3:GetObject\"], resources = [\"*\"] }]\n";
    let stage = selection(text, None, &[]).unwrap().primary().clone();
    let written = serde_json::to_string(&stage).unwrap();
    assert_eq!(serde_json::from_str::<Stage>(&written).unwrap(), stage);
}

#[test]
fn what_is_wrong_in_shape_and_in_sense_is_reported_in_one_run() {
    let text = "[stage.dev]\naws_region = \"eu-west-1\"\nmemory_size = \"big\"\nbuilder = \"command\"\nbuild_command = 5\nlog_retention_days = 31\nenvironment = { AWS_REGION = \"x\", NUMBER = 5 }\nstreaming = true\napi = \"htp\"\n";
    assert_eq!(
        faults(&selection(text, None, &[]).unwrap_err()),
        [
            "3:15: `memory_size` is a whole number, not text",
            "5:17: `build_command` is text, not a whole number; put it in quotes",
            "6:1: CloudWatch keeps logs for certain numbers of days, and 31 is none; 30 is the nearest",
            "7:17: `AWS_REGION` cannot be set: Lambda sets it itself",
            "7:44: `NUMBER` is text or a table, not a whole number; put it in quotes",
            "9:7: `api` is `rest`, `http` or `function_url`, not `htp`; did you mean `http`?",
        ]
    );
}

#[test]
fn what_has_to_be_a_table_is_shown_as_one() {
    for (text, expected) in [
        ("project = \"x\"\n", "1:11: `project` is a table, not text; write `[project]`, and below it `name = \"x\"`"),
        ("stage = \"dev\"\n", "1:9: `stage` is a table, not text; write `[stage.dev]`, and its settings below it"),
        (
            "[stage.dev]\naws_region = \"eu-west-1\"\nthrottle = 5\n",
            "3:12: `throttle` is a table, not a whole number; a table is `{ rate = …, burst = … }`",
        ),
    ] {
        let faults = faults(&selection(text, None, &[]).unwrap_err());
        assert!(faults.iter().any(|fault| fault == expected), "{faults:?}");
    }
}

#[test]
fn a_variable_of_another_stage_is_not_missed_before_that_is_deployed() {
    let text =
        "[stage.dev]\naws_region = \"eu-west-1\"\n[stage.prod]\naws_region = \"eu-west-1\"\ndescription = \"${WHO}\"\n";
    assert!(selection(text, Some("dev"), &[]).is_ok());
    let expected = ["5:15: `${WHO}` is not set in the environment; `$${` writes a `${` that stays"];
    assert_eq!(faults(&selection(text, Some("prod"), &[]).unwrap_err()), expected);
    let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
    assert_eq!(faults(&settings.check(None, none).unwrap_err()), expected);
    assert_eq!(settings.check(Some("dev"), none).unwrap().len(), 1);
}

#[test]
fn a_variable_that_is_not_set_is_the_only_fault_of_its_setting() {
    let text = "[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\n\
        domain = { name = \"${WHO}.example.com\" }\nsecrets = { DB = \"ssm:/${WHO}/db\", KEY = \"ssm:\" }\nlog_retention_days = 31\n";
    let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
    let found = faults(&settings.check(None, none).unwrap_err());
    let places: Vec<&str> = found.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["5:19", "6:18", "6:36", "7:1"], "{found:?}");
    assert!(found[..2].iter().all(|fault| fault.contains("is not set in the environment")), "{found:?}");
}

#[test]
fn an_empty_table_lacks_its_settings_where_it_is() {
    let text = "[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\ntenancy = {}\n";
    assert_eq!(faults(&selection(text, None, &[]).unwrap_err()), ["5:11: `tenant` is missing here"]);
}

#[test]
fn what_stands_can_be_looked_at_without_the_environments_values() {
    let text =
        "[project]\nname = \"a\"\n[stage.dev]\naws_region = \"eu-west-1\"\nenvironment = { KEY = \"${SECRET}\" }\n";
    let settings = |text: &str| Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
    assert!(settings(text).choose(None).is_err());
    assert_eq!(settings(text).select_for_inspection(None).unwrap().regions, ["eu-west-1"]);
    // What names the stack is needed by everybody.
    let text = text.replace("environment = { KEY = \"${SECRET}\" }", "function_name = \"${SECRET}\"");
    assert!(settings(&text).select_for_inspection(None).is_err());
}

#[test]
fn all_stages_are_checked_and_one_that_is_only_extended_needs_no_region() {
    let check = |text: &str| {
        let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
        settings.check(None, none).map(|stages| stages.len()).map_err(|error| faults(&error))
    };
    assert_eq!(check("[stage.base]\n[stage.dev]\nextends = \"base\"\naws_region = \"eu-west-1\"\n"), Ok(1));
    assert_eq!(
        check("[stage.a]\naws_region = \"eu-west-1\"\n[stage.b]\n"),
        Err(vec!["3:8: stage `b` names no region: `aws_region`, `regions` or `AWS_REGION`".to_owned()])
    );
    assert_eq!(
        check("[stage.a]\naws_region = \"eu-west-1\"\nfunction_name = \"x\"\n[stage.b]\nextends = \"a\"\n"),
        Err(vec!["4:8: stages `a` and `b` are both the stack `x`".to_owned()])
    );
}

#[test]
fn nothing_secret_is_shown_for_debugging() {
    let text = "[stage.dev]\naws_region = \"eu-west-1\"\nenvironment = { KEY = \"hush\", OTHER = \"${VALUE}\" }\n";
    let environment = BTreeMap::from([(OsString::from("VALUE"), OsString::from("hush"))]);
    let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &environment).unwrap();
    assert!(!format!("{settings:?}{:?}", settings.choose(None).unwrap()).contains("hush"));
}
