//! The least-privilege IAM policy for deploying a stage: the tool's own calls, and CloudFormation's for the caller.
//!
//! It decides from the stage's templates which resources there are, and is pure.

mod access_log;
mod attachment;
mod direct;
mod domain;
mod handler;
mod name;
mod scaling;
mod service;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::name::Name;
use crate::{
    logical_id,
    names::{Identity, Namespace},
    regions,
    settings::Stage,
};

/// What a managed policy takes, in characters without white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(crate) const MANAGED_POLICY_LIMIT: usize = 6144;
/// With more regions than this, ARNs say `*` and a condition names the regions: each in every ARN would be too long.
const REGIONS_IN_ARNS: usize = 2;

/// What a policy is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) regions: &'a [String],
    /// The stage in each of the regions: a setting with `${region}` differs between them.
    pub(crate) stages: &'a [&'a Stage],
    /// The stage's template in each of the regions: which resources there are.
    pub(crate) templates: &'a [Value],
}

impl Subject<'_> {
    /// The stage, for what is the same in every region.
    fn stage(&self) -> &Stage {
        self.stages[0]
    }

    /// The types of the stage's resources.
    fn kinds(&self) -> BTreeSet<&str> {
        let resources = self.templates.iter().filter_map(|template| template["Resources"].as_object()).flatten();
        resources.filter_map(|(_, resource)| resource["Type"].as_str()).collect()
    }

    /// Whether the stage has schedules.
    fn has_schedules(&self) -> bool {
        self.kinds().contains("AWS::Scheduler::Schedule")
    }

    /// The names of the buckets, or a pattern for one per account and region: it is in either S3 namespace.
    fn buckets(&self) -> BTreeSet<String> {
        let name = |stage: &&Stage| stage.s3_bucket.clone().unwrap_or_else(|| Namespace::Global.bucket("*", "*"));
        self.stages.iter().map(name).collect()
    }

    /// The ARNs of a type's resources behind `arn:<partition>:`. Where the regions have the same names, `{region}` is still
    /// in them; else each is of its own region.
    fn arns(&self, name: &Name, kind: &str) -> Vec<String> {
        let stack = self.identity.stack();
        let mut all: Vec<Vec<String>> =
            self.templates.iter().map(|template| name.arns(template, kind, &stack)).collect();
        all.dedup();
        match all.as_slice() {
            [same] => same.clone(),
            _ => {
                let each = self.regions.iter().zip(self.templates).flat_map(|(region, template)| {
                    name.arns(template, kind, &stack).into_iter().map(move |arn| arn.replace("{region}", region))
                });
                each.collect::<BTreeSet<_>>().into_iter().collect()
            }
        }
    }

    /// An ARN without a region, from the part after `arn:<partition>:`.
    fn arn(&self, rest: &str) -> String {
        format!("arn:{}:{rest}", self.partition())
    }

    /// Allows actions on ARNs, given as the part after `arn:<partition>:`, in the stage's regions where that says `{region}`; without
    /// any, on everything.
    fn statement(&self, sid: &str, actions: &[&str], arns: &[String], condition: Option<Value>) -> Value {
        let is_regional = arns.iter().any(|arn| arn.contains("{region}"));
        let are_few = self.regions.len() <= REGIONS_IN_ARNS;
        let regions: &[String] = if are_few { self.regions } else { &["*".to_owned()] };
        let mut resources: Vec<String> = regions
            .iter()
            .flat_map(|region| arns.iter().map(|arn| self.arn(&arn.replace("{region}", region))))
            .collect();
        let mut seen = BTreeSet::new();
        resources.retain(|resource| seen.insert(resource.clone()));
        let mut statement = json!({
            "Sid": sid,
            "Effect": "Allow",
            "Action": actions,
            "Resource": if resources.is_empty() { json!("*") } else { json!(resources) },
        });
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        if is_regional && !are_few {
            statement["Condition"]["StringEquals"] = json!({ "aws:RequestedRegion": self.regions });
        }
        statement
    }

    /// The partition of the stage's regions, which are all of one.
    fn partition(&self) -> &'static str {
        self.regions.first().map_or("aws", |region| regions::partition(region).name)
    }
}

/// The policy for whoever deploys the stage.
pub(crate) fn deploy(subject: &Subject<'_>) -> Value {
    let mut statements = direct::statements(subject);
    statements.extend(domain::direct(subject));
    // A role of CloudFormation's own does the rest, and is passed on.
    match &subject.stage().cloudformation_role_arn {
        Some(role) => {
            statements.push(json!({
                "Sid": "PassCloudFormationRole",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": role,
                "Condition": { "StringEquals": { "iam:PassedToService": "cloudformation.amazonaws.com" } },
            }));
            // Schedules are restored by a call of the tool's own, which passes their role on.
            if subject.has_schedules() {
                statements.push(service::pass_schedule_role(subject));
            }
        }
        None => {
            statements.extend(service::statements(subject));
            statements.extend(domain::through_cloudformation(subject));
        }
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The types of the stage whose permissions are not known: a user's own resources of rarer kinds.
pub(crate) fn unknown_kinds(subject: &Subject<'_>) -> Vec<String> {
    if subject.stage().cloudformation_role_arn.is_some() {
        return Vec::new();
    }
    subject.kinds().into_iter().filter(|kind| !service::is_known(kind)).map(str::to_owned).collect()
}

/// The policy that the function's role gets.
pub(crate) fn function(template: &Value) -> Value {
    template["Resources"][logical_id::ROLE]["Properties"]["Policies"][0]["PolicyDocument"].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Value {
        json!({ "Resources": {
            "Function": { "Type": "AWS::Lambda::Function", "Properties": { "FunctionName": "shop-dev" } },
            "Live": { "Type": "AWS::Lambda::Alias" },
            "LogGroup": { "Type": "AWS::Logs::LogGroup" },
            "RootMethod": { "Type": "AWS::ApiGateway::Method" },
            "Role": { "Type": "AWS::IAM::Role" },
            "Mail": { "Type": "AWS::SQS::Queue", "Properties": { "QueueName": "mail" } },
            "Odd": { "Type": "AWS::Rare::Thing" }
        } })
    }

    fn with_subject<T>(stage: &Stage, regions: &[&str], ask: impl Fn(&Subject<'_>) -> T) -> T {
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
        let stages = vec![stage; regions.len()];
        let templates = vec![template(); regions.len()];
        ask(&Subject { identity: &identity, regions: &regions, stages: &stages, templates: &templates })
    }

    fn statement<'a>(policy: &'a Value, sid: &str) -> Option<&'a Value> {
        policy["Statement"].as_array().unwrap().iter().find(|statement| statement["Sid"] == sid)
    }

    #[test]
    fn what_cloudformation_does_is_allowed_by_name_and_through_cloudformation_alone() {
        let policy = with_subject(&Stage::default(), &["eu-west-1"], deploy);
        for (sid, resources) in [
            (
                "LambdaFunctions",
                json!([
                    "arn:aws:lambda:eu-west-1:*:function:shop-dev",
                    "arn:aws:lambda:eu-west-1:*:function:shop-dev:*"
                ]),
            ),
            ("IAMRole", json!(["arn:aws:iam::*:role/shop-dev-Role-*"])),
            ("SQSQueue", json!(["arn:aws:sqs:eu-west-1:*:mail"])),
            ("LogsDescribe", json!(["arn:aws:logs:eu-west-1:*:log-group:*"])),
        ] {
            let statement = statement(&policy, sid).unwrap_or_else(|| panic!("{sid}"));
            assert_eq!(statement["Resource"], resources);
            assert_eq!(
                statement["Condition"]["ForAnyValue:StringEquals"]["aws:CalledVia"],
                "cloudformation.amazonaws.com"
            );
        }
        let pass = statement(&policy, "PassFunctionRole").unwrap();
        assert_eq!(pass["Resource"], json!(["arn:aws:iam::*:role/shop-dev-Role-*"]));
        assert_eq!(pass["Condition"]["StringEquals"]["iam:PassedToService"], "lambda.amazonaws.com");
        assert_eq!(statement(&policy, "EventsRule"), None);
        assert_eq!(statement(&policy, "ApiGatewayV2Api"), None);
    }

    #[test]
    fn the_policy_of_a_pattern_is_for_every_stage_of_it_and_for_sweeps() {
        let identity = Identity { project: "shop".to_owned(), stage: "pr-*".to_owned(), function_name: None };
        let regions = ["eu-west-1".to_owned()];
        let mut template = template();
        template["Resources"]["Function"]["Properties"]["FunctionName"] = json!("shop-pr-*");
        template["Resources"]["Mail"]["Properties"]["QueueName"] = json!("mail-pr-*");
        let stage = Stage::default();
        let policy =
            deploy(&Subject { identity: &identity, regions: &regions, stages: &[&stage], templates: &[template] });
        for (sid, resources) in [
            ("Stack", json!(["arn:aws:cloudformation:eu-west-1:*:stack/shop-pr-*/*"])),
            ("Artifacts", json!(["arn:aws:s3:::zappa-rs-*-*/shop/pr-*/*"])),
            ("IAMRole", json!(["arn:aws:iam::*:role/shop-pr-*"])),
            ("SQSQueue", json!(["arn:aws:sqs:eu-west-1:*:mail-pr-*"])),
            ("RemoveLogs", json!(["arn:aws:logs:eu-west-1:*:log-group:shop-pr-*-LogGroup-*"])),
            ("ListStages", json!("*")),
        ] {
            let found = &statement(&policy, sid).unwrap_or_else(|| panic!("{sid}"))["Resource"];
            assert_eq!(*found, resources, "{sid}");
        }
        let policy = with_subject(&stage, &["eu-west-1"], deploy);
        assert_eq!(statement(&policy, "ListStages"), None, "no other stage is listed");
    }

    #[test]
    fn many_regions_are_a_condition_instead_of_many_arns() {
        let regions = ["eu-west-1", "eu-west-2", "eu-west-3"];
        let policy = with_subject(&Stage::default(), &regions, deploy);
        let functions = statement(&policy, "LambdaFunctions").unwrap();
        assert_eq!(functions["Resource"][0], "arn:aws:lambda:*:*:function:shop-dev");
        assert_eq!(functions["Condition"]["StringEquals"]["aws:RequestedRegion"], json!(regions));
        // IAM is asked in a region of its own.
        assert_eq!(statement(&policy, "IAMRole").unwrap()["Condition"]["StringEquals"], Value::Null);
    }

    #[test]
    fn a_role_of_cloudformations_own_is_passed_on_and_does_the_rest() {
        let role = "arn:aws:iam::123456789012:role/cloudformation";
        let stage = Stage { cloudformation_role_arn: Some(role.to_owned()), ..Stage::default() };
        let policy = with_subject(&stage, &["eu-west-1"], deploy);
        assert_eq!(statement(&policy, "PassCloudFormationRole").unwrap()["Resource"], role);
        assert_eq!(statement(&policy, "LambdaFunctions"), None);
        assert!(with_subject(&stage, &["eu-west-1"], unknown_kinds).is_empty());
        assert_eq!(with_subject(&Stage::default(), &["eu-west-1"], unknown_kinds), ["AWS::Rare::Thing"]);
    }

    #[test]
    fn schedules_are_restored_by_calls_of_the_tools_own_whatever_role_cloudformation_has() {
        let mut template = template();
        template["Resources"]["ScheduleRole"] = json!({ "Type": "AWS::IAM::Role" });
        template["Resources"]["ScheduleNightly012345"] = json!({ "Type": "AWS::Scheduler::Schedule" });
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let regions = ["eu-west-1".to_owned()];
        let role = Some("arn:aws:iam::123456789012:role/cloudformation".to_owned());
        let with_role = Stage { cloudformation_role_arn: role, ..Stage::default() };
        for (stage, pass) in [(&Stage::default(), "PassFunctionRole"), (&with_role, "PassScheduleRole")] {
            let templates = std::slice::from_ref(&template);
            let policy = deploy(&Subject { identity: &identity, regions: &regions, stages: &[stage], templates });
            let restore = statement(&policy, "RestoreSchedules").unwrap();
            assert_eq!(restore["Action"], json!(["scheduler:GetSchedule", "scheduler:UpdateSchedule"]));
            assert_eq!(restore["Resource"], json!(["arn:aws:scheduler:eu-west-1:*:schedule/shop-dev/*"]));
            assert_eq!(restore["Condition"], Value::Null);
            assert_eq!(statement(&policy, "ListSchedules").unwrap()["Resource"], "*");
            let pass = statement(&policy, pass).unwrap();
            assert!(
                pass["Resource"].as_array().unwrap().contains(&json!("arn:aws:iam::*:role/shop-dev-ScheduleRole-*"))
            );
            let services = pass["Condition"]["StringEquals"]["iam:PassedToService"].to_string();
            assert!(services.contains("scheduler.amazonaws.com"), "{services}");
        }
        // A stage without schedules gets nothing of this.
        let policy = with_subject(&with_role, &["eu-west-1"], deploy);
        for sid in ["ListSchedules", "RestoreSchedules", "PassScheduleRole"] {
            assert_eq!(statement(&policy, sid), None);
        }
    }

    #[test]
    fn arns_are_of_the_regions_partition() {
        for (region, partition) in
            [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eusc-de-east-1", "aws-eusc")]
        {
            let policy = with_subject(&Stage::default(), &[region], deploy);
            for statement in policy["Statement"].as_array().unwrap() {
                for resource in statement["Resource"].as_array().into_iter().flatten() {
                    assert!(resource.as_str().unwrap().starts_with(&format!("arn:{partition}:")), "{resource}");
                }
            }
        }
    }

    #[test]
    fn what_is_named_by_region_is_allowed_in_each() {
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let regions = ["eu-west-1".to_owned(), "us-east-1".to_owned()];
        let stage = |region: &str| Stage {
            s3_bucket: Some(format!("artifacts-{region}")),
            role_arn: Some(format!("arn:aws:iam::123456789012:role/shop-{region}")),
            ..Stage::default()
        };
        let template = |region: &str| {
            let mut template = template();
            template["Resources"]["Mail"]["Properties"]["QueueName"] = json!(format!("mail-{region}"));
            template
        };
        let stages = regions.each_ref().map(|region| stage(region));
        let stages: Vec<&Stage> = stages.iter().collect();
        let templates = regions.each_ref().map(|region| template(region));
        let policy =
            deploy(&Subject { identity: &identity, regions: &regions, stages: &stages, templates: &templates });
        for (sid, resources) in [
            ("ListBucket", json!(["arn:aws:s3:::artifacts-eu-west-1", "arn:aws:s3:::artifacts-us-east-1"])),
            (
                "Artifacts",
                json!(["arn:aws:s3:::artifacts-eu-west-1/shop/dev/*", "arn:aws:s3:::artifacts-us-east-1/shop/dev/*"]),
            ),
            ("SQSQueue", json!(["arn:aws:sqs:eu-west-1:*:mail-eu-west-1", "arn:aws:sqs:us-east-1:*:mail-us-east-1"])),
            (
                "PassFunctionRole",
                json!([
                    "arn:aws:iam::123456789012:role/shop-eu-west-1",
                    "arn:aws:iam::123456789012:role/shop-us-east-1",
                    "arn:aws:iam::*:role/shop-dev-Role-*"
                ]),
            ),
        ] {
            assert_eq!(statement(&policy, sid).unwrap_or_else(|| panic!("{sid}"))["Resource"], resources);
        }
    }

    #[test]
    fn the_tools_bucket_is_allowed_in_either_namespace() {
        let policy = with_subject(&Stage::default(), &["eu-west-1"], deploy);
        let pattern = statement(&policy, "ListBucket").unwrap()["Resource"][0].as_str().unwrap();
        let parts: Vec<&str> = pattern.strip_prefix("arn:aws:s3:::").unwrap().split('*').collect();
        let ["zappa-rs-", "-", ""] = parts.as_slice() else { panic!("{pattern}") };
        for namespace in [Namespace::AccountRegional, Namespace::Global] {
            let name = namespace.bucket("123456789012", "eu-west-1");
            let rest = name.strip_prefix(parts[0]).unwrap();
            assert!(rest.contains(parts[1]), "{name} is not like {pattern}");
        }
    }

    #[test]
    fn sids_are_letters_and_digits_and_unlike_each_other() {
        let policy = with_subject(&Stage::default(), &["eu-west-1"], deploy);
        let statements = policy["Statement"].as_array().unwrap();
        let sids: BTreeSet<&str> = statements.iter().map(|statement| statement["Sid"].as_str().unwrap()).collect();
        assert_eq!(sids.len(), statements.len());
        assert!(sids.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric())), "{sids:?}");
    }
}
