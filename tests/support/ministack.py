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
