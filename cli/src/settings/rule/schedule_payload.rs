//! Warnings of payloads with CloudFormation's functions: a payload is a text of the schedule, in which nothing is resolved.

use serde_json::Value;

use super::{super::Stage, is_intrinsic};

/// The warnings of a stage's schedules.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    stage.schedules.iter().filter_map(move |schedule| {
        let (path, function) = intrinsic(schedule.payload.as_ref()?, "payload")?;
        Some(format!(
            "stage `{name}`: `{path}` of schedule `{}` is `{function}`, which reaches the handler as it is written: \
             CloudFormation resolves nothing in a payload; set it in `environment`, and read the variable in the handler",
            schedule.name
        ))
    })
}

/// The path and the name of the first function in a value.
fn intrinsic<'a>(value: &'a Value, path: &str) -> Option<(String, &'a str)> {
    match value {
        Value::Object(table) if is_intrinsic(table) => Some((path.to_owned(), table.keys().next()?)),
        Value::Object(table) => table.iter().find_map(|(key, value)| intrinsic(value, &format!("{path}.{key}"))),
        Value::Array(list) => {
            list.iter().enumerate().find_map(|(index, value)| intrinsic(value, &format!("{path}.{index}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Schedule;

    #[test]
    fn a_function_of_cloudformation_in_a_payload_is_a_warning() {
        for (payload, expected) in [
            (json!({ "table": { "Ref": "Table" } }), Some("`payload.table` of schedule `nightly` is `Ref`")),
            (json!({ "Fn::GetAtt": ["Table", "Arn"] }), Some("`payload` of schedule `nightly` is `Fn::GetAtt`")),
            (json!([1, { "a": { "Fn::Sub": "x" } }]), Some("`payload.1.a` of schedule `nightly` is `Fn::Sub`")),
            (json!({ "Ref": "Table", "more": 1 }), None),
            (json!({ "kind": "Ref", "Fn": [] }), None),
        ] {
            let schedule =
                Schedule { name: "nightly".to_owned(), payload: Some(payload.clone()), ..Schedule::default() };
            let stage = Stage { schedules: vec![schedule], ..Stage::default() };
            let found: Vec<String> = warnings(&stage, "dev").collect();
            assert_eq!(found.len(), usize::from(expected.is_some()), "{payload}: {found:?}");
            assert!(found.iter().all(|found| found.contains(expected.unwrap_or_default())), "{payload}: {found:?}");
        }
    }
}
