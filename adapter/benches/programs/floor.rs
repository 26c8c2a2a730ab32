//! The lower bound of any function: polls, reads the event without parsing it, and responds, on one connection.

use std::{env, error::Error};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const RESPONSE: &[u8] = include_bytes!("response.json");

// One thread, as in the other programs; otherwise the benchmark would measure how tasks move between workers.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let address = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    loop {
        let next = Request::get("/2018-06-01/runtime/invocation/next").header(HOST, &address).body(Full::default())?;
        sender.ready().await?;
        let event = sender.send_request(next).await?;
        let id = event.headers().get("lambda-runtime-aws-request-id").ok_or("no request id")?.to_str()?;
        let path = format!("/2018-06-01/runtime/invocation/{id}/response");
        event.into_body().collect().await?;
        let response = Request::post(path).header(HOST, &address).body(Full::new(Bytes::from_static(RESPONSE)))?;
        sender.ready().await?;
        sender.send_request(response).await?.into_body().collect().await?;
    }
}
