//! The check of requests that a gateway asks something of: its keys, clock and buckets.
//!
//! `gateway::access` says what is asked and how a refusal looks.

mod authorizers;

use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::gateway::{
    Gateway,
    access::{Access, Bucket, Denial},
    arrival::{Arrival, Stamp},
    event,
    refusal::Refusal,
};

pub(super) use self::authorizers::Authorizers;

/// The check of one gateway's requests.
#[derive(Debug)]
pub(super) struct Guard {
    /// The bucket of each route that has a throttle, at the route's number.
    buckets: Vec<Option<Mutex<Bucket>>>,
}

impl Guard {
    /// Creates the check of a gateway's requests; `None` where it asks nothing of them.
    pub(super) fn new(gateway: &Gateway) -> Option<Self> {
        if gateway.access.is_empty() {
            return None;
        }
        let now = Instant::now();
        let bucket = |access: &Access| access.throttle.map(|throttle| Mutex::new(Bucket::new(throttle, now)));
        Some(Self { buckets: gateway.access.routes().iter().map(bucket).collect() })
    }

    /// Lets a request in, or refuses it as the gateway does.
    pub(super) fn check(&self, gateway: &Gateway, arrival: &Arrival, stamp: &Stamp) -> Result<(), Refusal> {
        let Some((number, access)) = event::access(gateway, arrival, stamp)? else { return Ok(()) };
        self.check_throttle(number, access).map_err(|(denial, reason)| denial.refuse(gateway, stamp, reason))
    }

    fn check_throttle(&self, number: usize, access: &Access) -> Result<(), (Denial, String)> {
        let bucket = self.buckets.get(number).and_then(Option::as_ref);
        let Some((throttle, bucket)) = access.throttle.zip(bucket) else { return Ok(()) };
        // Nobody panics while it is locked.
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        if bucket.take(throttle, Instant::now()) {
            return Ok(());
        }
        let reason = format!(
            "more than {} requests at once and {} in a second: `throttle` of the settings",
            throttle.burst, throttle.rate
        );
        Err((Denial::Throttled, reason))
    }
}
