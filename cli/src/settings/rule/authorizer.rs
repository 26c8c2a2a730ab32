//! Rules of the authorizers: what each gateway can check.

use super::{
    super::{
        Api, Stage,
        authorizer::{Algorithm, Authorizer, IAM, Jwt, NONE},
    },
    Rules, authorizer_function, is_name, issuer,
};
use crate::suggestion::nearest;

/// The most authorizers of an API, which AWS raises on request.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const MAX_AUTHORIZERS: usize = 10;
/// The most scopes of a route and audiences of an authorizer of an HTTP API, which AWS does not raise.
const MAX_SCOPES: usize = 10;
const MAX_AUDIENCES: usize = 50;

/// The type of a user pool.
const USER_POOL: &str = "AWS::Cognito::UserPool";
/// The type of an app client of a user pool.
const CLIENT: &str = "AWS::Cognito::UserPoolClient";

impl Rules<'_> {
    pub(super) fn authorizers(&mut self) {
        let stage = self.stage;
        for (name, authorizer) in &stage.authorizers {
            if name == IAM || name == NONE {
                self.fault(["authorizers", name], format!("`{name}` is a word of its own; choose another name"));
            } else if !is_name(name) {
                self.fault(["authorizers", name], "a name has letters, digits, `-` and `_`, such as `users`");
            }
            self.authorizer(name, authorizer);
        }
        if self.is_faulty(&["authorizers", "authorizer"]) {
            return;
        }
        if let Some(sentence) = stage.authorizer.as_deref().and_then(|name| choice_fault(stage, name)) {
            self.fault(["authorizer"], sentence);
        }
        if let Some(name) = stage.authorizer.as_deref().filter(|name| stage.iam_authorization && *name != IAM) {
            let sentence = format!(
                "`authorizer = \"{name}\"` says who may call, and a gateway checks one of both: leave `authorizer` out, or set \
                 `iam_authorization = false`"
            );
            self.fault(["iam_authorization"], sentence);
        }
    }

    fn authorizer(&mut self, name: &str, authorizer: &Authorizer) {
        let of_function = self.authorizer_function_faults(name, authorizer);
        let mut fault = |key: Option<&str>, sentence: String| {
            let path: Vec<&str> = ["authorizers", name].into_iter().chain(key).collect();
            self.faults.push(super::super::fault::Fault::new(self.subject.node.place(&path), sentence));
        };
        if let Some(sentence) = kind_fault(authorizer) {
            // What it has may be left out, since it is faulty.
            if !self.subject.faulty.contains(name) {
                fault(None, sentence.to_owned());
            }
            return;
        }
        if authorizer.cognito.is_empty() && !authorizer.clients.is_empty() {
            fault(Some("clients"), "`clients` are those of `cognito`; of `jwt` they are `audience`".to_owned());
        }
        if authorizer.is_function() {
            if !authorizer.scopes.is_empty() {
                fault(Some("scopes"), "`scopes` are of tokens; a function reads them itself".to_owned());
            }
            of_function.into_iter().for_each(|(key, sentence)| fault(Some(key), sentence));
            return;
        }
        for key in authorizer_function::foreign_keys(authorizer) {
            fault(Some(key), format!("`{key}` is of `function` and `arn`"));
        }
        scope_faults(self.stage.api, &authorizer.scopes).for_each(|sentence| fault(Some("scopes"), sentence));
        match &authorizer.jwt {
            Some(jwt) => jwt_faults(self.stage.api, jwt).for_each(|sentence| fault(Some("jwt"), sentence)),
            None => cognito_faults(self.stage, self.region, authorizer)
                .into_iter()
                .for_each(|(key, sentence)| fault(Some(key), sentence)),
        }
    }
}

/// The fault of an authorizer that is not of one kind.
fn kind_fault(authorizer: &Authorizer) -> Option<&'static str> {
    let of_kinds = [
        authorizer.jwt.is_some(),
        !authorizer.cognito.is_empty(),
        authorizer.function.is_some(),
        authorizer.arn.is_some(),
    ];
    match of_kinds.into_iter().filter(|is_there| *is_there).count() {
        0 => Some(
            "an authorizer needs `jwt = { issuer = \"https://…\", audience = [\"…\"] }`, `cognito = [\"…\"]`, \
             `function = \"…\"` or `arn = \"…\"`",
        ),
        1 => None,
        _ => Some("an authorizer has one of `jwt`, `cognito`, `function` and `arn`, and not several"),
    }
}

/// What is wrong with the choice of an authorizer by its name.
pub(super) fn choice_fault(stage: &Stage, name: &str) -> Option<String> {
    if name == IAM || name == NONE {
        return None;
    }
    let Some(authorizer) = stage.authorizers.get(name) else {
        let known = stage.authorizers.keys().map(String::as_str).chain([IAM, NONE]);
        let meant = nearest(name, known).map(|meant| format!("; did you mean `{meant}`?"));
        return Some(format!(
            "there is no `{name}` in `authorizers`{}",
            meant.unwrap_or_else(|| format!(", and it is neither `{IAM}` nor `{NONE}`"))
        ));
    };
    if let Some(sentence) = authorizer_function::function_url_fault(stage, authorizer) {
        return Some(sentence);
    }
    (stage.api == Api::FunctionUrl).then(|| {
        "a Function URL checks no tokens; `iam` it does, `api = \"http\"` and `api = \"rest\"` check both".to_owned()
    })
}

fn jwt_faults(api: Api, jwt: &Jwt) -> impl Iterator<Item = String> {
    let is_rsa = |algorithm: &Algorithm| matches!(algorithm, Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512);
    let issuer = issuer::fault(&jwt.issuer);
    let audience = (jwt.audience.is_empty() || jwt.audience.iter().any(String::is_empty)).then(|| {
        "`audience` is empty; any token of the issuer, for whatever application, would be good here".to_owned()
    });
    let many = (api == Api::Http && jwt.audience.len() > MAX_AUDIENCES)
        .then(|| format!("an HTTP API takes {MAX_AUDIENCES} audiences, not {}", jwt.audience.len()));
    let algorithm = (api == Api::Http && !jwt.algorithms.iter().all(is_rsa))
        .then(|| "an HTTP API takes signatures of RSA alone; `api = \"rest\"` takes those of ECDSA too".to_owned())
        .or_else(|| {
            (api == Api::Http && !jwt.algorithms.is_empty())
                .then(|| "an HTTP API takes every algorithm of RSA: leave `algorithms` out".to_owned())
        });
    [issuer, audience, many, algorithm].into_iter().flatten()
}

/// What is wrong with scopes. <https://www.rfc-editor.org/rfc/rfc6749#section-3.3>
fn scope_faults(api: Api, scopes: &[String]) -> impl Iterator<Item = String> {
    let is_letter = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
    let wrong = scopes.iter().filter(move |scope| scope.is_empty() || !scope.bytes().all(is_letter));
    let wrong = wrong.map(|scope| {
        let parts: Vec<String> = scope.split_whitespace().map(|part| format!("\"{part}\"")).collect();
        match parts.len() {
            0 => "a scope is empty, and no token has such a one".to_owned(),
            1 => format!(
                "`{scope}` is no scope, which has ASCII letters, digits and signs without a space, `\"` and `\\`"
            ),
            _ => format!("`{scope}` is no scope, since one has no space; several are a list: `[{}]`", parts.join(", ")),
        }
    });
    let many = (api == Api::Http && scopes.len() > MAX_SCOPES)
        .then(|| format!("an HTTP API takes {MAX_SCOPES} scopes of a route, not {}", scopes.len()));
    wrong.chain(many)
}

fn cognito_faults(stage: &Stage, region: &str, authorizer: &Authorizer) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    for pool in &authorizer.cognito {
        faults.extend(resource_fault(stage, pool, USER_POOL).map(|sentence| ("cognito", sentence)));
        if !stage.resources.contains_key(pool) && !is_pool_arn(pool) {
            faults.push((
                "cognito",
                format!(
                    "`{pool}` is neither a logical id of `resources` nor the ARN of a user pool, such as \
                     `arn:aws:cognito-idp:{region}:123456789012:userpool/{region}_abcdefghi`"
                ),
            ));
        }
    }
    for client in &authorizer.clients {
        faults.extend(resource_fault(stage, client, CLIENT).map(|sentence| ("clients", sentence)));
    }
    match stage.api {
        Api::Http if authorizer.cognito.len() > 1 => {
            faults.push(("cognito", "an HTTP API checks the tokens of one user pool; a REST API those of several".to_owned()));
        }
        Api::Http if authorizer.clients.is_empty() => faults.push((
            "cognito",
            "an HTTP API needs `clients`, the ids of the app clients whose tokens it takes".to_owned(),
        )),
        Api::Rest if !authorizer.clients.is_empty() && !authorizer.scopes.is_empty() => faults.push((
            "clients",
            "a REST API compares `clients` with the `aud` of ID tokens, and `scopes` are those of access tokens, which have no \
             `aud`; leave one of both out"
                .to_owned(),
        )),
        _ => {}
    }
    faults
}

/// A resource of the stage that is of another type.
fn resource_fault(stage: &Stage, id: &str, wanted: &str) -> Option<String> {
    let kind = stage.resources.get(id)?["Type"].as_str().unwrap_or_default();
    (kind != wanted).then(|| format!("`{id}` is a `{kind}` and not an `{wanted}`"))
}

fn is_pool_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts[..], ["arn", _, "cognito-idp", region, _, pool]
        if !region.is_empty() && pool.strip_prefix("userpool/").is_some_and(|id| !id.is_empty()))
}

/// Warnings of authorizers that nothing names, of too many, and of functions.
pub(super) fn warnings<'a>(stage: &'a Stage, name: &'a str) -> impl Iterator<Item = String> + 'a {
    let is_unused = |authorizer: &&String| stage.used_authorizers().all(|(used, _)| used != **authorizer);
    // A stage that extends another may switch off what it inherits.
    let is_off = stage.authorizer.as_deref() == Some(NONE);
    let unused = stage.authorizers.keys().filter(move |_| !is_off).filter(is_unused).map(move |unused| {
        format!("stage `{name}`: nothing is protected by the authorizer `{unused}`; `authorizer = \"{unused}\"` protects the stage")
    });
    let count = stage.used_authorizers().count();
    let many = (count > MAX_AUTHORIZERS).then(|| {
        format!(
            "stage `{name}`: the API has {count} authorizers, and AWS takes {MAX_AUTHORIZERS} of an API until it raises this quota on \
             request"
        )
    });
    let issuers = stage.used_authorizers().filter_map(move |(used, authorizer)| {
        let jwt = authorizer.jwt.as_ref()?;
        let sentence = issuer::warning(&jwt.issuer)?;
        Some(format!(
            "stage `{name}`: the authorizer `{used}` lets nobody in by the issuer `{}`: {sentence}",
            jwt.issuer
        ))
    });
    unused.chain(many).chain(issuers).chain(authorizer_function::warnings(stage, name))
}

#[cfg(test)]
pub(super) mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::super::super::{Error, Settings, StageSelection};

    fn selection(stage: &str, authorizer: &str) -> Result<StageSelection, Error> {
        let text = format!("[stage.dev]\naws_region = \"eu-west-1\"\n{stage}\n[stage.dev.authorizers]\n{authorizer}\n");
        let settings = Settings::parse(Path::new("x.toml"), text, &BTreeMap::new());
        settings.and_then(|settings| settings.choose(None))
    }

    pub(in super::super) fn sentences(stage: &str, authorizer: &str) -> Vec<String> {
        let error = selection(stage, authorizer).err();
        error.iter().flat_map(Error::faults).map(|fault| fault.sentence.clone()).collect()
    }

    #[test]
    fn what_a_gateway_cannot_check_is_a_fault() {
        let oidc = r#"users = { jwt = { issuer = "https://id.example.com", audience = ["shop"] } }"#;
        let pool = r#"users = { cognito = ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"] }"#;
        for (stage, authorizer, expected) in [
            ("authorizer = \"user\"", oidc, "did you mean `users`?"),
            ("authorizer = \"basic-auth\"", oidc, "it is neither `iam` nor `none`"),
            ("authorizer = \"users\"\niam_authorization = true", oidc, "a gateway checks one of both"),
            ("authorizer = \"none\"\niam_authorization = true", oidc, "`authorizer = \"none\"` says who may call"),
            ("routes = [{ path = \"/a\", methods = [], authorizer = \"none\" }]", oidc, "`methods` is empty"),
            (
                "",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"] }, scopes = [] }"#,
                "`scopes` is empty",
            ),
            ("api = \"function_url\"\nauthorizer = \"users\"", oidc, "a Function URL checks no tokens"),
            ("", "iam = { cognito = [] }", "`iam` is a word of its own"),
            ("", "\"a b\" = { cognito = [\"x\"] }", "letters, digits"),
            ("", "users = {}", "an authorizer needs"),
            (
                "",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"] }, cognito = ["x"] }"#,
                "and not several",
            ),
            ("", r#"users = { jwt = { issuer = "http://x.example", audience = ["a"] } }"#, "is not an issuer"),
            ("", r#"users = { jwt = { issuer = "https://x.example/?a", audience = ["a"] } }"#, "is not an issuer"),
            ("", r#"users = { jwt = { issuer = "https://x.example", audience = [] } }"#, "`audience` is empty"),
            (
                "",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"] }, scopes = [""] }"#,
                "a scope is empty",
            ),
            (
                "",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"] }, scopes = ["a b"] }"#,
                r#"several are a list: `["a", "b"]`"#,
            ),
            (
                "",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"] }, scopes = ["größe"] }"#,
                "`größe` is no scope",
            ),
            (
                "api = \"http\"",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"] }, scopes = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"] }"#,
                "takes 10 scopes of a route, not 11",
            ),
            (
                "api = \"http\"",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"], algorithms = ["ES256"] } }"#,
                "signatures of RSA alone",
            ),
            (
                "api = \"http\"",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"], algorithms = ["RS256"] } }"#,
                "leave `algorithms` out",
            ),
            (
                "",
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"] }, clients = ["a"] }"#,
                "they are `audience`",
            ),
            ("", r#"users = { cognito = ["eu-west-1_abc"] }"#, "nor the ARN of a user pool"),
            (
                "resources = { Jobs = { Type = \"AWS::SQS::Queue\" } }",
                r#"users = { cognito = ["Jobs"] }"#,
                "`Jobs` is a `AWS::SQS::Queue`",
            ),
            ("api = \"http\"", pool, "needs `clients`"),
        ] {
            let found = sentences(stage, authorizer);
            assert!(found.iter().any(|sentence| sentence.contains(expected)), "{stage}\n{authorizer}: {found:?}");
        }
        for (stage, authorizer) in [
            ("authorizer = \"users\"", oidc),
            ("authorizer = \"users\"", pool),
            ("api = \"http\"\nauthorizer = \"users\"", oidc),
            ("authorizer = \"iam\"\niam_authorization = true", oidc),
        ] {
            assert_eq!(sentences(stage, authorizer), [] as [&str; 0], "{stage}\n{authorizer}");
        }
    }

    #[test]
    fn what_is_missing_or_misspelt_is_said_once() {
        for (authorizer, expected) in [
            (r#"users = { jwt = { issuer = "https://x.example" } }"#, "`audience` is missing here"),
            (
                r#"users = { jwt = { issuer = "https://x.example", audiences = ["a"], audience = ["a"] } }"#,
                "did you mean `audience`?",
            ),
            (r#"users = { cognito = "a" }"#, "`cognito` is a list"),
            (
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"], algorithms = ["HS256"] } }"#,
                "not `HS256`; shared secrets are not supported",
            ),
            (
                r#"users = { jwt = { issuer = "https://x.example", audience = ["a"], algorithms = ["ES265"] } }"#,
                "did you mean `ES256`?",
            ),
            (r#"users = { funktion = "a" }"#, "did you mean `function`?"),
        ] {
            let found = sentences("authorizer = \"users\"", authorizer);
            assert!(found.len() == 1 && found[0].contains(expected), "{authorizer}: {found:?}");
        }
    }

    #[test]
    fn more_authorizers_than_the_quota_are_a_warning() {
        let of = |count: usize| {
            let numbers = 0..count;
            let authorizers: Vec<String> =
                numbers.clone().map(|number| format!("a{number} = {{ function = \"f{number}\" }}")).collect();
            let routes: Vec<String> =
                numbers.map(|number| format!("{{ path = \"/p{number}\", authorizer = \"a{number}\" }}")).collect();
            selection(&format!("routes = [{}]", routes.join(", ")), &authorizers.join("\n")).unwrap().warnings
        };
        assert_eq!(of(10), [] as [&str; 0]);
        let found = of(11);
        assert!(found.len() == 1 && found[0].contains("has 11 authorizers, and AWS takes 10"), "{found:?}");
    }

    #[test]
    fn an_issuer_of_every_tenant_is_a_warning() {
        let users =
            r#"users = { jwt = { issuer = "https://login.microsoftonline.com/common/v2.0", audience = ["a"] } }"#;
        let found = selection("authorizer = \"users\"", users).unwrap().warnings;
        assert!(found.len() == 1 && found[0].starts_with("stage `dev`: the authorizer `users`"), "{found:?}");
        assert_eq!(selection("", users).unwrap().warnings.len(), 1, "what is not used is said alone");
    }

    #[test]
    fn an_authorizer_that_protects_nothing_is_a_warning() {
        let oidc = r#"users = { jwt = { issuer = "https://id.example.com", audience = ["shop"] } }"#;
        let found = selection("", oidc).unwrap().warnings;
        assert!(found.iter().any(|warning| warning.contains("nothing is protected by")), "{found:?}");
        // A stage that switches off what it inherits says so.
        assert_eq!(selection("authorizer = \"none\"", oidc).unwrap().warnings, [] as [&str; 0]);
        assert!(
            selection("authorizer = \"users\"", oidc)
                .unwrap()
                .warnings
                .iter()
                .all(|warning| !warning.contains("protected"))
        );
    }
}
