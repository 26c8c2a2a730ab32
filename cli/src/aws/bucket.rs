//! The bucket that artifacts lie in: made private, encrypted, versioned and closed to plain HTTP.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint, BucketVersioningStatus,
    CreateBucketConfiguration, ExpirationStatus, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    ObjectOwnership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};
use serde_json::json;

use super::{Error, Region, client::Caller};

/// Uploads that nobody finished go after so many days.
const UNFINISHED_DAYS: i32 = 7;
/// Versions that were replaced or deleted go after so many days.
const NONCURRENT_DAYS: i32 = 30;

/// A bucket and the account that it must belong to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) account: String,
}

impl Bucket {
    pub(super) fn shown(&self) -> String {
        format!("bucket `{}`", self.name)
    }

    /// What an ARN of the bucket begins with in the caller's partition.
    fn arn(&self, caller: &Caller) -> String {
        let partition = caller.arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws");
        format!("arn:{partition}:s3:::{}", self.name)
    }
}

impl Region {
    /// Makes the bucket, or finishes one that an interrupted run left half made: every step may be repeated.
    pub(crate) async fn make_bucket(&self, bucket: &Bucket, caller: &Caller) -> Result<(), Error> {
        let mut create =
            self.s3().create_bucket().bucket(&bucket.name).object_ownership(ObjectOwnership::BucketOwnerEnforced);
        // S3's first region is named by not being named.
        if self.name() != "us-east-1" {
            let place = BucketLocationConstraint::from(self.name());
            create = create
                .create_bucket_configuration(CreateBucketConfiguration::builder().location_constraint(place).build());
        }
        match create.send().await {
            Ok(_) => {}
            Err(error) => {
                let error = Error::of("s3:CreateBucket", self.name(), &bucket.shown(), &error);
                // Of somebody else it would be `BucketAlreadyExists`.
                if error.code() != Some("BucketAlreadyOwnedByYou") {
                    return Err(error);
                }
            }
        }
        self.configure(bucket, caller).await
    }

    /// A bucket of the user's own is not configured; this one is ours.
    async fn configure(&self, bucket: &Bucket, caller: &Caller) -> Result<(), Error> {
        let (name, owner, shown) = (&bucket.name, &bucket.account, bucket.shown());
        let s3 = self.s3();
        let private = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        s3.put_public_access_block()
            .bucket(name)
            .expected_bucket_owner(owner)
            .public_access_block_configuration(private)
            .send()
            .await
            .map_err(|error| Error::of("s3:PutBucketPublicAccessBlock", self.name(), &shown, &error))?;
        if let Ok(controls) = ownership() {
            s3.put_bucket_ownership_controls()
                .bucket(name)
                .expected_bucket_owner(owner)
                .ownership_controls(controls)
                .send()
                .await
                .map_err(|error| Error::of("s3:PutBucketOwnershipControls", self.name(), &shown, &error))?;
        }
        if let Ok(encryption) = encryption() {
            s3.put_bucket_encryption()
                .bucket(name)
                .expected_bucket_owner(owner)
                .server_side_encryption_configuration(encryption)
                .send()
                .await
                .map_err(|error| Error::of("s3:PutEncryptionConfiguration", self.name(), &shown, &error))?;
        }
        s3.put_bucket_versioning()
            .bucket(name)
            .expected_bucket_owner(owner)
            .versioning_configuration(
                VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build(),
            )
            .send()
            .await
            .map_err(|error| Error::of("s3:PutBucketVersioning", self.name(), &shown, &error))?;
        if let Ok(lifecycle) = lifecycle() {
            s3.put_bucket_lifecycle_configuration()
                .bucket(name)
                .expected_bucket_owner(owner)
                .lifecycle_configuration(lifecycle)
                .send()
                .await
                .map_err(|error| Error::of("s3:PutLifecycleConfiguration", self.name(), &shown, &error))?;
        }
        s3.put_bucket_policy()
            .bucket(name)
            .expected_bucket_owner(owner)
            .policy(policy(&bucket.arn(caller)))
            .send()
            .await
            .map_err(|error| Error::of("s3:PutBucketPolicy", self.name(), &shown, &error))?;
        Ok(())
    }
}

fn ownership() -> Result<OwnershipControls, aws_smithy_types::error::operation::BuildError> {
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced).build()?;
    OwnershipControls::builder().rules(rule).build()
}

fn encryption() -> Result<ServerSideEncryptionConfiguration, aws_smithy_types::error::operation::BuildError> {
    let by_default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build()?;
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build();
    ServerSideEncryptionConfiguration::builder().rules(rule).build()
}

/// Age never deletes what is current: CloudFormation may need it to roll back.
fn lifecycle() -> Result<BucketLifecycleConfiguration, aws_smithy_types::error::operation::BuildError> {
    let unfinished = AbortIncompleteMultipartUpload::builder().days_after_initiation(UNFINISHED_DAYS).build();
    let noncurrent = NoncurrentVersionExpiration::builder().noncurrent_days(NONCURRENT_DAYS).build();
    let rule = LifecycleRule::builder()
        .id("zappa-rs")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .abort_incomplete_multipart_upload(unfinished)
        .noncurrent_version_expiration(noncurrent)
        .build()?;
    BucketLifecycleConfiguration::builder().rules(rule).build()
}

/// Refuses whatever does not come over TLS.
fn policy(arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_refuses_plain_http_in_the_callers_partition() {
        let bucket = Bucket { name: "b".to_owned(), account: "1".to_owned() };
        let caller = Caller { account: "1".to_owned(), arn: "arn:aws-cn:iam::1:user/x".to_owned() };
        let policy: serde_json::Value = serde_json::from_str(&policy(&bucket.arn(&caller))).unwrap();
        assert_eq!(policy["Statement"][0]["Resource"], json!(["arn:aws-cn:s3:::b", "arn:aws-cn:s3:::b/*"]));
        assert_eq!(policy["Statement"][0]["Condition"]["Bool"]["aws:SecureTransport"], "false");
    }

    #[test]
    fn every_part_of_the_configuration_is_whole() {
        assert!(ownership().is_ok() && encryption().is_ok() && lifecycle().is_ok());
    }
}
