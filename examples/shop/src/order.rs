//! Orders: what a client sends, and what the database keeps.

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool};

use crate::error::Error;

/// The body of a request that places an order.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The product.
    pub sku: String,
    /// How many of it.
    pub quantity: i32,
}

/// An order that was placed.
#[derive(Clone, Debug, Deserialize, Eq, FromRow, PartialEq, Serialize)]
pub struct Order {
    /// The client's key.
    pub key: String,
    /// The product.
    pub sku: String,
    /// How many of it.
    pub quantity: i32,
    /// What it costs; none for an order of the first release.
    pub total_cents: Option<i64>,
}

/// The order of a key.
pub(crate) async fn find(pool: &PgPool, key: &str) -> Result<Option<Order>, Error> {
    let query = sqlx::query_as("select key, sku, quantity, total_cents from orders where key = $1");
    Ok(query.bind(key).fetch_optional(pool).await?)
}

/// Places an order, and tells whether it is a new one. Stock and order change in one transaction; the row of the product orders
/// those who want the same one.
pub(crate) async fn place(pool: &PgPool, key: &str, new: &NewOrder) -> Result<(Order, bool), Error> {
    if new.quantity < 1 {
        return Err(Error::Quantity);
    }
    let mut transaction = pool.begin().await?;
    let inserted: Option<Order> = sqlx::query_as(
        "insert into orders (key, sku, quantity, total_cents) \
         select $1, sku, $3, $3 * price_cents from products where sku = $2 \
         on conflict (key) do nothing returning key, sku, quantity, total_cents",
    )
    .bind(key)
    .bind(&new.sku)
    .bind(new.quantity)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(order) = inserted else {
        // Given back before the next query: the pool has one connection.
        transaction.rollback().await?;
        return match find(pool, key).await? {
            Some(order) if order.sku == new.sku && order.quantity == new.quantity => Ok((order, false)),
            Some(_) => Err(Error::OtherOrder),
            None => Err(Error::NotFound),
        };
    };
    let taken = sqlx::query("update products set stock = stock - $2 where sku = $1 and stock >= $2")
        .bind(&new.sku)
        .bind(new.quantity)
        .execute(&mut *transaction)
        .await?;
    if taken.rows_affected() == 0 {
        transaction.rollback().await?;
        return Err(Error::SoldOut);
    }
    transaction.commit().await?;
    Ok((order, true))
}
