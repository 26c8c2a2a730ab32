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
        return Ok(UNCHANGED);
    }
    let name = place.name.as_ref();
    match (place.reference.store, &current) {
        (Store::Parameter | Store::Path, current) => {
            refuse_version(place)?;
            region.put_parameter(name, &text, current.as_ref(), kms_key).await.map_err(failed)?;
        }
        (Store::Secret { .. }, Some(_)) => region.put_secret(name, &text).await.map_err(failed)?,
        (Store::Secret { .. }, None) if place.reference.arn().is_some() => return Err(no_secret(place, region)),
        (Store::Secret { .. }, None) => region.create_secret(name, &text, kms_key).await.map_err(failed)?,
    }
    Ok(if current.is_some() { CHANGED } else { CREATED })
}

/// Removes a value.
pub(super) async fn remove(region: &Region, place: &Place<'_>) -> Result<&'static str, Failure> {
    let name = place.name.as_ref();
    let is_removed = match place.reference.store {
        Store::Parameter | Store::Path => {
            refuse_version(place)?;
            region.delete_parameter(name).await.map_err(failed)?
        }
        Store::Secret { field: None } => region.delete_secret(name).await.map_err(failed)?,
        Store::Secret { field: Some(field) } => {
            let text = read(region, place).await?.and_then(|stored| stored.text);
            let rest = text.map(|text| field::remove(&text, field)).transpose();
            match rest.map_err(|_| no_object(place, region, field))?.flatten() {
                Some(rest) => region.put_secret(name, &rest).await.map(|()| true).map_err(failed)?,
                None => false,
            }
        }
    };
    Ok(if is_removed { REMOVED } else { ABSENT })
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
    failure::failure(&rollout::Error::Aws(error))
}

/// Only the newest version of a parameter can be written.
fn refuse_version(place: &Place<'_>) -> Result<(), Failure> {
    let name = place.reference.arn().map_or(place.name.as_ref(), |arn| arn.resource);
    let Some((name, _)) = name.split_once(':') else { return Ok(()) };
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

fn no_secret(place: &Place<'_>, region: &Region) -> Failure {
    let error = anyhow::anyhow!("the secret `{}` does not exist in {}", place.name, region.name());
    Failure::failed(error, Some("AWS chooses the ARN of a new secret: name it in the settings by its name".to_owned()))
}
