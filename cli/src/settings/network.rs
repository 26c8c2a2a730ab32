//! The network of the functions as types: subnets and security groups of a VPC.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::by_region::ByRegion;

/// The subnets in which the functions have network interfaces, and the security groups of these.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Vpc {
    /// The subnets, best of two availability zones or more: ids such as `subnet-0123`, or logical ids of `resources`. A table
    /// of regions gives each its own: `{ eu-west-1 = ["subnet-0123"], us-east-1 = ["subnet-4567"] }`.
    pub(crate) subnets: ByRegion<Vec<String>>,
    /// The security groups, by which the database knows the functions: ids such as `sg-0123`, or logical ids of `resources`;
    /// like `subnets` a list or a table of regions.
    pub(crate) security_groups: ByRegion<Vec<String>>,
    /// Outgoing IPv6, where every subnet has it.
    pub(crate) ipv6: bool,
}
