//! Multipart uploads that are not finished: aborted when they fail, and removed where a run left them behind.

use super::{Bucket, Error, Region};

impl Region {
    /// Ends what interrupted runs left behind below a prefix, of the keys that are meant.
    pub(crate) async fn abort_uploads(
        &self,
        bucket: &Bucket,
        prefix: &str,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<(), Error> {
        let call = self.call("s3:ListMultipartUploads", &bucket.path(prefix));
        let (mut next_key, mut next_id) = (None, None);
        loop {
            let list = self
                .s3()
                .list_multipart_uploads()
                .bucket(&bucket.name)
                .expected_bucket_owner(&bucket.account)
                .prefix(prefix)
                .set_key_marker(next_key.clone())
                .set_upload_id_marker(next_id.clone());
            let page = call.send(list.send()).await?;
            for found in page.uploads.unwrap_or_default() {
                if let (Some(key), Some(id)) = (found.key, found.upload_id)
                    && is_meant(&key)
                {
                    self.abort_upload(bucket, &key, &id).await?;
                }
            }
            if page.is_truncated != Some(true) || page.next_key_marker.is_none() {
                return Ok(());
            }
            let next = (page.next_key_marker, page.next_upload_id_marker);
            if next == (next_key, next_id) {
                return Err(Error::odd(call, None, b"the same page again and again"));
            }
            (next_key, next_id) = next;
        }
    }

    async fn abort_upload(&self, bucket: &Bucket, key: &str, id: &str) -> Result<(), Error> {
        let call = self.call("s3:AbortMultipartUpload", &bucket.path(key));
        let abort = self
            .s3()
            .abort_multipart_upload()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .key(key)
            .upload_id(id);
        match call.send(abort.send()).await {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }
}

/// An upload whose parts cost money until it is completed or aborted.
#[derive(Debug)]
pub(super) struct UnfinishedUpload {
    pub(super) region: Region,
    pub(super) bucket: Bucket,
    pub(super) key: String,
    pub(super) id: String,
    pub(super) is_over: bool,
}

impl UnfinishedUpload {
    /// Keeps the upload, since it is complete.
    pub(super) fn forget(mut self) {
        self.is_over = true;
    }

    /// As well as it goes: what stays is found by the bucket's lifecycle.
    pub(super) async fn abort(mut self) {
        self.is_over = true;
        let _ = self.region.abort_upload(&self.bucket, &self.key, &self.id).await;
    }
}

impl Drop for UnfinishedUpload {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // The command was interrupted; the runtime gives its last tasks a moment.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (region, bucket) = (self.region.clone(), self.bucket.clone());
            let (key, id) = (std::mem::take(&mut self.key), std::mem::take(&mut self.id));
            runtime.spawn(async move {
                let _ = region.abort_upload(&bucket, &key, &id).await;
            });
        }
    }
}
