//! The bucket that holds artifacts and release records.

use std::time::Duration;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint, BucketNamespace,
    BucketVersioningStatus, CreateBucketConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration, ObjectOwnership, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};
use serde_json::json;

use super::{Error, Region, backoff::Backoff};
use crate::{names::Namespace, progress::Progress, regions};

/// The region that must not be named as a location: `CreateBucket` refuses it.
const UNNAMED_LOCATION: &str = "us-east-1";
/// Days until the parts of an upload that was never finished go.
const UNFINISHED_DAYS: i32 = 7;
/// Days until a version that was overwritten or deleted goes.
const NONCURRENT_DAYS: i32 = 90;
/// How long a bucket that was just made may be unknown, or a step of it be in the way of the next.
const SETTLING: Duration = Duration::from_secs(30);

/// A bucket and the account that must own it: every call says both, so that nobody else's bucket is ever written to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Bucket {
    /// Its name.
    pub(crate) name: String,
    /// Twelve digits.
    pub(crate) account: String,
    /// Where its name is unique.
    pub(crate) namespace: Namespace,
}

/// Whether a bucket is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    /// It is, and the account owns it.
    Ours,
    /// Nobody has it.
    Missing,
}

impl Region {
    /// Whether the bucket is there, in one call; an error if somebody else owns it or it lies in another region.
    pub(crate) async fn find_bucket(&self, bucket: &Bucket) -> Result<Found, Error> {
        let call = self.call("s3:HeadBucket", &bucket.name);
        let sent = self.s3().head_bucket().bucket(&bucket.name).expected_bucket_owner(&bucket.account).send().await;
        let elsewhere =
            |found| Err(Error::BucketElsewhere { bucket: bucket.name.clone(), region: self.name().to_owned(), found });
        let error = match sent {
            Ok(answer) => {
                // Emulators keep one bucket for all regions and name any.
                let found = answer.bucket_region.filter(|found| self.s3_endpoint().is_none() && found != self.name());
                return if found.is_some() { elsewhere(found) } else { Ok(Found::Ours) };
            }
            Err(error) => error,
        };
        let raw = error.raw_response();
        let found = raw.and_then(|raw| raw.headers().get("x-amz-bucket-region")).map(str::to_owned);
        match raw.map(|raw| raw.status().as_u16()) {
            Some(404) => Ok(Found::Missing),
            Some(301 | 307) => elsewhere(found),
            // Signed for the wrong region.
            Some(400) if found.as_deref().is_some_and(|found| found != self.name()) => elsewhere(found),
            Some(403) => {
                let error = Error::new(call, error);
                if error.is_credentials() || error.is_region_disabled() {
                    return Err(error);
                }
                Err(Error::BucketOfOthers { bucket: bucket.name.clone(), account: bucket.account.clone() })
            }
            _ => Err(Error::new(call, error)),
        }
    }

    /// Makes the tool's bucket, private, encrypted, versioned, TLS only; finishes one that an interrupted run began.
    pub(crate) async fn create_bucket(&self, bucket: &Bucket, progress: &dyn Progress) -> Result<(), Error> {
        progress.step("Creating", &format!("bucket {} in {}", bucket.name, self.name()));
        let call = self.call("s3:CreateBucket", &bucket.name);
        let location = (self.name() != UNNAMED_LOCATION).then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(self.name()))
                .build()
        });
        // The global namespace is named by no header: S3 clones and some regions know none.
        let is_account_regional = bucket.namespace == Namespace::AccountRegional;
        let namespace = is_account_regional.then_some(BucketNamespace::AccountRegional);
        let made = self
            .settling(async || {
                let create = self
                    .s3()
                    .create_bucket()
                    .bucket(&bucket.name)
                    .object_ownership(ObjectOwnership::BucketOwnerEnforced)
                    .set_bucket_namespace(namespace.clone())
                    .set_create_bucket_configuration(location.clone());
                call.send(create.send()).await.map(drop)
            })
            .await;
        match made {
            Ok(()) => {}
            // Another deploy of the account, or an earlier try of this very call, was first.
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => {}
            Err(error) if error.code() == Some("BucketAlreadyExists") => {
                return Err(Error::BucketOfOthers { bucket: bucket.name.clone(), account: bucket.account.clone() });
            }
            Err(error) => return Err(error),
        }
        self.configure_bucket(bucket, progress).await
    }

    /// Finishes a bucket of the tool's whose making was interrupted: one call if there is nothing to finish.
    ///
    /// For before an upload, when something is written anyway; never for a bucket that the settings name.
    pub(crate) async fn complete_bucket(&self, bucket: &Bucket, progress: &dyn Progress) -> Result<(), Error> {
        let call = self.call("s3:GetBucketPolicy", &bucket.name);
        let policy = self.s3().get_bucket_policy().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
        match call.send(policy.send()).await {
            // The policy is set last: what comes before it is done.
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NoSuchBucketPolicy") => {
                progress.step("Finishing", &format!("bucket {} in {}", bucket.name, self.name()));
                self.configure_bucket(bucket, progress).await
            }
            Err(error) => Err(error),
        }
    }

    /// Every step may be repeated, and the policy comes last: it tells a finished bucket from an interrupted one.
    async fn configure_bucket(&self, bucket: &Bucket, progress: &dyn Progress) -> Result<(), Error> {
        progress.detail("blocking public access to the bucket");
        self.block_public_access(bucket).await?;
        progress.detail("encrypting what the bucket holds");
        self.encrypt(bucket).await?;
        progress.detail("keeping overwritten versions for 90 days");
        self.expire_versions(bucket).await?;
        self.keep_versions(bucket).await?;
        progress.detail("refusing requests to the bucket without TLS");
        self.require_tls(bucket).await
    }

    async fn block_public_access(&self, bucket: &Bucket) -> Result<(), Error> {
        let call = self.call("s3:PutPublicAccessBlock", &bucket.name);
        let closed = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        self.settling(async || {
            let put = self.s3().put_public_access_block().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
            call.send(put.public_access_block_configuration(closed.clone()).send()).await.map(drop)
        })
        .await
    }

    async fn encrypt(&self, bucket: &Bucket) -> Result<(), Error> {
        let call = self.call("s3:PutBucketEncryption", &bucket.name);
        let by_default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
        let rule = by_default.map(|by_default| {
            ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build()
        });
        let encryption = rule
            .and_then(|rule| ServerSideEncryptionConfiguration::builder().rules(rule).build())
            .map_err(call.build_error())?;
        self.settling(async || {
            let put = self.s3().put_bucket_encryption().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
            call.send(put.server_side_encryption_configuration(encryption.clone()).send()).await.map(drop)
        })
        .await
    }

    async fn keep_versions(&self, bucket: &Bucket) -> Result<(), Error> {
        let call = self.call("s3:PutBucketVersioning", &bucket.name);
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        self.settling(async || {
            let put = self.s3().put_bucket_versioning().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
            call.send(put.versioning_configuration(enabled.clone()).send()).await.map(drop)
        })
        .await
    }

    async fn expire_versions(&self, bucket: &Bucket) -> Result<(), Error> {
        let call = self.call("s3:PutBucketLifecycleConfiguration", &bucket.name);
        let everything = LifecycleRuleFilter::builder().prefix("").build();
        let unfinished = AbortIncompleteMultipartUpload::builder().days_after_initiation(UNFINISHED_DAYS).build();
        let noncurrent = NoncurrentVersionExpiration::builder().noncurrent_days(NONCURRENT_DAYS).build();
        let rules = LifecycleRule::builder()
            .id("zappa-rs")
            .status(ExpirationStatus::Enabled)
            .filter(everything)
            .abort_incomplete_multipart_upload(unfinished)
            .noncurrent_version_expiration(noncurrent)
            .expiration(LifecycleExpiration::builder().expired_object_delete_marker(true).build())
            .build();
        let lifecycle = rules
            .and_then(|rule| BucketLifecycleConfiguration::builder().rules(rule).build())
            .map_err(call.build_error())?;
        self.settling(async || {
            let put = self
                .s3()
                .put_bucket_lifecycle_configuration()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account);
            call.send(put.lifecycle_configuration(lifecycle.clone()).send()).await.map(drop)
        })
        .await
    }

    async fn require_tls(&self, bucket: &Bucket) -> Result<(), Error> {
        let call = self.call("s3:PutBucketPolicy", &bucket.name);
        let policy = tls_only(regions::partition(self.name()).name, &bucket.name);
        self.settling(async || {
            let put = self.s3().put_bucket_policy().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
            call.send(put.policy(&policy).send()).await.map(drop)
        })
        .await
    }

    /// Repeats a step while S3 says that another one is under way, or does not know the bucket yet.
    async fn settling(&self, mut step: impl AsyncFnMut() -> Result<(), Error>) -> Result<(), Error> {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4), SETTLING);
        loop {
            match step().await {
                Err(error)
                    if matches!(error.code(), Some("OperationAborted" | "NoSuchBucket")) && backoff.wait().await => {}
                outcome => return outcome,
            }
        }
    }
}

fn tls_only(partition: &str, bucket: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [format!("arn:{partition}:s3:::{bucket}"), format!("arn:{partition}:s3:::{bucket}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, region};

    #[test]
    fn the_policy_names_the_partition_of_the_region() {
        for (region, arn) in [
            ("eu-west-1", "arn:aws:s3:::b"),
            ("us-east-1", "arn:aws:s3:::b"),
            ("cn-north-1", "arn:aws-cn:s3:::b"),
            ("us-gov-west-1", "arn:aws-us-gov:s3:::b"),
            ("eusc-de-east-1", "arn:aws-eusc:s3:::b"),
        ] {
            let policy: serde_json::Value =
                serde_json::from_str(&tls_only(regions::partition(region).name, "b")).unwrap();
            assert_eq!(policy["Statement"][0]["Resource"], json!([arn, format!("{arn}/*")]), "{region}");
        }
    }

    fn ours() -> Bucket {
        Bucket { name: "bucket".to_owned(), account: "123456789012".to_owned(), namespace: Namespace::Global }
    }

    fn status(status: u16, headers: &[(&'static str, &'static str)]) -> Canned {
        Canned::Answer { status, headers: headers.to_vec(), body: String::new() }
    }

    #[tokio::test]
    async fn a_bucket_is_ours_missing_of_others_or_elsewhere() {
        let (found, _) = region("eu-west-1", vec![status(200, &[])]).await;
        assert_eq!(found.find_bucket(&ours()).await.unwrap(), Found::Ours);
        let (missing, _) = region("eu-west-1", vec![status(404, &[])]).await;
        assert_eq!(missing.find_bucket(&ours()).await.unwrap(), Found::Missing);
        let (of_others, _) = region("eu-west-1", vec![status(403, &[])]).await;
        assert!(matches!(of_others.find_bucket(&ours()).await, Err(Error::BucketOfOthers { .. })));
        let there = [("x-amz-bucket-region", "us-west-2")];
        for moved in [301, 400] {
            let (elsewhere, _) = region("eu-west-1", vec![status(moved, &there)]).await;
            let error = elsewhere.find_bucket(&ours()).await.unwrap_err();
            assert_eq!(error.to_string(), "the bucket `bucket` is not in eu-west-1 but in us-west-2");
        }
    }

    struct Silent;

    impl Progress for Silent {
        fn step(&self, _: &str, _: &str) {}
        fn detail(&self, _: &str) {}
        fn warning(&self, _: &str, _: Option<&str>) {}
        fn failure(&self, _: &str, _: Option<&str>) {}
        fn output(&self, _: &[u8]) {}
        fn request(&self, _: &crate::progress::Served<'_>) {}
        fn flush(&self) {}
    }

    #[tokio::test]
    async fn every_region_but_one_is_named_as_the_location() {
        for (name, is_named) in [("us-east-1", false), ("eu-west-1", true)] {
            let (region, asked) = region(name, vec![status(200, &[])]).await;
            region.create_bucket(&ours(), &Silent).await.unwrap();
            let asked = asked.all();
            assert_eq!(asked[0].contains("<LocationConstraint>"), is_named, "{name}");
            assert!(asked.last().unwrap().contains("?policy"), "the policy tells that all is done");
        }
    }

    #[tokio::test]
    async fn a_bucket_of_ours_is_finished_and_one_of_others_refused() {
        let error = |code| Canned::xml(409, format!("<Error><Code>{code}</Code><Message>no</Message></Error>"));
        let (again, asked) =
            region("eu-west-1", vec![Canned::Reset, error("BucketAlreadyOwnedByYou"), status(200, &[])]).await;
        again.create_bucket(&ours(), &Silent).await.unwrap();
        assert_eq!(asked.all().len(), 7);
        let (taken, _) = region("eu-west-1", vec![error("BucketAlreadyExists")]).await;
        assert!(matches!(taken.create_bucket(&ours(), &Silent).await, Err(Error::BucketOfOthers { .. })));
    }

    #[tokio::test]
    async fn a_whole_bucket_costs_one_call_and_an_interrupted_one_is_finished() {
        let (whole, asked) = region("eu-west-1", vec![status(200, &[])]).await;
        whole.complete_bucket(&ours(), &Silent).await.unwrap();
        assert_eq!(asked.all().len(), 1);
        let none = Canned::xml(404, "<Error><Code>NoSuchBucketPolicy</Code><Message>none</Message></Error>");
        let (interrupted, asked) = region("eu-west-1", vec![none, status(200, &[])]).await;
        interrupted.complete_bucket(&ours(), &Silent).await.unwrap();
        assert_eq!(asked.all().len(), 6);
    }
}
