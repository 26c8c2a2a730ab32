//! Who may call a stage, and how often: what the gateway refuses before the function is invoked.

use crate::stage::{project, served};

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
