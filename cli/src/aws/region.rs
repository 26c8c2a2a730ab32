//! One region of the account: its clients, its name, and the calls that are made there.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::{Aws, Error, SessionCredentials, call::Call, connection::is_of_aws, feature::Refused, operator};
use crate::suggestion::shell_word;

/// One region of the account; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    aws: Aws,
    clients: Clients,
}

/// Made when they are first needed.
#[derive(Debug, Default)]
struct Clients {
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    dynamodb_streams: OnceLock<aws_sdk_dynamodbstreams::Client>,
    kinesis: OnceLock<aws_sdk_kinesis::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    route53: OnceLock<aws_sdk_route53::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    scheduler: OnceLock<aws_sdk_scheduler::Client>,
    secrets_manager: OnceLock<aws_sdk_secretsmanager::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

/// Whose credentials these are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Caller {
    /// Twelve digits.
    pub(crate) account: String,
    /// The user or the assumed role.
    pub(crate) arn: String,
}

/// A client of a service in this region, made once.
macro_rules! client {
    ($name:ident, $sdk:ident) => {
        pub(super) fn $name(&self) -> &$sdk::Client {
            self.inner.clients.$name.get_or_init(|| {
                let config = $sdk::config::Builder::from(&*self.inner.aws.shared)
                    .region($sdk::config::Region::new(self.inner.name.clone()));
                $sdk::Client::from_conf(config.build())
            })
        }
    };
}

impl Region {
    pub(super) fn new(aws: &Aws, name: &str) -> Self {
        Self { inner: Arc::new(Inner { name: name.to_owned(), aws: aws.clone(), clients: Clients::default() }) }
    }

    client!(cloudformation, aws_sdk_cloudformation);
    client!(cloudwatch, aws_sdk_cloudwatch);
    client!(dynamodb_streams, aws_sdk_dynamodbstreams);
    client!(kinesis, aws_sdk_kinesis);
    client!(lambda, aws_sdk_lambda);
    client!(logs, aws_sdk_cloudwatchlogs);
    client!(route53, aws_sdk_route53);
    client!(scheduler, aws_sdk_scheduler);
    client!(secrets_manager, aws_sdk_secretsmanager);
    client!(sns, aws_sdk_sns);
    client!(sqs, aws_sdk_sqs);
    client!(ssm, aws_sdk_ssm);
    client!(sts, aws_sdk_sts);

    pub(super) fn s3(&self) -> &aws_sdk_s3::Client {
        self.inner.clients.s3.get_or_init(|| {
            let config = aws_sdk_s3::config::Builder::from(&*self.inner.aws.shared)
                .region(aws_sdk_s3::config::Region::new(self.inner.name.clone()))
                // An emulator has no host name for every bucket.
                .force_path_style(self.s3_endpoint().is_some());
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// The S3 endpoint of an emulator, if there is one.
    pub(super) fn s3_endpoint(&self) -> Option<&str> {
        self.inner.aws.s3_endpoint.as_deref()
    }

    /// `eu-west-1`.
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    /// Another region of the same account.
    pub(crate) fn in_region(&self, name: &str) -> Self {
        self.inner.aws.in_region(name)
    }

    /// The endpoint of an emulator, if there is one.
    pub(crate) fn endpoint_url(&self) -> Option<&str> {
        self.inner.aws.shared.endpoint_url().filter(|url| !is_of_aws(url))
    }

    /// The flags by which AWS's own command line reaches the same region, each after a space.
    pub(crate) fn cli_flags(&self) -> String {
        let endpoint = self.endpoint_url().map(|url| format!(" --endpoint-url {}", shell_word(url)));
        format!("{} --region {}", endpoint.unwrap_or_default(), self.name())
    }

    /// The connections that all calls share.
    pub(super) fn http_client(&self) -> Option<SharedHttpClient> {
        self.inner.aws.shared.http_client()
    }

    /// The credentials that calls outside of the SDK's clients are signed with.
    pub(crate) async fn credentials(&self) -> Result<SessionCredentials, Error> {
        self.inner.aws.credentials().await
    }

    /// Who runs this command, as the tokens of its changes name it.
    pub(crate) fn operator(&self) -> &str {
        &self.inner.aws.operator
    }

    /// The features that regions were found to lack in this run.
    pub(super) fn refused_features(&self) -> &Refused {
        &self.inner.aws.refused
    }

    /// A token for one change.
    pub(super) fn token(&self) -> String {
        operator::token(self.operator())
    }

    /// Whose credentials these are: one call.
    pub(crate) async fn caller(&self) -> Result<Caller, Error> {
        let call = self.call("sts:GetCallerIdentity", "");
        let answer = call.send(self.sts().get_caller_identity().send()).await?;
        match (answer.account, answer.arn) {
            (Some(account), Some(arn)) => Ok(Caller { account, arn }),
            (account, arn) => Err(Error::odd(call, None, format!("account {account:?}, arn {arn:?}").as_bytes())),
        }
    }

    /// Names a call for the error that it may end in.
    pub(super) fn call(&self, operation: &'static str, resource: &str) -> Call {
        let endpoint = if operation.starts_with("s3:") { self.s3_endpoint() } else { self.endpoint_url() };
        Call {
            operation,
            region: self.inner.name.clone(),
            resource: resource.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            renewal: self.inner.aws.renewal.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::aws::canned::{Canned, region};

    #[tokio::test]
    async fn throttling_faults_and_resets_are_outlived() {
        let caller = "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ci</Arn>";
        let answers = vec![
            Canned::error(400, "Throttling", "Rate exceeded"),
            Canned::error(500, "InternalFailure", ""),
            Canned::Reset,
            Canned::result("GetCallerIdentity", caller),
        ];
        let (region, asked) = region("eu-west-1", answers).await;
        assert_eq!(region.caller().await.unwrap().account, "123456789012");
        assert_eq!(asked.actions().len(), 4);
    }

    #[tokio::test]
    async fn a_refusal_carries_the_message_of_aws() {
        let denied =
            "User: arn:aws:iam::1:user/ci is not authorized to perform: sts:GetCallerIdentity because of a deny";
        let (region, _) = region("eu-west-1", vec![Canned::error(403, "AccessDenied", denied)]).await;
        let error = region.caller().await.unwrap_err();
        assert!(error.is_denied());
        assert_eq!(
            error.to_string(),
            format!("sts:GetCallerIdentity in eu-west-1: AccessDenied: {denied} (status 403, request id request-1)")
        );
        assert!(error.hint().unwrap().contains("must allow `sts:GetCallerIdentity`;"));
    }

    #[tokio::test]
    async fn an_answer_of_something_else_is_shown() {
        let html = Canned::Answer {
            status: 403,
            headers: vec![("content-type", "text/html")],
            body: "<html>Proxy\n login".to_owned(),
        };
        let (region, _) = region("eu-west-1", vec![html]).await;
        let error = region.caller().await.unwrap_err();
        assert_eq!(error.to_string(), "sts:GetCallerIdentity in eu-west-1: the response cannot be parsed (status 403)");
        assert_eq!(error.hint().unwrap(), "the response begins: <html>Proxy login");
    }
}
