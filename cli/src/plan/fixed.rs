//! Properties that Lambda fixes when it creates a function: an update that changes one would replace the function, whose name is
//! taken.

use serde_json::Value;

use crate::{logical_id::FunctionIds, template::functions};

/// A change of a property that cannot change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FixedChange {
    /// The function.
    pub(crate) function: FunctionIds,
    /// The setting that wrote it.
    pub(crate) setting: &'static str,
    /// Whether the wanted template has it.
    pub(crate) is_added: bool,
}

/// The first change from the live template to the wanted one that no update can make.
pub(crate) fn fixed_change(live: &Value, wanted: &Value) -> Option<FixedChange> {
    let properties = |template: &'_ Value, ids: &FunctionIds, name: &str| -> Option<bool> {
        let resource = &template["Resources"][&ids.function];
        resource.is_object().then(|| !resource["Properties"][name].is_null())
    };
    functions(wanted).into_iter().find_map(|ids| {
        [("TenancyConfig", "tenancy"), ("CapacityProviderConfig", "managed_instances")].into_iter().find_map(
            |(name, setting)| {
                let (had, has) = (properties(live, &ids, name)?, properties(wanted, &ids, name)?);
                (had != has).then(|| FixedChange { function: ids.clone(), setting, is_added: has })
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tenancy_comes_and_goes_with_its_function_alone() {
        let template = |properties: Value| json!({ "Resources": { "Function": { "Properties": properties } } });
        let (plain, isolated) = (json!({}), json!({ "TenancyConfig": { "TenantIsolationMode": "PER_TENANT" } }));
        let managed = |concurrency: u32| json!({ "CapacityProviderConfig": { "Concurrency": concurrency } });
        for (live, wanted, expected) in [
            (plain.clone(), plain.clone(), None),
            (plain.clone(), isolated.clone(), Some(("tenancy", true))),
            (isolated.clone(), plain.clone(), Some(("tenancy", false))),
            (isolated.clone(), isolated.clone(), None),
            (managed(1), managed(2), None),
            (plain, managed(1), Some(("managed_instances", true))),
        ] {
            let found = fixed_change(&template(live.clone()), &template(wanted.clone()));
            let found = found.map(|change| (change.setting, change.is_added));
            assert_eq!(found, expected, "{live} {wanted}");
        }
        // A function that is created has what it wants.
        assert_eq!(fixed_change(&json!({ "Resources": {} }), &template(isolated)), None);
    }
}
