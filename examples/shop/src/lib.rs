//! A shop that keeps its orders in Postgres.
//!
//! On Lambda every instance is a process of its own with a pool of its own, so the pool is small ([`pool`]). Tables change by
//! the function `migrate`, which a release runs before it takes traffic. The database's URL is a secret.

mod error;
mod order;
mod pool;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use zappa_rs::{App, BoxError, HttpService, Invocation};

use self::error::Error;
pub use self::{
    order::{NewOrder, Order},
    pool::pool,
};

/// The application: orders by HTTP, and the function `migrate`.
pub fn app(pool: PgPool) -> App<impl HttpService> {
    let router = Router::new()
        .route("/health", get(health))
        .route("/products/{sku}", get(stock))
        .route("/orders/{key}", get(show).put(place))
        .with_state(pool.clone());
    App::new(router).function("migrate", move |release: Value, _: Invocation| migrate(pool.clone(), release))
}

/// Proves the way to the database, from the subnets over the certificate to the password. It runs before `migrate`: it must not
/// ask for a table.
async fn health(State(pool): State<PgPool>) -> Result<&'static str, Error> {
    sqlx::query("select 1").execute(&pool).await?;
    Ok("ok")
}

async fn stock(State(pool): State<PgPool>, Path(sku): Path<String>) -> Result<Json<Value>, Error> {
    let found = sqlx::query_scalar::<_, i32>("select stock from products where sku = $1").bind(&sku);
    let stock = found.fetch_optional(&pool).await?.ok_or(Error::NotFound)?;
    Ok(Json(json!({ "sku": sku, "stock": stock })))
}

async fn show(State(pool): State<PgPool>, Path(key): Path<String>) -> Result<Json<Order>, Error> {
    Ok(Json(order::find(&pool, &key).await?.ok_or(Error::NotFound)?))
}

/// Places an order under the client's key: 201 the first time, 200 with the same order when it is sent again.
async fn place(
    State(pool): State<PgPool>,
    Path(key): Path<String>,
    Json(new): Json<NewOrder>,
) -> Result<(StatusCode, Json<Order>), Error> {
    let (order, is_new) = order::place(&pool, &key, &new).await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(order)))
}

/// Brings the tables up to this release. sqlx locks the database meanwhile, so that two regions that share one wait for each other,
/// and skips what was applied: an event that Lambda repeats changes nothing.
async fn migrate(pool: PgPool, release: Value) -> Result<(), BoxError> {
    sqlx::migrate!().run(&pool).await?;
    tracing::info!(release = %release["release"], "migrated");
    Ok(())
}
