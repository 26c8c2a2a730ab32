//! The least that any function must spend: poll, read the event, answer, on one connection and without looking at it.

use std::{env, error::Error};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const ANSWER: &[u8] = include_bytes!("answer.json");

// One thread, as in the other programs: how tasks move between workers would be measured otherwise.
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
        let answer = Request::post(path).header(HOST, &address).body(Full::new(Bytes::from_static(ANSWER)))?;
        sender.ready().await?;
        sender.send_request(answer).await?.into_body().collect().await?;
    }
}
