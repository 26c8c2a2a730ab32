//! The switch by which a bucket sends its events to EventBridge.

use aws_sdk_s3::types::{EventBridgeConfiguration, NotificationConfiguration};

use super::{Error, Region};

/// Whether a bucket sends its events to EventBridge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BucketEvents {
    /// It did already.
    On,
    /// It does now.
    SwitchedOn,
    /// The bucket is in another region, and its events are there.
    Elsewhere,
}

impl Region {
    /// Switches on the events of an existing bucket where they are off. S3 replaces the whole notification configuration and
    /// knows no precondition, so all that was read is sent again, and a change in between is lost.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html>
    pub(crate) async fn enable_bucket_events(&self, bucket: &str, account: &str) -> Result<BucketEvents, Error> {
        let call = self.call("s3:GetBucketNotification", bucket);
        let request = self.s3().get_bucket_notification_configuration().bucket(bucket).expected_bucket_owner(account);
        let found = match call.send(request.send()).await {
            Err(error) if matches!(error.code(), Some("PermanentRedirect" | "AuthorizationHeaderMalformed")) => {
                return Ok(BucketEvents::Elsewhere);
            }
            found => found?,
        };
        if found.event_bridge_configuration.is_some() {
            return Ok(BucketEvents::On);
        }
        let configuration = NotificationConfiguration::builder()
            .set_topic_configurations(found.topic_configurations)
            .set_queue_configurations(found.queue_configurations)
            .set_lambda_function_configurations(found.lambda_function_configurations)
            .event_bridge_configuration(EventBridgeConfiguration::builder().build())
            .build();
        let call = self.call("s3:PutBucketNotification", bucket);
        let request = self
            .s3()
            .put_bucket_notification_configuration()
            .bucket(bucket)
            .expected_bucket_owner(account)
            .notification_configuration(configuration)
            // Those that are there may be gone by now; that is not ours to find.
            .skip_destination_validation(true);
        call.send(request.send()).await?;
        Ok(BucketEvents::SwitchedOn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    const OFF: &str = "<NotificationConfiguration><QueueConfiguration><Id>mine</Id>\
                       <Queue>arn:aws:sqs:eu-west-1:123456789012:q</Queue><Event>s3:ObjectCreated:*</Event>\
                       </QueueConfiguration></NotificationConfiguration>";
    const ON: &str = "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>";

    #[tokio::test]
    async fn what_a_bucket_has_is_sent_again_beside_the_switch() {
        let (off, asked) = region("eu-west-1", vec![Canned::xml(200, OFF), Canned::xml(200, "")]).await;
        assert_eq!(off.enable_bucket_events("pictures", "123456789012").await.unwrap(), BucketEvents::SwitchedOn);
        let asked = asked.all();
        assert!(asked[1].starts_with("PUT /pictures") && asked[1].contains("<EventBridgeConfiguration"), "{asked:?}");
        assert!(asked[1].contains("arn:aws:sqs:eu-west-1:123456789012:q"), "{asked:?}");
    }

    #[tokio::test]
    async fn a_bucket_whose_events_are_on_is_only_read() {
        let (on, asked) = region("eu-west-1", vec![Canned::xml(200, ON)]).await;
        assert_eq!(on.enable_bucket_events("pictures", "123456789012").await.unwrap(), BucketEvents::On);
        assert_eq!(asked.all().len(), 1);
    }

    #[tokio::test]
    async fn a_bucket_of_another_region_is_left_alone() {
        let moved = "<Error><Code>PermanentRedirect</Code><Message>no</Message></Error>";
        let (elsewhere, asked) = region("eu-west-1", vec![Canned::xml(301, moved)]).await;
        let found = elsewhere.enable_bucket_events("pictures", "123456789012").await.unwrap();
        assert_eq!((found, asked.all().len()), (BucketEvents::Elsewhere, 1));
    }
}
