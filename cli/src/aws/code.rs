//! The code of a function: given again as it was deployed, or new and published at once.

use std::time::Duration;

use aws_sdk_lambda::{
    operation::update_function_code::UpdateFunctionCodeOutput,
    types::{Architecture, LastUpdateStatus},
};

use super::{Error, PublishedVersion, Region, backoff::Backoff, function::take_seal};

/// How long Lambda may take to unpack code that it was given.
const UPDATING: Duration = Duration::from_secs(180);

/// An artifact in a bucket, as code of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    /// The architecture by Lambda's name, which stays where it is not told.
    pub(crate) architecture: Option<&'a str>,
}

impl Region {
    /// Gives the function the code of an artifact again and waits until Lambda has it; no version is published.
    pub(crate) async fn restore_code(&self, function: &str, code: Code<'_>) -> Result<(), Error> {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(3), UPDATING);
        self.update_code(function, code, false, &mut backoff).await?;
        let in_progress = LastUpdateStatus::InProgress.as_str();
        while let Some(facts) = self.find_function(function, None).await? {
            if facts.last_update_status.as_deref() != Some(in_progress) {
                break;
            }
            if !backoff.wait().await {
                let what = format!("the update of function `{function}`");
                return Err(Error::Timeout { what, region: self.name().to_owned(), after: UPDATING });
            }
        }
        Ok(())
    }

    /// Gives the function new code and publishes it with the function's settings as a version, in one call. The version
    /// cannot be invoked before Lambda has unpacked the code; [`Region::invoke`] waits for that.
    pub(crate) async fn publish_code(&self, function: &str, code: Code<'_>) -> Result<PublishedVersion, Error> {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(3), UPDATING);
        let found = self.update_code(function, code, true, &mut backoff).await?;
        Ok(PublishedVersion {
            number: found.version.unwrap_or_default(),
            code_sha256: found.code_sha256,
            seal: found.environment.and_then(|environment| take_seal(environment.variables)),
        })
    }

    /// Sends the code, after an update of the function that is not done yet.
    async fn update_code(
        &self,
        function: &str,
        code: Code<'_>,
        is_published: bool,
        backoff: &mut Backoff,
    ) -> Result<UpdateFunctionCodeOutput, Error> {
        let call = self.call("lambda:UpdateFunctionCode", function);
        loop {
            let architectures = code.architecture.map(|name| vec![Architecture::from(name)]);
            let update = self
                .lambda()
                .update_function_code()
                .function_name(function)
                .s3_bucket(code.bucket)
                .s3_key(code.key)
                .set_publish(is_published.then_some(true))
                .set_architectures(architectures);
            match call.send(update.send()).await {
                Err(error) if error.is_busy() && backoff.wait().await => {}
                outcome => return outcome,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    const CODE: Code<'_> = Code { bucket: "b", key: "shop/dev/ab.zip", architecture: Some("arm64") };

    fn json(status: u16, kind: &'static str, body: &str) -> Canned {
        Canned::Answer { status, headers: vec![("x-amzn-errortype", kind)], body: body.to_owned() }
    }

    #[tokio::test]
    async fn code_is_published_in_one_call_that_waits_for_another_update() {
        let busy = json(409, "ResourceConflictException", r#"{"Message":"An update is in progress"}"#);
        let body = r#"{"Version":"7","CodeSha256":"qw==","Environment":{"Variables":{"ZAPPA_VERSION":"0123"}}}"#;
        let (region, asked) = region("eu-west-1", vec![busy, json(200, "", body)]).await;
        let found = region.publish_code("shop-dev", CODE).await.unwrap();
        let (sha256, seal) = (Some("qw==".to_owned()), Some("0123".to_owned()));
        assert_eq!(found, PublishedVersion { number: "7".to_owned(), code_sha256: sha256, seal });
        assert_eq!(asked.all().len(), 2);
        assert!(asked.all()[1].contains(r#""Publish":true"#), "{:?}", asked.all());
    }
}
