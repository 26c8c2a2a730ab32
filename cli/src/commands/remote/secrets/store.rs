//! Reading, writing and removing a value at its place.

use zappa_rs_adapter::contract::secret::Store;

use super::{field, place::Place};
use crate::{
    aws::{self, Region, StoredValue},
    commands::remote::failure,
    report::Failure,
    rollout,
};

const CREATED: &str = "created";
const CHANGED: &str = "changed";
const UNCHANGED: &str = "unchanged";
const REMOVED: &str = "removed";
const ABSENT: &str = "had no value";
/// How often a secret is read again that others change at the same time.
const TRIES: usize = 10;

/// The value; `None` if there is none.
pub(super) async fn get(region: &Region, place: &Place<'_>) -> Result<Option<String>, Failure> {
    let text = read(region, place).await?.and_then(|stored| stored.text);
    match (place.reference.store, text) {
        (Store::Secret { field: Some(field) }, Some(text)) => {
            field::get(&text, field).map_err(|_| no_object(place, region, field))
        }
        (_, text) => Ok(text),
    }
}

/// Stores a value, if it is another one than the value that is there.
pub(super) async fn set(
    region: &Region,
    place: &Place<'_>,
    value: &str,
    kms_key: Option<&str>,
) -> Result<&'static str, Failure> {
    for _ in 0..TRIES {
        if let Some(outcome) = try_set(region, place, value, kms_key).await? {
            return Ok(outcome);
        }
    }
    Err(overtaken(place, region))
}

/// Stores a value; `None` where another changed the secret of a field meanwhile, so that it has to be read again.
async fn try_set(
    region: &Region,
    place: &Place<'_>,
    value: &str,
    kms_key: Option<&str>,
) -> Result<Option<&'static str>, Failure> {
    let current = read(region, place).await?;
    let before = current.as_ref().and_then(|current| current.text.as_deref());
    let field = match place.reference.store {
        Store::Secret { field } => field,
        Store::Parameter | Store::Path => None,
    };
    let text = match field {
        Some(field) => field::set(before, field, value).map_err(|_| no_object(place, region, field))?,
        None => value.to_owned(),
    };
    if before == Some(&*text) {
        return Ok(Some(UNCHANGED));
    }
    refuse_size(place, &text)?;
    let name = place.name.as_ref();
    let is_stored = match (place.reference.store, &current) {
        (Store::Parameter | Store::Path, current) => {
            refuse_parameter(place, region)?;
            region.put_parameter(name, &text, current.as_ref(), kms_key).await.map(|()| true)
        }
        (Store::Secret { field: None }, Some(_)) => region.put_secret(name, &text).await.map(|()| true),
        (Store::Secret { field: Some(_) }, Some(current)) => replace(region, name, &text, current).await,
        (Store::Secret { .. }, None) if place.reference.arn().is_some() => return Err(no_secret(place, region)),
        (Store::Secret { .. }, None) => match region.create_secret(name, &text, kms_key).await {
            Err(error) if error.is_already_there() => Ok(false),
            created => created.map(|()| true),
        },
    };
    let outcome = if current.is_some() { CHANGED } else { CREATED };
    Ok(is_stored.map_err(failed)?.then_some(outcome))
}

/// Replaces the text of a secret that was read, unless another has changed it since.
async fn replace(region: &Region, name: &str, text: &str, current: &StoredValue) -> Result<bool, aws::Error> {
    match &current.version {
        Some(version) => region.replace_secret(name, text, version).await,
        None => region.put_secret(name, text).await.map(|()| true),
    }
}

/// Removes a value.
pub(super) async fn remove(region: &Region, place: &Place<'_>) -> Result<&'static str, Failure> {
    let name = place.name.as_ref();
    let is_removed = match place.reference.store {
        Store::Parameter | Store::Path => {
            refuse_parameter(place, region)?;
            region.delete_parameter(name).await.map_err(failed)?
        }
        Store::Secret { field: None } => region.delete_secret(name).await.map_err(failed)?,
        Store::Secret { field: Some(field) } => remove_field(region, place, field).await?,
    };
    Ok(if is_removed { REMOVED } else { ABSENT })
}

/// Removes a field of a secret; returns whether there was one.
async fn remove_field(region: &Region, place: &Place<'_>, field: &str) -> Result<bool, Failure> {
    for _ in 0..TRIES {
        let Some(current) = read(region, place).await? else { return Ok(false) };
        let rest = current.text.as_deref().map(|text| field::remove(text, field)).transpose();
        let Some(rest) = rest.map_err(|_| no_object(place, region, field))?.flatten() else { return Ok(false) };
        if replace(region, place.name.as_ref(), &rest, &current).await.map_err(failed)? {
            return Ok(true);
        }
    }
    Err(overtaken(place, region))
}

async fn read(region: &Region, place: &Place<'_>) -> Result<Option<StoredValue>, Failure> {
    let name = place.name.as_ref();
    let stored = match place.reference.store {
        Store::Parameter | Store::Path => region.parameter(name).await,
        Store::Secret { .. } => region.secret(name).await,
    };
    stored.map_err(failed)
}

fn failed(error: aws::Error) -> Failure {
    let is_deleted = error.is_scheduled_for_deletion();
    let failure = failure::failure(&rollout::Error::Aws(error));
    if is_deleted { failure.with_hint("`aws secretsmanager restore-secret` restores it".to_owned()) } else { failure }
}

/// The most bytes of a standard parameter and of a secret.
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const MAX_PARAMETER: usize = 4096;
const MAX_SECRET: usize = 65_536;

fn refuse_size(place: &Place<'_>, text: &str) -> Result<(), Failure> {
    let (limit, hint) = match place.reference.store {
        Store::Parameter | Store::Path => (MAX_PARAMETER, "Secrets Manager stores 64 KB: `secretsmanager:NAME`"),
        Store::Secret { .. } => (MAX_SECRET, "a larger file belongs into a bucket, or into the zip, encrypted"),
    };
    if text.len() <= limit {
        return Ok(());
    }
    let error = anyhow::anyhow!("the value has {} bytes, and `{}` takes {limit}", text.len(), place.text);
    Err(Failure::usage(error, Some(hint.to_owned())))
}

/// A parameter is written by its name, in the account of the credentials, and only its newest version.
fn refuse_parameter(place: &Place<'_>, region: &Region) -> Result<(), Failure> {
    if place.reference.arn().is_some() {
        let error =
            anyhow::anyhow!("`{}` names a parameter by its ARN, by which AWS reads and does not write", place.text);
        let hint = format!(
            "in its account, `aws ssm put-parameter --region {} --overwrite --name NAME` writes it",
            region.name()
        );
        return Err(Failure::usage(error, Some(hint)));
    }
    let Some((name, _)) = place.name.split_once(':') else { return Ok(()) };
    let error = anyhow::anyhow!("`{}` is one version of the parameter, which cannot be changed", place.text);
    Err(Failure::usage(error, Some(format!("name the parameter itself in the settings: `{name}`"))))
}

fn no_object(place: &Place<'_>, region: &Region, field: &str) -> Failure {
    let error = anyhow::anyhow!(
        "the secret `{}` in {} is no JSON object, so that it has no field `{field}`",
        place.name,
        region.name()
    );
    Failure::failed(error, Some("leave the field out of the reference, or store an object".to_owned()))
}

fn overtaken(place: &Place<'_>, region: &Region) -> Failure {
    let error = anyhow::anyhow!(
        "the secret `{}` in {} was changed by others {TRIES} times meanwhile; this change was not made",
        place.name,
        region.name()
    );
    Failure::failed(error, Some("run the command again".to_owned()))
}

fn no_secret(place: &Place<'_>, region: &Region) -> Failure {
    let error = anyhow::anyhow!("the secret `{}` does not exist in {}", place.name, region.name());
    Failure::failed(error, Some("AWS chooses the ARN of a new secret: name it in the settings by its name".to_owned()))
}
