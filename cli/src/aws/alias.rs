//! The alias that traffic goes through: read, and pointed back to a version.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_lambda::types::AliasRoutingConfiguration;

use super::{Error, Region};

/// An alias of a function, as Lambda describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Alias {
    /// The version that it points to: a number or `$LATEST`.
    pub(crate) version: String,
    /// Further versions that get a share of the traffic.
    pub(crate) weighted: Vec<String>,
    /// What an update names, so that it meets no other state than this one.
    pub(crate) revision_id: Option<String>,
}

/// A version with its share of an alias's traffic.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Share {
    pub(crate) version: String,
    pub(crate) percent: u32,
}

/// The shares of an alias's traffic: those of the further versions first, then what is left for its own.
fn shares(version: String, weights: HashMap<String, f64>) -> Vec<Share> {
    let percent = |weight: f64| (weight.clamp(0.0, 1.0) * 100.0).round() as u32;
    let mut shares: Vec<Share> =
        weights.into_iter().map(|(version, weight)| Share { version, percent: percent(weight) }).collect();
    shares.sort_by(|one, other| one.version.cmp(&other.version));
    let given: u32 = shares.iter().map(|share| share.percent).sum();
    shares.push(Share { version, percent: 100_u32.saturating_sub(given) });
    shares
}

impl Region {
    /// Reads the shares of an alias's traffic; `None` if the function has none of this name.
    pub(crate) async fn alias_shares(&self, function: &str, name: &str) -> Result<Option<Vec<Share>>, Error> {
        let call = self.call("lambda:GetAlias", &format!("{function}:{name}"));
        match call.send(self.lambda().get_alias().function_name(function).name(name).send()).await {
            Ok(found) => {
                let weights = found.routing_config.and_then(|routing| routing.additional_version_weights);
                Ok(Some(shares(found.function_version.unwrap_or_default(), weights.unwrap_or_default())))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads an alias; `None` if the function has none of this name, or there is no such function.
    pub(crate) async fn find_alias(&self, function: &str, name: &str) -> Result<Option<Alias>, Error> {
        let call = self.call("lambda:GetAlias", &format!("{function}:{name}"));
        match call.send(self.lambda().get_alias().function_name(function).name(name).send()).await {
            Ok(found) => {
                let weights = found.routing_config.and_then(|routing| routing.additional_version_weights);
                let mut weighted: Vec<String> = weights.unwrap_or_default().into_keys().collect();
                weighted.sort();
                let version = found.function_version.unwrap_or_default();
                Ok(Some(Alias { version, weighted, revision_id: found.revision_id }))
            }
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The versions that any alias of a function points to or gives a share of the traffic.
    pub(crate) async fn aliased_versions(&self, function: &str) -> Result<BTreeSet<String>, Error> {
        let call = self.call("lambda:ListAliases", function);
        let mut versions = BTreeSet::new();
        let mut next = None;
        loop {
            let page = call.send(self.lambda().list_aliases().function_name(function).set_marker(next).send()).await?;
            for alias in page.aliases.unwrap_or_default() {
                versions.extend(alias.function_version);
                let weights = alias.routing_config.and_then(|routing| routing.additional_version_weights);
                versions.extend(weights.unwrap_or_default().into_keys());
            }
            next = page.next_marker.filter(|marker| !marker.is_empty());
            if next.is_none() {
                return Ok(versions);
            }
        }
    }

    /// Points an alias to one version with all of the traffic, if it still is what was read, and returns it. Idempotent.
    ///
    /// # Errors
    /// Lambda's `PreconditionFailedException` if somebody else changed the alias since; see [`Error::is_overtaken`].
    pub(crate) async fn point_alias(
        &self,
        function: &str,
        name: &str,
        seen: &Alias,
        version: &str,
    ) -> Result<Alias, Error> {
        let call = self.call("lambda:UpdateAlias", &format!("{function}:{name}"));
        let no_weights = AliasRoutingConfiguration::builder().set_additional_version_weights(Some([].into())).build();
        let update = self
            .lambda()
            .update_alias()
            .function_name(function)
            .name(name)
            .function_version(version)
            .routing_config(no_weights)
            .set_revision_id(seen.revision_id.clone());
        match call.send(update.send()).await {
            // The answer to an earlier try of this very call may have been lost.
            Err(error) if error.is_overtaken() => match self.find_alias(function, name).await? {
                Some(now) if now.version == version && now.weighted.is_empty() => Ok(now),
                _ => Err(error),
            },
            outcome => {
                let revision_id = outcome?.revision_id;
                Ok(Alias { version: version.to_owned(), weighted: Vec::new(), revision_id })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    fn json(status: u16, kind: &'static str, body: &str) -> Canned {
        Canned::Answer { status, headers: vec![("x-amzn-errortype", kind)], body: body.to_owned() }
    }

    #[tokio::test]
    async fn an_alias_is_read_with_its_weights() {
        let body = r#"{"Name":"live","FunctionVersion":"3","RevisionId":"r1",
                       "RoutingConfig":{"AdditionalVersionWeights":{"5":0.1,"4":0.2}}}"#;
        let (found, _) = region("eu-west-1", vec![json(200, "", body)]).await;
        let alias = found.find_alias("app-dev", "live").await.unwrap().unwrap();
        let weighted = vec!["4".to_owned(), "5".to_owned()];
        assert_eq!(alias, Alias { version: "3".to_owned(), weighted, revision_id: Some("r1".to_owned()) });
        let missing = json(404, "ResourceNotFoundException", r#"{"Message":"none"}"#);
        let (gone, _) = region("eu-west-1", vec![missing]).await;
        assert_eq!(gone.find_alias("app-dev", "live").await.unwrap(), None);
    }

    #[tokio::test]
    async fn every_version_that_an_alias_names_or_weights_is_found_on_all_pages() {
        let first = r#"{"Aliases":[{"Name":"live","FunctionVersion":"3",
                        "RoutingConfig":{"AdditionalVersionWeights":{"5":0.1}}}],"NextMarker":"more"}"#;
        let last = r#"{"Aliases":[{"Name":"canary","FunctionVersion":"2"}]}"#;
        let (region, asked) = region("eu-west-1", vec![json(200, "", first), json(200, "", last)]).await;
        let found = region.aliased_versions("app-dev").await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["2", "3", "5"]);
        assert!(asked.all()[1].contains("Marker=more"), "{:?}", asked.all());
    }

    #[test]
    fn the_shares_of_an_alias_are_all_of_the_traffic() {
        let of = |weights: &[(&str, f64)]| {
            let weights = weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
            let shares = shares("3".to_owned(), weights);
            shares.iter().map(|share| format!("{}:{}", share.version, share.percent)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(&[]), "3:100");
        assert_eq!(of(&[("4", 0.1)]), "4:10 3:90");
        assert_eq!(of(&[("4", 0.29)]), "4:29 3:71");
        assert_eq!(of(&[("5", 2.0), ("4", 0.5)]), "4:50 5:100 3:0");
    }

    #[tokio::test]
    async fn an_alias_that_somebody_else_changed_is_left_alone_unless_it_is_as_wanted() {
        let seen = Alias { version: "2".to_owned(), weighted: Vec::new(), revision_id: Some("r1".to_owned()) };
        let failed =
            json(412, "PreconditionFailedException", r#"{"message":"The RevisionId provided does not match"}"#);
        for (version, is_well) in [("3", true), ("4", false)] {
            let now = format!(r#"{{"FunctionVersion":"{version}","RevisionId":"r2"}}"#);
            let (region, asked) = region("eu-west-1", vec![failed.clone(), json(200, "", &now)]).await;
            let outcome = region.point_alias("app-dev", "live", &seen, "3").await;
            assert_eq!(outcome.is_ok(), is_well, "{version}");
            assert!(asked.all()[0].contains(r#""RevisionId":"r1""#), "{:?}", asked.all());
        }
    }
}
