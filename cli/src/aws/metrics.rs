//! Metrics of the function from CloudWatch: invocations, errors and throttles of the last day.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::{
    config::retry::RetryConfig,
    primitives::DateTime,
    types::{Dimension, Metric, MetricDataQuery, MetricStat},
};

use super::{Region, timeout};

/// The window, and the period: one sum for all of it.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NAMES: [(&str, &str); 3] = [("invocations", "Invocations"), ("errors", "Errors"), ("throttles", "Throttles")];

/// Invocations of the last 24 hours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    /// Invocations, failed ones included.
    pub(crate) invocations: u64,
    /// Failed ones.
    pub(crate) errors: u64,
    /// Refused for want of concurrency.
    pub(crate) throttles: u64,
}

impl Region {
    /// The counts of an alias, in one call; `None` if CloudWatch did not answer: numbers never end a command.
    pub(crate) async fn last_day(&self, function: &str, alias: &str) -> Option<Counts> {
        let now = SystemTime::now();
        let queries = NAMES.map(|(id, name)| {
            let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
            let metric = Metric::builder()
                .namespace("AWS/Lambda")
                .metric_name(name)
                .dimensions(dimension("FunctionName", function))
                .dimensions(dimension("Resource", &format!("{function}:{alias}")))
                .build();
            let sum = MetricStat::builder().metric(metric).period(60 * 60).stat("Sum").build();
            MetricDataQuery::builder().id(id).metric_stat(sum).build()
        });
        let quick = aws_sdk_cloudwatch::config::Builder::new()
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(timeout::of_metrics());
        let ask = self
            .cloudwatch()
            .get_metric_data()
            .set_metric_data_queries(Some(queries.to_vec()))
            .start_time(DateTime::from(now - DAY))
            .end_time(DateTime::from(now));
        let answer = ask.customize().config_override(quick).send().await.ok()?;
        let results = answer.metric_data_results?;
        let sum = |id: &str| {
            let result = results.iter().find(|result| result.id.as_deref() == Some(id))?;
            Some(result.values().iter().sum::<f64>() as u64)
        };
        Some(Counts { invocations: sum("invocations")?, errors: sum("errors")?, throttles: sum("throttles")? })
    }
}
