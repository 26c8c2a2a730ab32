//! What `local` serves of a CloudFormation template: gateway, function and events, read from the resources that `deploy`
//! creates.
//!
//! It knows neither flags nor settings, so that a new setting reaches `local` by the template alone.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use zappa_rs_adapter::contract;

use super::{access, arn, cors, events, routes, websocket};
use crate::{
    gateway::{DEFAULT_STAGE, Gateway, GatewayKind, limit},
    local::description::{Description, Function, FurtherFunction},
    logical_id::{self, FunctionIds},
    settings::VERSION,
    template::functions,
};

/// The account in ARNs and events.
pub(super) const ACCOUNT: &str = "123456789012";
/// The most processes at once where the template reserves none: a machine is smaller than Lambda.
const DEFAULT_CONCURRENCY: usize = 10;

/// A template as `local` serves it.
pub(super) struct Stack {
    /// Gateway and function; what no template holds has the value that a stage without it would have.
    pub(super) description: Description,
    /// The variables whose values only the cloud knows.
    pub(super) cloud_only: Vec<String>,
}

/// `AWS::Lambda::Function`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FunctionProperties {
    function_name: String,
    memory_size: u32,
    timeout: u64,
    ephemeral_storage: EphemeralStorage,
    environment: Environment,
    #[serde(default)]
    reserved_concurrent_executions: Option<usize>,
    #[serde(default)]
    capacity_provider_config: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EphemeralStorage {
    size: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, Value>,
}

/// Reads the template of a stage in a region.
pub(super) fn read(template: &Value, region: &str) -> Result<Stack, serde_json::Error> {
    let mut cloud_only = Vec::new();
    let mut further = Vec::new();
    for ids in functions(template) {
        let Some(name) = &ids.name else { continue };
        let function = function(template, &ids, region, &mut cloud_only)?;
        let asynchronous = events::asynchronous(template, &ids, region);
        further.push(FurtherFunction { name: name.clone(), function, asynchronous });
    }
    let function = function(template, &FunctionIds::main(), region, &mut cloud_only)?;
    cloud_only.sort();
    cloud_only.dedup();
    let events = events::read(template, region)?;
    let gateway = gateway(template, region, &function.environment)?;
    let websocket = websocket::read(template, region);
    Ok(Stack {
        description: Description { gateway, function, further, events, websocket, signers: None, token_keys: None },
        cloud_only,
    })
}

/// Reads one function; `cloud_only` gets the variables whose values only the cloud knows.
fn function(
    template: &Value,
    ids: &FunctionIds,
    region: &str,
    cloud_only: &mut Vec<String>,
) -> Result<Function, serde_json::Error> {
    let properties = FunctionProperties::deserialize(properties(template, &ids.function))?;
    let mut environment = BTreeMap::new();
    for (name, value) in properties.environment.variables {
        match value {
            // It names a published version, and here is none.
            _ if name == VERSION => {}
            Value::String(text) => {
                environment.insert(name, text);
            }
            // Those that only the cloud knows are left out: their handlers are found by the names of the settings.
            sources if name == contract::variable::SOURCES => {
                environment.insert(name, events::sources(&sources, template, region));
            }
            // The address is only known when a port is bound.
            _ if name == contract::variable::WEBSOCKET_URL => {}
            // A table that is not here.
            _ if name == contract::variable::IDEMPOTENCY_TABLE => {
                environment.insert(name, contract::IN_MEMORY.to_owned());
            }
            value => match arn::substitute(&value, region) {
                Some(text) => drop(environment.insert(name, text)),
                None => cloud_only.push(name),
            },
        }
    }
    Ok(Function {
        name: properties.function_name,
        region: region.to_owned(),
        account_id: ACCOUNT.to_owned(),
        binary: PathBuf::new(),
        environment,
        memory_mb: properties.memory_size,
        timeout: Duration::from_secs(properties.timeout),
        concurrency: properties
            .reserved_concurrent_executions
            .map_or(DEFAULT_CONCURRENCY, |reserved| reserved.min(DEFAULT_CONCURRENCY)),
        per_process: per_process(&properties.capacity_provider_config),
        ephemeral_storage_mb: properties.ephemeral_storage.size,
        credentials: None,
    })
}

/// How many requests one process works on at once: one, unless Managed Instances say otherwise.
fn per_process(capacity_provider: &Value) -> usize {
    let managed = &capacity_provider["LambdaManagedInstancesCapacityProviderConfig"];
    let given = managed["PerExecutionEnvironmentMaxConcurrency"].as_u64();
    given.and_then(|given| usize::try_from(given).ok()).unwrap_or(1)
}

/// The properties of a resource; null if the template has no such resource.
pub(super) fn properties<'a>(template: &'a Value, id: &str) -> &'a Value {
    &template["Resources"][id]["Properties"]
}

/// Reads the gateway.
fn gateway(template: &Value, region: &str, variables: &BTreeMap<String, String>) -> Result<Gateway, serde_json::Error> {
    let has = |id: &str| template["Resources"].get(id).is_some();
    let (kind, stage, integration) = if has(logical_id::HTTP_API) {
        (
            GatewayKind::Http,
            logical_id::HTTP_API_STAGE,
            &properties(template, logical_id::INTEGRATION)["TimeoutInMillis"],
        )
    } else if has(logical_id::FUNCTION_URL) {
        (GatewayKind::FunctionUrl, "", &Value::Null)
    } else {
        (
            GatewayKind::Rest,
            logical_id::API_STAGE,
            &properties(template, logical_id::ROOT_METHOD)["Integration"]["TimeoutInMillis"],
        )
    };
    let binary_media_types = match &properties(template, logical_id::API)["BinaryMediaTypes"] {
        Value::Null => Vec::new(),
        types => Vec::deserialize(types)?,
    };
    Ok(Gateway {
        kind,
        api_id: String::new(),
        host: None,
        stage: properties(template, stage)["StageName"].as_str().unwrap_or(DEFAULT_STAGE).to_owned(),
        base_path: variables.get(contract::variable::BASE_PATH).cloned(),
        binary_media_types,
        streaming: properties(template, logical_id::ROOT_METHOD)["Integration"]["ResponseTransferMode"] == "STREAM"
            || properties(template, logical_id::FUNCTION_URL)["InvokeMode"] == "RESPONSE_STREAM",
        multi_value_headers: false,
        routes: routes::read(template, kind).into_iter().collect(),
        stage_variables: BTreeMap::new(),
        compression: properties(template, logical_id::API)["MinimumCompressionSize"]
            .as_u64()
            .and_then(|bytes| u32::try_from(bytes).ok()),
        cors: cors::read(template, kind, variables.get(contract::variable::CORS))?,
        access: access::read(template, kind, region)?,
        timeout: integration.as_u64().map_or_else(|| limit::timeout(kind), Duration::from_millis),
        region: region.to_owned(),
        account_id: ACCOUNT.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        names::{ArtifactKey, Identity},
        settings::{Api, Stage},
        template::{self, Input},
    };

    fn template(api: Api) -> Value {
        let identity = Identity { project: "shop".to_owned(), stage: "prod".to_owned(), function_name: None };
        let stage = Stage { api, ..Stage::default() };
        let artifact = ArtifactKey::new(&identity, "00");
        template::render(&Input {
            identity: &identity,
            stage: &stage,
            region: "eu-west-1",
            artifact: &artifact,
            sha256: "00",
        })
    }

    #[test]
    fn each_property_that_is_emulated_is_read_from_the_template() {
        let function = "/Resources/Function/Properties";
        let fact = |pointer: &str, api: Api, value: Value, seen: fn(&Description) -> String| {
            let mut template = template(api);
            let before = seen(&read(&template, "eu-west-1").unwrap().description);
            let variables = template.pointer_mut(&format!("{function}/Environment/Variables")).unwrap();
            variables["TABLE"] = json!("");
            *template.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
            let after = seen(&read(&template, "eu-west-1").unwrap().description);
            assert_ne!(before, after, "{pointer}");
            after
        };
        let at = |name: &str| format!("{function}/{name}");
        let rest = Api::Rest;
        assert_eq!(fact(&at("FunctionName"), rest, json!("other"), |it| it.function.name.clone()), "other");
        assert_eq!(fact(&at("MemorySize"), rest, json!(512), |it| it.function.memory_mb.to_string()), "512");
        assert_eq!(fact(&at("Timeout"), rest, json!(3), |it| it.function.timeout.as_secs().to_string()), "3");
        let storage = |it: &Description| it.function.ephemeral_storage_mb.to_string();
        assert_eq!(fact(&at("EphemeralStorage/Size"), rest, json!(600), storage), "600");
        let variable = |it: &Description| it.function.environment.get("TABLE").cloned().unwrap_or_default();
        assert_eq!(fact(&at("Environment/Variables/TABLE"), rest, json!("books"), variable), "books");
        let stage = |it: &Description| it.gateway.stage.clone();
        assert_eq!(fact("/Resources/ApiStage/Properties/StageName", rest, json!("v1"), stage), "v1");
        assert_eq!(fact("/Resources/HttpApiStage/Properties/StageName", Api::Http, json!("v1"), stage), "v1");
        let binary = |it: &Description| it.gateway.binary_media_types.join(",");
        assert_eq!(fact("/Resources/Api/Properties/BinaryMediaTypes", rest, json!(["image/png"]), binary), "image/png");
        let timeout = |it: &Description| it.gateway.timeout.as_secs().to_string();
        let integration = "/Resources/RootMethod/Properties/Integration";
        assert_eq!(fact(&format!("{integration}/TimeoutInMillis"), rest, json!(5000), timeout), "5");
        assert_eq!(fact("/Resources/Integration/Properties/TimeoutInMillis", Api::Http, json!(5000), timeout), "5");
        let mode = json!("RESPONSE_STREAM");
        let streaming = |it: &Description| it.gateway.streaming.to_string();
        assert_eq!(fact("/Resources/FunctionUrl/Properties/InvokeMode", Api::FunctionUrl, mode, streaming), "true");
    }

    #[test]
    fn idempotency_is_kept_in_memory() {
        let mut template = template(Api::Rest);
        let variables = &mut template["Resources"]["Function"]["Properties"]["Environment"]["Variables"];
        variables[contract::variable::IDEMPOTENCY_TABLE] = json!({ "Ref": logical_id::IDEMPOTENCY_TABLE });
        let stack = read(&template, "eu-west-1").expect("it is a template");
        let value = stack.description.function.environment.get(contract::variable::IDEMPOTENCY_TABLE);
        assert_eq!((value.map(String::as_str), stack.cloud_only), (Some(":memory:"), Vec::new()));
    }

    #[test]
    fn the_kind_of_the_gateway_is_that_of_its_resources() {
        for (api, kind) in [
            (Api::Rest, GatewayKind::Rest),
            (Api::Http, GatewayKind::Http),
            (Api::FunctionUrl, GatewayKind::FunctionUrl),
        ] {
            assert_eq!(read(&template(api), "eu-west-1").unwrap().description.gateway.kind, kind);
        }
    }

    #[test]
    fn a_value_that_only_the_cloud_knows_is_named_and_the_versions_hash_is_left_out() {
        let mut template = template(Api::Rest);
        let pointer = "/Resources/Function/Properties/Environment/Variables";
        let variables = template.pointer_mut(pointer).unwrap();
        assert!(variables[VERSION].is_string());
        variables["TABLE"] = json!({ "Ref": "Table" });
        let stack = read(&template, "eu-west-1").unwrap();
        assert_eq!(stack.cloud_only, ["TABLE"]);
        let names: Vec<_> = stack.description.function.environment.keys().collect();
        assert_eq!(names, ["ZAPPA_PROJECT", "ZAPPA_STAGE"]);
        assert!(read(&json!({}), "eu-west-1").is_err());
    }
}
