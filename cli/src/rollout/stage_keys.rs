//! The API keys of a stage that is deployed: those of its stack, and those that were made at run time.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::{Error, ownership};
use crate::{
    aws::{self, ApiKey, DayUsage, SessionCredentials, StackResource},
    names::Identity,
    settings::Stage,
    template::{self, API_KEY_TYPE, USAGE_PLAN_TYPE},
};

/// The tag of a key that `keys create` made: its name.
const MADE_TAG: &str = "zappa-rs:key";

/// Who made a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Maker {
    /// The stack, by the settings.
    Settings,
    /// `zappa-rs keys create`.
    Command,
    /// Somebody else, such as the application.
    Other,
}

/// A key of a stage.
#[derive(Clone, Debug)]
pub(crate) struct StageKey {
    /// Its name, as the settings and commands write it.
    pub(crate) name: String,
    /// Its usage plan; none if it is in no plan of the stage, so that it opens nothing.
    pub(crate) plan: Option<String>,
    pub(crate) maker: Maker,
    pub(crate) key: ApiKey,
}

/// A usage plan of a stage.
#[derive(Clone, Debug)]
struct Plan {
    name: String,
    id: String,
}

/// The usage plans of a stage in a region and their keys.
#[derive(Debug)]
pub(crate) struct StageKeys {
    region: aws::Region,
    credentials: SessionCredentials,
    identity: Identity,
    plans: Vec<Plan>,
    pub(crate) keys: Vec<StageKey>,
}

impl StageKeys {
    /// Reads the keys: of the stack, of its plans, and those that were made for the stage.
    ///
    /// # Errors
    /// The stage is not deployed, or a call failed.
    pub(crate) async fn read(
        region: &aws::Region,
        identity: &Identity,
        stage: &Stage,
        with_values: bool,
    ) -> Result<Self, Error> {
        let name = identity.stack();
        let Some(stack) = region.find_stack(&name).await?.filter(|stack| !stack.status.is_review()) else {
            return Err(Error::NotDeployed { stack: name, region: region.name().to_owned() });
        };
        ownership::verify_ownership(region, &stack, identity).await?;
        let (resources, credentials) = tokio::try_join!(region.stack_resources(&stack.id), region.credentials())?;
        let plans = plans(&resources, stage);
        let members = plans.iter().map(async |plan| {
            let keys = region.plan_keys(&credentials, &plan.id).await?;
            Ok::<_, aws::Error>(keys.into_iter().map(|key| (key, plan.name.clone())).collect::<Vec<_>>())
        });
        let prefix = template::name_prefix(identity);
        let (members, mut named) =
            tokio::try_join!(try_join_all(members), region.api_keys(&credentials, &prefix, with_values))?;
        let members: BTreeMap<String, String> = members.into_iter().flatten().collect();
        // A name may begin so by chance, such as that of a stage with a longer name.
        named.retain(|key| members.contains_key(&key.id) || is_made_for(key, identity) || is_of(key, &resources));
        let others = members.keys().filter(|id| !named.iter().any(|key| key.id == **id));
        let others = others.map(async |id| region.api_key(&credentials, id, with_values).await);
        let others = try_join_all(others).await?;
        let keys = named.into_iter().chain(others.into_iter().flatten());
        let mut keys: Vec<StageKey> = keys.map(|key| stage_key(key, identity, &resources, &members)).collect();
        keys.sort_by(|one, other| (&one.plan, &one.name).cmp(&(&other.plan, &other.name)));
        Ok(Self { region: region.clone(), credentials, identity: identity.clone(), plans, keys })
    }

    /// The names of the plans.
    pub(crate) fn plans(&self) -> Vec<&str> {
        self.plans.iter().map(|plan| plan.name.as_str()).collect()
    }

    /// The keys of a name or id.
    pub(crate) fn find(&self, name: &str) -> Vec<&StageKey> {
        self.keys.iter().filter(|key| key.name == name || key.key.id == name).collect()
    }

    /// Makes a key in a plan, with a value of AWS's choice or with that of another region.
    ///
    /// # Errors
    /// A call failed; then there is no key.
    pub(crate) async fn create(&self, plan: &str, name: &str, value: Option<&str>) -> Result<ApiKey, Error> {
        let Some(plan) = self.plans.iter().find(|known| known.name == plan) else {
            return Err(Error::NotThere { what: format!("usage plan `{plan}`") });
        };
        let mut tags: BTreeMap<String, String> = ownership::own_tags(&self.identity).into();
        tags.insert(MADE_TAG.to_owned(), name.to_owned());
        let name = template::name_in_account(&self.identity, name);
        let key = self.region.create_api_key(&self.credentials, &name, value, &tags).await?;
        if let Err(error) = self.region.add_to_plan(&self.credentials, &plan.id, &key.id).await {
            // A key in no plan opens nothing; what failed is the plan.
            let _ = self.region.delete_api_key(&self.credentials, &key.id).await;
            return Err(error.into());
        }
        Ok(key)
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn delete(&self, key: &StageKey) -> Result<(), Error> {
        Ok(self.region.delete_api_key(&self.credentials, &key.key.id).await?)
    }

    /// The requests of each key by its id, day by day.
    ///
    /// # Errors
    /// A call failed.
    pub(crate) async fn usage(&self, first: &str, last: &str) -> Result<BTreeMap<String, Vec<DayUsage>>, Error> {
        let plans =
            self.plans.iter().map(async |plan| self.region.usage(&self.credentials, &plan.id, first, last).await);
        Ok(try_join_all(plans).await?.into_iter().flatten().collect())
    }
}

/// The plans of a stack. One that the settings do not have any more is named by its logical id.
fn plans(resources: &[StackResource], stage: &Stage) -> Vec<Plan> {
    let plans = resources.iter().filter(|resource| resource.kind == USAGE_PLAN_TYPE);
    let name = |id: &str| stage.usage_plans.keys().find(|name| template::usage_plan_id(name) == id).cloned();
    plans
        .map(|plan| Plan {
            name: name(&plan.logical_id).unwrap_or_else(|| plan.logical_id.clone()),
            id: plan.physical_id.clone(),
        })
        .collect()
}

fn is_of(key: &ApiKey, resources: &[StackResource]) -> bool {
    resources.iter().any(|resource| resource.kind == API_KEY_TYPE && resource.physical_id == key.id)
}

/// Whether `keys create` made a key for this stage.
fn is_made_for(key: &ApiKey, identity: &Identity) -> bool {
    let is_tagged = |(tag, value): &(String, String)| key.tags.get(tag) == Some(value);
    key.tags.contains_key(MADE_TAG) && ownership::own_tags(identity).iter().all(is_tagged)
}

fn stage_key(
    key: ApiKey,
    identity: &Identity,
    resources: &[StackResource],
    members: &BTreeMap<String, String>,
) -> StageKey {
    let maker = if is_of(&key, resources) {
        Maker::Settings
    } else if is_made_for(&key, identity) {
        Maker::Command
    } else {
        Maker::Other
    };
    let is_ours = maker != Maker::Other;
    let own = key.name.strip_prefix(&template::name_prefix(identity)).filter(|_| is_ours);
    StageKey { name: own.unwrap_or(&key.name).to_owned(), plan: members.get(&key.id).cloned(), maker, key }
}

/// Deletes the keys that `keys create` made for a stage, whose stack does not know them: their names.
///
/// # Errors
/// A call failed.
pub(super) async fn delete_made_keys(region: &aws::Region, identity: &Identity) -> Result<Vec<String>, Error> {
    let credentials = region.credentials().await?;
    let keys = region.api_keys(&credentials, &template::name_prefix(identity), false).await?;
    let mut names = Vec::new();
    for key in keys.into_iter().filter(|key| is_made_for(key, identity)) {
        region.delete_api_key(&credentials, &key.id).await?;
        names.push(key.name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, name: &str, tags: &[(&str, &str)]) -> ApiKey {
        ApiKey {
            id: id.to_owned(),
            name: name.to_owned(),
            value: None,
            is_enabled: true,
            created: None,
            tags: tags.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn a_key_is_of_who_made_it() {
        let identity = Identity { project: "shop".to_owned(), stage: "dev".to_owned(), function_name: None };
        let kind = API_KEY_TYPE.to_owned();
        let resources = [StackResource { logical_id: "A".to_owned(), physical_id: "a".to_owned(), kind }];
        let members = BTreeMap::from([("a".to_owned(), "free".to_owned())]);
        let own = [("zappa-rs:project", "shop"), ("zappa-rs:stage", "dev"), (MADE_TAG, "acme")];
        let of_other_stage = [("zappa-rs:project", "shop"), ("zappa-rs:stage", "dev-2"), (MADE_TAG, "acme")];
        for (key, maker, name, plan) in [
            (key("a", "shop-dev-mobile", &own[..2]), Maker::Settings, "mobile", Some("free")),
            (key("b", "shop-dev-acme", &own), Maker::Command, "acme", None),
            // Propagated from the stack of another stage, or made for it.
            (key("c", "shop-dev-2-acme", &of_other_stage), Maker::Other, "shop-dev-2-acme", None),
            (key("d", "customer-17", &[]), Maker::Other, "customer-17", None),
        ] {
            let found = stage_key(key, &identity, &resources, &members);
            assert_eq!((found.maker, &*found.name, found.plan.as_deref()), (maker, name, plan));
        }
    }
}
