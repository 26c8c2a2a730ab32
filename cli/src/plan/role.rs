//! The role while two releases use it: the version that serves has the same role as the candidate, and what IAM hears
//! takes effect for both at once.

use serde_json::Value;

use crate::{logical_id, template::referenced};

/// The wanted role with the statements of the live one that it lacks, for as long as both releases run.
///
/// A boundary cannot be merged: the live one stays until the candidate serves, and none is wider than any.
pub(super) fn merged(live: &Value, wanted: &Value) -> Value {
    let mut role = wanted.clone();
    let lacking = lacking(wanted, live);
    if let Some(statements) = statements_mut(&mut role) {
        for mut statement in lacking {
            let is_taken = |sid: &Value| statements.iter().any(|other| other["Sid"] == *sid);
            // Within a policy a statement's id is unique.
            if is_taken(&statement["Sid"])
                && let Some(fields) = statement.as_object_mut()
            {
                fields.remove("Sid");
            }
            statements.push(statement);
        }
    }
    let boundary = |role: &Value| role["Properties"].get("PermissionsBoundary").cloned();
    if let Some(properties) = role["Properties"].as_object_mut() {
        match (boundary(live), boundary(wanted)) {
            (Some(live), Some(_)) => properties.insert("PermissionsBoundary".to_owned(), live),
            _ => properties.remove("PermissionsBoundary"),
        };
    }
    role
}

/// The template with the role of both, and with what of the live one its statements refer to; `None` if the wanted role
/// takes nothing away.
pub(super) fn with_merged(live: &Value, wanted: &Value) -> Option<Value> {
    let (old, new) = (&live["Resources"][logical_id::ROLE], &wanted["Resources"][logical_id::ROLE]);
    if !old.is_object() || !new.is_object() {
        return None;
    }
    let role = merged(old, new);
    if role == *new {
        return None;
    }
    let mut open: Vec<String> = referenced(&role).into_iter().map(str::to_owned).collect();
    let mut template = wanted.clone();
    template["Resources"][logical_id::ROLE] = role;
    while let Some(id) = open.pop() {
        let Some(resource) = live["Resources"].get(&id).filter(|_| template["Resources"].get(&id).is_none()) else {
            continue;
        };
        open.extend(referenced(resource).into_iter().map(str::to_owned));
        template["Resources"][&id] = resource.clone();
    }
    Some(template)
}

/// Whether sending a template gives the role statements that it does not have yet, which IAM takes some seconds to
/// propagate. The application does not depend on what every role has.
pub(crate) fn grants_more(live: Option<&Value>, sent: &Value) -> bool {
    let role = |template: &Value| template["Resources"][logical_id::ROLE].clone();
    let live = live.map(role).unwrap_or_default();
    lacking(&live, &role(sent)).iter().any(|statement| statement.get("Sid").is_none())
}

/// The statements of one role that another does not have.
fn lacking(role: &Value, other: &Value) -> Vec<Value> {
    let known = statements(role);
    // A statement that was merged before has lost its id.
    let without_sid = |statement: &Value| {
        let mut statement = statement.clone();
        if let Some(fields) = statement.as_object_mut() {
            fields.remove("Sid");
        }
        statement
    };
    let is_known = |statement: &Value| known.iter().any(|other| without_sid(other) == without_sid(statement));
    statements(other).into_iter().filter(|statement| !is_known(statement)).collect()
}

fn statements(role: &Value) -> Vec<Value> {
    let statements = role.pointer("/Properties/Policies/0/PolicyDocument/Statement").and_then(Value::as_array);
    statements.cloned().unwrap_or_default()
}

fn statements_mut(role: &mut Value) -> Option<&mut Vec<Value>> {
    role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement")?.as_array_mut()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(statements: &Value, boundary: Option<&str>) -> Value {
        let mut role = json!({ "Type": "AWS::IAM::Role", "Properties": {
            "Policies": [{ "PolicyName": "function", "PolicyDocument": { "Statement": statements } }]
        } });
        if let Some(boundary) = boundary {
            role["Properties"]["PermissionsBoundary"] = json!(boundary);
        }
        role
    }

    fn allow(action: &str) -> Value {
        json!({ "Effect": "Allow", "Action": action, "Resource": { "Fn::GetAtt": ["Table", "Arn"] } })
    }

    fn logs(group: &str) -> Value {
        json!({ "Sid": "Logs", "Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": group })
    }

    #[test]
    fn the_merged_role_allows_what_either_allows_and_is_merged_once() {
        let old = role(&json!([logs("a"), allow("x:Get"), allow("x:Old")]), None);
        let new = role(&json!([logs("b"), allow("x:New"), allow("x:Get")]), None);
        let merged_once = merged(&old, &new);
        let mut old_logs = logs("a");
        old_logs.as_object_mut().unwrap().remove("Sid");
        let expected = json!([logs("b"), allow("x:New"), allow("x:Get"), old_logs, allow("x:Old")]);
        assert_eq!(json!(statements(&merged_once)), expected);
        assert_eq!(merged(&merged_once, &new), merged_once);
        assert_eq!(merged(&new, &new), new);
    }

    #[test]
    fn the_boundary_never_narrows_while_the_old_release_serves() {
        let of = |boundary: Option<&str>| role(&json!([]), boundary);
        for (live, wanted, expected) in [
            (None, Some("new"), None),
            (Some("old"), None, None),
            (Some("old"), Some("new"), Some("old")),
            (None, None, None),
        ] {
            assert_eq!(merged(&of(live), &of(wanted)), of(expected), "{live:?} {wanted:?}");
        }
    }

    #[test]
    fn what_a_lost_statement_names_stays_as_long_as_the_statement() {
        let template = |action: &str, more: &str| {
            json!({ "Resources": {
                "Role": role(&json!([logs("a"), allow(action)]), None), more: { "Type": "T", "DependsOn": "Key" }, "Key": {}
            } })
        };
        let (live, mut wanted) = (template("x:Old", "Table"), template("x:New", "Other"));
        wanted["Resources"]["Role"] = role(&json!([logs("a")]), None);
        wanted["Resources"].as_object_mut().unwrap().remove("Key");
        let between = with_merged(&live, &wanted).unwrap();
        let ids: Vec<&String> = between["Resources"].as_object().unwrap().keys().collect();
        assert_eq!(ids, ["Key", "Other", "Role", "Table"]);
        assert_eq!(with_merged(&wanted, &wanted), None);
        // More is no reason for a template in between.
        assert_eq!(with_merged(&wanted, &live), None);
    }

    #[test]
    fn only_what_the_application_is_given_takes_time_to_be_known() {
        let template = |statements: &Value| json!({ "Resources": { "Role": role(statements, None) } });
        let plain = template(&json!([logs("a")]));
        let more = template(&json!([logs("a"), allow("x:Get")]));
        assert!(!grants_more(None, &plain));
        assert!(grants_more(None, &more));
        assert!(grants_more(Some(&plain), &more));
        assert!(!grants_more(Some(&more), &plain));
        assert!(!grants_more(Some(&more), &more));
        assert!(!grants_more(None, &json!({ "Resources": {} })));
    }
}
