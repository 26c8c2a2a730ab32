//! Rules of the key that encrypts the functions' variables.

use super::{Rules, arn::Arn, secret::is_key_arn};

impl Rules<'_> {
    pub(super) fn key(&mut self) {
        let Some(value) = &self.stage.kms_key_arn else { return };
        let Some(key) = self.in_region(&["kms_key_arn"], value) else { return };
        if let Some(sentence) = self.key_fault(key) {
            self.fault(["kms_key_arn"], sentence);
        }
    }

    fn key_fault(&self, key: &str) -> Option<String> {
        const KIND: &str = "AWS::KMS::Key";
        if let Some(resource) = self.stage.resources.get(key) {
            let found = resource["Type"].as_str().unwrap_or("no type");
            return (found != KIND).then(|| format!("resource `{key}` is `{found}`, and a key is `{KIND}`"));
        }
        if !is_key_arn(key) {
            return Some(format!(
                "`{key}` is neither an `{KIND}` of `resources` nor the ARN of a key, `arn:aws:kms:REGION:ACCOUNT:key/ID`, no \
                 alias"
            ));
        }
        Arn::parse(key).and_then(|arn| arn.region_fault(key, self.region))
    }
}
