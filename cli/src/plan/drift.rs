//! Drift that CloudFormation does not see: the live version and alias of a function compared with the stack's template.
//!
//! The alias is the truth: outputs lag, and people change functions and aliases by hand.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{
    logical_id::FunctionIds,
    template::{code_digest, live_version, released_digest},
};

/// A function as Lambda has it, read through the alias.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Serving {
    /// The function's latest code; `None`: there is no such function.
    pub(crate) latest: Option<Published>,
    /// The alias's target; `None`: the function has no such alias.
    pub(crate) alias: Option<Target>,
}

/// What an alias points to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Target {
    /// The version, as far as Lambda has one.
    pub(crate) version: Published,
    /// Further versions that get a share of the traffic.
    pub(crate) weighted: Vec<String>,
}

/// One version of a function, `$LATEST` included.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Published {
    /// Its number.
    pub(crate) number: String,
    /// The SHA-256 of its code in hexadecimal digits, where Lambda gives it.
    pub(crate) sha256: Option<String>,
    /// The hash of code and configuration that the deploy wrote into it, where its variables can be read.
    pub(crate) seal: Option<String>,
}

/// One difference of one function.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct FunctionDrift {
    /// The further function, by its name in the settings; `None` is the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) function: Option<String>,
    #[serde(flatten)]
    pub(crate) drift: Drift,
}

impl fmt::Display for FunctionDrift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some(function) => write!(f, "function `{function}`: {}", self.drift),
            None => self.drift.fmt(f),
        }
    }
}

/// One difference.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub(crate) enum Drift {
    /// There is no such function.
    FunctionMissing,
    /// The function has no alias.
    AliasMissing,
    /// The alias points to another version, by its number.
    AliasMoved { version: String, has_other_code: bool },
    /// Further versions get a share of the traffic.
    AliasWeighted { versions: Vec<String> },
    /// The function's latest code, which the next version would be published of, is another one.
    LatestCode,
}

impl Published {
    /// Whether this is the version that the template's alias of a function points to.
    pub(crate) fn is_live_of(&self, template: &Value, ids: &FunctionIds) -> bool {
        self.number != "$LATEST" && self.has_code_of(template) && self.has_seal_of(template, ids)
    }

    /// Whether it has the code of the template's release.
    pub(crate) fn has_code_of(&self, template: &Value) -> bool {
        let wanted = released_digest(template);
        wanted.is_none() || self.sha256.as_deref() == wanted
    }

    /// Whether it was published with the settings of the template's version, as far as its variables can be read.
    pub(crate) fn has_seal_of(&self, template: &Value, ids: &FunctionIds) -> bool {
        let wanted = live_version(template, ids).and_then(|version| ids.hash_of(version));
        self.seal.is_none() || wanted.is_none() || self.seal.as_deref() == wanted
    }
}

/// Compares a function of a template that was sent with what Lambda has. What the template does not have yet is no drift.
pub(crate) fn drift(template: &Value, ids: &FunctionIds, serving: &Serving) -> Vec<Drift> {
    let has = |id: &str| template["Resources"].get(id).is_some();
    if !has(&ids.function) {
        return Vec::new();
    }
    let Some(latest) = &serving.latest else { return vec![Drift::FunctionMissing] };
    let mut found = Vec::new();
    match &serving.alias {
        _ if !has(&ids.live) => {}
        None => found.push(Drift::AliasMissing),
        Some(Target { version, weighted }) => {
            if !version.is_live_of(template, ids) {
                let has_other_code = !version.has_code_of(template);
                found.push(Drift::AliasMoved { version: version.number.clone(), has_other_code });
            }
            if !weighted.is_empty() {
                found.push(Drift::AliasWeighted { versions: weighted.clone() });
            }
        }
    }
    if code_digest(template, ids).is_some_and(|wanted| latest.sha256.as_deref() != Some(wanted)) {
        found.push(Drift::LatestCode);
    }
    found
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FunctionMissing => f.write_str("the function does not exist"),
            Self::AliasMissing => f.write_str("the alias `live` does not exist"),
            Self::AliasMoved { version, .. } if version == "$LATEST" => {
                f.write_str("the alias `live` points to `$LATEST` and not to a version")
            }
            Self::AliasMoved { version, has_other_code } => {
                let what = if *has_other_code { "code" } else { "settings" };
                write!(f, "the alias `live` points to version {version}, which has other {what} than the release")
            }
            Self::AliasWeighted { versions } => {
                write!(f, "the alias `live` gives a share of the traffic to {}", versions.join(", "))
            }
            Self::LatestCode => f.write_str("the function has other code than was deployed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template() -> Value {
        json!({
            "Metadata": { "zappa-rs": { "CodeSha256": "aa".repeat(32) } },
            "Resources": {
                "Function": { "Properties": { "Code": { "S3Key": format!("shop/dev/{}.zip", "aa".repeat(32)) } } },
                "Version0123": {},
                "Live": { "Properties": { "FunctionVersion": { "Fn::GetAtt": ["Version0123", "Version"] } } }
            }
        })
    }

    fn version(number: &str, digit: &str, seal: &str) -> Published {
        Published { number: number.to_owned(), sha256: Some(digit.repeat(32)), seal: Some(seal.to_owned()) }
    }

    fn sentences(serving: &Serving) -> Vec<String> {
        drift(&template(), &FunctionIds::main(), serving).iter().map(Drift::to_string).collect()
    }

    #[test]
    fn each_change_by_hand_is_its_own_sentence() {
        let latest = Some(version("$LATEST", "aa", "0123"));
        let to = |version: Published| Some(Target { version, weighted: Vec::new() });
        let well = Serving { latest, alias: to(version("3", "aa", "0123")) };
        assert_eq!(sentences(&well), Vec::<String>::new());
        let weighted = vec!["2".to_owned(), "4".to_owned()];
        let weighted = Some(Target { version: version("3", "aa", "0123"), weighted });
        for (serving, sentence) in [
            (Serving::default(), "the function does not exist"),
            (Serving { alias: None, ..well.clone() }, "the alias `live` does not exist"),
            (
                Serving { alias: to(version("2", "bb", "9999")), ..well.clone() },
                "the alias `live` points to version 2, which has other code than the release",
            ),
            (
                Serving { alias: to(version("2", "aa", "9999")), ..well.clone() },
                "the alias `live` points to version 2, which has other settings than the release",
            ),
            (
                Serving { alias: to(version("$LATEST", "aa", "0123")), ..well.clone() },
                "the alias `live` points to `$LATEST` and not to a version",
            ),
            (Serving { alias: weighted, ..well.clone() }, "the alias `live` gives a share of the traffic to 2, 4"),
            (
                Serving { latest: Some(version("$LATEST", "bb", "0123")), ..well },
                "the function has other code than was deployed",
            ),
        ] {
            assert_eq!(sentences(&serving), [sentence]);
        }
    }

    #[test]
    fn the_drift_of_a_further_function_names_it() {
        let of = |function: Option<&str>| FunctionDrift {
            function: function.map(str::to_owned),
            drift: Drift::AliasMissing,
        };
        assert_eq!(of(None).to_string(), "the alias `live` does not exist");
        assert_eq!(of(Some("mail")).to_string(), "function `mail`: the alias `live` does not exist");
        assert_eq!(json!(of(None)), json!({ "kind": "alias-missing" }));
        assert_eq!(json!(of(Some("mail"))), json!({ "function": "mail", "kind": "alias-missing" }));
    }

    #[test]
    fn what_a_template_does_not_have_yet_is_not_missed() {
        let mut without = template();
        without["Resources"].as_object_mut().unwrap().remove("Live");
        let latest = Some(version("$LATEST", "aa", "0123"));
        assert_eq!(drift(&without, &FunctionIds::main(), &Serving { latest, alias: None }), []);
        assert_eq!(drift(&json!({ "Resources": {} }), &FunctionIds::main(), &Serving::default()), []);
    }
}
