//! A currency converter: two endpoints, JSON in and out, and not a float anywhere near the money.
//!
//! `GET /hello?name=Ada` greets. `GET /convert?from=EUR&to=JPY&amount=12.30` converts, and so does a `POST /convert` with
//! the same three fields as JSON. Errors are a JSON object `{"error": ".."}` with status 400 or 404.

mod amount;
mod failure;
mod rates;

use amount::Amount;
use axum::{
    Json, Router,
    extract::{Query, rejection::JsonRejection, rejection::QueryRejection},
    routing::get,
};
use failure::Failure;
use rates::Currency;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Name {
    name: Option<String>,
}

#[derive(Serialize)]
struct Greeting {
    message: String,
}

/// What to convert, as the client writes it. The amount is text: a JSON number would pass through a float.
#[derive(Deserialize)]
struct Wish {
    from: String,
    to: String,
    amount: String,
}

#[derive(Serialize)]
struct Conversion {
    from: &'static str,
    to: &'static str,
    amount: String,
    result: String,
    rates_of: &'static str,
}

async fn hello(name: Result<Query<Name>, QueryRejection>) -> Result<Json<Greeting>, Failure> {
    let Query(Name { name }) = name?;
    let name = name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or("world");
    Ok(Json(Greeting { message: format!("Hello, {name}!") }))
}

async fn convert_query(wish: Result<Query<Wish>, QueryRejection>) -> Result<Json<Conversion>, Failure> {
    convert(&wish?.0).map(Json)
}

async fn convert_json(wish: Result<Json<Wish>, JsonRejection>) -> Result<Json<Conversion>, Failure> {
    convert(&wish?.0).map(Json)
}

fn convert(wish: &Wish) -> Result<Conversion, Failure> {
    let from = Currency::find(&wish.from)?;
    let to = Currency::find(&wish.to)?;
    let amount: Amount = wish.amount.parse()?;
    let result = amount.convert(from, to)?;
    Ok(Conversion {
        from: from.code,
        to: to.code,
        amount: amount.to_string(),
        result: result.to_string(),
        rates_of: rates::DAY,
    })
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let app = Router::new()
        .route("/hello", get(hello))
        .route("/convert", get(convert_query).post(convert_json))
        .fallback(async || Failure::no_such_page())
        .method_not_allowed_fallback(async || Failure::no_such_method());
    zappa_rs::run(app).await
}
