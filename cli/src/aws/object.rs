//! Objects of the bucket. Every call names the account that the bucket must belong to.

use std::path::Path;

use aws_sdk_s3::{
    primitives::{ByteStream, Length},
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier},
};

use super::{Bucket, Error, Region};

/// From this size on a file is sent in parts.
const PART: u64 = 8 << 20;
/// How many keys S3 deletes at once.
const DELETE_AT_ONCE: usize = 1000;

/// What a listing says of an object.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Object {
    pub(crate) key: String,
    /// In bytes.
    pub(crate) size: u64,
    /// Seconds since 1970.
    pub(crate) last_modified: i64,
}

/// What is uploaded.
#[derive(Clone, Copy)]
pub(crate) struct Upload<'a> {
    pub(crate) key: &'a str,
    pub(crate) file: &'a Path,
    /// In bytes.
    pub(crate) size: u64,
    /// Hears how many bytes were sent.
    pub(crate) on_bytes: &'a (dyn Fn(u64) + Send + Sync),
}

impl Region {
    /// Everything below a prefix, in the order of the keys.
    pub(crate) async fn list(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<Object>, Error> {
        let mut pages = self
            .s3()
            .list_objects_v2()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::of("s3:ListBucket", self.name(), &bucket.shown(), &error))?;
            objects.extend(page.contents().iter().filter_map(|object| {
                Some(Object {
                    key: object.key()?.to_owned(),
                    size: u64::try_from(object.size().unwrap_or_default()).unwrap_or_default(),
                    last_modified: object.last_modified().map_or(0, aws_smithy_types::DateTime::secs),
                })
            }));
        }
        Ok(objects)
    }

    /// Sends a file, in parts if it is large. What was cut off is taken back, or by the bucket's lifecycle if even that fails.
    pub(crate) async fn upload(&self, bucket: &Bucket, upload: &Upload<'_>) -> Result<(), Error> {
        if upload.size < PART {
            let body = self.part(upload, 0, upload.size).await?;
            self.s3()
                .put_object()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account)
                .key(upload.key)
                .content_type("application/zip")
                .checksum_algorithm(ChecksumAlgorithm::Crc32)
                .body(body)
                .send()
                .await
                .map_err(|error| Error::of("s3:PutObject", self.name(), upload.key, &error))?;
            (upload.on_bytes)(upload.size);
            return Ok(());
        }
        let begun = self
            .s3()
            .create_multipart_upload()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .key(upload.key)
            .content_type("application/zip")
            // Without it some services answer the parts' checksums with an error.
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .send()
            .await
            .map_err(|error| Error::of("s3:PutObject", self.name(), upload.key, &error))?;
        let id = begun.upload_id().unwrap_or_default();
        let sent = self.send_parts(bucket, upload, id).await;
        if sent.is_err() {
            let abort = self.s3().abort_multipart_upload().bucket(&bucket.name).key(upload.key).upload_id(id);
            // The first failure is the one to report.
            let _ = abort.expected_bucket_owner(&bucket.account).send().await;
        }
        sent
    }

    async fn send_parts(&self, bucket: &Bucket, upload: &Upload<'_>, id: &str) -> Result<(), Error> {
        let failed = |error: &_| Error::of("s3:PutObject", self.name(), upload.key, error);
        let mut parts = Vec::new();
        let mut offset = 0;
        for number in 1.. {
            if offset >= upload.size {
                break;
            }
            let length = PART.min(upload.size - offset);
            let body = self.part(upload, offset, length).await?;
            let sent = self
                .s3()
                .upload_part()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account)
                .key(upload.key)
                .upload_id(id)
                .part_number(number)
                .checksum_algorithm(ChecksumAlgorithm::Crc32)
                .body(body)
                .send()
                .await
                .map_err(|error| failed(&error))?;
            let part = CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag().map(str::to_owned))
                .set_checksum_crc32(sent.checksum_crc32().map(str::to_owned));
            parts.push(part.build());
            offset += length;
            (upload.on_bytes)(offset);
        }
        self.s3()
            .complete_multipart_upload()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .key(upload.key)
            .upload_id(id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await
            .map_err(|error| Error::of("s3:PutObject", self.name(), upload.key, &error))?;
        Ok(())
    }

    async fn part(&self, upload: &Upload<'_>, offset: u64, length: u64) -> Result<ByteStream, Error> {
        ByteStream::read_from().path(upload.file).offset(offset).length(Length::Exact(length)).build().await.map_err(
            |error| {
                let shown = format!("`{}`", upload.file.display());
                Error::file("s3:PutObject", self.name(), &shown, std::io::Error::other(error))
            },
        )
    }

    /// Writes a small object.
    pub(crate) async fn write(&self, bucket: &Bucket, key: &str, content: Vec<u8>) -> Result<(), Error> {
        self.s3()
            .put_object()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .key(key)
            .content_type("application/json")
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .body(content.into())
            .send()
            .await
            .map_err(|error| Error::of("s3:PutObject", self.name(), key, &error))?;
        Ok(())
    }

    /// Reads a small object; `None` if it is not there.
    pub(crate) async fn read(&self, bucket: &Bucket, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let request = self.s3().get_object().bucket(&bucket.name).expected_bucket_owner(&bucket.account).key(key);
        let object = match request.send().await {
            Ok(object) => object,
            Err(error) => {
                let error = Error::of("s3:GetObject", self.name(), key, &error);
                return if error.is_missing() { Ok(None) } else { Err(error) };
            }
        };
        let content = object
            .body
            .collect()
            .await
            .map_err(|source| Error::file("s3:GetObject", self.name(), key, std::io::Error::other(source)))?;
        Ok(Some(content.to_vec()))
    }

    /// Deletes objects; their versions go by the bucket's lifecycle.
    pub(crate) async fn remove(&self, bucket: &Bucket, keys: &[String]) -> Result<(), Error> {
        let objects: Vec<(String, Option<String>)> = keys.iter().map(|key| (key.clone(), None)).collect();
        self.delete(bucket, &objects).await
    }

    /// Deletes everything below a prefix with all versions, and tells how much that was.
    pub(crate) async fn remove_all(&self, bucket: &Bucket, prefix: &str) -> Result<usize, Error> {
        let mut found = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let call = self.s3().list_object_versions().bucket(&bucket.name).expected_bucket_owner(&bucket.account);
            let page = call
                .prefix(prefix)
                .set_key_marker(key)
                .set_version_id_marker(version)
                .send()
                .await
                .map_err(|error| Error::of("s3:ListBucketVersions", self.name(), &bucket.shown(), &error))?;
            let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
            let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
            found.extend(
                versions
                    .chain(markers)
                    .filter_map(|(key, version)| Some((key?.to_owned(), version.map(str::to_owned)))),
            );
            if page.is_truncated() != Some(true) || page.next_key_marker().is_none() {
                break;
            }
            key = page.next_key_marker().map(str::to_owned);
            version = page.next_version_id_marker().map(str::to_owned);
        }
        self.delete(bucket, &found).await?;
        Ok(found.len())
    }

    async fn delete(&self, bucket: &Bucket, objects: &[(String, Option<String>)]) -> Result<(), Error> {
        for some in objects.chunks(DELETE_AT_ONCE) {
            let identifiers: Vec<ObjectIdentifier> = some
                .iter()
                .filter_map(|(key, version)| {
                    ObjectIdentifier::builder().key(key).set_version_id(version.clone()).build().ok()
                })
                .collect();
            let Ok(delete) = Delete::builder().set_objects(Some(identifiers)).quiet(true).build() else {
                continue;
            };
            let answer = self
                .s3()
                .delete_objects()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account)
                .delete(delete)
                .send()
                .await
                .map_err(|error| Error::of("s3:DeleteObject", self.name(), &bucket.shown(), &error))?;
            // Success of the whole says nothing of each.
            if let Some(error) = answer.errors().first() {
                let what = format!("{}: {}", error.code().unwrap_or("error"), error.message().unwrap_or_default());
                return Err(Error::odd("s3:DeleteObject", self.name(), error.key().unwrap_or_default(), &what));
            }
        }
        Ok(())
    }
}
