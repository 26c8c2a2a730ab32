//! An HTTPS server on loopback, with the certificate of `tests/fixtures/tls`: it is for `127.0.0.1`, and `authority.pem` issued it.
//!
//! Tests take this file by its path, since it needs the crate `rustls`, which not all of them have.

use std::{
    io::{BufRead as _, BufReader, Result, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

/// How long a client may keep the others waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file of `tests/fixtures/tls`: `authority.pem`, which clients trust, or `server.pem`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tls").join(name)
}

/// Answers requests until the process ends, each path with the text that `answer` gives at the server's address, or with 404.
pub(crate) fn serve(answer: impl Fn(SocketAddr, &str) -> Option<String> + Send + 'static) -> SocketAddr {
    let pem = std::fs::read(fixture("server.pem")).expect("the fixture can be read");
    let certificates =
        CertificateDer::pem_slice_iter(&pem).collect::<std::result::Result<_, _>>().expect("certificates");
    let key = PrivateKeyDer::from_pem_slice(&pem).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has them")
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .expect("the key is the certificate's");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let config = Arc::new(config);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that does not trust the certificate disconnects.
            let _ = respond(stream, &config, |path| answer(address, path));
        }
    });
    address
}

fn respond(stream: TcpStream, config: &Arc<ServerConfig>, answer: impl Fn(&str) -> Option<String>) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut request = String::new();
    while stream.read_line(&mut request)? > 2 {}
    let answer = answer(request.split(' ').nth(1).unwrap_or_default());
    let status = if answer.is_some() { "200 OK" } else { "404 Not Found" };
    let body = answer.unwrap_or_default();
    let stream = stream.get_mut();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    stream.conn.send_close_notify();
    stream.flush()
}
