//! Objects of the bucket: listed, read, written and removed.

use std::time::SystemTime;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{Delete, ObjectIdentifier},
};
use bytes::Bytes;

use super::{Bucket, Error, Region};
use crate::regions;

/// Where an upload leaves the hash of the whole file, for `find_object`.
pub(super) const SHA256: &str = "sha256";
/// How many objects one call removes at most.
const REMOVED_AT_ONCE: usize = 1000;

/// What is known of an object without reading it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ObjectFacts {
    /// In bytes.
    pub(crate) size: u64,
    /// When it was written.
    pub(crate) last_modified: Option<SystemTime>,
    /// The SHA-256 that `upload` wrote beside it, in hexadecimal digits.
    pub(crate) sha256: Option<String>,
}

/// An object of a listing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Object {
    /// Its whole key.
    pub(crate) key: String,
    /// In bytes.
    pub(crate) size: u64,
    /// When it was written.
    pub(crate) last_modified: Option<SystemTime>,
}

/// One version of an object, or the mark that it was removed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ObjectVersion {
    /// Its whole key.
    pub(crate) key: String,
    /// `None` in a bucket without versions.
    pub(crate) version: Option<String>,
}

impl Region {
    /// What is known of an object, in one call; `None` if it is not there.
    pub(crate) async fn find_object(&self, bucket: &Bucket, key: &str) -> Result<Option<ObjectFacts>, Error> {
        let call = self.call("s3:HeadObject", &bucket.path(key));
        let head = self.s3().head_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
        match call.send(head.send()).await {
            Ok(answer) => Ok(Some(ObjectFacts {
                size: size(answer.content_length),
                last_modified: answer.last_modified.and_then(|time| SystemTime::try_from(time).ok()),
                sha256: answer.metadata.and_then(|mut metadata| metadata.remove(SHA256)),
            })),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a small object.
    pub(crate) async fn write(
        &self,
        bucket: &Bucket,
        key: &str,
        content_type: &str,
        bytes: Bytes,
    ) -> Result<(), Error> {
        let call = self.call("s3:PutObject", &bucket.path(key));
        let put = self
            .s3()
            .put_object()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .key(key)
            .content_type(content_type)
            .body(ByteStream::from(bytes));
        call.send(put.send()).await.map(drop)
    }

    /// Reads a small object; `None` if it is not there.
    pub(crate) async fn read(&self, bucket: &Bucket, key: &str) -> Result<Option<Bytes>, Error> {
        let call = self.call("s3:GetObject", &bucket.path(key));
        let get = self.s3().get_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
        match call.send(get.send()).await {
            Ok(answer) => match answer.body.collect().await {
                Ok(body) => Ok(Some(body.into_bytes())),
                Err(source) => Err(Error::Unanswered { call, route: None, source: source.into() }),
            },
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every object whose key begins so, in the order of the keys.
    pub(crate) async fn list(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<Object>, Error> {
        let call = self.call("s3:ListObjectsV2", &bucket.path(prefix));
        let mut objects = Vec::new();
        let mut next = None;
        loop {
            let list = self
                .s3()
                .list_objects_v2()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account)
                .prefix(prefix)
                .set_continuation_token(next.clone());
            let page = call.send(list.send()).await?;
            objects.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| {
                Some(Object {
                    key: object.key?,
                    size: size(object.size),
                    last_modified: object.last_modified.and_then(|time| SystemTime::try_from(time).ok()),
                })
            }));
            if page.next_continuation_token.is_none() {
                return Ok(objects);
            }
            if page.next_continuation_token == next {
                return Err(Error::odd(call, None, b"the same page again and again"));
            }
            next = page.next_continuation_token;
        }
    }

    /// Removes objects; older versions stay until the lifecycle takes them.
    pub(crate) async fn remove(&self, bucket: &Bucket, keys: &[String]) -> Result<(), Error> {
        let call = self.call("s3:DeleteObjects", &bucket.name);
        let identifiers: Result<Vec<_>, _> =
            keys.iter().map(|key| ObjectIdentifier::builder().key(key).build()).collect();
        self.remove_identified(bucket, &identifiers.map_err(call.build_error())?).await
    }

    /// Every version and delete marker below a prefix.
    pub(crate) async fn versions_below(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<ObjectVersion>, Error> {
        let call = self.call("s3:ListObjectVersions", &bucket.path(prefix));
        let mut found = Vec::new();
        let (mut next_key, mut next_version) = (None, None);
        loop {
            let list = self
                .s3()
                .list_object_versions()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account)
                .prefix(prefix)
                .set_key_marker(next_key.clone())
                .set_version_id_marker(next_version.clone());
            let page = call.send(list.send()).await?;
            let versions =
                page.versions.unwrap_or_default().into_iter().map(|version| (version.key, version.version_id));
            let markers =
                page.delete_markers.unwrap_or_default().into_iter().map(|marker| (marker.key, marker.version_id));
            let ours = versions.chain(markers).filter_map(|(key, version)| Some(ObjectVersion { key: key?, version }));
            found.extend(ours.filter(|version| version.key.starts_with(prefix)));
            if page.is_truncated != Some(true) || page.next_key_marker.is_none() {
                return Ok(found);
            }
            let next = (page.next_key_marker, page.next_version_id_marker);
            if next == (next_key, next_version) {
                return Err(Error::odd(call, None, b"the same page again and again"));
            }
            (next_key, next_version) = next;
        }
    }

    /// Removes versions for good.
    pub(crate) async fn remove_versions(&self, bucket: &Bucket, versions: &[ObjectVersion]) -> Result<(), Error> {
        let call = self.call("s3:DeleteObjects", &bucket.name);
        let identifiers: Result<Vec<_>, _> = versions
            .iter()
            .map(|found| ObjectIdentifier::builder().key(&found.key).set_version_id(found.version.clone()).build())
            .collect();
        self.remove_identified(bucket, &identifiers.map_err(call.build_error())?).await
    }

    async fn remove_identified(&self, bucket: &Bucket, identifiers: &[ObjectIdentifier]) -> Result<(), Error> {
        let call = self.call("s3:DeleteObjects", &bucket.name);
        for some in identifiers.chunks(REMOVED_AT_ONCE) {
            let delete =
                Delete::builder().set_objects(Some(some.to_vec())).quiet(true).build().map_err(call.build_error())?;
            let remove =
                self.s3().delete_objects().bucket(&bucket.name).expected_bucket_owner(&bucket.account).delete(delete);
            let answer = call.send(remove.send()).await?;
            if let Some(error) = answer.errors.unwrap_or_default().into_iter().next() {
                return Err(Error::NotRemoved {
                    call,
                    key: error.key.unwrap_or_default(),
                    code: error.code.unwrap_or_default(),
                    message: error.message.unwrap_or_default(),
                });
            }
        }
        Ok(())
    }

    /// Where CloudFormation finds an object that holds a template.
    pub(crate) fn template_url(&self, bucket: &Bucket, key: &str) -> String {
        match self.s3_endpoint() {
            Some(endpoint) => format!("{}/{}/{key}", endpoint.trim_end_matches('/'), bucket.name),
            None => {
                let suffix = regions::partition(self.name()).dns_suffix;
                format!("https://{}.s3.{}.{suffix}/{key}", bucket.name, self.name())
            }
        }
    }
}

impl Bucket {
    /// For messages: the bucket and a key in it.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{}/{key}", self.name)
    }
}

fn size(length: Option<i64>) -> u64 {
    length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default()
}
