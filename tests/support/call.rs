//! A call to AWS, as the proxy between the tool and the emulator records it.

/// A call to AWS: operation, caller and status.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Call {
    /// The number of calls before it, of all callers.
    pub(crate) number: usize,
    /// The service in the signature: `cloudformation`, `lambda`, `logs`, `monitoring`, `s3`, `sts`.
    pub(crate) service: String,
    /// The operation by its name in AWS's reference: `CreateStack`, `PutObject`.
    pub(crate) operation: String,
    /// The subject: the path, the stack in the form, or the key `id` of DynamoDB's item.
    pub(crate) subject: String,
    /// The region in the signature.
    pub(crate) region: String,
    /// The access key in the signature.
    pub(crate) key: String,
    /// CloudFormation's deployment mode, if the request has one.
    pub(crate) deployment_mode: Option<String>,
    /// The S3 namespace of a new bucket, if the request has one.
    pub(crate) bucket_namespace: Option<String>,
    /// The status that the caller got; `None` if it got no response.
    pub(crate) status: Option<u16>,
}

impl Call {
    /// Parses a request; `None` if it is not signed and so not a call to AWS.
    pub(crate) fn read(
        method: &str,
        target: &str,
        header: impl Fn(&str) -> Option<String>,
        body: &[u8],
    ) -> Option<Self> {
        let authorization = header("authorization")?;
        let (_, scope) = authorization.split_once("Credential=")?;
        let scope: Vec<&str> = scope.split([',', ' ']).next()?.split('/').collect();
        let [key, _, region, service, _] = scope.as_slice() else { return None };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let form = String::from_utf8_lossy(body);
        let field = |name: &str| form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let operation = match (*service, header("x-amz-target")) {
            (_, Some(target)) => target.rsplit('.').next().unwrap_or_default().to_owned(),
            ("s3", None) => s3(method, path, query, header("x-amz-copy-source").is_some()).to_owned(),
            ("lambda", None) => lambda(method, path),
            // Its actions are the methods of requests.
            ("apigateway", None) => format!("{}{}", &method[..1], method[1..].to_lowercase()),
            ("scheduler", None) => scheduler(method, path),
            ("route53", None) => route53(method, path),
            (_, None) => field("Action").or_else(|| path.split_once("/operation/").map(|(_, name)| name))?.to_owned(),
        };
        let subject = match *service {
            "dynamodb" => item(body),
            _ => field("StackName").map(|stack| stack.replace("%3A", ":").replace("%2F", "/")),
        };
        let subject = subject.unwrap_or_else(|| path.to_owned());
        let deployment_mode = field("DeploymentConfig.Mode").map(str::to_owned);
        let bucket_namespace = header("x-amz-bucket-namespace");
        let [service, region, key] = [*service, *region, *key].map(str::to_owned);
        Some(Self {
            number: 0,
            service,
            operation,
            subject,
            region,
            key,
            deployment_mode,
            bucket_namespace,
            status: None,
        })
    }

    /// `service:Operation`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// Whether it changes something or invokes a function.
    pub(crate) fn is_mutating(&self) -> bool {
        !["Get", "List", "Head", "Describe", "Validate"].iter().any(|verb| self.operation.starts_with(verb))
    }

    /// Whether it carries the artifact.
    pub(crate) fn is_upload(&self) -> bool {
        self.subject.ends_with(".zip")
            && matches!(self.operation.as_str(), "PutObject" | "CreateMultipartUpload" | "UploadPart")
    }

    /// The IAM action that a policy has to allow for it.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html> names the permissions of each operation.
    pub(crate) fn action(&self) -> String {
        let action = match (self.service.as_str(), self.operation.as_str()) {
            ("s3", "HeadBucket" | "ListObjectsV2") => "ListBucket",
            ("s3", "ListMultipartUploads") => "ListBucketMultipartUploads",
            ("s3", "ListObjectVersions") => "ListBucketVersions",
            ("s3", "HeadObject") => "GetObject",
            ("s3", "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload") => "PutObject",
            ("s3", "DeleteObjects") => "DeleteObject",
            ("s3", "PutBucketEncryption") => "PutEncryptionConfiguration",
            ("s3", "GetBucketEncryption") => "GetEncryptionConfiguration",
            ("s3", "PutBucketLifecycleConfiguration") => "PutLifecycleConfiguration",
            ("s3", "GetBucketLifecycleConfiguration") => "GetLifecycleConfiguration",
            ("s3", "PutPublicAccessBlock") => "PutBucketPublicAccessBlock",
            ("s3", "GetPublicAccessBlock") => "GetBucketPublicAccessBlock",
            ("lambda", "Invoke") => "InvokeFunction",
            (_, operation) => operation,
        };
        if self.service == "apigateway" {
            return format!("apigateway:{}", action.to_uppercase());
        }
        let service = if self.service == "monitoring" { "cloudwatch" } else { &self.service };
        format!("{service}:{action}")
    }
}

/// The calls that count: not polls (repeated reads without a change in between), not calls that failed and will be
/// retried, and not the parts of an upload.
pub(crate) fn counted(calls: &[Call]) -> Vec<&Call> {
    let mut counted: Vec<&Call> = Vec::new();
    for call in calls {
        let is_fault = call.status.is_none_or(|status| status == 429 || status >= 500);
        let since = counted.iter().rposition(|earlier| earlier.is_mutating()).unwrap_or_default();
        let is_poll = !call.is_mutating()
            && counted[since..].iter().any(|earlier| earlier.name() == call.name() && earlier.region == call.region);
        if !is_fault && !is_poll && call.operation != "UploadPart" {
            counted.push(call);
        }
    }
    counted
}

/// The key `id` of the item in a request to DynamoDB.
fn item(body: &[u8]) -> Option<String> {
    let input: serde_json::Value = serde_json::from_slice(body).ok()?;
    let id = ["/Item/id/S", "/Key/id/S"].iter().find_map(|pointer| input.pointer(pointer))?;
    id.as_str().map(str::to_owned)
}

fn s3(method: &str, path: &str, query: &str, is_copy: bool) -> &'static str {
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let part = |choices: &[(&str, &'static str)], otherwise: &'static str| {
        choices.iter().find(|(name, _)| has(name)).map_or(otherwise, |&(_, operation)| operation)
    };
    let is_object = path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
    match (method, is_object) {
        ("HEAD", true) => "HeadObject",
        ("HEAD", false) => "HeadBucket",
        ("GET", true) => part(&[("uploadId", "ListParts")], "GetObject"),
        ("GET", false) => part(
            &[
                ("encryption", "GetBucketEncryption"),
                ("lifecycle", "GetBucketLifecycleConfiguration"),
                ("location", "GetBucketLocation"),
                ("ownershipControls", "GetBucketOwnershipControls"),
                ("policy", "GetBucketPolicy"),
                ("publicAccessBlock", "GetPublicAccessBlock"),
                ("tagging", "GetBucketTagging"),
                ("uploads", "ListMultipartUploads"),
                ("versioning", "GetBucketVersioning"),
                ("versions", "ListObjectVersions"),
            ],
            "ListObjectsV2",
        ),
        ("PUT", true) if is_copy => "CopyObject",
        ("PUT", true) => part(&[("partNumber", "UploadPart"), ("tagging", "PutObjectTagging")], "PutObject"),
        ("PUT", false) => part(
            &[
                ("encryption", "PutBucketEncryption"),
                ("lifecycle", "PutBucketLifecycleConfiguration"),
                ("ownershipControls", "PutBucketOwnershipControls"),
                ("policy", "PutBucketPolicy"),
                ("publicAccessBlock", "PutPublicAccessBlock"),
                ("tagging", "PutBucketTagging"),
                ("versioning", "PutBucketVersioning"),
            ],
            "CreateBucket",
        ),
        ("POST", true) => part(&[("uploads", "CreateMultipartUpload")], "CompleteMultipartUpload"),
        ("POST", false) => "DeleteObjects",
        ("DELETE", true) => part(&[("uploadId", "AbortMultipartUpload")], "DeleteObject"),
        ("DELETE", false) => "DeleteBucket",
        _ => "Unknown",
    }
}

/// The operation of a REST path of Lambda that a deploy uses; method and path for others.
fn lambda(method: &str, path: &str) -> String {
    if path.trim_matches('/').ends_with("/event-source-mappings") {
        return if method == "GET" { "ListEventSourceMappings" } else { "CreateEventSourceMapping" }.to_owned();
    }
    let parts: Vec<&str> = path.trim_matches('/').split('/').skip(2).collect();
    let name = match (method, parts.as_slice()) {
        ("GET", []) => "ListFunctions",
        ("GET", [_]) => "GetFunction",
        ("DELETE", [_]) => "DeleteFunction",
        ("GET", [_, "configuration"]) => "GetFunctionConfiguration",
        ("POST", [_, "invocations"]) => "Invoke",
        ("GET", [_, "versions"]) => "ListVersionsByFunction",
        ("GET", [_, "aliases"]) => "ListAliases",
        ("GET", [_, "aliases", _]) => "GetAlias",
        ("PUT", [_, "aliases", _]) => "UpdateAlias",
        ("PUT", [_, "code"]) => "UpdateFunctionCode",
        ("GET", [_, "concurrency"]) => "GetFunctionConcurrency",
        ("GET", [_, "policy"]) => "GetPolicy",
        _ => return format!("{method} {path}"),
    };
    name.to_owned()
}

fn route53(method: &str, path: &str) -> String {
    let name = match (method, path.trim_matches('/').rsplit('/').next().unwrap_or_default()) {
        ("GET", "hostedzone") => "ListHostedZones",
        ("GET", "rrset") => "ListResourceRecordSets",
        _ => return format!("{method} {path}"),
    };
    name.to_owned()
}

fn scheduler(method: &str, path: &str) -> String {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let name = match (method, parts.as_slice()) {
        ("GET", ["schedules"]) => "ListSchedules",
        ("GET", ["schedules", _]) => "GetSchedule",
        ("PUT", ["schedules", _]) => "UpdateSchedule",
        _ => return format!("{method} {path}"),
    };
    name.to_owned()
}
