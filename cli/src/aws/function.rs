//! The function: what Lambda says of it, invocations with their log, old versions, and what CloudWatch counted.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_sdk_lambda::{primitives::Blob, types::LogType};

use super::{Error, Region, settle::Pauses};

/// How long a role may take until Lambda can assume it, and a version until it can be invoked.
const PATIENCE: Duration = Duration::from_secs(90);
/// A day in seconds.
const DAY: i64 = 24 * 60 * 60;

/// What Lambda says of a function or one of its versions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FunctionFacts {
    /// The SHA-256 of its zip in base64.
    pub(crate) code_sha256: String,
    /// `$LATEST` or a number.
    pub(crate) version: String,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub(crate) struct Invoked {
    /// `Unhandled` and the like, if the function failed.
    pub(crate) function_error: Option<String>,
    pub(crate) payload: Vec<u8>,
    /// The end of the log, 4 KB at most.
    pub(crate) log: String,
}

/// What CloudWatch counted on the last day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub(crate) invocations: u64,
    pub(crate) errors: u64,
    pub(crate) throttles: u64,
}

impl Region {
    /// What Lambda has behind a qualifier; `None` if there is no such thing.
    pub(crate) async fn find_function(&self, name: &str, qualifier: &str) -> Result<Option<FunctionFacts>, Error> {
        let call = self.lambda().get_function_configuration().function_name(name).qualifier(qualifier);
        match call.send().await {
            Ok(answer) => Ok(Some(FunctionFacts {
                code_sha256: answer.code_sha256().unwrap_or_default().to_owned(),
                version: answer.version().unwrap_or_default().to_owned(),
            })),
            Err(error) => {
                let error = Error::of("lambda:GetFunctionConfiguration", self.name(), &shown(name), &error);
                if error.is_missing() { Ok(None) } else { Err(error) }
            }
        }
    }

    /// Invokes and waits for the answer. What is not ready yet is asked again for a while.
    pub(crate) async fn invoke(&self, name: &str, qualifier: &str, payload: Vec<u8>) -> Result<Invoked, Error> {
        let payload = Blob::new(payload);
        let mut pauses = Pauses::new(PATIENCE);
        loop {
            let call = self.lambda().invoke().function_name(name).qualifier(qualifier);
            match call.log_type(LogType::Tail).payload(payload.clone()).send().await {
                Ok(answer) => {
                    let log = answer.log_result().and_then(|log| base64_simd::STANDARD.decode_to_vec(log).ok());
                    return Ok(Invoked {
                        function_error: answer.function_error().map(str::to_owned),
                        payload: answer.payload.map(Blob::into_inner).unwrap_or_default(),
                        log: String::from_utf8_lossy(&log.unwrap_or_default()).into_owned(),
                    });
                }
                Err(error) => {
                    let error = Error::of("lambda:InvokeFunction", self.name(), &shown(name), &error);
                    if !is_not_ready(&error) || !pauses.next().await {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// The numbers of all published versions.
    pub(crate) async fn versions(&self, name: &str) -> Result<Vec<String>, Error> {
        let mut pages = self.lambda().list_versions_by_function().function_name(name).into_paginator().send();
        let mut versions = Vec::new();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| Error::of("lambda:ListVersionsByFunction", self.name(), &shown(name), &error))?;
            let numbers = page.versions().iter().filter_map(|version| version.version());
            versions.extend(numbers.filter(|version| *version != "$LATEST").map(str::to_owned));
        }
        Ok(versions)
    }

    /// Deletes one version.
    pub(crate) async fn remove_version(&self, name: &str, version: &str) -> Result<(), Error> {
        match self.lambda().delete_function().function_name(name).qualifier(version).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = Error::of("lambda:DeleteFunction", self.name(), &shown(name), &error);
                if error.is_missing() { Ok(()) } else { Err(error) }
            }
        }
    }

    /// Deletes a log group with its logs.
    pub(crate) async fn remove_log_group(&self, name: &str) -> Result<(), Error> {
        let logs = aws_sdk_cloudwatchlogs::Client::new(self.config());
        match logs.delete_log_group().log_group_name(name).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = Error::of("logs:DeleteLogGroup", self.name(), &format!("log group `{name}`"), &error);
                if error.is_missing() { Ok(()) } else { Err(error) }
            }
        }
    }

    /// What CloudWatch counted; `None` where it does not tell. Figures are an extra and end no command.
    pub(crate) async fn last_day(&self, function: &str, alias: &str) -> Option<Counts> {
        let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
        let query = |id: &str, name: &str| {
            let metric = Metric::builder()
                .namespace("AWS/Lambda")
                .metric_name(name)
                .dimensions(dimension("FunctionName", function))
                .dimensions(dimension("Resource", &format!("{function}:{alias}")));
            let stat = MetricStat::builder().metric(metric.build()).period(86_400).stat("Sum");
            MetricDataQuery::builder().id(id).metric_stat(stat.build()).build()
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
        let now = i64::try_from(now).ok()?;
        let answer = aws_sdk_cloudwatch::Client::new(self.config())
            .get_metric_data()
            .metric_data_queries(query("invocations", "Invocations"))
            .metric_data_queries(query("errors", "Errors"))
            .metric_data_queries(query("throttles", "Throttles"))
            .start_time(aws_smithy_types::DateTime::from_secs(now - DAY))
            .end_time(aws_smithy_types::DateTime::from_secs(now))
            .send()
            .await
            .ok()?;
        let sum = |id: &str| {
            let result = answer.metric_data_results().iter().find(|result| result.id() == Some(id));
            result.map_or(0.0, |result| result.values().iter().sum::<f64>()) as u64
        };
        Some(Counts { invocations: sum("invocations"), errors: sum("errors"), throttles: sum("throttles") })
    }
}

fn shown(name: &str) -> String {
    format!("function `{name}`")
}

/// A role that was just made, or a version that is still brought up.
fn is_not_ready(error: &Error) -> bool {
    matches!(error.code(), Some("ResourceConflictException" | "ResourceNotReadyException"))
        || error.message().contains("cannot be assumed by Lambda")
        || error.code() == Some("AccessDeniedException") && error.message().contains("unable to assume")
}
