//! A part of a file for an upload: hashed, read while it is sent, read again when it must be sent again.

use std::{
    fs::File,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest as _, Sha256};

/// How much is read from the file at once.
const CHUNK: usize = 64 * 1024;

/// A part of an open file, which stays the same file whatever takes its place at its path.
#[derive(Clone, Debug)]
pub(super) struct FilePart {
    file: Arc<File>,
    start: u64,
    length: u64,
}

impl FilePart {
    /// Fails at once for a file that cannot be read or is shorter than was said.
    pub(super) fn new(file: &Arc<File>, start: u64, length: u64) -> io::Result<Self> {
        if file.metadata()?.len() < start + length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter"));
        }
        Ok(Self { file: Arc::clone(file), start, length })
    }

    /// The SHA-256 of the part in base64; `whole` is fed the same bytes.
    pub(super) fn sha256(&self, whole: &mut Sha256) -> io::Result<String> {
        let mut digest = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        let mut done = 0;
        while done < self.length {
            let chunk = &mut chunk[..chunk_length(self.length - done)];
            read_exact_at(&self.file, chunk, self.start + done)?;
            digest.update(&*chunk);
            whole.update(&*chunk);
            done += chunk.len() as u64;
        }
        Ok(base64_simd::STANDARD.encode_to_string(digest.finalize()))
    }

    /// A body that can be sent again, and counts no byte twice.
    pub(super) fn stream(self, sent: &Arc<AtomicU64>) -> ByteStream {
        let sent = Arc::clone(sent);
        let most = Arc::new(AtomicU64::new(0));
        ByteStream::new(SdkBody::retryable(move || {
            let body =
                PartBody { part: self.clone(), left: self.length, most: Arc::clone(&most), sent: Arc::clone(&sent) };
            SdkBody::from_body_1_x(body)
        }))
    }
}

/// Reads from the page cache, where the file was written or hashed a moment ago: not worth a thread.
#[derive(Debug)]
struct PartBody {
    part: FilePart,
    left: u64,
    /// The most bytes that an attempt at this part has sent.
    most: Arc<AtomicU64>,
    /// The bytes that all parts together have sent.
    sent: Arc<AtomicU64>,
}

impl Body for PartBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut chunk = vec![0; chunk_length(self.left)];
        let FilePart { file, start, length } = &self.part;
        if let Err(error) = read_exact_at(file, &mut chunk, start + length - self.left) {
            return Poll::Ready(Some(Err(error)));
        }
        let done = length - self.left + chunk.len() as u64;
        self.left -= chunk.len() as u64;
        let before = self.most.fetch_max(done, Ordering::Relaxed);
        self.sent.fetch_add(done.saturating_sub(before), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(chunk)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

fn chunk_length(left: u64) -> usize {
    usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK))
}

/// Reads at a position, for several readers of one open file.
#[cfg(unix)]
fn read_exact_at(file: &File, chunk: &mut [u8], position: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, chunk, position)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut chunk: &mut [u8], mut position: u64) -> io::Result<()> {
    while !chunk.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, chunk, position)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        chunk = &mut chunk[read..];
        position += read as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn opened(path: &std::path::Path) -> Arc<File> {
        Arc::new(File::open(path).unwrap())
    }

    #[tokio::test]
    async fn a_file_that_takes_the_place_of_another_is_not_what_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"before").unwrap();
        let file = opened(&path);
        std::fs::write(folder.path().join("other"), b"behind").unwrap();
        std::fs::rename(folder.path().join("other"), &path).unwrap();
        let part = FilePart::new(&file, 0, 6).unwrap();
        let mut whole = Sha256::new();
        part.sha256(&mut whole).unwrap();
        assert_eq!(whole.finalize(), Sha256::digest(b"before"));
        let body = part.stream(&Arc::default()).into_inner();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "before");
    }

    #[tokio::test]
    async fn a_piece_sent_twice_is_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let content: Vec<u8> = (0..200_000_u32).map(|index| index as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let sent = Arc::new(AtomicU64::new(0));
        let stream = FilePart::new(&opened(&path), 1000, 150_000).unwrap().stream(&sent);
        let body = stream.into_inner();
        for _ in 0..2 {
            let copy = body.try_clone().unwrap();
            assert_eq!(copy.collect().await.unwrap().to_bytes(), content[1000..151_000]);
        }
        assert_eq!(sent.load(Ordering::Relaxed), 150_000);
    }

    #[test]
    fn a_file_that_has_become_shorter_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"short").unwrap();
        assert!(FilePart::new(&opened(&path), 0, 6).is_err());
    }
}
