//! Rules of API keys and usage plans.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    super::{
        Api, ApiKey, Stage, UsagePlan,
        tree::{Kind, Node},
        variable,
    },
    NAME_LIMIT, Rules, Subject, is_name,
};
use crate::suggestion::quote_list;

/// The lengths of an API key's value.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html>
const VALUE: std::ops::RangeInclusive<usize> = 20..=128;
/// More requests a second than any account is let through.
const ABSURD_RATE: f64 = 1_000_000.0;
/// More requests at once than any account is let through.
const ABSURD_BURST: u32 = 1_000_000;

/// The sentence of a key without a plan.
const NEEDS_PLAN: &str =
    "a key opens the stage only by a usage plan; add one, such as `usage_plans = { free = { keys = [\"mobile\"] } }`";

impl Rules<'_> {
    pub(super) fn usage_plans(&mut self) {
        let stage = self.stage;
        if stage.api != Api::Rest {
            let other = if stage.api == Api::Http { "an HTTP API" } else { "a Function URL" };
            let sentence = |what: &str| format!("{other} has no {what}; `api = \"rest\"` has them");
            if stage.api_key_required {
                self.fault(["api_key_required"], sentence("API keys"));
            }
            for index in routes_with_key(stage) {
                self.fault(["routes", &index.to_string(), "api_key_required"], sentence("API keys"));
            }
            if !stage.usage_plans.is_empty() {
                self.fault(["usage_plans"], sentence("usage plans"));
            }
            return;
        }
        if stage.usage_plans.is_empty() && !self.is_faulty(&["usage_plans"]) {
            if stage.api_key_required {
                self.fault(["api_key_required"], NEEDS_PLAN);
            }
            for index in routes_with_key(stage) {
                self.fault(["routes", &index.to_string(), "api_key_required"], NEEDS_PLAN);
            }
        }
        for (name, plan) in &stage.usage_plans {
            if let Some(sentence) = name_fault("a usage plan", name) {
                self.fault(["usage_plans", name], sentence);
            }
            self.throttle_of_plan(name, plan);
        }
        self.api_keys();
    }

    fn throttle_of_plan(&mut self, name: &str, plan: &UsagePlan) {
        let Some(throttle) = &plan.throttle else { return };
        let place = ["usage_plans", name, "throttle"];
        // A plan with 0 refuses every request.
        if throttle.rate <= 0.0 || throttle.burst == 0 {
            self.fault(place, "`rate` and `burst` are above 0; with 0 the plan would refuse every request");
        } else if throttle.rate > ABSURD_RATE || throttle.burst > ABSURD_BURST {
            let sentence = format!("`rate` and `burst` are at most {ABSURD_BURST}; leave `throttle` out for no limit");
            self.fault(place, sentence);
        }
    }

    fn api_keys(&mut self) {
        let (mut plans, mut values) = (BTreeMap::new(), BTreeMap::new());
        for (plan, settings) in &self.stage.usage_plans {
            for (index, key) in settings.keys.iter().enumerate() {
                let (name, index) = (key.name(), index.to_string());
                let place: &[&str] = &["usage_plans", plan, "keys", &index];
                if let Some(sentence) = name_fault("an API key", name) {
                    self.fault_at(place, sentence);
                }
                match plans.insert(name, plan) {
                    Some(other) if other == plan => {
                        self.fault_at(place, format!("the plan `{plan}` has the key `{name}` twice"));
                    }
                    Some(other) => {
                        let sentence = format!(
                            "the key `{name}` is in the plan `{other}` too; AWS takes one plan of a stage for a key"
                        );
                        self.fault_at(place, sentence);
                    }
                    None => {}
                }
                let Some(value) = key.value().and_then(|value| value.known()) else { continue };
                let value_place: &[&str] = &["usage_plans", plan, "keys", &index, "value"];
                if let Some(sentence) = value_fault(name, value) {
                    self.fault_at(value_place, sentence);
                }
                if let Some(other) = values.insert(value, name).filter(|other| *other != name) {
                    let sentence = format!(
                        "the keys `{other}` and `{name}` have the same value; AWS takes it for one key of an account and region"
                    );
                    self.fault_at(value_place, sentence);
                }
            }
        }
    }
}

/// The indices of the routes that ask for a key.
fn routes_with_key(stage: &Stage) -> impl Iterator<Item = usize> {
    let asks = stage.routes.iter().enumerate().filter(|(_, route)| route.api_key_required == Some(true));
    asks.map(|(index, _)| index)
}

fn name_fault(what: &str, name: &str) -> Option<String> {
    (!is_name(name) || name.len() > NAME_LIMIT).then(|| {
        format!(
            "{what} cannot be named `{}`: letters, digits and `-`, a letter first, and {NAME_LIMIT} of them at most",
            abridged(name)
        )
    })
}

/// A name, cut where it is too long to be read.
fn abridged(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(NAME_LIMIT) {
        Some((end, _)) => format!("{}…", &name[..end]).into(),
        None => name.into(),
    }
}

/// What is wrong with a value, which is not repeated: it is a secret.
fn value_fault(name: &str, value: &str) -> Option<String> {
    let length = value.chars().count();
    if !VALUE.contains(&length) {
        let (shortest, longest) = (VALUE.start(), VALUE.end());
        return Some(format!(
            "the value of the key `{name}` has {length} characters; AWS takes {shortest} to {longest}"
        ));
    }
    (!value.bytes().all(|byte| byte.is_ascii_graphic())).then(|| {
        format!("the value of the key `{name}` goes into a header: letters, digits and signs of ASCII, no space")
    })
}

/// Warnings of usage plans without a path that requires a key, and of plans without a key. A stage that extends another may switch
/// off what it inherits: then `api_key_required` is written.
pub(super) fn warnings<'a>(subject: &Subject<'a>) -> impl Iterator<Item = String> + use<'a> {
    let (stage, name, node) = (subject.stage, subject.name, subject.node);
    let is_off = node.table().is_some_and(|table| table.contains_key("api_key_required"));
    let is_unused = stage.api == Api::Rest && !stage.usage_plans.is_empty() && !stage.asks_for_keys() && !is_off;
    let unused = is_unused.then(|| {
        format!(
            "stage `{name}`: no path asks for an API key, so that nobody needs one; \
             `api_key_required = true` asks for one everywhere"
        )
    });
    let is_empty = |(_, plan): &(&String, &UsagePlan)| plan.keys.is_empty() && !makes_keys(stage);
    let empty = stage.usage_plans.iter().filter(is_empty).map(move |(plan, _)| {
        format!(
            "stage `{name}`: the usage plan `{plan}` has no `keys`, so that it lets nobody in until \
             `zappa-rs keys create {name} -n NAME --plan {plan}` makes one"
        )
    });
    unused.into_iter().chain(empty).chain(generated_in_regions(stage, name))
}

/// Keys whose value AWS makes in each of several regions by itself.
fn generated_in_regions(stage: &Stage, name: &str) -> Option<String> {
    let count = stage.regions.len();
    let generated = stage.api_keys().map(|(_, key)| key).filter(|key| key.value().is_none()).map(ApiKey::name);
    let generated: Vec<&str> = generated.collect();
    (count > 1 && !generated.is_empty() && stage.api == Api::Rest).then(|| {
        format!(
            "stage `{name}`: AWS makes the value of {} in each of the {count} regions by itself, so that a client has another key in \
             each; one value for all is `value = \"${{VAR}}\"`, or of a key that `zappa-rs keys create` makes",
            quote_list(generated.iter().copied())
        )
    })
}

/// Whether the app may make keys itself.
fn makes_keys(stage: &Stage) -> bool {
    let mut actions = stage.permissions.iter().flat_map(|statement| &statement.actions);
    stage.role_arn.is_some() || actions.any(|action| action == "*" || action.starts_with("apigateway:"))
}

/// The keys of all plans, as the file has them.
fn keys(plans: &Node) -> impl Iterator<Item = &Node> {
    let lists =
        plans.table().into_iter().flatten().filter_map(|(_, plan)| match &plan.node.table()?.get("keys")?.node.kind {
            Kind::List(keys) => Some(keys),
            _ => None,
        });
    lists.flatten()
}

/// The places of values of keys that are a variable, by the table `usage_plans`.
pub(in super::super) fn key_values(plans: &Node) -> BTreeSet<usize> {
    let value = |key: &Node| {
        let value = &key.table()?.get("value")?.node;
        value.text().filter(|text| variable::is_closed(text)).map(|_| value.at)
    };
    keys(plans).filter_map(value).collect()
}

/// Warnings of values of keys that are written into the file; the values are not repeated.
pub(in super::super) fn literal_values(stage: &str, whole: &Node) -> Vec<String> {
    let plans = whole.table().and_then(|table| table.get("usage_plans"));
    let literal = plans.into_iter().flat_map(|plans| keys(&plans.node)).filter_map(|key| {
        let text = |field: &str| key.table()?.get(field)?.node.text();
        text("value").filter(|value| !variable::has_variable(value))?;
        text("name")
    });
    literal
        .map(|key| {
            format!(
                "stage `{stage}`: the value of the API key `{key}` is in the file, where everybody who reads the file has it; write \
                 a variable, `value = \"${{KEY}}\"`, or the name of the key alone, for which AWS makes a value"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString, path::Path};

    use super::super::super::{Error, Settings, StageSelection};

    /// A value of the right length.
    const VALUE: &str = "0123456789abcdefghij";

    fn selection(text: &str, environment: &[(&str, &str)]) -> Result<StageSelection, Error> {
        let text = format!("[stage.dev]\naws_region = \"eu-west-1\"\n{text}\n");
        let environment: BTreeMap<OsString, OsString> =
            environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        Settings::parse(Path::new("x.toml"), text, &environment)?.choose(None)
    }

    fn sentences(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let error = selection(text, environment).err();
        error.iter().flat_map(Error::faults).map(|fault| fault.sentence.clone()).collect()
    }

    #[test]
    fn what_aws_would_refuse_is_a_fault() {
        let long = "x".repeat(129);
        let with = |plans: &str| format!("api_key_required = true\nusage_plans = {{ {plans} }}");
        for (text, expected) in [
            ("api_key_required = true".to_owned(), "a key opens the stage only by a usage plan"),
            ("api = \"http\"\napi_key_required = true".to_owned(), "an HTTP API has no API keys"),
            (
                "routes = [{ path = \"/a\", api_key_required = true }]".to_owned(),
                "a key opens the stage only by a usage plan",
            ),
            (
                "api = \"http\"\nroutes = [{ path = \"/a\", api_key_required = true }]".to_owned(),
                "an HTTP API has no API keys",
            ),
            ("api = \"function_url\"\nusage_plans = { free = {} }".to_owned(), "a Function URL has no usage plans"),
            (with("free = { keys = [\"a b\"] }"), "an API key cannot be named `a b`"),
            (with("\"a_b\" = {}"), "a usage plan cannot be named `a_b`"),
            (with("free = { keys = [\"app\", \"app\"] }"), "has the key `app` twice"),
            (with("free = { keys = [\"app\"] }, gold = { keys = [\"app\"] }"), "is in the plan `free` too"),
            (with("free = { keys = [{ name = \"app\", value = \"short\" }] }"), "has 5 characters"),
            (with(&format!("free = {{ keys = [{{ name = \"app\", value = \"{long}\" }}] }}")), "has 129 characters"),
            (with("free = { keys = [{ name = \"app\", value = \"0123456789 0123456789\" }] }"), "no space"),
            (
                with("free = { keys = [{ name = \"a\", value = \"${KEY}\" }, { name = \"b\", value = \"${KEY}\" }] }"),
                "`a` and `b` have the same value",
            ),
            (with("free = { keys = [{ name = \"app\" }] }"), "`value` is missing here"),
            (with("free = { quota = { limit = 0, period = \"day\" } }"), "`limit` is at least 1"),
            (with("free = { quota = { limit = 4000000000, period = \"day\" } }"), "`limit`"),
            (with("free = { quota = { limit = 1, period = \"dya\" } }"), "is `day`, `week` or `month`, not `dya`"),
            (with("free = { quota = { limit = 1 } }"), "`period` is missing here"),
            (with("free = { throttle = { rate = 0, burst = 1 } }"), "would refuse every request"),
            (with("free = { throttle = { rate = 1, burst = 0 } }"), "would refuse every request"),
            (with("free = { throttle = { rate = 1e9, burst = 1 } }"), "at most 1000000"),
            ("api_keys = [\"a\"]".to_owned(), "`keys` of a plan in `usage_plans`"),
            ("api_key = \"a\"".to_owned(), "`keys` of a plan in `usage_plans`"),
        ] {
            let found = sentences(&text, &[("KEY", VALUE)]);
            assert!(found.iter().any(|sentence| sentence.contains(expected)), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_cut() {
        let name = "x".repeat(2000);
        let found =
            sentences(&format!("api_key_required = true\nusage_plans = {{ free = {{ keys = [\"{name}\"] }} }}"), &[]);
        assert!(found.len() == 1 && found[0].contains("x…`") && found[0].len() < 200, "{found:?}");
    }

    #[test]
    fn a_whole_set_of_plans_is_accepted_without_a_warning() {
        let text = "api_key_required = true
            [stage.dev.usage_plans.free]
            quota = { limit = 1000, period = \"day\" }
            throttle = { rate = 0.5, burst = 10 }
            keys = [\"mobile\", { name = \"partner\", value = \"${KEY}\" }]
            [stage.dev.usage_plans.gold]
            keys = [\"museum\"]";
        let selection = selection(text, &[("KEY", VALUE)]).unwrap();
        assert_eq!(selection.warnings, [] as [&str; 0]);
        assert_eq!(selection.primary().api_keys().count(), 3);
    }

    #[test]
    fn a_plan_that_no_path_asks_for_is_a_warning() {
        let found = selection("usage_plans = { free = { keys = [\"mobile\"] } }", &[]).unwrap().warnings;
        assert!(found.iter().any(|warning| warning.contains("no path asks for an API key")), "{found:?}");
        // A stage that switches off what it inherits says so.
        let off = "api_key_required = false\nusage_plans = { free = { keys = [\"mobile\"] } }";
        assert_eq!(selection(off, &[]).unwrap().warnings, [] as [&str; 0]);
    }

    #[test]
    fn a_plan_without_keys_is_a_warning_unless_the_app_makes_them() {
        let plan = "api_key_required = true\nusage_plans = { free = {} }";
        let found = selection(plan, &[]).unwrap().warnings;
        assert!(found.len() == 1 && found[0].contains("`zappa-rs keys create dev -n NAME --plan free`"), "{found:?}");
        let makes = "permissions = [{ actions = [\"apigateway:POST\"], resources = [\"*\"] }]";
        assert_eq!(selection(&format!("{plan}\n{makes}"), &[]).unwrap().warnings, [] as [&str; 0]);
    }

    #[test]
    fn a_key_that_each_region_makes_by_itself_is_a_warning() {
        let of = |regions: &str, keys: &str| {
            let text = format!(
                "[stage.dev]\nregions = [{regions}]\napi_key_required = true\nusage_plans = {{ free = {{ keys = [{keys}] }} }}\n"
            );
            let environment = [(OsString::from("KEY"), OsString::from(VALUE))].into();
            Settings::parse(Path::new("x.toml"), text, &environment).unwrap().choose(None).unwrap().warnings
        };
        let both = "\"eu-west-1\", \"us-east-1\"";
        let found = of(both, "\"mob\", { name = \"app\", value = \"${KEY}\" }, \"web\"");
        assert!(found.len() == 1 && found[0].contains("`mob` and `web`"), "{found:?}");
        assert!(found[0].contains("value = \"${VAR}\"") && found[0].contains("`zappa-rs keys create`"), "{found:?}");
        assert_eq!(of(both, "{ name = \"app\", value = \"${KEY}\" }"), [] as [&str; 0]);
        assert_eq!(of("\"eu-west-1\"", "\"mob\""), [] as [&str; 0]);
    }

    #[test]
    fn a_value_in_the_file_is_a_warning_that_does_not_repeat_it() {
        let of = |value: &str| {
            let keys = format!("[\"mobile\", {{ name = \"app\", value = \"{value}\" }}]");
            let text = format!("api_key_required = true\nusage_plans = {{ free = {{ keys = {keys} }} }}");
            selection(&text, &[("KEY", VALUE)]).unwrap().warnings
        };
        assert_eq!(of("${KEY}"), [] as [&str; 0]);
        let found = of(VALUE);
        assert!(
            found.len() == 1 && found[0].contains("`app` is in the file") && !found[0].contains(VALUE),
            "{found:?}"
        );
    }

    #[test]
    fn a_value_is_in_no_fault_and_no_debug_text_and_not_in_what_is_serialized() {
        let text = |value: &str| {
            format!(
                "api_key_required = true\nusage_plans = {{ free = {{ keys = [{{ name = \"app\", value = \"{value}\" }}] }} }}"
            )
        };
        for (value, secret) in
            [("${KEY}", "hush-hush-hush-hush"), ("hush-hush hush-hush hush", ""), ("${KEY", "hush-hush")]
        {
            let found = sentences(&text(value), &[("KEY", secret)]);
            assert!(found.len() == 1 && !found[0].contains("hush"), "{found:?}");
        }
        let stage = selection(&text("${KEY}"), &[("KEY", "hush-hush-hush-hush-hush")]).unwrap();
        assert!(!format!("{stage:?}").contains("hush"));
        assert!(!serde_json::to_string(stage.primary()).unwrap().contains("hush"));
    }

    #[test]
    fn a_command_that_sends_no_value_needs_none() {
        let text = "[stage.dev]\naws_region = \"eu-west-1\"\napi_key_required = true\n\
             usage_plans = { free = { keys = [{ name = \"app\", value = \"${KEY}\" }] } }\n";
        let settings = Settings::parse(Path::new("x.toml"), text.to_owned(), &BTreeMap::new()).unwrap();
        assert!(settings.choose(None).is_err());
        let checked = settings.check(None, |_| Vec::new()).unwrap().remove(0);
        let others = [settings.select_for_inspection(None).unwrap(), settings.choose_without_keys(None).unwrap()];
        for selection in others.into_iter().chain([checked]) {
            let (_, key) = selection.primary().api_keys().next().unwrap();
            assert_eq!(key.value().unwrap().known(), None);
        }
    }

    #[test]
    fn a_key_whose_value_is_not_set_is_checked_all_the_same() {
        for (name, value, environment, expected) in [
            ("a b", "${KEY}", "", &["an API key cannot be named `a b`"][..]),
            ("${NAME}", "${KEY}", "", &["`${NAME}` is not set"]),
            ("app", "${KEY", "", &["a `${` has no `}`"]),
            ("app", "${KEY}", "environment = { A = \"${B}\" }", &["`${B}` is not set"]),
        ] {
            let text = format!(
                "[stage.dev]\naws_region = \"eu-west-1\"\napi_key_required = true\n{environment}\n\
                 usage_plans = {{ free = {{ keys = [{{ name = \"{name}\", value = \"{value}\" }}] }} }}\n"
            );
            let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new()).unwrap();
            let checked = settings.check(None, |_| Vec::new()).map(|_| ());
            for result in [checked, settings.choose_without_keys(None).map(|_| ())] {
                let error = result.unwrap_err();
                let found: Vec<&str> = error.faults().iter().map(|fault| fault.sentence.as_str()).collect();
                assert_eq!(found.len(), expected.len(), "{found:?}");
                assert!(found.iter().zip(expected).all(|(found, expected)| found.contains(expected)), "{found:?}");
            }
        }
    }
}
