//! A page at an origin of its own: a server of one file, for as long as the test process lives.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    thread,
};

use super::client::{Client, Request};

/// An API whose answers the page may read, since they come from its own origin: an emulator that drops the headers of CORS.
#[derive(Clone, Debug)]
pub(crate) struct Beside {
    /// Its address.
    pub(crate) address: SocketAddr,
    /// What is before every path there; below the page's origin it is `/api`.
    pub(crate) prefix: String,
}

/// Serves a file at every path; the origin, such as `http://localhost:41234`.
pub(crate) fn serve(file: &Path) -> String {
    serve_beside(file, None)
}

/// The same with an API below `/api`.
pub(crate) fn serve_beside(file: &Path, api: Option<Beside>) -> String {
    let page = fs::read(file).expect("the page");
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (page, api) = (page.clone(), api.clone());
            // A browser opens connections that it does not use.
            thread::spawn(move || answer(stream, &page, api.as_ref()));
        }
    });
    format!("http://localhost:{port}")
}

fn answer(mut stream: TcpStream, page: &[u8], api: Option<&Beside>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
    let method = ["GET", "POST"].into_iter().find(|known| *known == method).unwrap_or("GET");
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap_or(0);
        } else if ["authorization", "content-type"].iter().any(|kept| name.eq_ignore_ascii_case(kept)) {
            headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, kind, answer) = match (api, target.strip_prefix("/api")) {
        (Some(api), Some(path)) => {
            let mut request = Request { headers, ..Request::new(method, format!("{}{path}", api.prefix)) };
            request.body = (!body.is_empty()).then_some(body);
            let response = Client::connect(api.address)?.send(&request)?;
            (response.status, "application/json", response.body)
        }
        _ => (200, "text/html", page.to_vec()),
    };
    let length = answer.len();
    let head =
        format!("HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&answer)
}
