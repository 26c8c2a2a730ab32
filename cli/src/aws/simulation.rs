//! IAM's policy simulator: whether a principal may do what a deploy does.

use super::{Error, Region, SessionCredentials, call::Call, query::Form, xml::Element};

/// One question: whether these actions are allowed on these resources.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Simulation {
    pub(crate) actions: Vec<String>,
    /// ARNs; none means any resource.
    pub(crate) resources: Vec<String>,
    pub(crate) context: Vec<ContextKey>,
}

/// A condition key with its value.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct ContextKey {
    /// `aws:CalledVia`.
    pub(crate) name: String,
    /// Whether the key has several values at once.
    pub(crate) is_list: bool,
    pub(crate) values: Vec<String>,
}

/// What the simulator decided about an action on a resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Decision {
    pub(crate) action: String,
    /// An ARN, or `*`.
    pub(crate) resource: String,
    /// `allowed`, `implicitDeny` or `explicitDeny`.
    pub(crate) decision: String,
    /// Whether it is the organization's policies that do not allow it.
    pub(crate) is_by_organization: bool,
    /// The condition keys of the principal's policies that the simulator was not told.
    pub(crate) missing_keys: Vec<String>,
}

impl Decision {
    pub(crate) fn is_allowed(&self) -> bool {
        self.decision == "allowed"
    }

    /// Whether a policy denies it, where otherwise none allows it.
    pub(crate) fn is_explicit(&self) -> bool {
        self.decision == "explicitDeny"
    }
}

impl Region {
    /// The ARN of a role, with its path.
    pub(crate) async fn role_arn(&self, credentials: &SessionCredentials, name: &str) -> Result<String, Error> {
        let call = self.call("iam:GetRole", name);
        let form = Form::new("GetRole").with("RoleName", name);
        let answer = self.iam(&call, credentials, form).await?;
        let arn = answer.text_at(&["GetRoleResult", "Role", "Arn"]).map(str::to_owned);
        arn.ok_or_else(|| Error::odd(call, None, b"no ARN of the role"))
    }

    /// Whether the principal's policies allow the actions, all pages of it.
    pub(crate) async fn simulate(
        &self,
        credentials: &SessionCredentials,
        principal: &str,
        simulation: &Simulation,
    ) -> Result<Vec<Decision>, Error> {
        let call = self.call("iam:SimulatePrincipalPolicy", principal);
        let mut decisions = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let mut form = form(principal, simulation);
            if let Some(marker) = &marker {
                form = form.with("Marker", marker);
            }
            let answer = self.iam(&call, credentials, form).await?;
            decisions.extend(page(&call, &answer)?);
            let next = answer.text_at(&["SimulatePrincipalPolicyResult", "Marker"]);
            marker = next.filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                return Ok(decisions);
            }
        }
    }
}

fn form(principal: &str, simulation: &Simulation) -> Form {
    let mut form = Form::new("SimulatePrincipalPolicy")
        .with("PolicySourceArn", principal)
        .with_list("ActionNames", &simulation.actions)
        .with_list("ResourceArns", &simulation.resources);
    for (number, key) in simulation.context.iter().enumerate() {
        let entry = format!("ContextEntries.member.{}", number + 1);
        form = form
            .with(&format!("{entry}.ContextKeyName"), &key.name)
            .with(&format!("{entry}.ContextKeyType"), if key.is_list { "stringList" } else { "string" })
            .with_list(&format!("{entry}.ContextKeyValues"), &key.values);
    }
    form
}

/// The decisions of a page.
fn page(call: &Call, answer: &Element) -> Result<Vec<Decision>, Error> {
    let odd = || Error::odd(call.clone(), None, b"no decisions");
    let results = answer.at(&["SimulatePrincipalPolicyResult", "EvaluationResults"]).ok_or_else(odd)?;
    let decisions = results.children.iter().map(|result| decisions(result).ok_or_else(odd));
    Ok(decisions.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The decisions about an action: those on single resources, where there are any, in place of the one on all of them.
fn decisions(result: &Element) -> Option<Vec<Decision>> {
    let action = result.text_at(&["EvalActionName"])?;
    let organization = result.text_at(&["OrganizationsDecisionDetail", "AllowedByOrganizations"]);
    let is_by_organization = organization == Some("false");
    let missing_keys: Vec<String> = result.texts_at(&["MissingContextValues"]);
    let decision = |element: &Element, name: &str| {
        let resource = element.text_at(&["EvalResourceName"]).unwrap_or("*");
        Some(Decision {
            action: action.to_owned(),
            resource: resource.to_owned(),
            decision: element.text_at(&[name])?.to_owned(),
            is_by_organization,
            missing_keys: missing_keys.clone(),
        })
    };
    match result.child("ResourceSpecificResults").map(|list| list.children.as_slice()) {
        Some(specific @ [_, ..]) => specific.iter().map(|one| decision(one, "EvalResourceDecision")).collect(),
        _ => Some(vec![decision(result, "EvalDecision")?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, served};

    const SOURCE: &str = "arn:aws:iam::123456789012:role/team/deploy";

    fn result(content: &str) -> Canned {
        Canned::result("SimulatePrincipalPolicy", content)
    }

    async fn simulate(answers: Vec<Canned>) -> (Result<Vec<Decision>, Error>, Vec<String>) {
        let (aws, asked) = served(answers).await;
        let credentials = aws.credentials().await.unwrap();
        let simulation = Simulation {
            actions: vec!["s3:PutObject".to_owned(), "s3:GetObject".to_owned()],
            resources: vec!["arn:aws:s3:::a/*".to_owned()],
            context: vec![ContextKey {
                name: "aws:CalledVia".to_owned(),
                is_list: true,
                values: vec!["cloudformation.amazonaws.com".to_owned()],
            }],
        };
        let found = aws.in_region("eu-west-1").simulate(&credentials, SOURCE, &simulation).await;
        (found, asked.all())
    }

    #[tokio::test]
    async fn every_page_is_read_and_a_single_resource_has_a_decision_of_its_own() {
        let first = "<EvaluationResults><member><EvalActionName>s3:PutObject</EvalActionName><EvalResourceName>arn:a\
            </EvalResourceName><EvalDecision>allowed</EvalDecision><MatchedStatements><member><SourcePolicyId>p\
            </SourcePolicyId></member></MatchedStatements></member></EvaluationResults><IsTruncated>true</IsTruncated>\
            <Marker>next page</Marker>";
        let second = "<IsTruncated>false</IsTruncated><EvaluationResults><member><EvalDecision>implicitDeny</EvalDecision>\
            <EvalActionName>s3:GetObject</EvalActionName><ResourceSpecificResults><member><EvalResourceName>arn:b\
            </EvalResourceName><EvalResourceDecision>explicitDeny</EvalResourceDecision></member></ResourceSpecificResults>\
            <OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>\
            <MissingContextValues><member>aws:username</member><member>aws:PrincipalTag/team</member></MissingContextValues>\
            </member></EvaluationResults>";
        let (found, asked) = simulate(vec![result(first), result(second)]).await;
        let found: Vec<String> = found
            .unwrap()
            .iter()
            .map(|Decision { action, resource, decision, is_by_organization, missing_keys }| {
                format!("{action} {resource} {decision} {is_by_organization} {missing_keys:?}")
            })
            .collect();
        assert_eq!(
            found,
            [
                "s3:PutObject arn:a allowed false []",
                r#"s3:GetObject arn:b explicitDeny true ["aws:username", "aws:PrincipalTag/team"]"#
            ]
        );
        for part in [
            "POST / Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fteam%2Fdeploy",
            "&ActionNames.member.2=s3%3AGetObject&ResourceArns.member.1=arn%3Aaws%3As3%3A%3A%3Aa%2F%2A",
            "&ContextEntries.member.1.ContextKeyName=aws%3ACalledVia&ContextEntries.member.1.ContextKeyType=stringList",
            "&ContextEntries.member.1.ContextKeyValues.member.1=cloudformation.amazonaws.com",
        ] {
            assert!(asked[0].contains(part), "{part}: {}", asked[0]);
        }
        assert!(asked[1].ends_with("&Marker=next%20page"), "{}", asked[1]);
    }

    #[tokio::test]
    async fn a_refusal_and_an_answer_of_something_else_are_errors() {
        let denied = "User is not authorized to perform: iam:SimulatePrincipalPolicy";
        let error = simulate(vec![Canned::error(403, "AccessDenied", denied)]).await.0.unwrap_err();
        assert!(error.is_denied() && error.to_string().contains(denied), "{error}");
        for other in [Canned::xml(200, "<html>"), Canned::xml(503, "busy"), result("")] {
            let error = simulate(vec![other]).await.0.unwrap_err();
            assert!(matches!(error, Error::Odd { .. }), "{error}");
        }
        assert!(matches!(simulate(vec![Canned::Reset]).await.0, Err(Error::Unanswered { .. })));
    }

    #[tokio::test]
    async fn throttling_is_outlived() {
        let empty = result("<EvaluationResults/>");
        let (found, asked) = simulate(vec![Canned::error(400, "Throttling", "Rate exceeded"), empty]).await;
        assert_eq!((found.unwrap(), asked.len()), (Vec::new(), 2));
    }

    #[tokio::test]
    async fn a_role_is_found_with_its_path() {
        let role = "<Role><Path>/team/</Path><Arn>arn:aws:iam::123456789012:role/team/deploy</Arn></Role>";
        let (aws, _) = served(vec![Canned::result("GetRole", role)]).await;
        let credentials = aws.credentials().await.unwrap();
        assert_eq!(aws.in_region("eu-west-1").role_arn(&credentials, "deploy").await.unwrap(), SOURCE);
    }
}
