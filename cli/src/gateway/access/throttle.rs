//! Throttling: the token bucket of a route.
//!
//! AWS calls its own a target and not a ceiling, with other factors beside rate and burst; this one is exact.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html>

use std::time::Instant;

/// How often a route may be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Throttle {
    /// Requests in a second.
    pub(crate) rate: f64,
    /// Requests at once.
    pub(crate) burst: f64,
}

/// A bucket with a token for each request that may come now. It begins full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    /// When the tokens were counted.
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(throttle: Throttle, now: Instant) -> Self {
        Self { tokens: throttle.burst, at: now }
    }

    /// Takes a token; whether there was one.
    pub(crate) fn take(&mut self, throttle: Throttle, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * throttle.rate).min(throttle.burst);
        self.at = self.at.max(now);
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Which of the requests that come at these milliseconds are let in.
    fn admitted(rate: f64, burst: f64, millis: &[u64]) -> Vec<bool> {
        let (throttle, start) = (Throttle { rate, burst }, Instant::now());
        let mut bucket = Bucket::new(throttle, start);
        millis.iter().map(|millis| bucket.take(throttle, start + Duration::from_millis(*millis))).collect()
    }

    #[test]
    fn the_burst_is_let_in_at_once_and_then_the_rate() {
        assert_eq!(
            admitted(2.0, 3.0, &[0, 0, 0, 0, 499, 500, 500, 1000]),
            [true, true, true, false, false, true, false, true]
        );
    }

    #[test]
    fn a_long_pause_fills_the_bucket_and_no_more() {
        assert_eq!(admitted(10.0, 2.0, &[0, 0, 0, 60_000, 60_000, 60_000]), [true, true, false, true, true, false]);
    }

    #[test]
    fn a_refusal_costs_no_token_and_a_clock_that_goes_back_brings_none() {
        assert_eq!(
            admitted(1.0, 1.0, &[0, 900, 950, 1000, 500, 1900, 2000]),
            [true, false, false, true, false, false, true]
        );
    }

    #[test]
    fn a_rate_or_burst_of_zero_lets_nothing_in() {
        assert_eq!(admitted(0.0, 1.0, &[0, 60_000]), [true, false]);
        assert_eq!(admitted(10.0, 0.0, &[0, 60_000]), [false, false]);
    }
}
