//! The least IAM policy that deploying a stage needs: the tool's own calls, and what CloudFormation calls for the caller.
//!
//! It decides from the stage's documents which resources there are, and is pure.

mod direct;
mod service;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    names::{self, Identity},
    settings::Stage,
};

/// What a policy is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) stage: &'a Stage,
    pub(crate) regions: &'a [String],
    /// A document of the stage: which resources there are.
    pub(crate) document: &'a Value,
}

impl Subject<'_> {
    /// The types of the stage's resources.
    fn kinds(&self) -> BTreeSet<&str> {
        let resources = self.document["Resources"].as_object();
        resources.into_iter().flatten().filter_map(|(_, resource)| resource["Type"].as_str()).collect()
    }

    /// The bucket's name, or a pattern for one per account and region.
    fn bucket(&self) -> String {
        self.stage.s3_bucket.clone().unwrap_or_else(|| names::bucket("*", "*"))
    }

    /// The partition of the stage's regions.
    fn partition(&self) -> &'static str {
        match self.regions.first().map(String::as_str) {
            Some(region) if region.starts_with("cn-") => "aws-cn",
            Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}

/// The policy for whoever deploys the stage.
pub(crate) fn deploy(subject: &Subject<'_>) -> Value {
    let mut statements = direct::statements(subject);
    // A role of CloudFormation's own does the rest, and is passed on.
    match &subject.stage.cloudformation_role_arn {
        Some(role) => statements.push(json!({
            "Sid": "PassCloudFormationRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": role,
            "Condition": { "StringEquals": { "iam:PassedToService": "cloudformation.amazonaws.com" } },
        })),
        None => statements.extend(service::statements(subject)),
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The types of the stage whose permissions are not known: a user's own resources of rarer kinds.
pub(crate) fn unknown_kinds(subject: &Subject<'_>) -> Vec<String> {
    if subject.stage.cloudformation_role_arn.is_some() {
        return Vec::new();
    }
    subject.kinds().into_iter().filter(|kind| !service::is_known(kind)).map(str::to_owned).collect()
}

/// The policy that the function's role gets.
pub(crate) fn function(document: &Value) -> Value {
    document["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"].clone()
}
