//! Values of API keys that two stages have in common.

use super::{StageSelection, usage_plan::KeyValue};

/// Warns of the values that a stage gives to its keys as an earlier one does. An account and region have a value once, so that
/// the second of the two stacks cannot be created. Stages that are deployed to different accounts may share a value.
pub(super) fn warn_of_shared_values(stages: &mut [StageSelection]) {
    for index in 1..stages.len() {
        let (earlier, rest) = stages.split_at_mut(index);
        let stage = &rest[0];
        let shared = earlier.iter().flat_map(|other| shared_values(stage, other)).collect::<Vec<_>>();
        rest[0].warnings.extend(shared);
    }
}

fn shared_values(stage: &StageSelection, other: &StageSelection) -> Vec<String> {
    let profile = |stage: &StageSelection| stage.primary().profile_name.clone();
    let shares_region = other.regions.iter().any(|region| stage.regions.contains(region));
    if !shares_region || profile(stage) != profile(other) {
        return Vec::new();
    }
    let known: Vec<(&str, &KeyValue)> = given(other).collect();
    let keys = given(stage).filter(|(_, value)| known.iter().any(|(_, known)| known == value));
    let sentence = |(name, _): (&str, &KeyValue)| {
        format!(
            "stages `{}` and `{}` give the key `{name}` one value, and API Gateway takes a value once in an account and region; \
             write a variable of its own in each stage",
            other.name, stage.name
        )
    };
    keys.map(sentence).collect()
}

/// The keys of a stage whose values are given, by name.
fn given(stage: &StageSelection) -> impl Iterator<Item = (&str, &KeyValue)> {
    stage.primary().api_keys().filter_map(|(_, key)| Some((key.name(), key.value()?)))
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, path::Path};

    use crate::settings::Settings;

    fn warnings(dev: &str, prod: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let stage = |name: &str, lines: &str| {
            format!("[stage.{name}]\nregions = [\"eu-west-1\"]\napi = \"rest\"\napi_key_required = true\n{lines}\n")
        };
        let text = format!("[project]\nname = \"shop\"\n{}{}", stage("dev", dev), stage("prod", prod));
        let environment =
            environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        let settings = Settings::parse(Path::new("x.toml"), text, &environment).unwrap();
        let stages = settings.check(None, |_| Vec::new()).unwrap();
        stages.into_iter().flat_map(|stage| stage.warnings).collect()
    }

    fn key(name: &str, variable: &str) -> String {
        format!("usage_plans = {{ free = {{ keys = [{{ name = \"{name}\", value = \"${{{variable}}}\" }}] }} }}")
    }

    #[test]
    fn a_value_of_two_stages_is_a_warning_whether_its_variable_is_set_or_not() {
        let value = "0123456789abcdefghij";
        for environment in [&[][..], &[("KEY", value)]] {
            let found = warnings(&key("acme", "KEY"), &key("partner", "KEY"), environment);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains("stages `dev` and `prod` give the key `partner` one value"), "{found:?}");
            assert!(!found[0].contains(value), "{found:?}");
        }
        let same = [("KEY", value), ("OTHER", value)];
        assert_eq!(warnings(&key("acme", "KEY"), &key("acme", "OTHER"), &same).len(), 1);
    }

    #[test]
    fn values_of_different_variables_regions_or_accounts_are_none() {
        let acme = key("acme", "KEY");
        assert_eq!(warnings(&acme, &key("acme", "OTHER"), &[]), Vec::<String>::new());
        assert_eq!(warnings(&acme, &format!("profile_name = \"prod\"\n{acme}"), &[]), Vec::<String>::new());
        let generated = "usage_plans = { free = { keys = [\"acme\"] } }";
        assert_eq!(warnings(generated, generated, &[]), Vec::<String>::new());
    }
}
