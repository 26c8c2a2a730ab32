//! Canned HTTP responses over a real socket, for what no emulator sends: refusals, cut connections, other types.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::{Aws, Region};

/// One answer, in the order in which requests come.
#[derive(Clone, Debug)]
pub(crate) enum Canned {
    /// A whole answer.
    Answer { status: u16, headers: Vec<(&'static str, &'static str)>, body: String },
    /// The request is read, and the connection closed without an answer.
    Reset,
}

impl Canned {
    /// Stands in an answer for the token that the latest change carried.
    pub(crate) const TOKEN: &str = "{token}";

    pub(crate) fn xml(status: u16, body: impl Into<String>) -> Self {
        Self::Answer { status, headers: vec![("content-type", "text/xml")], body: body.into() }
    }

    /// An error as CloudFormation and STS say it.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             </ErrorResponse>"
        );
        Self::Answer { status, headers: vec![("x-amzn-requestid", "request-1")], body }
    }

    /// A success as CloudFormation and STS say it.
    pub(crate) fn result(action: &str, content: &str) -> Self {
        Self::xml(200, format!("<{action}Response><{action}Result>{content}</{action}Result></{action}Response>"))
    }
}

/// What was asked, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    /// Each request as `METHOD /path body`.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The token of the latest change.
    fn token(&self) -> String {
        let token = |request: &String| {
            let (_, rest) = request.split_once("ClientRequestToken=")?;
            rest.split('&').next().map(str::to_owned)
        };
        self.all().iter().rev().find_map(token).unwrap_or_default()
    }

    /// The `Action` of each request to a service that speaks forms.
    pub(crate) fn actions(&self) -> Vec<String> {
        let action = |request: &String| {
            let (_, rest) = request.split_once("Action=")?;
            rest.split('&').next().map(str::to_owned)
        };
        self.all().iter().filter_map(action).collect()
    }
}

/// A region that answers so; the last answer is repeated.
pub(crate) async fn region(name: &str, answers: Vec<Canned>) -> (Region, Asked) {
    let (aws, asked) = served(answers).await;
    (aws.in_region(name), asked)
}

/// An AWS that answers so; the last answer is repeated.
pub(crate) async fn served(answers: Vec<Canned>) -> (Aws, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (answers, asked) = (Arc::new(Mutex::new(VecDeque::from(answers))), Asked::default());
    let heard = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answers, heard) = (Arc::clone(&answers), heard.clone());
            let service = service_fn(move |request| answered(request, Arc::clone(&answers), heard.clone()));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (Aws::served(&format!("http://{address}")), asked)
}

async fn answered(
    request: Request<Incoming>,
    answers: Arc<Mutex<VecDeque<Canned>>>,
    asked: Asked,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let line = format!("{} {}", request.method(), request.uri());
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    asked.0.lock().unwrap().push(format!("{line} {}", String::from_utf8_lossy(&body)));
    let next = {
        let mut answers = answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    };
    match next {
        Some(Canned::Answer { status, headers, body }) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Full::from(body.replace(Canned::TOKEN, &asked.token()))).unwrap())
        }
        _ => Err(std::io::Error::other("reset")),
    }
}
