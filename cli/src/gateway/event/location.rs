//! The location of a request: the stage or base path at its front, and the rest for the API's routes.

use super::GatewayError;
use crate::gateway::{
    arrival::Arrival,
    {Gateway, GatewayKind},
};

/// A path as the client sent it and as the API's routes see it, both still encoded.
#[derive(Debug, PartialEq)]
pub(super) struct Location<'a> {
    pub(super) asked: &'a str,
    pub(super) inner: &'a str,
}

impl<'a> Location<'a> {
    /// Finds the API's own part of the path.
    ///
    /// # Errors
    /// The path begins with neither the stage nor the base path, or API Gateway keeps it for itself.
    pub(super) fn new(gateway: &Gateway, arrival: &'a Arrival) -> Result<Self, (GatewayError, String)> {
        let asked = arrival.path();
        if gateway.kind == GatewayKind::Rest && matches!(asked, "/ping" | "/sping") {
            let reason = format!("API Gateway keeps `{asked}` for its health checks; name the route otherwise");
            return Err((GatewayError::Reserved, reason));
        }
        let prefix = gateway.prefix();
        match strip(asked, prefix) {
            Some(inner) => Ok(Self { asked, inner }),
            None => {
                let reason = format!("`{asked}` does not begin with `/{prefix}`; ask for `/{prefix}{asked}`");
                Err((GatewayError::NoStage, reason))
            }
        }
    }
}

/// The name of the host that AWS would have given to the API; behind a name, or with a base path, it is the client's
/// own.
pub(super) fn domain(gateway: &Gateway, arrival: &Arrival, service: &str) -> (String, String) {
    let host = arrival.header("host").filter(|_| gateway.host.is_some() || gateway.base_path.is_some());
    let name = match host {
        Some(host) => host.rsplit_once(':').map_or(&*host, |(name, _)| name).to_owned(),
        None => format!("{}.{service}", gateway.api_id),
    };
    let label = name.split('.').next().unwrap_or_default().to_owned();
    (name, label)
}

/// Takes a prefix off a path, on a segment boundary only.
fn strip<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix('/')?.strip_prefix(prefix)?;
    match rest {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::sample;

    #[test]
    fn prefixes_end_at_segments() {
        for (path, prefix, inner) in [
            ("/dev", "dev", Some("/")),
            ("/dev/", "dev", Some("/")),
            ("/dev/a%2Fb", "dev", Some("/a%2Fb")),
            ("/dev//a", "dev", Some("//a")),
            ("/dev/dev/a", "dev", Some("/dev/a")),
            ("/devices", "dev", None),
            ("/", "dev", None),
            ("//dev", "dev", None),
            ("/a", "", Some("/a")),
            ("/a/b/c", "a/b", Some("/c")),
        ] {
            assert_eq!(strip(path, prefix), inner, "{path} {prefix}");
        }
    }

    #[test]
    fn stage_and_base_path_stand_in_front() {
        use GatewayKind::*;
        for (kind, stage, base, target, inner) in [
            (Rest, "dev", None, "/dev/x", Ok("/x")),
            (Rest, "dev", None, "/x", Err(GatewayError::NoStage)),
            (Rest, "dev", None, "/dev/ping", Ok("/ping")),
            (Rest, "dev", None, "/ping", Err(GatewayError::Reserved)),
            (Rest, "dev", Some("/"), "/sping", Err(GatewayError::Reserved)),
            (Rest, "dev", Some("/shop"), "/shop/ping", Ok("/ping")),
            (Rest, "dev", Some("/shop"), "/shop/x?y", Ok("/x")),
            (Rest, "dev", Some("shop/"), "/shop", Ok("/")),
            (Rest, "dev", Some("/shop"), "/shopping", Err(GatewayError::NoStage)),
            (Rest, "dev", Some("/shop"), "/dev/x", Err(GatewayError::NoStage)),
            (Rest, "dev", Some(""), "/x", Ok("/x")),
            (Http, "$default", None, "/x", Ok("/x")),
            (Http, "$default", None, "/ping", Ok("/ping")),
            (Http, "dev", None, "/dev/x", Ok("/x")),
            (Http, "dev", None, "/x", Err(GatewayError::NoStage)),
            (Http, "$default", Some("/shop"), "/shop/x", Ok("/x")),
            (Http, "$default", Some("/shop"), "/x", Err(GatewayError::NoStage)),
        ] {
            let mut gateway = sample::gateway(kind);
            gateway.stage = stage.into();
            gateway.base_path = base.map(Into::into);
            let arrival = sample::get(target);
            let found = Location::new(&gateway, &arrival);
            assert_eq!(found.map(|location| location.inner).map_err(|(error, _)| error), inner, "{kind:?} {target}");
        }
    }

    #[test]
    fn a_custom_domain_has_no_stage_in_front_and_the_apis_own_name_has() {
        use GatewayKind::*;
        let own = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";
        for (kind, stage, base, host, target, inner) in [
            (Rest, "dev", None, "api.example.com", "/x", Some("/x")),
            (Rest, "dev", None, "api.example.com", "/dev/x", Some("/dev/x")),
            (Rest, "dev", Some("/shop"), "api.example.com", "/shop/x", Some("/x")),
            (Rest, "dev", None, own, "/dev/x", Some("/x")),
            (Rest, "dev", None, own, "/x", None),
            (Http, "dev", None, "api.example.com", "/x", Some("/x")),
            (Http, "dev", None, own, "/dev/x", Some("/x")),
        ] {
            let mut gateway = sample::gateway(kind);
            gateway.stage = stage.into();
            gateway.base_path = base.map(Into::into);
            gateway.host = Some(host.into());
            let arrival = sample::get(target);
            let found = Location::new(&gateway, &arrival).ok().map(|location| location.inner);
            assert_eq!(found, inner, "{kind:?} {host} {target}");
        }
    }

    #[test]
    fn a_missing_stage_is_named() {
        let gateway = sample::gateway(GatewayKind::Rest);
        let arrival = sample::get("/x");
        let (_, reason) = Location::new(&gateway, &arrival).unwrap_err();
        assert_eq!(reason, "`/x` does not begin with `/dev`; ask for `/dev/x`");
    }

    #[test]
    fn a_custom_domain_is_the_clients() {
        let mut gateway = sample::gateway(GatewayKind::Rest);
        let mut arrival = sample::get("/x");
        arrival.headers = sample::headers(&[("host", "api.example.org:3000")]);
        assert_eq!(domain(&gateway, &arrival, "service").0, "a1b2c3d4e5.service");
        gateway.host = Some("api.example.org".into());
        assert_eq!(domain(&gateway, &arrival, "service").0, "api.example.org");
        gateway.host = None;
        gateway.base_path = Some("/x".into());
        assert_eq!(domain(&gateway, &arrival, "service"), ("api.example.org".into(), "api".into()));
    }
}
