//! Rules of the secrets.

use zappa_rs_adapter::contract::secret::{ALL_NAMES, Reference, Store};

use super::{
    Rules,
    environment::{CREDENTIALS, OWN, is_name},
};
use crate::lambda::is_reserved;

/// Variables that Lambda, the system or the plain server have already.
const TAKEN: [&str; 9] = ["HOME", "HOST", "LANG", "LD_LIBRARY_PATH", "PATH", "PORT", "SHELL", "TZ", "USER"];

impl Rules<'_> {
    pub(super) fn secrets(&mut self) {
        let stage = self.stage;
        for (name, text) in &stage.secrets {
            let place = ["secrets", name.as_str()];
            let reference = match Reference::parse(text) {
                Ok(reference) => reference,
                Err(error) => {
                    self.fault(place, format!("the secret `{name}`: {error}"));
                    continue;
                }
            };
            if let Some(sentence) = name_fault(name, &reference) {
                self.fault(place, sentence);
            } else if is_variable_of(stage, name) {
                let sentence = format!(
                    "`{name}` is in `environment`, too, where it would be in plain text: it is one or the other"
                );
                self.fault(place, sentence);
            }
        }
        for (index, key) in stage.secrets_kms_keys.iter().enumerate() {
            if !is_key_arn(key) {
                let sentence = format!(
                    "`{key}` is no ARN of a key, which IAM needs: `arn:aws:kms:REGION:ACCOUNT:key/ID`, no alias"
                );
                self.fault(["secrets_kms_keys", &index.to_string()], sentence);
            }
        }
        if !stage.secrets_kms_keys.is_empty() && stage.secrets.is_empty() {
            self.fault(["secrets_kms_keys"], "`secrets_kms_keys` allows nothing without `secrets`");
        }
    }
}

/// What is wrong with the name of a secret, which the app and the environment know.
fn name_fault(name: &str, reference: &Reference<'_>) -> Option<String> {
    match (name == ALL_NAMES, reference.store == Store::Path) {
        (true, true) => None,
        (true, false) => Some(format!("the name `{ALL_NAMES}` is for a path, such as `ssm:/shop/*`")),
        (false, true) => {
            Some(format!("a path names its secrets itself: write `\"{ALL_NAMES}\" = \"ssm:{}/*\"`", reference.name))
        }
        (false, false) if is_reserved(name) => {
            Some(format!("a secret cannot be named `{name}`: Lambda sets a variable of this name"))
        }
        (false, false) if TAKEN.contains(&name) || CREDENTIALS.contains(&name) => Some(format!(
            "a secret cannot be named `{name}`: a variable of this name, which is set elsewhere, would win over it"
        )),
        (false, false) if name.starts_with(OWN) => {
            Some(format!("a secret cannot be named `{name}`: names that begin with `{OWN}` are the tool's"))
        }
        (false, false) => (!is_name(name)).then(|| {
            format!("`{name}` is not a valid name of a secret: two or more letters, digits and `_`, a letter first")
        }),
    }
}

/// Whether a function has a variable of the name, which would win over the secret.
fn is_variable_of(stage: &super::Stage, name: &str) -> bool {
    let further = stage.functions.iter().map(|function| &function.environment);
    [&stage.environment].into_iter().chain(further).any(|variables| variables.contains_key(name))
}

pub(super) fn is_key_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let start = (parts.next(), parts.next().is_some_and(|partition| partition.starts_with("aws")), parts.next());
    let place = [parts.next(), parts.next()].iter().all(|part| part.is_some_and(|part| !part.is_empty()));
    let has_id = parts.next().and_then(|key| key.strip_prefix("key/")).is_some_and(|id| !id.is_empty());
    start == (Some("arn"), true, Some("kms")) && place && has_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_by_its_arn() {
        assert!(is_key_arn("arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"));
        assert!(is_key_arn("arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1"));
        for wrong in
            ["alias/shop", "arn:aws:kms:eu-west-1:123456789012:alias/shop", "arn:aws:kms::123456789012:key/a", ""]
        {
            assert!(!is_key_arn(wrong), "{wrong}");
        }
    }
}
