//! The numbers of resources and outputs that CloudFormation takes in one template.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>

use serde_json::Value;

use super::functions;

const MAX_RESOURCES: usize = 500;
const MAX_OUTPUTS: usize = 200;

/// The limits that a template exceeds: the setting that can be shortened, and the sentence. An update has one resource and
/// one output more for each function whose candidate is tried.
pub(crate) fn exceeded(template: &Value) -> Vec<(&'static str, String)> {
    let candidates = functions(template).len();
    let limits = [("resources", "Resources", MAX_RESOURCES), ("outputs", "Outputs", MAX_OUTPUTS)];
    let exceeded = limits.into_iter().filter_map(|(setting, section, most)| {
        let count = template[section].as_object().map_or(0, serde_json::Map::len) + candidates;
        (count > most).then(|| {
            let sentence = format!(
                "the template has {count} {setting}, {candidates} of them for the candidates of an update; CloudFormation \
                 accepts {most}"
            );
            (setting, sentence)
        })
    });
    exceeded.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn resources_are_counted_with_the_candidates_of_an_update() {
        let template = |count: usize| {
            let resources: Map<String, Value> = (0..count).map(|number| (format!("R{number}"), json!({}))).collect();
            json!({ "Resources": resources, "Outputs": {} })
        };
        assert_eq!(exceeded(&template(499)), []);
        let [(setting, sentence)] = &exceeded(&template(500))[..] else { panic!() };
        assert_eq!(*setting, "resources");
        assert!(sentence.starts_with("the template has 501 resources, 1 of them"), "{sentence}");
    }
}
