//! The settings of sources that Lambda reaches over a network of yours: Kafka clusters outside of MSK, and how Lambda signs in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Kafka cluster that is not one of Amazon MSK.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KafkaCluster {
    /// The bootstrap servers, each `host:port`.
    pub(crate) servers: Vec<String>,
    /// The subnets in which Lambda reaches the servers: logical ids of `resources`, or ids such as `subnet-0123`. Without
    /// them it uses the internet.
    pub(crate) subnets: Vec<String>,
    /// The security groups of Lambda's network interfaces there: logical ids of `resources`, or ids such as `sg-0123`.
    pub(crate) security_groups: Vec<String>,
    /// A secret with the certificate of the authority that signed those of the servers, if it is not a public one: a logical
    /// id of `resources` or an ARN.
    pub(crate) root_certificate: Option<String>,
}

/// How Lambda signs in to a Kafka cluster with a secret.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Authentication {
    /// SASL/SCRAM-SHA-512 with the secret's `username` and `password`.
    #[default]
    SaslScram512,
    /// SASL/SCRAM-SHA-256, not of MSK.
    SaslScram256,
    /// SASL/PLAIN, not of MSK.
    SaslPlain,
    /// Mutual TLS with the secret's `certificate` and `privateKey`.
    MutualTls,
}

impl Authentication {
    /// The type in a mapping's `SourceAccessConfigurations`.
    pub(crate) fn access_type(self) -> &'static str {
        match self {
            Self::SaslScram512 => "SASL_SCRAM_512_AUTH",
            Self::SaslScram256 => "SASL_SCRAM_256_AUTH",
            Self::SaslPlain => "BASIC_AUTH",
            Self::MutualTls => "CLIENT_CERTIFICATE_TLS_AUTH",
        }
    }

    /// Whether clusters of MSK take it.
    pub(crate) fn is_of_msk(self) -> bool {
        matches!(self, Self::SaslScram512 | Self::MutualTls)
    }
}
