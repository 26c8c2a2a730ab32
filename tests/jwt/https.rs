//! Keys of an issuer that speaks HTTPS: whose certificates are trusted, and what is reported of others.
//!
//! The certificates that are trusted are read from the environment, so that each case is a process of its own.

use std::{path::Path, process::Command};

use serde_json::json;
use zappa_rs_adapter::jwt::Verifier;

use super::{claims, signer::*, tls};

/// The issuer and the token that the process of a case verifies.
const ISSUER: &str = "JWT_TEST_ISSUER";
const TOKEN: &str = "JWT_TEST_TOKEN";

#[test]
fn an_issuer_is_trusted_by_the_certificates_of_ssl_cert_file_and_no_other_is() {
    if let Ok(issuer) = std::env::var(ISSUER) {
        return verify(&issuer);
    }
    let signer = Signer::rsa("a", "RS256");
    let keys = key_set(&[&signer]);
    let address = tls::serve(move |address, path| match path {
        "/ip/.well-known/openid-configuration" => Some(discovery(&format!("https://{address}/ip"))),
        "/name/.well-known/openid-configuration" => {
            Some(discovery(&format!("https://localhost:{}/name", address.port())))
        }
        "/ip/keys" | "/name/keys" => Some(keys.clone()),
        _ => None,
    });
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let of_ip = format!("https://{address}/ip");
    let of_name = format!("https://localhost:{}/name", address.port());
    for (roots, issuer, expected) in [
        (tls::fixture("authority.pem"), &of_ip, "Ok(())"),
        (tls::fixture("server.pem"), &of_ip, "its certificate is not trusted (UnknownIssuer)"),
        (tls::fixture("authority.pem"), &of_name, "its certificate is not trusted (certificate not valid for name"),
        (empty, &of_ip, "the system has no root certificates"),
    ] {
        let token = signer.sign(&claims(&json!({ "iss": issuer })));
        let said = run(&roots, issuer, &token);
        let result = said.lines().find_map(|line| line.split_once("result: ")).expect("it reports one").1;
        assert!(result.contains(expected), "{}: {result}", roots.display());
        // Whoever reads it learns which address it was.
        assert!(expected == "Ok(())" || result.contains(issuer.as_str()) || roots.ends_with("empty.pem"), "{result}");
    }
}

fn discovery(issuer: &str) -> String {
    json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }).to_string()
}

/// Runs this test in a process that trusts the certificates of a file.
fn run(roots: &Path, issuer: &str, token: &str) -> String {
    let test = "https::an_issuer_is_trusted_by_the_certificates_of_ssl_cert_file_and_no_other_is";
    let mut command = Command::new(std::env::current_exe().expect("the path of this test"));
    command.args(["--exact", test, "--nocapture"]).env(ISSUER, issuer).env(TOKEN, token);
    let output = command.env("SSL_CERT_FILE", roots).env_remove("SSL_CERT_DIR").output().expect("the test runs");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The process of a case: reports what a verifier says.
#[expect(clippy::print_stdout, reason = "the test reads it from the process of the case")]
fn verify(issuer: &str) {
    let token = std::env::var(TOKEN).expect("the case sets it");
    let verifier = Verifier::builder(issuer).audience(["shop"]).build().expect("it is complete");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let result = runtime.block_on(verifier.verify(&token)).map(drop);
    println!("result: {result:?}");
}
