//! What everybody who knows the URL may call, read from a template: paths whose gateway asks callers for nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    logical_id,
    settings::anonymous_access::{self, Statement},
};

/// The key of the catch-all.
const CATCH_ALL: &str = "*";

/// What a new template lets everybody call that was not open to everybody before.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Exposure {
    /// The stage, but for the paths with rules of their own that ask for something, if there are any.
    Stage { has_closed_paths: bool },
    /// These paths, as `GET /a`, or `/a` for all methods.
    Paths(Vec<String>),
}

impl Exposure {
    /// What `wanted` opens in place of `live`; `None` for nothing. In a stage that is created, the catch-all alone counts: a
    /// public path beside one that asks for something was written on purpose.
    pub(crate) fn new(live: Option<&Value>, wanted: &Value) -> Option<Self> {
        let (before, after) = (live.map(asking), asking(wanted));
        let was_open = |key: &str| before.as_ref().is_some_and(|before| !asked(before, key));
        let mut opened: Vec<&str> =
            after.iter().filter(|(key, asks)| !**asks && !was_open(key)).map(|(key, _)| key.as_str()).collect();
        if opened.contains(&CATCH_ALL) {
            return Some(Self::Stage { has_closed_paths: after.values().any(|asks| *asks) });
        }
        opened.retain(|_| live.is_some());
        let paths = opened.iter().map(|key| key.strip_prefix("ANY ").unwrap_or(key).to_owned());
        (!opened.is_empty()).then(|| Self::Paths(paths.collect()))
    }
}

/// Whether a template's gateway asks callers of a method and path for something: its own rule, that of the path, or the catch-all's.
fn asked(asking: &BTreeMap<String, bool>, key: &str) -> bool {
    let of_path = key.split_once(' ').and_then(|(_, path)| asking.get(&format!("ANY {path}")));
    asking.get(key).or(of_path).or_else(|| asking.get(CATCH_ALL)).copied().unwrap_or_default()
}

/// The methods and paths of a template's gateway that lead to the function, and whether callers are asked for anything.
fn asking(template: &Value) -> BTreeMap<String, bool> {
    let is_bounded = is_bounded(&template["Resources"][logical_id::API]["Properties"]["Policy"]);
    let resources = template["Resources"].as_object().into_iter().flatten();
    let found = resources.filter_map(|(_, resource)| {
        let properties = &resource["Properties"];
        let asks = !matches!(properties["AuthorizationType"].as_str(), None | Some("NONE"));
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::ApiGateway::Method" if properties["Integration"]["Type"] == "AWS_PROXY" => {
                let path = path_of(template, &properties["ResourceId"]);
                let method = properties["HttpMethod"].as_str()?;
                let key = if path == "/{proxy+}" { CATCH_ALL.to_owned() } else { format!("{method} {path}") };
                Some((key, asks || is_bounded || properties["ApiKeyRequired"] == true))
            }
            "AWS::ApiGatewayV2::Route" if properties["ApiId"]["Ref"] == logical_id::HTTP_API => {
                let key = properties["RouteKey"].as_str()?;
                let is_preflight = key.starts_with("OPTIONS ");
                let key = if key == "$default" { CATCH_ALL } else { key };
                (!is_preflight).then(|| (key.to_owned(), asks))
            }
            "AWS::Lambda::Url" => Some((CATCH_ALL.to_owned(), properties["AuthType"] != "NONE")),
            _ => None,
        }
    });
    found.collect()
}

/// Whether an API has a resource policy that refuses anonymous callers in all of the stage.
fn is_bounded(policy: &Value) -> bool {
    let Some(statements) = policy["Statement"].as_array() else { return !policy.is_null() };
    let statements: Vec<_> = statements.iter().map(statement).collect();
    anonymous_access::is_refused(&statements)
}

fn statement(statement: &Value) -> Statement<'_> {
    let mut resources = statement["Resource"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let is_every_path = |resource: &str| {
        let path = resource.strip_prefix("execute-api:/").unwrap_or_default();
        let stage = path.split('/').next().unwrap_or_default();
        anonymous_access::is_every_path(stage.trim_end_matches('*'), path)
    };
    Statement {
        denies: statement["Effect"] == "Deny",
        is_for_all: statement["Principal"] == "*" && resources.any(is_every_path),
        conditions: statement["Condition"].as_object(),
    }
}

/// The path of a REST API's resource, by way of its parents.
pub(crate) fn path_of(template: &Value, resource: &Value) -> String {
    let mut segments = Vec::new();
    let mut resource = resource;
    // The root is an attribute of the API. No path has more segments than a template has resources.
    while let Some(id) = resource["Ref"].as_str().filter(|_| segments.len() < 500) {
        let properties = &template["Resources"][id]["Properties"];
        segments.push(properties["PathPart"].as_str().unwrap_or_default());
        resource = &properties["ParentId"];
    }
    segments.reverse();
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::golden::made;

    const KEY: &str = "usage_plans = { free = { keys = [\"mobile\"] } }";

    fn opened(live: Option<&str>, wanted: &str) -> Option<Exposure> {
        Exposure::new(live.map(made).as_ref(), &made(wanted))
    }

    #[test]
    fn a_stage_is_open_if_its_catch_all_asks_for_nothing() {
        let all = Some(Exposure::Stage { has_closed_paths: false });
        let most = Some(Exposure::Stage { has_closed_paths: true });
        let deny_admin = "resource_policy = [{}, { effect = \"deny\", paths = [\"dev/*/admin\"], conditions = { NotIpAddress = { \"aws:SourceIp\" = \"203.0.113.0/24\" } } }]";
        let office = "resource_policy = [{ conditions = { IpAddress = { \"aws:SourceIp\" = \"203.0.113.0/24\" } } }]";
        let keyed = format!("routes = [{{ path = \"/x\", api_key_required = true }}]\n{KEY}");
        for (live, wanted, expected) in [
            (None, "", &all),
            (None, "api = \"http\"\ncors = true", &all),
            (None, "api = \"function_url\"", &all),
            (None, "authorizer = \"iam\"", &None),
            (None, "api = \"function_url\"\nauthorizer = \"iam\"", &None),
            (None, "routes = [{ path = \"/a\", authorizer = \"iam\" }]", &most),
            (None, "authorizer = \"iam\"\nroutes = [{ path = \"/health\", authorizer = \"none\" }]", &None),
            (None, office, &None),
            (None, "resource_policy = [{}]", &all),
            (None, deny_admin, &all),
            (Some(office), deny_admin, &all),
            (Some(""), "", &None),
            (Some(""), "api = \"http\"", &None),
            (Some("authorizer = \"iam\""), "", &all),
            (Some("authorizer = \"iam\""), "routes = [{ path = \"/a\", authorizer = \"iam\" }]", &most),
            (Some("authorizer = \"iam\""), &keyed, &most),
            (Some("authorizer = \"iam\""), "api = \"http\"\nroutes = [{ path = \"/a\", authorizer = \"iam\" }]", &most),
            (Some("authorizer = \"iam\""), "resource_policy = [{}]", &all),
            (Some(office), "resource_policy = [{}]", &all),
            (Some("resource_policy = [{}]"), "", &None),
        ] {
            assert_eq!(&opened(live, wanted), expected, "{live:?}: {wanted}");
        }
    }

    #[test]
    fn a_path_is_opened_if_its_requests_were_asked_for_something() {
        let iam = "authorizer = \"iam\"";
        let admin = format!("{iam}\nroutes = [{{ path = \"/admin\", authorizer = \"none\" }}]");
        let Some(Exposure::Paths(paths)) = opened(Some(iam), &admin) else { panic!("paths are opened") };
        assert_eq!(paths, ["/admin"]);
        let get = format!(
            "{iam}\nroutes = [{{ path = \"/admin\", methods = [\"GET\"], authorizer = \"none\" }}, {{ path = \"/admin\", authorizer = \"iam\" }}]"
        );
        for (live, wanted, expected) in [
            (iam, &*get, Some(Exposure::Paths(vec!["GET /admin".to_owned()]))),
            (&*admin, &*get, None),
            (&*get, &*admin, Some(Exposure::Paths(vec!["/admin".to_owned()]))),
            (&*admin, &*admin, None),
            (&*admin, iam, None),
            ("", "routes = [{ path = \"/a\", throttle = { rate = 1, burst = 1 } }]", None),
        ] {
            assert_eq!(opened(Some(live), wanted), expected, "{live}: {wanted}");
        }
    }
}
