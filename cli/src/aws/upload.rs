//! The upload of a file to S3, in one call or in parts, checked by S3 against the hashes that were taken here.

use std::{
    fs::File,
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use super::{Bucket, Error, Region, file_part::FilePart, object::SHA256, timeout, unfinished::UnfinishedUpload};
use crate::digest::{code_sha256, hexadecimal};

/// Files up to this size go in one piece; larger ones in parts of it.
const PART: u64 = 8 * 1024 * 1024;
/// S3 takes no more than these; parts grow for a larger file.
const MAX_PARTS: u64 = 10_000;
/// How many parts are under way at once.
const AT_ONCE: usize = 4;
/// How often progress is reported.
const TICK: Duration = Duration::from_millis(100);

/// A file to upload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upload<'a> {
    /// Where it lies here.
    pub(crate) path: &'a Path,
    /// The file that was hashed.
    pub(crate) file: &'a Arc<File>,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The SHA-256 of its bytes in hexadecimal digits.
    pub(crate) sha256: &'a str,
    /// `application/zip`.
    pub(crate) content_type: &'a str,
}

impl Region {
    /// Uploads a file, in parts if it is large; `on_bytes` hears how many more bytes have arrived.
    pub(crate) async fn upload(
        &self,
        bucket: &Bucket,
        key: &str,
        upload: &Upload<'_>,
        on_bytes: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Error> {
        let sent = Arc::new(AtomicU64::new(0));
        let work = async {
            if upload.size <= PART {
                self.upload_whole(bucket, key, upload, &sent).await
            } else {
                self.upload_parts(bucket, key, upload, &sent).await
            }
        };
        tokio::pin!(work);
        let mut told = 0;
        loop {
            let outcome = tokio::time::timeout(TICK, &mut work).await;
            let now = sent.load(Ordering::Relaxed).min(upload.size);
            if now > told {
                on_bytes(now - told);
                told = now;
            }
            if let Ok(outcome) = outcome {
                if outcome.is_ok() && told < upload.size {
                    on_bytes(upload.size - told);
                }
                return outcome;
            }
        }
    }

    async fn upload_whole(
        &self,
        bucket: &Bucket,
        key: &str,
        upload: &Upload<'_>,
        sent: &Arc<AtomicU64>,
    ) -> Result<(), Error> {
        let call = self.call("s3:PutObject", &bucket.path(key));
        let whole = Whole::default();
        let (part, _) = whole.next(upload, 0, upload.size).await?;
        whole.check(upload)?;
        let put = self
            .s3()
            .put_object()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .key(key)
            .content_type(upload.content_type)
            .metadata(SHA256, upload.sha256)
            .checksum_sha256(code_sha256(upload.sha256))
            .body(part.stream(sent));
        let config = aws_sdk_s3::config::Builder::new().timeout_config(timeout::of_part());
        call.send(put.customize().config_override(config).send()).await.map(drop)
    }

    async fn upload_parts(
        &self,
        bucket: &Bucket,
        key: &str,
        upload: &Upload<'_>,
        sent: &Arc<AtomicU64>,
    ) -> Result<(), Error> {
        let call = self.call("s3:CreateMultipartUpload", &bucket.path(key));
        let create = self
            .s3()
            .create_multipart_upload()
            .bucket(&bucket.name)
            .expected_bucket_owner(&bucket.account)
            .key(key)
            .content_type(upload.content_type)
            .metadata(SHA256, upload.sha256)
            .checksum_algorithm(ChecksumAlgorithm::Sha256);
        let id = call.send(create.send()).await?.upload_id;
        let Some(id) = id else { return Err(Error::odd(call, None, b"no upload id")) };
        let unfinished =
            UnfinishedUpload { region: self.clone(), bucket: bucket.clone(), key: key.to_owned(), id, is_over: false };
        match self.send_parts(&unfinished, upload, sent).await {
            Ok(()) => {
                unfinished.forget();
                Ok(())
            }
            Err(error) => {
                unfinished.abort().await;
                Err(error)
            }
        }
    }

    async fn send_parts(&self, to: &UnfinishedUpload, upload: &Upload<'_>, sent: &Arc<AtomicU64>) -> Result<(), Error> {
        let size = PART.max(upload.size.div_ceil(MAX_PARTS));
        let whole = Whole::default();
        // Hashed in their order, and sent in any.
        let pieces = stream::iter(0..upload.size.div_ceil(size)).then(|index| {
            let start = index * size;
            let hashed = whole.next(upload, start, size.min(upload.size - start));
            async move { hashed.await.map(|(part, sha256)| self.send_part(to, index, part, sha256, sent)) }
        });
        let mut parts: Vec<CompletedPart> = pieces.try_buffer_unordered(AT_ONCE).try_collect().await?;
        whole.check(upload)?;
        parts.sort_by_key(CompletedPart::part_number);
        let call = self.call("s3:CompleteMultipartUpload", &to.bucket.path(&to.key));
        let complete = self
            .s3()
            .complete_multipart_upload()
            .bucket(&to.bucket.name)
            .expected_bucket_owner(&to.bucket.account)
            .key(&to.key)
            .upload_id(&to.id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build());
        match call.send(complete.send()).await {
            Ok(_) => Ok(()),
            // The answer to an earlier try of this very call was lost, or is not AWS's: our hash tells that it is there.
            Err(error) if error.code() == Some("NoSuchUpload") || matches!(error, Error::Odd { .. }) => {
                let found = self.find_object(&to.bucket, &to.key).await?;
                let is_ours = found.is_some_and(|found| found.sha256.as_deref() == Some(upload.sha256));
                if is_ours { Ok(()) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn send_part(
        &self,
        to: &UnfinishedUpload,
        index: u64,
        part: FilePart,
        sha256: String,
        sent: &Arc<AtomicU64>,
    ) -> Result<CompletedPart, Error> {
        let call = self.call("s3:UploadPart", &to.bucket.path(&to.key));
        let number = i32::try_from(index + 1).unwrap_or(i32::MAX);
        let put = self
            .s3()
            .upload_part()
            .bucket(&to.bucket.name)
            .expected_bucket_owner(&to.bucket.account)
            .key(&to.key)
            .upload_id(&to.id)
            .part_number(number)
            .checksum_sha256(&sha256)
            .body(part.stream(sent));
        let config = aws_sdk_s3::config::Builder::new().timeout_config(timeout::of_part());
        let answer = call.send(put.customize().config_override(config).send()).await?;
        Ok(CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag).checksum_sha256(sha256).build())
    }
}

/// The hash of all pieces together: what is sent has to be what was hashed before, or the key would name other content.
#[derive(Clone, Debug, Default)]
struct Whole(Arc<Mutex<Sha256>>);

impl Whole {
    /// The next piece, with its SHA-256 in base64.
    async fn next(&self, upload: &Upload<'_>, start: u64, length: u64) -> Result<(FilePart, String), Error> {
        let part = FilePart::new(upload.file, start, length).map_err(unreadable(upload.path))?;
        let (hashed, whole) = (part.clone(), Arc::clone(&self.0));
        let hash = move || hashed.sha256(&mut whole.lock().unwrap_or_else(PoisonError::into_inner));
        let sha256 = tokio::task::spawn_blocking(hash).await.unwrap_or_else(|error| Err(io::Error::other(error)));
        Ok((part, sha256.map_err(unreadable(upload.path))?))
    }

    /// Fails if the pieces were not the file that was hashed.
    fn check(&self, upload: &Upload<'_>) -> Result<(), Error> {
        let whole = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if hexadecimal(&whole.finalize()) == upload.sha256 {
            return Ok(());
        }
        Err(unreadable(upload.path)(io::Error::other("it was changed while it was uploaded")))
    }
}

fn unreadable(file: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::File { path: file.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_overwritten_is_not_sent_as_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"before").unwrap();
        let file = Arc::new(File::open(&path).unwrap());
        let sha256 = hexadecimal(&Sha256::digest(b"before"));
        let upload = Upload { path: &path, file: &file, size: 6, sha256: &sha256, content_type: "application/zip" };
        let hashed = async || {
            let whole = Whole::default();
            for start in [0, 4] {
                whole.next(&upload, start, if start == 0 { 4 } else { 2 }).await?;
            }
            whole.check(&upload)
        };
        hashed().await.unwrap();
        std::fs::write(&path, b"behind").unwrap();
        let error = anyhow::Error::from(hashed().await.unwrap_err());
        assert!(format!("{error:#}").ends_with("file`: it was changed while it was uploaded"), "{error:#}");
    }
}
