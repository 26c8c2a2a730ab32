//! Rules for single paths: which route the gateway takes, and what the application does not see of other spellings.

use crate::{
    stage::{project, served},
    support::examples,
    tool::{Tool, command},
};

/// The stage is public, and `/admin` and all below it ask for a signature.
const ROUTES: &str = "[[stage.dev.routes]]\npath = \"/admin/{proxy+}\"\nauthorizer = \"iam\"\n\
                      [[stage.dev.routes]]\npath = \"/items/{id}\"\nmethods = [\"GET\"]\nthrottle = { rate = 0.01, burst = 1 }\n";

/// The gateways with the path of their root.
const GATEWAYS: [(&str, &str); 2] = [("rest", "/dev"), ("http", "")];

#[test]
fn no_spelling_of_a_path_reaches_the_application_past_its_route() {
    for (api, root) in GATEWAYS {
        let folder = project(&format!("api = \"{api}\"\n{ROUTES}"));
        let mut command = command(folder.path());
        command.args(["local", "--port", "0", "--binary"]).arg(examples::binary("hello"));
        let tool = Tool::start(command);
        for path in
            ["//admin", "/Admin", "/ADMIN/x", "/a/../admin", "/./admin", "/admin;x", "/%2561dmin", "/a/..%2Fadmin"]
        {
            assert_eq!(tool.send("GET", &format!("{root}{path}"), &[], "").status, 403, "{api} {path}");
        }
        for path in ["/nowhere", "/administration", "/a/../b;x", "/items/7/x", "/items"] {
            assert_eq!(tool.send("GET", &format!("{root}{path}"), &[], "").status, 404, "{api} {path}");
        }
    }
}

#[test]
fn a_front_end_without_routes_reaches_nothing_that_one_protects() {
    for api in ["rest", "http"] {
        for front_end in ["function-url", "alb"] {
            let folder = project(&format!("api = \"{api}\"\n{ROUTES}"));
            let mut command = command(folder.path());
            command.args(["local", "--port", "0", "--as", front_end, "--binary"]).arg(examples::binary("hello"));
            let tool = Tool::start(command);
            for (path, expected) in [("/admin", 403), ("/admin/x", 403), ("//Admin", 403), ("/nowhere", 404)] {
                assert_eq!(tool.send("GET", path, &[], "").status, expected, "{api} {front_end} {path}");
            }
        }
    }
}

#[test]
fn a_throttle_of_a_path_is_its_own() {
    for (api, root) in GATEWAYS {
        let folder = project(&format!("api = \"{api}\"\n{ROUTES}"));
        let tool = served(folder.path(), &[]);
        let status = |method: &'static str, path: &str| tool.send(method, &format!("{root}{path}"), &[], "").status;
        assert_eq!([status("GET", "/items/1"), status("GET", "/items/2")], [200, 429], "{api}");
        assert_eq!([status("POST", "/items/1"), status("GET", "/items"), status("GET", "/x")], [200; 3], "{api}");
    }
}
