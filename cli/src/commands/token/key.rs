//! The key that signs development tokens: made at its first use, kept on this machine.
//!
//! Whoever has it makes tokens that `zappa-rs local` lets in, and nothing else does.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64_simd::URL_SAFE_NO_PAD;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Map, Value, json};

use super::key_file::{self, Found};
use crate::{build::output, progress::Progress};

/// The id of the key, by which `local` tells its tokens from others.
pub(in crate::commands) use crate::local::DEVELOPMENT_KEY_ID as KEY_ID;

/// The folder in the tool's own in cargo's target folder.
const FOLDER: &str = "token";
const FILE: &str = "key.pkcs8";

/// An error of the key's file.
#[derive(Debug, thiserror::Error)]
pub(in crate::commands) enum Error {
    #[error(transparent)]
    File(#[from] key_file::Error),
    #[error("{} is not a key of development tokens", path.display())]
    Malformed { path: PathBuf },
    #[error("no key of development tokens can be made: the system has no random numbers")]
    Random,
}

impl Error {
    /// The remedy.
    pub(in crate::commands) fn hint(&self) -> Option<String> {
        match self {
            Self::Malformed { path } => {
                Some(format!("delete it, and the next token makes another: {}", path.display()))
            }
            Self::File(error) => error.hint(),
            Self::Random => None,
        }
    }
}

/// The key.
pub(in crate::commands) struct DevelopmentKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    path: PathBuf,
    /// The file that others could read or replace until now.
    exposed: Option<PathBuf>,
}

impl DevelopmentKey {
    /// Reads the key of a project, or makes it. `target_directory` is cargo's.
    pub(in crate::commands) fn load(target_directory: &Path) -> Result<Self, Error> {
        let folder = target_directory.join(output::FOLDER).join(FOLDER);
        let path = folder.join(FILE);
        let random = SystemRandom::new();
        let found = match key_file::read(&folder, &path)? {
            Some(found) => found,
            None => make(&folder, &path, &random)?,
        };
        match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &found.document, &random) {
            Ok(pair) => Ok(Self { pair, random, exposed: found.was_exposed.then(|| path.clone()), path }),
            Err(_) => Err(Error::Malformed { path }),
        }
    }

    /// Warns of permissions that were taken away from others.
    pub(in crate::commands) fn warn(&self, progress: &dyn Progress) {
        if let Some(path) = &self.exposed {
            let path = path.display();
            let sentence = format!("other users could read or replace the key of development tokens until now: {path}");
            let hint =
                format!("its permissions are repaired; delete `{path}` for another key, if others use this machine");
            progress.warning(&sentence, Some(&hint));
        }
    }

    /// The file of the key.
    pub(in crate::commands) fn path(&self) -> &Path {
        &self.path
    }

    /// The public key as a JSON Web Key Set.
    pub(in crate::commands) fn key_set(&self) -> String {
        // Uncompressed: a byte that says so, and both coordinates.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY_ID, "x": text(x), "y": text(y),
        }] })
        .to_string()
    }

    /// Signs claims: the token.
    pub(in crate::commands) fn sign(&self, claims: &Map<String, Value>) -> Result<String, Error> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode_to_string(value.to_string());
        let header = json!({ "alg": "ES256", "kid": KEY_ID, "typ": "JWT" });
        let message = format!("{}.{}", part(&header), part(&Value::Object(claims.clone())));
        let signature = self.pair.sign(&self.random, message.as_bytes()).map_err(|_| Error::Random)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode_to_string(signature.as_ref())))
    }
}

/// Makes a key; another process may have made one meanwhile.
fn make(folder: &Path, path: &Path, random: &SystemRandom) -> Result<Found, Error> {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random).map_err(|_| Error::Random)?;
    let write = || {
        key_file::create_folder(folder)?;
        // Cargo's folder is ignored by git as a rule, and another may stand in for it.
        fs::write(folder.join(".gitignore"), "*\n")?;
        // Whole at once: a reader never finds a part of it.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(document.as_ref())?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        }
    };
    if write().map_err(key_file::Error::file(path))? {
        return Ok(Found { document: document.as_ref().to_vec(), was_exposed: false });
    }
    let gone = || key_file::Error::file(path)(io::ErrorKind::NotFound.into());
    Ok(key_file::read(folder, path)?.ok_or_else(gone)?)
}

#[cfg(test)]
mod tests {
    use zappa_rs_adapter::jwt::{Algorithm, Rejection, Verifier};

    use super::*;

    fn verifier(key: &DevelopmentKey) -> Verifier {
        let builder = Verifier::builder("https://id.example.com").any_audience().algorithms([Algorithm::Es256]);
        builder.jwks_json(key.key_set()).build().expect("its key set is one")
    }

    #[tokio::test]
    async fn a_token_is_verified_with_the_key_set_and_with_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let key = DevelopmentKey::load(folder.path()).unwrap();
        let claims = json!({ "iss": "https://id.example.com", "sub": "alice", "exp": 4_000_000_000_u64 });
        let token = key.sign(claims.as_object().unwrap()).unwrap();
        let verified = verifier(&key).verify(&token).await.unwrap();
        assert_eq!(verified.claims::<Value>().unwrap(), claims);
        // The same key at the next start, and another in another project.
        let again = DevelopmentKey::load(folder.path()).unwrap();
        assert!(verifier(&again).verify(&token).await.is_ok());
        let other = tempfile::tempdir().unwrap();
        let other = DevelopmentKey::load(other.path()).unwrap();
        assert_eq!(verifier(&other).verify(&token).await, Err(Rejection::Signature));
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_for_its_user_alone_and_git_ignores_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        DevelopmentKey::load(folder.path()).unwrap();
        let inside = folder.path().join("zappa-rs/token");
        let mode = fs::metadata(inside.join("key.pkcs8")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let key = DevelopmentKey::load(folder.path()).unwrap();
        assert_eq!(key.exposed, None);
        let path = inside.join("key.pkcs8");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(DevelopmentKey::load(folder.path()).unwrap().exposed, Some(path));
        assert_eq!(fs::read_to_string(inside.join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("zappa-rs/token")).unwrap();
        let path = folder.path().join("zappa-rs/token/key.pkcs8");
        fs::write(&path, "no key").unwrap();
        let error = DevelopmentKey::load(folder.path()).err().unwrap();
        assert!(error.hint().unwrap().contains(path.to_str().unwrap()), "{error}");
    }
}
