//! Who may call a stage, and how often: what the gateway refuses before the function is invoked.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    signer::{self, Signer},
    stage::{project, served},
    tls,
    tool::{Tool, command, raw},
};

#[test]
fn requests_beyond_the_throttle_are_refused_as_by_the_gateway() {
    for (api, root, error) in [("rest", "/dev/", Some("TooManyRequestsException")), ("http", "/", None)] {
        let folder = project(&format!("api = \"{api}\"\nthrottle = {{ rate = 0.01, burst = 2 }}\ncors = true\n"));
        let mut tool = served(folder.path(), &[]);
        let statuses: Vec<u16> = (0..3).map(|_| tool.send("GET", root, &[], "").status).collect();
        assert_eq!(statuses, [200, 200, 429], "{api}");
        let refused = tool.send("GET", root, &[("origin", "https://a.example")], "");
        assert_eq!((refused.status, refused.text().as_str()), (429, r#"{"message":"Too Many Requests"}"#), "{api}");
        assert_eq!(refused.header("x-amzn-errortype").as_deref(), error);
        assert_eq!(refused.header("access-control-allow-origin").as_deref(), Some("*"), "{api}");
        tool.wait_for_line("`throttle` of the settings");
        // A preflight is none of the requests that are counted, and another method of a REST API has a bucket of its own.
        let asks = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        assert_eq!(tool.send("OPTIONS", root, &asks, "").status, 204, "{api}");
        if api == "rest" {
            assert_eq!(tool.send("GET", "/dev/orders", &[], "").status, 200);
        }
    }
}

/// A project whose stage asks for signatures, and an AWS configuration with keys.
fn signed_project(api: &str) -> TempDir {
    let folder = project(&format!("api = \"{api}\"\nauthorizer = \"iam\"\nprofile_name = \"work\"\n"));
    let config = "[profile work]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret/of+work\n";
    fs::write(folder.path().join("config"), config).unwrap();
    folder
}

fn serve_signed(folder: &Path) -> Tool {
    let mut command = command(folder);
    command.env("AWS_CONFIG_FILE", folder.join("config")).env("AWS_SHARED_CREDENTIALS_FILE", folder.join("none"));
    command.env("AWS_EC2_METADATA_DISABLED", "true").env_remove("AWS_PROFILE").env_remove("AWS_ACCESS_KEY_ID");
    command.args(["local", "--port", "0", "--binary"]).arg(raw());
    Tool::start(command)
}

/// `curl --aws-sigv4`: the status and the body.
fn curl(url: &str, service: &str, user: &str, more: &[&str]) -> (u16, String) {
    let mut command = Command::new("curl");
    command.args(["-sS", "--aws-sigv4", &format!("aws:amz:eu-west-1:{service}"), "--user", user]);
    let output = command.args(["-w", "\n%{http_code}"]).args(more).arg(url).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').expect("curl writes the status");
    (status.parse().unwrap(), body.to_owned())
}

#[test]
fn a_signature_of_the_profile_is_let_in_and_no_other() {
    const USER: &str = "AKIAIOSFODNN7EXAMPLE:secret/of+work";
    for (api, service, unsigned, error) in [
        ("rest", "execute-api", r#"{"message":"Missing Authentication Token"}"#, "MissingAuthenticationTokenException"),
        ("http", "execute-api", r#"{"message":"Forbidden"}"#, ""),
        ("function_url", "lambda", r#"{"Message":"Forbidden"}"#, "AccessDeniedException"),
    ] {
        let folder = signed_project(api);
        let mut tool = serve_signed(folder.path());
        tool.wait_for_line("signatures with the keys of profile `work`; policies of IAM are not evaluated");
        // In an order and with letters that old versions of curl sign in the right way, too.
        let url = format!("{}orders/1?a=2&x=1", tool.url);
        let (status, body) = curl(&url, service, USER, &["-d", "some text", "-H", "x-wish: !echo!"]);
        assert_eq!((status, body.as_str()), (200, "echoed"), "{api}");
        tool.wait_for_line(":user/work");
        let refused = tool.get("/");
        assert_eq!((refused.status, refused.text().as_str()), (403, unsigned), "{api}");
        assert_eq!(refused.header("x-amzn-errortype").unwrap_or_default(), error, "{api}");
        for (service, user) in
            [("s3", USER), (service, "AKIAIOSFODNN7EXAMPLE:other"), (service, "AKIAOTHER:secret/of+work")]
        {
            let (status, body) = curl(&url, service, user, &[]);
            assert_eq!(status, 403, "{api} {service} {user}: {body}");
            assert!(!body.contains("secret/of"), "{body}");
        }
    }
}

#[test]
fn without_keys_nobody_is_let_in() {
    let folder = signed_project("rest");
    fs::write(folder.path().join("config"), "").unwrap();
    let mut tool = serve_signed(folder.path());
    tool.wait_for_line("there are no credentials of profile `work` to verify signatures with");
    let (status, body) = curl(&tool.url.clone(), "execute-api", "a:b", &[]);
    assert_eq!(
        (status, body.as_str()),
        (403, r#"{"message":"The security token included in the request is invalid."}"#)
    );
}

const OF_POOL: &str = "users = { cognito = [\"Users\"], clients = [\"Page\"] }\n\
                       [stage.dev.resources]\nUsers = { Type = \"AWS::Cognito::UserPool\" }\n\
                       Page = { Type = \"AWS::Cognito::UserPoolClient\", Properties = { UserPoolId = { Ref = \"Users\" } } }\n";
const OF_ISSUER: &str =
    "users = { jwt = { issuer = \"https://id.example.com\", audience = [\"shop\"] }, scopes = [\"read\"] }\n";

fn asking_project(api: &str, authorizers: &str) -> TempDir {
    project(&format!("api = \"{api}\"\nauthorizer = \"users\"\ncors = true\n[stage.dev.authorizers]\n{authorizers}"))
}

/// What `zappa-rs token` prints, or its exit code and stderr.
fn token(folder: &Path, arguments: &[&str]) -> Result<String, (i32, String)> {
    let output = command(folder).arg("token").args(arguments).output().unwrap();
    match output.status.code().unwrap() {
        0 => Ok(String::from_utf8(output.stdout).unwrap().trim_end().to_owned()),
        code => Err((code, String::from_utf8(output.stderr).unwrap())),
    }
}

#[test]
fn a_development_token_is_let_in_and_its_claims_reach_the_function() {
    for (api, authorizers, root, claims) in [
        ("rest", OF_POOL, "/dev/", r#""cognito:username":"alice""#),
        ("http", OF_POOL, "/", r#""authorizer":{"jwt":{"claims":{"#),
        ("rest", OF_ISSUER, "/dev/", r#""authorizer":{"claims":{"#),
        ("http", OF_ISSUER, "/", r#""scopes":["read"]"#),
    ] {
        let folder = asking_project(api, authorizers);
        let mut tool = served(folder.path(), &[]);
        tool.wait_for_line("for a token of `users`; `zappa-rs token --sub alice` makes one");
        let token = token(folder.path(), &["--sub", "alice"]).unwrap();
        let path = format!("{root}!echo!");
        let response = tool.send("GET", &path, &[("authorization", &format!("Bearer {token}"))], "");
        assert_eq!((response.status, response.text().as_str()), (200, "echoed"), "{api} {authorizers}");
        let event = tool.wait_for_line("raw: {");
        assert!(event.contains(claims) && event.contains(r#""sub":"alice""#), "{api}: {event}");
    }
}

#[test]
fn tokens_that_do_not_fit_are_refused_in_the_words_of_the_gateway() {
    for (api, root) in [("rest", "/dev/"), ("http", "/")] {
        let folder = asking_project(api, OF_ISSUER);
        let mut tool = served(folder.path(), &["--env", "RAW_INIT_CRASH=1"]);
        let made = |more: &[&str]| token(folder.path(), &[&["--sub", "alice"], more].concat()).unwrap();
        let good = made(&[]);
        let (message, signature) = good.rsplit_once('.').unwrap();
        let other = asking_project(api, OF_ISSUER);
        let strange = token(other.path(), &["--sub", "alice"]).unwrap();
        let unauthorized = (401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException");
        let forbidden = (403, r#"{"message":"Forbidden"}"#, "ForbiddenException");
        let invalid = "Bearer scope=\"\" error=\"invalid_token\"";
        for (name, token, expected, challenge) in [
            ("none", String::new(), unauthorized, "Bearer"),
            ("no token", "abc".to_owned(), unauthorized, invalid),
            ("of another key", strange, unauthorized, invalid),
            ("changed", format!("{message}x.{signature}"), unauthorized, invalid),
            ("unsigned", format!("{message}."), unauthorized, invalid),
            ("expired", made(&["--expires", "-1m"]), unauthorized, invalid),
            ("not valid yet", made(&["--claim", "nbf=4000000000"]), unauthorized, invalid),
            ("another audience", made(&["--claim", "aud=other"]), unauthorized, invalid),
            ("another issuer", made(&["--claim", "iss=https://evil.example"]), unauthorized, invalid),
            ("without expiry", made(&["--claim", "exp=null"]), unauthorized, invalid),
            (
                "another scope",
                made(&["--scope", "write"]),
                forbidden,
                "Bearer scope=\"read\" error=\"insufficient_scope\"",
            ),
        ] {
            let response = tool.send("GET", root, &[("authorization", &format!("Bearer {token}"))], "");
            let found = (response.status, response.text(), response.header("x-amzn-errortype").unwrap_or_default());
            let (status, body, error) = expected;
            let error = if api == "rest" { error } else { "" };
            assert_eq!((found.0, found.1.as_str(), found.2.as_str()), (status, body, error), "{api}: {name}");
            let found = response.header("www-authenticate").unwrap_or_default();
            let is_expected = if api == "rest" { found.is_empty() } else { found.starts_with(challenge) };
            assert!(is_expected, "{api} {name}: {found}");
        }
        // A claim in a header of the client's is none, and a preflight needs no token.
        let forged = [("x-amzn-oidc-data", good.as_str()), ("x-amzn-oidc-identity", "alice")];
        assert_eq!(tool.send("GET", root, &forged, "").status, 401, "{api}");
        let asks = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        assert_eq!(tool.send("OPTIONS", root, &asks, "").status, 204, "{api}");
        tool.wait_for_line("the request has no token of `users`");
    }
}

#[test]
fn a_stage_without_an_authorizer_for_tokens_gets_none() {
    let folder = project("");
    let (code, error) = token(folder.path(), &["--sub", "alice"]).unwrap_err();
    assert_eq!(code, 2);
    assert!(error.contains("error: the stage asks for no tokens\n\nhint: set `authorizer`"), "{error}");
    let folder = signed_project("http");
    let (_, error) = token(folder.path(), &["--sub", "alice"]).unwrap_err();
    assert!(error.contains("as `curl --aws-sigv4` does"), "{error}");
    assert!(!folder.path().join("target").exists());
    let (_, error) = token(asking_project("http", OF_ISSUER).path(), &["--sub", "a", "--authorizer", "x"]).unwrap_err();
    assert!(error.contains("no authorizer `x` for tokens\n\nhint: add `--authorizer` with `users`"), "{error}");
}

#[test]
fn a_key_set_has_to_be_one_and_to_be_of_use() {
    let fails_with = |folder: &TempDir, keys: &str| {
        fs::write(folder.path().join("keys.json"), keys).unwrap();
        let mut command = command(folder.path());
        command.args(["local", "--port", "0", "--jwks", "keys.json", "--binary"]).arg(raw());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let fails = |folder: &TempDir| fails_with(folder, "{}");
    let error = fails_with(&asking_project("http", OF_ISSUER), r#"{"keys":[]}"#);
    assert!(
        error.contains("keys.json` is not a usable key set: its array `keys` is empty\n\nhint: `--jwks keys.json`"),
        "{error}"
    );
    let error = fails(&asking_project("http", OF_ISSUER));
    assert!(error.contains("keys.json is not a JSON Web Key Set: it has no list `keys`"), "{error}");
    let error = fails(&project(""));
    assert!(
        error.contains("`--jwks` is for a stage that asks for tokens, and this one asks for none as a REST API"),
        "{error}"
    );
}

#[test]
fn keys_come_by_https_from_an_issuer_that_is_trusted() {
    let signer = Signer::rsa("a", "RS256");
    let keys = signer::key_set(&[&signer]);
    let address = tls::serve(move |address, path| match path {
        "/.well-known/openid-configuration" => {
            Some(format!(r#"{{"issuer":"https://{address}","jwks_uri":"https://{address}/keys"}}"#))
        }
        "/keys" => Some(keys.clone()),
        _ => None,
    });
    let issuer = format!("https://{address}");
    let folder =
        asking_project("http", &format!("users = {{ jwt = {{ issuer = \"{issuer}\", audience = [\"shop\"] }} }}\n"));
    let claims = serde_json::json!({ "iss": issuer, "aud": "shop", "sub": "ada", "exp": 4_000_000_000_u64 });
    let header = format!("Bearer {}", signer.sign(&claims));
    for (roots, status) in [("authority.pem", 200), ("server.pem", 500)] {
        let mut command = command(folder.path());
        command.env("SSL_CERT_FILE", tls::fixture(roots)).env_remove("SSL_CERT_DIR");
        command.args(["local", "--port", "0", "--binary"]).arg(raw());
        let mut tool = Tool::start(command);
        assert_eq!(tool.send("GET", "/", &[("authorization", &header)], "").status, status, "{roots}");
        if status == 500 {
            tool.wait_for_line("its certificate is not trusted (UnknownIssuer)");
        }
    }
}

#[test]
fn several_authorization_headers_are_refused_by_every_authorizer_that_reads_them() {
    let folder = asking_project("http", OF_ISSUER);
    let mut tool = served(folder.path(), &[]);
    let token = format!("Bearer {}", token(folder.path(), &["--sub", "alice"]).unwrap());
    for values in [[token.as_str(), "Bearer x"], ["Bearer x", token.as_str()]] {
        let headers = values.map(|value| ("authorization", value));
        assert_eq!(tool.send("GET", "/", &headers, "").status, 401, "{values:?}");
        tool.wait_for_line(
            "the request has 2 `authorization` headers, and AWS does not say which one counts; send one",
        );
    }
    let folder = signed_project("rest");
    let mut tool = serve_signed(folder.path());
    let headers = [("authorization", "AWS4-HMAC-SHA256 a"), ("authorization", "AWS4-HMAC-SHA256 b")];
    assert_eq!(tool.send("GET", "/dev/", &headers, "").status, 403);
    tool.wait_for_line("the request has 2 `authorization` headers");
}
