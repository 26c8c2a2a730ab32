//! What lies in the bucket.

use std::{path::Path, time::SystemTime};

use bytes::Bytes;

use super::{Bucket, Error, Region};

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

/// A file to upload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload<'a> {
    /// Where it lies here.
    pub(crate) file: &'a Path,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The SHA-256 of its bytes in hexadecimal digits.
    pub(crate) sha256: &'a str,
    /// `application/zip`.
    pub(crate) content_type: &'a str,
}

impl Region {
    /// What is known of an object, in one call; `None` if it is not there.
    pub(crate) async fn find_object(&self, bucket: &Bucket, key: &str) -> Result<Option<ObjectFacts>, Error> {
        let _ = (bucket, key);
        Err(Error::Unfinished)
    }

    /// Uploads a file, in parts if it is large; `on_bytes` hears how many more bytes have arrived.
    pub(crate) async fn upload(
        &self,
        bucket: &Bucket,
        key: &str,
        upload: &Upload<'_>,
        on_bytes: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Error> {
        let _ = (bucket, key, upload, on_bytes);
        Err(Error::Unfinished)
    }

    /// Writes a small object.
    pub(crate) async fn write(
        &self,
        bucket: &Bucket,
        key: &str,
        content_type: &str,
        bytes: Bytes,
    ) -> Result<(), Error> {
        let _ = (bucket, key, content_type, bytes);
        Err(Error::Unfinished)
    }

    /// Reads a small object; `None` if it is not there.
    pub(crate) async fn read(&self, bucket: &Bucket, key: &str) -> Result<Option<Bytes>, Error> {
        let _ = (bucket, key);
        Err(Error::Unfinished)
    }

    /// Every object whose key begins so, in the order of the keys.
    pub(crate) async fn list(&self, bucket: &Bucket, prefix: &str) -> Result<Vec<Object>, Error> {
        let _ = (bucket, prefix);
        Err(Error::Unfinished)
    }

    /// Removes objects; older versions stay until the lifecycle takes them.
    pub(crate) async fn remove(&self, bucket: &Bucket, keys: &[String]) -> Result<(), Error> {
        let _ = (bucket, keys);
        Err(Error::Unfinished)
    }

    /// Removes every version and delete marker below a prefix, and unfinished uploads; answers how many objects went.
    pub(crate) async fn remove_all(&self, bucket: &Bucket, prefix: &str) -> Result<usize, Error> {
        let _ = (bucket, prefix);
        Err(Error::Unfinished)
    }

    /// Where CloudFormation finds an object that holds a template.
    pub(crate) fn template_url(&self, bucket: &Bucket, key: &str) -> String {
        format!("{}/{}/{key}", self.endpoint_url().unwrap_or_default(), bucket.name)
    }
}
