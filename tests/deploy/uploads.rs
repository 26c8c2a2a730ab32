//! Multipart uploads of a zip that another process overwrites in the meantime.

use std::{
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Once,
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{
    stage::{Ended, Stage},
    support::proxy::Proxy,
};

/// More parts than are under way at once.
const PADDING: u64 = 40 << 20;

/// A zip of the application that is uploaded in parts.
fn large(stage: &Stage, variant: &str) -> PathBuf {
    let path = stage.folder.path().join(format!("{variant}.zip"));
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.merge_archive(ZipArchive::new(File::open(stage.zip(variant)).unwrap()).unwrap()).unwrap();
    zip.start_file("padding", SimpleFileOptions::default().compression_method(CompressionMethod::Stored)).unwrap();
    io::copy(&mut io::Read::take(io::repeat(0), PADDING), &mut zip).unwrap();
    zip.finish().unwrap();
    path
}

/// Deploys the zip, with something done to it when its first part arrives.
fn deployed(stage: &mut Stage, zip: &Path, at_first_part: impl Fn() + Send + Sync + 'static) -> (Ended, Vec<String>) {
    let once = Once::new();
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, move |call| {
        if call.operation == "UploadPart" {
            once.call_once(&at_first_part);
        }
        None
    });
    stage.through(proxy.address());
    let ended = stage.run(&["deploy", "--yes", "--zip", zip.to_str().unwrap()]);
    stage.through(stage.account.address());
    (ended, proxy.calls().iter().map(|call| call.operation.clone()).collect())
}

#[test]
fn a_zip_that_takes_the_place_of_another_is_not_uploaded_as_it() {
    let mut stage = Stage::new("");
    let (zip, other) = (large(&stage, "one"), large(&stage, "two"));
    let wanted = base64_simd::STANDARD.encode_to_string(Sha256::digest(fs::read(&zip).unwrap()));
    let path = zip.clone();
    let (ended, calls) = deployed(&mut stage, &zip, move || fs::rename(&other, &path).unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(calls.iter().filter(|call| *call == "UploadPart").count() > 4, "{calls:?}");
    let answer = stage.account.aws(&["lambda", "get-function", "--function-name", "shop-dev", "--qualifier", "live"]);
    assert_eq!(answer["Configuration"]["CodeSha256"], wanted.as_str());
}

#[test]
fn a_zip_that_is_overwritten_meanwhile_is_refused_and_leaves_no_parts() {
    let mut stage = Stage::new("");
    let zip = large(&stage, "one");
    let path = zip.clone();
    let (ended, calls) = deployed(&mut stage, &zip, move || {
        let mut file = File::options().write(true).open(&path).unwrap();
        file.seek(SeekFrom::End(-4096)).unwrap();
        file.write_all(&[1; 64]).unwrap();
    });
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("it was changed while it was uploaded"), "{}", ended.stderr);
    assert!(calls.iter().any(|call| call == "AbortMultipartUpload"), "{calls:?}");
    assert!(!calls.iter().any(|call| call == "CompleteMultipartUpload"), "{calls:?}");
}
