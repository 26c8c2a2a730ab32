//! A distribution of CloudFront in front of a Function URL: it passes everything on and keeps nothing.

use serde_json::{Value, json};

use super::domain::DomainStack;
use crate::{gateway::limit::CLOUDFRONT_TIMEOUT_SECONDS, settings::SecurityPolicy};

/// The hosted zone of every distribution, as the target of alias records.
/// <https://docs.aws.amazon.com/general/latest/gr/cf_region.html>
pub(super) const HOSTED_ZONE: &str = "Z2FDTNDATAQYW2";

/// The managed cache policy `CachingDisabled`.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html>
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/// The managed origin request policy `AllViewerExceptHostHeader`: a Function URL takes no `Host` but its own.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html>
const ALL_VIEWER_EXCEPT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
/// The name of the only origin.
const ORIGIN: &str = "FunctionUrl";
/// The statuses whose responses CloudFront would keep for ten seconds, whatever the cache policy says.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>
const KEPT_STATUSES: [u16; 10] = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504];
/// Every method that CloudFront takes.
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];

/// The distribution of a domain with this certificate.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-distribution.html>
pub(super) fn distribution(domain: &DomainStack, certificate: &Value) -> Value {
    let kept = KEPT_STATUSES.map(|status| json!({ "ErrorCode": status, "ErrorCachingMinTTL": 0 }));
    let protocol = match domain.security_policy {
        SecurityPolicy::Tls12 => "TLSv1.2_2021",
        SecurityPolicy::Tls13 => "TLSv1.3_2025",
    };
    json!({
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {
            "DistributionConfig": {
                "Aliases": [domain.name],
                "Comment": format!("{}, of zappa-rs", domain.name),
                "CustomErrorResponses": kept,
                "DefaultCacheBehavior": {
                    "AllowedMethods": METHODS,
                    "CachePolicyId": CACHING_DISABLED,
                    "Compress": false,
                    "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST,
                    "TargetOriginId": ORIGIN,
                    "ViewerProtocolPolicy": "redirect-to-https",
                },
                "Enabled": true,
                "HttpVersion": "http2and3",
                "IPV6Enabled": true,
                "Origins": [origin(domain)],
                "ViewerCertificate": {
                    "AcmCertificateArn": certificate,
                    "MinimumProtocolVersion": protocol,
                    "SslSupportMethod": "sni-only",
                },
            },
        },
    })
}

/// The Function URL. It stays open to everybody: CloudFront could sign its requests for it, but then each client would have to
/// send a hash of its body.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html>
fn origin(domain: &DomainStack) -> Value {
    let host = domain.mappings.first().map(|mapping| mapping.api_id.as_str()).unwrap_or_default();
    json!({
        "Id": ORIGIN,
        "DomainName": host,
        "CustomOriginConfig": {
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginReadTimeout": CLOUDFRONT_TIMEOUT_SECONDS,
            "OriginSSLProtocols": ["TLSv1.2"],
        },
        // CloudFront overwrites what a client sends under this name.
        "OriginCustomHeaders": [{ "HeaderName": "X-Forwarded-Host", "HeaderValue": domain.name }],
    })
}
