//! Secrets of the application: values that are stored in Systems Manager or Secrets Manager and read at the start.
//!
//! The environment has references only ([`variable::SECRETS`]), so that no value is in a template, a stack or a log.

mod client;
mod endpoint;
mod error;
mod fetch;
mod place;
mod plan;
mod secret;
mod typed;
mod values;

pub use self::{error::SecretsError, secret::Secret};

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;

use self::{place::Place, values::Values};
use crate::{contract::variable, log};

/// The secrets of the stage.
///
/// The setting `secrets` names them and says where each is stored:
///
/// ```toml
/// [stage.prod]
/// secrets = { DATABASE_URL = "ssm:/shop/${stage}/db", STRIPE_KEY = "secretsmanager:shop/stripe#key" }
/// ```
///
/// [`secrets`] reads them before the application is built. Cheap to clone; `Debug` shows the names only.
#[derive(Clone)]
pub struct Secrets {
    shared: Arc<Shared>,
    ttl: Option<Duration>,
}

struct Shared {
    place: Place,
    values: RwLock<(Arc<Values>, Instant)>,
    is_refreshing: AtomicBool,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.current().names()).finish()
    }
}

/// Reads the secrets of the stage, all of them at once.
///
/// | host | values |
/// |---|---|
/// | Lambda | from Systems Manager and Secrets Manager, by the references that `zappa-rs deploy` put into `ZAPPA_SECRETS` |
/// | `zappa-rs local` | from the env file `.env.STAGE`; with `--with-credentials` from AWS what the file lacks |
/// | elsewhere | from the environment; if it has `ZAPPA_SECRETS`, as on Lambda |
///
/// An environment variable with the name of a secret wins everywhere. On AWS, parameters are read by ten and secrets by
/// twenty in one call, all calls in parallel; throttled and failed calls are repeated with backoff and jitter. It gives
/// up after 8 seconds, since Lambda ends an initialization after 10.
///
/// # Errors
///
/// A secret that is not optional has no value, or AWS refused to read or did not respond: one error names all of them.
///
/// # Examples
///
/// ```no_run
/// # use zappa_rs_adapter as zappa_rs;
/// # async fn connect(url: &str) {}
/// # async fn example() -> Result<(), zappa_rs::SecretsError> {
/// let secrets = zappa_rs::secrets().await?;
/// connect(&secrets.get("DATABASE_URL")?).await;
/// # Ok(())
/// # }
/// ```
pub async fn secrets() -> Result<Secrets, SecretsError> {
    Secrets::read(Place::of_process()?).await
}

impl Secrets {
    async fn read(place: Place) -> Result<Self, SecretsError> {
        let values = place.read().await?;
        let values = RwLock::new((Arc::new(values), Instant::now()));
        let shared = Shared { place, values, is_refreshing: AtomicBool::new(false) };
        Ok(Self { shared: Arc::new(shared), ttl: None })
    }

    /// The value of a secret.
    ///
    /// # Errors
    ///
    /// The stage has no secret of this name, or the secret is optional and has no value.
    pub fn get(&self, name: &str) -> Result<Secret, SecretsError> {
        self.find(name).ok_or_else(|| self.shared.place.missing([name]))
    }

    /// The value of a secret; `None` if it has none.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Secret> {
        self.refresh_if_old();
        self.current().find(name).or_else(|| self.shared.place.find_variable(name))
    }

    /// All values in a type of yours, each in the field with its name.
    ///
    /// A field in lower case takes the secret with the same name in upper case. Numbers, booleans and unit variants are
    /// parsed; a field of an optional secret is an `Option` or has `#[serde(default)]`.
    ///
    /// # Errors
    ///
    /// A field has no value, or its value does not fit the type. The error does not contain values.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use zappa_rs_adapter as zappa_rs;
    /// #[derive(serde::Deserialize)]
    /// struct Keys {
    ///     database_url: String,
    ///     stripe_key: Option<String>,
    /// }
    ///
    /// # async fn example() -> Result<(), zappa_rs::SecretsError> {
    /// let keys: Keys = zappa_rs::secrets().await?.deserialize()?;
    /// # let _ = (keys.database_url, keys.stripe_key);
    /// # Ok(())
    /// # }
    /// ```
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, SecretsError> {
        self.refresh_if_old();
        typed::deserialize(&self.current(), &self.shared.place)
    }

    /// The same secrets, which are read again when they are older than `ttl`: values that were rotated are then seen
    /// without a deploy.
    ///
    /// Nothing waits for it: [`get`](Self::get) returns the old value and starts to read in the background, which needs a
    /// Tokio runtime. If that fails, the old values stay, and it is tried again after another `ttl`.
    #[must_use]
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Reads all values again now.
    ///
    /// # Errors
    ///
    /// As for [`secrets`]; the old values stay.
    pub async fn refresh(&self) -> Result<(), SecretsError> {
        let values = Arc::new(self.shared.place.read().await?);
        self.shared.set(values);
        Ok(())
    }

    fn current(&self) -> Arc<Values> {
        Arc::clone(&self.shared.values.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    fn refresh_if_old(&self) {
        let age = self.shared.values.read().unwrap_or_else(PoisonError::into_inner).1.elapsed();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.ttl.is_none_or(|ttl| age < ttl) || self.shared.is_refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let secrets = self.clone();
        runtime.spawn(async move {
            if let Err(error) = secrets.refresh().await {
                log::process_error(&format!("secrets were not read again, the old values stay: {error}"));
                let old = secrets.current();
                secrets.shared.set(old);
            }
            secrets.shared.is_refreshing.store(false, Ordering::Release);
        });
    }
}

impl Shared {
    fn set(&self, values: Arc<Values>) {
        *self.values.write().unwrap_or_else(PoisonError::into_inner) = (values, Instant::now());
    }
}

/// The names and references in the value of [`variable::SECRETS`].
fn references(json: &str) -> Result<BTreeMap<String, String>, SecretsError> {
    serde_json::from_str(json).map_err(|error| {
        SecretsError::environment(format!(
            "`{}` is not a JSON object of names and references: {error}",
            variable::SECRETS
        ))
    })
}
