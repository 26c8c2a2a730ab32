//! Rules for single paths of a REST API, as the emulator's API has them: added, changed and removed by updates.

use std::collections::BTreeMap;

use crate::stage::Stage;

/// The methods of each path of the API, with what they ask for.
fn methods(stage: &Stage) -> BTreeMap<String, String> {
    let apis = stage.account.aws(&["apigateway", "get-rest-apis"]);
    let id = apis["items"][0]["id"].as_str().unwrap();
    let resources = stage.account.aws(&["apigateway", "get-resources", "--rest-api-id", id, "--embed", "methods"]);
    let resources = resources["items"].as_array().unwrap().iter();
    let of_resource = |resource: &serde_json::Value| {
        let methods = resource["resourceMethods"].as_object().into_iter().flatten();
        let mut methods: Vec<String> = methods
            .map(|(method, facts)| format!("{method} {}", facts["authorizationType"].as_str().unwrap()))
            .collect();
        methods.sort();
        (resource["path"].as_str().unwrap().to_owned(), methods.join(", "))
    };
    resources.map(of_resource).collect()
}

fn expected(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(path, methods)| ((*path).to_owned(), (*methods).to_owned())).collect()
}

#[test]
fn paths_come_change_and_go_by_updates() {
    let stage = Stage::new("[[stage.dev.routes]]\npath = \"/admin/{proxy+}\"\nauthorizer = \"iam\"");
    let url = stage.ok_with(&["deploy"], "good");
    let mut all = vec![
        ("/", "ANY NONE"),
        ("/{proxy+}", "ANY NONE"),
        ("/admin", "ANY AWS_IAM"),
        ("/admin/{proxy+}", "ANY AWS_IAM"),
    ];
    assert_eq!(methods(&stage), expected(&all));
    assert_eq!(stage.visit(&url, "/").text().trim(), "good");

    // Another variable in one place, of which API Gateway takes one at a time.
    stage.set(
        "throttle = { rate = 100, burst = 200 }\n[[stage.dev.routes]]\npath = \"/admin/{id}\"\nmethods = [\"PUT\"]\n\
         authorizer = \"iam\"\nthrottle = { rate = 5, burst = 10 }",
    );
    stage.ok_with(&["deploy"], "good");
    all = vec![
        ("/", "ANY NONE"),
        ("/{proxy+}", "ANY NONE"),
        ("/admin", "ANY NONE"),
        ("/admin/{id}", "ANY AWS_IAM, PUT AWS_IAM"),
        ("/admin/{id}/{proxy+}", "ANY NONE"),
    ];
    assert_eq!(methods(&stage), expected(&all));

    stage.set("");
    stage.ok_with(&["deploy"], "good");
    assert_eq!(methods(&stage), expected(&all[..2]));
    assert_eq!(stage.visit(&url, "/").text().trim(), "good");
    stage.ok(&["undeploy", "--yes"]);
}
