//! The check of API keys: whether a request has one, and what its usage plan still lets through.

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::gateway::{
    Gateway,
    access::{API_KEY_HEADER, ApiKey, Bucket, Denial},
    arrival::{Arrival, Stamp},
    event,
    refusal::Refusal,
};

/// What each key has used, at its number.
#[derive(Debug)]
pub(super) struct KeyGuard(Vec<Mutex<Usage>>);

/// What a key has used.
#[derive(Debug)]
struct Usage {
    bucket: Option<Bucket>,
    /// The period that is counted, and its requests.
    counted: (i64, u32),
}

impl KeyGuard {
    pub(super) fn new(keys: &[ApiKey], now: Instant) -> Self {
        let usage = |key: &ApiKey| {
            let bucket = key.plan.throttle.map(|throttle| Bucket::new(throttle, now));
            Mutex::new(Usage { bucket, counted: (0, 0) })
        };
        Self(keys.iter().map(usage).collect())
    }

    /// Lets a request in, or refuses it as the gateway does.
    pub(super) fn check(&self, gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Result<(), Refusal> {
        if !event::asks_for_key(gateway, arrival, stamp)? {
            return Ok(());
        }
        let refuse = |denial: Denial| denial.refuse(gateway, stamp);
        if let Some(reason) = arrival.ambiguity(API_KEY_HEADER) {
            return Err(refuse(Denial::Forbidden { reason }));
        }
        let value = arrival.header(API_KEY_HEADER).unwrap_or_default();
        let found = gateway.access.keys().find(&value);
        let Some((number, key)) = found else {
            let what = if value.is_empty() { "no" } else { "an unknown" };
            let reason = format!("it has {what} API key in its header `{API_KEY_HEADER}`");
            return Err(refuse(Denial::Forbidden { reason }));
        };
        self.count(number, key, stamp.epoch_millis() / 1000).map_err(refuse)
    }

    /// Counts a request with a key, unless its plan refuses it.
    fn count(&self, number: usize, key: &ApiKey, second: u64) -> Result<(), Denial> {
        let Some(usage) = self.0.get(number) else { return Ok(()) };
        // Nobody panics while it is locked.
        let mut usage = usage.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, plan) = (&key.name, &key.plan);
        if let Some((throttle, bucket)) = plan.throttle.zip(usage.bucket.as_mut())
            && !bucket.take(throttle, Instant::now())
        {
            let (rate, burst) = (throttle.rate, throttle.burst);
            let reason = format!(
                "the API key `{name}` sent more than {burst} requests at once and {rate} in a second: `throttle` of the plan `{}`",
                plan.name
            );
            return Err(Denial::Throttled { reason });
        }
        let Some(quota) = plan.quota else { return Ok(()) };
        let period = quota.period.number(i64::try_from(second).unwrap_or_default());
        if usage.counted.0 != period {
            usage.counted = (period, 0);
        }
        if usage.counted.1 >= quota.limit {
            let reason =
                format!("the API key `{name}` used its {} requests: `quota` of the plan `{}`", quota.limit, plan.name);
            return Err(Denial::QuotaExceeded { reason });
        }
        usage.counted.1 += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{
        GatewayKind,
        access::{ApiKeys, Period, Quota, Throttle, UsagePlan},
        sample,
    };

    fn key(throttle: Option<Throttle>, quota: Option<Quota>) -> ApiKey {
        let plan = UsagePlan { name: "free".to_owned(), throttle, quota };
        ApiKey { name: "app".to_owned(), plan, development_value: None }
    }

    #[test]
    fn a_quota_ends_and_begins_again_with_its_period() {
        let key = key(None, Some(Quota { limit: 2, period: Period::Day }));
        let guard = KeyGuard::new(std::slice::from_ref(&key), Instant::now());
        let counted = |second| {
            guard.count(0, &key, second).map_err(|denial| denial.refuse(&sample::gateway(GatewayKind::Rest), &sample::stamp()).response.headers()["x-amzn-errortype"].to_str().unwrap().to_owned())
        };
        assert_eq!([counted(0), counted(1), counted(2)], [Ok(()), Ok(()), Err("LimitExceededException".to_owned())]);
        assert_eq!(counted(86_400), Ok(()));
    }

    #[test]
    fn a_request_has_a_key_of_the_stage_or_is_refused() {
        let (value, mut keys) = ("0123456789abcdefghij", ApiKeys::default());
        keys.insert(key(None, Some(Quota { limit: 1, period: Period::Month })), value);
        let mut gateway = sample::gateway(GatewayKind::Rest);
        gateway.access.require_key("ANY", "/{proxy+}");
        gateway.access.set_keys(keys);
        let guard = KeyGuard::new(gateway.access.keys().all(), Instant::now());
        let status = |target: &str, value: Option<&str>| {
            let mut arrival = sample::get(target);
            arrival.headers.extend(value.map(|value| sample::headers(&[("x-api-key", value)])).unwrap_or_default());
            let checked = guard.check(&gateway, &arrival, &sample::stamp());
            checked.map_or_else(|refusal| refusal.response.status().as_u16(), |()| 200)
        };
        assert_eq!(status("/dev/", None), 200, "a path that asks for none");
        assert_eq!(status("/dev/a", None), 403);
        assert_eq!(status("/dev/a", Some("0123456789abcdefghik")), 403);
        assert_eq!(status("/dev/a", Some(value)), 200);
        assert_eq!(status("/dev/a", Some(value)), 429);
    }

    #[test]
    fn several_keys_in_one_request_are_refused_whichever_is_good() {
        let (value, mut keys) = ("0123456789abcdefghij", ApiKeys::default());
        keys.insert(key(None, None), value);
        let mut gateway = sample::gateway(GatewayKind::Rest);
        gateway.access.require_key("ANY", "/{proxy+}");
        gateway.access.set_keys(keys);
        let guard = KeyGuard::new(gateway.access.keys().all(), Instant::now());
        for (first, second) in [(value, "x"), ("x", value), (value, value)] {
            let mut arrival = sample::get("/dev/a");
            arrival.headers.extend(sample::headers(&[("x-api-key", first), ("x-api-key", second)]));
            let refusal = guard.check(&gateway, &arrival, &sample::stamp()).unwrap_err();
            assert_eq!(refusal.response.status().as_u16(), 403, "{first} {second}");
            assert!(refusal.reason.contains("2 `x-api-key` headers"), "{}", refusal.reason);
        }
    }

    #[test]
    fn a_throttled_request_is_not_counted() {
        let key = key(Some(Throttle { rate: 0.000_001, burst: 1.0 }), Some(Quota { limit: 2, period: Period::Month }));
        let guard = KeyGuard::new(std::slice::from_ref(&key), Instant::now());
        let counted = || {
            guard.count(0, &key, 0).map_err(|denial| denial.refuse(&sample::gateway(GatewayKind::Rest), &sample::stamp()).response.headers()["x-amzn-errortype"].to_str().unwrap().to_owned())
        };
        assert_eq!(
            [counted(), counted(), counted()],
            [Ok(()), Err("TooManyRequestsException".to_owned()), Err("TooManyRequestsException".to_owned())]
        );
    }
}
