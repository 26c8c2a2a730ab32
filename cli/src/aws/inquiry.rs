//! Inquiries about the account, for `doctor`: quick ones, whose failure is an answer too.

use super::{
    Aws, Error, Region,
    region::Caller,
    response_date::{ResponseDate, now},
    timeout,
};

/// Who the caller is, and by how much this machine's clock differs from AWS's.
#[derive(Debug)]
pub(crate) struct Identification {
    pub(crate) caller: Result<Caller, Error>,
    /// In seconds; positive where this machine's clock is ahead, `None` where AWS did not say its time.
    pub(crate) skew: Option<i64>,
}

/// Lambda's limits of an account in a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct AccountLimits {
    /// How many instances may run at once.
    pub(crate) concurrent: u32,
    /// How many of these no function has reserved.
    pub(crate) unreserved: u32,
}

impl Aws {
    /// The same with calls that end within ten seconds.
    pub(crate) fn quick(&self) -> Self {
        let config = self.shared.to_builder().timeout_config(timeout::of_inquiry());
        let shared = config.retry_config(timeout::retries().with_max_attempts(2)).build();
        Self { shared: shared.into(), ..self.clone() }
    }
}

impl Region {
    /// Whose credentials these are, with AWS's time, which a refusal has too: one call.
    pub(crate) async fn identify(&self) -> Identification {
        let date = ResponseDate::default();
        let call = self.call("sts:GetCallerIdentity", "");
        let ask = self.sts().get_caller_identity().customize().interceptor(date.clone());
        let answer = call.send(ask.send()).await;
        let skew = date.milliseconds().map(|date| (now() - date) / 1_000);
        let caller = answer.and_then(|answer| match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => Ok(Caller { account, arn }),
            (account, arn) => Err(Error::odd(call, None, format!("account {account:?}, arn {arn:?}").as_bytes())),
        });
        Identification { caller, skew }
    }

    /// Lambda's limits of the account.
    pub(crate) async fn account_limits(&self) -> Result<AccountLimits, Error> {
        let call = self.call("lambda:GetAccountSettings", "");
        let limits = call.send(self.lambda().get_account_settings().send()).await?.account_limit;
        let limits = limits.ok_or_else(|| Error::odd(call, None, b"no limits"))?;
        let count = |count: i32| u32::try_from(count).unwrap_or_default();
        let concurrent = count(limits.concurrent_executions);
        Ok(AccountLimits { concurrent, unreserved: limits.unreserved_concurrent_executions.map_or(concurrent, count) })
    }

    /// How much concurrency a function has reserved; none if it does not exist.
    pub(crate) async fn reserved_concurrency(&self, function: &str) -> Result<u32, Error> {
        let call = self.call("lambda:GetFunctionConcurrency", function);
        match call.send(self.lambda().get_function_concurrency().function_name(function).send()).await {
            Ok(found) => {
                Ok(found.reserved_concurrent_executions.and_then(|count| u32::try_from(count).ok()).unwrap_or(0))
            }
            Err(error) if error.is_missing() => Ok(0),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    #[tokio::test]
    async fn a_refusal_tells_the_time_too() {
        let refusal = Canned::Answer {
            status: 403,
            headers: vec![("date", "Wed, 25 Nov 2020 19:59:59 GMT")],
            body: "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>".to_owned(),
        };
        let (region, _) = region("eu-west-1", vec![refusal]).await;
        let found = region.identify().await;
        assert!(found.caller.is_err_and(|error| error.is_credentials()));
        assert!(found.skew.unwrap() > 100_000_000, "{:?}", found.skew);
    }

    #[tokio::test]
    async fn limits_are_those_of_the_account() {
        let body = r#"{"AccountLimit":{"ConcurrentExecutions":10,"UnreservedConcurrentExecutions":7}}"#;
        let answer = Canned::Answer { status: 200, headers: Vec::new(), body: body.to_owned() };
        let (region, asked) = region("eu-west-1", vec![answer]).await;
        assert_eq!(region.account_limits().await.unwrap(), AccountLimits { concurrent: 10, unreserved: 7 });
        assert!(asked.all()[0].starts_with("GET /2016-08-19/account-settings"), "{:?}", asked.all());
    }

    #[tokio::test]
    async fn a_function_that_is_not_there_reserves_nothing() {
        let missing = Canned::Answer {
            status: 404,
            headers: vec![("x-amzn-errortype", "ResourceNotFoundException")],
            body: "{}".to_owned(),
        };
        let there = r#"{"ReservedConcurrentExecutions":5}"#.to_owned();
        let (region, _) =
            region("eu-west-1", vec![missing, Canned::Answer { status: 200, headers: Vec::new(), body: there }]).await;
        assert_eq!(region.reserved_concurrency("shop-dev").await.unwrap(), 0);
        assert_eq!(region.reserved_concurrency("shop-dev").await.unwrap(), 5);
    }
}
