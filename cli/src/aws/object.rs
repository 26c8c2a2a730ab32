//! What lies in the bucket.

use std::time::SystemTime;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{Delete, ObjectIdentifier},
};
use bytes::Bytes;

use super::{Bucket, Error, Region};

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

impl Region {
    /// What is known of an object, in one call; `None` if it is not there.
    pub(crate) async fn find_object(&self, bucket: &Bucket, key: &str) -> Result<Option<ObjectFacts>, Error> {
        let call = self.call("s3:HeadObject", &bucket.path(key));
        let head = self.s3().head_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
        match call.made(head.send()).await {
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
        call.made(put.send()).await.map(drop)
    }

    /// Reads a small object; `None` if it is not there.
    pub(crate) async fn read(&self, bucket: &Bucket, key: &str) -> Result<Option<Bytes>, Error> {
        let call = self.call("s3:GetObject", &bucket.path(key));
        let get = self.s3().get_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
        match call.made(get.send()).await {
            Ok(answer) => match answer.body.collect().await {
                Ok(body) => Ok(Some(body.into_bytes())),
                Err(source) => Err(Error::Unanswered { call, source: source.into() }),
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
                .set_continuation_token(next);
            let page = call.made(list.send()).await?;
            objects.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| {
                Some(Object {
                    key: object.key?,
                    size: size(object.size),
                    last_modified: object.last_modified.and_then(|time| SystemTime::try_from(time).ok()),
                })
            }));
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(objects);
            }
        }
    }

    /// Removes objects; older versions stay until the lifecycle takes them.
    pub(crate) async fn remove(&self, bucket: &Bucket, keys: &[String]) -> Result<(), Error> {
        let call = self.call("s3:DeleteObjects", &bucket.name);
        let identifiers: Result<Vec<_>, _> =
            keys.iter().map(|key| ObjectIdentifier::builder().key(key).build()).collect();
        self.remove_identified(bucket, &identifiers.map_err(call.unmade())?).await
    }

    /// Removes every version and delete marker below a prefix, and unfinished uploads; answers how many objects went.
    pub(crate) async fn remove_all(&self, bucket: &Bucket, prefix: &str) -> Result<usize, Error> {
        self.abort_uploads(bucket, prefix).await?;
        let call = self.call("s3:ListObjectVersions", &bucket.path(prefix));
        let mut keys = std::collections::BTreeSet::new();
        let (mut next_key, mut next_version) = (None, None);
        loop {
            let list = self
                .s3()
                .list_object_versions()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account)
                .prefix(prefix)
                .set_key_marker(next_key)
                .set_version_id_marker(next_version);
            let page = call.made(list.send()).await?;
            let versions = page.versions.unwrap_or_default().into_iter().map(|found| (found.key, found.version_id));
            let markers =
                page.delete_markers.unwrap_or_default().into_iter().map(|found| (found.key, found.version_id));
            let mut identifiers = Vec::new();
            for (key, version) in versions.chain(markers) {
                let Some(key) = key.filter(|key| key.starts_with(prefix)) else { continue };
                identifiers.push(
                    ObjectIdentifier::builder().key(&key).set_version_id(version).build().map_err(call.unmade())?,
                );
                keys.insert(key);
            }
            // A page is removed before the next is asked for: markers name keys, which need not exist any more.
            self.remove_identified(bucket, &identifiers).await?;
            if page.is_truncated != Some(true) || page.next_key_marker.is_none() {
                return Ok(keys.len());
            }
            (next_key, next_version) = (page.next_key_marker, page.next_version_id_marker);
        }
    }

    async fn remove_identified(&self, bucket: &Bucket, identifiers: &[ObjectIdentifier]) -> Result<(), Error> {
        let call = self.call("s3:DeleteObjects", &bucket.name);
        for some in identifiers.chunks(REMOVED_AT_ONCE) {
            let delete =
                Delete::builder().set_objects(Some(some.to_vec())).quiet(true).build().map_err(call.unmade())?;
            let remove =
                self.s3().delete_objects().bucket(&bucket.name).expected_bucket_owner(&bucket.account).delete(delete);
            let answer = call.made(remove.send()).await?;
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
                let suffix = if self.name().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
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
