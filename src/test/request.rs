//! Requests of the test client.

use serde::Serialize;

use super::{Client, ClientError, Gateway, Response, gateway::Parts};

/// The start of an HTTP request: the gateway, then the method. [`Client::http`] makes it.
#[derive(Clone, Debug)]
pub struct Http<'a> {
    client: &'a Client,
    gateway: Gateway,
}

/// An HTTP request that is built and then [sent](Self::send).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct RequestBuilder<'a> {
    client: &'a Client,
    gateway: Gateway,
    parts: Parts,
}

impl<'a> Http<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, gateway: Gateway::default() }
    }

    /// Sets the gateway that the request comes through.
    #[must_use]
    pub fn gateway(mut self, gateway: Gateway) -> Self {
        self.gateway = gateway;
        self
    }

    /// A `GET` request; `target` is the path with the query, encoded, such as `/orders?page=2`.
    pub fn get(self, target: &str) -> RequestBuilder<'a> {
        self.request("GET", target)
    }

    /// A `HEAD` request.
    pub fn head(self, target: &str) -> RequestBuilder<'a> {
        self.request("HEAD", target)
    }

    /// A `POST` request.
    pub fn post(self, target: &str) -> RequestBuilder<'a> {
        self.request("POST", target)
    }

    /// A `PUT` request.
    pub fn put(self, target: &str) -> RequestBuilder<'a> {
        self.request("PUT", target)
    }

    /// A `PATCH` request.
    pub fn patch(self, target: &str) -> RequestBuilder<'a> {
        self.request("PATCH", target)
    }

    /// A `DELETE` request.
    pub fn delete(self, target: &str) -> RequestBuilder<'a> {
        self.request("DELETE", target)
    }

    /// A request of any method.
    pub fn request(self, method: &str, target: &str) -> RequestBuilder<'a> {
        let root = if target.starts_with('/') { "" } else { "/" };
        let parts = Parts { method: method.to_owned(), target: format!("{root}{target}"), ..Parts::default() };
        RequestBuilder { client: self.client, gateway: self.gateway, parts }
    }
}

impl RequestBuilder<'_> {
    /// Adds a header. A name may come several times.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.parts.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sets the body: text, or bytes, which the event has in base64 if they are no text.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.parts.body = body.into();
        self
    }

    /// Sets the body to the JSON of a value, and the content type.
    ///
    /// # Panics
    ///
    /// The value has no JSON, such as a map whose keys are no text.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        let json = serde_json::to_vec(value).expect("the body has a form as JSON");
        self.header("content-type", "application/json").body(json)
    }

    /// Sends the request and returns the response as a client of the gateway would get it.
    ///
    /// # Errors
    ///
    /// The invocation fails. An error or panic of the app is none: its client gets a response with the status 500.
    pub async fn send(self) -> Result<Response, ClientError> {
        let event = self.gateway.event(&self.parts);
        Response::read(&self.client.send(event.to_string().into_bytes()).await?)
    }
}
