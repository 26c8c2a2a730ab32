//! How Lambda runs the functions, as types: on instances of the account, and apart for each tenant. Both are fixed when a function
//! is created.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::by_region::ByRegion;

/// Managed Instances: Lambda runs the functions on instances of EC2 in the account.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagedInstances {
    /// The capacity provider, which says which instances there may be and in which VPC: its ARN, or a logical id of `resources`. A
    /// table of regions gives each its own.
    pub(crate) capacity_provider: ByRegion<String>,
    /// How many requests one process works on at once. Default: Lambda's, 8 for each vCPU.
    #[schemars(range(min = 1, max = 1600))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) concurrency: Option<u32>,
}

/// Tenant isolation: no process serves two tenants.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenancy {
    /// Where the REST API takes the tenant of a request from: `header.NAME`, `query.NAME`, or `context.NAME`, such as
    /// `context.authorizer.tenant`, which no client chooses.
    pub(crate) tenant: String,
}

impl Tenancy {
    /// The expression of API Gateway, and whether it is a parameter of the method's request; `None` if it is none.
    pub(crate) fn expression(&self) -> Option<(String, bool)> {
        let (place, name) = self.tenant.split_once('.')?;
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match place {
            _ if !is_name(name) => None,
            "header" => Some((format!("method.request.header.{name}"), true)),
            "query" => Some((format!("method.request.querystring.{name}"), true)),
            "context" => Some((self.tenant.clone(), false)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_taken_from_a_header_the_query_or_the_context() {
        for (text, expected) in [
            ("header.x-tenant-id", Some(("method.request.header.x-tenant-id", true))),
            ("query.tenant", Some(("method.request.querystring.tenant", true))),
            ("context.authorizer.tenant", Some(("context.authorizer.tenant", false))),
            ("x-tenant-id", None),
            ("header.", None),
            ("body.tenant", None),
            ("header.a b", None),
        ] {
            let found = Tenancy { tenant: text.to_owned() }.expression();
            assert_eq!(found, expected.map(|(text, is_parameter)| (text.to_owned(), is_parameter)), "{text}");
        }
    }
}
