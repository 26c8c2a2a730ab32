//! The pool of connections, for a process that Lambda freezes between requests and that has hundreds of siblings.

use std::{env, str::FromStr as _, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// How long a request waits for a connection. Less than the gateway's 29 seconds: a database that is full or out of reach is then
/// a response, 503, and not a timeout of the function.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is used: less than what may end it elsewhere, which a frozen process would not notice. RDS Proxy ends
/// idle ones after 30 minutes, and Aurora DSQL every one after 60.
const MAX_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How many connections the plain server opens, which is one process for all requests.
const OUTSIDE_OF_LAMBDA: u32 = 10;

/// The pool for a database. It connects at the first query, and not in Lambda's initialization: that has 10 seconds, and an
/// instance that only answers a keep-warm event needs no connection.
///
/// # Errors
/// The URL is none.
pub fn pool(url: &str) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("shop");
    let pool = PgPoolOptions::new()
        // All instances together must stay below the database's `max_connections`: see `reserved_concurrency` in the settings.
        .max_connections(concurrency())
        // A connection that nobody uses would only count there, and no task keeps it alive while the process is frozen.
        .min_connections(0)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_lifetime(MAX_LIFETIME)
        // What was cut off while the process was frozen is found by a ping, one round trip, and replaced: the request does not fail.
        .test_before_acquire(true)
        .connect_lazy_with(options);
    Ok(pool)
}

/// How many requests this process serves at once: one on Lambda, and what Managed Instances say.
fn concurrency() -> u32 {
    let variable = |name: &str| env::var(name).ok();
    match (variable("AWS_LAMBDA_RUNTIME_API"), variable("AWS_LAMBDA_MAX_CONCURRENCY")) {
        (None, _) => OUTSIDE_OF_LAMBDA,
        (Some(_), limit) => limit.and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0).unwrap_or(1),
    }
}
