//! Parameters of Systems Manager.

use std::time::SystemTime;

use aws_sdk_ssm::types::{Parameter, ParameterType};

use super::{Error, Region, StoredValue};

/// The most names in one call of `GetParameters`.
const NAMES_A_CALL: usize = 10;

impl Region {
    /// A parameter, decrypted; `None` if there is none.
    pub(crate) async fn parameter(&self, name: &str) -> Result<Option<StoredValue>, Error> {
        let call = self.call("ssm:GetParameter", name);
        match call.send(self.ssm().get_parameter().name(name).with_decryption(true).send()).await {
            Ok(output) => Ok(output.parameter.map(stored)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The parameters of these names that exist, each without its value.
    pub(crate) async fn parameters(&self, names: &[String]) -> Result<Vec<StoredValue>, Error> {
        let mut found = Vec::new();
        for names in names.chunks(NAMES_A_CALL) {
            let call = self.call("ssm:GetParameters", &names.join(", "));
            let request = self.ssm().get_parameters().set_names(Some(names.to_vec()));
            let output = call.send(request.with_decryption(false).send()).await?;
            found.extend(output.parameters.unwrap_or_default().into_iter().map(stored).map(StoredValue::without_text));
        }
        Ok(found)
    }

    /// The parameters below a path, each without its value.
    pub(crate) async fn parameters_below(&self, path: &str) -> Result<Vec<StoredValue>, Error> {
        let call = self.call("ssm:GetParametersByPath", path);
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let request = self.ssm().get_parameters_by_path().path(path).recursive(true).with_decryption(false);
            let output = call.send(request.set_next_token(token).send()).await?;
            found.extend(output.parameters.unwrap_or_default().into_iter().map(stored).map(StoredValue::without_text));
            token = output.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Stores a parameter. A new one is a `SecureString`, and one that exists keeps its type, which cannot be changed.
    pub(crate) async fn put_parameter(
        &self,
        name: &str,
        value: &str,
        current: Option<&StoredValue>,
        kms_key: Option<&str>,
    ) -> Result<(), Error> {
        let call = self.call("ssm:PutParameter", name);
        let kind = current.and_then(|current| current.kind.as_deref()).map(ParameterType::from);
        let kind = kind.unwrap_or(ParameterType::SecureString);
        let key = kms_key.filter(|_| kind == ParameterType::SecureString).map(str::to_owned);
        let request = self.ssm().put_parameter().name(name).value(value).r#type(kind).set_key_id(key);
        call.send(request.overwrite(current.is_some()).send()).await?;
        Ok(())
    }

    /// Deletes a parameter; returns whether there was one.
    pub(crate) async fn delete_parameter(&self, name: &str) -> Result<bool, Error> {
        let call = self.call("ssm:DeleteParameter", name);
        match call.send(self.ssm().delete_parameter().name(name).send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn stored(parameter: Parameter) -> StoredValue {
    let name = parameter.name.unwrap_or_default();
    let selector = parameter.selector.unwrap_or_default();
    let bare = name.strip_suffix(selector.as_str()).unwrap_or(&name);
    StoredValue {
        ids: [Some(format!("{bare}{selector}")), parameter.arn].into_iter().flatten().collect(),
        text: parameter.value,
        kind: parameter.r#type.map(|kind| kind.as_str().to_owned()),
        version: Some(parameter.version.to_string()),
        modified: parameter.last_modified_date.and_then(|time| SystemTime::try_from(time).ok()),
    }
}
