//! What a verifier accepts, and the faults of that.

use std::{borrow::Cow, error, fmt, fs, io::Read as _, path::PathBuf, sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    algorithm::Algorithm,
    cache::Cache,
    claims::Rules,
    key_set::{KeySet, MAX_DOCUMENT},
    source::Source,
    verifier::{Keys, Verifier},
};

const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
/// A longer one would no longer be about clocks.
const MAX_LEEWAY: Duration = Duration::from_secs(5 * 60);

/// Builds a [`Verifier`]: [`Verifier::builder`] begins, [`build`](Self::build) ends.
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifierBuilder {
    rules: Rules,
    has_audience: bool,
    algorithms: Vec<Algorithm>,
    keys: Place,
}

/// Where the keys are.
#[derive(Clone, Debug)]
enum Place {
    Issuer,
    Url(String),
    Json(String),
    File(PathBuf),
}

impl VerifierBuilder {
    pub(super) fn new(issuer: String) -> Self {
        let rules = Rules { issuer, audience: None, required: Vec::new(), scopes: Vec::new(), leeway: DEFAULT_LEEWAY };
        Self { rules, has_audience: false, algorithms: vec![Algorithm::Rs256], keys: Place::Issuer }
    }

    /// Accepts tokens for one of these audiences: in the claim `aud`, or in `client_id` if there is no `aud`, as in access
    /// tokens of Cognito.
    pub fn audience<T: Into<String>>(mut self, audience: impl IntoIterator<Item = T>) -> Self {
        self.rules.audience = Some(audience.into_iter().map(Into::into).collect());
        self.has_audience = true;
        self
    }

    /// Accepts tokens for every audience, also those that the issuer gave to other applications.
    pub fn any_audience(mut self) -> Self {
        self.rules.audience = None;
        self.has_audience = true;
        self
    }

    /// Accepts signatures by these algorithms. Default: [`Algorithm::Rs256`].
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts tokens with at least one of these scopes, in the claim `scope` or `scp`. Default: none is needed.
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.rules.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts tokens whose claim `name` is the text `value`. Each call adds one.
    ///
    /// Cognito signs ID tokens and access tokens by the same keys: `required_claim("token_use", "access")` accepts only
    /// the latter.
    pub fn required_claim(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.rules.required.push((name.into(), Value::String(value.into())));
        self
    }

    /// By how much the clocks of issuer and verifier may differ, for `exp`, `nbf` and `iat`. Default: 30 seconds; at most
    /// 5 minutes.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// Fetches the keys from this address, and not from the one in the issuer's discovery document.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.keys = Place::Url(url.into());
        self
    }

    /// Takes the keys from this text, a JSON Web Key Set. Nothing is fetched.
    pub fn jwks_json(mut self, json: impl Into<String>) -> Self {
        self.keys = Place::Json(json.into());
        self
    }

    /// Takes the keys from a file with a JSON Web Key Set, which [`build`](Self::build) reads once. Nothing is fetched, so
    /// that it works in a VPC without a way to the internet; a new key needs a deploy.
    pub fn jwks_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.keys = Place::File(path.into());
        self
    }

    /// Builds the verifier. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// The issuer is empty, or is no URL of HTTPS although its keys have to be fetched from it; neither
    /// [`audience`](Self::audience) nor [`any_audience`](Self::any_audience) was called; there is no algorithm; the leeway
    /// is too long; or the given keys cannot be read, or are for none of the algorithms.
    pub fn build(self) -> Result<Verifier, VerifierError> {
        let rules = self.rules;
        if rules.issuer.is_empty() {
            return Err(VerifierError::new("the issuer is empty"));
        }
        if !self.has_audience || rules.audience.as_ref().is_some_and(Vec::is_empty) {
            return Err(VerifierError::new(
                "the audience is missing: name the application in `audience`, or accept tokens that the issuer gave to \
                 every application with `any_audience`",
            ));
        }
        if self.algorithms.is_empty() {
            return Err(VerifierError::new("`algorithms` is empty"));
        }
        if rules.leeway > MAX_LEEWAY {
            return Err(VerifierError::new("the leeway is longer than 5 minutes"));
        }
        let keys = self.keys.read(&rules.issuer)?;
        let place = self.keys.name();
        if let Keys::Given(keys) = &keys
            && !self.algorithms.iter().any(|algorithm| keys.has(*algorithm))
        {
            let names: Vec<_> = self.algorithms.iter().map(|algorithm| algorithm.name()).collect();
            return Err(VerifierError::new(format!("no key of {place} is for {}", names.join(", "))));
        }
        Ok(Verifier::new(rules, self.algorithms, keys))
    }
}

impl Place {
    /// What the keys are read from, for an error.
    fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Issuer => "the issuer".into(),
            Self::Url(_) => "`jwks_url`".into(),
            Self::Json(_) => "the text of `jwks_json`".into(),
            Self::File(path) => format!("`{}`", path.display()).into(),
        }
    }

    fn read(&self, issuer: &str) -> Result<Keys, VerifierError> {
        let fetched = |source| Keys::Fetched(Cache::new(source));
        let name = self.name();
        let given = |json: &[u8]| match KeySet::from_json(json) {
            Ok(keys) => Ok(Keys::Given(Arc::new(keys))),
            Err(error) => Err(VerifierError::new(format!("{name} is not a usable key set: {error}"))),
        };
        match self {
            Self::Issuer => Source::of_issuer(issuer).map(fetched).map_err(|error| {
                VerifierError::new(format!(
                    "the keys of the issuer `{issuer}` cannot be found: {error}; name their place with `jwks_url` or \
                     `jwks_file`"
                ))
            }),
            Self::Url(url) => {
                Source::of_key_set(url).map(fetched).map_err(|error| VerifierError::new(format!("`jwks_url`: {error}")))
            }
            Self::Json(json) => given(json.as_bytes()),
            Self::File(path) => {
                let mut json = Vec::new();
                let file =
                    fs::File::open(path).and_then(|file| file.take(MAX_DOCUMENT as u64 + 1).read_to_end(&mut json));
                file.map_err(|error| VerifierError::new(format!("{name} cannot be read: {error}")))?;
                given(&json)
            }
        }
    }
}

/// The error of building a verifier. It says what to change.
pub struct VerifierError {
    message: String,
}

impl VerifierError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for VerifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// As `Display`, since it is what `main` prints of an error that it returns.
impl fmt::Debug for VerifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for VerifierError {}
