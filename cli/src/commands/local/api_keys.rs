//! The API keys of the settings, for `local`: no template has their values.

use crate::{
    gateway::access::{ApiKey, ApiKeys, Period, Quota, Throttle, UsagePlan},
    settings::{Period as SettingsPeriod, Stage, UsagePlan as SettingsPlan},
};

/// Reads the keys of a stage. One whose value AWS makes has a value that `local` makes of its name: the same everywhere, and no
/// secret, since nothing but `local` takes it.
pub(super) fn read(stage: &Stage) -> ApiKeys {
    let mut keys = ApiKeys::default();
    for (name, plan) in &stage.usage_plans {
        for key in &plan.keys {
            let given = key.value().and_then(|value| value.known());
            let development_value = given.is_none().then(|| format!("local-development-key-{}", key.name()));
            let value = given.or(development_value.as_deref()).unwrap_or_default().to_owned();
            keys.insert(ApiKey { name: key.name().to_owned(), plan: plan_of(name, plan), development_value }, &value);
        }
    }
    keys
}

fn plan_of(name: &str, plan: &SettingsPlan) -> UsagePlan {
    UsagePlan {
        name: name.to_owned(),
        throttle: plan.throttle.map(|throttle| Throttle { rate: throttle.rate, burst: f64::from(throttle.burst) }),
        quota: plan.quota.map(|quota| Quota {
            limit: quota.limit,
            period: match quota.period {
                SettingsPeriod::Day => Period::Day,
                SettingsPeriod::Week => Period::Week,
                SettingsPeriod::Month => Period::Month,
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString, path::Path};

    use super::*;
    use crate::settings::Settings;

    #[test]
    fn a_key_without_a_value_of_its_own_has_one_of_its_name() {
        let text = "[stage.dev]\naws_region = \"eu-west-1\"\napi_key_required = true\n[stage.dev.usage_plans.free]\n\
             quota = { limit = 3, period = \"week\" }\nkeys = [\"app\", { name = \"acme\", value = \"${KEY}\" }]\n";
        let environment = BTreeMap::from([(OsString::from("KEY"), OsString::from("0123456789abcdefghij"))]);
        let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &environment).unwrap();
        let keys = read(settings.choose(None).unwrap().primary());
        let name = |value: &str| keys.find(value).map(|(_, key)| key.name.clone());
        assert_eq!(name("0123456789abcdefghij").as_deref(), Some("acme"));
        let [app, acme] = keys.all() else { panic!("{keys:?}") };
        assert_eq!(acme.development_value, None);
        let value = app.development_value.as_deref().unwrap();
        assert!((20..=128).contains(&value.len()) && name(value).as_deref() == Some("app"), "{value}");
        assert_eq!(app.plan.quota, Some(Quota { limit: 3, period: Period::Week }));
    }
}
