//! The certificates that connections trust in place of the system's: `AWS_CA_BUNDLE`, or `ca_bundle` of the profile.

use std::{fs, path::Path};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::Error;

/// How many characters a line of a PEM file has.
const LINE: usize = 64;

/// Reads a bundle of certificates in PEM form. The SDK panics at what it cannot read, so each certificate is tried here;
/// one that no connection could trust anyway is left out.
pub(super) fn read_certificates(origin: &'static str, path: &Path) -> Result<TlsContext, Error> {
    let unusable = |source: Option<std::io::Error>| Error::Certificates { origin, path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(|error| unusable(Some(error)))?;
    let pem: String = CertificateDer::pem_slice_iter(&bytes)
        .filter_map(Result::ok)
        .filter(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok())
        .map(|certificate| to_pem(&certificate))
        .collect();
    if pem.is_empty() {
        return Err(unusable(None));
    }
    let store = TrustStore::empty().with_pem_certificate(pem);
    TlsContext::builder().with_trust_store(store).build().map_err(|_| unusable(None))
}

fn to_pem(certificate: &[u8]) -> String {
    let text = base64_simd::STANDARD.encode_to_string(certificate);
    let lines: Vec<&str> =
        text.as_bytes().chunks(LINE).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: &str = include_str!("../../../tests/fixtures/tls/authority.pem");

    fn read(text: &str) -> Result<TlsContext, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        read_certificates("AWS_CA_BUNDLE", file.path())
    }

    #[test]
    fn a_bundle_without_a_certificate_is_an_error_and_a_broken_one_among_others_is_left_out() {
        assert!(read(AUTHORITY).is_ok());
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(read(&format!("{broken}{AUTHORITY}")).is_ok());
        for text in ["", "not PEM", broken] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains("has no certificate that can be read"), "{error}");
        }
        let missing = read_certificates("ca_bundle", Path::new("/nonexistent/ca.pem")).unwrap_err();
        assert!(missing.to_string().starts_with("cannot read `/nonexistent/ca.pem`"), "{missing}");
    }
}
