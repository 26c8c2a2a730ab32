//! A stretch of a file on its way: hashed, read while it is sent, read again when it must be sent again.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
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

/// A stretch of a file.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    path: PathBuf,
    start: u64,
    length: u64,
}

impl Piece {
    /// Fails at once for a file that cannot be read or is shorter than was said.
    pub(super) fn new(path: &Path, start: u64, length: u64) -> io::Result<Self> {
        if path.metadata()?.len() < start + length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter"));
        }
        Ok(Self { path: path.to_owned(), start, length })
    }

    fn open(&self) -> io::Result<io::Take<File>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start))?;
        Ok(file.take(self.length))
    }

    pub(super) fn sha256(&self) -> io::Result<String> {
        let mut digest = Sha256::new();
        let mut file = self.open()?;
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(base64_simd::STANDARD.encode_to_string(digest.finalize())),
                read => digest.update(&chunk[..read]),
            }
        }
    }

    /// A body that can be sent again, and counts no byte twice.
    pub(super) fn stream(self, sent: &Arc<AtomicU64>) -> ByteStream {
        let sent = Arc::clone(sent);
        let most = Arc::new(AtomicU64::new(0));
        ByteStream::new(SdkBody::retryable(move || {
            let body = PieceBody {
                file: self.open(),
                left: self.length,
                length: self.length,
                most: Arc::clone(&most),
                sent: Arc::clone(&sent),
            };
            SdkBody::from_body_1_x(body)
        }))
    }
}

/// Reads from the page cache, where the file was written or hashed a moment ago: not worth a thread.
#[derive(Debug)]
struct PieceBody {
    file: io::Result<io::Take<File>>,
    left: u64,
    length: u64,
    /// What the best attempt at this piece has sent.
    most: Arc<AtomicU64>,
    /// What all pieces together have sent.
    sent: Arc<AtomicU64>,
}

impl Body for PieceBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut chunk = vec![0; CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK))];
        let read = match &mut self.file {
            Ok(file) => file.read_exact(&mut chunk),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        };
        if let Err(error) = read {
            return Poll::Ready(Some(Err(error)));
        }
        self.left -= chunk.len() as u64;
        let done = self.length - self.left;
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

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_piece_sent_twice_is_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let content: Vec<u8> = (0..200_000_u32).map(|index| index as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let sent = Arc::new(AtomicU64::new(0));
        let stream = Piece::new(&path, 1000, 150_000).unwrap().stream(&sent);
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
        assert!(Piece::new(&path, 0, 6).is_err());
    }
}
