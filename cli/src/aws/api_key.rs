//! API keys and usage plans of API Gateway.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use super::{Error, Region, SessionCredentials, call::Call, gateway_call::GatewayRequest};

/// The most entries of a page.
const PAGE: &str = "500";

/// An API key.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct ApiKey {
    /// Its id, which is no secret.
    pub(crate) id: String,
    /// Its name in the account.
    pub(crate) name: String,
    /// Its value, where it was asked for.
    pub(crate) value: Option<String>,
    /// Whether requests with it are accepted.
    pub(crate) is_enabled: bool,
    /// When it was made.
    pub(crate) created: Option<SystemTime>,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// The requests of a key on one day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DayUsage {
    /// How many were counted.
    pub(crate) used: i64,
    /// How many were left of the quota at the end of the day.
    pub(crate) remaining: i64,
}

impl ApiKey {
    fn new(key: &Value) -> Option<Self> {
        let text = |name: &str| key[name].as_str().map(str::to_owned);
        let tags = key["tags"].as_object().into_iter().flatten();
        Some(Self {
            id: text("id")?,
            name: text("name").unwrap_or_default(),
            value: text("value"),
            is_enabled: key["enabled"].as_bool().unwrap_or_default(),
            created: time(&key["createdDate"]),
            tags: tags.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect(),
        })
    }
}

/// A time as API Gateway writes it: seconds since 1970, or a date.
fn time(value: &Value) -> Option<SystemTime> {
    match value {
        Value::Number(seconds) => {
            let since = Duration::try_from_secs_f64(seconds.as_f64()?).ok()?;
            SystemTime::UNIX_EPOCH.checked_add(since)
        }
        Value::String(date) => {
            let seconds = date.parse::<jiff::Timestamp>().ok()?.as_second();
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
        }
        _ => None,
    }
}

impl Region {
    /// The API keys whose names begin so, all pages of them; their values only with `with_values`.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKeys.html>
    pub(crate) async fn api_keys(
        &self,
        credentials: &SessionCredentials,
        prefix: &str,
        with_values: bool,
    ) -> Result<Vec<ApiKey>, Error> {
        let request = GatewayRequest::new("GET", &["apikeys"])
            .with_query("includeValues", if with_values { "true" } else { "false" })
            .with_query("limit", PAGE)
            .with_query("name", prefix);
        let found = self.pages("apigateway:GetApiKeys", prefix, credentials, &request).await?;
        Ok(found.iter().filter_map(ApiKey::new).collect())
    }

    /// One API key.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKey.html>
    pub(crate) async fn api_key(
        &self,
        credentials: &SessionCredentials,
        id: &str,
        with_value: bool,
    ) -> Result<Option<ApiKey>, Error> {
        let call = self.call("apigateway:GetApiKey", id);
        let request = GatewayRequest::new("GET", &["apikeys", id])
            .with_query("includeValue", if with_value { "true" } else { "false" });
        match self.api_gateway(&call, credentials, &request).await {
            Ok(key) => Ok(Some(ApiKey::new(&key).ok_or_else(|| Error::odd(call, None, b"an API key without an id"))?)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The ids of the keys of a usage plan; none if there is no such plan.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsagePlanKeys.html>
    pub(crate) async fn plan_keys(&self, credentials: &SessionCredentials, plan: &str) -> Result<Vec<String>, Error> {
        let request = GatewayRequest::new("GET", &["usageplans", plan, "keys"]).with_query("limit", PAGE);
        match self.pages("apigateway:GetUsagePlanKeys", plan, credentials, &request).await {
            Ok(found) => Ok(found.iter().filter_map(|key| key["id"].as_str().map(str::to_owned)).collect()),
            Err(error) if is_missing(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes an API key, whose value AWS chooses unless it is given.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html>
    pub(crate) async fn create_api_key(
        &self,
        credentials: &SessionCredentials,
        name: &str,
        value: Option<&str>,
        tags: &BTreeMap<String, String>,
    ) -> Result<ApiKey, Error> {
        let call = self.call("apigateway:CreateApiKey", name);
        let mut body = json!({ "name": name, "enabled": true, "tags": tags });
        if let Some(value) = value {
            body["value"] = json!(value);
        }
        let request = GatewayRequest::new("POST", &["apikeys"]).with_body(&body);
        let key = self.api_gateway(&call, credentials, &request).await?;
        ApiKey::new(&key).ok_or_else(|| Error::odd(call, None, b"an API key without an id"))
    }

    /// Puts a key into a usage plan.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateUsagePlanKey.html>
    pub(crate) async fn add_to_plan(
        &self,
        credentials: &SessionCredentials,
        plan: &str,
        key: &str,
    ) -> Result<(), Error> {
        let call = self.call("apigateway:CreateUsagePlanKey", plan);
        let body = json!({ "keyId": key, "keyType": "API_KEY" });
        let request = GatewayRequest::new("POST", &["usageplans", plan, "keys"]).with_body(&body);
        self.api_gateway(&call, credentials, &request).await.map(drop)
    }

    /// Deletes an API key, which leaves its plans; one that is gone is fine.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteApiKey.html>
    pub(crate) async fn delete_api_key(&self, credentials: &SessionCredentials, id: &str) -> Result<(), Error> {
        let call = self.call("apigateway:DeleteApiKey", id);
        let request = GatewayRequest::new("DELETE", &["apikeys", id]);
        match self.api_gateway(&call, credentials, &request).await {
            Err(error) if !is_missing(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The requests of each key of a plan, day by day, from the first date to the last one; dates are `2026-01-31`.
    /// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsage.html>
    pub(crate) async fn usage(
        &self,
        credentials: &SessionCredentials,
        plan: &str,
        first: &str,
        last: &str,
    ) -> Result<BTreeMap<String, Vec<DayUsage>>, Error> {
        let call = self.call("apigateway:GetUsage", plan);
        let request = GatewayRequest::new("GET", &["usageplans", plan, "usage"])
            .with_query("endDate", last)
            .with_query("limit", PAGE)
            .with_query("startDate", first);
        let mut usage: BTreeMap<String, Vec<DayUsage>> = BTreeMap::new();
        let mut position: Option<String> = None;
        loop {
            let mut request = request.clone();
            if let Some(position) = &position {
                request = request.with_query("position", position);
            }
            let page = self.api_gateway(&call, credentials, &request).await?;
            let values = page["values"].as_object().or_else(|| page["items"].as_object());
            for (key, days) in values.into_iter().flatten() {
                let day = |day: &Value| Some(DayUsage { used: day[0].as_i64()?, remaining: day[1].as_i64()? });
                let days = days.as_array().into_iter().flatten().filter_map(day);
                usage.entry(key.clone()).or_default().extend(days);
            }
            position = next_page(&call, &page, position.as_deref())?;
            if position.is_none() {
                return Ok(usage);
            }
        }
    }

    /// The entries of all pages.
    async fn pages(
        &self,
        operation: &'static str,
        resource: &str,
        credentials: &SessionCredentials,
        request: &GatewayRequest,
    ) -> Result<Vec<Value>, Error> {
        let call = self.call(operation, resource);
        let (mut found, mut position): (Vec<Value>, Option<String>) = (Vec::new(), None);
        loop {
            let mut request = request.clone();
            if let Some(position) = &position {
                request = request.with_query("position", position);
            }
            let page = self.api_gateway(&call, credentials, &request).await?;
            // AWS writes `item`; its own documentation says `items`.
            let entries = page["item"].as_array().or_else(|| page["items"].as_array());
            found.extend(entries.into_iter().flatten().cloned());
            position = next_page(&call, &page, position.as_deref())?;
            if position.is_none() {
                return Ok(found);
            }
        }
    }
}

/// Where the next page begins; `None` behind the last one.
fn next_page(call: &Call, page: &Value, before: Option<&str>) -> Result<Option<String>, Error> {
    let next = page["position"].as_str().filter(|next| !next.is_empty());
    if next.is_some() && next == before {
        return Err(Error::odd(call.clone(), None, b"the same page again and again"));
    }
    Ok(next.map(str::to_owned))
}

fn is_missing(error: &Error) -> bool {
    error.code() == Some("NotFoundException")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, served};

    fn answer(status: u16, body: &Value) -> Canned {
        Canned::Answer { status, headers: vec![("content-type", "application/json")], body: body.to_string() }
    }

    fn refusal(status: u16, code: &'static str) -> Canned {
        let headers = vec![("x-amzn-errortype", code), ("x-amzn-requestid", "request-1")];
        Canned::Answer { status, headers, body: "{\"message\":\"Because.\"}".to_owned() }
    }

    async fn region(answers: Vec<Canned>) -> (Region, SessionCredentials, crate::aws::canned::Asked) {
        let (aws, asked) = served(answers).await;
        let credentials = aws.credentials().await.unwrap();
        (aws.in_region("eu-west-1"), credentials, asked)
    }

    #[tokio::test]
    async fn keys_are_read_page_by_page_and_their_values_only_on_request() {
        let key = |id: &str| json!({ "id": id, "name": "shop-dev-app", "enabled": true, "createdDate": 1_800_000_000 });
        let first = json!({ "item": [key("a")], "position": "p+1" });
        let second = json!({ "item": [{ "id": "b", "value": "hush", "createdDate": "2026-01-31T00:00:00Z" }] });
        let (region, credentials, asked) = region(vec![answer(200, &first), answer(200, &second)]).await;
        let keys = region.api_keys(&credentials, "shop-dev-", false).await.unwrap();
        assert_eq!(keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(keys[0].is_enabled && keys[0].created.is_some() && keys[1].created.is_some());
        assert!(!format!("{keys:?}").contains("hush"));
        let asked = asked.all();
        assert_eq!(asked[0].trim(), "GET /apikeys?includeValues=false&limit=500&name=shop-dev-");
        assert_eq!(asked[1].trim(), "GET /apikeys?includeValues=false&limit=500&name=shop-dev-&position=p%2B1");
    }

    #[tokio::test]
    async fn a_throttled_call_is_repeated_and_a_creation_that_failed_is_not() {
        let throttled = || refusal(429, "TooManyRequestsException");
        let (throttling, credentials, asked) = region(vec![throttled(), answer(201, &json!({ "id": "a" }))]).await;
        throttling.create_api_key(&credentials, "shop-dev-app", None, &BTreeMap::new()).await.unwrap();
        assert_eq!(asked.all().len(), 2);
        let (failing, credentials, asked) = region(vec![refusal(500, "InternalFailure")]).await;
        let error = failing.create_api_key(&credentials, "shop-dev-app", None, &BTreeMap::new()).await.unwrap_err();
        assert_eq!(asked.all().len(), 1);
        assert_eq!(
            error.to_string(),
            "apigateway:CreateApiKey of `shop-dev-app` in eu-west-1: InternalFailure: Because (status 500, request id request-1)"
        );
    }

    #[tokio::test]
    async fn what_is_gone_is_no_error() {
        let (region, credentials, _) = region(vec![refusal(404, "NotFoundException:http://internal/")]).await;
        region.delete_api_key(&credentials, "a").await.unwrap();
        assert_eq!(region.api_key(&credentials, "a", false).await.unwrap(), None);
        assert_eq!(region.plan_keys(&credentials, "p").await.unwrap(), [] as [&str; 0]);
    }

    #[tokio::test]
    async fn usage_is_a_pair_of_numbers_for_each_day() {
        let page =
            json!({ "values": { "a": [[3, 997], [0, 1000]] }, "startDate": "2026-01-30", "endDate": "2026-01-31" });
        let (region, credentials, asked) = region(vec![answer(200, &page)]).await;
        let usage = region.usage(&credentials, "p", "2026-01-30", "2026-01-31").await.unwrap();
        assert_eq!(usage["a"], [DayUsage { used: 3, remaining: 997 }, DayUsage { used: 0, remaining: 1000 }]);
        assert_eq!(asked.all()[0].trim(), "GET /usageplans/p/usage?endDate=2026-01-31&limit=500&startDate=2026-01-30");
    }
}
