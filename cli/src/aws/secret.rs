//! Secrets of Secrets Manager, and what is known of a stored value.

use std::{fmt, time::SystemTime};

use super::{Error, Region};

/// A value that is stored: a parameter of Systems Manager or a secret of Secrets Manager.
#[derive(Clone)]
pub(crate) struct StoredValue {
    /// Name and ARN.
    pub(crate) ids: Vec<String>,
    /// The text, if it was read.
    pub(crate) text: Option<String>,
    /// The type of a parameter.
    pub(crate) kind: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) modified: Option<SystemTime>,
}

/// The staging label of a version that is written and not current yet. The next such version takes it over.
const PENDING: &str = "zappa-rs-pending";
const CURRENT: &str = "AWSCURRENT";

impl fmt::Debug for StoredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredValue").field("ids", &self.ids).field("version", &self.version).finish_non_exhaustive()
    }
}

impl StoredValue {
    /// Drops the text: an encrypted value may be returned as its ciphertext, and another as it is.
    pub(super) fn without_text(mut self) -> Self {
        self.text = None;
        self
    }
}

impl Region {
    /// A secret with its text; `None` if there is none.
    pub(crate) async fn secret(&self, id: &str) -> Result<Option<StoredValue>, Error> {
        let call = self.call("secretsmanager:GetSecretValue", id);
        match call.send(self.secrets_manager().get_secret_value().secret_id(id).send()).await {
            Ok(output) => Ok(Some(StoredValue {
                ids: [output.name, output.arn].into_iter().flatten().collect(),
                text: output.secret_string,
                kind: None,
                version: output.version_id,
                modified: output.created_date.and_then(|time| SystemTime::try_from(time).ok()),
            })),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is known of a secret without its text; `None` if there is none, or if it is scheduled for deletion.
    pub(crate) async fn describe_secret(&self, id: &str) -> Result<Option<StoredValue>, Error> {
        let call = self.call("secretsmanager:DescribeSecret", id);
        match call.send(self.secrets_manager().describe_secret().secret_id(id).send()).await {
            Ok(output) => Ok(output.deleted_date.is_none().then_some(StoredValue {
                ids: [output.name, output.arn].into_iter().flatten().collect(),
                text: None,
                kind: None,
                version: None,
                modified: output.last_changed_date.and_then(|time| SystemTime::try_from(time).ok()),
            })),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a secret.
    pub(crate) async fn create_secret(&self, name: &str, text: &str, kms_key: Option<&str>) -> Result<(), Error> {
        let call = self.call("secretsmanager:CreateSecret", name);
        let request = self.secrets_manager().create_secret().name(name).secret_string(text);
        call.send(request.set_kms_key_id(kms_key.map(str::to_owned)).send()).await?;
        Ok(())
    }

    /// Gives a secret another text.
    pub(crate) async fn put_secret(&self, id: &str, text: &str) -> Result<(), Error> {
        let call = self.call("secretsmanager:PutSecretValue", id);
        call.send(self.secrets_manager().put_secret_value().secret_id(id).secret_string(text).send()).await?;
        Ok(())
    }

    /// Gives a secret another text, if its current version is still the one that was read; returns whether it was.
    ///
    /// `PutSecretValue` has no condition. So the text becomes a version beside the current one, and the label `AWSCURRENT`
    /// moves to it, which fails where the label is not on the version that it is to be removed from.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>
    pub(crate) async fn replace_secret(&self, id: &str, text: &str, version: &str) -> Result<bool, Error> {
        let call = self.call("secretsmanager:PutSecretValue", id);
        let put = self.secrets_manager().put_secret_value().secret_id(id).secret_string(text).version_stages(PENDING);
        let written = call.send(put.send()).await?.version_id.unwrap_or_default();
        let call = self.call("secretsmanager:UpdateSecretVersionStage", id);
        let request = self.secrets_manager().update_secret_version_stage().secret_id(id).version_stage(CURRENT);
        let moved = request.remove_from_version_id(version).move_to_version_id(&written).send();
        let Err(error) = call.send(moved).await else { return Ok(true) };
        if error.is_denied() {
            return Err(error);
        }
        // AWS documents no code for this failure; a repeated call whose first response was lost fails, too.
        match self.secret(id).await?.and_then(|secret| secret.version) {
            Some(current) if current == written => Ok(true),
            Some(current) if current == version => Err(error),
            _ => Ok(false),
        }
    }

    /// Schedules the deletion of a secret, after which it can be restored for 30 days; returns whether there was one.
    pub(crate) async fn delete_secret(&self, id: &str) -> Result<bool, Error> {
        let call = self.call("secretsmanager:DeleteSecret", id);
        match call.send(self.secrets_manager().delete_secret().secret_id(id).send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
