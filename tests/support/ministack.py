"""Patches of ministack 1.5.33, where it does otherwise than AWS and tests depend on it."""

import json
import types

import ministack.core.lambda_runtime as runtime
from ministack.core.responses import get_account_id, get_region

everywhere = runtime.invalidate_worker


def here(name, qualifier=None, account=None, region=None):
    """Creating a function ends the running functions of its name in its own account and region, and not in all of them."""
    everywhere(name, qualifier, account or get_account_id(), region or get_region())


# The services take this function when they are imported.
runtime.invalidate_worker = here

import ministack.services.eventbridge as eventbridge
import ministack.services.lambda_svc as functions
import ministack.services.sns as sns

invoke = functions.invoke_async_with_retry


def configured(record, event):
    """Asynchronous invocations of a version go by the asynchronous configuration of the alias `live`."""
    config = record["config"]
    function = functions._functions.get(config["FunctionName"]) or {}
    configs = function.get("event_invoke_configs") or {}
    live = configs.get("live") if config.get("Version") != "$LATEST" else None
    invoke({**record, "event_invoke_config": live} if live else record, event)


def deliver(record, event):
    functions._run_with_function_config_scope(record, configured, record, event)


def dispatch(arn, payload):
    """Events of EventBridge are retried as other asynchronous invocations are, and so are notifications of SNS."""
    function, config, _ = functions._get_func_record_for_ref(arn)
    if function and config:
        deliver(functions._execution_record_for_config(function, config), json.loads(payload))


functions.invoke_async_with_retry = deliver
eventbridge._dispatch_to_lambda = dispatch
sns._lambda_svc = types.SimpleNamespace(**{**vars(functions), "_execute_function_with_config_scope": deliver})

import uuid

import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.route53 as route53

handlers = provisioners._RESOURCE_HANDLERS
record_update = handlers["AWS::Route53::RecordSet"]["update"]


def update_record(physical_id, old, new, stack):
    """A record that gets another set identifier takes the place of the one that it was."""
    key = lambda properties: route53._rs_key(provisioners._r53_record_set_build_rs(properties))
    if old.get("HostedZoneId") == new.get("HostedZoneId") and key(old) != key(new):
        provisioners._r53_record_set_delete(physical_id, old)
    return record_update(physical_id, old, new, stack)


def create_health_check(logical_id, properties, stack):
    """Health checks of Route 53, which the emulator has and its CloudFormation does not."""
    id = str(uuid.uuid4())
    config = properties["HealthCheckConfig"]
    route53._health_checks[id] = {"id": id, "caller_reference": id, "config": config, "version": 1}
    return id, {"HealthCheckId": id}


def update_health_check(physical_id, old, new, stack):
    route53._health_checks[physical_id]["config"] = new["HealthCheckConfig"]
    return physical_id, {"HealthCheckId": physical_id}


def delete_health_check(physical_id, properties):
    route53._health_checks.pop(physical_id, None)


handlers["AWS::Route53::RecordSet"]["update"] = update_record
handlers["AWS::Route53::HealthCheck"] = {
    "create": create_health_check,
    "update": update_health_check,
    "delete": delete_health_check,
}

import ministack.app as app
import ministack.services.apigateway as http_apis
import ministack.services.apigateway_v1 as rest_apis

create_deployment = rest_apis._create_deployment
execute = app._handle_execute_api_request
closed_deployments = set()


def is_closed(api):
    return str((api or {}).get("disableExecuteApiEndpoint")).lower() == "true"


def deploy(api_id, data):
    """A REST API's own endpoint is opened and closed by the next deployment, not by the change of the API."""
    response = create_deployment(api_id, data)
    if response[0] < 400 and is_closed(rest_apis._rest_apis.get(api_id)):
        closed_deployments.add((api_id, json.loads(response[2])["id"]))
    return response


async def answer(host, path, *more, **named):
    """An API's own endpoint that is closed refuses everything; a custom domain goes past it."""
    if parsed := app._parse_execute_api_url(host, path):
        api_id, stage, _ = parsed
        if rest_apis.find_api_scope(api_id):
            deployment = rest_apis.stages_for_api(api_id).get(stage, {}).get("deploymentId")
            refused = (api_id, deployment) in closed_deployments
        else:
            scope = http_apis.find_api_scope(api_id)
            refused = bool(scope) and is_closed(http_apis._apis.get_scoped(*scope, api_id))
        if refused:
            return 403, {"Content-Type": "application/json"}, b'{"message":"Forbidden"}'
    return await execute(host, path, *more, **named)


rest_apis._create_deployment = deploy
app._handle_execute_api_request = answer

import time

# Longer than the minute after which a rule warms a function again.
IDLE_SECONDS = 75
fetch = functions._fetch_code_from_s3
fetched = {}


def reap():
    """Ends the processes of functions that have been idle, also the first of each: stages that a test has left behind keep one per
    version, and the emulator polls for each of them ten times a second, until it answers nobody for seconds."""
    now, idle = time.time(), []
    with runtime._lock:
        for key, workers in list(runtime._workers.items()):
            idle += [worker for worker in workers if not worker.in_use and now - worker.last_used > IDLE_SECONDS]
            runtime._workers[key] = [worker for worker in workers if worker not in idle]
    runtime.kill_workers(idle)
    return len(idle)


def fetch_once(*place, **version):
    """Functions of one zip share its bytes."""
    code = fetch(*place, **version)
    return code and fetched.setdefault(code, code)


functions.reap_idle_workers = reap
functions._fetch_code_from_s3 = fetch_once
